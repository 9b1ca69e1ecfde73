package ledger

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
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

// varied is a causal arm beside an arm that it varies.
type varied struct {
	arm, other *trial.Summary
	d          stats.Difference // in points, over the pictures
	folds      string           // p over the folds
}

// variedArms pairs every causal arm that was trained with the arms that it varies, and its hybrid with its
// own single. missing are the arms that were not trained.
func variedArms(summaries []trial.Summary) (pairs []varied, missing []string, err error) {
	absent := func(name string) {
		if !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	for _, c := range fusion.CausalArms() {
		for i, name := range c.Arms {
			arm := Arm(summaries, 2, name)
			if arm == nil {
				absent(name)
				continue
			}
			against := slices.Clone(c.Against[i:min(i+1, len(c.Against))])
			if c.Variation == "" { // the probe before training, beside all arms of its backbone
				against = slices.DeleteFunc(slices.Clone(c.Against), func(a string) bool { return strings.Split(a, "-")[0] != strings.Split(name, "-")[0] })
			}
			if single := strings.Replace(name, "-hybrid-", "-single-", 1); single != name && slices.Contains(c.Arms, single) {
				against = append(against, single)
			}
			for _, other := range against {
				o := Arm(summaries, 2, other)
				if o == nil {
					absent(other)
					continue
				}
				_, d, err := pairTest(arm.Last, o.Last)
				if err != nil {
					return nil, nil, fmt.Errorf("%s against %s: %w", name, other, err)
				}
				v := varied{arm: arm, other: o, d: d, folds: "–"}
				if f, ok, err := overFolds(arm, foldAccuracies(*arm), foldAccuracies(*o)); err != nil {
					return nil, nil, fmt.Errorf("%s against %s over the folds: %w", name, other, err)
				} else if ok {
					v.folds = stats.FormatP(f.P)
				}
				pairs = append(pairs, v)
			}
		}
	}
	return pairs, missing, nil
}

// overFolds is the mean over an arm's folds of x less y, with the interval and p of the t test that is
// corrected for the folds' common training pictures (Nadeau & Bengio 2003). ok is false where the folds are
// fewer than two or all alike, or a number is missing: then there is nothing to test by.
func overFolds(s *trial.Summary, x, y []float64) (d stats.Difference, ok bool, err error) {
	m := stats.Moments{N: len(x)}
	for i := range x {
		m.Mean += (x[i] - y[i]) / float64(len(x))
	}
	for i := range x {
		m.SD += (x[i] - y[i] - m.Mean) * (x[i] - y[i] - m.Mean) / float64(len(x))
	}
	m.SD = math.Sqrt(m.SD)
	if m.N < 2 || !(m.SD > 1e-12*(1+math.Abs(m.Mean))) { // rounding is no spread
		return stats.Difference{Value: m.Mean}, false, nil
	}
	d, _, err = stats.CorrectedTOf(m, stats.Moments{N: m.N}, s.Records[0].Train, s.Records[0].Test)
	return d, err == nil, err
}

// constantly is n times v.
func constantly(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

// CausalResults compares every causal arm that was trained with the arm that it varies, on the same
// pictures and over the folds. missing are the arms that were not.
func CausalResults(summaries []trial.Summary) (header []string, rows [][]string, missing []string, err error) {
	pairs, missing, err := variedArms(summaries)
	for _, v := range pairs {
		rows = append(rows, []string{v.arm.Arm, share(v.arm.Last), v.other.Arm, share(v.other.Last),
			signed(v.d.Value, 2), between(v.d.CI.Low, v.d.CI.High, 2), stats.FormatP(v.d.P), v.folds})
	}
	return []string{"arm", "right", "against", "right", "difference, points", "95 %", "McNemar mid-p", "p over the folds"}, rows, missing, err
}

// SayCausal says which causal arms differ from what they vary, and how much each had learnt of its training
// pictures in the last epoch: an arm that learnt less is behind for that alone.
func SayCausal(summaries []trial.Summary) (string, error) {
	pairs, _, err := variedArms(summaries)
	if err != nil || len(pairs) == 0 {
		return "", err
	}
	var says []string
	for _, v := range pairs {
		if v.d.P >= 1-stats.Level {
			continue
		}
		say := fmt.Sprintf("%s − %s: %s points (%s over the pictures", v.arm.Arm, v.other.Arm, signed(v.d.Value, 2), stats.SayP(v.d.P))
		if v.folds != "–" {
			say += ", " + v.folds + " over the folds"
		}
		if v.arm.Frozen == v.other.Frozen {
			say += fmt.Sprintf("; %s %% and %s %% right of their training pictures", fixed(100*trainAccuracy(v.arm), 1), fixed(100*trainAccuracy(v.other), 1))
		}
		says = append(says, say+").")
	}
	of := fmt.Sprintf("Differences at 5 %% over the pictures, uncorrected: %d of %d, where chance alone would make %s.", len(says), len(pairs), fixed(float64(len(pairs))*(1-stats.Level), 1))
	return strings.Join(append([]string{of}, says...), " "), nil
}

// trainAccuracy is that of the last epoch, mean over the folds.
func trainAccuracy(s *trial.Summary) float64 {
	return s.Mean(func(e trial.Epoch) float64 { return e.TrainAccuracy })[s.Epochs-1]
}

// SayChosenArms names the arms beyond the thesis' own that chapter 7 trains by itself.
func SayChosenArms() string {
	var names []string
	for _, t := range trial.Chapter7(trial.Choice{Profile: "quick", Seed: 1}) {
		if !slices.Contains(thesisArms, t.Arm) && !slices.Contains(names, t.Arm) {
			names = append(names, t.Arm)
		}
	}
	return "Chapter 7 trains by itself, besides the thesis' four arms, those that the claims of 7.1 and 7.3 cannot do without: " + strings.Join(names, ", ") + "."
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
	return []string{signed(d.Value, 2), between(d.CI.Low, d.CI.High, 2), stats.FormatP(d.P)}, nil
}

// ProbeTable compares linear probes of the backbone before training and after the training of each arm
// that has one, with the probe after single training. The arm's own answers stand beside: a probe below them
// has not found all that the features hold. Contamination predicts a probe after hybrid below
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
			own := "–"
			if s := Arm(summaries, 2, name); s != nil {
				own = share(s.Last)
			}
			rows = append(rows, append([]string{backbone, name, own, share(r), fmt.Sprintf("%.1f to %.1f %%", 100*ci.Low, 100*ci.High)}, row...))
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
	return []string{"backbone", "after training", "arm right", "probe right", "95 %", "against single, points", "95 %", "McNemar mid-p"}, rows, nil
}

// SayProbes reads ProbeTable. Both explanations speak of what training teaches the backbone: where training on
// the picture alone did not raise the probe, neither predicts anything.
func SayProbes(summaries []trial.Summary) (string, error) {
	var says []string
	for _, backbone := range []string{"cnn", "vit"} {
		before, single, hybrid := Arm(summaries, 2, backbone+"-logistic"), Arm(summaries, 2, backbone+"-single"), Arm(summaries, 2, backbone+"-hybrid")
		if before == nil || single == nil || hybrid == nil || single.Probe == nil || hybrid.Probe == nil {
			continue
		}
		_, learnt, err := pairTest(*single.Probe, before.Last)
		if err != nil {
			return "", fmt.Errorf("the probes of %s: %w", backbone, err)
		}
		_, more, err := pairTest(*hybrid.Probe, *single.Probe)
		if err != nil {
			return "", fmt.Errorf("the probes of %s: %w", backbone, err)
		}
		say := fmt.Sprintf("%s: the linear probe is right on %d pictures before training, %d after single and %d after hybrid training. ", backbone, before.Last.Correct, single.Probe.Correct, hybrid.Probe.Correct)
		told := fmt.Sprintf("%s points, %s", signed(more.Value, 2), stats.SayP(more.P))
		switch {
		case learnt.Value <= 0:
			say += fmt.Sprintf("Training on the picture alone did not raise it (%s points, %s), so that neither contamination nor competition predicts anything here", signed(learnt.Value, 2), stats.SayP(learnt.P))
		case more.P >= 1-stats.Level:
			say += "Whether hybrid training leaves another probe than single training cannot be told (" + told + ")"
		case more.Value > 0:
			say += "After hybrid training it is better (" + told + "), which neither explanation predicts"
		case hybrid.Probe.Correct < before.Last.Correct:
			say += "After hybrid training it is worse than after single (" + told + ") and than before: contamination"
		default:
			say += "After hybrid training it is worse than after single (" + told + ") and no worse than before: competition"
		}
		says = append(says, say+".")
	}
	return strings.Join(says, " "), nil
}

// sizeArms are the arms of SizeTable.
var sizeArms = []string{"cnn-single", "tiny-single", "vit-single"}

// SizeTable sets the arms of experiment 2 that see the picture alone beside what they train and how
// (sections 3.4, 7.3 and 7.5): the CNN, a ViT of its size, and the ViT. Layers are the CNN's blocks and the
// ViT's layers.
func SizeTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	header = []string{"arm", "weights", "layers", "trained values", "rate", "right", "95 %", "against vit-single, points", "95 %", "McNemar mid-p"}
	vit := Arm(summaries, 2, "vit-single")
	for _, name := range sizeArms {
		s := Arm(summaries, 2, name)
		if s == nil {
			rows = append(rows, append([]string{name, "not trained"}, slices.Repeat([]string{"–"}, len(header)-2)...))
			continue
		}
		ci, err := stats.Wilson(s.Last.Correct, s.Last.N())
		if err != nil {
			return nil, nil, err
		}
		own, _, err := layers(s)
		if err != nil {
			return nil, nil, err
		}
		row := []string{"–", "–", "–"}
		if vit != nil && vit != s {
			if row, err = differenceRow(s.Last, vit.Last); err != nil {
				return nil, nil, err
			}
		}
		rows = append(rows, append([]string{name, s.Weights, fmt.Sprint(own), grouped(s.Parameters), rateOf(s), share(s.Last), fmt.Sprintf("%.1f to %.1f %%", 100*ci.Low, 100*ci.High)}, row...))
	}
	return header, rows, nil
}

