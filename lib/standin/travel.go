package standin

import "math"

// light is the palette of a landscape: season and time of day.
type light struct {
	hue                          float64 // mean hue that it gives, about
	top, low                     uint32  // sky
	far, near, leaf, water, sand uint32
	night                        bool
}

var lights = []light{
	{hue: .08, top: 0xc98a68, low: 0xf3cf9e, far: 0x8a6558, near: 0x6d4a35, leaf: 0xc9612e, water: 0xb98a66, sand: 0xd9b386},
	{hue: .12, top: 0xd0a878, low: 0xf0dfb4, far: 0x94806a, near: 0x7d6a3a, leaf: 0xd0963a, water: 0xa8946a, sand: 0xdcc592},
	{hue: .20, top: 0xc9cfae, low: 0xefe9cc, far: 0x8d9668, near: 0x6d8040, leaf: 0x9aab46, water: 0x98a474, sand: 0xdccf9a},
	{hue: .28, top: 0xb4d2b4, low: 0xe6efd8, far: 0x6d9270, near: 0x4f8042, leaf: 0x6fae4a, water: 0x74a67e, sand: 0xd0cf9e},
	{hue: .36, top: 0x8fc0c4, low: 0xe4efdf, far: 0x5e8c80, near: 0x4a7d46, leaf: 0x68a24e, water: 0x58a08c, sand: 0xdcd2a8},
	{hue: .44, top: 0x6aa8d4, low: 0xdcebea, far: 0x5d8494, near: 0x44764c, leaf: 0x5f9650, water: 0x3f8f9c, sand: 0xe0d2ac},
	{hue: .52, top: 0x3f86c8, low: 0xcfe3f0, far: 0x5a7f9c, near: 0x3c6c60, leaf: 0x4f8a62, water: 0x2a80a8, sand: 0xd4ccb4},
	{hue: .60, top: 0x2f6ab8, low: 0xbfd2ec, far: 0x5f7aa4, near: 0x3d5a78, leaf: 0x5a7a98, water: 0x2a62a0, sand: 0xb4b8c8},
	{hue: .66, top: 0x1c2450, low: 0x5c5f96, far: 0x3c4474, near: 0x262c4e, leaf: 0x4a4f82, water: 0x2a3468, sand: 0x6a6c94, night: true},
	{hue: .78, top: 0x5a4a86, low: 0xdab4d0, far: 0x7c6a98, near: 0x5a4a74, leaf: 0xe2a8c8, water: 0x7a6aa0, sand: 0xb8a4bc},
	{hue: .90, top: 0x8e5478, low: 0xf0bcc4, far: 0x8c6078, near: 0x6c4458, leaf: 0xf0a8bc, water: 0xa07088, sand: 0xd0a8ac},
}

// light chooses the palette that is nearest to the wanted hue.
func (c *canvas) light() light {
	want := c.want.Hue + c.between(-.03, .03)
	best := lights[0]
	for _, l := range lights {
		if math.Abs(l.hue-want) < math.Abs(best.hue-want) {
			best = l
		}
	}
	if c.want.Value < .36 {
		best.night = true
	}
	return best
}

// sky fills down to y, with clouds.
func (c *canvas) sky(l light, y float64) {
	a, b := hex(l.top), hex(l.low)
	n := c.noise
	ox, cover := float32(c.between(0, 50)), float32(c.between(.46, .66))
	cloud := b.mix(rgb{1, 1, 1}, .35)
	if l.night {
		a, b, cloud = a.scale(.5), b.scale(.6), b.scale(.75)
	}
	c.area(0, 0, Width, y, func(px, py float32) rgb {
		t := py / float32(y)
		col := a.mix(b, t*t*.4+t*.6)
		v := n.fbm(px*.007+ox, py*.018, 5)
		return col.mix(cloud.scale(1-.15*clamp(v-cover)*3), clamp((v-cover)*4)*.7)
	})
	switch {
	case l.night && c.one(2) == 0:
		x, yy := c.between(60, 340), c.between(40, 120)
		c.glow(x, yy, 90, rgb{.8, .8, .7}, .5)
		c.fill(disc(x, yy, 17), ball(x, yy, 24, b.mix(rgb{1, 1, .9}, .5), .3))
	case c.one(3) == 0:
		c.glow(c.between(40, 360), c.between(20, y*.8), c.between(120, 220), b.mix(rgb{1, .95, .8}, .5), .6)
	}
}

