package stats_test

import (
	"errors"
	"fmt"
	"log"
	"math"

	"thesis.example/lib/stats"
)

// Metadata makes the ViT right in three rows of ten in which it was wrong, and the CNN wrong
// in three in which it was right; in one row it does both.
func ExampleInteraction() {
	vitSingle := []int{0, 0, 1, 2, 1, 0, 1, 2, 2, 2}
	vitHybrid := []int{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}
	t, err := stats.Interaction(truth, vitHybrid, vitSingle, hybrid, single, 1)
	if err != nil {
		log.Fatal(err)
	}
	ci := t.Difference.Percentile
	fmt.Printf("rows with d = −2 … 2: %v\n", t.Counts)
	fmt.Printf("%.1f [%.1f, %.1f], p = %.4f, mid-p = %.3f\n", t.Difference.Value, ci.Low, ci.High, t.P, t.MidP)
	// Output:
	// rows with d = −2 … 2: [0 0 5 4 1]
	// 0.6 [0.2, 1.0], p = 0.0625, mid-p = 0.031
}

// The same arms, with an interval that needs no drawing.
func ExampleExactInteraction() {
	vitSingle := []int{0, 0, 1, 2, 1, 0, 1, 2, 2, 2}
	vitHybrid := []int{0, 0, 0, 0, 1, 1, 1, 2, 2, 2}
	t, err := stats.ExactInteraction(truth, vitHybrid, vitSingle, hybrid, single)
	if err != nil {
		log.Fatal(err)
	}
	ci := t.At(stats.Level)
	fmt.Printf("%.1f [%.2f, %.2f], mid-p = %.3f\n", t.Difference.Value, ci.Low, ci.High, t.MidP)
	// Output:
	// 0.6 [0.17, 1.03], mid-p = 0.031
}

// Of 300 rows none tells: 1.3 points are possible either way.
func ExampleInteractionInterval() {
	ci := stats.InteractionInterval(300, 0, 0, 0, stats.Level)
	fmt.Printf("%.3f to %.3f\n", ci.Low, ci.High)
	// Output:
	// -0.013 to 0.013
}

// Section 4.4.1: r = 0.30 over 100 pictures of gourmet lies below 0.5.
func ExampleCorrelationBelow() {
	d, err := stats.CorrelationBelow(0.3, 100, 0.5)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f [%.2f, %.2f], p = %.3f\n", d.Value, d.CI.Low, d.CI.High, d.P)
	// Output:
	// 0.24 [0.04, 0.44], p = 0.018
}

// Table 5.1 prints 272 and 259 right answers of 300, not which.
func ExampleBoundMcNemar() {
	b, err := stats.BoundMcNemar(272, 259, 300)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d to %d pictures tell the two apart: p = %.4f to %.2f\n", b.LeastDiscordant, b.MostDiscordant, b.Exact.Low, b.Exact.High)
	fmt.Printf("p < 0.05 if at most %d do\n", b.ExactUpTo)
	// Output:
	// 13 to 69 pictures tell the two apart: p = 0.0002 to 0.15
	// p < 0.05 if at most 37 do
}

// Table 6.1: ViT with and without metadata, CNN with and without.
func ExampleBoundInteraction() {
	b, err := stats.BoundInteraction(276, 275, 258, 262, 300)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("interaction of %.2f points: p = %.4f to %.2f\n", 100*b.Difference, b.P.Low, b.P.High)
	// Output:
	// interaction of 1.67 points: p = 0.0625 to 0.79
}

func ExampleEquivalencePaired() {
	a := []float64{0.88, 0.90, 0.87, 0.91, 0.89}
	b := []float64{0.89, 0.90, 0.86, 0.90, 0.90}
	e, err := stats.EquivalencePaired(a, b, 0.02)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("difference %.3f, 90 %% [%.3f, %.3f], p = %.3f\n", e.Difference, e.CI90.Low, e.CI90.High, e.P)
	// Output:
	// difference 0.000, 90 % [-0.010, 0.010], p = 0.006
}

func ExampleDifferenceOfPaired() {
	d, err := stats.DifferenceOfPaired(0, 0, 300)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f [%.4f, %.4f]\n", d.Difference, d.CI.Low, d.CI.High)
	// Output:
	// 0.000 [-0.0126, 0.0126]
}

func ExamplePairedDifference_Equivalence() {
	d, err := stats.DifferenceOfPaired(5, 4, 300)
	if err != nil {
		log.Fatal(err)
	}
	for _, margin := range []float64{0.01, 0.03} {
		e, err := d.Equivalence(margin)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("within ±%.2f: p = %.4f\n", margin, e.P)
	}
	// Output:
	// within ±0.01: p = 0.2590
	// within ±0.03: p = 0.0154
}