// rateOf is the learning rate of an arm, and its backbone's where that is another.
func rateOf(s *trial.Summary) string {
	rate := strconv.FormatFloat(s.Rate, 'f', -1, 64)
	if s.BackboneRate > 0 {
		rate += ", backbone " + strconv.FormatFloat(s.BackboneRate, 'f', -1, 64)
	}
	return rate
}

// layers counts the blocks of an arm's backbone, and those of the network that its weights are of.
func layers(s *trial.Summary) (own, whole int, err error) {
	backbone, _, _ := strings.Cut(s.Arm, "-")
	c := trial.Choice{Profile: s.Profile, Seed: s.Seed}
	if backbone == "cnn" {
		c.CNN = s.Weights
	} else {
		c.ViT = s.Weights
	}
	m, err := trial.Outline(2, s.Arm, c, 0, len(s.Genres))
	if err != nil {
		return 0, 0, fmt.Errorf("the layers of %s: %w", s.Arm, err)
	}
	count := func(m *fusion.Model) (n int) { // without what stands before and behind them
		for _, b := range m.Backbone.Blocks() {
			if strings.HasPrefix(b, "blocks.") {
				n++
			}
		}
		return n
	}
	own, whole = count(m), count(m)
	if backbone == "tiny" {
		if m, err = trial.Outline(2, "vit-single", c, 0, len(s.Genres)); err != nil {
			return 0, 0, fmt.Errorf("the layers of %s: %w", s.Arm, err)
		}
		whole = count(m)
	}
	return own, whole, nil
}