// ridge is a mountain chain: noise as a skyline, texture as forest or rock.
func (c *canvas) ridge(base, height, size float64, col rgb, snow bool) {
	n := c.noise
	ox := float32(c.between(0, 60))
	top := make([]float32, Width)
	for x := range top {
		top[x] = float32(base) - float32(height)*n.fbm(float32(x)/float32(size)+ox, ox, 5)
	}
	white := col.mix(rgb{1, 1, 1}, .75)
	for x := range Width {
		for y := max(0, int(top[x])); y < min(Height, int(base)+1); y++ {
			fx, fy := float32(x), float32(y)
			d := (fy - top[x]) / float32(height)
			v := n.fbm(fx*.06+ox, fy*.09, 4)
			lit := n.fbm(fx*.06+ox+.12, fy*.09+.1, 4) - v // slope towards the light
			k := col.scale(.8 + .35*v + 1.5*lit - .12*d)
			if snow {
				k = k.mix(white.scale(.85+1.2*lit), clamp((.34*(.5+v)-d)*9))
			}
			c.put(x, y, k.mix(white, .10*d), min(1, fy-top[x]+.3))
		}
	}
}

// cone is a volcano with a snow cap.
func (c *canvas) cone(cx, base, h, w float64, col rgb) {
	var v []float64
	for i := -24; i <= 24; i++ {
		t := float64(i) / 24
		y := h * math.Pow(1-math.Abs(t), 1.55)
		v = append(v, cx+t*w, base-min(y, h*.93+h*.02*math.Sin(float64(i)*2.1)))
	}
	v = append(v, cx+w, base+5, cx-w, base+5)
	n := c.noise
	white := col.mix(rgb{1, 1, 1}, .8)
	c.fill(poly(v...), func(x, y float32) rgb {
		d := (y - float32(base-h*.93)) / float32(h)
		streak := n.fbm((x-float32(cx))/(d+.12)*.03+30, d*4, 4)
		k := col.scale(.78 + .45*streak)
		snow := clamp((.30 + .5*(streak-.5) - d) * 8)
		return k.mix(white, snow).scale(1 - .16*clamp((x-float32(cx))/float32(w)*2.5))
	})
}

// lake mirrors what is above y: a darker, rippled copy.
func (c *canvas) lake(y0 float64, tint rgb, mirror float32) {
	n := c.noise
	for y := int(y0); y < Height; y++ {
		d := float32(y) - float32(y0)
		for x := range Width {
			r := n.fbm(float32(x)*.02, d*.22, 3) - .5
			sy := int(y0) - 1 - int(d*.9+r*(6+d*.08))
			sx := min(max(x+int(r*(4+d*.05)), 0), Width-1)
			sy = min(max(sy, 0), int(y0)-1)
			p := c.pix[3*(sy*Width+sx):]
			k := rgb{p[0], p[1], p[2]}.scale(.85).mix(tint.scale(.8+.6*(r+.2)), 1-mirror)
			c.put(x, y, k.scale(1+.3*r), 1)
		}
	}
}

// tree is a crown of leaves on a trunk.
func (c *canvas) tree(x, y, h float64, leaf rgb) {
	c.fill(limb(x, y, h*.035, x+h*.02, y-h*.5, h*.02), rough(flat(rgb{.28, .20, .15}), c.noise, 4, .5))
	for i := range 34 {
		px, py := c.in(x, y-h*.66, h*.36, h*.33)
		r := h * c.between(.05, .12)
		k := float32(.65 + .012*float64(i) + .25*(y-h*.4-py)/h)
		c.fill(ellipse(px, py, r, r*.8), rough(ball(px, py, r*1.2, leaf.scale(k), .6), c.noise, 3, .5))
	}
}

