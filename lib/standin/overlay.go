package standin

import (
	"fmt"
	"image"
	"image/draw"
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

// letters is the coverage of a line with its left end at x and its letters' middle at
// y, in canvas pixels, with a margin around it.
func (t *typist) letters(s string, x, y float64, size, margin int) (*image.Alpha, error) {
	f, err := t.face(size)
	if err != nil {
		return nil, err
	}
	width, err := t.width(s, size)
	if err != nil {
		return nil, err
	}
	margin += 2
	m := image.NewAlpha(image.Rect(int(x)-margin, int(y)-size-margin, int(x+width)+margin+1, int(y)+size+margin+1))
	dot := fixed.Point26_6{X: fixed.Int26_6(math.Round(x * 64)), Y: fixed.Int26_6(math.Round((y + .37*float64(size)) * 64))}
	for _, r := range s {
		dr, mask, at, advance, ok := f.Glyph(dot, r)
		if !ok {
			return nil, fmt.Errorf("the font has no glyph for %q", r)
		}
		draw.DrawMask(m, dr, image.Opaque, image.Point{}, mask, at, draw.Over)
		dot.X += advance
	}
	return m, nil
}

// write sets a line with its left end at x and its letters' middle at y.
func (t *typist) write(c *canvas, s string, x, y float64, size int, col rgb) error {
	m, err := t.letters(s, x, y, size, 0)
	if err != nil {
		return err
	}
	c.blend(m, flat(col), 1)
	return nil
}

// thicken widens what a mask covers by r pixels on all sides.
func thicken(m *image.Alpha, r float64) *image.Alpha {
	out := image.NewAlpha(m.Rect)
	w, h, n := m.Rect.Dx(), m.Rect.Dy(), int(math.Ceil(r))
	for dy := -n; dy <= n; dy++ {
		for dx := -n; dx <= n; dx++ {
			near := int(256 * min(1, max(0, r+1-math.Hypot(float64(dx), float64(dy)))))
			if near == 0 {
				continue
			}
			for y := max(0, -dy); y < min(h, h-dy); y++ {
				from, to := m.Pix[(y+dy)*m.Stride:], out.Pix[y*out.Stride:]
				for x := max(0, -dx); x < min(w, w-dx); x++ {
					if v := uint8(int(from[x+dx]) * near >> 8); v > to[x] {
						to[x] = v
					}
				}
			}
		}
	}
	return out
}

// area of the screen, in pixels.
type area struct{ x0, y0, x1, y1 float64 }

func (a area) meets(b area, gap float64) bool {
	return a.x0 < b.x1+gap && b.x0 < a.x1+gap && a.y0 < b.y1+gap && b.y0 < a.y1+gap
}

// furniture draws what the app lays over the video, with the planned captions: icons
// at the right, captions, the author's lines, the search bar. Faces stay free. It says
// where the captions are; scene is what they lie over. White and black have a breath of the wanted hue, so that they
// do not pull the mean to red, the hue that grey has by definition.
func (c *canvas) furniture(t *typist, captions []caption, faces []Face, scene *canvas) ([]Caption, error) {
	var taken []area
	for _, f := range faces {
		taken = append(taken, f.keep)
	}
	words, only := 0, len(captions) == 1
	floor := float64(Height) // what lies below is the search bar's
	for _, k := range captions {
		switch k.style {
		case onPanel:
			words = len(k.lines)
		case inSearchBar:
			floor = 664
			taken = append(taken, area{0, floor, Width, Height})
		}
	}
	if words <= 20 {
		c.icons()
		taken = append(taken, area{348, 290, Width, 640})
	}
	c.soft(rect(0, 640, Width, Height+40), 40, flat(c.black(.05)), .25)
	out := make([]Caption, len(captions))
	// What has its place goes first.
	for i, k := range captions {
		var err error
		switch k.style {
		case onPanel:
			out[i], err = c.list(t, k.lines, c.want.Value < .45, words > 60 && only)
		case inSearchBar:
			out[i], err = c.searchBar(t)
		case small:
			out[i], err = c.notes(t, k.lines, floor-14)
			b := out[i].Box
			taken = append(taken, area{float64(b.X), float64(b.Y), float64(b.X + b.W), float64(b.Y + b.H)})
		}
		if err != nil {
			return nil, err
		}
	}
	title := true
	for i, k := range captions {
		if out[i].Style != "" {
			continue
		}
		var err error
		if out[i], err = c.caption(t, k, &taken, title, scene); err != nil {
			return nil, err
		}
		title = false
	}
	return out, nil
}

func (c *canvas) white(v float64) rgb { return hsv(c.want.Hue, .02, v) }
func (c *canvas) black(v float64) rgb { return hsv(c.want.Hue, .3, v) }

// unrest says how ill white letters would be read in an area: how bright and how
// varied it is.
func (c *canvas) unrest(a area) float64 {
	var sum, squares, n float64
	for y := int(a.y0); y < int(a.y1); y += 2 {
		for x := int(a.x0); x < int(a.x1); x += 2 {
			p := c.pix[3*(y*Width+x):]
			v := float64(max(p[0], p[1], p[2]))
			sum, squares, n = sum+v, squares+v*v, n+1
		}
	}
	mean := sum / n
	return mean + 3*math.Sqrt(max(0, squares/n-mean*mean))
}

// places are how many an author tries for a caption that is drawn plainly.
const places = 12

// caption lays a caption where there is room; a plain one where it is read best.
func (c *canvas) caption(t *typist, k caption, taken *[]area, title bool, scene *canvas) (Caption, error) {
	longest := 0
	for _, l := range k.lines {
		longest = max(longest, utf8.RuneCountInString(l.shown))
	}
	size := 23 + c.one(5)
	if title {
		size = 28 + c.one(9)
	}
	size = min(size, 310/longest+2)
	for {
		w := 0.0
		for _, l := range k.lines {
			lw, err := t.width(l.shown, size)
			if err != nil {
				return Caption{}, err
			}
			w = max(w, lw)
		}
		pad := float64(size) * .45
		h := float64(size) * (1.5 + 1.3*float64(len(k.lines)-1))
		w += 2 * pad
		var best area
		found, least := 0, math.Inf(1)
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
			found++
			if k.style != plainly {
				best = a
				break
			}
			if u := scene.unrest(a); u < least {
				best, least = a, u
			}
			if found == places {
				break
			}
		}
		if found > 0 {
			*taken = append(*taken, best)
			return c.lay(t, k, best, size)
		}
		if size--; size < 18 {
			return Caption{}, fmt.Errorf("no room for the caption %q", k.lines)
		}
	}
}

