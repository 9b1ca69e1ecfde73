package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Coefficient is an estimated coefficient with its test against 0, in the unit of y
// (intercept) or of y per unit of x (slope).
type Coefficient struct {
	Value float64
	SE    float64
	T     float64  // Value/SE
	P     float64  // two-sided, n−2 degrees of freedom
	CI    Interval // Value ± t·SE
}

// Regression is the least-squares line y = intercept + slope·x.
type Regression struct {
	N                int
	Intercept, Slope Coefficient // standard errors for errors of equal variance
	// The same estimates with HC3 standard errors, which hold for unequal variances too.
	InterceptHC3, SlopeHC3 Coefficient
	R2                     float64 // 1 − Σe²/Σ(y−ȳ)²
	Sigma                  float64 // residual standard deviation √(Σe²/(n−2)), in the unit of y

	xMean, sxx, t float64
}

// Regress fits a line to (x, y) by least squares:
//
//	slope = Σ(x−x̄)(y−ȳ)/Σ(x−x̄)²,  intercept = ȳ − slope·x̄,
//	SE(slope) = σ/√Sxx,  SE(intercept) = σ√(1/n + x̄²/Sxx),  σ² = Σe²/(n−2).
//
// HC3 replaces σ² of observation i by e²/(1−h)², h = 1/n + (x−x̄)²/Sxx its leverage
// (MacKinnon & White 1985). It is NaN where one observation alone decides the slope
// (h = 1). Tests and intervals use Student's t with n−2 degrees of freedom for both.
// Checked against statsmodels' OLS, with cov_type "HC3" and use_t.
//
// Errors: ErrLength, ErrTooFew (n < 3), ErrNaN, ErrInfinite, ErrConstant, ErrRange (a
// variance beyond 1e±150).
func Regress(x, y []float64) (Regression, error) {
	if err := checkPair(x, y, 3); err != nil {
		return Regression{}, fmt.Errorf("regress: %w", err)
	}
	n := float64(len(x))
	r := Regression{N: len(x), xMean: stat.Mean(x, nil), t: tCritical(n - 2)}
	yMean := stat.Mean(y, nil)
	var sxy, syy float64
	for i, v := range x {
		dx, dy := v-r.xMean, y[i]-yMean
		r.sxx += dx * dx
		sxy += dx * dy
		syy += dy * dy
	}
	slope := sxy / r.sxx
	intercept := yMean - slope*r.xMean

	var sse, hcSlope, hcIntercept float64
	for i, v := range x {
		dx := v - r.xMean
		e := y[i] - yMean - slope*dx
		sse += e * e
		w := e / (1 - (1/n + dx*dx/r.sxx))
		// What observation i adds to each estimate is e times these weights.
		hcSlope += sq(w * dx / r.sxx)
		hcIntercept += sq(w * (1/n - r.xMean*dx/r.sxx))
	}
	if leverageOne(x) {
		hcSlope, hcIntercept = math.NaN(), math.NaN()
	}
	r.R2 = 1 - sse/syy
	r.Sigma = math.Sqrt(sse / (n - 2))
	r.Slope = r.coefficient(slope, r.Sigma/math.Sqrt(r.sxx))
	r.Intercept = r.coefficient(intercept, r.Sigma*math.Sqrt(1/n+sq(r.xMean)/r.sxx))
	r.SlopeHC3 = r.coefficient(slope, math.Sqrt(hcSlope))
	r.InterceptHC3 = r.coefficient(intercept, math.Sqrt(hcIntercept))
	return r, nil
}

// Predict returns the line's value at x.
func (r Regression) Predict(x float64) float64 { return r.Intercept.Value + r.Slope.Value*x }

// MeanInterval encloses the mean response at x: ŷ ± t·σ√(1/n + (x−x̄)²/Sxx).
// It is statsmodels' mean_ci.
func (r Regression) MeanInterval(x float64) Interval {
	return around(r.Predict(x), r.t*r.Sigma*math.Sqrt(r.leverage(x)))
}

func (r Regression) leverage(x float64) float64 { return 1/float64(r.N) + sq(x-r.xMean)/r.sxx }

func (r Regression) coefficient(value, se float64) Coefficient {
	t := value / se
	c := Coefficient{Value: value, SE: se, T: t, P: math.NaN(), CI: around(value, r.t*se)}
	if !math.IsNaN(t) {
		c.P = tTail(t, float64(r.N-2))
	}
	return c
}

// leverageOne reports whether all x but one are equal, so that h = 1 for that one.
func leverageOne(x []float64) bool {
	sorted := slices.Sorted(slices.Values(x))
	return constant(sorted[1:]) || constant(sorted[:len(sorted)-1])
}

func sq(v float64) float64 { return v * v }
