package ledger

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// errNotTrained is wrapped where an arm is missing.
var errNotTrained = errors.New("not trained")

// Claims are the claims of the thesis, those of data/reference/thesis.json (C1 to C9) and further ones of its
// text that numbers can be asked about, each with its evidence, published and ours, and the verdicts on both.
// summaries are of one data set, profile and seed; what an arm is missing for is not measured.
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
	c1 := Claim{ID: "C1", Where: "4.4.1, 4.5", Text: "Saves and likes correlate strongly in dance and travel, hardly in gourmet",
		Note: "The published tests take all pictures of a genre for counted. One without likes has no logarithm, and table 4.2 has such: fewer may have been counted."}
	for _, genre := range []string{"dance", "travel"} {
		q, err := correlationQuestion(ref, t, genre, "gourmet")
		if err != nil {
			return nil, err
		}
		c1.Questions = append(c1.Questions, q)
	}
	weak, err := weakQuestion(ref, t, "gourmet")
	if err != nil {
		return nil, err
	}
	c1.Questions = append(c1.Questions, weak)
	c2 := Claim{ID: "C2", Where: "4.4.2, 4.5", Text: "Dance has by far the most faces; travel is the most saturated"}
	for _, c := range []struct{ column, name, unit, more, less string }{
		{"face_count", "faces a picture", "faces", "dance", "travel"}, {"face_count", "faces a picture", "faces", "dance", "gourmet"},
		{"mean_saturation", "mean saturation", "shares of 1", "travel", "gourmet"}, {"mean_saturation", "mean saturation", "shares of 1", "travel", "dance"},
	} {
		q, err := meansQuestion(ref, t, c.column, c.name, c.unit, c.more, c.less)
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

// publishedR is the correlation of log saves and log likes in a genre.
func (r *Reference) publishedR(genre string) float64 {
	line := r.Section441.Lines[genre]
	return math.Copysign(math.Sqrt(line.R2), line.Slope)
}

// engagementR is the correlation of log saves and log likes in a genre of t.
func engagementR(t *features.Table, genre string) (stats.Correlation, error) {
	part, err := of(t, genre, 4)
	if err != nil {
		return stats.Correlation{}, err
	}
	x, y, _ := LogEngagement(part)
	c, err := stats.Pearson(x, y)
	if errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrConstant) {
		return c, fmt.Errorf("the correlation of %s %w: %w", genre, ErrNoGenre, err)
	}
	if err != nil {
		return c, fmt.Errorf("correlation of saves and likes, %s: %w", genre, err)
	}
	return c, nil
}

// correlationQuestion asks whether log likes and log saves correlate more in one genre than in the other.
func correlationQuestion(ref *Reference, t *features.Table, more, less string) (Question, error) {
	p, err := stats.CompareCorrelations(ref.publishedR(more), ref.PerClass, ref.publishedR(less), ref.PerClass)
	if err != nil {
		return Question{}, fmt.Errorf("published correlations of %s and %s: %w", more, less, err)
	}
	q := Question{Asks: fmt.Sprintf("correlation r of log saves and log likes in %s − in %s", more, less), Unit: "artanh r", Matters: p.Value / 2}
	q.Published = decide(2*ref.PerClass, q.Matters, p)
	q.Published.Note = fmt.Sprintf("r = %.2f and %.2f", ref.publishedR(more), ref.publishedR(less))
	q.Ours, err = measured(func() (Answer, error) {
		a, err := engagementR(t, more)
		if err != nil {
			return Answer{}, err
		}
		b, err := engagementR(t, less)
		if err != nil {
			return Answer{}, err
		}
		d, err := stats.CompareCorrelations(a.R, a.N, b.R, b.N)
		if errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrRange) {
			return Answer{}, fmt.Errorf("comparing %s with %s %w: %w", more, less, ErrNoGenre, err)
		}
		if err != nil {
			return Answer{}, err
		}
		answer := decide(a.N+b.N, q.Matters, d)
		answer.Note = fmt.Sprintf("r = %.2f and %.2f", a.R, b.R)
		return answer, nil
	}())
	return q, err
}

