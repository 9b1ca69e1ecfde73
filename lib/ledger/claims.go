package ledger

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"thesis.example/lib/features"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// errNotTrained is wrapped where an arm is missing.
var errNotTrained = errors.New("not measured yet")

// Claims are the claims of the thesis, C1 to C9 and those of section 4.5 that are not among them, each with
// its evidence, published and ours, and the verdicts on both. summaries are of one data set, profile and
// seed; what an arm is missing for is not measured.
func Claims(t *features.Table, summaries []trial.Summary) ([]Claim, error) {
	claims, err := MetadataClaims(t)
	if err != nil {
		return nil, err
	}
	more, err := ExperimentClaims(summaries)
	return append(claims, more...), err
}

// MetadataClaims are those of chapter 4: C1, C2 and the keywords of section 4.5.
func MetadataClaims(t *features.Table) ([]Claim, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	c1 := Claim{ID: "C1", Where: "4.4.1, 4.5", Text: "Saves and likes correlate strongly in dance and travel, hardly in gourmet"}
	for _, genre := range []string{"dance", "travel"} {
		q, err := correlationQuestion(ref, t, genre, "gourmet")
		if err != nil {
			return nil, err
		}
		c1.Questions = append(c1.Questions, q)
	}
	c2 := Claim{ID: "C2", Where: "4.4.2, 4.5", Text: "Dance has by far the most faces; travel is the most saturated"}
	for _, c := range []struct{ column, unit, more, less string }{
		{"face_count", "faces a picture", "dance", "travel"}, {"face_count", "faces a picture", "dance", "gourmet"},
		{"mean_saturation", "saturation (0 to 1)", "travel", "gourmet"}, {"mean_saturation", "saturation (0 to 1)", "travel", "dance"},
	} {
		q, err := meansQuestion(ref, t, c.column, c.unit, c.more, c.less)
		if err != nil {
			return nil, err
		}
		c2.Questions = append(c2.Questions, q)
	}
	k, err := keywordsQuestion(ref, t)
	if err != nil {
		return nil, err
	}
	claims := []Claim{c1, c2, {ID: "4.5-3", Where: "4.4.3, 4.5", Text: "Each genre has keywords of its own", Questions: []Question{k}}}
	for i := range claims {
		claims[i].conclude()
	}
	return claims, nil
}

// of gives the rows of a genre, at least n.
func of(t *features.Table, genre string, n int) (*features.Table, error) {
	part := t.Of(genre)
	if len(part.Rows) < n {
		return nil, fmt.Errorf("what the thesis says of %s %w: %d picture(s) of it, need %d or more", genre, ErrNoGenre, len(part.Rows), n)
	}
	return part, nil
}

// correlationQuestion asks whether log likes and log saves correlate more in one genre than in the other.
func correlationQuestion(ref *Reference, t *features.Table, more, less string) (Question, error) {
	published := func(genre string) float64 {
		line := ref.Section441.Lines[genre]
		return math.Copysign(math.Sqrt(line.R2), line.Slope)
	}
	p, err := stats.CompareCorrelations(published(more), ref.PerClass, published(less), ref.PerClass)
	if err != nil {
		return Question{}, fmt.Errorf("published correlations of %s and %s: %w", more, less, err)
	}
	q := Question{
		Asks: fmt.Sprintf("correlation of log saves and log likes in %s − in %s (r = %.2f and %.2f published)", more, less, published(more), published(less)),
		Unit: "artanh r", Matters: p.Value / 2,
	}
	q.Published = decide(2*ref.PerClass, q.Matters, p)
	q.Ours, err = measured(func() (Answer, error) {
		var r [2]float64
		var n [2]int
		for i, genre := range []string{more, less} {
			part, err := of(t, genre, 4)
			if err != nil {
				return Answer{}, err
			}
			x, y, _ := LogEngagement(part)
			c, err := stats.Pearson(x, y)
			if errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrConstant) {
				return Answer{}, fmt.Errorf("the correlation of %s %w: %w", genre, ErrNoGenre, err)
			}
			if err != nil {
				return Answer{}, fmt.Errorf("correlation of saves and likes, %s: %w", genre, err)
			}
			r[i], n[i] = c.R, c.N
		}
		d, err := stats.CompareCorrelations(r[0], n[0], r[1], n[1])
		if errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrRange) {
			return Answer{}, fmt.Errorf("comparing %s with %s %w: %w", more, less, ErrNoGenre, err)
		}
		if err != nil {
			return Answer{}, err
		}
		a := decide(n[0]+n[1], q.Matters, d)
		a.Note = fmt.Sprintf("r = %.2f and %.2f", r[0], r[1])
		return a, nil
	}())
	return q, err
}

