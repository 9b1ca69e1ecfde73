package vision

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// ViT is the Vision Transformer of Dosovitskiy et al. 2021 ("An Image is Worth 16x16 Words"),
// Table 1 and section 3.1. Architecture makes the published members.
type ViT struct {
	ID         string
	Layers     int
	Dim        int // D, the width of a token
	Heads      int
	Patch      int     // P: height and width of a patch
	Size       int     // height and width of the picture that the position embedding was trained for
	LayerScale bool    // a trained factor for every channel of each residual branch (Touvron et al. 2021b)
	MeanPool   bool    // features are the mean of the patch tokens instead of the class token
	Epsilon    float64 // of LayerNorm
	Positions  resampling
	Classes    int // 0: no head
}

func (v *ViT) Name() string     { return v.ID }
func (v *ViT) PictureSize() int { return v.Size }
func (v *ViT) Width() int       { return v.Dim }

// Blocks are "embed", "blocks.LAYER" and "norm".
func (v *ViT) Blocks() []string {
	names := []string{"embed"}
	for l := range v.Layers {
		names = append(names, fmt.Sprintf("blocks.%d", l))
	}
	return append(names, "norm")
}

func (v *ViT) Params() []Param {
	var ps []Param
	d := v.Dim
	add := func(name string, layout Layout, shape ...int) {
		ps = append(ps, Param{Name: name, Shape: shape, Layout: layout})
	}
	linear := func(name string, in, out int) {
		add(name+".weight", Linear, in, out)
		add(name+".bias", Plain, out)
	}
	norm := func(name string) {
		add(name+".weight", Plain, d)
		add(name+".bias", Plain, d)
	}
	grid := v.Size / v.Patch
	add("cls_token", Plain, 1, 1, d)
	add("pos_embed", Plain, 1, 1+grid*grid, d)
	add("patch_embed.proj.weight", Conv, v.Patch, v.Patch, 3, d)
	add("patch_embed.proj.bias", Plain, d)
	for l := range v.Layers {
		b := fmt.Sprintf("blocks.%d.", l)
		norm(b + "norm1")
		linear(b+"attn.qkv", d, 3*d)
		linear(b+"attn.proj", d, d)
		if v.LayerScale {
			add(b+"ls1.gamma", Plain, d)
		}
		norm(b + "norm2")
		linear(b+"mlp.fc1", d, 4*d)
		linear(b+"mlp.fc2", 4*d, d)
		if v.LayerScale {
			add(b+"ls2.gamma", Plain, d)
		}
	}
	norm("norm")
	if v.Classes > 0 {
		linear("head", d, v.Classes)
	}
	return ps
}

// Features is the class token, or the mean of the patch tokens, after the last LayerNorm: [batch, Dim].
func (v *ViT) Features(scope *model.Scope, pictures *Node, pass Pass) *Node {
	z := pass.tap("embed", v.embed(scope, pictures)) // z₀, eq. 1
	for l := range v.Layers {
		name := fmt.Sprintf("blocks.%d", l)
		normal := LayerNorm(scope, z, name+".norm1", v.Epsilon)
		if l == v.Layers-1 && !v.MeanPool && pass.Tap == nil && pass.Attention == nil {
			z = first(z, 1) // only the class token leaves the last layer: nobody sees the others there
		}
		z = v.residual(scope, z, name+".ls1.gamma", v.attention(scope, pass, normal, l, z.Shape().Dimensions[1]))             // z′, eq. 2
		z = v.residual(scope, z, name+".ls2.gamma", v.mlp(scope, LayerNorm(scope, z, name+".norm2", v.Epsilon), name+".mlp")) // z, eq. 3
		z = pass.tap(name, z)
	}
	z = pass.tap("norm", LayerNorm(scope, z, "norm", v.Epsilon))
	if v.MeanPool {
		return ReduceMean(Slice(z, AxisRange(), AxisRange(1)), 1)
	}
	return Squeeze(Slice(z, AxisRange(), AxisElem(0)), 1) // y, eq. 4
}

// Logits is a linear layer.
func (v *ViT) Logits(scope *model.Scope, features *Node, _ Pass) *Node {
	return Dense(scope, features, "head")
}

