package ledger

import (
	"strings"
	"testing"

	"thesis.example/lib/trial"
)

// tested is an arm whose folds reached these accuracies, and whose predictions of eight pictures of genre
// 0 are right where a letter of right is 1.
func tested(arm, right string, accuracy ...float64) trial.Summary {
	s := trial.Summary{}
	s.Arm = arm
	for i, a := range accuracy {
		r := &trial.Record{History: []trial.Epoch{{TestAccuracy: 0}, {TestAccuracy: a}}, Last: trial.Predictions{Epoch: 2}}
		r.Train, r.Test = 240, 60
		s.Fold, s.Records = append(s.Fold, i+1), append(s.Records, r)
	}
	for i, c := range right {
		s.Last.Files, s.Last.Truth = append(s.Last.Files, string(rune('a'+i))), append(s.Last.Truth, 0)
		s.Last.Predicted = append(s.Last.Predicted, int('1'-c))
	}
	return s
}

func TestArmsTest(t *testing.T) {
	// C = 8, 4, 4; N = 16; R = 3,3,3,3 and 1,1,1,1: Q = 2·(3·96 − 256)/(48 − 40) = 8, p = e⁻⁴.
	got, err := ArmsTest(tested("a", "11111111"), tested("b", "11110000"), tested("c", "11110000"))
	if want := "All 3 arms together, Cochran's Q = 8.00 with 2 degrees of freedom, p = 0.018: at least two arms differ at 5 %."; err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if got, err := ArmsTest(tested("a", "1100"), tested("b", "1100")); err != nil || !strings.Contains(got, "no test can tell them apart") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ArmsTest(tested("a", "11"), tested("b", "111")); err == nil {
		t.Error("arms on different pictures are compared")
	}
}

func TestFoldsTest(t *testing.T) {
	// Differences .1, .2, .3, .4, .5: mean .3, variance .025, so t = .3/√((1/5 + 60/240)·.025) = 2.828; p of
	// t with 4 degrees of freedom is 0.0474.
	a, b := tested("a", "", .6, .7, .8, .9, 1), tested("b", "", .5, .5, .5, .5, .5)
	got, err := FoldsTest(a, b)
	if err != nil || !strings.Contains(got, "a − b has t = 2.83 with 4 degrees of freedom, p = 0.047: they differ at 5 %.") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := FoldsTest(b, b); err != nil || !strings.Contains(got, "does not apply") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := FoldsTest(a, tested("c", "", .5, .5)); err == nil {
		t.Error("arms of different folds are compared")
	}
}
