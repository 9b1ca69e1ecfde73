package chart_test

import (
	"fmt"
	"log"

	"thesis.example/lib/chart"
	"thesis.example/lib/stats"
)

// say prints what a figure shows besides its marks, and whether it can be drawn.
func say(f *chart.Figure, err error) {
	if err != nil {
		log.Fatal(err)
	}
	svg, err := f.SVG()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Figure %s. %s, drawn: %t\n", f.Number, f.Title, len(svg) > 0)
}

func ExampleInit() {
	if err := chart.Init(); err != nil { // once a notebook: its figures become interactive
		log.Fatal(err)
	}
	// Output:
	//
}

func ExampleLines() {
	about := chart.About{Number: "5.A", Title: "Accuracy by epoch", Caption: "Two epochs."}
	say(chart.Lines(about, "epoch", "accuracy", "", []chart.Curve{{Name: "cnn-single", X: []float64{1, 2}, Y: []float64{0.5, 0.8}}}))
	// Output:
	// Figure 5.A. Accuracy by epoch, drawn: true
}

func ExampleFloats() {
	fmt.Println(chart.Floats([]int{0, 1, 32}))
	// Output:
	// [0 1 32]
}

func ExampleBars() {
	about := chart.About{Number: "4.5", Title: "Mean number of faces", Caption: "Two genres."}
	bar := chart.Bar{Name: "faces"}
	bar.AddSD(1.2, 0.3, 1.18)
	bar.AddSD(0.2, 0.1, 0.14)
	say(chart.Bars(about, "faces a picture", "± 1 standard deviation", []string{"dance", "gourmet"}, []chart.Bar{bar}))
	// Output:
	// Figure 4.5. Mean number of faces, drawn: true
}

func ExampleConfusion() {
	about := chart.About{Number: "6.3", Title: "Confusion matrix", Caption: "Two genres."}
	say(chart.Confusion(about, []string{"dance", "travel"}, []chart.Matrix{{Name: "cnn", Counts: [][]int{{9, 1}, {3, 7}}}}))
	// Output:
	// Figure 6.3. Confusion matrix, drawn: true
}

func ExampleHeatmap() {
	about := chart.About{Number: "4.1", Title: "Correlations", Caption: "Pearson's r."}
	say(chart.Heatmap(about, []string{"likes", "saves"}, [][]float64{{1, 0.71}, {0.71, 1}}))
	// Output:
	// Figure 4.1. Correlations, drawn: true
}

func ExampleHistograms() {
	about := chart.About{Number: "4.6", Title: "Length of the text", Caption: "Two genres."}
	say(chart.Histograms(about, "characters", 5, 100, []string{"dance", "travel"}, [][]float64{{3, 12, 14}, {30, 41, 120}}))
	// Output:
	// Figure 4.6. Length of the text, drawn: true
}

func ExampleViolins() {
	about := chart.About{Number: "4.4", Title: "Hue", Caption: "Two genres."}
	panel := chart.Panel{Name: "hue (0 to 1)", Values: [][]float64{{0.1, 0.2, 0.4}, {0.3, 0.5, 0.6}}, Published: []float64{0.35, 0.36}}
	say(chart.Violins(about, []string{"dance", "travel"}, []chart.Panel{panel}))
	// Output:
	// Figure 4.4. Hue, drawn: true
}

func ExampleScatterRegression() {
	about := chart.About{Number: "4.2", Title: "Likes against saves", Caption: "One genre."}
	fit, err := stats.Regress([]float64{1, 2, 3}, []float64{2, 3.1, 3.9}) // log10 of both
	if err != nil {
		log.Fatal(err)
	}
	points := chart.Points{Group: "dance", X: []float64{10, 100, 1000}, Y: []float64{100, 1259, 7943}, Fit: chart.FitOf(fit, []float64{1, 2, 3})}
	say(chart.ScatterRegression(about, "saves", "likes", []chart.Points{points}))
	// Output:
	// Figure 4.2. Likes against saves, drawn: true
}

func ExampleFitOf() {
	fit, err := stats.Regress([]float64{1, 2, 3}, []float64{2, 3.1, 3.9})
	if err != nil {
		log.Fatal(err)
	}
	f := chart.FitOf(fit, []float64{1, 2, 3})
	fmt.Printf("%s: from %.2f at %g to %.2f at %g\n", f.Note, f.Y[0], f.X[0], f.Y[40], f.X[40])
	// Output:
	// R² 0.99: from 2.05 at 1 to 3.95 at 3
}
