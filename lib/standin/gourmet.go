package standin

import "math"

// table is what dishes stand on: wood, stone or cloth, seen from above at an angle.
func (c *canvas) table() {
	switch c.one(3) {
	case 0:
		c.planks(0, Height, Width/2, -700, 7, c.pick(0x8b5e3c, 0x6e4a30, 0xb78a5c, 0x4a3527), c.pick(0x7a5233, 0xa3774c, 0x5b3f2b))
	case 1:
		a, b := c.pick(0xd9d4cc, 0x5a5653, 0x3c3a3b, 0xc4b8a6), c.pick(0xb9b1a6, 0x44413f)
		n := c.noise
		c.background(func(x, y float32) rgb {
			v := n.fbm(x*.012+2*n.at(x*.02, y*.02), y*.012, 4)
			vein := clamp(1 - float32(math.Abs(float64(v-.5)))*22)
			return a.mix(b, v).scale(1 - .25*vein)
		})
	default:
		a := hsv(c.rng.Float64(), c.between(.1, .45), c.between(.3, .8))
		n := c.noise
		c.background(func(x, y float32) rgb {
			weave := float32(math.Sin(float64(x)*1.9)*math.Sin(float64(y)*1.9)) * .06
			return a.scale(.9 + weave + .25*(n.fbm(x*.01, y*.01, 3)-.5))
		})
	}
	c.soft(poly(-50, -50, 300, -50, 100, 300, -50, 420), 60, flat(rgb{1, .93, .8}), .22)
	c.soft(rect(-60, 560, Width+60, Height+60), 60, flat(rgb{.05, .03, .02}), .3)
}

// bowl draws a round dish seen from above at an angle: foot shadow, side, rim and
// an inner ellipse whose half-axes it returns.
func (c *canvas) bowl(cx, cy, r, flatness, depth float64, glaze rgb) (rx, ry float64) {
	ry = r * flatness
	outer := ellipse(cx, cy, r, ry)
	c.shadow(ellipse(cx, cy+depth*.8, r*1.02, ry*1.02), 8, 12, int(r*.14)+2, .6)
	side := smooth(cx-r, cy, cx-r*.86, cy+depth*.6, cx-r*.45, cy+depth+ry*.80, cx, cy+depth+ry*.93, cx+r*.45, cy+depth+ry*.80, cx+r*.86, cy+depth*.6, cx+r, cy, cx, cy+ry*.5)
	c.fill(side, rough(gradient(cx-r, 0, cx+r, 0, glaze.scale(.95), glaze.scale(.45)), c.noise, 12, .15))
	c.fill(outer, gradient(cx-r, cy-ry, cx+r, cy+ry, glaze.scale(1.12), glaze.scale(.7)))
	c.fill(ellipse(cx, cy+r*.012, r*.945, ry*.94), gradient(cx-r, cy-ry, cx+r, cy+ry, glaze.scale(.5), glaze.scale(.95)))
	return r * .93, ry * .92
}

// in gives a random point inside the ellipse of half-axes rx, ry around the middle.
func (c *canvas) in(cx, cy, rx, ry float64) (x, y float64) {
	a, d := c.between(0, 2*math.Pi), math.Sqrt(c.rng.Float64())
	return cx + math.Cos(a)*d*rx, cy + math.Sin(a)*d*ry
}

// scatter strews small rings or flecks, as leek or sesame.
func (c *canvas) scatter(n int, cx, cy, rx, ry, size float64, colours ...uint32) {
	for range n {
		x, y := c.in(cx, cy, rx, ry)
		col := c.pick(colours...)
		s := size * c.between(.6, 1.2)
		c.glaze(ellipse(x+1, y+2, s, s*.7), flat(rgb{.1, .05, .02}), .35)
		c.fill(ellipse(x, y, s, s*.7).turned(x, y, c.between(0, 3)), ball(x, y, s*1.3, col, .6))
		if size > 4 {
			c.fill(ellipse(x, y, s*.42, s*.28), flat(col.mix(rgb{.95, .97, .85}, .6)))
		}
	}
}

// slice is a piece of meat: a lobed disc with fat lines.
func (c *canvas) slice(x, y, r float64, raw bool) {
	var v []float64
	turn := c.between(0, 6)
	for i := range 9 {
		a := float64(i)/9*2*math.Pi + turn
		d := r * c.between(.8, 1.1)
		v = append(v, x+math.Cos(a)*d*1.25, y+math.Sin(a)*d*.8)
	}
	p := smooth(v...)
	c.shadow(p, 2, 4, 4, .5)
	lean, fat := c.pick(0x8a4a2e, 0x7a3c22, 0x9b5c38), hex(0xd9b08a)
	if raw {
		lean, fat = c.pick(0xb33a3f, 0xa32f37, 0xc14a48), hex(0xf0cfc4)
	}
	n, q := c.noise, float32(1/r)
	c.fill(p, func(px, py float32) rgb {
		u, w := (px-float32(x))*q, (py-float32(y))*q
		m := n.fbm(u*2.2+w*.9+float32(turn)*3, w*4, 3)
		edge := clamp((hypot(u*.8, w*1.25) - .62) * 3)
		col := lean.mix(fat, clamp((m-.52)*6)*.85)
		if !raw {
			col = col.mix(hex(0x3a1e12), edge*.6)
		}
		return col.scale(.85 + .4*(n.fbm(px*.2, py*.2, 2)-.3))
	})
	c.glaze(ellipse(x-r*.3, y-r*.25, r*.4, r*.1).turned(x, y, -.3), flat(rgb{1, .95, .9}), .35)
}

