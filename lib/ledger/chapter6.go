package ledger

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// Chapter6 is every number of Table 6.1 and of the text on figure 6.3. F1 is the macro F1,
// averaged over the folds, which is what a mean over trials gives; Result.F1Pooled is the other.
func Chapter6(summaries []trial.Summary, data string) ([]Entry, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	b := &book{chapter: 6, data: data}
	const where = "Table 6.1"
	for _, arm := range []struct{ key, arm, row string }{
		{"cnn_single", "cnn-single", "CNN single"}, {"cnn_hybrid", "cnn-hybrid", "CNN hybrid"},
		{"vit_single", "vit-single", "ViT single"}, {"vit_hybrid", "vit-hybrid", "ViT hybrid"},
	} {
		p, ok := ref.Experiment2[arm.key]
		if !ok {
			return nil, fmt.Errorf("published %s lacks %s", where, arm.key)
		}
		r := lastResult(Arm(summaries, 2, arm.arm))
		b.whyNo(r, arm.arm)
		b.add(where, arm.row, "accuracy", p.Accuracy, r.Accuracy, accuracyTolerance)
		b.add(where, arm.row, "F1", p.F1, r.F1, f1Tolerance)
		b.add(where, arm.row, "pictures right of 300", float64(p.Correct), correctOf300(r), picturesTolerance)
	}
	for _, c := range []struct {
		arm, row  string
		published int
	}{{"vit-single", "ViT single", ref.Confusion.ViTSingle}, {"vit-hybrid", "ViT hybrid", ref.Confusion.ViTHybrid}} {
		ours := math.NaN()
		b.whyNo(lastResult(Arm(summaries, 2, c.arm)), c.arm)
		if s := Arm(summaries, 2, c.arm); s != nil && s.Last.N() == 300 {
			if g := slices.Index(s.Genres, dataset.Gourmet); g >= 0 {
				ours = float64(s.Last.Confusion[g][g])
			} else {
				b.why = "no folder is the genre gourmet"
			}
		}
		b.add("Figure 6.3", c.row, "gourmet right of 100", float64(c.published), ours, cellTolerance)
	}
	return b.entries, nil
}

// thesisArms are those of experiment 2 as Table 6.1 has them.
var thesisArms = []string{"cnn-single", "cnn-hybrid", "vit-single", "vit-hybrid"}

// publishedF1 is a published macro F1 and what confusion matrices with that many right pictures allow.
type publishedF1 struct {
	arm                       string
	right                     int
	f1                        float64
	pooled, folds             stats.Range
	pooledAllows, foldsAllows bool
}

// publishedF1s are those of the thesis' arms: of all pictures together, and as a mean over five stratified
// folds. F1 is printed to two decimals of a per cent.
func publishedF1s() (all []publishedF1, err error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	for _, arm := range thesisArms {
		p := ref.Experiment2[publishedKey(arm)]
		f := publishedF1{arm: arm, right: p.Correct, f1: p.F1}
		wrong := 3*ref.PerClass - p.Correct
		if f.pooled, err = stats.F1Range(ref.PerClass, wrong); err != nil {
			return nil, fmt.Errorf("%s: %w", arm, err)
		}
		if f.folds, err = stats.MeanF1Range(ref.PerClass/trial.Folds, wrong, trial.Folds); err != nil {
			return nil, fmt.Errorf("%s: %w", arm, err)
		}
		fits := func(r stats.Range) bool { return p.F1 >= r.Low-0.00005 && p.F1 <= r.High+0.00005 }
		f.pooledAllows, f.foldsAllows = fits(f.pooled), fits(f.folds)
		all = append(all, f)
	}
	return all, nil
}

