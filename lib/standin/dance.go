package standin

import "math"

// troupe places n dancers side by side, facing the viewer, and others that are
// only seen from behind, on a floor at y = floor. It returns the faces.
func (c *canvas) troupe(n, behind int, floor, height float64) []Face {
	c.weight = 1
	defer func() { c.weight = 0 }()
	total := n + behind
	if total == 0 {
		return nil
	}
	// Where they stand: the middle ones in front.
	gap := 330 / float64(total)
	if total > 3 && height > 330 {
		height *= 1 - .07*float64(total-3)
	}
	if room := height * .85; gap > room {
		gap = room
	}
	from := c.one(total) // who turns their back
	uniform := c.dress()
	same := total > 2 && c.one(2) == 0
	move := c.swing(danceMoves[c.one(len(danceMoves))], .08)
	var faces []Face
	draw := func(i int) {
		l := c.dress()
		if same {
			l.top, l.bottom, l.shoe, l.skirt = uniform.top, uniform.bottom, uniform.shoe, uniform.skirt
		}
		p := move
		if !same {
			p = danceMoves[c.one(len(danceMoves))]
		}
		if total > 2 { // arms must not reach into a neighbour's face
			for _, a := range []*float64{&p.armL, &p.foreL, &p.armR, &p.foreR} {
				if math.Abs(*a) > .9 && math.Abs(*a) < 2.3 {
					*a = math.Copysign(2.75, *a)
				}
			}
		}
		x := 185 + (float64(i)-float64(total-1)/2)*gap + c.between(-6, 6)
		y := floor + c.between(-8, 8)
		if total > 1 && i%2 == 1 {
			y -= height * .06
		}
		back := (i+total-from)%total >= n
		h := height * c.between(.95, 1.03)
		q := c.swing(p, .12)
		// Nobody dances in front of another one's face.
		for try := 0; try < 20 && q.hides(faces, x, y, h); try++ {
			other := danceMoves[c.one(len(danceMoves))]
			if try >= 10 {
				other = standing[0]
			}
			p.armL, p.foreL, p.armR, p.foreR = other.armL, other.foreL, other.armR, other.foreR
			q = c.swing(p, .12)
		}
		if b := c.figure(x, y, h, q, l, back); b.W > 0 {
			faces = append(faces, b)
		}
	}
	for i := 1; i < total; i += 2 {
		draw(i)
	}
	for i := 0; i < total; i += 2 {
		draw(i)
	}
	return faces
}

// planks is a wooden floor or table in perspective: boards that run towards a
// vanishing point (vx, vy), seen from y0 down to the lower border.
func (c *canvas) planks(y0, y1, vx, vy, boards float64, a, b rgb) {
	n := c.noise
	c.area(0, y0, Width, y1, func(x, y float32) rgb {
		d := (y - float32(vy)) / float32(y1-vy)
		u := (x-float32(vx))/d/Width*float32(boards) + 100
		i := float32(math.Floor(float64(u)))
		depth := 14 / d
		tone := n.at(i*7.3, i*3.1)
		grain := n.fbm(u*6+i*31, depth*.7, 3)
		k := float32(.8) + .3*grain
		if f := u - i; f < .04 || f > .97 {
			k *= .6
		}
		return a.mix(b, tone).scale(k * (.75 + .3*d))
	})
}

