package vision

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// golden is testdata/networks.json, made by networks.py from torchvision and timm.
type golden struct {
	Parameters map[string]int
	Adam       [][]float64
	Cases      []struct {
		Case                 string
		Batch, Height, Width int
		Logits               digest
		Single               *digest
		Stages               map[string]digest
		Loss                 float64
		Gradients, Updated   map[string]digest
	}
}

type digest struct {
	Shape     []int
	Sum, Norm float64
	Values    []float64
}

func readGolden(t *testing.T) golden {
	t.Helper()
	raw, err := os.ReadFile("testdata/networks.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// compare reports where values, of the digest's shape, are further away than tolerance times the
// largest value (at least least).
func (d digest) compare(values []float32, tolerance, least float64) error {
	size := 1
	for _, n := range d.Shape {
		size *= n
	}
	if len(values) != size {
		return fmt.Errorf("%d values, want shape %v", len(values), d.Shape)
	}
	if len(d.Values) == 0 {
		return errors.New("the golden has no values")
	}
	largest, norm := least, 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(float64(v)))
		norm += float64(v) * float64(v)
	}
	if norm = math.Sqrt(norm); !(math.Abs(norm-d.Norm) <= tolerance*max(d.Norm, least*math.Sqrt(float64(size)))) {
		return fmt.Errorf("norm %g, want %g", norm, d.Norm)
	}
	for i, want := range d.Values {
		at := i * size / len(d.Values)
		if got := float64(values[at]); !(math.Abs(got-want) <= tolerance*largest) {
			return fmt.Errorf("value %d is %g, want %g (largest %g)", at, got, want, largest)
		}
	}
	return nil
}

// noise is networks.py's function of that name.
func noise(name string, n int) []float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	state := h.Sum64()
	u := make([]float64, n)
	for i := range u {
		state += 0x9E3779B97F4A7C15
		z := (state ^ state>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		u[i] = float64((z^z>>31)>>40)/(1<<23) - 1
	}
	return u
}

// testParams gives a network the parameters that networks.py gave its twin.
func testParams(n Network) map[string]*tensors.Tensor {
	values := map[string]*tensors.Tensor{}
	for _, p := range n.Params() {
		shape := p.Torch()
		fan := 1
		for _, d := range shape[1:] {
			fan *= d
		}
		u := noise(p.Name, p.Size())
		v := make([]float32, len(u))
		for i, x := range u {
			switch {
			case strings.HasSuffix(p.Name, "running_var"):
				x = 1 + 0.5*x
			case strings.HasSuffix(p.Name, "gamma"), len(shape) == 1 && strings.HasSuffix(p.Name, "weight"):
				x = 1 + 0.2*x
			case len(shape) == 1, p.Name == "cls_token", p.Name == "pos_embed":
				x *= 0.2
			default:
				x *= math.Sqrt(4.5 / float64(fan))
			}
			v[i] = float32(x)
		}
		values[p.Name] = tensors.FromFlatDataAndDimensions(p.FromTorch(v), p.Shape...)
	}
	return values
}

func testPictures(name string, dims ...int) *tensors.Tensor {
	u := noise(name, dims[0]*dims[1]*dims[2]*dims[3])
	v := make([]float32, len(u))
	for i, x := range u {
		v[i] = float32(2 * x)
	}
	return tensors.FromFlatDataAndDimensions(v, dims...)
}

