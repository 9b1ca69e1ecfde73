package trial

import (
	"context"
	"fmt"

	"thesis.example/lib/fusion"
)

// Probe is a linear probe of a trained backbone: multinomial logistic regression on its features of the
// fold's training pictures, standardised by them, asked about the fold's test pictures (Alain & Bengio
// 2017, "Understanding intermediate layers using linear classifier probes"). It says what of the genres
// the features still hold, whatever the trained head makes of them. The probe before training is the
// arm cnn-logistic or vit-logistic of Experiment 2.
type Probe struct {
	Fit  Epoch       `json:"fit"` // losses and accuracies on training and test pictures; Epoch is the last one
	Test Predictions `json:"test"`
}

// probe fits that on the program's backbone as it is.
func (l *lab) probe(ctx context.Context, j *job, p *program, src *source, metadata table) (*Probe, error) {
	labels, x := l.set.Labels(), make([][]float64, len(l.set.Samples)) // rows of other pictures stay nil
	for _, samples := range [][]int{j.fold.Train, j.fold.Test} {
		t, err := p.test(ctx, src, metadata, labels, samples)
		if err != nil {
			return nil, fmt.Errorf("features for the linear probe: %w", err)
		}
		for at, i := range samples {
			for _, v := range t.features[at] {
				x[i] = append(x[i], float64(v))
			}
		}
	}
	train, test, err := l.fit(j, scaled(x, j.fold.Train))
	if err != nil {
		return nil, fmt.Errorf("the linear probe: %w", err)
	}
	last := j.config.Epochs
	return &Probe{Epoch{last, train.loss(), train.accuracy(), test.loss(), test.accuracy()}, l.predictions(j, last, test)}, nil
}

// fit is a logistic regression on the fold's training pictures, and what it says of them and of its test
// pictures. x has a row a sample, standardised.
func (l *lab) fit(j *job, x [][]float64) (train, test tally, err error) {
	labels := l.set.Labels()
	rows, truth := make([][]float64, len(j.fold.Train)), make([]int, len(j.fold.Train))
	for at, i := range j.fold.Train {
		rows[at], truth[at] = x[i], labels[i]
	}
	fitted, err := fusion.FitLogistic(rows, truth, len(l.set.Genres))
	if err != nil {
		return train, test, err
	}
	score := func(samples []int) tally {
		var t tally
		for _, i := range samples {
			t.add(fitted.Logits(x[i]), labels[i])
		}
		return t
	}
	return score(j.fold.Train), score(j.fold.Test), nil
}
