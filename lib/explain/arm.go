package explain

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/fusion"
	"thesis.example/lib/picture"
	"thesis.example/lib/trial"
	"thesis.example/lib/vision"
)

// Arm is a trained arm with a backbone, asked why it answers as it does. What is explained is the
// logit of one class: the probability would mix in how the other classes' logits move.
//
// It is not safe for use by several goroutines.
type Arm struct {
	Model *fusion.Model
	// Store has the trained values, the backbone's below the scope "backbone", those of what joins it
	// with the metadata below "head".
	Store *model.Store
	Size  int // height and width of the picture that the arm sees
	// Baseline stands for "no picture" where a method needs that: [Size, Size, 3], normalised. For a
	// trained arm it is the mean of the training pictures, as the mean of the training pictures' metadata,
	// 0 after standardisation, stands for "no metadata".
	Baseline []float32

	network  *trial.Network // nil where the arm was put together by hand
	backend  compute.Backend
	programs map[string]*model.Exec
}

// Input is a picture as an arm sees it.
type Input struct {
	Pixels   []float32 // [Size, Size, 3], normalised
	Metadata []float32 // standardised by the training pictures
}

// AtMean is the picture with the training pictures' mean metadata in place of its own.
func (in Input) AtMean() Input {
	return Input{in.Pixels, make([]float32, len(in.Metadata))}
}

// AtMean does that to all inputs.
func AtMean(inputs []Input) []Input {
	held := make([]Input, len(inputs))
	for i, in := range inputs {
		held[i] = in.AtMean()
	}
	return held
}

// NewArm checks that there is something to explain. baseline nil is 0, a picture of the one colour that
// normalisation takes for the mean.
func NewArm(m *fusion.Model, store *model.Store, size int, baseline []float32) (*Arm, error) {
	if m.Backbone == nil {
		return nil, fmt.Errorf("the arm %s sees no picture: there is no map to make", m.Arm)
	}
	if m.Arm.Fusion == "logistic" {
		return nil, fmt.Errorf("the arm %s is a regression on frozen features, not a network: there is no gradient to follow", m.Arm)
	}
	if v, ok := m.Backbone.(*vision.ViT); ok && size%v.Patch != 0 {
		return nil, fmt.Errorf("%s cuts pictures into patches of %d pixels: its pictures' side is %d, want a multiple", v.Name(), v.Patch, size)
	}
	if baseline == nil {
		baseline = make([]float32, size*size*3)
	}
	if len(baseline) != size*size*3 {
		return nil, fmt.Errorf("a baseline of %d numbers, want %d×%d×3", len(baseline), size, size)
	}
	backend, err := vision.Backend()
	if err != nil {
		return nil, err
	}
	return &Arm{Model: m, Store: store, Size: size, Baseline: baseline, backend: backend, programs: map[string]*model.Exec{}}, nil
}

// OfTrained is the arm of a trained network, which the caller still has to release, after Close. Its
// baseline is the mean of the fold's training pictures.
func OfTrained(n *trial.Network) (*Arm, error) {
	if n.Model.Backbone == nil {
		return NewArm(n.Model, n.Store, 0, nil)
	}
	mean := make([]float64, n.Size()*n.Size()*3)
	for _, i := range n.Train {
		for at, v := range n.Normalise(n.SampleView(i)) {
			mean[at] += float64(v) / float64(len(n.Train))
		}
	}
	baseline := make([]float32, len(mean))
	for at, v := range mean {
		baseline[at] = float32(v)
	}
	a, err := NewArm(n.Model, n.Store, n.Size(), baseline)
	if err != nil {
		return nil, err
	}
	a.network = n
	return a, nil
}

// Samples are pictures of the set, by their indices, as the arm of a trained network sees them.
func (a *Arm) Samples(samples ...int) []Input {
	inputs := make([]Input, len(samples))
	for at, i := range samples {
		inputs[at] = a.input(a.network.SampleView(i), a.network.Metadata(i))
	}
	return inputs
}

// input is a view of a picture with its standardised metadata.
func (a *Arm) input(view *picture.Image, metadata []float64) Input {
	in := Input{a.network.Normalise(view), make([]float32, len(metadata))}
	for c, v := range metadata {
		in.Metadata[c] = float32(v)
	}
	return in
}

// Close frees the compiled programs; the store is left alone.
func (a *Arm) Close() {
	for _, p := range a.programs {
		p.Finalize()
	}
	clear(a.programs)
}

// Logits classifies the inputs: [inputs][genres].
func (a *Arm) Logits(ctx context.Context, inputs []Input) ([][]float64, error) {
	out, err := a.run(ctx, "logits", inputs, nil, func(scope *model.Scope, x, metadata, _ *Node) []*Node {
		return []*Node{a.logits(scope, x, metadata, vision.Pass{})}
	})
	if err != nil {
		return nil, err
	}
	logits := make([][]float64, len(inputs))
	for i := range logits {
		logits[i] = make([]float64, a.Model.Genres)
		for c := range logits[i] {
			logits[i][c] = float64(out[i][0][c])
		}
	}
	return logits, nil
}

// Predict gives each input's likeliest class, the first of equals.
func (a *Arm) Predict(ctx context.Context, inputs []Input) ([]int, error) {
	logits, err := a.Logits(ctx, inputs)
	if err != nil {
		return nil, err
	}
	classes := make([]int, len(inputs))
	for i, l := range logits {
		classes[i] = slices.Index(l, slices.Max(l))
	}
	return classes, nil
}

