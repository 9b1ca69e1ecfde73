package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"
	"thesis.example/lib/bench"
	"thesis.example/lib/chart"
	"thesis.example/lib/dataset"
	"thesis.example/lib/fusion"
	"thesis.example/lib/picture"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
	"thesis.example/lib/stats"
	"thesis.example/lib/vision"
)

// conflictVersion counts the ways in which the pictures and answers below were made; kept ones of
// another are not read.
const conflictVersion = 2

// view is what the pictures are made of; all networks see the same pixels, each with its own normalisation.
var view = vision.Preprocess{Short: 256, Crop: 224, Filter: "bicubic", Normalisation: "imagenet"}

// The ways in which a picture gets the colours and the texture of another.
const (
	Spectrum = "spectrum" // ExchangeSpectrum
	Patches  = "patches"  // TransferTexture
)

// ConflictItem is a picture whose shape comes from one sample and whose texture from another.
type ConflictItem struct {
	Method         string
	Shape, Texture int // indices into the set's samples
}

// Conflict is the experiment of Geirhos et al. 2019 on a data set: pictures with the shape of one
// genre and the colours and texture of another, and for control pictures whose two sources are of one
// genre. All are made from the test pictures of the first of five folds; the classifier that answers
// is trained on the other four, unmodified.
type Conflict struct {
	Items []ConflictItem
	Size  int // height and width at which the networks see the pictures, in pixels
	set   *dataset.Set
	fold  dataset.Fold
	dir   string
}

// ConflictAnswers is what one network said.
type ConflictAnswers struct {
	Network   string // the weights' name
	Note      string // where other weights stand in: what the result must say
	Right     int    // of the unmodified test pictures,
	Tested    int    // so many
	Predicted []int  // genre of each item, as an index into the set's Genres
}

// Conflicts makes the pictures, or finds them in data/cache: 224 pixels high and wide. The networks see
// them at size, a ViT at the nearest number of whole patches.
func Conflicts(ctx context.Context, set *dataset.Set, size int) (*Conflict, error) {
	if len(set.Genres) < 2 {
		return nil, fmt.Errorf("cue conflict in %s: %d genre, want at least 2", set.Dir, len(set.Genres))
	}
	folds, err := set.Folds(5, 1)
	if err != nil {
		return nil, err
	}
	c := &Conflict{Size: size, set: set, fold: folds[0], Items: conflictItems(set.Labels(), folds[0].Test, len(set.Genres))}
	if c.dir, err = setup.CacheFile("conflict", conflictVersion, picture.Version, view, set.Fingerprint()); err != nil {
		return nil, err
	}
	return c, c.draw(ctx)
}

// mostShapes is how many test pictures become shapes; a fold of the thesis' 300 pictures has 60.
const mostShapes = 120

// conflictItems gives every test picture as a shape one texture of another genre, the other genres
// in turn, and one of its own genre. Every texture is used about as often. Of very many test pictures
// mostShapes are taken, evenly from each genre: each costs the drawing of four.
func conflictItems(labels, test []int, genres int) []ConflictItem {
	members := make([][]int, genres)
	for _, i := range test {
		members[labels[i]] = append(members[labels[i]], i)
	}
	for g, all := range members {
		if most := max(2, mostShapes/genres); len(all) > most {
			members[g] = nil
			for k := range most {
				members[g] = append(members[g], all[k*len(all)/most])
			}
		}
	}
	var items []ConflictItem
	for _, method := range []string{Spectrum, Patches} {
		for genre, own := range members {
			for k, shape := range own {
				if genres > 1 {
					if other := members[(genre+1+k%(genres-1))%genres]; len(other) > 0 {
						items = append(items, ConflictItem{method, shape, other[k%len(other)]})
					}
				}
				if len(own) > 1 {
					items = append(items, ConflictItem{method, shape, own[(k+1)%len(own)]})
				}
			}
		}
	}
	return items
}

func (c *Conflict) file(i int) string { return filepath.Join(c.dir, fmt.Sprintf("%03d.png", i)) }

// View is item i's picture.
func (c *Conflict) View(i int) (*picture.Image, error) { return picture.Open(c.file(i)) }

// Sources are the two pictures of item i, as the networks see them.
func (c *Conflict) Sources(i int) (shape, texture *picture.Image, err error) {
	it := c.Items[i]
	views, err := view.Views(context.Background(), []string{c.set.Path(it.Shape), c.set.Path(it.Texture)})
	if err != nil {
		return nil, nil, err
	}
	return views[0], views[1], nil
}

// Conflicting says whether item i's sources are of two genres.
func (c *Conflict) Conflicting(i int) bool {
	it := c.Items[i]
	return c.set.Samples[it.Shape].Genre != c.set.Samples[it.Texture].Genre
}

