package trial

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"thesis.example/lib/fusion"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// Both modalities' shares add up to the whole, exactly, in whole pictures.
func TestShapley(t *testing.T) {
	c := Coalitions[int]{Both: 50, Picture: 44, Metadata: 30, None: 20}
	if p, m := c.Shapley(); p != 22 || m != 8 { // ½(50−30+44−20), ½(50−44+30−20)
		t.Errorf("shares %g and %g, want 22 and 8", p, m)
	}
	if got := c.Cooperation(); got != -4 { // 50−44−30+20
		t.Errorf("cooperation %g, want −4", got)
	}
	if p, m := c.Utilisation(); !near(p, 0.4, 1e-15) || !near(m, 0.12, 1e-15) { // (50−30)/50, (50−44)/50
		t.Errorf("utilisation %g and %g, want 0.4 and 0.12", p, m)
	}
	if p, _ := (Coalitions[int]{}).Utilisation(); !math.IsNaN(p) {
		t.Errorf("nothing right, but utilisation %g", p)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		c := Coalitions[int]{random.IntN(61), random.IntN(61), random.IntN(61), random.IntN(61)}
		if p, m := c.Shapley(); 2*p+2*m != float64(2*(c.Both-c.None)) {
			t.Fatalf("%+v: %g + %g", c, p, m)
		}
	}
}

// The example of Hessel & Lee 2020, appendix G.
func TestProjection(t *testing.T) {
	var f [][][]float64
	for _, row := range [][]float64{{-1.3, .3, -.2}, {.8, 3, 1.1}, {1.1, -.1, .7}} {
		var r [][]float64
		for _, v := range row {
			r = append(r, []float64{v, 2 * v})
		}
		f = append(f, r)
	}
	for i, g := range project(f) {
		if want := []float64{-.8, 2.1, .5}[i]; !near(g[0], want, 1e-12) || !near(g[1], 2*want, 1e-12) {
			t.Errorf("picture %d: %v, want %g and its double", i, g, want)
		}
	}
	e := emapOf(f, []int{0, 1, 1})
	// −1.3 against −2.6 is genre 0, 3 against 6 genre 1, .7 against 1.4 genre 1; the projection says the same.
	if e.Correct != 3 || e.ProjectedCorrect != 3 || !near(e.Largest, 2*(3-2.1), 1e-12) {
		t.Errorf("%+v", e)
	}
}

func TestImportanceEqualsScikitLearn(t *testing.T) {
	b, err := os.ReadFile("testdata/importance.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Rows         [][]float32
		Labels       []int
		Weight       [][]float64
		Bias         []float64
		Permutations [][]int
		Importances  [][]float64
		Mean         []float64
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Mean) != 4 || len(want.Permutations) != 6 || want.Mean[3] != 0 || want.Mean[0] < 0.05 {
		t.Fatalf("the golden has means %v of %d permutations", want.Mean, len(want.Permutations))
	}
	l := fusion.Regression{Weight: want.Weight, Bias: want.Bias}
	answer := func(_ int, row []float32) []float64 {
		x := make([]float64, len(row))
		for c, v := range row {
			x[c] = float64(v)
		}
		return l.Logits(x)
	}
	names := []string{"a", "b", "c", "d"}
	all := importance(names, want.Rows, want.Labels, want.Permutations, answer)
	for c, number := range all.Numbers {
		if got := all.Drop(number); !near(got, want.Mean[c], 1e-12) {
			t.Errorf("%s: %g, scikit-learn has %g", number.Name, got, want.Mean[c])
		}
	}
	for r, permutation := range want.Permutations {
		once := importance(names, want.Rows, want.Labels, [][]int{permutation}, answer)
		for c, number := range once.Numbers {
			if got := once.Drop(number); !near(got, want.Importances[c][r], 1e-12) {
				t.Errorf("%s, permutation %d: %g, scikit-learn has %g", number.Name, r, got, want.Importances[c][r])
			}
		}
	}
	if all.Numbers[3].Loss < all.Loss-1e-12 || all.Numbers[3].Loss > all.Loss+1e-12 || all.Numbers[0].Loss <= all.Loss {
		t.Errorf("losses %g, permuted %+v", all.Loss, all.Numbers)
	}
}

