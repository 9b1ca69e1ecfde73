package vision

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	. "github.com/gomlx/gomlx/core/graph"
)

var depthwiseCases = []struct {
	batch, height, width, channels, k, stride int
	pad                                       [2][2]int
}{
	{2, 8, 8, 3, 3, 1, [2][2]int{{1, 1}, {1, 1}}},
	{3, 9, 7, 4, 5, 1, [2][2]int{{2, 2}, {2, 2}}},
	{1, 8, 8, 5, 3, 2, [2][2]int{{1, 1}, {1, 1}}},  // torchvision, even
	{2, 9, 7, 2, 3, 2, [2][2]int{{1, 1}, {1, 1}}},  // torchvision, odd
	{2, 8, 10, 3, 3, 2, [2][2]int{{0, 1}, {0, 1}}}, // TensorFlow, even
	{5, 7, 12, 3, 5, 2, [2][2]int{{2, 2}, {1, 2}}}, // TensorFlow, odd and even
	{2, 11, 6, 3, 5, 2, [2][2]int{{2, 2}, {2, 2}}},
	{33, 5, 4, 2, 3, 1, [2][2]int{{1, 1}, {1, 1}}}, // more pictures than blocks
	{2, 3, 1, 2, 5, 2, [2][2]int{{2, 2}, {2, 2}}},  // smaller than the kernel
	{2, 6, 6, 2, 3, 1, [2][2]int{{0, 0}, {2, 0}}},
}

// reference is the engine's grouped convolution, which GoMLX differentiates channel by channel.
func reference(x, w *Node, stride int, pad [2][2]int) *Node {
	k := w.Shape().Dimensions
	return Convolve(x, Reshape(w, k[0], k[1], 1, k[2])).ChannelGroupCount(k[2]).Strides(stride).PaddingPerDim(pad[:]).Done()
}

func TestDepthwiseEqualsNativeConvolution(t *testing.T) {
	backend := testBackend(t)
	for _, c := range depthwiseCases {
		for name, kernel := range map[string]depthwiseKernel{"shifts": shifts{}, "native": native{}} {
			t.Run(fmt.Sprintf("%s %v", name, c), func(t *testing.T) {
				x := testPictures("x", c.batch, c.height, c.width, c.channels)
				w := testPictures("w", 1, c.k, c.k, c.channels)
				exec := MustNewExec(backend, func(x, w *Node) []*Node {
					w = Reshape(w, c.k, c.k, c.channels)
					d := depthwise{kernel, c.k, c.stride, c.pad, x.Shape().Dimensions}
					var outputs []*Node
					for _, y := range []*Node{d.apply(x, w), reference(x, w, c.stride, c.pad)} {
						// a loss whose gradient is different in every value of y
						loss := ReduceAllSum(Sin(MulScalar(y, 3)))
						outputs = append(append(outputs, y), Gradient(loss, x, w)...)
					}
					return outputs
				})
				outputs, err := exec.Exec(x, w)
				if err != nil {
					t.Fatal(err)
				}
				for i, what := range []string{"y", "dx", "dw"} {
					if !outputs[i].Shape().Equal(outputs[i+3].Shape()) {
						t.Fatalf("%s is %s, want %s", what, outputs[i].Shape(), outputs[i+3].Shape())
					}
					got, want := tensors.MustCopyFlatData[float32](outputs[i]), tensors.MustCopyFlatData[float32](outputs[i+3])
					for j := range want {
						if math.Abs(float64(got[j]-want[j])) > 1e-4*max(1, math.Abs(float64(want[j]))) {
							t.Fatalf("%s[%d] = %g, want %g", what, j, got[j], want[j])
						}
					}
				}
			})
		}
	}
}

func TestDepthwiseRefusesWhatItCannotDo(t *testing.T) {
	exec := MustNewExec(testBackend(t), func(x *Node) *Node {
		return depthwiseConv(x, Reshape(Slice(x, AxisElem(0), AxisRange(0, 3), AxisRange(0, 3)), 3, 3, -1), 3, [2][2]int{})
	})
	if _, err := exec.Exec(testPictures("x", 1, 8, 8, 2)); err == nil || !strings.Contains(err.Error(), "stride 3") {
		t.Errorf("error %v does not name the stride", err)
	}
}

// BenchmarkDepthwise runs layers of B0, a batch of 8, forward with both gradients, and reports
// how many times faster forward is than the engine's own convolution. The gradients have no such ratio:
// GoMLX's own compile for seconds each.
func BenchmarkDepthwise(b *testing.B) {
	backend := testBackend(b)
	for _, l := range []struct{ size, channels, k, stride int }{
		{112, 32, 3, 1}, {112, 96, 3, 2}, {56, 144, 3, 1}, {56, 144, 5, 2}, {28, 240, 5, 1}, {14, 672, 5, 1}, {7, 1152, 5, 1},
	} {
		b.Run(fmt.Sprintf("%dx%d,%d,k%d,stride%d", l.size, l.size, l.channels, l.k, l.stride), func(b *testing.B) {
			p := (l.k - 1) / 2
			pad := [2][2]int{{p, p}, {p, p}}
			x := testPictures("x", 8, l.size, l.size, l.channels)
			w := tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float32](testPictures("w", 1, l.k, l.k, l.channels)), l.k, l.k, l.channels)
			layer := func(x, w *Node) *Node {
				return depthwise{shifts{}, l.k, l.stride, pad, x.Shape().Dimensions}.apply(x, w)
			}
			seconds := map[string]float64{}
			var both func()
			for name, f := range map[string]func(x, w *Node) []*Node{
				"native":  func(x, w *Node) []*Node { return []*Node{reference(x, w, l.stride, pad)} },
				"forward": func(x, w *Node) []*Node { return []*Node{layer(x, w)} },
				"both":    func(x, w *Node) []*Node { return Gradient(ReduceAllSum(Square(layer(x, w))), x, w) },
			} {
				exec := MustNewExec(backend, f)
				run := func() {
					outputs, err := exec.Exec(x, w)
					if err != nil {
						b.Fatal(err)
					}
					for _, o := range outputs {
						o.MustFinalizeAll()
					}
				}
				run()
				best := math.Inf(1)
				for range 5 {
					start := time.Now()
					run()
					best = min(best, time.Since(start).Seconds())
				}
				seconds[name] = best
				if name == "both" {
					both = run
				}
			}
			for b.Loop() {
				both()
			}
			b.ReportMetric(seconds["forward"]*1e3, "ms-forward")
			b.ReportMetric(seconds["native"]/seconds["forward"], "native/ours")
		})
	}
}
