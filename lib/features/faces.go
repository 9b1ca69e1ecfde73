package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"thesis.example/lib/onnx"
	"thesis.example/lib/picture"
)

// FaceBox is one face: W×H pixels whose upper left corner is (X, Y) of the upright
// picture. Score is the detector's, from 0 to 1.
type FaceBox struct {
	X, Y, W, H int
	Score      float64
}

const (
	// Pictures are searched at this length of their longer side at most. CenterFace finds
	// nine in ten of the faces that are 24 pixels high there, half of those of 14: 1/30 and
	// 1/50 of a screenshot's height. 960 would find smaller ones for a tenth more time.
	faceSide = 736
	// The score from which on a face counts. 34 photographs with 0 to 9 faces are all
	// counted right from 0.35 to 0.6; of the stand-in's 157 faces all are found up to 0.65,
	// and one pattern beside them from 0.35 to 0.6.
	faceScore = 0.5
	// Boxes that overlap by this intersection over union are one face: CenterFace's own.
	faceOverlap = 0.3
	// CenterFace answers for squares of four pixels, and halves the picture five times.
	faceCell, faceStride = 4, 32
)

// DetectFaces finds the faces in a picture by CenterFace (Xu et al. 2019,
// arXiv:1911.03599), the surest first. It fails only where the network or its engine
// cannot be had.
func DetectFaces(ctx context.Context, m *picture.Image) ([]FaceBox, error) {
	network, _, err := faceDetector.load(ctx)
	if err != nil {
		return nil, err
	}
	w, h := fit(m.W, m.H, faceSide, faceStride)
	// The network takes RGB from 0 to 255.
	out, err := network.Run(planes(m.Resize(w, h, picture.Bilinear), [3]float32{}, [3]float32{1, 1, 1}))
	if err != nil {
		return nil, fmt.Errorf("faces: %w", err)
	}
	found, err := decodeFaces(out, w/faceCell, h/faceCell)
	if err != nil {
		return nil, fmt.Errorf("faces: %w", err)
	}
	faces := make([]FaceBox, len(found))
	for i, f := range found {
		x0, x1 := clampTo(f.x0/float64(w), m.W), clampTo(f.x1/float64(w), m.W)
		y0, y1 := clampTo(f.y0/float64(h), m.H), clampTo(f.y1/float64(h), m.H)
		faces[i] = FaceBox{X: x0, Y: y0, W: x1 - x0, H: y1 - y0, Score: f.score}
	}
	return faces, nil
}

// clampTo is the pixel at a share of a side.
func clampTo(share float64, side int) int {
	return int(min(max(math.Round(share*float64(side)), 0), float64(side)))
}

// candidate is a box in the network's input.
type candidate struct{ x0, y0, x1, y1, score float64 }

// overlap is the intersection over union.
func (a candidate) overlap(b candidate) float64 {
	w, h := min(a.x1, b.x1)-max(a.x0, b.x0), min(a.y1, b.y1)-max(a.y0, b.y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / ((a.x1-a.x0)*(a.y1-a.y0) + (b.x1-b.x0)*(b.y1-b.y0) - w*h)
}

// decodeFaces reads CenterFace's maps of w×h cells: how likely the centre of a face lies
// in a cell; the logarithm of its height and width in cells; and where in the cell the
// centre is, down and right. (A fourth output, the eyes, nose and mouth, is not used.)
func decodeFaces(out []onnx.Tensor, w, h int) ([]candidate, error) {
	for i, channels := range []int{1, 2, 2} {
		if len(out) <= i || !slices.Equal(out[i].Shape, []int{1, channels, h, w}) {
			return nil, fmt.Errorf("not what CenterFace answers for %d×%d cells: maps of 1, 2 and 2 channels", w, h)
		}
	}
	heat, size, offset := out[0].Values, out[1].Values, out[2].Values
	n := w * h
	var all []candidate
	for i, score := range heat {
		if score < faceScore {
			continue
		}
		y := (float64(i/w) + float64(offset[i]) + .5) * faceCell
		x := (float64(i%w) + float64(offset[n+i]) + .5) * faceCell
		// A face is no larger than the picture, whatever the exponential says.
		half := func(log float32, side int) float64 {
			return min(math.Exp(float64(log)), float64(side)) * faceCell / 2
		}
		dy, dx := half(size[i], h), half(size[n+i], w)
		all = append(all, candidate{
			max(x-dx, 0), max(y-dy, 0),
			min(x+dx, float64(w*faceCell)), min(y+dy, float64(h*faceCell)), float64(score),
		})
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	var kept []candidate
	for _, c := range all {
		if !slices.ContainsFunc(kept, func(k candidate) bool { return k.overlap(c) >= faceOverlap }) {
			kept = append(kept, c)
		}
	}
	return kept, nil
}

// fit is the size of a w×h picture whose longer side is limited, each side rounded to a
// multiple of what a network's strides divide.
func fit(w, h, side, stride int) (int, int) {
	scale := min(1, float64(side)/float64(max(w, h)))
	round := func(n int) int {
		return max(int(math.RoundToEven(float64(int(float64(n)*scale))/float64(stride))), 1) * stride
	}
	return round(w), round(h)
}

// planes is a picture as a network takes it, [1, 3, height, width]: red, green, blue, each
// less its mean and divided by its spread.
func planes(m *picture.Image, mean, spread [3]float32) onnx.Tensor {
	n := m.W * m.H
	t := onnx.Tensor{Shape: []int{1, 3, m.H, m.W}, Values: make([]float32, 3*n)}
	for c := range 3 {
		var level [256]float32
		for v := range level {
			level[v] = (float32(v) - mean[c]) / spread[c]
		}
		plane := t.Values[c*n : (c+1)*n]
		for i := range plane {
			plane[i] = level[m.Pix[3*i+c]]
		}
	}
	return t
}
