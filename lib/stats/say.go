package stats

import "fmt"

// FormatP writes a p-value as all tables do: three decimals, and "< 0.001" for what is smaller.
func FormatP(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// SayP writes it as all sentences do: "p = 0.027" or "p < 0.001".
func SayP(p float64) string {
	if p < 0.001 {
		return "p < 0.001"
	}
	return "p = " + FormatP(p)
}
