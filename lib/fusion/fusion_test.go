package fusion

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

type digest struct {
	Shape  []int
	Norm   float64
	Values []float64
}

// golden is testdata/golden.json, made by golden.py from Keras, PyTorch and scikit-learn.
type golden struct {
	Heads map[string]struct {
		Logits             digest
		Loss               float64
		Gradients, Updated map[string]digest
	}
	Initial  map[string][2]float64
	Scaler   struct{ Mean, Scale, Last []float64 }
	Logistic struct {
		Labels        []int
		Probabilities [][]float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Heads) != 4 || len(g.Initial) != 2 || len(g.Scaler.Last) != 5 || len(g.Logistic.Labels) != 90 || len(g.Logistic.Probabilities) != 30 {
		t.Fatalf("testdata/golden.json has %d heads, %d initial ranges, %d scaled columns, %d labels and %d rows of probabilities",
			len(g.Heads), len(g.Initial), len(g.Scaler.Last), len(g.Logistic.Labels), len(g.Logistic.Probabilities))
	}
	return g
}

func (d digest) compare(got []float32, tolerance float64) error {
	size, norm := 1, 0.0
	for _, n := range d.Shape {
		size *= n
	}
	if len(got) != size {
		return fmt.Errorf("%d values, want shape %v", len(got), d.Shape)
	}
	for _, v := range got {
		norm += float64(v) * float64(v)
	}
	if norm = math.Sqrt(norm); !(math.Abs(norm-d.Norm) <= tolerance*max(1, d.Norm)) {
		return fmt.Errorf("norm %g, want %g", norm, d.Norm)
	}
	for i, want := range d.Values {
		if at := i * size / len(d.Values); !(math.Abs(float64(got[at])-want) <= tolerance) {
			return fmt.Errorf("value %d is %g, want %g", at, got[at], want)
		}
	}
	return nil
}

