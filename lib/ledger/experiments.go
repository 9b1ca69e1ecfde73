package ledger

import (
	"fmt"
	"math"
	"slices"

	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// Tolerances of chapters 5 and 6. They are about what another seed changes: Table 5.1
// has a standard deviation of 0.028 over the folds, so three hundredths of accuracy, or
// nine pictures of 300, are nothing to build on.
const (
	accuracyTolerance = 0.03
	spreadTolerance   = 0.02 // of standard deviations over the folds
	lossTolerance     = 0.05
	f1Tolerance       = 0.05
	picturesTolerance = 9
	cellTolerance     = 5 // pictures of 100 in one cell of figure 6.3
)

// Arm is the summary of an arm of an experiment, nil where it has not been run on all folds.
func Arm(summaries []trial.Summary, experiment int, arm string) *trial.Summary {
	i := slices.IndexFunc(summaries, func(s trial.Summary) bool {
		return s.Experiment == experiment && s.Arm == arm && s.Complete()
	})
	if i < 0 {
		return nil
	}
	return &summaries[i]
}

// Chapter5 is every number of Table 5.1. summaries are of one data set, profile and seed;
// an arm that is not complete gives entries not measured. The last epoch is the result.
func Chapter5(summaries []trial.Summary, data string) ([]Entry, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	b := &book{chapter: 5, data: data}
	const where = "Table 5.1"
	for _, arm := range []struct{ key, arm, row string }{{"cnn_single", "cnn-single", "CNN single"}, {"cnn_hybrid", "cnn-hybrid", "CNN hybrid"}} {
		p, ok := ref.Experiment1[arm.key]
		if !ok {
			return nil, fmt.Errorf("published %s lacks %s", where, arm.key)
		}
		r := lastResult(Arm(summaries, 1, arm.arm))
		b.add(where, arm.row, "mean accuracy", p.AccuracyMean, r.Accuracy, accuracyTolerance)
		b.add(where, arm.row, "sd of accuracy", p.AccuracyStd, r.AccuracySD, spreadTolerance)
		b.add(where, arm.row, "mean loss", p.LossMean, r.Loss, lossTolerance)
		b.add(where, arm.row, "sd of loss", p.LossStd, r.LossSD, spreadTolerance)
		b.add(where, arm.row, "pictures right of 300", float64(p.Correct), correctOf300(r), picturesTolerance)
	}
	return b.entries, nil
}

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
		b.add(where, arm.row, "accuracy", p.Accuracy, r.Accuracy, accuracyTolerance)
		b.add(where, arm.row, "F1", p.F1, r.F1, f1Tolerance)
		b.add(where, arm.row, "pictures right of 300", float64(p.Correct), correctOf300(r), picturesTolerance)
	}
	for _, c := range []struct {
		arm, row  string
		published int
	}{{"vit-single", "ViT single", ref.Confusion.ViTSingle}, {"vit-hybrid", "ViT hybrid", ref.Confusion.ViTHybrid}} {
		ours := math.NaN()
		if s := Arm(summaries, 2, c.arm); s != nil && s.Last.N() == 300 {
			if g := slices.Index(s.Genres, "gourmet"); g >= 0 {
				ours = float64(s.Last.Confusion[g][g])
			}
		}
		b.add("Figure 6.3", c.row, "gourmet right of 100", float64(c.published), ours, cellTolerance)
	}
	return b.entries, nil
}

// lastResult is the result of the last epoch, all NaN where there is none.
func lastResult(s *trial.Summary) trial.Result {
	if s == nil {
		nan := math.NaN()
		return trial.Result{Accuracy: nan, AccuracySD: nan, Loss: nan, LossSD: nan, F1: nan, F1SD: nan}
	}
	return s.Last
}

// correctOf300 is NaN for a set of another size.
func correctOf300(r trial.Result) float64 {
	if r.N() != 300 {
		return math.NaN()
	}
	return float64(r.Correct)
}

// Discordant counts the pictures that only one of two arms gets right, of which a and b
// are right in n ≥ a ≥ b, in one of the two extremes: nested, where b is right nowhere that
// a is wrong, and apart, where their errors fall on different pictures as far as n allows.
func Discordant(a, b, n int, nested bool) (onlyA, onlyB int) {
	both := min(a, b)
	if !nested {
		both = max(0, a+b-n)
	}
	return a - both, b - both
}

// McNemarOf is McNemar's test of those counts.
func McNemarOf(onlyA, onlyB int) (stats.McNemarTest, error) {
	n := onlyA + onlyB
	truth, a, b := make([]int, n), make([]int, n), make([]int, n)
	for i := range n {
		if i < onlyA {
			b[i] = 1
		} else {
			a[i] = 1
		}
	}
	return stats.McNemar(truth, a, b)
}
