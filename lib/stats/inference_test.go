package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// variance is a component as inference.py writes it.
type variance struct {
	DF, MS, Variance, F, P number
	CI                     pairOf
}

// inference is testdata/inference.json; testdata/inference.py made it.
var inference struct {
	Interaction []struct {
		Counts  [5]int
		Mean, P number
		MidP    number `json:"mid_p"`
	}
	McNemarBounds []struct {
		A, B, N     int
		Exact       pairOf
		MidP        pairOf `json:"mid_p"`
		Least, Most int
		ExactUpTo   int `json:"exact_up_to"`
		MidPUpTo    int `json:"mid_p_up_to"`
	} `json:"mcnemar_bounds"`
	InteractionBounds []struct {
		Right [4]int
		N     int
		P     [4]number
	} `json:"interaction_bounds"`
	TOST []struct {
		A, B               []float64
		Margin             float64
		Mean, P, Low, High number
		DF                 number
		CI90               pairOf
	}
	Tango []struct {
		X, Y, N  int
		CI, CI90 pairOf
		TOST     [2]number
	}
	Bayes []struct {
		A, B               []float64
		Rope               float64
		Runs               int
		Mean, Variance, DF number
		Probs              [3]number
		CI                 pairOf
	}
	Connor []struct {
		Difference, Discordance, Power float64
		N                              number
	}
	Detectable []struct {
		N                  int
		Discordance, Power float64
		Difference         number
	}
	EquivalenceN []struct {
		Margin, Discordance, Power float64
		N                          number
	} `json:"equivalence_n"`
	Power []struct {
		Difference, Discordance float64
		N                       int
		Exact, Normal           number
		MidP                    number `json:"mid_p"`
	}
	Components []struct {
		Y                [][]float64
		Mean             number
		Seed, Fold, Rest variance
		REML             []number
	}
	Curves []struct {
		N        []int
		Accuracy [][]float64
		Params   [3]number
		Bounded  bool
		Sigma    number
	}
}

// answers are predictions of truth 0 with so many rows of d = −2 … 2, see Interaction: in
// every other row of d = ±1 it is a that makes the difference.
func answers(counts [5]int) (truth, aWith, aWithout, bWith, bWithout []int) {
	cells := [5][2][4]int{
		{{1, 0, 0, 1}, {1, 0, 0, 1}}, {{1, 0, 0, 0}, {0, 0, 0, 1}}, {{0, 0, 0, 0}, {1, 0, 1, 0}}, {{0, 1, 1, 1}, {0, 0, 1, 0}}, {{0, 1, 1, 0}, {0, 1, 1, 0}},
	}
	for d, n := range counts {
		for i := range n {
			c := cells[d][i%2]
			truth = append(truth, 0)
			aWith, aWithout = append(aWith, c[0]), append(aWithout, c[1])
			bWith, bWithout = append(bWith, c[2]), append(bWithout, c[3])
		}
	}
	return
}

