package chart

import (
	"fmt"
	"slices"

	"thesis.example/lib/stats"
)

// FitOf is the line of a regression between the least and the largest of x, both in log10 units, with the 95 %
// band of its mean and its R² as the note.
func FitOf(r stats.Regression, x []float64) *Fit {
	const points = 41 // the band is curved
	low, high := slices.Min(x), slices.Max(x)
	f := &Fit{Note: fmt.Sprintf("R² %.2f", r.R2)}
	for i := range points {
		at := low + (high-low)*float64(i)/(points-1)
		ci := r.MeanInterval(at)
		f.X, f.Y, f.Low, f.High = append(f.X, at), append(f.Y, r.Predict(at)), append(f.Low, ci.Low), append(f.High, ci.High)
	}
	return f
}
