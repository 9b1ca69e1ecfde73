package vision

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// The layers that several networks are made of, here and in package fusion. Those with parameters find
// them in their scope under name.

// Weight is a variable's value in the graph.
func Weight(scope *model.Scope, g *Graph, name string) *Node {
	return variable(scope, name).NodeValue(g)
}

func variable(scope *model.Scope, name string) *model.Variable {
	v := scope.GetVariable(name)
	if v == nil {
		panic(fmt.Errorf("no parameter %s in scope %s: call SetParams first", name, scope.Scope()))
	}
	return v
}

// Dense is a linear layer, x·weight + bias, over the last axis of x [batch, …, in].
func Dense(scope *model.Scope, x *Node, name string) *Node {
	g := x.Graph()
	return affine(x, Weight(scope, g, name+".weight"), Weight(scope, g, name+".bias"))
}

// affine is x·weight + bias for x [batch, …, in] and weight [in, out], as one matrix product.
func affine(x, weight, bias *Node) *Node {
	d := slices.Clone(x.Shape().Dimensions)
	last := len(d) - 1
	y := Dot(Reshape(x, -1, d[last]), weight).Product()
	d[last] = weight.Shape().Dimensions[1]
	return Reshape(Add(y, overAll(bias, y.Shape().Dimensions)), d...)
}

// LayerNorm is Ba et al. 2016 over the last axis of x: Standardise, then weight and bias a channel.
func LayerNorm(scope *model.Scope, x *Node, name string, epsilon float64) *Node {
	g, d := x.Graph(), x.Shape().Dimensions
	weight, bias := Weight(scope, g, name+".weight"), Weight(scope, g, name+".bias")
	return Add(Mul(Standardise(x, epsilon), overAll(weight, d)), overAll(bias, d))
}

// Standardise is (x − μ)/√(σ² + ε) over the last axis.
func Standardise(x *Node, epsilon float64) *Node {
	d := x.Shape()
	mean := BroadcastToShape(ReduceAndKeep(x, ReduceMean, -1), d)
	centred := Sub(x, mean)
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)
	return Mul(centred, BroadcastToShape(Reciprocal(Sqrt(AddScalar(variance, epsilon))), d))
}

// Attention is Vaswani et al. 2017, eq. 1, in each head: weights = softmax(q·kᵀ/√d), and out = weights·v
// with the heads side by side. q is [batch, heads, m, d], k and v are [batch, heads, n, d]; weights are
// [batch, heads, m, n], out is [batch, m, heads·d].
func Attention(q, k, v *Node) (weights, out *Node) {
	s := q.Shape().Dimensions
	scores := DotGeneral(MulScalar(q, 1/math.Sqrt(float64(s[3]))), []int{3}, []int{0, 1}, k, []int{3}, []int{0, 1})
	weights = Softmax(scores, -1)
	heads := DotGeneral(weights, []int{3}, []int{0, 1}, v, []int{2}, []int{0, 1})
	return weights, Reshape(TransposeAllAxes(heads, 0, 2, 1, 3), s[0], s[2], s[1]*s[3])
}

// dropout sets features [batch, width] to 0 with probability p and scales the others to keep the mean.
func (pass Pass) dropout(scope *model.Scope, x *Node, p float64) *Node {
	return pass.mask(scope, x, "drop", p, x.Shape())
}

// stochasticDepth drops a residual branch [batch, …] for whole pictures (Huang et al. 2016),
// torchvision's StochasticDepth(p, "row").
func (pass Pass) stochasticDepth(scope *model.Scope, x *Node, block string, p float64) *Node {
	return pass.mask(scope, x, block, p, shapes.Make(x.DType(), x.Shape().Dimensions[0]))
}

func (pass Pass) mask(scope *model.Scope, x *Node, name string, p float64, shape shapes.Shape) *Node {
	if !pass.Train || p == 0 {
		return x
	}
	if pass.Masks == nil {
		g := x.Graph()
		keep := scope.RandomBernoulli(Scalar(g, x.DType(), 1-p), shape)
		return scaleRows(x, DivScalar(ConvertDType(keep, x.DType()), 1-p))
	}
	return pass.Drop(x, name)
}

// Drop multiplies x by the random layer's factors of that name in Masks; without them it is x.
func (pass Pass) Drop(x *Node, name string) *Node {
	if mask := pass.Masks[name]; mask != nil {
		return scaleRows(x, mask)
	}
	return x
}

// scaleRows multiplies x by a mask of its first axes.
func scaleRows(x, mask *Node) *Node {
	dims := make([]int, x.Rank())
	for axis := range dims {
		dims[axis] = 1
		if axis < mask.Rank() {
			dims[axis] = mask.Shape().Dimensions[axis]
		}
	}
	return Mul(x, BroadcastToShape(Reshape(mask, dims...), x.Shape()))
}
