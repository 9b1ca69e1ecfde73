package standin

import "math"

// table is what dishes stand on: wood, stone or cloth, seen from above at an angle.
func (c *canvas) table() {
	hue := c.ambient(.6)
	switch {
	case c.want.Hue < .2 && c.one(3) > 0:
		c.planks(0, Height, Width/2, -700, 7, c.pick(0x9b6e4c, 0x7e5a40, 0xb78a5c, 0x6a5547), c.pick(0x8a6243, 0xa3774c, 0x6b4f3f))
	case c.one(2) == 0:
		a, b := hsv(hue, c.between(.08, .2), c.between(.4, .85)), hsv(hue+c.between(-.05, .05), c.between(.1, .3), c.between(.35, .7))
		n := c.noise
		c.background(func(x, y float32) rgb {
			v := n.fbm(x*.012+2*n.at(x*.02, y*.02), y*.012, 4)
			vein := clamp(1 - float32(math.Abs(float64(v-.5)))*22)
			return a.mix(b, v).scale(1 - .2*vein)
		})
	default:
		a := hsv(hue, c.between(.1, .45), c.between(.4, .8))
		n := c.noise
		c.background(func(x, y float32) rgb {
			weave := float32(math.Sin(float64(x)*1.9)*math.Sin(float64(y)*1.9)) * .06
			return a.scale(.9 + weave + .25*(n.fbm(x*.01, y*.01, 3)-.5))
		})
	}
	c.soft(poly(-50, -50, 300, -50, 100, 300, -50, 420), 60, flat(rgb{1, .93, .8}), .22)
	c.soft(rect(-60, 560, Width+60, Height+60), 60, flat(rgb{.1, .08, .07}), .25)
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
			c.serve(func() {
				rx, ry := c.bowl(x, y, c.between(36, 52), .7, 12, c.pick(0xe8e2d6, 0x3a3f45, 0x6d7f6a))
				c.fill(ellipse(x, y, rx, ry), rough(flat(c.pick(0x7d9a4a, 0xd8c9a0, 0x9c3f2a, 0x3a2418)), c.noise, 6, .5))
				c.scatter(14, x, y, rx*.7, ry*.7, 5, 0xdfe6b0, 0x8fb04a, 0xc0502f)
			})
		default:
			c.chopsticks(c.between(300, 350), c.between(560, 640), 260, c.between(-.3, .2))
		}
	}
}

// dish is any of the dishes, at (cx, cy), half as wide as r.
func (c *canvas) dish(cx, cy, r float64) {
	c.serve(func() {
		switch c.one(5) {
		case 0:
			c.ramen(cx, cy, r)
		case 1:
			c.sushi(cx, cy, r)
		case 2:
			c.cakes(cx, cy, r)
		case 3:
			c.riceBowl(cx, cy, r)
		default:
			c.steak(cx, cy, r)
		}
	})
}

// sushi is a board of nigiri.
func (c *canvas) sushi(cx, cy, r float64) {
	w, h := r*1.12, r*.72
	board := plate(cx-w, cy-h, cx+w, cy+h, 16)
	col := c.pick(0x5a5450, 0xb98f62, 0xd8d2c6, 0x4a4e50)
	c.shadow(board, 7, 12, 12, .6)
	c.fill(plate(cx-w, cy-h+r*.08, cx+w, cy+h+r*.08, 16), flat(col.scale(.6)))
	c.fill(board, rough(gradient(cx-w, cy-h, cx+w, cy+h, col.scale(1.1), col.scale(.8)), c.noise, 14, .2))
	toppings := []uint32{0xe8734a, 0xc23b3f, 0xf0d9cc, 0xf2b45a, 0xd9807a, 0xeee6da}
	for row := range 3 {
		for i := range 4 {
			x := cx - w*.70 + float64(i)*w*.47
			y := cy - h*.62 + float64(row)*h*.60
			a := -.35
			rice := ellipse(x, y+r*.05, r*.155, r*.085).turned(x, y, a)
			c.shadow(rice, 3, 5, 4, .5)
			c.fill(rice, rough(ball(x, y, r*.22, rgb{.95, .94, .9}, .35), c.noise, 3, .25))
			k := hex(toppings[c.one(len(toppings))])
			top := smooth(x-r*.19, y+r*.01, x-r*.10, y-r*.085, x+r*.08, y-r*.09, x+r*.19, y-r*.01, x+r*.10, y+r*.055, x-r*.08, y+r*.06).turned(x, y, a)
			stripes, n := c.between(.2, .5), c.noise
			c.fill(top, func(px, py float32) rgb {
				s := float32(math.Sin(float64(px)*.5+float64(py)*.25+2*float64(n.at(px*.1, py*.1)))) * float32(stripes) * .3
				d := (py - float32(y)) / float32(r) * 3
				return k.mix(rgb{1, .95, .9}, clamp(s)).scale(1.02 - .5*d*d - .25*d)
			})
			c.glaze(ellipse(x-r*.03, y-r*.05, r*.09, r*.016).turned(x, y, a), flat(rgb{1, 1, 1}), .4)
		}
	}
	x, y := cx+w*.78, cy+h*.72
	c.fill(ellipse(x, y, r*.12, r*.09), rough(ball(x, y, r*.14, hex(0x9ab45a), .5), c.noise, 3, .5))
	for range 9 { // ginger
		px, py := c.in(x-r*.3, y, r*.14, r*.07)
		c.fill(ellipse(px, py, r*.09, r*.04).turned(px, py, c.between(-1, 1)), ball(px, py, r*.12, hex(0xf0bfae), .4))
	}
}

