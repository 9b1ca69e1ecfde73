package bench_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"thesis.example/lib/bench"
)

func ExampleCostTable() {
	header, rows, err := bench.CostTable("efficientnet_b0", "vit_b_16")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n%q\n%q\n", header, rows[0], rows[1])
	// Output:
	// ["network" "parameters" "without classes" "multiply-adds, 10⁹" "per weight"]
	// ["efficientnet_b0" "5288548" "4007548" "0.39" "73"]
	// ["vit_b_16" "86567656" "85798656" "17.56" "203"]
}

func ExampleRatio() {
	parameters, adds, err := bench.Ratio("vit_b_16", "efficientnet_b0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f times the parameters, %.1f times the multiply-adds\n", parameters, adds)
	// Output:
	// 16.4 times the parameters, 45.5 times the multiply-adds
}

func ExampleMeasured() {
	s, err := bench.Measured(context.Background(), "vit_tiny_patch16_224")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Network, s.Batch, s.Size, s.Inference > s.Training, s.TrainingMemory > s.InferenceMemory)
	// Output:
	// vit_tiny_patch16_224 8 224 true true
}

func ExampleSpeedTable() {
	header, rows, notes, err := bench.SpeedTable(context.Background(), "vit_tiny_patch16_224")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n%s, %d more, %t\n", header, rows[0][0], len(rows[0])-1, strings.HasPrefix(notes, "vit_tiny_patch16_224 on "))
	// Output:
	// ["network" "inference" "training" "GFLOP/s" "first, s" "step 1, s" "MiB" "MiB, step"]
	// vit_tiny_patch16_224, 7 more, true
}
