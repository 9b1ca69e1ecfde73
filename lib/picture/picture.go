// Package picture holds one picture as the Python reference reads it: the
// pixels of Pillow's
//
//	ImageOps.exif_transpose(Image.open(p)).convert("RGB")
//
// byte for byte for PNG and WebP and within three grey levels for JPEG, and
// Pillow's antialiased resize, bit for bit. [Decode] says where the two part.
package picture

import (
	"image"
	"image/color"
)

// Version of the decoder: part of the key of everything that is kept of pixels. Raise it whenever a
// file may decode to other pixels.
const Version = 2

// Image is 8-bit RGB, row-major, three bytes a pixel, no padding:
// len(Pix) = W·H·3.
type Image struct {
	W, H int
	Pix  []uint8
}

func newImage(w, h int) *Image {
	return &Image{W: w, H: h, Pix: make([]uint8, w*h*3)}
}

// Crop returns a copy of the w×h pixels whose top left corner is (x, y). What
// lies outside m is black, as in Pillow; a negative size gives an empty Image.
func (m *Image) Crop(x, y, w, h int) *Image {
	c := newImage(max(w, 0), max(h, 0))
	left, right := max(x, 0), min(x+c.W, m.W)
	if left >= right {
		return c
	}
	for sy := max(y, 0); sy < min(y+c.H, m.H); sy++ {
		copy(c.Pix[((sy-y)*c.W+left-x)*3:], m.Pix[(sy*m.W+left)*3:(sy*m.W+right)*3])
	}
	return c
}

// RGBA returns a copy of m, opaque, for the standard library's encoders and
// drawing.
func (m *Image) RGBA() *image.NRGBA {
	n := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for i, o := 0, 0; i < len(m.Pix); i, o = i+3, o+4 {
		d := n.Pix[o : o+4 : o+4]
		d[0], d[1], d[2], d[3] = m.Pix[i], m.Pix[i+1], m.Pix[i+2], 255
	}
	return n
}

// FromImage copies src. Transparency is dropped, not blended, and 16-bit
// samples give their high byte: Pillow's convert("RGB").
func FromImage(src image.Image) *Image {
	b := src.Bounds()
	m := newImage(b.Dx(), b.Dy())
	for y := range m.H {
		row := m.Pix[y*m.W*3 : (y+1)*m.W*3]
		switch src := src.(type) {
		case *image.NRGBA:
			p := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for ; len(row) >= 3; row, p = row[3:], p[4:] {
				row[0], row[1], row[2] = p[0], p[1], p[2]
			}
		case *image.NRGBA64: // big-endian samples: the high byte is the first
			p := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for ; len(row) >= 3; row, p = row[3:], p[8:] {
				row[0], row[1], row[2] = p[0], p[2], p[4]
			}
		case *image.Gray:
			for x, v := range src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):][:m.W] {
				row[3*x], row[3*x+1], row[3*x+2] = v, v, v
			}
		case *image.Gray16:
			p := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for ; len(row) >= 3; row, p = row[3:], p[2:] {
				row[0], row[1], row[2] = p[0], p[0], p[0]
			}
		case *image.Paletted:
			var pal [256][3]uint8
			for i, c := range src.Palette {
				n := color.NRGBAModel.Convert(c).(color.NRGBA)
				pal[i&255] = [3]uint8{n.R, n.G, n.B}
			}
			for x, v := range src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):][:m.W] {
				copy(row[3*x:3*x+3], pal[v][:])
			}
		case *image.RGBA:
			p := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for ; len(row) >= 3; row, p = row[3:], p[4:] {
				row[0], row[1], row[2] = p[0], p[1], p[2]
				if p[3] != 255 {
					n := color.NRGBAModel.Convert(color.RGBA{p[0], p[1], p[2], p[3]}).(color.NRGBA)
					row[0], row[1], row[2] = n.R, n.G, n.B
				}
			}
		default:
			for x := range m.W {
				n := color.NRGBA64Model.Convert(src.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA64)
				row[3*x], row[3*x+1], row[3*x+2] = uint8(n.R>>8), uint8(n.G>>8), uint8(n.B>>8)
			}
		}
	}
	return m
}

// upright returns m turned and mirrored as the EXIF orientation o (1 to 8) asks;
// any other value leaves it as it is.
func (m *Image) upright(o int) *Image {
	const px = 3
	row, lastX, lastY := px*m.W, px*(m.W-1), px*m.W*(m.H-1)
	// The picture's upright pixel (x, y) is the stored byte start + x·dx + y·dy.
	var start, dx, dy int
	switch o {
	case 2: // mirrored
		start, dx, dy = lastX, -px, row
	case 3: // upside down
		start, dx, dy = lastX+lastY, -px, -row
	case 4: // upside down, mirrored
		start, dx, dy = lastY, px, -row
	case 5: // transposed
		start, dx, dy = 0, row, px
	case 6: // to be turned clockwise
		start, dx, dy = lastY, -row, px
	case 7: // transposed about the other diagonal
		start, dx, dy = lastX+lastY, -row, -px
	case 8: // to be turned anticlockwise
		start, dx, dy = lastX, row, -px
	default:
		return m
	}
	t := newImage(m.W, m.H)
	if o >= 5 {
		t.W, t.H = m.H, m.W
	}
	// In strips, because a turned row visits one cache line per pixel.
	const strip = 64
	for x0 := 0; x0 < t.W; x0 += strip {
		for y := range t.H {
			d := t.Pix[(y*t.W+x0)*px : (y*t.W+min(x0+strip, t.W))*px]
			for s := start + x0*dx + y*dy; len(d) >= px; s, d = s+dx, d[px:] {
				d[0], d[1], d[2] = m.Pix[s], m.Pix[s+1], m.Pix[s+2]
			}
		}
	}
	return t
}