func testBackend(t testing.TB) compute.Backend {
	t.Helper()
	b, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// twins are our side of the cases in networks.py.
func twins(name string) (Network, Pass) {
	small := EfficientNet{ID: name, WidthFactor: 0.25, DepthFactor: 0.26, Dropout: 0.2, DropPath: 0.2, Epsilon: 1e-5, Momentum: 0.1, Classes: 10}
	vit := ViT{ID: name, Layers: 2, Dim: 64, Heads: 2, Patch: 8, Size: 32, Epsilon: 1e-6, Classes: 10}
	switch name {
	case "tf_efficientnet":
		small.Same, small.Epsilon, small.Momentum = true, 1e-3, 0.01
	case "lite":
		small.Lite, small.Epsilon, small.Momentum = true, 1e-3, 0.01
	case "torchvision_vit", "torchvision_vit_resized":
		vit.Positions = torchvisionPositions
		return &vit, Pass{}
	case "timm_vit":
		vit.LayerScale = true
		return &vit, Pass{}
	case "timm_vit_resized":
		return &vit, Pass{}
	}
	return &small, Pass{}
}

// testMasks drops the pictures that networks.py drops.
func testMasks(g *Graph, n Network, name string, batch int) map[string]*Node {
	masks := map[string]*Node{}
	e, ok := n.(*EfficientNet)
	if !ok || name != "torchvision_efficientnet" {
		return masks
	}
	for i, b := range e.blocks() {
		mask := make([]float32, batch)
		for row := range mask {
			if (row+i)%3 != 0 {
				mask[row] = float32(1 / (1 - b.dropPath))
			}
		}
		masks[b.name] = Const(g, mask)
	}
	return masks
}

// crossEntropy is the mean over the batch, labels counting up.
func crossEntropy(logits *Node) *Node {
	d := logits.Shape().Dimensions
	labels := make([][]float32, d[0])
	for i := range labels {
		labels[i] = make([]float32, d[1])
		labels[i][i%d[1]] = 1
	}
	return Neg(DivScalar(ReduceAllSum(Mul(LogSoftmax(logits, -1), Const(logits.Graph(), labels))), float64(d[0])))
}

func TestNetworksEqualReference(t *testing.T) {
	backend := testBackend(t)
	cases := readGolden(t).Cases
	trained, single := 0, 0
	for _, c := range cases {
		if c.Gradients != nil {
			trained++
		}
		if c.Single != nil {
			single++
		}
	}
	if trained == 0 || single == 0 {
		t.Fatalf("of %d golden cases %d have gradients and %d a batch of one, want some of each", len(cases), trained, single)
	}
	for _, c := range cases {
		t.Run(c.Case, func(t *testing.T) {
			n, _ := twins(c.Case)
			store := model.NewStore()
			scope := store.RootScope().In("backbone")
			if err := SetParams(scope, n, testParams(n)); err != nil {
				t.Fatal(err)
			}
			pictures := testPictures(c.Case, c.Batch, c.Height, c.Width, 3)

			// Inference: logits and every stage, all attention maps.
			var names []string
			infer := model.MustNewExec(backend, store, func(s *model.Scope, x *Node) []*Node {
				s = s.At("backbone")
				names = nil
				var outputs []*Node
				pass := Pass{
					Tap: func(block string, y *Node) *Node {
						names, outputs = append(names, block), append(outputs, y)
						return y
					},
					Attention: func(layer int, y *Node) {
						names, outputs = append(names, fmt.Sprintf("attention.%d", layer)), append(outputs, y)
					},
				}
				return append(outputs, n.Logits(s, n.Features(s, x, pass), pass))
			})
			outputs, err := infer.Exec(pictures)
			if err != nil {
				t.Fatal(err)
			}
			values := func(x *tensors.Tensor) []float32 { return tensors.MustCopyFlatData[float32](x) }
			seen := 0
			for i, name := range names {
				want, ok := c.Stages[name]
				if !ok && strings.HasPrefix(name, "attention") {
					continue // torchvision keeps its own to itself
				}
				seen++
				if err := want.compare(values(outputs[i]), 1e-4, 0); err != nil {
					t.Errorf("stage %s: %v", name, err)
				}
			}
			if seen != len(c.Stages) {
				t.Errorf("%d stages %v, want %d", seen, names, len(c.Stages))
			}
			if err := c.Logits.compare(values(outputs[len(names)]), 1e-4, 0); err != nil {
				t.Errorf("logits: %v", err)
			}
			if c.Single != nil {
				single := tensors.FromFlatDataAndDimensions(values(pictures)[:c.Height*c.Width*3], 1, c.Height, c.Width, 3)
				outputs, err = infer.Exec(single)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Single.compare(values(outputs[len(names)]), 1e-4, 0); err != nil {
					t.Errorf("logits of a batch of one: %v", err)
				}
			}
			if c.Gradients == nil {
				return
			}

			// Training: loss, gradients, parameters and statistics after one step.
			params := n.Params()
			train := model.MustNewExec(backend, store, func(s *model.Scope, x *Node) []*Node {
				s = s.At("backbone")
				pass := Pass{Train: true, Masks: testMasks(x.Graph(), n, c.Case, c.Batch)}
				loss := crossEntropy(n.Logits(s, n.Features(s, x, pass), pass))
				var vars []*model.Variable
				var nodes []*Node
				for _, p := range params {
					if !p.Stat {
						v := s.GetVariable(p.Name)
						vars, nodes = append(vars, v), append(nodes, v.NodeValue(x.Graph()))
					}
				}
				gradients := Gradient(loss, nodes...)
				Adam{Rate: 1e-4}.Apply(s, vars, gradients)
				return append([]*Node{loss}, gradients...)
			})
			outputs, err = train.Exec(pictures)
			if err != nil {
				t.Fatal(err)
			}
			if got := float64(tensors.ToScalar[float32](outputs[0])); math.Abs(got-c.Loss) > 1e-4*math.Abs(c.Loss) {
				t.Errorf("loss %g, want %g", got, c.Loss)
			}
			largest := 0.0
			for _, d := range c.Gradients {
				for _, v := range d.Values {
					largest = max(largest, math.Abs(v))
				}
			}
			i := 0
			for _, p := range params {
				if !p.Stat {
					i++
					// A gradient that is zero but for rounding is compared with the others' size.
					if err := c.Gradients[p.Name].compare(p.ToTorch(values(outputs[i])), 1e-3, 1e-3*largest); err != nil {
						t.Errorf("gradient of %s: %v", p.Name, err)
					}
				}
				after := p.ToTorch(values(scope.GetVariable(p.Name).MustValue()))
				least := 0.0
				if !p.Stat && c.Gradients[p.Name].Norm < 1e-6*largest {
					least = 0.25 // Adam makes a whole step, 1e-4, of rounding: to one side or the other
				}
				if err := c.Updated[p.Name].compare(after, 1e-3, least); err != nil {
					t.Errorf("%s after a step: %v", p.Name, err)
				}
			}
			if i != len(c.Gradients) {
				t.Errorf("%d gradients, want %d", i, len(c.Gradients))
			}
		})
	}
}

func TestParameterCounts(t *testing.T) {
	want := readGolden(t).Parameters
	if want["efficientnet_b0"] != 5_288_548 || want["vit_b_16"] != 86_567_656 {
		t.Errorf("golden counts: %v", want)
	}
	for _, name := range Architectures() {
		n, err := Architecture(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := Count(n); got != want[name] {
			t.Errorf("%s has %d parameters, want %d", name, got, want[name])
		}
	}
	if _, err := Architecture("resnet50"); err == nil || !strings.Contains(err.Error(), "vit_b_16") {
		t.Errorf("unknown architecture: %v", err)
	}
}

func TestSetParamsNamesFaults(t *testing.T) {
	n, _ := twins("lite")
	values := testParams(n)
	delete(values, "bn1.bias")
	values["bn9.bias"] = tensors.FromValue([]float32{1})
	values["conv_stem.weight"] = tensors.FromValue([]float32{1})
	err := SetParams(model.NewStore().RootScope(), n, values)
	for _, part := range []string{"lite", "missing bn1.bias", "extra bn9.bias", "conv_stem.weight is", "[3, 3, 3, 32]"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not say %q", err, part)
		}
	}
}

func TestMissingParametersAreAnError(t *testing.T) {
	n, _ := twins("lite")
	exec := model.MustNewExec(testBackend(t), model.NewStore(), func(s *model.Scope, x *Node) *Node { return n.Features(s, x, Pass{}) })
	if _, err := exec.Exec(testPictures("x", 1, 32, 32, 3)); err == nil || !strings.Contains(err.Error(), "conv_stem.weight") {
		t.Errorf("error %v does not name the parameter", err)
	}
}

func TestBlocksAreTapped(t *testing.T) {
	for _, name := range []string{"lite", "timm_vit"} {
		n, _ := twins(name)
		store := model.NewStore()
		if err := SetParams(store.RootScope(), n, testParams(n)); err != nil {
			t.Fatal(err)
		}
		var seen []string
		exec := model.MustNewExec(testBackend(t), store, func(s *model.Scope, x *Node) []*Node {
			var taps []*Node
			features := n.Features(s, x, Pass{Tap: func(block string, y *Node) *Node {
				seen, taps = append(seen, block), append(taps, y)
				return y
			}})
			if w := features.Shape().Dimensions; w[1] != n.Width() {
				panic(errors.New("features are not as wide as Width says"))
			}
			gradients := Gradient(ReduceAllSum(Square(features)), taps...)
			for i, g := range gradients {
				gradients[i] = ReduceAllSum(Abs(g))
			}
			return gradients
		})
		outputs, err := exec.Exec(testPictures("x", 1, 32, 32, 3))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(seen), fmt.Sprint(n.Blocks()); got != want {
			t.Errorf("%s: tapped %s, want %s", name, got, want)
		}
		for i, o := range outputs {
			if v := tensors.ToScalar[float32](o); !(v > 0) {
				t.Errorf("%s: gradient of %s is %g", name, seen[i], v)
			}
		}
	}
}

// Dropout and stochastic depth without given masks keep the mean and drop the right share.
func TestRandomLayers(t *testing.T) {
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		t.Fatal(err)
	}
	exec := model.MustNewExec(testBackend(t), store, func(s *model.Scope, x *Node) []*Node {
		pass := Pass{Train: true}
		return []*Node{pass.dropout(s, x, 0.2), pass.stochasticDepth(s, x, "b", 0.4), Pass{}.dropout(s, x, 0.2)}
	})
	ones := make([]float32, 4000*5)
	for i := range ones {
		ones[i] = 1
	}
	outputs, err := exec.Exec(tensors.FromFlatDataAndDimensions(ones, 4000, 5))
	if err != nil {
		t.Fatal(err)
	}
	drop, depth := tensors.MustCopyFlatData[float32](outputs[0]), tensors.MustCopyFlatData[float32](outputs[1])
	share := func(v []float32, kept float32) float64 {
		zeros := 0
		for _, x := range v {
			if x == 0 {
				zeros++
			} else if math.Abs(float64(x-kept)) > 1e-6 {
				t.Fatalf("value %g, want 0 or %g", x, kept)
			}
		}
		return float64(zeros) / float64(len(v))
	}
	if s := share(drop, 1.25); math.Abs(s-0.2) > 0.015 {
		t.Errorf("dropout drops %g, want 0.2", s)
	}
	if s := share(depth, 1/0.6); math.Abs(s-0.4) > 0.04 {
		t.Errorf("stochastic depth drops %g, want 0.4", s)
	}
	for i := range 4000 {
		for j := range 5 {
			if depth[5*i+j] != depth[5*i] {
				t.Fatal("stochastic depth drops part of a picture")
			}
		}
	}
	if s := share(tensors.MustCopyFlatData[float32](outputs[2]), 1); s != 0 {
		t.Errorf("inference drops %g", s)
	}
}

