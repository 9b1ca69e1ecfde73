package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// number reads JSON's null as NaN.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

type pairOf struct{ Low, High number }

func (p *pairOf) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]*number{&p.Low, &p.High})
}

// golden is testdata/golden.json; testdata/golden.py made it.
var golden struct {
	Columns  map[string][]number
	Describe map[string]struct {
		N, Missing                               int
		Mean, SD, Min, Q1, Median, Q3, Max, Skew number
	}
	Correlate []struct {
		X, Y              string
		Pearson, Spearman []number
	}
	Regress []struct {
		X, Y       string
		Plain, HC3 [][]number
		R2, Sigma  number
		At         []float64
		Mean       [][]number
	}
	Compare []struct {
		Groups  []string
		Kruskal []number
		Pairs   []struct {
			A, B       string
			U, P, Holm number
			Delta      []number
		}
	}
	Holm struct {
		P        []float64
		Adjusted []number
	}
	Bootstrap []struct {
		X, Statistic    string
		Value, SE       number
		Values          []float64
		Percentile, BCa pairOf
		Long            struct {
			SE              number
			Percentile, BCa pairOf
		}
	}
	Classify []struct {
		Truth, Predicted      []int
		Classes               int
		Confusion             [][]int
		Accuracy              float64
		Precision, Recall, F1 []float64
		Support               []int
		Macro, Weighted       []float64
	}
	Proportion []struct {
		K, N   int
		Wilson pairOf
	}
	McNemar []struct {
		OnlyA   int `json:"only_a"`
		OnlyB   int `json:"only_b"`
		Both    int
		Neither int
		Exact   number
		MidP    number `json:"mid_p"`
	}
	Cochran struct {
		Truth    []int
		Arms     [][]int
		Q, DF, P number
	}
	Metric struct {
		A, B, SE, P     number
		Percentile, BCa pairOf
	}
	CorrectedT []struct {
		A, B        []float64
		Train, Test int
		T, P        number
	} `json:"corrected_t"`
}

