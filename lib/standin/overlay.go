package standin

import (
	"fmt"
	"image"
	"math"
	"os"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"thesis.example/lib/setup"
)

var gothic = sync.OnceValues(func() (*opentype.Font, error) {
	file, err := setup.File("ipaexg.ttf")
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	f, err := opentype.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", file, err)
	}
	return f, nil
})

// typist sets text; one per worker, since a face may not be shared.
type typist struct {
	font  *opentype.Font
	faces map[int]font.Face
}

func newTypist() (*typist, error) {
	f, err := gothic()
	if err != nil {
		return nil, err
	}
	return &typist{font: f, faces: map[int]font.Face{}}, nil
}

func (t *typist) face(size int) (font.Face, error) {
	if f, ok := t.faces[size]; ok {
		return f, nil
	}
	f, err := opentype.NewFace(t.font, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("font at %d pixels: %w", size, err)
	}
	t.faces[size] = f
	return f, nil
}

func (t *typist) width(s string, size int) (float64, error) {
	f, err := t.face(size)
	if err != nil {
		return 0, err
	}
	return float64(font.MeasureString(f, s)) / 64, nil
}

// write sets a line with its left end at x and its letters' middle at y.
func (t *typist) write(c *canvas, s string, x, y float64, size int, col rgb) error {
	f, err := t.face(size)
	if err != nil {
		return err
	}
	dot := fixed.Point26_6{X: fixed.Int26_6(math.Round(x * 64)), Y: fixed.Int26_6(math.Round((y + .37*float64(size)) * 64))}
	for _, r := range s {
		dr, mask, at, advance, ok := f.Glyph(dot, r)
		if !ok {
			return fmt.Errorf("the font has no glyph for %q", r)
		}
		m := mask.(*image.Alpha)
		for py := max(0, dr.Min.Y); py < min(Height, dr.Max.Y); py++ {
			for px := max(0, dr.Min.X); px < min(Width, dr.Max.X); px++ {
				if v := m.AlphaAt(at.X+px-dr.Min.X, at.Y+py-dr.Min.Y).A; v > 0 {
					c.put(px, py, col, float32(v)/255)
				}
			}
		}
		dot.X += advance
	}
	return nil
}

// area of the screen, in pixels.
type area struct{ x0, y0, x1, y1 float64 }

func (a area) meets(b area, gap float64) bool {
	return a.x0 < b.x1+gap && b.x0 < a.x1+gap && a.y0 < b.y1+gap && b.y0 < a.y1+gap
}

// furniture draws what the app lays over the video, with as much text as planned:
// icons at the right, captions on plates, the search bar. Faces stay free. White and
// black have a breath of the wanted hue, so that they do not pull the mean to red,
// the hue that grey has by definition.
func (c *canvas) furniture(t *typist, text []piece, faces []Box) error {
	dark := c.want.Value < .5
	var taken []area
	for _, b := range faces {
		m := float64(b.Size) * .22
		taken = append(taken, area{float64(b.X) - m, float64(b.Y) - m, float64(b.X+b.Size) + m, float64(b.Y+b.Size) + m})
	}
	full := len(text) > 20
	if !full {
		c.icons()
		taken = append(taken, area{348, 290, Width, 640})
	}
	c.soft(rect(0, 640, Width, Height+40), 40, flat(c.black(.05)), .25)
	var captions []piece
	for _, p := range text {
		if p.shown != bar {
			captions = append(captions, p)
			continue
		}
		if err := c.searchBar(t); err != nil {
			return err
		}
		taken = append(taken, area{0, 664, Width, Height})
	}
	if len(captions) > 10 {
		return c.list(t, captions, c.want.Value < .45, len(captions) > 60 && len(captions) == len(text))
	}
	first := true
	for _, p := range captions {
		if err := c.caption(t, p.shown, &taken, dark, first); err != nil {
			return err
		}
		first = false
	}
	return nil
}

func (c *canvas) white(v float64) rgb { return hsv(c.want.Hue, .02, v) }
func (c *canvas) black(v float64) rgb { return hsv(c.want.Hue, .3, v) }

