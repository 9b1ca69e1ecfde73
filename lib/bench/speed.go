package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/google/renameio/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// version counts the ways in which Speed was measured; kept ones of another are not read.
const version = 1

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

	Machine Machine
	Load    string    // processes that ran or waited for a core in the minute before
	When    time.Time // of the measurement
}

// The batch and the picture's size that Measured takes.
const (
	Batch = 8
	Size  = 224
)

// Measured is MeasureSpeed of the architecture of that name on Batch pictures of Size×Size, kept in the
// cache: a second call on this machine with these libraries reads what the first one found.
func Measured(ctx context.Context, architecture string) (s Speed, err error) {
	file, err := speedFile(architecture)
	if err != nil {
		return s, err
	}
	b, err := os.ReadFile(file)
	if err == nil && json.Unmarshal(b, &s) == nil {
		return s, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("the speed of %s: %w", architecture, err)
	}
	n, err := vision.Architecture(architecture)
	if err != nil {
		return s, err
	}
	if s, err = MeasureSpeed(ctx, n, Batch, Size); err != nil {
		return s, err
	}
	if b, err = json.Marshal(s); err == nil {
		err = renameio.WriteFile(file, b, 0o644)
	}
	if err != nil {
		return s, fmt.Errorf("keeping the speed of %s: %w", architecture, err)
	}
	return s, nil
}

// Known says whether Measured has the architecture's speed already.
func Known(architecture string) (bool, error) {
	file, err := speedFile(architecture)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func speedFile(architecture string) (string, error) {
	machine, err := ThisMachine()
	if err != nil {
		return "", err
	}
	return setup.CacheFile("speed-"+architecture, version, machine, architecture, Batch, Size)
}

// MeasureSpeed times inference and training steps (train mode, Adam, every weight) of a network
// with random weights, which cost what trained ones cost. The memory is the whole process': call
// it once in a process that did nothing large before.
func MeasureSpeed(ctx context.Context, n vision.Network, batch, size int) (Speed, error) {
	s := Speed{Network: n.Name(), Batch: batch, Size: size, When: time.Now().Round(time.Second)}
	backend, err := vision.Backend()
	if err != nil {
		return s, err
	}
	if s.Machine, err = ThisMachine(); err != nil {
		return s, err
	}
	if s.Load, err = load(); err != nil {
		return s, err
	}
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		return s, err
	}
	if err := vision.SetParams(store.RootScope(), n, vision.RandomParams(n, 1)); err != nil {
		return s, err
	}
	pictures := make([]float32, batch*size*size*3)
	for i := range pictures {
		pictures[i] = float32(math.Sin(float64(i)))
	}
	output := func(scope *model.Scope, x *Node, pass vision.Pass) *Node {
		y := n.Features(scope, x, pass)
		if vision.HasClasses(n) {
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
		memory, err = PeakMemory()
		return first, perSecond, memory, err
	}
	s.FirstInference, s.Inference, s.InferenceMemory, err = run(func(scope *model.Scope, x *Node) *Node {
		return output(scope, x, vision.Pass{})
	})
	if err != nil {
		return s, fmt.Errorf("timing the inference of %s: %w", n.Name(), err)
	}
	s.FirstTraining, s.Training, s.TrainingMemory, err = run(func(scope *model.Scope, x *Node) *Node {
		y := LogSoftmax(output(scope, x, vision.Pass{Train: true}), -1)
		loss := Neg(ReduceAllMean(Slice(y, AxisRange(), AxisElem(0))))
		vision.Adam{Rate: 1e-4}.Step(scope, loss)
		return loss
	})
	if err != nil {
		return s, fmt.Errorf("timing the training of %s: %w", n.Name(), err)
	}
	return s, nil
}
