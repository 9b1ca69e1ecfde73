package explain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/picture"
	"thesis.example/lib/standin"
	"thesis.example/lib/trial"
)

// Disagreement is a test picture that two arms classify differently.
type Disagreement struct {
	Fold                    int
	File                    string
	Truth, First, Second    string  // genres
	FirstTruth, SecondTruth float64 // the probabilities of the truth
}

// Disagreements lists the pictures on which two arms' records of the same folds differ, those first whose
// probability of the truth differs most, of equals the first by name.
func Disagreements(first, second []*trial.Record) ([]Disagreement, error) {
	said := map[string]trial.Prediction{}
	for _, r := range first {
		for _, p := range r.Last.Pictures {
			said[p.File] = p
		}
	}
	var all []Disagreement
	for _, r := range second {
		for _, q := range r.Last.Pictures {
			p, ok := said[q.File]
			if !ok {
				return nil, fmt.Errorf("%s was tested by %s, but by no record of the other arm: the two need the same folds", q.File, r.Trial)
			}
			if p.Predicted == q.Predicted {
				continue
			}
			truth := slices.Index(r.Genres, q.Truth)
			all = append(all, Disagreement{r.Fold, q.File, q.Truth, p.Predicted, q.Predicted, p.Probabilities[truth], q.Probabilities[truth]})
		}
	}
	slices.SortFunc(all, func(a, b Disagreement) int {
		shift := func(d Disagreement) float64 { return math.Abs(d.SecondTruth - d.FirstTruth) }
		return cmp.Or(cmp.Compare(shift(b), shift(a)), cmp.Compare(a.File, b.File))
	})
	return all, nil
}

// Regions are what lies where in every sample of the set: as drawn, of the stand-in set, else as measured
// (MeasuredRegions).
func Regions(ctx context.Context, set *dataset.Set) ([][]Region, error) {
	regions := make([][]Region, len(set.Samples))
	if set.StandIn {
		truth, err := standin.Read(set.Dir)
		if err != nil {
			return nil, err
		}
		drawn := map[string]standin.Picture{}
		for _, p := range truth.Pictures {
			drawn[p.File] = p
		}
		for i, s := range set.Samples {
			p, ok := drawn[s.File]
			if !ok {
				return nil, fmt.Errorf("%s is not in %s of %s", s.File, dataset.StandInFile, set.Dir)
			}
			regions[i] = DrawnRegions(p)
		}
		return regions, nil
	}
	found, err := features.Measurements(ctx, set, features.Options{})
	if err != nil {
		return nil, err
	}
	for i, m := range found {
		whole, err := picture.Open(set.Path(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", set.Samples[i].File, err)
		}
		regions[i] = MeasuredRegions(m, whole.W, whole.H)
	}
	return regions, nil
}

// shownWidth is how wide pictures with maps are, in pixels.
const shownWidth = 180

// thumbnail is a picture as it is shown, whatever its size.
func thumbnail(m *picture.Image) *picture.Image {
	h := min(max(m.H*shownWidth/m.W, 1), 3*shownWidth)
	return m.Resize(shownWidth, h, picture.Bicubic)
}

// Over lays the map over the picture it was made of; see Overlay. Maps of single pixels are blurred
// before. An empty map leaves the picture dark.
func (m Map) Over(whole *picture.Image) *picture.Image {
	shown := m
	if m.Cols >= 64 {
		shown = m.Blurred(float64(m.Cols) / 45)
	}
	return Overlay(thumbnail(whole), shown.Display(), m.Cols)
}

// SideBySide shows for each of the samples the picture, the single arm's map, and the hybrid arm's with the
// picture's own metadata and with the training pictures' mean metadata, each for the class that is
// predicted there. Captions say the answer, and what share of the map falls on captions, faces and the
// app's furniture, with those things' share of the area behind it. regions are those of all samples of the
// set (Regions).
func SideBySide(ctx context.Context, set *dataset.Set, single, hybrid *Arm, method Method, samples []int, regions [][]Region) (images []*picture.Image, captions []string, err error) {
	type column struct {
		title  string
		maps   []Map
		logits [][]float64
	}
	columns := []column{{title: single.Model.Arm.String()}, {title: hybrid.Model.Arm.String() + ", own metadata"}, {title: hybrid.Model.Arm.String() + ", mean metadata"}}
	for k := range columns {
		a, inputs := single, single.Samples(samples...)
		if k > 0 {
			a, inputs = hybrid, hybrid.Samples(samples...)
		}
		if k == 2 {
			inputs = AtMean(inputs)
		}
		c := &columns[k]
		if c.logits, err = a.Logits(ctx, inputs); err != nil {
			return nil, nil, err
		}
		if c.maps, err = a.Maps(ctx, method, inputs, nil); err != nil {
			return nil, nil, err
		}
	}
	for at, i := range samples {
		whole, err := picture.Open(set.Path(i))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", set.Samples[i].File, err)
		}
		images = append(images, thumbnail(whole))
		captions = append(captions, fmt.Sprintf("%s\n%s", set.Samples[i].File, set.Title(set.Samples[i].Genre)))
		for _, c := range columns {
			p := fusion.Probabilities(c.logits[at])
			class := slices.Index(p, slices.Max(p))
			images = append(images, c.maps[at].Over(whole))
			captions = append(captions, fmt.Sprintf("%s\n%s %.2f\n%s", c.title, set.Title(set.Genres[class]), p[class], c.maps[at].describe(regions[i])))
		}
	}
	return images, captions, nil
}

// describe says where the map falls.
func (m Map) describe(regions []Region) string {
	if m.Empty() {
		return "empty: nothing speaks for the class"
	}
	var parts []string
	for _, kind := range Kinds {
		if mass, area := m.On(regions, kind); area > 0 {
			parts = append(parts, fmt.Sprintf("%s %.0f %% (area %.0f %%)", kind, 100*mass, 100*area))
		}
	}
	return strings.Join(parts, "\n")
}