// Colours of letters that stand straight on the picture, as the apps offer them.
var inks = []uint32{0xffffff, 0xffe24a, 0xff9ec4, 0x9df0c0, 0x8fd8ff}

// lay draws a caption into its area, its lines in the middle.
func (c *canvas) lay(t *typist, k caption, a area, size int) (Caption, error) {
	out := Caption{Style: k.style, Size: size, Box: boxOf(a.x0, a.y0, a.x1, a.y1)}
	em := float64(size)
	ground, ink := c.black(.08), c.white(1)
	switch k.style {
	case onPlate:
		if c.want.Value >= .5 {
			ground, ink = c.white(1), c.black(.05)
		}
		p := plate(a.x0, a.y0, a.x1, a.y1, em*.3)
		c.shadow(p, 0, 2, 3, .3)
		c.glaze(p, flat(ground), .94)
	case withOutline:
		if c.one(3) == 0 {
			ink = c.pick(inks...)
		}
	case withShadow:
		ink = c.pick(inks...)
	}
	for i, l := range k.lines {
		w, err := t.width(l.shown, size)
		if err != nil {
			return out, err
		}
		x, y := (a.x0+a.x1-w)/2, a.y0+em*(.75+1.3*float64(i))
		reach := 2 + size/5 // of outline and shadow
		m, err := t.letters(l.shown, x, y, size, reach)
		if err != nil {
			return out, err
		}
		if k.style != onPlate { // such letters are bold
			m = thicken(m, em*.02)
		}
		switch k.style {
		case withOutline:
			c.blend(thicken(m, em*.09), flat(c.black(.04)), 1)
		case withShadow:
			s := thicken(m, .8)
			s.Rect = s.Rect.Add(image.Pt(1+size/20, 1+size/20))
			blur(s, max(1, size/16))
			c.blend(s, flat(c.black(.03)), .85)
		}
		c.blend(m, flat(ink), 1)
		out.Lines = append(out.Lines, Line{l.shown, boxOf(x, y-em/2, x+w, y+em/2)})
	}
	return out, nil
}