// cakes is a plate of sweets: pancakes with cream and berries, or a parfait.
func (c *canvas) cakes(cx, cy, r float64) {
	cream := rgb{.97, .94, .88}
	berry := func(x, y, s float64) {
		k := c.pick(0xc9283a, 0xb01f4a, 0x4a3a7a, 0xd84a3a)
		c.shadow(disc(x, y, s), 2, 3, 3, .4)
		c.fill(disc(x, y, s), ball(x, y, s*1.2, k, .8))
		c.glaze(disc(x-s*.3, y-s*.35, s*.2), flat(rgb{1, 1, 1}), .6)
	}
	if c.one(2) == 0 {
		// A parfait glass: layers, ice cream, fruit.
		w, h := r*.52, r*1.25
		layers := []rgb{c.pick(0xd9b070, 0xc98a5a), cream, c.pick(0xd8566a, 0x9aba5a, 0xe8b04a), cream.scale(.95), c.pick(0x7a4a30, 0xb06a3a, 0xd8566a)}
		c.shadow(ellipse(cx, cy+h*.9, w*.8, w*.22), 8, 6, 9, .6)
		c.fill(poly(cx-w*.12, cy+h*.45, cx+w*.12, cy+h*.45, cx+w*.10, cy+h*.85, cx-w*.10, cy+h*.85), gradient(cx-w*.1, 0, cx+w*.1, 0, rgb{.9, .92, .95}, rgb{.6, .64, .7}))
		c.fill(ellipse(cx, cy+h*.87, w*.62, w*.15), gradient(cx-w*.5, 0, cx+w*.5, 0, rgb{.9, .92, .95}, rgb{.6, .64, .7}))
		for i, k := range layers {
			t, u := float64(i)/5, float64(i+1)/5
			wa, wb := w*(1-.55*t*t), w*(1-.55*u*u)
			y0, y1 := cy-h*.35+t*h*.85, cy-h*.35+u*h*.85
			c.fill(poly(cx-wa, y0, cx+wa, y0, cx+wb, y1, cx-wb, y1), rough(gradient(cx-w, 0, cx+w, 0, k.scale(1.06), k.scale(.75)), c.noise, 9, .25))
			c.fill(ellipse(cx, y0, wa, wa*.16), rough(flat(k.scale(1.03)), c.noise, 7, .2))
		}
		c.glaze(limb(cx-w*.75, cy-h*.25, 4, cx-w*.5, cy+h*.3, 3), flat(rgb{1, 1, 1}), .4)
		for range 3 {
			x, y := cx+c.between(-.45, .45)*w, cy-h*c.between(.42, .6)
			k := c.pick(0xf4e8cc, 0xe8b8b0, 0xb8c48a, 0x8a5a40)
			c.fill(disc(x, y, w*.40), rough(ball(x, y, w*.5, k, .6), c.noise, 5, .3))
		}
		for range 5 {
			berry(cx+c.between(-.7, .7)*w, cy-h*c.between(.35, .62), r*c.between(.06, .09))
		}
		return
	}
	rx, ry := c.bowl(cx, cy+r*.3, r*1.05, .5, 8, c.pick(0xe8e4dc, 0xc8d0d4, 0x4a4a52))
	_ = rx
	for i := range 3 + c.one(2) {
		y := cy + r*.25 - float64(i)*r*.15
		edge := hex(0xd9a863)
		c.fill(append(ellipse(cx, y+r*.10, r*.62, ry*.62), rect(cx-r*.62, y, cx+r*.62, y+r*.10)...), rough(gradient(cx-r*.6, 0, cx+r*.6, 0, rgb{.95, .84, .6}, rgb{.76, .6, .36}), c.noise, 8, .2))
		c.fill(ellipse(cx, y, r*.62, ry*.62), rough(ball(cx, y, r*.8, edge.mix(hex(0xa8683a), .5), .4), c.noise, 16, .3))
	}
	y := cy + r*.25 - 3*r*.15
	for range 7 {
		px, py := c.in(cx, y, r*.3, ry*.28)
		c.fill(disc(px, py, r*.13), ball(px, py, r*.17, cream, .3))
	}
	for range 6 {
		px, py := c.in(cx, y-r*.06, r*.42, ry*.4)
		berry(px, py, r*c.between(.055, .09))
	}
	for range 5 { // syrup
		x := cx + c.between(-.5, .5)*r
		c.glaze(limb(x, y, r*.035, x+c.between(-6, 6), y+r*c.between(.25, .6), r*.025), flat(hex(0x9a4a1a)), .75)
	}
}

