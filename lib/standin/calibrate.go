package standin

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// solve moves the free variables u by least change until residual(u) is zero:
// Newton's method for fewer equations than unknowns, each step the shortest one
// that satisfies the linearised equations. residual returns the equations, each
// scaled so that 1 is a gross error, and their Jacobian (equations × unknowns).
func solve(u []float64, residual func(u []float64) ([]float64, *mat.Dense)) error {
	const longest = 0.7 // of any variable in one step
	for range 400 {
		g, j := residual(u)
		worst := 0.0
		for _, v := range g {
			worst = max(worst, math.Abs(v))
		}
		if worst < 1e-9 {
			return nil
		}
		m := len(g)
		var jj mat.Dense
		jj.Mul(j, j.T())
		for i := range m {
			jj.Set(i, i, jj.At(i, i)*(1+1e-10))
		}
		var l mat.VecDense
		if err := l.SolveVec(&jj, mat.NewVecDense(m, g)); err != nil {
			if _, ok := err.(mat.Condition); !ok {
				return fmt.Errorf("a calibration step: %w", err)
			}
		}
		var step mat.VecDense
		step.MulVec(j.T(), &l)
		big := 0.0
		for i := range u {
			big = max(big, math.Abs(step.AtVec(i)))
		}
		scale := min(1, longest/big)
		for i := range u {
			u[i] -= scale * step.AtVec(i)
		}
	}
	return fmt.Errorf("calibration did not converge in 400 steps")
}

// slot keeps one value of a column inside its bounds while it is calibrated: the
// value is lo + (hi − lo)·σ(u) for a free u, and v itself where it is fixed. Values
// below and above the median stay there, whatever u becomes.
type slot struct {
	lo, hi, v float64
	fixed     bool
}

func (s slot) value(u float64) float64 {
	if s.fixed {
		return s.v
	}
	return s.lo + (s.hi-s.lo)/(1+math.Exp(-u))
}

// slope is d value / d u.
func (s slot) slope(u float64) float64 {
	if s.fixed {
		return 0
	}
	p := 1 / (1 + math.Exp(-u))
	return (s.hi - s.lo) * p * (1 - p)
}

// start is the u that gives v, or the nearest that leaves room to move.
func (s slot) start(v float64) float64 {
	p := min(max((v-s.lo)/(s.hi-s.lo), 1e-4), 1-1e-4)
	return math.Log(p / (1 - p))
}

// aroundMedian halves the values of a column at its median: ranks below the middle may
// move in [low, median], those above in [median, high], the middle one or two are
// the median. fix holds values that are given, by index.
func aroundMedian(v []float64, low, median, high float64, fix map[int]float64) []slot {
	n := len(v)
	order := ranks(v)
	slots := make([]slot, n)
	for i, r := range order {
		switch {
		case 2*r+1 == n || (n%2 == 0 && (r == n/2-1 || r == n/2)):
			slots[i] = slot{v: median, fixed: true}
		case 2*r < n-1:
			slots[i] = slot{lo: low, hi: median}
		default:
			slots[i] = slot{lo: median, hi: high}
		}
	}
	for i, x := range fix {
		slots[i] = slot{v: x, fixed: true}
	}
	return slots
}
