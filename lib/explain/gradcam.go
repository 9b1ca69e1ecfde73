package explain

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

// GradCAM is Selvaraju et al. 2017 ("Grad-CAM", eq. 1 and 2) at a block of a CNN with output A,
// [height, width, channels]: each channel's weight is the mean over its places of the logit's gradient,
//
//	w_c = mean_ij ∂y/∂A_ijc
//
// and the map is Σ_c w_c·A_c, of which Map.Positive is the ReLU. classes nil are the predicted ones.
//
// At the last convolution, which only pooling and the head follow, the gradient of a channel is the same
// at every place: the map is what each place adds to the logit, to first order, and Σ over its places is
// A·∂y/∂A. At earlier blocks the mean is an approximation.
func (a *Arm) GradCAM(ctx context.Context, block string, inputs []Input, classes []int) ([]Map, error) {
	cnn, ok := a.Model.Backbone.(*vision.EfficientNet)
	if !ok {
		return nil, fmt.Errorf("Grad-CAM is for CNNs: behind the last block of the ViT %s the gradient of all patches is 0", a.Model.Backbone.Name())
	}
	if !slices.Contains(cnn.Blocks(), block) {
		return nil, fmt.Errorf("%s has no block %q: it has %q", cnn.Name(), block, cnn.Blocks())
	}
	classes, err := a.classesOf(ctx, inputs, classes)
	if err != nil {
		return nil, err
	}
	out, err := a.run(ctx, "Grad-CAM of "+block, inputs, classes, func(scope *model.Scope, x, metadata, target *Node) []*Node {
		var A *Node
		pass := vision.Pass{Tap: func(name string, y *Node) *Node {
			if name == block {
				A = y
			}
			return y
		}}
		y := explained(a.logits(scope, x, metadata, pass), target)
		w := ReduceAndKeep(Gradient(y, A)[0], ReduceMean, 1, 2)
		return []*Node{ReduceSum(Mul(BroadcastToShape(w, A.Shape()), A), -1)}
	})
	if err != nil {
		return nil, err
	}
	maps := make([]Map, len(inputs))
	for i := range maps {
		maps[i] = square(out[i][0])
	}
	return maps, nil
}

// square is a map of as many rows as columns.
func square(values []float32) Map {
	side := 0
	for side*side < len(values) {
		side++
	}
	m := Map{Rows: side, Cols: side, Signed: make([]float64, len(values))}
	for i, v := range values {
		m.Signed[i] = float64(v)
	}
	return m
}
