package dataset

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Fold is one split of a set: indices into Samples, ascending.
type Fold struct{ Train, Test []int }

// ErrFewPictures is wrapped by the error of a set that is too small to be split.
var ErrFewPictures = errors.New("too few pictures for the experiments")

// Folds splits the set into k stratified folds: every genre is shuffled by the seed
// and dealt over the folds, so that every sample is tested exactly once and every
// fold holds each genre in equal share, to within one picture.
func (s *Set) Folds(k int, seed uint64) ([]Fold, error) {
	if k < 2 {
		return nil, fmt.Errorf("%d fold(s): expected two or more", k)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	test := make([][]int, k)
	if err := s.enough(k); err != nil {
		return nil, err
	}
	next := 0 // goes on from genre to genre, so that remainders spread over the folds
	for _, genre := range s.Genres {
		var members []int
		for i, sample := range s.Samples {
			if sample.Genre == genre {
				members = append(members, i)
			}
		}
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		for _, m := range members {
			test[next%k] = append(test[next%k], m)
			next++
		}
	}
	folds := make([]Fold, k)
	for f := range folds {
		slices.Sort(test[f])
		folds[f].Test = test[f]
		for i := range s.Samples {
			if _, in := slices.BinarySearch(test[f], i); !in {
				folds[f].Train = append(folds[f].Train, i)
			}
		}
	}
	return folds, nil
}

// enough says which genres have fewer than k pictures, as an ErrFewPictures.
func (s *Set) enough(k int) error {
	count := map[string]int{}
	for _, sample := range s.Samples {
		count[sample.Genre]++
	}
	var few []string
	for _, genre := range s.Genres {
		if count[genre] < k {
			few = append(few, fmt.Sprintf("%s has %d", s.Title(genre), count[genre]))
		}
	}
	if len(few) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d folds need %d or more of each genre, and %s; add pictures, or move the folder out", ErrFewPictures, k, k, strings.Join(few, ", "))
}
