package explain

import (
	"cmp"
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"

	"thesis.example/lib/picture"
)

// ExchangeSpectrum gives shape the Fourier amplitudes of texture, colour by colour, and keeps the
// phases of its own brightness. The phases hold where edges are, the amplitudes the mean colour, the
// contrast and how coarse the grain is (Oppenheim & Lim 1981, "The importance of phase in signals").
// All colours have one phase, so that a grey texture gives a grey picture. Values beyond 0 … 255 are
// cut. Both pictures must be of one size.
func ExchangeSpectrum(shape, texture *picture.Image) (*picture.Image, error) {
	if err := sameSize(shape, texture); err != nil {
		return nil, err
	}
	phases := make([]complex128, shape.W*shape.H)
	for i, l := range luminance(shape) {
		phases[i] = complex(float64(l), 0)
	}
	transform(phases, shape.W, shape.H, (*fourier.CmplxFFT).Coefficients)
	for i, z := range phases {
		phases[i] = cmplx.Rect(1, cmplx.Phase(z))
	}
	out := &picture.Image{W: shape.W, H: shape.H, Pix: make([]uint8, len(shape.Pix))}
	for c := range 3 {
		mixed := spectrum(texture, c)
		for i, z := range mixed {
			mixed[i] = phases[i] * complex(cmplx.Abs(z), 0)
		}
		transform(mixed, shape.W, shape.H, (*fourier.CmplxFFT).Sequence)
		for i, z := range mixed {
			v := math.Round(real(z) / float64(len(mixed)))
			out.Pix[3*i+c] = uint8(min(max(v, 0), 255))
		}
	}
	return out, nil
}

func sameSize(a, b *picture.Image) error {
	if a.W != b.W || a.H != b.H {
		return fmt.Errorf("texture of %d×%d pixels for a shape of %d×%d, want the same size", b.W, b.H, a.W, a.H)
	}
	return nil
}

// spectrum is the two-dimensional Fourier transform of one colour, not normalised.
func spectrum(m *picture.Image, colour int) []complex128 {
	z := make([]complex128, m.W*m.H)
	for i := range z {
		z[i] = complex(float64(m.Pix[3*i+colour]), 0)
	}
	transform(z, m.W, m.H, (*fourier.CmplxFFT).Coefficients)
	return z
}

// transform applies f to every row, then to every column.
func transform(z []complex128, w, h int, f func(t *fourier.CmplxFFT, dst, seq []complex128) []complex128) {
	rows := fourier.NewCmplxFFT(w)
	for y := range h {
		row := z[y*w : (y+1)*w]
		copy(row, f(rows, nil, row))
	}
	columns, column := fourier.NewCmplxFFT(h), make([]complex128, h)
	for x := range w {
		for y := range h {
			column[y] = z[y*w+x]
		}
		for y, v := range f(columns, nil, column) {
			z[y*w+x] = v
		}
	}
}

// Image quilting (Efros & Freeman 2001, "Image quilting for texture synthesis and transfer",
// section 4), in one pass.
const (
	blockSize  = 12  // pixels
	overlap    = 4   // a third of a block, as seams of 2 pixels show; the paper takes a sixth
	searchStep = 4   // between the places of texture that are tried
	alpha      = 0.1 // weight of fitting the neighbours; the paper goes from 0.1 to 0.9 over its passes
)

// TransferTexture draws shape with blocks cut from texture: each block is the one whose brightness
// fits shape's and whose border fits the blocks drawn before, and the seam runs where they differ
// least. Brightness is compared by rank, so that a dark texture can draw a bright shape. All
// colours and all detail finer than a block are texture's. Both pictures must be of one size, of at
// least 12×12 pixels.
func TransferTexture(shape, texture *picture.Image) (*picture.Image, error) {
	if err := sameSize(shape, texture); err != nil {
		return nil, err
	}
	if shape.W < blockSize || shape.H < blockSize {
		return nil, fmt.Errorf("drawing a picture of %d×%d pixels in blocks of %d: too small", shape.W, shape.H, blockSize)
	}
	q := quilt{w: shape.W, texture: texture.Pix, out: make([]uint8, len(shape.Pix))}
	q.own = luminance(texture)
	q.want = matchRanks(luminance(shape), q.own)
	for y := 0; y <= shape.H-blockSize; y += searchStep {
		for x := 0; x <= shape.W-blockSize; x += searchStep {
			at := y*shape.W + x
			q.candidates = append(q.candidates, candidate{at, q.mean(q.own, at)})
		}
	}
	for y := 0; ; y += blockSize - overlap {
		y = min(y, shape.H-blockSize)
		for x := 0; ; x += blockSize - overlap {
			x = min(x, shape.W-blockSize)
			q.lay(x, y, q.best(x, y))
			if x == shape.W-blockSize {
				break
			}
		}
		if y == shape.H-blockSize {
			break
		}
	}
	return &picture.Image{W: shape.W, H: shape.H, Pix: q.out}, nil
}

