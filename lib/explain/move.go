package explain

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"

	"thesis.example/lib/chart"
	"thesis.example/lib/picture"
)

// ground is ImageNet's mean colour: 0 to a network with that normalisation.
var ground = []byte{124, 116, 104}

// Moved reduces a picture to 160×160 pixels and puts it on an even ground of 224×224, right of the
// middle by d pixels, −32 to 32.
func Moved(m *picture.Image, d int) *picture.Image {
	const size, small = 224, 160
	margin := (size - small) / 2
	m = m.Resize(small, small, picture.Bicubic)
	out := &picture.Image{W: size, H: size, Pix: bytes.Repeat(ground, size*size)}
	for y := range small {
		copy(out.Pix[3*((y+margin)*size+margin+d):], m.Pix[3*small*y:3*small*(y+1)])
	}
	return out
}

// MoveChange says for each of moves how much the features of Moved pictures differ from those of
// the pictures in the middle: the mean distance over pictures, in units of the median distance
// between two pictures in the middle. There must be at least two pictures.
func MoveChange(ctx context.Context, in *Inspector, pictures []*picture.Image, moves []int) ([]float64, error) {
	if len(pictures) < 2 {
		return nil, errors.New("moving pictures: want at least two, to compare their features")
	}
	var views []*picture.Image
	for _, d := range append([]int{0}, moves...) {
		for _, m := range pictures {
			views = append(views, Moved(m, d))
		}
	}
	f, err := in.Features(ctx, views)
	if err != nil {
		return nil, err
	}
	n := len(pictures)
	var between []float64
	for i := range n {
		for j := range i {
			between = append(between, distance(f[i], f[j]))
		}
	}
	slices.Sort(between)
	unit := (between[(len(between)-1)/2] + between[len(between)/2]) / 2
	change := make([]float64, len(moves))
	for k := range moves {
		for i := range n {
			change[k] += distance(f[(k+1)*n+i], f[i]) / unit / float64(n)
		}
	}
	return change, nil
}

// MoveCurves is MoveChange of each network as a curve over the moves.
func MoveCurves(ctx context.Context, pictures []*picture.Image, moves []int, networks ...*Inspector) ([]chart.Curve, error) {
	var curves []chart.Curve
	for hue, in := range networks {
		change, err := MoveChange(ctx, in, pictures, moves)
		if err != nil {
			return nil, err
		}
		curves = append(curves, chart.Curve{Name: in.Name, X: chart.Floats(moves), Y: change, Hue: hue})
	}
	return curves, nil
}

func distance(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
