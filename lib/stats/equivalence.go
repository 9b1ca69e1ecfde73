package stats

// A claim of no difference. A test that finds nothing does not show that there is nothing:
// what does is an interval that lies within a margin, which the caller has to name because
// no formula knows how small a difference does not matter.

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Equivalence is the result of two one-sided tests.
type Equivalence struct {
	Difference float64 // a − b
	// CI90 is the 90 % interval: it lies within ±margin exactly where P < 0.05.
	CI90 Interval
	// P is the larger p-value of the tests against "−margin or less" and "margin or more";
	// PLow and PHigh are the two.
	P, PLow, PHigh float64
	DF             float64 // of EquivalencePaired; infinite where the tests are normal
}

// EquivalencePaired tests whether the mean of the paired differences d = a − b lies within
// ±margin (Schuirmann 1987, two one-sided t tests):
//
//	t₁ = (d̄ + margin)/(s_d/√n),  t₂ = (d̄ − margin)/(s_d/√n),  n−1 degrees of freedom,
//	P = max(P(T ≥ t₁), P(T ≤ t₂)).
//
// The hypothesis that a small P rejects is that there is a difference of the margin or more.
// For the right and wrong answers of two classifiers PairedDifference.Equivalence is the
// better choice. Checked against pingouin.tost(paired=True) and statsmodels' ttost_paired.
//
// Errors: ErrLength, ErrTooFew (n < 2), ErrNaN, ErrInfinite, ErrRange (margin not above 0,
// variance beyond 1e±150), ErrConstant (the same difference everywhere, but for rounding).
func EquivalencePaired(a, b []float64, margin float64) (Equivalence, error) {
	d, err := differences(a, b)
	if err != nil {
		return Equivalence{}, fmt.Errorf("equivalence: %w", err)
	}
	if err := checkMargin(margin); err != nil {
		return Equivalence{}, fmt.Errorf("equivalence: %w", err)
	}
	mean, variance := stat.MeanVariance(d, nil)
	n := float64(len(d))
	se, t := math.Sqrt(variance/n), distuv.StudentsT{Sigma: 1, Nu: n - 1}
	e := Equivalence{Difference: mean, DF: n - 1, CI90: around(mean, t.Quantile(Level)*se),
		PLow: upperT((mean+margin)/se, n-1), PHigh: upperT((margin-mean)/se, n-1)}
	e.P = max(e.PLow, e.PHigh)
	return e, nil
}

// upperT is P(T ≥ t) for Student's t with df degrees of freedom.
func upperT(t, df float64) float64 {
	if t < 0 {
		return 1 - tTail(t, df)/2
	}
	return tTail(t, df) / 2
}

func checkMargin(margin float64) error {
	if !(margin > 0) || math.IsInf(margin, 1) {
		return fmt.Errorf("margin: %g is %w: need the largest difference that does not matter, above 0", margin, ErrRange)
	}
	return nil
}

// differences is a − b, checked for columns that a t statistic can be computed of.
func differences(a, b []float64) ([]float64, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("a, b: %w: %d and %d", ErrLength, len(a), len(b))
	}
	for _, c := range []Column{{"a", a}, {"b", b}} {
		if err := check(c.Name, c.X, 2); err != nil {
			return nil, err
		}
	}
	d := make([]float64, len(a))
	var largest float64
	low, high := math.Inf(1), math.Inf(-1)
	for i := range a {
		d[i] = a[i] - b[i]
		largest = max(largest, math.Abs(a[i]), math.Abs(b[i]))
		low, high = min(low, d[i]), max(high, d[i])
	}
	// 0.90−0.85 and 0.95−0.90 differ by rounding alone, which must not pass for precision.
	if high-low <= 1e-12*largest {
		return nil, fmt.Errorf("difference a−b: %w (%g)", ErrConstant, d[0])
	}
	return d, checkSpread("difference a−b", d)
}

