package stats

// Where the noise is: how much of what an accuracy varies by comes from which rows a fold
// holds, how much from the seed, and how much from neither alone.

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Component is one source of variation.
type Component struct {
	DF, MeanSquare float64
	// Variance is the estimate, in the unit of y squared. Where the method gives a negative
	// one it is 0, Negative is true, and Estimate has the number.
	Variance, Estimate float64
	Negative           bool
	Share              float64  // of the sum of the three variances
	CI                 Interval // of the variance, cut at 0
	F, P               float64  // test of no such variation; NaN for the rest
}

// Components splits the variation of repeated cross-validation.
type Components struct {
	Mean             float64
	Fold, Seed, Rest Component
	// SD is the standard deviation of one run on one fold, √ of the sum of the variances.
	SD float64
}

// VarianceComponents splits the variance of y[seed][fold], an accuracy (say) for each of a
// seeds on each of the same b folds, by the crossed random effects y = μ + fold + seed +
// rest. The rest is the interaction of the two with all that is random beside: without
// replication nothing tells these apart. From the two-way analysis of variance, by the
// method of moments (Searle, Casella & McCulloch 1992, chapter 4),
//
//	σ²_fold = (MS_fold − MS_rest)/a,  σ²_seed = (MS_seed − MS_rest)/b,  σ²_rest = MS_rest,
//
// with b−1, a−1 and (a−1)(b−1) degrees of freedom. An estimate below 0 says that the source
// adds less than what the rest makes appear by chance; it counts as 0 in the shares. F is
// MS/MS_rest. The interval of the rest is exact, df·MS/χ²; those of fold and seed are the
// modified large-sample intervals of Ting, Burdick, Graybill, Jeyaratnam & Lu (1990; Burdick
// & Graybill 1992, section 3.3), which hold for normal effects: with three folds or seeds
// they are as wide as they should be, that is, nearly useless.
//
// Checked against statsmodels' anova_lm (mean squares, F, P), its MixedLM (restricted maximum
// likelihood has the same variances where none is negative), and for the intervals against
// their formula with scipy's quantiles; their coverage, by simulation, is in the tests.
//
// Errors: ErrTooFew (fewer than 2 seeds or folds), ErrLength (seeds with other numbers of
// folds), ErrNaN, ErrInfinite, ErrConstant (all values equal), ErrRange (variance beyond
// 1e±150).
func VarianceComponents(y [][]float64) (Components, error) {
	a := len(y)
	if a < 2 {
		return Components{}, fmt.Errorf("variance components: seeds: %w: have %d, need at least 2", ErrTooFew, a)
	}
	b := len(y[0])
	var all []float64
	for i, row := range y {
		if len(row) != b {
			return Components{}, fmt.Errorf("variance components: seed %d: %w: %d folds, seed 0 has %d", i, ErrLength, len(row), b)
		}
		if err := check(fmt.Sprintf("folds of seed %d", i), row, 2); err != nil {
			return Components{}, fmt.Errorf("variance components: %w", err)
		}
		all = append(all, row...)
	}
	if err := checkSpread("y", all); err != nil {
		return Components{}, fmt.Errorf("variance components: %w", err)
	}

	var c Components
	for _, v := range all {
		c.Mean += v / float64(len(all))
	}
	seeds, folds := make([]float64, a), make([]float64, b) // effects
	for i, row := range y {
		for j, v := range row {
			seeds[i] += (v - c.Mean) / float64(b)
			folds[j] += (v - c.Mean) / float64(a)
		}
	}
	var ssSeed, ssFold, ssRest float64
	for i, row := range y {
		for j, v := range row {
			ssSeed += sq(seeds[i])
			ssFold += sq(folds[j])
			ssRest += sq(v - c.Mean - seeds[i] - folds[j])
		}
	}
	// What rounding leaves of a rest that is 0 would make any F significant.
	if ssRest < 1e-24*float64(len(all))*sq(max(math.Abs(c.Mean), math.Sqrt(ssSeed+ssFold))) {
		ssRest = 0
	}
	c.Rest = Component{DF: float64((a - 1) * (b - 1)), F: math.NaN(), P: math.NaN()}
	c.Rest.MeanSquare = ssRest / c.Rest.DF
	c.Rest.Variance, c.Rest.Estimate = c.Rest.MeanSquare, c.Rest.MeanSquare
	c.Rest.CI = Interval{ssRest / chi2Quantile((1+Level)/2, c.Rest.DF), ssRest / chi2Quantile((1-Level)/2, c.Rest.DF)}
	c.Seed = component(ssSeed, float64(a-1), c.Rest, float64(b))
	c.Fold = component(ssFold, float64(b-1), c.Rest, float64(a))
	total := c.Fold.Variance + c.Seed.Variance + c.Rest.Variance
	for _, p := range []*Component{&c.Fold, &c.Seed, &c.Rest} {
		p.Share = p.Variance / total
	}
	c.SD = math.Sqrt(total)
	return c, nil
}

// component is the component whose mean square is ss/df and has expectation σ²_rest +
// times·σ².
func component(ss, df float64, rest Component, times float64) Component {
	ms := ss / df
	c := Component{DF: df, MeanSquare: ms, Estimate: (ms - rest.MeanSquare) / times}
	c.Variance, c.Negative = max(0, c.Estimate), c.Estimate < 0
	c.F = ms / rest.MeanSquare
	switch {
	case rest.MeanSquare == 0 && ms == 0:
		c.F, c.P = math.NaN(), math.NaN()
	case rest.MeanSquare == 0:
		c.P = 0
	default: // I_{d₂/(d₂+d₁F)}(d₂/2, d₁/2)
		c.P = mathext.RegIncBeta(rest.DF/2, df/2, rest.DF/(rest.DF+df*c.F))
	}

	// Ting et al. 1990 in Burdick & Graybill's letters: G and H are exact where the other
	// mean square is 0, the cross term where the two are equal.
	const low, high = (1 - Level) / 2, (1 + Level) / 2
	m := rest.MeanSquare
	g1, h1 := 1-df/chi2Quantile(high, df), df/chi2Quantile(low, df)-1
	g2, h2 := 1-rest.DF/chi2Quantile(high, rest.DF), rest.DF/chi2Quantile(low, rest.DF)-1
	fHigh, fLow := fQuantile(high, df, rest.DF), fQuantile(low, df, rest.DF)
	cross := (sq(fHigh-1) - sq(g1*fHigh) - sq(h2)) / fHigh
	crossUp := (sq(1-fLow) - sq(h1*fLow) - sq(g2)) / fLow
	below := math.Sqrt(max(0, sq(g1*ms)+sq(h2*m)+cross*ms*m))
	above := math.Sqrt(max(0, sq(h1*ms)+sq(g2*m)+crossUp*ms*m))
	c.CI = Interval{max(0, c.Estimate-below/times), max(0, c.Estimate+above/times)}
	return c
}

func chi2Quantile(p, df float64) float64 { return distuv.ChiSquared{K: df}.Quantile(p) }

// fQuantile is the p-quantile of F with d1 and d2 degrees of freedom, from that of the beta
// distribution, whose upper tail is taken for p > 1/2 so that no digit is lost.
func fQuantile(p, d1, d2 float64) float64 {
	if p > 0.5 {
		return 1 / fQuantile(1-p, d2, d1)
	}
	x := mathext.InvRegIncBeta(d1/2, d2/2, p)
	return d2 * x / (d1 * (1 - x))
}
