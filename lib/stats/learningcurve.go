package stats

// What more rows would bring: the learning curve, and where it would reach a target.

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// ErrUnreached says that no number of rows is known to reach a target.
var ErrUnreached = errors.New("never reached")

// LearningPoint holds the accuracies of the folds after training on N rows each.
type LearningPoint struct {
	N        int
	Accuracy []float64
}

// LearningCurve is the inverse power law accuracy(n) = A − B·n^(−C).
type LearningCurve struct {
	A     float64 // the accuracy that no number of rows exceeds, at most 1
	B, C  float64
	Sigma float64 // residual standard deviation √(Σe²/(m−3)) of the m accuracies
	// Bounded is true where the least squares would have A above 1, or C beyond what the
	// numbers of rows can tell, and the curve is the best within these bounds.
	Bounded bool

	points []LearningPoint
}

// The exponents tried. Real ones lie between 0.07 and 1 or so (Hestness et al. 2017). Below the
// first n^(−C) is a straight line in log n as far as anyone could measure, above the last the
// curve is flat from the second number of rows on.
const minExponent, maxExponent = 1e-3, 10

// FitLearningCurve fits the inverse power law (Cortes et al. 1994; Figueroa et al. 2012)
//
//	accuracy(n) = A − B·n^(−C),  0 ≤ A ≤ 1, B > 0, C > 0,
//
// to accuracies at three or more numbers of training rows by least squares, every fold a
// point. For a given C the curve is linear in A and B, so that the search is over C alone.
// That A is at most 1 is what an accuracy knows beforehand; without it three points on a
// straight line would promise any accuracy. Checked against scipy.optimize.curve_fit, without
// and with these bounds.
//
// Errors: ErrTooFew (fewer than 3 numbers of rows, a point without accuracy, not more
// accuracies than the 3 parameters), ErrRange (N < 1 or twice the same, an accuracy outside 0
// to 1, NaN included), ErrConstant (the accuracy does not rise with n: B would not be above 0).
func FitLearningCurve(points []LearningPoint) (LearningCurve, error) {
	if len(points) < 3 {
		return LearningCurve{}, fmt.Errorf("learning curve: %w: have %d numbers of rows, need at least 3", ErrTooFew, len(points))
	}
	total := 0
	seen := map[int]bool{}
	for _, p := range points {
		if p.N < 1 || seen[p.N] {
			return LearningCurve{}, fmt.Errorf("learning curve: n: %d is %w: need numbers of rows above 0, each once", p.N, ErrRange)
		}
		seen[p.N] = true
		if len(p.Accuracy) == 0 {
			return LearningCurve{}, fmt.Errorf("learning curve: n = %d: %w: no accuracy", p.N, ErrTooFew)
		}
		for i, v := range p.Accuracy {
			if !(v >= 0 && v <= 1) {
				return LearningCurve{}, fmt.Errorf("learning curve: n = %d, fold %d: accuracy %g is %w: need 0 to 1", p.N, i, v, ErrRange)
			}
		}
		total += len(p.Accuracy)
	}
	if total <= 3 {
		return LearningCurve{}, fmt.Errorf("learning curve: %w: have %d accuracies, need more than the 3 parameters", ErrTooFew, total)
	}
	c := LearningCurve{points: make([]LearningPoint, len(points))}
	for i, p := range points {
		c.points[i] = LearningPoint{p.N, slices.Clone(p.Accuracy)}
	}
	slices.SortFunc(c.points, func(p, q LearningPoint) int { return p.N - q.N })

	f := newPowerFit(c.points)
	within := 0.0
	for i, p := range c.points {
		f.mean[i] = stat.Mean(p.Accuracy, nil)
		for _, v := range p.Accuracy {
			within += sq(v - f.mean[i])
		}
	}
	best := f.fit()
	if best.b <= 0 {
		return LearningCurve{}, fmt.Errorf("learning curve: %w: the accuracy does not rise from %d to %d rows",
			ErrConstant, c.points[0].N, c.points[len(points)-1].N)
	}
	c.A, c.C, c.Bounded = best.a, best.c, best.bounded
	c.B = best.b * math.Pow(f.unit, c.C)
	c.Sigma = math.Sqrt((best.squares + within) / float64(total-3))
	return c, nil
}

