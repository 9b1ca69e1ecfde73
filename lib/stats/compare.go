package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// HTest is the result of a Kruskal-Wallis test.
type HTest struct {
	H, DF, P float64
	// Epsilon2 is the share of the ranks' variance that lies between the groups, 0 to 1.
	Epsilon2 float64
}

// KruskalWallis tests whether the groups have one distribution, by ranks. With R the sum
// of a group's ranks, N = Σn and t the sizes of ties,
//
//	H = (12/(N(N+1)) Σ R²/n − 3(N+1)) / (1 − Σ(t³−t)/(N³−N)),
//
// is about χ² with k−1 degrees of freedom (rough when groups hold fewer than 5). The effect
// size is ε² = H/(N−1) (Tomczak & Tomczak 2014). Checked against scipy.stats.kruskal.
//
// Errors: ErrTooFew (fewer than 2 groups, or an empty one), ErrNaN, ErrInfinite,
// ErrConstant (all values of all groups equal).
func KruskalWallis(groups []Column) (HTest, error) {
	if err := checkGroups(groups, 1); err != nil {
		return HTest{}, fmt.Errorf("kruskal-wallis: %w", err)
	}
	var all []float64
	for _, g := range groups {
		all = append(all, g.X...)
	}
	if constant(all) {
		return HTest{}, fmt.Errorf("kruskal-wallis: %w (%g) in every group", ErrConstant, all[0])
	}
	r, ties := ranks(all)
	n := float64(len(all))
	var between float64
	for _, g := range groups {
		var sum float64
		for _, v := range r[:len(g.X)] {
			sum += v - (n+1)/2 // about the mean rank: no cancellation
		}
		r = r[len(g.X):]
		between += sum * sum / float64(len(g.X))
	}
	h := 12 / (n * (n + 1)) * between / (1 - ties/(n*n*n-n))
	df := float64(len(groups) - 1)
	return HTest{H: h, DF: df, P: chi2Tail(h, df), Epsilon2: h / (n - 1)}, nil
}

// UTest is the result of a Mann-Whitney test.
type UTest struct {
	U float64 // pairs in which x exceeds y, ties counting half
	P float64
}

// MannWhitney tests whether x and y have one distribution, by ranks. As scipy does by
// default, P is exact when one sample holds at most 8 values and there are no ties, else
// the normal approximation with correction for ties and for continuity. It is 1 when all
// values are equal. Checked against scipy.stats.mannwhitneyu.
//
// Errors: ErrTooFew (an empty sample), ErrNaN, ErrInfinite.
func MannWhitney(x, y []float64) (UTest, error) {
	if err := checkGroups([]Column{{"x", x}, {"y", y}}, 1); err != nil {
		return UTest{}, fmt.Errorf("mann-whitney: %w", err)
	}
	r, ties := ranks(slices.Concat(x, y))
	n1, n2 := float64(len(x)), float64(len(y))
	n := n1 + n2
	u := -n1 * (n1 + 1) / 2
	for _, v := range r[:len(x)] {
		u += v
	}
	if ties == 0 && min(n1, n2) <= 8 {
		return UTest{U: u, P: uExact(min(u, n1*n2-u), len(x), len(y))}, nil
	}
	z := (math.Abs(u-n1*n2/2) - 0.5) / math.Sqrt(n1*n2/12*((n+1)-ties/(n*(n-1))))
	return UTest{U: u, P: min(1, 2*zTail(z))}, nil
}

// uExact is min(1, 2·P(U ≤ u)) for samples of m and n values without ties. The number of
// orderings with a given U is a coefficient of the Gaussian binomial (m+n choose m) in q,
// ∏(1−q^(n+i))/(1−q^i), i = 1…m (Mann & Whitney 1947).
func uExact(u float64, m, n int) float64 {
	m, n = min(m, n), max(m, n)
	count := make([]float64, int(u)+1)
	count[0] = 1
	orderings := 1.0
	for i := 1; i <= m; i++ {
		orderings *= float64(n+i) / float64(i)
		for j := len(count) - 1; j >= n+i; j-- {
			count[j] -= count[j-n-i]
		}
		for j := i; j < len(count); j++ {
			count[j] += count[j-i]
		}
	}
	var below float64
	for _, c := range count {
		below += c
	}
	return min(1, 2*below/orderings)
}

// Effect is an effect size with its interval.
type Effect struct {
	Value float64
	CI    Interval
}

