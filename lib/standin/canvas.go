package standin

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/vector"
)

// Width and Height are the size of every picture, in pixels: a phone's 9:16.
const Width, Height = 405, 720

// Box is a rectangle in pixels: its upper left corner, its width and its height.
type Box struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// boxOf is the part of an area that lies in the picture, in whole pixels.
func boxOf(x0, y0, x1, y1 float64) Box {
	left, top := max(0, int(math.Floor(x0))), max(0, int(math.Floor(y0)))
	return Box{left, top, min(Width, int(math.Ceil(x1))) - left, min(Height, int(math.Ceil(y1))) - top}
}

// rgb is a colour, sRGB-coded, 0 to 1.
type rgb [3]float32

// hex is 0xRRGGBB as a colour.
func hex(v uint32) rgb {
	return rgb{float32(v>>16&255) / 255, float32(v>>8&255) / 255, float32(v&255) / 255}
}

// mix goes from a (t = 0) to b (t = 1).
func (a rgb) mix(b rgb, t float32) rgb {
	return rgb{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t, a[2] + (b[2]-a[2])*t}
}

func (a rgb) scale(k float32) rgb { return rgb{a[0] * k, a[1] * k, a[2] * k} }

// hsv makes a colour from hue (a turn is 1), saturation and value.
func hsv(h, s, v float64) rgb {
	h = (h - math.Floor(h)) * 6
	i := math.Floor(h)
	f := h - i
	p, q, t := float32(v*(1-s)), float32(v*(1-s*f)), float32(v*(1-s*(1-f)))
	w := float32(v)
	switch int(i) {
	case 0:
		return rgb{w, t, p}
	case 1:
		return rgb{q, w, p}
	case 2:
		return rgb{p, w, t}
	case 3:
		return rgb{p, q, w}
	case 4:
		return rgb{t, p, w}
	}
	return rgb{w, p, q}
}

// shader is a surface's colour at a pixel's centre.
type shader func(x, y float32) rgb

func flat(c rgb) shader { return func(x, y float32) rgb { return c } }

// gradient runs from a at (x0, y0) to b at (x1, y1).
func gradient(x0, y0, x1, y1 float64, a, b rgb) shader {
	dx, dy := float32(x1-x0), float32(y1-y0)
	l := dx*dx + dy*dy
	return func(x, y float32) rgb {
		return a.mix(b, clamp(((x-float32(x0))*dx+(y-float32(y0))*dy)/l))
	}
}

// ball shades a round thing lit from the upper left: bright at (cx−r/3, cy−r/3),
// dark at the rim of radius r.
func ball(cx, cy, r float64, c rgb, depth float32) shader {
	x0, y0, q := float32(cx-r/3), float32(cy-r/3), float32(1/(1.4*r))
	return func(x, y float32) rgb {
		d := hypot(x-x0, y-y0) * q
		return c.scale(1 + depth*(0.45-d*d))
	}
}

// rough multiplies a surface with noise of the given grain size in pixels.
func rough(s shader, n *noise, size, strength float64) shader {
	q, k := float32(1/size), float32(strength)
	return func(x, y float32) rgb {
		return s(x, y).scale(1 + k*(n.fbm(x*q, y*q, 3)-0.5)*2)
	}
}

// canvas is a picture under construction, in floating point so that soft shading
// does not band. subject records, pixel by pixel, how much of what is seen was
// drawn while weight was 1: the figure or the dish, whose hues the photographic
// grade leaves closer to nature than those of the surroundings.
type canvas struct {
	pix     []float32 // Width·Height·3
	subject []float32 // Width·Height
	weight  float32
	want    Colours // what the picture shall measure in the end: scenes choose their light by it
	rng     *rand.Rand
	noise   *noise
	dishes  []Box // what was served, see serve

	seen image.Rectangle // around all that fill has painted since it was made empty
	ras  vector.Rasterizer
	mask image.Alpha
}

func newCanvas(rng *rand.Rand) *canvas {
	return &canvas{pix: make([]float32, Width*Height*3), subject: make([]float32, Width*Height), rng: rng, noise: newNoise(rng)}
}

