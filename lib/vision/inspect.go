package vision

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/picture"
)

// Inspector is a loaded network that is asked about single pictures: what its blocks give, where
// it attends, how far it sees. Pictures are views: as large as the network shall see them, not
// normalised.
type Inspector struct {
	*Loaded
	backend compute.Backend
	store   *model.Store
}

// Inspect loads the weights of that name; see Load.
func Inspect(ctx context.Context, name string) (*Inspector, error) {
	l, err := Load(ctx, name)
	if err != nil {
		return nil, err
	}
	return newInspector(l)
}

func newInspector(l *Loaded) (*Inspector, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	in := &Inspector{Loaded: l, backend: backend, store: model.NewStore()}
	return in, l.SetParams(in.store.RootScope())
}

// Views opens pictures and cuts out what a network sees of each, two at a time.
func (p Preprocess) Views(ctx context.Context, paths []string) ([]*picture.Image, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	views := make([]*picture.Image, len(paths))
	errs := make([]error, len(paths))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(2, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				m, err := picture.Open(paths[i])
				if errs[i] = err; err == nil {
					views[i] = p.Pixels(m)
				}
			}
		})
	}
	for i := range paths {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return views, nil
}

// batch normalises views of one size into [n, height, width, 3]; rows beyond len(views) are 0.
func (in *Inspector) batch(views []*picture.Image, n int) (*tensors.Tensor, error) {
	w, h := views[0].W, views[0].H
	rows := make([]float32, n*h*w*3)
	for i, m := range views {
		if m.W != w || m.H != h {
			return nil, fmt.Errorf("views of %d×%d and %d×%d in one batch", w, h, m.W, m.H)
		}
		in.Preprocess.Normalise(rows[i*h*w*3:(i+1)*h*w*3], m)
	}
	return tensors.FromFlatDataAndDimensions(rows, n, h, w, 3), nil
}

// Features maps views of one size to their feature vectors.
func (in *Inspector) Features(ctx context.Context, views []*picture.Image) ([][]float32, error) {
	exec, err := model.NewExec(in.backend, in.store, func(scope *model.Scope, x *Node) *Node {
		return in.Network.Features(scope, x, Pass{})
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	var features [][]float32
	size := min(16, len(views))
	for chunk := range slices.Chunk(views, max(size, 1)) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x, err := in.batch(chunk, size)
		if err != nil {
			return nil, err
		}
		y, err := exec.Exec1(x)
		if err != nil {
			return nil, fmt.Errorf("running %s: %w", in.Name, err)
		}
		flat, err := tensors.CopyFlatData[float32](y)
		if err != nil {
			return nil, err
		}
		for i := range chunk {
			features = append(features, flat[i*in.Network.Width():(i+1)*in.Network.Width()])
		}
	}
	return features, nil
}

// Block returns a block's output for one view, [height][width][channels] flattened, or
// [tokens][width] of a ViT, and its dimensions.
func (in *Inspector) Block(view *picture.Image, block string) (values []float32, dims []int, err error) {
	if !slices.Contains(in.Network.Blocks(), block) {
		return nil, nil, fmt.Errorf("%s has no block %q: it has %q", in.Name, block, in.Network.Blocks())
	}
	out, err := in.outputs(view, func(scope *model.Scope, x *Node) []*Node {
		var found *Node
		in.Network.Features(scope, x, Pass{Tap: func(name string, y *Node) *Node {
			if name == block {
				found = y
			}
			return y
		}})
		return []*Node{found}
	})
	if err != nil {
		return nil, nil, err
	}
	values, err = tensors.CopyFlatData[float32](out[0])
	return values, out[0].Shape().Dimensions[1:], err
}

func (in *Inspector) outputs(view *picture.Image, graph func(scope *model.Scope, x *Node) []*Node) ([]*tensors.Tensor, error) {
	x, err := in.batch([]*picture.Image{view}, 1)
	if err != nil {
		return nil, err
	}
	exec, err := model.NewExec(in.backend, in.store, graph)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	out, err := exec.Exec(x)
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", in.Name, err)
	}
	return out, nil
}

// AttentionMap holds one head's attention weights: row q says how much of each token k goes into
// token q, At[q·Tokens+k]. Token 0 is the class token, the others are the patches row by row.
type AttentionMap struct {
	Rows, Cols int // of patches
	Tokens     int
	Patch      int // height and width of a patch, pixels
	At         []float32
}