// PublishedF1Table holds each published macro F1 against what confusion matrices with that many right
// pictures allow: of all pictures together, and as a mean over five stratified folds.
func PublishedF1Table() (header []string, rows [][]string, err error) {
	all, err := publishedF1s()
	if err != nil {
		return nil, nil, err
	}
	span := func(r stats.Range, allows bool) string {
		s := fmt.Sprintf("%.2f to %.2f", 100*r.Low, 100*r.High)
		if !allows {
			s += " ✗"
		}
		return s
	}
	for _, f := range all {
		rows = append(rows, []string{f.arm, fmt.Sprint(f.right), fmt.Sprintf("%.2f", 100*f.f1), span(f.pooled, f.pooledAllows), span(f.folds, f.foldsAllows)})
	}
	return []string{"arm", "pictures right", "published F1, %", "possible of all pictures together, %", "possible as the folds' mean, %"}, rows, nil
}

// SayPublishedF1 counts what PublishedF1Table allows.
func SayPublishedF1() (string, error) {
	all, err := publishedF1s()
	if err != nil {
		return "", err
	}
	pooled, folds, never := 0, 0, []string{}
	for _, f := range all {
		if f.pooledAllows {
			pooled++
		}
		if f.foldsAllows {
			folds++
		} else {
			never = append(never, f.arm)
		}
	}
	return fmt.Sprintf("Of %d published F1, %d can be that of all pictures together, and %d the mean over five stratified folds; possible in neither way (✗ in both columns), if accuracy and F1 are of one epoch and the tests five stratified folds: %s.", len(all), pooled, folds, strings.Join(never, " and ")), nil
}

// metadataPairs are hybrid and single of each network.
var metadataPairs = [][2]string{{"cnn-hybrid", "cnn-single"}, {"vit-hybrid", "vit-single"}}

// EquivalenceTable asks of hybrid and single of each network whether they make no difference: within the
// margins, in points of accuracy, and within half of the difference that the thesis publishes for them. By
// the pictures, two one-sided tests (stats.PairedDifference.Equivalence) with their 90 % interval, and the
// pictures that showing no difference would take; over the folds, the posterior of the correlated t test
// (stats.CorrelatedBayes): that hybrid is worse by more than the margin, within it, better by more.
func EquivalenceTable(summaries []trial.Summary, margins ...float64) (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	tests, err := pairTests(summaries, metadataPairs)
	if err != nil {
		return nil, nil, err
	}
	for _, pair := range tests {
		d, err := pair.shares()
		if err != nil {
			return nil, nil, err
		}
		for _, margin := range append(slices.Clone(margins), 100*math.Abs(pair.published(ref))/2) {
			e, err := d.Equivalence(margin / 100)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", pair, err)
			}
			need := "–" // no picture tells them apart
			if discordance := pair.discordance(); discordance > 0 {
				n, err := stats.SampleSizeEquivalence(margin/100, discordance, 0.8)
				if err != nil {
					return nil, nil, err
				}
				need = grouped(int(math.Ceil(n)))
			}
			row := []string{pair.String(), fixed(margin, 2), signed(100*e.Difference, 2), between(100*e.CI90.Low, 100*e.CI90.High, 2), stats.FormatP(e.P), need}
			t, err := stats.CorrelatedBayes(foldAccuracies(*pair.a), foldAccuracies(*pair.b), margin/100, 1)
			switch {
			case errors.Is(err, stats.ErrConstant): // the same in every fold
				row = append(row, "–", "–", "–")
			case err != nil:
				return nil, nil, fmt.Errorf("%s over the folds: %w", pair, err)
			default:
				row = append(row, fixed(100*t.Left, 0), fixed(100*t.Rope, 0), fixed(100*t.Right, 0))
			}
			rows = append(rows, row)
		}
	}
	return []string{"arms", "margin, points", "difference, points", "90 %", "p, both sides", "pictures that it takes", "folds: worse, %", "within, %", "better, %"}, rows, nil
}