func TestInteraction(t *testing.T) {
	for _, want := range inference.Interaction {
		what := fmt.Sprint("interaction ", want.Counts)
		truth, aw, ao, bw, bo := answers(want.Counts)
		got, err := Interaction(truth, aw, ao, bw, bo, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got.Counts != want.Counts || got.N != len(truth) {
			t.Errorf("%s: counts %v of %d", what, got.Counts, got.N)
		}
		near(t, what+" p", got.P, want.P, exact)
		near(t, what+" mid-p", got.MidP, want.MidP, exact)
		near(t, what+" mean", got.Difference.Value, want.Mean, exact)
		// The mean of n numbers is as spread as its standard error says.
		var ss float64
		for d, n := range got.Counts {
			ss += float64(n) * sq(float64(d-2)-got.Difference.Value)
		}
		if se := math.Sqrt(ss) / float64(got.N); math.Abs(got.Difference.SE-se) > 0.04*se {
			t.Errorf("%s: bootstrap standard error %g, want about %g", what, got.Difference.SE, se)
		}
		if ci := got.Difference.Percentile; !(ci.Low <= got.Difference.Value && got.Difference.Value <= ci.High) {
			t.Errorf("%s: interval %v without %g", what, ci, got.Difference.Value)
		}
		again, _ := Interaction(truth, aw, ao, bw, bo, 1)
		// Exchanging a and b turns the sign and nothing else.
		turned, _ := Interaction(truth, bw, bo, aw, ao, 1)
		if fmt.Sprint(again) != fmt.Sprint(got) || turned.P != got.P || turned.MidP != got.MidP || turned.Difference.Value != -got.Difference.Value {
			t.Errorf("%s: %+v, again %+v, turned %+v", what, got, again, turned)
		}
	}
}

// Where b does not change, an interaction is a difference.
func TestInteractionIsMcNemar(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		n := 2 + rng.IntN(60)
		column := func() []int {
			x := make([]int, n)
			for i := range x {
				x[i] = rng.IntN(3)
			}
			return x
		}
		truth, a, b, c := column(), column(), column(), column()
		got, err := Interaction(truth, a, b, c, c, 1)
		want, err2 := McNemar(truth, a, b)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		near(t, "p", got.P, want.Exact, exact)
		near(t, "mid-p", got.MidP, want.MidP, exact)
	}
}

// A planted null is found at most as often as the level says, a planted effect as often as
// its size gives.
func TestInteractionRates(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	draw := func(plus float64) (found int) {
		for range 1000 {
			counts := [5]int{}
			for range 300 {
				switch u := rng.Float64(); {
				case u < 0.01:
					counts[0]++
				case u < 0.02:
					counts[4]++
				case u < 0.02+plus:
					counts[3]++
				case u < 0.10:
					counts[1]++
				default:
					counts[2]++
				}
			}
			if p, _ := signFlip(counts[1]+counts[3], counts[0]+counts[4], counts[3]-counts[1]+2*(counts[4]-counts[0])); p < 0.05 {
				found++
			}
		}
		return found
	}
	if n := draw(0.04); n > 60 || n < 15 {
		t.Errorf("null: rejected %d times of 1000", n)
	}
	// Seven points with a standard error of √(0.155/300): Φ(0.07/0.0227 − 1.96) is 0.87.
	if n := draw(0.075); n < 820 || n > 920 {
		t.Errorf("effect of 7 points: found %d times of 1000", n)
	}
}

func nearRange(t *testing.T, what string, got Range, low, high number) {
	t.Helper()
	near(t, what+" low", got.Low, low, exact)
	near(t, what+" high", got.High, high, exact)
}

func TestBounds(t *testing.T) {
	for _, want := range inference.McNemarBounds {
		what := fmt.Sprintf("mcnemar %d, %d of %d", want.A, want.B, want.N)
		got, err := BoundMcNemar(want.A, want.B, want.N)
		if err != nil {
			t.Fatal(err)
		}
		nearRange(t, what, got.Exact, want.Exact.Low, want.Exact.High)
		nearRange(t, what+" mid-p", got.MidP, want.MidP.Low, want.MidP.High)
		if got.LeastDiscordant != want.Least || got.MostDiscordant != want.Most || got.ExactUpTo != want.ExactUpTo || got.MidPUpTo != want.MidPUpTo {
			t.Errorf("%s: %+v", what, got)
		}
	}
	for _, want := range inference.InteractionBounds {
		what := fmt.Sprintf("interaction %v of %d", want.Right, want.N)
		k := want.Right
		got, err := BoundInteraction(k[0], k[1], k[2], k[3], want.N)
		if err != nil {
			t.Fatal(err)
		}
		nearRange(t, what, got.P, want.P[0], want.P[1])
		nearRange(t, what+" mid-p", got.MidP, want.P[2], want.P[3])
		for _, c := range []struct {
			at [2]int
			p  float64
		}{{got.AtLow, got.P.Low}, {got.AtHigh, got.P.High}} {
			if p, _ := signFlip(c.at[0], c.at[1], k[0]-k[1]-k[2]+k[3]); p != c.p {
				t.Errorf("%s: %v rows give %g, not %g", what, c.at, p, c.p)
			}
		}
	}
	// What is drawn lies within its bounds, at a size that no enumeration reaches.
	rng := rand.New(rand.NewPCG(5, 5))
	for range 50 {
		truth := make([]int, 60)
		var right [4]int
		var arms [4][]int
		for k := range arms {
			arms[k] = make([]int, len(truth))
			for i := range truth {
				if arms[k][i] = 1; rng.Float64() < 0.5+0.1*float64(k) {
					arms[k][i] = 0
					right[k]++
				}
			}
		}
		drawn, err := Interaction(truth, arms[0], arms[1], arms[2], arms[3], 1)
		b, err2 := BoundInteraction(right[0], right[1], right[2], right[3], len(truth))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if drawn.P < b.P.Low || drawn.P > b.P.High || drawn.MidP < b.MidP.Low || drawn.MidP > b.MidP.High || math.Abs(drawn.Difference.Value-b.Difference) > 1e-12 {
			t.Errorf("%v: drawn %+v outside %+v", right, drawn, b)
		}
	}
}

