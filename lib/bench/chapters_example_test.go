package bench_test

import (
	"fmt"
	"log"

	"thesis.example/lib/bench"
)

func ExampleCostTable() {
	header, rows, err := bench.CostTable("efficientnet_b0", "vit_b_16")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n%q\n%q\n", header, rows[0], rows[1])
	// Output:
}

func ExampleRatio() {
	parameters, adds, err := bench.Ratio("vit_b_16", "efficientnet_b0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f times the parameters, %.1f times the multiply-adds\n", parameters, adds)
	// Output:
}