// ramen is a bowl of noodles in broth with its toppings.
func (c *canvas) ramen(cx, cy, r float64) {
	f := c.between(.62, .8)
	rx, ry := c.bowl(cx, cy, r, f, r*.38, c.pick(0x20201f, 0xb02b24, 0xe9e4da, 0x2d3f63, 0x7a2a1e))
	broth := c.pick(0xc98a3c, 0xa8652a, 0xe0c08a, 0xb5722f, 0x9c4a20)
	c.fill(ellipse(cx, cy+r*.03, rx, ry), rough(gradient(cx-rx, cy-ry, cx+rx, cy+ry, broth.scale(1.15), broth.scale(.75)), c.noise, 22, .3))
	noodle := c.pick(0xf0d48a, 0xe6c878, 0xf4e0a8)
	for range 70 { // noodles
		x, y := c.in(cx, cy+ry*.1, rx*.74, ry*.68)
		a, l, w := c.between(-.5, .5), r*c.between(.16, .34), r*.022
		x1, y1 := x+math.Cos(a)*l, y+math.Sin(a)*l*f
		p := append(limb(x-l*.5, y+l*.2*f, w, x, y, w), limb(x, y, w, x1, y1, w)...)
		c.glaze(p.moved(0, w*1.2), flat(broth.scale(.4)), .6)
		c.fill(p, gradient(0, y-w*3, 0, y+w*4, noodle.scale(1.1), noodle.scale(.78)))
	}
	for range 26 { // drops of oil
		x, y := c.in(cx, cy, rx*.9, ry*.9)
		c.glaze(ellipse(x, y, r*c.between(.01, .04), r*c.between(.008, .028)), flat(rgb{1, .9, .6}), .3)
	}
	for i := range 2 + c.one(3) {
		c.slice(cx-r*.42+float64(i)*r*.24, cy-ry*.28+float64(i)*r*.10, r*.27, false)
	}
	// Nori, standing at the rim.
	nx := cx + r*.45
	sheet := poly(nx, cy-ry*1.12, nx+r*.42, cy-ry*.92, nx+r*.34, cy-ry*.05, nx-r*.04, cy-ry*.22)
	c.fill(sheet, rough(gradient(nx, cy-ry, nx+r*.4, cy, hex(0x2a3a2c), hex(0x121a14)), c.noise, 3, .5))
	// Egg halves.
	for i := range 1 + c.one(2) {
		ex, ey := cx+r*(.12+.36*float64(i)), cy+ry*(.42-.12*float64(i))
		c.shadow(ellipse(ex, ey, r*.19, r*.14), 2, 4, 4, .5)
		c.fill(ellipse(ex, ey, r*.19, r*.14), ball(ex, ey, r*.22, hex(0xf5ead6), .35))
		c.fill(ellipse(ex, ey, r*.115, r*.085), ball(ex, ey, r*.14, hex(0xf09a1f), .5))
	}
	c.scatter(45, cx-r*.25, cy+ry*.35, r*.34, ry*.3, r*.032, 0x7fae3f, 0x9cc65a, 0x5d8f2f)
	c.glaze(ellipse(cx-rx*.55, cy-ry*.55, rx*.2, ry*.06).turned(cx-rx*.55, cy-ry*.55, -.5), flat(rgb{1, 1, 1}), .4)
	c.steam(cx, cy-ry*.7, r)
}

// steam rises in soft wisps.
func (c *canvas) steam(cx, cy, r float64) {
	w := c.weight
	c.weight = 0
	for range 4 {
		x := cx + c.between(-.6, .6)*r
		y := cy
		for range 6 {
			nx, ny := x+c.between(-22, 22), y-c.between(24, 44)
			c.soft(limb(x, y, 9, nx, ny, 12), 13, flat(rgb{1, .98, .95}), .10)
			x, y = nx, ny
		}
	}
	c.weight = w
}

// chopsticks lie at the side of a dish.
func (c *canvas) chopsticks(x, y, length, angle float64) {
	col := c.pick(0x3a1d14, 0x8c5a34, 0x151515, 0x9c2f2a)
	for i := range 2 {
		d := float64(i) * 9
		p := limb(x+d, y, 3.6, x+d*1.5+math.Sin(angle)*length, y-math.Cos(angle)*length, 2)
		c.shadow(p, 5, 6, 4, .5)
		c.fill(p, gradient(x+d-4, 0, x+d+5, 0, col.scale(1.4), col.scale(.7)))
	}
}

