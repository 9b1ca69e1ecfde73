package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thesis.example/lib/dataset"
)

// The verbs that print numbers say how many were corrected by hand, and -review writes a
// page instead of the table.
func TestCorrectedIsSaid(t *testing.T) {
	dir := ownFolder(t)
	if err := os.WriteFile(filepath.Join(dir, dataset.CorrectionsFile), []byte("file,face_count,text\n0.png,2,#Go\n9.png,1,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const note = "2 face counts and 1 text were corrected by hand (corrections.csv).\n"
	page := filepath.Join(t.TempDir(), "review.html")
	for _, c := range []struct {
		line           string
		stdout, stderr []string // "" alone: nothing
	}{
		{"data check", []string{note}, nil},
		{"features", []string{",corrected,text\n", ",face_count text,#go\n", ",face_count,\n"}, []string{note}},
		{"features -review " + page, []string{""}, []string{note}},
		{"features -o - -review " + page, []string{",face_count text,#go\n"}, []string{note}},
		{"claims", []string{"Note: " + note}, nil},
	} {
		stdout, stderr, code := thesis(t, append(strings.Fields(c.line), "-data", dir)...)
		if code != 0 {
			t.Fatalf("thesis %s: exit code %d: %s", c.line, code, stderr)
		}
		for _, want := range c.stdout {
			if !strings.Contains(stdout, want) || want == "" && stdout != "" {
				t.Errorf("thesis %s prints\n%s, expected %q in it", c.line, stdout, want)
			}
		}
		for _, want := range c.stderr {
			if !strings.Contains(stderr, want) {
				t.Errorf("thesis %s says\n%s, expected %q in it", c.line, stderr, want)
			}
		}
	}
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "<article"); n != 10 || !strings.Contains(string(b), strings.TrimSpace(note)) {
		t.Errorf("%d pictures on the page, which does not say %q", n, note)
	}
}

// ownFolder is a data folder of two genres of five pictures each.
func ownFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rows := "file,likes,saves,comments\n"
	for i := range 10 {
		file := fmt.Sprintf("%s/%d.png", []string{"dance", "travel"}[i/5], i)
		m := image.NewGray(image.Rect(0, 0, 16, 16))
		m.SetGray(i, i, color.Gray{200})
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		rows += fmt.Sprintf("%s,%d,%d,%d\n", file, 100*(i+1)+i*i, 10*i+1, i)
	}
	if err := os.WriteFile(filepath.Join(dir, dataset.EngagementFile), []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