// caption lays one line on a plate where there is room.
func (c *canvas) caption(t *typist, s string, taken *[]area, dark, title bool) error {
	n := utf8.RuneCountInString(s)
	size := 23 + c.one(5)
	if title {
		size = 28 + c.one(9)
	}
	size = min(size, 310/n+2)
	for {
		w, err := t.width(s, size)
		if err != nil {
			return err
		}
		pad := float64(size) * .45
		h := float64(size) * 1.5
		w += 2 * pad
		for try := range 400 {
			x := 14 + c.between(0, 1)*max(0, Width-28-w)
			if try < 60 {
				x = 14 + float64(c.one(2))*max(0, (330-w)/2)
			}
			y := c.between(60, 640-h)
			if title && try < 40 {
				y = c.between(70, 190)
			} else if try < 120 {
				y = c.between(460, 640-h)
			}
			a := area{x, y, x + w, y + h}
			free := a.x1 < Width-8
			for _, b := range *taken {
				free = free && !a.meets(b, 9)
			}
			if !free {
				continue
			}
			*taken = append(*taken, a)
			ground, ink := c.black(.08), c.white(1)
			if !dark {
				ground, ink = c.white(1), c.black(.05)
			}
			p := plate(a.x0, a.y0, a.x1, a.y1, float64(size)*.3)
			c.shadow(p, 0, 2, 3, .3)
			c.glaze(p, flat(ground), .94)
			return t.write(c, s, x+pad, y+h/2, size, ink)
		}
		if size--; size < 18 {
			return fmt.Errorf("no room for the caption %q", s)
		}
	}
}

// list is a page of notes: a panel with its words in columns, as rankings,
// timetables and guides have; tall says that nothing else needs room.
func (c *canvas) list(t *typist, words []piece, dark, tall bool) error {
	cols := 2
	x1 := 338.0
	switch {
	case len(words) > 20:
		cols, x1 = 3, Width-12
	}
	x0, y0, y1 := Width-x1, 46.0, 658.0
	if tall {
		y0, y1 = 14, 710
	}
	rows := (len(words) + cols - 1) / cols
	step := min(40, (y1-y0-16)/float64(rows))
	y1 = y0 + 16 + step*float64(rows)
	ground, ink := hsv(c.want.Hue, c.want.Saturation, .12), c.white(1)
	if !dark {
		// Not much brighter than the picture shall be, or the rest could not make up for it.
		ground, ink = hsv(c.want.Hue, min(c.want.Saturation, .2), min(max(c.want.Value+.12, .82), .99)), c.black(.05)
	}
	p := plate(x0, y0, x1, y1, 12)
	c.shadow(p, 0, 4, 8, .5)
	c.glaze(p, flat(ground), .96)
	width := (x1 - x0 - 16) / float64(cols)
	for i, word := range words {
		n := utf8.RuneCountInString(word.shown)
		size := min(23, int(step*.84), int(width/(float64(n)+.9)))
		x := x0 + 10 + float64(i%cols)*width
		y := y0 + 8 + (float64(i/cols)+.5)*step
		if err := t.write(c, word.shown, x, y, size, ink); err != nil {
			return err
		}
	}
	for r := 1; r < rows; r++ {
		y := y0 + 8 + float64(r)*step
		c.glaze(rect(x0+10, y-.5, x1-10, y+.5), flat(ground.mix(ink, .5)), .25)
	}
	return nil
}

func (c *canvas) searchBar(t *typist) error {
	p := plate(12, 668, Width-12, 706, 10)
	c.glaze(p, flat(c.black(.11)), .95)
	grey := flat(hsv(c.want.Hue, .1, .55))
	c.fill(disc(34, 685, 8), grey)
	c.fill(disc(34, 685, 5.6), flat(c.black(.11)))
	c.fill(limb(39.5, 690.5, 1.6, 45, 696, 1.6), grey)
	return t.write(c, bar, 62, 687, 20, c.white(1))
}

// icons are the app's buttons: the author, like, comment, save, share, the record.
func (c *canvas) icons() {
	const x = 376
	white := flat(c.white(.97))
	c.fill(disc(x, 318, 20), white)
	a := hsv(c.rng.Float64(), .4, .7)
	c.fill(disc(x, 318, 18), gradient(x-18, 300, x+18, 336, a.mix(rgb{1, 1, 1}, .4), a.scale(.6)))
	c.fill(disc(x, 313, 7), flat(rgb{.93, .80, .70}))
	c.fill(ellipse(x, 330, 11, 7), flat(a.scale(.5)))
	c.fill(disc(x, 339, 7), flat(rgb{.95, .2, .35}))
	shapes := []path{
		smooth(x, 392, x-15, 378, x-15, 368, x-7, 364, x, 370, x+7, 364, x+15, 368, x+15, 378),
		append(ellipse(x, 428, 16, 13), poly(x-4, 438, x+8, 438, x-6, 449)...),
		poly(x-11, 474, x+11, 474, x+11, 503, x, 493, x-11, 503),
		poly(x-2, 526, x+16, 540, x-2, 554, x-2, 546, x-15, 551, x-12, 540, x-2, 534),
	}
	for _, p := range shapes {
		c.shadow(p, 0, 1, 2, .35)
		c.fill(p, white)
	}
	c.fill(disc(x, 606, 19), flat(c.black(.1)))
	c.fill(disc(x, 606, 9), gradient(x-9, 597, x+9, 615, a, a.scale(.4)))
}