// glass of a drink.
func (c *canvas) glass(x, y, w, h float64) {
	drink := c.pick(0xd9a441, 0x8a3c1c, 0xc9d7d2, 0xe0b060, 0x6d2436)
	c.shadow(ellipse(x, y, w*.6, w*.24), 8, 6, 8, .5)
	p := smooth(x-w*.5, y-h, x+w*.5, y-h, x+w*.45, y-h*.3, x+w*.38, y, x, y+w*.1, x-w*.38, y, x-w*.45, y-h*.3)
	c.fill(p, rough(gradient(x-w*.5, 0, x+w*.5, 0, drink.scale(1.2), drink.scale(.6)), c.noise, 14, .2))
	for range 3 {
		ix, iy := x+c.between(-.2, .2)*w, y-h*c.between(.5, .85)
		c.glaze(plate(ix-w*.16, iy-w*.16, ix+w*.16, iy+w*.16, 3).turned(ix, iy, c.between(0, 1)), flat(rgb{.95, .97, 1}), .35)
	}
	c.fill(ellipse(x, y-h, w*.5, w*.16), gradient(x-w*.5, 0, x+w*.5, 0, drink.mix(rgb{1, 1, 1}, .6), drink.mix(rgb{1, 1, 1}, .2)))
	c.glaze(limb(x-w*.32, y-h*.9, 2.5, x-w*.28, y-h*.2, 2), flat(rgb{1, 1, 1}), .5)
}

// sides are the small things around the main dish.
func (c *canvas) sides() {
	for range 1 + c.one(3) {
		x, y := c.between(30, 330), c.between(90, 210)
		if c.one(2) == 0 {
			y = c.between(560, 640)
		}
		switch c.one(3) {
		case 0:
			c.glass(x, y+30, c.between(44, 62), c.between(80, 120))
		case 1:
			rx, ry := c.bowl(x, y, c.between(36, 52), .7, 12, c.pick(0xe8e2d6, 0x3a3f45, 0x6d7f6a))
			c.fill(ellipse(x, y, rx, ry), rough(flat(c.pick(0x7d9a4a, 0xd8c9a0, 0x9c3f2a, 0x3a2418)), c.noise, 6, .5))
			c.scatter(14, x, y, rx*.7, ry*.7, 5, 0xdfe6b0, 0x8fb04a, 0xc0502f)
		default:
			c.chopsticks(c.between(300, 350), c.between(560, 640), 260, c.between(-.3, .2))
		}
	}
}

// noodles is the kind with a bowl of ramen.
func (c *canvas) noodles(int) []Box {
	c.table()
	c.sides()
	c.weight = 1
	c.ramen(c.between(175, 215), c.between(340, 400), c.between(140, 175))
	c.weight = 0
	return nil
}

// grill is a charcoal grill with meat, tongs, plates of raw meat.
func (c *canvas) grill(int) []Box {
	c.table()
	c.weight = 1
	cx, cy, r := c.between(180, 220), c.between(350, 400), c.between(150, 180)
	f := .82
	c.shadow(ellipse(cx, cy, r*1.1, r*f*1.1), 8, 14, 16, .6)
	c.fill(ellipse(cx, cy, r*1.12, r*f*1.12), rough(gradient(cx-r, cy-r, cx+r, cy+r, rgb{.5, .48, .47}, rgb{.16, .15, .15}), c.noise, 8, .2))
	c.fill(ellipse(cx, cy, r, r*f), func(x, y float32) rgb {
		v := c.noise.fbm(x*.05, y*.05, 4)
		return rgb{.09, .07, .07}.mix(rgb{1, .42, .08}, clamp((v-.52)*5)).scale(.6 + .8*v)
	})
	c.glow(cx, cy, r*.9, rgb{1, .45, .1}, .35)
	for d := -r; d < r; d += r * .11 { // mesh
		h := math.Sqrt(r*r - d*d)
		c.fill(limb(cx+d, cy-h*f, 1.3, cx+d, cy+h*f, 1.3), flat(rgb{.55, .53, .52}))
		c.fill(limb(cx-h, cy+d*f, 1.3, cx+h, cy+d*f, 1.3), flat(rgb{.45, .43, .42}))
	}
	for range 7 + c.one(4) {
		x, y := c.in(cx, cy, r*.75, r*f*.75)
		c.slice(x, y, r*c.between(.17, .24), c.one(4) == 0)
	}
	c.steam(cx, cy-r*.4, r)
	for i := range 2 {
		x, y := c.between(50, 120)+float64(i)*210, c.between(590, 630)
		rx, ry := c.bowl(x, y, 75, .6, 8, c.pick(0xe9e6df, 0x22242a))
		for k := range 5 {
			c.slice(x-rx*.5+float64(k)*rx*.26, y+ry*c.between(-.3, .3), 19, true)
		}
	}
	c.weight = 0
	return nil
}
