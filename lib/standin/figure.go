package standin

import "math"

// Face is a face as it is drawn: from ear to ear, from the hairline to the chin.
type Face struct {
	Box
	Hat     string `json:"hat,omitempty"`     // "cap", "beanie" or "sunhat"
	Glasses string `json:"glasses,omitempty"` // "clear" or "dark"

	keep area // what no caption may cover: the face with hair and hat
}

// look is how one person looks: skin, hair, clothes.
type look struct {
	skin, hair, top, bottom, shoe rgb
	long                          bool // hair over the shoulders
	fringe                        float64
	skirt                         bool
	hat, glasses                  string // as in Face
	felt                          rgb    // of the hat
	rim                           rgb    // of the glasses
}

// Which share of the people wears what.
const (
	withHat, withGlasses = .2, .2
	darkGlasses          = .35 // of those who wear glasses
)

// dress draws a person's look.
func (c *canvas) dress() look {
	l := look{
		skin:   c.pick(0xf1cdb0, 0xe9bf9e, 0xf5d7bf, 0xdcae8a, 0xeac6a8),
		hair:   c.pick(0x17120f, 0x241a14, 0x3a271b, 0x120f12, 0x4b3220),
		top:    c.pick(0xe9e6e1, 0x2b2d33, 0xb33a3a, 0x3c5a8c, 0x7d8a6a, 0xd9a0b0, 0x8d6fb0, 0xe0b94e, 0x4d8d8b),
		bottom: c.pick(0x23252d, 0x3b4a66, 0x8a7d6c, 0x151518, 0x6b6f78, 0xd8d3c8),
		shoe:   c.pick(0xf2f2f0, 0x1b1b1d, 0xa33c35),
		long:   c.one(2) == 0, fringe: c.between(0, 1), skirt: c.one(4) == 0,
		felt: c.pick(0x22252c, 0xe8e0d0, 0xb0463c, 0x2f4f7a, 0xc9a25a, 0x6f7f58, 0x8a5a8c, 0xd8a8a0),
		rim:  c.pick(0x1a1a1c, 0x1a1a1c, 0x5a3420, 0x8a2f2f, 0x6a6f78),
	}
	if c.rng.Float64() < withHat {
		l.hat = []string{"cap", "beanie", "sunhat"}[c.one(3)]
		if l.hat == "sunhat" {
			l.felt = c.pick(0xe6d3a3, 0xd9c08a, 0xefe6d2, 0x8c6a44)
		}
	}
	if c.rng.Float64() < withGlasses {
		l.glasses = "clear"
		if c.rng.Float64() < darkGlasses {
			l.glasses = "dark"
		}
	}
	return l
}

