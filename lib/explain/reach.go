package explain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/chart"
	"thesis.example/lib/picture"
	"thesis.example/lib/vision"
)

// Reach is how far the middle of a block's output sees, by the gradient.
type Reach struct {
	Block string
	// Share is each pixel's share of the gradient, row by row, summing to 1: the effective receptive
	// field of Luo et al. 2016, averaged over pictures.
	Share []float64
	// Distance is the mean distance of the gradient from the place's centre, pixels.
	Distance float64
	// Stray is the share of the gradient that lies outside the receptive field of vision.Fields.
	Stray float64
}

// Reaches measures for every block how its output in the middle of the picture depends on each
// pixel: |∂(Σ_c ±y_c)/∂x|, the signs drawn once for each channel so that no two channels cancel by
// design. The length of the three colours' gradient counts, averaged over the views, which have one
// size. One program serves all blocks: the block is chosen by a factor of 1 among zeros.
func (in *Inspector) Reaches(ctx context.Context, views []*picture.Image) ([]Reach, error) {
	if len(views) == 0 {
		return nil, errors.New("measuring how far a network sees: no pictures")
	}
	x, err := in.batch(views, len(views))
	if err != nil {
		return nil, err
	}
	h, w := views[0].H, views[0].W
	if h != w {
		return nil, fmt.Errorf("views of %d×%d, want square ones", w, h)
	}
	fields, err := vision.Fields(in.Network, h)
	if err != nil {
		return nil, err
	}
	middle := func(f vision.Field) (row, cols int) { // of the block's output
		places := (h-1)/f.Stride + 1
		if _, ok := in.Network.(*vision.ViT); ok {
			places = h / f.Stride
		}
		return places / 2, places
	}
	exec, err := model.NewExec(in.backend, in.store, func(scope *model.Scope, x, chosen *Node) *Node {
		g := x.Graph()
		random := rand.New(rand.NewPCG(1, 0))
		loss, next := ScalarZero(g, x.DType()), 0
		in.Network.Features(scope, x, vision.Pass{Tap: func(_ string, y *Node) *Node {
			row, cols := middle(fields[next])
			place := y
			if y.Rank() == 4 {
				place = Slice(y, AxisRange(), AxisElem(row), AxisElem(row))
			} else {
				place = Slice(y, AxisRange(), AxisElem(1+row*cols+row))
			}
			d := y.Shape().Dimensions
			place = Reshape(place, d[0], d[len(d)-1])
			signs := make([]float32, d[len(d)-1])
			for i := range signs {
				signs[i] = float32(2*random.IntN(2) - 1)
			}
			sum := ReduceAllSum(Mul(place, BroadcastToShape(InsertAxes(Const(g, signs), 0), place.Shape())))
			loss = Add(loss, Mul(sum, Reshape(Slice(chosen, AxisElem(next)))))
			next++
			return y
		}})
		gradient := Gradient(loss, x)[0]
		return Sqrt(ReduceSum(Square(gradient), -1)) // [views, height, width]
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	var reaches []Reach
	for i, f := range fields {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		chosen := make([]float32, len(fields))
		chosen[i] = 1
		out, err := exec.Exec1(x, chosen)
		if err != nil {
			return nil, fmt.Errorf("the gradient of %s in %s: %w", f.Block, in.Name, err)
		}
		flat, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			return nil, err
		}
		row, _ := middle(f)
		r, err := reach(flat, h, f, f.Start+float64(row*f.Stride))
		if err != nil {
			return nil, fmt.Errorf("the gradient of %s in %s: %w", f.Block, in.Name, err)
		}
		reaches = append(reaches, r)
	}
	return reaches, nil
}

// reach averages gradients [views, size, size] around a centre, each view weighing the same.
func reach(gradients []float32, size int, f vision.Field, centre float64) (Reach, error) {
	r := Reach{Block: f.Block, Share: make([]float64, size*size)}
	views := len(gradients) / (size * size)
	for v := range slices.Chunk(gradients, size*size) {
		sum := 0.0
		for _, g := range v {
			sum += float64(g)
		}
		if !(sum > 0) || math.IsInf(sum, 0) {
			return r, fmt.Errorf("the sum over a picture is %g", sum)
		}
		for i, g := range v {
			r.Share[i] += float64(g) / sum / float64(views)
		}
	}
	for i, share := range r.Share {
		dy, dx := float64(i/size)-centre, float64(i%size)-centre
		r.Distance += share * math.Hypot(dx, dy)
		if max(math.Abs(dx), math.Abs(dy)) > float64(f.Size)/2 {
			r.Stray += share
		}
	}
	return r, nil
}

// DrawReaches draws n of a network's reaches, evenly from the first block to the last, 150×150 pixels each: the
// square root of a pixel's share, with the block and its distance as captions.
func DrawReaches(reaches []Reach, n int) (images []*picture.Image, captions []string) {
	last := len(reaches) - 1
	for k, r := range reaches {
		if k > 0 && k*(n-1)/last == (k-1)*(n-1)/last {
			continue
		}
		size := int(math.Sqrt(float64(len(r.Share))))
		black, heat := &picture.Image{W: size, H: size, Pix: make([]byte, 3*size*size)}, make([]float64, len(r.Share))
		for i, share := range r.Share {
			heat[i] = math.Sqrt(share)
		}
		images = append(images, Overlay(black, heat, size).Resize(150, 150, picture.Bicubic))
		captions = append(captions, fmt.Sprintf("%s\n%.0f pixels", r.Block, r.Distance))
	}
	return images, captions
}

// ReachCurve is the distance of each of a network's reaches, pixels, over its depth, percent of the blocks.
func ReachCurve(name string, reaches []Reach, hue int) chart.Curve {
	c := chart.Curve{Name: name, Hue: hue}
	for k, r := range reaches {
		c.X, c.Y = append(c.X, 100*float64(k)/float64(len(reaches)-1)), append(c.Y, r.Distance)
	}
	return c
}

// EvenReach is the distance from the middle, pixels, of a gradient that is spread evenly over size×size pixels.
func EvenReach(size int) (distance float64) {
	middle := float64(size-1) / 2
	for i := range size * size {
		distance += math.Hypot(float64(i/size)-middle, float64(i%size)-middle) / float64(size*size)
	}
	return distance
}

// FieldTable is the theoretical receptive field of two EfficientNets, block by block, for pictures of size×size;
// the columns of the field and the last one are of the first. The last says what squeeze-and-excitation does:
// whether a unit depends on the whole picture besides.
func FieldTable(architecture, other string, size int) (header []string, rows [][]string, err error) {
	fields := make([][]vision.Field, 2)
	for k, name := range []string{architecture, other} {
		n, err := vision.Architecture(name)
		if err != nil {
			return nil, nil, err
		}
		if fields[k], err = vision.Fields(n, size); err != nil {
			return nil, nil, err
		}
	}
	if len(fields[0]) != len(fields[1]) {
		return nil, nil, fmt.Errorf("receptive fields: %s has %d blocks and %s %d, want as many", architecture, len(fields[0]), other, len(fields[1]))
	}
	for i, f := range fields[0] {
		global := "no"
		if f.Global {
			global = "yes"
		}
		rows = append(rows, []string{f.Block, fmt.Sprint(f.Size), fmt.Sprint(fields[1][i].Size), fmt.Sprint(f.Stride), global})
	}
	return []string{"block of " + architecture, "field, pixels", "of " + other, "distance of neighbours", "sees the whole picture besides"}, rows, nil
}
