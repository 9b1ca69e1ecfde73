package vision

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"thesis.example/lib/picture"
)

// Preprocess says how a picture becomes a network's input, as weights.json has it.
type Preprocess struct {
	Short         int    `json:"short"`         // length of the shorter side after resizing; 0: both sides become Crop, whatever the picture's shape
	Crop          int    `json:"crop"`          // height and width of the centre that is kept
	Filter        string `json:"filter"`        // "bilinear" or "bicubic", Pillow's, antialiased
	Normalisation string `json:"normalisation"` // a key of normalisations
}

// normalisation subtracts mean from and divides by std the colours R, G, B, scaled to 0…1.
type normalisation struct{ mean, std [3]float32 }

var normalisations = map[string]normalisation{
	"imagenet": {[3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}}, // torchvision, timm; Keras' EfficientNet inside the model
	"half":     {[3]float32{0.5, 0.5, 0.5}, [3]float32{0.5, 0.5, 0.5}},             // −1…1: augreg and Google's ViT
}

var filters = map[string]picture.Filter{"bilinear": picture.Bilinear, "bicubic": picture.Bicubic}

// check names what is wrong with p.
func (p Preprocess) check() error {
	if _, ok := filters[p.Filter]; !ok {
		return fmt.Errorf("preprocess.filter is %q, want bilinear or bicubic", p.Filter)
	}
	if _, ok := normalisations[p.Normalisation]; !ok {
		return fmt.Errorf("preprocess.normalisation is %q, want imagenet or half", p.Normalisation)
	}
	if p.Crop < 1 || p.Short != 0 && p.Short < p.Crop {
		return fmt.Errorf("preprocess.crop is %d and short is %d, want 0 < crop ≤ short, or short 0", p.Crop, p.Short)
	}
	return nil
}

// At is the same view of a picture for an input of size×size.
func (p Preprocess) At(size int) Preprocess {
	if p.Short > 0 {
		p.Short = max(size, (p.Short*size+p.Crop/2)/p.Crop)
	}
	p.Crop = size
	return p
}

// Pixels resizes m and crops its centre, as torchvision's Resize and CenterCrop do on a Pillow
// image: Crop×Crop pixels.
func (p Preprocess) Pixels(m *picture.Image) *picture.Image {
	w, h := p.Crop, p.Crop
	if p.Short > 0 {
		short := min(m.W, m.H)
		long := func(n int) int { return int(float64(p.Short*n) / float64(short)) }
		if w, h = p.Short, long(m.H); m.W > m.H {
			w, h = long(m.W), p.Short
		}
	}
	if w != m.W || h != m.H {
		m = m.Resize(w, h, filters[p.Filter])
	}
	// Python's round takes halves to the even number.
	middle := func(rest int) int { return rest/2 + rest/2%2*(rest%2) }
	return m.Crop(middle(w-p.Crop), middle(h-p.Crop), p.Crop, p.Crop)
}

// Normalise writes the picture's colours to into, [height, width, 3], in float32 arithmetic as
// torchvision's ToTensor and Normalize.
func (p Preprocess) Normalise(into []float32, m *picture.Image) {
	n := normalisations[p.Normalisation]
	var table [3][256]float32
	for c := range table {
		for v := range table[c] {
			table[c][v] = (float32(v)/255 - n.mean[c]) / n.std[c]
		}
	}
	for i, v := range m.Pix {
		into[i] = table[i%3][v]
	}
}

// Views opens pictures and cuts out what a network sees of each, on all cores.
func (p Preprocess) Views(ctx context.Context, paths []string) ([]*picture.Image, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	views := make([]*picture.Image, len(paths))
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(runtime.GOMAXPROCS(0))
	for i, path := range paths {
		pool.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			m, err := picture.Open(path)
			if err == nil {
				views[i] = p.Pixels(m)
			}
			return err
		})
	}
	if err := pool.Wait(); err != nil {
		return nil, err
	}
	return views, nil
}

// Batch is some pictures of a list, ready for a network.
type Batch struct {
	Index    []int           // the pictures' places in the list
	Pictures *tensors.Tensor // [size, crop, crop, 3]; rows beyond len(Index) are 0
}

// Batches reads, resizes and normalises the pictures at paths while the engine works on earlier
// ones: at most three batches exist at a time, one in use, one waiting, one being filled. A picture
// that can't be read is passed over and yielded as an error that names it, without ending the
// iteration; so is the context's error, at its end. Every batch has size rows, the last one too,
// so that one compiled program serves all.
func Batches(ctx context.Context, paths []string, p Preprocess, size int) iter.Seq2[Batch, error] {
	type filled struct {
		Batch
		unreadable []error
	}
	return func(yield func(Batch, error) bool) {
		if err := p.check(); err != nil {
			yield(Batch{}, err)
			return
		}
		ctx, cancel := context.WithCancelCause(ctx)
		stopped := errors.New("no more batches wanted")
		defer cancel(stopped)
		ahead := make(chan filled, 1)
		go func() {
			defer close(ahead)
			for from := 0; from < len(paths); from += size {
				rows := make([]float32, size*p.Crop*p.Crop*3)
				var f filled
				f.Index, f.unreadable = p.fill(ctx, rows, paths, from, min(from+size, len(paths)))
				if ctx.Err() != nil {
					return
				}
				f.Pictures = tensors.FromFlatDataAndDimensions(rows, size, p.Crop, p.Crop, 3)
				select {
				case ahead <- f:
				case <-ctx.Done():
					return
				}
			}
		}()
		for f := range ahead {
			for _, err := range f.unreadable {
				if !yield(Batch{}, err) {
					return
				}
			}
			if len(f.Index) > 0 && !yield(f.Batch, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Batch{}, context.Cause(ctx))
		}
	}
}

// fill reads paths[from:to] into rows, two pictures at a time, and closes the gaps that unreadable
// ones leave.
func (p Preprocess) fill(ctx context.Context, rows []float32, paths []string, from, to int) (index []int, unreadable []error) {
	length := p.Crop * p.Crop * 3
	row := func(i int) []float32 { return rows[i*length : (i+1)*length] }
	errs := make([]error, to-from)
	var pool errgroup.Group
	pool.SetLimit(min(2, runtime.GOMAXPROCS(0)))
	for i := range to - from {
		pool.Go(func() error {
			if ctx.Err() != nil {
				return nil // the caller looks at ctx
			}
			m, err := picture.Open(paths[from+i])
			if err == nil {
				p.Normalise(row(i), p.Pixels(m))
			}
			errs[i] = err
			return nil
		})
	}
	pool.Wait()
	for i, err := range errs {
		if err != nil {
			unreadable = append(unreadable, err)
			continue
		}
		if n := len(index); n < i {
			copy(row(n), row(i))
		}
		index = append(index, from+i)
	}
	clear(rows[len(index)*length:])
	return index, unreadable
}
