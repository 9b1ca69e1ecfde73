package ledger

import (
	"fmt"
	"slices"

	"thesis.example/lib/fusion"
	"thesis.example/lib/trial"
)

// Arms lays out every arm of experiment 1 or 2, the thesis' own first: where the metadata enters
// (section 3.3.1) and how, how many values the arm trains in that profile and how many of them it has
// over the arm of the same backbone that sees the picture alone, and the accuracy after the last epoch,
// published and ours. An arm that is not complete in summaries is "not trained".
// metadata is the length of a picture's vector, 16 in the thesis.
func Arms(experiment int, c trial.Choice, metadata, genres int, summaries []trial.Summary) (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	trained := func(arm string) (int, error) {
		m, err := trial.Outline(experiment, arm, c, metadata, genres)
		if err != nil {
			return 0, fmt.Errorf("experiment %d, %s: %w", experiment, arm, err)
		}
		return m.Trained(), nil
	}
	known := fusion.Arms(experiment, true)
	for _, name := range known {
		arm, err := fusion.ParseArm(experiment, name)
		if err != nil {
			return nil, nil, err
		}
		n, err := trained(name)
		if err != nil {
			return nil, nil, err
		}
		added, single := "–", arm.Backbone+"-single"
		if arm.HasMetadata() && slices.Contains(known, single) {
			of, err := trained(single)
			if err != nil {
				return nil, nil, err
			}
			added = grouped(n - of)
		}
		where, how := arm.Enters()
		rows = append(rows, []string{name, where, how, grouped(n), added, publishedAccuracy(ref, experiment, name), reached(experiment, name, summaries)})
	}
	return []string{"arm", "metadata enters", "how", "trained values", "more than single", "published", "here"}, rows, nil
}

// grouped writes a count in groups of three.
func grouped(n int) string { return fixed(float64(n), 0) }

// publishedAccuracy is that of Table 5.1 or 6.1, "–" for an arm of ours.
func publishedAccuracy(ref *Reference, experiment int, arm string) string {
	key := publishedKey(arm)
	accuracy := ref.Experiment2[key].Accuracy
	if experiment == 1 {
		accuracy = ref.Experiment1[key].AccuracyMean
	}
	if accuracy == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", 100*accuracy)
}

// reached is the accuracy of a complete arm with its deviation over the folds.
func reached(experiment int, arm string, summaries []trial.Summary) string {
	if s := Arm(summaries, experiment, arm); s != nil {
		return fmt.Sprintf("%.2f ± %.2f %%", 100*s.Last.Accuracy, 100*s.Last.AccuracySD)
	}
	return "not trained"
}
