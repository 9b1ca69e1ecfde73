package vision

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

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
		if len(flat) == 0 || len(flat) != len(golden.Want) {
			t.Fatalf("%d values, Keras has %d", len(flat), len(golden.Want))
		}
		for i, v := range flat {
			if d := math.Abs(float64(v) - golden.Want[i]); d > 1e-4 {
				t.Fatalf("value %d is %v, Keras has %v", i, v, golden.Want[i])
			}
		}
	})
}

// Draws stay within the appendix' limits, fill them, differ between pictures, and repeat with the seed.
func TestDrawStep(t *testing.T) {
	const n = 4000
	draw := func(seed uint64) (steps []Step) {
		random := rand.New(rand.NewPCG(seed, 0))
		for range n {
			steps = append(steps, DrawStep(random))
		}
		return steps
	}
	steps := draw(1)
	flips, angles, zooms := Steps(steps)
	for _, c := range []struct {
		what              string
		value             func(i int) float64
		low, high, within float64
	}{
		{"flip", func(i int) float64 { return map[bool]float64{true: 1}[flips[i]] }, 0, 1, 0},
		{"angle", func(i int) float64 { return float64(angles[i]) }, -0.2 * math.Pi, 0.2 * math.Pi, 0.01},
		{"zoom", func(i int) float64 { return float64(zooms[i]) }, 0.8, 1.2, 0.01},
	} {
		least, most, sum := math.Inf(1), math.Inf(-1), 0.0
		for i := range n {
			v := c.value(i)
			least, most, sum = min(least, v), max(most, v), sum+v
		}
		if least < c.low-1e-6 || least > c.low+c.within || most > c.high+1e-6 || most < c.high-c.within {
			t.Errorf("%s from %v to %v, want %v to %v", c.what, least, most, c.low, c.high)
		}
		if middle := (c.low + c.high) / 2; math.Abs(sum/n-middle) > 0.03*(c.high-c.low) {
			t.Errorf("%s has mean %v, want %v", c.what, sum/n, middle)
		}
	}
	if again := draw(1); !slices.Equal(again, steps) {
		t.Error("the same seed draws other steps")
	}
	if other := draw(2); other[17] == steps[17] {
		t.Error("another seed draws the same steps")
	}
}

func BenchmarkAugment(b *testing.B) {
	backend, err := Backend()
	if err != nil {
		b.Fatal(err)
	}
	const batch, size = 32, 224
	exec, err := graph.NewExec(backend, func(x, flip, angle, zoom *graph.Node) *graph.Node {
		return graph.ReduceAllSum(Augmentation{Flip: flip, Angle: angle, Zoom: zoom}.Apply(x))
	})
	if err != nil {
		b.Fatal(err)
	}
	random, steps := rand.New(rand.NewPCG(1, 0)), make([]Step, batch)
	for i := range steps {
		steps[i] = DrawStep(random)
	}
	flip, angle, zoom := Steps(steps)
	x := tensors.FromShape(shapes.Make(dtypes.Float32, batch, size, size, 3))
	if _, err := exec.Exec(x, flip, angle, zoom); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := exec.Exec(x, flip, angle, zoom); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
}

func speckled(size int) *picture.Image {
	m := &picture.Image{W: size, H: size, Pix: make([]uint8, size*size*3)}
	for i, u := range noise("speckled", len(m.Pix)) {
		m.Pix[i] = uint8(127.5 + 127*u)
	}
	return m
}

// The views to look at are the picture, mirrored and turned as the steps say.
func TestAugmented(t *testing.T) {
	m := speckled(16)
	views, err := Augmented(m, []Step{{Zoom: 1}, {Flip: true, Zoom: 1}, {Turn: 0.5, Zoom: 1}, {Turn: 0.25, Zoom: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for y := range 16 {
		for x := range 16 {
			for c := range 3 {
				at := func(v *picture.Image, x, y int) int { return int(v.Pix[3*(y*16+x)+c]) }
				want := at(m, x, y)
				if v := at(views[3], y, 15-x); math.Abs(float64(v-want)) > 1 {
					t.Fatalf("(%d, %d): %d a quarter of a turn anticlockwise, want %d", x, y, v, want)
				}
				// Half a turn interpolates at coordinates that are whole but for rounding.
				if at(views[0], x, y) != want || at(views[1], 15-x, y) != want || math.Abs(float64(at(views[2], 15-x, 15-y)-want)) > 1 {
					t.Fatalf("(%d, %d): %d unchanged, flipped %d, turned %d, want %d", x, y, at(views[0], x, y), at(views[1], 15-x, y), at(views[2], 15-x, 15-y), want)
				}
			}
		}
	}
}
