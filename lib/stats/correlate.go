package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
)

// Correlation is a correlation coefficient with its test against 0.
type Correlation struct {
	N  int
	R  float64
	P  float64  // two-sided
	CI Interval // Fisher's z, see Pearson
}

// Pearson returns the product-moment correlation of x and y,
//
//	r = Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)² Σ(y−ȳ)²).
//
// P is exact for a bivariate normal population: t = r√((n−2)/(1−r²)) has n−2 degrees of
// freedom. The interval is Fisher's, tanh(artanh r ± 1.96/√(n−3)); for n = 3 nothing
// bounds r and the interval is [−1, 1]. Checked against scipy.stats.pearsonr.
//
// Errors: ErrLength, ErrTooFew (n < 3), ErrNaN, ErrInfinite, ErrConstant, ErrRange (a
// variance beyond 1e±150).
func Pearson(x, y []float64) (Correlation, error) {
	if err := checkPair(x, y, 3); err != nil {
		return Correlation{}, fmt.Errorf("pearson: %w", err)
	}
	return correlation(x, y), nil
}

// Spearman returns the rank correlation of x and y: Pearson's r of the ranks, ties
// sharing their mean rank. P comes from the same t with n−2 degrees of freedom, an
// approximation that is rough below n of about 10. The interval is Fisher's as in
// Pearson, which is what pingouin reports; it is somewhat too narrow for strong
// correlations (Bonett & Wright 2000 widen the standard error by √(1+r²/2)).
// Checked against scipy.stats.spearmanr and pingouin.corr.
//
// Errors: as Pearson.
func Spearman(x, y []float64) (Correlation, error) {
	if err := checkPair(x, y, 3); err != nil {
		return Correlation{}, fmt.Errorf("spearman: %w", err)
	}
	rx, _ := ranks(x)
	ry, _ := ranks(y)
	return correlation(rx, ry), nil
}

// correlation is the r, P and interval of two checked columns.
func correlation(x, y []float64) Correlation {
	n := float64(len(x))
	r := max(-1, min(1, stat.Correlation(x, y, nil)))
	c := Correlation{N: len(x), R: r, CI: Interval{-1, 1}}
	c.P = mathext.RegIncBeta(n/2-1, 0.5, (1-r)*(1+r)) // tTail with t inserted
	if n > 3 {
		z, half := math.Atanh(r), zCritical/math.Sqrt(n-3)
		c.CI = Interval{math.Tanh(z - half), math.Tanh(z + half)}
	}
	return c
}

// ranks returns the ranks of x from 1, ties sharing their mean, and Σ(t³−t) over the
// groups of t tied values, the term of every tie correction.
func ranks(x []float64) (r []float64, ties float64) {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	r = make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			r[k] = float64(i+j+1) / 2
		}
		t := float64(j - i)
		ties += t * (t*t - 1)
		i = j
	}
	return r, ties
}