// SaySizes reads SizeTable: what the small ViT is, and where it stands.
func SaySizes(summaries []trial.Summary) (string, error) {
	cnn, tiny, vit := Arm(summaries, 2, sizeArms[0]), Arm(summaries, 2, sizeArms[1]), Arm(summaries, 2, sizeArms[2])
	if cnn == nil || tiny == nil || vit == nil {
		return "", nil
	}
	own, whole, err := layers(tiny)
	if err != nil {
		return "", err
	}
	say := fmt.Sprintf("%s is %s cut after %d of its %d layers and trained at a rate of %s; %s is %s", tiny.Arm, tiny.Weights, own, whole, rateOf(tiny), vit.Arm, vit.Weights)
	if tiny.Weights == vit.Weights {
		say += " uncut"
	}
	say += fmt.Sprintf(", at %s. ", rateOf(vit))
	low, high := min(cnn.Last.Correct, vit.Last.Correct), max(cnn.Last.Correct, vit.Last.Correct)
	at := "between the two others"
	switch {
	case tiny.Last.Correct < low:
		at = "below both others"
	case tiny.Last.Correct > high:
		at = "above both others"
	}
	say += fmt.Sprintf("With %d right it stands %s", tiny.Last.Correct, at)
	_, ahead, err := pairTest(vit.Last, cnn.Last)
	if err != nil {
		return "", err
	}
	if ahead.Value <= 0 || ahead.P >= 1-stats.Level {
		return say + fmt.Sprintf(". Here the ViT is not shown to be ahead of the CNN (%s points, %s): there is no lead that size would have to explain.", signed(ahead.Value, 2), stats.SayP(ahead.P)), nil
	}
	_, d, err := pairTest(tiny.Last, cnn.Last)
	if err != nil {
		return "", err
	}
	return say + fmt.Sprintf("; the ViT leads the CNN by %s points, the ViT of the CNN's size by %s (%s).", fixed(ahead.Value, 2), signed(d.Value, 2), stats.SayP(d.P)), nil
}

