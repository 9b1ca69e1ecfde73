package stats

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"
)

func TestPublished(t *testing.T) {
	b, err := os.ReadFile("testdata/published.json")
	if err != nil {
		t.Fatal(err)
	}
	type want struct{ Value, Low, High, P float64 }
	var golden struct {
		Welch []struct {
			A, B [3]float64
			want
		}
		Correlations []struct {
			R1, R2 float64
			N1, N2 int
			want
		}
		Corrected []want
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	check := func(name string, d Difference, err error, w want) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		for _, v := range []struct {
			what      string
			got, want float64
		}{{"value", d.Value, w.Value}, {"low", d.CI.Low, w.Low}, {"high", d.CI.High, w.High}, {"p", d.P, w.P}} {
			if math.Abs(v.got-v.want) > 1e-9*max(1, math.Abs(v.want)) {
				t.Errorf("%s: %s is %.15g, want %.15g", name, v.what, v.got, v.want)
			}
		}
	}
	if len(golden.Welch) == 0 || len(golden.Correlations) == 0 || len(golden.Corrected) != 2 {
		t.Fatal("the golden file lacks cases")
	}
	for _, g := range golden.Welch {
		d, err := Welch(Moments{g.A[0], g.A[1], int(g.A[2])}, Moments{g.B[0], g.B[1], int(g.B[2])})
		check("welch", d, err, g.want)
	}
	for _, g := range golden.Correlations {
		d, err := CompareCorrelations(g.R1, g.N1, g.R2, g.N2)
		check("correlations", d, err, g.want)
	}
	together, against, err := CorrectedTOf(Moments{0.34, 0.04, 5}, Moments{0.24, 0.02, 5}, 240, 60)
	check("together", together, err, golden.Corrected[0])
	check("against", against, err, golden.Corrected[1])
}

func TestPublishedErrors(t *testing.T) {
	m := Moments{1, 1, 5}
	for _, c := range []struct {
		name string
		err  error
		call func() error
	}{
		{"one value", ErrTooFew, func() error { _, err := Welch(Moments{1, 1, 1}, m); return err }},
		{"no deviation", ErrConstant, func() error { _, err := Welch(Moments{1, 0, 5}, Moments{2, 0, 5}); return err }},
		{"negative deviation", ErrRange, func() error { _, err := Welch(m, Moments{1, -1, 5}); return err }},
		{"no mean", ErrNaN, func() error { _, err := Welch(m, Moments{math.NaN(), 1, 5}); return err }},
		{"perfect correlation", ErrRange, func() error { _, err := CompareCorrelations(1, 9, 0, 9); return err }},
		{"three pairs", ErrTooFew, func() error { _, err := CompareCorrelations(0, 9, 0, 3); return err }},
		{"unequal splits", ErrLength, func() error { _, _, err := CorrectedTOf(m, Moments{1, 2, 4}, 4, 1); return err }},
		{"equal deviations", ErrRange, func() error { _, _, err := CorrectedTOf(m, m, 4, 1); return err }},
		{"no test pictures", ErrRange, func() error { _, _, err := CorrectedTOf(m, m, 4, 0); return err }},
	} {
		if err := c.call(); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
	}
}
