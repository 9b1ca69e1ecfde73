package explain_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"thesis.example/lib/dataset"
	"thesis.example/lib/explain"
	"thesis.example/lib/picture"
	"thesis.example/lib/standin"
)

// drawn is a stand-in set of five pictures a genre in a folder that remove takes away.
func drawn() (set *dataset.Set, remove func()) {
	dir, err := os.MkdirTemp("", "thesis-example-")
	if err == nil {
		err = standin.Write(context.Background(), dir, standin.Options{PerGenre: 5, Seed: 1})
	}
	if err == nil {
		set, err = dataset.Open(context.Background(), dir, false)
	}
	if err != nil {
		log.Fatal(err)
	}
	return set, func() { os.RemoveAll(dir) }
}

func ExampleViews() {
	set, remove := drawn()
	defer remove()
	views, err := explain.Views(context.Background(), set, 0, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(views), views[0].W, views[0].H)
	// Output:
	// 2 224 224
}

func ExampleGrey() {
	fmt.Println(explain.Grey(&picture.Image{W: 2, H: 1, Pix: []byte{255, 255, 255, 0, 51, 0}}))
	// Output:
	// [[1 0.06666666666666667]]
}

func ExamplePlane_Times() {
	p := explain.Plane{{1, 2}, {3, 4}}
	fmt.Println(p.Times(p.Transposed()), p.Scaled(2), p.Rows(1, 0))
	// Output:
	// [[5 11] [11 25]] [[2 4] [6 8]] [[3 4] [1 2]]
}

func ExamplePlane_Apart() {
	p := explain.Plane{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}
	fmt.Println(p.Moved(1), p.Halved(), p.Apart(p), p.Moved(1).Farthest(p))
	// Output:
	// [[4 5] [7 8]] [[0 2] [6 8]] 0 4
}

func ExamplePlane_Table() {
	header, rows := explain.Plane{{0.5, 0.25}}.Table("query", []string{"a"}, []string{"a", "b"})
	fmt.Printf("%q %q\n", header, rows)
	// Output:
	// ["query" "a" "b"] [["a" "0.5000" "0.2500"]]
}

func ExampleDrawStrongest() {
	images, captions := explain.DrawStrongest([]explain.Plane{{{1, 1}}, {{2, 4}}}, 1)
	fmt.Printf("%d picture of %d×%d: %q\n", len(images), images[0].W, images[0].H, captions)
	// Output:
	// 1 picture of 2×1: ["kernel 2\nmean 3.00"]
}

func ExampleDrawKernels() {
	zero := [][]float64{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}
	images, _ := explain.DrawKernels([][3][][]float64{{{{-1, 0, 1}, {-1, 0, 1}, {-1, 0, 1}}, zero, zero}})
	fmt.Println(len(images), images[0].W, images[0].H, images[0].Pix[:3])
	// Output:
	// 1 36 36 [0 128 128]
}

func ExampleDrawScores() {
	without, with := explain.DrawScores(64, 1), explain.DrawScores(64, 1./8)
	fmt.Printf("without 1/√d: sd %.2f, largest weight %.3f, gradient %.3f\n", without.SD, without.Largest, without.Gradient)
	fmt.Printf("with 1/√d: sd %.2f, largest weight %.3f, gradient %.3f\n", with.SD, with.Largest, with.Gradient)
	// Output:
	// without 1/√d: sd 7.99, largest weight 0.855, gradient 0.169
	// with 1/√d: sd 1.00, largest weight 0.254, gradient 0.305
}

func ExampleScalesTable() {
	header, rows := explain.ScalesTable(1, 64)
	fmt.Printf("%q\n%q\n", header, rows)
	// Output:
	// ["d" "scores' sd" "largest weight" "gradient" "with 1/√d: sd" "largest" "gradient"]
	// [["1" "0.95" "0.309" "0.286" "0.95" "0.309" "0.286"] ["64" "7.99" "0.855" "0.169" "1.00" "0.254" "0.305"]]
}

// maps is the attention of one view in one layer of two heads over two patches side by side and the class
// token: the first head attends to itself, the second evenly.
var maps = [][]explain.AttentionMap{{
	{Rows: 1, Cols: 2, Tokens: 3, Patch: 14, At: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}},
	explain.AttentionMap{Rows: 1, Cols: 2, Tokens: 3, Patch: 14}.Even(),
}}

