package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thesis.example/lib/dataset"
	"thesis.example/lib/setup"
	"thesis.example/lib/standin"
)

// Verbs on a folder with Japanese genres that are too small for folds: what needs no experiment works, and
// the rest says why it does not, before anything is trained.
func TestFewPicturesOfJapaneseGenres(t *testing.T) {
	t.Setenv(setup.HomeVariable, t.TempDir())
	dir := t.TempDir()
	if err := standin.Write(t.Context(), dir, standin.Options{PerGenre: 2, Seed: 3}); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, dataset.EngagementFile))
	if err != nil {
		t.Fatal(err)
	}
	text := string(table)
	for from, to := range map[string]string{"dance": "ダンス", "gourmet": "犬", "travel": "旅行 2"} {
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, from+"/", to+"/")
	}
	for name, content := range map[string]string{dataset.EngagementFile: text, dataset.GenresFile: "folder,genre,title\n犬,,Dogs\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("DATA", dir)

	const few = "5 folds need 5 or more of each genre, and ダンス has 2, 旅行 2 has 2, Dogs has 2; add pictures, or move the folder out"
	check := works(t, "data", "check")
	for _, want := range []string{"ダンス", "Dogs", "ダンス is dance, 旅行 2 is travel.", "chapters 3, 5, 6 and 7 show no experiments: too few pictures", few} {
		if !strings.Contains(check, want) {
			t.Errorf("data check does not say %q: %s", want, check)
		}
	}
	if out := works(t, "features"); !strings.Contains(out, "旅行 2/001.png,travel,") || !strings.Contains(out, "犬/001.png,犬,") {
		t.Errorf("the metadata table: %s", out)
	}
	claims := works(t, "claims")
	for _, want := range []string{"not trained on all folds", "no folder is the genre gourmet", "ダンス is dance"} {
		if !strings.Contains(claims, want) {
			t.Errorf("claims do not say %q", want)
		}
	}
	if out, said, code := thesis(t, "trial", "-exp", "1", "-arm", "logistic"); code != 1 || out != "" || !strings.Contains(said, few) {
		t.Errorf("trial: exit code %d, %q, %q", code, out, said)
	}
}
