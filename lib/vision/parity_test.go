//go:build parity

package vision

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/setup"
	"thesis.example/lib/weights"
)

// TestParity compares EfficientNet-B0 and ViT-B/16 at full size with torchvision, which has to be
// in the Python that $PYTHON names, by default .venv/parity's.
//
//	go test -tags parity -run Parity -v ./lib/vision
func TestParity(t *testing.T) {
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	python := os.Getenv("PYTHON")
	if python == "" {
		python = filepath.Join(root, ".venv", "parity", "bin", "python")
	}
	dir := t.TempDir()
	script := exec.Command(python, "testdata/parity.py", dir)
	script.Stderr = os.Stderr
	versions, err := script.Output()
	if err != nil {
		t.Fatalf("running testdata/parity.py with %s: %v", python, err)
	}
	t.Logf("%s", strings.TrimSpace(string(versions)))
	for _, name := range []string{"efficientnet_b0", "vit_b_16"} {
		t.Run(name, func(t *testing.T) { parity(t, dir, name) })
	}
}

func parity(t *testing.T, dir, name string) {
	n, err := Architecture(name)
	if err != nil {
		t.Fatal(err)
	}
	load := func(kind string) map[string]weights.Array {
		path := filepath.Join(dir, name+"."+kind+".safetensors")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := weights.ReadArrays(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return file
	}
	initial, results := load("weights"), load("results")
	canonicalOf := func(prefix string) map[string]*tensors.Tensor {
		file := map[string]weights.Array{}
		for key, a := range results {
			if rest, ok := strings.CutPrefix(key, prefix); ok {
				file[rest] = a
			}
		}
		if prefix == "gradient." { // statistics have none
			for key, a := range initial {
				if strings.Contains(key, "running_") {
					file[key] = a
				}
			}
		}
		values, err := Canonical(n, file)
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	values, err := Canonical(n, initial)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := SetParams(store.RootScope(), n, values); err != nil {
		t.Fatal(err)
	}
	x := tensors.FromFlatDataAndDimensions(results["pictures"].Values, results["pictures"].Shape...)

	infer := model.MustNewExec(testBackend(t), store, func(s *model.Scope, x *Node) []*Node {
		var stages []*Node
		pass := Pass{Tap: func(_ string, y *Node) *Node { stages = append(stages, y); return y }}
		return append(stages, n.Logits(s, n.Features(s, x, pass), pass))
	})
	outputs, err := infer.Exec(x)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, block := range n.Blocks() {
		worst = max(worst, distance(t, "stage "+block, outputs[i], results["stage."+block].Values, 1e-4, 0))
	}
	t.Logf("largest difference of a stage's output: %.1e of its largest value", worst)
	t.Logf("of the logits: %.1e", distance(t, "logits", outputs[len(outputs)-1], results["logits"].Values, 1e-4, 0))

	var params []Param
	train := model.MustNewExec(testBackend(t), store, func(s *model.Scope, x *Node) []*Node {
		pass := Pass{Train: true, Masks: map[string]*Node{}}
		loss := crossEntropy(n.Logits(s, n.Features(s, x, pass), pass))
		params = nil
		var vars []*model.Variable
		var nodes []*Node
		for _, p := range n.Params() {
			if !p.Stat {
				v := s.GetVariable(p.Name)
				params, vars, nodes = append(params, p), append(vars, v), append(nodes, v.NodeValue(x.Graph()))
			}
		}
		gradients := Gradient(loss, nodes...)
		Adam{Rate: 1e-4}.Apply(s, vars, gradients)
		return append([]*Node{loss}, gradients...)
	})
	outputs, err = train.Exec(x)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("of the loss: %.1e", distance(t, "loss", outputs[0], results["loss"].Values, 1e-4, 0))
	gradients := canonicalOf("gradient.")
	largest, worst := 0.0, 0.0
	for _, g := range gradients {
		for _, v := range tensors.MustCopyFlatData[float32](g) {
			largest = max(largest, math.Abs(float64(v)))
		}
	}
	null := map[string]bool{}
	for i, p := range params {
		want := tensors.MustCopyFlatData[float32](gradients[p.Name])
		size := 0.0
		for _, v := range want {
			size = max(size, math.Abs(float64(v)))
		}
		null[p.Name] = size < 1e-5*largest
		worst = max(worst, distance(t, "gradient of "+p.Name, outputs[i+1], want, 1e-3, 1e-3*largest))
	}
	t.Logf("of a parameter's gradient: %.1e", worst)
	updated := canonicalOf("updated.")
	worst = 0
	for _, p := range n.Params() {
		least := 0.0
		if null[p.Name] || strings.HasSuffix(p.Name, "attn.qkv.bias") {
			least = 0.25 // Adam makes a whole step, 1e-4, of a gradient that is rounding only
		}
		want := tensors.MustCopyFlatData[float32](updated[p.Name])
		got := tensors.MustCopyFlatData[float32](store.RootScope().GetVariable(p.Name).MustValue())
		// By norm: where a single value's gradient is rounding, Adam's first step may go to either side.
		var off, norm float64
		for i, v := range want {
			off += float64(got[i]-v) * float64(got[i]-v)
			norm += float64(v) * float64(v)
		}
		d := math.Sqrt(off) / max(math.Sqrt(norm), least*math.Sqrt(float64(len(want))))
		if !(d <= 1e-3) {
			t.Errorf("%s after a step differs by %.1e of its norm, want at most 1e-3", p.Name, d)
		}
		worst = max(worst, d)
	}
	t.Logf("of a parameter or statistic after one step of Adam, by norm: %.1e", worst)
}

// distance is the largest difference between got and want as a share of the largest value, at least
// least, and fails where it is above tolerance.
func distance(t *testing.T, what string, got *tensors.Tensor, want []float32, tolerance, least float64) float64 {
	t.Helper()
	values := tensors.MustCopyFlatData[float32](got)
	if len(values) != len(want) {
		t.Fatalf("%s has %d values, want %d", what, len(values), len(want))
	}
	largest, worst := least, 0.0
	for i, v := range want {
		largest = max(largest, math.Abs(float64(v)))
		worst = max(worst, math.Abs(float64(values[i]-v)))
	}
	if worst = worst / largest; !(worst <= tolerance) {
		t.Errorf("%s differs by %.1e of its largest value, want at most %.0e", what, worst, tolerance)
	}
	return worst
}