// strongR is where a correlation is no longer "hardly" one: the one quantity explains a quarter of the
// other's variance.
const strongR = 0.5

// weakQuestion asks whether log likes and log saves hardly correlate in a genre, which is taken for less than
// strongR.
func weakQuestion(ref *Reference, t *features.Table, genre string) (Question, error) {
	q := Question{Asks: fmt.Sprintf("%g − r in %s: does the one explain less than a quarter of the other's variance", strongR, genre), Unit: "artanh r"}
	answer := func(r float64, n int) (stats.Difference, string, error) {
		d, err := stats.CorrelationBelow(r, n, strongR)
		if err != nil {
			return d, "", err
		}
		zero, err := stats.CorrelationBelow(r, n, 0)
		return d, fmt.Sprintf("r = %.2f (none at all: %s)", r, stats.SayP(zero.P)), err
	}
	d, note, err := answer(ref.publishedR(genre), ref.PerClass)
	if err != nil {
		return q, fmt.Errorf("published correlation of %s: %w", genre, err)
	}
	q.Matters = d.Value / 2
	q.Published = decide(ref.PerClass, q.Matters, d)
	q.Published.Note = note
	q.Ours, err = measured(func() (Answer, error) {
		c, err := engagementR(t, genre)
		if err != nil {
			return Answer{}, err
		}
		d, note, err := answer(c.R, c.N)
		if errors.Is(err, stats.ErrTooFew) || errors.Is(err, stats.ErrRange) {
			return Answer{}, fmt.Errorf("the correlation of %s %w: %w", genre, ErrNoGenre, err)
		}
		if err != nil {
			return Answer{}, err
		}
		a := decide(c.N, q.Matters, d)
		a.Note = note
		return a, nil
	}())
	return q, err
}

