package vision

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/picture"
)

// Step is one augmentation that is chosen instead of drawn: Turn in turns, clockwise as seen; Zoom
// as in Augmentation, 1 being none.
type Step struct {
	Flip       bool
	Turn, Zoom float64
}

// AugmentedBy applies each step to a picture, to look at: the same graph as in training.
func AugmentedBy(m *picture.Image, steps []Step) ([]*picture.Image, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	var colours, angles, zooms []float32
	var flips []bool
	for _, s := range steps {
		for _, v := range m.Pix {
			colours = append(colours, float32(v))
		}
		flips, angles, zooms = append(flips, s.Flip), append(angles, float32(2*math.Pi*s.Turn)), append(zooms, float32(s.Zoom))
	}
	out, err := model.CallOnce(backend, model.NewStore(), func(_ *model.Scope, x *graph.Node) *graph.Node {
		g := x.Graph()
		return Augmentation{Flip: graph.Const(g, flips), Angle: graph.Const(g, angles), Zoom: graph.Const(g, zooms)}.Apply(x)
	}, tensors.FromFlatDataAndDimensions(colours, len(steps), m.H, m.W, 3))
	if err != nil {
		return nil, fmt.Errorf("augmenting a picture of %d×%d: %w", m.W, m.H, err)
	}
	flat, err := tensors.CopyFlatData[float32](out)
	if err != nil {
		return nil, err
	}
	views := make([]*picture.Image, len(steps))
	for i := range views {
		views[i] = &picture.Image{W: m.W, H: m.H, Pix: make([]uint8, len(m.Pix))}
		for j, v := range flat[i*len(m.Pix) : (i+1)*len(m.Pix)] {
			views[i].Pix[j] = uint8(v + 0.5)
		}
	}
	return views, nil
}
