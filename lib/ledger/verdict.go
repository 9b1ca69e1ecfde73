package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// Verdicts on a question and on a claim. One rule decides them all, on published numbers and on ours.
//
// A question is put so that the claim says "more than 0" of a difference. Matters is half of the difference
// that the thesis prints, or 0 where it prints none. Of a claim that rests on k questions each is
//
//	supported      where the difference is above 0 with p < 0.05 (two-sided) and its 95 % interval reaches Matters;
//	contradicted   where the whole interval at the confidence 1 − 0.05/k lies below Matters;
//	open           otherwise: more data could decide either way.
//
// The claim is contradicted where one question is, supported where all are, and open otherwise. One of k
// questions is enough to contradict it, so that each may err in 0.025/k of the cases, the claim in 2.5 %
// (Bonferroni; an interval errs on the one side that counts here half as often as on both). All of them are
// needed to support it, so that nothing has to be divided: if one of the differences is not above 0, that
// one is taken for more in 2.5 % of the cases at most (an intersection-union test).
//
// An answer may be missing, which is never "cannot be told": the thesis prints no number (not published), an
// arm was not trained (not measured), or the data cannot be asked (they lack a genre that the question is
// about, or the difference that it explains: see Role). A claim that is not contradicted is then what is
// missing. Where a number depends on what is not published (which pictures an arm gets right, say), it is
// supported or contradicted only if it is so whatever that was.
const (
	Supported    = "supported"
	Contradicted = "contradicted"
	Open         = "cannot be told"
	NotAsked     = "cannot be asked of these data"
	NotPublished = "not published"
	NotShown     = "not shown"          // of a Premise
	Shown        = "shown, not counted" // of an Aside
)

// Role is what a question does for its claim.
type Role string

const (
	Decides Role = ""
	// Premise is a difference that the claim explains and does not claim: where it is not supported the claim
	// cannot be asked. It stands first and contradicts nothing.
	Premise Role = "premise"
	// Cause asks what caused the difference of the first question; asked only where that is supported.
	Cause Role = "cause"
	// Aside is evidence that decides nothing.
	Aside Role = "aside"
)

// Answer is what numbers say of a question.
type Answer struct {
	Verdict string
	N       int     // pictures behind it
	Value   float64 // the difference, in the question's unit
	Low     float64 // its 95 % interval, over all that is not published
	High    float64
	P       float64 // two-sided, the largest over all that is not published
	Note    string  // why there is no number, or what it would take to tell

	cases []stats.Difference // that what is not published leaves open; one where all is known
}

// Known says whether there are numbers.
func (a Answer) Known() bool {
	return a.Verdict != NotAsked && a.Verdict != NotMeasured && a.Verdict != NotPublished
}

// Question is one comparison that a claim rests on.
type Question struct {
	Asks      string  `json:"asks"` // what is compared: "right with metadata − without"
	Role      Role    `json:"role,omitempty"`
	Unit      string  `json:"unit"`
	Matters   float64 `json:"matters"`
	Published Answer  `json:"published"`
	Ours      Answer  `json:"ours"`
}

// as gives the question a role.
func (q Question) as(r Role) Question {
	q.Role = r
	return q
}

// Claim is a claim of the thesis with the questions that it rests on.
type Claim struct {
	ID        string     `json:"id"`
	Where     string     `json:"where"` // section of the thesis
	Text      string     `json:"text"`
	Note      string     `json:"note,omitempty"` // what the questions leave out
	Questions []Question `json:"questions"`
	Published string     `json:"published"` // verdict on the published numbers
	Ours      string     `json:"ours"`      // and on ours
}

// conclude sets the verdicts of the claim and of its questions, whose number counts.
func (c *Claim) conclude() {
	c.Published = c.concluded(func(q *Question) *Answer { return &q.Published })
	c.Ours = c.concluded(func(q *Question) *Answer { return &q.Ours })
}

