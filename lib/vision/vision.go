// Package vision holds the image backbones of the thesis: EfficientNet and the
// Vision Transformer, as GoMLX graphs that equal torchvision's and timm's
// networks on the same weights.
//
// A Network lists its parameters under timm's names (Params), takes their
// values from a model.Scope (SetParams) and builds features and logits from a
// batch of pictures. Architecture makes one by its name, Load one with the
// weights of package weights.
//
//	vision.go       Network, its parameters, a Pass through it
//	architecture.go the published members of both families
//	efficientnet.go, vit.go  the networks, to read beside their papers
//	layers.go, batchnorm.go, depthwise.go, gradient.go  what they are made of
//	load.go, initial.go  weights from files, and to start from
//	preprocess.go, augment.go  from pictures to tensors
//	adam.go         the optimizer, PyTorch's and Keras'
//	counting.go     parameters, multiply-adds, receptive fields
//	predict.go      classes of ImageNet
//	backend.go, buffers_linux.go  XLA, and its memory
package vision

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Layout says how a parameter lies in the graph and how PyTorch writes the same parameter.
type Layout int

const (
	Plain     Layout = iota // the same shape on both sides: vectors, tokens, position embeddings
	Linear                  // [in, out] here; PyTorch's Linear.weight is [out, in]
	Pointwise               // [in, out] here; PyTorch's 1×1 Conv2d.weight is [out, in, 1, 1]
	Conv                    // [k, k, in, out] here; PyTorch's Conv2d.weight is [out, in, k, k]
	Depthwise               // [k, k, channels] here; PyTorch's grouped Conv2d.weight is [channels, 1, k, k]
)

// Param is one named tensor of a network, float32.
type Param struct {
	Name   string // timm's name, e.g. "blocks.0.0.conv_dw.weight"
	Shape  []int  // as the graph wants it, see Layout
	Layout Layout
	Stat   bool // running mean or variance of a batch norm: not trained, not counted as a parameter
}

// Torch returns the shape in which PyTorch keeps the parameter.
func (p Param) Torch() []int {
	s := p.Shape
	switch p.Layout {
	case Linear:
		return []int{s[1], s[0]}
	case Pointwise:
		return []int{s[1], s[0], 1, 1}
	case Conv:
		return []int{s[3], s[2], s[0], s[1]}
	case Depthwise:
		return []int{s[2], 1, s[0], s[1]}
	}
	return slices.Clone(s)
}

// FromTorch reorders values from PyTorch's layout (shape p.Torch(), row-major) into the graph's.
// len(values) must be the product of p.Shape.
func (p Param) FromTorch(values []float32) []float32 { return p.reorder(values, true) }

// ToTorch is the inverse of FromTorch.
func (p Param) ToTorch(values []float32) []float32 { return p.reorder(values, false) }

// reorder is a transposition in each layout: all axes that PyTorch puts first
// (outputs, then inputs) go last, in reverse order, behind the kernel's rows and columns.
func (p Param) reorder(values []float32, fromTorch bool) []float32 {
	var out, in, kernel int
	switch p.Layout {
	case Plain:
		return values
	case Linear, Pointwise:
		in, out, kernel = p.Shape[0], p.Shape[1], 1
	case Conv:
		kernel, in, out = p.Shape[0]*p.Shape[1], p.Shape[2], p.Shape[3]
	case Depthwise:
		kernel, in, out = p.Shape[0]*p.Shape[1], 1, p.Shape[2]
	}
	r := make([]float32, len(values))
	for o := range out {
		for i := range in {
			for k := range kernel {
				torch, ours := (o*in+i)*kernel+k, (k*in+i)*out+o
				if fromTorch {
					r[ours] = values[torch]
				} else {
					r[torch] = values[ours]
				}
			}
		}
	}
	return r
}

// Size is the number of values in the parameter.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Pass says how a network runs: the zero value is inference.
type Pass struct {
	Train    bool // dropout and stochastic depth are drawn; batch norm is live unless FrozenBN
	FrozenBN bool // with Train: batch norm uses the running statistics and leaves them alone

	// Masks, where not nil, gives the factors of every random layer instead of the random
	// generator: "drop" for the dropout before the head, shape [batch, width], a block's name for
	// its stochastic depth, shape [batch]. Values are 0 or 1/(1−p).
	Masks map[string]*graph.Node

	// Tap, where not nil, is called with every named block's output, [batch, height, width,
	// channels] for EfficientNet, [batch, tokens, width] for ViT, and returns what goes on
	// from there: usually the same node, kept for a gradient.
	Tap func(block string, x *graph.Node) *graph.Node

	// Attention, where not nil, is called by ViT with each layer's attention weights,
	// [batch, heads, tokens, tokens], rows summing to 1. Layer counts from 0.
	Attention func(layer int, weights *graph.Node)
}

// Network is a backbone. Its graph methods panic with an error, as GoMLX's do: call them inside a
// model.Exec, whose Exec method returns it.
type Network interface {
	// Name is the architecture's name as Architecture takes it.
	Name() string
	// Params lists every parameter and statistic, in the order of the forward pass.
	Params() []Param
	// Blocks lists the names that Pass.Tap sees, from the picture to the features.
	Blocks() []string
	// Width is the length of a feature vector.
	Width() int
	// PictureSize is the height and width that the architecture was designed for; others work.
	PictureSize() int
	// Features maps normalised pictures [batch, height, width, 3] to [batch, Width()].
	Features(scope *model.Scope, pictures *graph.Node, pass Pass) *graph.Node
	// Logits maps features to [batch, classes] by the network's own head, dropout included.
	Logits(scope *model.Scope, features *graph.Node, pass Pass) *graph.Node
}

// SetParams puts values, keyed by canonical name, into scope as variables of the same names.
// It takes exactly the network's parameters: a missing, an extra and a wrongly shaped tensor is an
// error that names it. Parameters become trainable variables, statistics do not. The tensors move
// to the device and belong to scope's store from then on: training overwrites them.
func SetParams(scope *model.Scope, n Network, values map[string]*tensors.Tensor) error {
	known := map[string]bool{}
	var faults []string
	for _, p := range n.Params() {
		known[p.Name] = true
		want := shapes.Make(dtypes.Float32, p.Shape...)
		switch v := values[p.Name]; {
		case v == nil:
			faults = append(faults, "missing "+p.Name)
		case !v.Shape().Equal(want):
			faults = append(faults, fmt.Sprintf("%s is %s, want %s", p.Name, v.Shape(), want))
		}
	}
	for name := range values {
		if !known[name] {
			faults = append(faults, "extra "+name)
		}
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return fmt.Errorf("setting the parameters of %s: %s", n.Name(), strings.Join(faults, "; "))
	}
	backend, err := Backend()
	if err != nil {
		return fmt.Errorf("setting the parameters of %s: %w", n.Name(), err)
	}
	for _, p := range n.Params() {
		value := values[p.Name]
		if err := value.MaterializeOnDevice(backend, false, 0); err != nil {
			return fmt.Errorf("setting %s of %s: %w", p.Name, n.Name(), err)
		}
		value.FinalizeLocal()
		v := scope.GetVariable(p.Name)
		if v == nil {
			v, err = scope.CreateVariable(p.Name, value)
		} else {
			err = v.SetValue(value)
		}
		if err != nil {
			return fmt.Errorf("setting %s of %s: %w", p.Name, n.Name(), err)
		}
		v.Trainable = !p.Stat
	}
	debug.FreeOSMemory() // as many bytes as the parameters have
	return nil
}
