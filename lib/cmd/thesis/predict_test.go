package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/setup/testhome"
)

// tree makes a folder of files: those that end in .jpg are a photograph, cut short if their name
// has "cut" in it.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	photo, err := os.ReadFile("../../vision/testdata/photos/coffee.png")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		content := photo
		if strings.Contains(name, "cut") {
			content = photo[:len(photo)/2]
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPictureFiles(t *testing.T) {
	dir := tree(t, "b.JPEG", "a/z/deep.jpg", "a/notes.txt", "labels.csv", ".hidden/x.jpg", ".x.jpg", "old.gif")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, link} {
		got, err := pictureFiles(d)
		if want := []string{"a/z/deep.jpg", "b.JPEG", "old.gif"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("files %q, %v, want %q", got, err, want)
		}
	}
	if _, err := pictureFiles(tree(t, "notes.txt")); err == nil || !strings.Contains(err.Error(), "no pictures in") {
		t.Errorf("no pictures: %v", err)
	}
	if _, err := pictureFiles(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// All readable pictures are predicted, all others named, and the command fails. It needs lite0, and the
// network where that is not here yet.
func TestPredictWithWeights(t *testing.T) {
	testhome.Weights(t, "lite0")
	dir := tree(t, "one.jpg", "sub/two.jpg", "cut.jpg", "sub/cut2.jpg")
	out, said, code := thesis(t, "predict", "-weights", "lite0", "-top", "2", "-json", dir)
	for _, part := range []string{"thesis predict: 2 of 4 pictures could not be read", filepath.Join(dir, "cut.jpg"), filepath.Join(dir, "sub/cut2.jpg")} {
		if code != 1 || !strings.Contains(said, part) {
			t.Errorf("exit code %d, %q lacks %q", code, said, part)
		}
	}
	var got []struct {
		File string
		Top  []struct {
			Index       int
			Name        string
			Probability float64
		}
	}
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(got) != 2 || got[0].File != "one.jpg" || got[1].File != "sub/two.jpg" {
		t.Fatalf("predictions %+v", got)
	}
	for _, p := range got {
		if len(p.Top) != 2 || p.Top[0].Index != 967 || p.Top[0].Name != "espresso" || p.Top[0].Probability < p.Top[1].Probability {
			t.Errorf("%+v, want espresso first", p)
		}
	}

	// For people: the same, a line a class.
	lines := strings.Split(works(t, "predict", "-top", "2", tree(t, "a\nb.jpg")), "\n")
	top := got[0].Top
	want := []string{`"a\nb.jpg"`, fmt.Sprintf("  %5.1f%%  967  espresso", 100*top[0].Probability), fmt.Sprintf("  %5.1f%%  %3d  %s", 100*top[1].Probability, top[1].Index, top[1].Name), ""}
	if !slices.Equal(lines, want) {
		t.Errorf("printed %q, want %q", lines, want)
	}
}

// It needs dinov2-s14-imgfocus, which ends in no classes, and the network where that is not here yet.
func TestPredictRefusesWeights(t *testing.T) {
	dir := tree(t, "one.jpg")
	if out, said, code := thesis(t, "predict", "-weights", "nothing", dir); code != 1 || out != "" || !strings.Contains(said, `no weights "nothing"`) {
		t.Errorf("exit code %d, %q, %q", code, out, said)
	}
	testhome.Weights(t, "dinov2-s14-imgfocus")
	if out, said, code := thesis(t, "predict", "-weights", "dinov2-s14-imgfocus", dir); code != 1 || out != "" || !strings.Contains(said, "end in features, not in classes") {
		t.Errorf("exit code %d, %q, %q", code, out, said)
	}
}