func (c *Claim) concluded(answer func(*Question) *Answer) string {
	k := 0
	for _, q := range c.Questions {
		if q.Role == Decides || q.Role == Cause {
			k++
		}
	}
	has := map[string]bool{} // verdicts of what decides
	first := answer(&c.Questions[0])
	for i := range c.Questions {
		q := &c.Questions[i]
		a := answer(q)
		a.judge(q.Matters, k)
		switch {
		case q.Role == Aside:
			if a.Known() {
				a.Verdict = Shown
			}
			continue
		case q.Role == Cause && a.Verdict != NotPublished && (first.Known() || first.Verdict == NotAsked) && first.Verdict != Supported:
			*a = Answer{Verdict: NotAsked, Note: "the difference that it would explain is not shown"}
			continue
		case q.Role == Premise && a.Known():
			if a.Verdict != Supported {
				a.Verdict = NotShown
			}
			continue
		}
		has[a.Verdict] = true
	}
	for _, v := range []string{Contradicted, NotPublished, NotMeasured, NotAsked} {
		if has[v] {
			return v
		}
	}
	switch {
	case c.Questions[0].Role == Premise && first.Verdict != Supported:
		return NotAsked
	case has[Open]:
		return Open
	}
	return Supported
}

// missing says of how many of a claim's questions the verdict is that, where it is one of missing answers.
func (c Claim) missing(verdict string, answer func(Question) Answer) string {
	of, n := 0, 0
	for _, q := range c.Questions {
		if q.Role != Aside {
			n++
			if answer(q).Verdict == verdict {
				of++
			}
		}
	}
	if verdict == Supported || verdict == Contradicted || verdict == Open || of == n || verdict == NotAsked && c.Questions[0].Role == Premise {
		return verdict
	}
	return fmt.Sprintf("%s (%d of %d questions)", verdict, of, n)
}

// judge sets the verdict on one of k questions that decide a claim, where there are numbers; those whose
// verdict needs no interval keep it.
func (a *Answer) judge(matters float64, k int) {
	for i, d := range a.cases {
		v := Open
		switch {
		case d.At(1-(1-stats.Level)/float64(max(1, k))).High < matters:
			v = Contradicted
		case d.P < 1-stats.Level && d.Value > 0 && d.CI.High >= matters:
			v = Supported
		}
		if i > 0 && v != a.Verdict {
			v = Open
		}
		a.Verdict = v
	}
}

// decide is the answer by the difference in each of the cases that what is not published leaves open, of a
// claim's only question; see Claim.conclude for several.
func decide(n int, matters float64, cases ...stats.Difference) Answer {
	a := Answer{N: n, Value: cases[0].Value, Low: math.Inf(1), High: math.Inf(-1), cases: cases}
	for _, d := range cases {
		a.Low, a.High, a.P = min(a.Low, d.CI.Low), max(a.High, d.CI.High), max(a.P, d.P)
	}
	a.judge(matters, 1)
	return a
}

// measured is an answer that may lack what it needs.
func measured(a Answer, err error) (Answer, error) {
	if errors.Is(err, ErrNoGenre) {
		return Answer{Verdict: NotAsked, Note: err.Error()}, nil
	}
	if errors.Is(err, errNotTrained) {
		return Answer{Verdict: NotMeasured, Note: err.Error()}, nil
	}
	return a, err
}

// notPublished answers for the thesis where it prints no number.
func notPublished(what string) Answer {
	return Answer{Verdict: NotPublished, Note: "the thesis prints " + what}
}

// scaled gives a difference in another unit.
func scaledBy(d stats.Difference, by float64) stats.Difference {
	scale := func(ci stats.Interval) stats.Interval { return stats.Interval{Low: ci.Low * by, High: ci.High * by} }
	return stats.Difference{Value: d.Value * by, CI: scale(d.CI), P: d.P, At: func(confidence float64) stats.Interval { return scale(d.At(confidence)) }}
}

