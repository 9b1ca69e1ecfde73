package vision

import (
	"fmt"
	"strings"
)

// Count returns the number of trainable values of a network, its head included.
func Count(n Network) int {
	total := 0
	for _, p := range n.Params() {
		if !p.Stat {
			total += p.Size()
		}
	}
	return total
}

// BackboneSize is the number of a network's trained values without its own classifier.
func BackboneSize(n Network) int {
	total := 0
	for _, p := range n.Params() {
		if !p.Stat && !strings.HasPrefix(p.Name, "classifier.") && !strings.HasPrefix(p.Name, "head.") {
			total += p.Size()
		}
	}
	return total
}

// MultiplyAdds counts the multiplications, each with its addition, that a network spends on one
// picture of size×size in its convolutions, linear layers and products of attention, its head
// included: what papers print as FLOPs ("0.39B" in Tan & Le 2019, Table 2) or GMACs. Norms,
// activations, pooling and the resampling of positions are not counted. It equals half of what
// torch.utils.flop_counter counts.
func MultiplyAdds(n Network, size int) (int64, error) {
	switch n := n.(type) {
	case *EfficientNet:
		return n.multiplyAdds(size), nil
	case *ViT:
		return n.multiplyAdds(size), nil
	}
	return 0, fmt.Errorf("counting the multiply-adds of %s: a %T is neither an EfficientNet nor a ViT", n.Name(), n)
}

func (e *EfficientNet) multiplyAdds(size int) int64 {
	size = ceilDiv(size, 2) // both paddings give ⌈size/stride⌉
	total := size * size * 3 * 3 * 3 * e.stem()
	out := 0
	for _, b := range e.blocks() {
		if b.expanded != b.in {
			total += size * size * b.in * b.expanded
		}
		size = ceilDiv(size, b.stride)
		total += size * size * b.kernel * b.kernel * b.expanded // depthwise: one picture in, one out
		total += 2 * b.expanded * b.squeezed
		total += size * size * b.expanded * b.out
		out = b.out
	}
	return int64(total + size*size*out*e.Width() + e.Width()*e.Classes)
}

func (v *ViT) multiplyAdds(size int) int64 {
	patches := (size / v.Patch) * (size / v.Patch)
	tokens, d := 1+patches, v.Dim
	layer := tokens*d*3*d + // queries, keys, values
		2*tokens*tokens*d + // q·kᵀ and A·v, over all heads
		tokens*d*d + 2*tokens*d*4*d // projection, MLP
	return int64(patches*v.Patch*v.Patch*3*d + v.Layers*layer + d*v.Classes)
}

// Field is what one place of a block's output can see of the picture through convolutions, or
// patches, alone.
type Field struct {
	Block  string  // as Network.Blocks has it
	Size   int     // height and width of the receptive field, pixels; it may be larger than the picture
	Stride int     // distance of neighbours in the picture, pixels
	Start  float64 // centre of the first place in the picture, pixels from the first pixel's centre
	Global bool    // the block, or one before it, mixes in the whole picture besides: attention, squeeze-and-excitation
}

// Fields follows the receptive field through a network on pictures of size×size, by the
// recurrence of Araujo, Norris & Sim 2019 ("Computing receptive fields of convolutional neural
// networks"): a layer with kernel k and stride s makes r + (k−1)·j of r and s·j of the distance j.
func Fields(n Network, size int) ([]Field, error) {
	switch n := n.(type) {
	case *EfficientNet:
		return n.fields(size), nil
	case *ViT:
		f := Field{"embed", n.Patch, n.Patch, float64(n.Patch-1) / 2, false}
		fields := []Field{f}
		f.Global = true
		for _, f.Block = range n.Blocks()[1:] {
			fields = append(fields, f)
		}
		return fields, nil
	}
	return nil, fmt.Errorf("the receptive field of %s: a %T is neither an EfficientNet nor a ViT", n.Name(), n)
}

func (e *EfficientNet) fields(size int) []Field {
	f := Field{Size: 1, Stride: 1}
	var fields []Field
	layer := func(k, stride int) {
		before := (k - 1) / 2
		if e.Same {
			before = max(0, (ceilDiv(size, stride)-1)*stride+k-size) / 2
		}
		f.Size += (k - 1) * f.Stride
		f.Start += float64((k-1)/2-before) * float64(f.Stride)
		f.Stride *= stride
		size = ceilDiv(size, stride)
	}
	named := func(block string) {
		f.Block = block
		fields = append(fields, f)
	}
	layer(3, 2)
	named("conv_stem")
	for _, b := range e.blocks() {
		layer(b.kernel, b.stride)
		f.Global = f.Global || b.squeezed > 0
		named(b.name)
	}
	named("conv_head")
	return fields
}
