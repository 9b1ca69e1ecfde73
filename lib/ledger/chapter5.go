package ledger

import (
	"fmt"
	"math"
	"slices"

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

// Arm is the summary of an arm of an experiment that was trained with all training pictures, nil where it
// has not been run on all folds.
func Arm(summaries []trial.Summary, experiment int, arm string) *trial.Summary {
	i := slices.IndexFunc(summaries, func(s trial.Summary) bool {
		return s.Experiment == experiment && s.Arm == arm && s.Share == 0 && s.Repeat == 0 && s.Complete()
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
		b.whyNo(r, arm.arm)
		b.add(where, arm.row, "mean accuracy", p.AccuracyMean, r.Accuracy, accuracyTolerance)
		b.add(where, arm.row, "sd of accuracy", p.AccuracyStd, r.AccuracySD, spreadTolerance)
		b.add(where, arm.row, "mean loss", p.LossMean, r.Loss, lossTolerance)
		b.add(where, arm.row, "sd of loss", p.LossStd, r.LossSD, spreadTolerance)
		b.add(where, arm.row, "pictures right of 300", float64(p.Correct), correctOf300(r), picturesTolerance)
	}
	return b.entries, nil
}

// whyNo says why numbers of an arm are not measured, where they are not.
func (b *book) whyNo(r trial.Result, arm string) {
	b.why = fmt.Sprintf("counts are out of 300 pictures, and these data have %d", r.N())
	if r.N() == 0 {
		b.why = arm + " is not trained on all folds"
	}
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