// SayEquivalence says in sentences, of each network's pair, whether metadata are shown to change its accuracy
// by less than the margin, in points, and its loss by less than half of the difference in loss that the thesis
// prints of experiment 1, as it prints none of experiment 2: two one-sided t tests over the pictures
// (stats.EquivalencePaired). Within a margin is not 0, so the loss' p of no difference over the folds stands
// beside it (overFolds), which is how claims decide on losses.
func SayEquivalence(summaries []trial.Summary, margin float64) (string, error) {
	ref, err := Published()
	if err != nil {
		return "", err
	}
	nats := math.Abs(ref.Experiment1["cnn_single"].LossMean-ref.Experiment1["cnn_hybrid"].LossMean) / 2
	var says []string
	tests, err := pairTests(summaries, metadataPairs)
	if err != nil {
		return "", err
	}
	for _, pair := range tests {
		a, b := pair.a, pair.b
		d, err := pair.shares()
		if err != nil {
			return "", err
		}
		e, err := d.Equivalence(margin / 100)
		if err != nil {
			return "", err
		}
		shown := func(p float64, within string) string {
			if p < 1-stats.Level {
				return "within " + within + " (" + stats.SayP(p) + ")"
			}
			return "not shown to be within " + within + " (" + stats.SayP(p) + ")"
		}
		say := fmt.Sprintf("%s: the difference in accuracy is %s", pair, shown(e.P, "±"+fixed(margin, 2)+" points"))
		l, err := stats.EquivalencePaired(a.Last.Losses, b.Last.Losses, nats)
		switch {
		case errors.Is(err, stats.ErrConstant):
			say += "; their losses differ alike in every picture"
		case err != nil:
			return "", fmt.Errorf("the losses of %s: %w", pair, err)
		default:
			say += fmt.Sprintf("; that in loss, %s nats (90 %%: %s), is %s", signed(l.Difference, 3), between(l.CI90.Low, l.CI90.High, 3),
				shown(l.P, "±"+fixed(nats, 3)+", half of the difference that the thesis prints of experiment 1"))
			f, ok, err := overFolds(a, foldLosses(*a), foldLosses(*b))
			if err != nil {
				return "", fmt.Errorf("the losses of %s over the folds: %w", pair, err)
			}
			if ok {
				say += "; of no difference over the folds, " + stats.SayP(f.P)
			}
		}
		says = append(says, say+".")
	}
	return strings.Join(says, " "), nil
}

// PowerTable says what the pictures of these runs could show of each published difference of experiment 2: how
// many tell the two arms apart, the smallest difference that McNemar's test then finds with 80 % power, its
// power (mid-p) for the published one, and the pictures that one takes.
func PowerTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	tests, err := pairTests(summaries, publishedPairs)
	if err != nil {
		return nil, nil, err
	}
	for _, pair := range tests {
		n, discordance, published := pair.a.Last.N(), pair.discordance(), pair.published(ref)
		row := []string{pair.String(), fmt.Sprintf("%d of %d", pair.m.OnlyA+pair.m.OnlyB, n), "–", fixed(100*published, 2), "–", "–"}
		if discordance > 0 {
			least, err := stats.DetectableDifference(n, discordance, 0.8)
			if err == nil {
				row[2] = fixed(100*least, 2)
			} else if !errors.Is(err, stats.ErrTooFew) { // not even if all of them were one arm's
				return nil, nil, err
			}
			if published <= discordance {
				power, err := stats.PowerMcNemar(published, discordance, n)
				if err != nil {
					return nil, nil, err
				}
				need, err := stats.SampleSizeMcNemar(published, discordance, 0.8)
				if err != nil {
					return nil, nil, err
				}
				row[4], row[5] = fixed(100*power.MidP, 0), grouped(int(math.Ceil(need)))
			}
		}
		rows = append(rows, row)
	}
	return []string{"arms", "pictures that tell them apart", "shown with 80 % power from, points", "published difference, points", "power for it, %", "pictures it takes"}, rows, nil
}

