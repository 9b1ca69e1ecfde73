package trial

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"thesis.example/lib/bench"
	"thesis.example/lib/fusion"
)

// inputs is the metadata that an arm gets.
func inputs(t *testing.T, l *lab, arm string, fold int, seed uint64) ([][]float64, *job) {
	t.Helper()
	j, err := l.ask(Trial{Experiment: 2, Arm: arm, Fold: fold, Choice: Choice{Profile: "test", Seed: seed}})
	if err != nil {
		t.Fatal(err)
	}
	return l.standardised(j), j
}

// What each variation of the metadata changes, and what it leaves.
func TestVariedMetadata(t *testing.T) {
	l, _ := newLab(t)
	random := draws(1, "texts")
	for i := range l.table.Rows {
		l.table.Rows[i].Text.Len, l.table.Rows[i].Text.Has, l.table.Rows[i].Text.Keywords = random.IntN(50), random.IntN(2) == 0, random.IntN(4)
	}
	names, raw := l.metadata(2)
	plain, j := inputs(t, l, "vit-hybrid", 1, 7)
	equal := func(a, b [][]float64) bool { return slices.EqualFunc(a, b, slices.Equal[[]float64]) }
	rows := func(x [][]float64, of []int) (s []string) {
		for _, i := range of {
			s = append(s, fmt.Sprint(x[i]))
		}
		slices.Sort(s)
		return s
	}
	same := func(a, b [][]float64, column int) bool {
		for i := range a {
			if a[i][column] != b[i][column] {
				return false
			}
		}
		return true
	}

	shuffled, _ := inputs(t, l, "vit-hybrid-shuffled", 1, 7)
	again, _ := inputs(t, l, "cnn-hybrid-shuffled", 1, 7) // not the backbone's, and the same every time
	other, _ := inputs(t, l, "vit-hybrid-shuffled", 1, 8)
	if equal(shuffled, plain) || !equal(shuffled, again) || equal(shuffled, other) {
		t.Error("shuffled: not shuffled, not the same twice, or the same with another seed")
	}
	for _, part := range [][]int{j.fold.Train, j.fold.Test} {
		if !slices.Equal(rows(shuffled, part), rows(plain, part)) {
			t.Error("shuffled: training and test pictures do not keep their rows apart")
		}
	}

	noise, noisy := inputs(t, l, "vit-hybrid-noise", 1, 7)
	second, _ := inputs(t, l, "vit-hybrid-noise", 2, 7)
	sum, squares, n := 0.0, 0.0, 0.0
	for _, row := range noise {
		for _, v := range row {
			sum, squares, n = sum+v, squares+v*v, n+1
		}
	}
	if n != 30*16 || math.Abs(sum/n) > 4/math.Sqrt(n) || math.Abs(squares/n-1) > 4*math.Sqrt(2/n) || equal(noise, second) {
		t.Errorf("noise: %g numbers with mean %g and variance %g, the same in two folds: %v", n, sum/n, squares/n, equal(noise, second))
	}
	if noisy.config.Metadata != "" || j.config.Metadata == "" {
		t.Errorf("noise is said to come from metadata %q", noisy.config.Metadata)
	}

	logs, _ := inputs(t, l, "vit-hybrid-log", 1, 7)
	for c, name := range names {
		engagement := slices.Contains([]string{"likes", "saves", "comments"}, name)
		if same(logs, plain, c) == engagement {
			t.Errorf("log changes %s: %v", name, engagement)
		}
		if !engagement {
			continue
		}
		column := make([][]float64, len(raw))
		for i := range raw {
			column[i] = []float64{math.Log10(1 + raw[i][c])}
		}
		for i, want := range scaled(column, j.fold.Train) {
			if math.Abs(logs[i][c]-want[0]) > 1e-9 {
				t.Errorf("log: %s of picture %d is %g, want %g", name, i, logs[i][c], want[0])
			}
		}
	}

	for variation, left := range map[string][]string{
		"notext": {"text_len", "has_text", "keyword_count"}, "notextlen": {"text_len"}, "nohastext": {"has_text"}, "nokeywords": {"keyword_count"},
	} {
		x, _ := inputs(t, l, "cnn-hybrid-"+variation, 1, 7)
		for c, name := range names {
			zero := !slices.ContainsFunc(x, func(row []float64) bool { return row[c] != 0 })
			if slices.Contains(left, name) != zero && !same(plain, make0(len(x), len(names)), c) || !zero && !same(x, plain, c) {
				t.Errorf("%s: %s is 0: %v", variation, name, zero)
			}
		}
	}
	if still, _ := inputs(t, l, "vit-hybrid", 1, 7); !equal(still, plain) {
		t.Error("a variation changed the metadata of the hybrid arm")
	}
}