// embed cuts pictures [batch, height, width, 3] into patches, maps each to a token, puts the class
// token before them and adds the position embedding: [batch, 1+patches, Dim]. What is left over at
// the right and bottom of a picture that patches do not fill is not seen, as in PyTorch.
func (v *ViT) embed(scope *model.Scope, pictures *Node) *Node {
	g, d, p := pictures.Graph(), pictures.Shape().Dimensions, v.Patch
	b, rows, cols := d[0], d[1]/p, d[2]/p
	if rows == 0 || cols == 0 {
		panic(fmt.Errorf("%s: a picture of %d×%d is smaller than a patch of %d×%d", v.ID, d[2], d[1], p, p))
	}
	x := Slice(pictures, AxisRange(), AxisRange(0, rows*p), AxisRange(0, cols*p))
	x = TransposeAllAxes(Reshape(x, b, rows, p, cols, p, 3), 0, 1, 3, 2, 4, 5)
	kernel := Reshape(Weight(scope, g, "patch_embed.proj.weight"), p*p*3, v.Dim)
	x = Dot(Reshape(x, b*rows*cols, p*p*3), kernel).Product()
	x = Add(x, overAll(Weight(scope, g, "patch_embed.proj.bias"), x.Shape().Dimensions))
	x = Reshape(x, b, rows*cols, v.Dim)
	class := BroadcastToDims(Weight(scope, g, "cls_token"), b, 1, v.Dim)
	x = Concatenate([]*Node{class, x}, 1)
	return Add(x, BroadcastToShape(v.positions(scope, g, rows, cols), x.Shape()))
}

// WholePatches is the size in pixels at which a network sees a picture that is to be size high and wide:
// of a ViT the nearest that whole patches fill.
func WholePatches(n Network, size int) int {
	if v, ok := n.(*ViT); ok {
		return max(1, (size+v.Patch/2)/v.Patch) * v.Patch
	}
	return size
}

// positions is the position embedding [1, 1+rows·cols, Dim], resampled where the grid is not the
// trained one.
func (v *ViT) positions(scope *model.Scope, g *Graph, rows, cols int) *Node {
	pos := Weight(scope, g, "pos_embed")
	grid := v.Size / v.Patch
	if rows == grid && cols == grid {
		return pos
	}
	square := Reshape(Slice(pos, AxisRange(), AxisRange(1)), grid, grid, v.Dim)
	down, across := Const(g, v.Positions.matrix(grid, rows)), Const(g, v.Positions.matrix(grid, cols))
	square = Einsum("rg,ghd->rhd", down, square)
	square = Einsum("ch,rhd->rcd", across, square)
	return Concatenate([]*Node{Slice(pos, AxisRange(), AxisRange(0, 1)), Reshape(square, 1, rows*cols, v.Dim)}, 1)
}

// residual is z + branch, the branch scaled where the network has LayerScale.
func (v *ViT) residual(scope *model.Scope, z *Node, gamma string, branch *Node) *Node {
	if v.LayerScale {
		branch = Mul(branch, overAll(Weight(scope, z.Graph(), gamma), branch.Shape().Dimensions))
	}
	return Add(z, branch)
}

// attention is multi-head self-attention, appendix A: softmax(q·kᵀ/√D_h)·v in each head, for the first
// m tokens of z [batch, tokens, Dim].
func (v *ViT) attention(scope *model.Scope, pass Pass, z *Node, layer, m int) *Node {
	b, n, h, dh := z.Shape().Dimensions[0], z.Shape().Dimensions[1], v.Heads, v.Dim/v.Heads
	name := fmt.Sprintf("blocks.%d.attn", layer)
	weight, bias := Weight(scope, z.Graph(), name+".qkv.weight"), Weight(scope, z.Graph(), name+".qkv.bias")
	parts := func(x *Node, from, to int) *Node { // [parts, batch, heads, tokens, D_h], eq. 5
		columns := AxisRange(from*v.Dim, to*v.Dim)
		x = affine(x, Slice(weight, AxisRange(), columns), Slice(bias, columns))
		return TransposeAllAxes(Reshape(x, b, -1, to-from, h, dh), 2, 0, 3, 1, 4)
	}
	var qkv []*Node
	if m == n {
		qkv = Split(parts(z, 0, 3), 0, 3)
	} else {
		qkv = append([]*Node{parts(first(z, m), 0, 1)}, Split(parts(z, 1, 3), 0, 2)...)
	}
	q, k, val := Squeeze(qkv[0], 0), Squeeze(qkv[1], 0), Squeeze(qkv[2], 0)
	weights, out := Attention(q, k, val) // A, eq. 6, and eq. 7
	if pass.Attention != nil {
		pass.Attention(layer, weights)
	}
	return Dense(scope, out, name+".proj") // eq. 8
}

