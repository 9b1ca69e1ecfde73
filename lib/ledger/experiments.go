package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/chart"
	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// What chapters 5 to 7 and the summary show of trained arms besides the thesis' own tables (Table): a header
// and rows for report.Table, a sentence, or the marks of a figure for package chart.

// ProgramTable sets what the arms of experiment 1 were trained with beside the thesis' program (appendix 10.1).
func ProgramTable(summaries []trial.Summary) (header []string, rows [][]string) {
	s := summaries[0]
	trials := fmt.Sprintf("%d stratified folds, %d pictures to train and %d to test", s.Folds, s.Records[0].Train, s.Records[0].Test)
	rows = [][]string{
		{"network", "EfficientNet-B0, ImageNet weights of Keras", s.Architecture + ", weights " + s.Weights},
		{"picture", "224 × 224", fmt.Sprintf("%d × %d", s.Preprocess.Crop, s.Preprocess.Crop)},
		{"epochs, batch", "15, 32", fmt.Sprintf("%d, %d", s.Epochs, s.Batch)},
		{"trials", "5", trials},
		{"optimizer", "Adam, 0.001 (Keras)", fmt.Sprintf("%s, %g", s.Optimizer, s.Rate)},
	}
	return []string{"", "thesis", "here"}, rows
}

// NetworksTable is what each arm was trained with: network, weights, side of its pictures in pixels, epochs,
// pictures a batch, learning rate and number of trained values.
func NetworksTable(summaries []trial.Summary) (header []string, rows [][]string) {
	for _, s := range summaries {
		pixels := "–" // an arm without pictures
		if s.Preprocess != nil {
			pixels = fmt.Sprint(s.Preprocess.Crop)
		}
		rows = append(rows, []string{s.Arm, s.Architecture, s.Weights, pixels, fmt.Sprint(s.Epochs), fmt.Sprint(s.Batch), rateOf(&s), grouped(s.Parameters)})
	}
	return []string{"arm", "network", "weights", "pixels", "epochs", "batch", "rate", "parameters"}, rows
}

// BestEpochTable sets the last epoch of each arm beside the best one by the test pictures, which flatters.
func BestEpochTable(summaries []trial.Summary) (header []string, rows [][]string) {
	for _, s := range summaries {
		last, best := s.Last, s.Best
		rows = append(rows, []string{s.Arm, percent(last.Accuracy), percent(best.Accuracy), fmt.Sprintf("%+.2f", 100*(best.Accuracy-last.Accuracy)),
			fmt.Sprintf("%.4f", last.Loss), fmt.Sprintf("%.4f", best.Loss)})
	}
	return []string{"arm", "accuracy, last epoch, %", "best epoch, %", "difference, points", "loss, last epoch", "best epoch"}, rows
}

// AveragesTable is the accuracy of each arm and its macro F1 averaged in both ways, the mean of the folds' and
// that of all pictures together, after the last epoch and after each fold's best one; in per cent.
func AveragesTable(summaries []trial.Summary) (header []string, rows [][]string) {
	for _, s := range summaries {
		last, best := s.Last, s.Best
		rows = append(rows, []string{s.Arm, percent(last.Accuracy), percent(last.AccuracySD), percent(last.F1), percent(last.F1Pooled), percent(best.Accuracy), percent(best.F1)})
	}
	return []string{"arm", "accuracy", "sd over folds, points", "macro F1, mean of folds", "macro F1, pooled", "accuracy, best epoch", "F1, best epoch"}, rows
}

// RightTable is how many pictures each arm gets right after the last epoch, with Wilson's 95 % interval.
func RightTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	for _, s := range summaries {
		ci, err := stats.Wilson(s.Last.Correct, s.Last.N())
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", s.Arm, err)
		}
		rows = append(rows, []string{s.Arm, share(s.Last), percent(s.Last.Accuracy), fmt.Sprintf("%.1f to %.1f", 100*ci.Low, 100*ci.High), fmt.Sprintf("%.3f", s.Last.F1)})
	}
	return []string{"arm", "right", "accuracy, %", "95 %, Wilson", "macro F1"}, rows, nil
}

// percent writes a share in per cent.
func percent(x float64) string { return fmt.Sprintf("%.2f", 100*x) }