func TestOverfit(t *testing.T) {
	r := &Record{History: []Epoch{{1, 1.0, 0, 0.9, 0}, {2, 0.5, 0, 0.7, 0}, {3, 0.1, 0, 0.8, 0}}}
	r.Epochs = 3
	o := r.OverfitBetween(1, 2) // the gap goes from −0.1 to 0.2, the test loss falls by 0.2
	if !near(o.O, 0.3, 1e-12) || !near(o.G, 0.2, 1e-12) || !near(o.Ratio(), 1.5, 1e-12) {
		t.Errorf("%+v, ratio %g", o, o.Ratio())
	}
	if o := r.OverfitBetween(2, 3); !near(o.G, -0.1, 1e-12) || !math.IsNaN(o.Ratio()) {
		t.Errorf("a test loss that rises: %+v, ratio %g", o, o.Ratio())
	}
	s := Summary{Config: r.Config, Records: []*Record{r, r}}
	if all := s.Overfit(); len(all) != 3 || all[0] != (Overfit{}) || !near(all[2].O, 0.8, 1e-12) || !near(all[2].G, 0.1, 1e-12) {
		t.Errorf("over the folds %+v", all)
	}
}

// measuredJob prepares an arm's first fold as train does.
func measuredJob(t *testing.T, l *lab, arm string) (*job, *program, *source, table) {
	t.Helper()
	j, err := l.ask(Trial{2, arm, 1, Choice{Profile: "test", Seed: 7}, 0})
	if err == nil {
		err = l.prepare(t.Context(), j)
	}
	if err != nil {
		t.Fatal(err)
	}
	src, err := l.source(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.programFor(j)
	if err == nil {
		err = p.restart(j)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j, p, src, tableOf(l.standardised(j))
}

// The head's way to the shares and the whole network's give the same.
func TestSharesOfHeadAndNetwork(t *testing.T) {
	l, _ := newLab(t)
	j, p, src, metadata := measuredJob(t, l, "vit-hybrid")
	random := rand.New(rand.NewPCG(5, 6))
	var train tally
	for range 40 { // so that the arm tells the pictures apart
		random.Shuffle(len(j.fold.Train), func(a, b int) { j.fold.Train[a], j.fold.Train[b] = j.fold.Train[b], j.fold.Train[a] })
		if err := p.train(t.Context(), src, metadata, l.set.Labels(), j.fold.Train[:8], random, &train); err != nil {
			t.Fatal(err)
		}
	}
	test, err := p.test(t.Context(), src, metadata, l.set.Labels(), j.fold.Test)
	if err != nil {
		t.Fatal(err)
	}
	if len(test.features) != len(j.fold.Test) {
		t.Fatalf("%d features of %d pictures", len(test.features), len(j.fold.Test))
	}
	use, late, err := l.shares(t.Context(), j, p, src, metadata, j.config.Epochs, test)
	if err != nil {
		t.Fatal(err)
	}
	film := *j.model // the same network, asked in the way of arms whose metadata enter the backbone
	film.Arm.Fusion = "film"
	other := *j
	other.model = &film
	_, early, err := l.shares(t.Context(), &other, p, src, metadata, j.config.Epochs, test)
	if err != nil {
		t.Fatal(err)
	}
	if early.EMAP != nil || early.Importance != nil || len(early.Baselines) != 3 || len(late.Baselines) != 3 {
		t.Fatalf("late %+v, early %+v", late, early)
	}
	if a := late.Baselines[0]; a.Name != TrainingMean || a.Correct != use.Correct || use.Discrepancy != 0 {
		t.Errorf("use %+v, baseline %+v", use, a)
	}
	seen := map[Coalitions[float64]]bool{}
	for i, a := range late.Baselines {
		b := early.Baselines[i]
		seen[a.Loss] = true
		if a.Name == Permuted { // all donors, and one of them
			if a.Donors != len(j.fold.Test)-1 || b.Donors != 1 || a.Correct.Both != b.Correct.Both*a.Donors || !near(a.Loss.Both, b.Loss.Both, 1e-5) {
				t.Errorf("permuted: %+v and %+v", a, b)
			}
			own, all := oneDonor(t, l, j, p, metadata, test)
			if own.Correct != b.Correct || !near(own.Loss.Picture, b.Loss.Picture, 1e-5) || !near(own.Loss.Metadata, b.Loss.Metadata, 1e-5) || !near(own.Loss.None, b.Loss.None, 1e-5) {
				t.Errorf("one donor: %+v, the network %+v", own, b)
			}
			if a.Correct != all.Correct || !near(a.Loss.Picture, all.Loss.Picture, 1e-9) || !near(a.Loss.Metadata, all.Loss.Metadata, 1e-9) || !near(a.Loss.None, all.Loss.None, 1e-9) {
				t.Errorf("all donors: %+v, added up by hand %+v", a, all)
			}
			continue
		}
		if a.Correct != b.Correct || !near(a.Loss.Both, b.Loss.Both, 1e-5) || !near(a.Loss.Picture, b.Loss.Picture, 1e-5) || !near(a.Loss.Metadata, b.Loss.Metadata, 1e-5) || !near(a.Loss.None, b.Loss.None, 1e-5) {
			t.Errorf("%s: the head %+v, the network %+v", a.Name, a, b)
		}
		if a.Correct.None != 2 { // one answer for six pictures, two of each genre
			t.Errorf("%s: nothing known, %d right", a.Name, a.Correct.None)
		}
	}
	if len(seen) != 3 {
		t.Errorf("baselines are alike: %+v", late.Baselines)
	}
}

// oneDonor is what "permuted" is with the one donor of each picture that arms have whose metadata enter
// the backbone, and all with every shift of the fold's order as donors.
func oneDonor(t *testing.T, l *lab, j *job, p *program, metadata table, test tally) (one, all Baseline) {
	head, err := j.model.Head(p.store)
	if err != nil {
		t.Fatal(err)
	}
	n := len(j.fold.Test)
	ask := func(picture, numbers int) []float64 {
		return head.Join(head.Picture(test.features[picture]), head.Metadata(metadata.row(j.fold.Test[numbers])))
	}
	with := func(donors ...[]int) Baseline {
		var both, picture, numbers, none score
		for _, donor := range donors {
			for i, d := range donor {
				if d == i {
					t.Fatalf("picture %d is its own donor", i)
				}
				label := l.set.Labels()[j.fold.Test[i]]
				both.add(ask(i, i), label)
				picture.add(ask(i, d), label)
				numbers.add(ask(d, i), label)
				none.add(ask(d, d), label)
			}
		}
		return baselineOf(Permuted, len(donors), both, picture, numbers, none)
	}
	permutation := draws(j.config.Seed, "fold 1 permutations").Perm(n)
	next, shifts := make([]int, n), [][]int{}
	for k, i := range permutation {
		next[i] = permutation[(k+1)%n]
	}
	for s := 1; s < n; s++ {
		var shift []int
		for i := range n {
			shift = append(shift, (i+s)%n)
		}
		shifts = append(shifts, shift)
	}
	return with(next), with(shifts...)
}

// What is recorded of arms: identities that hold whatever was learnt.
func TestSharesInRecords(t *testing.T) {
	l, _ := newLab(t)
	for _, arm := range []string{"vit-single", "vit-logits", "vit-hybrid", "meta"} {
		records, err := l.runAll(t.Context(), All(2, arm, Choice{Profile: "test", Seed: 7})[:2])
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			right := 0
			for _, p := range r.Last.Pictures {
				if p.Truth == p.Predicted {
					right++
				}
			}
			s := r.Shares
			if s == nil || s.Test != r.Test {
				t.Fatalf("%s: shares %+v", r.Trial, s)
			}
			if arm == "meta" {
				if len(s.Baselines) != 0 || s.EMAP != nil || len(r.Uses) != 0 || s.Importance == nil || len(r.Steps) != 0 {
					t.Errorf("%s: %+v", r.Trial, s)
				}
			} else if len(s.Baselines) != 3 || len(r.Uses) != r.Epochs || r.Uses[r.Epochs-1].Correct != s.Baselines[0].Correct {
				t.Errorf("%s: %+v, uses %+v", r.Trial, s.Baselines, r.Uses)
			}
			for _, b := range s.Baselines {
				picture, metadata := b.Correct.Shapley()
				if 2*picture+2*metadata != float64(2*(b.Correct.Both-b.Correct.None)) || b.Correct.Both != right*b.Donors {
					t.Errorf("%s, %s: %+v, shares %g and %g, %d right", r.Trial, b.Name, b.Correct, picture, metadata, right)
				}
				lossPicture, lossMetadata := b.Loss.Shapley()
				if !near(lossPicture+lossMetadata, b.Loss.Both-b.Loss.None, 1e-12) {
					t.Errorf("%s, %s: losses %+v", r.Trial, b.Name, b.Loss)
				}
				if arm == "vit-single" && (metadata != 0 || lossMetadata != 0) {
					t.Errorf("%s never sees the metadata, whose share is %g", r.Trial, metadata)
				}
			}
			if e := s.EMAP; e != nil {
				if additive := e.Largest < 1e-9; additive != (arm != "vit-hybrid") || additive && (e.Correct != e.ProjectedCorrect || !near(e.Loss, e.ProjectedLoss, 1e-9)) {
					t.Errorf("%s: %+v", r.Trial, e)
				}
			}
			if (s.Importance == nil) != (arm == "vit-single") {
				t.Errorf("%s: importance %+v", r.Trial, s.Importance)
			}
			if m := s.Importance; m != nil {
				sum := 0
				for _, v := range m.Right {
					sum += v
				}
				if sum != right || len(m.Numbers) != 16 || !near(m.Loss, r.History[r.Epochs-1].TestLoss, 1e-5) {
					t.Errorf("%s: %d right, %d numbers, loss %g", r.Trial, sum, len(m.Numbers), m.Loss)
				}
			}
			for _, u := range r.Uses {
				if (u.Discrepancy > 0) != (arm == "vit-logits") {
					t.Errorf("%s: discrepancy %g", r.Trial, u.Discrepancy)
				}
			}
		}
		summaries, err := Summarise(records)
		if err != nil {
			t.Fatal(err)
		}
		s := &summaries[0]
		important, err := s.Importance(1)
		if err != nil || (len(important) == 16) != (arm != "vit-single") {
			t.Fatalf("%s: %d numbers, %v", arm, len(important), err)
		}
		names, _ := l.metadata(2)
		for i, f := range important {
			if f.Name != names[i] || len(f.Folds) != 2 || !near(f.Drop, (f.Folds[0]+f.Folds[1])/2, 1e-12) || f.Interval.Low > f.Drop || f.Interval.High < f.Drop {
				t.Errorf("%s: %+v", arm, f)
			}
		}
		if arm == "meta" { // hue, likes and comments say the genre, see openLab and writeSet
			best := slices.MaxFunc(important, func(a, b Important) int {
				if a.Loss > b.Loss {
					return 1
				}
				return -1
			})
			if !slices.Contains([]string{names[0], "likes", "comments"}, best.Name) {
				t.Errorf("the loss rises most with %+v", best)
			}
			if s.Shapley() != nil || s.EMAP() != nil || s.Uses() != nil || s.Gradients() != nil {
				t.Errorf("meta has no two modalities: %+v", s.Shapley())
			}
			continue
		}
		for i, p := range s.Shapley() {
			want := Coalitions[float64]{}
			for _, r := range records {
				b := r.Shares.Baselines[i]
				want.Picture += float64(b.Correct.Picture) / float64(12*b.Donors)
				want.Both += float64(b.Correct.Both) / float64(12*b.Donors)
			}
			picture, metadata := p.Accuracy.Shapley()
			if !near(p.Accuracy.Picture, want.Picture, 1e-12) || !near(p.Accuracy.Both, s.Last.Accuracy, 1e-12) || !near(p.Loss.Both, s.Last.Loss, 1e-5) || !near(picture+metadata, p.Accuracy.Both-p.Accuracy.None, 1e-12) {
				t.Errorf("%s: %+v, want %+v", arm, p, want)
			}
		}
		if uses := s.Uses(); len(uses) != 4 || uses[3].Correct.Both != s.Last.Correct {
			t.Errorf("%s: uses %+v", arm, uses)
		}
		if e := s.EMAP(); e.Correct != s.Last.Correct || !near(e.Loss, s.Last.Loss, 1e-5) {
			t.Errorf("%s: %+v", arm, e)
		}
	}
}

// Arms whose metadata enter the backbone are asked as a whole.
func TestSharesOfEarlyArms(t *testing.T) {
	l, _ := newLab(t)
	r := one(t, l, t.Context(), Trial{2, "vit-film", 1, Choice{Profile: "test", Seed: 7}, 0})
	s := r.Shares
	if s == nil || len(s.Baselines) != 3 || s.EMAP != nil || s.Importance != nil || len(r.Uses) != 0 || len(r.Steps) != 3 {
		t.Fatalf("%+v, %d uses, %d steps", s, len(r.Uses), len(r.Steps))
	}
	for _, b := range s.Baselines {
		picture, metadata := b.Correct.Shapley()
		if b.Donors != 1 || picture+metadata != float64(b.Correct.Both-b.Correct.None) || !near(b.Loss.Both, r.History[r.Epochs-1].TestLoss, 1e-6) || b.Loss.Picture == b.Loss.Both {
			t.Errorf("%+v", b)
		}
		if found, ok := s.Baseline(b.Name); !ok || found != b {
			t.Errorf("%s is %+v", b.Name, found)
		}
	}
	if _, ok := s.Baseline("none"); ok {
		t.Error("a baseline of no such name")
	}
	if last := r.Steps[2].Blocks; !slices.ContainsFunc(last, func(b BlockGradient) bool { return b.Block == MetadataBlock && b.Norm > 0 }) {
		t.Errorf("no gradient of the metadata's layers in %+v", last)
	}
}