// face draws a head of the given height (crown to chin) seen from the front, its
// middle at (cx, cy). The modelling follows what a detector trained on photographs looks for: an eye band
// darker than forehead and cheeks, a bright bridge of the nose between, a shadow
// under it, a dark mouth, hair around.
func (c *canvas) face(cx, cy, h float64, l look) Face {
	w := h * .37 // half width
	skin := l.skin
	dark := skin.mix(rgb{.25, .10, .06}, .55)
	hairShade := c.hairShade(cx, cy, h, l.hair)

	// Neck, hair behind.
	c.fill(limb(cx, cy+h*.30, w*.47, cx, cy+h*.62, w*.55), gradient(cx, cy+h*.4, cx, cy+h*.62, dark, skin.scale(.9)))
	c.fill(ellipse(cx, cy-h*.12, w*1.1, h*.46), hairShade)

	// Head, lit from above and slightly from one side.
	tilt := c.between(-.12, .12)
	head := smooth(cx-w*.98, cy-h*.10, cx-w*.80, cy-h*.40, cx, cy-h*.52, cx+w*.80, cy-h*.40, cx+w*.98, cy-h*.10, cx+w*.88, cy+h*.20, cx+w*.46, cy+h*.43, cx, cy+h*.50, cx-w*.46, cy+h*.43, cx-w*.88, cy+h*.20)
	ix, iy, q := float32(cx+tilt*w), float32(cy-h*.02), float32(1/w)
	c.fill(head, func(x, y float32) rgb {
		dx, dy := (x-ix)*q, (y-iy)*q*.78
		d := dx*dx*1.1 + dy*dy*.55
		return skin.scale(1.06-.30*d).mix(dark, clamp(.55*d-.22))
	})
	for _, s := range []float64{-1, 1} { // ears
		c.fill(ellipse(cx+s*w*1.0, cy+h*.02, w*.12, h*.09), flat(dark.mix(skin, .4)))
	}
	ey := cy - h*.045 // eye line
	for _, s := range []float64{-1, 1} {
		ex := cx + s*w*.44
		// Socket, lid shadow, brow.
		c.soft(ellipse(ex, ey-h*.015, w*.34, h*.075), max(1, int(h*.035)), flat(dark), .62)
		c.fill(smooth(ex-w*.27, ey-h*.095, ex, ey-h*.125, ex+w*.27, ey-h*.095, ex, ey-h*.098), flat(l.hair.mix(dark, .25)))
		// Eye.
		c.fill(smooth(ex-w*.21, ey, ex, ey-h*.036, ex+w*.21, ey, ex, ey+h*.026), flat(rgb{.86, .84, .82}))
		c.fill(disc(ex, ey-h*.004, h*.036), flat(rgb{.09, .06, .05}))
		c.fill(smooth(ex-w*.24, ey-h*.002, ex, ey-h*.048, ex+w*.24, ey-h*.002, ex, ey-h*.026), flat(rgb{.08, .05, .05}))
		// Cheek.
		c.soft(ellipse(cx+s*w*.52, cy+h*.15, w*.22, h*.07), max(1, int(h*.05)), flat(skin.mix(rgb{1, .93, .88}, .55)), .7)
	}
	// Nose: bright bridge, soft wings, shadow below.
	c.soft(limb(cx, cy-h*.10, w*.07, cx, cy+h*.10, w*.10), max(1, int(h*.025)), flat(skin.mix(rgb{1, .97, .92}, .6)), .85)
	c.soft(ellipse(cx, cy+h*.165, w*.24, h*.022), max(1, int(h*.018)), flat(dark), .85)
	c.fill(ellipse(cx-w*.10, cy+h*.155, w*.05, h*.012), flat(dark.scale(.5)))
	c.fill(ellipse(cx+w*.10, cy+h*.155, w*.05, h*.012), flat(dark.scale(.5)))
	c.soft(ellipse(cx, cy-h*.24, w*.5, h*.07), max(1, int(h*.05)), flat(skin.mix(rgb{1, .96, .9}, .5)), .6)
	// Mouth.
	lip := skin.mix(rgb{.62, .16, .18}, .75)
	c.fill(smooth(cx-w*.33, cy+h*.275, cx-w*.1, cy+h*.25, cx, cy+h*.257, cx+w*.1, cy+h*.25, cx+w*.33, cy+h*.275, cx, cy+h*.325), flat(lip))
	c.fill(smooth(cx-w*.31, cy+h*.277, cx, cy+h*.270, cx+w*.31, cy+h*.277, cx, cy+h*.290), flat(rgb{.22, .06, .07}))
	c.soft(ellipse(cx, cy+h*.355, w*.22, h*.014), max(1, int(h*.015)), flat(dark), .7)
	// Hair in front: crown, fringe, sides.
	f := .27 - .10*l.fringe
	c.fill(smooth(cx-w*1.1, cy-h*.02, cx-w*1.02, cy-h*.34, cx-w*.4, cy-h*.57, cx+w*.4, cy-h*.57, cx+w*1.02, cy-h*.34, cx+w*1.1, cy-h*.02, cx+w*.92, cy-h*.16, cx+w*.62, cy-h*(f+.06), cx+w*.15, cy-h*f, cx-w*.35, cy-h*(f+.03), cx-w*.90, cy-h*.16), hairShade)
	c.glasses(cx, ey, h, l)
	c.hat(cx, cy, h, l, false)
	face := Face{Hat: l.hat, Glasses: l.glasses, keep: area{cx - h*.56, cy - h*.62, cx + h*.56, cy + h*.62}}
	face.Box = boxOf(cx-w, cy-h*.34, cx+w, cy+h*.5)
	switch l.hat {
	case "":
	case "sunhat":
		face.keep.x0, face.keep.x1, face.keep.y0 = cx-h*.74, cx+h*.74, cy-h*.80
	default:
		face.keep.y0 = cy - h*.84
	}
	return face
}