// meadow is a field with flowers, in perspective.
func (c *canvas) meadow(y0 float64, grass, flower rgb) {
	n := c.noise
	b := grass.scale(.62)
	c.area(0, y0, Width, Height, func(x, y float32) rgb {
		d := (y - float32(y0)) / float32(Height-y0)
		s := 1 / (d + .12)
		v := n.fbm(x*.05*s, y*.12*s, 4)
		return grass.mix(b, v).scale(.75 + .5*n.fbm(x*.3*s, y*.5*s, 2))
	})
	for range 260 {
		t := c.rng.Float64()
		y := y0 + (Height-y0)*t*t
		r := .8 + 4.5*t*t
		x := c.between(0, Width)
		c.fill(ellipse(x, y, r, r*.7), ball(x, y, r*1.4, flower.scale(float32(c.between(.75, 1))), .6))
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
			c.fill(limb(x, y, 4, nx, ny, 3), rough(flat(rgb{.28, .21, .17}), c.noise, 4, .5))
			for range 24 {
				px, py := c.in(nx, ny, 44, 30)
				r := c.between(3, 8)
				c.fill(ellipse(px, py, r, r*.8), ball(px, py, r*1.2, col.scale(float32(c.between(.7, 1.05))), .5))
			}
			x, y = nx, ny
			a += c.between(-.3, .3)
		}
	}
}

// peaks is a volcano or a chain above a lake or fields; y is the horizon.
func (c *canvas) peaks(l light, y float64) {
	c.sky(l, y+10)
	far := hex(l.far)
	if c.one(3) > 0 {
		c.cone(c.between(130, 270), y, c.between(190, 270), c.between(230, 320), far)
	} else {
		c.ridge(y, c.between(260, 360), 110, far, true)
	}
	c.ridge(y+6, 80, 60, hex(l.near), false)
	if c.one(2) == 0 {
		c.lake(y+6, hex(l.water), .7)
	} else {
		c.meadow(y+6, hex(l.near).mix(hex(l.leaf), .5), hex(l.leaf).mix(c.pick(0xf0d0d8, 0xf4e0a0, 0xe8e4f0), .6))
	}
	if c.one(3) == 0 {
		for range 2 + c.one(3) {
			c.tree(c.between(0, Width), y+c.between(60, 180), c.between(90, 190), hex(l.leaf))
		}
	}
	if c.one(2) == 0 {
		c.branches(hex(l.leaf))
	}
}

// mountain is the view of a mountain.
func (c *canvas) mountain(faces int) []Face {
	c.peaks(c.light(), c.between(380, 450))
	return c.visitors(faces)
}

// coast is a beach with breakers: horizon at y, waterline at shore.
func (c *canvas) coast(l light, y, shore float64) {
	c.sky(l, y+2)
	if c.one(2) == 0 {
		c.ridge(y+2, 70, 90, hex(l.far), false)
	}
	deep := hex(l.water)
	shallow := deep.mix(hex(l.low), .5)
	n := c.noise
	white := hex(l.low).mix(rgb{1, 1, 1}, .5)
	c.area(0, y, Width, Height, func(px, py float32) rgb {
		d := (py - float32(y)) / float32(shore-y)
		s := 1 / (d*.9 + .1)
		v := n.fbm(px*.012*s, py*.10*s, 4)
		k := deep.mix(shallow, clamp(d)).scale(.8 + .4*v)
		return k.mix(white, clamp((v-.66+.1*d)*6)*.7)
	})
	sand := hex(l.sand)
	ox := float32(c.between(0, 40))
	for x := range Width {
		edge := float32(shore) + 38*(n.fbm(float32(x)*.012+ox, 3, 3)-.5) + float32(x-200)*.08
		for yy := max(0, int(edge)); yy < Height; yy++ {
			d := float32(yy) - edge
			v := n.fbm(float32(x)*.25, float32(yy)*.25, 3)
			k := sand.scale(.8 + .3*v)
			k = k.mix(white, clamp(1-d/16)*.9).scale(1 - .25*clamp(1-float32(math.Abs(float64(d-30)))/26))
			c.put(x, yy, k, 1)
		}
	}
}

