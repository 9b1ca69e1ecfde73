package explain

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/chart"
	"thesis.example/lib/picture"
	"thesis.example/lib/vision"
)

// AttentionMap holds one head's attention weights: row q says how much of each token k goes into
// token q, At[q·Tokens+k]. Token 0 is the class token, the others are the patches row by row.
type AttentionMap struct {
	Rows, Cols int // of patches
	Tokens     int
	Patch      int // height and width of a patch, pixels
	At         []float32
}

// Attention returns the attention weights of a ViT for each view: [view][layer][head].
func (in *Inspector) Attention(ctx context.Context, views []*picture.Image) ([][][]AttentionMap, error) {
	vit, ok := in.Network.(*vision.ViT)
	if !ok {
		return nil, fmt.Errorf("%s is not a ViT and has no attention", in.Name)
	}
	exec, err := model.NewExec(in.backend, in.store, func(scope *model.Scope, x *Node) []*Node {
		var layers []*Node
		vit.Features(scope, x, vision.Pass{Attention: func(_ int, w *Node) { layers = append(layers, w) }})
		return layers
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	var all [][][]AttentionMap
	for _, view := range views {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x, err := in.batch([]*picture.Image{view}, 1)
		if err != nil {
			return nil, err
		}
		layers, err := exec.Exec(x)
		if err != nil {
			return nil, fmt.Errorf("running %s: %w", in.Name, err)
		}
		var maps [][]AttentionMap
		for _, layer := range layers {
			flat, err := tensors.CopyFlatData[float32](layer)
			if err != nil {
				return nil, err
			}
			tokens := layer.Shape().Dimensions[2]
			var heads []AttentionMap
			for at := range slices.Chunk(flat, tokens*tokens) {
				heads = append(heads, AttentionMap{view.H / vit.Patch, view.W / vit.Patch, tokens, vit.Patch, at})
			}
			maps = append(maps, heads)
		}
		all = append(all, maps)
	}
	return all, nil
}

// Distance is the mean distance in the picture, in pixels, between a patch and the patches that it
// attends to, weighted by the attention and averaged over the patches that ask: the "mean attention
// distance" of Dosovitskiy et al. 2021, Figure 7. The class token has no place; it is left out and
// the rest of its row is weighted to 1.
func (a AttentionMap) Distance() float64 {
	total := 0.0
	for q := 1; q < a.Tokens; q++ {
		sum, weights := 0.0, 0.0
		for k := 1; k < a.Tokens; k++ {
			w := float64(a.At[q*a.Tokens+k])
			sum += w * math.Hypot(float64((q-1)/a.Cols-(k-1)/a.Cols), float64((q-1)%a.Cols-(k-1)%a.Cols))
			weights += w
		}
		total += sum / weights
	}
	return total / float64(a.Tokens-1) * float64(a.Patch)
}

// MeanFrom is the attention of one token, averaged over heads, to each patch, row by row.
func MeanFrom(heads []AttentionMap, token int) []float64 {
	mean := make([]float64, heads[0].Tokens-1)
	for _, a := range heads {
		for k := range mean {
			mean[k] += float64(a.At[token*a.Tokens+1+k]) / float64(len(heads))
		}
	}
	return mean
}

// AttentionDistances is the attention distance in pixels, [layer][head], the mean over maps [view][layer][head].
func AttentionDistances(maps [][][]AttentionMap) [][]float64 {
	mean := make([][]float64, len(maps[0]))
	for _, layers := range maps {
		for l, heads := range layers {
			if mean[l] == nil {
				mean[l] = make([]float64, len(heads))
			}
			for h, a := range heads {
				mean[l][h] += a.Distance() / float64(len(maps))
			}
		}
	}
	return mean
}

// Even is a map of a's size whose weights are all the same.
func (a AttentionMap) Even() AttentionMap {
	a.At = make([]float32, a.Tokens*a.Tokens)
	for i := range a.At {
		a.At[i] = 1 / float32(a.Tokens)
	}
	return a
}

// HeadCurves are the heads' distances [layer][head] over the layers, each layer's heads in ascending order as in
// Figure 7 of Dosovitskiy et al. 2021, and last a dashed line at even.
func HeadCurves(distances [][]float64, even float64) []chart.Curve {
	curves := make([]chart.Curve, len(distances[0])+1)
	for l, heads := range distances {
		for h, d := range append(slices.Sorted(slices.Values(heads)), even) {
			c := &curves[h]
			c.Name, c.Hue = fmt.Sprintf("head %d", h+1), h
			c.X, c.Y = append(c.X, float64(l+1)), append(c.Y, d)
		}
	}
	last := &curves[len(curves)-1]
	last.Name, last.Dashed = "even attention", true
	return curves
}
