package ledger

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/fusion"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// Chapter 7: what was run to tell the thesis' explanations apart, and what came of it.

// CausalTable lists the variations of the causal arms: what each changes, which explanation that isolates,
// and what the explanation predicts.
func CausalTable() (header []string, rows [][]string) {
	for _, c := range fusion.CausalArms() {
		rows = append(rows, []string{strings.Join(c.Arms, ", "), c.Changes, c.Isolates, c.Predicts})
	}
	return []string{"arms", "what is changed", "isolates", "predicts"}, rows
}

// CausalResults compares every causal arm that was trained with the arm that it varies, on the same
// pictures. missing are the arms that were not.
func CausalResults(summaries []trial.Summary) (header []string, rows [][]string, missing []string, err error) {
	for _, c := range fusion.CausalArms() {
		for i, name := range c.Arms {
			arm := Arm(summaries, 2, name)
			if arm == nil {
				missing = append(missing, name)
				continue
			}
			against := c.Against[i:min(i+1, len(c.Against))]
			if c.Variation == "" { // the probe before training, beside all arms of its backbone
				against = slices.DeleteFunc(slices.Clone(c.Against), func(a string) bool { return strings.Split(a, "-")[0] != strings.Split(name, "-")[0] })
			}
			for _, other := range against {
				o := Arm(summaries, 2, other)
				if o == nil {
					missing = append(missing, other)
					continue
				}
				row, err := differenceRow(arm.Last, o.Last)
				if err != nil {
					return nil, nil, nil, fmt.Errorf("%s against %s: %w", name, other, err)
				}
				rows = append(rows, append([]string{name, share(arm.Last), other, share(o.Last)}, row...))
			}
		}
	}
	return []string{"arm", "right", "against", "right", "difference, points", "95 %", "McNemar mid-p"}, rows, missing, nil
}

func share(r trial.Result) string {
	return fmt.Sprintf("%d of %d", r.Correct, r.N())
}

// differenceRow is a − b in points, its interval and McNemar's mid-p.
func differenceRow(a, b trial.Result) ([]string, error) {
	_, d, err := pairTest(a, b)
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%+.2f", d.Value), fmt.Sprintf("%+.2f to %+.2f", d.CI.Low, d.CI.High), fmt.Sprintf("%.2g", d.P)}, nil
}

