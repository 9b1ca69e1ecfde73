package ledger

import (
	"fmt"
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
	return []string{"arm", "right", "against", "right", "difference", "95 %", "McNemar mid-p"}, rows, missing, nil
}

func share(r trial.Result) string {
	return fmt.Sprintf("%d of %d", r.Correct, r.N())
}

// differenceRow is a − b in points, its interval and the test.
func differenceRow(a, b trial.Result) ([]string, error) {
	if !slices.Equal(a.Files, b.Files) {
		return nil, fmt.Errorf("they were tested on different pictures, expected the same")
	}
	m, err := stats.McNemar(a.Truth, a.Predicted, b.Predicted)
	if err != nil {
		return nil, err
	}
	d, err := paired(m.OnlyA, m.OnlyB, a.N())
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%+.2f points", d.Value), fmt.Sprintf("%+.2f to %+.2f", d.CI.Low, d.CI.High), fmt.Sprintf("%.3f", d.P)}, nil
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
			if s.Experiment == 2 && s.Share == 0 && s.Complete() && s.Probe != nil && strings.HasPrefix(s.Arm, backbone+"-") {
				if err := add(s.Arm, *s.Probe); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	return []string{"backbone", "after training", "probe right", "95 %", "against single", "95 %", "McNemar mid-p"}, rows, nil
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
	return []string{"arm", "trained values", "right", "95 %", "against vit-single", "95 %", "McNemar mid-p"}, rows, nil
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
