package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Resamples is the number of resamples that Bootstrap and CompareMetric draw, scipy's
// default.
const Resamples = 9999

// Resampled is a statistic with its bootstrap intervals.
type Resampled struct {
	Value      float64
	SE         float64 // standard deviation of the resampled values
	Percentile Interval
	BCa        Interval // bias-corrected and accelerated; NaN where it does not exist
}

// Bootstrap returns the statistic of x with intervals from Resamples samples of len(x)
// values drawn from x with replacement (Efron & Tibshirani 1993, chapters 13 and 14). The
// same seed gives the same intervals. The percentile interval reads the resampled values
// off at 2.5 and 97.5 %; BCa moves these two points by the bias z₀ and the acceleration a:
//
//	α' = Φ(z₀ + (z₀+z_α)/(1 − a(z₀+z_α))),  z₀ = Φ⁻¹(share of values below the estimate),
//	a = Σ(θ̄−θᵢ)³ / 6(Σ(θ̄−θᵢ)²)^(3/2) over the leave-one-out values θᵢ.
//
// The intervals were checked against scipy.stats.bootstrap on the same resampled values.
// The statistic must not keep or change its argument. It is called Resamples + len(x) + 1
// times on about len(x) values.
//
// Errors: ErrTooFew (n < 2), ErrNaN (in x, or as the statistic of a resample), ErrInfinite,
// ErrConstant, ErrRange (the variance overflows).
func Bootstrap(x []float64, statistic func(sample []float64) float64, seed uint64) (Resampled, error) {
	if err := check("x", x, 2); err != nil {
		return Resampled{}, fmt.Errorf("bootstrap: %w", err)
	}
	if err := checkSpread("x", x); err != nil {
		return Resampled{}, fmt.Errorf("bootstrap: %w", err)
	}
	sample := make([]float64, len(x))
	r, err := resample(len(x), seed, func(rows []int) float64 {
		for i, row := range rows {
			sample[i] = x[row]
		}
		return statistic(sample[:len(rows)])
	})
	if err != nil {
		return Resampled{}, fmt.Errorf("bootstrap: %w", err)
	}
	return r, nil
}

// resample bootstraps a statistic of rows 0 to n−1, drawn with replacement.
func resample(n int, seed uint64, statistic func(rows []int) float64) (Resampled, error) {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	value := statistic(rows)

	// Without row i: the place of i is taken by the last row, which is then cut off.
	jackknife := make([]float64, n)
	for i := range rows {
		rows[i] = n - 1
		jackknife[i] = statistic(rows[:n-1])
		rows[i] = i
	}

	rng := rand.New(rand.NewPCG(seed, 0))
	values := make([]float64, Resamples)
	for b := range values {
		for i := range rows {
			rows[i] = rng.IntN(n)
		}
		values[b] = statistic(rows)
	}
	slices.Sort(values) // NaN first
	if math.IsNaN(value) || math.IsNaN(values[0]) || slices.ContainsFunc(jackknife, math.IsNaN) {
		return Resampled{}, fmt.Errorf("statistic of a resample: %w", ErrNaN)
	}
	_, se := stat.MeanStdDev(values, nil)
	return Resampled{Value: value, SE: se, Percentile: percentileInterval(values), BCa: bcaInterval(values, value, jackknife)}, nil
}

// percentileInterval is the percentile interval of ascending resampled values.
func percentileInterval(sorted []float64) Interval {
	const tail = (1 - Level) / 2
	return Interval{quantile(sorted, tail), quantile(sorted, 1-tail)}
}

// bcaInterval is the BCa interval of ascending resampled values about the estimate value.
func bcaInterval(sorted []float64, value float64, jackknife []float64) Interval {
	below, _ := slices.BinarySearch(sorted, value)
	upTo, _ := slices.BinarySearch(sorted, math.Nextafter(value, math.Inf(1)))
	z0 := distuv.UnitNormal.Quantile(float64(below+upTo) / float64(2*len(sorted)))

	mean := stat.Mean(jackknife, nil)
	var squares, cubes float64
	for _, v := range jackknife {
		d := mean - v
		squares += d * d
		cubes += d * d * d
	}
	a := cubes / (6 * math.Pow(squares, 1.5))

	at := func(z float64) float64 {
		p := 1 - zTail(z0+(z0+z)/(1-a*(z0+z)))
		if math.IsNaN(p) {
			return p
		}
		return quantile(sorted, p)
	}
	return Interval{at(-zCritical), at(zCritical)}
}