// At is the accuracy that the curve has after training on n rows.
func (c LearningCurve) At(n float64) float64 { return c.A - c.B*math.Pow(n, -c.C) }

// Need is how many rows a target takes.
type Need struct {
	N float64 // (B/(A − target))^(1/C); +Inf where A is not above the target
	// CI is the bootstrap percentile interval; its upper end is +Inf where more than 2.5 % of
	// the resampled curves never reach the target, its lower end too where 97.5 % do not.
	CI    Interval
	Never float64 // share of the resampled curves that never reach the target
}

// Need extrapolates the number of training rows with which the curve reaches the target
// accuracy. The interval is from Resamples curves, each fitted to accuracies drawn with
// replacement among those of the same n; a resample that does not rise reaches what its mean
// reaches, at N = 0, and nothing else. It holds if the inverse power law does, which three
// or four numbers of rows cannot show; and since the folds that the accuracies come from
// share rows, it is narrower than it should be.
//
// An ErrUnreached says that the number cannot be told: the curve levels off below the target,
// or so many of the resampled ones do that the interval has no upper end. Need is filled in
// all the same. Other errors: ErrRange (a target outside 0 to 1, the ends excluded), ErrTooFew
// (fewer than 2 accuracies at some n: nothing to resample).
func (c LearningCurve) Need(target float64, seed uint64) (Need, error) {
	if !(target > 0 && target < 1) {
		return Need{}, fmt.Errorf("learning curve: target %g is %w: need an accuracy between 0 and 1", target, ErrRange)
	}
	for _, p := range c.points {
		if len(p.Accuracy) < 2 {
			return Need{}, fmt.Errorf("learning curve: n = %d: %w: have %d accuracy, need at least 2 to resample", p.N, ErrTooFew, len(p.Accuracy))
		}
	}
	need := Need{N: reach(c.A, c.B, c.C, target)}
	rng := rand.New(rand.NewPCG(seed, 2))
	f := newPowerFit(c.points)
	values := make([]float64, Resamples)
	never := 0
	for r := range values {
		for i, p := range c.points {
			sum := 0.0
			for range p.Accuracy {
				sum += p.Accuracy[rng.IntN(len(p.Accuracy))]
			}
			f.mean[i] = sum / float64(len(p.Accuracy))
		}
		best := f.fit()
		values[r] = f.unit * reach(best.a, best.b, best.c, target)
		if math.IsInf(values[r], 1) {
			never++
		}
	}
	slices.Sort(values)
	need.Never = float64(never) / Resamples
	// Beside an infinite value there is nothing to interpolate to.
	at := func(p float64) float64 {
		if last := int(math.Ceil(p * (Resamples - 1))); math.IsInf(values[last], 1) {
			return math.Inf(1)
		}
		return quantile(values, p)
	}
	need.CI = Interval{at((1 - Level) / 2), at((1 + Level) / 2)}
	switch {
	case math.IsInf(need.N, 1):
		return need, fmt.Errorf("learning curve: accuracy %g: %w: the curve levels off at %.4g", target, ErrUnreached, c.A)
	case math.IsInf(need.CI.High, 1):
		return need, fmt.Errorf("learning curve: accuracy %g: %w by %.0f %% of the resampled curves: the interval has no upper end", target, ErrUnreached, 100*need.Never)
	}
	return need, nil
}

// reach is the n at which a − b·n^(−c) is target.
func reach(a, b, c, target float64) float64 {
	if target >= a {
		return math.Inf(1)
	}
	return math.Pow(b/(a-target), 1/c)
}

