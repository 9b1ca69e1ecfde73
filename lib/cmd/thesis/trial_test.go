package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/trial"
	"thesis.example/lib/vision"
)

func TestResultsTables(t *testing.T) {
	record := func(fold int, predicted string) *trial.Record {
		p := trial.Predictions{Epoch: 1, Pictures: []trial.Prediction{
			{File: "dance/1.png", Truth: "dance", Predicted: "dance", Probabilities: []float64{0.8, 0.2}},
			{File: "travel/1.png", Truth: "travel", Predicted: predicted, Probabilities: []float64{0.4, 0.6}},
		}}
		for i := range p.Pictures {
			p.Pictures[i].File = string(rune('0'+fold)) + p.Pictures[i].File
		}
		accuracy := 1.0
		if predicted == "dance" {
			accuracy = 0.5
		}
		return &trial.Record{
			Config: trial.Config{
				Trial: trial.Trial{Experiment: 2, Arm: "vit-single", Fold: fold, Choice: trial.Choice{Profile: "thesis", Seed: 1}}, Folds: 5, StandIn: true, Data: "0123456789",
				Genres: []string{"dance", "travel"}, Asked: "torchvision-vit-b16", Weights: "small", Architecture: "vit", Preprocess: &vision.Preprocess{},
			},
			History: []trial.Epoch{{Epoch: 1, TestLoss: 0.5, TestAccuracy: accuracy}}, Last: p, Best: p,
		}
	}
	var b bytes.Buffer
	if err := writeResults(&b, []*trial.Record{record(2, "dance"), record(1, "travel")}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Experiment 2, profile thesis, seed 1, stand-in data 01234567\n",
		"vit-single  2 of 5  0.7500    0.2500  0.5000  0.0000  0.6667  0.7333  3 of 4 ",
		"Note: small (vit) stands in for torchvision-vit-b16, which was out of reach\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, &b)
		}
	}
	corrected := record(1, "travel")
	corrected.StandIn, corrected.Corrected = false, 3
	b.Reset()
	if err := writeResults(&b, []*trial.Record{corrected}); err != nil || !strings.Contains(b.String(), "your data (3 face counts and texts corrected by hand) 01234567\n") {
		t.Errorf("corrected data: %v\n%s", err, &b)
	}
	// What is compared stands together, in the order of the plan: by experiment and arm, whatever order the
	// records come in.
	var shuffled []*trial.Record
	for _, t := range []trial.Trial{{Experiment: 2, Arm: "vit-hybrid"}, {Experiment: 1, Arm: "meta"}, {Experiment: 2, Arm: "cnn-single"}, {Experiment: 1, Arm: "cnn-single"}} {
		r := record(1, "travel")
		r.Experiment, r.Arm = t.Experiment, t.Arm
		shuffled = append(shuffled, r)
	}
	b.Reset()
	if err := writeResults(&b, shuffled); err != nil {
		t.Fatal(err)
	}
	var order []string
	for line := range strings.Lines(b.String()) {
		if word, _, _ := strings.Cut(line, " "); word != "arm" && strings.Contains(line, " of 5 ") || word == "Experiment" {
			order = append(order, strings.TrimSuffix(strings.Join(strings.Fields(line)[:2], " "), ","))
		}
	}
	if want := []string{"Experiment 1", "cnn-single 1", "meta 1", "Experiment 2", "cnn-single 1", "vit-hybrid 1"}; !slices.Equal(order, want) {
		t.Errorf("order %q, want %q, in\n%s", order, want, &b)
	}
	// A causal arm comes behind the others, a share of the pictures before the whole, and each is told apart.
	half, causal := record(1, "travel"), record(1, "travel")
	half.Share, causal.Arm = 50, "vit-hybrid-cut"
	causal.Probe = &trial.Probe{Fit: causal.History[0], Test: causal.Last}
	b.Reset()
	if err := writeResults(&b, []*trial.Record{causal, record(1, "travel"), half}); err != nil {
		t.Fatal(err)
	}
	order = nil
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "vit-") {
			order = append(order, strings.Join(strings.Split(line, "  ")[:1], ""))
		}
	}
	if want := []string{"vit-single, 50 %", "vit-single", "vit-hybrid-cut"}; !slices.Equal(order, want) || strings.Count(b.String(), "  1.0000  0.0 ") != 1 {
		t.Errorf("order %q, want %q, one probe, in\n%s", order, want, &b)
	}
	b.Reset()
	if err := jsonResults(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("no records: %q, %v", &b, err)
	}
}