// sea is the view of a beach.
func (c *canvas) sea(faces int) []Face {
	l := c.light()
	shore := c.between(470, 560)
	c.coast(l, c.between(250, 330), shore)
	if c.one(2) == 0 {
		c.palm(c.between(20, 100), c.between(620, 690), c.between(320, 430), hex(l.leaf))
	}
	if c.one(3) == 0 { // a parasol
		x, y := c.between(200, 320), shore+c.between(70, 110)
		c.shadow(ellipse(x+20, y+10, 60, 12), 0, 0, 5, .4)
		c.fill(limb(x, y+8, 3, x-8, y-90, 3), flat(rgb{.7, .66, .6}))
		col := c.pick(0xd0503f, 0xe0a63f, 0x3f7fb0)
		for i := range 7 {
			a, b := float64(i)/7*math.Pi, float64(i+1)/7*math.Pi
			k := col
			if i%2 == 1 {
				k = rgb{.92, .9, .86}
			}
			c.fill(poly(x-8, y-126, x-8-math.Cos(a)*78, y-76+math.Sin(a)*9, x-8-math.Cos(b)*78, y-76+math.Sin(b)*9), flat(k.scale(float32(1-.06*float64(i)))))
		}
	}
	return c.visitors(faces)
}

// palm is a palm tree with feathered leaves.
func (c *canvas) palm(x, y, h float64, leaf rgb) {
	tx, ty := x+h*.18, y-h
	for i := range 14 {
		t, u := float64(i)/14, float64(i+1)/14
		c.fill(limb(x+(tx-x)*t*t, y-h*t, 9-4*t, x+(tx-x)*u*u, y-h*u, 9-4*u), rough(gradient(x+(tx-x)*t*t-8, 0, x+(tx-x)*t*t+8, 0, hex(0x9a7a56), hex(0x66503c)), c.noise, 5, .5))
	}
	for range 11 {
		a := c.between(-2.6, 2.6)
		px, py := tx, ty
		for i := range 12 {
			nx, ny := px+math.Sin(a)*h*.036, py-math.Cos(a)*h*.036
			col := leaf.scale(float32(c.between(.6, 1.05)))
			w := h * .09 * math.Sin(float64(i+1)/13*math.Pi)
			c.fill(poly(px, py, nx, ny, nx+w*.25, ny+w*1.5), flat(col))
			c.fill(poly(px, py, nx, ny, nx-w*.25, ny+w*1.3), flat(col.scale(.8)))
			px, py = nx, ny
			a += math.Copysign(.14, a)
		}
	}
}

// gate is a shrine gate whose feet are at y.
func (c *canvas) gate(x, y, h float64, col rgb) {
	w := h * .45
	sh := func(x0, x1 float64) shader {
		return rough(gradient(x0, 0, x1, 0, col.scale(1.15), col.scale(.6)), c.noise, 7, .2)
	}
	dark := col.mix(rgb{.25, .24, .25}, .85)
	for _, s := range []float64{-1, 1} {
		px := x + s*w*.72
		c.fill(limb(px+s*h*.02, y, h*.045, px, y-h*.9, h*.036), sh(px-h*.05, px+h*.05))
		c.fill(rect(px-h*.06+s*h*.02, y-h*.06, px+h*.06+s*h*.02, y), flat(dark))
	}
	c.fill(rect(x-w*.98, y-h*.72, x+w*.98, y-h*.65), sh(x-w, x+w))
	c.fill(rect(x-h*.03, y-h*.86, x+h*.03, y-h*.70), sh(x-w*.2, x+w*.2))
	c.fill(smooth(x-w*1.25, y-h*1.02, x-w*.6, y-h*.935, x, y-h*.92, x+w*.6, y-h*.935, x+w*1.25, y-h*1.02, x+w*1.22, y-h*.91, x+w*.6, y-h*.845, x, y-h*.835, x-w*.6, y-h*.845, x-w*1.22, y-h*.91), sh(x-w*1.2, x+w*1.2))
	c.fill(smooth(x-w*1.29, y-h*1.07, x-w*.6, y-h*.975, x, y-h*.955, x+w*.6, y-h*.975, x+w*1.29, y-h*1.07, x+w*1.26, y-h*1.0, x, y-h*.92, x-w*1.26, y-h*1.0), flat(dark))
}

// foliage fills everything with leaves in the light of a wood.
func (c *canvas) foliage(l light) {
	n := c.noise
	a, b := hex(l.near).scale(.7), hex(l.leaf)
	c.background(func(x, y float32) rgb {
		v := n.fbm(x*.025, y*.025, 5)
		return a.mix(b, clamp((v-.3)*2)).scale(.6 + .7*n.fbm(x*.13, y*.13, 3))
	})
	for range 8 { // trunks
		x, w := c.between(0, Width), c.between(8, 22)
		c.fill(rect(x, 0, x+w, c.between(380, 480)), rough(gradient(x, 0, x+w, 0, hex(0x7a6652), hex(0x42362c)), c.noise, 5, .5))
	}
	c.glow(200, 250, 240, hex(l.low), .6)
}