// meansQuestion asks whether the mean of a column is larger in one genre than in the other.
func meansQuestion(ref *Reference, t *features.Table, column, name, unit, more, less string) (Question, error) {
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
	q := Question{Asks: fmt.Sprintf("%s in %s − in %s", name, more, less), Unit: unit, Matters: p.Value / 2}
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
	q := Question{Asks: "share of a genre's five most frequent keywords that are in no other genre's five, the lowest of all genres − 1/2", Unit: "shares of 1"}
	words := map[string][]string{}
	for genre, top := range ref.Keywords {
		for _, k := range top {
			words[genre] = append(words[genre], k.Word)
		}
	}
	value := ownShare(words) - 0.5

	q.Published = Answer{Verdict: Supported, Value: value, Low: value, High: value, Note: "of the words alone: counts without pictures have no interval"}
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
	d.At = func(confidence float64) stats.Interval {
		k := int(math.Round((1 - confidence) / 2 * (keywordResamples + 1))) // the 25th from either end at 95 %
		return stats.Interval{Low: values[k-1], High: values[keywordResamples-k]}
	}
	d.CI = d.At(stats.Level)
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

// ExperimentClaims are those of chapters 5 to 7, from C3 on.
func ExperimentClaims(summaries []trial.Summary) ([]Claim, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	return (&claimBook{ref: ref, summaries: summaries}).claims()
}

// claimBook makes questions about arms; the first error stays.
type claimBook struct {
	ref       *Reference
	summaries []trial.Summary
	err       error
	published map[string]Answer // of interactions, which take long to bound
}

func (b *claimBook) claims() ([]Claim, error) {
	single, hybrid := arm{2, "cnn-single"}, arm{2, "cnn-hybrid"}
	vitSingle, vitHybrid := arm{2, "vit-single"}, arm{2, "vit-hybrid"}
	claims := []Claim{
		{ID: "C3", Where: "5.2", Text: "With a frozen backbone, metadata raises CNN accuracy by about 4.3 points and lowers the loss",
			Note: "Not metadata alone: in the thesis' program single has augmentation, the network's preprocessing and a dropout of 0.3 behind its hidden layer; hybrid has neither of the first two, and a dropout of 0.5 before it.",
			Questions: []Question{
				b.accuracy(arm{1, "cnn-hybrid"}, arm{1, "cnn-single"}), b.loss(1, "cnn-single", "cnn-hybrid"),
			}},
		{ID: "C4", Where: "6.2", Text: "With full fine-tuning, metadata lowers CNN accuracy (87.33 to 86.00) and F1", Questions: []Question{
			b.accuracy(single, hybrid), b.f1(2, "cnn-single", "cnn-hybrid").as(Aside),
		}},
		{ID: "C5", Where: "6.2", Text: "With full fine-tuning, metadata raises ViT accuracy (91.67 to 92.00) and F1", Questions: []Question{
			b.accuracy(vitHybrid, vitSingle), b.f1(2, "vit-hybrid", "vit-single").as(Aside),
		}},
		{ID: "C4–C5", Where: "6.2, 7.4", Text: "What metadata does depends on the network: more good, or less harm, to the ViT than to the CNN",
			Note:      "That it hurts the one and helps the other is more than this: C4 and C5 ask it.",
			Questions: []Question{b.interaction(vitHybrid, vitSingle, hybrid, single, "")}},
		{ID: "C6", Where: "6.3", Text: "CNN hybrid mistakes travel for dance; the three text dimensions are the cause, not the number of dimensions", Questions: []Question{
			b.taken("cnn-hybrid", "cnn-single", "no counts of figure 6.3 for this"),
			b.taken("cnn-hybrid", "cnn-hybrid-notext", "no run without the text numbers").as(Cause),
			b.taken("cnn-hybrid", "cnn-hybrid-noise", "no run with as many other numbers").as(Cause),
		}},
		{ID: "C7", Where: "7.1", Text: "Gradients that come from noisy metadata contaminate the CNN backbone during full fine-tuning",
			Note: "The cut arms' backbone learns from a linear head of its own and gets no gradient through metadata. That changes the loss too, with and without metadata alike; so single is cut as well, and the two harms are compared. Whether there is harm at all is C4.",
			Questions: []Question{
				b.interaction(arm{2, "cnn-hybrid-cut"}, arm{2, "cnn-single-cut"}, hybrid, single, "no run in which metadata's gradient is kept from the backbone"),
				b.probe("cnn-single", "cnn-hybrid", "cnn-logistic"),
			}},
		{ID: "C8", Where: "7.2", Text: "ViT features and metadata have a semantic affinity, so simple late fusion works for ViT", Questions: []Question{
			b.accuracy(vitHybrid, vitSingle),
			b.accuracy(vitHybrid, arm{2, "vit-hybrid-shuffled"}).as(Cause),
		}},
		{ID: "C9", Where: "7.3", Text: "Model size may explain part of the gap between CNN and ViT", Questions: []Question{
			b.accuracy(vitSingle, single).as(Premise),
			b.accuracy(vitSingle, arm{2, "tiny-single"}).as(Cause),
		}},
		{ID: "C10", Where: "7.4", Text: "The ViT with metadata is more accurate than the CNN with metadata (92.00 against 86.00)",
			Note:      "A difference of networks, not one that metadata made: C4–C5 asks for that.",
			Questions: []Question{b.accuracy(vitHybrid, hybrid)}},
		{ID: "C11", Where: "5.2, 7.1.1", Text: "Metadata does more good, or less harm, to the CNN with a frozen backbone than with full fine-tuning",
			Note:      "The experiments differ in more than freezing: in the numbers of the metadata, the head, the learning rate and, in the thesis, the software.",
			Questions: []Question{b.interaction(arm{1, "cnn-hybrid"}, arm{1, "cnn-single"}, hybrid, single, "")}},
		{ID: "C12", Where: "6.3", Text: "Metadata raises what the ViT gets right of gourmet (96 to 98 of 100)", Questions: []Question{
			b.gourmet(vitHybrid, vitSingle),
		}},
		{ID: "C13", Where: "7.1.1", Text: "The metadata carries no consistent signal of the genre",
			Note:      "That there is none can be contradicted, and no number of pictures can support it. The arm sees all 16 numbers, colours among them; of the impressions alone there is no arm.",
			Questions: []Question{b.guessing()}},
	}
	if b.err != nil {
		return nil, b.err
	}
	for i := range claims {
		claims[i].conclude()
	}
	return claims, nil
}

// arm names one of an experiment.
type arm struct {
	experiment int
	name       string
}

// arms are complete summaries that were tested on the same pictures.
func (b *claimBook) arms(wanted ...arm) ([]*trial.Summary, error) {
	arms := make([]*trial.Summary, len(wanted))
	missing := map[int][]string{}
	for i, w := range wanted {
		arms[i] = Arm(b.summaries, w.experiment, w.name)
		switch {
		case arms[i] == nil:
			missing[w.experiment] = append(missing[w.experiment], w.name)
		case arms[0] != nil && !slices.Equal(arms[i].Last.Files, arms[0].Last.Files):
			return nil, fmt.Errorf("comparing %s with %s: they were tested on different pictures, expected the same", wanted[0].name, w.name)
		}
	}
	if len(missing) > 0 {
		var of []string
		for _, experiment := range slices.Sorted(maps.Keys(missing)) {
			of = append(of, fmt.Sprintf("experiment %d, %s", experiment, strings.Join(missing[experiment], ", ")))
		}
		return nil, fmt.Errorf("%w: %s", errNotTrained, strings.Join(of, "; "))
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

// pictures is how many the thesis tests each arm on.
func (b *claimBook) pictures() int { return len(b.ref.Classes) * b.ref.PerClass }

// correct is how many of its pictures the thesis' mean accuracy of an arm comes to.
func (b *claimBook) correct(of arm) (int, bool) {
	key := publishedKey(of.name)
	if of.experiment == 1 {
		p, ok := b.ref.Experiment1[key]
		return p.Correct, ok
	}
	p, ok := b.ref.Experiment2[key]
	return p.Correct, ok
}

// accuracy asks whether the arm more is right more often than the arm less.
func (b *claimBook) accuracy(more, less arm) Question {
	q := Question{Asks: fmt.Sprintf("accuracy of %s − %s, experiment %d", more.name, less.name, more.experiment), Unit: "points"}
	k, ok := b.correct(more)
	l, ok2 := b.correct(less)
	if ok && ok2 {
		b.publishedCounts(&q, k, l, b.pictures())
	} else {
		q.Published = notPublished("no such pair of arms")
	}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(more, less)
		if err != nil {
			return Answer{}, err
		}
		a, err := pairedAnswer(q.Matters, arms[0].Last, arms[1].Last)
		for i, s := range arms {
			single := arms[1-i].Arm
			if ignores, _ := ignoresMetadata(s); ignores && strings.HasSuffix(s.Arm, "-hybrid") && single == strings.TrimSuffix(s.Arm, "hybrid")+"single" {
				a.Note += fmt.Sprintf("; %s is right as often with all metadata at the mean: two training runs differ, not what they see", s.Arm)
			}
		}
		return a, err
	}())
	return q
}

// publishedCounts sets what matters and the published answer from two counts of n pictures.
func (b *claimBook) publishedCounts(q *Question, k, l, n int) {
	q.Matters = 100 * float64(k-l) / float64(n) / 2
	cases, err := publishedPair(k, l, n)
	if b.answer(Answer{}, err); err != nil {
		return
	}
	q.Published = decide(n, q.Matters, cases...)
	q.Published.Note = fmt.Sprintf("%d and %d of %d right; p %s to %s by their overlap", k, l, n, stats.FormatP(cases[0].P), stats.FormatP(cases[1].P))
}

// publishedKey is an arm's key in the reference.
func publishedKey(arm string) string { return strings.ReplaceAll(arm, "-", "_") }

func pairedAnswer(matters float64, more, less trial.Result) (Answer, error) {
	m, err := stats.McNemar(more.Truth, more.Predicted, less.Predicted)
	if err != nil {
		return Answer{}, err
	}
	return pairedCounts(matters, m, len(more.Truth))
}

func pairedCounts(matters float64, m stats.McNemarTest, n int) (Answer, error) {
	d, err := paired(m.OnlyA, m.OnlyB, n)
	if err != nil {
		return Answer{}, err
	}
	a := decide(n, matters, d)
	a.Note = fmt.Sprintf("%d right in the first alone, %d in the second alone", m.OnlyA, m.OnlyB)
	if a.Verdict == Open && matters > 0 {
		a.Note = need(a, 2*matters, m.OnlyA, m.OnlyB, n)
	}
	return a, nil
}

// loss asks whether the loss of the arm more is larger, fold by fold.
func (b *claimBook) loss(experiment int, more, less string) Question {
	q := Question{Asks: fmt.Sprintf("loss of %s − %s, experiment %d, over folds", more, less, experiment), Unit: "nats"}
	k, l := b.ref.Experiment1[publishedKey(more)], b.ref.Experiment1[publishedKey(less)]
	n := b.pictures()
	q.Matters = (k.LossMean - l.LossMean) / 2
	together, against, err := stats.CorrectedTOf(stats.Moments{Mean: k.LossMean, SD: k.LossStd, N: trial.Folds}, stats.Moments{Mean: l.LossMean, SD: l.LossStd, N: trial.Folds}, n-n/trial.Folds, n/trial.Folds)
	if b.answer(Answer{}, err); err == nil {
		q.Published = decide(n, q.Matters, together, against)
		q.Published.Note = "by how the arms go together over the trials"
	}
	q.Ours = b.answer(b.overFolds(q.Matters, experiment, more, less, func(s *trial.Summary, r *trial.Record) (float64, error) {
		return r.History[r.Last.Epoch-1].TestLoss, nil
	}))
	return q
}

// overFolds compares a number that two arms have in each fold, by the corrected resampled t test.
func (b *claimBook) overFolds(matters float64, experiment int, more, less string, of func(*trial.Summary, *trial.Record) (float64, error)) (Answer, error) {
	arms, err := b.arms(arm{experiment, more}, arm{experiment, less})
	if err != nil {
		return Answer{}, err
	}
	var x [2][]float64
	for i, s := range arms {
		for _, r := range s.Records {
			v, err := of(s, r)
			if err != nil {
				return Answer{}, err
			}
			x[i] = append(x[i], v)
		}
	}
	var m stats.Moments
	m.N = len(x[0])
	for i := range x[0] {
		m.Mean += (x[0][i] - x[1][i]) / float64(m.N)
	}
	for i := range x[0] {
		d := x[0][i] - x[1][i] - m.Mean
		m.SD += d * d / float64(m.N)
	}
	m.SD = math.Sqrt(m.SD)
	r := arms[0].Records[0]
	d, _, err := stats.CorrectedTOf(m, stats.Moments{N: m.N}, r.Train, r.Test)
	if errors.Is(err, stats.ErrRange) {
		return Answer{}, fmt.Errorf("the difference of %s and %s over folds %w: it is the same in each", more, less, ErrNoGenre)
	}
	if err != nil {
		return Answer{}, err
	}
	return decide(arms[0].Last.N(), matters, d), nil
}

// f1 asks whether the macro F1 of the arm more, the mean of the folds', is larger, as table 6.1 has it.
func (b *claimBook) f1(experiment int, more, less string) Question {
	k, l := b.ref.Experiment2[publishedKey(more)], b.ref.Experiment2[publishedKey(less)]
	q := Question{Asks: fmt.Sprintf("macro F1 of %s − %s, experiment %d, over folds", more, less, experiment), Unit: "points", Matters: 100 * (k.F1 - l.F1) / 2}
	q.Published = Answer{Verdict: Open, N: b.pictures(), Value: 100 * (k.F1 - l.F1), Low: math.Inf(-1), High: math.Inf(1), P: 1,
		Note: "no spread; hybrid's is impossible with its accuracy"}
	q.Ours = b.answer(b.overFolds(q.Matters, experiment, more, less, func(s *trial.Summary, r *trial.Record) (float64, error) {
		var truth, predicted []int
		for _, p := range r.Last.Pictures {
			truth, predicted = append(truth, slices.Index(s.Genres, p.Truth)), append(predicted, slices.Index(s.Genres, p.Predicted))
		}
		confusion, err := stats.ConfusionMatrix(truth, predicted, len(s.Genres))
		if err != nil {
			return 0, fmt.Errorf("macro F1 of %s, fold %d: %w", s.Arm, r.Fold, err)
		}
		return 100 * stats.MacroF1(confusion), nil
	}))
	return q
}

// interaction asks whether metadata changes the accuracy by more from aWithout to aWith than from bWithout to
// bWith. notPrinted says what the thesis does not print, "" where it prints the counts of all four.
func (b *claimBook) interaction(aWith, aWithout, bWith, bWithout arm, notPrinted string) Question {
	pair := func(with, without arm) string {
		if aWith.experiment != bWith.experiment {
			return fmt.Sprintf("(%s − %s, experiment %d)", with.name, without.name, with.experiment)
		}
		return fmt.Sprintf("(%s − %s)", with.name, without.name)
	}
	q := Question{Asks: "accuracy of " + pair(aWith, aWithout) + " − " + pair(bWith, bWithout), Unit: "points"}
	if aWith.experiment == bWith.experiment {
		q.Asks += fmt.Sprintf(", experiment %d", aWith.experiment)
	}
	if notPrinted == "" {
		q.Published = b.publishedInteraction(&q, aWith, aWithout, bWith, bWithout)
	} else {
		q.Published = notPublished(notPrinted)
	}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(aWith, aWithout, bWith, bWithout)
		if err != nil {
			return Answer{}, err
		}
		t, err := stats.ExactInteraction(arms[0].Last.Truth, arms[0].Last.Predicted, arms[1].Last.Predicted, arms[2].Last.Predicted, arms[3].Last.Predicted)
		if err != nil {
			return Answer{}, err
		}
		a := decide(t.N, q.Matters, scaledBy(stats.Difference{Value: t.Difference.Value, CI: t.At(stats.Level), P: t.MidP, At: t.At}, 100))
		a.Note = fmt.Sprintf("%d of %d pictures speak for it, %d against", t.Counts[3]+t.Counts[4], t.N, t.Counts[0]+t.Counts[1])
		return a, nil
	}())
	return q
}