// publishedScores are an arm's accuracy, loss and macro F1 in Tables 5.1 and 6.1, NaN where there is none.
func publishedScores(ref *Reference, experiment int, arm string) (accuracy, loss, f1 float64) {
	accuracy, loss, f1 = math.NaN(), math.NaN(), math.NaN()
	if p, ok := ref.Experiment1[publishedKey(arm)]; ok && experiment == 1 {
		accuracy, loss = p.AccuracyMean, p.LossMean
	}
	if p, ok := ref.Experiment2[publishedKey(arm)]; ok && experiment == 2 {
		accuracy, f1 = p.Accuracy, p.F1
	}
	return accuracy, loss, f1
}

// LossBars are accuracy and loss after the last epoch (figure 5.1), a bar an arm, with the standard deviation
// over the folds and the published values.
func LossBars(summaries []trial.Summary) ([]chart.Bar, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	var bars []chart.Bar
	for _, s := range summaries {
		accuracy, loss, _ := publishedScores(ref, s.Experiment, s.Arm)
		bar := chart.Bar{Name: s.Arm}
		bar.AddSD(s.Last.Accuracy, s.Last.AccuracySD, accuracy)
		bar.AddSD(s.Last.Loss, s.Last.LossSD, loss)
		bars = append(bars, bar)
	}
	return bars, nil
}

// ScoreBars are accuracy and macro F1 after the last epoch (figures 6.1 and 6.2) over the arms, in per cent, with the
// standard deviation over the folds and the published values.
func ScoreBars(summaries []trial.Summary) (arms []string, accuracy, f1 chart.Bar, err error) {
	ref, err := Published()
	if err != nil {
		return nil, accuracy, f1, err
	}
	accuracy.Name, f1.Name = "accuracy", "macro F1"
	for _, s := range summaries {
		a, _, f := publishedScores(ref, s.Experiment, s.Arm)
		arms = append(arms, s.Arm)
		accuracy.AddSD(100*s.Last.Accuracy, 100*s.Last.AccuracySD, 100*a)
		f1.AddSD(100*s.Last.F1, 100*s.Last.F1SD, 100*f)
	}
	return arms, accuracy, f1, nil
}

// EpochCurves are the accuracies of each arm by epoch in per cent, means over the folds: while training, and, dashed, of
// the test pictures.
func EpochCurves(summaries []trial.Summary) (curves []chart.Curve) {
	for i, s := range summaries {
		training := chart.Curve{Name: s.Arm + " training", Hue: i, Y: s.Mean(func(e trial.Epoch) float64 { return 100 * e.TrainAccuracy })}
		test := chart.Curve{Name: s.Arm + " test", Hue: i, Dashed: true, Y: s.Mean(func(e trial.Epoch) float64 { return 100 * e.TestAccuracy })}
		for e := range s.Epochs {
			training.X = append(training.X, float64(e+1))
		}
		test.X = training.X
		curves = append(curves, training, test)
	}
	return curves
}

// Matrices are the confusion matrices of the arms after the last epoch (figure 6.3).
func Matrices(summaries []trial.Summary) (matrices []chart.Matrix) {
	for _, s := range summaries {
		matrices = append(matrices, chart.Matrix{Name: s.Arm, Counts: s.Last.Confusion})
	}
	return matrices
}

// Differing are up to most pictures of the set to which two arms give different answers, in the order of
// file names, and what they answer.
func Differing(set *dataset.Set, a, b trial.Summary, most int) (samples []int, answers []string) {
	for k, file := range a.Last.Files {
		if p, q := a.Last.Predicted[k], b.Last.Predicted[k]; p != q && len(samples) < most {
			samples = append(samples, slices.IndexFunc(set.Samples, func(s dataset.Sample) bool { return s.File == file }))
			answers = append(answers, fmt.Sprintf("%s: %s, %s: %s", a.Arm, set.Title(a.Genres[p]), b.Arm, set.Title(b.Genres[q])))
		}
	}
	return samples, answers
}

// pairTest is McNemar's test of two arms on the same pictures, and the difference of their accuracies in
// points, as the summary has it.
func pairTest(a, b trial.Result) (m stats.McNemarTest, d stats.Difference, err error) {
	if !slices.Equal(a.Files, b.Files) {
		return m, d, errors.New("they were tested on different pictures, expected the same")
	}
	if m, err = stats.McNemar(a.Truth, a.Predicted, b.Predicted); err != nil {
		return m, d, err
	}
	d, err = paired(m.OnlyA, m.OnlyB, a.N())
	return m, d, err
}

