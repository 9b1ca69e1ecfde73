package explain

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/integrate/quad"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

// Attribution divides the difference that an input makes against the baseline among its numbers.
type Attribution struct {
	Class    int
	Picture  Map       // of every pixel, its three colours added up
	Metadata []float64 // of each number
	// From and To are the class' logit of the baseline and of the input.
	From, To float64
}

// Error is by how much the attributions' sum misses To − From. It would be 0 if the path were
// followed in steps infinitely small; it need not fall with every further step.
func (a Attribution) Error() float64 {
	pixels, metadata := a.Sums()
	return pixels + metadata - (a.To - a.From)
}

// Sums are the attributions of the picture and of the metadata.
func (a Attribution) Sums() (picture, metadata float64) {
	for _, v := range a.Picture.Signed {
		picture += v
	}
	for _, v := range a.Metadata {
		metadata += v
	}
	return picture, metadata
}

const integrationSteps = 50 // captum's, whose rule is Gauss and Legendre's too

// Integrate is Sundararajan, Taly & Yan 2017 ("Axiomatic Attribution for Deep Networks", eq. 1) over
// picture and metadata together. From the baseline x′, the Arm's own and the mean metadata, a straight
// path leads to the input x, and a number's attribution is
//
//	(x_i − x′_i) · ∫₀¹ ∂y/∂x_i (x′ + α(x − x′)) dα,
//
// the integral by 50 points of Gauss and Legendre's rule. Attributions add up to y(x) − y(x′) but for
// Attribution.Error. classes nil are the predicted ones.
func (a *Arm) Integrate(ctx context.Context, inputs []Input, classes []int) ([]Attribution, error) {
	classes, err := a.classesOf(ctx, inputs, classes)
	if err != nil {
		return nil, err
	}
	none := Input{a.Baseline, make([]float32, a.Model.Metadata)}
	ends, err := a.Logits(ctx, append([]Input{none}, inputs...))
	if err != nil {
		return nil, err
	}
	points, weights := make([]float64, integrationSteps), make([]float64, integrationSteps)
	quad.Legendre{}.FixedLocations(points, weights, 0, 1)

	parts := make([]Attribution, len(inputs))
	for i, in := range inputs {
		p := Attribution{Class: classes[i], Metadata: make([]float64, a.Model.Metadata), From: ends[0][classes[i]], To: ends[i+1][classes[i]]}
		p.Picture = Map{Rows: a.Size, Cols: a.Size, Signed: make([]float64, a.Size*a.Size)}
		path, same := make([]Input, integrationSteps), make([]int, integrationSteps)
		for k := range path {
			path[k], same[k] = mix(none, in, points[k]), classes[i]
		}
		// Both gradients come side by side; an arm without metadata has none by them.
		gradients, err := a.run(ctx, "gradients", path, same, a.gradients)
		if err != nil {
			return nil, fmt.Errorf("picture %d: %w", i+1, err)
		}
		for k, g := range gradients {
			for at, v := range g[0] {
				p.Picture.Signed[at/3] += weights[k] * float64(v) * (float64(in.Pixels[at]) - float64(none.Pixels[at]))
			}
			for at, v := range g[1] {
				p.Metadata[at] += weights[k] * float64(v) * float64(in.Metadata[at])
			}
		}
		parts[i] = p
	}
	return parts, nil
}

// gradients are those of the explained logits by the pixels and by the metadata.
func (a *Arm) gradients(scope *model.Scope, x, metadata, target *Node) []*Node {
	y := explained(a.logits(scope, x, metadata, vision.Pass{}), target)
	if !a.Model.Arm.HasMetadata() {
		return []*Node{Gradient(y, x)[0], ZerosLike(metadata)}
	}
	return Gradient(y, x, metadata)
}

// mix is a + share·(b − a).
func mix(a, b Input, share float64) Input {
	m := Input{make([]float32, len(a.Pixels)), make([]float32, len(a.Metadata))}
	for i := range m.Pixels {
		m.Pixels[i] = a.Pixels[i] + float32(share)*(b.Pixels[i]-a.Pixels[i])
	}
	for i := range m.Metadata {
		m.Metadata[i] = a.Metadata[i] + float32(share)*(b.Metadata[i]-a.Metadata[i])
	}
	return m
}
