package features_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/standin"
)

// drawn is a stand-in set of one picture a genre in a folder that remove takes away.
func drawn() (set *dataset.Set, remove func()) {
	dir, err := os.MkdirTemp("", "thesis-example-")
	if err == nil {
		err = standin.Write(context.Background(), dir, standin.Options{PerGenre: 1, Seed: 1})
	}
	if err == nil {
		set, err = dataset.Open(context.Background(), dir, false)
	}
	if err != nil {
		log.Fatal(err)
	}
	return set, func() { os.RemoveAll(dir) }
}

func ExampleMeasure() {
	set, remove := drawn()
	defer remove()
	table, err := features.Measure(context.Background(), set, features.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range table.Rows {
		fmt.Printf("%s: hue %.2f, faces %d\n", r.File, r.Hue, r.Faces)
	}
	// Output:
	// dance/001.png: hue 0.43, faces 2
	// gourmet/001.png: hue 0.32, faces 0
	// travel/001.png: hue 0.29, faces 0
}

func ExampleMeasurements() {
	set, remove := drawn()
	defer remove()
	found, err := features.Measurements(context.Background(), set, features.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for i, m := range found {
		fmt.Printf("%s: %d faces, %d pieces of text\n", set.Samples[i].File, len(m.Faces), len(m.Pieces))
	}
	// Output:
	// dance/001.png: 2 faces, 1 pieces of text
	// gourmet/001.png: 0 faces, 3 pieces of text
	// travel/001.png: 0 faces, 0 pieces of text
}

func ExampleLeastCertain() {
	set := &dataset.Set{Samples: []dataset.Sample{{File: "dance/1.png"}, {File: "dance/2.png"}}}
	found := []features.Measurement{{Pieces: []features.Piece{{Text: "ダンス", Score: 0.99}}}, {Faces: []features.FaceBox{{Score: 0.52}}}}
	fmt.Println(features.LeastCertain(set, found))
	// Output:
	// [1 0]
}
