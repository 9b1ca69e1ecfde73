package fusion

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Late says whether picture and metadata first meet behind the backbone, so that a Head can join
// anyone's features with anyone's metadata without another pass through the backbone.
func (m *Model) Late() bool {
	return slices.Contains([]string{"single", "hybrid", "logits", "meta"}, m.Arm.Fusion)
}

// Head is what is behind the backbone of a Late model, in plain Go and without dropout: Model.Logits for
// one picture. Both halves are computed once a picture and joined for every pair.
type Head struct {
	fusion      string
	meta        []dense // the metadata's layers
	own         dense   // their logits, in the arm "logits"
	hidden, out dense
	features    int // how many of the hidden layer's inputs are the picture's, which come first
}

type dense struct {
	in, out      int
	weight, bias []float32 // [in, out], [out]
}

// Half is what one modality brings to Head.Join.
type Half struct {
	hidden []float64 // before the hidden layer's ReLU, without its bias; nil: nothing
	logits []float64 // nil: none of its own
}

// Head reads the head's values from a store.
func (m *Model) Head(store *model.Store) (*Head, error) {
	if !m.Late() {
		return nil, fmt.Errorf("the metadata of %s enter the backbone: its head alone says nothing", m.Arm)
	}
	scope := store.RootScope().At("head")
	var err error
	read := func(name string) []float32 {
		if err != nil {
			return nil
		}
		v := scope.GetVariable(name)
		if v == nil {
			err = fmt.Errorf("the head has no %s", name)
			return nil
		}
		var t *tensors.Tensor
		var flat []float32
		if t, err = v.Value(); err == nil {
			flat, err = tensors.CopyFlatData[float32](t)
		}
		return flat
	}
	layer := func(name string) dense {
		d := dense{weight: read(name + ".weight"), bias: read(name + ".bias")}
		if err == nil {
			d.out = len(d.bias)
			d.in = len(d.weight) / d.out
		}
		return d
	}
	h := &Head{fusion: m.Arm.Fusion, hidden: layer("hidden"), out: layer("output")}
	if m.Backbone != nil {
		h.features = m.Backbone.Width()
	}
	if m.Arm.Fusion != "single" {
		for i := range m.recipe().meta {
			h.meta = append(h.meta, layer(fmt.Sprintf("meta%d", i+1)))
		}
	}
	if m.Arm.Fusion == "logits" {
		h.own = layer("meta")
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// product adds x·weight of the layer's inputs from row on to y.
func (d dense) product(y []float64, x []float64, row int) {
	for i, v := range x {
		if v == 0 {
			continue
		}
		for c, w := range d.weight[(row+i)*d.out : (row+i+1)*d.out] {
			y[c] += v * float64(w)
		}
	}
}

func (d dense) apply(x []float64) []float64 {
	y := make([]float64, d.out)
	d.product(y, x, 0)
	for c := range y {
		y[c] += float64(d.bias[c])
	}
	return y
}

func rectified(x []float64) []float64 {
	for i := range x {
		x[i] = max(0, x[i])
	}
	return x
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// Picture is the half of a picture's features [Backbone.Width()].
func (h *Head) Picture(features []float32) Half {
	half := Half{hidden: make([]float64, h.hidden.out)}
	h.hidden.product(half.hidden, wide(features), 0)
	if h.fusion == "logits" {
		half.logits, half.hidden = h.classify(half.hidden), nil
	}
	return half
}

// Metadata is the half of a picture's standardised metadata: of nothing in a single arm.
func (h *Head) Metadata(row []float32) Half {
	if h.fusion == "single" {
		return Half{}
	}
	x := wide(row)
	for _, d := range h.meta {
		x = rectified(d.apply(x))
	}
	if h.fusion == "logits" {
		return Half{logits: h.own.apply(x)}
	}
	half := Half{hidden: make([]float64, h.hidden.out)}
	h.hidden.product(half.hidden, x, h.features)
	return half
}

// classify is the hidden layer's bias and ReLU, and the last layer.
func (h *Head) classify(hidden []float64) []float64 {
	x := make([]float64, len(hidden))
	for c := range x {
		x[c] = hidden[c] + float64(h.hidden.bias[c])
	}
	return h.out.apply(rectified(x))
}

// Join gives the logits of a picture with a row of metadata. Without a backbone picture is Half{}.
func (h *Head) Join(picture, metadata Half) []float64 {
	if h.fusion == "logits" {
		return add(picture.logits, metadata.logits)
	}
	return h.classify(add(picture.hidden, metadata.hidden))
}

// Own gives the two modalities' own logits, whose sum Join is; false where the head has none.
func (h *Head) Own(picture, metadata Half) (a, b []float64, ok bool) {
	return picture.logits, metadata.logits, h.fusion == "logits"
}

// add treats nil as zeros.
func add(a, b []float64) []float64 {
	switch {
	case a == nil:
		return slices.Clone(b)
	case b == nil:
		return slices.Clone(a)
	}
	sum := make([]float64, len(a))
	for i := range sum {
		sum[i] = a[i] + b[i]
	}
	return sum
}
