package stats

import (
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