// PairedDifference is the difference between the accuracies of two classifiers on the same
// rows.
type PairedDifference struct {
	Difference   float64 // (OnlyA − OnlyB)/N
	CI           Interval
	CI90         Interval // the 90 % interval, for a claim of no difference
	OnlyA, OnlyB int      // rows that only A, only B predicts right
	N            int
}

// DifferenceOfPaired gives the difference of two accuracies on the same n rows, of which a
// alone is right in onlyA and b alone in onlyB, with the interval that inverts the score test
// (Tango 1998): all Δ with |z(Δ)| ≤ 1.96, where
//
//	z(Δ) = (onlyA − onlyB − nΔ)/√(n(2q + Δ(1−Δ))),  q = (√(B² − 8nC) − B)/4n,
//	B = (2n − onlyA + onlyB)Δ − onlyA − onlyB,  C = −onlyB·Δ(1−Δ),
//
// q being the likeliest share of rows of b alone given Δ. Unlike the bootstrap interval of
// CompareMetric it does not shrink to a point where the two agree in every row: then it is
// ±z²/(n+z²), 1.3 points for 300 rows. Fagerland, Lydersen & Laake (2014) recommend it;
// Newcombe's interval, which they recommend too, shrinks to a point where the two agree and
// are right in half of the rows.
//
// z(0) is (onlyA − onlyB)/√(onlyA + onlyB), the square root of McNemar's χ², which is bolder
// than the exact test: with 4 rows against 0 the interval leaves out 0 and the exact p is
// 0.125. Whether there is a difference is for McNemar to say, how large it can be for this.
//
// Checked against the likelihood maximised numerically in Python, and against the published
// intervals of Fagerland et al.
//
// Errors: ErrTooFew (n < 1), ErrRange (a negative count, more of both than n).
func DifferenceOfPaired(onlyA, onlyB, n int) (PairedDifference, error) {
	if err := checkCount(onlyA, n); err != nil {
		return PairedDifference{}, fmt.Errorf("difference of paired proportions: onlyA: %w", err)
	}
	if err := checkCount(onlyB, n-onlyA); err != nil && onlyB != 0 {
		return PairedDifference{}, fmt.Errorf("difference of paired proportions: onlyB: %d is %w: need 0 to %d", onlyB, ErrRange, n-onlyA)
	}
	d := PairedDifference{Difference: float64(onlyA-onlyB) / float64(n), OnlyA: onlyA, OnlyB: onlyB, N: n}
	d.CI = d.interval(zCritical)
	d.CI90 = d.interval(zUpper(1 - Level))
	return d, nil
}

// Equivalence tests whether the difference lies within ±margin, by the score test of which
// CI and CI90 are the intervals: P = max(P(Z ≥ z(−margin)), P(Z ≤ z(margin))), see
// DifferenceOfPaired. It needs no row that tells the classifiers apart. A margin of 1 or
// more is an ErrRange, as is one not above 0.
func (d PairedDifference) Equivalence(margin float64) (Equivalence, error) {
	if err := checkMargin(margin); err != nil {
		return Equivalence{}, fmt.Errorf("equivalence: %w", err)
	}
	if margin >= 1 {
		return Equivalence{}, fmt.Errorf("equivalence: margin: %g is %w: accuracies differ by 1 at most", margin, ErrRange)
	}
	e := Equivalence{Difference: d.Difference, CI90: d.CI90, DF: math.Inf(1),
		PLow: zTail(d.z(-margin)), PHigh: zTail(-d.z(margin))}
	e.P = max(e.PLow, e.PHigh)
	return e, nil
}

// z is the score statistic of the hypothesis that the difference is delta; 0 at the estimate.
func (d PairedDifference) z(delta float64) float64 {
	n, x, y := float64(d.N), float64(d.OnlyA), float64(d.OnlyB)
	over := x - y - n*delta
	if over == 0 {
		return 0
	}
	b, c := (2*n-x+y)*delta-x-y, -y*delta*(1-delta)
	q := (math.Sqrt(max(0, b*b-8*n*c)) - b) / (4 * n)
	return over / math.Sqrt(max(0, n*(2*q+delta*(1-delta))))
}

