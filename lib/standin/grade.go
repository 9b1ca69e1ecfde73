package standin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"thesis.example/lib/features"
	"thesis.example/lib/picture"
)

// Colours are the means over a picture's pixels of hue, saturation and value, as
// package features measures them.
type Colours struct {
	Hue        float64 `json:"hue"`
	Saturation float64 `json:"saturation"`
	Value      float64 `json:"value"`
}

// palette is one colour channel's row of Tables 4.2 and 4.4.
//
// The published overall means 0.32, 0.30 and 0.51 are each a little above what the
// rounded means by genre give (0.313, 0.293, 0.503); so the genres' means here are
// taken from the upper half of their rounding interval.
type palette struct {
	mean, std [3]float64 // dance, gourmet, travel
	median    float64
	lo, hi    float64 // where targets may lie
	max       float64
	maxGenre  int
	black     float64 // of the black frame
}

var palettes = [3]palette{
	{mean: [3]float64{.354, .234, .364}, std: [3]float64{.20, .12, .16}, median: .29, lo: .045, hi: .80, max: .93, maxGenre: 0, black: 0},
	{mean: [3]float64{.234, .294, .364}, std: [3]float64{.11, .09, .16}, median: .29, lo: .06, hi: .72, max: .81, maxGenre: 2, black: .008},
	{mean: [3]float64{.513, .493, .514}, std: [3]float64{.16, .10, .17}, median: .53, lo: .14, hi: .82, max: .91, maxGenre: 2, black: .002},
}

// nature is what colours a picture has before any grade, about. A page of text has
// just these, a scene may vary.
type nature struct {
	means [3]float64 // hue, saturation, value
	page  bool
}

// planColours gives every picture (genre after genre, perGenre each) the colours
// that it shall have. Means and deviations by genre and the overall medians and
// extremes are those of the tables; within a genre the values go to the pictures
// that have them by nature: the bluest target to the sea. black is the index
// of the black frame.
func planColours(rng *rand.Rand, natures []nature, perGenre, black int) ([]Colours, error) {
	n := len(natures)
	out := make([]Colours, n)
	for ch, p := range palettes {
		v := make([]float64, n)
		for i := range v {
			v[i] = p.mean[i/perGenre] + p.std[i/perGenre]*rng.NormFloat64()
		}
		top := p.maxGenre * perGenre
		for i := top; i < (p.maxGenre+1)*perGenre; i++ {
			if v[i] > v[top] && i != black {
				top = i
			}
		}
		v[black] = math.Inf(-1)
		slots := aroundMedian(v, p.lo, p.median, p.hi, map[int]float64{black: p.black, top: p.max})
		u := make([]float64, n)
		for i := range u {
			u[i] = slots[i].start(v[i])
		}
		err := solve(u, func(u []float64) ([]float64, *mat.Dense) {
			g, j := make([]float64, 6), mat.NewDense(6, n, nil)
			for k := range 3 {
				x := make([]float64, perGenre)
				for i := range x {
					x[i] = slots[k*perGenre+i].value(u[k*perGenre+i])
				}
				m, s := meanStd(x)
				g[2*k], g[2*k+1] = m-p.mean[k], s-p.std[k]
				for i := range x {
					d := slots[k*perGenre+i].slope(u[k*perGenre+i])
					j.Set(2*k, k*perGenre+i, d/float64(perGenre))
					j.Set(2*k+1, k*perGenre+i, (x[i]-m)/float64(perGenre-1)/s*d)
				}
			}
			return g, j
		})
		if err != nil {
			return nil, fmt.Errorf("colours: %w", err)
		}
		// Hand the values out by what the kinds look like.
		for k := range 3 {
			var values, natural []float64
			var who []int
			for i := k * perGenre; i < (k+1)*perGenre; i++ {
				if i == black {
					continue
				}
				values = append(values, slots[i].value(u[i]))
				like := natures[i].means[ch]
				if !natures[i].page {
					like += .09 * rng.NormFloat64()
				}
				natural = append(natural, like)
				who = append(who, i)
			}
			slices.Sort(values)
			for i, r := range ranks(natural) {
				out[who[i]].set(ch, values[r])
			}
		}
		out[black].set(ch, p.black)
	}
	return out, nil
}

