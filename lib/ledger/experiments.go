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
		rows = append(rows, []string{s.Arm, s.Architecture, s.Weights, pixels, fmt.Sprint(s.Epochs), fmt.Sprint(s.Batch), fmt.Sprintf("%.5f", s.Rate), grouped(s.Parameters)})
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
	return []string{"arm", "accuracy", "sd over folds", "macro F1, mean of folds", "macro F1, pooled", "accuracy, best epoch", "F1, best epoch"}, rows
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

// ScoreBars are accuracy and macro F1 after the last epoch (figures 6.1 and 6.2) over the arms, with the
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
		accuracy.AddSD(s.Last.Accuracy, s.Last.AccuracySD, a)
		f1.AddSD(s.Last.F1, s.Last.F1SD, f)
	}
	return arms, accuracy, f1, nil
}

// EpochCurves are the accuracies of each arm by epoch, means over the folds: while training, and, dashed, of
// the test pictures.
func EpochCurves(summaries []trial.Summary) (curves []chart.Curve) {
	for i, s := range summaries {
		training := chart.Curve{Name: s.Arm + " training", Hue: i, Y: s.Mean(func(e trial.Epoch) float64 { return e.TrainAccuracy })}
		test := chart.Curve{Name: s.Arm + " test", Hue: i, Dashed: true, Y: s.Mean(func(e trial.Epoch) float64 { return e.TestAccuracy })}
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
	s := fmt.Sprintf("%s alone is right on %d pictures, %s alone on %d: McNemar p = %.3g (exact), %.3g (mid-p). Difference in accuracy %+.1f points, 95 %% interval %+.1f to %+.1f (Tango 1998). ",
		a.Arm, m.OnlyA, b.Arm, m.OnlyB, m.Exact, m.MidP, d.Value, d.CI.Low, d.CI.High)
	if m.MidP < 0.05 {
		return s + fmt.Sprintf("At 5 %% these runs show a difference, in favour of the arm with the higher accuracy (%+.1f points for %s).", d.Value, a.Arm), nil
	}
	return s + "The difference is not larger than chance gives at 5 %: whether the arms differ cannot be told from these runs.", nil
}

// PairsTable compares arms of experiment 2 picture by picture: hybrid with single, ViT with CNN, and each
// further arm with the one of its backbone that sees the picture alone.
func PairsTable(summaries []trial.Summary) (header []string, rows [][]string, err error) {
	pairs := slices.Clone(comparedPairs)
	for _, s := range summaries {
		if p := [2]string{s.Arm, strings.Split(s.Arm, "-")[0] + "-single"}; p[0] != p[1] && !slices.ContainsFunc(comparedPairs, func(q [2]string) bool { return q[0] == s.Arm && q[1] == p[1] }) {
			pairs = append(pairs, p)
		}
	}
	for _, p := range pairs {
		a, b := Arm(summaries, 2, p[0]), Arm(summaries, 2, p[1])
		if a == nil || b == nil {
			continue
		}
		m, d, err := pairTest(a.Last, b.Last)
		if err != nil {
			return nil, nil, fmt.Errorf("comparing %s with %s: %w", p[0], p[1], err)
		}
		verdict := "no difference shown"
		if m.MidP < 0.05 {
			verdict = "differ"
		}
		rows = append(rows, []string{p[0] + " − " + p[1], fmt.Sprint(m.OnlyA), fmt.Sprint(m.OnlyB), fmt.Sprintf("%+.1f", d.Value),
			fmt.Sprintf("%+.1f to %+.1f", d.CI.Low, d.CI.High), fmt.Sprintf("%.2g", m.MidP), verdict})
	}
	return []string{"arms", "right in the first alone", "in the second alone", "points", "95 %", "McNemar mid-p", "at 5 %"}, rows, nil
}

// comparedPairs are the comparisons of experiment 2.
var comparedPairs = [][2]string{{"cnn-hybrid", "cnn-single"}, {"vit-hybrid", "vit-single"}, {"vit-single", "cnn-single"}, {"vit-hybrid", "cnn-hybrid"}}

// publishedPairs are the same, the arm with the higher published accuracy first.
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
		rows = append(rows, []string{overlap, fmt.Sprint(onlyA), fmt.Sprint(onlyB), fmt.Sprintf("%.2g", m.MidP)})
	}
	return []string{"if", "right in hybrid alone", "right in single alone", "McNemar mid-p"}, rows, nil
}

