package bench

import (
	"reflect"
	"testing"

	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

func TestMeasureSpeed(t *testing.T) {
	n := &vision.ViT{ID: "small ViT", Layers: 2, Dim: 24, Heads: 3, Patch: 8, Size: 32, Epsilon: 1e-6, Classes: 10}
	s, err := MeasureSpeed(t.Context(), n, 2, 32)
	if err != nil {
		t.Fatal(err)
	}
	if s.Inference <= 0 || s.Training <= 0 || s.FirstTraining <= 0 || s.InferenceMemory < 1<<20 || s.TrainingMemory < s.InferenceMemory {
		t.Errorf("%+v", s)
	}
}

// What was measured is kept: a second call gives the same numbers, which no second measurement would.
func TestMeasured(t *testing.T) {
	t.Setenv(setup.HomeVariable, t.TempDir())
	if known, err := Known("vit_tiny_patch16_224"); known || err != nil {
		t.Errorf("known before: %v, %v", known, err)
	}
	first, err := Measured(t.Context(), "vit_tiny_patch16_224")
	if err != nil {
		t.Fatal(err)
	}
	if known, err := Known("vit_tiny_patch16_224"); !known || err != nil {
		t.Errorf("known after: %v, %v", known, err)
	}
	again, err := Measured(t.Context(), "vit_tiny_patch16_224")
	if err != nil {
		t.Fatal(err)
	}
	again.When = first.When.In(again.When.Location()) // as JSON has the zone, not the place
	first.When = again.When
	if !reflect.DeepEqual(first, again) {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if _, err := Measured(t.Context(), "vit_tiny_patch17"); err == nil {
		t.Error("an unknown architecture is no error")
	}
}

func TestThisMachine(t *testing.T) {
	m, err := ThisMachine()
	if err != nil {
		t.Fatal(err)
	}
	if m.Processor == "" || Threads() < 1 || m.Device == "" || m.Plugin == "" || m.GoMLX == "" || m.GoXLA == "" || m.Go == "" {
		t.Errorf("%+v", m)
	}
}
