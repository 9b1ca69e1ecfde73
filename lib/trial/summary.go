package trial

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/bench"
	"thesis.example/lib/stats"
)

// Summary is an arm over its folds.
type Summary struct {
	Config            // of the folds, Fold 0
	Fold    []int     // those there are, ascending; all five in a complete arm
	Records []*Record // in the order of Fold
	// Last is the result; Best, each fold's epoch with the highest test accuracy, is what the
	// appendix' program keeps.
	Last, Best Result
	// Probe is the linear probe of the trained backbones, nil where a record has none.
	Probe *Result
}

// Result is what an arm reaches, over all folds.
type Result struct {
	// Means over the folds, with the population standard deviation (divisor n). That is the one of
	// Table 5.1: five accuracies in steps of 1/60 with a sum of 259/60 can have a deviation of 0.0287
	// so, and none with divisor n−1; the same with 272/60 and 0.0271.
	Accuracy, AccuracySD float64
	Loss, LossSD         float64
	F1, F1SD             float64 // macro F1 of each fold

	// Pooled over the folds: every picture of the set once, sorted by file name. The same positions
	// of two arms are the same picture, for paired tests.
	Files     []string
	Truth     []int // indices into Genres
	Predicted []int
	Losses    []float64 // −log of the probability of the truth
	Correct   int
	Confusion [][]int // row: truth, column: predicted
	F1Pooled  float64 // macro F1 of Confusion
}

// N is the number of pooled pictures.
func (r *Result) N() int { return len(r.Files) }

// Summarise groups records by their configurations but for the fold, in the order of experiment and arm
// as they come. Folds of several machines make one summary, of which Notes says so, unless machines have
// the same folds: then each machine has its own. Two records of one fold and machine are an error.
func Summarise(records []*Record) ([]Summary, error) {
	question := func(r *Record) Config {
		c := r.Config
		c.Fold, c.Train, c.Test = 0, 0, 0 // folds of an uneven set differ in size
		return c
	}
	type fold struct {
		question string
		number   int
	}
	folds, several := map[fold]int{}, map[string]bool{}
	for _, r := range records {
		c := question(r)
		f := fold{string(c.line()), r.Fold}
		if folds[f]++; folds[f] > 1 {
			several[f.question] = true
		}
	}
	var groups []Summary
	at := map[string]int{}
	for _, r := range records {
		c := question(r)
		key := string(c.line())
		if several[key] {
			key += string(line("machine", r.Machine))
		}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, Summary{Config: c})
		}
		groups[i].Records = append(groups[i].Records, r)
	}
	for i := range groups {
		g := &groups[i]
		slices.SortFunc(g.Records, func(a, b *Record) int { return cmp.Compare(a.Fold, b.Fold) })
		for _, r := range g.Records {
			if slices.Contains(g.Fold, r.Fold) {
				return nil, fmt.Errorf("two records of %s: %s and %s; delete one", r.Trial, g.Records[len(g.Fold)-1].File, r.File)
			}
			g.Fold = append(g.Fold, r.Fold)
		}
		var err error
		after := func(r *Record, p Predictions) (Predictions, Epoch) { return p, r.History[p.Epoch-1] }
		if g.Last, err = g.result(func(r *Record) (Predictions, Epoch) { return after(r, r.Last) }); err != nil {
			return nil, err
		}
		if g.Best, err = g.result(func(r *Record) (Predictions, Epoch) { return after(r, r.Best) }); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(g.Records, func(r *Record) bool { return r.Probe == nil }) {
			continue
		}
		probe, err := g.result(func(r *Record) (Predictions, Epoch) { return r.Probe.Test, r.Probe.Fit })
		if err != nil {
			return nil, err
		}
		g.Probe = &probe
	}
	return groups, nil
}

// Complete says whether all folds are there.
func (s *Summary) Complete() bool { return len(s.Fold) == s.Folds }

// Mean is a number of the training's history, by epoch, averaged over the folds.
func (s *Summary) Mean(of func(Epoch) float64) []float64 {
	mean := make([]float64, s.Epochs)
	for _, r := range s.Records {
		for e := range mean {
			mean[e] += of(r.History[e]) / float64(len(s.Records))
		}
	}
	return mean
}

// Notes are the sentences that belong beside the results, each once: which weights stand in
// (Record.Note), and which machines the records come from where that is more than one.
func Notes(summaries []Summary) []string {
	var notes []string
	count := map[bench.Machine]int{}
	var machines []bench.Machine // as they come
	for _, s := range summaries {
		for _, r := range s.Records {
			if n := r.Note(); n != "" && !slices.Contains(notes, n) {
				notes = append(notes, n)
			}
			if count[r.Machine]++; count[r.Machine] == 1 {
				machines = append(machines, r.Machine)
			}
		}
	}
	if len(machines) > 1 {
		var parts []string
		for _, m := range machines {
			parts = append(parts, fmt.Sprintf("%d on %s", count[m], m))
		}
		notes = append(notes, "these records come from different machines, on which the same trial may end differently by a picture or so: "+strings.Join(parts, "; "))
	}
	return notes
}

func (s *Summary) result(of func(*Record) (Predictions, Epoch)) (Result, error) {
	type row struct {
		file             string
		truth, predicted int
		loss             float64
	}
	var rows []row
	var accuracy, loss, f1 []float64
	for _, r := range s.Records {
		p, e := of(r)
		var truth, predicted []int
		for _, q := range p.Pictures {
			t := slices.Index(s.Genres, q.Truth)
			truth, predicted = append(truth, t), append(predicted, slices.Index(s.Genres, q.Predicted))
			rows = append(rows, row{q.File, t, predicted[len(predicted)-1], -math.Log(q.Probabilities[t])})
		}
		confusion, err := stats.ConfusionMatrix(truth, predicted, len(s.Genres))
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", r.File, err)
		}
		accuracy, loss, f1 = append(accuracy, e.TestAccuracy), append(loss, e.TestLoss), append(f1, stats.MacroF1(confusion))
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.file, b.file) })
	var res Result
	for _, r := range rows {
		res.Files, res.Truth, res.Predicted, res.Losses = append(res.Files, r.file), append(res.Truth, r.truth), append(res.Predicted, r.predicted), append(res.Losses, r.loss)
		if r.truth == r.predicted {
			res.Correct++
		}
	}
	var err error
	if res.Confusion, err = stats.ConfusionMatrix(res.Truth, res.Predicted, len(s.Genres)); err != nil {
		return Result{}, err
	}
	res.F1Pooled = stats.MacroF1(res.Confusion)
	res.Accuracy, res.AccuracySD = spread(accuracy)
	res.Loss, res.LossSD = spread(loss)
	res.F1, res.F1SD = spread(f1)
	return res, nil
}

// spread is mean and population standard deviation.
func spread(x []float64) (mean, sd float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean) / n
	}
	return mean, math.Sqrt(sd)
}
