package explain

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/fusion"
	"thesis.example/lib/stats"
	"thesis.example/lib/vision"
)

// What a map has to stand before it is believed: it must change when the network does (Randomise), and the
// answer must hang on what it marks (Perturb).

const perturbSteps = 20

// Perturbed is how the class' probability goes when pixels go or come in the order of a map.
type Perturbed struct {
	// Deletion begins with the whole picture and takes away a twentieth of the pixels at a time, the
	// map's largest first, until all are 0, the colour that normalisation takes for the mean: small is
	// good. Insertion begins with the picture blurred by a Gaussian of 1/45 of its side (5 pixels of 224)
	// and puts pixels back: large is good. Both have 21 values (Petsiuk, Das & Saenko 2018, "RISE",
	// section 4.2).
	Deletion, Insertion []float64
}

// Areas are the areas under the curves by the trapezoid rule, between 0 and 1.
func (p Perturbed) Areas() (deletion, insertion float64) {
	return trapezoid(p.Deletion), trapezoid(p.Insertion)
}

func trapezoid(y []float64) float64 {
	sum := 0.0
	for i := 1; i < len(y); i++ {
		sum += (y[i-1] + y[i]) / 2
	}
	return sum / float64(len(y)-1)
}

// Perturb takes pixels away, and puts them back, in the order of the maps' signed values; of equal ones the
// upper left comes first. An empty map has an order too. The metadata stays.
func (a *Arm) Perturb(ctx context.Context, inputs []Input, classes []int, maps []Map) ([]Perturbed, error) {
	classes, err := a.classesOf(ctx, inputs, classes)
	if err != nil {
		return nil, err
	}
	if len(maps) != len(inputs) {
		return nil, fmt.Errorf("%d maps for %d pictures: want one each", len(maps), len(inputs))
	}
	curves := make([]Perturbed, len(inputs))
	for i, in := range inputs {
		pixels := maps[i].Pixels(a.Size)
		order := make([]int, len(pixels))
		for at := range order {
			order[at] = at
		}
		slices.SortStableFunc(order, func(p, q int) int { return cmp.Compare(pixels[q], pixels[p]) })
		blurred := blur(in.Pixels, a.Size, a.Size, 3, float64(a.Size)/45)
		var asked []Input
		for _, way := range []struct{ from, to []float32 }{{in.Pixels, make([]float32, len(in.Pixels))}, {blurred, in.Pixels}} {
			for step := range perturbSteps + 1 {
				x := slices.Clone(way.from)
				for _, at := range order[:step*len(order)/perturbSteps] {
					copy(x[3*at:3*at+3], way.to[3*at:])
				}
				asked = append(asked, Input{x, in.Metadata})
			}
		}
		logits, err := a.Logits(ctx, asked)
		if err != nil {
			return nil, fmt.Errorf("picture %d: %w", i+1, err)
		}
		for k, l := range logits {
			p := fusion.Probabilities(l)[classes[i]]
			if k <= perturbSteps {
				curves[i].Deletion = append(curves[i].Deletion, p)
			} else {
				curves[i].Insertion = append(curves[i].Insertion, p)
			}
		}
	}
	return curves, nil
}

// RandomMaps have in each cell a number drawn evenly: as coarse as the given maps, which is what they have
// to beat. An order of single pixels would be noise to the network, whatever they show.
func RandomMaps(like []Map, seed uint64) []Map {
	maps := make([]Map, len(like))
	for i, m := range like {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		maps[i] = Map{m.Rows, m.Cols, make([]float64, len(m.Signed))}
		for at := range maps[i].Signed {
			maps[i].Signed[at] = random.Float64()
		}
	}
	return maps
}

// Randomised is how much of the maps is left when the network's layers from the top down to Layer have new,
// random values.
type Randomised struct {
	Layer string // "head", then the backbone's blocks
	// Spearman is the rank correlation of each picture's signed map with the one of the trained network;
	// Constant counts those without one, as all their cells are equal: they are not in Spearman.
	Spearman []float64
	Constant int
}

