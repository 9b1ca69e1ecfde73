package trial

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
)

// What a chapter asks for: the summaries of arms, in the choice of the environment (Current).

// Results are the thesis' arms of an experiment over all folds, those named in more, and those of $ARMS, in
// this order and in the Current choice. What has no record yet is trained.
func Results(ctx context.Context, set *dataset.Set, experiment int, more ...string) ([]Summary, error) {
	c, err := Current()
	if err != nil {
		return nil, err
	}
	own, err := Arms(experiment)
	if err != nil {
		return nil, err
	}
	var trials []Trial
	arms := append(fusion.Arms(experiment, false), more...)
	for i, arm := range append(arms, own...) {
		if i < len(arms) || !slices.Contains(arms, arm) {
			trials = append(trials, All(experiment, arm, c)...)
		}
	}
	return Summaries(ctx, set, trials)
}

// Summaries measures the set, trains the trials that have no record yet, and summarises all of them.
func Summaries(ctx context.Context, set *dataset.Set, trials []Trial) ([]Summary, error) {
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return nil, err
	}
	records, err := RunAll(ctx, set, table, trials)
	if err != nil {
		return nil, err
	}
	return Summarise(records)
}

// Chosen says in a sentence what the environment chooses for the trials of a chapter ($PROFILE, $SEED, $CNN,
// $VIT and $ARMS).
func Chosen() (string, error) {
	c, err := Current()
	if err != nil {
		return "", err
	}
	s := fmt.Sprintf("Chosen: profile %s, seed %d, ", c.Profile, c.Seed)
	switch {
	case c.CNN != "" && c.ViT != "":
		s += fmt.Sprintf("weights %s for the CNN and %s for the ViT", c.CNN, c.ViT)
	case c.CNN != "":
		s += fmt.Sprintf("weights %s for the CNN and the profile's for the ViT", c.CNN)
	case c.ViT != "":
		s += fmt.Sprintf("the profile's weights for the CNN and %s for the ViT", c.ViT)
	default:
		s += "the profile's weights"
	}
	for experiment := 1; experiment <= 2; experiment++ {
		own, err := Arms(experiment)
		if err != nil {
			return "", err
		}
		if len(own) > 0 {
			s += fmt.Sprintf(", in experiment %d also %s", experiment, strings.Join(own, ", "))
		}
	}
	return s + ".", nil
}