func (b *claimBook) publishedInteraction(q *Question, arms ...arm) Answer {
	n := b.pictures()
	var k [4]int
	for i, a := range arms {
		k[i], _ = b.correct(a)
	}
	q.Matters = 100 * float64(k[0]-k[1]-k[2]+k[3]) / float64(n) / 2
	if a, known := b.published[q.Asks]; known {
		return a
	}
	bounds, err := stats.BoundInteraction(k[0], k[1], k[2], k[3], n)
	if b.answer(Answer{}, err); err != nil {
		return Answer{}
	}
	var cases []stats.Difference
	for _, end := range []struct {
		p      float64
		counts [2]int // of |d| = 1 and 2
	}{{bounds.MidP.Low, bounds.AtLow}, {bounds.MidP.High, bounds.AtHigh}} {
		at := func(confidence float64) stats.Interval {
			return stats.InteractionInterval(n, k[0]-k[1]-k[2]+k[3], end.counts[0], end.counts[1], confidence)
		}
		cases = append(cases, scaledBy(stats.Difference{Value: bounds.Difference, CI: at(stats.Level), P: end.p, At: at}, 100))
	}
	a := decide(n, q.Matters, cases...)
	a.Note = fmt.Sprintf("p %s to %s by the overlap of the arms", stats.FormatP(bounds.MidP.Low), stats.FormatP(bounds.MidP.High))
	if b.published == nil {
		b.published = map[string]Answer{}
	}
	b.published[q.Asks] = a
	return a
}

