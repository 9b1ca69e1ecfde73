package ledger

import (
	"errors"
	"fmt"
	"slices"

	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// ErrNoGenre is wrapped by errors that say that a claim cannot be asked of the data: they lack a genre
// that it is about.
var ErrNoGenre = errors.New("cannot be asked of these data")

// Mistaken is how often each of two arms takes pictures of one genre for another one.
type Mistaken struct {
	Pictures int // of the true genre
	A, B     int // of these, how many A and B take for the other genre
	// Test is McNemar's, of these pictures alone: its OnlyA and OnlyB are those that one arm takes
	// for the other genre and the other arm does not, whatever else it takes them for.
	Test stats.McNemarTest
}

// MoreInA says whether A makes the mistake more often, at 5 % by the exact test, which is two-sided. At
// least six pictures have to tell the arms apart for that, since 2·(1/2)⁵ is 0.0625.
func (m Mistaken) MoreInA() bool { return m.Test.Exact < 0.05 && m.Test.OnlyA > m.Test.OnlyB }

// TravelForDance decides what section 6.3 says of figure 6.3, that the hybrid CNN takes travel for dance
// far more often than the single CNN, for these two arms or another pair. The rule is Mistaken.MoreInA.
func TravelForDance(hybrid, single trial.Summary) (Finding, error) {
	m, err := TakenFor(hybrid, single, "travel", "dance")
	if err != nil {
		return Finding{}, err
	}
	return Finding{
		Claim: fmt.Sprintf("%s takes travel for dance more often than %s", hybrid.Arm, single.Arm),
		Evidence: fmt.Sprintf("%d against %d of %d travel pictures, of which %d by the first alone and %d by the second alone: p = %.2g (exact)",
			m.A, m.B, m.Pictures, m.Test.OnlyA, m.Test.OnlyB, m.Test.Exact),
		Supported: m.MoreInA(),
	}, nil
}

// TakenFor compares how often the arms a and b take pictures of the genre truth for the genre taken,
// after the last epoch. A genre that the arms do not know is an ErrNoGenre; arms that were tested on
// other pictures than each other's are an error.
func TakenFor(a, b trial.Summary, truth, taken string) (Mistaken, error) {
	if !slices.Equal(a.Genres, b.Genres) || !slices.Equal(a.Last.Files, b.Last.Files) {
		return Mistaken{}, fmt.Errorf("%s taken for %s by %s and %s: they were tested on different pictures, expected the same", truth, taken, a.Arm, b.Arm)
	}
	from, to := slices.Index(a.Genres, truth), slices.Index(a.Genres, taken)
	if from < 0 || to < 0 {
		return Mistaken{}, fmt.Errorf("whether %s is taken for %s %w: their genres are %q", truth, taken, ErrNoGenre, a.Genres)
	}
	var m Mistaken
	var event, inA, inB []int // 1: the picture is taken for the other genre
	of := func(predicted int, count *int) int {
		if predicted != to {
			return 0
		}
		*count++
		return 1
	}
	for i, genre := range a.Last.Truth {
		if genre == from {
			m.Pictures++
			event, inA, inB = append(event, 1), append(inA, of(a.Last.Predicted[i], &m.A)), append(inB, of(b.Last.Predicted[i], &m.B))
		}
	}
	var err error
	if m.Test, err = stats.McNemar(event, inA, inB); err != nil {
		return Mistaken{}, fmt.Errorf("%s taken for %s by %s and %s: %w", truth, taken, a.Arm, b.Arm, err)
	}
	return m, nil
}
