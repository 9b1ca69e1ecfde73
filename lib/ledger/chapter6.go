package ledger

import (
	"fmt"
	"math"
	"slices"

	"thesis.example/lib/dataset"
	"thesis.example/lib/trial"
)

// Chapter6 is every number of Table 6.1 and of the text on figure 6.3. F1 is the macro F1,
// averaged over the folds, which is what a mean over trials gives; Result.F1Pooled is the other.
func Chapter6(summaries []trial.Summary, data string) ([]Entry, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	b := &book{chapter: 6, data: data}
	const where = "Table 6.1"
	for _, arm := range []struct{ key, arm, row string }{
		{"cnn_single", "cnn-single", "CNN single"}, {"cnn_hybrid", "cnn-hybrid", "CNN hybrid"},
		{"vit_single", "vit-single", "ViT single"}, {"vit_hybrid", "vit-hybrid", "ViT hybrid"},
	} {
		p, ok := ref.Experiment2[arm.key]
		if !ok {
			return nil, fmt.Errorf("published %s lacks %s", where, arm.key)
		}
		r := lastResult(Arm(summaries, 2, arm.arm))
		b.whyNo(r, arm.arm)
		b.add(where, arm.row, "accuracy", p.Accuracy, r.Accuracy, accuracyTolerance)
		b.add(where, arm.row, "F1", p.F1, r.F1, f1Tolerance)
		b.add(where, arm.row, "pictures right of 300", float64(p.Correct), correctOf300(r), picturesTolerance)
	}
	for _, c := range []struct {
		arm, row  string
		published int
	}{{"vit-single", "ViT single", ref.Confusion.ViTSingle}, {"vit-hybrid", "ViT hybrid", ref.Confusion.ViTHybrid}} {
		ours := math.NaN()
		b.whyNo(lastResult(Arm(summaries, 2, c.arm)), c.arm)
		if s := Arm(summaries, 2, c.arm); s != nil && s.Last.N() == 300 {
			if g := slices.Index(s.Genres, dataset.Gourmet); g >= 0 {
				ours = float64(s.Last.Confusion[g][g])
			} else {
				b.why = "no folder is the genre gourmet"
			}
		}
		b.add("Figure 6.3", c.row, "gourmet right of 100", float64(c.published), ours, cellTolerance)
	}
	return b.entries, nil
}