type quilt struct {
	w            int
	texture, out []uint8   // three bytes a pixel
	own, want    []float32 // brightness of the texture, and that which the block should have
	candidates   []candidate
}

// candidate is a block of texture by its first pixel, with its mean brightness.
type candidate struct {
	at   int
	mean float32
}

func (q quilt) mean(brightness []float32, at int) float32 {
	sum := float32(0)
	for r := range blockSize {
		for _, v := range brightness[at+r*q.w:][:blockSize] {
			sum += v
		}
	}
	return sum / (blockSize * blockSize)
}

// best is the first pixel of the block in texture that fits best at (x, y). The error is a mean of
// squares over the block, or over the colours of its overlap. No block can fit better than its mean
// brightness does, which rules most of them out at once.
func (q quilt) best(x, y int) int {
	lowest, place := float32(math.Inf(1)), 0
	overlapped := 0
	if x > 0 {
		overlapped += overlap * blockSize
	}
	if y > 0 {
		overlapped += overlap * blockSize
	}
	fit := float32(1-alpha) / (blockSize * blockSize)
	border := float32(alpha) / float32(3*max(overlapped, 1))
	mean := q.mean(q.want, y*q.w+x)
	for _, c := range q.candidates {
		if d := mean - c.mean; (1-alpha)*d*d > lowest {
			continue
		}
		total := float32(0)
		for r := 0; r < blockSize && total < lowest; r++ {
			want, own := q.want[(y+r)*q.w+x:][:blockSize], q.own[c.at+r*q.w:][:blockSize]
			for i, v := range want {
				d := v - own[i]
				total += fit * d * d
			}
			cols := 0 // of this row that lie on blocks drawn before
			if x > 0 {
				cols = overlap
			}
			if y > 0 && r < overlap {
				cols = blockSize
			}
			drawn, cut := q.out[3*((y+r)*q.w+x):][:3*cols], q.texture[3*(c.at+r*q.w):][:3*cols]
			for i, v := range drawn {
				d := float32(v) - float32(cut[i])
				total += border * d * d
			}
		}
		if total < lowest {
			lowest, place = total, c.at
		}
	}
	return place
}

// lay copies a block of texture to (x, y), up to the seams with what lies there.
func (q quilt) lay(x, y, place int) {
	// difference of the two at the block's row r and column c.
	difference := func(r, c int) float64 {
		sum := 0.0
		for k := range 3 {
			d := float64(q.out[3*((y+r)*q.w+x+c)+k]) - float64(q.texture[3*(place+r*q.w+c)+k])
			sum += d * d
		}
		return sum
	}
	left, top := make([]int, blockSize), make([]int, blockSize) // first column of each row, first row of each column
	if x > 0 {
		left = seam(difference)
	}
	if y > 0 {
		top = seam(func(c, r int) float64 { return difference(r, c) })
	}
	for r := range blockSize {
		for c := range blockSize {
			if c >= left[r] && r >= top[c] {
				copy(q.out[3*((y+r)*q.w+x+c):][:3], q.texture[3*(place+r*q.w+c):][:3])
			}
		}
	}
}

// seam is the cheapest way down the overlap, moving at most one column a row: its column in each row.
func seam(cost func(r, c int) float64) []int {
	var sum [blockSize][overlap]float64
	around := func(c int) (int, int) { return max(c-1, 0), min(c+1, overlap-1) }
	for r := range blockSize {
		for c := range overlap {
			sum[r][c] = cost(r, c)
			if r > 0 {
				low, high := around(c)
				sum[r][c] += slices.Min(sum[r-1][low : high+1])
			}
		}
	}
	way := make([]int, blockSize)
	low, high := 0, overlap-1
	for r := blockSize - 1; r >= 0; r-- {
		way[r] = low
		for c := low; c <= high; c++ {
			if sum[r][c] < sum[r][way[r]] {
				way[r] = c
			}
		}
		low, high = around(way[r])
	}
	return way
}

// luminance is Rec. 601's, 0 to 255.
func luminance(m *picture.Image) []float32 {
	l := make([]float32, m.W*m.H)
	for i := range l {
		l[i] = 0.299*float32(m.Pix[3*i]) + 0.587*float32(m.Pix[3*i+1]) + 0.114*float32(m.Pix[3*i+2])
	}
	return l
}

// matchRanks replaces every value by the one that has its rank among others; equal values stay equal.
func matchRanks(values, others []float32) []float32 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	sorted := slices.Sorted(slices.Values(others))
	out := make([]float32, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = sorted[(from+to-1)/2]
		}
		from = to
	}
	return out
}
