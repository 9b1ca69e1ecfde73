package dataset

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// drawnSet is a set of the given genre numbers, without pictures.
func drawnSet(genres []int) *Set {
	s := &Set{}
	for i, g := range genres {
		name := fmt.Sprintf("genre%02d", g)
		s.Samples = append(s.Samples, Sample{File: fmt.Sprintf("%s/%04d.png", name, i), Genre: name, Label: g})
		if !slices.Contains(s.Genres, name) {
			s.Genres = append(s.Genres, name)
		}
	}
	slices.Sort(s.Genres)
	return s
}

// Without groups the folds are those that records of before there were groups have, to the bit.
func TestFoldsWithoutGroupsStay(t *testing.T) {
	h := sha256.New()
	for _, sizes := range [][]int{{100, 100, 100}, {12, 12}, {37, 11, 23, 10}} {
		var genres []int
		for g, n := range sizes {
			genres = append(genres, slices.Repeat([]int{g}, n)...)
		}
		set := drawnSet(genres)
		set.group = tie(make([]string, len(genres)), nil)
		for _, k := range []int{2, 5, 10} {
			for seed := range uint64(10) {
				folds, err := set.Folds(k, seed)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintln(h, folds)
			}
		}
	}
	// Computed at 5b24e16, where Set had no groups.
	const want = "2b194cff877542ac1fc4c43dd820737a6521b95decbdaa1684fd385ffb4d99d0"
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
		t.Errorf("the folds of sets without groups are others than before: %s", got)
	}
}

// uneven is the sum over folds and genres of (share of the genre that the fold tests − 1/k)².
func uneven(s *Set, folds []Fold) (sum float64) {
	size := make([]float64, len(s.Genres))
	for _, sample := range s.Samples {
		size[sample.Label]++
	}
	for _, f := range folds {
		n := make([]float64, len(s.Genres))
		for _, i := range f.Test {
			n[s.Samples[i].Label]++
		}
		for g := range n {
			d := n[g]/size[g] - 1/float64(len(folds))
			sum += d * d
		}
	}
	return sum
}

// Over drawn sets with groups: no group is split, every sample is tested once, the seed decides, and the genres are
// spread no less evenly than by scikit-learn's StratifiedGroupKFold (testdata/folds.py).
func TestFoldsWithGroups(t *testing.T) {
	data, err := os.ReadFile("testdata/folds.json")
	if err != nil {
		t.Fatal(err)
	}
	var sets []struct {
		Name         string
		Genre, Group []int
		Sklearn      float64
	}
	if err := json.Unmarshal(data, &sets); err != nil || len(sets) < 8 {
		t.Fatalf("%d sets, %v", len(sets), err)
	}
	for _, drawn := range sets {
		set := drawnSet(drawn.Genre)
		names := make([]string, len(drawn.Group))
		for i, g := range drawn.Group {
			names[i] = fmt.Sprint(g)
		}
		set.group = tie(names, nil)
		mean, first := 0.0, ""
		for seed := range uint64(10) {
			folds, err := set.Folds(5, seed)
			if err != nil {
				t.Fatalf("%s: %v", drawn.Name, err)
			}
			again, err := set.Folds(5, seed)
			if err != nil || fmt.Sprint(again) != fmt.Sprint(folds) {
				t.Errorf("%s: the same seed gives other folds, or %v", drawn.Name, err)
			}
			if seed == 0 {
				first = fmt.Sprint(folds)
			} else if fmt.Sprint(folds) == first {
				t.Errorf("%s: seeds 0 and %d give the same folds", drawn.Name, seed)
			}
			in := map[int]int{} // group → fold
			tested := 0
			for f, fold := range folds {
				if len(fold.Train)+len(fold.Test) != len(set.Samples) || !slices.IsSorted(fold.Test) || !slices.IsSorted(fold.Train) {
					t.Errorf("%s: a fold of %d and %d pictures", drawn.Name, len(fold.Train), len(fold.Test))
				}
				for _, i := range fold.Test {
					tested++
					if before, ok := in[drawn.Group[i]]; ok && before != f {
						t.Fatalf("%s: group %d is in folds %d and %d", drawn.Name, drawn.Group[i], before, f)
					}
					in[drawn.Group[i]] = f
				}
			}
			if tested != len(set.Samples) {
				t.Errorf("%s: %d of %d samples tested", drawn.Name, tested, len(set.Samples))
			}
			mean += uneven(set, folds) / 10
		}
		t.Logf("%-32s unevenness %.5f, of scikit-learn %.5f", drawn.Name, mean, drawn.Sklearn)
		if mean > drawn.Sklearn+1e-9 {
			t.Errorf("%s: unevenness %g, of scikit-learn's folds %g", drawn.Name, mean, drawn.Sklearn)
		}
	}
}

// Groups that leave a fold without a genre are one clear fault.
func TestFoldsOfGroupsTooLarge(t *testing.T) {
	set := drawnSet(append(slices.Repeat([]int{0}, 10), slices.Repeat([]int{1}, 10)...))
	names := make([]string, 20)
	for i := range 7 {
		names[i] = "one video"
	}
	set.group = tie(names, nil)
	_, err := set.Folds(5, 1)
	if !errors.Is(err, ErrFewPictures) || !strings.Contains(err.Error(), "genre00 has 10 picture(s)") || !strings.Contains(err.Error(), "do not reach 5 folds") {
		t.Errorf("a group of 7 in 10 pictures: %v", err)
	}
	if _, err := set.Folds(4, 1); err != nil { // 7, 1, 1 and 1
		t.Errorf("four folds: %v", err)
	}
}

// Names and near-duplicates tie together, also by way of each other.
func TestTie(t *testing.T) {
	set := drawnSet([]int{0, 0, 0, 1, 1, 1})
	set.group = tie([]string{"", "x", "", "x", "", "y"}, []Near{{2, 3, 0.1}, {0, 4, 0.2}})
	if want := [][]int{{0, 4}, {1, 2, 3}}; fmt.Sprint(set.Groups()) != fmt.Sprint(want) {
		t.Errorf("groups %v, want %v", set.Groups(), want)
	}
}
