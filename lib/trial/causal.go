package trial

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/fusion"
	"thesis.example/lib/stats"
	"thesis.example/lib/vision"
)

// Causal lists the trials of all causal arms of a choice (fusion.CausalArms), every fold. Those that
// run one compiled program follow each other.
func Causal(c Choice) []Trial {
	var trials []Trial
	for _, arm := range fusion.CausalNames(2) {
		trials = append(trials, All(2, arm, c)...)
	}
	return trials
}

// chapter7 are the arms of experiment 2 that chapter 7 trains by itself: those of chapter 6; for the CNN
// the backbone without the classifier's gradient, with the metadata and without; the probes before
// training; a ViT of the CNN's size; and the metadata alone. Those of chapter 6 come last and backwards: run
// beside that chapter, the two share the work.
var chapter7 = []string{
	"cnn-single-cut", "cnn-hybrid-cut", "tiny-single", "meta", "vit-logistic", "cnn-logistic",
	"vit-hybrid", "vit-single", "cnn-hybrid", "cnn-single",
}

// Chapter7 lists the trials that chapter 7 trains where they have no record; thesis trial -all -causal
// trains the rest.
func Chapter7(c Choice) []Trial {
	var trials []Trial
	for _, arm := range chapter7 {
		trials = append(trials, All(2, arm, c)...)
	}
	return trials
}

// CurveShares are the per cent of the training pictures of a learning curve. 0 is all of them.
var CurveShares = []int{25, 50, 75, 0}

// Curve lists the trials of an arm's learning curve, by share and fold.
func Curve(experiment int, arm string, c Choice) []Trial {
	var trials []Trial
	for _, share := range CurveShares {
		for _, t := range All(experiment, arm, c) {
			t.Share = share
			trials = append(trials, t)
		}
	}
	return trials
}

// Repeats lists an arm's first training and four more on the same folds: what else than the pictures its
// accuracy varies by.
func Repeats(experiment int, arm string, c Choice) []Trial {
	var trials []Trial
	for c.Repeat = range 5 {
		trials = append(trials, All(experiment, arm, c)...)
	}
	return trials
}

// LearningPoints are an arm's accuracies by the number of its training pictures, rounded over the folds,
// from the summaries of its Curve: what stats.FitLearningCurve takes. Summaries of other arms are passed
// over.
func LearningPoints(summaries []Summary, experiment int, arm string) []stats.LearningPoint {
	var points []stats.LearningPoint
	for _, s := range summaries {
		if s.Experiment != experiment || s.Arm != arm {
			continue
		}
		var p stats.LearningPoint
		sum := 0
		for _, r := range s.Records {
			sum += r.Train
			p.Accuracy = append(p.Accuracy, r.History[r.Last.Epoch-1].TestAccuracy)
		}
		p.N = int(math.Round(float64(sum) / float64(len(s.Records))))
		points = append(points, p)
	}
	slices.SortFunc(points, func(a, b stats.LearningPoint) int { return cmp.Compare(a.N, b.N) })
	return points
}

// subset is the first share per cent of each genre's training pictures, rounded up, in an order that
// random draws: a smaller share is part of a larger one. They stay in the order of train.
func (l *lab) subset(train []int, share int, random *rand.Rand) []int {
	labels := l.set.Labels()
	byGenre := make([][]int, len(l.set.Genres))
	for _, i := range train {
		byGenre[labels[i]] = append(byGenre[labels[i]], i)
	}
	var taken []int
	for _, of := range byGenre {
		random.Shuffle(len(of), func(a, b int) { of[a], of[b] = of[b], of[a] })
		taken = append(taken, of[:(len(of)*share+99)/100]...)
	}
	return slices.DeleteFunc(slices.Clone(train), func(i int) bool { return !slices.Contains(taken, i) })
}

// standardiser scales a picture's metadata by the fold's training pictures. The log arms get the
// engagement numbers as log₁₀(1+x); a column that an arm does without is 0, its mean over the training
// pictures.
func (l *lab) standardiser(j *job) func(row []float64) []float64 {
	names, x := l.metadata(j.config.Experiment)
	logarithms := func(row []float64) []float64 {
		if j.arm.Variation != "log" {
			return row
		}
		row = slices.Clone(row)
		for c, name := range names {
			if name == "likes" || name == "saves" || name == "comments" {
				row[c] = math.Log1p(row[c]) / math.Ln10
			}
		}
		return row
	}
	rows := make([][]float64, len(j.fold.Train))
	for at, i := range j.fold.Train {
		rows[at] = logarithms(x[i])
	}
	scaler := fusion.FitScaler(rows)
	return func(row []float64) []float64 {
		z := scaler.Apply(logarithms(row))
		for c, name := range names {
			if slices.Contains(j.arm.LeftOut(), name) {
				z[c] = 0
			}
		}
		return z
	}
}

