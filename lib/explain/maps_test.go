package explain

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

	"thesis.example/lib/fusion"
	"thesis.example/lib/vision"
)

// mapsGolden is what testdata/maps.py writes.
type mapsGolden struct {
	Versions map[string]string
	Cases    []mapsCase
}

type mapsCase struct {
	Case       string
	Size       int
	Classes    []int
	Statistics map[string][]float32 // batch norm's, where the formula's would not do
	Logits     digest
	Integrated struct {
		Pixels, Metadata digest
		Delta            []float64
	}
	GradCAM            map[string]struct{ Signed, Shown digest }
	Relevance, Rollout *digest
}

type digest struct {
	Size   int
	Norm   float64
	Values []float64
}

// off is by how much values differ from the digest, as a share of the largest value.
func (d digest) off(values []float64) (float64, error) {
	if len(values) != d.Size || len(d.Values) == 0 {
		return 0, fmt.Errorf("%d values, the golden has %d and shows %d", len(values), d.Size, len(d.Values))
	}
	largest, norm := 0.0, 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(v))
		norm += v * v
	}
	worst := math.Abs(math.Sqrt(norm)-d.Norm) / d.Norm
	for i, want := range d.Values {
		worst = max(worst, math.Abs(values[i*d.Size/len(d.Values)]-want)/largest)
	}
	if math.IsNaN(worst) {
		return 0, fmt.Errorf("not a number among %d values", len(values))
	}
	return worst, nil
}

