package features

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"thesis.example/lib/picture"
)

// numbers are the fifteen statistics in the order of the CSV.
func (c Colour) numbers() []float64 {
	r := Row{Colour: c}
	var out []float64
	for _, col := range columns[:colourColumns] {
		out = append(out, col.get(&r))
	}
	return out
}

func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Max(math.Abs(want), 1e-3)
}

// Compares with what Python measured, see testdata/golden.py.
func TestColourAgainstPython(t *testing.T) {
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Pictures map[string][]float64 }
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Pictures) < 20 {
		t.Fatalf("%d pictures in golden.json", len(golden.Pictures))
	}
	for name, want := range golden.Pictures {
		m, err := picture.Open(filepath.Join("testdata", name))
		if err != nil {
			t.Error(err)
			continue
		}
		for i, got := range MeasureColour(m).numbers() {
			if !near(got, want[i], 1e-6) {
				t.Errorf("%s: %s is %.12g, Python says %.12g", name, columns[i].name, got, want[i])
			}
		}
	}
}

// Hue by its definition, pixel by pixel, for every side of the hexagon.
func TestColourOfOnePixel(t *testing.T) {
	for _, c := range []struct {
		r, g, b       uint8
		hue, sat, val float64
	}{
		{255, 0, 0, 0, 1, 1},
		{255, 255, 0, 1. / 6, 1, 1},
		{0, 255, 0, 2. / 6, 1, 1},
		{0, 255, 255, 3. / 6, 1, 1},
		{0, 0, 255, 4. / 6, 1, 1},
		{255, 0, 255, 5. / 6, 1, 1},
		{255, 0, 1, 1 - 1./255/6, 1, 1},
		{200, 100, 150, 1 - 50./100/6, .5, 200. / 255},
		{7, 7, 7, 0, 0, 7. / 255},
		{0, 0, 0, 0, 0, 0},
	} {
		got := MeasureColour(&picture.Image{W: 1, H: 1, Pix: []uint8{c.r, c.g, c.b}})
		want := Colour{Hue: c.hue, Sat: c.sat, Val: c.val, R: Moments{Mean: float64(c.r)}, G: Moments{Mean: float64(c.g)}, B: Moments{Mean: float64(c.b)}}
		for i, v := range got.numbers() {
			if math.Abs(v-want.numbers()[i]) > 1e-12 {
				t.Errorf("%d,%d,%d: %s is %v, expected %v", c.r, c.g, c.b, columns[i].name, v, want.numbers()[i])
			}
		}
	}
	if got := MeasureColour(&picture.Image{}); got != (Colour{}) {
		t.Errorf("no pixels: %+v", got)
	}
}
