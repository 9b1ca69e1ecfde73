package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// paint gives the bytes of a small PNG, another for every seed.
func paint(t *testing.T, seed int, level png.CompressionLevel) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 12, 16))
	for i := range 12 * 16 {
		m.Set(i%12, i/12, color.NRGBA{uint8(seed * 7), uint8(i), uint8(seed * i), 255})
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: level}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// folder writes a data folder: two genres of three pictures and their table, with
// changes on top ("" removes a file).
func folder(t *testing.T, changes map[string]string) string {
	t.Helper()
	files := map[string]string{}
	table := "file,likes,saves,comments\n"
	for i, f := range []string{"dance/a.png", "dance/b.png", "dance/c.png", "travel/d.png", "travel/e.png", "travel/f.png"} {
		files[f] = string(paint(t, i, png.DefaultCompression))
		table += fmt.Sprintf("%s,%d,%d,%d\n", f, 100*i, 10*i, i)
	}
	files[EngagementFile] = table
	for f, content := range changes {
		files[f] = content
	}
	dir := t.TempDir()
	for f, content := range files {
		if content == "" {
			continue
		}
		p := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const table = "file,likes,saves,comments\ndance/a.png,0,0,0\ndance/b.png,1,1,1\ndance/c.png,2,2,2\ntravel/d.png,3,3,3\ntravel/e.png,4,4,4\ntravel/f.png,5,5,5\n"

func TestOpen(t *testing.T) {
	set, err := Open(context.Background(), folder(t, nil), false)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"dance", "travel"}; !slices.Equal(set.Genres, want) {
		t.Errorf("genres %q, want %q", set.Genres, want)
	}
	if want := (Sample{"travel/d.png", "travel", 1, 300, 30, 3}); set.Samples[3] != want {
		t.Errorf("sample 3 is %+v, want %+v", set.Samples[3], want)
	}
	if want := []int{0, 0, 0, 1, 1, 1}; !slices.Equal(set.Labels(), want) {
		t.Errorf("labels %v, want %v", set.Labels(), want)
	}
	if set.StandIn {
		t.Error("a folder without standin.json is said to be a stand-in")
	}
	again, err := Open(context.Background(), set.Dir, false)
	if err != nil || again.Fingerprint() != set.Fingerprint() {
		t.Errorf("opened again: fingerprint differs, or %v", err)
	}
}

// For any names of genres, label and genre agree for every sample, in the set and in its folds: names
// that begin with others and go on with a letter before "/", as "snack" and "snack & drink", are in
// another order among paths than among themselves.
func TestLabelsAgreeWithGenres(t *testing.T) {
	check := func(genres []string) {
		t.Helper()
		dir, rows := t.TempDir(), "file,likes,saves,comments\n"
		for g, genre := range genres {
			if err := os.Mkdir(filepath.Join(dir, genre), 0o755); err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				// The likes say which genre it is, on another way than the name.
				rows += fmt.Sprintf("\"%s/%d.png\",%d,0,0\n", genre, n, g)
				if err := os.WriteFile(filepath.Join(dir, genre, fmt.Sprintf("%d.png", n)), paint(t, 10*g+n, png.BestSpeed), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := os.WriteFile(filepath.Join(dir, EngagementFile), []byte(rows), 0o644); err != nil {
			t.Fatal(err)
		}
		set, err := Open(t.Context(), dir, false)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(set.Genres) || len(set.Genres) != len(genres) || len(set.Samples) != 3*len(genres) {
			t.Fatalf("genres %q of %q, %d samples", set.Genres, genres, len(set.Samples))
		}
		for i, label := range set.Labels() {
			s := set.Samples[i]
			if set.Genres[label] != s.Genre || s.Label != label || genres[s.Likes] != s.Genre {
				t.Errorf("genres %q: %s has label %d, %q", genres, s.File, label, set.Genres[label])
			}
		}
		folds, err := set.Folds(3, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folds {
			count := make([]int, len(genres))
			for _, i := range f.Test {
				count[set.Labels()[i]]++
			}
			if slices.Max(count) != 1 || slices.Min(count) != 1 {
				t.Errorf("genres %q: a fold tests %v of them", genres, count)
			}
		}
	}
	check([]string{"snack", "snack & drink", "travel"})
	check([]string{"a", "a-b", "a b", "a.b", "a&", "a!", "aa"})
	check([]string{"ダンサー", "ダンサー 2", "弁当", "旅館"})
	random := rand.New(rand.NewPCG(1, 0))
	for range 20 {
		letters, names := []rune(" !#&'()-.0aAé食"), map[string]bool{"a": true}
		for len(names) < 2+random.IntN(5) {
			name := []rune("a")
			for range random.IntN(4) {
				name = append(name, letters[random.IntN(len(letters))])
			}
			names[strings.TrimRight(string(name), " .")] = true
		}
		check(slices.Collect(maps.Keys(names)))
	}
}

// A pipe is named instead of being waited for.
func TestPipe(t *testing.T) {
	dir := folder(t, nil)
	if err := syscall.Mkfifo(filepath.Join(dir, "dance", "z.png"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, false); err == nil || !strings.Contains(err.Error(), "dance/z.png: neither a file nor a folder") {
		t.Errorf("error %v", err)
	}
}

// Empty cells behind the last column, as spreadsheets leave them, are no surplus.
func TestEmptyCellsBehind(t *testing.T) {
	rows := strings.ReplaceAll(strings.TrimSpace(table), "\n", ",,\n") + ",,\n"
	if _, err := Open(t.Context(), folder(t, map[string]string{EngagementFile: rows}), false); err != nil {
		t.Error(err)
	}
}

// Every way in which a folder can be wrong, and that the message names the file, the
// row, the field and the remedy.
func TestProblems(t *testing.T) {
	whole := string(paint(t, 0, png.DefaultCompression))
	for name, c := range map[string]struct {
		changes map[string]string
		want    []string
	}{
		"truncated picture":    {map[string]string{"dance/a.png": whole[:len(whole)/2]}, []string{"dance/a.png: ", "expected a whole PNG", "export the picture again"}},
		"empty picture":        {map[string]string{"dance/x.png": " "[:0] + "\x00"}, []string{"dance/x.png: read picture: the file is nothing but 1 bytes of zero"}},
		"not a picture":        {map[string]string{"dance/a.png": "<html>"}, []string{`dance/a.png: read picture: the file is of format web page`}},
		"other type":           {map[string]string{"dance/a.heic": "heic"}, []string{`dance/a.heic: a file of type ".heic" (HEIC); expected png, jpg, jpeg or webp; convert it with: heif-convert`}},
		"picture without row":  {map[string]string{"dance/z.png": string(paint(t, 40, png.DefaultCompression))}, []string{`dance/z.png: no row in engagement.csv`, `"dance/z.png,likes,saves,comments"`}},
		"row without picture":  {map[string]string{EngagementFile: table + "dance/gone.png,1,2,3\n"}, []string{`engagement.csv, row 8, field file: "dance/gone.png", a row without picture`}},
		"row twice":            {map[string]string{EngagementFile: table + "dance/a.png,1,2,3\n"}, []string{`row 8, field file: "dance/a.png", which row 2 has already`}},
		"same picture":         {map[string]string{"dance/b.png": string(paint(t, 0, png.BestSpeed))}, []string{"dance/b.png: the same picture as dance/a.png"}},
		"same, other genre":    {map[string]string{"travel/d.png": whole}, []string{"travel/d.png: the same picture as dance/a.png", "dance/a.png: the same picture as travel/d.png, in another genre"}},
		"negative":             {map[string]string{EngagementFile: strings.Replace(table, "a.png,0,0", "a.png,-5,0", 1)}, []string{`row 2 of dance/a.png, field likes: "-5", a negative number`}},
		"not a number":         {map[string]string{EngagementFile: strings.Replace(table, "b.png,1,1,1", "b.png,1,many,", 1)}, []string{`row 3 of dance/b.png, field saves: "many", not a count`, "row 3 of dance/b.png, field comments: an empty cell"}},
		"thousands unquoted":   {map[string]string{EngagementFile: strings.Replace(table, "a.png,0,0,0", "a.png,29,500,12,3", 1)}, []string{`row 2 of dance/a.png: 5 cells, 1 more than the first line names: "dance/a.png,29,500,12,3"; expected 4 cells; put a number with separators of thousands into quotation marks, which it probably lacks`}},
		"missing column":       {map[string]string{EngagementFile: strings.Replace(table, "saves", "keeps", 1)}, []string{`row 1, field saves: no such column among "file,likes,keeps,comments"`}},
		"column twice":         {map[string]string{EngagementFile: strings.Replace(table, "file,likes", "file,likes,likes", 1)}, []string{"row 1, field likes: the column stands there twice"}},
		"missing table":        {map[string]string{EngagementFile: ""}, []string{"engagement.csv: the file is missing"}},
		"empty table":          {map[string]string{EngagementFile: "\n"}, []string{"engagement.csv: no header line"}},
		"broken quotes":        {map[string]string{EngagementFile: table + "\"dance/a.png,1,2,3\n"}, []string{"engagement.csv, row 8: "}},
		"zero bytes":           {map[string]string{EngagementFile: "fil\x00,"}, []string{"not UTF-16", `save it as "CSV UTF-8"`}},
		"empty genre":          {map[string]string{"gourmet/.keep": "x"}, []string{"gourmet/: a genre folder without pictures"}},
		"folder in a genre":    {map[string]string{"dance/old/a.png": whole}, []string{"dance/old: a folder inside a genre folder"}},
		"picture outside":      {map[string]string{"lost.png": whole}, []string{"lost.png: a picture outside the genre folders"}},
		"name of two pictures": {map[string]string{"travel/a.png": string(paint(t, 50, png.DefaultCompression)), EngagementFile: strings.Replace(table, "dance/a.png", "a.png", 1)}, []string{`row 2, field file: "a.png", a name that dance/a.png and travel/a.png share`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(context.Background(), folder(t, c.changes), false)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q\nlacks %q", err, want)
				}
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	dir := folder(t, map[string]string{"dance/a.png": "no", "travel/e.png": "", "gourmet/.keep": "x", EngagementFile: strings.Replace(table, "b.png,1", "b.png,-1", 1)})
	_, err := Open(context.Background(), dir, false)
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 4 {
		t.Fatalf("got %v, want four problems", err)
	}
}

func TestLenient(t *testing.T) {
	dir := folder(t, map[string]string{
		"dance/a.png": "no", "gourmet/.keep": "x", "travel/d.png": string(paint(t, 4, png.BestSpeed)), // d equals e
		EngagementFile: strings.Replace(table, "b.png,1", "b.png,-1", 1) + "dance/gone.png,1,1,1\n",
	})
	set, err := Open(context.Background(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, s := range set.Samples {
		left = append(left, s.File)
	}
	if want := []string{"dance/c.png", "travel/d.png", "travel/f.png"}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
	if len(set.Dropped) != 5 {
		t.Errorf("dropped: %v, want five", set.Dropped)
	}
	if _, err := Open(context.Background(), folder(t, map[string]string{EngagementFile: "file,likes\n"}), true); err == nil {
		t.Error("a table without columns opened leniently")
	}
	if _, err := Open(context.Background(), folder(t, map[string]string{"travel/d.png": "no", "travel/e.png": "no", "travel/f.png": "no"}), true); err == nil || !strings.Contains(err.Error(), "two genres") {
		t.Errorf("one genre left: %v", err)
	}
}

func TestTablesOfSpreadsheets(t *testing.T) {
	sjis := func(s string) string {
		b, err := japanese.ShiftJIS.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	picture := string(paint(t, 60, png.DefaultCompression))
	const name = "ダンス.png"
	rows := table + "dance/" + name + `,"29,500",1.2M,3.4万` + "\n"
	for what, csv := range map[string]string{
		"UTF-8":        rows,
		"BOM":          "\uFEFF" + rows,
		"CRLF":         strings.ReplaceAll(rows, "\n", "\r\n"),
		"Shift_JIS":    sjis(strings.ReplaceAll(rows, "\n", "\r\n")),
		"blank lines":  rows + ",,,\n\n , ,,\n",
		"backslashes":  strings.ReplaceAll(rows, "/", `\`),
		"bare names":   strings.NewReplacer("dance/", "", "travel/", "").Replace(rows),
		"more columns": strings.NewReplacer("comments\n", "comments,url\n", "万\n", "万,x\n").Replace(rows),
		"upper case":   strings.Replace(rows, "file,likes", "File, Likes", 1),
	} {
		t.Run(what, func(t *testing.T) {
			// a Mac stores names decomposed, a spreadsheet composed
			dir := folder(t, map[string]string{"dance/" + norm.NFD.String(name): picture, EngagementFile: csv})
			set, err := Open(context.Background(), dir, false)
			if err != nil {
				t.Fatal(err)
			}
			s := set.Samples[3]
			if norm.NFC.String(s.File) != "dance/"+name || s.Likes != 29500 || s.Saves != 1200000 || s.Comments != 34000 {
				t.Errorf("read %+v", s)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	base, err := Open(context.Background(), folder(t, nil), false)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := Open(context.Background(), folder(t, nil), false)
	if err != nil || moved.Fingerprint() != base.Fingerprint() {
		t.Errorf("the same set elsewhere has another fingerprint, or %v", err)
	}
	for what, changes := range map[string]map[string]string{
		"a count":   {EngagementFile: table},
		"a picture": {"dance/a.png": string(paint(t, 77, png.DefaultCompression))},
	} {
		other, err := Open(context.Background(), folder(t, changes), false)
		if err != nil || other.Fingerprint() == base.Fingerprint() {
			t.Errorf("%s changed, the fingerprint did not, or %v", what, err)
		}
	}
}

func TestFolds(t *testing.T) {
	set := &Set{Genres: []string{"dance", "gourmet", "travel"}}
	for _, g := range set.Genres {
		for i := range 100 {
			set.Samples = append(set.Samples, Sample{File: fmt.Sprintf("%s/%d.png", g, i), Genre: g})
		}
	}
	folds, err := set.Folds(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	tested := map[int]int{}
	for _, f := range folds {
		if len(f.Train) != 240 || len(f.Test) != 60 {
			t.Errorf("fold of %d and %d, want 240 and 60", len(f.Train), len(f.Test))
		}
		genres := map[string]int{}
		for _, i := range f.Test {
			tested[i]++
			genres[set.Samples[i].Genre]++
			if slices.Contains(f.Train, i) {
				t.Fatalf("sample %d is in train and test", i)
			}
		}
		if genres["dance"] != 20 || genres["gourmet"] != 20 || genres["travel"] != 20 {
			t.Errorf("genres of a test fold: %v, want 20 of each", genres)
		}
	}
	if len(tested) != 300 {
		t.Errorf("%d samples tested, want 300", len(tested))
	}
	again, _ := set.Folds(5, 1)
	other, _ := set.Folds(5, 2)
	if !slices.Equal(again[0].Test, folds[0].Test) || slices.Equal(other[0].Test, folds[0].Test) {
		t.Error("folds must follow the seed")
	}
	set.Samples = set.Samples[:203] // travel has three
	if _, err := set.Folds(5, 1); err == nil || !strings.Contains(err.Error(), "travel has 3") {
		t.Errorf("five folds of three pictures: %v", err)
	}
	if _, err := set.Folds(1, 1); err == nil {
		t.Error("one fold passed")
	}
}
