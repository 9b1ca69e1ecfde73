package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Wilson returns the interval of a proportion, k of n, that inverts the score test
// (Wilson 1927), with z = 1.96:
//
//	(k + z²/2 ± z√(k(n−k)/n + z²/4)) / (n + z²).
//
// Its coverage is close to 95 %. Checked against statsmodels'
// proportion_confint(method="wilson").
//
// Errors: ErrTooFew (n < 1), ErrRange (k outside 0 to n).
func Wilson(k, n int) (Interval, error) {
	if err := checkCount(k, n); err != nil {
		return Interval{}, fmt.Errorf("wilson: %w", err)
	}
	x, m, z2 := float64(k), float64(n), sq(zCritical)
	ci := around((x+z2/2)/(m+z2), zCritical*math.Sqrt(x*(m-x)/m+z2/4)/(m+z2))
	return Interval{max(0, ci.Low), min(1, ci.High)}, nil
}

func checkCount(k, n int) error {
	if n < 1 {
		return fmt.Errorf("n: %w: have %d, need at least 1", ErrTooFew, n)
	}
	if k < 0 || k > n {
		return fmt.Errorf("k: %d is %w: need 0 to %d", k, ErrRange, n)
	}
	return nil
}

// McNemarTest is the result of McNemar.
type McNemarTest struct {
	OnlyA, OnlyB int     // rows that only A, only B predicts right
	Exact        float64 // exact conditional p-value: never too small, often too large
	MidP         float64 // mid-p value: nearly as safe, and more powerful
}

// McNemar tests whether classifiers a and b, which predicted the same rows, are equally
// accurate. Only the rows that one of them alone gets right speak: under the hypothesis
// OnlyA is Binomial(OnlyA+OnlyB, 1/2), so that with m the smaller of the two
//
//	exact = min(1, 2·P(X ≤ m)),  mid-p = exact − P(X = m)
//
// and mid-p = 1 − P(X = m)/2 for OnlyA = OnlyB (McNemar 1947; Fagerland, Lydersen & Laake
// 2013). Both are 1 when no row tells a from b. Checked against statsmodels' mcnemar.
//
// Errors: ErrLength, ErrTooFew (no row).
func McNemar(truth, a, b []int) (McNemarTest, error) {
	if err := checkLabels(truth, a, b); err != nil {
		return McNemarTest{}, fmt.Errorf("mcnemar: %w", err)
	}
	var t McNemarTest
	for i, c := range truth {
		switch {
		case a[i] == c && b[i] != c:
			t.OnlyA++
		case a[i] != c && b[i] == c:
			t.OnlyB++
		}
	}
	n := t.OnlyA + t.OnlyB
	if n == 0 {
		t.Exact, t.MidP = 1, 1
		return t, nil
	}
	x := distuv.Binomial{N: float64(n), P: 0.5}
	m := float64(min(t.OnlyA, t.OnlyB))
	if t.OnlyA == t.OnlyB {
		t.Exact, t.MidP = 1, 1-x.Prob(m)/2
		return t, nil
	}
	t.Exact = min(1, 2*x.CDF(m))
	t.MidP = t.Exact - x.Prob(m)
	return t, nil
}

// MetricDifference compares a metric of two classifiers on the same rows.
type MetricDifference struct {
	A, B float64 // the metric of each
	// Difference is A − B, with bootstrap intervals over rows.
	Difference Resampled
	P          float64 // permutation test of no difference
}

// CompareMetric compares any metric of classifiers a and b, which predicted the same rows.
// The intervals of the difference draw rows with replacement, keeping what belongs to a
// row together (see Bootstrap). The test exchanges a's and b's prediction in a random half
// of the rows, Resamples times:
//
//	P = (1 + #{|difference| ≥ |observed|}) / (1 + Resamples)
//
// (Ojala & Garriga 2010; Phipson & Smyth 2010). For Accuracy it estimates the exact p of
// McNemar, which is then the better choice; for macro F1 it is the one to use. When a and
// b never differ, the intervals are [0, 0] and P is 1. Rows are the only source of
// variation here: that another training run would give other predictions is not in it.
//
// Errors: ErrLength, ErrTooFew (fewer than 2 rows), ErrRange (an index outside 0 to
// classes−1), ErrNaN (the metric of a resample).
func CompareMetric(truth, a, b []int, classes int, metric Metric, seed uint64) (MetricDifference, error) {
	ca, err := ConfusionMatrix(truth, a, classes)
	if err != nil {
		return MetricDifference{}, fmt.Errorf("compare metric: a: %w", err)
	}
	cb, err := ConfusionMatrix(truth, b, classes)
	if err != nil {
		return MetricDifference{}, fmt.Errorf("compare metric: b: %w", err)
	}
	n := len(truth)
	if n < 2 {
		return MetricDifference{}, fmt.Errorf("compare metric: truth: %w: have %d rows, need at least 2", ErrTooFew, n)
	}
	d := MetricDifference{A: metric(ca), B: metric(cb), P: 1}
	var differ []int
	for i := range truth {
		if a[i] != b[i] {
			differ = append(differ, i)
		}
	}
	if len(differ) == 0 {
		return d, nil
	}

	// Exchanges go on from one another: each row's order is drawn anew every time.
	rng := rand.New(rand.NewPCG(seed, 1))
	pa, pb := slices.Clone(a), slices.Clone(b)
	observed := math.Abs(d.A - d.B)
	extreme := 0
	for range Resamples {
		var bits uint64
		for i, row := range differ {
			if i%64 == 0 {
				bits = rng.Uint64()
			}
			if bits&1 == 1 {
				t, p, q := truth[row], pa[row], pb[row]
				ca[t][p]--
				ca[t][q]++
				cb[t][q]--
				cb[t][p]++
				pa[row], pb[row] = q, p
			}
			bits >>= 1
		}
		// The allowance makes equal differences equal in spite of rounding.
		if math.Abs(metric(ca)-metric(cb)) >= observed-1e-12 {
			extreme++
		}
	}
	d.P = float64(1+extreme) / (1 + Resamples)

	d.Difference, err = resample(n, seed, func(rows []int) float64 {
		for i := range classes {
			clear(ca[i])
			clear(cb[i])
		}
		for _, row := range rows {
			ca[truth[row]][a[row]]++
			cb[truth[row]][b[row]]++
		}
		return metric(ca) - metric(cb)
	})
	if err != nil {
		return MetricDifference{}, fmt.Errorf("compare metric: %w", err)
	}
	return d, nil
}