func TestAdam(t *testing.T) {
	g := readGolden(t)
	if len(g.Adam) == 0 {
		t.Fatal("the golden has no steps")
	}
	for _, keras := range []bool{false, true} {
		store := model.NewStore()
		p := testVector("adam.p", 1)
		v := store.RootScope().In("head").VariableWithValue("p", tensors.FromValue(p))
		exec := model.MustNewExec(testBackend(t), store, func(s *model.Scope, gradient *Node) *Node {
			loss := ReduceAllSum(Mul(gradient, v.NodeValue(gradient.Graph())))
			Adam{Rate: 1e-2, Keras: keras}.Step(s, loss)
			return loss
		})
		m, s := make([]float64, 6), make([]float64, 6)
		want := make([]float64, 6)
		for i := range want {
			want[i] = float64(p[i])
		}
		for step := range g.Adam {
			gradient := testVector(fmt.Sprintf("adam.gradient%d", step), math.Pow(10, -2*float64(step)))
			if _, err := exec.Exec(gradient); err != nil {
				t.Fatal(err)
			}
			if keras { // Keras 3, Adam.update_step, in float64
				n := float64(step + 1)
				alpha := 1e-2 * math.Sqrt(1-math.Pow(0.999, n)) / (1 - math.Pow(0.9, n))
				for i := range want {
					x := float64(gradient[i])
					m[i] += (x - m[i]) * (1 - 0.9)
					s[i] += (x*x - s[i]) * (1 - 0.999)
					want[i] -= alpha * m[i] / (math.Sqrt(s[i]) + 1e-7)
				}
			} else {
				want = g.Adam[step]
			}
			for i, got := range tensors.MustCopyFlatData[float32](v.MustValue()) {
				if math.Abs(float64(got)-want[i]) > 1e-6 {
					t.Errorf("keras %v, step %d: %g, want %g", keras, step, got, want[i])
				}
			}
		}
	}
}

