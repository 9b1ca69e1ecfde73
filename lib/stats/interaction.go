package stats

// An interaction: does a change that two classifiers both get (metadata, say) help the one
// more than the other? And what can be known of McNemar's test and of this one from the
// printed counts alone, which do not say which rows each classifier gets right.

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// InteractionTest is the result of Interaction.
type InteractionTest struct {
	N      int
	Counts [5]int // rows with d = −2, −1, 0, 1, 2
	// Difference is the mean of d with bootstrap intervals over rows: a difference between
	// two differences of accuracies, −2 to 2.
	Difference Resampled
	P          float64 // exact sign-flip test of no interaction
	MidP       float64 // its mid-p value, see McNemar
}

// Interaction tests whether having something changes the accuracy of classifier a as much
// as that of classifier b, where each predicted the same rows with it and without it. Row
// by row
//
//	d = (aWith right − aWithout right) − (bWith right − bWithout right),
//
// −2 to 2. If the change means the same to a and to b, then they can be exchanged, and d is
// as likely as −d. The test draws the sign of each d anew (Fisher 1935, chapter III): with
// n₁ rows of |d| = 1 and n₂ of |d| = 2 the sum is
//
//	S = (2X₁ − n₁) + 2(2X₂ − n₂),  X₁ ~ Binomial(n₁, 1/2), X₂ ~ Binomial(n₂, 1/2),
//
//	P = P(|S| ≥ |Σd|),  mid-p = P − P(|S| = |Σd|)/2,
//
// computed in full for any number of rows, not by drawing. Both are 1, and the intervals
// [0, 0], where no d differs from 0. Where bWith and bWithout agree this is McNemar(truth,
// aWith, aWithout). The intervals draw rows as CompareMetric does; they are narrower than
// they should be where only a handful of d differ from 0, and then it is the test that
// counts.
//
// Checked against scipy.stats.permutation_test(permutation_type="samples"), which for few
// rows enumerates, and against fractions in Python for 300 rows.
//
// Errors: ErrLength, ErrTooFew (fewer than 2 rows).
func Interaction(truth, aWith, aWithout, bWith, bWithout []int, seed uint64) (InteractionTest, error) {
	t, d, err := interaction(truth, aWith, aWithout, bWith, bWithout)
	if err != nil || t.Counts[2] == t.N {
		return t, err
	}
	t.Difference, err = resample(t.N, seed, func(rows []int) float64 {
		sum := 0
		for _, row := range rows {
			sum += d[row]
		}
		return float64(sum) / float64(len(rows))
	})
	if err != nil {
		return InteractionTest{}, fmt.Errorf("interaction: %w", err)
	}
	return t, nil
}

// ExactInteraction is Interaction without the bootstrap; of its Difference only Value is set. At has an
// interval.
func ExactInteraction(truth, aWith, aWithout, bWith, bWithout []int) (InteractionTest, error) {
	t, _, err := interaction(truth, aWith, aWithout, bWith, bWithout)
	return t, err
}

func interaction(truth, aWith, aWithout, bWith, bWithout []int) (t InteractionTest, d []int, err error) {
	if err := checkLabels(truth, aWith, aWithout, bWith, bWithout); err != nil {
		return t, nil, fmt.Errorf("interaction: %w", err)
	}
	if len(truth) < 2 {
		return t, nil, fmt.Errorf("interaction: truth: %w: have %d rows, need at least 2", ErrTooFew, len(truth))
	}
	t = InteractionTest{N: len(truth), P: 1, MidP: 1}
	right := func(predicted []int, i int) int {
		if predicted[i] == truth[i] {
			return 1
		}
		return 0
	}
	d = make([]int, t.N)
	sum := 0
	for i := range d {
		d[i] = right(aWith, i) - right(aWithout, i) - right(bWith, i) + right(bWithout, i)
		t.Counts[d[i]+2]++
		sum += d[i]
	}
	if t.Counts[2] < t.N {
		t.Difference.Value = float64(sum) / float64(t.N)
		t.P, t.MidP = signFlip(t.Counts[1]+t.Counts[3], t.Counts[0]+t.Counts[4], sum)
	}
	return t, d, nil
}

// At is an interval of the mean of d at a confidence, 0 to 1: see InteractionInterval.
func (t InteractionTest) At(confidence float64) Interval {
	sum := t.Counts[3] - t.Counts[1] + 2*(t.Counts[4]-t.Counts[0])
	return InteractionInterval(t.N, sum, t.Counts[1]+t.Counts[3], t.Counts[0]+t.Counts[4], confidence)
}

