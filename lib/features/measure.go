package features

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
	"thesis.example/lib/progress"
)

// measureVersion is part of a measurement's name in the cache: raise it whenever a
// picture may measure differently than before.
const measureVersion = 9

// Options of Measure.
type Options struct {
	Cache string // folder of the measurements; "" is data/cache in the project
}

// Measurement is what the pixels of one picture give: the numbers of its row, and where
// in the picture they come from. It is what the cache holds.
type Measurement struct {
	Colour Colour
	Faces  []FaceBox // the surest first
	Pieces []Piece   // in reading order
}

// Measure gives the metadata of every sample of the set, in its order.
//
// What was measured once is kept by the content of the picture, so a second run
// measures nothing and an edited picture only itself. Pictures are read on all
// cores, a few at a time: memory does not grow with their number. A run that is
// interrupted keeps what it has finished.
//
// Where the set's folder holds HSVFile, the colour statistics are taken from there; what
// its corrections say stands in place of what was measured.
func Measure(ctx context.Context, set *dataset.Set, opts Options) (*Table, error) {
	given, err := readHSV(set)
	if err != nil {
		return nil, err
	}
	// Rows alone are kept, not what they were measured from: boxes and pieces are many times as large.
	t := &Table{Rows: make([]Row, len(set.Samples))}
	if err := forEach(ctx, set, opts, func(i int, m Measurement) { t.Rows[i] = m.row() }); err != nil {
		return nil, err
	}
	for i, s := range set.Samples {
		r := &t.Rows[i]
		r.File, r.Genre, r.Likes, r.Saves, r.Comments = s.File, s.Genre, float64(s.Likes), float64(s.Saves), float64(s.Comments)
		if given != nil {
			r.Colour = given[s.File]
		}
		r.correct(set.Corrections[s.File])
	}
	return t, nil
}

// MeasurePart measures the pictures of part i of n, counted from 0, and keeps them in Measure's cache, dir:
// those at i, i+n, i+2n … of the set. missing is how many pictures of each part the cache lacks then. Parts
// may be measured by several processes or machines at once, in one folder too: each file is written
// beside and renamed, and two that measure the same picture write the same.
func MeasurePart(ctx context.Context, set *dataset.Set, opts Options, i, n int) (missing []int, dir string, err error) {
	if n < 1 || i < 0 || i >= n {
		return nil, "", fmt.Errorf("part %d of %d: want 0 ≤ i < n", i, n)
	}
	store, err := openStore(ctx, opts.Cache)
	if err != nil {
		return nil, "", err
	}
	var todo []int
	for at := i; at < len(set.Samples); at += n {
		if _, ok := store.get(set.Hash(at)); !ok {
			todo = append(todo, at)
		}
	}
	if len(todo) > 0 {
		if err := measureAll(ctx, set, todo, store, func(int, Measurement) {}); err != nil {
			return nil, "", err
		}
	}
	missing = make([]int, n)
	for at := range set.Samples {
		switch _, err := os.Stat(store.file(set.Hash(at))); {
		case errors.Is(err, os.ErrNotExist):
			missing[at%n]++
		case err != nil:
			return nil, "", fmt.Errorf("cache of measurements: %w", err)
		}
	}
	return missing, store.dir, nil
}

// MeasurePicture measures a picture that is in no set, and keeps nothing. The row has neither file nor genre
// nor engagement numbers.
func MeasurePicture(ctx context.Context, m *picture.Image) (Row, Measurement, error) {
	found, err := measureOne(ctx, m)
	return found.row(), found, err
}

// row is the part of a row that is measured.
func (m Measurement) row() Row {
	r := Row{Colour: m.Colour, Faces: len(m.Faces)}
	for i, f := range m.Faces {
		if i == 0 || f.Score < r.FaceScore {
			r.FaceScore = f.Score
		}
	}
	texts := make([]string, len(m.Pieces))
	for i, p := range m.Pieces {
		texts[i] = p.Text
		if i == 0 || p.Score < r.TextScore {
			r.TextScore = p.Score
		}
	}
	r.Text = newText(texts)
	return r
}

// Measurements gives what Measure makes its rows of, for every sample of the set, in its
// order: to look at the boxes that the numbers come from. It shares Measure's cache.
func Measurements(ctx context.Context, set *dataset.Set, opts Options) ([]Measurement, error) {
	found := make([]Measurement, len(set.Samples))
	err := forEach(ctx, set, opts, func(i int, m Measurement) { found[i] = m })
	return found, err
}

// forEach gives every sample's measurement to each, from the cache or made now, from several goroutines.
func forEach(ctx context.Context, set *dataset.Set, opts Options, each func(i int, m Measurement)) error {
	store, err := openStore(ctx, opts.Cache)
	if err != nil {
		return err
	}
	var missing []int
	for i := range set.Samples {
		if m, ok := store.get(set.Hash(i)); ok {
			each(i, m)
		} else {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return measureAll(ctx, set, missing, store, each)
}

// measureAll measures the given samples on all cores, a picture each at a time, puts
// each into the store and gives it to each, from several goroutines.
func measureAll(ctx context.Context, set *dataset.Set, samples []int, store *store, each func(i int, m Measurement)) error {
	bar := progress.New("measuring", "pictures", len(samples))
	defer bar.Done()
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, i := range samples {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error {
			if inner.Err() != nil {
				return inner.Err()
			}
			m, err := picture.Open(set.Path(i))
			if err != nil {
				return fmt.Errorf("%s: %w; check the folder with: go run ./lib/cmd/thesis data check -data %s", set.Samples[i].File, err, set.Dir)
			}
			found, err := measureOne(inner, m)
			if err != nil {
				return fmt.Errorf("%s: %w", set.Samples[i].File, err)
			}
			if err := store.put(set.Hash(i), found); err != nil {
				return err
			}
			each(i, found)
			bar.Add(1)
			return nil
		})
	}
	err := g.Wait()
	if e := ctx.Err(); e != nil {
		return fmt.Errorf("measuring %s: %w; what is measured is kept, the same command goes on from there", set.Dir, e)
	}
	return err
}

// measureOne measures one picture, on one core.
func measureOne(ctx context.Context, m *picture.Image) (found Measurement, err error) {
	found.Colour = MeasureColour(m)
	if found.Faces, err = DetectFaces(ctx, m); err != nil {
		return found, err
	}
	found.Pieces, err = ReadText(ctx, m)
	return found, err
}

// store keeps measurements on disk, a file a picture, named after the SHA-256 of
// the picture's bytes, in a folder named after what else they depend on.
type store struct{ dir string }

func openStore(ctx context.Context, dir string) (*store, error) {
	folder, err := cacheFolder(ctx)
	if err != nil {
		return nil, err
	}
	if dir != "" {
		folder = filepath.Join(dir, filepath.Base(folder))
	}
	s := &store{folder}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, fmt.Errorf("cache of measurements: %w", err)
	}
	return s, nil
}

func (s *store) file(hash string) string { return filepath.Join(s.dir, hash+".json") }

// get finds a measurement. One that cannot be read is as good as none: it is made
// again and overwritten.
func (s *store) get(hash string) (m Measurement, ok bool) {
	b, err := os.ReadFile(s.file(hash))
	return m, err == nil && json.Unmarshal(b, &m) == nil
}

// put writes beside and renames, so that no reader and no interrupt sees half a file.
func (s *store) put(hash string, m Measurement) error {
	b, err := json.Marshal(m)
	if err == nil {
		err = renameio.WriteFile(s.file(hash), b, 0o644)
	}
	if err != nil {
		return fmt.Errorf("keep a measurement: %w", err)
	}
	return nil
}
