package stats_test

import (
	"fmt"
	"log"
	"math"

	"gonum.org/v1/gonum/stat"
	"thesis.example/lib/stats"
)

// Likes and saves of ten made-up posts, and the faces seen on posts of three genres.
var (
	likes  = []float64{1200, 300, 29500, 4100, 88000, 640, 15000, 2300, 410000, 7700}
	saves  = []float64{90, 40, 1800, 310, 9500, 25, 2100, 160, 12000, 350}
	genres = []stats.Column{
		{Name: "dance", X: []float64{1, 2, 0, 1, 3, 1, 1, 0, 2, 1}},
		{Name: "gourmet", X: []float64{0, 0, 0, 1, 0, 0, 0, 0, 0, 0}},
		{Name: "travel", X: []float64{0, 1, 0, 0, 0, 2, 0, 0, 0, 0}},
	}
)

// Ten pictures of three classes, and what two classifiers say about them.
var (
	truth  = []int{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}
	single = []int{0, 0, 0, 2, 1, 1, 1, 2, 2, 0}
	hybrid = []int{0, 0, 2, 2, 1, 1, 0, 2, 0, 0}
)

func log10(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Log10(v)
	}
	return y
}

func ExampleDescribe() {
	d, err := stats.Describe([]float64{2, 4, 4, math.NaN(), 10})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("n %d, missing %d\n", d.N, d.Missing)
	fmt.Printf("mean %g, sd %.3f, skew %.3f\n", d.Mean, d.SD, d.Skew)
	fmt.Printf("min %g, quartiles %g %g %g, max %g\n", d.Min, d.Q1, d.Median, d.Q3, d.Max)
	// Output:
	// n 4, missing 1
	// mean 5, sd 3.464, skew 1.540
	// min 2, quartiles 3.5 4 5.5, max 10
}

func ExamplePearson() {
	c, err := stats.Pearson(log10(saves), log10(likes))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("r = %.3f [%.3f, %.3f], p = %.1e, n = %d\n", c.R, c.CI.Low, c.CI.High, c.P, c.N)
	// Output:
	// r = 0.974 [0.889, 0.994], p = 2.1e-06, n = 10
}

func ExampleSpearman() {
	c, err := stats.Spearman(saves, likes)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("r = %.3f [%.3f, %.3f], p = %.1e\n", c.R, c.CI.Low, c.CI.High, c.P)
	// Output:
	// r = 0.976 [0.898, 0.994], p = 1.5e-06
}

func ExampleRegress() {
	r, err := stats.Regress(log10(saves), log10(likes))
	if err != nil {
		log.Fatal(err)
	}
	s := r.Slope
	fmt.Printf("log10(likes) = %.2f log10(saves) + %.2f, R² = %.3f\n", s.Value, r.Intercept.Value, r.R2)
	fmt.Printf("slope: SE %.3f, HC3 %.3f, 95 %% [%.2f, %.2f], p = %.1e\n", s.SE, r.SlopeHC3.SE, s.CI.Low, s.CI.High, s.P)
	// Output:
	// log10(likes) = 1.01 log10(saves) + 1.12, R² = 0.948
	// slope: SE 0.084, HC3 0.136, 95 % [0.82, 1.21], p = 2.1e-06
}

func ExampleRegression_MeanInterval() {
	r, err := stats.Regress(log10(saves), log10(likes))
	if err != nil {
		log.Fatal(err)
	}
	mean := r.MeanInterval(3)
	fmt.Printf("at 1000 saves: %.2f\n", r.Predict(3))
	fmt.Printf("the mean lies in [%.2f, %.2f]\n", mean.Low, mean.High)
	// Output:
	// at 1000 saves: 4.16
	// the mean lies in [3.98, 4.35]
}

func ExampleKruskalWallis() {
	t, err := stats.KruskalWallis(genres)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("H(%g) = %.2f, p = %.4f, ε² = %.2f\n", t.DF, t.H, t.P, t.Epsilon2)
	// Output:
	// H(2) = 11.79, p = 0.0028, ε² = 0.41
}