// draw makes the missing pictures, on all cores.
func (c *Conflict) draw(ctx context.Context) error {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	var missing []int
	for i := range c.Items {
		if _, err := os.Stat(c.file(i)); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, i)
		} else if err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	bar := progress.New("cue conflict", "pictures", len(missing))
	defer bar.Done()
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(runtime.GOMAXPROCS(0))
	for _, i := range missing {
		pool.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			defer bar.Add(1)
			return c.drawOne(i)
		})
	}
	return pool.Wait()
}

func (c *Conflict) drawOne(i int) error {
	shape, texture, err := c.Sources(i)
	if err != nil {
		return err
	}
	mix := ExchangeSpectrum
	if c.Items[i].Method == Patches {
		mix = TransferTexture
	}
	m, err := mix(shape, texture)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m.RGBA()); err != nil {
		return err
	}
	return renameio.WriteFile(c.file(i), b.Bytes(), 0o644)
}

// AskAll is Ask of each network.
func (c *Conflict) AskAll(ctx context.Context, names ...string) (answers []ConflictAnswers, err error) {
	for _, name := range names {
		a, err := c.Ask(ctx, name)
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// Ask lets a network's frozen features and a logistic regression on them classify all items. What
// was answered once is kept in data/cache.
func (c *Conflict) Ask(ctx context.Context, name string) (ConflictAnswers, error) {
	in, err := Inspect(ctx, name)
	if err != nil {
		return ConflictAnswers{}, err
	}
	return c.answers(ctx, in)
}

// answers are those that are kept, or else asked for and kept.
func (c *Conflict) answers(ctx context.Context, in *Inspector) (ConflictAnswers, error) {
	var a ConflictAnswers
	machine, err := bench.ThisMachine()
	if err != nil {
		return a, err
	}
	path, err := setup.CacheFile("conflict-answers", filepath.Base(c.dir), machine, in.Hash, in.Network.Name(), in.Preprocess, c.Size)
	if err != nil {
		return a, err
	}
	a, err = kept(path, func() (ConflictAnswers, error) { return c.ask(ctx, in) }, func(a ConflictAnswers) error {
		if len(a.Predicted) != len(c.Items) {
			return fmt.Errorf("%d answers for %d items", len(a.Predicted), len(c.Items))
		}
		return nil
	})
	if err != nil {
		return a, err
	}
	a.Network, a.Note = in.Name, in.Note()
	return a, nil
}

func (c *Conflict) ask(ctx context.Context, in *Inspector) (ConflictAnswers, error) {
	var a ConflictAnswers
	samples := append(append([]int{}, c.fold.Train...), c.fold.Test...)
	paths := make([]string, len(samples))
	for k, i := range samples {
		paths[k] = c.set.Path(i)
	}
	views, err := view.Views(ctx, paths)
	if err != nil {
		return a, err
	}
	for i := range c.Items {
		m, err := c.View(i)
		if err != nil {
			return a, err
		}
		views = append(views, m)
	}
	size := vision.WholePatches(in.Network, c.Size)
	for i, m := range views {
		views[i] = m.Resize(size, size, picture.Bicubic)
	}
	features, err := in.Features(ctx, views)
	if err != nil {
		return a, err
	}
	rows := make([][]float64, len(features))
	for i, f := range features {
		rows[i] = make([]float64, len(f))
		for j, x := range f {
			rows[i][j] = float64(x)
		}
	}
	scaler := fusion.FitScaler(rows[:len(c.fold.Train)])
	for i := range rows {
		rows[i] = scaler.Apply(rows[i])
	}
	labels := c.set.Labels()
	genres := make([]int, len(samples))
	for k, i := range samples {
		genres[k] = labels[i]
	}
	n := len(c.fold.Train)
	classifier, err := fusion.FitLogistic(rows[:n], genres[:n], len(c.set.Genres))
	if err != nil {
		return a, err
	}
	for k, row := range rows {
		answer := largest(classifier.Logits(row))
		switch {
		case k < n:
		case k < len(samples):
			a.Tested++
			if answer == genres[k] {
				a.Right++
			}
		default:
			a.Predicted = append(a.Predicted, answer)
		}
	}
	return a, nil
}

func largest(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// Tally counts the answers to the items of a method: of conflicting ones how many name the shape's
// genre, the texture's, or neither; of the controls how many name their one genre, and how many
// there are.
func (c *Conflict) Tally(a ConflictAnswers, method string) (shape, texture, neither, agreed, controls int) {
	labels := c.set.Labels()
	for i, it := range c.Items {
		if it.Method != method {
			continue
		}
		answer := a.Predicted[i]
		switch {
		case !c.Conflicting(i):
			controls++
			if answer == labels[it.Shape] {
				agreed++
			}
		case answer == labels[it.Shape]:
			shape++
		case answer == labels[it.Texture]:
			texture++
		default:
			neither++
		}
	}
	return shape, texture, neither, agreed, controls
}

// Examples are n pairs of items with the same two sources, drawn in both ways, evenly over the conflicts.
func (c *Conflict) Examples(n int) (pairs [][2]int) {
	half := len(c.Items) / 2 // the second half repeats the first in the other way
	var all [][2]int
	for i := range half {
		if c.Conflicting(i) {
			all = append(all, [2]int{i, half + i})
		}
	}
	n = min(n, len(all))
	for k := range n {
		pairs = append(pairs, all[k*len(all)/n])
	}
	return pairs
}

// Draw draws a pair of Examples, 150×150 pixels each: shape, texture, and the pictures made of both with each
// network's answer. names are what the networks are called.
func (c *Conflict) Draw(pair [2]int, names []string, answers []ConflictAnswers) (images []*picture.Image, captions []string, err error) {
	it := c.Items[pair[0]]
	shape, texture, err := c.Sources(pair[0])
	if err != nil {
		return nil, nil, err
	}
	images = []*picture.Image{shape, texture}
	captions = []string{"shape: " + c.set.Title(c.set.Samples[it.Shape].Genre), "texture: " + c.set.Title(c.set.Samples[it.Texture].Genre)}
	for _, i := range pair {
		m, err := c.View(i)
		if err != nil {
			return nil, nil, err
		}
		caption := c.Items[i].Method
		for k, a := range answers {
			caption += "\n" + names[k] + ": " + c.set.Title(c.set.Genres[a.Predicted[i]])
		}
		images, captions = append(images, m), append(captions, caption)
	}
	for k, m := range images {
		images[k] = m.Resize(150, 150, picture.Bicubic)
	}
	return images, captions, nil
}

// Table counts the answers of each network in each way: the shares of right answers to the unmodified pictures
// and to the controls, and Geirhos' shape share with its 95 % interval (Wilson).
func (c *Conflict) Table(names []string, answers []ConflictAnswers) (header []string, rows [][]string, err error) {
	for k, a := range answers {
		for _, method := range []string{Spectrum, Patches} {
			shape, texture, neither, agreed, controls := c.Tally(a, method)
			share := percent(shape, shape+texture)
			if shape+texture > 0 {
				ci, err := stats.Wilson(shape, shape+texture)
				if err != nil {
					return nil, nil, err
				}
				share += fmt.Sprintf(" (%.0f to %.0f)", 100*ci.Low, 100*ci.High)
			}
			rows = append(rows, []string{names[k], method, percent(a.Right, a.Tested), percent(agreed, controls), fmt.Sprint(shape), fmt.Sprint(texture), fmt.Sprint(neither), share})
		}
	}
	return []string{"network", "way", "unmodified", "control", "shape", "texture", "neither", "shape share"}, rows, nil
}

func percent(k, n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(k)/float64(n))
}

// ShapeBars is each network's shape share in each way, with its 95 % interval (Wilson). The ways are the
// categories.
func (c *Conflict) ShapeBars(answers []ConflictAnswers) (ways []string, bars []chart.Bar, err error) {
	ways = []string{Spectrum, Patches}
	for _, a := range answers {
		bar := chart.Bar{Name: a.Network}
		for _, method := range ways {
			shape, texture, _, _, _ := c.Tally(a, method)
			n := max(1, shape+texture)
			ci, err := stats.Wilson(shape, n)
			if err != nil {
				return nil, nil, err
			}
			bar.AddInterval(float64(shape)/float64(n), ci.Low, ci.High)
		}
		bars = append(bars, bar)
	}
	return ways, bars, nil
}

// ShapeTest asks by McNemar's test whether one of two networks names the shape's genre more often in the
// conflicts of a way.
func (c *Conflict) ShapeTest(a, b ConflictAnswers, method string) (stats.McNemarTest, error) {
	labels := c.set.Labels()
	var shape, first, second []int
	for i, it := range c.Items {
		if it.Method == method && c.Conflicting(i) {
			shape, first, second = append(shape, labels[it.Shape]), append(first, a.Predicted[i]), append(second, b.Predicted[i])
		}
	}
	return stats.McNemar(shape, first, second)
}

// ShapeTests are the answers of ShapeTest for a CNN and a ViT in each way, a sentence in Markdown each.
func (c *Conflict) ShapeTests(cnn, vit ConflictAnswers) (sentences []string, err error) {
	for _, method := range []string{Spectrum, Patches} {
		t, err := c.ShapeTest(cnn, vit, method)
		if err != nil {
			return nil, err
		}
		verdict := "no difference is shown"
		if t.MidP < 0.05 {
			verdict = "they differ"
		}
		sentences = append(sentences, fmt.Sprintf("%s: only the CNN names the shape's genre in %d pictures, only the ViT in %d; %s (mid-p): %s at 5 %%.", method, t.OnlyA, t.OnlyB, stats.SayP(t.MidP), verdict))
	}
	return sentences, nil
}
