// Package stats holds the statistics of the chapters: description, correlation,
// regression, comparison of groups, bootstrap intervals, classification metrics, the
// paired comparison of classifiers, tests of an interaction and of no difference, power,
// variance components and learning curves, each with the p-value and the 95 % interval
// that gonum/stat leaves out.
//
// Values agree with scipy, statsmodels, pingouin, scikit-learn and baycomp to 1e-9; the
// doc comments name the function that each one was checked against. Every p-value is
// two-sided. No function panics, and none drops a value in silence: what cannot be
// computed returns one of the Err values below, wrapped with the column at fault.
package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the confidence level of every interval in this package.
const Level = 0.95

// What can be wrong with an input. Test with errors.Is.
var (
	ErrTooFew   = errors.New("too few values")
	ErrNaN      = errors.New("not a number")
	ErrInfinite = errors.New("infinite value")
	ErrConstant = errors.New("all values are equal")
	ErrLength   = errors.New("lengths differ")
	ErrRange    = errors.New("out of range")
)

// Column is a named column of numbers: one variable of a table, or one group of a
// comparison.
type Column struct {
	Name string
	X    []float64
}

// Interval is a two-sided interval in the unit of what it encloses, at Level unless its field
// says otherwise.
type Interval struct{ Low, High float64 }

// around is the symmetric interval of half-width half about centre.
func around(centre, half float64) Interval { return Interval{centre - half, centre + half} }

// undefined is the interval of a quantity that the data do not bound.
var undefined = Interval{math.NaN(), math.NaN()}

// check returns an error naming the column unless x holds at least n values, all finite.
func check(name string, x []float64, n int) error {
	if len(x) < n {
		return fmt.Errorf("%s: %w: have %d, need at least %d", name, ErrTooFew, len(x), n)
	}
	for i, v := range x {
		if math.IsNaN(v) {
			return fmt.Errorf("%s: %w at index %d: drop the row or fill it in", name, ErrNaN, i)
		}
		if math.IsInf(v, 0) {
			return fmt.Errorf("%s: %w at index %d: a logarithm of zero? drop the row or shift the scale", name, ErrInfinite, i)
		}
	}
	return nil
}

// checkPair checks two columns of the same rows, neither of them constant.
func checkPair(x, y []float64, n int) error {
	if len(x) != len(y) {
		return fmt.Errorf("x, y: %w: %d and %d", ErrLength, len(x), len(y))
	}
	for _, c := range []Column{{"x", x}, {"y", y}} {
		if err := check(c.Name, c.X, n); err != nil {
			return err
		}
		if err := checkSpread(c.Name, c.X); err != nil {
			return err
		}
	}
	return nil
}

// checkSpread returns an error naming the column unless the squares of its deviations are
// neither all 0 nor beyond what a float64 holds.
func checkSpread(name string, x []float64) error {
	if constant(x) {
		return fmt.Errorf("%s: %w (%g)", name, ErrConstant, x[0])
	}
	if v := stat.Variance(x, nil); !(v > 1e-150 && v < 1e150) {
		return fmt.Errorf("%s: variance %g is %w: rescale the column", name, v, ErrRange)
	}
	return nil
}

// constant reports whether all values of x are the same.
func constant(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// tTail is P(|T| ≥ |t|) for Student's t with df degrees of freedom,
// I_{df/(df+t²)}(df/2, 1/2).
func tTail(t, df float64) float64 {
	if math.IsInf(t, 0) {
		return 0
	}
	return mathext.RegIncBeta(df/2, 0.5, df/(df+t*t))
}

// tCritical is the t that |T| exceeds with probability 1 − Level.
func tCritical(df float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 + Level) / 2)
}

// chi2Tail is P(X ≥ x) for χ² with df degrees of freedom.
func chi2Tail(x, df float64) float64 { return mathext.GammaIncRegComp(df/2, x/2) }

// zTail is P(Z ≥ z), and zCritical the z that |Z| exceeds with probability 1 − Level.
func zTail(z float64) float64 { return 0.5 * math.Erfc(z/math.Sqrt2) }

var zCritical = math.Sqrt2 * math.Erfinv(Level)