// PicturesTest compares two arms picture by picture after the last epoch: McNemar's test and the
// interval of the difference in accuracy, in sentences.
func PicturesTest(a, b trial.Summary) (string, error) {
	m, d, err := pairTest(a.Last, b.Last)
	if err != nil {
		return "", fmt.Errorf("comparing %s with %s: %w", a.Arm, b.Arm, err)
	}
	s := fmt.Sprintf("%s alone is right on %d pictures, %s alone on %d: McNemar %s (exact), %s (mid-p). Difference in accuracy %s points, 95 %% interval %s (Tango 1998). ",
		a.Arm, m.OnlyA, b.Arm, m.OnlyB, stats.SayP(m.Exact), stats.SayP(m.MidP), signed(d.Value, 1), between(d.CI.Low, d.CI.High, 1))
	if m.MidP < 0.05 {
		return s + fmt.Sprintf("At 5 %% these runs show a difference, in favour of the arm with the higher accuracy (%s points for %s).", signed(d.Value, 1), a.Arm), nil
	}
	return s + "The difference is not larger than chance gives at 5 %: whether the arms differ cannot be told from these runs.", nil
}

// armsTest is McNemar's test of two arms, with its p corrected for the tests beside it.
type armsTest struct {
	a, b *trial.Summary
	m    stats.McNemarTest
	d    stats.Difference // in points
	holm float64
}

func (t armsTest) String() string { return t.a.Arm + " − " + t.b.Arm }

// shares is the difference of the shares of right pictures, which takes margins.
func (t armsTest) shares() (stats.PairedDifference, error) {
	return stats.DifferenceOfPaired(t.m.OnlyA, t.m.OnlyB, t.a.Last.N())
}

// discordance is the share of the pictures that tell the arms apart.
func (t armsTest) discordance() float64 {
	return float64(t.m.OnlyA+t.m.OnlyB) / float64(t.a.Last.N())
}

// published is the difference that the thesis prints for the arms, as a share of the pictures.
func (t armsTest) published(ref *Reference) float64 {
	right := func(s *trial.Summary) int { return ref.Experiment2[publishedKey(s.Arm)].Correct }
	return float64(right(t.a)-right(t.b)) / float64(3*ref.PerClass)
}

// pairTests tests those of the pairs of experiment 2 of which both arms are there.
func pairTests(summaries []trial.Summary, pairs [][2]string) (tests []armsTest, err error) {
	var p []float64
	for _, pair := range pairs {
		a, b := Arm(summaries, 2, pair[0]), Arm(summaries, 2, pair[1])
		if a == nil || b == nil {
			continue
		}
		m, d, err := pairTest(a.Last, b.Last)
		if err != nil {
			return nil, fmt.Errorf("comparing %s with %s: %w", pair[0], pair[1], err)
		}
		tests, p = append(tests, armsTest{a: a, b: b, m: m, d: d}), append(p, d.P)
	}
	adjusted, err := stats.Holm(p)
	for i := range tests {
		tests[i].holm = adjusted[i]
	}
	return tests, err
}

// PairsTable compares arms of experiment 2 picture by picture: the thesis' four each with each, and each
// further arm with the one of its backbone that sees the picture alone. p is also given corrected for the
// number of pairs (Holm 1979), and the verdict is by that.
func PairsTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	pairs := slices.Clone(comparedPairs)
	for _, s := range summaries {
		if single := strings.Split(s.Arm, "-")[0] + "-single"; s.Experiment == 2 && !slices.Contains(thesisArms, s.Arm) && s.Arm != single {
			pairs = append(pairs, [2]string{s.Arm, single})
		}
	}
	tests, err := pairTests(summaries, pairs)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tests {
		verdict := "no difference shown"
		if t.holm < 1-stats.Level {
			verdict = "differ"
		}
		rows = append(rows, []string{t.String(), fmt.Sprint(t.m.OnlyA), fmt.Sprint(t.m.OnlyB), signed(t.d.Value, 1),
			between(t.d.CI.Low, t.d.CI.High, 1), stats.FormatP(t.d.P), stats.FormatP(t.holm), verdict})
	}
	return []string{"arms", "right in the first alone", "in the second alone", "points", "95 %", "McNemar mid-p", "p, Holm", "at 5 %"}, rows, nil
}