// At is the interval at another confidence than that of CI, 0 to 1.
func (d PairedDifference) At(confidence float64) Interval {
	return d.interval(zUpper((1 - confidence) / 2))
}

// interval is all delta with |z(delta)| ≤ critical; z falls as delta grows.
func (d PairedDifference) interval(critical float64) Interval {
	find := func(target float64) float64 {
		low, high := -1.0, 1.0
		for range 100 { // halves down to the last bit
			if mid := (low + high) / 2; d.z(mid) > target {
				low = mid
			} else {
				high = mid
			}
		}
		return (low + high) / 2
	}
	return Interval{find(critical), find(-critical)}
}

// BayesTest is the result of CorrelatedBayes.
type BayesTest struct {
	Mean     float64 // of a − b; the posterior's centre
	Variance float64 // the posterior's scale, squared
	DF       float64
	CI       Interval // 95 % of the posterior, centred
	// The posterior probabilities of a − b below −rope, within ±rope, above rope: that b is
	// better, that it makes no practical difference, that a is better. They sum to 1.
	Left, Rope, Right float64
}

// CorrelatedBayes is the Bayesian correlated t test (Corani & Benavoli 2015; Benavoli,
// Corani, Demšar & Zaffalon 2017) of the scores of two classifiers over folds, in the region
// of practical equivalence ±rope: where a test gives the probability of the data if there
// were no difference, this gives the probability of no difference that matters. Score i of
// a and of b come from the same fold of the same run, and cross-validation was run that many
// times, with other seeds. With d = a − b, n scores and k = n/runs folds, the posterior is a
// t distribution with n−1 degrees of freedom about d̄ and the squared scale
//
//	(1/n + 1/(k−1))·s²_d,
//
// which is the denominator of CorrectedT. A rope of 0 leaves Left and Right. Checked against
// baycomp's two_on_single(b, a, rope, runs), which takes its second less its first argument;
// where every fold has the same difference baycomp is certain, and we return an error.
//
// Errors: ErrLength, ErrTooFew (fewer than 2 scores, or than 2 folds), ErrNaN, ErrInfinite,
// ErrRange (rope below 0, runs below 1 or no divisor of n, variance beyond 1e±150),
// ErrConstant (the same difference everywhere, but for rounding).
func CorrelatedBayes(a, b []float64, rope float64, runs int) (BayesTest, error) {
	d, err := differences(a, b)
	if err != nil {
		return BayesTest{}, fmt.Errorf("correlated bayes: %w", err)
	}
	if !(rope >= 0) || math.IsInf(rope, 1) {
		return BayesTest{}, fmt.Errorf("correlated bayes: rope: %g is %w: need 0 or more", rope, ErrRange)
	}
	if runs < 1 || len(d)%runs != 0 {
		return BayesTest{}, fmt.Errorf("correlated bayes: runs: %d is %w: need a divisor of the %d scores", runs, ErrRange, len(d))
	}
	folds := len(d) / runs
	if folds < 2 {
		return BayesTest{}, fmt.Errorf("correlated bayes: %w: %d fold in each of %d runs, need at least 2", ErrTooFew, folds, runs)
	}
	mean, variance := stat.MeanVariance(d, nil)
	n := float64(len(d))
	t := BayesTest{Mean: mean, Variance: (1/n + 1/float64(folds-1)) * variance, DF: n - 1}
	scale := math.Sqrt(t.Variance)
	t.CI = around(mean, tCritical(t.DF)*scale)
	t.Left = upperT((mean+rope)/scale, t.DF)
	t.Right = upperT((rope-mean)/scale, t.DF)
	if rope > 0 {
		t.Rope = max(0, 1-t.Left-t.Right)
	}
	return t, nil
}
