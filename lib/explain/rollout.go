package explain

import (
	"context"

	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

// Rollout is Abnar & Zuidema 2020 ("Quantifying Attention Flow in Transformers", eq. 1) for a ViT: with A
// the mean over a layer's heads of the attention weights and I for the residual branch, each row of A + I
// is scaled to sum to 1, and the layers' matrices are multiplied, the last one first. Rows of the product
// sum to 1 again. The map is the class token's row without the class token.
//
// It knows no class and no head: it says what reaches the features, not what speaks for an answer.
// Metadata that joins behind the features does not change it.
func (a *Arm) Rollout(ctx context.Context, inputs []Input) ([]Map, error) {
	if err := a.wantsAttention(Rollout); err != nil {
		return nil, err
	}
	return a.ofTokens(ctx, Rollout, inputs, nil, a.rollout)
}

// rollout is the product of all layers, [batch, tokens, tokens].
func (a *Arm) rollout(scope *model.Scope, x, metadata, _ *Node) []*Node {
	var layers []*Node
	a.Model.Features(scope, x, metadata, attention(&layers))
	R := unit(layers[0])
	for _, A := range layers {
		step := Add(ReduceMean(A, 1), unit(A))
		step = Div(step, BroadcastToShape(ReduceAndKeep(step, ReduceSum, -1), step.Shape()))
		R = product(step, R)
	}
	return []*Node{R}
}