// powerFit fits a − b·(n/unit)^(−c) to the mean accuracy at each n, weighted by the number of
// accuracies: the spread about the means is the same for every curve. The unit is the smallest
// n, which keeps b near the size of an accuracy.
type powerFit struct {
	unit         float64
	logN         []float64 // log(n/unit)
	weight, mean []float64
	x            []float64
	grid         []float64   // exponents
	powers       [][]float64 // n^(−c) at each of them
}

func newPowerFit(points []LearningPoint) *powerFit {
	f := &powerFit{unit: float64(points[0].N), mean: make([]float64, len(points)), x: make([]float64, len(points))}
	for _, p := range points {
		f.logN = append(f.logN, math.Log(float64(p.N)/f.unit))
		f.weight = append(f.weight, float64(len(p.Accuracy)))
	}
	const steps = 48
	for i := range steps + 1 {
		c := minExponent * math.Pow(maxExponent/minExponent, float64(i)/steps)
		f.grid = append(f.grid, c)
		f.powers = append(f.powers, slices.Clone(f.at(c)))
	}
	return f
}

// at is (n/unit)^(−c), valid until the next call.
func (f *powerFit) at(c float64) []float64 {
	for i, l := range f.logN {
		f.x[i] = math.Exp(-c * l)
	}
	return f.x
}

type powerLaw struct {
	a, b, c, squares float64
	bounded          bool
}

// linear is the best a ≤ 1 and b ≥ 0 for given powers x.
func (f *powerFit) linear(c float64, x []float64) powerLaw {
	var w, mx, my float64
	for i, v := range f.weight {
		w += v
		mx += v * x[i]
		my += v * f.mean[i]
	}
	mx, my = mx/w, my/w
	var sxx, sxy, xx, xd float64
	for i, v := range f.weight {
		sxx += v * sq(x[i]-mx)
		sxy += v * (x[i] - mx) * (my - f.mean[i])
		xx += v * sq(x[i])
		xd += v * x[i] * (1 - f.mean[i])
	}
	l := powerLaw{b: sxy / sxx, c: c}
	l.a = my + l.b*mx
	if l.b < 0 {
		l.a, l.b = my, 0
	} else if l.a > 1 {
		l.a, l.b, l.bounded = 1, xd/xx, true
	}
	for i, v := range f.weight {
		l.squares += v * sq(f.mean[i]-l.a+l.b*x[i])
	}
	return l
}

// fit is the best curve: the best exponent of the grid, then a golden-section search between
// its neighbours.
func (f *powerFit) fit() powerLaw {
	at := 0
	best := f.linear(f.grid[0], f.powers[0])
	for i := 1; i < len(f.grid); i++ {
		if l := f.linear(f.grid[i], f.powers[i]); l.squares < best.squares {
			at, best = i, l
		}
	}
	if best.b == 0 {
		return best
	}
	low, high := math.Log(f.grid[max(0, at-1)]), math.Log(f.grid[min(at+1, len(f.grid)-1)])
	try := func(logC float64) powerLaw { c := math.Exp(logC); return f.linear(c, f.at(c)) }
	const golden = 0.6180339887498949 // (√5−1)/2
	u, v := high-golden*(high-low), low+golden*(high-low)
	lu, lv := try(u), try(v)
	for high-low > 1e-9 {
		if lu.squares < lv.squares {
			high, v, lv = v, u, lu
			u = high - golden*(high-low)
			lu = try(u)
		} else {
			low, u, lu = u, v, lv
			v = low + golden*(high-low)
			lv = try(v)
		}
	}
	for _, l := range []powerLaw{lu, lv} {
		if l.squares < best.squares {
			best = l
		}
	}
	if best.c > maxExponent*(1-1e-6) || best.c < minExponent*(1+1e-6) {
		best.bounded = true
	}
	return best
}