// notes are the lines that the author wrote about the clip: small, at the lower left,
// down to y, on the shade that the app puts there.
func (c *canvas) notes(t *typist, lines []piece, y float64) (Caption, error) {
	const size, step, x = 16, 23.0, 14.0
	out := Caption{Style: small, Size: size}
	top := y - step*float64(len(lines))
	c.soft(rect(-60, top-14, Width+60, Height+60), 26, flat(c.black(.04)), .5)
	right := x
	for i, l := range lines {
		w, err := t.width(l.shown, size)
		if err != nil {
			return out, err
		}
		mid := top + step*(float64(i)+.5)
		m, err := t.letters(l.shown, x, mid, size, 4)
		if err != nil {
			return out, err
		}
		s := thicken(m, .4)
		blur(s, 1)
		c.blend(s, flat(c.black(.03)), .7)
		c.blend(m, flat(c.white(1)), 1)
		right = max(right, x+w)
		out.Lines = append(out.Lines, Line{l.shown, boxOf(x, mid-size/2, x+w, mid+size/2)})
	}
	out.Box = boxOf(x, top, right, y)
	return out, nil
}

// list is a page of notes: a panel with its words in columns, as rankings,
// timetables and guides have; tall says that nothing else needs room.
func (c *canvas) list(t *typist, words []piece, dark, tall bool) (Caption, error) {
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
	out := Caption{Style: onPanel, Box: boxOf(x0, y0, x1, y1)}
	p := plate(x0, y0, x1, y1, 12)
	c.shadow(p, 0, 4, 8, .5)
	c.glaze(p, flat(ground), .96)
	width := (x1 - x0 - 16) / float64(cols)
	for i, word := range words {
		n := utf8.RuneCountInString(word.shown)
		size := min(23, int(step*.84), int(width/(float64(n)+.9)))
		x := x0 + 10 + float64(i%cols)*width
		y := y0 + 8 + (float64(i/cols)+.5)*step
		w, err := t.width(word.shown, size)
		if err == nil {
			err = t.write(c, word.shown, x, y, size, ink)
		}
		if err != nil {
			return out, err
		}
		out.Size = max(out.Size, size)
		out.Lines = append(out.Lines, Line{word.shown, boxOf(x, y-float64(size)/2, x+w, y+float64(size)/2)})
	}
	for r := 1; r < rows; r++ {
		y := y0 + 8 + float64(r)*step
		c.glaze(rect(x0+10, y-.5, x1-10, y+.5), flat(ground.mix(ink, .5)), .25)
	}
	return out, nil
}

// searchBar is the app's own, with what it suggests.
func (c *canvas) searchBar(t *typist) (Caption, error) {
	const size, x, y = 20, 62, 687
	p := plate(12, 668, Width-12, 706, 10)
	c.glaze(p, flat(c.black(.11)), .95)
	grey := flat(hsv(c.want.Hue, .1, .55))
	c.fill(disc(34, 685, 8), grey)
	c.fill(disc(34, 685, 5.6), flat(c.black(.11)))
	c.fill(limb(39.5, 690.5, 1.6, 45, 696, 1.6), grey)
	w, err := t.width(bar, size)
	if err == nil {
		err = t.write(c, bar, x, y, size, c.white(1))
	}
	return Caption{inSearchBar, size, boxOf(12, 668, Width-12, 706), []Line{{bar, boxOf(x, y-size/2, x+w, y+size/2)}}}, err
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