// SayPairs says what PairsTable's tests of the thesis' four arms add up to beside Cochran's Q, which asks
// whether all are equally accurate: the pair that is furthest apart, and how many differ once the p-values
// are corrected for the number of pairs (Holm 1979).
func SayPairs(summaries []trial.Summary) (string, error) {
	tests, err := pairTests(summaries, comparedPairs)
	if err != nil || len(tests) < 2 {
		return "", err
	}
	differ, alone, first := 0, 0, tests[0]
	for _, t := range tests {
		if t.holm < 1-stats.Level {
			differ++
		}
		if t.d.P < 1-stats.Level {
			alone++
		}
		if t.d.P < first.d.P {
			first = t
		}
	}
	return fmt.Sprintf("Cochran's Q asks whether all arms are equally accurate, not which are not. Pairs that differ at 5 %%: %d of %d each by itself, %d once the p-values are corrected for their number (Holm); the clearest is %s with %s points (%s, corrected %s).",
		alone, len(tests), differ, first, signed(first.d.Value, 1), stats.SayP(first.d.P), stats.SayP(first.holm)), nil
}

// SayDisagreements says on how many pictures hybrid and single of a backbone disagree, and whether the
// metadata are behind that: by how much the hybrid arm's answers change with the mean metadata. What training
// with metadata did to the weights stays there, and cannot be told from what training again would do.
func SayDisagreements(summaries []trial.Summary, backbone string) (string, error) {
	single, hybrid := Arm(summaries, 2, backbone+"-single"), Arm(summaries, 2, backbone+"-hybrid")
	if single == nil || hybrid == nil {
		return "", nil
	}
	if !slices.Equal(single.Last.Files, hybrid.Last.Files) {
		return "", fmt.Errorf("%s and %s were tested on different pictures, expected the same", single.Arm, hybrid.Arm)
	}
	differ := 0
	for i, p := range single.Last.Predicted {
		if p != hybrid.Last.Predicted[i] {
			differ++
		}
	}
	say := fmt.Sprintf("%s and %s disagree on %d of %d pictures.", single.Arm, hybrid.Arm, differ, single.Last.N())
	if ignores, known := ignoresMetadata(hybrid); known && ignores {
		return say + fmt.Sprintf(" In every fold %s gets as many right with the mean metadata as with the pictures' own: its answers hardly hang on them. What training with metadata did to its weights, or merely training again, cannot be told apart here.", hybrid.Arm), nil
	} else if known {
		p := hybrid.Shapley()[0].Accuracy
		return say + fmt.Sprintf(" With the mean metadata in the place of the pictures' own %s gets %s %% right instead of %s. What is left to single is what training with metadata did to the weights, or merely training again: these runs cannot tell the two apart.", hybrid.Arm, fixed(100*p.Picture, 1), fixed(100*p.Both, 1)), nil
	}
	return say + " How much of that the metadata did was not measured.", nil
}

// ignoresMetadata says whether an arm is right as often in every fold with the mean metadata as with the
// pictures' own; known is false where that was not measured.
func ignoresMetadata(s *trial.Summary) (ignores, known bool) {
	ignores = true
	for _, r := range s.Records {
		if r.Shares == nil || len(r.Shares.Baselines) == 0 {
			return false, false
		}
		for _, b := range r.Shares.Baselines {
			if b.Name == trial.TrainingMean && b.Correct.Both != b.Correct.Picture {
				ignores = false
			}
		}
	}
	return ignores, true
}

// SayGourmet puts the published rise of gourmet pictures that the ViT gets right to McNemar's test over every
// overlap of the two arms' errors, in a sentence.
func SayGourmet() (string, error) {
	ref, err := Published()
	if err != nil {
		return "", err
	}
	c := ref.Confusion
	b, err := stats.BoundMcNemar(c.ViTHybrid, c.ViTSingle, ref.PerClass)
	if err != nil {
		return "", err
	}
	verdict := "whatever the overlap of their errors, that cannot be told from chance"
	if b.MidPUpTo >= 0 {
		verdict = fmt.Sprintf("they differ at 5 %% if at most %d pictures tell them apart", b.MidPUpTo)
	}
	return fmt.Sprintf("The published %d and %d of %d gourmet pictures are %d pictures apart: McNemar's mid-p lies between %s and %s, so %s.",
		c.ViTSingle, c.ViTHybrid, ref.PerClass, c.ViTHybrid-c.ViTSingle, stats.FormatP(b.MidP.Low), stats.FormatP(b.MidP.High), verdict), nil
}
