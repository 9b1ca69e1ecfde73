package features

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"thesis.example/lib/onnx"
	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
	"thesis.example/lib/weights"
)

// network is one of the three networks that measure faces and text: an entry of
// data/weights.json, or the one that an environment variable names, of the same make.
type network struct {
	entry, variable string

	mu      sync.Mutex
	name    string // of the entry that is loaded
	model   *onnx.Model
	letters *alphabet // of a recogniser
}

var (
	// Any network with the outputs of CenterFace.
	faceDetector = &network{entry: "centerface", variable: "FACES"}
	// Any of PP-OCR's detection.
	textDetector = &network{entry: "ppocr-v5-detection", variable: "TEXT_DETECTION"}
	// Any of PP-OCR's recognition for lines of 48 pixels. Its letters stand under
	// "character" in the file, or in the entry whose name is the recogniser's and -letters.
	textRecogniser = &network{entry: "ppocr-v6-recognition", variable: "TEXT_RECOGNITION"}
)

// chosen is the name of the entry that is in use.
func (n *network) chosen() string { return cmp.Or(os.Getenv(n.variable), n.entry) }

// load gives the network, and the letters where it is the recogniser. A first call fetches
// the files where they are not there yet.
func (n *network) load(ctx context.Context) (*onnx.Model, *alphabet, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := n.chosen()
	if n.model != nil && n.name == name {
		return n.model, n.letters, nil
	}
	entry, err := weights.Find(name)
	if err == nil && entry.Architecture != "" {
		err = fmt.Errorf("weights %s are of a backbone (%s): expected a model like %s", name, entry.Architecture, n.entry)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("$%s: %w", n.variable, err)
	}
	file, err := weights.Bytes(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	model, err := onnx.New(file)
	if err != nil {
		return nil, nil, fmt.Errorf("weights %s: %w", name, err)
	}
	var letters *alphabet
	if n == textRecogniser {
		list, err := model.Metadata("character")
		if err != nil {
			return nil, nil, fmt.Errorf("weights %s: %w", name, err)
		}
		if list == "" {
			b, err := weights.Bytes(ctx, name+"-letters")
			if err != nil {
				return nil, nil, fmt.Errorf("weights %s hold no letters (metadata \"character\"): %w", name, err)
			}
			list = string(b)
		}
		letters = newAlphabet(list)
	}
	n.name, n.model, n.letters = name, model, letters
	return model, letters, nil
}

// hash is the SHA-256 of what load loads. What the catalogue says is taken for it, so that
// nobody needs the files who has the measurements.
func (n *network) hash(ctx context.Context) (string, error) {
	entry, err := weights.Find(n.chosen())
	if err != nil {
		return "", fmt.Errorf("$%s: %w", n.variable, err)
	}
	if len(entry.SHA256) == 64 {
		return entry.SHA256, nil
	}
	f, err := weights.Open(ctx, n.chosen())
	if err != nil {
		return "", err
	}
	return f.Hash, f.Close()
}

// cacheFolder is where measurements are kept that were made as they would be now: by this
// code, on pixels of this decoder, with these networks on this engine.
func cacheFolder(ctx context.Context) (string, error) {
	faces, err1 := faceDetector.hash(ctx)
	detection, err2 := textDetector.hash(ctx)
	recognition, err3 := textRecogniser.hash(ctx)
	engine, err4 := onnx.Version()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return "", err
	}
	return setup.CacheFile("features", measureVersion, picture.Version, engine, faces, detection, recognition)
}
