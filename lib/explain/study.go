package explain

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"thesis.example/lib/bench"
	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
	"thesis.example/lib/stats"
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
	// Completeness holds integrated gradients of the hybrid arm for the pictures shown: what is attributed to
	// the picture and to the metadata, and by how much the sum misses the change of the logit. Checks holds the
	// hybrid arm's maps, method by method, against random maps; Cascade how much is left of the Method's when
	// the network loses its layers from the top; Pointing what the maps of both arms fall on.
	Completeness, Checks, Cascade, Pointing Rows
	Method                                  Method // of all but Completeness and Checks

	Tested, Differ int      // pictures of the first fold, and those on which the two arms disagree
	Said           []string // see Says
}

// Rows are a table.
type Rows struct {
	Header []string
	Rows   [][]string
}

// How many test pictures each part of a Study takes; those of the checks and the pointing game are spread
// evenly over the fold's.
const (
	studyShown    = 3
	studyChecked  = 6
	studyPointing = 24
)

// studyVersion counts the ways in which a Study was made; kept ones of another are not read.
const studyVersion = 3

// StudyOf loads the two arms of a backbone, training them where they have no network yet. A study is kept in
// data/cache, by everything that decides it.
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
	regions, err := Regions(ctx, set)
	if err != nil {
		return nil, err
	}
	machine, err := bench.ThisMachine()
	if err != nil {
		return nil, err
	}
	path, err := setup.CacheFile("study", studyVersion, machine, records[0][0].Machine, records[0][0].Config, records[1][0].Machine, records[1][0].Config, set.Titles(set.Genres), regions)
	if err != nil {
		return nil, err
	}
	return kept(path, func() (*Study, error) { return study(ctx, set, arms, records, regions, c.Seed) }, nil)
}

func study(ctx context.Context, set *dataset.Set, arms []*Arm, records [][]*trial.Record, regions [][]Region, seed uint64) (*Study, error) {
	single, hybrid := arms[0], arms[1]
	s := &Study{Method: GradCAM}
	if _, ok := hybrid.Model.Backbone.(*vision.ViT); ok {
		s.Method = Relevance
	}
	differ, err := Disagreements(records[0], records[1])
	if err != nil {
		return nil, err
	}
	s.Tested, s.Differ = len(hybrid.network.Test), len(differ)
	s.Completeness.Header = []string{"picture", "answer", "logit of the mean picture and metadata", "logit", "attributed to the picture", "to the metadata", "completeness error"}
	var shown []int
	for _, d := range differ[:min(studyShown, len(differ))] {
		shown = append(shown, slices.IndexFunc(set.Samples, func(s dataset.Sample) bool { return s.File == d.File }))
	}
	if len(shown) > 0 {
		if s.Images, s.Captions, err = SideBySide(ctx, set, single, hybrid, s.Method, shown, regions); err != nil {
			return nil, err
		}
		if err := s.complete(ctx, set, hybrid, shown); err != nil {
			return nil, fmt.Errorf("integrated gradients of %s: %w", hybrid.Model.Arm, err)
		}
	}
	if err := s.check(ctx, hybrid, dataset.SpreadOf(hybrid.network.Test, studyChecked), seed); err != nil {
		return nil, fmt.Errorf("checking the maps of %s: %w", hybrid.Model.Arm, err)
	}
	if err := s.point(ctx, arms, dataset.SpreadOf(hybrid.network.Test, studyPointing), regions); err != nil {
		return nil, fmt.Errorf("where the maps of %s and %s fall: %w", single.Model.Arm, hybrid.Model.Arm, err)
	}
	return s, nil
}

// Shows says which pictures Images holds.
func (s *Study) Shows() string {
	if s.Differ == 0 {
		return fmt.Sprintf("Single and hybrid agree on all %d test pictures of the first fold.", s.Tested)
	}
	which := "; shown are all of these"
	if s.Differ > studyShown {
		which = fmt.Sprintf("; shown are the %d on which the truth's probability differs most", studyShown)
	}
	return fmt.Sprintf("On %d of the first fold's %d test pictures single and hybrid disagree%s.", s.Differ, s.Tested, which)
}

