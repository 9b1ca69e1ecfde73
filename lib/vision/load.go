package vision

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/weights"
)

// Loaded is a network with its weights.
type Loaded struct {
	weights.Entry // those in use
	Network       Network
	Preprocess    Preprocess                 // hides the entry's own, which is text
	Values        map[string]*tensors.Tensor // by canonical name
	Hash          string                     // the file's SHA-256
	Asked         string                     // the name that was asked for
	Why           string                     // where other weights than those asked for are in use: the reason
}

// Load returns the network of that entry of data/weights.json with its weights; see weights.Open
// for where they come from. Where their source is out of reach the entry's fallback is loaded
// instead, and Loaded.Note says so.
func Load(ctx context.Context, name string) (*Loaded, error) {
	f, err := weights.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l := &Loaded{Entry: f.Entry, Hash: f.Hash, Asked: f.Asked, Why: f.Why}
	if l.Network, l.Preprocess, err = Describe(f.Entry); err != nil {
		return nil, err
	}
	arrays, err := f.Arrays()
	if err != nil {
		return nil, fmt.Errorf("weights %s: %w", f.Entry.Name, err)
	}
	if l.Values, err = Canonical(l.Network, arrays); err != nil {
		return nil, fmt.Errorf("weights %s: %s: %w", f.Entry.Name, f.Path(), err)
	}
	return l, nil
}

// Describe reads what an entry of data/weights.json says of its network; it opens no file.
func Describe(e weights.Entry) (Network, Preprocess, error) {
	var p Preprocess
	if e.Architecture == "" {
		return nil, p, fmt.Errorf("%s is no backbone: it has no architecture in data/weights.json", e.Name)
	}
	n, err := Architecture(e.Architecture)
	if err != nil {
		return nil, p, fmt.Errorf("data/weights.json, %s: %w", e.Name, err)
	}
	d := json.NewDecoder(strings.NewReader(string(e.Preprocess)))
	d.DisallowUnknownFields()
	if err = d.Decode(&p); err == nil {
		err = p.check()
	}
	if err != nil {
		return nil, p, fmt.Errorf("data/weights.json, %s, preprocess: %w", e.Name, err)
	}
	return n, p, nil
}

// Canonical gives the tensors of a weight file the names and the layout that network n's parameters
// have; see weights.Canonical.
func Canonical(n Network, file map[string]weights.Array) (map[string]*tensors.Tensor, error) {
	params := n.Params()
	wanted := make([]weights.Param, len(params))
	for i, p := range params {
		wanted[i] = weights.Param{Name: p.Name, Shape: p.Torch()}
	}
	found, err := weights.Canonical(n.Name(), wanted, file)
	if err != nil {
		return nil, err
	}
	values := make(map[string]*tensors.Tensor, len(params))
	for _, p := range params {
		values[p.Name] = tensors.FromFlatDataAndDimensions(p.FromTorch(found[p.Name]), p.Shape...)
	}
	return values, nil
}

// Note is "" where the weights are those that were asked for, else a sentence that belongs beside
// every result.
func (l *Loaded) Note() string {
	if l.Why == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s) stands in: %s", l.Name, l.Architecture, l.Why)
}

// Copies of weights, for a store that takes them over.
func Copies(values map[string]*tensors.Tensor) (map[string]*tensors.Tensor, error) {
	copies := make(map[string]*tensors.Tensor, len(values))
	for name, v := range values {
		flat, err := tensors.CopyFlatData[float32](v)
		if err != nil {
			return nil, fmt.Errorf("copying the weights %s: %w", name, err)
		}
		copies[name] = tensors.FromFlatDataAndDimensions(flat, v.Shape().Dimensions...)
	}
	return copies, nil
}

// SetParams puts the weights into scope. The tensors then belong to it: call it once.
func (l *Loaded) SetParams(scope *model.Scope) error { return SetParams(scope, l.Network, l.Values) }
