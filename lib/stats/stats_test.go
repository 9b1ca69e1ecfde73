package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// TestErrors feeds each function what it cannot use: the error must be the right one and
// name the column at fault.
func TestErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	two, three, four := []float64{1, 2}, []float64{1, 2, 4}, []float64{1, 2, 4, 3}
	flat := []float64{5, 5, 5}
	mean := func(x []float64) float64 { return stat.Mean(x, nil) }
	g := func(xs ...[]float64) (c []Column) {
		for i, x := range xs {
			c = append(c, Column{string(rune('a' + i)), x})
		}
		return c
	}
	first := func(_ any, err error) error { return err }
	for _, c := range []struct {
		name string
		err  error
		want error
		says string
	}{
		{"describe nothing", first(Describe(nil)), ErrTooFew, "x: "},
		{"describe only missing", first(Describe([]float64{nan, nan})), ErrTooFew, "2 values"},
		{"describe log of zero", first(Describe([]float64{nan, 1, inf})), ErrInfinite, "index 2"},

		{"pearson n<3", first(Pearson(two, two)), ErrTooFew, "x: "},
		{"pearson lengths", first(Pearson(three, four)), ErrLength, "3 and 4"},
		{"pearson constant", first(Pearson(three, flat)), ErrConstant, "y: "},
		{"pearson NaN", first(Pearson([]float64{1, nan, 2}, three)), ErrNaN, "x: "},
		{"pearson overflow", first(Pearson([]float64{1e300, 0, 1}, three)), ErrRange, "x: "},
		{"pearson infinite", first(Pearson(three, []float64{1, 2, inf})), ErrInfinite, "y: "},
		{"spearman n<3", first(Spearman(two, two)), ErrTooFew, "x: "},
		{"spearman constant", first(Spearman(flat, three)), ErrConstant, "x: "},
		{"spearman NaN", first(Spearman(three, []float64{1, nan, 2})), ErrNaN, "y: "},
		{"spearman infinite", first(Spearman(three, []float64{1, 2, inf})), ErrInfinite, "y: "},

		{"regress n<3", first(Regress(two, two)), ErrTooFew, "x: "},
		{"regress lengths", first(Regress(three, four)), ErrLength, "x, y"},
		{"regress constant x", first(Regress(flat, three)), ErrConstant, "x: "},
		{"regress constant y", first(Regress(three, flat)), ErrConstant, "y: "},
		{"regress NaN", first(Regress(three, []float64{nan, 1, 2})), ErrNaN, "y: "},
		{"regress infinite", first(Regress([]float64{inf, 1, 2}, three)), ErrInfinite, "x: "},

		{"kruskal no group", first(KruskalWallis(nil)), ErrTooFew, "0 groups"},
		{"kruskal empty group", first(KruskalWallis(g(three, nil))), ErrTooFew, `"b"`},
		{"kruskal constant", first(KruskalWallis(g(flat, flat))), ErrConstant, "5"},
		{"kruskal infinite", first(KruskalWallis(g(three, []float64{inf}))), ErrInfinite, `"b"`},
		{"mann-whitney empty", first(MannWhitney(three, nil)), ErrTooFew, `"y"`},
		{"mann-whitney NaN", first(MannWhitney([]float64{nan}, three)), ErrNaN, `"x"`},
		{"cliff n<2", first(CliffDelta(three, []float64{1})), ErrTooFew, `"y"`},
		{"cliff NaN", first(CliffDelta([]float64{1, nan}, three)), ErrNaN, `"x"`},
		{"pairwise empty", first(PairwiseMannWhitney(g(three, nil, four))), ErrTooFew, `"b"`},
		{"holm NaN", first(Holm([]float64{0.1, nan})), ErrRange, "p-value 1"},
		{"holm above 1", first(Holm([]float64{1.1})), ErrRange, "p-value 0"},

		{"bootstrap n<2", first(Bootstrap([]float64{1}, mean, 1)), ErrTooFew, "x: "},
		{"bootstrap constant", first(Bootstrap(flat, mean, 1)), ErrConstant, "x: "},
		{"bootstrap overflow", first(Bootstrap([]float64{1e300, 0}, mean, 1)), ErrRange, "x: "},
		{"bootstrap NaN", first(Bootstrap([]float64{1, nan}, mean, 1)), ErrNaN, "x: "},
		{"bootstrap resample NaN", first(Bootstrap(four, func(x []float64) float64 { return stat.Skew(x, nil) }, 1)), ErrNaN, "statistic"},

		{"confusion empty", first(ConfusionMatrix(nil, nil, 3)), ErrTooFew, "truth"},
		{"confusion lengths", first(ConfusionMatrix([]int{0}, []int{0, 1}, 3)), ErrLength, "prediction 1"},
		{"confusion truth", first(ConfusionMatrix([]int{0, 3}, []int{0, 1}, 3)), ErrRange, "truth 3"},
		{"confusion prediction", first(ConfusionMatrix([]int{0, 1}, []int{0, -1}, 3)), ErrRange, "prediction -1"},
		{"confusion classes", first(ConfusionMatrix([]int{0}, []int{0}, -1)), ErrRange, "-1 classes"},
		{"evaluate ragged", first(Evaluate([][]int{{1, 0}, {1}}, []string{"a", "b"})), ErrLength, `"b"`},
		{"evaluate rows", first(Evaluate([][]int{{1, 0}}, []string{"a", "b"})), ErrLength, "1 rows"},
		{"evaluate negative", first(Evaluate([][]int{{1, -1}, {0, 1}}, []string{"a", "b"})), ErrRange, `"a" predicted as "b"`},
		{"evaluate empty", first(Evaluate([][]int{{0}}, []string{"a"})), ErrTooFew, "0"},

		{"wilson n", first(Wilson(0, 0)), ErrTooFew, "n: "},
		{"wilson k", first(Wilson(4, 3)), ErrRange, "0 to 3"},
		{"mcnemar empty", first(McNemar(nil, nil, nil)), ErrTooFew, "truth"},
		{"mcnemar lengths", first(McNemar([]int{0}, []int{0}, nil)), ErrLength, "prediction 2"},
		{"compare one row", first(CompareMetric([]int{0}, []int{0}, []int{1}, 2, Accuracy, 1)), ErrTooFew, "1 rows"},
		{"compare label", first(CompareMetric([]int{0, 1}, []int{0, 1}, []int{1, 2}, 2, Accuracy, 1)), ErrRange, "b: "},
		{"corrected t lengths", first(CorrectedT(three, two, 9, 1)), ErrLength, "3 and 2"},
		{"corrected t one fold", first(CorrectedT([]float64{1}, []float64{1}, 9, 1)), ErrTooFew, "a: "},
		{"corrected t NaN", first(CorrectedT(two, []float64{1, nan}, 9, 1)), ErrNaN, "b: "},
		{"corrected t sizes", first(CorrectedT(two, three[:2], 0, 1)), ErrRange, "nTrain 0"},
		{"corrected t constant", first(CorrectedT(two, []float64{2, 3}, 9, 1)), ErrConstant, "a−b: "},
		{"corrected t rounding", first(CorrectedT([]float64{0.9, 0.95, 0.85}, []float64{0.85, 0.9, 0.8}, 240, 60)), ErrConstant, "a−b: "},
		{"cochran one", first(CochranQ([]int{0}, []int{0})), ErrTooFew, "1 classifiers"},
		{"cochran empty", first(CochranQ(nil)), ErrTooFew, "truth"},
		{"cochran lengths", first(CochranQ([]int{0}, []int{0}, nil)), ErrLength, "prediction 2"},
		{"cochran agreed", first(CochranQ([]int{0, 1}, []int{0, 0}, []int{0, 0})), ErrConstant, "every row"},
	} {
		if !errors.Is(c.err, c.want) || !strings.Contains(fmt.Sprint(c.err), c.says) {
			t.Errorf("%s: got %q, want %q with %q", c.name, fmt.Sprint(c.err), c.want, c.says)
		}
	}
}

