package ledger

import (
	"math"
	"testing"

	"thesis.example/lib/trial"
)

// summary makes a complete arm with the given accuracy over 300 pictures.
func summary(experiment int, arm string, correct int) trial.Summary {
	s := trial.Summary{Fold: []int{1, 2, 3, 4, 5}}
	s.Experiment, s.Arm, s.Folds, s.Genres = experiment, arm, 5, []string{"dance", "gourmet", "travel"}
	s.Last = trial.Result{Accuracy: float64(correct) / 300, AccuracySD: 0.0287, Loss: 0.35, LossSD: 0.04, F1: 0.85, Files: make([]string, 300), Correct: correct, Confusion: [][]int{{90, 5, 5}, {2, 96, 2}, {5, 5, 90}}}
	return s
}

func TestChapters5And6(t *testing.T) {
	summaries := []trial.Summary{summary(1, "cnn-single", 259), summary(2, "vit-single", 275), summary(2, "cnn-single", 200)}
	five, err := Chapter5(summaries, "made")
	if err != nil {
		t.Fatal(err)
	}
	six, err := Chapter6(summaries, "made")
	if err != nil {
		t.Fatal(err)
	}
	if len(five) != 10 || len(six) != 14 {
		t.Fatalf("%d and %d entries, want 10 and 14", len(five), len(six))
	}
	for _, e := range append(append([]Entry{}, five...), six...) {
		if marks[e.Where] == "" {
			t.Errorf("%s has no words for its tolerance", e.Where)
		}
	}
	for id, want := range map[string]struct {
		published, ours float64
		verdict         string
	}{
		"5.1-CNN-single-mean-accuracy":               {0.8633, 259.0 / 300, Within},
		"5.1-CNN-single-sd-of-accuracy":              {0.0287, 0.0287, Within},
		"5.1-CNN-single-pictures-right-of-300":       {259, 259, Within},
		"5.1-CNN-hybrid-mean-accuracy":               {0.9067, math.NaN(), NotMeasured},
		"6.1-CNN-single-accuracy":                    {0.8733, 200.0 / 300, Outside},
		"6.1-ViT-single-F1":                          {0.8995, 0.85, Within},
		"figure-6.3-ViT-single-gourmet-right-of-100": {96, 96, Within},
		"figure-6.3-ViT-hybrid-gourmet-right-of-100": {98, math.NaN(), NotMeasured},
	} {
		e, ok := Find(append(five, six...), id)
		if !ok {
			t.Errorf("no entry %s", id)
			continue
		}
		same := e.Ours == want.ours || math.IsNaN(e.Ours) && math.IsNaN(want.ours)
		if e.Published != want.published || !same || e.Verdict != want.verdict {
			t.Errorf("%s: %+v, want %+v", id, e, want)
		}
	}
	incomplete := summary(1, "cnn-single", 259)
	incomplete.Fold = incomplete.Fold[:4]
	if Arm([]trial.Summary{incomplete}, 1, "cnn-single") != nil {
		t.Error("four folds of five pass for a complete arm")
	}
}

// 272 and 259 of 300 right: 13 pictures tell the arms apart at least, 69 at most.
func TestDiscordant(t *testing.T) {
	for nested, want := range map[bool][2]int{true: {13, 0}, false: {41, 28}} {
		a, b := Discordant(272, 259, 300, nested)
		if [2]int{a, b} != want {
			t.Errorf("nested %v: %d and %d, want %v", nested, a, b, want)
		}
	}
	m, err := McNemarOf(4, 0)
	if err != nil || m.OnlyA != 4 || m.OnlyB != 0 || math.Abs(m.Exact-0.125) > 1e-12 || math.Abs(m.MidP-0.0625) > 1e-12 {
		t.Errorf("McNemar of 4 and 0: %+v, %v; want 1/8 and 1/16", m, err)
	}
	if m, err := McNemarOf(0, 0); err != nil || m.Exact != 1 || m.MidP != 1 {
		t.Errorf("McNemar of arms that agree everywhere: %+v, %v", m, err)
	}
}
