package vision

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/picture"
)

// The same pictures, flips, angles and zooms as testdata/augment.py gave to Keras' layers.
func TestAugmentationIsKeras(t *testing.T) {
	var golden struct {
		Height, Width int
		Flips         []bool
		Angles, Zooms []float32
		Want          []float64
	}
	b, err := os.ReadFile("testdata/augment.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	batch := len(golden.Flips)
	pictures := tensors.FromShape(shapes.Make(dtypes.Float32, batch, golden.Height, golden.Width, 3))
	tensors.MustMutableFlatData(pictures, func(flat []float32) {
		n := 0
		for b := range batch {
			for i := range golden.Height {
				for j := range golden.Width {
					for c := range 3 {
						flat[n] = float32((7*i+13*j+29*c+5*i*j+11*b)%64) / 8
						n++
					}
				}
			}
		}
	})
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	got, err := graph.ExecOnce(backend, func(x, flip, angle, zoom *graph.Node) *graph.Node {
		return Augmentation{flip, angle, zoom}.Apply(x)
	}, pictures, golden.Flips, golden.Angles, golden.Zooms)
	if err != nil {
		t.Fatal(err)
	}
	tensors.MustConstFlatData(got, func(flat []float32) {
		for i, v := range flat {
			if d := math.Abs(float64(v) - golden.Want[i]); d > 1e-4 {
				t.Fatalf("value %d is %v, Keras has %v", i, v, golden.Want[i])
			}
		}
	})
}

// Draws stay within the appendix' limits, fill them, differ between pictures and calls, and repeat with the seed.
func TestDrawAugmentation(t *testing.T) {
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	const n = 4000
	draw := func(seed int64) (flips, angles, zooms []float32) {
		store := model.NewStore()
		if err := store.SetRNGStateFromSeed(seed); err != nil {
			t.Fatal(err)
		}
		exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
			a := DrawAugmentation(scope, x.Graph(), n)
			return []*graph.Node{graph.ConvertDType(a.Flip, dtypes.Float32), a.Angle, a.Zoom}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		out, err := exec.Exec(float32(0))
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Value().([]float32), out[1].Value().([]float32), out[2].Value().([]float32)
	}
	flips, angles, zooms := draw(1)
	for _, c := range []struct {
		what              string
		values            []float32
		low, high, within float64
	}{
		{"flip", flips, 0, 1, 0},
		{"angle", angles, -0.2 * math.Pi, 0.2 * math.Pi, 0.01},
		{"zoom", zooms, 0.8, 1.2, 0.01},
	} {
		least, most, sum := math.Inf(1), math.Inf(-1), 0.0
		for _, v := range c.values {
			least, most, sum = min(least, float64(v)), max(most, float64(v)), sum+float64(v)
		}
		if least < c.low-1e-6 || least > c.low+c.within || most > c.high+1e-6 || most < c.high-c.within {
			t.Errorf("%s from %v to %v, want %v to %v", c.what, least, most, c.low, c.high)
		}
		if middle := (c.low + c.high) / 2; math.Abs(sum/n-middle) > 0.03*(c.high-c.low) {
			t.Errorf("%s has mean %v, want %v", c.what, sum/n, middle)
		}
	}
	if _, again, _ := draw(1); again[17] != angles[17] {
		t.Error("the same seed draws other angles")
	}
	if _, other, _ := draw(2); other[17] == angles[17] {
		t.Error("another seed draws the same angles")
	}
}

// The views to look at are the picture's, differ, and repeat with the seed.
func TestAugmented(t *testing.T) {
	m, err := picture.Open("testdata/photos/coffee.jpg")
	if err != nil {
		t.Fatal(err)
	}
	mean := func(m *picture.Image) (sum float64) {
		for _, v := range m.Pix {
			sum += float64(v)
		}
		return sum / float64(len(m.Pix))
	}
	views, err := Augmented(m, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Augmented(m, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range views {
		if v.W != m.W || v.H != m.H || math.Abs(mean(v)-mean(m)) > 30 {
			t.Errorf("view %d is %d×%d with mean %.0f, the picture %d×%d with %.0f", i, v.W, v.H, mean(v), m.W, m.H, mean(m))
		}
		if !bytes.Equal(v.Pix, again[i].Pix) || bytes.Equal(v.Pix, m.Pix) || bytes.Equal(v.Pix, views[(i+1)%3].Pix) {
			t.Errorf("view %d does not repeat, or equals another", i)
		}
	}
}

func BenchmarkAugment(b *testing.B) {
	backend, err := Backend()
	if err != nil {
		b.Fatal(err)
	}
	const batch, size = 32, 224
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		b.Fatal(err)
	}
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
		return graph.ReduceAllSum(DrawAugmentation(scope, x.Graph(), batch).Apply(x))
	})
	if err != nil {
		b.Fatal(err)
	}
	x := tensors.FromShape(shapes.Make(dtypes.Float32, batch, size, size, 3))
	if _, err := exec.Exec(x); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := exec.Exec(x); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
}