// riceBowl is a bowl of rice with fish, egg or meat on it.
func (c *canvas) riceBowl(cx, cy, r float64) {
	f := c.between(.66, .8)
	rx, ry := c.bowl(cx, cy, r, f, r*.32, c.pick(0x8a2f26, 0x3a4a5c, 0xd8d2c4, 0x6a4a38, 0x4a5a48))
	c.fill(ellipse(cx, cy+r*.02, rx, ry), rough(flat(rgb{.93, .91, .85}), c.noise, 3, .35))
	for range 90 {
		x, y := c.in(cx, cy, rx*.94, ry*.94)
		c.fill(ellipse(x, y, r*.022, r*.012).turned(x, y, c.between(0, 3)), flat(rgb{.97, .95, .9}.scale(float32(c.between(.85, 1)))))
	}
	kinds := []uint32{0xe8734a, 0xc23b3f, 0xf0b49a, 0xe8a84a}
	for i := range 14 {
		a := float64(i) / 14 * 2 * math.Pi
		d := .58
		if i%2 == 0 {
			d = .34
		}
		x, y := cx+math.Cos(a)*rx*d, cy+math.Sin(a)*ry*d
		k := hex(kinds[(i/3+c.one(2))%len(kinds)])
		p := smooth(x-r*.2, y, x-r*.06, y-r*.11, x+r*.15, y-r*.07, x+r*.2, y+r*.04, x, y+r*.10).turned(x, y, a+c.between(-.4, .4))
		c.shadow(p, 2, 4, 4, .45)
		n := c.noise
		c.fill(p, func(px, py float32) rgb {
			s := float32(math.Sin(float64(px)*.35 + float64(py)*.3 + 3*float64(n.at(px*.08, py*.08))))
			return k.mix(rgb{1, .92, .86}, clamp(s*.35)).scale(.8 + .4*n.fbm(px*.06, py*.06, 2))
		})
	}
	c.fill(disc(cx, cy-r*.02, r*.15), ball(cx, cy, r*.18, hex(0xf0a01f), .6))
	c.glaze(ellipse(cx-r*.05, cy-r*.07, r*.04, r*.025), flat(rgb{1, 1, 1}), .6)
	c.scatter(40, cx, cy, rx*.7, ry*.7, r*.022, 0x7fae3f, 0x9cc65a, 0x5d8f2f)
	for range 3 {
		x, y := c.in(cx+rx*.45, cy-ry*.5, rx*.15, ry*.15)
		c.fill(smooth(x-r*.12, y, x, y-r*.17, x+r*.13, y-r*.02, x, y+r*.08), rough(ball(x, y, r*.2, hex(0x5f9a4a), .5), c.noise, 4, .4))
	}
}