func (c *Colours) set(ch int, v float64) {
	*[]*float64{&c.Hue, &c.Saturation, &c.Value}[ch] = v
}

// layer is what lies over the graded scene: colour times coverage, and coverage.
type layer struct{ pix, cover []float32 }

// grade is a photographic grade of a scene below an overlay: hue turned for the
// surroundings by turn and for the subject by pull·turn, saturation and value bent
// by a curve each.
//
// Value stays between low and high, like a print on matt paper: white and black letters
// straight on the picture are read on what is neither nearly black nor nearly white.
type grade struct {
	scene     *canvas
	over      layer
	hsv       []float32 // of the scene
	turn      float64
	pull      float64
	squeeze   float32 // how much the surroundings' hues are drawn together
	middle    float32 // around this one
	sat, val  float64 // exponents of the curves
	low, high float64 // where value lies
	satT      [1025]float32
	valT      [1025]float32
}

// Values that letters stand out from, and how fast the range opens for pictures whose
// mean lies outside of the middle ones.
const (
	mattLow, mattHigh   = .235, .77
	mattFrom, mattUntil = .36, .66
	mattOpens           = 1.2
)

func newGrade(scene *canvas, over layer, want Colours) *grade {
	g := &grade{scene: scene, over: over, hsv: make([]float32, len(scene.pix)), pull: .12, squeeze: .75, sat: 1, val: 1}
	g.low = mattLow - min(mattLow, max(0, mattFrom-want.Value)*mattOpens)
	g.high = mattHigh + min(1-mattHigh, max(0, want.Value-mattUntil)*mattOpens)
	var sin, cos float64
	for i := range Width * Height {
		h, s, v := toHSV(clamp(scene.pix[3*i]), clamp(scene.pix[3*i+1]), clamp(scene.pix[3*i+2]))
		g.hsv[3*i], g.hsv[3*i+1], g.hsv[3*i+2] = h, s, v
		if i%7 == 0 {
			a, b := math.Sincos(2 * math.Pi * float64(h))
			w := float64(s * v * (1 - scene.subject[i]))
			sin, cos = sin+a*w, cos+b*w
		}
	}
	m := math.Atan2(sin, cos) / (2 * math.Pi)
	g.middle = float32(m - math.Floor(m))
	g.curves()
	return g
}

func toHSV(r, g, b float32) (h, s, v float32) {
	v = max(r, g, b)
	d := v - min(r, g, b)
	if d <= 0 {
		return 0, 0, v
	}
	switch v {
	case r:
		h = (g - b) / d
		if h < 0 {
			h += 6
		}
	case g:
		h = 2 + (b-r)/d
	default:
		h = 4 + (r-g)/d
	}
	return h / 6, d / v, v
}

func (g *grade) curves() {
	for i := range g.satT {
		x := float64(i) / 1024
		g.satT[i] = float32(1 - math.Pow(1-x, g.sat))
		g.valT[i] = float32(g.low + (g.high-g.low)*math.Pow(x, g.val))
	}
}

// at is pixel i of the finished picture.
func (g *grade) at(i int) (r, gr, b uint8) {
	h, s, v := g.hsv[3*i], g.satT[int(g.hsv[3*i+1]*1024)], g.valT[int(g.hsv[3*i+2]*1024)]
	w := g.scene.subject[i]
	d := h - g.middle
	d -= float32(math.Floor(float64(d) + .5))
	h += (1 - w + w*float32(g.pull)) * d * (g.squeeze - 1)
	h += float32(g.turn) * (1 - w + w*float32(g.pull))
	h = (h - float32(math.Floor(float64(h)))) * 6
	k := int(h)
	f := h - float32(k)
	p, q, t := v*(1-s), v*(1-s*f), v*(1-s*(1-f))
	var c [3]float32
	switch k {
	case 0:
		c = [3]float32{v, t, p}
	case 1:
		c = [3]float32{q, v, p}
	case 2:
		c = [3]float32{p, v, t}
	case 3:
		c = [3]float32{p, q, v}
	case 4:
		c = [3]float32{t, p, v}
	default:
		c = [3]float32{v, p, q}
	}
	a := 1 - g.over.cover[i]
	for ch := range 3 {
		c[ch] = clamp(c[ch]*a + g.over.pix[3*i+ch])
	}
	return uint8(c[0]*255 + .5), uint8(c[1]*255 + .5), uint8(c[2]*255 + .5)
}

