package vision

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"thesis.example/lib/picture"
)

func architecture(t *testing.T, name string) Network {
	t.Helper()
	n, err := Architecture(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMultiplyAdds(t *testing.T) {
	raw, err := os.ReadFile("testdata/measure.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Counts []struct {
			Network string
			Size    int
			Adds    int64 `json:"multiply_adds"`
		}
	}
	if err := json.Unmarshal(raw, &golden); err != nil || len(golden.Counts) == 0 {
		t.Fatal(err, len(golden.Counts))
	}
	for _, c := range golden.Counts {
		if got, err := MultiplyAdds(architecture(t, c.Network), c.Size); err != nil || got != c.Adds {
			t.Errorf("%s at %d: %d, %v, want %d", c.Network, c.Size, got, err, c.Adds)
		}
	}
	// The published figures: Tan & Le 2019, Table 2; torchvision's documentation of vit_b_16.
	for name, published := range map[string]float64{"efficientnet_b0": 0.39e9, "vit_b_16": 17.56e9} {
		if got, _ := MultiplyAdds(architecture(t, name), 224); math.Abs(float64(got)/published-1) > 0.02 {
			t.Errorf("%s: %d, published %g", name, got, published)
		}
	}
}

// The fields of B0 by hand: r + (k−1)·j for the kernels 3 | 3 | 3 3 | 5 5 | 3 3 3 | 5 5 5 | 5 5 5 5 | 3.
func TestFields(t *testing.T) {
	want := []int{3, 7, 11, 19, 35, 67, 83, 115, 147, 211, 275, 339, 403, 531, 659, 787, 851, 851}
	for _, name := range []string{"efficientnet_b0", "tf_efficientnet_b0", "efficientnet_lite0"} {
		n := architecture(t, name)
		fields, err := Fields(n, 224)
		if err != nil {
			t.Fatal(err)
		}
		var sizes []int
		var blocks []string
		for i, f := range fields {
			sizes, blocks = append(sizes, f.Size), append(blocks, f.Block)
			if global := name != "efficientnet_lite0" && i > 0; f.Global != global {
				t.Errorf("%s, %s: global %v", name, f.Block, f.Global)
			}
		}
		if !slices.Equal(sizes, want) || !slices.Equal(blocks, n.Blocks()) {
			t.Errorf("%s: %v in %v", name, sizes, blocks)
		}
		if last := fields[len(fields)-1]; last.Stride != 32 {
			t.Errorf("%s: stride %d, want 32", name, last.Stride)
		}
	}
	fields, err := Fields(architecture(t, "vit_b_16"), 224)
	if err != nil || fields[0] != (Field{"embed", 16, 16, 7.5, false}) || len(fields) != 14 || !fields[13].Global {
		t.Errorf("ViT-B/16: %v, %v", fields, err)
	}
}

func speckled(size int) *picture.Image {
	m := &picture.Image{W: size, H: size, Pix: make([]uint8, size*size*3)}
	for i, u := range noise("speckled", len(m.Pix)) {
		m.Pix[i] = uint8(127.5 + 127*u)
	}
	return m
}

func inspector(t *testing.T, n Network) *Inspector {
	t.Helper()
	in, err := newInspector(&Loaded{
		Weights: Weights{Name: n.Name(), Preprocess: Preprocess{Crop: 64, Filter: "bicubic", Normalisation: "imagenet"}},
		Network: n, Values: testParams(n),
	})
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
		n := &EfficientNet{ID: "lite", WidthFactor: 0.25, DepthFactor: 0.34, Lite: true, Same: same, Epsilon: 1e-3, Size: size}
		reaches, err := inspector(t, n).Reaches(t.Context(), []*picture.Image{speckled(size), speckled(size)})
		if err != nil {
			t.Fatal(err)
		}
		fields, err := Fields(n, size)
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

func TestReachByHand(t *testing.T) {
	// Two pictures of 3×3; all gradient in the middle, and spread over the four corners.
	r, err := reach([]float32{0, 0, 0, 0, 9, 0, 0, 0, 0 /**/, 1, 0, 1, 0, 0, 0, 1, 0, 1}, 3, Field{Size: 1}, 1)
	if err != nil || math.Abs(r.Distance-math.Sqrt2/2) > 1e-12 || math.Abs(r.Stray-0.5) > 1e-12 || r.Share[4] != 0.5 || r.Share[0] != 0.125 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := reach(make([]float32, 9), 3, Field{}, 1); err == nil {
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
	n, _ := twins("timm_vit")
	in := inspector(t, n)
	vit := n.(*ViT)
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
	cnn, _ := twins("lite")
	if _, err := inspector(t, cnn).Attention(t.Context(), views); err == nil {
		t.Error("attention of a CNN is no error")
	}
}

func TestMeasureSpeed(t *testing.T) {
	n, _ := twins("timm_vit")
	s, err := MeasureSpeed(t.Context(), n, 2, 32)
	if err != nil {
		t.Fatal(err)
	}
	if s.Inference <= 0 || s.Training <= 0 || s.FirstTraining <= 0 || s.InferenceMemory < 1<<20 || s.TrainingMemory < s.InferenceMemory {
		t.Errorf("%+v", s)
	}
}

func TestAugmentedBy(t *testing.T) {
	m := speckled(16)
	views, err := AugmentedBy(m, []Step{{Zoom: 1}, {Flip: true, Zoom: 1}, {Turn: 0.5, Zoom: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for y := range 16 {
		for x := range 16 {
			for c := range 3 {
				at := func(v *picture.Image, x, y int) int { return int(v.Pix[3*(y*16+x)+c]) }
				want := at(m, x, y)
				// Half a turn interpolates at coordinates that are whole but for rounding.
				if at(views[0], x, y) != want || at(views[1], 15-x, y) != want || math.Abs(float64(at(views[2], 15-x, 15-y)-want)) > 1 {
					t.Fatalf("(%d, %d): %d unchanged, flipped %d, turned %d, want %d", x, y, at(views[0], x, y), at(views[1], 15-x, y), at(views[2], 15-x, 15-y), want)
				}
			}
		}
	}
}