// noise is golden.py's function of that name.
func noise(name string, n int) []float32 {
	h := fnv.New64a()
	h.Write([]byte(name))
	state := h.Sum64()
	u := make([]float32, n)
	for i := range u {
		state += 0x9E3779B97F4A7C15
		z := (state ^ state>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		u[i] = float32(float64((z^z>>31)>>40)/(1<<23) - 1)
	}
	return u
}

func scaledBy(v []float32, by float64) []float32 {
	for i := range v {
		v[i] = float32(float64(v[i]) * by)
	}
	return v
}

const batch, meta = 8, 16

func flat(t *testing.T, x *tensors.Tensor) []float32 {
	t.Helper()
	v, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHeadsEqualKerasAndPyTorch(t *testing.T) {
	backend, err := vision.Backend()
	if err != nil {
		t.Fatal(err)
	}
	labels := []int{0, 1, 2, 0, 1, 2, 2, 1}
	for name, want := range readGolden(t).Heads {
		t.Run(name, func(t *testing.T) {
			var experiment int
			var armName string
			if _, err := fmt.Sscan(name, &experiment, &armName); err != nil {
				t.Fatal(err)
			}
			arm, err := ParseArm(experiment, armName)
			if err != nil {
				t.Fatal(err)
			}
			// A backbone that only has a width: 40.
			m := &Model{Experiment: experiment, Arm: arm, Backbone: &vision.EfficientNet{WidthFactor: 1. / 32, DepthFactor: 0.1}, Metadata: meta, Genres: 3}
			width := m.Backbone.Width()
			store := model.NewStore()
			scope := store.RootScope()
			var names []string
			for _, p := range m.Params() {
				v := noise(p.Name, p.Size())
				if strings.HasSuffix(p.Name, "weight") {
					scaledBy(v, 1/math.Sqrt(float64(p.Shape[0])))
				} else {
					scaledBy(v, 0.25)
				}
				if _, err := scope.At("head").CreateVariable(p.Name, tensors.FromFlatDataAndDimensions(v, p.Shape...)); err != nil {
					t.Fatal(err)
				}
				names = append(names, p.Name)
			}
			if len(names) != len(want.Gradients) {
				t.Fatalf("parameters %v, want %d", names, len(want.Gradients))
			}
			exec, err := model.NewExec(backend, store, func(s *model.Scope, features, metadata *Node) []*Node {
				g := features.Graph()
				logits := m.Logits(s, features, metadata, vision.Pass{Train: true})
				probabilities := LogSoftmax(logits, -1)
				if m.recipe().keras {
					logits = probabilities
				}
				target := make([][]float32, batch)
				for i, l := range labels {
					target[i] = make([]float32, 3)
					target[i][l] = 1
				}
				loss := Neg(DivScalar(ReduceAllSum(Mul(probabilities, Const(g, target))), batch))
				var vars []*model.Variable
				var values []*Node
				for _, n := range names {
					v := s.At("head").GetVariable(n)
					vars, values = append(vars, v), append(values, v.NodeValue(g))
				}
				gradients := Gradient(loss, values...)
				m.Adam().Apply(s, vars, gradients)
				return append([]*Node{logits, loss}, gradients...)
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Exec(
				tensors.FromFlatDataAndDimensions(noise("features", batch*width), batch, width),
				tensors.FromFlatDataAndDimensions(scaledBy(noise("metadata", batch*meta), 2), batch, meta))
			if err != nil {
				t.Fatal(err)
			}
			if err := want.Logits.compare(flat(t, out[0]), 1e-5); err != nil {
				t.Errorf("logits: %v", err)
			}
			if loss := float64(flat(t, out[1])[0]); !(math.Abs(loss-want.Loss) <= 1e-5) {
				t.Errorf("loss %g, want %g", loss, want.Loss)
			}
			for i, n := range names {
				if err := want.Gradients[n].compare(flat(t, out[2+i]), 1e-5); err != nil {
					t.Errorf("gradient of %s: %v", n, err)
				}
				v, err := scope.At("head").GetVariable(n).Value()
				if err != nil {
					t.Fatal(err)
				}
				if err := want.Updated[n].compare(flat(t, v), 1e-5); err != nil {
					t.Errorf("%s after a step: %v", n, err)
				}
			}
		})
	}
}

func TestInitialRangesAreThoseOfTheLibraries(t *testing.T) {
	for name, want := range readGolden(t).Initial {
		var experiment int
		if _, err := fmt.Sscan(name, &experiment); err != nil {
			t.Fatal(err)
		}
		m := &Model{Experiment: experiment, Arm: Arm{Fusion: "meta"}, Metadata: 50, Genres: 3}
		p := m.Params()[0] // 50 inputs, as in golden.py, but 64 outputs
		limit := p.Limit
		if m.recipe().keras {
			limit *= math.Sqrt(float64(50+64) / float64(50+30))
		}
		if !(want[0] <= limit && want[0] > 0.999*limit) {
			t.Errorf("experiment %d: weights within %g, the library's reach %g", experiment, limit, want[0])
		}
		if b := m.Params()[1].Limit; !(want[1] <= b && want[1] >= 0.99*b) {
			t.Errorf("experiment %d: biases within %g, the library's reach %g", experiment, b, want[1])
		}
		store := model.NewStore()
		if err := m.Init(store, nil, 7); err != nil {
			t.Fatal(err)
		}
		v, err := store.RootScope().At("head").GetVariable(p.Name).Value()
		if err != nil {
			t.Fatal(err)
		}
		reach, mean := 0.0, 0.0
		for _, x := range flat(t, v) {
			reach = max(reach, math.Abs(float64(x)))
			mean += float64(x) / float64(p.Size())
		}
		if !(reach <= p.Limit && reach > 0.99*p.Limit && math.Abs(mean) < 0.05*p.Limit) {
			t.Errorf("experiment %d: drawn within %g around %g, want ±%g", experiment, reach, mean, p.Limit)
		}
	}
}

// small backbones: pictures of 16×16.
func small(backbone string) vision.Network {
	if backbone == "cnn" {
		return &vision.EfficientNet{ID: "small", WidthFactor: 0.25, DepthFactor: 0.1, DropPath: 0.2, Epsilon: 1e-5, Momentum: 0.1}
	}
	return &vision.ViT{ID: "small", Layers: 1, Dim: 64, Heads: 2, Patch: 4, Size: 16, Epsilon: 1e-6}
}

// parameters are random, with norms that keep the signal from fading in a network untrained.
func parameters(n vision.Network) map[string]*tensors.Tensor {
	values := vision.RandomParams(n, 1)
	for _, p := range n.Params() {
		if _, ok := n.(*vision.EfficientNet); ok && strings.Contains(p.Name, "bn") && strings.HasSuffix(p.Name, ".weight") {
			gamma := make([]float32, p.Size())
			for i := range gamma {
				gamma[i] = 4
			}
			values[p.Name] = tensors.FromFlatDataAndDimensions(gamma, p.Shape...)
		}
	}
	return values
}

// What Init makes trainable is what Trained counts.
func TestTrained(t *testing.T) {
	for _, name := range append(Arms(2, true), CausalNames(2)...) {
		arm, err := ParseArm(2, name)
		if err != nil {
			t.Fatal(err)
		}
		if arm.Fusion == "logistic" {
			continue // without a store; lib/ledger counts it by hand
		}
		m := &Model{Experiment: 2, Arm: arm, Metadata: 5, Genres: 4}
		var values map[string]*tensors.Tensor
		if arm.Backbone != "" {
			m.Backbone = small(arm.Backbone)
			values = parameters(m.Backbone)
		}
		store := model.NewStore()
		if err := m.Init(store, values, 1); err != nil {
			t.Fatal(err)
		}
		want := 0
		for v := range store.IterVariables() {
			if v.Trainable {
				want += v.Shape().Size()
			}
		}
		if got := m.Trained(); got != want {
			t.Errorf("%s trains %d values, counted %d", name, want, got)
		}
	}
}

// Every arm trains: each of its parameters gets a gradient once what starts at 0 has left it, the
// metadata change the logits where the arm sees them, and what fuses inside the backbone starts as
// the pretrained network.
func TestArms(t *testing.T) {
	backend, err := vision.Backend()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Arms(2, true) {
		arm, err := ParseArm(2, name)
		if err != nil {
			t.Fatal(err)
		}
		if arm.Fusion == "logistic" || arm.Backbone == "cnn" && arm.Fusion != "early" && arm.Fusion != "film" || arm.Backbone == "tiny" {
			continue // no graph, or the graph of a ViT arm behind another backbone
		}
		trains := name != "cnn-film" // slow to compile, and the same gradient as vit-film's
		t.Run(name, func(t *testing.T) {
			m := &Model{Experiment: 2, Arm: arm, Metadata: 5, Genres: 4}
			var values map[string]*tensors.Tensor
			if arm.Backbone != "" {
				m.Backbone = small(arm.Backbone)
				values = parameters(m.Backbone)
			}
			store := model.NewStore()
			if err := m.Init(store, values, 1); err != nil {
				t.Fatal(err)
			}
			forward := func(s *model.Scope, pictures, metadata *Node, pass vision.Pass) (features, logits *Node) {
				if m.Backbone != nil {
					features = m.Features(s, pictures, metadata, pass)
				} else {
					features = ReduceMean(pictures, 1, 2)
				}
				return features, m.Logits(s, features, metadata, pass)
			}
			compile := func(graph func(s *model.Scope, pictures, metadata *Node) []*Node) *model.Exec {
				exec, err := model.NewExec(backend, store, graph)
				if err != nil {
					t.Fatal(err)
				}
				return exec
			}
			run := func(exec *model.Exec, offset float64) []*tensors.Tensor {
				t.Helper()
				metadata := noise("metadata", 3*5)
				for i := range metadata {
					metadata[i] += float32(offset) * float32(1+i)
				}
				out, err := exec.Exec(
					tensors.FromFlatDataAndDimensions(noise("pictures", 3*16*16*3), 3, 16, 16, 3),
					tensors.FromFlatDataAndDimensions(metadata, 3, 5))
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			infer := compile(func(s *model.Scope, pictures, metadata *Node) []*Node {
				features, logits := forward(s, pictures, metadata, vision.Pass{})
				return []*Node{features, logits}
			})
			first := run(infer, 0)
			if m.Backbone != nil {
				plain := model.NewStore()
				if err := vision.SetParams(plain.RootScope(), m.Backbone, parameters(m.Backbone)); err != nil {
					t.Fatal(err)
				}
				exec, err := model.NewExec(backend, plain, func(s *model.Scope, x *Node) *Node { return m.Backbone.Features(s, x, vision.Pass{}) })
				if err != nil {
					t.Fatal(err)
				}
				want, err := exec.Exec1(tensors.FromFlatDataAndDimensions(noise("pictures", 3*16*16*3), 3, 16, 16, 3))
				if err != nil {
					t.Fatal(err)
				}
				largest := 0.0
				for _, v := range flat(t, want) {
					largest = max(largest, math.Abs(float64(v)))
				}
				for i, v := range flat(t, want) {
					if got := flat(t, first[0])[i]; !(math.Abs(float64(got-v)) <= 1e-5*largest) || largest < 1e-3 {
						t.Fatalf("feature %d is %g before training, the pretrained network's is %g (largest %g)", i, got, v, largest)
					}
				}
			}

			if !trains {
				return
			}
			seen := map[string]bool{}
			var trained []string
			train := compile(func(s *model.Scope, pictures, metadata *Node) []*Node {
				g := pictures.Graph()
				masks := map[string]*Node{}
				for _, mask := range m.Masks() {
					dims := []int{3, mask.Width}
					if strings.HasPrefix(mask.Name, "blocks") {
						dims = dims[:1]
					}
					masks[mask.Name] = BroadcastToDims(Scalar(g, pictures.DType(), 1), dims...)
				}
				_, logits := forward(s, pictures, metadata, vision.Pass{Train: true, FrozenBN: true, Masks: masks})
				loss := Neg(ReduceAllSum(Slice(LogSoftmax(logits, -1), AxisRange(), AxisRange(0, 1))))
				var vars []*model.Variable
				var nodes []*Node
				for v := range store.IterVariables() {
					if v.Trainable && v.InUseByGraph(g) {
						vars, nodes, trained = append(vars, v), append(nodes, v.NodeValue(g)), append(trained, v.Path())
					}
				}
				gradients := Gradient(loss, nodes...)
				vision.Adam{Rate: 1e-4}.Apply(s, vars, gradients)
				sizes := make([]*Node, len(gradients))
				for i, x := range gradients {
					sizes[i] = ReduceAllMax(Abs(x))
				}
				return sizes
			})
			for range 2 { // the second step sees through what started at 0
				for i, x := range run(train, 0) {
					if flat(t, x)[0] > 0 {
						seen[trained[i]] = true
					}
				}
			}
			for v := range store.IterVariables() {
				// The bias of the keys moves no attention weight.
				if v.Trainable && !seen[v.Path()] && v.Path() != "/head/key.bias" {
					t.Errorf("%s has no gradient", v.Path())
				}
			}
			a, b := run(infer, 0), run(infer, 0.5)
			changed := false
			for i := range a { // features and logits
				changed = changed || !slices.Equal(flat(t, a[i]), flat(t, b[i]))
			}
			if changed != arm.HasMetadata() {
				t.Errorf("metadata change the output: %v", changed)
			}
		})
	}
}

func TestParseArm(t *testing.T) {
	for _, c := range []struct {
		experiment int
		name, want string
	}{
		{3, "cnn-single", "experiment is 3: want 1 or 2"},
		{1, "cnn-film", `experiment 1 has no arm "cnn-film": it has cnn-single, cnn-hybrid, meta`},
		{2, "cnn-cross", `no arm "cnn-cross"`},
	} {
		if _, err := ParseArm(c.experiment, c.name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d %s: error %v, want %q", c.experiment, c.name, err, c.want)
		}
	}
}

func table(name string, rows, columns int) [][]float64 {
	v := noise(name, rows*columns)
	x := make([][]float64, rows)
	for i := range x {
		for _, f := range v[i*columns : (i+1)*columns] {
			x[i] = append(x[i], float64(f))
		}
	}
	return x
}

func TestScalerEqualsScikitLearn(t *testing.T) {
	want := readGolden(t).Scaler
	x := table("table", 60, 5)
	for _, row := range x {
		for j := range row {
			row[j] = row[j]*[]float64{1, 1e7, 1e-3, 0, 0}[j] + []float64{0, 1e6, 5, 0.1, 0}[j]
		}
	}
	s := FitScaler(x[:50])
	last := s.Apply(x[59])
	if len(last) != len(want.Last) {
		t.Fatalf("%d columns scaled to %d", len(want.Last), len(last))
	}
	for j, got := range last {
		for _, pair := range [][2]float64{{s.Mean[j], want.Mean[j]}, {s.Scale[j], want.Scale[j]}, {got, want.Last[j]}} {
			if !(math.Abs(pair[0]-pair[1]) <= 1e-9*max(1, math.Abs(pair[1]))) {
				t.Errorf("column %d: %v, want %v", j, pair[0], pair[1])
			}
		}
	}
}

func TestLogisticEqualsScikitLearn(t *testing.T) {
	want := readGolden(t).Logistic
	x := table("rows", 90, 6)
	for _, row := range x {
		for j := range row {
			row[j] *= 2
		}
	}
	l, err := FitLogistic(x[:60], want.Labels[:60], 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range x[60:] {
		for c, p := range Probabilities(l.Logits(row)) {
			if !(math.Abs(p-want.Probabilities[i][c]) <= 1e-5) {
				t.Errorf("row %d class %d: %g, want %g", i, c, p, want.Probabilities[i][c])
			}
		}
		if i == 0 {
			logits := l.Logits(row)
			if got, want := CrossEntropy(logits, 2), -math.Log(Probabilities(logits)[2]); math.Abs(got-want) > 1e-12 {
				t.Errorf("cross-entropy %g, want %g", got, want)
			}
		}
	}
	x[3][2] = math.NaN()
	if _, err := FitLogistic(x[:60], want.Labels[:60], 3); err == nil {
		t.Error("NaN in the table went unnoticed")
	}
}

func TestShorten(t *testing.T) {
	long := &vision.ViT{ID: "long", Layers: 12, Dim: 64, Heads: 2, Patch: 8, Size: 32}
	values := vision.RandomParams(long, 1)
	short, kept := Shorten(long, values, small("cnn"))
	if short.Layers < 1 || short.Layers >= 12 || len(kept) != len(short.Params()) {
		t.Errorf("%d layers with %d of %d tensors", short.Layers, len(kept), len(short.Params()))
	}
	more := *short
	more.Layers++
	if same, _ := Shorten(short, kept, &more); same != short {
		t.Error("a network smaller than the target was shortened")
	}
	if err := vision.SetParams(model.NewStore().RootScope(), short, kept); err != nil {
		t.Error(err)
	}
}
