package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"thesis.example/lib/features"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

func TestDecide(t *testing.T) {
	at := func(value, half, p float64) stats.Difference {
		return stats.Difference{Value: value, CI: stats.Interval{Low: value - half, High: value + half}, P: p}
	}
	for _, c := range []struct {
		name    string
		matters float64
		cases   []stats.Difference
		want    string
	}{
		{"clearly above", 1, []stats.Difference{at(3, 1, 0.001)}, Supported},
		{"above, but chance", 1, []stats.Difference{at(3, 4, 0.2)}, Open},
		{"none, and no room for what matters", 1, []stats.Difference{at(0, 0.5, 0.9)}, Contradicted},
		{"none, with room", 1, []stats.Difference{at(0, 1.5, 0.9)}, Open},
		{"clearly below", 0, []stats.Difference{at(-3, 1, 0.001)}, Contradicted},
		{"below, but chance", 0, []stats.Difference{at(-3, 4, 0.2)}, Open},
		{"above, but less than matters", 1, []stats.Difference{at(0.4, 0.2, 0.001)}, Contradicted},
		{"both cases above", 1, []stats.Difference{at(3, 1, 0.001), at(3, 2, 0.04)}, Supported},
		{"one case above", 1, []stats.Difference{at(3, 1, 0.001), at(3, 4, 0.2)}, Open},
		{"the other case above", 1, []stats.Difference{at(3, 4, 0.2), at(3, 1, 0.001)}, Open},
	} {
		if a := decide(300, c.matters, c.cases...); a.Verdict != c.want {
			t.Errorf("%s: %s, want %s", c.name, a.Verdict, c.want)
		}
	}
	a := decide(300, 1, at(3, 1, 0.001), at(3, 2, 0.04))
	if a.Low != 1 || a.High != 5 || a.P != 0.04 {
		t.Errorf("of two cases the wider interval and the larger p count: %+v", a)
	}
}

func TestConclude(t *testing.T) {
	for _, c := range []struct {
		verdicts []string
		want     string
	}{
		{[]string{Supported, Supported}, Supported},
		{[]string{Supported, Open}, Open},
		{[]string{Open, Contradicted}, Contradicted},
		{[]string{NotAsked, Contradicted}, Contradicted},
		{[]string{Supported, NotAsked}, NotAsked},
		{[]string{Supported, NotMeasured}, NotMeasured},
		{[]string{Open, NotMeasured}, Open},
		{[]string{NotMeasured, Contradicted}, Contradicted},
	} {
		claim := Claim{}
		for _, v := range c.verdicts {
			claim.Questions = append(claim.Questions, Question{Ours: Answer{Verdict: v}, Published: Answer{Verdict: Supported}})
		}
		claim.conclude()
		if claim.Ours != c.want || claim.Published != Supported {
			t.Errorf("%v: %s and %s, want %s and %s", c.verdicts, claim.Ours, claim.Published, c.want, Supported)
		}
	}
}

// drawnArms are four arms over n pictures of which each arm's right answers come from at, the state of one
// picture: cnn-single, cnn-hybrid, vit-single, vit-hybrid.
func drawnArms(n int, at func() [4]bool) []trial.Summary {
	names := []string{"cnn-single", "cnn-hybrid", "vit-single", "vit-hybrid"}
	arms := make([]trial.Summary, 4)
	for a := range arms {
		arms[a] = trial.Summary{Fold: []int{1, 2, 3, 4, 5}}
		arms[a].Experiment, arms[a].Arm, arms[a].Folds, arms[a].Genres = 2, names[a], 5, []string{"dance", "gourmet", "travel"}
	}
	for i := range n {
		right := at()
		for a := range arms {
			predicted := i % 3
			if !right[a] {
				predicted = (i + 1) % 3
			} else {
				arms[a].Last.Correct++
			}
			l := &arms[a].Last
			l.Files, l.Truth, l.Predicted = append(l.Files, fmt.Sprintf("%04d", i)), append(l.Truth, i%3), append(l.Predicted, predicted)
		}
	}
	return arms
}

// rate counts verdicts over 200 drawn data sets.
func rate(draw func(random *rand.Rand) string) map[string]float64 {
	const sets = 200
	rates := map[string]float64{}
	for set := range sets {
		rates[draw(rand.New(rand.NewPCG(uint64(set), 12)))] += 1.0 / sets
	}
	return rates
}

