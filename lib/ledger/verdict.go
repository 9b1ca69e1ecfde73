package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

// Verdicts on a question and on a claim. One rule decides them all, on published numbers and on ours.
// A question is put so that the claim says "more than 0" of a difference. At the level of 5 % it is
//
//	supported      where the difference is above 0 with p < 0.05 and its 95 % interval reaches Matters;
//	contradicted   where the whole 95 % interval lies below Matters;
//	open           otherwise: more data could decide either way.
//
// Matters is half of what the thesis prints, or 0 where it prints nothing. Where a number depends on what
// is not published (which pictures an arm gets right, say), it is supported or contradicted only if it is
// so whatever that was. A claim of several questions is contradicted where one of them is, supported where
// all are, and open otherwise; not measured where nothing but missing runs leaves it open.
const (
	Supported    = "supported"
	Contradicted = "contradicted"
	Open         = "cannot be told from this much data"
	NotAsked     = "cannot be asked of these data" // they lack a genre that it is about
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
}

// Known says whether there are numbers.
func (a Answer) Known() bool { return a.Verdict != NotAsked && a.Verdict != NotMeasured }

// Question is one comparison that a claim rests on.
type Question struct {
	Asks      string  `json:"asks"` // what is compared: "right with metadata − without"
	Unit      string  `json:"unit"`
	Matters   float64 `json:"matters"`
	Published Answer  `json:"published"`
	Ours      Answer  `json:"ours"`
}

// Claim is a claim of the thesis with the questions that it rests on.
type Claim struct {
	ID        string     `json:"id"`
	Where     string     `json:"where"` // section of the thesis
	Text      string     `json:"text"`
	Questions []Question `json:"questions"`
	Published string     `json:"published"` // verdict on the published numbers
	Ours      string     `json:"ours"`      // and on ours
}

// conclude sets the claim's verdicts from its questions.
func (c *Claim) conclude() {
	of := func(answer func(Question) Answer) string {
		all := true
		for _, q := range c.Questions {
			if answer(q).Verdict == Contradicted {
				return Contradicted
			}
		}
		for _, q := range c.Questions {
			if answer(q).Verdict == NotAsked {
				return NotAsked
			}
			all = all && answer(q).Verdict == Supported
		}
		if all {
			return Supported
		}
		for _, q := range c.Questions {
			if answer(q).Verdict == Open {
				return Open
			}
		}
		return NotMeasured
	}
	c.Published = of(func(q Question) Answer { return q.Published })
	c.Ours = of(func(q Question) Answer { return q.Ours })
}

// decide is the rule, for the difference in each of the cases that what is not published leaves open.
func decide(n int, matters float64, cases ...stats.Difference) Answer {
	a := Answer{N: n, Value: cases[0].Value, Low: math.Inf(1), High: math.Inf(-1)}
	for i, d := range cases {
		v := Open
		switch {
		case d.CI.High < matters:
			v = Contradicted
		case d.P < 1-stats.Level && d.Value > 0:
			v = Supported
		}
		if i > 0 && v != a.Verdict {
			v = Open
		}
		a.Verdict = v
		a.Low, a.High, a.P = min(a.Low, d.CI.Low), max(a.High, d.CI.High), max(a.P, d.P)
	}
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
	return Answer{Verdict: NotMeasured, Note: "the thesis prints " + what}
}

// scaled gives a difference in another unit.
func scaledBy(d stats.Difference, by float64) stats.Difference {
	return stats.Difference{Value: d.Value * by, CI: stats.Interval{Low: d.CI.Low * by, High: d.CI.High * by}, P: d.P}
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
	return scaledBy(stats.Difference{Value: d.Difference, CI: d.CI, P: m.MidP}, 100), nil
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

// need says how many pictures would show a difference of that many points with 80 % power where the share
// of pictures that tell the arms apart is as it was here.
func need(points float64, onlyA, onlyB, n int) string {
	discordance := float64(onlyA+onlyB) / float64(n)
	size, err := stats.SampleSizeMcNemar(points/100, discordance, 0.8)
	if err != nil { // fewer pictures tell the arms apart than the difference has
		return fmt.Sprintf("%d of %d pictures tell the arms apart", onlyA+onlyB, n)
	}
	return fmt.Sprintf("%d of %d pictures tell the arms apart; the published %.2f points would take %s of them to show (80 %% power)", onlyA+onlyB, n, points, grouped(int(math.Ceil(size))))
}

// VerdictTable lays out the claims, a row each: what the published numbers and ours say of it.
func VerdictTable(claims []Claim) (header []string, rows [][]string) {
	for _, c := range claims {
		rows = append(rows, []string{c.ID, c.Where, c.Text, c.Published, c.Ours})
	}
	return []string{"", "section", "the thesis claims", "its published numbers", "these data"}, rows
}

// EvidenceTable lays out the questions behind the claims, each with its answers.
func EvidenceTable(claims []Claim) (header []string, rows [][]string) {
	for _, c := range claims {
		for _, q := range c.Questions {
			rows = append(rows,
				append([]string{c.ID, q.Asks, "published"}, q.Published.cells(q.Unit)...),
				append([]string{"", "", "here"}, q.Ours.cells(q.Unit)...))
		}
	}
	return []string{"", "more than 0?", "", "difference", "95 %", "p", "verdict", "note"}, rows
}

func (a Answer) cells(unit string) []string {
	if !a.Known() {
		return []string{"–", "–", "–", a.Verdict, a.Note}
	}
	value, interval, p := fmt.Sprintf("%+.2f %s", a.Value, unit), fmt.Sprintf("%+.2f to %+.2f", a.Low, a.High), fmt.Sprintf("%.2g", a.P)
	if math.IsInf(a.Low, 0) {
		interval, p = "not known", "not known"
	} else if a.Low == a.High {
		interval, p = "–", "–"
	}
	return []string{value, interval, p, a.Verdict, a.Note}
}

// MarshalJSON leaves bounds that are not known out, since JSON has no infinity.
func (a Answer) MarshalJSON() ([]byte, error) {
	out := map[string]any{"verdict": a.Verdict}
	if a.Note != "" {
		out["note"] = a.Note
	}
	if a.Known() {
		out["n"], out["value"] = a.N, a.Value
		if !math.IsInf(a.Low, 0) && a.Low != a.High {
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

// Accuracy is an arm's share of right pictures, published and ours, with Wilson's 95 % intervals.
type Accuracy struct {
	Arm             string // "1 cnn-single": of experiment 1
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
		for _, arm := range fusion.Arms(experiment, false) {
			s := Arm(summaries, experiment, arm)
			k, known := b.correct(experiment, arm)
			if !known || s == nil {
				continue
			}
			a := Accuracy{Arm: fmt.Sprintf("%d %s", experiment, arm)}
			if a.Published, err = share(k, 3*ref.PerClass); err != nil {
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
	n := 3 * ref.PerClass
	for _, pair := range publishedPairs {
		k, _ := b.correct(2, pair[0])
		l, _ := b.correct(2, pair[1])
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
