package standin

import "math"

// sky fills down to y with day, dusk or night, and clouds.
func (c *canvas) sky(y float64) {
	tops := []uint32{0x3f7fc4, 0x6aa6dc, 0x2b4f86, 0xe79a6a, 0x1a2140, 0x8aa8c0}
	ends := []uint32{0xcfe3f2, 0xf1ead9, 0xf0b27a, 0xf7dcae, 0x5a4a6e, 0xe3e7e6}
	i := c.one(len(tops))
	a, b := hex(tops[i]), hex(ends[i])
	n := c.noise
	ox, cover := float32(c.between(0, 50)), float32(c.between(.42, .62))
	c.area(0, 0, Width, y, func(px, py float32) rgb {
		t := py / float32(y)
		col := a.mix(b, t*t*.4+t*.6)
		v := n.fbm(px*.008+ox, py*.02, 5)
		return col.mix(rgb{1, .98, .95}.mix(b, .3), clamp((v-cover)*4)*.75)
	})
}

// ridge is a mountain chain: noise as a skyline, texture as forest or rock.
func (c *canvas) ridge(base, height, size float64, col rgb, snow bool) {
	n := c.noise
	ox := float32(c.between(0, 60))
	top := make([]float32, Width)
	for x := range top {
		top[x] = float32(base) - float32(height)*n.fbm(float32(x)/float32(size)+ox, ox, 5)
	}
	for x := range Width {
		for y := max(0, int(top[x])); y < min(Height, int(base)+1); y++ {
			fx, fy := float32(x), float32(y)
			d := (fy - top[x]) / float32(height)
			v := n.fbm(fx*.06+ox, fy*.09, 4)
			k := col.scale(.72 + .6*v - .15*d)
			if snow && d < .28*(.6+v) {
				k = k.mix(rgb{.95, .97, 1}, clamp(1.2-4*d/(.6+v)))
			}
			c.put(x, y, k.mix(rgb{.75, .82, .9}, .12*d), min(1, fy-top[x]+.3))
		}
	}
}

// cone is a volcano with a snow cap.
func (c *canvas) cone(cx, base, h, w float64, col rgb) {
	var v []float64
	top := h * .93
	for i := -20; i <= 20; i++ {
		t := float64(i) / 20
		y := top * math.Pow(1-math.Abs(t), 1.6)
		v = append(v, cx+t*w, base-min(y, top*.97))
	}
	v = append(v, cx+w, base+5, cx-w, base+5)
	n := c.noise
	c.fill(poly(v...), func(x, y float32) rgb {
		d := (y - float32(base-top)) / float32(h)
		streak := n.fbm((x-float32(cx))/(d+.12)*.03+30, d*5, 4)
		k := col.scale(.75 + .5*streak)
		return k.mix(rgb{.96, .97, 1}, clamp((.34+.3*(streak-.5)*2-d)*9)).scale(1 - .12*clamp((x-float32(cx))/float32(w)*2))
	})
}

// water mirrors what is above y: a darker, rippled copy.
func (c *canvas) water(y0 float64, tint rgb, mirror float32) {
	n := c.noise
	for y := int(y0); y < Height; y++ {
		d := float32(y) - float32(y0)
		for x := range Width {
			r := n.fbm(float32(x)*.03, d*.25, 3) - .5
			sy := int(y0) - 1 - int(d*.9+r*14)
			sx := min(max(x+int(r*10), 0), Width-1)
			sy = min(max(sy, 0), int(y0)-1)
			p := c.pix[3*(sy*Width+sx):]
			k := rgb{p[0], p[1], p[2]}.scale(.85).mix(tint.scale(.8+.6*(r+.2)), 1-mirror)
			c.put(x, y, k.scale(1+.35*r), 1)
		}
	}
}

// tree is a crown of leaves on a trunk.
func (c *canvas) tree(x, y, h float64, leaf rgb) {
	c.fill(limb(x, y, h*.03, x+h*.02, y-h*.5, h*.02), rough(flat(rgb{.25, .17, .12}), c.noise, 4, .5))
	for range 26 {
		px, py := c.in(x, y-h*.65, h*.34, h*.32)
		r := h * c.between(.06, .13)
		c.fill(ellipse(px, py, r, r*.8), rough(ball(px, py, r*1.2, leaf.scale(float32(c.between(.7, 1.2))), .6), c.noise, 4, .5))
	}
}

// mountain is a volcano or a chain above a lake or fields.
func (c *canvas) mountain(faces int) []Box {
	y := c.between(380, 450)
	c.sky(y + 10)
	c.weight = .5
	if c.one(3) > 0 {
		c.cone(c.between(140, 260), y, c.between(190, 270), c.between(230, 320), c.pick(0x5a6f93, 0x4b5a7a, 0x6b6a80))
	} else {
		c.ridge(y, c.between(220, 320), 110, c.pick(0x6b7f99, 0x5f6f80), true)
	}
	c.weight = 0
	c.ridge(y+6, 70, 60, c.pick(0x3d5a45, 0x51694a, 0x7a5a3a, 0x2f4a42), false)
	if c.one(2) == 0 {
		c.water(y+6, c.pick(0x3a6a8c, 0x4f7f8a), .75)
	} else {
		c.field(y + 6)
	}
	if c.one(2) == 0 {
		c.branches(c.pick(0xf2b8c8, 0xd9542e, 0x7fae4a))
	}
	return c.visitors(faces)
}