// PublishedPairsTable puts the published differences of experiment 2 to McNemar's test, each as strong and as
// weak as the overlap of the arms' errors, which is not published, can make it (Discordant).
func PublishedPairsTable() (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	for _, pair := range publishedPairs {
		a, b := ref.Experiment2[publishedKey(pair[0])].Correct, ref.Experiment2[publishedKey(pair[1])].Correct
		var p [2]float64 // strongest and weakest case
		for i, nested := range []bool{true, false} {
			onlyA, onlyB := Discordant(a, b, 3*ref.PerClass, nested)
			m, err := McNemarOf(onlyA, onlyB)
			if err != nil {
				return nil, nil, err
			}
			p[i] = m.MidP
		}
		verdict := "depends on the overlap"
		if p[0] >= 0.05 {
			verdict = "cannot be told from chance, whatever the overlap"
		} else if p[1] < 0.05 {
			verdict = "differ, whatever the overlap"
		}
		rows = append(rows, []string{pair[0] + " – " + pair[1], fmt.Sprintf("%d – %d", a, b), fmt.Sprintf("%.3g", p[0]), fmt.Sprintf("%.3g", p[1]), verdict})
	}
	return []string{"arms", fmt.Sprintf("right of %d", 3*ref.PerClass), "p, strongest case", "p, weakest case", "at 5 %"}, rows, nil
}

// Discussed are all arms of the Current choice that have records, after training those of chapter 7.
func Discussed(ctx context.Context, set *dataset.Set) ([]trial.Summary, error) {
	c, err := trial.Current()
	if err != nil {
		return nil, err
	}
	if _, err := trial.Summaries(ctx, set, trial.Chapter7(c)); err != nil {
		return nil, err
	}
	_, summaries, err := Gather(ctx, set, c)
	return summaries, err
}

// GradientCurves are, of the hybrid arms of experiment 2, the cosine of the backbone's gradient with that of
// the same pictures without their metadata and, dashed, with that of another batch, by update.
func GradientCurves(summaries []trial.Summary) (curves []chart.Curve) {
	for i, name := range []string{"cnn-hybrid", "vit-hybrid"} {
		s := Arm(summaries, 2, name)
		if s == nil {
			continue
		}
		g := s.Gradients()[0] // of the whole backbone
		curves = append(curves, chart.Curve{Name: name + ", picture alone", Hue: i, X: g.X(), Y: g.Mean(trial.BlockGradient.Cosine)})
		floor := g.Mean(trial.BlockGradient.Floor)
		if !slices.ContainsFunc(floor, math.IsNaN) { // a fold of one batch has no other
			curves = append(curves, chart.Curve{Name: name + ", another batch", Hue: i, Dashed: true, X: g.X(), Y: floor})
		}
	}
	return curves
}

// SizeCurves are the accuracies of both arms of experiment 1 by the number of training pictures, means over
// the folds, from the summaries of their learning curves (trial.Curve).
func SizeCurves(summaries []trial.Summary) (curves []chart.Curve, err error) {
	for i, arm := range []string{"cnn-single", "cnn-hybrid"} {
		c := chart.Curve{Name: arm, Hue: i}
		for _, p := range trial.LearningPoints(summaries, 1, arm) {
			d, err := stats.Describe(p.Accuracy)
			if err != nil {
				return nil, fmt.Errorf("%s with %d pictures: %w", arm, p.N, err)
			}
			c.X, c.Y = append(c.X, float64(p.N)), append(c.Y, d.Mean)
		}
		curves = append(curves, c)
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
