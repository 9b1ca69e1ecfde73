// Package onnx runs a neural network that comes as an ONNX file, on the CPU, by
// onnxruntime's shared library: the detectors and the recogniser of lib/features.
//
// Of the two engines that could run them, XLA is as fast but compiles every new shape
// of a picture, one to three seconds a process, and its reader of ONNX lacks six of the
// operators that these networks use; onnxruntime loads in a fifth of a second.
package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"thesis.example/lib/setup"
)

// Tensor is an array of float32 in row-major order: the product of Shape is len(Values).
type Tensor struct {
	Shape  []int
	Values []float32
}

// Model is a network, ready to run. Several goroutines may use one at a time: each Run
// keeps to the core that it is called on, so its result does not depend on how many
// cores there are or what else they do.
type Model struct {
	session *ort.DynamicAdvancedSession
	outputs []string
}

var (
	starting sync.Mutex
	version  string // of onnxruntime, once it runs
)

// Version is onnxruntime's, which decides with the model what a network answers.
func Version() (string, error) {
	starting.Lock()
	defer starting.Unlock()
	if version != "" {
		return version, nil
	}
	library, err := setup.File("libonnxruntime.so")
	if err != nil {
		return "", err
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return "", fmt.Errorf("starting onnxruntime from %s: %w", library, err)
	}
	version = ort.GetVersion()
	return version, nil
}

// New makes a model of the bytes of an ONNX file with one input. Sizes that the file
// fixes for input and outputs, such as that of the picture that a network was exported
// with, are made free.
func New(file []byte) (*Model, error) {
	if _, err := Version(); err != nil {
		return nil, err
	}
	g, err := openGraph(file)
	if err != nil {
		return nil, fmt.Errorf("ONNX model: %w", err)
	}
	if len(g.inputs) != 1 || len(g.outputs) == 0 {
		return nil, fmt.Errorf("ONNX model: inputs %q and outputs %q; expected one input and an output", g.inputs, g.outputs)
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("ONNX model: %w", err)
	}
	defer options.Destroy()
	// One thread a run. The arena keeps a run's memory for the next one, which without it
	// spends a seventh of its time on fresh pages; patterns would be kept for every size of
	// picture.
	err = errors.Join(options.SetIntraOpNumThreads(1), options.SetInterOpNumThreads(1),
		options.SetCpuMemArena(true), options.SetMemPattern(false))
	if err != nil {
		return nil, fmt.Errorf("ONNX model: %w", err)
	}
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(g.file, g.inputs, g.outputs, options)
	if err != nil {
		return nil, fmt.Errorf("ONNX model: %w", err)
	}
	return &Model{session, g.outputs}, nil
}

// Run gives the network's outputs for one input, in the order of the file.
func (m *Model) Run(in Tensor) ([]Tensor, error) {
	shape := make(ort.Shape, len(in.Shape))
	for i, d := range in.Shape {
		shape[i] = int64(d)
	}
	input, err := ort.NewTensor(shape, in.Values)
	if err != nil {
		return nil, fmt.Errorf("input of shape %d: %w", in.Shape, err)
	}
	defer input.Destroy()
	found := make([]ort.Value, len(m.outputs)) // onnxruntime makes them
	defer func() {
		for _, v := range found {
			if v != nil {
				v.Destroy()
			}
		}
	}()
	if err := m.session.Run([]ort.Value{input}, found); err != nil {
		return nil, fmt.Errorf("input of shape %d: %w", in.Shape, err)
	}
	out := make([]Tensor, len(found))
	for i, v := range found {
		t, ok := v.(*ort.Tensor[float32])
		if !ok {
			return nil, fmt.Errorf("output %s: not a tensor of float32", m.outputs[i])
		}
		for _, d := range t.GetShape() {
			out[i].Shape = append(out[i].Shape, int(d))
		}
		out[i].Values = slices.Clone(t.GetData()) // the original is freed
		if slices.ContainsFunc(out[i].Values, func(v float32) bool { return math.IsNaN(float64(v)) }) {
			return nil, fmt.Errorf("output %s: holds values that are not numbers", m.outputs[i])
		}
	}
	return out, nil
}

// Metadata is what the file says under a key of its own, "" where it says nothing.
func (m *Model) Metadata(key string) (string, error) {
	all, err := m.session.GetModelMetadata()
	if err != nil {
		return "", fmt.Errorf("metadata of the ONNX model: %w", err)
	}
	defer all.Destroy()
	value, _, err := all.LookupCustomMetadataMap(key)
	if err != nil {
		return "", fmt.Errorf("metadata of the ONNX model: %s: %w", key, err)
	}
	return value, nil
}