// between draws a number from lo to hi.
func (c *canvas) between(lo, hi float64) float64 { return lo + (hi-lo)*c.rng.Float64() }

// one of n, 0 to n−1.
func (c *canvas) one(n int) int { return c.rng.IntN(n) }

// ambient is a hue for the surroundings that brings the picture's mean near the
// wanted one, given that they cover a share of it and the rest is skin, wood, food.
func (c *canvas) ambient(share float64) float64 {
	return min(max((c.want.Hue-.08*(1-share))/share+c.between(-.04, .04), .03), .9)
}

func (c *canvas) pick(colours ...uint32) rgb { return hex(colours[c.rng.IntN(len(colours))]) }

// put blends a colour over one pixel.
func (c *canvas) put(x, y int, col rgb, a float32) {
	i := y*Width + x
	p := c.pix[3*i : 3*i+3 : 3*i+3]
	p[0] += (col[0] - p[0]) * a
	p[1] += (col[1] - p[1]) * a
	p[2] += (col[2] - p[2]) * a
	c.subject[i] += (c.weight - c.subject[i]) * a
}

// background covers everything.
func (c *canvas) background(s shader) { c.area(0, 0, Width, Height, s) }

// area covers a rectangle, in pixels.
func (c *canvas) area(x0, y0, x1, y1 float64, s shader) {
	for y := max(0, int(y0)); y < min(Height, int(y1)); y++ {
		for x := max(0, int(x0)); x < min(Width, int(x1)); x++ {
			c.put(x, y, s(float32(x)+.5, float32(y)+.5), 1)
		}
	}
}

// raster turns a path into coverage; the mask's rectangle is in canvas pixels and
// reaches pad pixels further than the path.
func (c *canvas) raster(p path, pad int) *image.Alpha {
	x0, y0, x1, y1 := p.bounds()
	r := image.Rect(int(math.Floor(x0))-pad, int(math.Floor(y0))-pad, int(math.Ceil(x1))+pad+1, int(math.Ceil(y1))+pad+1)
	r = r.Intersect(image.Rect(-pad, -pad, Width+pad, Height+pad))
	if r.Empty() {
		return &image.Alpha{}
	}
	c.ras.Reset(r.Dx(), r.Dy())
	ox, oy := float32(r.Min.X), float32(r.Min.Y)
	for _, s := range p {
		switch s.op {
		case 'm':
			c.ras.ClosePath()
			c.ras.MoveTo(s.at[0]-ox, s.at[1]-oy)
		case 'l':
			c.ras.LineTo(s.at[0]-ox, s.at[1]-oy)
		case 'c':
			c.ras.CubeTo(s.at[0]-ox, s.at[1]-oy, s.at[2]-ox, s.at[3]-oy, s.at[4]-ox, s.at[5]-oy)
		}
	}
	c.ras.ClosePath()
	n := r.Dx() * r.Dy()
	if cap(c.mask.Pix) < n {
		c.mask.Pix = make([]uint8, n)
	}
	c.mask = image.Alpha{Pix: c.mask.Pix[:n], Stride: r.Dx(), Rect: r}
	clear(c.mask.Pix)
	c.ras.Draw(&c.mask, r, image.Opaque, image.Point{})
	return &c.mask
}

// fill paints the inside of a path.
func (c *canvas) fill(p path, s shader) {
	c.seen = c.seen.Union(c.blend(c.raster(p, 0), s, 1))
}

// serve notes where the dish is that draw draws; another that is served meanwhile is
// not part of it.
func (c *canvas) serve(draw func()) {
	outer := c.seen
	defer func() { c.seen = outer }()
	c.seen = image.Rectangle{}
	draw()
	r := c.seen
	c.dishes = append(c.dishes, Box{r.Min.X, r.Min.Y, r.Dx(), r.Dy()})
}

// glaze paints the inside of a path, translucent.
func (c *canvas) glaze(p path, s shader, a float64) { c.blend(c.raster(p, 0), s, float32(a)) }