// between writes an interval of differences.
func between(low, high float64, digits int) string {
	return signed(low, digits) + " to " + signed(high, digits)
}

// foldAccuracies are an arm's test accuracies after the last epoch, by fold.
func foldAccuracies(s trial.Summary) (x []float64) {
	for _, r := range s.Records {
		x = append(x, r.History[r.Last.Epoch-1].TestAccuracy)
	}
	return x
}

// foldLosses are the mean losses of the same pictures.
func foldLosses(s trial.Summary) (x []float64) {
	for _, r := range s.Records {
		x = append(x, r.History[r.Last.Epoch-1].TestLoss)
	}
	return x
}

// comparedPairs are all pairs of the thesis' arms of experiment 2.
var comparedPairs = [][2]string{
	{"cnn-hybrid", "cnn-single"}, {"vit-hybrid", "vit-single"}, {"vit-single", "cnn-single"}, {"vit-hybrid", "cnn-hybrid"},
	{"vit-hybrid", "cnn-single"}, {"vit-single", "cnn-hybrid"},
}

// publishedPairs are the comparisons that the thesis draws, the arm with the higher published accuracy first.
var publishedPairs = [][2]string{{"cnn-single", "cnn-hybrid"}, {"vit-hybrid", "vit-single"}, {"vit-single", "cnn-single"}, {"vit-hybrid", "cnn-hybrid"}}

// OverlapTable puts the published difference of experiment 1 to McNemar's test in both extremes of the
// overlap of the two arms' errors (Discordant), which is not published.
func OverlapTable() (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	a, b := ref.Experiment1["cnn_hybrid"].Correct, ref.Experiment1["cnn_single"].Correct
	for _, overlap := range []string{"errors nested", "errors apart"} {
		onlyA, onlyB := Discordant(a, b, 3*ref.PerClass, overlap == "errors nested")
		m, err := McNemarOf(onlyA, onlyB)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, []string{overlap, fmt.Sprint(onlyA), fmt.Sprint(onlyB), stats.FormatP(m.MidP)})
	}
	return []string{"if", "right in hybrid alone", "right in single alone", "McNemar mid-p"}, rows, nil
}

// PublishedPairsTable puts the published differences of experiment 2 to McNemar's test (mid-p) over every
// overlap of the arms' errors, which is not published: the smallest and the largest p, and the most pictures
// that may tell the arms apart for the difference to be shown at 5 %.
func PublishedPairsTable() (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	for _, pair := range publishedPairs {
		a, b := ref.Experiment2[publishedKey(pair[0])].Correct, ref.Experiment2[publishedKey(pair[1])].Correct
		m, err := stats.BoundMcNemar(a, b, 3*ref.PerClass)
		if err != nil {
			return nil, nil, err
		}
		verdict := fmt.Sprintf("differ if at most %d pictures tell them apart", m.MidPUpTo)
		if m.MidPUpTo < 0 {
			verdict = "cannot be told from chance, whatever the overlap"
		} else if m.MidPUpTo == m.MostDiscordant {
			verdict = "differ, whatever the overlap"
		}
		rows = append(rows, []string{pair[0] + " − " + pair[1], fmt.Sprintf("%d and %d", a, b), fmt.Sprintf("%d to %d", m.LeastDiscordant, m.MostDiscordant), stats.FormatP(m.MidP.Low), stats.FormatP(m.MidP.High), verdict})
	}
	return []string{"arms", fmt.Sprintf("right of %d", 3*ref.PerClass), "pictures that may tell them apart", "mid-p, strongest case", "mid-p, weakest case", "at 5 %"}, rows, nil
}

// Discussed are all arms of the Current choice that have records, after training those of chapter 7, and the
// repeats and learning curves of experiment 1, whose small steps use one core, while chapter 6 has the other.
func Discussed(ctx context.Context, set *dataset.Set) ([]trial.Summary, error) {
	c, err := trial.Current()
	if err != nil {
		return nil, err
	}
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return nil, err
	}
	var trials []trial.Trial
	for _, arm := range []string{"cnn-single", "cnn-hybrid"} {
		trials = append(trials, trial.Repeats(1, arm, c)...)
		trials = append(trials, trial.Curve(1, arm, c)...)
	}
	if _, err := trial.RunAll(ctx, set, table, append(trials, trial.Chapter7(c)...)); err != nil {
		return nil, err
	}
	_, summaries, err := Gather(ctx, set, c)
	return summaries, err
}