// glasses are drawn on the nose of a head of height h whose eyes lie at (cx, ey).
func (c *canvas) glasses(cx, ey, h float64, l look) {
	if l.glasses == "" {
		return
	}
	w, rim := h*.37, max(.8, h*.013)
	frame := limb(cx-w*.13, ey-h*.012, rim, cx+w*.13, ey-h*.012, rim)
	for _, s := range []float64{-1, 1} {
		ex, rx, ry := cx+s*w*.45, w*.35, h*.082
		lens := smooth(ex-rx, ey-ry*.55, ex-rx*.5, ey-ry*.92, ex+rx*.5, ey-ry*.92, ex+rx, ey-ry*.55, ex+rx*.86, ey+ry*.55, ex, ey+ry, ex-rx*.86, ey+ry*.55)
		if l.glasses == "dark" {
			c.fill(lens, gradient(0, ey-ry, 0, ey+ry, rgb{.05, .05, .06}, rgb{.24, .20, .19}))
			c.glaze(limb(ex-rx*.45, ey+ry*.25, rim, ex-rx*.05, ey-ry*.5, rim*1.5), flat(rgb{1, 1, 1}), .28)
		} else {
			c.glaze(lens, flat(rgb{.9, .96, 1}), .10)
			c.glaze(limb(ex+rx*.3, ey+ry*.45, rim*.6, ex+rx*.6, ey-ry*.35, rim*.8), flat(rgb{1, 1, 1}), .35)
		}
		frame = append(frame, lens.outline(rim)...)
		frame = append(frame, limb(ex+s*rx, ey-ry*.5, rim, cx+s*w*1.0, ey-h*.01, rim)...) // to the ear
	}
	c.fill(frame, flat(l.rim))
}

// hat is put on a head of height h with its middle at (cx, cy).
func (c *canvas) hat(cx, cy, h float64, l look, behind bool) {
	w, n := h*.37, c.noise
	felt := func(x0, y0, x1, y1 float64) shader {
		return rough(c.limbShade(x0, y0, x1, y1, w*1.15, l.felt, false), n, max(2, h*.05), .12)
	}
	switch l.hat {
	case "beanie":
		dome := smooth(cx-w*1.14, cy-h*.26, cx-w*1.12, cy-h*.46, cx-w*.72, cy-h*.68, cx, cy-h*.75, cx+w*.72, cy-h*.68, cx+w*1.12, cy-h*.46, cx+w*1.14, cy-h*.26, cx, cy-h*.24)
		knit := func(s shader, pitch float64) shader {
			k := float32(2 * math.Pi / (pitch * h))
			return func(x, y float32) rgb {
				return s(x, y).scale(.92 + .14*float32(math.Abs(math.Cos(float64((x-float32(cx))*k/2)))))
			}
		}
		c.fill(dome, knit(felt(cx, cy-h*.2, cx, cy-h*.7), .055))
		c.shadow(plate(cx-w*1.16, cy-h*.35, cx+w*1.16, cy-h*.21, h*.04), 0, h*.015, max(1, int(h*.03)), .4)
		c.fill(plate(cx-w*1.18, cy-h*.37, cx+w*1.18, cy-h*.22, h*.05), knit(felt(cx, cy-h*.2, cx, cy-h*.4), .07))
		c.fill(disc(cx, cy-h*.77, h*.085), rough(ball(cx, cy-h*.77, h*.1, l.felt.mix(rgb{1, 1, 1}, .35), .5), n, max(1.5, h*.03), .3))
	case "cap":
		dome := smooth(cx-w*1.08, cy-h*.24, cx-w*1.08, cy-h*.44, cx-w*.66, cy-h*.64, cx, cy-h*.70, cx+w*.66, cy-h*.64, cx+w*1.08, cy-h*.44, cx+w*1.08, cy-h*.24, cx, cy-h*.27)
		c.fill(dome, felt(cx, cy-h*.2, cx, cy-h*.7))
		seam := l.felt.scale(.72)
		for _, s := range []float64{-1, 1} {
			c.fill(smooth(cx+s*w*.10, cy-h*.69, cx+s*w*.52, cy-h*.52, cx+s*w*.62, cy-h*.30, cx+s*w*.60, cy-h*.30, cx+s*w*.49, cy-h*.52), flat(seam))
		}
		c.fill(ellipse(cx, cy-h*.70, h*.03, h*.018), flat(seam))
		if behind {
			c.fill(ellipse(cx, cy-h*.28, w*.34, h*.06), flat(l.hair)) // the gap above the strap
			return
		}
		c.fill(disc(cx, cy-h*.47, h*.075), flat(l.felt.mix(rgb{1, 1, 1}, .75)))
		c.fill(disc(cx, cy-h*.47, h*.05), flat(l.felt.scale(.6)))
		c.soft(ellipse(cx, cy-h*.20, w*.86, h*.05), max(1, int(h*.03)), flat(rgb{.10, .06, .05}), .35)
		peak := smooth(cx-w*1.12, cy-h*.26, cx-w*.8, cy-h*.345, cx, cy-h*.375, cx+w*.8, cy-h*.345, cx+w*1.12, cy-h*.26, cx+w*.8, cy-h*.215, cx, cy-h*.195, cx-w*.8, cy-h*.215)
		c.fill(peak, gradient(0, cy-h*.37, 0, cy-h*.2, l.felt.scale(1.12), l.felt.scale(.62)))
		c.fill(smooth(cx-w*1.10, cy-h*.255, cx, cy-h*.21, cx+w*1.10, cy-h*.255, cx+w*.8, cy-h*.212, cx, cy-h*.19, cx-w*.8, cy-h*.212), flat(l.felt.scale(.45)))
	case "sunhat":
		weave := func(s shader) shader {
			k := float32(2 * math.Pi / max(3, h*.04))
			return func(x, y float32) rgb {
				return s(x, y).scale(.97 + .05*float32(math.Sin(float64(x*k))*math.Sin(float64(y*k))))
			}
		}
		c.soft(ellipse(cx, cy-h*.20, w*.95, h*.06), max(1, int(h*.03)), flat(rgb{.10, .06, .05}), .4)
		c.fill(ellipse(cx, cy-h*.28, w*1.95, h*.115), weave(gradient(cx-w*1.9, cy-h*.4, cx+w*1.9, cy-h*.1, l.felt.scale(1.08), l.felt.scale(.74))))
		if !behind { // the brim's lower side, in shade
			c.fill(ellipse(cx, cy-h*.235, w*1.25, h*.062), flat(l.felt.scale(.5)))
		}
		dome := smooth(cx-w*1.06, cy-h*.29, cx-w*1.02, cy-h*.50, cx-w*.62, cy-h*.70, cx, cy-h*.73, cx+w*.62, cy-h*.70, cx+w*1.02, cy-h*.50, cx+w*1.06, cy-h*.29, cx, cy-h*.245)
		c.fill(dome, weave(felt(cx, cy-h*.25, cx, cy-h*.7)))
		c.fill(smooth(cx-w*1.06, cy-h*.28, cx-w*1.05, cy-h*.40, cx, cy-h*.365, cx+w*1.05, cy-h*.40, cx+w*1.06, cy-h*.28, cx, cy-h*.235), flat(l.rim.mix(l.felt, .15)))
	}
}

