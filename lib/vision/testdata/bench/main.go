// Bench measures the backbones at 224×224 beside PyTorch on the same machine in the same run, and
// keeps the table in results.md beside it.
//
//	go run ./lib/vision/testdata/bench [-rounds 3] [-only TEXT]
//
// Every measurement is a process of its own. Rounds alternate between this library and PyTorch and
// the fastest counts, so that what else the machine does hits both alike. PyTorch is that of
// $PYTHON, or of .venv/parity (make parity); without one the rows have our numbers only.
//
// The last row is a matrix product, which bounds every other: how far apart the engines' products
// are depends on the processor.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// A task is a row of the table. Aims are ratios to PyTorch's speed.
type task struct {
	name, network string // no network: the matrix product
	train         bool
	batch         int
	layouts       []string // PyTorch's memory formats; the fastest counts
	least, aim    float64
}

var tasks = []task{
	{"ViT-B/16 training step", "vit_b_16", true, 8, []string{"default"}, 1.4, 1.8},
	{"ViT-B/16 inference", "vit_b_16", false, 8, []string{"default"}, 1.6, 2.0},
	{"EfficientNet-B0 training step", "efficientnet_b0", true, 32, []string{"default"}, 1.0, 1.4},
	{"EfficientNet-B0 inference", "efficientnet_b0", false, 32, []string{"default", "channels_last"}, 0.8, 1.2},
	{"matrix product of 4096×4096", "", false, 1, []string{"default"}, 0, 0},
}

const side = 4096 // rows and columns of the product's matrices

// measured is what one process reports.
type measured struct {
	Seconds  float64 // the fastest step
	First    float64 // from the start of the process to the end of the first step
	PeakMiB  float64
	Versions string
}