// InteractionInterval is an interval of the mean of d where n rows add up to sum, ones of them with |d| = 1
// and twos with |d| = 2: d̄ ± z√(s²/(n+z²)), where s² is the mean square about the mean once z²/2 rows with
// d = 1 and as many with d = −1 are added, as simple intervals of paired proportions add some to each cell.
// Where no d differs from 0 it is ±z²/(n+z²), as that of DifferenceOfPaired; unlike the bootstrap's it
// never shrinks to a point. Its coverage, by simulation, is in the tests.
func InteractionInterval(n, sum, ones, twos int, confidence float64) Interval {
	z := zUpper((1 - confidence) / 2)
	more := float64(n) + z*z
	mean, square := float64(sum)/more, (float64(ones+4*twos)+z*z)/more
	return around(float64(sum)/float64(n), z*math.Sqrt((square-mean*mean)/more))
}

// signFlip is P(|S| ≥ |sum|) and its mid-p for the sum S of n1 signs and n2 doubled signs.
func signFlip(n1, n2, sum int) (p, midP float64) {
	if n1 == 0 && n2 == 0 {
		return 1, 1
	}
	sum = max(sum, -sum)
	x1 := distuv.Binomial{N: float64(n1), P: 0.5}
	x2 := distuv.Binomial{N: float64(n2), P: 0.5}
	var tail, point float64 // P(S ≥ sum), P(S = sum)
	for k := range n2 + 1 {
		// The signs have to make up what the doubled ones leave of sum.
		left := sum - 2*(2*k-n2)
		if left > n1 {
			continue
		}
		pk := x2.Prob(float64(k))
		// P(2X₁ − n₁ ≥ left), taken from the lower end by symmetry so that it stays exact.
		if most := floorHalf(n1 - left); most >= n1 {
			tail += pk
		} else {
			tail += pk * x1.CDF(float64(most))
		}
		if left >= -n1 && (n1-left)%2 == 0 {
			point += pk * x1.Prob(float64((n1+left)/2))
		}
	}
	if sum == 0 { // 2·P(S ≥ 0) counts S = 0 twice
		return 1, 1 - point/2
	}
	return min(1, 2*tail), min(1, 2*tail-point)
}

// floorHalf is ⌊v/2⌋.
func floorHalf(v int) int { return v >> 1 }

// Range is the smallest and the largest value that a quantity can have.
type Range struct{ Low, High float64 }

// add widens r by v; a Range begins as emptyRange.
func (r *Range) add(v float64) { r.Low, r.High = min(r.Low, v), max(r.High, v) }

var emptyRange = Range{math.Inf(1), math.Inf(-1)}

// McNemarBounds is what two counts of right answers say of McNemar's test.
type McNemarBounds struct {
	Exact, MidP Range // over all overlaps that the counts allow
	// The fewest and the most rows that only one of the two can have got right.
	LeastDiscordant, MostDiscordant int
	// The most such rows with which the p-value is still below 1 − Level; −1 where it is for
	// no overlap. The p-value is below for all fewer ones too.
	ExactUpTo, MidPUpTo int
}

// BoundMcNemar gives the range of the p-values of McNemar over all ways in which a
// classifier that is right in a of n rows and one that is right in b of them can overlap.
// With s rows that only one of them gets right, |a−b| ≤ s ≤ min(a+b, 2n−a−b) in steps of 2,
// one is right alone in (s+a−b)/2 and the other in (s−a+b)/2. Checked against enumeration
// in Python with fractions.
//
// Errors: ErrTooFew (n < 1), ErrRange (a or b outside 0 to n).
func BoundMcNemar(a, b, n int) (McNemarBounds, error) {
	for _, k := range []int{a, b} {
		if err := checkCount(k, n); err != nil {
			return McNemarBounds{}, fmt.Errorf("bounds of mcnemar: %w", err)
		}
	}
	m := McNemarBounds{Exact: emptyRange, MidP: emptyRange, ExactUpTo: -1, MidPUpTo: -1,
		LeastDiscordant: max(a-b, b-a), MostDiscordant: min(a+b, 2*n-a-b)}
	for s := m.LeastDiscordant; s <= m.MostDiscordant; s += 2 {
		p, midP := signFlip(s, 0, a-b)
		m.Exact.add(p)
		m.MidP.add(midP)
		if p < 1-Level {
			m.ExactUpTo = s
		}
		if midP < 1-Level {
			m.MidPUpTo = s
		}
	}
	return m, nil
}

// InteractionBounds is what four counts of right answers say of Interaction.
type InteractionBounds struct {
	Difference float64 // the mean of d, which the counts do tell
	P, MidP    Range   // over all overlaps that the counts allow
	// The rows with |d| = 1 and with |d| = 2 at the smallest and at the largest P.
	AtLow, AtHigh [2]int
}

