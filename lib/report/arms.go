package report

import (
	"context"
	"errors"
	"slices"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/ledger"
	"thesis.example/lib/trial"
)

// ShowArms shows the arms of an experiment as a table (ledger.Arms), with what they reached where they have
// records, and a line below where the records of a row differ in more than their arm. It trains nothing.
func ShowArms(ctx context.Context, caption Caption, set *dataset.Set, experiment int) {
	choice := Must(trial.Current())
	table := Must(features.Measure(ctx, set, features.Options{}))
	trials := slices.DeleteFunc(trial.Plan(choice, true), func(t trial.Trial) bool { return t.Experiment != experiment })
	records, err := trial.Existing(set, table, trials)
	if !errors.Is(err, dataset.ErrFewPictures) { // no records then, and the arms can be counted nevertheless
		Check(err)
	}
	summaries := Must(trial.Summarise(records))
	vector, _ := table.Experiment1() // as long as experiment 2's
	header, rows, err := ledger.Arms(experiment, choice, len(vector), len(set.Genres), summaries)
	Check(err)
	caption.Show(header, rows)
	for _, note := range trial.Notes(summaries) {
		ShowMarkdown("**Beside the accuracies:** %s", note)
	}
}
