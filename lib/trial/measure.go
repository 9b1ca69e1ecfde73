package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/bench"
	"thesis.example/lib/fusion"
	"thesis.example/lib/vision"
)

// What the metadata do to the backbone while it learns. At every k-th update (settings.measure) the
// program of the update runs three times from the same weights, and what it moved is put back twice:
//
//   - on the batch with the metadata at the training mean, 0 after standardising, and the same dropout:
//     the picture alone. The head's own picture path would be another way, but only the late arms have
//     one, and its missing metadata would be an embedding that the head has never seen at 0;
//   - on another batch of the epoch, as many pictures with their metadata and dropout of their own: what
//     two gradients of one arm differ by anyway, the noise floor;
//   - on the batch as it is: the update itself.
//
// A gradient is read off the change of Adam's first moment, so no program is compiled for it, and none of
// what trains changes: records have the same predictions, bit for bit, with and without. It is the
// gradient that the optimizer gets, after whatever an arm does to it.
//
// A norm is no measure of use: with x → c·x and W → W/c the function stays and the norm of ∂loss/∂W grows
// by c. Neither are two blocks' norms comparable. The cosine of two gradients of one block stays under
// such a change of everything outside it.

// BlockGradient is what was measured of one block at one update. Norms are Euclidean, of the gradient of the
// batch's mean loss by all of the block's parameters; dots are inner products with the gradient itself.
type BlockGradient struct {
	Block    string  `json:"block"` // see blocksOf; "backbone" is all of it, "metadata" the metadata's layers, "classifier" what joins
	Norm     float64 `json:"norm"`
	Alone    float64 `json:"alone"` // norm with the metadata at the training mean
	AloneDot float64 `json:"alone_dot"`
	Other    float64 `json:"other"` // norm on another batch; 0 where the epoch has none
	OtherDot float64 `json:"other_dot"`
}

// Cosine is that of the gradient with the one from the picture alone: 1 in a single arm. NaN where one of
// them is 0.
func (g BlockGradient) Cosine() float64 { return g.AloneDot / (g.Norm * g.Alone) }

// Floor is the cosine of the gradient with that of another batch. NaN where there is no other batch.
func (g BlockGradient) Floor() float64 { return g.OtherDot / (g.Norm * g.Other) }

// Along is how far the gradient goes along the one from the picture alone, as a share of that: 1 in a single
// arm, below 1 where the metadata take from the picture's own progress, below 0 where they work against it.
func (g BlockGradient) Along() float64 { return g.AloneDot / (g.Alone * g.Alone) }

// Part is the size of what the metadata change in the gradient over the size of what another batch changes.
// NaN where there is no other batch. Another batch's part averages out over the updates, one that the
// metadata have in all of them does not.
func (g BlockGradient) Part() float64 {
	if g.Other == 0 {
		return math.NaN()
	}
	difference := func(norm, dot float64) float64 { return math.Sqrt(max(0, g.Norm*g.Norm+norm*norm-2*dot)) }
	return difference(g.Alone, g.AloneDot) / difference(g.Other, g.OtherDot)
}

// Step is what was measured at one update, before it.
type Step struct {
	Epoch int `json:"epoch"`
	Step  int `json:"step"` // of the epoch, from 1
	// Residual is the mean over the batch of ‖p − y‖, the probabilities less the truth, which all branches
	// share: 0 to √2. Alone has the metadata at the training mean.
	Residual      float64         `json:"residual"`
	AloneResidual float64         `json:"alone_residual"`
	Blocks        []BlockGradient `json:"blocks"`
}