func ExampleMannWhitney() {
	t, err := stats.MannWhitney(genres[0].X, genres[1].X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("U = %g of %d, p = %.4f\n", t.U, 10*10, t.P)
	// Output:
	// U = 86.5 of 100, p = 0.0025
}

func ExampleCliffDelta() {
	d, err := stats.CliffDelta(genres[0].X, genres[1].X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("δ = %.2f [%.2f, %.2f]\n", d.Value, d.CI.Low, d.CI.High)
	// Output:
	// δ = 0.73 [0.39, 1.00]
}

func ExamplePairwiseMannWhitney() {
	pairs, err := stats.PairwiseMannWhitney(genres)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range pairs {
		fmt.Printf("%s, %s: δ = %.2f, p = %.4f, Holm %.4f\n", p.A, p.B, p.Delta.Value, p.P, p.PHolm)
	}
	// Output:
	// dance, gourmet: δ = 0.73, p = 0.0025, Holm 0.0074
	// dance, travel: δ = 0.59, p = 0.0172, Holm 0.0344
	// gourmet, travel: δ = -0.11, p = 0.5428, Holm 0.5428
}

func ExampleHolm() {
	p, err := stats.Holm([]float64{0.01, 0.04, 0.03})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", p)
	// Output:
	// [0.03 0.06 0.06]
}

func ExampleBootstrap() {
	mean := func(x []float64) float64 { return stat.Mean(x, nil) }
	r, err := stats.Bootstrap(likes, mean, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("mean %.0f ± %.0f\n", r.Value, r.SE)
	fmt.Printf("percentile [%.0f, %.0f]\n", r.Percentile.Low, r.Percentile.High)
	fmt.Printf("BCa        [%.0f, %.0f]\n", r.BCa.Low, r.BCa.High)
	// Output:
	// mean 55874 ± 38112
	// percentile [5202, 139320]
	// BCa        [10564, 207694]
}

func ExampleConfusionMatrix() {
	m, err := stats.ConfusionMatrix(truth, single, 3)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m)
	// Output:
	// [[3 0 1] [0 3 0] [1 0 2]]
}

func ExampleEvaluate() {
	m, err := stats.ConfusionMatrix(truth, single, 3)
	if err != nil {
		log.Fatal(err)
	}
	e, err := stats.Evaluate(m, []string{"dance", "gourmet", "travel"})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range e.PerClass {
		fmt.Printf("%-8s precision %.3f, recall %.3f, F1 %.3f, support %d\n", c.Class, c.Precision, c.Recall, c.F1, c.Support)
	}
	fmt.Printf("accuracy %.3f, macro F1 %.3f, weighted F1 %.3f\n", e.Accuracy, e.Macro.F1, e.Weighted.F1)
	// Output:
	// dance    precision 0.750, recall 0.750, F1 0.750, support 4
	// gourmet  precision 1.000, recall 1.000, F1 1.000, support 3
	// travel   precision 0.667, recall 0.667, F1 0.667, support 3
	// accuracy 0.800, macro F1 0.806, weighted F1 0.800
}

func ExampleAccuracy() {
	fmt.Println(stats.Accuracy([][]int{{3, 0, 1}, {0, 3, 0}, {1, 0, 2}}))
	// Output:
	// 0.8
}

func ExampleMacroF1() {
	fmt.Printf("%.3f\n", stats.MacroF1([][]int{{3, 0, 1}, {0, 3, 0}, {1, 0, 2}}))
	// Output:
	// 0.806
}

func ExampleWilson() {
	ci, err := stats.Wilson(262, 300)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f [%.4f, %.4f]\n", 262.0/300, ci.Low, ci.High)
	// Output:
	// 0.8733 [0.8309, 0.9063]
}

func ExampleMcNemar() {
	t, err := stats.McNemar(truth, single, hybrid)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("only single %d, only hybrid %d\n", t.OnlyA, t.OnlyB)
	fmt.Printf("exact p = %.4f, mid-p = %.4f\n", t.Exact, t.MidP)
	// Output:
	// only single 3, only hybrid 0
	// exact p = 0.2500, mid-p = 0.1250
}

func ExampleCompareMetric() {
	d, err := stats.CompareMetric(truth, single, hybrid, 3, stats.MacroF1, 1)
	if err != nil {
		log.Fatal(err)
	}
	ci := d.Difference.Percentile
	fmt.Printf("macro F1 %.3f − %.3f = %.3f\n", d.A, d.B, d.Difference.Value)
	fmt.Printf("95 %% [%.2f, %.2f], p = %.2f\n", ci.Low, ci.High, d.P)
	// Output:
	// macro F1 0.806 − 0.526 = 0.280
	// 95 % [0.00, 0.64], p = 0.24
}

func ExampleCorrectedT() {
	single := []float64{0.8500, 0.9000, 0.8667, 0.8333, 0.9167}
	hybrid := []float64{0.8833, 0.9000, 0.9167, 0.9000, 0.9333}
	t, err := stats.CorrectedT(hybrid, single, 240, 60)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("t(%g) = %.2f, p = %.3f\n", t.DF, t.T, t.P)
	// Output:
	// t(4) = 1.88, p = 0.133
}

func ExampleCochranQ() {
	metadata := []int{0, 1, 2, 0, 1, 0, 1, 2, 1, 0}
	t, err := stats.CochranQ(truth, single, hybrid, metadata)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Q(%g) = %.2f, p = %.3f\n", t.DF, t.Q, t.P)
	// Output:
	// Q(2) = 3.00, p = 0.223
}

func ExampleFormatP() {
	for _, p := range []float64{0.5, 0.02713, 0.0009996, 4e-13} {
		fmt.Println(stats.FormatP(p), "|", stats.SayP(p))
	}
	// Output:
	// 0.500 | p = 0.500
	// 0.027 | p = 0.027
	// < 0.001 | p < 0.001
	// < 0.001 | p < 0.001
}
