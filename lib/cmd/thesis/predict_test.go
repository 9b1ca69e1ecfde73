package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// printed runs f and returns what it wrote to standard output.
func printed(t *testing.T, f func() error) (string, error) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = stdout }()
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	err = f()
	w.Close()
	return <-text, err
}

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

// All readable pictures are predicted, all others named, and the command fails.
func TestPredict(t *testing.T) {
	dir := tree(t, "one.jpg", "sub/two.jpg", "cut.jpg", "sub/cut2.jpg")
	out, err := printed(t, func() error {
		return runPredict(context.Background(), []string{"-weights", "lite0", "-top", "2", "-json", dir})
	})
	for _, part := range []string{"2 of 4 pictures", filepath.Join(dir, "cut.jpg"), filepath.Join(dir, "sub/cut2.jpg")} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
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
}

func TestPredictRefuses(t *testing.T) {
	dir := tree(t, "one.jpg")
	for want, args := range map[string][]string{
		`no weights "nothing"`: {"-weights", "nothing", dir},
		"end in features":      {"-weights", "dinov2-s14-imgfocus", dir},
		"usage":                {"-top", "0", dir},
	} {
		if err := runPredict(context.Background(), args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want one with %q", args, err, want)
		}
	}
}

func TestWeights(t *testing.T) {
	out, err := printed(t, func() error { return runWeights(context.Background(), nil) })
	if err != nil || !strings.Contains(out, "lite0") || !strings.Contains(out, "torchvision-vit-b16") {
		t.Errorf("list: %v\n%s", err, out)
	}
	out, err = printed(t, func() error { return runWeights(context.Background(), []string{"fetch", "lite0"}) })
	if err != nil || !strings.Contains(out, "efficientnet-lite0-57934424.pth") {
		t.Errorf("fetch: %v\n%s", err, out)
	}
	out, err = printed(t, func() error { return runWeights(context.Background(), []string{"verify", "lite0"}) })
	if err != nil || out != "lite0: verified\n" {
		t.Errorf("verify: %v\n%s", err, out)
	}
	for want, args := range map[string][]string{
		"neither fetch nor verify": {"bring"},
		"needs the names":          {"fetch"},
		`no weights "x"`:           {"fetch", "x"},
	} {
		if err := runWeights(context.Background(), args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want one with %q", args, err, want)
		}
	}
}