// shrine is a torii in the water or a tunnel of them in a wood.
func (c *canvas) shrine(faces int) []Face {
	l := c.light()
	red := c.pick(0xd0402a, 0xc2391f, 0xb5472f)
	c.weight = 1
	if c.one(2) == 0 {
		y := c.between(400, 450)
		c.weight = 0
		c.sky(l, y)
		c.ridge(y, 110, 100, hex(l.far), false)
		c.lake(y, hex(l.water), .6)
		c.weight = 1
		x, yy, h := c.between(170, 235), y+c.between(60, 100), c.between(230, 290)
		c.gate(x, yy, h, red)
		c.weight = 0
		c.soft(rect(x-h*.4, yy, x+h*.4, yy+h*.5), 14, flat(red.scale(.6)), .25)
		return c.visitors(faces)
	}
	c.weight = 0
	c.foliage(l)
	c.fill(poly(150, 330, 250, 330, 480, Height, -80, Height), rough(gradient(0, 330, 0, Height, rgb{.55, .52, .48}, rgb{.42, .39, .37}), c.noise, 7, .4))
	c.weight = 1
	for i := range 8 {
		t := math.Pow(1.33, float64(i))
		c.gate(200+c.between(-3, 3), 340+t*38, t*70, red.scale(float32(.75+.03*float64(i))))
	}
	c.weight = 0
	return c.visitors(faces)
}

// roof is one storey of a pagoda or a temple hall.
func (c *canvas) roof(x, y, w, h float64, tile, wall rgb) {
	c.fill(rect(x-w*.62, y, x+w*.62, y+h), rough(gradient(x-w*.6, 0, x+w*.6, 0, wall.scale(1.05), wall.scale(.7)), c.noise, 10, .2))
	for i := range 7 {
		px := x - w*.6 + float64(i)*w*.2
		c.fill(rect(px-2.5, y, px+2.5, y+h), flat(wall.scale(.55)))
	}
	c.shadow(rect(x-w*.9, y-2, x+w*.9, y+h*.25), 0, 3, 4, .6)
	c.fill(smooth(x-w*1.08, y-h*.05, x-w*.7, y-h*.22, x-w*.35, y-h*.55, x, y-h*.62, x+w*.35, y-h*.55, x+w*.7, y-h*.22, x+w*1.08, y-h*.05, x+w*.8, y+h*.10, x, y+h*.12, x-w*.8, y+h*.10),
		func(px, py float32) rgb {
			line := float32(math.Sin(float64(px-float32(x)) * .55))
			return tile.scale(.85 + .14*line + .2*c.noise.fbm(px*.2, py*.2, 2) - .1)
		})
}

// temple is a pagoda or a hall among trees.
func (c *canvas) temple(faces int) []Face {
	l := c.light()
	y := c.between(470, 520)
	c.sky(l, y)
	c.ridge(y, 130, 80, hex(l.far), false)
	c.area(0, y-4, Width, Height, rough(gradient(0, y, 0, Height, hex(l.sand), hex(l.sand).scale(.7)), c.noise, 6, .3))
	tile, wall := hex(l.far).mix(rgb{.32, .34, .36}, .7), c.pick(0xa8553c, 0xb08a68, 0x9c6a4a)
	for range 5 {
		c.tree(c.between(-20, Width+20), y+c.between(-8, 12), c.between(120, 230), hex(l.leaf))
	}
	x := c.between(150, 250)
	c.weight = 1
	if c.one(2) == 0 {
		w, h := 96.0, 62.0
		for i := range 5 {
			yy := y - h*float64(i+1) + float64(i)*4
			c.roof(x, yy, w*(1-.12*float64(i)), h, tile, wall)
		}
		c.fill(limb(x, y-h*5.4, 3, x, y-h*6.4, 1.5), flat(tile.scale(.8)))
	} else {
		c.roof(x, y-120, 175, 124, tile, wall)
	}
	c.weight = 0
	for range 3 {
		c.tree(c.between(-20, Width+20), y+c.between(30, 70), c.between(100, 170), hex(l.leaf))
	}
	c.fill(poly(x-26, y, x+26, y, x+150, Height, x-150, Height), rough(gradient(0, y, 0, Height, rgb{.68, .65, .6}, rgb{.52, .5, .47}), c.noise, 7, .3))
	if c.one(2) == 0 {
		c.branches(hex(l.leaf))
	}
	return c.visitors(faces)
}