// soft paints a path whose border is blurred over about 2·radius pixels: shadows,
// light pools, clouds.
func (c *canvas) soft(p path, radius int, s shader, a float64) {
	m := c.raster(p, 2*radius)
	if len(m.Pix) == 0 {
		return
	}
	blur(m, max(1, radius*2/3))
	c.blend(m, s, float32(a))
}

// blend paints what a mask covers, and says which pixels lie around it.
func (c *canvas) blend(m *image.Alpha, s shader, a float32) image.Rectangle {
	r := m.Rect.Intersect(image.Rect(0, 0, Width, Height))
	painted := image.Rectangle{Min: r.Max, Max: r.Min}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[(y-m.Rect.Min.Y)*m.Stride:]
		for x := r.Min.X; x < r.Max.X; x++ {
			if v := row[x-m.Rect.Min.X]; v > 0 {
				c.put(x, y, s(float32(x)+.5, float32(y)+.5), float32(v)/255*a)
				painted.Min.X, painted.Max.X = min(painted.Min.X, x), max(painted.Max.X, x+1)
				painted.Min.Y, painted.Max.Y = min(painted.Min.Y, y), y+1
			}
		}
	}
	return painted
}

// shadow darkens below a path moved by (dx, dy).
func (c *canvas) shadow(p path, dx, dy float64, radius int, a float64) {
	w := c.weight
	c.weight = 0
	c.soft(p.moved(dx, dy), radius, flat(rgb{.04, .03, .05}), a)
	c.weight = w
}

// glow adds light around a point, falling off to nothing at radius r.
func (c *canvas) glow(cx, cy, r float64, col rgb, a float64) {
	for y := max(0, int(cy-r)); y < min(Height, int(cy+r)+1); y++ {
		for x := max(0, int(cx-r)); x < min(Width, int(cx+r)+1); x++ {
			d := math.Hypot(float64(x)+.5-cx, float64(y)+.5-cy) / r
			if d >= 1 {
				continue
			}
			f := float32(a * (1 - d*d) * (1 - d*d))
			p := c.pix[3*(y*Width+x):]
			for k := range 3 {
				p[k] += (1 - min(p[k], 1)) * col[k] * f
			}
		}
	}
}

// grain adds film grain, the same on all three channels, so that grey stays grey.
func (c *canvas) grain(strength float64) {
	k := float32(strength)
	for i := range Width * Height {
		g := (c.rng.Float32() + c.rng.Float32() - 1) * k
		p := c.pix[3*i : 3*i+3]
		p[0] += g
		p[1] += g
		p[2] += g
	}
}

// blurAll softens the whole picture, as a lens out of focus.
func (c *canvas) blurAll(radius int) {
	tmp := make([]float32, max(Width, Height))
	for range 2 {
		for k := range 3 {
			for y := range Height {
				boxLine(c.pix[3*y*Width+k:], 3, Width, radius, tmp)
			}
			for x := range Width {
				boxLine(c.pix[3*x+k:], 3*Width, Height, radius, tmp)
			}
		}
	}
}

// boxLine is a running mean over 2r+1 values of a strided line, borders repeated.
func boxLine(v []float32, stride, n, r int, tmp []float32) {
	at := func(i int) float32 { return v[min(max(i, 0), n-1)*stride] }
	var sum float32
	for i := -r; i <= r; i++ {
		sum += at(i)
	}
	q := 1 / float32(2*r+1)
	for i := range n {
		tmp[i] = sum * q
		sum += at(i+r+1) - at(i-r)
	}
	for i := range n {
		v[i*stride] = tmp[i]
	}
}

// blur is three box blurs of a mask, close to a Gaussian.
func blur(m *image.Alpha, r int) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	line := make([]uint8, max(w, h))
	pass := func(off, stride, n int) {
		v := m.Pix[off:]
		sum := 0
		for i := range min(r, n) {
			sum += int(v[i*stride])
		}
		for i := range n {
			if i+r < n {
				sum += int(v[(i+r)*stride])
			}
			if i-r-1 >= 0 {
				sum -= int(v[(i-r-1)*stride])
			}
			line[i] = uint8(sum / (2*r + 1))
		}
		for i := range n {
			v[i*stride] = line[i]
		}
	}
	for range 3 {
		for y := range h {
			pass(y*m.Stride, 1, w)
		}
		for x := range w {
			pass(x, m.Stride, h)
		}
	}
}

