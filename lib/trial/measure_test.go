package trial

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/fusion"
	"thesis.example/lib/vision"
)

// trainingLines are a record's without what was measured.
func trainingLines(t *testing.T, file string) string {
	t.Helper()
	var kept []byte
	for _, l := range bytes.SplitAfter([]byte(lines(t, file)), []byte("\n")) {
		if !bytes.HasPrefix(l, []byte(`{"kind":"step"`)) && !bytes.HasPrefix(l, []byte(`{"kind":"use"`)) && !bytes.HasPrefix(l, []byte(`{"kind":"shares"`)) {
			kept = append(kept, l...)
		}
	}
	return string(kept)
}

// A record has the same name and the same predictions with and without measuring, with batch norm and in
// parts of a batch; one that was not measured is read as it always was.
func TestMeasuringChangesNothing(t *testing.T) {
	l, dir := newLab(t)
	for _, tr := range []Trial{vitHybrid, {2, "cnn-hybrid", 1, Choice{Profile: "test", Seed: 7}, 0}} {
		l.records = filepath.Join(dir, "with")
		with := one(t, l, t.Context(), tr)
		s := l.profiles["test"][2]
		k := s.measure
		s.measure = 0
		l.profiles["test"][2] = s
		l.records = filepath.Join(dir, "without")
		without := one(t, l, t.Context(), tr)
		s.measure = k
		l.profiles["test"][2] = s
		if filepath.Base(with.File) != filepath.Base(without.File) || trainingLines(t, with.File) != lines(t, without.File) {
			t.Errorf("%s with measurements:\n%s\nwithout:\n%s", tr, trainingLines(t, with.File), lines(t, without.File))
		}
		if len(without.Steps) != 0 || without.Shares != nil || without.Run.MeasuringCPUSeconds != 0 || with.Run.MeasuringCPUSeconds <= 0 || with.Run.MeasuringCPUSeconds >= with.Run.CPUSeconds {
			t.Errorf("%s: %d steps without measuring; %+v with", tr, len(without.Steps), with.Run)
		}
		// 12 updates, every 4th measured, from the 2nd on.
		var at [][2]int
		for _, s := range with.Steps {
			at = append(at, [2]int{s.Epoch, s.Step})
			for _, b := range s.Blocks {
				if !(b.Norm > 0) || !(b.Alone > 0) || !(b.Other > 0) || !(math.Abs(b.Cosine()) <= 1+1e-6) || !(math.Abs(b.Floor()) < 1-1e-6) {
					t.Errorf("%s: %+v", tr, b)
				}
			}
			if s.Residual <= 0 || s.Residual > math.Sqrt2 || s.AloneResidual == s.Residual {
				t.Errorf("%s: residuals %g and %g", tr, s.Residual, s.AloneResidual)
			}
		}
		if !slices.Equal(at, [][2]int{{1, 2}, {2, 3}, {4, 1}}) {
			t.Errorf("%s: measured at %v", tr, at)
		}
		again, err := readRecord(with.File)
		if err != nil || len(again.Steps) != 3 || len(again.Steps[0].Blocks) != len(with.Steps[0].Blocks) || again.Steps[2].Blocks[1] != with.Steps[2].Blocks[1] || len(again.Uses) != 4 || len(again.Shares.Baselines) != 3 {
			t.Errorf("%s read back: %v", tr, err)
		}
		summaries, err := Summarise([]*Record{with})
		if err != nil {
			t.Fatal(err)
		}
		curves := summaries[0].Gradients()
		if len(curves) != len(with.Steps[0].Blocks) || !slices.Equal(curves[0].Update, []int{1, 5, 9}) || curves[0].Block != "backbone" {
			t.Errorf("%s: curves %+v", tr, curves)
		}
		if got := curves[0].Mean(BlockGradient.Cosine); len(got) != 3 || got[1] != with.Steps[1].Blocks[0].Cosine() {
			t.Errorf("%s: cosines %v", tr, got)
		}
		if own, alone := summaries[0].Residuals(); len(own) != 3 || own[2] != with.Steps[2].Residual || alone[2] != with.Steps[2].AloneResidual {
			t.Errorf("%s: residuals %v and %v", tr, own, alone)
		}
	}
}