// TTest is the result of a t test.
type TTest struct{ T, DF, P float64 }

// CorrectedT compares the scores of two classifiers over k train-test splits, score i of a
// and of b from the same split. Splits share training data, so their scores vary together;
// the corrected resampled t test (Nadeau & Bengio 2003) allows for it, with d = a − b:
//
//	t = d̄ / √((1/k + n_test/n_train)·s²_d),  k−1 degrees of freedom.
//
// In five-fold cross-validation of 300 pictures nTrain is 240 and nTest 60.
//
// Errors: ErrLength, ErrTooFew (k < 2), ErrNaN, ErrInfinite, ErrRange (nTrain or nTest
// below 1, variance beyond 1e±150), ErrConstant (the same difference in every split, but
// for rounding).
func CorrectedT(a, b []float64, nTrain, nTest int) (TTest, error) {
	if len(a) != len(b) {
		return TTest{}, fmt.Errorf("corrected t: a, b: %w: %d and %d", ErrLength, len(a), len(b))
	}
	for _, c := range []Column{{"a", a}, {"b", b}} {
		if err := check(c.Name, c.X, 2); err != nil {
			return TTest{}, fmt.Errorf("corrected t: %w", err)
		}
	}
	if nTrain < 1 || nTest < 1 {
		return TTest{}, fmt.Errorf("corrected t: nTrain %d, nTest %d: %w: need at least 1", nTrain, nTest, ErrRange)
	}
	d := make([]float64, len(a))
	var largest float64
	for i := range a {
		d[i] = a[i] - b[i]
		largest = max(largest, math.Abs(a[i]), math.Abs(b[i]))
	}
	// 0.90−0.85 and 0.95−0.90 differ by rounding alone, which must not pass for precision.
	if slices.Max(d)-slices.Min(d) <= 1e-12*largest {
		return TTest{}, fmt.Errorf("corrected t: difference a−b: %w (%g)", ErrConstant, d[0])
	}
	if err := checkSpread("difference a−b", d); err != nil {
		return TTest{}, fmt.Errorf("corrected t: %w", err)
	}
	k := float64(len(d))
	mean, variance := stat.MeanVariance(d, nil)
	t := TTest{T: mean / math.Sqrt((1/k+float64(nTest)/float64(nTrain))*variance), DF: k - 1}
	t.P = tTail(t.T, t.DF)
	return t, nil
}

// QTest is the result of CochranQ.
type QTest struct{ Q, DF, P float64 }

// CochranQ tests whether k classifiers that predicted the same rows are equally accurate.
// With C the right answers of a classifier, R those in a row, N their total,
//
//	Q = (k−1)(k·ΣC² − N²) / (k·N − ΣR²)
//
// is about χ² with k−1 degrees of freedom (Cochran 1950). Checked against statsmodels'
// cochrans_q.
//
// Errors: ErrLength, ErrTooFew (no row, fewer than 2 classifiers), ErrConstant (in every
// row all are right or all are wrong).
func CochranQ(truth []int, predictions ...[]int) (QTest, error) {
	if err := checkLabels(truth, predictions...); err != nil {
		return QTest{}, fmt.Errorf("cochran's q: %w", err)
	}
	k := len(predictions)
	if k < 2 {
		return QTest{}, fmt.Errorf("cochran's q: %w: have %d classifiers, need at least 2", ErrTooFew, k)
	}
	byClassifier := make([]int, k)
	total, rowSquares := 0, 0
	for i, c := range truth {
		row := 0
		for j, p := range predictions {
			if p[i] == c {
				row++
				byClassifier[j]++
			}
		}
		total += row
		rowSquares += row * row
	}
	if k*total == rowSquares {
		return QTest{}, fmt.Errorf("cochran's q: %w: in every row all classifiers are right or all are wrong", ErrConstant)
	}
	squares := 0
	for _, c := range byClassifier {
		squares += c * c
	}
	q := QTest{DF: float64(k - 1)}
	q.Q = float64((k-1)*(k*squares-total*total)) / float64(k*total-rowSquares)
	q.P = chi2Tail(q.Q, q.DF)
	return q, nil
}