// stage is a concert stage: a wall of light panels, beams, haze, a glossy floor.
func (c *canvas) stage(faces int) []Face {
	hue := c.ambient(.75)
	base := hsv(hue, c.between(.3, .7), c.between(.14, .3))
	glowing := hsv(hue+c.between(-.08, .08), c.between(.3, .6), 1)
	floor := c.between(600, 640)
	horizon := floor - c.between(90, 120)
	c.background(rough(gradient(0, 0, 0, horizon, base.scale(.45), base.scale(1.3)), c.noise, 90, .35))
	// Panels.
	cols, w := 5+c.one(5), 0.0
	w = Width / float64(cols)
	for i := range cols {
		for j := range int(horizon / w) {
			t := float64(c.noise.at(float32(i)*.9, float32(j)*.7))
			if t < .45 {
				continue
			}
			x, y := float64(i)*w, float64(j)*w*1.02
			c.glaze(plate(x+2, y+2, x+w-2, y+w-2, 3), gradient(x, y, x+w, y+w, glowing.scale(.9), base), (t-.45)*1.3)
		}
	}
	c.glow(Width/2, horizon*.6, 300, glowing, .35)
	// Floor with reflections.
	c.area(0, horizon, Width, Height, rough(gradient(0, horizon, 0, Height, base.scale(1.5).mix(glowing, .2), base.scale(.5)), c.noise, 40, .25))
	for range 9 {
		x := c.between(0, Width)
		c.soft(rect(x, horizon, x+c.between(5, 30), Height), 12, flat(glowing), c.between(.04, .16))
	}
	// Beams from above.
	for range 3 + c.one(4) {
		x, dx := c.between(-20, Width+20), c.between(-160, 160)
		b := hsv(hue+c.between(-.15, .15), c.between(.1, .5), 1)
		c.soft(poly(x-4, -5, x+4, -5, x+dx+60, horizon+40, x+dx-60, horizon+40), 9, gradient(x, 0, x+dx, horizon+60, b, b.scale(.4)), c.between(.10, .24))
		c.glow(x, 4, 40, b, .8)
	}
	boxes := c.troupe(faces, c.extras(faces), floor, c.between(400, 440))
	// The crowd's hands and heads below, dark.
	if c.one(3) == 0 {
		for x := -10.0; x < Width+10; x += c.between(22, 40) {
			y := c.between(690, 722)
			c.fill(append(disc(x, y, c.between(13, 18)), plate(x-22, y+10, x+22, y+90, 18)...), flat(base.scale(.25)))
			if c.one(3) == 0 {
				c.fill(limb(x+14, y+20, 6, x+c.between(8, 24), y-c.between(25, 50), 5), flat(base.scale(.28)))
			}
		}
	}
	return boxes
}

// extras says how many dancers are seen from behind: one or two where no face is
// planned, else now and then one.
func (c *canvas) extras(faces int) int {
	switch {
	case faces == 0:
		return 1 + c.one(2)
	case faces < 4 && c.one(6) == 0:
		return 1
	}
	return 0
}

// studio is a practice room: mirror wall, bar, wooden floor, window light.
func (c *canvas) studio(faces int) []Face {
	wall := hsv(c.ambient(.5), c.between(.08, .2), c.between(.55, .85))
	horizon := c.between(470, 520)
	c.background(rough(gradient(0, 0, Width, horizon, wall.scale(.85), wall), c.noise, 120, .12))
	wood, wood2 := c.pick(0xb98a5a, 0x9c6f46, 0xc7a077), c.pick(0x8e653f, 0xa77b50)
	// Mirrors show a blurred copy of the floor's colour.
	n := 3 + c.one(2)
	for i := range n {
		x0, x1 := float64(i)*Width/float64(n)+3, float64(i+1)*Width/float64(n)-3
		c.fill(rect(x0, 70, x1, horizon-14), rough(gradient(0, 70, 0, horizon, wall.mix(rgb{.75, .85, .9}, .5), wood.mix(wall, .55)), c.noise, 70, .15))
		c.glaze(poly(x0, 160, x1, 90, x1, 150, x0, 220), flat(rgb{1, 1, 1}), .12)
	}
	c.fill(rect(0, 300, Width, 306), gradient(0, 299, 0, 306, wood.scale(1.2), wood2.scale(.6)))
	c.planks(horizon, Height, Width/2, horizon-160, 14, wood, wood2)
	// Ceiling lamps.
	for i := range 3 {
		x := 70 + float64(i)*130
		c.fill(plate(x-40, 18, x+40, 28, 5), flat(rgb{1, .99, .95}))
		c.glow(x, 24, 120, rgb{1, .97, .9}, .5)
	}
	c.soft(poly(0, 560, 150, horizon, 230, horizon, 60, Height), 14, flat(rgb{1, .95, .85}), .25)
	return c.troupe(faces, c.extras(faces), c.between(620, 655), c.between(400, 450))
}

