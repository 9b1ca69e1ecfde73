package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
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

const (
	integrationSteps = 50 // captum's, whose rule is Gauss and Legendre's too
	integrationRows  = 10 // of them at a time
)

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
		for from := 0; from < integrationSteps; from += integrationRows {
			along := make([]Input, integrationRows)
			for k := range along {
				along[k] = mix(none, in, points[from+k])
			}
			gradients, err := a.gradients(ctx, along, classes[i])
			if err != nil {
				return nil, fmt.Errorf("picture %d: %w", i+1, err)
			}
			for k, g := range gradients {
				w := weights[from+k]
				for at, v := range g.Pixels {
					p.Picture.Signed[at/3] += w * float64(v) * (float64(in.Pixels[at]) - float64(none.Pixels[at]))
				}
				for at, v := range g.Metadata {
					p.Metadata[at] += w * float64(v) * float64(in.Metadata[at])
				}
			}
		}
		parts[i] = p
	}
	return parts, nil
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