// classesOf checks classes, one an input; nil are the predicted ones.
func (a *Arm) classesOf(ctx context.Context, inputs []Input, classes []int) ([]int, error) {
	if classes == nil {
		return a.Predict(ctx, inputs)
	}
	if len(classes) != len(inputs) {
		return nil, fmt.Errorf("%d classes for %d pictures: want one each", len(classes), len(inputs))
	}
	for i, c := range classes {
		if c < 0 || c >= a.Model.Genres {
			return nil, fmt.Errorf("picture %d: class %d, want 0 to %d", i+1, c, a.Model.Genres-1)
		}
	}
	return classes, nil
}

// logits builds the arm's graph.
func (a *Arm) logits(scope *model.Scope, x, metadata *Node, pass vision.Pass) *Node {
	return a.Model.Logits(scope, a.Model.Features(scope, x, metadata, pass), metadata, pass)
}

// explained is the sum over a batch of each picture's explained logit. Its gradient by something of one
// picture is that picture's alone, as in inference no picture meets another.
func explained(logits, target *Node) *Node { return ReduceAllSum(Mul(logits, target)) }

// graph takes pictures [rows, Size, Size, 3], metadata [rows, Metadata] and target [rows, Genres], 1 at
// each picture's explained class and 0 elsewhere, and gives nodes whose first axis is the pictures'.
type graph = func(scope *model.Scope, x, metadata, target *Node) []*Node

// rows is how many pictures a program takes at a time, where there is more than one.
const rows = 8

// run gives for each input what the graph's nodes have in its row: [inputs][nodes][]. name is the
// program's; the same name means the same graph. classes nil leaves target 0. Numbers that are not finite
// are an error.
func (a *Arm) run(ctx context.Context, name string, inputs []Input, classes []int, build graph) ([][][]float32, error) {
	pixels, columns, genres := a.Size*a.Size*3, a.Model.Metadata, a.Model.Genres
	for i, in := range inputs {
		if len(in.Pixels) != pixels || len(in.Metadata) != columns {
			return nil, fmt.Errorf("picture %d has %d colours and %d numbers of metadata, the arm %s wants %d and %d", i+1, len(in.Pixels), len(in.Metadata), a.Model.Arm, pixels, columns)
		}
	}
	exec := a.programs[name]
	if exec == nil {
		var err error
		if exec, err = model.NewExec(a.backend, a.Store, build); err != nil {
			return nil, err
		}
		a.programs[name] = exec
	}
	n := rows
	if len(inputs) == 1 {
		n = 1
	}
	var all [][][]float32
	for chunk := range slices.Chunk(inputs, n) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x, metadata, target := make([]float32, n*pixels), make([]float32, n*columns), make([]float32, n*genres)
		for i, in := range chunk {
			copy(x[i*pixels:], in.Pixels)
			copy(metadata[i*columns:], in.Metadata)
			if classes != nil {
				target[i*genres+classes[len(all)+i]] = 1
			}
		}
		out, err := exec.Exec(tensors.FromFlatDataAndDimensions(x, n, a.Size, a.Size, 3),
			tensors.FromFlatDataAndDimensions(metadata, n, columns), tensors.FromFlatDataAndDimensions(target, n, genres))
		if err != nil {
			return nil, fmt.Errorf("%s of the arm %s: %w", name, a.Model.Arm, err)
		}
		first := len(all)
		all = append(all, make([][][]float32, len(chunk))...)
		for _, t := range out {
			flat, err := tensors.CopyFlatData[float32](t)
			if err == nil {
				err = t.FinalizeAll()
			}
			if err != nil {
				return nil, fmt.Errorf("%s of the arm %s: %w", name, a.Model.Arm, err)
			}
			for i := range chunk {
				row := flat[i*len(flat)/n : (i+1)*len(flat)/n]
				if slices.ContainsFunc(row, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }) {
					return nil, fmt.Errorf("%s of the arm %s: picture %d gives numbers that are not finite", name, a.Model.Arm, first+i+1)
				}
				all[first+i] = append(all[first+i], row)
			}
		}
	}
	return all, nil
}

// Method is a way to make maps.
type Method string

const (
	GradCAM      Method = "Grad-CAM"             // of the last 1×1 convolution, before pooling
	GradCAMBlock Method = "Grad-CAM, last block" // of the last MBConv block
	Relevance    Method = "relevance"            // gradient-weighted attention, of all layers
	Rollout      Method = "rollout"              // attention of all layers, whatever the class
	Integrated   Method = "integrated gradients" // of every pixel
)

// Methods are those that suit the arm's backbone.
func (a *Arm) Methods() []Method {
	if _, ok := a.Model.Backbone.(*vision.ViT); ok {
		return []Method{Relevance, Rollout, Integrated}
	}
	return []Method{GradCAM, GradCAMBlock, Integrated}
}

// Maps makes a map of each input for its class; classes nil are the predicted ones.
func (a *Arm) Maps(ctx context.Context, method Method, inputs []Input, classes []int) ([]Map, error) {
	switch method {
	case GradCAM, GradCAMBlock:
		blocks := a.Model.Backbone.Blocks()
		block := blocks[len(blocks)-1]
		if method == GradCAMBlock {
			block = blocks[len(blocks)-2]
		}
		return a.GradCAM(ctx, block, inputs, classes)
	case Relevance:
		return a.Relevance(ctx, inputs, classes)
	case Rollout:
		return a.Rollout(ctx, inputs)
	case Integrated:
		parts, err := a.Integrate(ctx, inputs, classes)
		maps := make([]Map, len(parts))
		for i, p := range parts {
			maps[i] = p.Picture
		}
		return maps, err
	}
	return nil, fmt.Errorf("no method %q: the arm %s has %q", method, a.Model.Arm, a.Methods())
}