// ProbeTable compares linear probes of the backbone before training and after the training of each arm
// that has one, with the probe after single training. Contamination predicts a probe after hybrid below
// the one after single; competition one between before and after single.
func ProbeTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	for _, backbone := range []string{"cnn", "vit"} {
		single := Arm(summaries, 2, backbone+"-single")
		if single == nil || single.Probe == nil {
			continue
		}
		add := func(name string, r trial.Result) error {
			ci, err := stats.Wilson(r.Correct, r.N())
			if err != nil {
				return err
			}
			row := []string{"–", "–", "–"}
			if name != single.Arm {
				if row, err = differenceRow(r, *single.Probe); err != nil {
					return fmt.Errorf("the probe of %s: %w", name, err)
				}
			}
			rows = append(rows, append([]string{backbone, name, share(r), fmt.Sprintf("%.1f to %.1f %%", 100*ci.Low, 100*ci.High)}, row...))
			return nil
		}
		if before := Arm(summaries, 2, backbone+"-logistic"); before != nil {
			if err := add("before training", before.Last); err != nil {
				return nil, nil, err
			}
		}
		for _, s := range summaries {
			if s.Experiment == 2 && s.Share == 0 && s.Repeat == 0 && s.Complete() && s.Probe != nil && strings.HasPrefix(s.Arm, backbone+"-") {
				if err := add(s.Arm, *s.Probe); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	return []string{"backbone", "after training", "probe right", "95 %", "against single, points", "95 %", "McNemar mid-p"}, rows, nil
}

// SizeTable sets the arms of experiment 2 that see the picture alone beside the number of values that
// they train (sections 3.4, 7.3 and 7.5): the CNN, a ViT of its size, and the ViT.
func SizeTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	vit := Arm(summaries, 2, "vit-single")
	for _, name := range []string{"cnn-single", "tiny-single", "vit-single"} {
		s := Arm(summaries, 2, name)
		if s == nil {
			rows = append(rows, []string{name, "not trained", "–", "–", "–", "–", "–"})
			continue
		}
		ci, err := stats.Wilson(s.Last.Correct, s.Last.N())
		if err != nil {
			return nil, nil, err
		}
		row := []string{"–", "–", "–"}
		if vit != nil && vit != s {
			if row, err = differenceRow(s.Last, vit.Last); err != nil {
				return nil, nil, err
			}
		}
		rows = append(rows, append([]string{name, grouped(s.Parameters), share(s.Last), fmt.Sprintf("%.1f to %.1f %%", 100*ci.Low, 100*ci.High)}, row...))
	}
	return []string{"arm", "trained values", "right", "95 %", "against vit-single, points", "95 %", "McNemar mid-p"}, rows, nil
}

// Say is a claim's verdict on these data and, of each question that decides it, the numbers, in a
// sentence each.
func (c Claim) Say() string {
	lines := []string{fmt.Sprintf("%s, %q: %s.", c.ID, c.Text, c.Ours)}
	for _, q := range c.Questions {
		a := q.Ours
		if !a.Known() {
			lines = append(lines, fmt.Sprintf("%s: %s.", q.Asks, a.Note))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %+.2f %s (%+.2f to %+.2f, p = %.2g): %s.", q.Asks, a.Value, q.Unit, a.Low, a.High, a.P, a.Verdict))
	}
	return strings.Join(lines, " ")
}

// FindClaim is the claim of that id.
func FindClaim(claims []Claim, id string) (Claim, error) {
	i := slices.IndexFunc(claims, func(c Claim) bool { return c.ID == id })
	if i < 0 {
		return Claim{}, fmt.Errorf("no claim %s", id)
	}
	return claims[i], nil
}

// GradientTable says of every block of the hybrid arms how far metadata turns its gradient: the cosine with
// the gradient of the same pictures with their metadata at the training mean, and with that of another
// batch, each a mean over the measured updates and the folds. "turned further than by another batch" is
// what contamination needs.
func GradientTable(summaries []trial.Summary) (header []string, rows [][]string) {
	mean := func(c trial.GradientCurve, of func(trial.BlockGradient) float64) (sum float64) {
		for _, v := range c.Mean(of) {
			sum += v / float64(len(c.Update))
		}
		return sum
	}
	for _, name := range []string{"cnn-hybrid", "vit-hybrid"} {
		s := Arm(summaries, 2, name)
		if s == nil {
			continue
		}
		for _, c := range s.Gradients() {
			if c.Block == trial.MetadataBlock { // its input is what is taken away
				continue
			}
			own, floor := mean(c, trial.BlockGradient.Cosine), mean(c, trial.BlockGradient.Floor)
			says := "no further"
			switch {
			case math.IsNaN(own) || math.IsNaN(floor): // a fold of one batch has no other
				says = "–"
			case own < floor:
				says = "further"
			}
			rows = append(rows, []string{name, c.Block, orDash("%.3f", own), orDash("%.3f", floor), orDash("%.2f", mean(c, trial.BlockGradient.Ratio)), orDash("%.2f", mean(c, trial.BlockGradient.FloorRatio)), says})
		}
	}
	return []string{"arm", "block", "cosine with the picture alone", "with another batch", "norm over the picture alone's", "over another batch's", "turned than by another batch"}, rows
}

// orDash is a number, a dash where there is none.
func orDash(format string, v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf(format, v)
}

// ShapleyTable splits the accuracy of the trained arms between picture and metadata, for each way to
// replace what is missing. The two shares add up to the accuracy with both less that with none.
func ShapleyTable(summaries []trial.Summary) (header []string, rows [][]string) {
	for _, s := range summaries {
		if s.Experiment != 2 || s.Share != 0 || !s.Complete() || !strings.Contains(s.Arm, "hybrid") {
			continue
		}
		for _, p := range s.Shapley() {
			picture, metadata := p.Accuracy.Shapley()
			percent := func(x float64) string { return fmt.Sprintf("%.1f", 100*x) }
			a := p.Accuracy
			rows = append(rows, []string{s.Arm, p.Name, percent(a.Both), percent(a.Picture), percent(a.Metadata), percent(a.None), percent(picture), percent(metadata), percent(a.Cooperation())})
		}
	}
	return []string{"arm", "replaced by", "accuracy with both, %", "picture alone", "metadata alone", "neither", "picture's share", "metadata's share", "cooperation"}, rows
}

// EMAPTable sets the arms beside their additive projections.
func EMAPTable(summaries []trial.Summary) (header []string, rows [][]string) {
	for _, s := range summaries {
		if e := s.EMAP(); e != nil && s.Experiment == 2 && s.Share == 0 && s.Repeat == 0 && s.Complete() && !strings.Contains(s.Arm, "single") {
			rows = append(rows, []string{s.Arm, fmt.Sprintf("%d of %d", e.Correct, s.Last.N()), fmt.Sprintf("%d of %d", e.ProjectedCorrect, s.Last.N()), fmt.Sprintf("%.4f", e.Loss), fmt.Sprintf("%.4f", e.ProjectedLoss)})
		}
	}
	return []string{"arm", "right", "right, projected", "loss", "loss, projected"}, rows
}

// ImportanceTable is the importance of each of the 16 numbers to the hybrid arms of experiment 2, in points
// of accuracy.
func ImportanceTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	header = []string{"number"}
	for _, name := range []string{"cnn-hybrid", "vit-hybrid"} {
		s := Arm(summaries, 2, name)
		if s == nil {
			continue
		}
		found, err := s.Importance(1)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		if found == nil {
			continue
		}
		header = append(header, name+", points lost", "95 %")
		for i, f := range found {
			if len(rows) <= i {
				rows = append(rows, []string{f.Name})
			}
			rows[i] = append(rows[i], fmt.Sprintf("%+.2f", 100*f.Drop), fmt.Sprintf("%+.2f to %+.2f", 100*f.Interval.Low, 100*f.Interval.High))
		}
	}
	return header, rows, nil
}

// BalanceTable is what the arms of experiment 2 learnt of each modality by the last epoch: overfitting
// against generalisation since the first, and the conditional utilisation of each modality.
func BalanceTable(summaries []trial.Summary) (header []string, rows [][]string) {
	for _, s := range summaries {
		if s.Experiment != 2 || s.Share != 0 || !s.Complete() || s.Epochs < 2 {
			continue
		}
		row := []string{s.Arm}
		last := s.Overfit()[s.Epochs-1]
		row = append(row, fmt.Sprintf("%+.3f", last.O), fmt.Sprintf("%+.3f", last.G), "–", "–", "–")
		if uses := s.Uses(); len(uses) > 0 && strings.Contains(s.Arm, "hybrid") {
			u := uses[len(uses)-1]
			picture, metadata := u.Correct.Utilisation()
			row[3], row[4] = orDash("%.3f", picture), orDash("%.3f", metadata)
			if u.Discrepancy > 0 {
				row[5] = fmt.Sprintf("%.2f", u.Discrepancy)
			}
		}
		rows = append(rows, row)
	}
	return []string{"arm", "growth of the gap test − training loss", "fall of the test loss", "accuracy that goes with the picture", "with the metadata", "discrepancy ratio ρ"}, rows
}

// LearningNeed says what a learning curve promises: how many training pictures halve the errors that are
// left, in a sentence.
func LearningNeed(points []stats.LearningPoint) (string, error) {
	curve, err := stats.FitLearningCurve(points)
	if errors.Is(err, stats.ErrConstant) || errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrRange) {
		return fmt.Sprintf("the accuracies do not rise with the number of pictures, so that no curve can be fitted (%v)", err), nil
	}
	if err != nil {
		return "", err
	}
	last := points[len(points)-1]
	now := curve.At(float64(last.N))
	target := (1 + now) / 2
	sentence := fmt.Sprintf("fitted %.1f %% at %d training pictures, at most %.1f %% with any number", 100*now, last.N, 100*curve.A)
	need, err := curve.Need(target, 1)
	if errors.Is(err, stats.ErrUnreached) {
		return sentence + fmt.Sprintf("; half of the errors less (%.1f %%) is beyond the curve; of curves through accuracies drawn anew %.0f %% never reach it", 100*target, 100*need.Never), nil
	}
	if err != nil {
		return "", err
	}
	number := func(n float64) string {
		if n > 1e9 {
			return "more than a thousand million"
		}
		return grouped(int(math.Ceil(n)))
	}
	return sentence + fmt.Sprintf("; half of the errors less (%.1f %%) takes %s (95 %%: %s to %s; %.0f %% of the curves through accuracies drawn anew never reach it)",
		100*target, number(need.N), number(need.CI.Low), number(need.CI.High), 100*need.Never), nil
}