// What has no golden value because the reference divides by zero there.
func TestDegenerate(t *testing.T) {
	c, err := Pearson([]float64{1, 2, 3, 4}, []float64{-2, -4, -6, -8})
	if err != nil || c.R != -1 || c.P != 0 || c.CI != (Interval{-1, -1}) {
		t.Errorf("perfect correlation: %+v, %v", c, err)
	}
	r, err := Regress([]float64{1.1, 1.1, 2.3, 1.1, 1.1}, []float64{1.3, 2.9, 6.1, 5, 4.8})
	if err != nil || !math.IsNaN(r.SlopeHC3.SE) || !math.IsNaN(r.SlopeHC3.P) || math.Abs(r.Slope.Value-2.6/1.2) > 1e-12 || r.Slope.SE == 0 {
		t.Errorf("one observation decides the slope: %+v, %v", r, err)
	}
	r, err = Regress([]float64{0, 1, 2}, []float64{1, 3, 5})
	if err != nil || r.R2 != 1 || r.Slope.P != 0 || r.Slope.CI != (Interval{2, 2}) {
		t.Errorf("perfect line: %+v, %v", r, err)
	}
	d, err := CliffDelta([]float64{5, 6, 7}, []float64{1, 2})
	if err != nil || d.Value != 1 || !math.IsNaN(d.CI.Low) {
		t.Errorf("no overlap: %+v, %v", d, err)
	}
	u, err := MannWhitney([]float64{0, 0, 0}, []float64{0, 0})
	if err != nil || u.U != 3 || u.P != 1 {
		t.Errorf("all ties: %+v, %v", u, err)
	}
	// No value alone decides the maximum, so that BCa has no acceleration.
	b, err := Bootstrap([]float64{0, 1, 1, 1}, slices.Max[[]float64], 1)
	if err != nil || b.Percentile != (Interval{1, 1}) || !math.IsNaN(b.BCa.Low) {
		t.Errorf("bootstrap of a bound: %+v, %v", b, err)
	}
}

