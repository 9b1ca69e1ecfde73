package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// The ends of At lie beyond the truth in no more drawn data sets than they should, down to one row in fifty
// that tells anything.
func TestCoverageOfInteractionAt(t *testing.T) {
	const sets = 4000
	for _, n := range []int{60, 300} {
		for _, shares := range [][5]float64{ // of d = −2, −1, 0, 1, 2
			{0, .005, 0, .015, 0}, {0, .01, 0, .03, 0}, {0, .05, 0, .1, 0}, {.01, .05, 0, .1, .02}, {.03, .15, 0, .15, .03}, {0, 0, 0, .02, 0},
		} {
			truth := 0.0
			for i, p := range shares {
				truth += float64(i-2) * p
			}
			for _, confidence := range []float64{0.95, 0.975} {
				below, above := 0, 0
				random := rand.New(rand.NewPCG(uint64(n), 7))
				for range sets {
					x := InteractionTest{N: n}
					for range n {
						u, i := random.Float64(), 0
						for ; i < 4 && (i == 2 || u >= shares[i]); i++ {
							if i != 2 {
								u -= shares[i]
							}
						}
						if i == 4 && u >= shares[4] {
							i = 2
						}
						x.Counts[i]++
					}
					switch ci := x.At(confidence); {
					case ci.High < truth:
						below++
					case ci.Low > truth:
						above++
					}
				}
				// Each end errs by half, in fewer sets where hardly a row tells anything.
				nominal := (1 - confidence) / 2
				most := nominal + 3.5*math.Sqrt(nominal*(1-nominal)/sets)
				for _, rate := range []float64{float64(below) / sets, float64(above) / sets} {
					if rate > most || rate < nominal/2 && n == 300 && shares[1]+shares[3] >= 0.15 {
						t.Errorf("n %d, shares %v: an end of the %g interval is beyond the truth in %.4f, want %.4f", n, shares, confidence, rate, nominal)
					}
				}
			}
		}
	}
	if ci := (InteractionTest{N: 300, Counts: [5]int{0, 0, 300, 0, 0}}).At(Level); math.Abs(ci.High-3.8414588/303.8414588) > 1e-6 || ci.Low != -ci.High {
		t.Errorf("no picture tells: %v", ci)
	}
}

// An interval at another confidence holds the values whose test has the p that goes with it.
func TestDifferenceAt(t *testing.T) {
	welch, err := Welch(Moments{Mean: 0.36, SD: 0.16, N: 100}, Moments{Mean: 0.29, SD: 0.09, N: 100})
	if err != nil {
		t.Fatal(err)
	}
	corrected, _, err := CorrectedTOf(Moments{Mean: 0.3441, SD: 0.0421, N: 5}, Moments{Mean: 0.24, SD: 0.0277, N: 5}, 240, 60)
	if err != nil {
		t.Fatal(err)
	}
	below, err := CorrelationBelow(0.3, 100, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	// artanh 0.5 − artanh 0.3, with the standard error 1/√97.
	if want := math.Log(3)/2 - math.Log(1.3/0.7)/2; math.Abs(below.Value-want) > 1e-12 || math.Abs(below.CI.High-want-1.959963984540054/math.Sqrt(97)) > 1e-12 {
		t.Errorf("correlation below: %+v, want %g", below, want)
	}
	for name, d := range map[string]Difference{"welch": welch, "corrected t": corrected, "correlation": below} {
		if at := d.At(Level); math.Abs(at.Low-d.CI.Low)+math.Abs(at.High-d.CI.High) > 1e-9 {
			t.Errorf("%s: %v at %g, but its interval is %v", name, at, Level, d.CI)
		}
		// The interval whose one end is 0 is the one at 1 − p.
		if at := d.At(1 - d.P); math.Abs(at.Low) > 1e-9 || math.Abs(at.High-2*d.Value) > 1e-9 {
			t.Errorf("%s: %v at 1 − %g, want 0 to %g", name, at, d.P, 2*d.Value)
		}
	}
	paired, err := DifferenceOfPaired(14, 5, 300)
	if err != nil {
		t.Fatal(err)
	}
	for confidence, want := range map[float64]Interval{Level: paired.CI, 0.9: paired.CI90} {
		if at := paired.At(confidence); math.Abs(at.Low-want.Low)+math.Abs(at.High-want.High) > 1e-9 {
			t.Errorf("paired: %v at %g, want %v", at, confidence, want)
		}
	}
	if _, err := CorrelationBelow(1, 100, 0.5); !errors.Is(err, ErrRange) {
		t.Errorf("r = 1: %v", err)
	}
	if _, err := CorrelationBelow(0.3, 3, 0.5); !errors.Is(err, ErrTooFew) {
		t.Errorf("three rows: %v", err)
	}
}

// Without the bootstrap the test is the same.
func TestExactInteraction(t *testing.T) {
	truth := []int{0, 0, 0, 0, 0, 0, 0, 0}
	a, b, c, d := []int{0, 0, 0, 0, 0, 0, 1, 1}, []int{1, 1, 0, 0, 0, 0, 1, 1}, []int{0, 1, 1, 0, 0, 0, 0, 1}, []int{0, 0, 0, 0, 0, 0, 1, 1}
	full, err := Interaction(truth, a, b, c, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := ExactInteraction(truth, a, b, c, d)
	if err != nil {
		t.Fatal(err)
	}
	if exact.P != full.P || exact.MidP != full.MidP || exact.Counts != full.Counts || exact.Difference.Value != full.Difference.Value || exact.P == 1 {
		t.Errorf("%+v, want %+v", exact, full)
	}
}
