package vision

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient returns forward's value y with a gradient of its own: backward gets ∂loss/∂y and
// returns ∂loss/∂inputs[i], in order.
//
// GoMLX knows custom gradients for the identity alone. So y takes no gradient itself; an identity
// behind it catches ∂loss/∂y, and an identity before each input, to which y is tied by a zero,
// hands out what backward made of it. XLA removes the tie.
func withGradient(inputs []*Node, forward func(inputs []*Node) *Node, backward func(v *Node) []*Node) *Node {
	y := StopGradient(forward(inputs))
	g := y.Graph()
	never, zero := Const(g, false), ScalarZero(g, y.DType())
	var gradients []*Node
	for i, x := range inputs {
		x = IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return gradients[i] })
		corner := make([]SliceAxisSpec, x.Rank())
		for axis := range corner {
			corner[axis] = AxisElem(0)
		}
		y = Add(y, Where(never, Reshape(Slice(x, corner...)), zero))
	}
	return IdentityWithCustomGradient(y, func(_, v *Node) *Node {
		gradients = backward(v)
		return v
	})
}

// imageSums adds up x [batch, height, width, channels] over each picture: [batch, channels].
// As a product with ones it runs at the speed of memory; XLA:CPU would fuse a plain reduction with
// what comes before it into a loop over single numbers.
func imageSums(x *Node) *Node {
	d := x.Shape().Dimensions
	return sumByOnes(imageOnes(x.Graph(), d[0], d[1]*d[2]), x)
}

func imageOnes(g *Graph, batch, area int) *Node {
	return Ones(g, shapes.Make(dtypes.Float32, batch, 1, area))
}

func sumByOnes(ones, x *Node) *Node {
	d := x.Shape().Dimensions
	return Reshape(DotGeneral(ones, []int{2}, []int{0}, Reshape(x, d[0], d[1]*d[2], d[3]), []int{1}, []int{0}), d[0], d[3])
}

// channelSums adds up x [batch, height, width, channels] to [channels].
func channelSums(x *Node) *Node { return ReduceSum(imageSums(x), 0) }

// imageMeans averages x [batch, height, width, channels] over each picture: [batch, channels].
func imageMeans(x *Node) *Node {
	d := x.Shape().Dimensions
	area := float64(d[1] * d[2])
	return withGradient([]*Node{x},
		func([]*Node) *Node { return DivScalar(imageSums(x), area) },
		func(v *Node) []*Node { return []*Node{overImage(DivScalar(v, area), d)} })
}

// scaleChannels multiplies x [batch, height, width, channels] by s [batch, channels].
func scaleChannels(x, s *Node) *Node {
	d := x.Shape().Dimensions
	return withGradient([]*Node{x, s},
		func([]*Node) *Node { return Mul(x, overImage(s, d)) },
		func(v *Node) []*Node { return []*Node{Mul(v, overImage(s, d)), imageSums(Mul(v, x))} })
}

// overImage repeats s [batch, channels] at every pixel of a picture of the given dimensions.
func overImage(s *Node, dims []int) *Node {
	return BroadcastToDims(Reshape(s, dims[0], 1, 1, dims[3]), dims...)
}

// overAll repeats a vector along all but the last axis of dims.
func overAll(v *Node, dims []int) *Node {
	ones := make([]int, len(dims))
	for i := range ones {
		ones[i] = 1
	}
	ones[len(ones)-1] = dims[len(dims)-1]
	return BroadcastToDims(Reshape(v, ones...), dims...)
}