// Says reads Checks, Cascade and Pointing: can the maps be believed, and where do they look?
func (s *Study) Says() string { return strings.Join(s.Said, " ") }

// complete fills the rows of Completeness.
func (s *Study) complete(ctx context.Context, set *dataset.Set, a *Arm, samples []int) error {
	found, err := a.Integrate(ctx, a.Samples(samples...), nil)
	if err != nil {
		return err
	}
	var shares []float64
	for i, p := range found {
		picture, metadata := p.Sums()
		shares = append(shares, 100*math.Abs(p.Error()/(p.To-p.From)))
		s.Completeness.Rows = append(s.Completeness.Rows, []string{set.Samples[samples[i]].File, set.Title(set.Genres[p.Class]), fmt.Sprintf("%.3f", p.From), fmt.Sprintf("%.3f", p.To), fmt.Sprintf("%+.3f", picture), fmt.Sprintf("%+.3f", metadata), fmt.Sprintf("%+.4f", p.Error())})
	}
	s.Said = append(s.Said, exactness(shares))
	return nil
}

// readable is how large a completeness error may be for the division to be read, in % of the logit's change.
const readable = 10

// exactness judges completeness errors, in % of the logit's change.
func exactness(errors []float64) string {
	least, most := slices.Min(errors), slices.Max(errors)
	say := fmt.Sprintf("The completeness error of the integrated gradients is %.1f to %.1f %% of the change of the logit", least, most)
	if len(errors) == 1 {
		say = fmt.Sprintf("The completeness error of the integrated gradients is %.1f %% of the change of the logit", most)
	}
	switch {
	case least > readable:
		return say + fmt.Sprintf(": over %d %%, too much for the division to be read.", readable)
	case most > readable:
		return say + fmt.Sprintf("; where it is over %d %%, the division is not to be read.", readable)
	}
	return say + "."
}

func (s *Study) check(ctx context.Context, a *Arm, samples []int, seed uint64) error {
	inputs := a.Samples(samples...)
	classes, err := a.Predict(ctx, inputs)
	if err != nil {
		return err
	}
	s.Checks.Header = []string{"maps", "empty", "deletion", "deletion by random maps", "lower on", "insertion", "insertion by random maps", "higher on"}
	byGrid := map[[2]int][]Perturbed{} // random maps of one grid are the same for every method
	for _, method := range a.Methods() {
		maps, err := a.Maps(ctx, method, inputs, classes)
		if err != nil {
			return err
		}
		own, err := a.Perturb(ctx, inputs, classes, maps)
		if err != nil {
			return err
		}
		shape := [2]int{maps[0].Rows, maps[0].Cols}
		random := byGrid[shape]
		if random == nil {
			if random, err = a.Perturb(ctx, inputs, classes, RandomMaps(maps, seed)); err != nil {
				return err
			}
			byGrid[shape] = random
		}
		deletion, insertion := meanAreas(own)
		randomDeletion, randomInsertion := meanAreas(random)
		lower, higher := 0, 0
		for i := range own {
			d, in := own[i].Areas()
			e, out := random[i].Areas()
			if d < e {
				lower++
			}
			if in > out {
				higher++
			}
		}
		of := func(n int) string { return fmt.Sprintf("%d of %d", n, len(own)) }
		s.Checks.Rows = append(s.Checks.Rows, []string{
			string(method), fmt.Sprintf("%d of %d", Empties(maps), len(maps)),
			fmt.Sprintf("%.3f", deletion), fmt.Sprintf("%.3f", randomDeletion), of(lower), fmt.Sprintf("%.3f", insertion), fmt.Sprintf("%.3f", randomInsertion), of(higher),
		})
		if method == s.Method {
			s.Said = append(s.Said, believe(method, lower, higher, len(own)))
		}
	}
	steps, err := a.Randomise(ctx, s.Method, inputs, classes, seed)
	if err != nil {
		return err
	}
	s.Cascade.Header = []string{"new weights from the head down to", "rank correlation with the trained network's map", "pictures", "without a map"}
	for _, step := range steps {
		like := "–"
		if len(step.Spearman) > 0 {
			like = fmt.Sprintf("%.2f", meanOf(step.Spearman))
		}
		s.Cascade.Rows = append(s.Cascade.Rows, []string{step.Layer, like, fmt.Sprint(len(step.Spearman)), fmt.Sprint(step.Constant)})
	}
	s.Said = append(s.Said, fades(steps))
	return nil
}