// meansQuestion asks whether the mean of a column is larger in one genre than in the other.
func meansQuestion(ref *Reference, t *features.Table, column, unit, more, less string) (Question, error) {
	published := func(genre string) stats.Moments {
		m := ref.Faces[genre]
		if column == "mean_saturation" {
			m = ref.HSV[genre].Saturation
		}
		return stats.Moments{Mean: m[0], SD: m[1], N: ref.PerClass}
	}
	p, err := stats.Welch(published(more), published(less))
	if err != nil {
		return Question{}, fmt.Errorf("published %s of %s and %s: %w", column, more, less, err)
	}
	q := Question{Asks: fmt.Sprintf("%s in %s − in %s", column, more, less), Unit: unit, Matters: p.Value / 2}
	q.Published = decide(2*ref.PerClass, q.Matters, p)
	q.Ours, err = measured(func() (Answer, error) {
		var m [2]stats.Moments
		for i, genre := range []string{more, less} {
			part, err := of(t, genre, 2)
			if err != nil {
				return Answer{}, err
			}
			x, err := part.Column(column)
			if err != nil {
				return Answer{}, err
			}
			m[i].N = len(x)
			for _, v := range x {
				m[i].Mean += v / float64(len(x))
			}
			for _, v := range x {
				m[i].SD += (v - m[i].Mean) * (v - m[i].Mean) / float64(len(x)-1)
			}
			m[i].SD = math.Sqrt(m[i].SD)
		}
		d, err := stats.Welch(m[0], m[1])
		if errors.Is(err, stats.ErrConstant) {
			return Answer{}, fmt.Errorf("%s of %s and %s %w: %w", column, more, less, ErrNoGenre, err)
		}
		if err != nil {
			return Answer{}, err
		}
		return decide(m[0].N+m[1].N, q.Matters, d), nil
	}())
	return q, err
}

// keywordResamples is how often the pictures are drawn anew.
const keywordResamples = 999

