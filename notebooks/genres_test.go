package notebooks

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"thesis.example/lib/bench"
	"thesis.example/lib/dataset"
	"thesis.example/lib/report"
	"thesis.example/lib/setup/testhome"
	"thesis.example/lib/standin"
)

// part is some of the stand-in pictures of one genre under another folder's name.
type part struct {
	folder, of  string
	first, last int
}

// ownFolder writes a folder as somebody may have it, of drawn pictures: not marked as stand-in data.
func ownFolder(t *testing.T, parts []part) string {
	t.Helper()
	drawn, dir := t.TempDir(), t.TempDir()
	if err := standin.Write(t.Context(), drawn, standin.Options{PerGenre: 12, Seed: 2}); err != nil {
		t.Fatal(err)
	}
	set, err := dataset.Open(t.Context(), drawn, false)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	table := csv.NewWriter(&b)
	table.Write([]string{"file", "likes", "saves", "comments"})
	for _, p := range parts {
		if err := os.Mkdir(filepath.Join(dir, p.folder), 0o755); err != nil {
			t.Fatal(err)
		}
		n := 0
		for i, s := range set.Samples {
			if s.Genre != p.of {
				continue
			}
			if n++; n < p.first || n > p.last {
				continue
			}
			file := p.folder + "/" + filepath.Base(s.File)
			if err := os.Rename(set.Path(i), filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
			table.Write([]string{file, fmt.Sprint(s.Likes), fmt.Sprint(s.Saves), fmt.Sprint(s.Comments)})
		}
	}
	if table.Flush(); table.Error() != nil {
		t.Fatal(table.Error())
	}
	if err := os.WriteFile(filepath.Join(dir, dataset.EngagementFile), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// said builds chapters on a folder and gives what the cells of each said, as plain text.
func said(t *testing.T, data string, chapters ...string) map[string]string {
	t.Helper()
	testhome.Weights(t, "lite0", "dinov2-s14-imgfocus")
	t.Setenv("FIGURES", t.TempDir())
	notebooks, err := report.Notebooks(chapters...)
	if err != nil {
		t.Fatal(err)
	}
	out, began, before := t.TempDir(), time.Now(), childrenCPU(t)
	if err := report.Build(t.Context(), report.Job{Data: data, Out: out, Notebooks: notebooks, Measured: bench.Known}); err != nil {
		t.Fatal(err)
	}
	t.Logf("chapters %q: %.0f CPU seconds in %s", chapters, childrenCPU(t)-before, time.Since(began).Round(time.Second))
	texts := map[string]string{}
	for k, notebook := range notebooks {
		name := strings.TrimSuffix(filepath.Base(notebook), ".ipynb")
		var b strings.Builder
		for _, c := range cellsOf(t, filepath.Join(out, name+".ipynb")) {
			for _, o := range c.Outputs {
				if o.Type == "error" {
					t.Errorf("%s: a cell failed", name)
				}
				switch text := o.Data["text/plain"].(type) {
				case string:
					b.WriteString(text + "\n")
				case []any:
					for _, line := range text {
						b.WriteString(line.(string))
					}
					b.WriteString("\n")
				}
			}
		}
		texts[chapters[k]] = b.String()
		info, err := os.Stat(filepath.Join(out, name+".html"))
		if err != nil || info.Size() > maxPage {
			t.Errorf("the page of %s: %v, over %d bytes?", name, err, maxPage)
		}
		if strings.Contains(b.String(), "NaN") {
			t.Errorf("%s says NaN", name)
		}
	}
	return texts
}

// childrenCPU is the processor time of the processes that this one has waited for, and of theirs.
func childrenCPU(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func expect(t *testing.T, texts map[string]string, chapter string, sentences ...string) {
	t.Helper()
	for _, s := range sentences {
		if !strings.Contains(texts[chapter], s) {
			t.Errorf("chapter %s does not say %q", chapter, s)
		}
	}
}

// Two genres with Japanese names, one of which is the thesis' dance: everything is computed, and what
// cannot be compared says why. Chapter 6 is left to the stand-in pictures: on a set of this size its twenty
// trainings compile every network for three sizes of batch, more work than all the rest.
func TestTwoJapaneseGenres(t *testing.T) {
	texts := said(t, ownFolder(t, []part{{"ダンス", "dance", 1, 12}, {"鉄道", "travel", 1, 12}}), "00", "04", "05")
	expect(t, texts, "04", "24 pictures (ダンス 12, 鉄道 12)", "ダンス is dance", "Not compared: no folder is the genre gourmet",
		"dance hashtags", "ダンス – 鉄道", "what the thesis says of gourmet cannot be asked of these data: 0 picture(s) of it")
	expect(t, texts, "05", "counts are out of 300 pictures, and these data have 24", "McNemar p = ", "errors nested")
	expect(t, texts, "00", "cannot be asked of these data", "cannot be told")
	for chapter, text := range texts {
		if strings.Contains(text, "show no experiments") || strings.Contains(text, "stand-in") {
			t.Errorf("chapter %s says that there are no experiments, or that the data are the stand-in", chapter)
		}
	}
}

// Five unequal genres, one of three pictures: the folder is said to be too small for folds before
// anything is measured, the experiments' places say so again, and the rest is there.
func TestFiveUnequalGenres(t *testing.T) {
	const long = "a very long name of a genre that goes on for sixty characters"
	texts := said(t, ownFolder(t, []part{
		{"Food", "gourmet", 1, 6}, {"vlog", "gourmet", 7, 9}, {long, "travel", 1, 5}, {"رقص & <b>شرقي", "travel", 6, 12}, {"🐈 cats", "dance", 1, 9},
	}), "00", "03", "04", "05", "06", "07")
	const few = "too few pictures for the experiments: 5 folds need 5 or more of each genre, and vlog has 3"
	for chapter := range texts {
		expect(t, texts, chapter, "**Chapters 3, 5, 6 and 7 show no experiments:** "+few, "Food is gourmet")
	}
	expect(t, texts, "04", "Not compared: no folder is the genre dance", "vlog – 🐈 cats", long, "agree with the")
	for chapter, want := range map[string]int{"03": 2, "05": 7, "06": 9, "07": 15} {
		if n := strings.Count(texts[chapter], "*Not shown:* "+few); n < want {
			t.Errorf("chapter %s says %d times that it shows no experiment, want %d or more", chapter, n, want)
		}
	}
	expect(t, texts, "03", "cnn-hybrid", "not trained", "efficientnet_b7", "EfficientNet-B0 is")
	expect(t, texts, "05", "errors nested")
	expect(t, texts, "06", "cannot be told from chance, whatever the overlap")
	if n := strings.Count(texts["04"], few); n != 1 {
		t.Errorf("chapter 4 says %d times that there are too few pictures, want once", n)
	}
}
