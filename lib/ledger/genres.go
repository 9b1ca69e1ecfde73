package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/stats"
)

// Absent says of an error whether a number cannot be computed since there are too few values, or all are
// equal: it is absent then, not wrong.
func Absent(err error) bool {
	return errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrConstant)
}

// mostPairs is how many pairs of genres a table shows: of 20 genres there are 190.
const mostPairs = 28 // of 8 genres all

// CompareGenres asks whether genres differ in a quantity: Kruskal–Wallis over all in a sentence, then each
// pair by Mann–Whitney with Holm's correction and Cliff's δ with its 95 % interval, as a table. Genres of
// one picture are left out of the pairs; of more than 28 pairs those with the smallest p are shown, and
// sentences say both.
func CompareGenres(quantity string, groups []stats.Column) (sentences, header []string, rows [][]string, err error) {
	h, err := stats.KruskalWallis(groups)
	if errors.Is(err, stats.ErrConstant) {
		return []string{quantity + " is the same for all pictures: there is nothing to compare."}, nil, nil, nil
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s by genre: %w", quantity, err)
	}
	sentences = []string{fmt.Sprintf("%s: Kruskal–Wallis H = %.1f, %s, ε² = %.3f.", quantity, h.H, stats.SayP(h.P), h.Epsilon2)}
	kept, single := several(groups)
	if len(single) > 0 {
		sentences = append(sentences, fmt.Sprintf("Left out of the pairs, with one picture each: %s.", strings.Join(single, ", ")))
	}
	if len(kept) < 2 {
		return sentences, nil, nil, nil
	}
	pairs, err := stats.PairwiseMannWhitney(kept)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s by genre: %w", quantity, err)
	}
	if len(pairs) > mostPairs {
		sentences = append(sentences, fmt.Sprintf("Of %d pairs the %d with the smallest p:", len(pairs), mostPairs))
		slices.SortStableFunc(pairs, func(a, b stats.Pair) int { return cmp.Compare(a.P, b.P) })
		pairs = pairs[:mostPairs]
	}
	for _, p := range pairs {
		interval := "–"
		if !math.IsNaN(p.Delta.CI.Low) {
			interval = fmt.Sprintf("%+.2f to %+.2f", p.Delta.CI.Low, p.Delta.CI.High)
		}
		rows = append(rows, []string{p.A + " – " + p.B, fmt.Sprintf("%+.2f", p.Delta.Value), interval, stats.FormatP(p.PHolm)})
	}
	return sentences, []string{"pair", "Cliff's δ", "95 %", "p, Holm"}, rows, nil
}

// several are the groups of two values or more, and the names of the others.
func several(groups []stats.Column) (kept []stats.Column, single []string) {
	for _, g := range groups {
		if len(g.X) < 2 {
			single = append(single, g.Name)
		} else {
			kept = append(kept, g)
		}
	}
	return kept, single
}
