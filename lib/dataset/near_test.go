package dataset_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
	"thesis.example/lib/standin"
)

// statusBar writes a clock, a network and a battery's charge over the upper 4 % of a picture.
func statusBar(m *picture.Image, text string) *picture.Image {
	words := image.NewNRGBA(image.Rect(0, 0, 7*len(text), 13))
	d := font.Drawer{Dst: words, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(0, 11)}
	d.DrawString(text)
	r, high := m.RGBA(), m.H*35/1000
	for y := range high {
		for x := range min(high*words.Rect.Dx()/13, m.W-m.W/12) {
			if c := words.NRGBAAt(x*13/high, y*13/high); c.A > 0 {
				r.SetNRGBA(m.W/12+x, m.H/200+y, c)
			}
		}
	}
	return picture.FromImage(r)
}

// asJPEG is a picture saved as JPEG and read again.
func asJPEG(t *testing.T, m *picture.Image, quality int) *picture.Image {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m.RGBA(), &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	back, err := picture.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func percent(m *picture.Image, p int) *picture.Image {
	return m.Resize(m.W*p/100, m.H*p/100, picture.Bicubic)
}

// played is a later look at the video's page: the heart is red, and the bar at its lower edge has gone on.
func played(m *picture.Image) *picture.Image {
	r := m.RGBA()
	draw.Draw(r, image.Rect(m.W*88/100, m.H*50/100, m.W*96/100, m.H*54/100), image.NewUniform(color.NRGBA{254, 44, 85, 255}), image.Point{}, draw.Src)
	draw.Draw(r, image.Rect(0, m.H*97/100, m.W*60/100, m.H*975/1000), image.White, image.Point{}, draw.Src)
	return picture.FromImage(r)
}

func lookOf(t *testing.T, m *picture.Image) dataset.Look {
	t.Helper()
	l, err := dataset.LookOf(m)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Of drawn pictures with texts alike, at several limits: the share of variants of one picture that are found, and the
// pairs of different pictures that are mistaken for one.
func TestNearMeasured(t *testing.T) {
	dir := t.TempDir()
	if err := standin.Write(t.Context(), dir, standin.Options{PerGenre: 6, Seed: 3, Progress: func(int, int) {}}); err != nil {
		t.Fatal(err)
	}
	measureNear(t, filepath.Join(dir, "*", "*.png"))
}

func measureNear(t *testing.T, pattern string) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d pictures, %v", len(files), err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	bar := func(m *picture.Image) *picture.Image {
		return statusBar(m, fmt.Sprintf("%d:%02d        5G %d%%", rng.IntN(24), rng.IntN(60), 1+rng.IntN(99)))
	}
	variants := []struct {
		name string
		of   func(m *picture.Image) *picture.Image
	}{
		{"another clock", bar},
		{"JPEG of quality 90", func(m *picture.Image) *picture.Image { return asJPEG(t, m, 90) }},
		{"JPEG of quality 50", func(m *picture.Image) *picture.Image { return asJPEG(t, m, 50) }},
		{"half the size", func(m *picture.Image) *picture.Image { return percent(m, 50) }},
		{"3/2 of the size", func(m *picture.Image) *picture.Image { return percent(m, 150) }},
		{"clock, 3/4 of the size, JPEG 70", func(m *picture.Image) *picture.Image { return asJPEG(t, percent(bar(m), 75), 70) }},
		{"clock, heart, bar, JPEG 70", func(m *picture.Image) *picture.Image { return asJPEG(t, played(bar(m)), 70) }},
	}
	limits := []float64{0.15, 0.20, 0.25, dataset.NearLimit, 0.31, 0.35, 0.40}
	found := make([][]int, len(variants))
	for v := range found {
		found[v] = make([]int, len(limits))
	}
	var looks []dataset.Look
	for _, file := range files {
		m, err := picture.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		looks = append(looks, lookOf(t, m))
		first := lookOf(t, bar(m))
		for v, variant := range variants {
			pair := []dataset.Look{first, lookOf(t, variant.of(m))}
			for l, limit := range limits {
				found[v][l] += len(dataset.NearPairs(pair, limit))
			}
		}
	}
	for l, limit := range limits {
		mistaken, all := len(dataset.NearPairs(looks, limit)), 0
		line := fmt.Sprintf("limit %.2f: %d of %d pairs mistaken; found", limit, mistaken, len(looks)*(len(looks)-1)/2)
		for v, variant := range variants {
			line += fmt.Sprintf(" %.1f %% %s;", 100*float64(found[v][l])/float64(len(files)), variant.name)
			all += found[v][l]
		}
		t.Log(line)
		if limit == dataset.NearLimit && (mistaken > 0 || 100*all < 98*len(files)*len(variants)) {
			t.Errorf("at the limit %d pairs are mistaken, and %d of %d variants found", mistaken, all, len(files)*len(variants))
		}
	}
}

// Ten thousand pictures are compared in seconds, and what is alike among them is found.
func TestNearOfManyPictures(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	looks := make([]dataset.Look, 10000)
	for i := range looks {
		for w := range looks[i] {
			looks[i][w] = rng.Uint64() & rng.Uint64()
		}
	}
	looks[7003] = looks[12]
	looks[7003][3] ^= 0xff
	pairs := dataset.NearPairs(looks, dataset.NearLimit)
	if len(pairs) != 1 || pairs[0].A != 12 || pairs[0].B != 7003 || pairs[0].Distance <= 0 {
		t.Errorf("near-duplicates %+v, want 12 and 7003", pairs)
	}
}
