package explain

import (
	"context"
	"fmt"
	"slices"

	"thesis.example/lib/picture"
)

// Explanation is why an arm answers as it does for one picture: what `thesis explain` writes.
type Explanation struct {
	File       string `json:"file"`
	Truth      string `json:"truth,omitempty"` // genre; "" of a picture that is in no set
	Experiment int    `json:"experiment"`
	Arm        string `json:"arm"`
	Fold       int    `json:"fold"`
	Profile    string `json:"profile"`
	Seed       uint64 `json:"seed"`
	StandIn    bool   `json:"standin"` // trained on drawn pictures
	// Notes say what a reader has to know: weights that stand in, numbers that were not given.
	Notes []string `json:"notes"`

	Genres        []string  `json:"genres"`
	Explained     string    `json:"explained"` // the genre that all below is about: the likeliest
	Logits        []float64 `json:"logits"`    // in the order of Genres
	Probabilities []float64 `json:"probabilities"`
	AtMean        []float64 `json:"probabilities_at_mean_metadata"`

	Logit       ModalityShare `json:"logit"`
	Probability ModalityShare `json:"probability"`
	Integrated  Integral      `json:"integrated_gradients"`
	Metadata    []Number      `json:"metadata"`
	Maps        []ShownMap    `json:"maps"`

	whole *picture.Image
}

// ModalityShare is a Share in the page's words.
type ModalityShare struct {
	Baseline    float64 `json:"baseline"` // v(): the mean picture with the mean metadata
	Picture     float64 `json:"picture"`  // φ_I
	Metadata    float64 `json:"metadata"` // φ_M
	Value       float64 `json:"value"`    // v(I,M) = Baseline + Picture + Metadata
	PictureOnly float64 `json:"picture_only"`
	MetaOnly    float64 `json:"metadata_only"`
	Cooperation float64 `json:"cooperation"`
}

func modalityShare(s Share) ModalityShare {
	i, m := s.Of()
	return ModalityShare{s.None, i, m, s.Both, s.Picture, s.Metadata, s.Cooperation()}
}

// Integral is an Attribution in the page's words.
type Integral struct {
	Steps    int     `json:"steps"`
	From     float64 `json:"from"`
	To       float64 `json:"to"`
	Picture  float64 `json:"picture"`
	Metadata float64 `json:"metadata"`
	Error    float64 `json:"completeness_error"` // Picture + Metadata − (To − From)
}

// Number is one number of the metadata.
type Number struct {
	Name         string  `json:"name"`
	Value        float64 `json:"value"`
	Standardised float64 `json:"standardised"` // by the training pictures
	Held         bool    `json:"held"`         // at the training pictures' mean, as it was not given; Value is 0
	Attribution  float64 `json:"attribution"`  // by integrated gradients, in units of the logit
}

// ShownMap is a map with what it was made from.
type ShownMap struct {
	Method   Method    `json:"method"`
	Metadata string    `json:"metadata"` // "own" or "mean"
	Empty    bool      `json:"empty"`
	Rows     int       `json:"rows"`
	Cols     int       `json:"cols"`
	Signed   []float64 `json:"signed"`
	On       []OnKind  `json:"on"`

	m Map
}

// OnKind is Map.On for one kind of region that the picture has.
type OnKind struct {
	Kind string  `json:"kind"`
	Mass float64 `json:"mass"`
	Area float64 `json:"area"`
}

// Question is a picture to be explained by a trained arm.
type Question struct {
	File    string
	Truth   string
	Whole   *picture.Image
	Names   []string  // of the metadata
	Values  []float64 // unscaled
	Held    []string  // names of those that stay at the mean
	Regions []Region
}

// Explain answers it: all of the arm's maps, with the picture's own metadata and with the mean.
func (a *Arm) Explain(ctx context.Context, q Question) (*Explanation, error) {
	r := a.network.Record
	e := &Explanation{
		File: q.File, Truth: q.Truth, Experiment: r.Experiment, Arm: r.Arm, Fold: r.Fold, Profile: r.Profile, Seed: r.Seed,
		StandIn: r.StandIn, Genres: r.Genres, Notes: []string{}, Metadata: []Number{}, whole: q.Whole,
	}
	if note := r.Note(); note != "" {
		e.Notes = append(e.Notes, note)
	}
	standardised := a.network.Standardise(q.Values)
	for c, name := range q.Names {
		n := Number{Name: name, Value: q.Values[c], Standardised: standardised[c]}
		if slices.Contains(q.Held, name) {
			n.Held, n.Value, n.Standardised = true, 0, 0
			standardised[c] = 0
		}
		e.Metadata = append(e.Metadata, n)
	}
	in := []Input{a.input(a.network.View(q.Whole), standardised)}
	answers, err := a.Answers(ctx, in, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.File, err)
	}
	answer := answers[0]
	classes := []int{answer.Class}
	e.Explained, e.Logits, e.Probabilities, e.AtMean = r.Genres[answer.Class], answer.Logits, answer.Probabilities, answer.AtMean
	e.Logit, e.Probability = modalityShare(answer.Logit), modalityShare(answer.Probability)

	add := func(method Method, metadata string, m Map) {
		s := ShownMap{Method: method, Metadata: metadata, Empty: m.Empty(), Rows: m.Rows, Cols: m.Cols, Signed: m.Signed, On: []OnKind{}, m: m}
		for _, kind := range Kinds {
			if mass, area := m.On(q.Regions, kind); area > 0 {
				s.On = append(s.On, OnKind{kind, mass, area})
			}
		}
		e.Maps = append(e.Maps, s)
	}
	ways := []struct {
		metadata string
		inputs   []Input
	}{{"own", in}, {"mean", AtMean(in)}}
	if !a.Model.Arm.HasMetadata() {
		ways = ways[:1]
	}
	for _, method := range a.Methods() {
		for _, way := range ways {
			if method == Integrated {
				parts, err := a.Integrate(ctx, way.inputs, classes)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", q.File, err)
				}
				add(method, way.metadata, parts[0].Picture)
				if way.metadata == "own" {
					p, m := parts[0].Sums()
					e.Integrated = Integral{integrationSteps, parts[0].From, parts[0].To, p, m, parts[0].Error()}
					for c := range e.Metadata {
						e.Metadata[c].Attribution = parts[0].Metadata[c]
					}
				}
				continue
			}
			maps, err := a.Maps(ctx, method, way.inputs, classes)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", q.File, err)
			}
			add(method, way.metadata, maps[0])
		}
	}
	return e, nil
}
