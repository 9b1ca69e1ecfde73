package vision

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/weights"
)

// namesCase is a small network of another library, from testdata/names.json.
type namesCase struct {
	Name   string
	Size   int
	Out    []float64
	Shapes map[string][]int
}

func namesCases(t *testing.T) map[string]namesCase {
	b, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases []namesCase }
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	cases := map[string]namesCase{}
	for _, c := range golden.Cases {
		cases[c.Name] = c
	}
	return cases
}

// file gives every tensor the values that names.py gave it.
func (c namesCase) file() map[string]weights.Array {
	file := map[string]weights.Array{}
	for key, shape := range c.Shapes {
		a := weights.Array{Shape: slices.Clone(shape), Type: "F32"}
		size, fan := 1, 1
		for i, d := range shape {
			size *= d
			if i > 0 {
				fan *= d
			}
		}
		if !strings.HasSuffix(key, "num_batches_tracked") {
			for _, u := range noise(key, size) {
				switch {
				case strings.HasSuffix(key, "running_var"):
					u = 1 + u/2
				case len(shape) == 1 && (strings.HasSuffix(key, "weight") || strings.HasSuffix(key, "lambda1")):
					u = 1 + u/4
				case len(shape) == 2 || len(shape) == 4:
					u *= math.Sqrt(4.5 / float64(fan))
				}
				a.Values = append(a.Values, float32(u))
			}
		}
		file[key] = a
	}
	return file
}

func smallCNN(same bool, epsilon float64) *EfficientNet {
	return &EfficientNet{ID: "small", WidthFactor: 0.5, DepthFactor: 0.34, Size: 64, Same: same, Epsilon: epsilon, Classes: 10}
}

func smallViT(change func(*ViT)) *ViT {
	v := &ViT{ID: "small", Layers: 2, Dim: 16, Heads: 2, Patch: 8, Size: 24, Epsilon: 1e-6, Classes: 10}
	change(v)
	return v
}

// A network with the renamed values of another library computes what that library computes.
func TestNamesOfOtherLibraries(t *testing.T) {
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	cases := namesCases(t)
	for name, n := range map[string]Network{
		"torchvision EfficientNet": smallCNN(false, 1e-5),
		"efficientnet_pytorch":     smallCNN(true, 1e-3),
		"torchvision ViT":          smallViT(func(v *ViT) {}),
		"Hugging Face ViT":         smallViT(func(v *ViT) { v.Epsilon = 1e-12 }),
		"Hugging Face DINOv2":      smallViT(func(v *ViT) { v.Classes, v.LayerScale = 0, true }),
	} {
		c := cases[name]
		values, err := Canonical(n, c.file())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		store := model.NewStore()
		if err := SetParams(store.RootScope(), n, values); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		picture := make([]float32, c.Size*c.Size*3)
		for i, u := range noise(name, len(picture)) {
			picture[i] = float32(u)
		}
		out, err := model.CallOnce(backend, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
			f := n.Features(scope, x, Pass{})
			if HasClasses(n) {
				return n.Logits(scope, f, Pass{})
			}
			return f
		}, tensors.FromFlatDataAndDimensions(picture, 1, c.Size, c.Size, 3))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, got := range out.Value().([][]float32)[0] {
			if math.Abs(float64(got)-c.Out[i]) > 1e-4 {
				t.Errorf("%s: output %d is %v, want %v", name, i, got, c.Out[i])
			}
		}
	}
}

