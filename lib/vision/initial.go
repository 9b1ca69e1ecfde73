package vision

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
)

// RandomParams makes parameters to train a network from nothing, as torchvision does: convolutions
// normal with variance 2/(k²·out) (He et al. 2015, fan-out, also depthwise ones), linear layers uniform in ±1/√out for EfficientNet's head and uniform by Glorot & Bengio
// 2010 in ViT, tokens and positions normal with deviation 0.02, norms 1 and 0.
func RandomParams(n Network, seed uint64) map[string]*tensors.Tensor {
	random := rand.New(rand.NewPCG(seed, 0))
	values := map[string]*tensors.Tensor{}
	for _, p := range n.Params() {
		normal := func(deviation float64) float64 { return random.NormFloat64() * deviation }
		uniform := func(limit float64) float64 { return (2*random.Float64() - 1) * limit }
		var draw func() float64
		s := p.Torch()
		switch {
		case p.Layout == Linear && p.Name == "classifier.weight":
			draw = func() float64 { return uniform(1 / math.Sqrt(float64(s[0]))) }
		case p.Layout == Linear:
			draw = func() float64 { return uniform(math.Sqrt(6 / float64(s[0]+s[1]))) }
		case p.Name == "patch_embed.proj.weight":
			draw = func() float64 { return normal(math.Sqrt(1 / float64(s[1]*s[2]*s[3]))) }
		case len(s) == 4:
			draw = func() float64 { return normal(math.Sqrt(2 / float64(s[0]*s[2]*s[3]))) }
		case p.Name == "cls_token" || p.Name == "pos_embed":
			draw = func() float64 { return normal(0.02) }
		case strings.HasSuffix(p.Name, ".gamma"):
			draw = func() float64 { return 1e-5 }
		case strings.HasSuffix(p.Name, ".weight") || strings.HasSuffix(p.Name, ".running_var"):
			draw = func() float64 { return 1 }
		default:
			draw = func() float64 { return 0 }
		}
		v := make([]float32, p.Size())
		for i := range v {
			v[i] = float32(draw())
		}
		values[p.Name] = tensors.FromFlatDataAndDimensions(v, p.Shape...)
	}
	return values
}