// near allows three standard deviations of a rate over 200 sets.
func near(rate, want float64) bool {
	return math.Abs(rate-want) <= 3*math.Sqrt(want*(1-want)/200)+1e-9
}

// atMost allows the same above a nominal rate.
func atMost(rate, want float64) bool { return rate <= want+3*math.Sqrt(want*(1-want)/200) }

// A planted difference is found as often as the test's power says, a planted null hardly ever, and a
// difference of just what matters is contradicted hardly ever; over 200 drawn sets of 300 pictures.
func TestRatesOfPairedVerdicts(t *testing.T) {
	ref, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	// CNN: single is right alone with one probability, hybrid with another; the ViT the other way round.
	verdicts := func(discordance, difference float64, of func(b *claimBook) Question) map[string]float64 {
		return rate(func(random *rand.Rand) string {
			arms := drawnArms(300, func() (right [4]bool) {
				right = [4]bool{true, true, true, true}
				switch u := random.Float64(); {
				case u < (discordance+difference)/2:
					right[1] = false // hybrid is wrong
				case u < discordance:
					right[0] = false
				}
				switch u := random.Float64(); {
				case u < (discordance+difference)/2:
					right[2] = false
				case u < discordance:
					right[3] = false
				}
				return right
			})
			b := &claimBook{ref: ref, summaries: arms}
			q := of(b)
			if b.err != nil {
				t.Fatal(b.err)
			}
			return q.Ours.Verdict
		})
	}
	lowers := func(b *claimBook) Question { return b.accuracy(2, "cnn-single", "cnn-hybrid") }
	const discordance, planted = 0.12, 0.06
	power, err := stats.PowerMcNemar(planted, discordance, 300)
	if err != nil {
		t.Fatal(err)
	}
	if r := verdicts(discordance, planted, lowers); !near(r[Supported], power.MidP) || r[Contradicted] > 0.01 {
		t.Errorf("planted %g: %v, want %.2f supported", planted, r, power.MidP)
	}
	if r := verdicts(discordance, 0, lowers); !atMost(r[Supported], 0.025) {
		t.Errorf("planted null: %v", r)
	}
	if r := verdicts(discordance, -planted, lowers); r[Supported] > 0 || r[Contradicted] < 0.9 {
		t.Errorf("planted the other way: %v", r)
	}
	q := lowers(&claimBook{ref: ref})
	if math.Abs(q.Matters-100*2.0/300) > 1e-9 {
		t.Errorf("what matters is %g points, want half of the published 4 pictures of 300", q.Matters)
	}
	if r := verdicts(discordance, q.Matters/100, lowers); !atMost(r[Contradicted], 0.025) {
		t.Errorf("planted just what matters: %v", r)
	}

	both := func(b *claimBook) Question { return b.interaction() }
	if r := verdicts(discordance, planted, both); r[Supported] < 0.9 || r[Contradicted] > 0 {
		t.Errorf("interaction planted: %v", r)
	}
	if r := verdicts(discordance, 0, both); !atMost(r[Supported], 0.025) {
		t.Errorf("interaction, planted null: %v", r)
	}
}

