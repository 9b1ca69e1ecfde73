package dataset

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Fold is one split of a set: indices into Samples, ascending.
type Fold struct{ Train, Test []int }

// ErrFewPictures is wrapped by the error of a set that is too small to be split.
var ErrFewPictures = errors.New("too few pictures for the experiments")

// Folds splits the set into k stratified folds: every sample is tested exactly once, and every fold holds
// each genre in as equal share as can be. Without groups that is to within one picture: every genre is
// shuffled by the seed and dealt over the folds. Samples of one group (see Groups) lie in one fold; the
// genres' shares are then as even as the groups leave them: see dealGroups.
func (s *Set) Folds(k int, seed uint64) ([]Fold, error) {
	if k < 2 {
		return nil, fmt.Errorf("%d fold(s): expected two or more", k)
	}
	members, label := make([][]int, len(s.Genres)), make([]int, len(s.Samples))
	for i, sample := range s.Samples {
		label[i] = slices.Index(s.Genres, sample.Genre)
		members[label[i]] = append(members[label[i]], i)
	}
	if err := s.enough(k); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	var test [][]int
	if groups := s.Groups(); len(groups) > 0 {
		var err error
		if test, err = s.dealGroups(k, groups, label, rng); err != nil {
			return nil, err
		}
	} else {
		test = make([][]int, k)
		next := 0 // goes on from genre to genre, so that remainders spread over the folds
		for _, members := range members {
			rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
			for _, m := range members {
				test[next%k] = append(test[next%k], m)
				next++
			}
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

// dealGroups deals the groups over k folds, the largest first and equal ones in the seed's order, each to
// the fold where the sum over genres of squared counts, each divided by the genre's size, grows least; then
// every genre's other samples, in the seed's order, to the fold that has fewest of the genre. Of equals it
// takes the fold with fewest samples, and of these the first. A genre that does not reach every fold is an
// error.
func (s *Set) dealGroups(k int, groups [][]int, label []int, rng *rand.Rand) ([][]int, error) {
	size := make([]float64, len(s.Genres))
	for _, g := range label {
		size[g]++
	}
	test, count := make([][]int, k), make([][]float64, k)
	for f := range count {
		count[f] = make([]float64, len(s.Genres))
	}
	put := func(unit []int) {
		of := make([]float64, len(s.Genres))
		for _, i := range unit {
			of[label[i]]++
		}
		best, least := 0, math.Inf(1)
		for f := range k {
			grows := 0.0
			for g, n := range of {
				grows += n * (2*count[f][g] + n) / size[g]
			}
			if grows < least || grows == least && len(test[f]) < len(test[best]) {
				best, least = f, grows
			}
		}
		test[best] = append(test[best], unit...)
		for g, n := range of {
			count[best][g] += n
		}
	}
	groups = slices.Clone(groups)
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	slices.SortStableFunc(groups, func(a, b []int) int { return len(b) - len(a) })
	grouped := map[int]bool{}
	for _, group := range groups {
		put(group)
		for _, i := range group {
			grouped[i] = true
		}
	}
	var alone []int
	for i := range s.Samples {
		if !grouped[i] {
			alone = append(alone, i)
		}
	}
	rng.Shuffle(len(alone), func(i, j int) { alone[i], alone[j] = alone[j], alone[i] })
	for _, i := range alone {
		put([]int{i})
	}
	for g, genre := range s.Genres {
		for f := range k {
			if count[f][g] == 0 {
				return nil, fmt.Errorf("%w: genre %s has %.0f picture(s), but so many of them share a fold, as near-duplicates or by the column group of %s, that they do not reach %d folds; add pictures, or make the groups smaller", ErrFewPictures, s.Title(genre), size[g], EngagementFile, k)
			}
		}
	}
	return test, nil
}

// enough says which genres have fewer than k pictures, as an ErrFewPictures.
func (s *Set) enough(k int) error {
	count := make([]int, len(s.Genres))
	for _, sample := range s.Samples {
		count[slices.Index(s.Genres, sample.Genre)]++
	}
	var few []string
	for g, n := range count {
		if n < k {
			few = append(few, fmt.Sprintf("%s has %d", s.Title(s.Genres[g]), n))
		}
	}
	if len(few) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d folds need %d or more of each genre, and %s; add pictures, or move the folder out", ErrFewPictures, k, k, strings.Join(few, ", "))
}