// replaced are the samples' standardised metadata as the shuffled and noise arms get them.
func replaced(j *job, z [][]float64) [][]float64 {
	c := j.config
	switch j.arm.Variation {
	case "shuffled":
		random := draws(c.Seed, fmt.Sprintf("fold %d shuffled metadata", c.Fold))
		shuffled := slices.Clone(z)
		for _, part := range [][]int{j.fold.Train, j.fold.Test} {
			for at, from := range random.Perm(len(part)) {
				shuffled[part[at]] = z[part[from]]
			}
		}
		return shuffled
	case "noise":
		random := draws(c.Seed, fmt.Sprintf("fold %d noise metadata", c.Fold))
		for i := range z {
			for c := range z[i] {
				z[i][c] = random.NormFloat64()
			}
		}
	}
	return z
}

// Blend is what gradient blending found before training: how the heads did on their own, and the
// weights of their losses from that.
type Blend struct {
	Heads   []string             `json:"heads"`
	Alone   []fusion.Generalised `json:"alone"`
	Weights []float64            `json:"weights"`
}

// blend estimates the weights of gradient blending as the paper's offline algorithm does: from the same
// start each head is trained alone for half of the epochs on four fifths of the training pictures, and
// measured before and after, dropout off, as means over those pictures and over the fifth held out. No
// test picture is seen. What it trained is thrown away.
func (l *lab) blend(ctx context.Context, j *job, p *program, src *source, metadata table) (*Blend, error) {
	c, labels := j.config, l.set.Labels()
	inner := l.subset(j.fold.Train, 80, draws(c.Seed, fmt.Sprintf("fold %d held out", c.Fold)))
	held := slices.DeleteFunc(slices.Clone(j.fold.Train), func(i int) bool { return slices.Contains(inner, i) })
	if len(held) == 0 {
		return nil, fmt.Errorf("gradient blending holds out a fifth of each genre's training pictures: there are too few")
	}
	b := &Blend{Heads: []string{"joint", "picture", "metadata"}}
	for head, name := range b.Heads {
		if err := p.restart(j); err != nil {
			return nil, err
		}
		p.weigh = make([]float64, len(b.Heads))
		p.weigh[head] = 1
		measure := func() (train, out float64, err error) {
			if train, err = p.headLoss(ctx, src, metadata, labels, inner, head); err == nil {
				out, err = p.headLoss(ctx, src, metadata, labels, held, head)
			}
			return train, out, err
		}
		var g fusion.Generalised
		var err error
		if g.TrainBefore, g.HeldBefore, err = measure(); err != nil {
			return nil, err
		}
		for epoch := 1; epoch <= max(1, c.Epochs/2); epoch++ {
			purpose := fmt.Sprintf("fold %d %s head alone, epoch %d", c.Fold, name, epoch)
			order := slices.Clone(inner)
			draws(c.Seed, purpose+" order").Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
			for step, at := 1, 0; at < len(order); step, at = step+1, at+c.Batch {
				random := draws(c.Seed, fmt.Sprintf("%s step %d", purpose, step))
				if err := p.train(ctx, src, metadata, labels, order[at:min(at+c.Batch, len(order))], random, &tally{}); err != nil {
					return nil, fmt.Errorf("the %s head alone, epoch %d, step %d: %w", name, epoch, step, err)
				}
			}
		}
		if g.TrainAfter, g.HeldAfter, err = measure(); err != nil {
			return nil, err
		}
		if sum := g.TrainBefore + g.TrainAfter + g.HeldBefore + g.HeldAfter; math.IsNaN(sum) || math.IsInf(sum, 0) {
			return nil, fmt.Errorf("the %s head alone: losses %+v: training diverged; no record was written", name, g)
		}
		b.Alone = append(b.Alone, g)
	}
	b.Weights = fusion.BlendWeights(b.Alone)
	return b, p.restart(j)
}