// pose holds a figure's joint angles in radians: 0 hangs down (legs, arms) or
// stands up (trunk); positive swings to the right on the screen.
type pose struct {
	lean          float64
	armL, foreL   float64
	armR, foreR   float64
	thighL, shinL float64
	thighR, shinR float64
}

// Poses of dancers, and below them of people who stand for a picture.
var danceMoves = []pose{
	{.05, -2.6, -2.9, 2.5, 2.9, -.25, -.10, .25, .10},
	{-.12, -1.6, -2.6, 1.5, 1.1, -.45, -.05, .30, -.30},
	{.15, -1.2, -.5, 2.2, 2.8, -.15, .05, .55, .15},
	{-.05, -.8, -2.4, .8, 2.4, -.20, .0, .20, .0},
	{.10, -1.7, -1.7, 1.7, 1.7, -.60, -.15, .40, .05},
	{-.18, -2.3, -1.6, .6, -.8, -.30, -.25, .60, -.35},
	{.0, -.9, .9, .9, -.9, -.35, .15, .35, -.15},
	{.12, -2.9, -2.4, 1.2, 2.2, -.10, .05, .45, -.45},
	{-.08, -.5, -1.9, 2.7, 3.1, -.50, .10, .15, .0},
}

var standing = []pose{
	{.0, -.15, -.05, .15, .05, -.07, -.02, .07, .02},
	{.03, -.2, .25, .3, -1.4, -.06, -.02, .10, .02},
	{-.03, -.15, -.1, .5, 2.5, -.10, -.02, .06, .02},
}

// end is where a limb of length d ends that begins at (x, y) and hangs at an angle.
func end(x, y, angle, d float64) (float64, float64) {
	return x + math.Sin(angle)*d, y + math.Cos(angle)*d
}

