package ledger

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/features"
	"thesis.example/lib/stats"
	"thesis.example/lib/trial"
)

func TestDecide(t *testing.T) {
	at := func(value, half, p float64) stats.Difference {
		interval := func(confidence float64) stats.Interval { // as wide as the normal one
			wide := half * math.Erfinv(confidence) / math.Erfinv(stats.Level)
			return stats.Interval{Low: value - wide, High: value + wide}
		}
		return stats.Difference{Value: value, CI: interval(stats.Level), P: p, At: interval}
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
	// One of four questions contradicts at 98.75 %, where the interval is 1.27 times as wide.
	a := decide(300, 1, at(0, 0.9, 0.9))
	if a.judge(1, 4); a.Verdict != Open {
		t.Errorf("one of four questions at 95 %%: %s", a.Verdict)
	}
	a = decide(300, 1, at(0, 0.75, 0.9))
	if a.judge(1, 4); a.Verdict != Contradicted {
		t.Errorf("one of four questions at 98.75 %%: %s", a.Verdict)
	}
	a = decide(300, 1, at(3, 1, 0.001), at(3, 2, 0.04))
	if a.Low != 1 || a.High != 5 || a.P != 0.04 {
		t.Errorf("of two cases the wider interval and the larger p count: %+v", a)
	}
}

func TestConclude(t *testing.T) {
	for _, c := range []struct {
		roles, verdicts []string
		want            string
	}{
		{nil, []string{Supported, Supported}, Supported},
		{nil, []string{Supported, Open}, Open},
		{nil, []string{Open, Contradicted}, Contradicted},
		{nil, []string{NotAsked, Contradicted}, Contradicted},
		{nil, []string{Supported, NotAsked}, NotAsked},
		{nil, []string{Supported, NotMeasured}, NotMeasured},
		{nil, []string{Open, NotMeasured}, NotMeasured},
		{nil, []string{Open, NotPublished}, NotPublished},
		{nil, []string{NotAsked, NotMeasured}, NotMeasured},
		{nil, []string{NotMeasured, Contradicted}, Contradicted},
		{[]string{"", "aside"}, []string{Supported, Contradicted}, Supported},
		{[]string{"", "aside"}, []string{Open, NotMeasured}, Open},
		{[]string{"", "cause"}, []string{Open, NotMeasured}, Open},
		{[]string{"", "cause"}, []string{Open, NotPublished}, NotPublished},
		{[]string{"", "cause"}, []string{Open, Contradicted}, Open},
		{[]string{"", "cause"}, []string{Supported, Contradicted}, Contradicted},
		{[]string{"", "cause"}, []string{Supported, NotMeasured}, NotMeasured},
		{[]string{"", "cause"}, []string{NotAsked, NotMeasured}, NotAsked},
		{[]string{"", "cause"}, []string{NotMeasured, NotMeasured}, NotMeasured},
		{[]string{"premise", "cause"}, []string{Contradicted, Supported}, NotAsked},
		{[]string{"premise", "cause"}, []string{Open, NotMeasured}, NotAsked},
		{[]string{"premise", "cause"}, []string{Open, NotPublished}, NotPublished},
		{[]string{"premise", "cause"}, []string{NotMeasured, Supported}, NotMeasured},
		{[]string{"premise", "cause"}, []string{Supported, Supported}, Supported},
		{[]string{"premise", "cause"}, []string{Supported, Open}, Open},
		{[]string{"premise", "cause"}, []string{Supported, Contradicted}, Contradicted},
	} {
		claim := Claim{}
		for i, v := range c.verdicts {
			q := Question{Ours: Answer{Verdict: v}, Published: Answer{Verdict: Supported}}
			if c.roles != nil {
				q.Role = Role(c.roles[i])
			}
			claim.Questions = append(claim.Questions, q)
		}
		claim.conclude()
		if claim.Ours != c.want || claim.Published != Supported {
			t.Errorf("%v %v: %s and %s, want %s and %s", c.roles, c.verdicts, claim.Ours, claim.Published, c.want, Supported)
		}
	}
}

// Every claim has one verdict of the six, and the sentence counts all of them.
func TestSayVerdicts(t *testing.T) {
	var claims []Claim
	for i, v := range []string{Supported, Supported, Contradicted, Open, NotPublished, NotMeasured, NotAsked} {
		claims = append(claims, Claim{ID: fmt.Sprint(i), Published: Open, Ours: v})
	}
	want := "Of 7 claims, on the published numbers: 0 supported, 0 contradicted, 7 cannot be told. On these data: 2 supported, 1 contradicted, 1 cannot be told, 1 not published, 1 not measured, 1 cannot be asked."
	if got := SayVerdicts(claims); got != want {
		t.Errorf("%q", got)
	}
}

// planted is how accurate each arm truly is, by genre; one number counts for all genres.
type planted map[arm][]float64

// drawn is a data set of n pictures, a third a genre, on which arms are as accurate as planted, and more
// alike the nearer to 1 alike is: whether an arm is right is decided by how hard the picture is and by
// luck, both normal (a Gaussian copula). A wrong answer takes travel for dance. probes are the accuracies of
// linear probes. The loss of experiment 1's hybrid arm is lower by lower, with the correlation over folds
// for which the corrected t test is exact (n_test/(n_test + n_train) = 0.2).
func drawn(random *rand.Rand, n int, alike float64, accuracy, probes planted, lower float64) []trial.Summary {
	genres := []string{"dance", "gourmet", "travel"}
	hard := make([]float64, n)
	files := make([]string, n)
	for i := range n {
		hard[i], files[i] = random.NormFloat64(), fmt.Sprintf("%04d", i)
	}
	answers := func(p []float64) trial.Result {
		r := trial.Result{Files: files}
		for i := range n {
			g := i % 3
			right := math.Sqrt(alike)*hard[i]+math.Sqrt(1-alike)*random.NormFloat64() < math.Sqrt2*math.Erfinv(2*p[min(g, len(p)-1)]-1)
			answer := (g + 1) % 3
			if right {
				answer = g
				r.Correct++
			}
			r.Truth, r.Predicted = append(r.Truth, g), append(r.Predicted, answer)
		}
		return r
	}
	var summaries []trial.Summary
	common := random.NormFloat64()
	for _, a := range slices.SortedFunc(maps.Keys(accuracy), func(a, b arm) int {
		return cmp.Or(cmp.Compare(a.experiment, b.experiment), cmp.Compare(a.name, b.name))
	}) {
		s := trial.Summary{Last: answers(accuracy[a])}
		s.Experiment, s.Arm, s.Folds, s.Genres = a.experiment, a.name, 5, genres
		if p, has := probes[a]; has {
			probe := answers(p)
			s.Probe = &probe
		}
		for fold := range 5 {
			r := &trial.Record{Last: trial.Predictions{Epoch: 1}}
			r.Train, r.Test, r.Fold = n-n/5, n/5, fold+1
			for i := fold * n / 5; i < (fold+1)*n/5; i++ {
				r.Last.Pictures = append(r.Last.Pictures, trial.Prediction{Truth: genres[s.Last.Truth[i]], Predicted: genres[s.Last.Predicted[i]]})
			}
			loss := 0.35
			if a == (arm{1, "cnn-hybrid"}) {
				loss -= lower + 0.05*(math.Sqrt(0.2)*common+math.Sqrt(0.8)*random.NormFloat64())
			}
			r.History = []trial.Epoch{{TestLoss: loss}}
			s.Fold, s.Records = append(s.Fold, fold+1), append(s.Records, r)
		}
		summaries = append(summaries, s)
	}
	return summaries
}

// rates are the shares of verdicts over so many drawn data sets.
func rates(t *testing.T, name string, sets int, draw func(random *rand.Rand) ([]Claim, error)) map[string]map[string]float64 {
	t.Helper()
	of := map[string]map[string]float64{}
	for set := range sets {
		claims, err := draw(rand.New(rand.NewPCG(uint64(set), 12)))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			if of[c.ID] == nil {
				of[c.ID] = map[string]float64{}
			}
			of[c.ID][c.Ours] += 1 / float64(sets)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		t.Logf("%-44s %-6s supported %.3f contradicted %.3f", name, id, of[id][Supported], of[id][Contradicted])
	}
	return of
}

// near allows three standard deviations of a rate over 200 sets.
func near(rate, want float64) bool { return atMost(rate, want, 200) && atMost(1-rate, 1-want, 200) }

// atMost allows three standard deviations above a nominal rate.
func atMost(rate, want float64, sets int) bool {
	return rate <= want+3*math.Sqrt(want*(1-want)/float64(sets))+1e-9
}

// The verdicts on the claims of chapters 5 to 7 over 200 drawn sets of 300 pictures (1,000 at
// the edge), where arms are as alike
// as 4 and as 12 of 100 pictures that tell two of them apart: an effect that is there is contradicted in at most
// 2.5 %, one that is not supported in at most 2.5 %, also where all but one of a claim's questions are true;
// what is large is found.
func TestRatesOfExperimentClaims(t *testing.T) {
	ref, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]Answer{} // the published answers, which no drawing changes
	for _, alike := range []float64{0.98, 0.85} {
		run := func(name string, sets int, accuracy, probes planted, lower float64) map[string]map[string]float64 {
			return rates(t, fmt.Sprintf("%s, alike %g", name, alike), sets, func(random *rand.Rand) ([]Claim, error) {
				return (&claimBook{ref: ref, summaries: drawn(random, 300, alike, accuracy, probes, lower), published: known}).claims()
			})
		}
		// world gives every arm its accuracy from what is planted: the differences in points that the questions
		// ask about.
		type effects struct{ e1, cnn, vit, gap, cut, text, noise, shuffled, size, probe, meta, gourmet float64 }
		world := func(e effects) (accuracy, probes planted) {
			base := 0.88
			at := func(points float64) []float64 { return []float64{base + points/100} }
			vit := e.gap
			accuracy = planted{
				{1, "cnn-single"}: at(0), {1, "cnn-hybrid"}: at(e.e1),
				{2, "cnn-single"}: at(0), {2, "cnn-hybrid"}: at(-e.cnn),
				{2, "vit-single"}: at(vit), {2, "vit-hybrid"}: at(vit + e.vit),
				{2, "cnn-single-cut"}: at(-2), {2, "cnn-hybrid-cut"}: at(-2 - e.cnn + e.cut),
				{2, "cnn-hybrid-notext"}: at(-e.cnn + e.text), {2, "cnn-hybrid-noise"}: at(-e.cnn + e.noise),
				{2, "vit-hybrid-shuffled"}: at(vit + e.vit - e.shuffled), {2, "tiny-single"}: at(vit - e.size),
				{2, "cnn-logistic"}: at(-15), {2, "meta"}: {1.0/3 + e.meta/100},
			}
			if e.gourmet != 0 { // of gourmet apart from the others
				single, hybrid := base+(vit-e.gourmet)/100, base+vit/100
				accuracy[arm{2, "vit-single"}] = []float64{base + vit/100, single, base + vit/100}
				accuracy[arm{2, "vit-hybrid"}] = []float64{base + (vit+e.vit)/100, hybrid, base + (vit+e.vit)/100}
			}
			return accuracy, planted{{2, "cnn-single"}: at(0), {2, "cnn-hybrid"}: at(-e.probe)}
		}
		published := effects{e1: 13. / 3, cnn: 4. / 3, vit: 1. / 3, gap: 13. / 3, cut: 4. / 3, text: 4. / 3, noise: 4. / 3, shuffled: 1. / 3, size: 13. / 3, probe: 4. / 3}
		loss := ref.Experiment1["cnn_single"].LossMean - ref.Experiment1["cnn_hybrid"].LossMean

		// The published differences are true; C12's, 2 points in gourmet, in a run of its own.
		accuracy, probes := world(published)
		for id, r := range run("published", 200, accuracy, probes, loss) {
			if id != "C12" && !atMost(r[Contradicted], 0.025, 200) {
				t.Errorf("alike %g, the published effect is true, %s: %v", alike, id, r)
			}
		}
		accuracy, probes = world(effects{gap: 8, gourmet: 2})
		if r := run("published, gourmet", 200, accuracy, probes, 0)["C12"]; !atMost(r[Contradicted], 0.025, 200) {
			t.Errorf("alike %g, C12 is true: %v", alike, r)
		}

		// Half of them are: every question at the edge of being contradicted.
		half := published
		for _, v := range []*float64{&half.e1, &half.cnn, &half.vit, &half.gap} {
			*v /= 2
		}
		half.cut, half.text, half.noise, half.shuffled, half.size, half.probe = 0, 0, 0, 0, 0, 0
		accuracy, probes = world(half)
		for id, r := range run("half of the published", 1000, accuracy, probes, loss/2) {
			if id != "C12" && !atMost(r[Contradicted], 0.025, 1000) {
				t.Errorf("alike %g, half of the published effect is true, %s: %v", alike, id, r)
			}
		}

		// Nothing is there, or the opposite.
		for name, e := range map[string]effects{
			"nothing":      {meta: 30},
			"the opposite": {e1: -13. / 3, cnn: -4. / 3, vit: -1. / 3, gap: -13. / 3, cut: -4. / 3, text: -4. / 3, noise: -4. / 3, shuffled: -1. / 3, size: -13. / 3, probe: -4. / 3, meta: 30, gourmet: -2},
		} {
			accuracy, probes = world(e)
			lower := 0.0
			if e.e1 < 0 {
				lower = -loss
			}
			for id, r := range run(name, 200, accuracy, probes, lower) {
				if !atMost(r[Supported], 0.025, 200) {
					t.Errorf("alike %g, %s, %s: %v", alike, name, id, r)
				}
			}
		}

		// All of a claim's questions are true by far but one, which is null.
		accuracy, probes = world(effects{e1: 9, cnn: 12, vit: 8, gap: 4, cut: 12, text: 12, size: 0, probe: 0})
		r := run("all but one", 200, accuracy, probes, 0)
		for _, id := range []string{"C3", "C6", "C7", "C8", "C9"} {
			if !atMost(r[id][Supported], 0.025, 200) {
				t.Errorf("alike %g, all but one question are true, %s: %v", alike, id, r[id])
			}
		}

		// All are, by far; and the opposite by far.
		large := effects{e1: 9, cnn: 14, vit: 3, gap: 8, cut: 14, text: 14, noise: 14, shuffled: 6, size: 15, probe: 10}
		if alike < 0.9 {
			large.vit, large.gap, large.shuffled = 5, 6, 9
		}
		accuracy, probes = world(large)
		for id, r := range run("large", 200, accuracy, probes, 0.3) {
			if id != "C12" && id != "C13" && r[Supported] < 0.8 {
				t.Errorf("alike %g, a large effect, %s: %v", alike, id, r)
			}
		}
		accuracy, probes = world(effects{e1: -12, cnn: -10, vit: -10, gap: -8, cut: -10, text: -10, noise: -10, probe: -10, meta: 30, gourmet: -8})
		for id, r := range run("large opposite", 200, accuracy, probes, -0.3) {
			switch want := 0.8; {
			case id == "C9" && !near(r[NotAsked], 1), id == "C12" && r[Supported] > 0, id == "C8" && r[Contradicted] < want:
				t.Errorf("alike %g, the opposite by far, %s: %v", alike, id, r)
			case id != "C9" && id != "C12" && r[Contradicted] < want:
				t.Errorf("alike %g, the opposite by far, %s: %v", alike, id, r)
			}
		}
	}
}

