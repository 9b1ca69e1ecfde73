package report

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thesis.example/lib/setup"
)

// A page is made anew exactly when something has changed that it was made from.
func TestPagesAreKept(t *testing.T) {
	t.Setenv(setup.HomeVariable, t.TempDir())
	data, out, notebooks := t.TempDir(), filepath.Join(t.TempDir(), "report"), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Chapters of a title and a table, quick to run.
	chapter := func(name, title string) string {
		path := filepath.Join(notebooks, name)
		works := read(t, "testdata/95-formula.ipynb")
		var nb map[string]any
		if err := json.Unmarshal([]byte(works), &nb); err != nil {
			t.Fatal(err)
		}
		nb["cells"].([]any)[0].(map[string]any)["source"] = "# " + title
		text, err := json.Marshal(nb)
		if err != nil {
			t.Fatal(err)
		}
		write(path, string(text))
		return path
	}
	first, second := chapter("96-a.ipynb", "A"), chapter("97-b.ipynb", "B")
	records, err := setup.Place("records")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := setup.Place("weights")
	if err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(data, "dance", "1.png"), "a picture")

	// made are the chapters whose pages were written by a report.
	again := false
	made := func() string {
		t.Helper()
		before := map[string]time.Time{}
		pages := []string{"96-a", "97-b"}
		for _, name := range pages {
			if info, err := os.Stat(filepath.Join(out, name+".html")); err == nil {
				before[name] = info.ModTime()
			}
		}
		job := Job{Data: data, Out: out, Notebooks: []string{first, second}, Again: again}
		if err := Build(context.Background(), job); err != nil {
			t.Fatal(err)
		}
		var changed []string
		for _, name := range pages {
			info, err := os.Stat(filepath.Join(out, name+".html"))
			if err != nil {
				t.Fatal(err)
			}
			if !info.ModTime().Equal(before[name]) {
				changed = append(changed, name)
			}
		}
		return strings.Join(changed, " ")
	}
	steps := []struct {
		what string
		do   func()
		want string
	}{
		{"the first time", func() {}, "96-a 97-b"},
		{"nothing", func() {}, ""},
		{"the title of a notebook", func() { chapter("96-a.ipynb", "A, changed") }, "96-a 97-b"}, // its title stands on the next page
		{"nothing since", func() {}, ""},
		{"the text of a notebook", func() { chapter("96-a.ipynb", "A, changed\n\nA text.") }, "96-a"},
		{"a picture", func() { write(filepath.Join(data, "dance", "1.png"), "another") }, "96-a 97-b"},
		{"a record", func() { write(filepath.Join(records, "x.jsonl"), "{}") }, "96-a 97-b"},
		{"weights", func() { write(filepath.Join(weights, "x.onnx"), "w") }, "96-a 97-b"},
		{"a lock beside it", func() { write(filepath.Join(records, "x.lock"), "") }, ""},
		{"a setting", func() { t.Setenv("SEED", "2") }, "96-a 97-b"},
		{"a page is gone", func() { os.Remove(filepath.Join(out, "97-b.html")) }, "97-b"},
		{"what pages were made from is not readable", func() { write(filepath.Join(out, originsFile), "{") }, "96-a 97-b"},
		{"asked to", func() { again = true }, "96-a 97-b"},
	}
	for _, s := range steps {
		s.do()
		if got := made(); got != s.want {
			t.Errorf("%s: made %q, want %q", s.what, got, s.want)
		}
	}
	if index := read(t, filepath.Join(out, "index.html")); !strings.Contains(index, "A, changed") {
		t.Error("the index does not have the changed title")
	}
}
