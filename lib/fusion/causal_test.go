package fusion

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

// causalGolden is testdata/causal.json, made by causal.py from PyTorch and numpy.
type causalGolden struct {
	OGM []struct {
		Scales    map[string]float64
		K         map[string]float64
		Gradients map[string]digest
		Spread    map[string]float64
	}
	Blend []struct {
		Losses  [][4]float64
		Weights []float64
	}
}

func readCausalGolden(t *testing.T) (g causalGolden) {
	t.Helper()
	b, err := os.ReadFile("testdata/causal.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(g.OGM) != 2 || len(g.Blend) != 3 {
		t.Fatalf("testdata/causal.json has %d cases of OGM-GE and %d of blending", len(g.OGM), len(g.Blend))
	}
	return g
}

// The gradients of OGM-GE are k times autograd's in the stronger branch's encoder, and the noise has the
// deviation of the tensor's own gradient: without it they equal PyTorch's.
func TestOGMEqualsPyTorch(t *testing.T) {
	backend, err := vision.Backend()
	if err != nil {
		t.Fatal(err)
	}
	labels := []int{0, 1, 2, 0, 1, 2, 2, 1}
	stronger := map[string]bool{}
	for n, want := range readCausalGolden(t).OGM {
		arm, err := ParseArm(2, "cnn-logits-ogm")
		if err != nil {
			t.Fatal(err)
		}
		// A backbone that only has a width: 40.
		m := &Model{Experiment: 2, Arm: arm, Backbone: &vision.EfficientNet{WidthFactor: 1. / 32, DepthFactor: 0.1}, Metadata: meta, Genres: 3}
		store := model.NewStore()
		for _, p := range m.Params() {
			v := noise(p.Name, p.Size())
			if strings.HasSuffix(p.Name, "weight") {
				scale := 1.0
				if s, ok := want.Scales[strings.TrimSuffix(p.Name, ".weight")]; ok {
					scale = s
				}
				scaledBy(v, scale/math.Sqrt(float64(p.Shape[0])))
			} else {
				scaledBy(v, 0.25)
			}
			if _, err := store.RootScope().At("head").CreateVariable(p.Name, tensors.FromFlatDataAndDimensions(v, p.Shape...)); err != nil {
				t.Fatal(err)
			}
		}
		var vars []*model.Variable
		for v := range store.IterVariables() {
			vars = append(vars, v)
		}
		target := make([]float32, batch*3)
		for i, l := range labels {
			target[3*i+l] = 1. / batch
		}
		// The state of the generator, and how much of the noise is let through.
		exec, err := model.NewExec(backend, store, func(s *model.Scope, state *Node) []*Node {
			g := state.Graph()
			x := Const(g, tensors.FromFlatDataAndDimensions(noise("features", batch*40), batch, 40))
			metadata := Const(g, tensors.FromFlatDataAndDimensions(scaledBy(noise("metadata", batch*meta), 2), batch, meta))
			weights := Const(g, tensors.FromFlatDataAndDimensions(target, batch, 3))
			out := m.Outputs(s, x, metadata, vision.Pass{Train: true})
			var nodes []*Node
			for _, v := range vars {
				nodes = append(nodes, v.NodeValue(g))
			}
			plain := Gradient(Neg(ReduceAllSum(Mul(weights, LogSoftmax(out.Joint, -1)))), nodes...)
			picture, metadataScore := OGMScores(out, weights)
			kPicture, kMetadata := OGMCoefficients(picture, metadataScore)
			return append([]*Node{kPicture, kMetadata}, append(plain, OGMGE(vars, plain, picture, metadataScore, state)...)...)
		})
		if err != nil {
			t.Fatal(err)
		}
		run := func(seed uint64) [][]float32 {
			out, err := exec.Exec(tensors.FromFlatDataAndDimensions([]uint64{seed, 2, 3}, 3))
			if err != nil {
				t.Fatal(err)
			}
			var all [][]float32
			for _, o := range out {
				all = append(all, flat(t, o))
			}
			return all
		}
		one, again, two := run(1), run(1), run(7)
		k := map[string]float64{"picture": float64(one[0][0]), "metadata": float64(one[1][0])}
		for side, v := range want.K {
			if math.Abs(k[side]-v) > 1e-5 {
				t.Errorf("case %d: k of the %s is %g, want %g", n, side, k[side], v)
			}
			stronger[side] = stronger[side] || v < 1
		}
		for i, v := range vars {
			name := strings.TrimPrefix(v.Path(), "/head/")
			plain, first, second := one[2+i], one[2+len(vars)+i], two[2+len(vars)+i]
			if !slices.Equal(first, again[2+len(vars)+i]) {
				t.Errorf("%s: one state of the generator, two gradients", name)
			}
			side := modality(v.Path())
			factor := 1.0
			if side != "" {
				factor = k[side]
			}
			if err := want.Gradients[name].compare(scaledBy(slices.Clone(plain), factor), 1e-5); err != nil {
				t.Errorf("case %d: k·g of %s: %v", n, name, err)
			}
			if (side != "") != (want.Spread[name] > 0) {
				t.Errorf("%s is of modality %q, the golden's deviation is %g", name, side, want.Spread[name])
			}
			sum, squares := 0.0, 0.0
			for at := range plain {
				d := float64(first[at]) - factor*float64(plain[at])
				sum, squares = sum+d, squares+d*d
			}
			size := float64(len(plain))
			spread := math.Sqrt(squares/size - sum/size*sum/size)
			switch {
			case side == "":
				if squares != 0 {
					t.Errorf("the gradient of %s, a classifier, was changed", name)
				}
			case slices.Equal(first, second):
				t.Errorf("%s gets the same noise at two steps", name)
			case len(plain) >= 256 && math.Abs(spread/want.Spread[name]-1) > 4/math.Sqrt(2*size):
				t.Errorf("%s: noise with deviation %g, the gradient's is %g", name, spread, want.Spread[name])
			}
		}
	}
	if !stronger["picture"] || !stronger["metadata"] {
		t.Errorf("the goldens have a stronger %v", stronger)
	}
}