// sampled says whether the update of order[at:] is measured, and gives the batch that it is compared with,
// nil where the epoch has no other of that size.
func (j *job) sampled(epoch, at int, order []int) (other []int, ok bool) {
	c := &j.config
	if !j.measured() || j.model.Backbone == nil {
		return nil, false
	}
	rows := min(c.Batch, len(order))
	whole, n := len(order)/rows, at/rows // a smaller last batch is not measured
	every := min(j.settings.measure, whole*c.Epochs)
	if n >= whole || ((epoch-1)*whole+n)%every != (every-1)/2 {
		return nil, false
	}
	if whole > 1 {
		next := (n + 1) % whole
		other = order[next*rows : (next+1)*rows]
	}
	return other, true
}

// measured says whether a trial is measured at all: in Experiment 2, where the profile says so.
func (j *job) measured() bool { return j.config.Experiment == 2 && j.settings.measure > 0 }

// measure is train with a look at its gradients. random gives the update's random numbers anew at every
// call, and others those of the other batch.
func (p *program) measure(ctx context.Context, src *source, metadata table, labels, batch, other []int, random, others func() *rand.Rand, t *tally) (Step, error) {
	began := bench.CPUSeconds()
	aside := func(metadata table, batch []int, random *rand.Rand) (t tally, after [][]float32, err error) {
		restore, err := p.putAside()
		if err != nil {
			return t, nil, err
		}
		if err = p.train(ctx, src, metadata, labels, batch, random, &t); err == nil {
			after, err = p.moments()
		}
		return t, after, errors.Join(err, restore())
	}
	if p.trained == nil { // the process' first update finds out what that is
		if _, _, err := aside(metadata, batch, random()); err != nil {
			return Step{}, err
		}
	}
	before, err := p.moments()
	if err != nil {
		return Step{}, err
	}
	aloneTally, alone, err := aside(table{make([]float32, len(metadata.values)), metadata.columns}, batch, random())
	if err != nil {
		return Step{}, fmt.Errorf("measuring the picture alone: %w", err)
	}
	var second [][]float32
	if other != nil {
		if _, second, err = aside(metadata, other, others()); err != nil {
			return Step{}, fmt.Errorf("measuring another batch: %w", err)
		}
	}
	cost := bench.CPUSeconds() - began
	from := len(t.logits)
	if err := p.train(ctx, src, metadata, labels, batch, random(), t); err != nil {
		return Step{}, err
	}
	began = bench.CPUSeconds()
	own, err := p.moments()
	if err != nil {
		return Step{}, err
	}
	s := Step{Residual: residual(t.logits[from:], labels, batch), AloneResidual: residual(aloneTally.logits, labels, batch)}
	names := blocksOf(p.model.Backbone)
	sums := map[string]*BlockGradient{}
	for i, v := range p.trained {
		p.model.Adam().Gradient(before[i], own[i])
		p.model.Adam().Gradient(before[i], alone[i])
		var otherOne []float32
		if second != nil {
			otherOne = second[i]
			p.model.Adam().Gradient(before[i], otherOne)
		}
		g := products(own[i], alone[i], otherOne)
		for _, block := range blockOf(p.model.Backbone, v.Path()) {
			if sums[block] == nil {
				sums[block] = &BlockGradient{Block: block}
			}
			b := sums[block]
			b.Norm, b.Alone, b.AloneDot, b.Other, b.OtherDot = b.Norm+g.Norm, b.Alone+g.Alone, b.AloneDot+g.AloneDot, b.Other+g.Other, b.OtherDot+g.OtherDot
		}
	}
	for _, block := range names {
		if b := sums[block]; b != nil {
			b.Norm, b.Alone, b.Other = math.Sqrt(b.Norm), math.Sqrt(b.Alone), math.Sqrt(b.Other)
			s.Blocks = append(s.Blocks, *b)
		}
	}
	p.measuring += cost + bench.CPUSeconds() - began
	return s, nil
}

// products are the squared norms and inner products of one variable's gradients.
func products(own, alone, other []float32) (g BlockGradient) {
	for i, v := range own {
		a, b := float64(v), float64(alone[i])
		g.Norm += a * a
		g.Alone += b * b
		g.AloneDot += a * b
	}
	for i, v := range other {
		a, b := float64(own[i]), float64(v)
		g.Other += b * b
		g.OtherDot += a * b
	}
	return g
}

