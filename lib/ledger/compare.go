package ledger

import (
	"errors"
	"fmt"
	"slices"

	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

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

// McNemarOf is McNemar's test of those counts; p is 1 where both are 0.
func McNemarOf(onlyA, onlyB int) (stats.McNemarTest, error) {
	n := onlyA + onlyB
	if n == 0 {
		return stats.McNemarTest{Exact: 1, MidP: 1}, nil
	}
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

// ArmsTest asks whether arms that were tested on the same pictures are equally accurate after the last
// epoch: Cochran's Q, in a sentence.
func ArmsTest(arms ...trial.Summary) (string, error) {
	var predictions [][]int
	for _, a := range arms {
		if !slices.Equal(a.Last.Files, arms[0].Last.Files) {
			return "", fmt.Errorf("comparing %s with %s: they were tested on different pictures, expected the same", arms[0].Arm, a.Arm)
		}
		predictions = append(predictions, a.Last.Predicted)
	}
	q, err := stats.CochranQ(arms[0].Last.Truth, predictions...)
	if errors.Is(err, stats.ErrConstant) {
		return fmt.Sprintf("Every picture is right in all %d arms or in none: no test can tell them apart.", len(arms)), nil
	}
	if err != nil {
		return "", fmt.Errorf("comparing %d arms: %w", len(arms), err)
	}
	verdict := "no difference among the arms is shown at 5 %"
	if q.P < 0.05 {
		verdict = "at least two arms differ at 5 %"
	}
	return fmt.Sprintf("All %d arms together, Cochran's Q = %.2f with %g degrees of freedom, %s: %s.", len(arms), q.Q, q.DF, stats.SayP(q.P), verdict), nil
}

// FoldsTest compares the accuracies of two complete arms fold by fold: the corrected resampled t test, in
// a sentence. Unlike the tests of the pooled pictures it also counts that another training set would have
// given other networks.
func FoldsTest(a, b trial.Summary) (string, error) {
	accuracy := func(s trial.Summary) (x []float64) {
		for _, r := range s.Records {
			x = append(x, r.History[r.Last.Epoch-1].TestAccuracy)
		}
		return x
	}
	if !slices.Equal(a.Fold, b.Fold) || len(a.Records) == 0 {
		return "", fmt.Errorf("comparing %s with %s: folds %v and %v, expected the same", a.Arm, b.Arm, a.Fold, b.Fold)
	}
	t, err := stats.CorrectedT(accuracy(a), accuracy(b), a.Records[0].Train, a.Records[0].Test)
	if errors.Is(err, stats.ErrConstant) {
		return fmt.Sprintf("%s and %s differ by the same amount in every fold: the test over folds does not apply.", a.Arm, b.Arm), nil
	}
	if err != nil {
		return "", fmt.Errorf("comparing %s with %s over the folds: %w", a.Arm, b.Arm, err)
	}
	verdict := "no difference is shown at 5 %"
	if t.P < 0.05 {
		verdict = "they differ at 5 %"
	}
	return fmt.Sprintf("Over the %d folds, corrected for their common training pictures (Nadeau & Bengio 2003), %s − %s has t = %s with %g degrees of freedom, %s: %s.", len(a.Fold), a.Arm, b.Arm, fixed(t.T, 2), t.DF, stats.SayP(t.P), verdict), nil
}