func ExampleCorrelatedBayes() {
	hybrid := []float64{0.8833, 0.9000, 0.9167, 0.9000, 0.9333}
	single := []float64{0.8500, 0.9000, 0.8667, 0.8333, 0.9167}
	t, err := stats.CorrelatedBayes(hybrid, single, 0.01, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("single better %.2f, no difference that matters %.2f, hybrid better %.2f\n", t.Left, t.Rope, t.Right)
	// Output:
	// single better 0.04, no difference that matters 0.09, hybrid better 0.87
}

// The thesis' difference of 4 pictures in 300.
func ExampleSampleSizeMcNemar() {
	for _, discordance := range []float64{0.05, 0.10} {
		n, err := stats.SampleSizeMcNemar(4.0/300, discordance, 0.8)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("discordance %.0f %%: %.0f pictures\n", 100*discordance, math.Ceil(n))
	}
	// Output:
	// discordance 5 %: 2206 pictures
	// discordance 10 %: 4413 pictures
}

func ExampleDetectableDifference() {
	for _, discordance := range []float64{0.05, 0.10, 0.15, 0.20} {
		d, err := stats.DetectableDifference(300, discordance, 0.8)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.1f points\n", 100*d)
	}
	// Output:
	// 3.6 points
	// 5.1 points
	// 6.2 points
	// 7.2 points
}

func ExamplePowerMcNemar() {
	p, err := stats.PowerMcNemar(4.0/300, 0.05, 300)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("exact %.2f, mid-p %.2f, normal %.2f\n", p.Exact, p.MidP, p.Normal)
	// Output:
	// exact 0.12, mid-p 0.17, normal 0.18
}

func ExampleSampleSizeEquivalence() {
	n, err := stats.SampleSizeEquivalence(0.03, 0.05, 0.8)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.0f pictures\n", n)
	// Output:
	// 476 pictures
}

func ExampleVarianceComponents() {
	c, err := stats.VarianceComponents([][]float64{ // three seeds, five folds
		{0.88, 0.92, 0.85, 0.90, 0.87},
		{0.90, 0.93, 0.85, 0.92, 0.88},
		{0.87, 0.92, 0.83, 0.91, 0.88},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("sd %.3f: fold %.0f %%, seed %.0f %%, rest %.0f %%\n", c.SD, 100*c.Fold.Share, 100*c.Seed.Share, 100*c.Rest.Share)
	fmt.Printf("sd of the seed alone %.3f [%.3f, %.3f], p = %.2f\n", math.Sqrt(c.Seed.Variance), math.Sqrt(c.Seed.CI.Low), math.Sqrt(c.Seed.CI.High), c.Seed.P)
	// Output:
	// sd 0.032: fold 90 %, seed 4 %, rest 6 %
	// sd of the seed alone 0.007 [0.000, 0.047], p = 0.05
}

var measured = []stats.LearningPoint{
	{N: 60, Accuracy: []float64{0.78, 0.80, 0.77, 0.79, 0.80}},
	{N: 120, Accuracy: []float64{0.84, 0.85, 0.83, 0.85, 0.84}},
	{N: 180, Accuracy: []float64{0.86, 0.87, 0.86, 0.88, 0.87}},
	{N: 240, Accuracy: []float64{0.88, 0.89, 0.87, 0.88, 0.88}},
}

func ExampleFitLearningCurve() {
	c, err := stats.FitLearningCurve(measured)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f − %.2f·n^−%.2f; 480 pictures: %.3f\n", c.A, c.B, c.C, c.At(480))
	// Output:
	// 0.965 − 1.58·n^−0.53; 480 pictures: 0.907
}

func ExampleLearningCurve_Need() {
	c, err := stats.FitLearningCurve(measured)
	if err != nil {
		log.Fatal(err)
	}
	for _, target := range []float64{0.89, 0.95} {
		need, err := c.Need(target, 1)
		if err != nil && !errors.Is(err, stats.ErrUnreached) {
			log.Fatal(err)
		}
		fmt.Printf("%.2f: %.0f pictures [%.0f, %.0f]\n", target, need.N, need.CI.Low, need.CI.High)
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 0.89: 298 pictures [266, 446]
	// 0.95: 5835 pictures [1588, +Inf]
	// learning curve: accuracy 0.95: never reached by 40 % of the resampled curves: the interval has no upper end
}