// keywordsQuestion asks whether most of the five most frequent keywords of each genre are among the five
// of no other. The interval is that of pictures drawn with replacement within their genres. It is asked
// of any genres, two or more.
func keywordsQuestion(ref *Reference, t *features.Table) (Question, error) {
	q := Question{Asks: "share of a genre's five most frequent keywords that are in no other genre's five, the lowest of all genres − 1/2", Unit: "share"}
	words := map[string][]string{}
	for genre, top := range ref.Keywords {
		for _, k := range top {
			words[genre] = append(words[genre], k.Word)
		}
	}
	value := ownShare(words) - 0.5

	q.Published = Answer{Verdict: Supported, Value: value, Low: value, High: value, Note: "counts alone are printed, without the pictures: the words decide, and no interval"}
	if value <= 0 {
		q.Published.Verdict = Contradicted
	}
	genres := t.Genres()
	if len(genres) < 2 {
		q.Ours = Answer{Verdict: NotAsked, Note: "one genre alone"}
		return q, nil
	}
	// Each picture's keywords, as numbers, so that drawing pictures is adding counts.
	var names []string
	number := map[string]int{}
	rows := make([][][]int, len(genres)) // [genre][picture][keyword]
	for g, genre := range genres {
		for _, row := range t.Of(genre).Rows {
			var mine []int
			for _, k := range features.Keywords([]features.Row{row}, math.MaxInt) {
				if _, known := number[k.Word]; !known {
					number[k.Word] = len(names)
					names = append(names, k.Word)
				}
				for range k.Count {
					mine = append(mine, number[k.Word])
				}
			}
			rows[g] = append(rows[g], mine)
		}
	}
	share := func(pick func(n int) int) float64 {
		top := map[string][]string{}
		for g, genre := range genres {
			count := make([]int, len(names))
			for i := range rows[g] {
				if pick != nil {
					i = pick(len(rows[g]))
				}
				for _, k := range rows[g][i] {
					count[k]++
				}
			}
			top[genre] = mostFrequent(names, count, 5)
		}
		return ownShare(top) - 0.5
	}
	d := stats.Difference{Value: share(nil)}
	random := rand.New(rand.NewPCG(1, 45))
	values := make([]float64, keywordResamples)
	below, above := 1, 1
	for i := range values {
		values[i] = share(random.IntN)
		if values[i] <= 0 {
			below++
		}
		if values[i] >= 0 {
			above++
		}
	}
	slices.Sort(values)
	d.CI = stats.Interval{Low: values[24], High: values[keywordResamples-25]} // the 25th from either end
	d.P = min(1, 2*float64(min(below, above))/(keywordResamples+1))
	q.Ours = decide(len(t.Rows), q.Matters, d)
	return q, nil
}

// mostFrequent lists the n words with the highest counts above 0 in the order of features.Keywords.
func mostFrequent(words []string, count []int, n int) (top []string) {
	for len(top) < n {
		best := -1
		for i, c := range count {
			if c > 0 && (best < 0 || c > count[best] || c == count[best] && words[i] < words[best]) {
				best = i
			}
		}
		if best < 0 {
			return top
		}
		top = append(top, words[best])
		count[best] = 0
	}
	return top
}

// ownShare is the lowest share, over the genres, of words that no other genre has; 0 where a genre has none.
func ownShare(words map[string][]string) float64 {
	least := 1.0
	for genre, mine := range words {
		own := 0
		for _, w := range mine {
			shared := false
			for other, theirs := range words {
				shared = shared || other != genre && slices.Contains(theirs, w)
			}
			if !shared {
				own++
			}
		}
		least = min(least, float64(own)/float64(max(1, len(mine))))
	}
	return least
}

// ExperimentClaims are those of chapters 5 to 7: C3 to C9.
func ExperimentClaims(summaries []trial.Summary) ([]Claim, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	b := claimBook{ref: ref, summaries: summaries}
	claims := []Claim{
		{ID: "C3", Where: "5.2", Text: "With a frozen backbone, metadata raises CNN accuracy by about 4.3 points and lowers the loss", Questions: []Question{
			b.accuracy(1, "cnn-hybrid", "cnn-single"), b.loss(1, "cnn-single", "cnn-hybrid"),
		}},
		{ID: "C4", Where: "6.2", Text: "With full fine-tuning, metadata lowers CNN accuracy (87.33 to 86.00) and F1", Questions: []Question{
			b.accuracy(2, "cnn-single", "cnn-hybrid"), b.f1(2, "cnn-single", "cnn-hybrid"),
		}},
		{ID: "C5", Where: "6.2", Text: "With full fine-tuning, metadata raises ViT accuracy (91.67 to 92.00) and F1", Questions: []Question{
			b.accuracy(2, "vit-hybrid", "vit-single"), b.f1(2, "vit-hybrid", "vit-single"),
		}},
		{ID: "C4–C5", Where: "6.2, 7.4", Text: "Metadata hurts the CNN and helps the ViT: what it does depends on the network", Questions: []Question{b.interaction()}},
		{ID: "C6", Where: "6.3", Text: "CNN hybrid mistakes travel for dance; the three text dimensions are the cause, not the number of dimensions", Questions: []Question{
			b.taken("cnn-hybrid", "cnn-single", "no counts of figure 6.3 for this"),
			b.taken("cnn-hybrid", "cnn-hybrid-notext", "no run without the text numbers"),
			b.taken("cnn-hybrid", "cnn-hybrid-noise", "no run with as many other numbers"),
		}},
		{ID: "C7", Where: "7.1", Text: "Gradients that come from noisy metadata contaminate the CNN backbone during full fine-tuning", Questions: []Question{
			b.accuracy(2, "cnn-single", "cnn-hybrid"),
			b.accuracy(2, "cnn-hybrid-cut", "cnn-hybrid"),
			b.probe("cnn-single", "cnn-hybrid"),
		}},
		{ID: "C8", Where: "7.2", Text: "ViT features and metadata have a semantic affinity, so simple late fusion works for ViT", Questions: []Question{
			b.accuracy(2, "vit-hybrid", "vit-single"),
			b.accuracy(2, "vit-hybrid", "vit-hybrid-shuffled"),
		}},
		{ID: "C9", Where: "7.3", Text: "Model size may explain part of the gap", Questions: []Question{
			b.accuracy(2, "vit-single", "cnn-single"),
			b.accuracy(2, "vit-single", "tiny-single"),
		}},
	}
	if b.err != nil {
		return nil, b.err
	}
	for i := range claims {
		claims[i].conclude()
	}
	return claims, nil
}

