package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// twoGenres is a set of ten noisy pictures each of warm and of cold colours, which have the same shapes.
func twoGenres(t *testing.T) *dataset.Set {
	t.Helper()
	dir, rows := t.TempDir(), "file,likes,saves,comments\n"
	random := rand.New(rand.NewPCG(5, 0))
	for i, genre := range []string{"cold", "warm"} {
		if err := os.Mkdir(filepath.Join(dir, genre), 0o755); err != nil {
			t.Fatal(err)
		}
		for n := range 10 {
			m := &picture.Image{W: 64, H: 48}
			for range m.W * m.H {
				bright, dark := uint8(150+random.IntN(100)), uint8(random.IntN(60))
				m.Pix = append(m.Pix, [][]uint8{{dark, dark, bright}, {bright, dark, dark}}[i]...)
			}
			var b bytes.Buffer
			if err := png.Encode(&b, m.RGBA()); err != nil {
				t.Fatal(err)
			}
			file := fmt.Sprintf("%s/%d.png", genre, n)
			rows += file + ",1,1,1\n"
			if err := os.WriteFile(filepath.Join(dir, file), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, dataset.EngagementFile), []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	set, err := dataset.Open(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// The pictures are what their names say, are drawn once, and only where they are missing. A network's
// classifier, asked about pictures of genres that differ in colour alone, goes by the texture's; its
// answers are kept, by everything that decides them.
func TestConflict(t *testing.T) {
	t.Setenv(setup.HomeVariable, t.TempDir())
	set := twoGenres(t)
	stop := errors.New("stop")
	stopped, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, err := Conflicts(stopped, set, 224); !errors.Is(err, stop) {
		t.Errorf("stopped before it began: %v", err)
	}
	c, err := Conflicts(t.Context(), set, 112)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Items) != 2*2*4 {
		t.Fatalf("%d items of 4 test pictures, want two methods of conflict and control", len(c.Items))
	}
	conflicting := 0
	for i, it := range c.Items {
		shape, texture, err := c.Sources(i)
		if err != nil {
			t.Fatal(err)
		}
		want, err := map[string]func(a, b *picture.Image) (*picture.Image, error){Spectrum: ExchangeSpectrum, Patches: TransferTexture}[it.Method](shape, texture)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.View(i)
		if err != nil || got.W != 224 || got.H != 224 || !slices.Equal(got.Pix, want.Pix) {
			t.Fatalf("item %d, %+v, is not its sources' (%v)", i, it, err)
		}
		for at, m := range map[int]*picture.Image{it.Shape: shape, it.Texture: texture} {
			original, err := picture.Open(set.Path(at))
			if err != nil || !slices.Equal(view.Pixels(original).Pix, m.Pix) {
				t.Errorf("item %d: a source is not picture %d of the set (%v)", i, at, err)
			}
		}
		if c.Conflicting(i) {
			conflicting++
		}
		if differ := set.Samples[it.Shape].Genre != set.Samples[it.Texture].Genre; c.Conflicting(i) != differ {
			t.Errorf("item %d, %+v: conflicting %v", i, it, c.Conflicting(i))
		}
	}
	if conflicting != 8 {
		t.Errorf("%d items conflict, want 8", conflicting)
	}

	// What is there is not drawn again, whatever it is.
	drawn := make([][]byte, len(c.Items))
	for i := range c.Items {
		if drawn[i], err = os.ReadFile(c.file(i)); err == nil {
			err = os.WriteFile(c.file(i), []byte("mine"), 0o644)
		}
		if i == 3 && err == nil {
			err = os.Remove(c.file(i))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Conflicts(t.Context(), set, 112); err != nil {
		t.Fatal(err)
	}
	for i := range c.Items {
		b, err := os.ReadFile(c.file(i))
		if want := string(drawn[i]); err != nil || i == 3 && string(b) != want || i != 3 && string(b) != "mine" {
			t.Errorf("item %d is %.10q in the second call, %v", i, b, err)
		}
		if err := os.WriteFile(c.file(i), drawn[i], 0o644); err != nil {
			t.Fatal(err)
		}
	}

	in := inspector(t, &vision.EfficientNet{ID: "small CNN", WidthFactor: 0.25, DepthFactor: 0.1, Epsilon: 1e-3, Size: 224})
	in.Hash, in.Why = "random", "this is a test"
	in.Architecture = "small"
	if _, err := c.answers(stopped, in); !errors.Is(err, stop) {
		t.Errorf("asked after the stop: %v", err)
	}
	a, err := c.answers(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if a.Network != "small CNN" || a.Note != "small CNN (small) stands in: this is a test" || a.Tested != 4 || a.Right != 4 || len(a.Predicted) != len(c.Items) {
		t.Errorf("%+v, want 4 of 4 right", a)
	}
	for _, method := range []string{Spectrum, Patches} {
		shape, texture, neither, agreed, controls := c.Tally(a, method)
		if got, want := []int{shape, texture, neither, agreed, controls}, []int{0, 4, 0, 4, 4}; !slices.Equal(got, want) {
			t.Errorf("%s: shape, texture, neither, agreed, controls are %d, want %d", method, got, want)
		}
	}

	// Kept: the same answers, though the pictures are gone.
	if err := os.RemoveAll(c.dir); err != nil {
		t.Fatal(err)
	}
	in.Why = ""
	again, err := c.answers(t.Context(), in)
	if err != nil || !slices.Equal(again.Predicted, a.Predicted) || again.Right != 4 || again.Note != "" {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	for what, change := range map[string]func(){
		"other weights":       func() { in.Hash = "other" },
		"other normalisation": func() { in.Preprocess.Normalisation = "half" },
		"other network":       func() { in.Network.(*vision.EfficientNet).ID = "other" },
	} {
		before := *in.Loaded
		id := in.Network.Name()
		change()
		if _, err := c.answers(t.Context(), in); !errors.Is(err, os.ErrNotExist) { // it looks for the pictures
			t.Errorf("%s: %v", what, err)
		}
		*in.Loaded = before
		in.Network.(*vision.EfficientNet).ID = id
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(c.dir), "conflict-answers-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("answers are kept in %q, %v", files, err)
	}
	for damage, says := range map[string]string{"": "unexpected end of JSON input", `{"Predicted":[1]}`: "1 answers for 16 items"} {
		if err := os.WriteFile(files[0], []byte(damage), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := c.answers(t.Context(), in); err == nil || !strings.Contains(err.Error(), files[0]+" is damaged") || !strings.Contains(err.Error(), "("+says+"): delete it") {
			t.Errorf("with %q kept: %v", damage, err)
		}
	}
	if _, err := c.Ask(t.Context(), "nothing"); err == nil || !strings.Contains(err.Error(), `no weights "nothing"`) {
		t.Errorf("an unknown network: %v", err)
	}
}

// One genre has no other to conflict with.
func TestConflictOfOneGenre(t *testing.T) {
	set := &dataset.Set{Dir: "somewhere", Genres: []string{"dance"}}
	if _, err := Conflicts(t.Context(), set, 112); err == nil || !strings.Contains(err.Error(), "cue conflict in somewhere: 1 genre, want at least 2") {
		t.Errorf("error %v", err)
	}
}

// Answers are counted by what they name, of the method that is asked for alone.
func TestTally(t *testing.T) {
	set := &dataset.Set{Genres: []string{"a", "b", "c"}}
	for i := range 6 {
		set.Samples = append(set.Samples, dataset.Sample{Genre: set.Genres[i/2], Label: i / 2})
	}
	c := &Conflict{set: set}
	var a ConflictAnswers
	for _, it := range []struct {
		ConflictItem
		answer int
	}{
		{ConflictItem{Spectrum, 0, 2}, 0}, {ConflictItem{Spectrum, 1, 3}, 1}, {ConflictItem{Spectrum, 2, 4}, 2}, {ConflictItem{Spectrum, 4, 1}, 1}, // shape, texture, texture, neither
		{ConflictItem{Spectrum, 0, 1}, 0}, {ConflictItem{Spectrum, 2, 3}, 1}, {ConflictItem{Spectrum, 4, 5}, 0}, // two controls of three agree
		{ConflictItem{Patches, 0, 2}, 2},
	} {
		c.Items, a.Predicted = append(c.Items, it.ConflictItem), append(a.Predicted, it.answer)
	}
	for method, want := range map[string][]int{Spectrum: {1, 2, 1, 2, 3}, Patches: {0, 0, 1, 0, 0}, "": {0, 0, 0, 0, 0}} {
		shape, texture, neither, agreed, controls := c.Tally(a, method)
		if got := []int{shape, texture, neither, agreed, controls}; !slices.Equal(got, want) {
			t.Errorf("%q: shape, texture, neither, agreed, controls are %d, want %d", method, got, want)
		}
	}
}

// Every test picture is a shape once in conflict and once in control, for both methods; no texture
// is used more often than it must be.
func TestConflictItems(t *testing.T) {
	labels := []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}
	test := []int{0, 1, 2, 4, 5, 6, 8, 9, 10}
	items := conflictItems(labels, test, 3)
	if len(items) != 2*2*len(test) {
		t.Fatalf("%d items", len(items))
	}
	shapes, textures := map[int]int{}, map[int]int{}
	for _, it := range items {
		if !slices.Contains(test, it.Shape) || !slices.Contains(test, it.Texture) || it.Shape == it.Texture {
			t.Errorf("%+v", it)
		}
		if labels[it.Shape] != labels[it.Texture] {
			shapes[it.Shape]++
			textures[it.Texture]++
		}
	}
	for _, i := range test {
		if shapes[i] != 2 || textures[i] != 2 {
			t.Errorf("picture %d: %d shapes, %d textures, want 2 and 2", i, shapes[i], textures[i])
		}
	}
	// Of very many pictures some are taken, evenly from each genre.
	labels, test = nil, nil
	for i := range 3000 {
		labels, test = append(labels, i%3), append(test, i)
	}
	shapes = map[int]int{}
	for _, it := range conflictItems(labels, test, 3) {
		shapes[labels[it.Shape]]++
	}
	if want := 4 * mostShapes / 3; shapes[0] != want || shapes[1] != want || shapes[2] != want {
		t.Errorf("3000 pictures make %v items a genre, want %d", shapes, want)
	}
	if got := conflictItems([]int{0, 0}, []int{0}, 1); len(got) != 0 {
		t.Errorf("one picture of one genre makes %v", got)
	}
}
