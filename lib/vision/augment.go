package vision

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"thesis.example/lib/picture"
)

// The appendix' augmentation (10.1): Keras' RandomFlip("horizontal"), RandomRotation(0.1) and
// RandomZoom(0.2), one after the other, each with its own bilinear interpolation.
const (
	maxTurn = 0.1 // of a full turn
	maxZoom = 0.2 // width and height zoom by the same factor
)

// Augmentation is what happens to each picture of a batch.
type Augmentation struct {
	Flip  *graph.Node // [batch], bool: mirrored left to right
	Angle *graph.Node // [batch], float32, radians, anticlockwise as seen
	Zoom  *graph.Node // [batch], float32: below 1 the picture grows, above 1 it shrinks
}

// Apply returns the augmented pictures; pictures are [batch, height, width, channels], float32,
// normalised or not. What comes into view from outside mirrors the picture at its border
// (Keras' "reflect": d c b a | a b c d | d c b a).
func (a Augmentation) Apply(pictures *graph.Node) *graph.Node {
	dims := pictures.Shape().Dimensions
	perPicture := func(x *graph.Node) *graph.Node { return graph.Reshape(x, dims[0], 1, 1) }

	flip := graph.BroadcastToShape(graph.Reshape(a.Flip, dims[0], 1, 1, 1), shapes.Make(dtypes.Bool, dims...))
	x := graph.Where(flip, graph.Reverse(pictures, 2), pictures)

	// The output's pixel at (column, row) relative to the centre shows the input at
	// (cos θ · column − sin θ · row, sin θ · column + cos θ · row), then at zoom · (column, row).
	cos, sin := perPicture(graph.Cos(a.Angle)), perPicture(graph.Sin(a.Angle))
	x = sample(x, func(row, column *graph.Node) (r, c *graph.Node) {
		r = graph.Add(graph.Mul(sin, column), graph.Mul(cos, row))
		c = graph.Sub(graph.Mul(cos, column), graph.Mul(sin, row))
		return r, c
	})
	zoom := perPicture(a.Zoom)
	return sample(x, func(row, column *graph.Node) (r, c *graph.Node) {
		return graph.Mul(zoom, row), graph.Mul(zoom, column)
	})
}

// sample reads pictures where the function says, bilinearly. The function gets and returns rows
// and columns relative to the picture's centre: [1, height, 1] and [1, 1, width] in,
// [batch, height, width] out, after broadcasting.
func sample(pictures *graph.Node, where func(row, column *graph.Node) (r, c *graph.Node)) *graph.Node {
	g := pictures.Graph()
	dims := pictures.Shape().Dimensions
	batch, height, width, channels := dims[0], dims[1], dims[2], dims[3]
	grid := shapes.Make(dtypes.Float32, batch, height, width)

	centred := func(axis int) *graph.Node {
		return graph.SubScalar(graph.Iota(g, grid, axis), float64(dims[axis]-1)/2)
	}
	r, c := where(centred(1), centred(2))
	r, c = graph.AddScalar(r, float64(height-1)/2), graph.AddScalar(c, float64(width-1)/2)

	top, left := graph.Floor(r), graph.Floor(c)
	below, right := graph.Sub(r, top), graph.Sub(c, left) // weights of the next row and column

	pixels := graph.Reshape(pictures, batch*height*width, channels)
	whole := func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Int32) }
	first := graph.MulScalar(graph.Iota(g, shapes.Make(dtypes.Int32, batch, height, width), 0), height*width) // each picture's first pixel
	at := func(row, column *graph.Node) *graph.Node {
		index := graph.Add(first, graph.Add(graph.MulScalar(whole(reflect(row, height)), width), whole(reflect(column, width))))
		return graph.Gather(pixels, graph.InsertAxes(index, -1))
	}
	blend := func(a, b, weight *graph.Node) *graph.Node {
		w := graph.InsertAxes(weight, -1)
		return graph.Add(graph.Mul(a, graph.OneMinus(w)), graph.Mul(b, w))
	}
	nextRow, nextColumn := graph.OnePlus(top), graph.OnePlus(left)
	return blend(
		blend(at(top, left), at(top, nextColumn), right),
		blend(at(nextRow, left), at(nextRow, nextColumn), right),
		below)
}

// reflect brings an index, any whole number, into [0, size): −1 is 0, size is size−1.
func reflect(index *graph.Node, size int) *graph.Node {
	period := float64(2 * size)
	m := graph.Sub(index, graph.MulScalar(graph.Floor(graph.DivScalar(index, period)), period))
	return graph.Min(m, graph.AddScalar(graph.Neg(m), period-1))
}

// Step is what happens to one picture: Turn in turns, anticlockwise as seen; Zoom as in Augmentation, 1
// being none.
type Step struct {
	Flip       bool
	Turn, Zoom float64
}

// DrawStep draws as Keras does: a flip with probability 1/2, a turn of up to a tenth of a full one
// either way, a zoom from 0.8 to 1.2, all uniform.
func DrawStep(random *rand.Rand) Step {
	between := func(low, high float64) float64 { return low + (high-low)*random.Float64() }
	return Step{Flip: random.Float64() <= 0.5, Turn: between(-maxTurn, maxTurn), Zoom: between(1-maxZoom, 1+maxZoom)}
}

// DrawSteps is DrawStep n times.
func DrawSteps(random *rand.Rand, n int) []Step {
	steps := make([]Step, n)
	for i := range steps {
		steps[i] = DrawStep(random)
	}
	return steps
}

// Steps are the values that Augmentation's nodes take for a batch.
func Steps(steps []Step) (flip []bool, angle, zoom []float32) {
	for _, s := range steps {
		flip, angle, zoom = append(flip, s.Flip), append(angle, float32(2*math.Pi*s.Turn)), append(zoom, float32(s.Zoom))
	}
	return flip, angle, zoom
}

// Augmented is a picture after each of the steps, to look at: the same graph as in training.
func Augmented(m *picture.Image, steps []Step) ([]*picture.Image, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	colours := make([]float32, 0, len(steps)*len(m.Pix))
	for range steps {
		for _, v := range m.Pix {
			colours = append(colours, float32(v))
		}
	}
	flip, angle, zoom := Steps(steps)
	out, err := graph.CallOnce(backend, func(x, flip, angle, zoom *graph.Node) *graph.Node {
		return Augmentation{Flip: flip, Angle: angle, Zoom: zoom}.Apply(x)
	}, tensors.FromFlatDataAndDimensions(colours, len(steps), m.H, m.W, 3), flip, angle, zoom)
	if err != nil {
		return nil, fmt.Errorf("augmenting a picture of %d×%d: %w", m.W, m.H, err)
	}
	views := make([]*picture.Image, len(steps))
	err = tensors.ConstFlatData(out, func(flat []float32) {
		for i := range views {
			views[i] = &picture.Image{W: m.W, H: m.H, Pix: make([]uint8, len(m.Pix))}
			for j, v := range flat[i*len(m.Pix) : (i+1)*len(m.Pix)] {
				views[i].Pix[j] = uint8(v + 0.5)
			}
		}
	})
	return views, err
}