// paired is the difference between the shares of n pictures of which a alone is right on onlyA and b alone
// on onlyB, in points: the interval of the score test and McNemar's mid-p.
func paired(onlyA, onlyB, n int) (stats.Difference, error) {
	d, err := stats.DifferenceOfPaired(onlyA, onlyB, n)
	if err != nil {
		return stats.Difference{}, err
	}
	m, err := McNemarOf(onlyA, onlyB)
	if err != nil {
		return stats.Difference{}, err
	}
	return scaledBy(stats.Difference{Value: d.Difference, CI: d.CI, P: m.MidP, At: d.At}, 100), nil
}

// publishedPair is that of two published counts in both extremes of what is not published: which pictures
// each of the arms gets right.
func publishedPair(a, b, n int) ([]stats.Difference, error) {
	var cases []stats.Difference
	for _, nested := range []bool{true, false} {
		onlyA, onlyB := discordant(a, b, n, nested)
		d, err := paired(onlyA, onlyB, n)
		if err != nil {
			return nil, err
		}
		cases = append(cases, d)
	}
	return cases, nil
}

// discordant is Discordant for counts in any order.
func discordant(a, b, n int, nested bool) (onlyA, onlyB int) {
	if a >= b {
		return Discordant(a, b, n, nested)
	}
	onlyB, onlyA = Discordant(b, a, n, nested)
	return onlyA, onlyB
}

// need says what a difference that cannot be told says of the published one: that the interval leaves it
// out, or how many pictures would show it with 80 % power where the share of pictures that tell the arms
// apart is as it was here.
func need(a Answer, published float64, onlyA, onlyB, n int) string {
	tell := fmt.Sprintf("%d of %d pictures tell the arms apart", onlyA+onlyB, n)
	if a.High < published {
		return fmt.Sprintf("%s; the interval leaves out the published %.2f points, not half of them", tell, published)
	}
	size, err := stats.SampleSizeMcNemar(published/100, float64(onlyA+onlyB)/float64(n), 0.8)
	if err != nil { // fewer pictures tell the arms apart than the difference has
		return tell
	}
	return fmt.Sprintf("%s; at that rate the published %.2f points take %s pictures (80 %% power)", tell, published, grouped(int(math.Ceil(size))))
}

// VerdictTable lays out the claims, a row each: what the published numbers and ours say of it.
func VerdictTable(claims []Claim) (header []string, rows [][]string) {
	for _, c := range claims {
		rows = append(rows, []string{c.ID, fmt.Sprintf("%s (%s)", c.Text, c.Where),
			c.missing(c.Published, func(q Question) Answer { return q.Published }), c.missing(c.Ours, func(q Question) Answer { return q.Ours })})
	}
	return []string{"", "the thesis claims (section)", "its published numbers", "these data"}, rows
}

// SayVerdicts counts the verdicts on the published numbers and on ours, in two sentences.
func SayVerdicts(claims []Claim) string {
	count := func(verdict func(Claim) string) string {
		of := map[string]int{}
		for _, c := range claims {
			of[verdict(c)]++
		}
		said := []string{fmt.Sprintf("%d supported", of[Supported]), fmt.Sprintf("%d contradicted", of[Contradicted])}
		for _, v := range []string{Open, NotPublished, NotMeasured, NotAsked} {
			if of[v] > 0 {
				said = append(said, fmt.Sprintf("%d %s", of[v], strings.TrimSuffix(v, " of these data")))
			}
		}
		return strings.Join(said, ", ")
	}
	return fmt.Sprintf("Of %d claims, on the published numbers: %s. On these data: %s.", len(claims),
		count(func(c Claim) string { return c.Published }), count(func(c Claim) string { return c.Ours }))
}