// SayOverfit lays the overfitting of the networks from the first epoch to the last side by side.
func SayOverfit(summaries []trial.Summary) string {
	var says []string
	for _, name := range sizeArms {
		if s := Arm(summaries, 2, name); s != nil && s.Epochs > 1 {
			o := s.Overfit()[s.Epochs-1]
			fell := fmt.Sprintf("fell by %s", fixed(o.G, 3))
			if o.G < 0 {
				fell = fmt.Sprintf("rose by %s", fixed(-o.G, 3))
			}
			says = append(says, fmt.Sprintf("%s (%s values): the gap between test and training loss changed by %s nats while the test loss %s", name, grouped(s.Parameters), signed(o.O, 3), fell))
		}
	}
	if len(says) == 0 {
		return ""
	}
	return "From the first epoch to the last, of " + strings.Join(says, "; of ") + ". The networks differ in their rates, epochs, pictures and pretraining too: that it is their size which makes the gap, these numbers cannot say."
}

// FindClaim is the claim of that id.
func FindClaim(claims []Claim, id string) (Claim, error) {
	i := slices.IndexFunc(claims, func(c Claim) bool { return c.ID == id })
	if i < 0 {
		return Claim{}, fmt.Errorf("no claim %s", id)
	}
	return claims[i], nil
}

// foldMeans are the means over the measured updates of one number of a block's gradients, by fold.
func foldMeans(c trial.GradientCurve, of func(trial.BlockGradient) float64) (x []float64) {
	for _, folds := range c.Folds {
		for f, g := range folds {
			if f == len(x) {
				x = append(x, 0)
			}
			x[f] += of(g) / float64(len(c.Update))
		}
	}
	return x
}

// gradientArms are the arms with metadata of which GradientTable shows every block, and their controls, of
// which it shows the backbone.
var gradientArms = []string{"cnn-hybrid", "vit-hybrid", "cnn-hybrid-cut", "vit-hybrid-cut", "cnn-hybrid-shuffled", "vit-hybrid-shuffled", "cnn-hybrid-noise", "vit-hybrid-noise"}