func main() {
	child := flag.String("child", "", "measure one task in this process")
	rounds := flag.Int("rounds", 3, "processes for each side of a row")
	steps := flag.Int("steps", 5, "steps in a process, after the first")
	only := flag.String("only", "", "measure only the rows whose name has this in it")
	flag.Parse()
	var err error
	if *child != "" {
		err = measure(*child, *steps)
	} else {
		err = table(*rounds, *steps, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func table(rounds, steps int, only string) error {
	root, err := setup.Root()
	if err != nil {
		return err
	}
	here := filepath.Join(root, "lib", "vision", "testdata", "bench")
	self, err := os.Executable()
	if err != nil {
		return err
	}
	python := os.Getenv("PYTHON")
	if parity := filepath.Join(root, ".venv", "parity", "bin", "python"); python == "" {
		if _, err := os.Stat(parity); err == nil {
			python = parity
		}
	}
	var rows []string
	var versions string
	for _, t := range tasks {
		if !strings.Contains(t.name, only) {
			continue
		}
		ours, theirs := worst(), worst()
		for range rounds {
			m, err := run(self, "-child", t.name, "-steps", fmt.Sprint(steps))
			if err != nil {
				return err
			}
			ours, versions = ours.best(m), m.Versions
			if python == "" {
				continue
			}
			for _, layout := range t.layouts {
				m, err := run(python, filepath.Join(here, "torch_bench.py"), t.network, fmt.Sprint(t.train), fmt.Sprint(t.batch), layout, fmt.Sprint(steps))
				if err != nil {
					return err
				}
				theirs = theirs.best(m)
			}
		}
		speed := func(m measured) string {
			if t.network == "" {
				return fmt.Sprintf("%.0f ms, %.0f GFLOP/s", m.Seconds*1e3, 2*math.Pow(side, 3)/m.Seconds/1e9)
			}
			return fmt.Sprintf("%.0f ms, %.1f/s", m.Seconds*1e3, float64(t.batch)/m.Seconds)
		}
		demand := "–"
		if t.least > 0 {
			demand = fmt.Sprintf("%.1f (%.1f)", t.least, t.aim)
		}
		row := fmt.Sprintf("| %s, batch %d | %s | ", t.name, t.batch, speed(ours))
		if t.network == "" {
			row = fmt.Sprintf("| %s | %s | ", t.name, speed(ours))
		}
		if python != "" {
			versions = ours.Versions + ", " + theirs.Versions
			row += fmt.Sprintf("%s | **%.2f** | %s | %.0f, %.0f MiB | %.1f, %.1f s |", speed(theirs), theirs.Seconds/ours.Seconds,
				demand, ours.PeakMiB, theirs.PeakMiB, ours.First, theirs.First)
		} else {
			row += fmt.Sprintf("– | – | %s | %.0f MiB | %.1f s |", demand, ours.PeakMiB, ours.First)
		}
		fmt.Println(row)
		rows = append(rows, row)
	}
	cpu, err := processor()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("# Speed of the backbones at 224×224\n\nMade by bench (`make bench`) on %s: %s, %d cores; %s.\n\n"+
		"| work | ours | PyTorch | ratio | at least (aim) | peak memory, PyTorch's | start to first step, PyTorch's |\n|---|---|---|---|---|---|---|\n%s\n",
		time.Now().Format("2006-01-02"), cpu, runtime.NumCPU(), versions, strings.Join(rows, "\n"))
	if only != "" {
		return nil
	}
	return os.WriteFile(filepath.Join(here, "results.md"), []byte(text), 0o644)
}

func worst() measured {
	return measured{Seconds: math.Inf(1), First: math.Inf(1), PeakMiB: math.Inf(1)}
}

func (m measured) best(n measured) measured {
	return measured{min(m.Seconds, n.Seconds), min(m.First, n.First), min(m.PeakMiB, n.PeakMiB), n.Versions}
}

func run(name string, args ...string) (measured, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var m measured
	if err != nil {
		return m, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &m); err != nil {
		return m, fmt.Errorf("reading the report of %s: %w", name, err)
	}
	return m, nil
}

// measure runs the task in this process and prints its report.
func measure(name string, steps int) error {
	start := time.Now()
	i := slices.IndexFunc(tasks, func(t task) bool { return t.name == name })
	if i < 0 {
		return fmt.Errorf("no task %q", name)
	}
	t := tasks[i]
	backend, err := vision.Backend()
	if err != nil {
		return err
	}
	step, dims, err := program(backend, t)
	if err != nil {
		return err
	}
	size := 1
	for _, d := range dims {
		size *= d
	}
	values := make([]float32, size)
	for i := range values {
		values[i] = float32(math.Sin(float64(i)))
	}
	x := tensors.FromFlatDataAndDimensions(values, dims...)
	report := worst()
	for i := range steps + 1 {
		before := time.Now()
		if err := step(x); err != nil {
			return err
		}
		if i == 0 {
			report.First = time.Since(start).Seconds()
		} else {
			report.Seconds = min(report.Seconds, time.Since(before).Seconds())
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	report.PeakMiB = float64(usage.Maxrss) / 1024
	report.Versions = "Go " + strings.TrimPrefix(runtime.Version(), "go")
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if strings.HasPrefix(d.Path, "github.com/gomlx/") && (strings.HasSuffix(d.Path, "/gomlx") || strings.HasSuffix(d.Path, "/go-xla")) {
				report.Versions += ", " + filepath.Base(d.Path) + " " + d.Version
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// program makes one step of the task, and the dimensions of what it takes.
func program(backend compute.Backend, t task) (step func(x *tensors.Tensor) error, dims []int, err error) {
	if t.network == "" {
		exec, err := NewExec(backend, func(x *Node) *Node { return ReduceAllMax(Dot(x, x).Product()) })
		return func(x *tensors.Tensor) error { _, err := exec.Exec(x); return err }, []int{side, side}, err
	}
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		return nil, nil, err
	}
	network, err := vision.Architecture(t.network)
	if err != nil {
		return nil, nil, err
	}
	if err := vision.SetParams(store.RootScope(), network, vision.RandomParams(network, 1)); err != nil {
		return nil, nil, err
	}
	step, err = pass(backend, store, network, t.train)
	return step, []int{t.batch, 224, 224, 3}, err
}

// pass is one step of a network on a batch of pictures. Training is two programs, gradients and
// Adam's update: in one, a step's activations and the new moments would be in memory together.
func pass(backend compute.Backend, store *model.Store, network vision.Network, train bool) (func(x *tensors.Tensor) error, error) {
	var trained []*model.Variable
	forward, err := model.NewExec(backend, store, func(s *model.Scope, x *Node) []*Node {
		pass := vision.Pass{Train: train}
		logits := network.Logits(s, network.Features(s, x, pass), pass)
		if !train {
			return []*Node{logits}
		}
		loss := Neg(ReduceAllMean(Slice(LogSoftmax(logits, -1), AxisRange(), AxisElem(1))))
		trained = nil
		var values []*Node
		for _, p := range network.Params() {
			if v := s.GetVariable(p.Name); v.Trainable {
				trained, values = append(trained, v), append(values, v.NodeValue(x.Graph()))
			}
		}
		return append([]*Node{loss}, Gradient(loss, values...)...)
	})
	if err != nil {
		return nil, err
	}
	update, err := model.NewExec(backend, store, func(s *model.Scope, gradients []*Node) *Node {
		vision.Adam{Rate: 1e-4}.Apply(s, trained, gradients)
		return ScalarZero(gradients[0].Graph(), gradients[0].DType())
	})
	if err != nil {
		return nil, err
	}
	return func(x *tensors.Tensor) error {
		outputs, err := forward.Exec(x)
		if err != nil {
			return err
		}
		if v := tensors.MustCopyFlatData[float32](outputs[0])[0]; math.IsNaN(float64(v)) {
			return errors.New("the result is NaN")
		}
		if !train {
			return nil
		}
		gradients := make([]any, len(outputs)-1)
		for i, g := range outputs[1:] {
			if gradients[i], err = DonateTensorBuffer(g, backend, 0); err != nil {
				return err
			}
		}
		_, err = update.Exec(gradients...)
		return err
	}, nil
}

func processor() (string, error) {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "", fmt.Errorf("reading the processor's name: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value), nil
		}
	}
	return runtime.GOARCH, nil
}