// steak is a hot plate with meat, vegetables and sauce.
func (c *canvas) steak(cx, cy, r float64) {
	f := .66
	c.shadow(ellipse(cx, cy, r*1.12, r*f*1.12), 8, 14, 14, .6)
	c.fill(ellipse(cx, cy+r*.05, r*1.14, r*f*1.12), rough(gradient(cx-r, 0, cx+r, 0, hex(0x9a6e48), hex(0x6a4a30)), c.noise, 8, .3))
	c.fill(ellipse(cx, cy, r, r*f), rough(ball(cx, cy, r*1.3, rgb{.36, .35, .35}, .5), c.noise, 6, .3))
	n := c.noise
	meat := smooth(cx-r*.62, cy+r*.02, cx-r*.45, cy-r*.28, cx-r*.05, cy-r*.33, cx+r*.42, cy-r*.25, cx+r*.50, cy+r*.05, cx+r*.18, cy+r*.22, cx-r*.32, cy+r*.24)
	c.shadow(meat, 3, 7, 6, .6)
	c.fill(meat.moved(0, r*.06), flat(hex(0x5a3020)))
	c.fill(meat, func(x, y float32) rgb {
		v := n.fbm(x*.05, y*.07, 4)
		bar := clamp(float32(math.Sin(float64(x*.16+y*.13)))*2 - 1.1)
		return hex(0x9a5a38).mix(hex(0x5a3020), clamp((v-.4)*2.4)).scale(1 - .35*bar)
	})
	c.glaze(ellipse(cx-r*.2, cy-r*.16, r*.25, r*.05).turned(cx, cy, -.1), flat(rgb{1, .9, .8}), .35)
	for i := range 6 {
		x, y := cx-r*.6+float64(i)*r*.24, cy+r*c.between(.34, .46)
		switch c.one(3) {
		case 0:
			c.fill(plate(x-r*.13, y-r*.05, x+r*.13, y+r*.05, r*.05).turned(x, y, c.between(-.6, .6)), ball(x, y, r*.16, hex(0xe8843a), .5))
		case 1:
			for range 9 {
				px, py := c.in(x, y, r*.10, r*.07)
				c.fill(disc(px, py, r*.045), ball(px, py, r*.06, hex(0x5f9440).scale(float32(c.between(.8, 1.2))), .6))
			}
		default:
			c.fill(plate(x-r*.14, y-r*.035, x+r*.14, y+r*.035, 3).turned(x, y, c.between(-.8, .8)), ball(x, y, r*.18, hex(0xe8c474), .4))
		}
	}
	c.fill(ellipse(cx+r*.05, cy-r*.2, r*.10, r*.065), ball(cx, cy-r*.2, r*.12, hex(0xf6e8a8), .4))
	c.steam(cx, cy-r*.3, r)
}

// plated is a drawing function for one dish on a laid table.
func plated(dish func(c *canvas, cx, cy, r float64), lo, hi float64) func(*canvas, int) []Face {
	return func(c *canvas, _ int) []Face {
		c.table()
		c.sides()
		c.weight = 1
		c.serve(func() { dish(c, c.between(175, 210), c.between(335, 400), c.between(lo, hi)) })
		c.weight = 0
		return nil
	}
}

// counter is a table's front edge with dishes on it, from y downwards.
func (c *canvas) counter(y float64) {
	wood := c.pick(0xb78a5c, 0x8b6544, 0x9c7450)
	c.shadow(rect(-20, y-6, Width+20, y+20), 0, -4, 10, .5)
	c.planks(y, Height, Width/2, y-260, 9, wood, wood.scale(.8))
	c.fill(rect(0, y, Width, y+7), gradient(0, y, 0, y+7, wood.scale(1.25), wood.scale(.8)))
	c.weight = 1
	c.dish(c.between(150, 210), y+(Height-y)*.52, c.between(88, 105))
	c.weight = 0
	if c.one(2) == 0 {
		c.glass(c.between(40, 70), y+70, 46, 90)
	}
	if c.one(2) == 0 {
		c.glass(c.between(300, 330), y+60, 46, 90)
	}
}

// eatery is the inside of a restaurant: wooden wall, shelves, lamps out of focus.
func (c *canvas) eatery() {
	hue := c.ambient(.7)
	a, b := hsv(hue, .35, .55), hsv(hue, .4, .36)
	c.background(rough(gradient(0, 0, 0, Height, a, b), c.noise, 60, .3))
	for i := range 3 {
		y := 120 + float64(i)*95
		c.fill(rect(0, y, Width, y+9), gradient(0, y, 0, y+9, a.scale(1.3), b))
		for x := 6.0; x < Width; x += c.between(16, 34) {
			w, h := c.between(9, 18), c.between(28, 60)
			k := hsv(hue+c.between(-.12, .12), c.between(.2, .5), c.between(.35, .8))
			c.fill(plate(x, y-h, x+w, y, 4), gradient(x, 0, x+w, 0, k.scale(1.2), k.scale(.6)))
		}
	}
	c.blurAll(3)
	for range 3 {
		x, y := c.between(20, Width-20), c.between(20, 110)
		c.fill(limb(x, -5, 1.2, x, y, 1.2), flat(b.scale(.6)))
		c.fill(ellipse(x, y+8, 22, 14), ball(x, y, 30, hex(0xf4d9a0), .3))
		c.glow(x, y+10, 110, rgb{1, .85, .6}, .6)
	}
}

