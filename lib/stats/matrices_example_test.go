package stats_test

import (
	"fmt"

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
