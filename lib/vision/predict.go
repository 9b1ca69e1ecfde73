package vision

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/setup"
)

// Classes are the names of ImageNet-1k's classes (ILSVRC 2012) by index, 0 to 999, in the order of
// their WordNet numbers, which torchvision's, timm's and Keras' weights share: 0 is "tench, Tinca
// tinca". They come with make setup.
func Classes() ([]string, error) {
	path, err := setup.File("imagenet.json")
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var byIndex map[string]string
	if err := json.Unmarshal(b, &byIndex); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	names := make([]string, len(byIndex))
	for i := range names {
		names[i] = byIndex[strconv.Itoa(i)]
	}
	if len(names) != 1000 || slices.Contains(names, "") {
		return nil, fmt.Errorf("%s does not name the classes 0 to 999", path)
	}
	return names, nil
}

// Prediction is what a network sees in one picture.
type Prediction struct {
	File string  `json:"file"`
	Top  []Guess `json:"top"` // the likeliest first
}

// Guess is one class of ImageNet and its probability.
type Guess struct {
	Index       int     `json:"index"`
	Name        string  `json:"name"`
	Probability float32 `json:"probability"`
}

// Predict classifies pictures, slash paths below dir, and returns the top likeliest classes of
// each, in the order of files. It calls done with the number of pictures after each batch.
// Pictures that can't be read are missing from the predictions; unreadable has an error for each.
func Predict(ctx context.Context, l *Loaded, dir string, files []string, top int, done func(pictures int)) (predictions []Prediction, unreadable []error, err error) {
	classes, err := Classes()
	if err != nil {
		return nil, nil, err
	}
	store := model.NewStore()
	if err := l.SetParams(store.RootScope()); err != nil {
		return nil, nil, err
	}
	backend, err := Backend()
	if err != nil {
		return nil, nil, err
	}
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, pictures *graph.Node) *graph.Node {
		return graph.Softmax(l.Network.Logits(scope, l.Network.Features(scope, pictures, Pass{}), Pass{}), -1)
	})
	if err != nil {
		return nil, nil, err
	}
	defer exec.Finalize()

	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = filepath.Join(dir, filepath.FromSlash(f))
	}
	const batch = 32
	for b, err := range Batches(ctx, paths, l.Preprocess, min(batch, len(paths))) {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if err != nil {
			unreadable = append(unreadable, err)
			done(1)
			continue
		}
		out, err := exec.Exec1(b.Pictures)
		if err != nil {
			return nil, nil, fmt.Errorf("running %s: %w", l.Name, err)
		}
		probabilities, ok := out.Value().([][]float32)
		if !ok || len(probabilities[0]) != len(classes) {
			return nil, nil, fmt.Errorf("%s gives %s, want probabilities of %d classes", l.Name, out.Shape(), len(classes))
		}
		for row, i := range b.Index {
			predictions = append(predictions, Prediction{files[i], likeliest(probabilities[row], classes, top)})
		}
		done(len(b.Index))
	}
	return predictions, unreadable, nil
}

// likeliest returns the top classes; of equal probabilities the lower index comes first.
func likeliest(probabilities []float32, classes []string, top int) []Guess {
	guesses := make([]Guess, len(probabilities))
	for i, p := range probabilities {
		guesses[i] = Guess{i, classes[i], p}
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.Probability, a.Probability) })
	return guesses[:min(top, len(guesses))]
}

// HasClasses says whether the network ends in ImageNet's classes, so that Predict works.
func HasClasses(n Network) bool {
	return slices.ContainsFunc(n.Params(), func(p Param) bool {
		return strings.HasPrefix(p.Name, "classifier.") || strings.HasPrefix(p.Name, "head.")
	})
}
