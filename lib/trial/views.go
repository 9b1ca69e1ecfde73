package trial

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"golang.org/x/sync/errgroup"

	. "github.com/gomlx/gomlx/core/graph"

	"thesis.example/lib/picture"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// source says what a job's program reads.
func (l *lab) source(ctx context.Context, j *job) (*source, error) {
	none := func(context.Context, int) error { return nil }
	switch {
	case j.model.Backbone == nil:
		return &source{shape: []int{1}, fill: func([]float32, int) {}, epoch: none}, nil
	case j.config.Frozen:
		s := &source{shape: []int{j.model.Backbone.Width()}}
		var now *frozen
		s.fill = func(into []float32, sample int) { copy(into, now.row(sample)) }
		s.epoch = func(ctx context.Context, epoch int) (err error) {
			switch {
			case !j.config.Augmented:
				epoch = 0
			case epoch > 0: // a share of the pictures takes more epochs, which see the same views again
				epoch = 1 + (epoch-1)%j.settings.epochs
			}
			now, err = l.view(ctx, j, epoch)
			return err
		}
		return s, nil
	}
	pixels, err := l.pixels(ctx, *j.config.Preprocess)
	if err != nil {
		return nil, err
	}
	size := j.config.Preprocess.Crop
	fill := func(into []float32, sample int) {
		j.config.Preprocess.Normalise(into, &picture.Image{W: size, H: size, Pix: pixels[sample]})
	}
	return &source{shape: []int{size, size, 3}, fill: fill, epoch: none}, nil
}

// pixels holds every picture of the set at the network's size, a byte a colour: 15 MB for 300 pictures
// at 112×112.
func (l *lab) pixels(ctx context.Context, p vision.Preprocess) ([][]uint8, error) {
	if have := l.pictures[p]; have != nil {
		return have, nil
	}
	n := len(l.set.Samples)
	pixels := make([][]uint8, n)
	bar := progress.New("reading pictures", "pictures", n)
	defer bar.Done()
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		pool.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			m, err := picture.Open(l.set.Path(i))
			if err != nil {
				return err
			}
			pixels[i] = p.Pixels(m).Pix
			bar.Add(1)
			return nil
		})
	}
	if err := pool.Wait(); err != nil {
		return nil, err
	}
	if l.pictures == nil {
		l.pictures = map[vision.Preprocess][][]uint8{}
	}
	l.pictures[p] = pixels
	return pixels, nil
}

// frozen holds a backbone's features of one view of every picture of the set.
type frozen struct {
	width  int
	values []float32 // [pictures, width]
}

func (f *frozen) row(i int) []float32 { return f.values[i*f.width : (i+1)*f.width] }

// drawStep is what augmentation does to a picture in an epoch. Seed, epoch and picture decide it, so that
// all folds share the view. View 0 is the picture itself.
func drawStep(seed uint64, epoch int, picture string) vision.Step {
	return vision.DrawStep(draws(seed, fmt.Sprintf("epoch %d view of %s", epoch, picture)))
}

// viewVersion counts the ways in which views were computed and kept; old ones are not read.
const viewVersion = 1

// viewFile names the cache's file of a view.
func (l *lab) viewFile(j *job, epoch int) (string, error) {
	pictures := make([]string, len(l.set.Samples))
	for i := range pictures {
		pictures[i] = l.set.Hash(i)
	}
	var seed uint64
	if epoch > 0 {
		seed = j.config.Seed
	}
	return setup.CacheFile(fmt.Sprintf("frozen-%s-view%d", j.weights.Name, epoch),
		viewVersion, picture.Version, j.machine, j.weights.Hash, j.weights.Network.Name(), j.config.Preprocess, epoch, seed, pictures)
}

// view gives the frozen features of a view from the cache. Where they are not there yet, those of all
// views that the job will ask for are computed and kept. Another process at that is waited for.
func (l *lab) view(ctx context.Context, j *job, epoch int) (*frozen, error) {
	read := func(epoch int) (*frozen, error) { // nil where it is not there
		f := &frozen{width: j.model.Backbone.Width()}
		file, err := l.viewFile(j, epoch)
		if err != nil {
			return nil, err
		}
		if ok, err := f.load(file, len(l.set.Samples)); !ok || err != nil {
			return nil, err
		}
		return f, nil
	}
	if f, err := read(epoch); f != nil || err != nil {
		return f, err
	}
	cache, err := setup.Place("cache")
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, filepath.Join(cache, ".frozen.lock"), true)
	if err != nil {
		return nil, err
	}
	defer unlock()
	views := []int{0}
	if j.config.Augmented {
		for e := 1; e <= min(j.config.Epochs, j.settings.epochs); e++ {
			views = append(views, e)
		}
	}
	var missing []int
	for _, v := range views {
		f, err := read(v)
		if err != nil {
			return nil, err
		}
		if f == nil {
			missing = append(missing, v)
		}
	}
	bar := progress.New("features of "+j.weights.Name, "pictures", len(missing)*len(l.set.Samples))
	defer bar.Done()
	for _, v := range missing {
		f, err := l.compute(ctx, j, v, bar)
		if err != nil {
			return nil, fmt.Errorf("features of %s, view %d: %w", j.weights.Name, v, err)
		}
		file, err := l.viewFile(j, v)
		if err == nil {
			err = f.save(file)
		}
		if err != nil {
			return nil, fmt.Errorf("keeping frozen features: %w", err)
		}
	}
	f, err := read(epoch)
	if f == nil && err == nil {
		err = fmt.Errorf("view %d was removed from %s while it was in use", epoch, cache)
	}
	return f, err
}

