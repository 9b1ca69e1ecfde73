package features

import (
	"math"

	"thesis.example/lib/picture"
)

// Moments describes the distribution of one channel's grey levels, 0 to 255.
//
// Std divides by n, as numpy's std does by default. Skew and Kurtosis are
// scipy.stats.skew and scipy.stats.kurtosis with their defaults: the biased
// estimators m3/m2^(3/2) and m4/m2² − 3. Of a channel with a single level scipy
// says NaN, with a warning; here both are 0, so that a plain picture can still
// be scaled and fed to a model.
type Moments struct {
	Mean, Std, Skew, Kurtosis float64
}

// Colour is the fifteen image statistics of Table 4.1. Hue, Sat and Val are the
// means over the pixels of skimage.color.rgb2hsv, each in 0 to 1. Hue is the
// plain mean of an angle, as the thesis takes it: a red picture whose pixels lie
// on both sides of the wheel's seam has a mean hue near 0.5.
type Colour struct {
	Hue, Sat, Val float64
	R, G, B       Moments
}

// MeasureColour reads every pixel of m once and returns its statistics; those of
// a picture without pixels are all 0.
//
// Nothing is rounded on the way: hue times six is a fraction over the pixel's
// chroma and saturation one over its value, so it is enough to add up integer
// numerators for each of the 256 denominators and to divide at the end.
func MeasureColour(m *picture.Image) Colour {
	n := len(m.Pix) / 3
	if n == 0 {
		return Colour{}
	}
	var (
		// Two of each, for even and odd pixels: in a plain area every pixel hits
		// the same counters, and an addition has to wait for the one before it.
		r, g, b  [2][256]uint32
		hue, sat [2][256]int64 // numerators of hue·6 by chroma, and of saturation by value
		val      int
	)
	pix := m.Pix[:3*n]
	for k := 0; len(pix) >= 3; k ^= 1 {
		pr, pg, pb := pix[0], pix[1], pix[2]
		pix = pix[3:]
		r[k][pr]++
		g[k][pg]++
		b[k][pb]++

		x, y, z := int(pr), int(pg), int(pb)
		v := max(x, y, z)
		d := v - min(x, y, z)
		var h int // the hexagon's side times d, plus the way along it
		switch v {
		case x:
			h = y - z
			if h < 0 {
				h += 6 * d
			}
		case y:
			h = 2*d + z - x
		default:
			h = 4*d + x - y
		}
		hue[k][uint8(d)] += int64(h)
		sat[k][uint8(v)] += int64(d)
		val += v
	}

	var c Colour
	for i := 1; i < 256; i++ {
		c.Hue += float64(hue[0][i]+hue[1][i]) / float64(i)
		c.Sat += float64(sat[0][i]+sat[1][i]) / float64(i)
	}
	c.Hue /= 6 * float64(n)
	c.Sat /= float64(n)
	c.Val = float64(val) / (255 * float64(n))
	c.R, c.G, c.B = moments(&r), moments(&g), moments(&b)
	return c
}

// moments takes the moments of a channel from the counts of its levels.
func moments(counts *[2][256]uint32) Moments {
	var n, sum float64
	for i := range 256 {
		k := float64(counts[0][i]) + float64(counts[1][i])
		n += k
		sum += k * float64(i)
	}
	mean := sum / n
	var m2, m3, m4 float64
	for i := range 256 {
		k := float64(counts[0][i]) + float64(counts[1][i])
		d := float64(i) - mean
		m2 += k * d * d
		m3 += k * d * d * d
		m4 += k * d * d * d * d
	}
	m2, m3, m4 = m2/n, m3/n, m4/n
	if m2 == 0 {
		return Moments{Mean: mean}
	}
	return Moments{Mean: mean, Std: math.Sqrt(m2), Skew: m3 / (m2 * math.Sqrt(m2)), Kurtosis: m4/(m2*m2) - 3}
}