// CliffDelta returns Cliff's δ = P(x > y) − P(x < y) over all pairs, −1 to 1 and positive
// when x tends to be larger (Cliff 1993); it is 2U/(mn) − 1 of MannWhitney. The interval
// is δ ± t·SE with the variances and degrees of freedom of Brunner & Munzel 2000, cut at
// ±1; it is NaN where the samples do not overlap or are all ties, since then nothing
// bounds δ. Checked against statsmodels' rank_compare_2indep(x, y).confint_lintransf().
//
// Errors: ErrTooFew (fewer than 2 values), ErrNaN, ErrInfinite.
func CliffDelta(x, y []float64) (Effect, error) {
	if err := checkGroups([]Column{{"x", x}, {"y", y}}, 2); err != nil {
		return Effect{}, fmt.Errorf("cliff's delta: %w", err)
	}
	all, _ := ranks(slices.Concat(x, y))
	n1, n2 := float64(len(x)), float64(len(y))
	p1, v1 := placement(all[:len(x)], x, n2)
	_, v2 := placement(all[len(x):], y, n1)
	delta := 2*p1 - 1
	if v1+v2 == 0 {
		return Effect{delta, undefined}, nil
	}
	df := sq(v1+v2) / (v1*v1/(n1-1) + v2*v2/(n2-1))
	ci := around(delta, 2*tCritical(df)*math.Sqrt(v1+v2))
	return Effect{delta, Interval{max(-1, ci.Low), min(1, ci.High)}}, nil
}

// placement returns the mean over one sample of the share of the other sample's m values
// that lie below (ties half), and the variance of that mean. A value's rank among all less
// its rank in its own sample is the number of the others below it.
func placement(pooled, own []float64, m float64) (mean, variance float64) {
	within, _ := ranks(own)
	share := make([]float64, len(own))
	for i := range share {
		share[i] = (pooled[i] - within[i]) / m
	}
	if constant(share) {
		return share[0], 0
	}
	mean, variance = stat.MeanVariance(share, nil)
	return mean, variance / float64(len(own))
}

// Pair compares two groups of several.
type Pair struct {
	A, B  string
	U, P  float64 // MannWhitney of A and B
	PHolm float64 // P, adjusted by Holm for the number of pairs
	Delta Effect  // CliffDelta of A and B: positive when A tends to be larger
}

// PairwiseMannWhitney compares every two groups by MannWhitney, adjusts the p-values by
// Holm and adds Cliff's δ: what to look at after KruskalWallis. It is pingouin's
// pairwise_tests(parametric=False, padjust="holm").
//
// Errors: ErrTooFew (fewer than 2 groups, or 2 values in one), ErrNaN, ErrInfinite.
func PairwiseMannWhitney(groups []Column) ([]Pair, error) {
	if err := checkGroups(groups, 2); err != nil {
		return nil, fmt.Errorf("pairwise mann-whitney: %w", err)
	}
	var pairs []Pair
	var ps []float64
	for i, a := range groups {
		for _, b := range groups[i+1:] {
			u, err := MannWhitney(a.X, b.X)
			if err != nil {
				return nil, fmt.Errorf("groups %q and %q: %w", a.Name, b.Name, err)
			}
			delta, err := CliffDelta(a.X, b.X)
			if err != nil {
				return nil, fmt.Errorf("groups %q and %q: %w", a.Name, b.Name, err)
			}
			pairs = append(pairs, Pair{A: a.Name, B: b.Name, U: u.U, P: u.P, Delta: delta})
			ps = append(ps, u.P)
		}
	}
	holm, err := Holm(ps)
	if err != nil {
		return nil, fmt.Errorf("pairwise mann-whitney: %w", err)
	}
	for i := range pairs {
		pairs[i].PHolm = holm[i]
	}
	return pairs, nil
}

// Holm adjusts the p-values of m tests so that comparing each with α keeps the chance of
// any false rejection below α (Holm 1979): the i-th smallest becomes
// max over j ≤ i of min(1, (m−j+1)·p). The order is that of the input. Checked against
// statsmodels' multipletests(method="holm").
//
// Errors: ErrRange (a p outside 0 to 1, NaN included).
func Holm(p []float64) ([]float64, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("holm: p-value %d is %g: %w: need 0 to 1", i, v, ErrRange)
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if p[a] < p[b] {
			return -1
		}
		if p[a] > p[b] {
			return 1
		}
		return 0
	})
	adjusted := make([]float64, len(p))
	var floor float64
	for i, k := range order {
		floor = max(floor, min(1, float64(len(p)-i)*p[k]))
		adjusted[k] = floor
	}
	return adjusted, nil
}

// checkGroups checks that there are at least two groups of at least n finite values.
func checkGroups(groups []Column, n int) error {
	if len(groups) < 2 {
		return fmt.Errorf("%w: have %d groups, need at least 2", ErrTooFew, len(groups))
	}
	for _, g := range groups {
		if err := check(fmt.Sprintf("group %q", g.Name), g.X, n); err != nil {
			return err
		}
	}
	return nil
}