// GradientTable says of every block of the hybrid arms what metadata do to its gradient, against that of the
// same pictures with their metadata at the training mean: the cosine, with the lowest and the highest fold, and
// for comparison the cosine with another batch; how far it goes along the picture's own (1: as far), with the
// interval over the folds; and the size of what metadata change over the size of what another batch changes.
// Each is a mean over the measured updates, then over the folds.
func GradientTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	for _, name := range gradientArms {
		s := Arm(summaries, 2, name)
		if s == nil {
			continue
		}
		for i, c := range s.Gradients() {
			if c.Block == trial.MetadataBlock || i > 0 && name != strings.Join(strings.Split(name, "-")[:2], "-") {
				continue // the metadata's own layers get nothing without them
			}
			cosine := foldMeans(c, trial.BlockGradient.Cosine)
			along := foldMeans(c, trial.BlockGradient.Along)
			d, ok, err := overFolds(s, along, constantly(0, len(along)))
			if err != nil {
				return nil, nil, fmt.Errorf("%s, %s: %w", name, c.Block, err)
			}
			ci := "–"
			if ok {
				ci = between2(d.CI.Low, d.CI.High, 3)
			}
			rows = append(rows, []string{name, c.Block, orDash("%.3f", meanOf(cosine)), between2(slices.Min(cosine), slices.Max(cosine), 3),
				orDash("%.3f", meanOf(foldMeans(c, trial.BlockGradient.Floor))), orDash("%.3f", d.Value), ci, orDash("%.2f", meanOf(foldMeans(c, trial.BlockGradient.Part)))})
		}
	}
	return []string{"arm", "block", "cosine with the picture alone", "lowest to highest fold", "with another batch", "along the picture's own", "95 % over the folds", "change over another batch's"}, rows, nil
}

