package explain

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"thesis.example/lib/picture"
	"thesis.example/lib/stats"
)

// Drawn is what softmax makes of the scores of one query against 16 keys, the mean over 500 draws.
type Drawn struct {
	SD       float64 // of the scores, around 0
	Largest  float64 // of the 16 weights
	Gradient float64 // Frobenius norm of softmax' gradient, diag(w) − wwᵀ
}

// DrawScores draws queries and keys of d independent standard normal numbers and multiplies their products by a
// factor: 1, or 1/√d as in equation 2.2. The same d gives the same numbers.
func DrawScores(d int, factor float64) (mean Drawn) {
	const draws, keys = 500, 16
	random := rand.New(rand.NewPCG(1, uint64(d)))
	for range draws {
		scores, squares := make([]float64, keys), 0.0
		for k := range scores {
			for range d {
				scores[k] += random.NormFloat64() * random.NormFloat64() * factor
			}
			squares += scores[k] * scores[k]
		}
		w := softmax(scores)
		mean.SD += math.Sqrt(squares/keys) / draws
		mean.Largest += slices.Max(w) / draws
		mean.Gradient += softmaxGradient(w) / draws
	}
	return mean
}

// ScalesTable is DrawScores for each dimension, without and with the factor 1/√d.
func ScalesTable(dimensions ...int) (header []string, rows [][]string) {
	for _, d := range dimensions {
		row := []string{fmt.Sprint(d)}
		for _, factor := range []float64{1, 1 / math.Sqrt(float64(d))} {
			drawn := DrawScores(d, factor)
			row = append(row, fmt.Sprintf("%.2f", drawn.SD), fmt.Sprintf("%.3f", drawn.Largest), fmt.Sprintf("%.3f", drawn.Gradient))
		}
		rows = append(rows, row)
	}
	return []string{"d", "scores' sd", "largest weight", "gradient", "with 1/√d: sd", "largest", "gradient"}, rows
}

func softmax(scores []float64) []float64 {
	w, sum, largest := make([]float64, len(scores)), 0.0, slices.Max(scores)
	for i, s := range scores {
		w[i] = math.Exp(s - largest)
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}

// softmaxGradient is the Frobenius norm of diag(w) − wwᵀ.
func softmaxGradient(w []float64) float64 {
	sum := 0.0
	for i := range w {
		for j := range w {
			g := -w[i] * w[j]
			if i == j {
				g += w[i]
			}
			sum += g * g
		}
	}
	return math.Sqrt(sum)
}

// DrawLayers draws a view and where its class token attends in layers of maps [layer][head], counted from 0: the
// mean of the heads.
func DrawLayers(view *picture.Image, maps [][]AttentionMap, layers ...int) (images []*picture.Image, captions []string) {
	images, captions = []*picture.Image{view}, []string{"the picture"}
	for _, l := range layers {
		images = append(images, Overlay(view, MeanFrom(maps[l], 0), maps[l][0].Cols))
		captions = append(captions, fmt.Sprintf("layer %d", l+1))
	}
	return images, captions
}

// DrawQueries draws where patches, [row, column] from 0, attend in one layer, the mean of the heads; a white
// square marks the patch that asks.
func DrawQueries(view *picture.Image, heads []AttentionMap, patches ...[2]int) (images []*picture.Image, captions []string) {
	cols, size := heads[0].Cols, heads[0].Patch
	for _, p := range patches {
		heat := Overlay(view, MeanFrom(heads, 1+p[0]*cols+p[1]), cols)
		images = append(images, Framed(heat, size*p[1], size*p[0], size))
		captions = append(captions, fmt.Sprintf("from row %d, column %d", p[0]+1, p[1]+1))
	}
	return images, captions
}

// Attended is how many tokens a query attends to as if evenly: e^H, H the entropy of its row of weights, the
// mean over the queries of one head.
func (a AttentionMap) Attended() float64 {
	total := 0.0
	for row := range slices.Chunk(a.At, a.Tokens) {
		h := 0.0
		for _, w := range row {
			if w > 0 {
				h -= float64(w) * math.Log(float64(w))
			}
		}
		total += math.Exp(h) / float64(a.Tokens)
	}
	return total
}

// AttendedTable is Attended by layer of maps [layer][head]: the mean over the heads, and their range.
func AttendedTable(maps [][]AttentionMap) (header []string, rows [][]string, err error) {
	for l, heads := range maps {
		var n []float64
		for _, a := range heads {
			n = append(n, a.Attended())
		}
		d, err := stats.Describe(n)
		if err != nil {
			return nil, nil, fmt.Errorf("the attention of layer %d: %w", l+1, err)
		}
		rows = append(rows, []string{fmt.Sprint(l + 1), fmt.Sprintf("%.0f", d.Mean), fmt.Sprintf("%.0f to %.0f", d.Min, d.Max)})
	}
	return []string{"layer", "tokens attended to", "least and most of its heads"}, rows, nil
}
