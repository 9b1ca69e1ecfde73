package report_test

import (
	"fmt"
	"os"
	"strconv"

	"thesis.example/lib/chart"
	"thesis.example/lib/picture"
	"thesis.example/lib/report"
	"thesis.example/lib/stats"
)

func ExampleTable() {
	report.Table("4.A", "Pictures by genre.").Show([]string{"genre", "pictures"}, [][]string{{"dance", "100"}, {"travel", "98"}})
	// Output:
	// Table 4.A. Pictures by genre.
	// genre   pictures
	// dance        100
	// travel        98
}

func ExampleCheck() {
	_, err := os.ReadFile(os.Args[0])
	report.Check(err) // had it failed, the cell would end here with the error as its message
	fmt.Println("read")
	// Output:
	// read
}

func ExampleMust() {
	fmt.Println(report.Must(strconv.Atoi("12")) + 1)
	// Output:
	// 13
}

func ExampleShowImages() {
	grey := &picture.Image{W: 1, H: 1, Pix: []byte{128, 128, 128}}
	report.Check(report.ShowImages([]*picture.Image{grey}, []string{"one grey pixel"}))
	// Output:
	// one grey pixel
}

func ExampleShowComparison() {
	report.ShowComparison(report.Table("4.G", "Each pair."), "likes", []stats.Column{
		{Name: "dance", X: []float64{1, 2, 3, 4}}, {Name: "travel", X: []float64{3, 5, 8, 9}},
	})
	// Output:
	// likes: Kruskal–Wallis H = 3.6, p = 0.059, ε² = 0.509.
	// Table 4.G. Each pair.
	// pair            Cliff's δ            95 %  p, Holm
	// dance – travel      -0.81  -1.00 to -0.24    0.081
}

func ExampleShowFigure() {
	about := chart.About{Title: "Accuracy by epoch", Caption: "Two epochs."}
	report.ShowFigure(chart.Lines(about, "epoch", "accuracy", "", []chart.Curve{{Name: "cnn-single", X: []float64{1, 2}, Y: []float64{0.5, 0.8}}}))
	fmt.Println("shown")
	// Output:
	// shown
}