// field is a meadow with flowers in perspective.
func (c *canvas) field(y0 float64) {
	a, b := c.pick(0x6f9a45, 0x86a653, 0xa8a052), c.pick(0x3f6a30, 0x57702f)
	n := c.noise
	c.area(0, y0, Width, Height, func(x, y float32) rgb {
		d := (y - float32(y0)) / float32(Height-y0)
		s := 1 / (d + .12)
		v := n.fbm(x*.05*s, y*.12*s, 4)
		return a.mix(b, v).scale(.7 + .6*n.fbm(x*.3*s, y*.5*s, 2))
	})
	flower := c.pick(0xe05a7a, 0xf4d03f, 0xf3f0ea, 0x8a5fc0, 0xe86a3a)
	for range 260 {
		t := c.rng.Float64()
		y := y0 + (Height-y0)*t*t
		r := .8 + 4.5*t*t
		x := c.between(0, Width)
		c.fill(ellipse(x, y, r, r*.7), ball(x, y, r*1.4, flower, .6))
	}
}

// branches of blossom or maple hang into the picture from above.
func (c *canvas) branches(col rgb) {
	for range 2 {
		x, y := c.between(-20, Width+20), -5.0
		a := c.between(.2, 1.2)
		if x > Width/2 {
			a = -a
		}
		for range 6 {
			nx, ny := x+math.Sin(a)*40, y+math.Cos(a)*26
			c.fill(limb(x, y, 4, nx, ny, 3), rough(flat(rgb{.22, .15, .12}), c.noise, 4, .5))
			for range 22 {
				px, py := c.in(nx, ny, 42, 30)
				r := c.between(3, 7)
				c.fill(ellipse(px, py, r, r*.8), ball(px, py, r*1.2, col.scale(float32(c.between(.75, 1.15))), .5))
			}
			x, y = nx, ny
			a += c.between(-.3, .3)
		}
	}
}

// sea is a beach with breakers.
func (c *canvas) sea(faces int) []Box {
	y := c.between(250, 330)
	c.sky(y + 2)
	if c.one(2) == 0 {
		c.ridge(y+2, 60, 90, c.pick(0x4a6a6a, 0x5f7a86, 0x3d5a45), false)
	}
	deep, shallow := c.pick(0x1f6f9c, 0x2a86a8, 0x1c5a86), c.pick(0x6fc7c4, 0x8fd4c4, 0x5fb0b8)
	shore := c.between(470, 560)
	n := c.noise
	c.weight = .5
	c.area(0, y, Width, Height, func(px, py float32) rgb {
		d := (py - float32(y)) / float32(shore-y)
		s := 1 / (d*.9 + .1)
		v := n.fbm(px*.012*s, py*.10*s, 4)
		k := deep.mix(shallow, clamp(d)).scale(.8 + .4*v)
		return k.mix(rgb{1, 1, 1}, clamp((v-.66+.1*d)*8)*.8)
	})
	c.weight = 0
	sand := c.pick(0xe3cfa4, 0xd8c096, 0xece0c4)
	ox := float32(c.between(0, 40))
	for x := range Width {
		edge := float32(shore) + 38*(n.fbm(float32(x)*.012+ox, 3, 3)-.5) + float32(x-200)*.08
		for yy := max(0, int(edge)); yy < Height; yy++ {
			d := float32(yy) - edge
			v := n.fbm(float32(x)*.25, float32(yy)*.25, 3)
			k := sand.scale(.8 + .35*v)
			k = k.mix(rgb{1, 1, 1}, clamp(1-d/16)*.9).scale(1 - .25*clamp(1-float32(math.Abs(float64(d-30)))/26))
			c.put(x, yy, k, 1)
		}
	}
	if c.one(2) == 0 {
		x := c.between(20, 100)
		c.palm(x, c.between(600, 680), c.between(300, 420))
	}
	return c.visitors(faces)
}

// palm is a palm tree with feathered leaves.
func (c *canvas) palm(x, y, h float64) {
	tx, ty := x+h*.18, y-h
	for i := range 14 {
		t, u := float64(i)/14, float64(i+1)/14
		c.fill(limb(x+(tx-x)*t*t, y-h*t, 9-4*t, x+(tx-x)*u*u, y-h*u, 9-4*u), rough(gradient(x+(tx-x)*t*t-8, 0, x+(tx-x)*t*t+8, 0, hex(0x9a7a56), hex(0x5a4230)), c.noise, 5, .5))
	}
	for range 9 {
		a := c.between(-2.8, 2.8)
		px, py := tx, ty
		for i := range 9 {
			nx, ny := px+math.Sin(a)*h*.045, py-math.Cos(a)*h*.045
			col := hex(0x3f7a35).scale(float32(c.between(.6, 1.2)))
			w := h * .07 * math.Sin(float64(i+1)/10*math.Pi)
			c.fill(poly(px, py, nx, ny, nx+w*.3, ny+w*1.6), flat(col))
			c.fill(poly(px, py, nx, ny, nx-w*.3, ny+w*1.3), flat(col.scale(.8)))
			px, py = nx, ny
			a += math.Copysign(.16, a)
		}
	}
}