// Adding a constant to x changes neither the slope nor its errors, however large it is.
func TestRegressShift(t *testing.T) {
	x, y := column(t, "tied.x"), column(t, "tied.y")
	want, err := Regress(x, y)
	if err != nil {
		t.Fatal(err)
	}
	shifted := make([]float64, len(x))
	for i, v := range x {
		shifted[i] = v + 1<<20
	}
	got, err := Regress(shifted, y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "slope", got.Slope.Value, want.Slope.Value, exact)
	near(t, "SE", got.Slope.SE, want.Slope.SE, exact)
	near(t, "HC3", got.SlopeHC3.SE, want.SlopeHC3.SE, exact)
	near(t, "R²", got.R2, want.R2, exact)
}

// TestNoPanic feeds finite extremes to all that takes columns: either an error comes back
// or a p-value.
func TestNoPanic(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	pick := []float64{0, 1, -1, 3, 7, math.Nextafter(1, 2), 1e16, 1e-70, 1e70, 1e-300, 5e-324, 1e300, -1e300, math.MaxFloat64}
	for range 3000 {
		column := func() []float64 {
			x := make([]float64, rng.IntN(7))
			for i := range x {
				x[i] = pick[rng.IntN(2+rng.IntN(len(pick)-1))]
			}
			return x
		}
		x, y := column(), column()
		g := []Column{{"a", x}, {"b", y}, {"c", column()}}
		isP := func(what string, p float64, err error) {
			if err == nil && !(p >= 0 && p <= 1) {
				t.Fatalf("%s: p = %v of x %v, y %v, groups %v", what, p, x, y, g)
			}
		}
		if d, err := Describe(x); (err != nil) != (len(x) == 0) {
			t.Fatalf("describe %v: %+v, %v", x, d, err)
		}
		c, err := Pearson(x, y)
		isP("pearson", c.P, err)
		c, err = Spearman(x, y)
		isP("spearman", c.P, err)
		r, err := Regress(x, y)
		isP("regress", r.Slope.P, err)
		h, err := KruskalWallis(g)
		isP("kruskal", h.P, err)
		pairs, err := PairwiseMannWhitney(g)
		for _, q := range pairs {
			isP("pair", q.PHolm, err)
		}
		tt, err := CorrectedT(x, y, 4, 1)
		isP("corrected t", tt.P, err)
		e, err := EquivalencePaired(x, y, 1e-3)
		isP("tost", e.P, err)
		b, err := CorrelatedBayes(x, y, 1e-3, 1)
		isP("bayes", b.Left, err)
		isP("bayes rope", b.Rope, err)
		v, err := VarianceComponents([][]float64{x, y})
		isP("components share", v.Fold.Share, err)
		if v.Rest.MeanSquare > 0 {
			isP("components", v.Fold.P, err)
		}
	}
}

func BenchmarkBootstrapMean300(b *testing.B) {
	x := make([]float64, 300)
	for i := range x {
		x[i] = math.Exp(float64(i%17) / 2)
	}
	for b.Loop() {
		if _, err := Bootstrap(x, func(s []float64) float64 { return stat.Mean(s, nil) }, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompareMacroF1Of300(b *testing.B) {
	truth, a, c := votes(240, 8, 21, 31)
	for b.Loop() {
		if _, err := CompareMetric(truth, a, c, 2, MacroF1, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPairwiseMannWhitney3x100(b *testing.B) {
	g := groups(b, []string{"heavy.x", "faces.a", "faces.b"})
	for b.Loop() {
		if _, err := PairwiseMannWhitney(g); err != nil {
			b.Fatal(err)
		}
	}
}
