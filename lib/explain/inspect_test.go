package explain

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

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
	if _, err := inspector(t, vit).Reaches(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "no pictures") {
		t.Errorf("no pictures: %v", err)
	}
}

func TestReachByHand(t *testing.T) {
	// Two pictures of 3×3; all gradient in the middle, and spread over the four corners.
	r, err := reach([]float32{0, 0, 0, 0, 9, 0, 0, 0, 0 /**/, 1, 0, 1, 0, 0, 0, 1, 0, 1}, 3, vision.Field{Size: 1}, 1)
	if err != nil || math.Abs(r.Distance-math.Sqrt2/2) > 1e-12 || math.Abs(r.Stray-0.5) > 1e-12 || r.Share[4] != 0.5 || r.Share[0] != 0.125 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := reach(make([]float32, 9), 3, vision.Field{}, 1); err == nil || !strings.Contains(err.Error(), "sum over a picture is 0") {
		t.Errorf("no gradient at all: %v", err)
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
	if _, _, err := in.Block(views[0], "blocks.9"); err == nil || !strings.Contains(err.Error(), `no block "blocks.9": it has ["embed"`) {
		t.Errorf("a block that does not exist: %v", err)
	}
	if _, err := in.Features(t.Context(), []*picture.Image{speckled(32), speckled(40)}); err == nil || !strings.Contains(err.Error(), "32×32 and 40×40") {
		t.Errorf("views of two sizes: %v", err)
	}
	cnn := &vision.EfficientNet{ID: "small CNN", WidthFactor: 0.25, DepthFactor: 0.34, Epsilon: 1e-3, Size: 32}
	if _, err := inspector(t, cnn).Attention(t.Context(), views); err == nil || !strings.Contains(err.Error(), "small CNN is not a ViT") {
		t.Errorf("attention of a CNN: %v", err)
	}
}

// What FirstLayer gives is what the network's first block computes: its kernels, laid over the normalised
// picture with stride 2, and its bias, cut by the activation.
func TestFirstLayer(t *testing.T) {
	const size = 16
	n := &vision.EfficientNet{ID: "small CNN", WidthFactor: 0.25, DepthFactor: 0.1, Lite: true, Epsilon: 1e-3, Size: size}
	in := inspector(t, n)
	random := rand.New(rand.NewPCG(7, 0)) // batch norm that is not the identity
	for _, name := range []string{"bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"} {
		v, err := tensors.CopyFlatData[float32](in.Values[name])
		if err != nil {
			t.Fatal(err)
		}
		for i := range v {
			v[i] = 0.5 + random.Float32()
		}
		in.Values[name] = tensors.FromFlatDataAndDimensions(v, len(v))
	}
	in, err := newInspector(in.Loaded)
	if err != nil {
		t.Fatal(err)
	}
	kernels, bias, err := in.FirstLayer()
	if err != nil {
		t.Fatal(err)
	}
	m := speckled(size)
	want, dims, err := in.Block(m, "conv_stem")
	if err != nil || !slices.Equal(dims, []int{size / 2, size / 2, len(kernels)}) || len(bias) != len(kernels) {
		t.Fatal(err, dims, len(kernels), len(bias))
	}
	x := make([]float32, 3*size*size)
	in.Preprocess.Normalise(x, m)
	between := 0
	for row := range size / 2 {
		for col := range size / 2 {
			for k := range kernels {
				sum := bias[k]
				for c := range 3 {
					for dy, weights := range kernels[k][c] {
						for dx, w := range weights {
							if v, u := 2*row+dy-1, 2*col+dx-1; v >= 0 && u >= 0 && v < size && u < size {
								sum += w * float64(x[3*(v*size+u)+c])
							}
						}
					}
				}
				sum = min(max(sum, 0), 6) // ReLU6
				if sum > 0 && sum < 6 {
					between++
				}
				if got := float64(want[(row*size/2+col)*len(kernels)+k]); math.Abs(got-sum) > 1e-4 {
					t.Fatalf("kernel %d at (%d, %d): %g, the network has %g", k, row, col, sum, got)
				}
			}
		}
	}
	if between < len(want)/10 {
		t.Errorf("%d of %d values are not cut: nothing was compared", between, len(want))
	}
	vit := &vision.ViT{ID: "small ViT", Layers: 1, Dim: 8, Heads: 1, Patch: 8, Size: 16, Epsilon: 1e-6}
	if _, _, err := inspector(t, vit).FirstLayer(); err == nil || !strings.Contains(err.Error(), "small ViT is not a convolution") {
		t.Errorf("the first layer of a ViT: %v", err)
	}
}

// A ViT's patches see themselves alone before the first layer, and everything behind it.
func TestReachesOfViT(t *testing.T) {
	const size, patch = 24, 8
	vit := &vision.ViT{ID: "small ViT", Layers: 2, Dim: 16, Heads: 2, Patch: patch, Size: size, Epsilon: 1e-6}
	in := inspector(t, vit)
	reaches, err := in.Reaches(t.Context(), []*picture.Image{speckled(size)})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reaches {
		if r.Block != vit.Blocks()[i] {
			t.Errorf("reach %d is of %s, want %s", i, r.Block, vit.Blocks()[i])
		}
		sum, outside := 0.0, 0.0
		for p, share := range r.Share {
			sum += share
			if p/size/patch != 1 || p%size/patch != 1 { // beside the middle patch
				outside += share
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%s: the shares sum to %g", r.Block, sum)
		}
		if alone := i == 0; alone != (outside == 0) || alone && (r.Stray != 0 || r.Distance > patch/math.Sqrt2) {
			t.Errorf("%s: %g outside the patch, %g stray, distance %g", r.Block, outside, r.Stray, r.Distance)
		}
	}
	if len(reaches) != len(vit.Blocks()) {
		t.Errorf("%d reaches of %d blocks", len(reaches), len(vit.Blocks()))
	}
	if _, err := in.Reaches(t.Context(), []*picture.Image{{W: 24, H: 16, Pix: make([]uint8, 24*16*3)}}); err == nil || !strings.Contains(err.Error(), "24×16, want square") {
		t.Errorf("views that are not square: %v", err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	_, reached := in.Reaches(ctx, []*picture.Image{speckled(size)})
	_, featured := in.Features(ctx, []*picture.Image{speckled(size)})
	_, attended := in.Attention(ctx, []*picture.Image{speckled(size)})
	for what, err := range map[string]error{"reaches": reached, "features": featured, "attention": attended} {
		if !errors.Is(err, stop) {
			t.Errorf("%s after the stop: %v", what, err)
		}
	}
	if f, err := in.Features(t.Context(), nil); err != nil || len(f) != 0 {
		t.Errorf("features of nothing: %v, %v", f, err)
	}
}

func TestMeanFrom(t *testing.T) {
	// Two heads over a class token and 1×2 patches; rows say where each token takes from.
	heads := []AttentionMap{
		{Rows: 1, Cols: 2, Tokens: 3, Patch: 8, At: []float32{0.5, 0.25, 0.25 /**/, 0, 1, 0 /**/, 0.2, 0.3, 0.5}},
		{Rows: 1, Cols: 2, Tokens: 3, Patch: 8, At: []float32{0, 0.75, 0.25 /**/, 0, 0, 1 /**/, 0.6, 0.1, 0.3}},
	}
	for token, want := range [][]float64{{0.5, 0.25}, {0.5, 0.5}, {0.2, 0.4}} {
		for k, got := range MeanFrom(heads, token) {
			if math.Abs(got-want[k]) > 1e-6 {
				t.Errorf("token %d takes %g of patch %d, want %g", token, got, k, want[k])
			}
		}
	}
}

// Not moved at all, nothing changes; moved, the features change by the mean distance to those in the
// middle, in units of the median distance of two pictures.
func TestMoveChange(t *testing.T) {
	n := &vision.EfficientNet{ID: "small CNN", WidthFactor: 0.25, DepthFactor: 0.1, Epsilon: 1e-3, Size: 224}
	in := inspector(t, n)
	pictures := []*picture.Image{noise(1, 80, 80, 0, 100), noise(2, 80, 80, 100, 255), noise(3, 80, 80, 0, 255)}
	moves := []int{0, 7, -32}
	got, err := MoveChange(t.Context(), in, pictures, moves)
	if err != nil || len(got) != len(moves) {
		t.Fatal(got, err)
	}
	var views []*picture.Image
	for _, d := range moves {
		for _, m := range pictures {
			views = append(views, Moved(m, d))
		}
	}
	features, err := in.Features(t.Context(), views)
	if err != nil {
		t.Fatal(err)
	}
	apart := func(i, j int) float64 {
		sum := 0.0
		for k, a := range features[i] {
			sum += math.Pow(float64(a-features[j][k]), 2)
		}
		return math.Sqrt(sum)
	}
	pairs := []float64{apart(0, 1), apart(0, 2), apart(1, 2)}
	slices.Sort(pairs)
	for k, d := range moves {
		want := 0.0
		for i := range pictures {
			want += apart(3*k+i, i) / 3 / pairs[1]
		}
		if math.Abs(got[k]-want) > 1e-3*want || d == 0 && got[k] != 0 || d != 0 && !(got[k] > 0) {
			t.Errorf("moved by %d the features change by %g, want %g", d, got[k], want)
		}
	}
	if _, err := MoveChange(t.Context(), in, pictures[:1], []int{1}); err == nil || !strings.Contains(err.Error(), "at least two") {
		t.Errorf("one picture: %v", err)
	}
}

func TestInspectRefuses(t *testing.T) {
	if _, err := Inspect(t.Context(), "nothing"); err == nil || !strings.Contains(err.Error(), `no weights "nothing"`) {
		t.Errorf("error %v", err)
	}
	vit := &vision.ViT{ID: "small ViT", Layers: 1, Dim: 8, Heads: 1, Patch: 8, Size: 16, Epsilon: 1e-6}
	l := &vision.Loaded{Network: vit, Values: vision.RandomParams(vit, 1)}
	delete(l.Values, "cls_token")
	if _, err := newInspector(l); err == nil || !strings.Contains(err.Error(), "missing cls_token") {
		t.Errorf("a parameter too few: %v", err)
	}
}