// splitmix is the function noise of maps.py; the values of parameters are maps.py's.
func splitmix(name string, n int) []float64 {
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

func noisy(p vision.Param) *tensors.Tensor {
	shape := p.Torch()
	fan := 1
	for _, d := range shape[1:] {
		fan *= d
	}
	v := make([]float32, p.Size())
	for i, u := range splitmix(p.Name, p.Size()) {
		switch {
		case strings.HasSuffix(p.Name, "running_var"):
			u = 0.5 + 0.25*u
		case strings.HasSuffix(p.Name, "gamma"), len(shape) == 1 && strings.HasSuffix(p.Name, "weight"):
			u = 1 + 0.2*u
		case len(shape) == 1, p.Name == "cls_token", p.Name == "pos_embed":
			u *= 0.2
		default:
			u *= math.Sqrt(4.5 / float64(fan))
		}
		v[i] = float32(u)
	}
	return tensors.FromFlatDataAndDimensions(p.FromTorch(v), p.Shape...)
}

func noisyValues(n vision.Network) map[string]*tensors.Tensor {
	values := map[string]*tensors.Tensor{}
	for _, p := range n.Params() {
		values[p.Name] = noisy(p)
	}
	return values
}

// noisyArm is an arm of Experiment 2 with maps.py's parameters.
func noisyArm(t *testing.T, name string, n vision.Network, size int) *Arm {
	t.Helper()
	return armOf(t, name, n, noisyValues(n), size)
}

// armOf is an arm of Experiment 2 with these values in its backbone and maps.py's in its head.
func armOf(t *testing.T, name string, n vision.Network, values map[string]*tensors.Tensor, size int) *Arm {
	t.Helper()
	arm, err := fusion.ParseArm(2, name)
	if err != nil {
		t.Fatal(err)
	}
	m := &fusion.Model{Experiment: 2, Arm: arm, Backbone: n, Metadata: 16, Genres: 3}
	store := model.NewStore()
	if err := m.Init(store, values, 1); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params() {
		layout := vision.Plain
		if len(p.Shape) == 2 {
			layout = vision.Linear
		}
		if err := store.RootScope().At("head").GetVariable(p.Name).SetValue(noisy(vision.Param{Name: p.Name, Shape: p.Shape, Layout: layout})); err != nil {
			t.Fatal(err)
		}
	}
	a, err := NewArm(m, store, size, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func noisyInputs(name string, n, size int) []Input {
	inputs := make([]Input, n)
	pixels, metadata := splitmix(name+" pictures", n*size*size*3), splitmix(name+" metadata", n*16)
	for i := range inputs {
		inputs[i] = Input{make([]float32, size*size*3), make([]float32, 16)}
		for at := range inputs[i].Pixels {
			inputs[i].Pixels[at] = float32(2 * pixels[i*size*size*3+at])
		}
		for at := range inputs[i].Metadata {
			inputs[i].Metadata[at] = float32(2 * metadata[i*16+at])
		}
	}
	return inputs
}

func smallCNN() *vision.EfficientNet {
	return &vision.EfficientNet{ID: "small CNN", WidthFactor: 0.25, DepthFactor: 0.26, Epsilon: 1e-5, Momentum: 0.1}
}

func smallViT() *vision.ViT {
	return &vision.ViT{ID: "small ViT", Layers: 3, Dim: 64, Heads: 2, Patch: 8, Size: 32, Epsilon: 1e-6, LayerScale: true}
}

// smallArms are an arm of each backbone with metadata, and pictures for it.
func smallArms(t *testing.T, pictures int) map[string]*struct {
	*Arm
	inputs []Input
} {
	arms := map[string]*struct {
		*Arm
		inputs []Input
	}{}
	add := func(name string, n vision.Network, size int) {
		arms[name] = &struct {
			*Arm
			inputs []Input
		}{noisyArm(t, name, n, size), noisyInputs(n.Name(), pictures, size)}
	}
	add("cnn-hybrid", smallCNN(), 128)
	add("vit-hybrid", smallViT(), 32)
	return arms
}

// Maps equal pytorch-grad-cam's and captum's on the same weights, pictures and metadata.
func TestMapsEqualReference(t *testing.T) {
	b, err := os.ReadFile("testdata/maps.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden mapsGolden
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) != 2 {
		t.Fatalf("%d golden cases, want 2", len(golden.Cases))
	}
	networks := map[string]vision.Network{"small CNN": smallCNN(), "small ViT": smallViT()}
	for _, c := range golden.Cases {
		t.Run(c.Case, func(t *testing.T) { c.compare(t, networks[c.Case]) })
	}
}

func (c mapsCase) compare(t *testing.T, n vision.Network) {
	name, values := "vit-hybrid", noisyValues(n)
	if len(c.GradCAM) > 0 {
		name = "cnn-hybrid"
	}
	for p, v := range c.Statistics {
		values[p] = tensors.FromValue(v)
	}
	a := armOf(t, name, n, values, c.Size)
	inputs := noisyInputs(c.Case, len(c.Classes), c.Size)
	check := func(what string, want digest, values []float64, tolerance float64) {
		t.Helper()
		off, err := want.off(values)
		if err != nil || !(off <= tolerance) {
			t.Errorf("%s differs by %.1e of its largest value (%v), want at most %.0e", what, off, err, tolerance)
			return
		}
		t.Logf("%s: %.1e", what, off)
	}
	logits, err := a.Logits(t.Context(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	check("logits", c.Logits, slices.Concat(logits...), 1e-4)

	parts, err := a.Integrate(t.Context(), inputs, c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	largest := 1.0 // of the logits, whose rounding is part of what is missed
	for _, l := range slices.Concat(logits...) {
		largest = max(largest, math.Abs(l))
	}
	var pixels, metadata []float64
	for i, p := range parts {
		pixels, metadata = append(pixels, p.Picture.Signed...), append(metadata, p.Metadata...)
		if math.Abs(p.Error()-c.Integrated.Delta[i]) > 1e-5*largest {
			t.Errorf("picture %d: the attributions miss the difference of %g by %g, captum's by %g", i+1, p.To-p.From, p.Error(), c.Integrated.Delta[i])
		}
	}
	check("integrated gradients of pixels", c.Integrated.Pixels, pixels, 1e-3)
	check("integrated gradients of metadata", c.Integrated.Metadata, metadata, 1e-3)

	for block, want := range c.GradCAM {
		maps, err := a.GradCAM(t.Context(), block, inputs, c.Classes)
		if err != nil {
			t.Fatal(err)
		}
		var signed, shown []float64
		for _, m := range maps {
			signed = append(signed, m.Signed...)
			// pytorch-grad-cam scales, resizes and scales again.
			resized := Map{m.Rows, m.Cols, m.Display()}.Pixels(c.Size)
			shown = append(shown, Map{c.Size, c.Size, resized}.Display()...)
		}
		check("Grad-CAM of "+block, want.Signed, signed, 1e-3)
		check("Grad-CAM of "+block+" as shown", want.Shown, shown, 1e-3)
	}
	if c.Relevance == nil {
		return
	}
	for method, want := range map[Method]*digest{Relevance: c.Relevance, Rollout: c.Rollout} {
		maps, err := a.Maps(t.Context(), method, inputs, c.Classes)
		if err != nil {
			t.Fatal(err)
		}
		var values []float64
		for _, m := range maps {
			values = append(values, m.Signed...)
		}
		check(string(method), *want, values, 1e-3)
	}
}

// A picture's map does not depend on the batch it came in, nor on how many there are: with the targets of
// some of a batch others leave all but the first without a map.
func TestMapsOfABatchAreThoseOfItsPictures(t *testing.T) {
	for name, a := range smallArms(t, 11) { // more than a program takes at a time, and not a multiple
		for _, method := range a.Methods() {
			if method == Integrated { // takes pictures one by one
				continue
			}
			classes, err := a.Predict(t.Context(), a.inputs)
			if err != nil {
				t.Fatal(err)
			}
			classes[3] = (classes[3] + 1) % 3
			many, err := a.Maps(t.Context(), method, a.inputs, classes)
			if err != nil || len(many) != len(a.inputs) {
				t.Fatal(name, method, err, len(many))
			}
			for _, i := range []int{0, 3, 10} {
				one, err := a.Maps(t.Context(), method, a.inputs[i:i+1], classes[i:i+1])
				if err != nil {
					t.Fatal(err)
				}
				largest := 0.0
				for _, v := range one[0].Signed {
					largest = max(largest, math.Abs(v))
				}
				for at, v := range one[0].Signed {
					if math.Abs(v-many[i].Signed[at]) > 1e-4*largest {
						t.Fatalf("%s, %s, picture %d: %g alone, %g in the batch, at %d (largest %g)", name, method, i, v, many[i].Signed[at], at, largest)
					}
				}
			}
		}
	}
}

func TestMapsErrors(t *testing.T) {
	arms := smallArms(t, 2)
	cnn, vit := arms["cnn-hybrid"], arms["vit-hybrid"]
	short := []Input{vit.inputs[0], {vit.inputs[1].Pixels[:9], vit.inputs[1].Metadata}}
	notFinite := []Input{vit.inputs[0], {slices.Clone(vit.inputs[1].Pixels), vit.inputs[1].Metadata}}
	notFinite[1].Pixels[5] = float32(math.NaN())
	for _, c := range []struct {
		what, want string
		err        error
	}{
		{"fewer classes than pictures", "1 classes for 2 pictures", second(cnn.Maps(t.Context(), GradCAM, cnn.inputs, []int{1}))},
		{"no such class", "picture 2: class 3, want 0 to 2", second(vit.Maps(t.Context(), Relevance, vit.inputs, []int{1, 3}))},
		{"no such block", `small CNN has no block "blocks.9.9"`, second(cnn.GradCAM(t.Context(), "blocks.9.9", cnn.inputs, nil))},
		{"Grad-CAM of a ViT", "Grad-CAM is for CNNs", second(vit.Maps(t.Context(), GradCAM, vit.inputs, nil))},
		{"rollout of a CNN", "rollout is for ViTs", second(cnn.Maps(t.Context(), Rollout, cnn.inputs, nil))},
		{"relevance of a CNN", "relevance is for ViTs", second(cnn.Maps(t.Context(), Relevance, cnn.inputs, nil))},
		{"no such method", `no method "LIME"`, second(cnn.Maps(t.Context(), "LIME", cnn.inputs, nil))},
		{"a short picture", "picture 2 has 9 colours and 16 numbers", second(vit.Maps(t.Context(), Rollout, short, nil))},
		{"a picture that is not finite", "picture 2 gives numbers that are not finite", second(vit.Maps(t.Context(), Rollout, notFinite, nil))},
		{"an arm without a picture", "sees no picture", second(NewArm(&fusion.Model{Experiment: 2, Arm: fusion.Arm{Fusion: "meta"}}, nil, 32, nil))},
		{"half a patch", "patches of 8 pixels", second(NewArm(vit.Model, vit.Store, 36, nil))},
		{"a baseline of another size", "a baseline of 5 numbers", second(NewArm(vit.Model, vit.Store, 32, make([]float32, 5)))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }
