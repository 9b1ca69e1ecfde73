package explain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"thesis.example/lib/picture"
)

// What was found is kept whole and not looked for again; what does not fit or cannot be read is named.
func TestKept(t *testing.T) {
	path, found := filepath.Join(t.TempDir(), "study"), 0
	want := &Study{
		Images: []*picture.Image{{W: 1, H: 2, Pix: []uint8{1, 2, 3, 4, 5, 255}}}, Captions: []string{"a & <b>"},
		Checks: Rows{[]string{"h"}, [][]string{{"−1"}}}, Method: Relevance, Tested: 60, Differ: 2, Said: []string{"one", "two"},
	}
	find := func() (*Study, error) {
		found++
		return want, nil
	}
	for range 2 {
		if got, err := kept(path, find, nil); err != nil || !reflect.DeepEqual(got, want) || found != 1 {
			t.Errorf("%+v, %v, after looking %d times, want %+v", got, err, found, want)
		}
	}
	if _, err := kept(path, find, func(s *Study) error { return fmt.Errorf("%d pictures", s.Tested) }); err == nil || err.Error() != path+" is damaged (60 pictures): delete it" {
		t.Errorf("what does not fit: %v", err)
	}
	broken := errors.New("broken")
	if _, err := kept(path+"2", func() (*Study, error) { return nil, broken }, nil); err != broken {
		t.Errorf("what cannot be found: %v", err)
	}
	if _, err := os.Stat(path + "2"); err == nil {
		t.Error("what could not be found is kept")
	}
}

// Maps that beat random ones on every picture are believed, those that a coin could beat are not.
func TestBelieve(t *testing.T) {
	for _, tt := range []struct {
		lower, higher, n int
		want             string
	}{
		{6, 6, 6, "the answers hang on what they mark."},
		{6, 4, 6, "one of the two checks"},
		{5, 3, 6, "cannot be told from 6 pictures"},
		{0, 0, 6, "cannot be told from 6 pictures"}, // worse than random on all of them
		{3, 3, 3, "cannot be told from 3 pictures"},
	} {
		if says := believe(GradCAM, tt.lower, tt.higher, tt.n); !strings.Contains(says, tt.want) {
			t.Errorf("%d and %d of %d: %s, want %s", tt.lower, tt.higher, tt.n, says, tt.want)
		}
	}
}

// Maps go with the weights or stay; what stays longer than the head is said.
func TestFades(t *testing.T) {
	step := func(layer string, like ...float64) Randomised { return Randomised{Layer: layer, Spearman: like} }
	for _, tt := range []struct {
		steps []Randomised
		want  string
	}{
		{[]Randomised{step("head", -.3), step("b2", .6, .7), step("b1", .2), step("stem", 0, .1)},
			"With all layers at random the map's rank correlation with the trained network's is 0.05: it goes with the weights. The last step that leaves it at 0.5 or more is b2 (0.65)."},
		{[]Randomised{step("head", .8), step("b1", .3), step("stem", .1)},
			"With all layers at random the map's rank correlation with the trained network's is 0.10: it goes with the weights. With the head alone at random it is still 0.80: so much of the map is the same whatever the head makes of the features."},
		{[]Randomised{step("head", .1), step("stem", .9)},
			"With all layers at random the map's rank correlation with the trained network's is 0.90: it shows the picture more than what was learnt from it."},
		{[]Randomised{step("head"), step("stem")}, "With all layers at random no map is left."},
	} {
		if says := fades(tt.steps); says != tt.want {
			t.Errorf("%s, want %s", says, tt.want)
		}
	}
}

func TestExactness(t *testing.T) {
	for want, errors := range map[string][]float64{
		"The completeness error of the integrated gradients is 29.6 % of the change of the logit: over 10 %, too much for the division to be read.":              {29.6},
		"The completeness error of the integrated gradients is 0.2 to 1.9 % of the change of the logit.":                                                         {.2, 1.9, 1},
		"The completeness error of the integrated gradients is 0.2 to 12.0 % of the change of the logit; where it is over 10 %, the division is not to be read.": {12, .2},
	} {
		if says := exactness(errors); says != want {
			t.Errorf("%v: %s, want %s", errors, says, want)
		}
	}
}