// MaxBoundRows is the most rows that BoundInteraction takes. It needs 0.1 s for 300 rows of
// which nine in ten are right, 2 s where one in two is, and far longer for far more rows.
const MaxBoundRows = 500

// BoundInteraction gives the range of the p-values of Interaction over all ways in which
// the four classifiers, of which these many are right in n rows, can overlap. P depends on
// the overlap through the numbers of rows with |d| = 1 and |d| = 2 alone; each such pair of
// numbers is tried for an overlap with the given counts. Checked against enumeration of all
// overlaps in Python for up to 6 rows.
//
// Errors: ErrTooFew (n < 1), ErrRange (a count outside 0 to n, n above MaxBoundRows).
func BoundInteraction(aWith, aWithout, bWith, bWithout, n int) (InteractionBounds, error) {
	for _, k := range []int{aWith, aWithout, bWith, bWithout} {
		if err := checkCount(k, n); err != nil {
			return InteractionBounds{}, fmt.Errorf("bounds of interaction: %w", err)
		}
	}
	if n > MaxBoundRows {
		return InteractionBounds{}, fmt.Errorf("bounds of interaction: n: %d is %w: at most %d rows", n, ErrRange, MaxBoundRows)
	}
	sum := aWith - aWithout - bWith + bWithout
	bounds := InteractionBounds{Difference: float64(sum) / float64(n), P: emptyRange, MidP: emptyRange}
	o := newOverlaps(aWith, aWithout, bWith, bWithout, n)
	// d = ±1 takes a right and a wrong answer in the row at least, d = ±2 two of each.
	answers := aWith + aWithout + bWith + bWithout
	answers = min(answers, 4*n-answers)
	for n2 := 0; n2 <= n && 2*n2 <= answers; n2++ {
		for n1 := max(sum, -sum) % 2; n1+n2 <= n && n1+2*n2 <= answers; n1 += 2 {
			if !o.allow(n1, n2, sum) {
				continue
			}
			p, midP := signFlip(n1, n2, sum)
			if p < bounds.P.Low {
				bounds.AtLow = [2]int{n1, n2}
			}
			if p > bounds.P.High {
				bounds.AtHigh = [2]int{n1, n2}
			}
			bounds.P.add(p)
			bounds.MidP.add(midP)
		}
	}
	return bounds, nil
}

// overlaps describes four classifiers by what d = u − v is made of: u counts which of
// aWith and bWithout are right in a row, v which of aWithout and bWith, 0 to 2 each.
type overlaps struct {
	n, u         int // rows, and the sum of u over them
	bothU, bothV int // the most rows that can have u = 2, and v = 2
}

func newOverlaps(aWith, aWithout, bWith, bWithout, n int) overlaps {
	return overlaps{n: n, u: aWith + bWithout, bothU: min(aWith, bWithout), bothV: min(aWithout, bWith)}
}

// allow says whether n1 rows can have |d| = 1 and n2 rows |d| = 2 where the sum of d is sum.
func (o overlaps) allow(n1, n2, sum int) bool {
	for plus2 := range n2 + 1 { // rows with d = 2
		minus2 := n2 - plus2
		rest := sum - 2*(plus2-minus2)
		if rest < -n1 || rest > n1 || (n1+rest)%2 != 0 {
			continue
		}
		if plus1 := (n1 + rest) / 2; o.fit(plus2, plus1, n1-plus1, minus2) {
			return true
		}
	}
	return false
}

// fit says whether that many rows can have d = 2, 1, −1, −2. Free are h rows of d = 1 that
// have (u, v) = (2, 1) and not (1, 0), l rows of d = −1 that have (1, 2) and not (0, 1), and
// of d = 0 those with (2, 2) and those with (1, 1), the number of which follows from Σu; Σv
// is right because Σd is. For a given number of (2, 2), h and l have upper bounds, and their
// sum a lower one.
func (o overlaps) fit(plus2, plus1, minus1, minus2 int) bool {
	zeros := o.n - plus2 - plus1 - minus1 - minus2
	left := o.u - 2*plus2 - plus1 // Σu over the (2, 2) and (1, 1), and h + l
	for twos := 0; twos <= zeros && 2*twos <= left; twos++ {
		h, l := min(plus1, o.bothU-plus2-twos), min(minus1, o.bothV-minus2-twos)
		if h >= 0 && l >= 0 && h+l >= left-twos-zeros { // else (1, 1) and (2, 2) are more than zeros
			return true
		}
	}
	return false
}
