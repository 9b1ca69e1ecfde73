package picture

import "math"

// Filter is a resampling kernel.
type Filter int

const (
	Bilinear Filter = iota // triangle, support 1
	Bicubic                // Keys' cubic with a = −0.5, support 2
)

// support is the kernel's half width in output pixels.
func (f Filter) support() float64 {
	if f == Bicubic {
		return 2
	}
	return 1
}

// at is the kernel's value at distance x. The conversions keep a compiler from
// fusing a multiplication and an addition, which would round otherwise than the
// reference.
func (f Filter) at(x float64) float64 {
	x = math.Abs(x)
	if f == Bilinear {
		return max(1-x, 0)
	}
	const a = -0.5
	switch {
	case x < 1:
		return float64(float64(float64((a+2)*x)-(a+3))*x)*x + 1
	case x < 2:
		return float64(float64(float64(float64(float64(x-5)*x)+8)*x)-4) * a
	}
	return 0
}

// precision is the number of fraction bits of a weight: 32 less 8 for the
// sample and 2 for sign and overshoot, as in Pillow.
const precision = 32 - 8 - 2

// taps are the weights of one pass: output i is the sum of w[i·size+j] times
// input lo[i]+j, for j < n[i].
type taps struct {
	lo, n []int
	w     []int64
	size  int
}

// newTaps follows Pillow's Resample.c: the kernel is stretched by the scale when
// shrinking, its weights are normalised in float64 and then rounded half away
// from zero to fixed point.
func newTaps(in, out int, f Filter) taps {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := f.support() * stretch
	t := taps{lo: make([]int, out), n: make([]int, out), size: int(math.Ceil(support))*2 + 1}
	t.w = make([]int64, out*t.size)
	k := make([]float64, t.size)
	for i := range out {
		centre := (float64(i) + 0.5) * scale
		lo := max(int(centre-support+0.5), 0)
		n := min(int(centre+support+0.5), in) - lo
		sum := 0.0
		for j := range n {
			k[j] = f.at((float64(j+lo) - centre + 0.5) * (1 / stretch))
			sum += k[j]
		}
		t.lo[i], t.n[i] = lo, n
		for j := range n {
			if sum != 0 {
				k[j] /= sum
			}
			t.w[i*t.size+j] = int64(math.Copysign(0.5, k[j]) + float64(k[j]*(1<<precision)))
		}
	}
	return t
}

// Resize returns m at w×h pixels by Pillow's antialiased two-pass scheme, rounded
// to 8 bits between the passes: bit-exact with Image.resize((w, h), BILINEAR or
// BICUBIC) of Pillow 13. A size below one, or an empty m, gives an empty Image.
func (m *Image) Resize(w, h int, f Filter) *Image {
	if w < 1 || h < 1 || m.W < 1 || m.H < 1 {
		return &Image{}
	}
	if w == m.W && h == m.H {
		return m.Crop(0, 0, w, h)
	}
	// Pillow shrinks the height first where that removes more than twice as many
	// rows as the other pass would remove columns. It shows in the rounding.
	if h < m.H && m.H-h > 2*(m.W-w) {
		m = m.resizeY(newTaps(m.H, h, f))
	}
	if w != m.W {
		m = m.resizeX(newTaps(m.W, w, f))
	}
	if h != m.H {
		m = m.resizeY(newTaps(m.H, h, f))
	}
	return m
}

// Two sums share a 64-bit word in both passes: a + b·2³² with a and b each
// within int32 is carried exactly through additions and multiplications, so one
// multiplication serves two samples.
const (
	half = 1 << (precision - 1) // rounds
	both = half | half<<32
	even = 0x000000ff_000000ff // bytes 0 and 4 of a word
)

// clip returns the two samples of a pair of sums.
func clip(sum int64) (a, b uint8) {
	lo := int32(sum) >> precision
	hi := int32((sum+1<<31)>>32) >> precision
	return uint8(min(max(lo, 0), 255)), uint8(min(max(hi, 0), 255))
}

// resizeX takes two rows at a time, one in each half of a word.
func (m *Image) resizeX(t taps) *Image {
	out := newImage(len(t.lo), m.H)
	pair := make([]int64, m.W*3)
	for y := 0; y < m.H; y += 2 {
		last := min(y+1, m.H-1) // an odd last row is its own partner
		a, b := m.Pix[y*m.W*3:][:len(pair)], m.Pix[last*m.W*3:][:len(pair)]
		for i := range pair {
			pair[i] = int64(a[i]) | int64(b[i])<<32
		}
		da, db := out.Pix[y*out.W*3:], out.Pix[last*out.W*3:]
		for x, lo := range t.lo {
			n := t.n[x]
			p := pair[lo*3 : (lo+n)*3]
			var red, green, blue int64 = both, both, both
			for _, w := range t.w[x*t.size:][:n] {
				if len(p) < 3 {
					break // never: lets the compiler drop the bounds checks
				}
				red += p[0] * w
				green += p[1] * w
				blue += p[2] * w
				p = p[3:]
			}
			da, db := da[x*3:x*3+3:x*3+3], db[x*3:x*3+3:x*3+3]
			da[0], db[0] = clip(red)
			da[1], db[1] = clip(green)
			da[2], db[2] = clip(blue)
		}
	}
	return out
}

// resizeY takes eight neighbouring bytes of a row at a time.
func (m *Image) resizeY(t taps) *Image {
	out := newImage(m.W, len(t.lo))
	stride := m.W * 3
	for y, lo := range t.lo {
		w := t.w[y*t.size:][:t.n[y]]
		dst := out.Pix[y*stride:][:stride]
		x := 0
		for ; x+8 <= stride; x += 8 {
			var s0, s1, s2, s3 int64 = both, both, both, both
			at := lo*stride + x
			for _, w := range w {
				p := m.Pix[at : at+8 : at+8]
				v := uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
					uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
				s0 += int64(v&even) * w
				s1 += int64(v>>8&even) * w
				s2 += int64(v>>16&even) * w
				s3 += int64(v>>24&even) * w
				at += stride
			}
			d := dst[x : x+8 : x+8]
			d[0], d[4] = clip(s0)
			d[1], d[5] = clip(s1)
			d[2], d[6] = clip(s2)
			d[3], d[7] = clip(s3)
		}
		for ; x < stride; x++ {
			sum := int64(both)
			for j, w := range w {
				sum += int64(m.Pix[(lo+j)*stride+x]) * w
			}
			dst[x], _ = clip(sum)
		}
	}
	return out
}