func TestEquivalence(t *testing.T) {
	for _, want := range inference.TOST {
		what := fmt.Sprintf("tost ±%g of %d", want.Margin, len(want.A))
		got, err := EquivalencePaired(want.A, want.B, want.Margin)
		if err != nil {
			t.Fatal(err)
		}
		near(t, what+" p", got.P, want.P, exact)
		near(t, what+" low", got.PLow, want.Low, exact)
		near(t, what+" high", got.PHigh, want.High, exact)
		near(t, what+" df", got.DF, want.DF, 0)
		near(t, what+" mean", got.Difference, want.Mean, exact)
		nearInterval(t, what, got.CI90, want.CI90.Low, want.CI90.High, exact)
		if inside := got.CI90.Low > -want.Margin && got.CI90.High < want.Margin; inside != (got.P < 0.05) {
			t.Errorf("%s: p = %g with %v", what, got.P, got.CI90)
		}
	}
	// pingouin's documentation prints this one.
	got, err := EquivalencePaired([]float64{4, 7, 8, 6, 3, 2}, []float64{6, 8, 7, 10, 11, 9}, 0.5)
	if err != nil || got.DF != 5 || math.Abs(got.P-0.954854) > 5e-7 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDifferenceOfPaired(t *testing.T) {
	for _, want := range inference.Tango {
		what := fmt.Sprintf("tango %d, %d of %d", want.X, want.Y, want.N)
		got, err := DifferenceOfPaired(want.X, want.Y, want.N)
		if err != nil {
			t.Fatal(err)
		}
		nearInterval(t, what, got.CI, want.CI.Low, want.CI.High, exact)
		nearInterval(t, what+" 90 %", got.CI90, want.CI90.Low, want.CI90.High, exact)
		for i, margin := range []float64{0.02, 0.1} {
			e, err := got.Equivalence(margin)
			if err != nil {
				t.Fatal(err)
			}
			near(t, fmt.Sprint(what, " tost ", margin), e.P, want.TOST[i], exact)
			if inside := got.CI90.Low > -margin && got.CI90.High < margin; inside != (e.P < 0.05) {
				t.Errorf("%s: p = %g with %v", what, e.P, got.CI90)
			}
		}
		if x, y := float64(want.X), float64(want.Y); x != y {
			near(t, what+" z(0)", got.z(0), (x-y)/math.Sqrt(x+y), exact) // McNemar's
		}
	}
	// Fagerland, Lydersen & Laake 2014 print these two, to three digits.
	for _, c := range []struct {
		x, y, n   int
		low, high float64
	}{{1, 7, 21, -0.517, -0.026}, {6, 16, 161, -0.124, -0.005}} {
		if d, err := DifferenceOfPaired(c.x, c.y, c.n); err != nil || math.Abs(d.CI.Low-c.low) > 5e-4 || math.Abs(d.CI.High-c.high) > 5e-4 {
			t.Errorf("%+v, %v", d, err)
		}
	}
}

func TestCorrelatedBayes(t *testing.T) {
	for _, want := range inference.Bayes {
		what := fmt.Sprintf("bayes of %d scores in %d runs, rope %g", len(want.A), want.Runs, want.Rope)
		got, err := CorrelatedBayes(want.A, want.B, want.Rope, want.Runs)
		if err != nil {
			t.Fatal(err)
		}
		near(t, what+" mean", got.Mean, want.Mean, exact)
		near(t, what+" variance", got.Variance, want.Variance, exact)
		near(t, what+" df", got.DF, want.DF, 0)
		nearInterval(t, what, got.CI, want.CI.Low, want.CI.High, exact)
		for i, p := range []float64{got.Left, got.Rope, got.Right} {
			// baycomp takes small right tails as 1 less the rest: equal to what that leaves.
			if math.Abs(p-float64(want.Probs[i])) > 1e-12 {
				t.Errorf("%s: probability %d is %.15g, want %.15g", what, i, p, want.Probs[i])
			}
		}
	}
	// The posterior is the corrected t test seen from the other side.
	a, b := []float64{0.85, 0.9, 0.8667, 0.8333, 0.9167}, []float64{0.8833, 0.9, 0.9167, 0.9, 0.9333}
	post, err := CorrelatedBayes(a, b, 0, 1)
	test, err2 := CorrectedT(a, b, 240, 60)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	near(t, "2·P(right) and p", 2*post.Right, test.P, exact)
}

func TestPower(t *testing.T) {
	for _, want := range inference.Connor {
		for _, sign := range []float64{1, -1} {
			got, err := SampleSizeMcNemar(sign*want.Difference, want.Discordance, want.Power)
			if err != nil {
				t.Fatal(err)
			}
			near(t, fmt.Sprintf("connor %+v", want), got, want.N, exact)
		}
	}
	for _, want := range inference.Detectable {
		got, err := DetectableDifference(want.N, want.Discordance, want.Power)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("detectable %+v", want), got, want.Difference, exact)
	}
	for _, want := range inference.EquivalenceN {
		got, err := SampleSizeEquivalence(want.Margin, want.Discordance, want.Power)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("equivalence %+v", want), got, want.N, exact)
	}
	for _, want := range inference.Power {
		what := fmt.Sprintf("power %g, %g of %d", want.Difference, want.Discordance, want.N)
		got, err := PowerMcNemar(want.Difference, want.Discordance, want.N)
		if err != nil {
			t.Fatal(err)
		}
		near(t, what, got.Exact, want.Exact, exact)
		near(t, what+" mid-p", got.MidP, want.MidP, exact)
		near(t, what+" normal", got.Normal, want.Normal, exact)
	}
	// The size of the exact test is at most the level, and at the number of rows that Connor
	// gives its power is near the one asked for.
	for _, s := range []float64{0.05, 0.1, 0.3} {
		for _, n := range []int{30, 100, 300} {
			if p, err := PowerMcNemar(0, s, n); err != nil || p.Exact > 1-Level || p.MidP > 0.06 {
				t.Errorf("size at %g of %d: %+v, %v", s, n, p, err)
			}
		}
		need, err := SampleSizeMcNemar(0.04, s, 0.8)
		p, err2 := PowerMcNemar(0.04, s, int(math.Ceil(need)))
		if err != nil || err2 != nil || math.Abs(p.MidP-0.8) > 0.06 || math.Abs(p.Normal-0.8) > 0.01 || p.Exact > p.MidP {
			t.Errorf("power at %g with %.0f rows: %+v, %v, %v", s, need, p, err, err2)
		}
	}
}

