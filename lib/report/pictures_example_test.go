package report_test

import (
	"context"
	"os"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/report"
	"thesis.example/lib/standin"
)

// drawn is a stand-in set of one picture a genre in a folder that remove takes away.
func drawn() (set *dataset.Set, remove func()) {
	dir := report.Must(os.MkdirTemp("", "thesis-example-"))
	report.Check(standin.Write(context.Background(), dir, standin.Options{PerGenre: 1, Seed: 1}))
	return report.Must(dataset.Open(context.Background(), dir, false)), func() { os.RemoveAll(dir) }
}

func ExampleShowPictures() {
	set, remove := drawn()
	defer remove()
	report.Check(report.ShowPictures(set, []int{0, 2}, []string{"taken for travel", "right"}))
	// Output:
	// dance/001.png taken for travel
	// travel/001.png right
}

func ExampleShowMeasured() {
	set, remove := drawn()
	defer remove()
	found := []features.Measurement{{Pieces: []features.Piece{{Text: "ダンス", Score: 0.97}}}}
	report.Check(report.ShowMeasured(set, []int{0}, found))
	// Output:
	// dance/001.png, "ダンス" 0.97
}

// A folder too small for folds has no records; its arms are counted nevertheless.
func ExampleShowArms() {
	set, remove := drawn()
	defer remove()
	report.ShowArms(context.Background(), report.Table("3.C", "The arms of experiment 1."), set, 1)
	// Output:
	// Table 3.C. The arms of experiment 1.
	// arm           metadata enters  how                                              trained values  more than single  published  here
	// cnn-single    nowhere          the picture alone                                       164,355                 –    86.33 %  not trained
	// cnn-hybrid    late, features   embedded, beside the picture's features                 171,619             7,264    90.67 %  not trained
	// meta          alone            the hybrid arm without the picture                        7,779                 –          –  not trained
	// logistic      alone            logistic regression on the numbers                           51                 –          –  not trained
	// cnn-logistic  nowhere          logistic regression on the frozen features                3,843                 –          –  not trained
	// cnn-logits    late, decisions  a classifier of its own, whose logits are added         167,622             3,267          –  not trained
	// vit-single    nowhere          the picture alone                                        49,667                 –          –  not trained
	// vit-hybrid    late, features   embedded, beside the picture's features                  56,931             7,264          –  not trained
	// vit-logistic  nowhere          logistic regression on the frozen features                1,155                 –          –  not trained
	// vit-logits    late, decisions  a classifier of its own, whose logits are added          52,934             3,267          –  not trained
}
