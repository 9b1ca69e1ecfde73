package explain

import (
	"context"
	"fmt"
	"slices"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/picture"
	"thesis.example/lib/trial"
	"thesis.example/lib/vision"
)

// Study is what section 7.2 shows of one backbone in Experiment 2: where the single and the hybrid arm look,
// and whether their maps can be believed. All is of the first fold's test pictures.
type Study struct {
	// Images are those on which the two arms disagree most, as SideBySide has them; none where they agree
	// on all.
	Images   []*picture.Image
	Captions []string
	// Checks holds the hybrid arm's maps, method by method, against random maps and against a network that
	// has lost its weights; Pointing what the maps of both arms fall on.
	Checks, Pointing struct {
		Header []string
		Rows   [][]string
	}
	Method Method // of all but Checks
}

// How many test pictures each part of a Study takes.
const (
	studyShown    = 3
	studyChecked  = 6
	studyPointing = 24
)

// StudyOf loads the two arms of a backbone, training them where they have no network yet.
func StudyOf(ctx context.Context, set *dataset.Set, table *features.Table, backbone string, c trial.Choice) (*Study, error) {
	var arms []*Arm
	var records [][]*trial.Record
	for _, joined := range []string{"single", "hybrid"} {
		n, err := trial.Trained(ctx, set, table, trial.Trial{Experiment: 2, Arm: fusion.Arm{Backbone: backbone, Fusion: joined}.String(), Fold: 1, Choice: c})
		if err != nil {
			return nil, err
		}
		defer n.Release()
		a, err := OfTrained(n)
		if err != nil {
			return nil, err
		}
		defer a.Close()
		arms, records = append(arms, a), append(records, []*trial.Record{n.Record})
	}
	single, hybrid := arms[0], arms[1]
	s := &Study{Method: GradCAM}
	if _, ok := hybrid.Model.Backbone.(*vision.ViT); ok {
		s.Method = Relevance
	}
	regions, err := Regions(ctx, set)
	if err != nil {
		return nil, err
	}
	differ, err := Disagreements(records[0], records[1])
	if err != nil {
		return nil, err
	}
	var shown []int
	for _, d := range differ[:min(studyShown, len(differ))] {
		shown = append(shown, slices.IndexFunc(set.Samples, func(s dataset.Sample) bool { return s.File == d.File }))
	}
	if len(shown) > 0 {
		if s.Images, s.Captions, err = SideBySide(ctx, set, single, hybrid, s.Method, shown, regions); err != nil {
			return nil, err
		}
	}
	if err := s.check(ctx, hybrid, dataset.SpreadOf(hybrid.network.Test, studyChecked), c.Seed); err != nil {
		return nil, fmt.Errorf("checking the maps of %s: %w", hybrid.Model.Arm, err)
	}
	if err := s.point(ctx, arms, dataset.SpreadOf(hybrid.network.Test, studyPointing), regions); err != nil {
		return nil, fmt.Errorf("where the maps of %s fall: %w", backbone, err)
	}
	return s, nil
}

// Agreement says that there are no Images because the two arms agree, "" where there are some.
func (s *Study) Agreement() string {
	if len(s.Images) > 0 {
		return ""
	}
	return "Single and hybrid agree on every test picture of the first fold."
}

func (s *Study) check(ctx context.Context, a *Arm, samples []int, seed uint64) error {
	inputs := a.Samples(samples...)
	classes, err := a.Predict(ctx, inputs)
	if err != nil {
		return err
	}
	s.Checks.Header = []string{"maps", "empty", "deletion", "of random maps", "insertion", "of random maps", "like the map of random weights (Spearman)"}
	for _, method := range a.Methods() {
		maps, err := a.Maps(ctx, method, inputs, classes)
		if err != nil {
			return err
		}
		own, err := a.Perturb(ctx, inputs, classes, maps)
		if err != nil {
			return err
		}
		random, err := a.Perturb(ctx, inputs, classes, RandomMaps(maps, seed))
		if err != nil {
			return err
		}
		lost := "–"
		if method == s.Method { // a cascade through all layers is dear
			steps, err := a.Randomise(ctx, method, inputs, classes, seed)
			if err != nil {
				return err
			}
			lost = "no map is left"
			if last := steps[len(steps)-1]; len(last.Spearman) > 0 {
				lost = fmt.Sprintf("%.2f", meanOf(last.Spearman))
			}
		}
		deletion, insertion := meanAreas(own)
		randomDeletion, randomInsertion := meanAreas(random)
		s.Checks.Rows = append(s.Checks.Rows, []string{
			string(method), fmt.Sprintf("%d of %d", Empties(maps), len(maps)),
			fmt.Sprintf("%.3f", deletion), fmt.Sprintf("%.3f", randomDeletion), fmt.Sprintf("%.3f", insertion), fmt.Sprintf("%.3f", randomInsertion), lost,
		})
	}
	return nil
}

func (s *Study) point(ctx context.Context, arms []*Arm, samples []int, regions [][]Region) error {
	s.Pointing.Header = []string{"arm", "on", "pictures with it", "share of the map", "share of the area", "largest value on it", "by chance", "empty maps"}
	var theirs [][]Region
	for _, i := range samples {
		theirs = append(theirs, regions[i])
	}
	for _, a := range arms {
		maps, err := a.Maps(ctx, s.Method, a.Samples(samples...), nil)
		if err != nil {
			return err
		}
		for _, kind := range Kinds {
			p := PointingGame(kind, maps, theirs)
			if p.Maps == 0 {
				continue
			}
			s.Pointing.Rows = append(s.Pointing.Rows, []string{
				a.Model.Arm.String(), kind, fmt.Sprintf("%d of %d", p.Maps, len(maps)), fmt.Sprintf("%.0f %%", 100*p.Mass), fmt.Sprintf("%.0f %%", 100*p.Area),
				fmt.Sprint(p.Hits), fmt.Sprintf("%.1f", p.Chance), fmt.Sprint(p.Empty),
			})
		}
	}
	return nil
}

func meanAreas(curves []Perturbed) (deletion, insertion float64) {
	for _, c := range curves {
		d, i := c.Areas()
		deletion, insertion = deletion+d/float64(len(curves)), insertion+i/float64(len(curves))
	}
	return deletion, insertion
}

func meanOf(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}
