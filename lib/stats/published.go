package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// What follows asks numbers as a paper prints them, where the values behind them are not there.

// Moments are what a paper prints of a group.
type Moments struct {
	Mean, SD float64 // divisor n−1
	N        int
}

// Difference is an estimated difference, its interval and the p-value of no difference.
type Difference struct {
	Value float64
	CI    Interval
	P     float64
	// At is the interval at another confidence than Level, 0 to 1.
	At func(confidence float64) Interval
}

// studentised is the difference d of that standard error, t distributed with df degrees of freedom; with
// +Inf of them normal.
func studentised(d, se, df float64) Difference {
	if math.IsInf(df, 1) {
		at := func(confidence float64) Interval { return around(d, zUpper((1-confidence)/2)*se) }
		return Difference{Value: d, CI: around(d, zCritical*se), P: 2 * zTail(math.Abs(d)/se), At: at}
	}
	at := func(confidence float64) Interval {
		return around(d, distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1+confidence)/2)*se)
	}
	return Difference{Value: d, CI: around(d, tCritical(df)*se), P: tTail(d/se, df), At: at}
}

// Welch compares the means of two groups a and b with unequal variances (Welch 1947):
//
//	t = (ā − b̄)/√(s²_a/n_a + s²_b/n_b),
//
// with the degrees of freedom of Satterthwaite. Checked against scipy's ttest_ind_from_stats(equal_var=False)
// and the interval of ttest_ind.
//
// Errors: ErrTooFew (n < 2), ErrNaN, ErrRange (a negative deviation), ErrConstant (both deviations 0).
func Welch(a, b Moments) (Difference, error) {
	for _, m := range []struct {
		name string
		Moments
	}{{"a", a}, {"b", b}} {
		switch {
		case m.N < 2:
			return Difference{}, fmt.Errorf("welch: %s: %w: have %d, need at least 2", m.name, ErrTooFew, m.N)
		case math.IsNaN(m.Mean+m.SD) || math.IsInf(m.Mean+m.SD, 0):
			return Difference{}, fmt.Errorf("welch: %s: mean %g, standard deviation %g: %w", m.name, m.Mean, m.SD, ErrNaN)
		case m.SD < 0:
			return Difference{}, fmt.Errorf("welch: %s: standard deviation %g is %w", m.name, m.SD, ErrRange)
		}
	}
	if a.SD == 0 && b.SD == 0 {
		return Difference{}, fmt.Errorf("welch: a and b: %w in each", ErrConstant)
	}
	va, vb := sq(a.SD)/float64(a.N), sq(b.SD)/float64(b.N)
	df := sq(va+vb) / (sq(va)/float64(a.N-1) + sq(vb)/float64(b.N-1))
	return studentised(a.Mean-b.Mean, math.Sqrt(va+vb), df), nil
}

// CompareCorrelations compares Pearson's r of two independent samples on Fisher's scale (Fisher 1921):
// Value is artanh r₁ − artanh r₂, normal with variance 1/(n₁−3) + 1/(n₂−3).
//
// Errors: ErrTooFew (n < 4), ErrRange (|r| ≥ 1), ErrNaN.
func CompareCorrelations(r1 float64, n1 int, r2 float64, n2 int) (Difference, error) {
	for _, c := range []struct {
		name string
		r    float64
		n    int
	}{{"first", r1, n1}, {"second", r2, n2}} {
		switch {
		case math.IsNaN(c.r):
			return Difference{}, fmt.Errorf("compare correlations: %s: %w", c.name, ErrNaN)
		case math.Abs(c.r) >= 1:
			return Difference{}, fmt.Errorf("compare correlations: %s: r = %g is %w: need |r| < 1", c.name, c.r, ErrRange)
		case c.n < 4:
			return Difference{}, fmt.Errorf("compare correlations: %s: %w: have %d, need at least 4", c.name, ErrTooFew, c.n)
		}
	}
	return studentised(math.Atanh(r1)-math.Atanh(r2), math.Sqrt(1/float64(n1-3)+1/float64(n2-3)), math.Inf(1)), nil
}

// CorrelationBelow compares a correlation ρ with Pearson's r of n rows on Fisher's scale: Value is
// artanh ρ − artanh r, normal with variance 1/(n−3).
//
// Errors: as CompareCorrelations'.
func CorrelationBelow(r float64, n int, rho float64) (Difference, error) {
	// A second sample of endless size has the correlation ρ for certain.
	d, err := CompareCorrelations(rho, math.MaxInt, r, n)
	if err != nil {
		return d, fmt.Errorf("correlation %g against %g: %w", r, rho, err)
	}
	return d, nil
}

// CorrectedTOf is CorrectedT of two classifiers' scores over k splits of which only mean and standard
// deviation (divisor k, as numpy's std) are known. How the scores go together is not, and so the
// deviation of their difference lies anywhere between |s_a − s_b| and s_a + s_b: together is the
// answer for the first, against for the second.
//
// Errors: as CorrectedT's; ErrConstant where a bound of the deviation is 0.
func CorrectedTOf(a, b Moments, nTrain, nTest int) (together, against Difference, err error) {
	if a.N != b.N || a.N < 2 {
		return together, against, fmt.Errorf("corrected t: a, b: %w: %d and %d splits, need the same number of 2 or more", ErrLength, a.N, b.N)
	}
	if nTrain < 1 || nTest < 1 {
		return together, against, fmt.Errorf("corrected t: nTrain %d, nTest %d: %w: need at least 1", nTrain, nTest, ErrRange)
	}
	k := float64(a.N)
	of := func(sd float64) (Difference, error) {
		if !(sd > 0) || math.IsInf(sd, 0) {
			return Difference{}, fmt.Errorf("corrected t: standard deviation of the difference %g is %w", sd, ErrRange)
		}
		return studentised(a.Mean-b.Mean, sd*math.Sqrt(k/(k-1)*(1/k+float64(nTest)/float64(nTrain))), k-1), nil
	}
	if together, err = of(math.Abs(a.SD - b.SD)); err != nil {
		return together, against, err
	}
	against, err = of(a.SD + b.SD)
	return together, against, err
}