// Attention returns the attention weights of a ViT for each view: [view][layer][head].
func (in *Inspector) Attention(ctx context.Context, views []*picture.Image) ([][][]AttentionMap, error) {
	vit, ok := in.Network.(*ViT)
	if !ok {
		return nil, fmt.Errorf("%s is not a ViT and has no attention", in.Name)
	}
	exec, err := model.NewExec(in.backend, in.store, func(scope *model.Scope, x *Node) []*Node {
		var layers []*Node
		vit.Features(scope, x, Pass{Attention: func(_ int, w *Node) { layers = append(layers, w) }})
		return layers
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	var all [][][]AttentionMap
	for _, view := range views {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x, err := in.batch([]*picture.Image{view}, 1)
		if err != nil {
			return nil, err
		}
		layers, err := exec.Exec(x)
		if err != nil {
			return nil, fmt.Errorf("running %s: %w", in.Name, err)
		}
		var maps [][]AttentionMap
		for _, layer := range layers {
			flat, err := tensors.CopyFlatData[float32](layer)
			if err != nil {
				return nil, err
			}
			tokens := layer.Shape().Dimensions[2]
			var heads []AttentionMap
			for at := range slices.Chunk(flat, tokens*tokens) {
				heads = append(heads, AttentionMap{view.H / vit.Patch, view.W / vit.Patch, tokens, vit.Patch, at})
			}
			maps = append(maps, heads)
		}
		all = append(all, maps)
	}
	return all, nil
}

// Distance is the mean distance in the picture, in pixels, between a patch and the patches that it
// attends to, weighted by the attention and averaged over the patches that ask: the "mean attention
// distance" of Dosovitskiy et al. 2021, Figure 7. The class token has no place; it is left out and
// the rest of its row is weighted to 1.
func (a AttentionMap) Distance() float64 {
	total := 0.0
	for q := 1; q < a.Tokens; q++ {
		sum, weights := 0.0, 0.0
		for k := 1; k < a.Tokens; k++ {
			w := float64(a.At[q*a.Tokens+k])
			sum += w * math.Hypot(float64((q-1)/a.Cols-(k-1)/a.Cols), float64((q-1)%a.Cols-(k-1)%a.Cols))
			weights += w
		}
		total += sum / weights
	}
	return total / float64(a.Tokens-1) * float64(a.Patch)
}

// Reach is how far the middle of a block's output sees, by the gradient.
type Reach struct {
	Block string
	// Share is each pixel's share of the gradient, row by row, summing to 1: the effective receptive
	// field of Luo et al. 2016, averaged over pictures.
	Share []float64
	// Distance is the mean distance of the gradient from the place's centre, pixels.
	Distance float64
	// Stray is the share of the gradient that lies outside the receptive field of Fields.
	Stray float64
}

// Reaches measures for every block how its output in the middle of the picture depends on each
// pixel: |∂(Σ_c ±y_c)/∂x|, the signs drawn once for each channel so that no two channels cancel by
// design. The length of the three colours' gradient counts, averaged over the views, which have one
// size. One program serves all blocks: the block is chosen by a factor of 1 among zeros.
func (in *Inspector) Reaches(ctx context.Context, views []*picture.Image) ([]Reach, error) {
	x, err := in.batch(views, len(views))
	if err != nil {
		return nil, err
	}
	h, w := views[0].H, views[0].W
	if h != w {
		return nil, fmt.Errorf("views of %d×%d, want square ones", w, h)
	}
	fields, err := Fields(in.Network, h)
	if err != nil {
		return nil, err
	}
	middle := func(f Field) (row, cols int) { // of the block's output
		places := (h-1)/f.Stride + 1
		if _, ok := in.Network.(*ViT); ok {
			places = h / f.Stride
		}
		return places / 2, places
	}
	exec, err := model.NewExec(in.backend, in.store, func(scope *model.Scope, x, chosen *Node) *Node {
		g := x.Graph()
		random := rand.New(rand.NewPCG(1, 0))
		loss, next := ScalarZero(g, x.DType()), 0
		in.Network.Features(scope, x, Pass{Tap: func(_ string, y *Node) *Node {
			row, cols := middle(fields[next])
			place := y
			if y.Rank() == 4 {
				place = Slice(y, AxisRange(), AxisElem(row), AxisElem(row))
			} else {
				place = Slice(y, AxisRange(), AxisElem(1+row*cols+row))
			}
			d := y.Shape().Dimensions
			place = Reshape(place, d[0], d[len(d)-1])
			signs := make([]float32, d[len(d)-1])
			for i := range signs {
				signs[i] = float32(2*random.IntN(2) - 1)
			}
			sum := ReduceAllSum(Mul(place, overAll(Const(g, signs), place.Shape().Dimensions)))
			loss = Add(loss, Mul(sum, Reshape(Slice(chosen, AxisElem(next)))))
			next++
			return y
		}})
		gradient := Gradient(loss, x)[0]
		return Sqrt(ReduceSum(Square(gradient), -1)) // [views, height, width]
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	var reaches []Reach
	for i, f := range fields {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		chosen := make([]float32, len(fields))
		chosen[i] = 1
		out, err := exec.Exec1(x, chosen)
		if err != nil {
			return nil, fmt.Errorf("the gradient of %s in %s: %w", f.Block, in.Name, err)
		}
		flat, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			return nil, err
		}
		row, _ := middle(f)
		r, err := reach(flat, h, f, f.Start+float64(row*f.Stride))
		if err != nil {
			return nil, fmt.Errorf("the gradient of %s in %s: %w", f.Block, in.Name, err)
		}
		reaches = append(reaches, r)
	}
	return reaches, nil
}

// reach averages gradients [views, size, size] around a centre, each view weighing the same.
func reach(gradients []float32, size int, f Field, centre float64) (Reach, error) {
	r := Reach{Block: f.Block, Share: make([]float64, size*size)}
	views := len(gradients) / (size * size)
	for v := range slices.Chunk(gradients, size*size) {
		sum := 0.0
		for _, g := range v {
			sum += float64(g)
		}
		if !(sum > 0) || math.IsInf(sum, 0) {
			return r, fmt.Errorf("the sum over a picture is %g", sum)
		}
		for i, g := range v {
			r.Share[i] += float64(g) / sum / float64(views)
		}
	}
	for i, share := range r.Share {
		dy, dx := float64(i/size)-centre, float64(i%size)-centre
		r.Distance += share * math.Hypot(dx, dy)
		if max(math.Abs(dx), math.Abs(dy)) > float64(f.Size)/2 {
			r.Stray += share
		}
	}
	return r, nil
}

// FirstLayer returns the first convolution of an EfficientNet, [kernel][colour][3][3], and its bias
// for each kernel: batch norm with its running statistics is a factor, here in the weights, and an
// offset. What it convolves is the normalised picture, with stride 2.
func (in *Inspector) FirstLayer() (kernels [][3][][]float64, bias []float64, err error) {
	e, ok := in.Network.(*EfficientNet)
	if !ok {
		return nil, nil, fmt.Errorf("the first layer of %s is not a convolution with batch norm", in.Name)
	}
	values := map[string][]float32{}
	for _, name := range []string{"conv_stem.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"} {
		if values[name], err = tensors.CopyFlatData[float32](in.Values[name]); err != nil {
			return nil, nil, fmt.Errorf("%s of %s: %w", name, in.Name, err)
		}
	}
	n := e.stem()
	for k := range n {
		value := func(name string) float64 { return float64(values["bn1."+name][k]) }
		factor := value("weight") / math.Sqrt(value("running_var")+e.Epsilon)
		bias = append(bias, value("bias")-value("running_mean")*factor)
		var kernel [3][][]float64
		for c := range kernel {
			for m := range 3 {
				row := make([]float64, 3)
				for i := range row {
					row[i] = factor * float64(values["conv_stem.weight"][((m*3+i)*3+c)*n+k])
				}
				kernel[c] = append(kernel[c], row)
			}
		}
		kernels = append(kernels, kernel)
	}
	return kernels, bias, nil
}

// MeanFrom is the attention of one token, averaged over heads, to each patch, row by row.
func MeanFrom(heads []AttentionMap, token int) []float64 {
	mean := make([]float64, heads[0].Tokens-1)
	for _, a := range heads {
		for k := range mean {
			mean[k] += float64(a.At[token*a.Tokens+1+k]) / float64(len(heads))
		}
	}
	return mean
}
