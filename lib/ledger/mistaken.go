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

// TravelForDance puts what section 6.3 says of figure 6.3, that the hybrid CNN takes travel for dance far
// more often than the single CNN, as a question about these two arms, or another pair. The thesis prints no
// counts for it. Without one of the two genres it is an ErrNoGenre.
func TravelForDance(more, less trial.Summary) (Question, error) {
	q := Question{
		Asks: fmt.Sprintf("travel taken for dance by %s − %s, experiment 2", more.Arm, less.Arm), Unit: "points",
		Published: notPublished("no counts of figure 6.3 for this"),
	}
	m, err := TakenFor(more, less, "travel", "dance")
	if err != nil {
		return Question{}, err
	}
	q.Ours, err = m.answer()
	return q, err
}

// answer is the verdict on A − B, in points of the pictures of the true genre.
func (m Mistaken) answer() (Answer, error) {
	if m.Pictures == 0 {
		return Answer{}, fmt.Errorf("whether travel is taken for dance %w: no picture of it was tested", ErrNoGenre)
	}
	d, err := paired(m.Test.OnlyA, m.Test.OnlyB, m.Pictures)
	if err != nil {
		return Answer{}, err
	}
	a := decide(m.Pictures, 0, d)
	a.Note = fmt.Sprintf("%d against %d of %d travel pictures, %d by the first alone and %d by the second alone", m.A, m.B, m.Pictures, m.Test.OnlyA, m.Test.OnlyB)
	return a, nil
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