func TestVarianceComponents(t *testing.T) {
	for i, want := range inference.Components {
		what := fmt.Sprint("components ", i)
		got, err := VarianceComponents(want.Y)
		if err != nil {
			t.Fatal(err)
		}
		near(t, what+" mean", got.Mean, want.Mean, exact)
		total := 0.0
		for _, c := range []struct {
			name string
			got  Component
			want variance
		}{{" seed", got.Seed, want.Seed}, {" fold", got.Fold, want.Fold}, {" rest", got.Rest, want.Rest}} {
			near(t, what+c.name+" df", c.got.DF, c.want.DF, 0)
			near(t, what+c.name+" ms", c.got.MeanSquare, c.want.MS, exact)
			near(t, what+c.name, c.got.Estimate, c.want.Variance, exact)
			nearInterval(t, what+c.name, c.got.CI, c.want.CI.Low, c.want.CI.High, exact)
			if c.name != " rest" {
				near(t, what+c.name+" F", c.got.F, c.want.F, exact)
				near(t, what+c.name+" p", c.got.P, c.want.P, exact)
			}
			if c.got.Negative != (c.want.Variance < 0) || c.got.Variance != max(0, c.got.Estimate) {
				t.Errorf("%s%s: %+v", what, c.name, c.got)
			}
			total += c.got.Variance
		}
		near(t, what+" sd", got.SD, math.Sqrt(total), exact)
		near(t, what+" shares", got.Fold.Share+got.Seed.Share+got.Rest.Share, 1.0, exact)
		near(t, what+" share", got.Fold.Share, got.Fold.Variance/total, exact)
		for i, v := range want.REML { // an optimiser's digits
			near(t, what+" reml", []Component{got.Fold, got.Seed, got.Rest}[i].Variance, v, 1e-3)
		}
	}
	// Folds that move in step with nothing left over.
	got, err := VarianceComponents([][]float64{{0.8, 0.9, 0.7}, {0.82, 0.92, 0.72}})
	if err != nil || got.Rest.Variance != 0 || got.Fold.P != 0 || !math.IsInf(got.Fold.F, 1) || math.Abs(got.Seed.Variance-2e-4) > 1e-12 {
		t.Errorf("no rest: %+v, %v", got, err)
	}
}

