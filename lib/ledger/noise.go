package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// Where the noise is: what an arm's accuracy varies by when it is trained again on the same folds, beside what it
// varies by from fold to fold. The intervals of all chapters are over pictures or folds of one training.

// Repeated are the repeated trainings of the Current choice: of both arms of experiment 1, whose frozen features
// are in the cache, after training what is missing, and of the thesis' arms of experiment 2 those that have
// records (thesis trial -repeat).
func Repeated(ctx context.Context, set *dataset.Set) ([]trial.Summary, error) {
	c, err := trial.Current()
	if err != nil {
		return nil, err
	}
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return nil, err
	}
	records, err := trial.RunAll(ctx, set, table, append(trial.Repeats(1, "cnn-single", c), trial.Repeats(1, "cnn-hybrid", c)...))
	if err != nil {
		return nil, err
	}
	var further []trial.Trial
	for _, arm := range thesisArms {
		further = append(further, trial.Repeats(2, arm, c)...)
	}
	found, err := trial.Existing(set, table, further)
	if err != nil {
		return nil, err
	}
	return trial.Summarise(append(records, found...))
}

// runs are the test accuracies of an arm's complete trainings in points, [training][fold], the first first.
func runs(summaries []trial.Summary, experiment int, arm string) (y [][]float64) {
	for repeat := 0; ; repeat++ {
		var at *trial.Summary
		for i := range summaries {
			if s := &summaries[i]; s.Experiment == experiment && s.Arm == arm && s.Share == 0 && s.Repeat == repeat && s.Complete() {
				at = s
			}
		}
		if at == nil {
			return y
		}
		var row []float64
		for _, a := range foldAccuracies(*at) {
			row = append(row, 100*a)
		}
		y = append(y, row)
	}
}

// noisy is an arm that was trained more than once.
type noisy struct {
	arm
	runs [][]float64       // see runs
	of   *stats.Components // nil where all of them are alike
}

// variances are those of the arms that were trained more than once.
func variances(summaries []trial.Summary) (found []noisy, err error) {
	for experiment := 1; experiment <= 2; experiment++ {
		for _, name := range thesisArms {
			a := noisy{arm: arm{experiment, name}, runs: runs(summaries, experiment, name)}
			if len(a.runs) < 2 {
				continue
			}
			c, err := stats.VarianceComponents(a.runs)
			if err == nil {
				a.of = &c
			} else if !errors.Is(err, stats.ErrConstant) {
				return nil, fmt.Errorf("experiment %d, %s: %w", experiment, name, err)
			}
			found = append(found, a)
		}
	}
	return found, nil
}

// NoiseTable splits the variance of the accuracy of each arm that was trained more than once: what folds differ
// by, what trainings on the same folds differ by in all folds together, and the rest, which is a training's
// luck in one fold (stats.VarianceComponents).
func NoiseTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	arms, err := variances(summaries)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range arms {
		if a.of == nil {
			rows = append(rows, []string{fmt.Sprintf("%d %s", a.experiment, a.name), fmt.Sprint(len(a.runs)), "all", "0.00", "–", "–", "–"})
			continue
		}
		for i, part := range []struct {
			name string
			of   stats.Component
		}{{"fold", a.of.Fold}, {"training", a.of.Seed}, {"rest", a.of.Rest}} {
			row := []string{"", "", part.name, fixed(math.Sqrt(part.of.Variance), 2), between2(math.Sqrt(part.of.CI.Low), math.Sqrt(part.of.CI.High), 2), fixed(100*part.of.Share, 0), "–"}
			if i == 0 {
				row[0], row[1] = fmt.Sprintf("%d %s", a.experiment, a.name), fmt.Sprint(len(a.runs))
			}
			if !math.IsNaN(part.of.P) {
				row[6] = stats.FormatP(part.of.P)
			}
			rows = append(rows, row)
		}
	}
	return []string{"experiment, arm", "trainings", "source", "sd, points", "95 %", "share of the variance, %", "p"}, rows, nil
}

// SayNoise says what one more training of an arm would change in its accuracy over all folds, which no interval
// over pictures holds, and what the trainings together say of metadata in experiment 1: the posterior of the
// correlated t test within half of the published difference (stats.CorrelatedBayes).
func SayNoise(summaries []trial.Summary) (string, error) {
	ref, err := Published()
	if err != nil {
		return "", err
	}
	var says []string
	arms, err := variances(summaries)
	if err != nil {
		return "", err
	}
	for _, a := range arms {
		if a.of == nil {
			continue
		}
		again := math.Sqrt(a.of.Seed.Variance + a.of.Rest.Variance/float64(len(a.runs[0])))
		says = append(says, fmt.Sprintf("Trained again on the same folds, %s of experiment %d changes its accuracy over all pictures by %s points (standard deviation).", a.name, a.experiment, fixed(again, 2)))
	}
	single, hybrid := runs(summaries, 1, "cnn-single"), runs(summaries, 1, "cnn-hybrid")
	if n := min(len(single), len(hybrid)); n > 0 {
		var a, b []float64
		for i := range n {
			a, b = append(a, hybrid[i]...), append(b, single[i]...)
		}
		rope := 100 * (ref.Experiment1["cnn_hybrid"].AccuracyMean - ref.Experiment1["cnn_single"].AccuracyMean) / 2
		t, err := stats.CorrelatedBayes(a, b, rope, n)
		if errors.Is(err, stats.ErrConstant) {
			return strings.Join(says, " "), nil
		}
		if err != nil {
			return "", err
		}
		says = append(says, fmt.Sprintf("Over %d trainings of %d folds, cnn-hybrid − cnn-single of experiment 1 is %s points (95 %% of the posterior: %s): worse by more than %s, half of the published difference, with a probability of %s %%, within it with %s %%, better by more with %s %%.",
			n, len(a)/n, signed(t.Mean, 2), between(t.CI.Low, t.CI.High, 2), fixed(rope, 2), fixed(100*t.Left, 0), fixed(100*t.Rope, 0), fixed(100*t.Right, 0)))
	}
	return strings.Join(says, " "), nil
}