// moments are Adam's first moments of what is trained.
func (p *program) moments() ([][]float32, error) {
	return p.model.Adam().Moments(p.store, p.trained)
}

// putAside keeps the value of every variable, leaves a copy in its place for the program to change, and
// gives what puts the values back.
func (p *program) putAside() (restore func() error, err error) {
	kept := map[*model.Variable]*tensors.Tensor{}
	restore = func() error {
		for v := range p.store.IterVariables() {
			value := kept[v]
			if value == nil { // came since: the optimizer's own start at 0, and so do sums
				value = tensors.FromShape(v.Shape())
			}
			if err := v.SetValue(value); err != nil {
				return fmt.Errorf("putting %s back: %w", v.Path(), err)
			}
		}
		return nil
	}
	for v := range p.store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		work, err := value.Clone()
		if err != nil {
			return nil, err
		}
		if err := v.SetValuePreservingOld(work); err != nil {
			return nil, err
		}
		kept[v] = value
	}
	return restore, nil
}

// residual is the mean of ‖p − y‖ over the rows.
func residual(logits [][]float64, labels, samples []int) float64 {
	mean := 0.0
	for at, i := range samples {
		sum := 0.0
		for c, q := range fusion.Probabilities(logits[at]) {
			if c == labels[i] {
				q--
			}
			sum += q * q
		}
		mean += math.Sqrt(sum) / float64(len(samples))
	}
	return mean
}

// Blocks of an arm that are measured apart, beside those of its backbone.
const (
	Backbone        = "backbone"
	MetadataBlock   = "metadata"
	ClassifierBlock = "classifier"
)

// blocksOf lists the names of all blocks from the picture to the logits: of EfficientNet its stages (Tan &
// Le 2019, Table 1), of a ViT its patch embedding and its layers in four groups.
func blocksOf(n vision.Network) []string {
	names := []string{Backbone}
	for _, p := range n.Params() {
		for _, b := range blockOf(n, "/backbone/"+p.Name) {
			if !slices.Contains(names, b) {
				names = append(names, b)
			}
		}
	}
	return append(names, MetadataBlock, ClassifierBlock)
}

// metadataLayers begin the names of the head's parameters through which the metadata alone go.
var metadataLayers = []string{"meta", "planes", "film", "tokens", "query", "key", "value", "attended"}

// blockOf names the blocks that a variable belongs to.
func blockOf(n vision.Network, path string) []string {
	name, inBackbone := strings.CutPrefix(path, "/backbone/")
	if !inBackbone {
		name = strings.TrimPrefix(path, "/head/")
		for _, m := range metadataLayers {
			if strings.HasPrefix(name, m) {
				return []string{MetadataBlock}
			}
		}
		return []string{ClassifierBlock}
	}
	number := -1 // of the stage or layer
	if rest, ok := strings.CutPrefix(name, "blocks."); ok {
		digits, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(digits); err == nil {
			number = n
		}
	}
	block := "head convolution"
	switch v, isViT := n.(*vision.ViT); {
	case isViT && number >= 0:
		group := number * 4 / v.Layers
		first := (group*v.Layers + 3) / 4
		last := ((group+1)*v.Layers+3)/4 - 1
		block = fmt.Sprintf("layers %d to %d", first+1, last+1)
		if first == last {
			block = fmt.Sprintf("layer %d", first+1)
		}
	case isViT && strings.HasPrefix(name, "norm"):
		block = "final norm"
	case isViT:
		block = "patch embedding"
	case number >= 0:
		block = fmt.Sprintf("stage %d", number+2)
	case strings.HasPrefix(name, "conv_stem") || strings.HasPrefix(name, "bn1."):
		block = "stem"
	}
	return []string{Backbone, block}
}
