package vision_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"thesis.example/lib/picture"
	"thesis.example/lib/vision"
)

func ExampleAugmented() {
	m := &picture.Image{W: 2, H: 2, Pix: []byte{0, 0, 0, 90, 90, 90, 0, 0, 0, 90, 90, 90}}
	images, err := vision.Augmented(m, []vision.Step{{Zoom: 1}, {Flip: true, Zoom: 1}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(images[0].Pix)
	fmt.Println(images[1].Pix)
	// Output:
	// [0 0 0 90 90 90 0 0 0 90 90 90]
	// [90 90 90 0 0 0 90 90 90 0 0 0]
}

func ExampleDrawSteps() {
	for _, s := range vision.DrawSteps(rand.New(rand.NewPCG(1, 0)), 2) {
		fmt.Printf("flip %t, turn %+.3f, zoom %.3f\n", s.Flip, s.Turn, s.Zoom)
	}
	// Output:
	// flip true, turn +0.000, zoom 0.820
	// flip true, turn +0.050, zoom 1.029
}
