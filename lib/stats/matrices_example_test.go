package stats_test

import (
	"fmt"
	"math"
	"testing"

	"thesis.example/lib/stats"
)

func ExampleOneAgainstRest() {
	tp, fp, fn, tn := stats.OneAgainstRest([][]int{{92, 3, 5}, {4, 93, 3}, {22, 5, 73}}, 0)
	fmt.Println(tp, fp, fn, tn)
	// Output:
	// 92 26 8 174
}

func ExampleConfusionsOfThree() {
	n, least := 0, 1.0
	for m := range stats.ConfusionsOfThree(10, 2) {
		n, least = n+1, min(least, stats.MacroF1(m))
	}
	fmt.Printf("%d matrices, macro F1 %.4f or more\n", n, least)
	// Output:
	// 21 matrices, macro F1 0.9312 or more
}

func ExampleF1Range() {
	r, err := stats.F1Range(100, 42)
	fmt.Printf("%.4f to %.4f %v\n", r.Low, r.High, err)
	// Output:
	// 0.8480 to 0.8639 <nil>
}

func ExampleMeanF1Range() {
	r, err := stats.MeanF1Range(20, 42, 5)
	fmt.Printf("%.4f to %.4f %v\n", r.Low, r.High, err)
	// Output:
	// 0.8066 to 0.8687 <nil>
}

// Every way to share errors out among two folds, and every matrix of each.
func TestMeanF1Range(t *testing.T) {
	const n = 2
	for errors := range 3*n*2 + 1 {
		low, high := 1.0, 0.0
		for first := range errors + 1 {
			for a := range stats.ConfusionsOfThree(n, first) {
				fa := stats.MacroF1(a)
				for b := range stats.ConfusionsOfThree(n, errors-first) {
					f := (fa + stats.MacroF1(b)) / 2
					low, high = min(low, f), max(high, f)
				}
			}
		}
		r, err := stats.MeanF1Range(n, errors, 2)
		if err != nil || math.Abs(r.Low-low) > 1e-12 || math.Abs(r.High-high) > 1e-12 {
			t.Errorf("%d errors: %v, want %g to %g, %v", errors, r, low, high, err)
		}
	}
	for _, bad := range [][3]int{{0, 0, 2}, {2, -1, 2}, {2, 13, 2}, {2, 1, 0}} {
		if _, err := stats.MeanF1Range(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v has a range", bad)
		}
	}
	if _, err := stats.F1Range(2, 7); err == nil {
		t.Error("7 errors in 6 pictures have a range")
	}
}