// GradientCurves are, of the hybrid arms of experiment 2, the cosine of the backbone's gradient with that of
// the same pictures without their metadata, by update: means over the folds, and the lowest and the highest.
func GradientCurves(summaries []trial.Summary) (curves []chart.Curve) {
	for i, name := range []string{"cnn-hybrid", "vit-hybrid"} {
		s := Arm(summaries, 2, name)
		if s == nil {
			continue
		}
		g := s.Gradients()[0] // of the whole backbone
		c := chart.Curve{Name: name, Hue: i, X: g.X(), Y: g.Mean(trial.BlockGradient.Cosine)}
		for _, folds := range g.Folds {
			low, high := math.Inf(1), math.Inf(-1)
			for _, f := range folds {
				low, high = min(low, f.Cosine()), max(high, f.Cosine())
			}
			c.Low, c.High = append(c.Low, low), append(c.High, high)
		}
		curves = append(curves, c)
	}
	return curves
}

// SizeCurves are the accuracies of both arms of experiment 1 by the number of training pictures, in per cent
// of all pictures with Wilson's 95 % interval, from the summaries of their learning curves (trial.Curve);
// dashed, the inverse power law through them (stats.FitLearningCurve) up to twice as many pictures as there are.
func SizeCurves(summaries []trial.Summary) (curves []chart.Curve, err error) {
	for i, arm := range []string{"cnn-single", "cnn-hybrid"} {
		c := chart.Curve{Name: arm, Hue: i}
		for _, s := range summaries {
			if s.Experiment != 1 || s.Arm != arm {
				continue
			}
			ci, err := stats.Wilson(s.Last.Correct, s.Last.N())
			if err != nil {
				return nil, fmt.Errorf("%s, %d %%: %w", arm, s.Share, err)
			}
			p := trial.LearningPoints([]trial.Summary{s}, 1, arm)[0]
			at, _ := slices.BinarySearch(c.X, float64(p.N))
			c.X, c.Y = slices.Insert(c.X, at, float64(p.N)), slices.Insert(c.Y, at, 100*float64(s.Last.Correct)/float64(s.Last.N()))
			c.Low, c.High = slices.Insert(c.Low, at, 100*ci.Low), slices.Insert(c.High, at, 100*ci.High)
		}
		if len(c.X) == 0 {
			continue
		}
		curves = append(curves, c)
		fit, err := stats.FitLearningCurve(trial.LearningPoints(summaries, 1, arm))
		if errors.Is(err, stats.ErrConstant) || errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrRange) {
			continue // LearningNeed says so
		}
		if err != nil {
			return nil, fmt.Errorf("the learning curve of %s: %w", arm, err)
		}
		fitted := chart.Curve{Name: arm + ", fitted", Hue: i, Dashed: true, Bare: true}
		first, last := c.X[0], 2*c.X[len(c.X)-1]
		for k := range 41 {
			n := first + (last-first)*float64(k)/40
			fitted.X, fitted.Y = append(fitted.X, n), append(fitted.Y, 100*fit.At(n))
		}
		curves = append(curves, fitted)
	}
	return curves, nil
}

// AccuracyBars are the shares of right pictures (Accuracies) with their intervals, published and, under the
// name of ours, on these data. None are without a complete arm.
func AccuracyBars(summaries []trial.Summary, ours string) (arms []string, bars []chart.Bar, err error) {
	all, err := Accuracies(summaries)
	if err != nil {
		return nil, nil, err
	}
	published, here := chart.Bar{Name: "published"}, chart.Bar{Name: ours}
	for _, a := range all {
		arms = append(arms, a.Arm)
		published.AddInterval(a.Published.Value(), a.Published.Interval.Low, a.Published.Interval.High)
		here.AddInterval(a.Ours.Value(), a.Ours.Interval.Low, a.Ours.Interval.High)
	}
	return arms, []chart.Bar{published, here}, nil
}
