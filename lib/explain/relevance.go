package explain

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

// Relevance is Chefer et al. 2021 ("Generic Attention-model Explainability for Interpreting Bi-Modal and
// Encoder-Decoder Transformers", eq. 5 and 6) for a ViT: with A the attention weights of a layer,
// [heads, tokens, tokens], and ∇A the logit's gradient by them,
//
//	Ā = mean_heads ReLU(∇A∘A),   R ← R + Ā·R from R = I, layer by layer.
//
// The map is the class token's row of R without the class token. classes nil are the predicted ones. A
// relevance is never negative.
func (a *Arm) Relevance(ctx context.Context, inputs []Input, classes []int) ([]Map, error) {
	if err := a.wantsAttention(Relevance); err != nil {
		return nil, err
	}
	classes, err := a.classesOf(ctx, inputs, classes)
	if err != nil {
		return nil, err
	}
	return a.ofTokens(ctx, Relevance, inputs, classes, func(scope *model.Scope, x, metadata, target *Node) []*Node {
		var layers []*Node
		y := explained(a.logits(scope, x, metadata, attention(&layers)), target)
		R := unit(layers[0])
		for l, gradient := range Gradient(y, layers...) {
			bar := ReduceMean(Max(Mul(gradient, layers[l]), ZerosLike(gradient)), 1)
			R = Add(R, product(bar, R))
		}
		return []*Node{R}
	})
}

// attention keeps the attention weights of all layers, [batch, heads, tokens, tokens] each.
func attention(layers *[]*Node) vision.Pass {
	return vision.Pass{Attention: func(_ int, w *Node) { *layers = append(*layers, w) }}
}

// unit is I for every picture of a layer's batch: [batch, tokens, tokens].
func unit(layer *Node) *Node {
	d := layer.Shape().Dimensions
	i := Diagonal(layer.Graph(), d[2])
	return BroadcastToDims(InsertAxes(ConvertDType(i, layer.DType()), 0), d[0], d[2], d[2])
}

// product is a·b for each picture of [batch, tokens, tokens].
func product(a, b *Node) *Node { return DotGeneral(a, []int{2}, []int{0}, b, []int{1}, []int{0}) }

func (a *Arm) wantsAttention(method Method) error {
	if _, ok := a.Model.Backbone.(*vision.ViT); !ok {
		return fmt.Errorf("%s is for ViTs: %s has no attention", method, a.Model.Backbone.Name())
	}
	return nil
}

// ofTokens makes maps of matrices [batch, tokens, tokens]: what goes from each patch into the features,
// which are the class token, or the mean of the patches.
func (a *Arm) ofTokens(ctx context.Context, method Method, inputs []Input, classes []int, build graph) ([]Map, error) {
	vit := a.Model.Backbone.(*vision.ViT)
	out, err := a.run(ctx, string(method), inputs, classes, func(scope *model.Scope, x, metadata, target *Node) []*Node {
		r := build(scope, x, metadata, target)[0]
		from := Slice(r, AxisRange(), AxisRange(0, 1), AxisRange(1))
		if vit.MeanPool {
			from = ReduceAndKeep(Slice(r, AxisRange(), AxisRange(1), AxisRange(1)), ReduceMean, 1)
		}
		return []*Node{Squeeze(from, 1)}
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