// Noise is normal: mean, variance and share beyond two deviations of four million draws, all finite.
func TestGaussian(t *testing.T) {
	backend, err := vision.Backend()
	if err != nil {
		t.Fatal(err)
	}
	const n = 1 << 22
	exec, err := model.NewExec(backend, model.NewStore(), func(_ *model.Scope, state *Node) []*Node {
		_, x := gaussian(state, shapes.Make(dtypes.Float32, n))
		far := ConvertDType(GreaterThan(Abs(x), Scalar(x.Graph(), x.DType(), 2)), x.DType())
		return []*Node{ReduceAllMean(x), ReduceAllMean(Square(x)), ReduceAllMean(far), ReduceAllMax(Abs(x))}
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Exec(tensors.FromFlatDataAndDimensions([]uint64{1, 2, 3}, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, 1, 0.0455003} {
		if got := float64(flat(t, out[i])[0]); !(math.Abs(got-want) < 5*math.Sqrt2/math.Sqrt(n)) {
			t.Errorf("moment %d is %g, want %g", i, got, want)
		}
	}
	if largest := flat(t, out[3])[0]; !(largest > 4.5 && largest < 6) {
		t.Errorf("the largest of %d is %g", n, largest)
	}
}

// In every tensor of a ViT's encoder and of the metadata's, not in those of four axes alone.
func TestOGMReachesTheWholeEncoder(t *testing.T) {
	m := &Model{Experiment: 2, Arm: causalArm("vit-logits-ogm"), Backbone: small("vit"), Metadata: 5, Genres: 4}
	store := model.NewStore()
	if err := m.Init(store, parameters(m.Backbone), 1); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for v := range store.IterVariables() {
		count[modality(v.Path())]++
		if modality(v.Path()) == "" && !strings.HasPrefix(v.Path(), "/head/output.") && !strings.HasPrefix(v.Path(), "/head/meta.") {
			t.Errorf("%s belongs to no encoder", v.Path())
		}
	}
	if count[""] != 4 || count["metadata"] != 2 || count["picture"] != len(m.Backbone.Params())+2 {
		t.Errorf("parameters by modality: %v", count)
	}
}

func TestBlendWeightsEqualNumpy(t *testing.T) {
	for _, c := range readCausalGolden(t).Blend {
		var heads []Generalised
		for _, l := range c.Losses {
			heads = append(heads, Generalised{TrainBefore: l[0], TrainAfter: l[1], HeldBefore: l[2], HeldAfter: l[3]})
		}
		for i, w := range BlendWeights(heads) {
			if math.Abs(w-c.Weights[i]) > 1e-12 {
				t.Errorf("%v: weight %d is %g, want %g", c.Losses, i, w, c.Weights[i])
			}
		}
	}
	// By hand: G is 0.5 and 0.2, O is 0.4 and 0.2: 0.5/0.16 = 3.125 and 0.2/0.04 = 5.
	w := BlendWeights([]Generalised{{1, 0.1, 1, 0.5}, {1, 0.6, 1, 0.8}})
	if math.Abs(w[0]-3.125/8.125) > 1e-12 || math.Abs(w[1]-5/8.125) > 1e-12 {
		t.Errorf("weights %v", w)
	}
	if w := BlendWeights([]Generalised{{1, 0.1, 1, 1.5}, {1, 0.6, 1, 1.8}}); w[0] != 0.5 || w[1] != 0.5 {
		t.Errorf("heads that do not generalise: %v", w)
	}
}

// Every causal arm is an arm, says what it is for, and is compared with arms that exist.
func TestCausalArms(t *testing.T) {
	names := CausalNames(2)
	seen := map[string]int{}
	for _, c := range CausalArms() {
		if c.Changes == "" || c.Isolates == "" || c.Predicts == "" || len(c.Arms) == 0 {
			t.Errorf("%+v is incomplete", c)
		}
		for _, name := range c.Arms {
			seen[name]++
			arm, err := ParseArm(2, name)
			if err != nil || arm.String() != name || arm.Variation != c.Variation {
				t.Errorf("%s: %+v, %v", name, arm, err)
			}
			if where, how := arm.Enters(); where == "unknown" || how == "" {
				t.Errorf("%s enters %s, %s", name, where, how)
			}
			if _, err := ParseArm(1, name); err == nil && c.Variation != "" {
				t.Errorf("experiment 1 has %s", name)
			}
		}
		for _, name := range c.Against {
			if !slices.Contains(Arms(2, true), name) {
				t.Errorf("%v are compared with %s", c.Arms, name)
			}
		}
	}
	if len(names) != len(seen) || len(CausalNames(1)) != 0 {
		t.Errorf("%d names, %d arms", len(names), len(seen))
	}
	// What shares a program follows each other.
	done := map[string]bool{}
	for i, name := range names {
		compiled := causalArm(name).Compiled().String()
		if i > 0 && causalArm(names[i-1]).Compiled().String() != compiled && done[compiled] {
			t.Errorf("%s comes back to the program of %s: %v", name, compiled, names)
		}
		done[compiled] = true
	}
	if !done["cnn-hybrid"] || !done["cnn-hybrid-cut"] {
		t.Errorf("programs %v", done)
	}
}

// The random layers of nodepth are the ViT's.
func TestNoDepthHasTheRandomLayersOfTheViT(t *testing.T) {
	for _, fusion := range []string{"single", "hybrid"} {
		layers := func(arm string) string {
			a, err := ParseArm(2, arm)
			if err != nil {
				t.Fatal(err)
			}
			m := &Model{Experiment: 2, Arm: a, Backbone: small(a.Backbone), Metadata: 5, Genres: 4}
			return fmt.Sprint(m.Masks())
		}
		cnn, vit := layers("cnn-"+fusion+"-nodepth"), layers("vit-"+fusion)
		if cnn != vit || layers("cnn-"+fusion) == vit {
			t.Errorf("%s: %s without stochastic depth, %s with it, the ViT's are %s", fusion, cnn, layers("cnn-"+fusion), vit)
		}
	}
}
