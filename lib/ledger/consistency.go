package ledger

import "fmt"

// Consistent holds a published overall mean against the published means of the genres.
type Consistent struct {
	Quantity string
	Where    string  // the table with the genres
	Overall  float64 // Table 4.2
	// Rounding is half a unit of the last digit that Table 4.2 prints.
	Rounding float64
	// Low and High bound the overall mean that the genres imply: their mean, less and
	// more half a unit of the last digit that they are printed with.
	Low, High float64
}

// Agree says whether both can have been rounded from the same number.
func (c Consistent) Agree() bool {
	return c.Overall+c.Rounding >= c.Low && c.Overall-c.Rounding <= c.High
}

// Consistency checks the thesis against itself: since every genre has as many pictures,
// the overall mean of each quantity is the mean of its means by genre.
func Consistency() ([]Consistent, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	var out []Consistent
	for _, q := range []struct {
		quantity, where   string
		overallHalf, half float64 // half a unit of the last printed digit
		mean              func(genre string) float64
	}{
		{"likes", "Table 4.3", 0.5, 0.005, func(g string) float64 { return ref.Likes[g].Mean }},
		{"mean_hue", "Table 4.4", 0.005, 0.005, func(g string) float64 { return ref.HSV[g].Hue[0] }},
		{"mean_saturation", "Table 4.4", 0.005, 0.005, func(g string) float64 { return ref.HSV[g].Saturation[0] }},
		{"mean_value", "Table 4.4", 0.005, 0.005, func(g string) float64 { return ref.HSV[g].Value[0] }},
		{"face_count", "Table 4.5", 0.005, 0.005, func(g string) float64 { return ref.Faces[g][0] }},
	} {
		overall, ok := ref.Overall[q.quantity]
		if !ok {
			return nil, fmt.Errorf("published Table 4.2 lacks %s", q.quantity)
		}
		sum := 0.0
		for _, g := range ref.Classes {
			sum += q.mean(g)
		}
		implied := sum / float64(len(ref.Classes))
		out = append(out, Consistent{Quantity: q.quantity, Where: q.where, Overall: overall.Mean, Rounding: q.overallHalf, Low: implied - q.half, High: implied + q.half})
	}
	return out, nil
}
