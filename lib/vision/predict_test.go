package vision

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/picture"
	"thesis.example/lib/setup/testhome"
)

func TestClasses(t *testing.T) {
	names, err := Classes()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{0: "tench, Tinca tinca", 281: "tabby, tabby cat", 967: "espresso", 999: "toilet tissue, toilet paper, bathroom tissue"} {
		if names[i] != want {
			t.Errorf("class %d is %q, want %q", i, names[i], want)
		}
	}
}

// Lite0, from the file in its package to the five likeliest classes, equals timm's network with
// the same values on the same photographs.
func TestPredictIsPyTorch(t *testing.T) {
	testhome.Weights(t, "lite0")
	golden := readPhotos(t).Lite0
	if len(golden) == 0 {
		t.Fatal("no golden to compare with")
	}
	l, err := Load(context.Background(), "lite0")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, g := range golden {
		files = append(files, g.File)
	}
	counted := 0
	predictions, unreadable, err := Predict(context.Background(), l, "testdata/photos", files, 5, func(n int) { counted += n })
	if err != nil || len(unreadable) > 0 {
		t.Fatal(err, unreadable)
	}
	if counted != len(files) || len(predictions) != len(files) {
		t.Fatalf("%d predictions, %d counted, want %d", len(predictions), counted, len(files))
	}
	for i, g := range golden {
		p := predictions[i]
		var index []int
		for j, guess := range p.Top {
			index = append(index, guess.Index)
			if d := math.Abs(float64(guess.Probability) - g.Probability[j]); d > 1e-4 {
				t.Errorf("%s: probability %d is %v, PyTorch has %v", g.File, j, guess.Probability, g.Probability[j])
			}
		}
		if p.File != g.File || !slices.Equal(index, g.Index) {
			t.Errorf("%s: classes %v, PyTorch has %v for %s", p.File, index, g.Index, g.File)
		}
	}
}

// features runs a network's body on one photograph.
func features(t *testing.T, l *Loaded, p Preprocess, file string) []float32 {
	m, err := picture.Open("testdata/photos/" + file)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, p.Crop*p.Crop*3)
	p.Normalise(x, p.Pixels(m))
	store := model.NewStore()
	if err := l.SetParams(store.RootScope()); err != nil {
		t.Fatal(err)
	}
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	out, err := model.CallOnce(backend, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
		return l.Network.Features(scope, x, Pass{})
	}, tensors.FromFlatDataAndDimensions(x, 1, p.Crop, p.Crop, 3))
	if err != nil {
		t.Fatal(err)
	}
	return out.Value().([][]float32)[0]
}

func TestFeaturesArePyTorch(t *testing.T) {
	testhome.Weights(t, "lite0", "dinov2-s14-imgfocus")
	golden := readPhotos(t)
	lite0, focus := golden.Lite0[0], golden.Imgfocus[0]
	for _, c := range []struct {
		name, file string
		size, step int
		want       []float64
	}{
		{"lite0", lite0.File, 224, 40, lite0.Features},
		{"dinov2-s14-imgfocus", focus.File, 518, 12, focus.Features},
	} {
		if len(c.want) == 0 {
			t.Fatalf("%s: no golden to compare with", c.name)
		}
		l, err := Load(context.Background(), c.name)
		if err != nil {
			t.Fatal(err)
		}
		p := l.Preprocess
		if c.size != p.Crop { // the ViT's golden is of the whole picture
			p.Short, p.Crop = c.size, c.size
		}
		got := features(t, l, p, c.file)
		for i, want := range c.want {
			if d := math.Abs(float64(got[i*c.step]) - want); d > 1e-3 {
				t.Errorf("%s: feature %d is %v, PyTorch has %v", c.name, i*c.step, got[i*c.step], want)
			}
		}
	}
}