// skyline is a city by the water, with a tower; y is the waterline.
func (c *canvas) skyline(l light, y float64) {
	hue := l.hue
	c.sky(l, y)
	c.ridge(y-20, 70, 120, hex(l.far).mix(hex(l.low), .4), false)
	c.buildings(y, hue, l.night)
	x := c.between(120, 280)
	c.weight = 1
	red := c.pick(0xc9543c, 0xd8d4cc, 0x8a9aa8)
	h := c.between(260, 330)
	for i := range 10 {
		t, u := float64(i)/10, float64(i+1)/10
		wd := func(t float64) float64 { return 44*math.Pow(1-t, 1.8) + 3 }
		c.fill(poly(x-wd(t), y-h*t, x-wd(t)*.7, y-h*t, x-wd(u)*.7, y-h*u, x-wd(u), y-h*u), flat(red))
		c.fill(poly(x+wd(t)*.7, y-h*t, x+wd(t), y-h*t, x+wd(u), y-h*u, x+wd(u)*.7, y-h*u), flat(red.scale(.75)))
		c.fill(limb(x-wd(t), y-h*t, 1.8, x+wd(u), y-h*u, 1.8), flat(red.scale(.85)))
		c.fill(limb(x+wd(t), y-h*t, 1.8, x-wd(u), y-h*u, 1.8), flat(red.scale(.85)))
	}
	c.fill(plate(x-20, y-h*.58, x+20, y-h*.53, 4), flat(red.scale(.7)))
	c.fill(limb(x, y-h, 2.5, x, y-h*1.16, 1.2), flat(red))
	c.weight = 0
	if l.night {
		c.glow(x, y-h*.5, 150, red.mix(rgb{1, .8, .5}, .5), .5)
	}
	c.lake(y, hex(l.water), .55)
}

// city is the view of a skyline.
func (c *canvas) city(faces int) []Face {
	c.skyline(c.light(), c.between(420, 480))
	return c.visitors(faces)
}

// lane is an old street: wooden house fronts on both sides that meet at (200, y),
// lanterns, paving.
func (c *canvas) lane(l light, y float64) {
	n := c.noise
	const vx = 200.0
	before := c.weight
	for _, s := range []float64{-1, 1} {
		c.weight = .6
		for i := 6; i >= 0; i-- {
			t := math.Pow(1.55, float64(i))
			x0, x1 := vx+s*12*t, vx+s*12*t*1.55
			wood := c.pick(0x7a5a40, 0x8c6a4a, 0x6a4c38, 0x9a7c5c)
			if l.night {
				wood = wood.scale(.6)
			}
			top0, top1 := y-10*t-c.between(0, 4)*t, y-10*t*1.5-c.between(0, 4)*t
			front := poly(x0, top0, x1, top1, x1, y+12*t*1.55, x0, y+12*t)
			c.fill(front, func(px, py float32) rgb {
				board := float32(math.Sin(float64(px) * 60 / (12 * t)))
				return wood.scale(.85 + .1*board + .3*(n.fbm(px*.05, py*.1, 3)-.5))
			})
			// Roof edge, door curtain, lattice window.
			c.fill(poly(x0-s*3, top0-2*t, x1+s*2, top1-3*t, x1+s*2, top1+1.5*t, x0-s*3, top0+1*t), flat(hex(l.far).mix(rgb{.3, .32, .35}, .6)))
			pane := rgb{.93, .82, .56}
			c.fill(poly(x0+(x1-x0)*.2, y-1.5*t, x0+(x1-x0)*.75, y-2*t, x0+(x1-x0)*.75, y+8*t, x0+(x1-x0)*.2, y+7*t), gradient(0, y-2*t, 0, y+8*t, pane, pane.scale(.7)))
			curtain := hsv(c.ambient(.6), .5, .5)
			c.fill(poly(x0+(x1-x0)*.2, y-2.5*t, x0+(x1-x0)*.75, y-3*t, x0+(x1-x0)*.75, y+1*t, x0+(x1-x0)*.2, y+.6*t), rough(flat(curtain), n, 6, .3))
			lx, ly, r := x0+(x1-x0)*.9, y-4.5*t, 1.6*t
			c.weight = 1
			c.glow(lx, ly, r*4, rgb{1, .6, .3}, .5)
			c.fill(ellipse(lx, ly, r, r*1.35), ball(lx, ly, r*1.6, c.pick(0xe0603a, 0xeea050, 0xd84a3a), .4))
		}
	}
	c.weight = before
	pave := hex(l.sand).mix(rgb{.5, .5, .52}, .5)
	c.fill(poly(vx-14, y+12, vx+14, y+12, vx+420, Height, vx-420, Height), func(px, py float32) rgb {
		d := (py-float32(y))/30 + .2
		row := float32(math.Floor(float64(8 * float32(math.Log(float64(d)+1)))))
		u := (px-vx)/d*.12 + .5*float32(int(row)&1)
		cell := n.at(float32(math.Floor(float64(u)))*3.7, row*5.3)
		return pave.scale(.78 + .3*cell + .2*(n.fbm(px*.2, py*.2, 2)-.5))
	})
}