// The intervals hold the true variances as often as they say.
func TestVarianceCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	const fold, seed, rest, runs = 0.03, 0.01, 0.02, 2000
	var held [3]int
	for range runs {
		y, folds := make([][]float64, 4), make([]float64, 5)
		for j := range folds {
			folds[j] = fold * rng.NormFloat64()
		}
		for i := range y {
			s := seed * rng.NormFloat64()
			for j := range folds {
				y[i] = append(y[i], 0.85+s+folds[j]+rest*rng.NormFloat64())
			}
		}
		c, err := VarianceComponents(y)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range []struct {
			ci   Interval
			true float64
		}{{c.Fold.CI, fold * fold}, {c.Seed.CI, seed * seed}, {c.Rest.CI, rest * rest}} {
			if v.ci.Low <= v.true && v.true <= v.ci.High {
				held[k]++
			}
		}
	}
	for k, n := range held {
		if share := float64(n) / runs; share < 0.935 || share > 0.975 {
			t.Errorf("component %d: held in %.3f", k, share)
		}
	}
}

func TestLearningCurve(t *testing.T) {
	for i, want := range inference.Curves {
		what := fmt.Sprint("curve ", i)
		var points []LearningPoint
		for k := range want.N {
			k = len(want.N) - 1 - k // any order
			points = append(points, LearningPoint{want.N[k], want.Accuracy[k]})
		}
		c, err := FitLearningCurve(points)
		if err != nil {
			t.Fatal(err)
		}
		near(t, what+" a", c.A, want.Params[0], 1e-6)
		near(t, what+" b", c.B, want.Params[1], 1e-6)
		near(t, what+" c", c.C, want.Params[2], 1e-6)
		if want.Sigma > 0 {
			near(t, what+" sigma", c.Sigma, want.Sigma, 1e-6)
		}
		if c.Bounded != want.Bounded {
			t.Errorf("%s: bounded %v, want %v", what, c.Bounded, want.Bounded)
		}
		if len(want.Accuracy[0]) == 1 {
			if _, err := c.Need(0.8, 1); !errors.Is(err, ErrTooFew) {
				t.Errorf("%s: one accuracy to resample: %v", what, err)
			}
			continue
		}
		target := c.At(400)
		need, err := c.Need(target, 1)
		if math.Abs(need.N-400) > 1e-6 || !(need.CI.Low < 400 && need.CI.High > 400) || (err != nil) != math.IsInf(need.CI.High, 1) {
			t.Errorf("%s: need %+v, %v", what, need, err)
		}
		if again, _ := c.Need(target, 1); again != need {
			t.Errorf("%s: %+v, then %+v", what, need, again)
		}
		if other, _ := c.Need(target, 2); other == need || math.Abs(other.CI.Low-need.CI.Low) > 0.1*need.CI.Low {
			t.Errorf("%s: another seed: %+v and %+v", what, need, other)
		}
	}
}

