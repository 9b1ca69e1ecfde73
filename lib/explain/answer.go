package explain

import (
	"context"

	"thesis.example/lib/fusion"
)

// Answer is what an arm says of one picture, and how picture and metadata share in it.
type Answer struct {
	Class         int       // explained; the likeliest one where none was asked for
	Logits        []float64 // of every class, with the picture's own metadata
	Probabilities []float64
	AtMean        []float64 // the probabilities with the training pictures' mean metadata
	// Shares in the class' logit and in its probability.
	Logit, Probability Share
}

// Share divides one number, value, among picture and metadata by Shapley's rule (Shapley 1953; Lundberg
// & Lee 2017) for two players:
//
//	φ_M = ½·[v(I,M) − v(I) + v(M) − v()]
//
// and φ_I likewise, where what is absent is the baseline: the mean of the training pictures, the mean of
// their metadata. φ_I + φ_M = v(I,M) − v().
type Share struct {
	None, Picture, Metadata, Both float64 // v() v(I) v(M) v(I,M)
}

// Of are φ_I and φ_M.
func (s Share) Of() (picture, metadata float64) {
	return (s.Both - s.Metadata + s.Picture - s.None) / 2, (s.Both - s.Picture + s.Metadata - s.None) / 2
}

// Cooperation is what the two add together beyond what each adds alone: v(I,M) − v(I) − v(M) + v().
func (s Share) Cooperation() float64 { return s.Both - s.Picture - s.Metadata + s.None }

// Answers asks the arm about each input, whole, without its picture, without its metadata and without
// both. classes nil are the predicted ones.
func (a *Arm) Answers(ctx context.Context, inputs []Input, classes []int) ([]Answer, error) {
	classes, err := a.classesOf(ctx, inputs, classes)
	if err != nil {
		return nil, err
	}
	none := Input{a.Baseline, make([]float32, a.Model.Metadata)}
	asked := []Input{none}
	for _, in := range inputs {
		asked = append(asked, in.AtMean(), Input{a.Baseline, in.Metadata}, in)
	}
	logits, err := a.Logits(ctx, asked)
	if err != nil {
		return nil, err
	}
	answers := make([]Answer, len(inputs))
	for i, class := range classes {
		four := [][]float64{logits[0], logits[3*i+1], logits[3*i+2], logits[3*i+3]}
		var p [4][]float64
		for k, l := range four {
			p[k] = fusion.Probabilities(l)
		}
		answers[i] = Answer{
			Class: class, Logits: four[3], Probabilities: p[3], AtMean: p[1],
			Logit:       Share{four[0][class], four[1][class], four[2][class], four[3][class]},
			Probability: Share{p[0][class], p[1][class], p[2][class], p[3][class]},
		}
	}
	return answers, nil
}