// claimBook makes questions about arms; the first error stays.
type claimBook struct {
	ref       *Reference
	summaries []trial.Summary
	err       error
}

// arms are complete summaries that were tested on the same pictures.
func (b *claimBook) arms(experiment int, names ...string) ([]*trial.Summary, error) {
	arms := make([]*trial.Summary, len(names))
	for i, name := range names {
		if arms[i] = Arm(b.summaries, experiment, name); arms[i] == nil {
			return nil, fmt.Errorf("experiment %d, %s is %w: `go run ./lib/cmd/thesis trial -exp %[1]d -arm %[2]s` trains it", experiment, name, errNotTrained)
		}
		if !slices.Equal(arms[i].Last.Files, arms[0].Last.Files) {
			return nil, fmt.Errorf("comparing %s with %s: they were tested on different pictures, expected the same", names[0], name)
		}
	}
	return arms, nil
}

// answer keeps the first error that is not one of missing data.
func (b *claimBook) answer(a Answer, err error) Answer {
	a, err = measured(a, err)
	if b.err == nil {
		b.err = err
	}
	return a
}

// correct is how many of 300 the thesis says that an arm gets right.
func (b *claimBook) correct(experiment int, arm string) (int, bool) {
	key := publishedKey(arm)
	if experiment == 1 {
		p, ok := b.ref.Experiment1[key]
		return p.Correct, ok
	}
	p, ok := b.ref.Experiment2[key]
	return p.Correct, ok
}

// accuracy asks whether the arm more is right more often than the arm less.
func (b *claimBook) accuracy(experiment int, more, less string) Question {
	q := Question{Asks: fmt.Sprintf("accuracy of %s − %s, experiment %d", more, less, experiment), Unit: "points"}
	k, ok := b.correct(experiment, more)
	l, ok2 := b.correct(experiment, less)
	if n := 3 * b.ref.PerClass; ok && ok2 {
		q.Matters = 100 * float64(k-l) / float64(n) / 2
		cases, err := publishedPair(k, l, n)
		if err == nil {
			q.Published = decide(n, q.Matters, cases...)
			least := max(k-l, l-k)
			q.Published.Note = fmt.Sprintf("%d and %d of %d right; how the arms overlap is not printed: p is %.2g at least", k, l, n, leastP(least))
		}
		b.answer(Answer{}, err)
	} else {
		q.Published = notPublished("no such pair of arms")
	}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(experiment, more, less)
		if err != nil {
			return Answer{}, err
		}
		return b.pairedAnswer(q.Matters, arms[0].Last, arms[1].Last)
	}())
	return q
}