// buildings is a row of house fronts up to a horizon, in the light of a hue; lit at
// night.
func (c *canvas) buildings(base, hue float64, night bool) {
	tone := hsv(hue+c.between(-.03, .03), c.between(.08, .2), c.between(.5, .66))
	for layer := range 2 {
		for x := -30.0; x < Width; {
			w, h := c.between(45, 110), c.between(.35, .85)*base*(1-.25*float64(1-layer))
			col := tone.mix(hsv(hue+c.between(-.15, .15), .2, .7), float32(c.between(0, .5))).scale(float32(c.between(.6, 1)))
			if night {
				col = col.scale(.28)
			}
			if layer == 0 {
				col = col.mix(hsv(hue, .2, .75), .3)
			}
			c.fill(rect(x, base-h, x+w, base), rough(gradient(x, 0, x+w, 0, col.scale(1.1), col.scale(.8)), c.noise, 30, .15))
			lit := hsv(c.between(.08, .16), c.between(.2, .5), 1)
			dx, dy := c.between(9, 16), c.between(12, 20)
			for wy := base - h + 8; wy < base-16; wy += dy {
				for wx := x + 5; wx+dx*.6 < x+w-4; wx += dx {
					g := col.scale(.62).mix(hsv(hue, .28, .7), .2)
					if night {
						g = col.scale(.5)
						if c.one(5) < 2 {
							g = lit.scale(float32(c.between(.5, 1)))
						}
					}
					c.fill(rect(wx, wy, wx+dx*.6, wy+dy*.55), flat(g))
				}
			}
			x += w + c.between(0, 3)
		}
	}
}

// street is an evening or a day street with lamps, shop fronts and asphalt.
func (c *canvas) street(faces int) []Face {
	night := c.want.Value < c.between(.4, .6)
	horizon := c.between(430, 490)
	hue := c.ambient(.75)
	sky := gradient(0, 0, 0, horizon, hsv(hue, .5, .8), hsv(hue+.02, .08, .92))
	if night {
		sky = gradient(0, 0, 0, horizon, hsv(hue, .6, .12), hsv(hue+.05, .4, .3))
	}
	c.background(rough(sky, c.noise, 150, .1))
	c.buildings(horizon, hue, night)
	// Shop fronts.
	for x := -10.0; x < Width; {
		w := c.between(60, 120)
		col := hsv(c.rng.Float64(), c.between(.2, .6), c.between(.4, .9))
		c.fill(rect(x, horizon-85, x+w, horizon-62), rough(flat(col), c.noise, 20, .15))
		c.fill(rect(x+4, horizon-60, x+w-4, horizon), gradient(0, horizon-60, 0, horizon, rgb{.95, .85, .6}, rgb{.5, .42, .36}))
		if night {
			c.glow(x+w/2, horizon-30, 80, rgb{1, .85, .55}, .5)
		}
		x += w
	}
	c.area(0, horizon, Width, Height, rough(gradient(0, horizon, 0, Height, hsv(hue, .1, .39), hsv(hue, .14, .25)), c.noise, 5, .35))
	// Crosswalk stripes in perspective.
	for i := range 7 {
		t := float64(i)/6*2 - 1
		c.glaze(poly(200+t*120-9, horizon+60, 200+t*120+9, horizon+60, 200+t*330+34, Height, 200+t*330-34, Height), rough(flat(rgb{.85, .85, .82}), c.noise, 9, .3), .55)
	}
	for range 14 {
		x, y := c.between(0, Width), c.between(120, horizon)
		if night {
			c.glow(x, y, c.between(8, 22), hsv(c.between(.02, .16), .5, 1), .8)
		}
	}
	return c.troupe(faces, c.extras(faces), c.between(620, 650), c.between(400, 440))
}