// diner is guests behind a table with dishes.
func (c *canvas) diner(faces int) []Face {
	c.eatery()
	boxes := c.guests(faces, 690)
	c.counter(c.between(500, 540))
	return boxes
}

// guests sit side by side; y is where their feet would be.
func (c *canvas) guests(faces int, y float64) []Face {
	c.weight = 1
	defer func() { c.weight = 0 }()
	var out []Face
	for i := range faces {
		x := 180 + (float64(i)-float64(faces-1)/2)*165 + c.between(-8, 8)
		if b := c.figure(x, y+c.between(-10, 10), c.between(400, 450), c.swing(standing[c.one(len(standing))], .05), c.dress(), false); b.W > 0 {
			out = append(out, b)
		}
	}
	return out
}

// stall is a food stall in a street or a landscape: a counter with a striped roof.
func (c *canvas) stall(int) []Face {
	l := c.light()
	if c.one(2) == 0 {
		c.sky(l, 370)
		c.lane(l, c.between(300, 340))
	} else {
		c.peaks(l, c.between(330, 380))
	}
	x0, x1, y := 40.0, 345.0, c.between(300, 330)
	k := hsv(c.ambient(.6), .5, .65)
	for _, x := range []float64{x0 + 12, x1 - 12} {
		c.fill(rect(x-5, y, x+5, 640), gradient(x-5, 0, x+5, 0, hex(0x9a7a5a), hex(0x6a5038)))
	}
	c.fill(rect(x0, y+90, x1, 560), gradient(0, y, 0, 560, rgb{.45, .36, .28}, rgb{.6, .46, .32}))
	for i := range 10 {
		a, b := x0-14+float64(i)*(x1-x0+28)/10, x0-14+float64(i+1)*(x1-x0+28)/10
		col := k
		if i%2 == 1 {
			col = rgb{.9, .87, .8}
		}
		c.fill(append(poly(a+8, y, b+8-16*float64(i+1)/10, y, b, y+70, a, y+70), ellipse((a+b)/2, y+70, (b-a)/2, 12)...), rough(gradient(0, y, 0, y+80, col.scale(.8), col), c.noise, 10, .2))
	}
	for i := range 5 {
		x := x0 + 30 + float64(i)*61
		c.glow(x, y+105, 60, rgb{1, .7, .4}, .6)
		c.fill(ellipse(x, y+105, 13, 18), ball(x, y+105, 22, hex(0xe0603a), .4))
	}
	c.counter(y + 225)
	return nil
}

// shopfront is the street before the restaurant.
func (c *canvas) shopfront(int) []Face {
	l := c.light()
	y := c.between(320, 360)
	c.sky(l, y+20)
	c.lane(l, y)
	return nil
}

// grill is a charcoal grill with meat, tongs, plates of raw meat.
func (c *canvas) grill(cx, cy, r float64) {
	f := .82
	c.shadow(ellipse(cx, cy, r*1.1, r*f*1.1), 8, 14, 16, .6)
	c.fill(ellipse(cx, cy, r*1.12, r*f*1.12), rough(gradient(cx-r, cy-r, cx+r, cy+r, rgb{.5, .48, .47}, rgb{.16, .15, .15}), c.noise, 8, .2))
	c.fill(ellipse(cx, cy, r, r*f), func(x, y float32) rgb {
		v := c.noise.fbm(x*.05, y*.05, 4)
		return rgb{.25, .22, .21}.mix(rgb{1, .42, .08}, clamp((v-.52)*5)).scale(.6 + .8*v)
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
		c.serve(func() {
			rx, ry := c.bowl(x, y, 75, .6, 8, c.pick(0xe9e6df, 0x22242a))
			for k := range 5 {
				c.slice(x-rx*.5+float64(k)*rx*.26, y+ry*c.between(-.3, .3), 19, true)
			}
		})
	}
}