// trunk is where hip and neck of a figure are, see figure.
func (p pose) trunk(x, y, height float64) (hipX, hipY, neckX, neckY float64) {
	hipY = y - height*.47*max(math.Cos(p.thighL)*.5+math.Cos(p.shinL)*.5, math.Cos(p.thighR)*.5+math.Cos(p.shinR)*.5)
	return x, hipY, x + math.Sin(p.lean)*height*.32, hipY - math.Cos(p.lean)*height*.32
}

// arms are where the left and the right shoulder, elbow and wrist are: x and y of each.
func (p pose) arms(x, y, height float64) (arms [2][6]float64) {
	_, _, neckX, neckY := p.trunk(x, y, height)
	for i, s := range []float64{-1, 1} {
		upper, fore := p.armL, p.foreL
		if s > 0 {
			upper, fore = p.armR, p.foreR
		}
		ax, ay := neckX+s*(math.Cos(p.lean)*.10-.012)*height, neckY+(s*math.Sin(p.lean)*.10+.047)*height
		ex, ey := end(ax, ay, upper, height*.15)
		wx, wy := end(ex, ey, fore, height*.135)
		arms[i] = [6]float64{ax, ay, ex, ey, wx, wy}
	}
	return arms
}

// hides says whether a figure's arms would cover one of the faces.
func (p pose) hides(faces []Face, x, y, height float64) bool {
	for _, a := range p.arms(x, y, height) {
		hx, hy := end(a[4], a[5], math.Atan2(a[4]-a[2], a[5]-a[3]), height*.04) // the fingers' end
		points := []float64{a[0], a[1], a[2], a[3], hx, hy}
		for i := 0; i < 4; i += 2 {
			for k := range 9 {
				t := float64(k) / 8
				px, py := points[i]+(points[i+2]-points[i])*t, points[i+1]+(points[i+3]-points[i+1])*t
				for _, f := range faces {
					m := height * .02
					if px > float64(f.X)-m && px < float64(f.X+f.W)+m && py > float64(f.Y)-m && py < float64(f.Y+f.H)+m {
						return true
					}
				}
			}
		}
	}
	return false
}

// swing varies a pose.
func (c *canvas) swing(p pose, by float64) pose {
	for _, a := range []*float64{&p.lean, &p.armL, &p.foreL, &p.armR, &p.foreR, &p.thighL, &p.shinL, &p.thighR, &p.shinR} {
		*a += c.between(-by, by)
	}
	p.lean *= .8
	return p
}

// limbShade lights a limb as a cylinder.
func (c *canvas) limbShade(x0, y0, x1, y1, r float64, col rgb, cloth bool) shader {
	d := math.Hypot(x1-x0, y1-y0) + 1e-6
	nx, ny := float32(-(y1-y0)/d), float32((x1-x0)/d)
	ox, oy, q := float32(x0), float32(y0), float32(1/r)
	n := c.noise
	return func(x, y float32) rgb {
		t := ((x-ox)*nx + (y-oy)*ny) * q
		k := 1.06 - .38*t*t + .10*t*nx - .06*t*ny
		if cloth {
			k *= .86 + .28*n.fbm(x*.09, y*.035, 3)
		}
		return col.scale(k)
	}
}