// Randomise is the cascade of Adebayo et al. 2018 ("Sanity Checks for Saliency Maps", section 3): a map that
// stays as it is when the network's weights are lost shows the picture, not the network. New values are
// those that training from nothing starts with, batch norm's statistics included. classes nil are those
// predicted by the trained network. When Randomise returns, the arm has its own values again.
func (a *Arm) Randomise(ctx context.Context, method Method, inputs []Input, classes []int, seed uint64) (steps []Randomised, err error) {
	if classes, err = a.classesOf(ctx, inputs, classes); err != nil {
		return nil, err
	}
	own, err := a.Maps(ctx, method, inputs, classes)
	if err != nil {
		return nil, err
	}
	random, err := a.randomValues(seed)
	if err != nil {
		return nil, err
	}
	defer random.Finalize()
	kept := map[*model.Variable]*tensors.Tensor{}
	defer func() {
		for v, value := range kept {
			if e := v.SetValue(value); err == nil && e != nil {
				err = fmt.Errorf("giving the arm its values back: %s: %w", v.Path(), e)
			}
		}
	}()
	for _, layer := range a.layers() {
		for _, path := range layer.paths {
			v, from := a.Store.GetVariable(path), random.GetVariable(path)
			if v == nil || from == nil {
				return nil, fmt.Errorf("randomising %s: no variable %s", layer.name, path)
			}
			if kept[v], err = copied(v); err != nil {
				return nil, err
			}
			value, err := copied(from)
			if err == nil {
				err = v.SetValue(value)
			}
			if err != nil {
				return nil, fmt.Errorf("randomising %s: %w", path, err)
			}
		}
		maps, err := a.Maps(ctx, method, inputs, classes)
		if err != nil {
			return nil, fmt.Errorf("with %s and above at random: %w", layer.name, err)
		}
		step := Randomised{Layer: layer.name}
		for i, m := range maps {
			if constant(m.Signed) || constant(own[i].Signed) {
				step.Constant++
				continue
			}
			r, err := stats.Spearman(own[i].Signed, m.Signed)
			if err != nil {
				return nil, fmt.Errorf("with %s and above at random, picture %d: %w", layer.name, i+1, err)
			}
			step.Spearman = append(step.Spearman, r.R)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func constant(x []float64) bool { return slices.Min(x) == slices.Max(x) }

func copied(v *model.Variable) (*tensors.Tensor, error) {
	value, err := v.Value()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", v.Path(), err)
	}
	flat, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", v.Path(), err)
	}
	return tensors.FromFlatDataAndDimensions(flat, value.Shape().Dimensions...), nil
}

// randomValues is a store like the arm's with nothing learnt in it.
func (a *Arm) randomValues(seed uint64) (*model.Store, error) {
	store := model.NewStore()
	values := vision.RandomParams(a.Model.Backbone, seed)
	if err := a.Model.Init(store, values, seed); err != nil {
		return nil, err
	}
	if a.Model.Experiment == 1 { // whose Init leaves the frozen backbone to others
		if err := vision.SetParams(store.RootScope().At("backbone"), a.Model.Backbone, values); err != nil {
			return nil, err
		}
	}
	return store, nil
}

type layer struct {
	name  string
	paths []string // of its variables
}

// layers are the head, then the backbone's blocks from the last to the first.
func (a *Arm) layers() []layer {
	head := layer{name: "head"}
	for _, p := range a.Model.Params() {
		head.paths = append(head.paths, "/head/"+p.Name)
	}
	blocks := a.Model.Backbone.Blocks()
	byBlock := map[string][]string{}
	for _, p := range a.Model.Backbone.Params() {
		name := ""
		switch first, _, _ := strings.Cut(p.Name, "."); first {
		case "blocks":
			for _, b := range blocks {
				if strings.HasPrefix(p.Name, b+".") {
					name = b
				}
			}
		case "conv_stem", "bn1", "cls_token", "pos_embed", "patch_embed":
			name = blocks[0]
		case "conv_head", "bn2", "norm":
			name = blocks[len(blocks)-1]
		default: // its own classifier, which the arm does not use
			continue
		}
		byBlock[name] = append(byBlock[name], "/backbone/"+p.Name)
	}
	layers := []layer{head}
	for _, b := range slices.Backward(blocks) {
		layers = append(layers, layer{b, byBlock[b]})
	}
	return layers
}
