package onnx

import (
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"thesis.example/lib/setup/testhome"
	"thesis.example/lib/weights"
)

func TestMain(m *testing.M) { os.Exit(testhome.Run(m)) }

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := weights.Bytes(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// CenterFace's file fixes ten pictures of 32×32 and lists its weights as inputs.
func TestSizesAreFree(t *testing.T) {
	m, err := New(file(t, "centerface"))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{32, 32}, {64, 96}} {
		h, w := size[0], size[1]
		in := Tensor{Shape: []int{1, 3, h, w}, Values: make([]float32, 3*h*w)}
		for i := range in.Values {
			in.Values[i] = float32(i * 7919 % 256)
		}
		first, err := m.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, channels := range []int{1, 2, 2, 10} {
			if want := []int{1, channels, h / 4, w / 4}; !reflect.DeepEqual(first[i].Shape, want) || len(first[i].Values) != channels*h*w/16 {
				t.Errorf("output %d of %d×%d: %d, expected %d", i, w, h, first[i].Shape, want)
			}
		}
		// The same at any time, beside other runs.
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if again, err := m.Run(in); err != nil || !reflect.DeepEqual(again, first) {
					t.Errorf("another run of %d×%d differs, %v", w, h, err)
				}
			})
		}
		wg.Wait()
	}
	if _, err := m.Run(Tensor{Shape: []int{1, 4, 32, 32}, Values: make([]float32, 4*32*32)}); err == nil {
		t.Error("four colours were accepted")
	}
	if _, err := m.Run(Tensor{Shape: []int{1, 3, 32, 32}, Values: make([]float32, 5)}); err == nil {
		t.Error("an input without its values was accepted")
	}
}

func TestMetadata(t *testing.T) {
	m, err := New(file(t, "ppocr-v6-recognition"))
	if err != nil {
		t.Fatal(err)
	}
	if letters, err := m.Metadata("character"); err != nil || strings.Count(letters, "\n") < 18000 {
		t.Errorf("%d bytes of letters, %v", len(letters), err)
	}
	if nothing, err := m.Metadata("nothing"); err != nil || nothing != "" {
		t.Errorf("%q, %v", nothing, err)
	}
}

func TestNoModel(t *testing.T) {
	whole := file(t, "ppocr-v5-detection")
	noInput := protowire.AppendBytes(protowire.AppendTag(nil, modelGraph, protowire.BytesType), nil)
	for name, b := range map[string][]byte{
		"nothing": nil, "text": []byte("version https://git-lfs"), "half a file": whole[:len(whole)/2], "a graph of nothing": noInput,
	} {
		if _, err := New(b); err == nil || !strings.Contains(err.Error(), "ONNX model") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