// room is a bedroom with curtain, bed, posters: where most clips are made.
func (c *canvas) room(faces int) []Face {
	wall := hsv(c.ambient(.5), c.between(.08, .25), c.between(.6, .9))
	floor := c.between(540, 580)
	c.background(rough(gradient(0, 0, Width, Height, wall, wall.scale(.75)), c.noise, 140, .14))
	// Curtain.
	cur := hsv(c.ambient(.6), c.between(.1, .35), c.between(.5, .95))
	x0 := c.between(-30, 200)
	n := c.noise
	c.fill(rect(x0, 30, x0+170, floor-20), func(x, y float32) rgb {
		fold := float32(math.Sin(float64(x*.35 + 3*n.at(x*.02, y*.004))))
		return cur.scale(.85 + .18*fold + .1*(n.fbm(x*.1, y*.1, 2)-.5))
	})
	// Posters and a shelf.
	for range 2 + c.one(3) {
		px, py := c.between(10, 330), c.between(60, 280)
		w, h := c.between(45, 80), c.between(55, 100)
		p := rect(px, py, px+w, py+h)
		c.shadow(p, 3, 4, 5, .35)
		a, b := hsv(c.rng.Float64(), .4, .8), hsv(c.rng.Float64(), .4, .5)
		c.fill(p, rough(gradient(px, py, px+w, py+h, a, b), c.noise, 18, .3))
		c.fill(disc(px+w/2, py+h*.45, w*.25), flat(b.mix(rgb{1, 1, 1}, .3)))
	}
	c.planks(floor, Height, Width/2, floor-300, 11, c.pick(0xc3a27c, 0x9f7b55, 0xd6c3a8), c.pick(0xb08c63, 0x8d6b49))
	c.fill(rect(0, floor-8, Width, floor), flat(wall.scale(1.1)))
	// Bed.
	if c.one(2) == 0 {
		bx := c.between(210, 300)
		sheet := hsv(c.rng.Float64(), c.between(.05, .3), .85)
		p := plate(bx, floor-60, bx+260, floor+50, 24)
		c.shadow(p, 0, 12, 10, .5)
		c.fill(p, rough(gradient(0, floor-60, 0, floor+50, sheet, sheet.scale(.65)), c.noise, 35, .25))
		c.fill(plate(bx+20, floor-90, bx+110, floor-45, 18), ball(bx+60, floor-70, 60, rgb{.95, .94, .92}, .3))
	}
	c.glow(c.between(0, Width), 0, 380, rgb{1, .96, .88}, .35)
	return c.troupe(faces, c.extras(faces), c.between(635, 665), c.between(430, 480))
}

// outdoors is a troupe, small, before a landscape.
func (c *canvas) outdoors(faces int) []Face {
	l := c.light()
	switch c.one(3) {
	case 0:
		c.peaks(l, c.between(330, 380))
	case 1:
		c.coast(l, c.between(250, 300), c.between(420, 470))
	default:
		c.skyline(l, c.between(400, 440))
	}
	return c.troupe(faces, c.extras(faces), c.between(600, 640), c.between(265, 310))
}

// supper is a person who dances, or could, behind a table with dishes.
func (c *canvas) supper(faces int) []Face {
	c.eatery()
	boxes := c.troupe(faces, c.extras(faces), c.between(690, 720), c.between(400, 440))
	c.counter(c.between(510, 540))
	return boxes
}

// hall is an empty stage or studio before the dance, or a far view of it.
func (c *canvas) hall(int) []Face {
	l := c.light()
	c.sky(l, 330)
	c.lane(l, c.between(300, 340))
	return c.troupe(0, 1, c.between(600, 640), c.between(150, 200))
}
