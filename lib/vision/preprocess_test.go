package vision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"thesis.example/lib/picture"
)

// photos is testdata/photos.json, what Pillow, torchvision and timm make of testdata/photos.
type photos struct {
	Preprocess []struct {
		Short, Crop  int
		Filter, File string
		Pixels       string
		Values       []float64
	}
	Lite0 []struct {
		File                  string
		Index                 []int
		Probability, Features []float64
	}
	Imgfocus []struct {
		File     string
		Features []float64
	}
}

func readPhotos(t *testing.T) (p photos) {
	b, err := os.ReadFile("testdata/photos.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// The pixels are Pillow's to the last grey level, up and down, bilinear and bicubic, squashed or
// cropped, and so are the normalised values.
func TestPreprocessIsTorchvision(t *testing.T) {
	goldens := readPhotos(t).Preprocess
	if len(goldens) == 0 {
		t.Fatal("no goldens")
	}
	for _, g := range goldens {
		if len(g.Values) == 0 {
			t.Errorf("%s: a golden without values", g.File)
		}
		p := Preprocess{Short: g.Short, Crop: g.Crop, Filter: g.Filter, Normalisation: "imagenet"}
		m, err := picture.Open("testdata/photos/" + g.File)
		if err != nil {
			t.Fatal(err)
		}
		view := p.Pixels(m)
		if sum := sha256.Sum256(view.Pix); hex.EncodeToString(sum[:]) != g.Pixels {
			t.Errorf("%s as %+v: other pixels than Pillow's", g.File, p)
		}
		values := make([]float32, len(view.Pix))
		p.Normalise(values, view)
		for i, want := range g.Values {
			if math.Abs(float64(values[i])-want) > 1e-6 {
				t.Errorf("%s as %+v: value %d is %v, torchvision has %v", g.File, p, i, values[i], want)
			}
		}
	}
}

func TestPreprocessAt(t *testing.T) {
	p := Preprocess{Short: 256, Crop: 224}
	for size, short := range map[int]int{224: 256, 112: 128, 96: 110, 64: 73, 1: 1} {
		if got := p.At(size); got.Crop != size || got.Short != short {
			t.Errorf("At(%d) is %+v, want short %d", size, got, short)
		}
	}
	if got := (Preprocess{Crop: 224}).At(96); got.Short != 0 || got.Crop != 96 {
		t.Errorf("squashed at 96 is %+v", got)
	}
}

var small = Preprocess{Short: 32, Crop: 28, Filter: "bilinear", Normalisation: "half"}

// Batches keep the order, pass over what can't be read, and have all rows.
func TestBatches(t *testing.T) {
	good := []string{"camera.png", "chelsea.png", "coffee.png", "rocket.png"}
	broken := filepath.Join(t.TempDir(), "broken.png")
	if err := os.WriteFile(broken, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	var paths []string
	var want []int
	for i := range 11 {
		if i == 0 || i == 4 || i == 5 {
			paths = append(paths, broken)
			continue
		}
		paths = append(paths, filepath.Join("testdata/photos", good[i%4]))
		want = append(want, i)
	}
	var got []int
	unreadable := 0
	for b, err := range Batches(context.Background(), paths, small, 4) {
		if err != nil {
			if !strings.Contains(err.Error(), broken) {
				t.Errorf("error %v does not name the picture", err)
			}
			unreadable++
			continue
		}
		if !slices.Equal(b.Pictures.Shape().Dimensions, []int{4, 28, 28, 3}) {
			t.Fatalf("shape %s", b.Pictures.Shape())
		}
		rows := b.Pictures.Value().([][][][]float32)
		for row := range rows {
			if row >= len(b.Index) {
				if rows[row][5][5][0] != 0 {
					t.Errorf("row %d is not empty", row)
				}
				continue
			}
			m, err := picture.Open(paths[b.Index[row]])
			if err != nil {
				t.Fatal(err)
			}
			alone := make([]float32, 28*28*3)
			small.Normalise(alone, small.Pixels(m))
			if rows[row][9][3][1] != alone[(9*28+3)*3+1] {
				t.Errorf("row %d is not picture %d", row, b.Index[row])
			}
		}
		got = append(got, b.Index...)
	}
	if !slices.Equal(got, want) || unreadable != 3 {
		t.Errorf("pictures %v, want %v; %d unreadable, want 3", got, want, unreadable)
	}
}

// However slow the engine and long the list, few batches exist, and no goroutine outlives the loop.
func TestBatchesAreBoundedAndEnd(t *testing.T) {
	paths := slices.Repeat([]string{"testdata/photos/camera.png"}, 4000)
	// The bubble ends when all its goroutines have: one that stayed would be a deadlock.
	synctest.Test(t, func(t *testing.T) {
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		for range Batches(t.Context(), paths, small, 2) {
			synctest.Wait() // until the reader waits for somebody to take what it has
			break
		}
		runtime.ReadMemStats(&m1)
		// Three batches of two, with the decoder's own waste for each picture; 4000 would be 400 MB.
		if grew := m1.TotalAlloc - m0.TotalAlloc; grew > 20<<20 {
			t.Errorf("%d MB allocated for one batch", grew>>20)
		}
	})

	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		n := 0
		var last error
		for _, err := range Batches(ctx, paths, small, 2) {
			if n++; n == 3 {
				cancel(stop)
			}
			last = err
		}
		if !errors.Is(last, stop) || n > 10 {
			t.Errorf("cancelled after 3 batches: %d came, the last one with %v", n, last)
		}
	})
}

func TestBatchesCheckTheirPreprocess(t *testing.T) {
	said := 0
	for _, err := range Batches(context.Background(), []string{"x.png"}, Preprocess{Crop: 8, Filter: "nearest"}, 1) {
		said++
		if err == nil || !strings.Contains(err.Error(), `"nearest"`) {
			t.Errorf("error %v", err)
		}
	}
	if said != 1 {
		t.Errorf("%d errors, want one", said)
	}
}