// path is a list of closed outlines. Filling is non-zero; every constructor below
// goes the same way round, so that overlapping parts unite.
type path []segment

type segment struct {
	op byte // 'm', 'l' or 'c'
	at [6]float32
}

func (p *path) to(op byte, v ...float64) {
	s := segment{op: op}
	for i, x := range v {
		s.at[i] = float32(x)
	}
	*p = append(*p, s)
}

func (p path) bounds() (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range p {
		n := 2
		if s.op == 'c' {
			n = 6
		}
		for i := 0; i < n; i += 2 {
			x, y := float64(s.at[i]), float64(s.at[i+1])
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
		}
	}
	return x0, y0, x1, y1
}

func (p path) mapped(f func(x, y float64) (float64, float64)) path {
	q := make(path, len(p))
	for i, s := range p {
		q[i].op = s.op
		for k := 0; k < 6; k += 2 {
			x, y := f(float64(s.at[k]), float64(s.at[k+1]))
			q[i].at[k], q[i].at[k+1] = float32(x), float32(y)
		}
	}
	return q
}

func (p path) moved(dx, dy float64) path {
	return p.mapped(func(x, y float64) (float64, float64) { return x + dx, y + dy })
}

// turned rotates about (cx, cy), clockwise on the screen, radians.
func (p path) turned(cx, cy, angle float64) path {
	sin, cos := math.Sincos(angle)
	return p.mapped(func(x, y float64) (float64, float64) {
		return cx + (x-cx)*cos - (y-cy)*sin, cy + (x-cx)*sin + (y-cy)*cos
	})
}

// ellipse with half-axes rx, ry.
func ellipse(cx, cy, rx, ry float64) path {
	const k = 0.5522847498
	var p path
	p.to('m', cx+rx, cy)
	p.to('c', cx+rx, cy+k*ry, cx+k*rx, cy+ry, cx, cy+ry)
	p.to('c', cx-k*rx, cy+ry, cx-rx, cy+k*ry, cx-rx, cy)
	p.to('c', cx-rx, cy-k*ry, cx-k*rx, cy-ry, cx, cy-ry)
	p.to('c', cx+k*rx, cy-ry, cx+rx, cy-k*ry, cx+rx, cy)
	return p
}

func disc(cx, cy, r float64) path { return ellipse(cx, cy, r, r) }

func rect(x0, y0, x1, y1 float64) path { return poly(x0, y0, x1, y0, x1, y1, x0, y1) }

// plate is a rectangle with round corners.
func plate(x0, y0, x1, y1, r float64) path {
	r = min(r, (x1-x0)/2, (y1-y0)/2)
	k := r * 0.4477
	var p path
	p.to('m', x0+r, y0)
	p.to('l', x1-r, y0)
	p.to('c', x1-k, y0, x1, y0+k, x1, y0+r)
	p.to('l', x1, y1-r)
	p.to('c', x1, y1-k, x1-k, y1, x1-r, y1)
	p.to('l', x0+r, y1)
	p.to('c', x0+k, y1, x0, y1-k, x0, y1-r)
	p.to('l', x0, y0+r)
	p.to('c', x0, y0+k, x0+k, y0, x0+r, y0)
	return p
}

// poly is a polygon through x, y pairs, turned clockwise.
func poly(v ...float64) path {
	var area float64
	n := len(v)
	for i := 0; i < n; i += 2 {
		j := (i + 2) % n
		area += v[i]*v[j+1] - v[j]*v[i+1]
	}
	if area < 0 {
		w := make([]float64, 0, n)
		for i := n - 2; i >= 0; i -= 2 {
			w = append(w, v[i], v[i+1])
		}
		v = w
	}
	var p path
	p.to('m', v[0], v[1])
	for i := 2; i < n; i += 2 {
		p.to('l', v[i], v[i+1])
	}
	return p
}

