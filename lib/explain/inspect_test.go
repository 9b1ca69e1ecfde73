package explain

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"thesis.example/lib/picture"
	"thesis.example/lib/vision"
)

// speckled is a picture of random colours.
func speckled(size int) *picture.Image {
	m := &picture.Image{W: size, H: size, Pix: make([]uint8, size*size*3)}
	random := rand.New(rand.NewPCG(1, 0))
	for i := range m.Pix {
		m.Pix[i] = uint8(random.IntN(256))
	}
	return m
}

func inspector(t *testing.T, n vision.Network) *Inspector {
	t.Helper()
	l := &vision.Loaded{Network: n, Values: vision.RandomParams(n, 1), Preprocess: vision.Preprocess{Crop: 64, Filter: "bicubic", Normalisation: "imagenet"}}
	l.Name = n.Name()
	in, err := newInspector(l)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// Without squeeze-and-excitation the gradient fills the receptive field, at the very pixels that
// Fields gives, and nothing beyond it.
func TestReachesFillTheFields(t *testing.T) {
	const size = 97
	for _, same := range []bool{false, true} {
		n := &vision.EfficientNet{ID: "lite", WidthFactor: 0.25, DepthFactor: 0.34, Lite: true, Same: same, Epsilon: 1e-3, Size: size}
		in := inspector(t, n)
		reaches, err := in.Reaches(t.Context(), []*picture.Image{speckled(size), speckled(size)})
		if err != nil {
			t.Fatal(err)
		}
		fields, err := vision.Fields(n, size)
		if err != nil || len(fields) != len(reaches) {
			t.Fatal(err, len(fields), len(reaches))
		}
		for i, r := range reaches {
			if r.Stray != 0 {
				t.Errorf("same %v, %s: %g of the gradient lies outside %d pixels", same, r.Block, r.Stray, fields[i].Size)
			}
			if fields[i].Size > size/2 {
				continue
			}
			first, last := size, 0
			for p, share := range r.Share {
				if share > 0 {
					first, last = min(first, p%size), max(last, p%size)
				}
			}
			if last-first+1 != fields[i].Size {
				t.Errorf("same %v, %s: the gradient spans pixels %d to %d, want %d of them", same, r.Block, first, last, fields[i].Size)
			}
		}
	}
}

func TestReachesOfNothing(t *testing.T) {
	vit := &vision.ViT{ID: "small ViT", Layers: 1, Dim: 8, Heads: 1, Patch: 8, Size: 16, Epsilon: 1e-6}
	if _, err := inspector(t, vit).Reaches(t.Context(), nil); err == nil {
		t.Error("no pictures are no error")
	}
}

func TestReachByHand(t *testing.T) {
	// Two pictures of 3×3; all gradient in the middle, and spread over the four corners.
	r, err := reach([]float32{0, 0, 0, 0, 9, 0, 0, 0, 0 /**/, 1, 0, 1, 0, 0, 0, 1, 0, 1}, 3, vision.Field{Size: 1}, 1)
	if err != nil || math.Abs(r.Distance-math.Sqrt2/2) > 1e-12 || math.Abs(r.Stray-0.5) > 1e-12 || r.Share[4] != 0.5 || r.Share[0] != 0.125 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := reach(make([]float32, 9), 3, vision.Field{}, 1); err == nil {
		t.Error("no gradient at all is no error")
	}
}

func TestAttentionDistance(t *testing.T) {
	// Class token and 2×2 patches of 10 pixels; the class token's row and column do not count.
	even := AttentionMap{Rows: 2, Cols: 2, Tokens: 5, Patch: 10, At: make([]float32, 25)}
	own := AttentionMap{Rows: 2, Cols: 2, Tokens: 5, Patch: 10, At: make([]float32, 25)}
	for q := range 5 {
		for k := range 5 {
			even.At[q*5+k] = 0.2
		}
		own.At[q*5], own.At[q*5+q] = 0.7, 0.3
	}
	if got, want := even.Distance(), (0+10+10+10*math.Sqrt2)/4; math.Abs(got-want) > 1e-6 {
		t.Errorf("even attention reaches %g pixels, want %g", got, want)
	}
	if got := own.Distance(); got != 0 {
		t.Errorf("attention to itself reaches %g pixels", got)
	}
}

// The inspector's answers are the network's: attention rows sum to 1 in every layer and head, and
// features and blocks do not depend on the batch they were computed in.
func TestInspector(t *testing.T) {
	vit := &vision.ViT{ID: "small ViT", Layers: 2, Dim: 24, Heads: 3, Patch: 8, Size: 32, Epsilon: 1e-6}
	in := inspector(t, vit)
	views := []*picture.Image{speckled(32), speckled(32).Resize(16, 16, picture.Bilinear).Resize(32, 32, picture.Bilinear)}
	attention, err := in.Attention(t.Context(), views)
	if err != nil {
		t.Fatal(err)
	}
	if len(attention) != 2 || len(attention[0]) != vit.Layers || len(attention[0][0]) != vit.Heads {
		t.Fatalf("attention of %d views, %d layers, %d heads", len(attention), len(attention[0]), len(attention[0][0]))
	}
	for _, m := range attention[1][1] {
		for q := range m.Tokens {
			sum := 0.0
			for _, w := range m.At[q*m.Tokens : (q+1)*m.Tokens] {
				sum += float64(w)
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Fatalf("row %d sums to %g", q, sum)
			}
		}
	}
	many := make([]*picture.Image, 19)
	for i := range many {
		many[i] = views[i%2]
	}
	features, err := in.Features(t.Context(), many)
	if err != nil || len(features) != 19 {
		t.Fatal(err, len(features))
	}
	tokens, dims, err := in.Block(views[0], "norm")
	if err != nil || !slices.Equal(dims, []int{17, vit.Dim}) {
		t.Fatal(err, dims)
	}
	for i, class := range tokens[:vit.Dim] {
		if math.Abs(float64(class-features[18][i])) > 1e-5 {
			t.Fatalf("value %d of the class token is %g, of the features %g", i, class, features[18][i])
		}
	}
	if _, _, err := in.Block(views[0], "blocks.9"); err == nil {
		t.Error("a block that does not exist is no error")
	}
	if _, err := in.Features(t.Context(), []*picture.Image{speckled(32), speckled(40)}); err == nil {
		t.Error("views of two sizes are no error")
	}
	cnn := &vision.EfficientNet{ID: "small CNN", WidthFactor: 0.25, DepthFactor: 0.34, Epsilon: 1e-3, Size: 32}
	if _, err := inspector(t, cnn).Attention(t.Context(), views); err == nil {
		t.Error("attention of a CNN is no error")
	}
}