func meanOf(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

// between2 writes an interval of numbers that are no differences.
func between2(low, high float64, digits int) string {
	return fixed(low, digits) + " to " + fixed(high, digits)
}

// SayGradients reads the backbone's rows of GradientTable: whether metadata take from the picture's own
// progress, by the interval over the folds, and by what the shared residual ‖p − y‖ is smaller with them.
func SayGradients(summaries []trial.Summary) (string, error) {
	var says []string
	for _, name := range []string{"cnn-hybrid", "vit-hybrid"} {
		s := Arm(summaries, 2, name)
		if s == nil || s.Gradients() == nil {
			continue
		}
		c := s.Gradients()[0]
		along := foldMeans(c, trial.BlockGradient.Along)
		d, ok, err := overFolds(s, along, constantly(1, len(along)))
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		say := fmt.Sprintf("%s: the backbone's gradient has a cosine of %s with the picture's own and goes %s of its way", name, fixed(meanOf(foldMeans(c, trial.BlockGradient.Cosine)), 3), fixed(meanOf(along), 3))
		switch {
		case !ok:
			say += ", alike in every fold"
		case d.CI.High < 0:
			say += fmt.Sprintf(": the metadata take from the picture's own progress (%s over the folds)", stats.SayP(d.P))
		case d.CI.Low > 0:
			say += fmt.Sprintf(": the metadata add to the picture's own progress (%s over the folds)", stats.SayP(d.P))
		default:
			say += fmt.Sprintf(": whether the metadata take from it cannot be told from %d folds (%s)", len(along), stats.SayP(d.P))
		}
		if own, alone := s.Residuals(); len(own) > 0 {
			say += fmt.Sprintf("; the residual that both branches share goes from %s at the first measured update to %s at the last, and without the metadata from %s to %s", fixed(own[0], 3), fixed(own[len(own)-1], 3), fixed(alone[0], 3), fixed(alone[len(alone)-1], 3))
		}
		says = append(says, say+".")
	}
	return strings.Join(says, " "), nil
}

// SayMetadataAlone says what the metadata of experiment 2 can do by themselves: the arm that sees nothing
// else, against chance.
func SayMetadataAlone(summaries []trial.Summary) (string, error) {
	s := Arm(summaries, 2, "meta")
	if s == nil {
		return "What metadata can do by themselves was not trained here (experiment 2, arm meta).", nil
	}
	ci, err := stats.Wilson(s.Last.Correct, s.Last.N())
	if err != nil {
		return "", err
	}
	chance := 1 / float64(len(s.Genres))
	verdict := "whether metadata carry a signal of the genre cannot be told"
	if ci.Low > chance {
		verdict = "metadata do carry a signal of the genre, whatever the R² of likes on saves"
	}
	return fmt.Sprintf("By the 16 numbers alone experiment 2's arm meta is right on %s pictures, %s %% (95 %%: %s), where guessing gives %s %%: %s.", share(s.Last), fixed(100*s.Last.Accuracy, 1),
		between2(100*ci.Low, 100*ci.High, 1), fixed(100*chance, 1), verdict), nil
}

// orDash is a number, a dash where there is none.
func orDash(format string, v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf(format, v)
}

// sharedArms are the arms of experiment 2 with metadata, of which the shares of both modalities are known.
func sharedArms(summaries []trial.Summary) (arms []*trial.Summary) {
	for i := range summaries {
		s := &summaries[i]
		if s.Experiment == 2 && s.Share == 0 && s.Repeat == 0 && s.Complete() && strings.Contains(s.Arm, "hybrid") {
			arms = append(arms, s)
		}
	}
	return arms
}

// metadataShares are the metadata's Shapley shares of the accuracy, by fold, with the k-th baseline.
func metadataShares(s *trial.Summary, k int) (x []float64) {
	for _, r := range s.Records {
		b := r.Shares.Baselines[k]
		_, metadata := b.Correct.Shapley()
		x = append(x, metadata/float64(r.Shares.Test*b.Donors))
	}
	return x
}

// ShapleyTable splits the accuracy of the trained arms between picture and metadata, for each way to
// replace what is missing. The two shares add up to the accuracy with both less that with none.
func ShapleyTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	for _, s := range sharedArms(summaries) {
		for k, p := range s.Shapley() {
			picture, metadata := p.Accuracy.Shapley()
			percent := func(x float64) string { return fixed(100*x, 1) }
			a, ci := p.Accuracy, "–"
			x := metadataShares(s, k)
			if d, ok, err := overFolds(s, x, constantly(0, len(x))); err != nil {
				return nil, nil, fmt.Errorf("%s, %s: %w", s.Arm, p.Name, err)
			} else if ok {
				ci = between(100*d.CI.Low, 100*d.CI.High, 1)
			}
			rows = append(rows, []string{s.Arm, p.Name, percent(a.Both), percent(a.Picture), percent(a.Metadata), percent(a.None),
				signed(100*picture, 1), signed(100*metadata, 1), ci, signed(100*a.Cooperation(), 1)})
		}
	}
	return []string{"arm", "replaced by", "both", "picture", "metadata", "neither", "picture's share", "metadata's", "95 % over the folds", "cooperation"}, rows, nil
}

// SayShares reads ShapleyTable with the training mean in the place of what is missing.
func SayShares(summaries []trial.Summary) (string, error) {
	var says []string
	for _, s := range sharedArms(summaries) {
		all := s.Shapley()
		if len(all) == 0 {
			continue
		}
		if ignores, _ := ignoresMetadata(s); ignores {
			says = append(says, fmt.Sprintf("%s is right as often in every fold with the mean metadata as with the pictures' own: it hardly uses them, and what follows of its use of both is trivial.", s.Arm))
			continue
		}
		a, x := all[0].Accuracy, metadataShares(s, 0)
		_, metadata := a.Shapley()
		say := fmt.Sprintf("%s: with the mean metadata the accuracy changes by %s points; the metadata's share is %s points", s.Arm, signed(100*(a.Picture-a.Both), 1), signed(100*metadata, 1))
		d, ok, err := overFolds(s, x, constantly(0, len(x)))
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.Arm, err)
		}
		if ok {
			say += fmt.Sprintf(" (95 %% over the folds: %s)", between(100*d.CI.Low, 100*d.CI.High, 1))
			if d.CI.Low <= 0 && d.CI.High >= 0 {
				say += ", which cannot be told from 0"
			}
		}
		says = append(says, say+".")
	}
	return strings.Join(says, " "), nil
}

