package vision

import (
	"fmt"

	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// depthwiseConv convolves every channel of x [batch, height, width, channels] with its own kernel,
// w [k, k, channels], after padding rows by pad[0] and columns by pad[1] (before, after) with zeros.
// It has gradients for x and w. It panics with an error where a pad is larger than k−1 or the
// stride is neither 1 nor 2.
//
// On a CPU the convolution is a sum of k² shifted pictures, y = Σ_ij w[i,j]·x[·+i, ·+j]: XLA makes
// one vectorised loop of it. A GPU runs its own convolution.
func depthwiseConv(x, w *Node, stride int, pad [2][2]int) *Node {
	k := w.Shape().Dimensions[0]
	for _, p := range pad {
		if p[0] >= k || p[1] >= k || stride < 1 || stride > 2 {
			panic(fmt.Errorf("depthwise convolution: kernel %d, stride %d, padding %v: want stride 1 or 2 and padding below the kernel's size", k, stride, pad))
		}
	}
	d := depthwise{shifts{}, k, stride, pad, x.Shape().Dimensions}
	if nativeDepthwise(x.Graph()) {
		d.kernel = native{}
	}
	return d.apply(x, w)
}

// A depthwiseKernel computes on a padded picture x [batch, height, width, channels].
type depthwiseKernel interface {
	// convolve gives [batch, rows, cols, channels], rows = (height−k)/stride+1.
	convolve(x, w *Node, stride int) *Node
	// correlate gives the gradient of convolve for w, [k, k, channels], from the one of its result.
	correlate(x, dy *Node, k, stride int) *Node
}

type depthwise struct {
	kernel    depthwiseKernel
	k, stride int
	pad       [2][2]int
	dims      []int // of x
}

func (d depthwise) apply(x, w *Node) *Node {
	padded := padImage(x, d.pad)
	return withGradient([]*Node{x, w},
		func([]*Node) *Node { return d.kernel.convolve(padded, w, d.stride) },
		func(dy *Node) []*Node {
			return []*Node{d.inputGradient(dy, w), d.kernel.correlate(padded, dy, d.k, d.stride)}
		})
}

// inputGradient is ∂loss/∂x from dy = ∂loss/∂y. Row p of the padded picture met kernel row i at
// output row (p−i)/stride, so with stride 1 dx is dy, padded, convolved with the flipped kernel.
// With stride 2 the rows of one parity r met the kernel rows of that parity only: four convolutions
// with stride 1, one for each pair of parities, interleaved.
func (d depthwise) inputGradient(dy, w *Node) *Node {
	h, wd, s := d.dims[1], d.dims[2], d.stride
	rows, cols := ceilDiv(d.pad[0][0]+h, s), ceilDiv(d.pad[1][0]+wd, s) // padded rows of one parity
	phases := make([]*Node, s)
	for r := range s {
		parts := make([]*Node, s)
		for c := range s {
			part := Slice(w, AxisRange(r).Stride(s), AxisRange(c).Stride(s))
			size := part.Shape().Dimensions
			grown := padImage(dy, [2][2]int{grow(dy, 1, size[0], rows), grow(dy, 2, size[1], cols)})
			parts[c] = d.kernel.convolve(grown, Reverse(part, 0, 1), 1)
		}
		phases[r] = interleave(parts, 2)
	}
	dx := interleave(phases, 1)
	top, left := d.pad[0][0], d.pad[1][0]
	return Slice(dx, AxisRange(), AxisRange(top, top+h), AxisRange(left, left+wd), AxisRange())
}

// grow is the padding of dy's axis (height or width) after which a kernel of size k leaves n values,
// the first of which met the kernel's last row. Negative padding cuts off.
func grow(dy *Node, axis, k, n int) [2]int {
	return [2]int{k - 1, n - dy.Shape().Dimensions[axis]}
}

// interleave weaves parts [batch, height, width, channels] along the axis: a0 b0 a1 b1 …
func interleave(parts []*Node, axis int) *Node {
	if len(parts) == 1 {
		return parts[0]
	}
	dims := append([]int(nil), parts[0].Shape().Dimensions...)
	dims[axis] *= len(parts)
	return Reshape(Stack(parts, axis+1), dims...)
}

func padImage(x *Node, pad [2][2]int) *Node {
	if pad == [2][2]int{} {
		return x
	}
	return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{},
		PadAxis{Start: pad[0][0], End: pad[0][1]}, PadAxis{Start: pad[1][0], End: pad[1][1]}, PadAxis{})
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// shifts is the kernel for CPUs.
type shifts struct{}

func (shifts) convolve(x, w *Node, stride int) *Node {
	kernel, d := w.Shape().Dimensions, x.Shape().Dimensions
	rows, cols := (d[1]-kernel[0])/stride+1, (d[2]-kernel[1])/stride+1
	out := []int{d[0], rows, cols, d[3]}
	var sum *Node
	for i := range kernel[0] {
		for j := range kernel[1] {
			tap := overAll(Slice(w, AxisElem(i), AxisElem(j)), out)
			sum = addTo(sum, Mul(shift(x, i, j, rows, cols, stride), tap))
		}
	}
	return sum
}

// correlate computes dw[i,j] = Σ dy·x[·+i, ·+j] over pictures, rows and columns, in a loop over
// (i, j): unrolled, it is most of a network's compile time. XLA:CPU emits a product with a reduction
// as a loop over single numbers. So the pictures are added up in the open, in blocks, which is one
// vectorised loop; a product with ones adds the small rest.
func (shifts) correlate(x, dy *Node, k, stride int) *Node {
	g, d := x.Graph(), dy.Shape().Dimensions
	block := blockOf(d[0])
	// In XLA a closure sees only its own state, so x, dy and the ones to sum with go round with the
	// loop (AddScalar's constant, which GoMLX shares, would be a stranger too). Nor can it reduce: the
	// last sum, over the pictures of a block, is taken outside.
	state := []*Node{Const(g, int32(0)), Zeros(g, shapes.Make(x.DType(), k*k, block, d[3])), x, dy, imageOnes(g, block, d[1]*d[2])}
	body := func(f func(n, dw, x, dy, ones *Node) []*Node) *Function {
		return NewClosure(g, func(g *Graph) []*Node {
			own := make([]*Node, len(state))
			for i, s := range state {
				own[i] = Parameter(g, fmt.Sprintf("state%d", i), s.Shape())
			}
			return f(own[0], own[1], own[2], own[3], own[4])
		})
	}
	more := body(func(n, _, _, _, _ *Node) []*Node { return []*Node{LessThan(n, Const(g, int32(k*k)))} })
	tap := body(func(n, dw, x, dy, ones *Node) []*Node {
		zero, kernel := Const(g, int32(0)), Const(g, int32(k))
		row, col := Div(n, kernel), Mod(n, kernel)
		var sum *Node
		for b := 0; b < d[0]; b += block {
			met := DynamicSlice(x, []*Node{Const(g, int32(b)), row, col, zero},
				[]int{block, stride*(d[1]-1) + 1, stride*(d[2]-1) + 1, d[3]})
			sum = addTo(sum, Mul(shift(met, 0, 0, d[1], d[2], stride), Slice(dy, AxisRange(b, b+block))))
		}
		dw = DynamicUpdateSlice(dw, Reshape(sumByOnes(ones, sum), 1, block, d[3]), []*Node{n, zero, zero})
		return []*Node{Add(n, Const(g, int32(1))), dw, x, dy, ones}
	})
	return Reshape(ReduceSum(While(more, tap, state...)[1], 1), k, k, d[3])
}

// blockOf splits a batch into at most 16 blocks of equal size, as many as divide it, and returns
// their size. It is at least 2 where it can be: XLA fuses the product with ones for a single picture
// into a slow loop after all.
func blockOf(batch int) int {
	for n := min(batch/2, 16); n > 0; n-- {
		if batch%n == 0 {
			return batch / n
		}
	}
	return batch
}

// shift is the part of padded x that kernel element (i, j) meets.
func shift(x *Node, i, j, rows, cols, stride int) *Node {
	return Slice(x, AxisRange(),
		AxisRange(i, i+stride*(rows-1)+1).Stride(stride),
		AxisRange(j, j+stride*(cols-1)+1).Stride(stride), AxisRange())
}

func addTo(sum, x *Node) *Node {
	if sum == nil {
		return x
	}
	return Add(sum, x)
}

// native is the kernel for GPUs: the engine's grouped convolutions, without GoMLX's gradient for
// them, which splits them into one convolution a channel.
type native struct{}

func (native) convolve(x, w *Node, stride int) *Node {
	k := w.Shape().Dimensions
	return Convolve(x, Reshape(w, k[0], k[1], 1, k[2])).ChannelGroupCount(k[2]).Strides(stride).NoPadding().Done()
}

// correlate is a convolution in which dy is the kernel, dilated by the stride, and pictures and
// channels change places.
func (native) correlate(x, dy *Node, k, stride int) *Node {
	d := x.Shape().Dimensions
	full := Slice(x, AxisRange(), AxisRange(0, k+stride*(dy.Shape().Dimensions[1]-1)), AxisRange(0, k+stride*(dy.Shape().Dimensions[2]-1)), AxisRange())
	lhs := TransposeAllAxes(full, 3, 1, 2, 0) // [channels, height, width, batch]
	rhs := TransposeAllAxes(dy, 1, 2, 0, 3)   // [rows, cols, batch, channels]
	dw := Convolve(lhs, rhs).BatchGroupCount(d[3]).Dilations(stride).NoPadding().Done()
	return Reshape(dw, k, k, d[3])
}