// headLoss is the mean cross-entropy of one output that has a loss, as inference gives it.
func (p *program) headLoss(ctx context.Context, src *source, metadata table, labels, samples []int, head int) (float64, error) {
	genres := p.model.Genres
	var t tally
	for from := 0; from < len(samples); from += p.rows {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		part := samples[from:min(from+p.rows, len(samples))]
		out, err := p.heads.Exec1(src.batch(part, p.rows), metadata.batch(part, p.rows))
		if err != nil {
			return 0, err
		}
		flat, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			return 0, err
		}
		if err := out.FinalizeAll(); err != nil {
			return 0, err
		}
		for at, i := range part {
			logits := make([]float64, genres)
			for c := range logits {
				logits[c] = float64(flat[(at*p.model.Heads()+head)*genres+c])
			}
			t.add(logits, labels[i])
		}
	}
	return t.loss(), nil
}

// loss is the weighted cross-entropy of the outputs that have one. target has their weights: see program.
func (p *program) loss(out fusion.Outputs, target *Node) *Node {
	var loss *Node
	for head, logits := range out.Trained(p.model) {
		t, genres := target, p.model.Genres
		if p.model.Heads() > 1 {
			t = Slice(target, AxisRange(), AxisRange(head*genres, (head+1)*genres))
		}
		own := Neg(ReduceAllSum(Mul(t, LogSoftmax(logits, -1))))
		if loss == nil {
			loss = own
		} else {
			loss = Add(loss, own)
		}
	}
	return loss
}

// weight is that of an output's loss.
func (p *program) weight(head int) float32 {
	if p.weigh == nil {
		return 1
	}
	return float32(p.weigh[head])
}

// modulated says whether the gradients are changed by OGM-GE.
func (p *program) modulated() bool { return p.model.Arm.Variation == "ogm" }

// noise is the state of the graph's random generator for one update, for OGM-GE alone.
func (p *program) noise(random *rand.Rand) []any {
	if !p.modulated() {
		return nil
	}
	return []any{tensors.FromFlatDataAndDimensions([]uint64{random.Uint64(), random.Uint64(), random.Uint64()}, 3)}
}

// addScores keeps OGM-GE's scores of a part of a batch, takeScores gives those of the whole batch and
// starts over.
func (p *program) addScores(out fusion.Outputs, target *Node) {
	picture, metadata := fusion.OGMScores(out, target)
	for _, s := range []struct {
		name string
		of   *Node
	}{{"picture", picture}, {"metadata", metadata}} {
		v := p.zero(sums+"/score/"+s.name, s.of.Shape())
		v.SetNodeValue(Add(v.NodeValue(s.of.Graph()), s.of))
	}
}

func (p *program) takeScores(g *Graph) (picture, metadata *Node) {
	take := func(name string) *Node {
		v := p.zero(sums+"/score/"+name, shapes.Make(dtypes.Float32))
		s := v.NodeValue(g)
		v.SetNodeValue(ZerosLike(s))
		return s
	}
	return take("picture"), take("metadata")
}

// compileVariations makes what causal arms run beside step and infer. Nothing is compiled before it is
// used, and other arms use none of it.
func (p *program) compileVariations(forward func(scope *model.Scope, x, metadata *Node, pass vision.Pass) (features *Node, out fusion.Outputs)) error {
	backend, err := vision.Backend()
	if err != nil {
		return err
	}
	p.apart, err = model.NewExec(backend, p.store, func(scope *model.Scope, x, metadata *Node) *Node {
		none := map[string]*Node{}
		for _, m := range p.masks {
			if m.Name == metadataMask {
				none[m.Name] = BroadcastToDims(ScalarZero(x.Graph(), metadata.DType()), metadata.Shape().Dimensions[0], m.Width)
			}
		}
		_, out := forward(scope, x, metadata, vision.Pass{Masks: none})
		return out.Joint
	})
	if err != nil {
		return err
	}
	p.heads, err = model.NewExec(backend, p.store, func(scope *model.Scope, x, metadata *Node) *Node {
		_, out := forward(scope, x, metadata, vision.Pass{})
		return Concatenate(out.Trained(p.model), -1)
	})
	return err
}

// metadataMask is the random layer behind the embedded metadata. Factors of 0 there take the branch out
// of the network, its gradient included.
const metadataMask = "meta"