// emapArms are the arms of experiment 2 with an additive projection.
func emapArms(summaries []trial.Summary) (arms []*trial.Summary) {
	for i := range summaries {
		if s := &summaries[i]; s.Experiment == 2 && s.Share == 0 && s.Repeat == 0 && s.Complete() && s.EMAP() != nil && !strings.Contains(s.Arm, "single") {
			arms = append(arms, s)
		}
	}
	return arms
}

// EMAPTable sets the arms beside their additive projections.
func EMAPTable(summaries []trial.Summary) (header []string, rows [][]string) {
	for _, s := range emapArms(summaries) {
		e := s.EMAP()
		rows = append(rows, []string{s.Arm, share(s.Last), fmt.Sprintf("%d of %d", e.ProjectedCorrect, s.Last.N()), fmt.Sprintf("%.4f", e.Loss), fmt.Sprintf("%.4f", e.ProjectedLoss)})
	}
	return []string{"arm", "right", "right, projected", "loss, nats", "loss, projected, nats"}, rows
}

// SayEMAP reads EMAPTable.
func SayEMAP(summaries []trial.Summary) string {
	arms := emapArms(summaries)
	if len(arms) == 0 {
		return ""
	}
	most := arms[0]
	for _, s := range arms {
		if s.Last.Correct-s.EMAP().ProjectedCorrect > most.Last.Correct-most.EMAP().ProjectedCorrect {
			most = s
		}
	}
	lost := most.Last.Correct - most.EMAP().ProjectedCorrect
	if lost <= 0 {
		return "No arm loses a picture by being projected: what any of them does with both, adding the two up does too. Of an arm that hardly uses its metadata that is no news."
	}
	return fmt.Sprintf("The arm that loses most by being projected is %s, with %d of %d pictures: so much of its accuracy rests on picture and metadata together.", most.Arm, lost, most.Last.N())
}

// importances are those of the 16 numbers to the hybrid arms of experiment 2, as far as they were measured.
func importances(summaries []trial.Summary) (found []struct {
	name string
	of   []trial.Important
}, err error) {
	for _, name := range []string{"cnn-hybrid", "vit-hybrid"} {
		s := Arm(summaries, 2, name)
		if s == nil {
			continue
		}
		of, err := s.Importance(1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if of != nil {
			found = append(found, struct {
				name string
				of   []trial.Important
			}{name, of})
		}
	}
	return found, nil
}

// ImportanceTable is the importance of each of the 16 numbers to the hybrid arms of experiment 2, in points
// of accuracy.
func ImportanceTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	header = []string{"number"}
	arms, err := importances(summaries)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range arms {
		header = append(header, a.name+", points lost", "95 %")
		for i, f := range a.of {
			if len(rows) <= i {
				rows = append(rows, []string{f.Name})
			}
			rows[i] = append(rows[i], fmt.Sprintf("%+.2f", 100*f.Drop), fmt.Sprintf("%+.2f to %+.2f", 100*f.Interval.Low, 100*f.Interval.High))
		}
	}
	return header, rows, nil
}

// SayImportance counts the intervals of ImportanceTable that leave out 0.
func SayImportance(summaries []trial.Summary) (string, error) {
	var outside []string
	total := 0
	arms, err := importances(summaries)
	if err != nil {
		return "", err
	}
	for _, a := range arms {
		for _, f := range a.of {
			total++
			if f.Interval.Low > 0 || f.Interval.High < 0 {
				outside = append(outside, fmt.Sprintf("%s in %s (%s points)", f.Name, a.name, signed(100*f.Drop, 2)))
			}
		}
	}
	if total == 0 {
		return "", nil
	}
	say := fmt.Sprintf("Intervals that leave out 0: %[2]d of %[1]d, where chance alone would make %[3]s", total, len(outside), fixed(float64(total)*(1-stats.Level), 1))
	if len(outside) > 0 {
		say += ": " + strings.Join(outside, ", ")
	}
	return say + ".", nil
}