// A planted difference of two arms is found as often as the test's power says.
func TestPowerOfAVerdict(t *testing.T) {
	ref, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	const discordance, difference = 0.12, 0.06
	power, err := stats.PowerMcNemar(difference, discordance, 300)
	if err != nil {
		t.Fatal(err)
	}
	r := rates(t, "power", 200, func(random *rand.Rand) ([]Claim, error) {
		arms := drawn(random, 300, 0, planted{{2, "cnn-single"}: {1}, {2, "cnn-hybrid"}: {1}}, nil, 0)
		for i, truth := range arms[0].Last.Truth {
			switch u := random.Float64(); {
			case u < (discordance+difference)/2:
				arms[0].Last.Predicted[i] = (truth + 1) % 3 // hybrid, the first by name, is wrong
			case u < discordance:
				arms[1].Last.Predicted[i] = (truth + 1) % 3
			}
		}
		b := &claimBook{ref: ref, summaries: arms}
		c := Claim{ID: "C4", Questions: []Question{b.accuracy(arm{2, "cnn-single"}, arm{2, "cnn-hybrid"})}}
		c.conclude()
		return []Claim{c}, b.err
	})
	if !near(r["C4"][Supported], power.MidP) {
		t.Errorf("%v, want %.2f supported", r, power.MidP)
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
	run := func(name string, correlation, faces, saturation map[string]float64, shared float64) map[string]map[string]float64 {
		return rates(t, name, 200, func(random *rand.Rand) ([]Claim, error) {
			return MetadataClaims(drawnTable(random, correlation, faces, saturation, shared))
		})
	}
	// C1's question whether gourmet's r = 0.3 lies below 0.5 has the power Φ(0.24·√97 − 1.96).
	power := 0.5 * math.Erfc(-((math.Atanh(0.5)-math.Atanh(0.3))*math.Sqrt(97)-1.959964)/math.Sqrt2)
	r := run("published", published, faces, saturation, 0)
	if !near(r["C1"][Supported], power) || !atMost(r["C1"][Contradicted], 0.025, 200) {
		t.Errorf("C1 planted: %v, want %.2f supported", r["C1"], power)
	}
	for _, id := range []string{"C2", "4.5-3"} {
		if r[id][Supported] < 0.9 || r[id][Contradicted] > 0.01 {
			t.Errorf("%s planted: %v", id, r[id])
		}
	}
	r = run("nothing", same(0.7), same(0.5), same(0.3), 1)
	for _, id := range []string{"C1", "C2", "4.5-3"} {
		if !atMost(r[id][Supported], 0.025, 200) || r[id][Contradicted] < 0.9 {
			t.Errorf("%s, nothing planted: %v", id, r[id])
		}
	}
	// All but one: gourmet's correlation is strong too, and travel no more saturated than gourmet.
	r = run("all but one", map[string]float64{"dance": 0.95, "gourmet": 0.5, "travel": 0.95}, faces, map[string]float64{"dance": 0.2, "gourmet": 0.36, "travel": 0.36}, 0)
	for _, id := range []string{"C1", "C2"} {
		if !atMost(r[id][Supported], 0.025, 200) {
			t.Errorf("%s, all but one planted: %v", id, r[id])
		}
	}
	// Half of the published differences, every question at the edge of being contradicted.
	z := func(high, low string) float64 { return (math.Atanh(published[high]) - math.Atanh(published[low])) / 2 }
	gourmet := (math.Atanh(0.5) + math.Atanh(0.3)) / 2
	edge := map[string]float64{"gourmet": math.Tanh(gourmet), "dance": math.Tanh(gourmet + z("dance", "gourmet")), "travel": math.Tanh(gourmet + z("travel", "gourmet"))}
	r = run("half of the published", edge, map[string]float64{"dance": 0.715, "gourmet": 0.195, "travel": 0.25}, map[string]float64{"dance": 0.295, "gourmet": 0.325, "travel": 0.36}, 0)
	for _, id := range []string{"C1", "C2"} {
		if !atMost(r[id][Contradicted], 0.025, 200) {
			t.Errorf("%s, half planted: %v", id, r[id])
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
		"C6": NotPublished, "C7": NotPublished, "C8": NotPublished, "C9": NotPublished, "C10": Supported, "C11": Open, "C12": Open, "C13": NotPublished,
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
	if _, rows := EvidenceTable(claims); len(rows) != 3*(3+4+1+2+2+2+1+3+2+2+2+1+1+1+1) {
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
	arms := drawn(rand.New(rand.NewPCG(1, 1)), 30, 0.9, planted{{2, "cnn-single"}: {0.9}, {2, "cnn-hybrid"}: {0.9}}, nil, 0)
	arms[1].Last.Files = append([]string{"another"}, arms[1].Last.Files[1:]...)
	if _, err := ExperimentClaims(arms); err == nil || errors.Is(err, errNotTrained) || !strings.Contains(err.Error(), "different pictures") {
		t.Errorf("arms of other pictures: %v", err)
	}
}

// What no confusion matrices of five folds of 60 pictures with the published number of right ones can have,
// as the claims' note on the published F1 of the hybrid arms says.
func TestPublishedF1(t *testing.T) {
	ref, err := Published()
	if err != nil {
		t.Fatal(err)
	}
	const most = 26 // errors of a fold that are tried: the extremes share the errors out more evenly or less
	var low, high [most + 1]float64
	for errors := range most + 1 {
		low[errors], high[errors] = 1, 0
		for m := range stats.ConfusionsOfThree(ref.PerClass/trial.Folds, errors) {
			f := stats.MacroF1(m)
			low[errors], high[errors] = min(low[errors], f), max(high[errors], f)
		}
	}
	// extreme is the least or the largest mean over folds of so many errors together.
	extreme := func(total int, of [most + 1]float64, better func(...float64) float64) float64 {
		best := map[int]float64{0: 0}
		for range trial.Folds {
			next := map[int]float64{}
			for so, sum := range best {
				for errors := 0; errors <= min(most, total-so); errors++ {
					v := sum + of[errors]/trial.Folds
					if old, seen := next[so+errors]; seen {
						v = better(old, v)
					}
					next[so+errors] = v
				}
			}
			best = next
		}
		return best[total]
	}
	least := func(v ...float64) float64 { return slices.Min(v) }
	largest := func(v ...float64) float64 { return slices.Max(v) }
	for arm, impossible := range map[string]bool{"cnn_single": false, "cnn_hybrid": true, "vit_single": false, "vit_hybrid": true} {
		p := ref.Experiment2[arm]
		errors := 3*ref.PerClass - p.Correct
		from, to := extreme(errors, low, least), extreme(errors, high, largest)
		t.Logf("%s: %d errors, mean of macro F1 from %.4f to %.4f, published %.4f", arm, errors, from, to, p.F1)
		if outside := p.F1+5e-5 < from || p.F1-5e-5 > to; outside != impossible {
			t.Errorf("%s: published %.4f, possible %.4f to %.4f", arm, p.F1, from, to)
		}
	}
}
