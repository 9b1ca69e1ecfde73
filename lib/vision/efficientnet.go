package vision

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// EfficientNet is the family of Tan & Le 2019 ("EfficientNet: Rethinking Model Scaling for
// Convolutional Neural Networks"). Architecture makes the published members.
type EfficientNet struct {
	ID          string
	WidthFactor float64 // w of the compound scaling: channels
	DepthFactor float64 // d: repetitions of a block
	Size        int     // r·224: height and width of the picture
	Dropout     float64 // before the head
	DropPath    float64 // stochastic depth of the last block; block i of n has DropPath·i/n
	Lite        bool    // EfficientNet-Lite: ReLU6, no squeeze-and-excitation, stem and head unscaled
	Same        bool    // TensorFlow's padding, which favours the end; else symmetric
	Epsilon     float64 // of batch norm
	Momentum    float64 // of batch norm, PyTorch's convention
	Classes     int
}

// mbStages are stages 2 to 8 of EfficientNet-B0, Tan & Le 2019, Table 1. Stage 1 is a 3×3
// convolution to 32 channels with stride 2, stage 9 a 1×1 convolution to 1280 with pooling and head.
var mbStages = []struct{ expand, channels, layers, stride, kernel int }{
	{1, 16, 1, 1, 3},  // 112×112
	{6, 24, 2, 2, 3},  // 112×112
	{6, 40, 2, 2, 5},  // 56×56
	{6, 80, 3, 2, 3},  // 28×28
	{6, 112, 3, 1, 5}, // 14×14
	{6, 192, 4, 2, 5}, // 14×14
	{6, 320, 1, 1, 3}, // 7×7
}

// mbConv is one inverted bottleneck: 1×1 expansion, k×k depthwise, squeeze-and-excitation, 1×1 projection.
type mbConv struct {
	name                   string // timm's, "blocks.STAGE.LAYER"
	in, expanded, squeezed int
	out, kernel, stride    int
	dropPath               float64
}

// channels scales a number of channels and rounds it to a multiple of 8, never below 90 % of it.
func (e *EfficientNet) channels(n int) int {
	scaled := float64(n) * e.WidthFactor
	r := max(8, int(scaled+4)/8*8)
	if float64(r) < 0.9*scaled {
		r += 8
	}
	return r
}

func (e *EfficientNet) blocks() []mbConv {
	var blocks []mbConv
	in := e.stem()
	for s, stage := range mbStages {
		layers := int(math.Ceil(float64(stage.layers) * e.DepthFactor))
		if e.Lite && (s == 0 || s == len(mbStages)-1) {
			layers = stage.layers
		}
		for l := range layers {
			b := mbConv{
				name: fmt.Sprintf("blocks.%d.%d", s, l),
				in:   in, expanded: in * stage.expand, squeezed: max(1, in/4),
				out: e.channels(stage.channels), kernel: stage.kernel, stride: 1,
			}
			if l == 0 {
				b.stride = stage.stride
			}
			if e.Lite {
				b.squeezed = 0
			}
			blocks = append(blocks, b)
			in = b.out
		}
	}
	for i := range blocks {
		blocks[i].dropPath = e.DropPath * float64(i) / float64(len(blocks))
	}
	return blocks
}

func (e *EfficientNet) stem() int {
	if e.Lite {
		return 32
	}
	return e.channels(32)
}

// Width is 1280 for B0 and Lite0.
func (e *EfficientNet) Width() int {
	if e.Lite {
		return 1280
	}
	return e.channels(1280)
}

func (e *EfficientNet) Name() string     { return e.ID }
func (e *EfficientNet) PictureSize() int { return e.Size }

// Blocks are "conv_stem", "blocks.STAGE.LAYER" and "conv_head".
func (e *EfficientNet) Blocks() []string {
	names := []string{"conv_stem"}
	for _, b := range e.blocks() {
		names = append(names, b.name)
	}
	return append(names, "conv_head")
}

// norms names the block's batch norms: a block without expansion has one less.
func (b mbConv) norms() (expand, depthwise, project string) {
	n := b.name + ".bn"
	if b.in == b.expanded {
		return "", n + "1", n + "2"
	}
	return n + "1", n + "2", n + "3"
}

// projection is timm's name of the last convolution, which in a block without expansion is its first 1×1.
func (b mbConv) projection() string {
	if b.in == b.expanded {
		return b.name + ".conv_pw.weight"
	}
	return b.name + ".conv_pwl.weight"
}