// figure draws a standing or dancing person of the given height from crown to
// sole, the feet's mean at (x, y). A person seen from behind has no face. It
// returns the face, empty where there is none.
func (c *canvas) figure(x, y, height float64, p pose, l look, behind bool) Face {
	H := height
	hipX, hipY, neckX, neckY := p.trunk(x, y, H)
	part := func(x0, y0, r0, x1, y1, r1 float64, col rgb, cloth bool) {
		c.fill(limb(x0, y0, r0, x1, y1, r1), c.limbShade(x0, y0, x1, y1, max(r0, r1), col, cloth))
	}
	c.shadow(ellipse(x, y, H*.22, H*.03), 0, H*.005, max(2, int(H*.03)), .5)

	type side struct{ s, thigh, shin, fore float64 }
	sides := []side{{-1, p.thighL, p.shinL, p.foreL}, {1, p.thighR, p.shinR, p.foreR}}
	bare := l.skirt
	for _, s := range sides {
		hx := hipX + s.s*H*.05
		kx, ky := end(hx, hipY, s.thigh, H*.235)
		ax, ay := end(kx, ky, s.shin, H*.215)
		col := l.bottom
		if bare {
			col = l.skin
		}
		w := 1.0
		if bare {
			w = .8
		}
		part(kx, ky, H*.040*w, ax, ay, H*.030*w, col, !bare)
		part(hx, hipY, H*.056*w, kx, ky, H*.042*w, col, !bare)
		c.fill(smooth(ax-H*.03, ay+H*.012, ax+s.s*H*.015, ay-H*.02, ax+s.s*H*.055, ay+H*.02, ax+s.s*H*.05, ay+H*.036, ax-H*.025, ay+H*.036), ball(ax, ay, H*.07, l.shoe, .5))
	}
	if l.long && !behind {
		hx, hy := neckX, neckY-H*.10
		c.fill(smooth(hx-H*.062, hy-H*.05, hx+H*.062, hy-H*.05, hx+H*.075, hy+H*.17, hx, hy+H*.20, hx-H*.075, hy+H*.17), c.hairShade(hx, hy, H*.17, l.hair))
	}
	// Trunk.
	sx, sy := math.Cos(p.lean)*H*.10, math.Sin(p.lean)*H*.10
	lsx, lsy, rsx, rsy := neckX-sx, neckY-sy+H*.035, neckX+sx, neckY+sy+H*.035
	trunk := smooth(neckX-H*.035, neckY+H*.0, neckX+H*.035, neckY, rsx, rsy-H*.012, rsx+H*.012, rsy+H*.05, hipX+H*.075, hipY-H*.10, hipX+H*.095, hipY+H*.02, hipX, hipY+H*.05, hipX-H*.095, hipY+H*.02, hipX-H*.075, hipY-H*.10, lsx-H*.012, lsy+H*.05, lsx, lsy-H*.012)
	if l.skirt {
		c.fill(smooth(hipX-H*.07, hipY-H*.08, hipX+H*.07, hipY-H*.08, hipX+H*.15, hipY+H*.11, hipX, hipY+H*.14, hipX-H*.15, hipY+H*.11), c.limbShade(hipX, hipY-H*.1, hipX, hipY+H*.1, H*.15, l.bottom, true))
	}
	c.fill(trunk, c.limbShade(hipX, hipY, neckX, neckY, H*.13, l.top, true))
	// Arms, the sleeve to the elbow.
	for i, arm := range p.arms(x, y, H) {
		s := sides[i]
		ax, ay, ex, ey, wx, wy := arm[0], arm[1], arm[2], arm[3], arm[4], arm[5]
		part(ex, ey, H*.026, wx, wy, H*.019, l.skin, false)
		c.fill(ellipse(wx+math.Sin(s.fore)*H*.018, wy+math.Cos(s.fore)*H*.018, H*.023, H*.026), ball(wx, wy, H*.04, l.skin, .4))
		part(ax, ay, H*.036, ex, ey, H*.030, l.top, true)
	}
	head := H * .178
	cx, cy := neckX+math.Sin(p.lean)*head*.3, neckY-head*.52
	if behind {
		c.fill(limb(cx, cy+head*.2, head*.17, neckX, neckY+head*.1, head*.2), flat(l.skin.scale(.8)))
		if l.long {
			c.fill(smooth(cx-head*.40, cy-head*.3, cx, cy-head*.56, cx+head*.40, cy-head*.3, cx+head*.46, cy+head*.6, cx, cy+head*.85, cx-head*.46, cy+head*.6), c.hairShade(cx, cy, head, l.hair))
		} else {
			c.fill(smooth(cx-head*.39, cy-head*.2, cx, cy-head*.55, cx+head*.39, cy-head*.2, cx+head*.30, cy+head*.32, cx, cy+head*.40, cx-head*.30, cy+head*.32), c.hairShade(cx, cy, head, l.hair))
		}
		c.hat(cx, cy, head, l, true)
		return Face{}
	}
	return c.face(cx, cy, head, l)
}

// hairShade runs in strands from the crown, with a band of gloss.
func (c *canvas) hairShade(cx, cy, h float64, col rgb) shader {
	n, x0, y0, q := c.noise, float32(cx), float32(cy-h*.5), float32(1/h)
	return func(x, y float32) rgb {
		dx, dy := (x-x0)*q, (y-y0)*q
		strand := n.fbm(dx*26/(.35+dy*.5+.3), dy*3+7, 2)
		gloss := dy - .22 - dx*dx*.5
		return col.scale(.62 + .75*strand + .5*clamp(1-gloss*gloss*60)*strand)
	}
}