// publishedKey is an arm's key in the reference.
func publishedKey(arm string) string { return strings.ReplaceAll(arm, "-", "_") }

// leastP is McNemar's mid-p of two arms whose errors are nested: the smallest that the counts allow.
func leastP(difference int) float64 {
	m, err := McNemarOf(difference, 0)
	if err != nil {
		return math.NaN()
	}
	return m.MidP
}

func (b *claimBook) pairedAnswer(matters float64, more, less trial.Result) (Answer, error) {
	m, err := stats.McNemar(more.Truth, more.Predicted, less.Predicted)
	if err != nil {
		return Answer{}, err
	}
	d, err := paired(m.OnlyA, m.OnlyB, len(more.Truth))
	if err != nil {
		return Answer{}, err
	}
	a := decide(len(more.Truth), matters, d)
	a.Note = fmt.Sprintf("%d right in the first alone, %d in the second alone", m.OnlyA, m.OnlyB)
	if a.Verdict == Open && matters > 0 {
		a.Note = need(2*matters, m.OnlyA, m.OnlyB, len(more.Truth))
	}
	return a, nil
}

// loss asks whether the loss of the arm more is larger, fold by fold.
func (b *claimBook) loss(experiment int, more, less string) Question {
	q := Question{Asks: fmt.Sprintf("loss of %s − %s, experiment %d, over folds", more, less, experiment), Unit: "nats"}
	k, l := b.ref.Experiment1[publishedKey(more)], b.ref.Experiment1[publishedKey(less)]
	n := 3 * b.ref.PerClass
	q.Matters = (k.LossMean - l.LossMean) / 2
	together, against, err := stats.CorrectedTOf(stats.Moments{Mean: k.LossMean, SD: k.LossStd, N: trial.Folds}, stats.Moments{Mean: l.LossMean, SD: l.LossStd, N: trial.Folds}, n-n/trial.Folds, n/trial.Folds)
	if err == nil {
		q.Published = decide(n, q.Matters, together, against)
		q.Published.Note = "means and deviations over the trials; how the arms go together is not printed"
	}
	b.answer(Answer{}, err)
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(experiment, more, less)
		if err != nil {
			return Answer{}, err
		}
		x, y := lossesOf(*arms[0]), lossesOf(*arms[1])
		d := make([]float64, len(x))
		var m stats.Moments
		for i := range x {
			d[i] = x[i] - y[i]
			m.Mean += d[i] / float64(len(d))
		}
		for i := range d {
			m.SD += (d[i] - m.Mean) * (d[i] - m.Mean) / float64(len(d))
		}
		m.SD, m.N = math.Sqrt(m.SD), len(d)
		r := arms[0].Records[0]
		one, _, err := stats.CorrectedTOf(m, stats.Moments{N: len(d)}, r.Train, r.Test)
		if errors.Is(err, stats.ErrRange) {
			return Answer{}, fmt.Errorf("the difference is the same in every fold: %w", errNotTrained)
		}
		if err != nil {
			return Answer{}, err
		}
		return decide(arms[0].Last.N(), q.Matters, one), nil
	}())
	return q
}

// lossesOf are the test losses after the last epoch, by fold.
func lossesOf(s trial.Summary) (x []float64) {
	for _, r := range s.Records {
		x = append(x, r.History[r.Last.Epoch-1].TestLoss)
	}
	return x
}

