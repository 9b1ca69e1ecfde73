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
	golden := readPhotos(t).Preprocess
	if len(golden) == 0 {
		t.Fatal("no golden to compare with")
	}
	for _, g := range golden {
		if len(g.Values) == 0 {
			t.Fatalf("%s: the golden has no values", g.File)
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

// However slow the engine and long the list, three batches exist, and no goroutine outlives the loop:
// synctest.Test fails where one does.
func TestBatchesAreBoundedAndEnd(t *testing.T) {
	good, err := os.ReadFile("testdata/photos/camera.png")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "picture.png")
	paths := slices.Repeat([]string{path}, 40)
	write := func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("bounded", func(t *testing.T) {
		write(t, good)
		synctest.Test(t, func(t *testing.T) {
			read, unreadable := 0, 0
			for b, err := range Batches(t.Context(), paths, small, 2) {
				if read+unreadable == 0 {
					synctest.Wait()                // until all has been read that is read ahead of the engine,
					write(t, []byte("no picture")) // so that whatever is read later is known
				}
				if err != nil {
					unreadable++
				}
				read += len(b.Index)
			}
			if read != 3*2 || unreadable != len(paths)-read {
				t.Errorf("%d pictures were read before the second batch was asked for and %d after, want 6 and %d", read, unreadable, len(paths)-6)
			}
		})
	})
	t.Run("left", func(t *testing.T) {
		write(t, good)
		synctest.Test(t, func(t *testing.T) {
			n := 0
			for _, err := range Batches(context.Background(), paths, small, 2) {
				if n++; err != nil {
					t.Error(err)
				}
				break
			}
			if n != 1 {
				t.Errorf("%d batches, want 1", n)
			}
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		write(t, good)
		synctest.Test(t, func(t *testing.T) {
			stop := errors.New("stop")
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			n := 0
			var last error
			for _, err := range Batches(ctx, paths, small, 2) {
				if n++; n == 3 {
					synctest.Wait() // one batch waits and one is filled
					cancel(stop)
					synctest.Wait() // the filled one is given up
				}
				last = err
			}
			if !errors.Is(last, stop) || n > 5 {
				t.Errorf("cancelled after 3 batches: %d came, the last one with %v; want at most the one that waited, then the cause", n, last)
			}

			// A batch that was not filled, because of the end, never comes: which of a send and an end
			// goes first is drawn anew each time.
			for range 20 {
				for b, err := range Batches(ctx, paths, small, 2) {
					if !errors.Is(err, stop) {
						t.Fatalf("cancelled before: batch %v, error %v, want the cause alone", b.Index, err)
					}
				}
			}
		})
	})
}

func TestBatchesCheckTheirPreprocess(t *testing.T) {
	var errs []error
	for _, err := range Batches(context.Background(), []string{"x.png"}, Preprocess{Crop: 8, Filter: "nearest"}, 1) {
		errs = append(errs, err)
	}
	if len(errs) != 1 || errs[0] == nil || !strings.Contains(errs[0].Error(), `"nearest"`) {
		t.Errorf("errors %v, want one with \"nearest\"", errs)
	}
}