func TestMain(m *testing.M) {
	for path, into := range map[string]any{"testdata/golden.json": &golden, "testdata/inference.json": &inference} {
		b, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		// A part under another name would be compared with nothing.
		for v, i := reflect.ValueOf(into).Elem(), 0; err == nil && i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				err = fmt.Errorf("%s has no %s", path, v.Type().Field(i).Name)
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "golden values:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// column returns an input; golden.py makes the long ones by the same formula.
func column(t testing.TB, name string) []float64 {
	weyl := func(i, k uint64) float64 {
		return float64((i*2654435761+k*40503)%(1<<32)) / (1 << 32)
	}
	if name == "large.x" || name == "large.y" {
		x := make([]float64, 20000)
		for i := range x {
			x[i] = weyl(uint64(i), 1)
			if name == "large.y" {
				x[i] = float64(x[i]*x[i]) + weyl(uint64(i), 2)
			}
		}
		return x
	}
	c, ok := golden.Columns[name]
	if !ok {
		t.Fatalf("no column %q in golden.json", name)
	}
	x := make([]float64, len(c))
	for i, v := range c {
		x[i] = float64(v)
	}
	return x
}

func groups(t testing.TB, names []string) []Column {
	var g []Column
	for _, n := range names {
		g = append(g, Column{n, column(t, n)})
	}
	return g
}

const exact = 1e-9 // relative

// near fails unless got is want to a relative tolerance.
func near[T, U ~float64](t *testing.T, what string, got T, want U, relative float64) {
	t.Helper()
	g, w := float64(got), float64(want)
	if math.IsNaN(g) && math.IsNaN(w) || g == w || math.Abs(g-w) <= relative*math.Abs(w) {
		return
	}
	t.Errorf("%s: got %.15g, want %.15g, off by %.1e", what, g, w, math.Abs(g-w)/math.Abs(w))
}

func nearInterval(t *testing.T, what string, got Interval, low, high number, relative float64) {
	t.Helper()
	// An end may lie near 0 between ends that do not: measure against the larger.
	scale := max(math.Abs(float64(low)), math.Abs(float64(high)))
	for _, c := range []struct {
		end  string
		g, w float64
	}{{" low", got.Low, float64(low)}, {" high", got.High, float64(high)}} {
		if !(math.IsNaN(c.g) && math.IsNaN(c.w)) && !(math.Abs(c.g-c.w) <= relative*scale) {
			t.Errorf("%s%s: got %.15g, want %.15g", what, c.end, c.g, c.w)
		}
	}
}

func TestDescribe(t *testing.T) {
	for name, want := range golden.Describe {
		d, err := Describe(column(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.N != want.N || d.Missing != want.Missing {
			t.Errorf("%s: n %d, missing %d; want %d, %d", name, d.N, d.Missing, want.N, want.Missing)
		}
		near(t, name+" mean", d.Mean, want.Mean, exact)
		if name != "constant" { // pandas gives the rounding of the mean, not 0
			near(t, name+" sd", d.SD, want.SD, exact)
		}
		near(t, name+" skew", d.Skew, want.Skew, exact)
		for _, q := range []struct {
			what string
			got  float64
			want number
		}{{"min", d.Min, want.Min}, {"q1", d.Q1, want.Q1}, {"median", d.Median, want.Median}, {"q3", d.Q3, want.Q3}, {"max", d.Max, want.Max}} {
			near(t, name+" "+q.what, q.got, q.want, 1e-12)
		}
	}
	if d, _ := Describe([]float64{0.1, 0.1, 0.1}); d.SD != 0 || d.Mean != 0.1 || !math.IsNaN(d.Skew) {
		t.Errorf("constant: %+v", d)
	}
}

func TestCorrelate(t *testing.T) {
	for _, want := range golden.Correlate {
		x, y := column(t, want.X), column(t, want.Y)
		for _, m := range []struct {
			what   string
			method func(x, y []float64) (Correlation, error)
			want   []number
		}{{"pearson", Pearson, want.Pearson}, {"spearman", Spearman, want.Spearman}} {
			c, err := m.method(x, y)
			if err != nil {
				t.Errorf("%s %s: %v", m.what, want.X, err)
				continue
			}
			what := m.what + " " + want.X + " " + want.Y
			near(t, what+" r", c.R, m.want[0], exact)
			near(t, what+" p", c.P, m.want[1], exact)
			nearInterval(t, what, c.CI, m.want[2], m.want[3], exact)
		}
	}
}

func TestRegress(t *testing.T) {
	for _, want := range golden.Regress {
		what := want.X + " " + want.Y
		r, err := Regress(column(t, want.X), column(t, want.Y))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		near(t, what+" R²", r.R2, want.R2, exact)
		near(t, what+" σ", r.Sigma, want.Sigma, exact)
		for _, c := range []struct {
			what string
			got  Coefficient
			want []number
		}{{"intercept", r.Intercept, want.Plain[0]}, {"slope", r.Slope, want.Plain[1]}, {"HC3 intercept", r.InterceptHC3, want.HC3[0]}, {"HC3 slope", r.SlopeHC3, want.HC3[1]}} {
			for i, got := range []float64{c.got.Value, c.got.SE, c.got.T, c.got.P} {
				near(t, fmt.Sprint(what, " ", c.what, " ", i), got, c.want[i], exact)
			}
			nearInterval(t, what+" "+c.what, c.got.CI, c.want[4], c.want[5], exact)
		}
		for i, x := range want.At {
			near(t, what+" predict", r.Predict(x), want.Mean[i][0], exact)
			nearInterval(t, what+" mean", r.MeanInterval(x), want.Mean[i][1], want.Mean[i][2], exact)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, want := range golden.Compare {
		g := groups(t, want.Groups)
		what := strings.Join(want.Groups, " ")
		h, err := KruskalWallis(g)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		near(t, what+" H", h.H, want.Kruskal[0], exact)
		near(t, what+" kruskal p", h.P, want.Kruskal[1], exact)
		n := 0.0
		for _, c := range g {
			n += float64(len(c.X))
		}
		near(t, what+" ε²", h.Epsilon2, h.H*(n+1)/(n*n-1), exact)

		pairs, err := PairwiseMannWhitney(g)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for i, p := range want.Pairs {
			got, what := pairs[i], "pair "+p.A+" "+p.B
			if got.A != p.A || got.B != p.B {
				t.Errorf("%s: is %s %s", what, got.A, got.B)
			}
			near(t, what+" U", got.U, p.U, 0)
			near(t, what+" p", got.P, p.P, exact)
			near(t, what+" holm", got.PHolm, p.Holm, exact)
			near(t, what+" δ", got.Delta.Value, p.Delta[0], exact)
			near(t, what+" δ from U", got.Delta.Value, 2*got.U/float64(len(column(t, p.A))*len(column(t, p.B)))-1, exact)
			nearInterval(t, what+" δ", got.Delta.CI, p.Delta[1], p.Delta[2], exact)
		}
	}
	holm, err := Holm(golden.Holm.P)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range golden.Holm.Adjusted {
		near(t, "holm", holm[i], want, exact)
	}
}

func TestBootstrap(t *testing.T) {
	for _, want := range golden.Bootstrap {
		what := want.X + " " + want.Statistic
		statistic := map[string]func([]float64) float64{
			"mean":   func(x []float64) float64 { return stat.Mean(x, nil) },
			"sd":     func(x []float64) float64 { return stat.StdDev(x, nil) },
			"median": func(x []float64) float64 { return quantile(slices.Sorted(slices.Values(x)), 0.5) },
		}[want.Statistic]
		x := column(t, want.X)

		// Same resampled values, same intervals.
		values := slices.Sorted(slices.Values(want.Values))
		nearInterval(t, what+" percentile", percentileInterval(values), want.Percentile.Low, want.Percentile.High, exact)
		near(t, what+" se", stat.StdDev(values, nil), want.SE, exact)
		var jackknife []float64
		for i := range x {
			jackknife = append(jackknife, statistic(slices.Concat(x[:i], x[i+1:])))
		}
		nearInterval(t, what+" BCa", bcaInterval(values, statistic(x), jackknife), want.BCa.Low, want.BCa.High, exact)

		// Other random numbers, nearly the same intervals.
		before := slices.Clone(x)
		r, err := Bootstrap(x, statistic, 1)
		if err != nil {
			t.Fatal(err)
		}
		near(t, what, r.Value, want.Value, exact)
		near(t, what+" long se", r.SE, want.Long.SE, 0.05)
		nearInterval(t, what+" long percentile", r.Percentile, want.Long.Percentile.Low, want.Long.Percentile.High, 0.06)
		nearInterval(t, what+" long BCa", r.BCa, want.Long.BCa.Low, want.Long.BCa.High, 0.06)
		if !slices.Equal(x, before) {
			t.Errorf("%s: input changed", what)
		}
		if again, _ := Bootstrap(x, statistic, 1); again != r {
			t.Errorf("%s: the same seed gave %+v, then %+v", what, r, again)
		}
		if other, _ := Bootstrap(x, statistic, 2); want.Statistic == "mean" && other.SE == r.SE {
			t.Errorf("%s: another seed gave the same resamples", what)
		}
	}
}

func TestClassify(t *testing.T) {
	for i, want := range golden.Classify {
		names := strings.Split("abcdefgh"[:want.Classes], "")
		m, err := ConfusionMatrix(want.Truth, want.Predicted, want.Classes)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(m) != fmt.Sprint(want.Confusion) {
			t.Errorf("%d: confusion %v, want %v", i, m, want.Confusion)
		}
		e, err := Evaluate(m, names)
		if err != nil {
			t.Fatal(err)
		}
		// Equal, not nearly so.
		if e.Accuracy != want.Accuracy || Accuracy(m) != want.Accuracy || e.N != len(want.Truth) {
			t.Errorf("%d: accuracy %v, want %v", i, e.Accuracy, want.Accuracy)
		}
		for c, got := range e.PerClass {
			w := ClassScore{names[c], Score{want.Precision[c], want.Recall[c], want.F1[c]}, want.Support[c]}
			if got != w {
				t.Errorf("%d: got %+v, want %+v", i, got, w)
			}
		}
		if w := (Score{want.Macro[0], want.Macro[1], want.Macro[2]}); e.Macro != w || MacroF1(m) != w.F1 {
			t.Errorf("%d: macro %+v, MacroF1 %v, want %+v", i, e.Macro, MacroF1(m), w)
		}
		if w := (Score{want.Weighted[0], want.Weighted[1], want.Weighted[2]}); e.Weighted != w {
			t.Errorf("%d: weighted %+v, want %+v", i, e.Weighted, w)
		}
	}
	e, err := Evaluate([][]int{{1, 0, 1, 0}, {0, 1, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}, []string{"a", "b", "c", "d"})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(e.Undefined, ", "); got != "recall of c, precision of d, recall of d, F1 of d" {
		t.Errorf("undefined: %s", got)
	}
}

func TestProportion(t *testing.T) {
	for _, want := range golden.Proportion {
		what := fmt.Sprintf("%d of %d", want.K, want.N)
		w, err := Wilson(want.K, want.N)
		if err != nil {
			t.Fatal(err)
		}
		nearInterval(t, what+" wilson", w, want.Wilson.Low, want.Wilson.High, exact)
	}
}

// votes are predictions of rows that all belong to class 0.
func votes(both, onlyA, onlyB, neither int) (truth, a, b []int) {
	add := func(n, pa, pb int) {
		for range n {
			truth, a, b = append(truth, 0), append(a, pa), append(b, pb)
		}
	}
	add(both, 0, 0)
	add(onlyA, 0, 1)
	add(onlyB, 1, 0)
	add(neither, 1, 1)
	return truth, a, b
}

func TestMcNemar(t *testing.T) {
	for _, want := range golden.McNemar {
		what := fmt.Sprintf("%d against %d", want.OnlyA, want.OnlyB)
		got, err := McNemar(votes(want.Both, want.OnlyA, want.OnlyB, want.Neither))
		if err != nil {
			t.Fatal(err)
		}
		if got.OnlyA != want.OnlyA || got.OnlyB != want.OnlyB {
			t.Errorf("%s: got %+v", what, got)
		}
		near(t, what+" exact", got.Exact, want.Exact, exact)
		near(t, what+" mid-p", got.MidP, want.MidP, exact)
	}
}

func TestCochranQ(t *testing.T) {
	want := golden.Cochran
	q, err := CochranQ(want.Truth, want.Arms...)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Q", q.Q, want.Q, exact)
	near(t, "df", q.DF, want.DF, 0)
	near(t, "p", q.P, want.P, exact)
}

func TestCompareMetric(t *testing.T) {
	c, want := golden.Cochran, golden.Metric
	d, err := CompareMetric(c.Truth, c.Arms[0], c.Arms[1], 3, MacroF1, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "a", d.A, want.A, exact)
	near(t, "b", d.B, want.B, exact)
	near(t, "difference", d.Difference.Value, d.A-d.B, exact)
	// scipy drew other random numbers.
	near(t, "se", d.Difference.SE, want.SE, 0.05)
	nearInterval(t, "percentile", d.Difference.Percentile, want.Percentile.Low, want.Percentile.High, 0.05)
	nearInterval(t, "BCa", d.Difference.BCa, want.BCa.Low, want.BCa.High, 0.05)
	if p := float64(want.P); math.Abs(d.P-p) > 5*math.Sqrt(2*p*(1-p)/Resamples) {
		t.Errorf("permutation p %v, scipy's %v", d.P, p)
	}
	if again, _ := CompareMetric(c.Truth, c.Arms[0], c.Arms[1], 3, MacroF1, 1); again != d {
		t.Error("the same seed gave another result")
	}

	// For accuracy the permutation test estimates McNemar's exact p.
	truth, a, b := votes(240, 8, 21, 31)
	m, err := McNemar(truth, a, b)
	if err != nil {
		t.Fatal(err)
	}
	d, err = CompareMetric(truth, a, b, 2, Accuracy, 3)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(d.P-m.Exact) > 5*math.Sqrt(m.Exact*(1-m.Exact)/Resamples) {
		t.Errorf("permutation p %v, exact p %v", d.P, m.Exact)
	}
	if d, err := CompareMetric(truth, a, a, 2, Accuracy, 3); err != nil || d.P != 1 || d.Difference != (Resampled{}) {
		t.Errorf("against itself: %+v, %v", d, err)
	}
}

func TestCorrectedT(t *testing.T) {
	for i, want := range golden.CorrectedT {
		got, err := CorrectedT(want.A, want.B, want.Train, want.Test)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprint(i, " t"), got.T, want.T, exact)
		near(t, fmt.Sprint(i, " p"), got.P, want.P, exact)
	}
}