// related is the rank correlation from which on two maps count as much the same.
const related = .5

// fades says whether maps go as the network loses its weights, from the head to all layers.
func fades(steps []Randomised) string {
	head, last := steps[0], steps[len(steps)-1]
	if len(last.Spearman) == 0 {
		return "With all layers at random no map is left."
	}
	end := meanOf(last.Spearman)
	say := fmt.Sprintf("With all layers at random the map's rank correlation with the trained network's is %.2f: ", end)
	if end < related {
		say += "it goes with the weights."
	} else {
		say += "it shows the picture more than what was learnt from it."
	}
	if len(head.Spearman) > 0 && meanOf(head.Spearman) >= related {
		say += fmt.Sprintf(" With the head alone at random it is still %.2f: so much of the map is the same whatever the head makes of the features.", meanOf(head.Spearman))
	}
	for i := len(steps) - 2; i > 0; i-- {
		if step := steps[i]; len(step.Spearman) > 0 && meanOf(step.Spearman) >= related {
			say += fmt.Sprintf(" The last step that leaves it at %.1f or more is %s (%.2f).", related, step.Layer, meanOf(step.Spearman))
			break
		}
	}
	return say
}

// believe says whether maps beat random ones on n pictures, each a coin's throw for a map that knows nothing:
// McNemar's exact test of the pictures on which they do.
func believe(method Method, lower, higher, n int) string {
	verdict := func(better int) (string, bool) {
		wins, losses := make([]int, n), make([]int, n) // of a truth of 1s
		for i := range n {
			if i < better {
				wins[i] = 1
			} else {
				losses[i] = 1
			}
		}
		m, err := stats.McNemar(slices.Repeat([]int{1}, n), wins, losses)
		if err != nil {
			return fmt.Sprintf("%d of %d pictures", better, n), false
		}
		return fmt.Sprintf("%d of %d pictures (%s)", better, n, stats.SayP(m.Exact)), m.Exact < 1-stats.Level && 2*better > n
	}
	deletion, deleted := verdict(lower)
	insertion, inserted := verdict(higher)
	say := fmt.Sprintf("Can the maps (%s) be believed? They beat random maps by deletion on %s, by insertion on %s: ", method, deletion, insertion)
	switch {
	case deleted && inserted:
		return say + "the answers hang on what they mark."
	case deleted || inserted:
		return say + "one of the two checks shows that the answers hang on what they mark, the other cannot tell."
	}
	return say + fmt.Sprintf("that the answers hang on what they mark cannot be told from %d pictures.", n)
}

func (s *Study) point(ctx context.Context, arms []*Arm, samples []int, regions [][]Region) error {
	s.Pointing.Header = []string{"arm", "on", "pictures with it", "share of the map", "share of the area", "pictures whose largest value is on it", "by chance", "empty maps"}
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
			if a == arms[len(arms)-1] {
				s.Said = append(s.Said, fmt.Sprintf("%.0f %% of %s's maps lies on the %s, %.1f times its share of the area.", 100*p.Mass, a.Model.Arm, kind, p.Mass/p.Area))
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