// Say is a claim's verdict on these data and the numbers behind it, a sentence for each question.
func (c Claim) Say() string {
	lines := []string{fmt.Sprintf("%s, \u201c%s\u201d: %s.", c.ID, c.Text, c.missing(c.Ours, func(q Question) Answer { return q.Ours }))}
	for _, q := range c.Questions {
		a := q.Ours
		asks := strings.ToUpper(q.Asks[:1]) + q.Asks[1:]
		if !a.Known() {
			lines = append(lines, fmt.Sprintf("%s: %s (%s).", asks, a.Verdict, a.Note))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s %s (95 %%: %s, %s): %s.", asks, signed(a.Value, 2), q.Unit, between(a.Low, a.High, 2), stats.SayP(a.P), a.Verdict))
	}
	return strings.Join(lines, " ")
}

// Remarks are what the questions of each claim leave out, a sentence or more for a claim that has any.
func Remarks(claims []Claim) (remarks []string) {
	for _, c := range claims {
		if c.Note != "" {
			remarks = append(remarks, c.ID+": "+c.Note)
		}
	}
	return remarks
}

// EvidenceTable lays out the questions behind the claims: a row for what is asked and one for each answer.
func EvidenceTable(claims []Claim) (header []string, rows [][]string) {
	for _, c := range claims {
		for _, q := range c.Questions {
			rows = append(rows, []string{c.ID, fmt.Sprintf("%s, in %s", q.Asks, q.Unit), "", "", "", ""}, q.Published.row("published"), q.Ours.row("here"))
		}
	}
	return []string{"", "more than 0?", "difference", "95 %", "p", "verdict"}, rows
}

func (a Answer) row(whose string) []string {
	if a.Note != "" {
		whose += ": " + a.Note
	}
	value, interval, p := a.Cells()
	return []string{"", whose, value, interval, p, a.Verdict}
}

// Cells are the difference, its 95 % interval and p as tables write them, dashes where there is none.
func (a Answer) Cells() (value, interval, p string) {
	value, interval, p = "–", "–", "–"
	if a.Known() {
		value = signed(a.Value, 2)
		if a.bounded() {
			interval, p = between(a.Low, a.High, 2), stats.FormatP(a.P)
		}
	}
	return value, interval, p
}

// bounded says whether there is an interval.
func (a Answer) bounded() bool { return !math.IsInf(a.Low, 0) && a.Low != a.High }

// MarshalJSON leaves bounds that are not known out, since JSON has no infinity.
func (a Answer) MarshalJSON() ([]byte, error) {
	out := map[string]any{"verdict": a.Verdict}
	if a.Note != "" {
		out["note"] = a.Note
	}
	if a.Known() {
		out["n"], out["value"] = a.N, a.Value
		if a.bounded() {
			out["low"], out["high"], out["p"] = a.Low, a.High, a.P
		}
	}
	return json.Marshal(out)
}

// Gather measures the set and reads the records of its trials of a choice, causal arms
// included; it trains nothing. A set too small for the experiments has no summaries.
func Gather(ctx context.Context, set *dataset.Set, c trial.Choice) (*features.Table, []trial.Summary, error) {
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return nil, nil, err
	}
	records, err := trial.Existing(set, table, append(trial.Plan(c, true), trial.Causal(c)...))
	if errors.Is(err, dataset.ErrFewPictures) {
		return table, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	summaries, err := trial.Summarise(records)
	return table, summaries, err
}

// behind are the arms that tell what networks stand behind the numbers, each with what the thesis has in its
// place.
var behind = []struct {
	arm
	is, thesis string
}{
	{arm{1, "cnn-single"}, "CNN of experiment 1", "EfficientNet-B0, 224 × 224 pixels, 15 epochs, rate 0.001"},
	{arm{2, "cnn-single"}, "CNN of experiment 2", "EfficientNet-B0, 224 × 224 pixels, 15 epochs, rate 0.0001"},
	{arm{2, "vit-single"}, "ViT of experiment 2", "ViT-B/16, 224 × 224 pixels, 15 epochs, rate 0.0001"},
	{arm{2, "tiny-single"}, "small ViT of experiment 2", "–"},
}

// network names a network, in words that a narrow column can break, with the size of its pictures and the
// epochs of its training.
func network(s *trial.Summary) string {
	return fmt.Sprintf("%s, %d × %[2]d pixels, %d epochs", strings.ReplaceAll(s.Architecture, "_", " "), s.Preprocess.Crop, s.Epochs)
}

// HereTable sets the networks behind our numbers beside those of the thesis, a column each.
func HereTable(summaries []trial.Summary) (header []string, rows [][]string) {
	header = []string{""}
	rows = [][]string{{"the thesis"}, {"here"}, {"weights"}, {"learning rate"}, {"trained values"}}
	for _, b := range behind {
		header = append(header, b.is)
		column := []string{b.thesis, "not trained", "–", "–", "–"}
		if s := Arm(summaries, b.experiment, b.name); s != nil {
			column = []string{b.thesis, network(s), s.Weights, rateOf(s), grouped(s.Parameters)}
		}
		for i, cell := range column {
			rows[i] = append(rows[i], cell)
		}
	}
	return header, rows
}

// SayHere names the networks behind our numbers, in a sentence; "" where none is trained.
func SayHere(summaries []trial.Summary) string {
	var said []string
	for _, b := range behind {
		if s := Arm(summaries, b.experiment, b.name); s != nil && b.thesis != "–" {
			said = append(said, fmt.Sprintf("the %s is %s (the thesis: %s)", b.is, network(s), b.thesis))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "Here " + strings.Join(said, "; ") + "."
}

// Accuracy is an arm's share of right pictures, published and ours, with Wilson's 95 % intervals.
type Accuracy struct {
	Arm             string // "1: cnn-single", of experiment 1
	Published, Ours Share
}

// Share is k of n, and its interval; N is 0 where it is not known.
type Share struct {
	K, N     int
	Interval stats.Interval
}

// Value is K/N.
func (s Share) Value() float64 { return float64(s.K) / float64(s.N) }

// Accuracies are those of every arm that the thesis reports and summaries hold.
func Accuracies(summaries []trial.Summary) ([]Accuracy, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	b := claimBook{ref: ref}
	share := func(k, n int) (Share, error) {
		ci, err := stats.Wilson(k, n)
		return Share{k, n, ci}, err
	}
	var all []Accuracy
	for experiment := 1; experiment <= 2; experiment++ {
		for _, name := range fusion.Arms(experiment, false) {
			s := Arm(summaries, experiment, name)
			k, known := b.correct(arm{experiment, name})
			if !known || s == nil {
				continue
			}
			a := Accuracy{Arm: fmt.Sprintf("%d: %s", experiment, name)}
			if a.Published, err = share(k, b.pictures()); err != nil {
				return nil, err
			}
			if a.Ours, err = share(s.Last.Correct, s.Last.N()); err != nil {
				return nil, err
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// NeedTable says for the published differences of experiment 2 how many pictures show them with 80 %
// power, where 5 and where 10 of 100 pictures tell the arms apart.
func NeedTable() (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	b := claimBook{ref: ref}
	n := b.pictures()
	for _, pair := range publishedPairs {
		k, _ := b.correct(arm{2, pair[0]})
		l, _ := b.correct(arm{2, pair[1]})
		difference := float64(k-l) / float64(n)
		row := []string{pair[0] + " − " + pair[1], fmt.Sprintf("%.2f", 100*difference)}
		for _, discordance := range []float64{0.05, 0.10} {
			size, err := stats.SampleSizeMcNemar(difference, discordance, 0.8)
			if errors.Is(err, stats.ErrRange) {
				row = append(row, "–") // more points than pictures that tell them apart
				continue
			}
			if err != nil {
				return nil, nil, err
			}
			row = append(row, grouped(int(math.Ceil(size))))
		}
		rows = append(rows, row)
	}
	return []string{"arms", "published difference, points", "pictures needed at 5 of 100", "at 10 of 100"}, rows, nil
}