// drawnTable is a set of 100 pictures a genre with the given correlation of log saves and log likes,
// mean number of faces and mean saturation.
func drawnTable(random *rand.Rand, correlation, faces, saturation map[string]float64, shared float64) *features.Table {
	t := &features.Table{}
	for _, genre := range []string{"dance", "gourmet", "travel"} {
		for i := range 100 {
			x, r := random.NormFloat64(), correlation[genre]
			y := r*x + math.Sqrt(1-r*r)*random.NormFloat64()
			row := features.Row{File: fmt.Sprintf("%s/%03d.png", genre, i), Genre: genre, Saves: math.Pow(10, 3+x), Likes: math.Pow(10, 4+y), Comments: 1}
			for random.Float64() < faces[genre]/(1+faces[genre]) {
				row.Faces++
			}
			row.Sat = saturation[genre] + 0.12*random.NormFloat64()
			for w := range 5 {
				if random.Float64() < 0.3 {
					word := fmt.Sprintf("%sword%d", genre, w)
					if float64(w) < 5*shared {
						word = fmt.Sprintf("common%d", w)
					}
					row.Text.Text += " " + word
				}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func TestRatesOfMetadataVerdicts(t *testing.T) {
	same := func(v float64) map[string]float64 {
		return map[string]float64{"dance": v, "gourmet": v, "travel": v}
	}
	published := map[string]float64{"dance": 0.87, "gourmet": 0.3, "travel": 0.91}
	faces := map[string]float64{"dance": 1.18, "gourmet": 0.14, "travel": 0.25}
	saturation := map[string]float64{"dance": 0.23, "gourmet": 0.29, "travel": 0.36}
	count := map[string]map[string]float64{}
	run := func(name string, correlation, faces, saturation map[string]float64, shared float64) {
		for set := range 200 {
			claims, err := MetadataClaims(drawnTable(rand.New(rand.NewPCG(uint64(set), 34)), correlation, faces, saturation, shared))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range claims {
				key := name + " " + c.ID
				if count[key] == nil {
					count[key] = map[string]float64{}
				}
				count[key][c.Ours] += 1.0 / 200
			}
		}
	}
	run("planted", published, faces, saturation, 0)
	run("null", same(0.7), same(0.5), same(0.3), 1)
	for _, id := range []string{"C1", "C2", "4.5-3"} {
		if r := count["planted "+id]; r[Supported] < 0.9 || r[Contradicted] > 0.01 {
			t.Errorf("%s planted: %v", id, r)
		}
		if r := count["null "+id]; r[Supported] > 0.025 || r[Contradicted] < 0.9 {
			t.Errorf("%s, nothing planted: %v", id, r)
		}
	}
}

// What the published numbers support, by the rule.
func TestPublishedVerdicts(t *testing.T) {
	claims, err := Claims(&features.Table{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"C1": Supported, "C2": Supported, "4.5-3": Supported, "C3": Open, "C4": Open, "C5": Open, "C4–C5": Open,
		"C6": NotMeasured, "C7": Open, "C8": Open, "C9": Open,
	}
	if len(claims) != len(want) {
		t.Errorf("%d claims, want %d", len(claims), len(want))
	}
	for _, c := range claims {
		if c.Published != want[c.ID] {
			t.Errorf("%s: %s, want %s", c.ID, c.Published, want[c.ID])
		}
		if c.Ours == Supported || c.Ours == Contradicted {
			t.Errorf("%s is %s without any data", c.ID, c.Ours)
		}
		for _, q := range c.Questions {
			if q.Ours.Known() || q.Ours.Note == "" {
				t.Errorf("%s, %s: %+v without any data", c.ID, q.Asks, q.Ours)
			}
		}
	}
	b, err := json.Marshal(claims)
	if err != nil || strings.Contains(string(b), "Inf") {
		t.Errorf("JSON: %v %s", err, b)
	}
	if _, rows := EvidenceTable(claims); len(rows) != 2*(2+4+1+2+2+2+1+3+3+2+2) {
		t.Errorf("%d rows of evidence", len(rows))
	}
}

// 1.33 points take 2,206 pictures at a discordance of 5 %, and 4,413 at 10 % (Connor 1987).
func TestNeedTable(t *testing.T) {
	_, rows, err := NeedTable()
	if err != nil || len(rows) != 4 || rows[0][2] != "2,206" || rows[0][3] != "4,413" {
		t.Errorf("%v, %v", rows, err)
	}
}

// Counting by numbers must find the keywords that features.Keywords finds.
func TestMostFrequent(t *testing.T) {
	words, count := []string{"c", "b", "a", "d"}, []int{2, 3, 2, 0}
	if top := mostFrequent(words, count, 5); strings.Join(top, " ") != "b a c" {
		t.Errorf("%v", top)
	}
	if top := mostFrequent(words, []int{1, 1, 1, 1}, 2); strings.Join(top, " ") != "a b" {
		t.Errorf("%v", top)
	}
}

func TestClaimsOfOtherPictures(t *testing.T) {
	arms := drawnArms(30, func() [4]bool { return [4]bool{true, true, true, true} })
	arms[1].Last.Files = append([]string{"another"}, arms[1].Last.Files[1:]...)
	if _, err := ExperimentClaims(arms); err == nil || errors.Is(err, errNotTrained) || !strings.Contains(err.Error(), "different pictures") {
		t.Errorf("arms of other pictures: %v", err)
	}
}