// smooth is a closed curve through x, y pairs (Catmull–Rom), turned clockwise.
func smooth(v ...float64) path {
	q := poly(v...)
	n := len(q)
	at := func(i int) (float64, float64) {
		s := q[(i+n)%n].at
		return float64(s[0]), float64(s[1])
	}
	var p path
	x, y := at(0)
	p.to('m', x, y)
	for i := range n {
		ax, ay := at(i - 1)
		bx, by := at(i)
		cx, cy := at(i + 1)
		dx, dy := at(i + 2)
		p.to('c', bx+(cx-ax)/6, by+(cy-ay)/6, cx-(dx-bx)/6, cy-(dy-by)/6, cx, cy)
	}
	return p
}

// limb is a tapered stroke from a circle of radius r0 to one of radius r1.
func limb(x0, y0, r0, x1, y1, r1 float64) path {
	d := math.Hypot(x1-x0, y1-y0)
	if d < 1e-6 {
		return disc(x0, y0, max(r0, r1))
	}
	nx, ny := -(y1-y0)/d, (x1-x0)/d
	p := poly(x0+nx*r0, y0+ny*r0, x1+nx*r1, y1+ny*r1, x1-nx*r1, y1-ny*r1, x0-nx*r0, y0-ny*r0)
	return append(append(p, disc(x0, y0, r0)...), disc(x1, y1, r1)...)
}

// outline is a stroke of half-width r along the path's segments, whose curves are
// followed in short steps.
func (p path) outline(r float64) path {
	const steps = 5
	var out path
	var x, y float64
	for _, s := range p {
		n, at := 2, s.at
		if s.op == 'c' {
			n = 6
		}
		ex, ey := float64(at[n-2]), float64(at[n-1])
		switch s.op {
		case 'l':
			out = append(out, limb(x, y, r, ex, ey, r)...)
		case 'c':
			ax, ay := x, y
			for i := 1; i <= steps; i++ {
				t := float64(i) / steps
				u := 1 - t
				bx := u*u*u*x + 3*u*u*t*float64(at[0]) + 3*u*t*t*float64(at[2]) + t*t*t*ex
				by := u*u*u*y + 3*u*u*t*float64(at[1]) + 3*u*t*t*float64(at[3]) + t*t*t*ey
				out = append(out, limb(ax, ay, r, bx, by, r)...)
				ax, ay = bx, by
			}
		}
		x, y = ex, ey
	}
	return out
}

// noise is smooth value noise on a lattice, the same for a seed.
type noise struct{ v [64 * 64]float32 }

func newNoise(rng *rand.Rand) *noise {
	n := new(noise)
	for i := range n.v {
		n.v[i] = rng.Float32()
	}
	return n
}

// at is 0 to 1; its features have a size of 1.
func (n *noise) at(x, y float32) float32 {
	fx, fy := float32(math.Floor(float64(x))), float32(math.Floor(float64(y)))
	ix, iy := int(fx)&63, int(fy)&63
	tx, ty := x-fx, y-fy
	tx, ty = tx*tx*(3-2*tx), ty*ty*(3-2*ty)
	jx, jy := (ix+1)&63, (iy+1)&63
	a, b := n.v[iy<<6|ix], n.v[iy<<6|jx]
	c, d := n.v[jy<<6|ix], n.v[jy<<6|jx]
	a += (b - a) * tx
	c += (d - c) * tx
	return a + (c-a)*ty
}

// fbm adds octaves of noise, each half as large and half as strong; 0 to 1, mean 0.5.
func (n *noise) fbm(x, y float32, octaves int) float32 {
	var sum, norm float32
	amp := float32(1)
	for range octaves {
		sum += amp * n.at(x, y)
		norm += amp
		amp /= 2
		x, y = 2*x+17.3, 2*y+5.1
	}
	return sum / norm
}

func clamp(x float32) float32 { return min(max(x, 0), 1) }

func hypot(x, y float32) float32 { return float32(math.Sqrt(float64(x*x + y*y))) }
