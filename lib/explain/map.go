package explain

import (
	"math"
	"slices"
)

// Map says how much each place of a picture speaks for a class, in cells that divide the whole picture
// evenly. A cell of a deep layer has seen far more of the picture than it covers (Fields); it shows where
// the layer's answer stands, not what it has looked at.
type Map struct {
	Rows, Cols int
	// Signed is the map before negative values are cut, row by row: they speak against the class.
	// Methods that know no negative values have none.
	Signed []float64
}

// Positive is the map with negative values cut to 0: what is shown.
func (m Map) Positive() []float64 {
	p := make([]float64, len(m.Signed))
	for i, v := range m.Signed {
		p[i] = max(v, 0)
	}
	return p
}

// Empty says that no place speaks for the class: there is nothing to show, and a scale from the least
// to the largest value would show rounding.
func (m Map) Empty() bool { return !(slices.Max(m.Signed) > 0) }

// Empties counts the empty maps.
func Empties(maps []Map) int {
	n := 0
	for _, m := range maps {
		if m.Empty() {
			n++
		}
	}
	return n
}

// Display is the positive map scaled so that its least value is 0 and its largest 1, for the eye alone:
// two maps so scaled say nothing of which is stronger. An empty map is 0.
func (m Map) Display() []float64 {
	p := m.Positive()
	if least, largest := slices.Min(p), slices.Max(p); largest > least {
		for i, v := range p {
			p[i] = (v - least) / (largest - least)
		}
	}
	return p
}

// at is the signed map between the cells' centres, bilinearly, beyond the outer ones as there; x and y are
// shares of the picture's width and height. It is what torch's interpolate and OpenCV's resize do
// without corners aligned.
func (m Map) at(x, y float64) float64 { return between(m.Signed, m.Rows, m.Cols, x, y) }

func between(values []float64, rows, cols int, x, y float64) float64 {
	u := min(max(x*float64(cols)-0.5, 0), float64(cols-1))
	v := min(max(y*float64(rows)-0.5, 0), float64(rows-1))
	c, r := int(u), int(v)
	c2, r2 := min(c+1, cols-1), min(r+1, rows-1)
	fu, fv := u-float64(c), v-float64(r)
	above := values[r*cols+c]*(1-fu) + values[r*cols+c2]*fu
	below := values[r2*cols+c]*(1-fu) + values[r2*cols+c2]*fu
	return above*(1-fv) + below*fv
}

// Pixels is the signed map at size×size pixels, see at.
func (m Map) Pixels(size int) []float64 {
	p := make([]float64, 0, size*size)
	for y := range size {
		for x := range size {
			p = append(p, m.at((float64(x)+0.5)/float64(size), (float64(y)+0.5)/float64(size)))
		}
	}
	return p
}

// Blurred is the positive map with each value spread as a Gaussian over its neighbours, sigma in cells:
// maps of single pixels are a cloud of points to the eye.
func (m Map) Blurred(sigma float64) Map {
	return Map{m.Rows, m.Cols, blur(m.Positive(), m.Rows, m.Cols, 1, sigma)}
}

// blur spreads values [rows, cols, channels] as a Gaussian of that many cells' deviation, cut off at three
// of them; at the border what is there counts for more, so that an even picture stays even.
func blur[T float32 | float64](values []T, rows, cols, channels int, sigma float64) []T {
	reach := int(math.Ceil(3 * sigma))
	kernel := make([]float64, reach+1)
	for d := range kernel {
		kernel[d] = math.Exp(-float64(d*d) / (2 * sigma * sigma))
	}
	along := func(from []T, n, stride, other, otherStride int) []T {
		to := make([]T, len(from))
		for o := range other {
			for i := range n {
				for c := range channels {
					sum, weights := 0.0, 0.0
					for j := max(0, i-reach); j <= min(n-1, i+reach); j++ {
						w := kernel[max(i-j, j-i)]
						sum += w * float64(from[o*otherStride+j*stride+c])
						weights += w
					}
					to[o*otherStride+i*stride+c] = T(sum / weights)
				}
			}
		}
		return to
	}
	across := along(values, cols, channels, rows, cols*channels)
	return along(across, rows, cols*channels, cols, channels)
}