// f1 asks whether the macro F1 of the arm more, pooled over the folds, is larger.
func (b *claimBook) f1(experiment int, more, less string) Question {
	k, l := b.ref.Experiment2[publishedKey(more)], b.ref.Experiment2[publishedKey(less)]
	q := Question{Asks: fmt.Sprintf("macro F1 of %s − %s, experiment %d", more, less, experiment), Unit: "points", Matters: 100 * (k.F1 - l.F1) / 2}
	q.Published = Answer{Verdict: Open, N: 3 * b.ref.PerClass, Value: 100 * (k.F1 - l.F1), Low: math.Inf(-1), High: math.Inf(1), P: 1,
		Note: "printed without a spread"}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(experiment, more, less)
		if err != nil {
			return Answer{}, err
		}
		x, y := arms[0].Last, arms[1].Last
		d, err := stats.CompareMetric(x.Truth, x.Predicted, y.Predicted, len(arms[0].Genres), stats.MacroF1, 1)
		if err != nil {
			return Answer{}, err
		}
		return decide(x.N(), q.Matters, scaledBy(stats.Difference{Value: d.Difference.Value, CI: d.Difference.Percentile, P: d.P}, 100)), nil
	}())
	return q
}

// interaction asks whether metadata changes the ViT's accuracy by more than the CNN's.
func (b *claimBook) interaction() Question {
	q := Question{Asks: "(vit-hybrid − vit-single) − (cnn-hybrid − cnn-single), experiment 2", Unit: "points"}
	n := 3 * b.ref.PerClass
	var k [4]int
	for i, arm := range []string{"vit-hybrid", "vit-single", "cnn-hybrid", "cnn-single"} {
		k[i], _ = b.correct(2, arm)
	}
	bounds, err := stats.BoundInteraction(k[0], k[1], k[2], k[3], n)
	b.answer(Answer{}, err)
	q.Matters = 100 * bounds.Difference / 2
	var cases []stats.Difference
	for _, end := range []struct {
		p      float64
		counts [2]int
	}{{bounds.MidP.Low, bounds.AtLow}, {bounds.MidP.High, bounds.AtHigh}} {
		variance := float64(end.counts[0]+4*end.counts[1])/float64(n) - bounds.Difference*bounds.Difference
		half := 1.959964 * math.Sqrt(max(0, variance)/float64(n))
		d := stats.Difference{Value: bounds.Difference, CI: stats.Interval{Low: bounds.Difference - half, High: bounds.Difference + half}, P: end.p}
		cases = append(cases, scaledBy(d, 100))
	}
	q.Published = decide(n, q.Matters, cases...)
	q.Published.Note = fmt.Sprintf("how the arms overlap is not printed: p is %.2g at least", bounds.MidP.Low)
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(2, "vit-hybrid", "vit-single", "cnn-hybrid", "cnn-single")
		if err != nil {
			return Answer{}, err
		}
		t, err := stats.Interaction(arms[0].Last.Truth, arms[0].Last.Predicted, arms[1].Last.Predicted, arms[2].Last.Predicted, arms[3].Last.Predicted, 1)
		if err != nil {
			return Answer{}, err
		}
		return decide(t.N, q.Matters, scaledBy(stats.Difference{Value: t.Difference.Value, CI: t.Difference.Percentile, P: t.MidP}, 100)), nil
	}())
	return q
}

// taken asks whether the arm more takes travel for dance more often.
func (b *claimBook) taken(more, less, why string) Question {
	q := Question{Asks: fmt.Sprintf("travel taken for dance by %s − %s, experiment 2", more, less), Unit: "points", Published: notPublished(why)}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(2, more, less)
		if err != nil {
			return Answer{}, err
		}
		m, err := TakenFor(*arms[0], *arms[1], "travel", "dance")
		if err != nil {
			return Answer{}, err
		}
		return m.answer()
	}())
	return q
}

// probe asks whether a linear classifier on the trained backbone of the arm more is right more often.
func (b *claimBook) probe(more, less string) Question {
	q := Question{Asks: fmt.Sprintf("linear probe of the backbone after %s − after %s, experiment 2", more, less), Unit: "points", Published: notPublished("no probe of a backbone")}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(2, more, less)
		if err != nil {
			return Answer{}, err
		}
		for _, a := range arms {
			if a.Probe == nil {
				return Answer{}, fmt.Errorf("the probe of %s is %w", a.Arm, errNotTrained)
			}
		}
		return b.pairedAnswer(q.Matters, *arms[0].Probe, *arms[1].Probe)
	}())
	return q
}
