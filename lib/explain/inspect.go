package explain

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/picture"
	"thesis.example/lib/vision"
)

// Inspector is a loaded network that is asked about single pictures: what its blocks give, where
// it attends, how far it sees. Pictures are views: as large as the network shall see them, not
// normalised.
type Inspector struct {
	*vision.Loaded
	backend compute.Backend
	store   *model.Store
}

// Inspect loads the weights of that name; see vision.Load.
func Inspect(ctx context.Context, name string) (*Inspector, error) {
	l, err := vision.Load(ctx, name)
	if err != nil {
		return nil, err
	}
	return newInspector(l)
}

func newInspector(l *vision.Loaded) (*Inspector, error) {
	backend, err := vision.Backend()
	if err != nil {
		return nil, err
	}
	in := &Inspector{Loaded: l, backend: backend, store: model.NewStore()}
	return in, l.SetParams(in.store.RootScope())
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
		return in.Network.Features(scope, x, vision.Pass{})
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
		in.Network.Features(scope, x, vision.Pass{Tap: func(name string, y *Node) *Node {
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

// FirstLayer returns the first convolution of an EfficientNet, [kernel][colour][3][3], and its bias
// for each kernel: batch norm with its running statistics is a factor, here in the weights, and an
// offset. What it convolves is the normalised picture, with stride 2.
func (in *Inspector) FirstLayer() (kernels [][3][][]float64, bias []float64, err error) {
	e, ok := in.Network.(*vision.EfficientNet)
	if !ok {
		return nil, nil, fmt.Errorf("the first layer of %s is not a convolution with batch norm", in.Name)
	}
	values := map[string][]float32{}
	for _, name := range []string{"conv_stem.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"} {
		if values[name], err = tensors.CopyFlatData[float32](in.Values[name]); err != nil {
			return nil, nil, fmt.Errorf("%s of %s: %w", name, in.Name, err)
		}
	}
	n := len(values["bn1.weight"])
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