func (e *EfficientNet) Params() []Param {
	var ps []Param
	norm := func(name string, channels int) { ps = append(ps, e.norm().params(name, channels)...) }
	add := func(name string, layout Layout, shape ...int) {
		ps = append(ps, Param{Name: name, Shape: shape, Layout: layout})
	}
	blocks := e.blocks()
	add("conv_stem.weight", Conv, 3, 3, 3, e.stem())
	norm("bn1", e.stem())
	for _, b := range blocks {
		expand, depthwise, project := b.norms()
		if expand != "" {
			add(b.name+".conv_pw.weight", Pointwise, b.in, b.expanded)
			norm(expand, b.expanded)
		}
		add(b.name+".conv_dw.weight", Depthwise, b.kernel, b.kernel, b.expanded)
		norm(depthwise, b.expanded)
		if b.squeezed > 0 {
			add(b.name+".se.conv_reduce.weight", Pointwise, b.expanded, b.squeezed)
			add(b.name+".se.conv_reduce.bias", Plain, b.squeezed)
			add(b.name+".se.conv_expand.weight", Pointwise, b.squeezed, b.expanded)
			add(b.name+".se.conv_expand.bias", Plain, b.expanded)
		}
		add(b.projection(), Pointwise, b.expanded, b.out)
		norm(project, b.out)
	}
	add("conv_head.weight", Pointwise, blocks[len(blocks)-1].out, e.Width())
	norm("bn2", e.Width())
	if e.Classes > 0 {
		add("classifier.weight", Linear, e.Width(), e.Classes)
		add("classifier.bias", Plain, e.Classes)
	}
	return ps
}

func (e *EfficientNet) norm() batchNorm { return batchNorm{e.Epsilon, e.Momentum} }

func (e *EfficientNet) activation() activation {
	if e.Lite {
		return relu6
	}
	return silu
}

// Features averages the last 1×1 convolution over the picture: [batch, Width()].
func (e *EfficientNet) Features(scope *model.Scope, pictures *Node, pass Pass) *Node {
	act, norm := e.activation(), e.norm()
	x := norm.apply(scope, pass, pictures, e.conv3x3(2), "conv_stem.weight", "bn1", act)
	x = pass.tap("conv_stem", x)
	for _, b := range e.blocks() {
		x = pass.tap(b.name, e.block(scope, pass, x, b))
	}
	x = norm.apply(scope, pass, x, pointwise, "conv_head.weight", "bn2", act)
	x = pass.tap("conv_head", x)
	return imageMeans(x)
}

// Logits is dropout and a linear layer.
func (e *EfficientNet) Logits(scope *model.Scope, features *Node, pass Pass) *Node {
	return Dense(scope, pass.dropout(scope, features, e.Dropout), "classifier")
}

func (e *EfficientNet) block(scope *model.Scope, pass Pass, x *Node, b mbConv) *Node {
	act, norm := e.activation(), e.norm()
	expand, depthwise, project := b.norms()
	input := x
	if expand != "" {
		x = norm.apply(scope, pass, x, pointwise, b.name+".conv_pw.weight", expand, act)
	}
	x = norm.apply(scope, pass, x, e.depthwise(b.stride), b.name+".conv_dw.weight", depthwise, act)
	if b.squeezed > 0 {
		x = squeezeExcite(scope, x, b.name+".se")
	}
	x = norm.apply(scope, pass, x, pointwise, b.projection(), project, linear)
	if b.stride == 1 && b.in == b.out {
		x = Add(input, pass.stochasticDepth(scope, x, b.name, b.dropPath))
	}
	return x
}

// squeezeExcite weighs the channels of x by a small network on their means (Hu et al. 2018).
func squeezeExcite(scope *model.Scope, x *Node, name string) *Node {
	s := silu.apply(Dense(scope, imageMeans(x), name+".conv_reduce"))
	return scaleChannels(x, Sigmoid(Dense(scope, s, name+".conv_expand")))
}

func (e *EfficientNet) conv3x3(stride int) convolution {
	return func(x, kernel *Node) *Node {
		pad := e.padding(x, kernel.Shape().Dimensions[0], stride)
		return Convolve(x, kernel).Strides(stride).PaddingPerDim(pad[:]).Done()
	}
}

func (e *EfficientNet) depthwise(stride int) convolution {
	return func(x, kernel *Node) *Node {
		return depthwiseConv(x, kernel, stride, e.padding(x, kernel.Shape().Dimensions[0], stride))
	}
}

// pointwise is a 1×1 convolution: a matrix product over all pixels.
func pointwise(x, kernel *Node) *Node {
	d := x.Shape().Dimensions
	y := Dot(Reshape(x, d[0]*d[1]*d[2], d[3]), kernel).Product()
	return Reshape(y, d[0], d[1], d[2], -1)
}

// padding is (k−1)/2 on each side, or with Same as much as makes the output ⌈size/stride⌉, the odd
// one at the end.
func (e *EfficientNet) padding(x *Node, k, stride int) (pad [2][2]int) {
	for axis := range pad {
		pad[axis] = [2]int{(k - 1) / 2, (k - 1) / 2}
		if e.Same {
			size := x.Shape().Dimensions[1+axis]
			total := max(0, (ceilDiv(size, stride)-1)*stride+k-size)
			pad[axis] = [2]int{total / 2, total - total/2}
		}
	}
	return pad
}

func (pass Pass) tap(block string, x *Node) *Node {
	if pass.Tap == nil {
		return x
	}
	return pass.Tap(block, x)
}
