// Package explain looks into networks, to see why they answer as they do:
//
//	inspect.go   an Inspector: a loaded network that is asked about single pictures
//	reach.go     how far into the picture a place of a block sees, by the gradient
//	attention.go what the heads of a ViT attend to, and how far away that is
//	move.go      how much features change when a picture moves
//	conflict.go  shape or texture: pictures with the one of one genre and the other of another
//	texture.go   how those are made
//	show.go      numbers and weights as pictures
package explain

import (
	"math"

	"thesis.example/lib/picture"
)

// Signed draws numbers [h][w] as a picture, each as a square of scale×scale pixels: 0 is grey, the
// largest magnitude white or, negative, black.
func Signed(values []float64, w, scale int) *picture.Image {
	largest := 1e-30 // all 0: grey
	for _, v := range values {
		largest = max(largest, math.Abs(v))
	}
	h := len(values) / w
	m := &picture.Image{W: w * scale, H: h * scale}
	for y := range m.H {
		for x := range m.W {
			g := uint8(math.Round(127.5 + 127.5*values[y/scale*w+x/scale]/largest))
			m.Pix = append(m.Pix, g, g, g)
		}
	}
	return m
}

// Overlay lays weights [rows][cols], none negative, over a picture: the picture greyed and darkened
// where they are 0, and glowing from red to yellow up to the largest.
func Overlay(m *picture.Image, weights []float64, cols int) *picture.Image {
	rows := len(weights) / cols
	largest := 1e-30
	for _, v := range weights {
		largest = max(largest, v)
	}
	// at interpolates bilinearly between the centres of the cells.
	at := func(x, y int) float64 {
		u := min(max((float64(x)+0.5)*float64(cols)/float64(m.W)-0.5, 0), float64(cols-1))
		v := min(max((float64(y)+0.5)*float64(rows)/float64(m.H)-0.5, 0), float64(rows-1))
		c, r := int(u), int(v)
		c2, r2 := min(c+1, cols-1), min(r+1, rows-1)
		fu, fv := u-float64(c), v-float64(r)
		above := weights[r*cols+c]*(1-fu) + weights[r*cols+c2]*fu
		below := weights[r2*cols+c]*(1-fu) + weights[r2*cols+c2]*fu
		return (above*(1-fv) + below*fv) / largest
	}
	grey := luminance(m)
	out := &picture.Image{W: m.W, H: m.H, Pix: make([]uint8, 0, len(m.Pix))}
	for y := range m.H {
		for x := range m.W {
			heat, base := at(x, y), 0.5*float64(grey[y*m.W+x])
			glow := [3]float64{255, 255 * max(0, 2*heat-1), 0}
			share := min(1, 1.6*heat)
			for c := range 3 {
				out.Pix = append(out.Pix, uint8(math.Round(base+share*(glow[c]-base)*0.75)))
			}
		}
	}
	return out
}

// Framed is a copy of m with a white square of that size around (x, y) … (x+size−1, y+size−1).
func Framed(m *picture.Image, x, y, size int) *picture.Image {
	out := &picture.Image{W: m.W, H: m.H, Pix: append([]uint8{}, m.Pix...)}
	for v := max(y-2, 0); v < min(y+size+2, m.H); v++ {
		for u := max(x-2, 0); u < min(x+size+2, m.W); u++ {
			if u < x || u >= x+size || v < y || v >= y+size {
				copy(out.Pix[3*(v*m.W+u):], []uint8{255, 255, 255})
			}
		}
	}
	return out
}