// first is the first m tokens of z [batch, tokens, Dim].
func first(z *Node, m int) *Node { return Slice(z, AxisRange(), AxisRange(0, m)) }

// mlp is two linear layers with an exact GELU between them. The second one's gradient computes the
// GELU again, which keeps 4·Dim values a token less in memory.
func (v *ViT) mlp(scope *model.Scope, z *Node, name string) *Node {
	g, d := z.Graph(), z.Shape().Dimensions
	h := Dense(scope, Reshape(z, d[0]*d[1], d[2]), name+".fc1")
	w, bias := Weight(scope, g, name+".fc2.weight"), Weight(scope, g, name+".fc2.bias")
	y := withGradient([]*Node{h, w},
		func([]*Node) *Node { return Dot(gelu(h), w).Product() },
		func(dy *Node) []*Node {
			dh := Mul(Einsum("no,io->ni", dy, w), geluSlope(h))
			return []*Node{dh, Einsum("ni,no->io", Sub(h, Mul(h, normalAbove(h))), dy)}
		})
	return Reshape(Add(y, overAll(bias, y.Shape().Dimensions)), d[0], d[1], -1)
}

// gelu is x·Φ(x) with Φ the normal distribution function.
func gelu(x *Node) *Node {
	return Mul(x, MulScalar(OnePlus(Erf(MulScalar(x, math.Sqrt2/2))), 0.5))
}

// normalAbove is 1 − Φ(x). XLA would take x·Φ(x) for the one of the forward pass and keep that.
func normalAbove(x *Node) *Node {
	return MulScalar(OneMinus(Erf(MulScalar(x, math.Sqrt2/2))), 0.5)
}

// geluSlope is Φ(x) + x·φ(x).
func geluSlope(x *Node) *Node {
	density := MulScalar(Exp(MulScalar(Square(x), -0.5)), 1/math.Sqrt(2*math.Pi))
	return Add(OneMinus(normalAbove(x)), Mul(x, density))
}

// resampling is a library's way to fit a trained position embedding to another grid.
type resampling int

const (
	timmPositions        resampling = iota // bicubic, a = −0.5, smoothed when shrinking, pixels as areas
	torchvisionPositions                   // bicubic, a = −0.75, corners kept in place
)

// matrix maps n values along one axis to m, [m][n].
func (r resampling) matrix(n, m int) [][]float32 {
	rows := make([][]float32, m)
	for i := range rows {
		weights := make([]float64, n)
		if r == torchvisionPositions {
			centre := 0.0
			if m > 1 {
				centre = float64(i) * float64(n-1) / float64(m-1)
			}
			for j := int(math.Floor(centre)) - 1; j <= int(math.Floor(centre))+2; j++ {
				weights[min(max(j, 0), n-1)] += cubic(centre-float64(j), -0.75)
			}
		} else {
			scale := float64(n) / float64(m)
			stretch := max(scale, 1)
			centre := (float64(i) + 0.5) * scale
			first := max(int(centre-2*stretch+0.5), 0)
			last := min(int(centre+2*stretch+0.5), n)
			total := 0.0
			for j := first; j < last; j++ {
				weights[j] = cubic((float64(j)-centre+0.5)/stretch, -0.5)
				total += weights[j]
			}
			for j := first; j < last; j++ {
				weights[j] /= total
			}
		}
		rows[i] = make([]float32, n)
		for j, w := range weights {
			rows[i][j] = float32(w)
		}
	}
	return rows
}

// cubic is Keys' convolution kernel (1981, eq. 4) with the slope a at distance 1.
func cubic(x, a float64) float64 {
	switch x = math.Abs(x); {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return a * (((x-5)*x+8)*x - 4)
	}
	return 0
}