// Names that a library has used before, or uses in memory alone, mean the same tensors.
func TestOtherNamesOfTheSameLibrary(t *testing.T) {
	for _, c := range []struct {
		library string
		network Network
		rename  func(string) string
	}{
		// The file vit_b_16-c867db91.pth.
		{"torchvision ViT", smallViT(func(*ViT) {}), strings.NewReplacer(".mlp.0.", ".mlp.linear_1.", ".mlp.3.", ".mlp.linear_2.").Replace},
		// transformers 5 in memory.
		{"Hugging Face ViT", smallViT(func(*ViT) {}), strings.NewReplacer(
			"vit.encoder.layer.", "vit.layers.", "attention.attention.query", "attention.q_proj", "attention.attention.key", "attention.k_proj",
			"attention.attention.value", "attention.v_proj", "attention.output.dense", "attention.o_proj", "intermediate.dense", "mlp.fc1", "output.dense", "mlp.fc2").Replace},
		{"Hugging Face DINOv2", smallViT(func(v *ViT) { v.Classes, v.LayerScale = 0, true }), func(k string) string { return "dinov2." + k }},
	} {
		file := namesCases(t)[c.library].file()
		want, err := Canonical(c.network, file)
		if err != nil {
			t.Fatal(err)
		}
		renamed := map[string]weights.Array{}
		for k, a := range file {
			renamed[c.rename(k)] = a
		}
		if slices.Equal(slices.Sorted(maps.Keys(file)), slices.Sorted(maps.Keys(renamed))) {
			t.Fatalf("%s: nothing was renamed", c.library)
		}
		got, err := Canonical(c.network, renamed)
		if err != nil {
			t.Errorf("%s: %v", c.library, err)
			continue
		}
		for name := range want {
			if !got[name].Equal(want[name]) {
				t.Errorf("%s: %s differs", c.library, name)
			}
		}
	}
}

// Whatever is wrong with a file is said at once, with names.
func TestCanonicalNamesFaults(t *testing.T) {
	n := smallCNN(false, 1e-5)
	file := namesCases(t)["torchvision EfficientNet"].file()
	delete(file, "features.1.0.block.0.0.weight")
	delete(file, "classifier.1.bias")
	file["features.0.0.weight"] = weights.Array{Shape: []int{16, 1, 3, 3}, Values: make([]float32, 144)}
	file["features.0.1.weight"] = weights.Array{Shape: []int{16}, Type: "LongStorage"}
	file["optimizer.step"] = weights.Array{Shape: []int{1}, Values: []float32{1}}
	_, err := Canonical(n, file)
	for _, part := range []string{
		"not those of small", "torchvision",
		"missing features.1.0.block.0.0.weight", "missing classifier.1.bias",
		"features.0.0.weight is [16 1 3 3], want [16 3 3 3]",
		"features.0.1.weight is of type LongStorage, want floats",
		"extra optimizer.step",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
	if _, err := Canonical(n, namesCases(t)["Hugging Face ViT"].file()); err == nil || !strings.Contains(err.Error(), "more") {
		t.Errorf("another network's file: %v", err)
	}
	if _, err := Canonical(n, nil); err == nil {
		t.Error("no file at all is accepted")
	}
}

// Every backbone of the catalogue has an architecture and a preparation that exist; what is wrong
// with one is said with its name.
func TestDescribe(t *testing.T) {
	list, err := weights.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	backbones := 0
	for _, e := range list {
		if e.Architecture == "" {
			continue
		}
		backbones++
		if _, _, err := Describe(e); err != nil {
			t.Error(err)
		}
	}
	if backbones < 6 {
		t.Errorf("%d backbones", backbones)
	}
	good := weights.Entry{Name: "mine", Architecture: "vit_b_16", Preprocess: []byte(`{"short":256,"crop":224,"filter":"bicubic","normalisation":"imagenet"}`)}
	for _, c := range []struct {
		change func(e *weights.Entry)
		want   string
	}{
		{func(e *weights.Entry) { e.Architecture = "" }, "no architecture"},
		{func(e *weights.Entry) { e.Architecture = "vit_b_17" }, "vit_b_17"},
		{func(e *weights.Entry) { e.Preprocess = []byte(`{"crop":224,"filter":"cubic"}`) }, "preprocess.filter"},
		{func(e *weights.Entry) {
			e.Preprocess = []byte(`{"crop":224,"filter":"bicubic","normalisation":"coco"}`)
		}, "preprocess.normalisation"},
		{func(e *weights.Entry) { e.Preprocess = []byte(`{"filter":"bicubic","normalisation":"half"}`) }, "preprocess.crop"},
		{func(e *weights.Entry) { e.Preprocess = []byte(`{"crops":224}`) }, "crops"},
		{func(e *weights.Entry) { e.Preprocess = nil }, "preprocess"},
	} {
		e := good
		c.change(&e)
		if _, _, err := Describe(e); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "mine") {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if _, _, err := Describe(good); err != nil {
		t.Error(err)
	}
}
