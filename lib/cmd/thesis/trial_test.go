package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"thesis.example/lib/trial"
	"thesis.example/lib/vision"
)

func TestTrialRefusesWhatMakesNoSense(t *testing.T) {
	for _, c := range []struct {
		args  string
		usage bool
		want  string
	}{
		{"", true, ""},
		{"-all -arm meta", true, ""},
		{"-all -exp 1", true, ""},
		{"-arm meta -further", true, ""},
		{"-arm meta -fold 6", true, ""},
		{"-all -shard 6/6", true, ""},
		{"-all -shard 1/2/3", true, ""},
		{"-all -shard x", true, ""},
		{"-arm cnn-film -exp 1", false, `experiment 1 has no arm "cnn-film": it has cnn-single, `},
		{"-arm meta -exp 3", false, "experiment is 3: want 1 or 2"},
	} {
		err := runTrial(t.Context(), strings.Fields(c.args))
		if errors.Is(err, errUsage) != c.usage || !c.usage && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("thesis trial %s: %v", c.args, err)
		}
	}
}

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
				Trial: trial.Trial{Experiment: 2, Arm: "vit-single", Fold: fold, Profile: "thesis", Seed: 1}, Folds: 5, StandIn: true, Data: "0123456789",
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
	b.Reset()
	if err := jsonResults(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("no records: %q, %v", &b, err)
	}
}
