package trial

import (
	"os"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/fusion"
)

// ask gives the network's probabilities for the fold's test pictures, in the record's form.
func answers(t *testing.T, n *Network) [][]float64 {
	t.Helper()
	var pictures [][]float32
	var metadata [][]float64
	for _, i := range n.Test {
		if n.Model.Backbone != nil {
			pictures = append(pictures, n.Normalise(n.SampleView(i)))
		}
		metadata = append(metadata, n.Metadata(i))
	}
	logits, err := n.Logits(t.Context(), pictures, metadata)
	if err != nil {
		t.Fatal(err)
	}
	for i := range logits {
		logits[i] = fusion.Probabilities(logits[i])
	}
	return logits
}

// The network that Trained gives must answer as the record says, kept with the record (fold 1), trained
// again (fold 2), and read from the cache after that.
func TestTrainedAnswersAsItsRecord(t *testing.T) {
	l, _ := newLab(t)
	for _, tr := range []Trial{
		{1, "cnn-single", 1, Choice{Profile: "test", Seed: 7}, 0}, {1, "cnn-hybrid", 2, Choice{Profile: "test", Seed: 7}, 0}, {1, "meta", 1, Choice{Profile: "test", Seed: 7}, 0},
		{2, "cnn-hybrid", 1, Choice{Profile: "test", Seed: 7}, 0}, vitHybrid, {2, "vit-hybrid-shuffled", 2, Choice{Profile: "test", Seed: 7}, 0},
	} {
		t.Run(tr.String(), func(t *testing.T) {
			r := one(t, l, t.Context(), tr)
			file, err := keptFile(r.File)
			if err != nil {
				t.Fatal(err)
			}
			_, err = os.Stat(file)
			if kept := err == nil; kept != (tr.Fold == 1) {
				t.Errorf("kept beside the record: %v", kept)
			}
			for _, how := range []string{"first", "again"} {
				n, err := l.trained(t.Context(), tr)
				if err != nil {
					t.Fatal(how, err)
				}
				got := answers(t, n)
				for at, p := range r.Last.Pictures {
					for c, want := range p.Probabilities {
						if d := got[at][c] - want; d > 1e-6 || d < -1e-6 {
							t.Errorf("%s, %s: %v, the record says %v", how, p.File, got[at], p.Probabilities)
							break
						}
					}
				}
				n.Release()
			}
		})
	}
}

func TestTrainedFaults(t *testing.T) {
	l, _ := newLab(t)
	if _, err := l.trained(t.Context(), Trial{1, "logistic", 1, Choice{Profile: "test", Seed: 7}, 0}); err == nil || !strings.Contains(err.Error(), "no network") {
		t.Errorf("a logistic regression: %v", err)
	}
	tr := Trial{2, "vit-single", 2, Choice{Profile: "test", Seed: 7}, 0}
	r := one(t, l, t.Context(), tr)
	// A record whose answers this machine does not come to.
	p := &r.Last.Pictures[0]
	p.Probabilities = slices.Clone(p.Probabilities)
	for i := range p.Probabilities {
		p.Probabilities[i] /= 2
	}
	if err := r.write(r.File); err != nil {
		t.Fatal(err)
	}
	if _, err := l.trained(t.Context(), tr); err == nil || !strings.Contains(err.Error(), "gave other answers") {
		t.Errorf("a record with other answers: %v", err)
	}
	// What was kept is damaged.
	tr.Fold = 1
	r = one(t, l, t.Context(), tr)
	file, err := keptFile(r.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := l.trained(t.Context(), tr); err == nil || !strings.Contains(err.Error(), "delete it and ask again") {
		t.Errorf("a damaged network: %v", err)
	}
}