// sample measures every 5th pixel of every 5th row.
func (g *grade) sample() features.Colour {
	const step = 5
	m := picture.Image{W: Width / step, H: Height / step}
	m.Pix = make([]uint8, 0, 3*m.W*m.H)
	for y := range m.H {
		for x := range m.W {
			r, gr, b := g.at((y*step+2)*Width + x*step + 2)
			m.Pix = append(m.Pix, r, gr, b)
		}
	}
	return features.MeasureColour(&m)
}

func (g *grade) render() *picture.Image {
	m := &picture.Image{W: Width, H: Height, Pix: make([]uint8, 3*Width*Height)}
	for i := range Width * Height {
		m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2] = g.at(i)
	}
	return m
}

// reach sets the grade so that the finished picture measures as wanted, and renders
// it. What cannot be reached, as a bright picture below a black panel, is approached.
func (g *grade) reach(want Colours) *picture.Image {
	aim := want
	var m *picture.Image
	for round := range 3 {
		g.val = bisect(.01, 12, func(x float64) float64 { g.val = x; g.curves(); return aim.Value - g.sample().Val })
		g.curves()
		g.sat = bisect(.02, 40, func(x float64) float64 { g.sat = x; g.curves(); return g.sample().Sat - aim.Saturation })
		g.curves()
		g.reachHue(aim.Hue, round == 0)
		m = g.render()
		got := features.MeasureColour(m)
		dh, ds, dv := want.Hue-got.Hue, want.Saturation-got.Sat, want.Value-got.Val
		if math.Abs(dh) < .004 && math.Abs(ds) < .004 && math.Abs(dv) < .004 {
			break
		}
		aim.Hue, aim.Saturation, aim.Value = aim.Hue+dh, aim.Saturation+ds, aim.Value+dv
	}
	return m
}

// bisect finds the zero of an increasing f between lo and hi, on a logarithmic scale;
// the nearer end where f has none.
func bisect(lo, hi float64, f func(float64) float64) float64 {
	lo, hi = math.Log(lo), math.Log(hi)
	for range 10 {
		mid := (lo + hi) / 2
		if f(math.Exp(mid)) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Exp((lo + hi) / 2)
}

// reachHue turns the hues. The mean hue as a function of the turn is continuous but
// for jumps at the wheel's seam: of the turns that reach the mean, the smallest is
// taken; where none does, the subject is turned along.
func (g *grade) reachHue(want float64, search bool) {
	off := func(turn float64) float64 { g.turn = turn; return g.sample().Hue - want }
	near := func(turn, step float64) {
		// Smaller and smaller steps around a turn that is nearly right.
		best, err := turn, math.Abs(off(turn))
		for range 6 {
			improved := false
			for _, t := range []float64{best - step, best + step} {
				if e := math.Abs(off(t)); e < err {
					best, err, improved = t, e, true
				}
			}
			if !improved {
				step /= 2
			}
		}
		g.turn = best
	}
	if !search {
		near(g.turn, .02)
		return
	}
	for _, try := range [][2]float64{{.1, .8}, {.3, .6}, {.6, .4}, {1, .2}, {1, .05}} {
		g.pull, g.squeeze = try[0], float32(try[1])
		const steps = 20
		best, err := 0.0, math.Inf(1)
		for k := range 2*steps + 1 {
			turn := float64((k+1)/2) / steps * .5 // 0, ±1/40, … nearest first
			if k%2 == 0 {
				turn = -turn
			}
			if e := math.Abs(off(turn)); e < err-.02 {
				best, err = turn, e
				if e < .02 {
					break
				}
			}
		}
		near(best, .0125)
		if math.Abs(off(g.turn)) < .008 {
			return
		}
	}
}
