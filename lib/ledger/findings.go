package ledger

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/features"
	"thesis.example/lib/stats"
)

// Finding is a claim of the thesis and what the data in use say of it.
type Finding struct {
	Claim     string
	Evidence  string
	Supported bool // by a rule that the doc comment of the function states, at 5 %
}

// Findings4 decides the claims of section 4.5. The rules:
//
//   - a correlation is stronger in one genre than in another where the 95 % intervals of
//     Pearson's r of the logarithms do not overlap;
//   - a genre has more of something than every other where each Mann–Whitney test against
//     another, corrected by Holm over all pairs of genres, has p < 0.05 and Cliff's δ > 0;
//   - keywords are a genre's own where most of the five most frequent ones of each genre
//     are among the five of no other.
//
// A genre of which the table has too few pictures for that, or none, is an ErrNoGenre.
func Findings4(t *features.Table) ([]Finding, error) {
	for _, g := range []string{"dance", "gourmet", "travel"} {
		if len(t.Of(g).Rows) < 4 {
			return nil, fmt.Errorf("what section 4.5 says of dance, gourmet and travel %w: %d picture(s) of %s, need 4 or more", ErrNoGenre, len(t.Of(g).Rows), g)
		}
	}
	correlation, err := strongerCorrelation(t)
	if err != nil {
		return nil, err
	}
	findings := []Finding{correlation}
	for _, c := range []struct{ claim, column, genre string }{
		{"Dance has by far the most faces", "face_count", "dance"},
		{"Travel is the most saturated", "mean_saturation", "travel"},
	} {
		f, err := largest(t, c.column, c.genre)
		if err != nil {
			return nil, err
		}
		f.Claim = c.claim
		findings = append(findings, f)
	}
	return append(findings, ownKeywords(t)), nil
}

func strongerCorrelation(t *features.Table) (Finding, error) {
	ci := map[string]stats.Interval{}
	var parts []string
	for _, g := range []string{"dance", "travel", "gourmet"} {
		x, y, _ := LogEngagement(t.Of(g))
		c, err := stats.Pearson(x, y)
		if Absent(err) {
			return Finding{}, fmt.Errorf("what section 4.5 says of saves and likes %w: in %s, %w", ErrNoGenre, g, err)
		}
		if err != nil {
			return Finding{}, fmt.Errorf("correlation of saves and likes, %s: %w", g, err)
		}
		ci[g] = c.CI
		parts = append(parts, fmt.Sprintf("%s r = %.2f (%.2f to %.2f)", g, c.R, c.CI.Low, c.CI.High))
	}
	return Finding{
		Claim:     "Saves and likes correlate strongly in dance and travel, hardly in gourmet",
		Evidence:  strings.Join(parts, "; "),
		Supported: math.Min(ci["dance"].Low, ci["travel"].Low) > ci["gourmet"].High,
	}, nil
}

// largest says whether a column is largest in one genre.
func largest(t *features.Table, column, genre string) (Finding, error) {
	var groups []stats.Column
	for _, g := range t.Genres() {
		x, err := t.Of(g).Column(column)
		if err != nil {
			return Finding{}, err
		}
		groups = append(groups, stats.Column{Name: g, X: x})
	}
	groups, single := several(groups)
	pairs, err := stats.PairwiseMannWhitney(groups)
	if err != nil {
		return Finding{}, fmt.Errorf("%s by genre: %w", column, err)
	}
	f := Finding{Supported: true}
	var parts []string
	for _, p := range pairs {
		delta, other := p.Delta.Value, p.B
		switch genre {
		case p.A:
		case p.B:
			delta, other = -delta, p.A
		default:
			continue
		}
		f.Supported = f.Supported && p.PHolm < 0.05 && delta > 0
		parts = append(parts, fmt.Sprintf("against %s: δ = %+.2f, p = %.2g", other, delta, p.PHolm))
	}
	if len(single) > 0 {
		parts = append(parts, "left out, with one picture each: "+strings.Join(single, ", "))
	}
	f.Evidence = strings.Join(parts, "; ")
	return f, nil
}

func ownKeywords(t *features.Table) Finding {
	top := map[string][]string{}
	for _, g := range t.Genres() {
		for _, k := range features.Keywords(t.Of(g).Rows, 5) {
			top[g] = append(top[g], k.Word)
		}
	}
	f := Finding{Claim: "Each genre has keywords of its own", Supported: true}
	var parts []string
	for _, g := range t.Genres() {
		own := 0
		for _, w := range top[g] {
			shared := false
			for _, other := range t.Genres() {
				shared = shared || other != g && slices.Contains(top[other], w)
			}
			if !shared {
				own++
			}
		}
		f.Supported = f.Supported && 2*own > len(top[g])
		parts = append(parts, fmt.Sprintf("%s %d of %d", g, own, len(top[g])))
	}
	f.Evidence = "in no other genre's five: " + strings.Join(parts, ", ")
	return f
}