func ExampleAttendedTable() {
	header, rows, err := explain.AttendedTable(maps)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n%q\n", header, rows)
	// Output:
	// ["layer" "tokens attended to" "least and most of its heads"]
	// [["1" "2" "1 to 3"]]
}

func ExampleDrawLayers() {
	view := &picture.Image{W: 28, H: 14, Pix: make([]byte, 3*28*14)}
	images, captions := explain.DrawLayers(view, maps, 0)
	fmt.Printf("%d %q\n", len(images), captions)
	// Output:
	// 2 ["the picture" "layer 1"]
}

func ExampleDrawQueries() {
	view := &picture.Image{W: 28, H: 14, Pix: make([]byte, 3*28*14)}
	images, captions := explain.DrawQueries(view, maps[0], [2]int{0, 1})
	fmt.Printf("%d %q\n", len(images), captions)
	// Output:
	// 1 ["from row 1, column 2"]
}

func ExampleAttentionDistances() {
	fmt.Println(explain.AttentionDistances([][][]explain.AttentionMap{maps}))
	// Output:
	// [[0 7]]
}

func ExampleHeadCurves() {
	for _, c := range explain.HeadCurves([][]float64{{7, 0}, {5, 6}}, 7) {
		fmt.Println(c.Name, c.X, c.Y, c.Dashed)
	}
	// Output:
	// head 1 [1 2] [0 5] false
	// head 2 [1 2] [7 6] false
	// even attention [1 2] [7 7] true
}

// reaches are those of a network of two blocks on pictures of 2×2.
var reaches = []explain.Reach{
	{Block: "stem", Share: []float64{1, 0, 0, 0}, Distance: 0.7},
	{Block: "head", Share: []float64{0.25, 0.25, 0.25, 0.25}, Distance: 12.4},
}

func ExampleDrawReaches() {
	images, captions := explain.DrawReaches(reaches, 2)
	fmt.Printf("%d of %d×%d: %q\n", len(images), images[0].W, images[0].H, captions)
	// Output:
	// 2 of 150×150: ["stem\n1 pixels" "head\n12 pixels"]
}

func ExampleReachCurve() {
	c := explain.ReachCurve("lite0", reaches, 0)
	fmt.Println(c.Name, c.X, c.Y)
	// Output:
	// lite0 [0 100] [0.7 12.4]
}

func ExampleEvenReach() {
	fmt.Printf("%.1f pixels\n", explain.EvenReach(224))
	// Output:
	// 85.7 pixels
}

func ExampleFieldTable() {
	header, rows, err := explain.FieldTable("efficientnet_b0", "tf_efficientnet_lite0", 224)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n%q\n%q\n", header, rows[0], rows[len(rows)-1])
	// Output:
	// ["block of efficientnet_b0" "field, pixels" "of tf_efficientnet_lite0" "distance of neighbours" "sees the whole picture besides"]
	// ["conv_stem" "3" "3" "2" "no"]
	// ["conv_head" "851" "851" "32" "yes"]
}

// The networks' weights are fetched once; see weights.Open.
func ExampleInspect() {
	in, err := explain.Inspect(context.Background(), "lite0")
	if err != nil {
		log.Fatal(err)
	}
	features, err := in.Features(context.Background(), []*picture.Image{{W: 224, H: 224, Pix: make([]byte, 3*224*224)}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(in.Name, in.Network.Name(), len(features), len(features[0]))
	// Output:
	// lite0 tf_efficientnet_lite0 1 1280
}

func ExampleMoveCurves() {
	set, remove := drawn()
	defer remove()
	views, err := explain.Views(context.Background(), set, set.Spread(2)...)
	if err != nil {
		log.Fatal(err)
	}
	in, err := explain.Inspect(context.Background(), "lite0")
	if err != nil {
		log.Fatal(err)
	}
	curves, err := explain.MoveCurves(context.Background(), views, []int{0, 14}, in)
	if err != nil {
		log.Fatal(err)
	}
	c := curves[0]
	fmt.Println(c.Name, c.X, c.Y[0], c.Y[1] > 0)
	// Output:
	// lite0 [0 14] 0 true
}

func ExampleConflicts() {
	set, remove := drawn()
	defer remove()
	c, err := explain.Conflicts(context.Background(), set, 112)
	if err != nil {
		log.Fatal(err)
	}
	pair := c.Examples(1)[0]
	fmt.Println(len(c.Items), c.Items[pair[0]].Method, c.Items[pair[1]].Method, c.Conflicting(pair[0]))
	// Output:
	// 6 spectrum patches true
}