// What cannot be told is said.
func TestLearningCurveUnreached(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	draw := func(a, b, c, sd float64, ns ...int) LearningCurve {
		var points []LearningPoint
		for _, n := range ns {
			p := LearningPoint{N: n}
			for range 5 {
				p.Accuracy = append(p.Accuracy, min(1, a-b*math.Pow(float64(n), -c)+sd*rng.NormFloat64()))
			}
			points = append(points, p)
		}
		curve, err := FitLearningCurve(points)
		if err != nil {
			t.Fatal(err)
		}
		return curve
	}
	low := draw(0.8, 2, 0.8, 0.003, 30, 60, 120, 240)
	need, err := low.Need(0.9, 1)
	if !errors.Is(err, ErrUnreached) || !math.IsInf(need.N, 1) || !math.IsInf(need.CI.High, 1) || need.Never < 0.9 {
		t.Errorf("curve below the target: %+v, %v", need, err)
	}
	noisy := draw(0.9, 0.5, 0.4, 0.03, 60, 120, 240)
	need, err = noisy.Need(noisy.A-0.01, 1)
	if !errors.Is(err, ErrUnreached) || math.IsInf(need.N, 1) || !math.IsInf(need.CI.High, 1) || math.IsInf(need.CI.Low, 1) || need.Never < 0.025 {
		t.Errorf("target near the limit of a noisy curve: %+v, %v", need, err)
	}
	sharp := draw(0.95, 3, 0.8, 0.002, 30, 60, 120, 240)
	need, err = sharp.Need(0.92, 1)
	if err != nil || !(need.CI.Low < need.N && need.N < need.CI.High) || need.Never > 0.025 || math.Abs(need.N-316.2) > 60 {
		t.Errorf("target within reach: %+v, %v", need, err)
	}
}

