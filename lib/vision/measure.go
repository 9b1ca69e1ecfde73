package vision

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"
)

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

// Speed is what a network costs on this machine, in batches of pictures of Size×Size.
type Speed struct {
	Network     string
	Batch, Size int
	// The fastest of two batches, pictures a second: other work on the machine only slows down.
	Inference, Training float64
	// Seconds until the first batch was done, compilation included.
	FirstInference, FirstTraining float64
	// The largest amount of memory that the process has held until then, bytes.
	InferenceMemory, TrainingMemory int64
}

// MeasureSpeed times inference and training steps (train mode, Adam, every weight) of a network
// with random weights, which cost what trained ones cost. The memory is the whole process': call
// it once in a process that did nothing large before.
func MeasureSpeed(ctx context.Context, n Network, batch, size int) (Speed, error) {
	s := Speed{Network: n.Name(), Batch: batch, Size: size}
	backend, err := Backend()
	if err != nil {
		return s, err
	}
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		return s, err
	}
	if err := SetParams(store.RootScope(), n, RandomParams(n, 1)); err != nil {
		return s, err
	}
	pictures := make([]float32, batch*size*size*3)
	for i := range pictures {
		pictures[i] = float32(math.Sin(float64(i)))
	}
	output := func(scope *model.Scope, x *Node, pass Pass) *Node {
		y := n.Features(scope, x, pass)
		if HasClasses(n) {
			y = n.Logits(scope, y, pass)
		}
		return y
	}
	run := func(graph func(scope *model.Scope, x *Node) *Node) (first, perSecond float64, memory int64, err error) {
		x := tensors.FromFlatDataAndDimensions(pictures, batch, size, size, 3)
		exec, err := model.NewExec(backend, store, graph)
		if err != nil {
			return 0, 0, 0, err
		}
		defer exec.Finalize()
		for i := range 3 {
			if ctx.Err() != nil {
				return 0, 0, 0, context.Cause(ctx)
			}
			start := time.Now()
			y, err := exec.Exec1(x)
			if err != nil {
				return 0, 0, 0, err
			}
			if err := tensors.ConstFlatData(y, func([]float32) {}); err != nil { // waits for the engine
				return 0, 0, 0, err
			}
			if seconds := time.Since(start).Seconds(); i == 0 {
				first = seconds
			} else {
				perSecond = max(perSecond, float64(batch)/seconds)
			}
		}
		memory, err = peakMemory()
		return first, perSecond, memory, err
	}
	s.FirstInference, s.Inference, s.InferenceMemory, err = run(func(scope *model.Scope, x *Node) *Node {
		return output(scope, x, Pass{})
	})
	if err != nil {
		return s, fmt.Errorf("timing the inference of %s: %w", n.Name(), err)
	}
	s.FirstTraining, s.Training, s.TrainingMemory, err = run(func(scope *model.Scope, x *Node) *Node {
		y := LogSoftmax(output(scope, x, Pass{Train: true}), -1)
		loss := Neg(ReduceAllMean(Slice(y, AxisRange(), AxisElem(0))))
		Adam{Rate: 1e-4}.Step(scope, loss)
		return loss
	})
	if err != nil {
		return s, fmt.Errorf("timing the training of %s: %w", n.Name(), err)
	}
	return s, nil
}

// peakMemory is the largest resident size that this process ever had, bytes.
func peakMemory() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the memory in use: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kB, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kB * 1024, err
		}
	}
	return 0, fmt.Errorf("reading the memory in use: no VmHWM in /proc/self/status")
}

// Processor names the processor that Speed was measured on.
func Processor() (string, error) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "", fmt.Errorf("reading the processor's name: %w", err)
	}
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("reading the processor's name: no model name in /proc/cpuinfo")
}
