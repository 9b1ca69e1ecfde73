package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Description summarises one column.
type Description struct {
	N       int // values that are numbers
	Missing int // values that are NaN; they enter nothing else
	Mean    float64
	SD      float64 // √(Σ(x−mean)²/(n−1)); NaN for n = 1
	Min     float64
	Q1      float64
	Median  float64
	Q3      float64
	Max     float64
	Skew    float64 // G1, see Describe; NaN for n < 3 or a constant column
}

// Describe summarises a column; NaN means missing.
//
// A quantile at p interpolates linearly between the order statistics around (n−1)p
// (Hyndman & Fan 1996, type 7). The skewness is the sample-adjusted one,
//
//	G1 = n/((n−1)(n−2)) Σ((x−mean)/sd)³
//
// (Joanes & Gill 1998), as sd is the sample's; the colour features use the biased one.
// Checked against pandas' describe and scipy.stats.skew(bias=False).
//
// A constant column is described (its SD is 0), since a table has to show it. The error
// is ErrTooFew when no number is left and ErrInfinite when a value is ±Inf.
func Describe(x []float64) (Description, error) {
	sorted := make([]float64, 0, len(x))
	for i, v := range x {
		if math.IsInf(v, 0) {
			return Description{}, fmt.Errorf("describe: x: %w at index %d", ErrInfinite, i)
		}
		if !math.IsNaN(v) {
			sorted = append(sorted, v)
		}
	}
	if len(sorted) == 0 {
		return Description{}, fmt.Errorf("describe: x: %w: no number among %d values", ErrTooFew, len(x))
	}
	slices.Sort(sorted)
	n := len(sorted)
	d := Description{
		N: n, Missing: len(x) - n,
		Mean: sorted[0], SD: math.NaN(), Skew: math.NaN(),
		Min: sorted[0], Q1: quantile(sorted, 0.25), Median: quantile(sorted, 0.5), Q3: quantile(sorted, 0.75), Max: sorted[n-1],
	}
	switch {
	case n > 1 && d.Min == d.Max:
		d.SD = 0 // and not the rounding of the mean
	case n > 1:
		d.Mean, d.SD = stat.MeanStdDev(sorted, nil)
	}
	if n > 2 && d.SD > 0 {
		d.Skew = stat.Skew(sorted, nil)
	}
	return d, nil
}

// quantile is the type-7 quantile of ascending values, numpy.quantile.
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (sorted[i+1]-sorted[i])*(h-float64(i))
}
