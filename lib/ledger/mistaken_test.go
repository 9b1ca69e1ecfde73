package ledger

import (
	"errors"
	"math"
	"strings"
	"testing"

	"thesis.example/lib/trial"
)

// classified makes an arm of its predictions, a letter a picture: d, g or t. Files are numbered.
func classified(arm, truth, predicted string) trial.Summary {
	var s trial.Summary
	s.Arm, s.Genres = arm, []string{"dance", "gourmet", "travel"}
	for i := range truth {
		s.Last.Files = append(s.Last.Files, string(rune('a'+i)))
		s.Last.Truth = append(s.Last.Truth, strings.IndexByte("dgt", truth[i]))
		s.Last.Predicted = append(s.Last.Predicted, strings.IndexByte("dgt", predicted[i]))
	}
	return s
}

func TestTakenFor(t *testing.T) {
	for _, c := range []struct {
		name, truth, a, b  string
		pictures, inA, inB int
		onlyA, onlyB       int
		exact              float64
	}{
		// Six pictures by A alone, one by both: 2·(1/2)⁶. The dance and gourmet pictures do not count.
		{"six to none", "ttttttttdg", "dddddddtgd", "dttttttgdg", 8, 7, 1, 6, 0, 0.03125},
		{"five to none", "tttttt", "dddddt", "tttttg", 6, 5, 0, 5, 0, 0.0625},
		// 2·(C(6,0) + C(6,1))/2⁶
		{"five to one", "ttttttt", "dddddtt", "tttttdt", 7, 5, 1, 5, 1, 0.21875},
		{"none to six", "tttttt", "gttttg", "dddddd", 6, 0, 6, 0, 6, 0.03125},
		{"two to two", "tttt", "ddtt", "ttdd", 4, 2, 2, 2, 2, 1},
		{"the same pictures", "tttd", "ddtg", "ddgd", 3, 2, 2, 0, 0, 1},
	} {
		m, err := TakenFor(classified("cnn-hybrid", c.truth, c.a), classified("cnn-single", c.truth, c.b), "travel", "dance")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if m.Pictures != c.pictures || m.A != c.inA || m.B != c.inB || m.Test.OnlyA != c.onlyA || m.Test.OnlyB != c.onlyB || math.Abs(m.Test.Exact-c.exact) > 1e-12 {
			t.Errorf("%s: %+v; want %d pictures, %d and %d, alone %d and %d, p %g", c.name, m, c.pictures, c.inA, c.inB, c.onlyA, c.onlyB, c.exact)
		}
	}
}

func TestTakenForOfOtherGenresAndPictures(t *testing.T) {
	a, b := classified("cnn-hybrid", "dgt", "dgt"), classified("cnn-single", "dgt", "dgt")
	a.Genres, b.Genres = []string{"dance", "gourmet", "trips"}, []string{"dance", "gourmet", "trips"}
	if _, err := TakenFor(a, b, "travel", "dance"); !errors.Is(err, ErrNoGenre) || !strings.Contains(err.Error(), `"trips"`) {
		t.Errorf("without travel: %v", err)
	}
	b = classified("cnn-single", "dg", "dg")
	a = classified("cnn-hybrid", "dgt", "dgt")
	if _, err := TakenFor(a, b, "travel", "dance"); err == nil || errors.Is(err, ErrNoGenre) || !strings.Contains(err.Error(), "different pictures") {
		t.Errorf("of other pictures: %v", err)
	}
}

func TestTravelForDance(t *testing.T) {
	q, err := TravelForDance(classified("cnn-hybrid", "ttttttttd", "dddddddtg"), classified("cnn-single", "ttttttttd", "dttttttgd"))
	const note = "7 against 1 of 8 travel pictures, 6 by the first alone and 0 by the second alone"
	if err != nil || q.Ours.Verdict != Supported || q.Asks != "travel taken for dance by cnn-hybrid − cnn-single, experiment 2" || q.Ours.Note != note || q.Published.Known() {
		t.Errorf("%+v, %v; want it supported by %s", q, err, note)
	}
	// 2·(1/2)⁴ less half of itself is above 5 %.
	if q, err = TravelForDance(classified("cnn-hybrid", "tttt", "dddd"), classified("cnn-single", "tttt", "tttt")); err != nil || q.Ours.Verdict != Open {
		t.Errorf("four to none: %+v, %v; want it open", q, err)
	}
}
