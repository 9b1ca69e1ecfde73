package vision

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	_ "github.com/gomlx/go-xla/compute/xla" // registers the engine

	"thesis.example/lib/setup"
)

// Backend is the engine that runs the graphs: XLA with the plug-in that $GOMLX_BACKEND names, by
// default the CPU plug-in that make setup installed. It is opened once in a process.
var Backend = sync.OnceValues(func() (compute.Backend, error) {
	if err := setup.UseXLA(); err != nil {
		return nil, err
	}
	b, err := compute.New()
	if err != nil {
		return nil, fmt.Errorf("opening the XLA backend ($GOMLX_BACKEND chooses it): %w", err)
	}
	if err := keepBuffers(); err != nil {
		return nil, fmt.Errorf("opening the XLA backend: %w", err)
	}
	return b, nil
})

// nativeDepthwise says whether g's device has a good depthwise convolution of its own. cuDNN has;
// XLA's for the CPU is 4 to 30 times slower than depthwiseConv's shifts and sums.
func nativeDepthwise(g *graph.Graph) bool {
	b, ok := g.Backend().(interface{ IsCUDA() bool })
	return ok && b.IsCUDA()
}