// TestInferenceErrors is TestErrors for the tests of differences.
func TestInferenceErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	one, two, three := []int{0}, []float64{1, 2}, []float64{1, 2, 4}
	first := func(_ any, err error) error { return err }
	point := func(n int, v ...float64) LearningPoint { return LearningPoint{n, v} }
	paired, err := DifferenceOfPaired(3, 1, 20)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := FitLearningCurve([]LearningPoint{point(10, 0.5, 0.6), point(20, 0.7, 0.7), point(40, 0.8, 0.75)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		err  error
		want error
		says string
	}{
		{"interaction empty", first(Interaction(nil, nil, nil, nil, nil, 1)), ErrTooFew, "truth"},
		{"interaction one row", first(Interaction(one, one, one, one, one, 1)), ErrTooFew, "1 rows"},
		{"interaction lengths", first(Interaction(one, one, one, nil, one, 1)), ErrLength, "prediction 3"},
		{"bounds count", first(BoundMcNemar(4, 1, 3)), ErrRange, "0 to 3"},
		{"bounds n", first(BoundMcNemar(0, 0, 0)), ErrTooFew, "n: "},
		{"interaction bounds count", first(BoundInteraction(1, 1, 1, -1, 3)), ErrRange, "-1"},
		{"interaction bounds n", first(BoundInteraction(1, 1, 1, 1, MaxBoundRows+1)), ErrRange, "n: "},

		{"tost lengths", first(EquivalencePaired(two, three, 1)), ErrLength, "2 and 3"},
		{"tost one", first(EquivalencePaired(two[:1], two[:1], 1)), ErrTooFew, "a: "},
		{"tost NaN", first(EquivalencePaired(two, []float64{nan, 1}, 1)), ErrNaN, "b: "},
		{"tost infinite", first(EquivalencePaired([]float64{inf, 1}, two, 1)), ErrInfinite, "a: "},
		{"tost margin", first(EquivalencePaired(two, []float64{1, 1}, 0)), ErrRange, "margin"},
		{"tost NaN margin", first(EquivalencePaired(two, []float64{1, 1}, nan)), ErrRange, "margin"},
		{"tost constant", first(EquivalencePaired(two, []float64{2, 3}, 1)), ErrConstant, "a−b"},
		{"tost rounding", first(EquivalencePaired([]float64{0.9, 0.95, 0.85}, []float64{0.85, 0.9, 0.8}, 1)), ErrConstant, "a−b"},
		{"tango n", first(DifferenceOfPaired(0, 0, 0)), ErrTooFew, "n: "},
		{"tango onlyA", first(DifferenceOfPaired(-1, 0, 3)), ErrRange, "onlyA"},
		{"tango onlyB", first(DifferenceOfPaired(2, 2, 3)), ErrRange, "onlyB"},
		{"tango negative onlyB", first(DifferenceOfPaired(3, -1, 3)), ErrRange, "onlyB"},
		{"tango margin", first(paired.Equivalence(-1)), ErrRange, "margin"},
		{"tango margin of 1", first(paired.Equivalence(1)), ErrRange, "margin"},

		{"bayes lengths", first(CorrelatedBayes(two, three, 0, 1)), ErrLength, "2 and 3"},
		{"bayes rope", first(CorrelatedBayes(two, []float64{1, 1}, -1, 1)), ErrRange, "rope"},
		{"bayes runs", first(CorrelatedBayes(three, []float64{1, 1, 1}, 0, 2)), ErrRange, "runs"},
		{"bayes no run", first(CorrelatedBayes(three, []float64{1, 1, 1}, 0, 0)), ErrRange, "runs"},
		{"bayes one fold", first(CorrelatedBayes(three, []float64{1, 1, 1}, 0, 3)), ErrTooFew, "1 fold"},
		{"bayes constant", first(CorrelatedBayes(two, []float64{2, 3}, 0, 1)), ErrConstant, "a−b"},

		{"connor difference", first(SampleSizeMcNemar(0, 0.1, 0.8)), ErrRange, "difference"},
		{"connor NaN", first(SampleSizeMcNemar(nan, 0.1, 0.8)), ErrRange, "difference"},
		{"connor beyond", first(SampleSizeMcNemar(-0.2, 0.1, 0.8)), ErrRange, "difference"},
		{"connor discordance", first(SampleSizeMcNemar(0.1, 1.1, 0.8)), ErrRange, "discordance"},
		{"connor power", first(SampleSizeMcNemar(0.1, 0.2, 1)), ErrRange, "power"},
		{"detectable n", first(DetectableDifference(0, 0.2, 0.8)), ErrRange, "n: "},
		{"detectable few", first(DetectableDifference(10, 0.05, 0.8)), ErrTooFew, "10 rows, need at least 155"},
		{"equivalence n margin", first(SampleSizeEquivalence(0, 0.2, 0.8)), ErrRange, "margin"},
		{"equivalence n power", first(SampleSizeEquivalence(0.1, 0.2, 0.2)), ErrRange, "power"},
		{"power n", first(PowerMcNemar(0.1, 0.2, 0)), ErrRange, "n: "},
		{"power discordance", first(PowerMcNemar(0.1, 0, 10)), ErrRange, "discordance"},
		{"power difference", first(PowerMcNemar(nan, 0.2, 10)), ErrRange, "difference"},

		{"components one seed", first(VarianceComponents([][]float64{two})), ErrTooFew, "seeds"},
		{"components one fold", first(VarianceComponents([][]float64{{1}, {2}})), ErrTooFew, "seed 0"},
		{"components ragged", first(VarianceComponents([][]float64{two, three})), ErrLength, "seed 1"},
		{"components NaN", first(VarianceComponents([][]float64{two, {1, nan}})), ErrNaN, "seed 1"},
		{"components constant", first(VarianceComponents([][]float64{{1, 1}, {1, 1}})), ErrConstant, "y: "},

		{"curve few sizes", first(FitLearningCurve([]LearningPoint{point(1, 0.5, 0.5), point(2, 0.5, 0.6)})), ErrTooFew, "2 numbers"},
		{"curve few accuracies", first(FitLearningCurve([]LearningPoint{point(1, 0.5), point(2, 0.6), point(3, 0.7)})), ErrTooFew, "3 accuracies"},
		{"curve empty point", first(FitLearningCurve([]LearningPoint{point(1, 0.5), point(2), point(3, 0.7)})), ErrTooFew, "n = 2"},
		{"curve twice", first(FitLearningCurve([]LearningPoint{point(1, 0.5), point(1, 0.6), point(3, 0.7)})), ErrRange, "n: 1"},
		{"curve zero", first(FitLearningCurve([]LearningPoint{point(0, 0.5), point(1, 0.6), point(3, 0.7)})), ErrRange, "n: 0"},
		{"curve percent", first(FitLearningCurve([]LearningPoint{point(1, 0.5), point(2, 60), point(3, 0.7)})), ErrRange, "n = 2, fold 0"},
		{"curve NaN", first(FitLearningCurve([]LearningPoint{point(1, 0.5), point(2, nan), point(3, 0.7)})), ErrRange, "n = 2"},
		{"curve falls", first(FitLearningCurve([]LearningPoint{point(10, 0.8, 0.9), point(20, 0.7, 0.8), point(40, 0.6, 0.7)})), ErrConstant, "does not rise"},
		{"curve flat", first(FitLearningCurve([]LearningPoint{point(10, 0.8, 0.9), point(20, 0.8, 0.9), point(40, 0.8, 0.9)})), ErrConstant, "does not rise"},
		{"need target", first(curve.Need(1, 1)), ErrRange, "target"},
		{"need NaN", first(curve.Need(nan, 1)), ErrRange, "target"},
	} {
		if !errors.Is(c.err, c.want) || !strings.Contains(fmt.Sprint(c.err), c.says) {
			t.Errorf("%s: got %q, want %q with %q", c.name, fmt.Sprint(c.err), c.want, c.says)
		}
	}
}

func BenchmarkBoundInteractionPublished(b *testing.B) {
	for b.Loop() {
		if _, err := BoundInteraction(276, 275, 258, 262, 300); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBoundInteractionWide(b *testing.B) {
	for b.Loop() {
		if _, err := BoundInteraction(150, 140, 160, 155, 300); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNeed(b *testing.B) {
	c, err := FitLearningCurve([]LearningPoint{{30, []float64{0.7, 0.72, 0.71, 0.69, 0.7}}, {60, []float64{0.8, 0.8, 0.79, 0.81, 0.8}}, {120, []float64{0.85, 0.86, 0.85, 0.84, 0.86}}, {240, []float64{0.88, 0.89, 0.89, 0.88, 0.88}}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Need(0.9, 1); err != nil && !errors.Is(err, ErrUnreached) {
			b.Fatal(err)
		}
	}
}
