package fusion

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// Scaler standardises the columns of a metadata table as scikit-learn's StandardScaler does.
//
// Experiment 1's program imports that class; Experiment 2's, as printed, shows no preparation of
// the metadata. Numbers of likes up to 13,000,000 beside hues below 1 would leave the layer
// behind them nothing to learn from, so both experiments standardise here.
type Scaler struct{ Mean, Scale []float64 }

// FitScaler takes mean and population standard deviation of each column of rows, which must be those
// of the training fold alone. A column that is constant up to rounding has scale 1.
func FitScaler(rows [][]float64) Scaler {
	const epsilon = 1.0 / (1 << 52)
	n := float64(len(rows))
	s := Scaler{make([]float64, len(rows[0])), make([]float64, len(rows[0]))}
	for j := range s.Mean {
		for _, row := range rows {
			s.Mean[j] += row[j] / n
		}
		variance, rest := 0.0, 0.0
		for _, row := range rows {
			d := row[j] - s.Mean[j]
			variance += d * d
			rest += d
		}
		variance = (variance - rest*rest/n) / n
		s.Scale[j] = 1
		if variance > n*epsilon*variance+math.Pow(n*s.Mean[j]*epsilon, 2) {
			s.Scale[j] = math.Sqrt(variance)
		}
	}
	return s
}

// Apply gives (x − mean) / scale.
func (s Scaler) Apply(row []float64) []float64 {
	z := make([]float64, len(row))
	for j, x := range row {
		z[j] = (x - s.Mean[j]) / s.Scale[j]
	}
	return z
}

// Regression is multinomial logistic regression: the logits of x are Weight·x + Bias.
type Regression struct {
	Weight [][]float64 // [classes][columns]
	Bias   []float64
}

// FitLogistic minimises Σ cross-entropy + ‖Weight‖²/2, as scikit-learn's LogisticRegression does by
// default (C = 1; the bias is free), for standardised rows and labels 0 … classes−1. It errors
// where the optimizer does not converge, as on numbers that are not finite.
func FitLogistic(rows [][]float64, labels []int, classes int) (Regression, error) {
	columns := len(rows[0])
	unpack := func(w []float64) Regression {
		l := Regression{Bias: w[classes*columns:]}
		for c := range classes {
			l.Weight = append(l.Weight, w[c*columns:(c+1)*columns])
		}
		return l
	}
	// both gives the loss, and its gradient where grad is not nil.
	both := func(grad, w []float64) float64 {
		l := unpack(w)
		var g Regression
		if grad != nil {
			clear(grad)
			g = unpack(grad)
		}
		loss := 0.0
		for i, row := range rows {
			p := Probabilities(l.Logits(row))
			loss -= math.Log(p[labels[i]])
			if grad == nil {
				continue
			}
			p[labels[i]]--
			for c := range classes {
				floats.AddScaled(g.Weight[c], p[c], row)
				g.Bias[c] += p[c]
			}
		}
		for c := range classes {
			loss += floats.Dot(l.Weight[c], l.Weight[c]) / 2
			if grad != nil {
				floats.Add(g.Weight[c], l.Weight[c])
			}
		}
		return loss
	}
	problem := optimize.Problem{
		Func: func(w []float64) float64 { return both(nil, w) },
		Grad: func(grad, w []float64) { both(grad, w) },
	}
	settings := optimize.Settings{GradientThreshold: 1e-7 * float64(len(rows)), MajorIterations: 10000, Concurrent: 1}
	result, err := optimize.Minimize(problem, make([]float64, classes*(columns+1)), &settings, &optimize.LBFGS{})
	if err != nil {
		return Regression{}, fmt.Errorf("logistic regression on %d rows of %d columns: %w", len(rows), columns, err)
	}
	return unpack(result.X), nil
}

// Logits of one row.
func (l Regression) Logits(row []float64) []float64 {
	z := make([]float64, len(l.Bias))
	for c := range z {
		z[c] = floats.Dot(l.Weight[c], row) + l.Bias[c]
	}
	return z
}

// Probabilities is the softmax of logits.
func Probabilities(logits []float64) []float64 {
	p := make([]float64, len(logits))
	high := floats.Max(logits)
	for c, z := range logits {
		p[c] = math.Exp(z - high)
	}
	floats.Scale(1/floats.Sum(p), p)
	return p
}

// CrossEntropy is −log of the softmax at label.
func CrossEntropy(logits []float64, label int) float64 {
	return floats.LogSumExp(logits) - logits[label]
}