// oldTown is the view down an old street.
func (c *canvas) oldTown(faces int) []Face {
	l := c.light()
	y := c.between(330, 370)
	c.sky(l, y+20)
	c.ridge(y+10, 120, 90, hex(l.far), false)
	c.lane(l, y)
	return c.visitors(faces)
}

// speciality is what the place is famous for eating.
func (c *canvas) speciality(faces int) []Face {
	c.table()
	c.weight = 1
	c.dish(c.between(180, 215), c.between(340, 400), c.between(125, 160))
	c.weight = 0
	return c.visitors(faces)
}

// terrace is a dish before a view.
func (c *canvas) terrace(int) []Face {
	l := c.light()
	if c.one(2) == 0 {
		c.peaks(l, c.between(300, 340))
	} else {
		c.coast(l, c.between(220, 260), c.between(400, 440))
	}
	c.counter(c.between(470, 520))
	return nil
}

// festival is a dance that visitors watch: people in a row under lanterns.
func (c *canvas) festival(faces int) []Face {
	l := c.light()
	l.night = true
	y := c.between(330, 360)
	c.sky(l, y+20)
	c.lane(l, y)
	for i := range 9 {
		x := float64(i) * 50
		yy := 90 + 40*math.Sin(float64(i)*.35)
		c.glow(x, yy, 40, rgb{1, .6, .3}, .5)
		c.fill(ellipse(x, yy, 11, 15), ball(x, yy, 18, c.pick(0xe0603a, 0xeea050), .4))
	}
	return c.troupe(faces, max(0, 2-faces), c.between(620, 650), c.between(330, 380))
}

// portrait is a visitor who fills the picture.
func (c *canvas) portrait(faces int) []Face {
	wall := hsv(c.ambient(.5), c.between(.1, .25), c.between(.5, .8))
	c.background(rough(gradient(0, 0, Width, Height, wall, wall.scale(.7)), c.noise, 120, .3))
	c.glow(c.between(0, Width), c.between(0, 200), 300, rgb{1, .95, .85}, .4)
	return c.troupe(faces, 0, c.between(640, 680), c.between(400, 450))
}

// visitors are people who pose before the sight: half-length where there are few,
// in two rows where there are many.
func (c *canvas) visitors(faces int) []Face {
	if faces == 0 {
		return nil
	}
	c.weight = 1
	defer func() { c.weight = 0 }()
	var out []Face
	row := func(n int, y, h float64) {
		gap := min(340/float64(n), 150)
		for i := range n {
			x := 185 + (float64(i)-float64(n-1)/2)*gap + c.between(-4, 4)
			l := c.dress()
			if b := c.figure(x, y+c.between(-6, 6), h*c.between(.97, 1.03), c.swing(standing[c.one(len(standing))], .04), l, false); b.W > 0 {
				out = append(out, b)
			}
		}
	}
	switch {
	case faces == 1:
		row(1, c.between(690, 760), c.between(330, 430))
	case faces <= 3:
		row(faces, c.between(690, 740), c.between(320, 380))
	default:
		row(faces-faces/2, 690, 330)
		row(faces/2, 760, 330)
	}
	return out
}