func make0(rows, columns int) [][]float64 {
	x := make([][]float64, rows)
	for i := range x {
		x[i] = make([]float64, columns)
	}
	return x
}

// prepared is a job with its program where training starts.
func prepared(t *testing.T, l *lab, tr Trial) (*job, *program, *source, table) {
	t.Helper()
	j, err := l.ask(tr)
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

// steps trains on the first batches of the fold's pictures.
func steps(t *testing.T, l *lab, j *job, p *program, src *source, metadata table, n int) {
	t.Helper()
	for step := range n {
		at := step * j.config.Batch % (len(j.fold.Train) - j.config.Batch + 1)
		if err := p.train(t.Context(), src, metadata, l.set.Labels(), j.fold.Train[at:at+j.config.Batch], draws(7, fmt.Sprint("step ", step)), &tally{}); err != nil {
			t.Fatal(err)
		}
	}
}

// below are the values of all variables below a path, statistics included.
func below(t *testing.T, p *program, path string) map[string][]float32 {
	t.Helper()
	values := map[string][]float32{}
	for v := range p.store.IterVariables() {
		if strings.HasPrefix(v.Path(), path) {
			x, err := v.Value()
			if err != nil {
				t.Fatal(err)
			}
			if values[v.Path()], err = tensors.CopyFlatData[float32](x); err != nil {
				t.Fatal(err)
			}
		}
	}
	return values
}

// differing names the variables that are not the same bit for bit.
func differing(a, b map[string][]float32) (names []string) {
	for name := range a {
		if !slices.Equal(a[name], b[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// In the cut arms the backbone and the picture's own head end bit for bit the same whatever the metadata
// are, and as where the picture's own loss is the only one; in the hybrid arm they do not. Without
// metadata they end the same but for rounding, as another program.
func TestCut(t *testing.T) {
	l, _ := newLab(t)
	ends := map[string]map[string][]float32{}
	for _, arm := range []string{"cnn-single-cut", "cnn-hybrid-cut"} {
		j, p, src, metadata := prepared(t, l, Trial{Experiment: 2, Arm: arm, Fold: 1, Choice: Choice{Profile: "test", Seed: 7}})
		steps(t, l, j, p, src, metadata, 3)
		ends[arm] = below(t, p, "/backbone/")
	}
	for name, a := range ends["cnn-single-cut"] {
		largest, off := 0.0, 0.0
		for i, v := range a {
			largest = max(largest, math.Abs(float64(v)))
			off = max(off, math.Abs(float64(v-ends["cnn-hybrid-cut"][name][i])))
		}
		if off > 1e-3*largest+1e-6 {
			t.Errorf("%s differs by %.1e of %.1e between cnn-single-cut and cnn-hybrid-cut", name, off, largest)
		}
	}
	for _, arm := range []string{"cnn-hybrid-cut", "vit-hybrid"} {
		cut := strings.HasSuffix(arm, "cut")
		j, p, src, metadata := prepared(t, l, Trial{Experiment: 2, Arm: arm, Fold: 1, Choice: Choice{Profile: "test", Seed: 7}})
		start := below(t, p, "/backbone/")
		train := func(metadata table, weigh []float64) (backbone, picture, fusion map[string][]float32) {
			if err := p.restart(j); err != nil {
				t.Fatal(err)
			}
			p.weigh = weigh
			steps(t, l, j, p, src, metadata, 3)
			return below(t, p, "/backbone/"), below(t, p, "/head/picture."), below(t, p, "/head/hidden.")
		}
		backbone, picture, head := train(metadata, nil)
		if d := differing(start, backbone); len(d) < len(backbone)/2 {
			t.Errorf("%s: of %d variables of the backbone training changed %v", arm, len(backbone), d)
		}
		other := metadata
		other.values = slices.Clone(metadata.values)
		slices.Reverse(other.values)
		b, q, h := train(other, nil)
		if got := len(differing(backbone, b)) == 0 && len(differing(picture, q)) == 0; got != cut || len(differing(head, h)) == 0 {
			t.Errorf("%s: with other metadata %v of the backbone and %v of the fusion head differ", arm, differing(backbone, b), differing(head, h))
		}
		if !cut {
			continue
		}
		b, q, h = train(metadata, []float64{0, 1})
		if len(picture) != 2 || len(differing(backbone, b)) > 0 || len(differing(picture, q)) > 0 || len(differing(head, h)) == 0 {
			t.Errorf("%s: from the picture's loss alone %v and %v differ", arm, differing(backbone, b), differing(picture, q))
		}
	}
}

// Frozen batch norm trains factors and offsets and leaves the statistics alone; live batch norm does not.
// The probe of a backbone that has not been trained is the logistic arm, the probe before training; then
// it sees the training.
func TestFrozenBNAndProbe(t *testing.T) {
	l, _ := newLab(t)
	before := one(t, l, t.Context(), Trial{Experiment: 2, Arm: "cnn-logistic", Fold: 1, Choice: Choice{Profile: "test", Seed: 7}})
	if !before.Frozen || before.Probed || before.Probe != nil {
		t.Errorf("%s: frozen %v, probed %v", before.Arm, before.Frozen, before.Probed)
	}
	for _, arm := range []string{"cnn-single-frozenbn", "cnn-single"} {
		j, p, src, metadata := prepared(t, l, Trial{Experiment: 2, Arm: arm, Fold: 1, Choice: Choice{Profile: "test", Seed: 7}})
		start := below(t, p, "/backbone/")
		probe, err := l.probe(t.Context(), j, p, src, metadata)
		if err != nil {
			t.Fatal(err)
		}
		for i, q := range probe.Test.Pictures {
			want := before.Last.Pictures[i]
			for c, v := range q.Probabilities {
				if math.Abs(v-want.Probabilities[c]) > 1e-3 || q.File != want.File {
					t.Fatalf("%s, %s: probability %d is %g, want %g", arm, q.File, c, v, want.Probabilities[c])
				}
			}
		}
		steps(t, l, j, p, src, metadata, 2)
		moved := map[bool]int{} // by whether they are statistics
		for _, name := range differing(start, below(t, p, "/backbone/")) {
			moved[strings.Contains(name, "running_")]++
		}
		if moved[false] < 20 || (moved[true] > 0) == strings.HasSuffix(arm, "frozenbn") {
			t.Errorf("%s: training moves %d parameters and %d statistics", arm, moved[false], moved[true])
		}
		if trained, err := l.probe(t.Context(), j, p, src, metadata); err != nil || trained.Fit.TrainLoss == probe.Fit.TrainLoss {
			t.Errorf("%s: the probe does not see that the backbone was trained: %v", arm, err)
		}
	}
}

// looking counts how often anybody looks at its Err, and ends at one look.
type looking struct {
	context.Context
	looks, last int
}

func (c *looking) Err() error {
	if c.looks++; c.last > 0 && c.looks > c.last {
		return context.Canceled
	}
	return nil
}

// The arms with a state of their own, stopped late in training and continued, give the same record. Each
// gives another record than the arm it varies, with the same program where only numbers vary.
func TestCausalArmsContinue(t *testing.T) {
	l, dir := newLab(t)
	results := map[string]string{}
	var program *program
	for _, arm := range []string{"vit-hybrid", "vit-hybrid-shuffled", "vit-hybrid-late", "vit-hybrid-blend", "vit-logits", "vit-logits-ogm"} {
		tr := Trial{Experiment: 2, Arm: arm, Fold: 1, Choice: Choice{Profile: "test", Seed: 7}}
		run := func(records string, ctx context.Context) (*Record, error) {
			l.records = filepath.Join(dir, records)
			j, err := l.ask(tr)
			if err == nil {
				err = l.prepare(t.Context(), j)
			}
			if err != nil {
				t.Fatal(err)
			}
			return l.run(ctx, j, true)
		}
		count := &looking{Context: t.Context()}
		want, err := run("records", count)
		if err != nil {
			t.Fatal(err)
		}
		switch arm {
		case "vit-hybrid":
			program = l.program
		case "vit-hybrid-shuffled", "vit-hybrid-late":
			if l.program != program {
				t.Errorf("%s was compiled for itself", arm)
			}
		default:
			if l.program == program {
				t.Errorf("%s runs the hybrid arm's program", arm)
			}
		}
		if want.Probe == nil || (want.Blend != nil) != strings.HasSuffix(arm, "blend") {
			t.Errorf("%s: probe %v, blend %v", arm, want.Probe, want.Blend)
		}
		history := fmt.Sprint(want.History)
		for other, h := range results {
			if h == history {
				t.Errorf("%s trains as %s: %s", arm, other, h)
			}
		}
		results[arm] = history
		read, err := readRecord(want.File)
		if err != nil || fmt.Sprint(*read.Probe) != fmt.Sprint(*want.Probe) || fmt.Sprint(read.Blend) != fmt.Sprint(want.Blend) {
			t.Errorf("%s: read back with %+v, %+v: %v", arm, read.Probe, read.Blend, err)
		}
		if b := want.Blend; b != nil {
			if w := fusion.BlendWeights(b.Alone); len(b.Heads) != 3 || !slices.Equal(w, b.Weights) || b.Alone[1] == b.Alone[2] {
				t.Errorf("%s: %+v", arm, b)
			}
		}
		switch arm {
		case "vit-hybrid-shuffled":
			continue // no state
		case "vit-hybrid-late":
			// Before they join, the metadata change nothing, in training or test; then they do.
			rows := slices.Clone(l.table.Rows)
			for i := range rows {
				l.table.Rows[i].Hue, l.table.Rows[i].Sat = rows[i].Sat, float64(i)
			}
			other, err := run("other", t.Context())
			if err != nil {
				t.Fatal(err)
			}
			l.table.Rows = rows
			if want.Joined != 2 || want.Epochs != 4 || want.File == other.File {
				t.Fatalf("joined after epoch %d of %d", want.Joined, want.Epochs)
			}
			for e := range want.History {
				if joined := e >= want.Joined; (want.History[e] != other.History[e]) != joined {
					t.Errorf("epoch %d: %+v, with other metadata %+v", e+1, want.History[e], other.History[e])
				}
			}
		}
		if got, err := run("again", &looking{Context: t.Context(), last: count.looks * 3 / 4}); err == nil {
			t.Fatalf("%s was not interrupted: %+v", arm, got.Run)
		}
		got, err := run("again", t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Run.Resumed != 1 {
			t.Errorf("%s: resumed %d times", arm, got.Run.Resumed)
		}
		if a, b := lines(t, want.File), lines(t, got.File); a != b {
			t.Errorf("%s after an interrupt:\n%s\nwithout:\n%s", arm, b, a)
		}
	}
}

// OGM-GE compares and changes the gradients of whole batches, also of those that come in parts.
func TestOGMInParts(t *testing.T) {
	l, _ := newLab(t)
	tr := Trial{Experiment: 2, Arm: "vit-logits-ogm", Fold: 1, Choice: Choice{Profile: "test", Seed: 7}}
	after := func() map[string][]float32 {
		j, p, src, metadata := prepared(t, l, tr)
		steps(t, l, j, p, src, metadata, 1)
		return below(t, p, "/adam/")
	}
	parts := after()
	s := l.profiles["test"][2]
	s.micro = s.batch
	l.profiles["test"][2] = s
	whole := after()
	if len(whole) < 3 || len(parts) != len(whole) {
		t.Fatalf("%d and %d variables of the optimizer", len(parts), len(whole))
	}
	for name, w := range whole {
		largest := 1e-12
		for _, v := range w {
			largest = max(largest, math.Abs(float64(v)))
		}
		for i, v := range w {
			if d := math.Abs(float64(parts[name][i] - v)); d > 1e-3*largest {
				t.Fatalf("%s: moment %d is %g in parts, %g whole", name, i, parts[name][i], v)
			}
		}
	}
}

// Shares are nested and stratified, test on the same pictures, and are records of their own; the whole
// keeps the name that it had before there were shares.
func TestShares(t *testing.T) {
	l, _ := newLab(t)
	trials := Curve(1, "logistic", Choice{Profile: "test", Seed: 7})
	records, err := l.runAll(t.Context(), trials)
	if err != nil {
		t.Fatal(err)
	}
	for fold := range Folds {
		var before []int
		for s, share := range CurveShares {
			tr := trials[s*Folds+fold]
			j, err := l.ask(tr)
			if err != nil {
				t.Fatal(err)
			}
			count := make([]int, genres)
			for _, i := range j.fold.Train {
				count[l.set.Samples[i].Label]++
			}
			want := 8 // of each genre
			if share != 0 {
				want = (8*share + 99) / 100
			}
			for _, n := range count {
				if n != want {
					t.Errorf("%s: %v pictures of each genre, want %d", tr, count, want)
				}
			}
			for _, i := range before {
				if !slices.Contains(j.fold.Train, i) {
					t.Errorf("%s lacks picture %d of a smaller share", tr, i)
				}
			}
			before = j.fold.Train
			r := records[s*Folds+fold]
			if r.Train != len(j.fold.Train) || r.Share != share || strings.Contains(filepath.Base(r.File), "share") != (share != 0) {
				t.Errorf("%s: %d pictures, %s", tr, r.Train, r.File)
			}
			for i, p := range r.Last.Pictures {
				if whole := records[3*Folds+fold].Last.Pictures[i]; p.File != whole.File {
					t.Errorf("%s is tested on %s, the whole on %s", tr, p.File, whole.File)
				}
			}
		}
	}
	summaries, err := Summarise(records)
	if err != nil || len(summaries) != len(CurveShares) || !summaries[0].Complete() || summaries[0].Share != 25 {
		t.Errorf("%d summaries, %v", len(summaries), err)
	}
	points := LearningPoints(summaries, 1, "logistic")
	for i, n := range []int{6, 12, 18, 24} {
		if len(points) != 4 || points[i].N != n || len(points[i].Accuracy) != Folds || len(LearningPoints(summaries, 2, "logistic")) > 0 {
			t.Fatalf("points of the learning curve: %+v", points)
		}
	}
	half, err := l.ask(Trial{Experiment: 2, Arm: "vit-hybrid-late", Fold: 1, Choice: Choice{Profile: "test", Seed: 7}, Share: 50})
	if err != nil || half.config.Epochs != 8 || half.config.Joined != 4 {
		t.Errorf("half of the pictures: %d epochs, joined after %d, %v", half.config.Epochs, half.config.Joined, err)
	}
	if _, err := l.ask(Trial{Experiment: 1, Arm: "logistic", Fold: 1, Choice: Choice{Profile: "test", Seed: 7}, Share: 100}); err == nil || !strings.Contains(err.Error(), "share is 100") {
		t.Errorf("a share of 100: %v", err)
	}

	// Named by the program of commit 5b24e16.
	c := Config{
		Format: 4, Trial: Trial{Experiment: 1, Arm: "cnn-single", Fold: 2, Choice: Choice{Profile: "quick", Seed: 1}}, Folds: 5, Data: "data", Genres: []string{"a", "b"},
		Train: 8, Test: 2, Asked: "w", Weights: "w", WeightsSHA256: "s", Architecture: "n", Frozen: true, Augmented: true,
		Parameters: 7, Optimizer: "Keras' Adam", Rate: 0.001, Epochs: 15, Batch: 32, Micro: 32,
	}
	if name := c.file(bench.Machine{Processor: "p", Device: "d"}); name != "exp1-cnn-single-fold2-quick-baee88889b7d-2c52fee9ab7b.jsonl" {
		t.Errorf("a record of all pictures is now called %s", name)
	}
}

// A share of the augmented arm sees views that the whole has, and no others.
func TestShareOfAugmented(t *testing.T) {
	l, _ := newLab(t)
	if _, err := l.runAll(t.Context(), []Trial{{Experiment: 1, Arm: "cnn-single", Fold: 1, Choice: Choice{Profile: "test", Seed: 7}}}); err != nil {
		t.Fatal(err)
	}
	views := func() int {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(l.records), "cache", "frozen-cnn-view*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("views %v, %v", files, err)
		}
		return len(files)
	}
	whole := views()
	r := one(t, l, t.Context(), Trial{Experiment: 1, Arm: "cnn-single", Fold: 1, Choice: Choice{Profile: "test", Seed: 7}, Share: 50})
	if r.Epochs != 8 || len(r.History) != 8 || whole != 5 || views() != whole {
		t.Errorf("%d epochs, %d views and then %d", r.Epochs, whole, views())
	}
}

// A repeat has the folds, the views and the compiled program of the first training, and ends elsewhere.
func TestRepeats(t *testing.T) {
	l, _ := newLab(t)
	var trials []Trial
	for _, tr := range Repeats(1, "cnn-single", Choice{Profile: "test", Seed: 7}) {
		if tr.Fold == 1 && tr.Repeat < 2 {
			trials = append(trials, tr)
		}
	}
	records, err := l.runAll(t.Context(), trials)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	views, err := filepath.Glob(filepath.Join(filepath.Dir(l.records), "cache", "frozen-cnn-view*"))
	if err != nil || len(views) != 1+records[0].Epochs {
		t.Errorf("%d views of %d epochs, %v", len(views), records[0].Epochs, err)
	}
	first, second := records[0], records[1]
	if first.File == second.File || len(first.Last.Pictures) != len(second.Last.Pictures) || first.History[0].TrainLoss == second.History[0].TrainLoss {
		t.Errorf("%s and %s: losses %g and %g", first.File, second.File, first.History[0].TrainLoss, second.History[0].TrainLoss)
	}
	for i, p := range first.Last.Pictures {
		if q := second.Last.Pictures[i]; q.File != p.File {
			t.Fatalf("picture %d: %s and %s", i, p.File, q.File)
		}
	}
	if s, err := Summarise(records); err != nil || len(s) != 2 {
		t.Errorf("%d summaries, %v", len(s), err)
	}
	if _, err := l.ask(Trial{Experiment: 1, Arm: "cnn-single", Fold: 1, Choice: Choice{Profile: "test", Seed: 7, Repeat: -1}}); err == nil {
		t.Error("repeat −1 is a trial")
	}
}

func TestCausalPlan(t *testing.T) {
	causal, chapter := Causal(Choice{Profile: "quick", Seed: 1}), Chapter7(Choice{Profile: "quick", Seed: 1})
	if len(causal) != Folds*len(fusion.CausalNames(2)) {
		t.Errorf("%d trials", len(causal))
	}
	every := append(Plan(Choice{Profile: "quick", Seed: 1}, true), causal...)
	for _, tr := range chapter {
		if !slices.Contains(every, tr) {
			t.Errorf("chapter 7 trains %s, which no plan has", tr)
		}
	}
}