// taken asks whether the arm more takes travel for dance more often.
func (b *claimBook) taken(more, less, why string) Question {
	q := Question{Asks: fmt.Sprintf("travel taken for dance by %s − %s, experiment 2", more, less), Unit: "points", Published: notPublished(why)}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(arm{2, more}, arm{2, less})
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

// gourmet asks whether the arm more gets more of the gourmet pictures right.
func (b *claimBook) gourmet(more, less arm) Question {
	q := Question{Asks: fmt.Sprintf("gourmet right in %s − %s, experiment 2", more.name, less.name), Unit: "points"}
	b.publishedCounts(&q, b.ref.Confusion.ViTHybrid, b.ref.Confusion.ViTSingle, b.ref.PerClass)
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(more, less)
		if err != nil {
			return Answer{}, err
		}
		m, err := TakenFor(*arms[0], *arms[1], dataset.Gourmet, dataset.Gourmet)
		if err != nil {
			return Answer{}, err
		}
		if m.Pictures == 0 {
			return Answer{}, fmt.Errorf("what is right of gourmet %w: no picture of it was tested", ErrNoGenre)
		}
		return pairedCounts(q.Matters, m.Test, m.Pictures)
	}())
	return q
}

// guessing asks whether one who always answers the most frequent genre is right more often than the metadata
// alone: the arm meta of experiment 2, whose numbers chapter 7 speaks of.
func (b *claimBook) guessing() Question {
	meta := arm{2, "meta"}
	q := Question{Asks: "accuracy of the most frequent genre − meta, the metadata alone, experiment 2", Unit: "points", Published: notPublished("no run of the metadata alone")}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(meta)
		if err != nil {
			return Answer{}, err
		}
		last := arms[0].Last
		count, guess := make([]int, len(arms[0].Genres)), 0
		for _, g := range last.Truth {
			if count[g]++; count[g] > count[guess] {
				guess = g
			}
		}
		m, err := stats.McNemar(last.Truth, slices.Repeat([]int{guess}, len(last.Truth)), last.Predicted)
		if err != nil {
			return Answer{}, err
		}
		a, err := pairedCounts(0, m, len(last.Truth))
		a.Note = fmt.Sprintf("%d and %d of %d right", count[guess], last.Correct, len(last.Truth))
		return a, err
	}())
	return q
}

// probe asks whether a linear classifier on the trained backbone of the arm more is right more often. Less
// knowledge after more is no sign of contamination where training costs knowledge by itself: where the probe
// after more is no better than before training, the arm before, it cannot be asked.
func (b *claimBook) probe(more, less, before string) Question {
	q := Question{Asks: fmt.Sprintf("linear probe of the backbone after %s − after %s, experiment 2", more, less), Unit: "points", Published: notPublished("no probe of a backbone")}
	q.Ours = b.answer(func() (Answer, error) {
		arms, err := b.arms(arm{2, more}, arm{2, less}, arm{2, before})
		if err != nil {
			return Answer{}, err
		}
		for _, s := range arms[:2] {
			if s.Probe == nil {
				return Answer{}, fmt.Errorf("%w: the probe of %s", errNotTrained, s.Arm)
			}
		}
		if trained, pretrained := arms[0].Probe.Correct, arms[2].Last.Correct; trained <= pretrained {
			return Answer{}, fmt.Errorf("whether metadata spoils what training adds %w: without metadata the probe has %d right after training and %d before", ErrNoGenre, trained, pretrained)
		}
		return pairedAnswer(q.Matters, *arms[0].Probe, *arms[1].Probe)
	}())
	return q
}
