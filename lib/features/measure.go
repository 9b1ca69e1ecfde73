package features

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
)

// measureVersion is part of a measurement's name in the cache: raise it whenever a
// picture may measure differently than before.
const measureVersion = 6

// batch is how many pictures one tesseract process reads at most: enough to make
// loading its models cheap, few enough to lose when interrupted.
const batch = 8

// Options of Measure.
type Options struct {
	Cache string // folder of the measurements; "" is data/cache in the project
}

// measurement is what the pixels of one picture give. It is what the cache holds.
type measurement struct {
	Colour Colour
	Faces  int
	Pieces []string // of text, in reading order, as tesseract spells them
}

// Measure gives the metadata of every sample of the set, in its order.
//
// What was measured once is kept by the content of the picture, so a second run
// measures nothing and an edited picture only itself. Pictures are read on all
// cores, a few at a time: memory does not grow with their number. A run that is
// interrupted keeps what it has finished.
//
// Where the set's folder holds HSVFile, the colour statistics are taken from there.
func Measure(ctx context.Context, set *dataset.Set, opts Options) (*Table, error) {
	var given map[string]Colour
	_, err := os.Stat(filepath.Join(set.Dir, HSVFile))
	if err == nil {
		given, err = readHSV(set)
	} else if os.IsNotExist(err) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	store, err := openStore(ctx, opts.Cache)
	if err != nil {
		return nil, err
	}
	t := &Table{Rows: make([]Row, len(set.Samples))}
	var missing []int
	for i, s := range set.Samples {
		t.Rows[i] = Row{File: s.File, Genre: s.Genre, Likes: float64(s.Likes), Saves: float64(s.Saves), Comments: float64(s.Comments)}
		m, ok := store.get(set.Hash(i))
		if !ok {
			missing = append(missing, i)
			continue
		}
		t.Rows[i].fill(m)
	}
	if len(missing) > 0 {
		if _, err := cascade(); err != nil {
			return nil, err
		}
		if err := measureAll(ctx, set, missing, store, t); err != nil {
			return nil, err
		}
	}
	for i := range t.Rows {
		if given != nil {
			t.Rows[i].Colour = given[t.Rows[i].File]
		}
	}
	return t, nil
}

func (r *Row) fill(m measurement) {
	r.Colour, r.Faces, r.Text = m.Colour, m.Faces, newText(m.Pieces)
}

// measureAll measures the given samples on all cores, a batch at a time, and puts
// each into the store and the table.
func measureAll(ctx context.Context, set *dataset.Set, samples []int, store *store, t *Table) error {
	parent := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	bar := progress.New("measuring", "pictures", len(samples))
	defer bar.Done()
	workers := runtime.GOMAXPROCS(0)
	var (
		mu    sync.Mutex
		next  int
		fault error
		wg    sync.WaitGroup
	)
	take := func() []int { // smaller batches towards the end, so that no core waits for another
		mu.Lock()
		defer mu.Unlock()
		n := min(batch, (len(samples)-next+2*workers-1)/(2*workers))
		chunk := samples[next : next+n]
		next += n
		return chunk
	}
	for range workers {
		wg.Go(func() {
			for chunk := take(); len(chunk) > 0 && ctx.Err() == nil; chunk = take() {
				err := measureBatch(ctx, set, chunk, store, t)
				if err != nil {
					mu.Lock()
					if fault == nil {
						fault = err
					}
					mu.Unlock()
					cancel()
					return
				}
				bar.Add(len(chunk))
			}
		})
	}
	wg.Wait()
	if err := parent.Err(); err != nil {
		return fmt.Errorf("measuring %s: %w; what is measured is kept, the same command goes on from there", set.Dir, err)
	}
	return fault
}

// measureBatch measures a few samples with one tesseract process.
func measureBatch(ctx context.Context, set *dataset.Set, samples []int, store *store, t *Table) error {
	found := make([]measurement, len(samples))
	texts := make([][]strip, len(samples))
	for k, i := range samples {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := picture.Open(set.Path(i))
		if err != nil {
			return fmt.Errorf("%s: %w; check the folder with: thesis data check -data %s", set.Samples[i].File, err, set.Dir)
		}
		found[k].Colour = MeasureColour(m)
		faces, err := DetectFaces(m)
		if err != nil {
			return err
		}
		found[k].Faces = len(faces)
		texts[k] = strips(m)
	}
	words, err := recognise(ctx, texts)
	if err != nil {
		return err
	}
	for k, i := range samples {
		found[k].Pieces = pieces(texts[k], words[k])
		if err := store.put(set.Hash(i), found[k]); err != nil {
			return err
		}
		t.Rows[i].fill(found[k])
	}
	return nil
}

// store keeps measurements on disk, a file a picture, named after the SHA-256 of
// the picture's bytes, in a folder named after what else they depend on.
type store struct{ dir string }

func openStore(ctx context.Context, dir string) (*store, error) {
	version, err := tesseractVersion(ctx)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		root, err := setup.Root()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(root, "data", "cache")
	}
	s := &store{filepath.Join(dir, fmt.Sprintf("features-%d-tesseract-%s", measureVersion, version))}
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return nil, fmt.Errorf("cache of measurements: %w", err)
	}
	return s, nil
}

func (s *store) file(hash string) string { return filepath.Join(s.dir, hash+".json") }

// get finds a measurement. One that cannot be read is as good as none: it is made
// again and overwritten.
func (s *store) get(hash string) (m measurement, ok bool) {
	b, err := os.ReadFile(s.file(hash))
	return m, err == nil && json.Unmarshal(b, &m) == nil
}

// put writes beside and renames, so that no reader and no interrupt sees half a file.
func (s *store) put(hash string, m measurement) error {
	b, err := json.Marshal(m)
	if err == nil {
		err = writeFile(s.file(hash), b)
	}
	if err != nil {
		return fmt.Errorf("keep a measurement: %w", err)
	}
	return nil
}

// writeFile writes a whole file or none.
func writeFile(file string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