// compute runs the backbone over the whole set.
func (l *lab) compute(ctx context.Context, j *job, epoch int, bar *progress.Bar) (*frozen, error) {
	pixels, err := l.pixels(ctx, *j.config.Preprocess)
	if err != nil {
		return nil, err
	}
	exec, err := l.extractor(j)
	if err != nil {
		return nil, err
	}
	const rows = 32
	size, n := j.config.Preprocess.Crop, len(pixels)
	f := &frozen{width: j.model.Backbone.Width(), values: make([]float32, 0, n*j.model.Backbone.Width())}
	for from := 0; from < n; from += rows {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x := make([]float32, rows*size*size*3)
		steps := make([]vision.Step, rows)
		part := min(rows, n-from)
		for at := range part {
			i := from + at
			j.config.Preprocess.Normalise(x[at*size*size*3:(at+1)*size*size*3], &picture.Image{W: size, H: size, Pix: pixels[i]})
			steps[at] = drawStep(j.config.Seed, epoch, l.set.Hash(i))
		}
		pictures := tensors.FromFlatDataAndDimensions(x, rows, size, size, 3)
		var out *tensors.Tensor
		if epoch == 0 {
			out, err = exec.plain.Exec1(pictures)
		} else {
			flip, angle, zoom := vision.Steps(steps)
			out, err = exec.augmented.Exec1(pictures, flip, angle, zoom)
		}
		if err != nil {
			return nil, err
		}
		values, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			return nil, err
		}
		if err := out.FinalizeAll(); err != nil {
			return nil, err
		}
		f.values = append(f.values, values[:part*f.width]...)
		bar.Add(part)
	}
	return f, nil
}

// extractor is a frozen backbone, compiled once for all views.
type extractor struct {
	store            *model.Store
	plain, augmented *model.Exec
}

func (e *extractor) release() {
	for _, exec := range []*model.Exec{e.plain, e.augmented} {
		if exec != nil {
			exec.Finalize()
		}
	}
	e.store.Finalize()
}

func (l *lab) extractor(j *job) (*extractor, error) {
	if e := l.extractors[j.weights]; e != nil {
		return e, nil
	}
	backend, err := vision.Backend()
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	values, err := vision.Copies(j.weights.Values) // SetParams takes them over
	if err != nil {
		return nil, err
	}
	if err := vision.SetParams(store.RootScope(), j.weights.Network, values); err != nil {
		return nil, err
	}
	e := &extractor{store: store}
	e.plain, err = model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
		return j.weights.Network.Features(scope, x, vision.Pass{})
	})
	if err != nil {
		return nil, err
	}
	e.augmented, err = model.NewExec(backend, store, func(scope *model.Scope, x, flip, angle, zoom *Node) *Node {
		// Augmentation mixes pixels linearly, with weights that sum to 1: normalised pictures come out
		// as if it had come first, as in the program.
		x = vision.Augmentation{Flip: flip, Angle: angle, Zoom: zoom}.Apply(x)
		return j.weights.Network.Features(scope, x, vision.Pass{})
	})
	if err != nil {
		return nil, err
	}
	if l.extractors == nil {
		l.extractors = map[*vision.Loaded]*extractor{}
	}
	l.extractors[j.weights] = e
	return e, nil
}

// load reads the features of n pictures; a file that is missing or damaged is not there.
func (f *frozen) load(file string, n int) (bool, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("frozen features: %w", err)
	}
	size := n * f.width
	if len(b) != 4*size+4 || crc32.ChecksumIEEE(b[:4*size]) != binary.LittleEndian.Uint32(b[4*size:]) {
		return false, nil
	}
	f.values = make([]float32, size)
	for i := range f.values {
		f.values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return true, nil
}

// save writes the features as little-endian float32 with a CRC-32 behind them.
func (f *frozen) save(file string) error {
	b := make([]byte, 0, 4*len(f.values)+4)
	for _, v := range f.values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return replace(file, binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}