// Where there are no metadata, the picture alone is all there is.
func TestSingleArmsCosineIsOne(t *testing.T) {
	l, _ := newLab(t)
	r := one(t, l, t.Context(), Trial{2, "vit-single", 1, Choice{Profile: "test", Seed: 7}, 0})
	if len(r.Steps) != 3 {
		t.Fatalf("%d steps", len(r.Steps))
	}
	for _, s := range r.Steps {
		for _, b := range s.Blocks {
			if !near(b.Cosine(), 1, 1e-6) || !near(b.Along(), 1, 1e-6) || !near(b.Part(), 0, 1e-3) || near(b.Floor(), 1, 1e-3) || b.Block == MetadataBlock {
				t.Errorf("%+v: cosine %g", b, b.Cosine())
			}
		}
		if s.Residual != s.AloneResidual {
			t.Errorf("residuals %g and %g", s.Residual, s.AloneResidual)
		}
	}
}

// Measurements equal gradients that a graph of its own computes, at the first update, when Adam has no
// moments yet, and at a later one.
func TestGradientsEqualTheGraphs(t *testing.T) {
	l, _ := newLab(t)
	j, p, src, metadata := measuredJob(t, l, "vit-hybrid")
	backend, err := vision.Backend()
	if err != nil {
		t.Fatal(err)
	}
	labels := l.set.Labels()
	batch, other := j.fold.Train[:8], j.fold.Train[8:16]
	var names []string
	exec, err := model.NewExec(backend, p.store, func(scope *model.Scope, x, metadata, target, factors *Node) []*Node {
		g := x.Graph()
		pass := vision.Pass{Train: true, Masks: p.split(factors)}
		logits := j.model.Logits(scope, j.model.Features(scope, x, metadata, pass), metadata, pass)
		loss := Neg(ReduceAllSum(Mul(target, LogSoftmax(logits, -1))))
		names = nil
		var values []*Node
		for v := range p.store.IterVariables() {
			if v.Trainable && v.InUseByGraph(g) {
				names, values = append(names, v.Path()), append(values, v.NodeValue(g))
			}
		}
		return Gradient(loss, values...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	gradients := func(metadata table, batch []int, random *rand.Rand) map[string][]float32 {
		target := make([]float32, len(batch)*genres)
		for at, i := range batch {
			target[at*genres+labels[i]] = 1 / float32(len(batch))
		}
		out, err := exec.Exec(src.batch(batch, len(batch)), metadata.batch(batch, len(batch)),
			tensors.FromFlatDataAndDimensions(target, len(batch), genres), tensors.FromFlatDataAndDimensions(p.factors(random, len(batch)), len(batch), p.width()))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string][]float32{}
		for i, g := range out {
			if found[names[i]], err = tensors.CopyFlatData[float32](g); err != nil {
				t.Fatal(err)
			}
		}
		return found
	}
	zeros := table{make([]float32, len(metadata.values)), metadata.columns}
	for update := range 3 {
		random := func() *rand.Rand { return rand.New(rand.NewPCG(uint64(update), 1)) }
		others := func() *rand.Rand { return rand.New(rand.NewPCG(uint64(update), 2)) }
		own, alone, second := gradients(metadata, batch, random()), gradients(zeros, batch, random()), gradients(metadata, other, others())
		var trained tally
		s, err := p.measure(t.Context(), src, metadata, labels, batch, other, random, others, &trained)
		if err != nil {
			t.Fatal(err)
		}
		if len(trained.logits) != len(batch) {
			t.Errorf("%d pictures trained", len(trained.logits))
		}
		seen := 0
		for _, b := range s.Blocks {
			var want BlockGradient
			for name, g := range own {
				if !slices.Contains(blockOf(j.model.Backbone, name), b.Block) {
					continue
				}
				seen++
				for i := range g {
					a, al, o := float64(g[i]), float64(alone[name][i]), float64(second[name][i])
					want.Norm, want.Alone, want.Other = want.Norm+a*a, want.Alone+al*al, want.Other+o*o
					want.AloneDot, want.OtherDot = want.AloneDot+a*al, want.OtherDot+a*o
				}
			}
			n, a, o := math.Sqrt(want.Norm), math.Sqrt(want.Alone), math.Sqrt(want.Other)
			if !near(b.Norm, n, 1e-4*n) || !near(b.Alone, a, 1e-4*a) || !near(b.Other, o, 1e-4*o) || !near(b.AloneDot, want.AloneDot, 1e-4*n*a) || !near(b.OtherDot, want.OtherDot, 1e-4*n*o) {
				t.Errorf("update %d: %+v, the graph has %g, %g, %g, products %+v", update, b, n, a, o, want)
			}
		}
		if seen <= len(own) { // the backbone's are in two blocks
			t.Errorf("blocks hold %d of %d variables", seen, len(own))
		}
	}
}

// With x → 4x and W → W/4 the metadata's layer computes what it did, and its gradient is four times as
// large: a norm says nothing of use. What the backbone gets, and its cosine, stay.
func TestScalingChangesNormsAlone(t *testing.T) {
	l, _ := newLab(t)
	j, p, src, metadata := measuredJob(t, l, "vit-hybrid")
	random := func() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }
	at := func(metadata table) Step {
		var trained tally
		s, err := p.measure(t.Context(), src, metadata, l.set.Labels(), j.fold.Train[:8], nil, random, random, &trained)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := at(metadata)
	if err := p.restart(j); err != nil {
		t.Fatal(err)
	}
	scaledUp := table{slices.Clone(metadata.values), metadata.columns}
	for i := range scaledUp.values {
		scaledUp.values[i] *= 4
	}
	v := p.store.RootScope().At("head").GetVariable("meta1.weight")
	value, err := v.Value()
	if err != nil {
		t.Fatal(err)
	}
	w, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w {
		w[i] /= 4
	}
	if err := v.SetValue(tensors.FromFlatDataAndDimensions(w, v.Shape().Dimensions...)); err != nil {
		t.Fatal(err)
	}
	after := at(scaledUp)
	if !near(before.Residual, after.Residual, 1e-6) {
		t.Errorf("the function changed: residuals %g and %g", before.Residual, after.Residual)
	}
	for i, a := range before.Blocks {
		b := after.Blocks[i]
		if a.Other != 0 || !math.IsNaN(a.Floor()) || !math.IsNaN(a.Part()) {
			t.Errorf("no other batch, but %+v", a)
		}
		if a.Block == MetadataBlock {
			if b.Norm < 3*a.Norm {
				t.Errorf("norms %g and %g", a.Norm, b.Norm)
			}
			continue
		}
		if !near(a.Cosine(), b.Cosine(), 1e-5) || !near(a.Norm, b.Norm, 1e-4*a.Norm) {
			t.Errorf("%+v became %+v", a, b)
		}
	}
	if c := before.Blocks[0].Cosine(); c > 1-1e-6 || c < 0 {
		t.Errorf("the backbone's cosine is %g", c)
	}
}

func TestBlocks(t *testing.T) {
	for name, want := range map[string]string{
		"efficientnet_b0":          "backbone, stem, stage 2, stage 3, stage 4, stage 5, stage 6, stage 7, stage 8, head convolution, metadata, classifier",
		"vit_b_16":                 "backbone, patch embedding, layers 1 to 3, layers 4 to 6, layers 7 to 9, layers 10 to 12, final norm, metadata, classifier",
		"vit_small_patch14_dinov2": "backbone, patch embedding, layers 1 to 3, layers 4 to 6, layers 7 to 9, layers 10 to 12, final norm, metadata, classifier",
	} {
		n, err := vision.Architecture(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(blocksOf(n), ", "); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	short := &vision.ViT{Layers: 5, Dim: 4, Heads: 1, Patch: 4, Size: 8}
	if got := strings.Join(blocksOf(short), ", "); got != "backbone, patch embedding, layers 1 to 2, layer 3, layer 4, layer 5, final norm, metadata, classifier" {
		t.Errorf("five layers: %s", got)
	}
	for path, want := range map[string]string{
		"/head/meta1.weight": "metadata", "/head/film.bias": "metadata", "/head/query.weight": "metadata", "/head/hidden.weight": "classifier",
		"/backbone/conv_head.weight": "backbone, head convolution", "/backbone/bn2.bias": "backbone, head convolution", "/backbone/bn1.bias": "backbone, stem",
	} {
		if got := strings.Join(blockOf(&vision.EfficientNet{}, path), ", "); got != want {
			t.Errorf("%s belongs to %s, want %s", path, got, want)
		}
	}
}

// A set smaller than a batch, or than k updates, is measured once; a smaller last batch never is.
func TestSampled(t *testing.T) {
	j := &job{settings: settings{measure: 15}}
	j.model = measuredModel()
	j.config.Experiment, j.config.Batch, j.config.Epochs = 2, 16, 4
	count := func(pictures int) (sampled, compared int) {
		order := indices(pictures)
		for epoch := 1; epoch <= j.config.Epochs; epoch++ {
			for at := 0; at < pictures; at += j.config.Batch {
				other, ok := j.sampled(epoch, at, order)
				if ok {
					sampled++
				}
				if other != nil {
					compared++
					if len(other) != 16 || slices.Contains(other, order[at]) || at+16 > pictures {
						t.Errorf("%d pictures: the batch at %d is compared with %v", pictures, at, other)
					}
				}
			}
		}
		return sampled, compared
	}
	for pictures, want := range map[int][2]int{240: {4, 4}, 12: {1, 0}, 16: {1, 0}, 20: {1, 0}, 40: {1, 1}, 250: {4, 4}} {
		if a, b := count(pictures); a != want[0] || b != want[1] {
			t.Errorf("%d pictures: %d sampled, %d compared; want %v", pictures, a, b, want)
		}
	}
	j.config.Experiment = 1
	if a, _ := count(240); a != 0 {
		t.Errorf("experiment 1: %d sampled", a)
	}
}

// An older record has no measurements and stays what it is.
func TestRecordsBeforeMeasuring(t *testing.T) {
	l, _ := newLab(t)
	tr := Trial{2, "meta", 1, Choice{Profile: "test", Seed: 7}, 0}
	r := one(t, l, t.Context(), tr)
	b, err := os.ReadFile(r.File)
	if err != nil {
		t.Fatal(err)
	}
	var old []byte
	for _, line := range bytes.SplitAfter(b, []byte("\n")) {
		if !bytes.HasPrefix(line, []byte(`{"kind":"shares"`)) {
			old = append(old, line...)
		}
	}
	if len(old) == len(b) {
		t.Fatal("nothing was measured")
	}
	if err := os.WriteFile(r.File, old, 0o644); err != nil {
		t.Fatal(err)
	}
	again := one(t, l, t.Context(), tr)
	if again.Shares != nil || again.File != r.File || trainingLines(t, again.File) != lines(t, again.File) {
		t.Errorf("shares %+v in %s", again.Shares, again.File)
	}
	summaries, err := Summarise([]*Record{again})
	if err != nil {
		t.Fatal(err)
	}
	if important, err := summaries[0].Importance(1); important != nil || err != nil || summaries[0].Shapley() != nil || summaries[0].Gradients() != nil {
		t.Errorf("measurements of an older record: %v, %v", important, err)
	}
}

func measuredModel() *fusion.Model {
	return &fusion.Model{Experiment: 2, Arm: fusion.Arm{Backbone: "vit", Fusion: "hybrid"}, Backbone: &vision.ViT{}}
}
