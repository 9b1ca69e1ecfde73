package fusion

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/vision"
)

// A Head in plain Go answers as the graph does, whichever picture meets whichever metadata.
func TestHeadEqualsTheGraph(t *testing.T) {
	backend, err := vision.Backend()
	if err != nil {
		t.Fatal(err)
	}
	const pictures, numbers = 3, 5
	for _, c := range []struct {
		experiment int
		arm        string
	}{{2, "cnn-single"}, {2, "cnn-hybrid"}, {2, "cnn-logits"}, {2, "meta"}, {1, "cnn-hybrid"}, {1, "cnn-logits"}} {
		arm, err := ParseArm(c.experiment, c.arm)
		if err != nil {
			t.Fatal(err)
		}
		m := &Model{Experiment: c.experiment, Arm: arm, Metadata: numbers, Genres: 4}
		width := 0
		if arm.Backbone != "" {
			m.Backbone = &vision.ViT{ID: "small", Layers: 1, Dim: 24, Heads: 2, Patch: 4, Size: 16}
			width = 24
		}
		store := model.NewStore()
		scope := store.RootScope().At("head")
		for _, p := range m.Params() { // biases are not 0, so that none can be forgotten
			if _, err := scope.CreateVariable(p.Name, tensors.FromFlatDataAndDimensions(scaledBy(noise(p.Name, p.Size()), 0.4), p.Shape...)); err != nil {
				t.Fatal(err)
			}
		}
		features, metadata := noise("features", pictures*max(1, width)), noise("numbers", pictures*numbers)
		exec, err := model.NewExec(backend, store, func(s *model.Scope, features, metadata *Node) *Node {
			if m.Backbone == nil {
				features = nil
			}
			return m.Logits(s, features, metadata, vision.Pass{})
		})
		if err != nil {
			t.Fatal(err)
		}
		h, err := m.Head(store)
		if err != nil {
			t.Fatal(err)
		}
		for shift := range pictures { // everyone's metadata, in turn
			var turned []float32
			for i := range pictures {
				j := (i + shift) % pictures
				turned = append(turned, metadata[j*numbers:(j+1)*numbers]...)
			}
			out, err := exec.Exec1(tensors.FromFlatDataAndDimensions(features, pictures, max(1, width)), tensors.FromFlatDataAndDimensions(turned, pictures, numbers))
			if err != nil {
				t.Fatal(err)
			}
			want := flat(t, out)
			for i := range pictures {
				var picture Half
				if m.Backbone != nil {
					picture = h.Picture(features[i*width : (i+1)*width])
				}
				other := h.Metadata(turned[i*numbers : (i+1)*numbers])
				for g, got := range h.Join(picture, other) {
					if w := float64(want[i*4+g]); !(math.Abs(got-w) <= 1e-5*max(1, math.Abs(w))) {
						t.Errorf("experiment %d, %s: picture %d with the metadata of %d, genre %d: %g, the graph has %g", c.experiment, c.arm, i, (i+shift)%pictures, g, got, w)
					}
				}
				if _, _, ok := h.Own(picture, other); ok != (arm.Fusion == "logits") {
					t.Errorf("%s: logits of its own: %v", c.arm, ok)
				}
			}
		}
		exec.Finalize()
	}
	early := &Model{Experiment: 2, Arm: Arm{Backbone: "cnn", Fusion: "film"}}
	if _, err := early.Head(model.NewStore()); err == nil || !strings.Contains(err.Error(), "cnn-film enter the backbone") {
		t.Errorf("a head for film: %v", err)
	}
	if _, err := (&Model{Experiment: 2, Arm: Arm{Fusion: "meta"}}).Head(model.NewStore()); err == nil || !strings.Contains(err.Error(), "the head has no hidden.weight") {
		t.Errorf("a head without values: %v", err)
	}
}