// A variable with a rate of its own moves by that rate's share of what it would, whether its moments are
// joined with others' or not: what PyTorch's groups of parameters do.
func TestAdamRates(t *testing.T) {
	moved := func(a Adam) map[string][]float32 {
		store := model.NewStore()
		for _, size := range []int{6, joinedBelow} {
			for _, part := range []string{"head", "backbone"} {
				store.RootScope().At("%s", part).VariableWithValue(fmt.Sprint("p", size), tensors.FromValue(make([]float32, size)))
			}
		}
		exec := model.MustNewExec(testBackend(t), store, func(s *model.Scope, x *Node) *Node {
			loss := ScalarZero(x.Graph(), x.DType())
			for v := range s.IterVariables() {
				loss = Add(loss, ReduceAllSum(Mul(ReduceAllSum(x), v.NodeValue(x.Graph()))))
			}
			a.Step(s, loss)
			return loss
		})
		for range 3 {
			exec.MustExec(testVector("adam.gradient0", 1))
		}
		values := map[string][]float32{}
		for v := range store.IterVariables() {
			if v.Trainable {
				values[v.Path()] = tensors.MustCopyFlatData[float32](v.MustValue())
			}
		}
		return values
	}
	even, slow := moved(Adam{Rate: 1e-2}), moved(Adam{Rate: 1e-2, Rates: map[string]float64{"/backbone/": 1e-3}})
	if len(even) != 4 || len(slow) != 4 {
		t.Fatalf("%d and %d variables, want 4", len(even), len(slow))
	}
	for path, v := range even {
		share := 1.0
		if strings.HasPrefix(path, "/backbone/") {
			share = 0.1
		}
		if got, want := float64(slow[path][0]), share*float64(v[0]); v[0] == 0 || math.Abs(got-want) > 1e-6*math.Abs(want) {
			t.Errorf("%s moved by %g, want %g of %g", path, got, share, v[0])
		}
	}
}

func testVector(name string, factor float64) []float32 {
	v := make([]float32, 6)
	for i, u := range noise(name, 6) {
		v[i] = float32(float32(0.2*u) * float32(factor))
	}
	return v
}

func TestParamLayouts(t *testing.T) {
	p := Param{Shape: []int{1, 2, 2, 3}, Layout: Conv}
	ours := p.FromTorch([]float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) // [3, 2, 1, 2]
	if got, want := fmt.Sprint(ours), "[0 4 8 2 6 10 1 5 9 3 7 11]"; got != want {
		t.Errorf("conv kernel %s, want %s", got, want)
	}
	for _, n := range []string{"lite", "timm_vit"} {
		net, _ := twins(n)
		for _, p := range net.Params() {
			v := make([]float32, p.Size())
			for i := range v {
				v[i] = float32(i)
			}
			if fmt.Sprint(p.ToTorch(p.FromTorch(v))) != fmt.Sprint(v) {
				t.Errorf("%s does not come back", p.Name)
			}
		}
	}
}