// BalanceTable is what the arms of experiment 2 learnt of each modality by the last epoch: overfitting
// against generalisation since the first, and the conditional utilisation of each modality, as a share of
// the accuracy. OGM-GE's discrepancy ratio has a column where an arm has one.
func BalanceTable(summaries []trial.Summary) (header []string, rows [][]string) {
	ratios := false
	for _, s := range summaries {
		if s.Experiment != 2 || s.Share != 0 || s.Repeat != 0 || !s.Complete() || s.Epochs < 2 {
			continue
		}
		last := s.Overfit()[s.Epochs-1]
		row := []string{s.Arm, signed(last.O, 3), signed(last.G, 3), "–", "–", "–"}
		if uses := s.Uses(); len(uses) > 0 && (strings.Contains(s.Arm, "hybrid") || strings.Contains(s.Arm, "logits")) {
			u := uses[len(uses)-1]
			picture, metadata := u.Correct.Utilisation()
			row[3], row[4] = fixed(100*picture, 1), fixed(100*metadata, 1)
			if u.Discrepancy > 0 {
				row[5], ratios = fmt.Sprintf("%.2f", u.Discrepancy), true
			}
		}
		rows = append(rows, row)
	}
	header = []string{"arm", "growth of the gap test − training loss, nats", "fall of the test loss, nats", "accuracy that goes with the picture, %", "with the metadata, %", "discrepancy ratio ρ"}
	if !ratios {
		header = header[:5]
		for i := range rows {
			rows[i] = rows[i][:5]
		}
	}
	return header, rows
}

// LearningNeed says what a learning curve promises: how many training pictures halve the errors that are
// left, with the interval over curves through accuracies drawn anew, in sentences.
func LearningNeed(points []stats.LearningPoint) (string, error) {
	curve, err := stats.FitLearningCurve(points)
	if errors.Is(err, stats.ErrConstant) || errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrRange) {
		return fmt.Sprintf("The accuracies do not rise with the number of pictures, so that no curve can be fitted (%v).", err), nil
	}
	if err != nil {
		return "", err
	}
	last := points[len(points)-1]
	now := curve.At(float64(last.N))
	target := (1 + now) / 2
	say := fmt.Sprintf("The fitted curve has %s %% at %d training pictures and levels off at %s %%", fixed(100*now, 1), last.N, fixed(100*curve.A, 1))
	if curve.Bounded {
		say += ", the bound that was set to it: where it levels off, the accuracies do not tell"
	}
	say += ". "
	for i := 1; i < len(points); i++ {
		if a, b := meanOf(points[i-1].Accuracy), meanOf(points[i].Accuracy); b < a {
			say += fmt.Sprintf("From %d to %d pictures the accuracy falls (%s to %s %%), which no such curve does. ", points[i-1].N, points[i].N, fixed(100*a, 1), fixed(100*b, 1))
		}
	}
	need, err := curve.Need(target, 1)
	if err != nil && !errors.Is(err, stats.ErrUnreached) {
		return "", err
	}
	never := fmt.Sprintf("%s %% of the curves through accuracies drawn anew never reach it", fixed(100*need.Never, 0))
	if math.IsInf(need.N, 1) {
		return say + fmt.Sprintf("Half of the errors less would be %s %%, which it does not reach; %s.", fixed(100*target, 1), never), nil
	}
	number := func(n float64) string {
		switch {
		case math.IsInf(n, 1):
			return "no upper end"
		case n > 1e9:
			return "more than a thousand million"
		case n > 1000: // three digits are more than it knows
			scale := math.Pow(10, math.Floor(math.Log10(n))-2)
			return grouped(int(math.Round(n/scale) * scale))
		}
		return grouped(int(math.Ceil(n)))
	}
	return say + fmt.Sprintf("Half of the errors less, %s %%, takes about %s pictures (95 %%: %s to %s); %s.", fixed(100*target, 1), number(need.N), number(need.CI.Low), number(need.CI.High), never), nil
}