// torii is a shrine gate at (x, y) of the given height.
func (c *canvas) gate(x, y, h float64, col rgb) {
	w := h * .45
	sh := func(x0, x1 float64) shader {
		return rough(gradient(x0, 0, x1, 0, col.scale(1.15), col.scale(.6)), c.noise, 7, .2)
	}
	for _, s := range []float64{-1, 1} {
		px := x + s*w*.72
		c.fill(limb(px+s*h*.02, y, h*.045, px, y-h*.9, h*.036), sh(px-h*.05, px+h*.05))
		c.fill(rect(px-h*.06+s*h*.02, y-h*.06, px+h*.06+s*h*.02, y), flat(rgb{.13, .12, .12}))
	}
	c.fill(rect(x-w*.98, y-h*.72, x+w*.98, y-h*.65), sh(x-w, x+w))
	c.fill(rect(x-h*.03, y-h*.86, x+h*.03, y-h*.70), sh(x-w*.2, x+w*.2))
	c.fill(smooth(x-w*1.25, y-h*1.02, x-w*.6, y-h*.935, x, y-h*.92, x+w*.6, y-h*.935, x+w*1.25, y-h*1.02, x+w*1.22, y-h*.91, x+w*.6, y-h*.845, x, y-h*.835, x-w*.6, y-h*.845, x-w*1.22, y-h*.91), sh(x-w*1.2, x+w*1.2))
	c.fill(smooth(x-w*1.29, y-h*1.07, x-w*.6, y-h*.975, x, y-h*.955, x+w*.6, y-h*.975, x+w*1.29, y-h*1.07, x+w*1.26, y-h*1.0, x, y-h*.92, x-w*1.26, y-h*1.0), flat(rgb{.14, .13, .14}))
}

// shrine is a torii in the sea or a tunnel of them in a forest.
func (c *canvas) shrine(faces int) []Box {
	red := c.pick(0xd0402a, 0xc2391f, 0xb5472f)
	if c.one(2) == 0 {
		y := c.between(400, 450)
		c.sky(y)
		c.ridge(y, 110, 100, c.pick(0x4a6a6a, 0x5a6f86, 0x3d5a45), false)
		c.water(y, c.pick(0x5a86a0, 0x6f8a98), .6)
		c.weight = 1
		c.gate(c.between(170, 235), y+c.between(60, 100), c.between(230, 290), red)
		c.weight = 0
		return c.visitors(faces)
	}
	n := c.noise
	a, b := hex(0x2f4a2a), hex(0x7f9a4a)
	c.background(func(x, y float32) rgb {
		v := n.fbm(x*.03, y*.03, 5)
		return a.mix(b, clamp((v-.3)*2)).scale(.5 + .9*n.fbm(x*.15, y*.15, 3))
	})
	c.glow(200, 250, 220, rgb{1, .97, .8}, .6)
	c.fill(poly(150, 330, 250, 330, 480, Height, -80, Height), rough(gradient(0, 330, 0, Height, rgb{.5, .47, .43}, rgb{.36, .33, .31}), c.noise, 7, .4))
	c.weight = 1
	for i := range 8 {
		t := math.Pow(1.33, float64(i))
		c.gate(200+c.between(-3, 3), 340+t*38, t*70, red.scale(float32(.75+.03*float64(i))))
	}
	c.weight = 0
	return c.visitors(faces)
}

// visitors are people who pose before the sight: half-length where there are few,
// in two rows where there are many.
func (c *canvas) visitors(faces int) []Box {
	if faces == 0 {
		return nil
	}
	c.weight = 1
	defer func() { c.weight = 0 }()
	var out []Box
	row := func(n int, y, h float64) {
		gap := 340 / float64(n)
		for i := range n {
			x := 190 + (float64(i)-float64(n-1)/2)*gap + c.between(-4, 4)
			l := c.dress()
			if b := c.figure(x, y+c.between(-6, 6), h*c.between(.97, 1.03), c.swing(standing[c.one(len(standing))], .04), l, false); b.Size > 0 {
				out = append(out, b)
			}
		}
	}
	switch {
	case faces == 1:
		row(1, c.between(690, 760), c.between(360, 470))
	case faces <= 3:
		row(faces, c.between(690, 740), c.between(330, 400))
	default:
		row(faces-faces/2, 690, 330)
		row(faces/2, 760, 330)
	}
	return out
}
