package standin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/setup"
)

// published are the values of chapter 4 that the set is calibrated to.
type published struct {
	Overall map[string]struct{ Mean, Std, Min, Median, Max float64 } `json:"table_4_2_overall"`
	Likes   map[string]struct{ Mean, Std float64 }                   `json:"table_4_3_likes"`
	Lines   struct {
		R     float64 `json:"pearson_r_saves_likes"`
		Genre map[string]struct {
			Slope, Intercept, R2 float64
		} `json:"log10_likes_on_log10_saves"`
	} `json:"section_4_4_1"`
	Colour   map[string]map[string][2]float64      `json:"table_4_4_hsv_mean_std"`
	Faces    map[string][2]float64                 `json:"table_4_5_faces_mean_std"`
	Text     map[string]map[string]json.RawMessage `json:"table_4_6_text_mean_std"`
	Keywords map[string][][2]any                   `json:"table_4_7_keywords"`
}

func thesis(t *testing.T) published {
	t.Helper()
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, "data", "reference", "thesis.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p published
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.6g, published %.6g ± %.3g", what, got, want, tolerance)
	}
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// line is the least-squares line of y on x and its R².
func line(x, y []float64) (slope, intercept, r2 float64) {
	mx, sx := meanStd(x)
	my, sy := meanStd(y)
	cov := 0.0
	for i := range x {
		cov += (x[i] - mx) * (y[i] - my) / float64(len(x)-1)
	}
	slope = cov / sx / sx
	return slope, my - slope*mx, cov * cov / (sx * sx * sy * sy)
}

// checkNumbers holds engagement numbers, hundred a genre, against the tables.
func checkNumbers(t *testing.T, likes, saves, comments []float64) {
	t.Helper()
	p := thesis(t)
	for name, v := range map[string][]float64{"likes": likes, "saves": saves, "comments": comments} {
		want := p.Overall[name]
		mean, std := meanStd(v)
		near(t, name+" mean", mean, want.Mean, .001*want.Mean)
		near(t, name+" std", std, want.Std, .001*want.Std)
		near(t, name+" median", median(v), want.Median, 0)
		near(t, name+" min", slices.Min(v), want.Min, 0)
		near(t, name+" max", slices.Max(v), want.Max, 0)
	}
	var allX, allY []float64
	for g, l := range laws {
		at := likes[g*full : (g+1)*full]
		mean, std := meanStd(at)
		near(t, l.genre+" likes mean", mean, p.Likes[l.genre].Mean, .001*mean)
		near(t, l.genre+" likes std", std, p.Likes[l.genre].Std, .001*std)
		var x, y []float64
		for i, v := range at {
			if s := saves[g*full+i]; v > 0 && s > 0 {
				x, y = append(x, math.Log10(s)), append(y, math.Log10(v))
			}
		}
		slope, intercept, r2 := line(x, y)
		want := p.Lines.Genre[l.genre]
		near(t, l.genre+" slope", slope, want.Slope, .004)
		near(t, l.genre+" intercept", intercept, want.Intercept, .004)
		near(t, l.genre+" R²", r2, want.R2, .004)
		allX, allY = append(allX, x...), append(allY, y...)
	}
	if len(allX) != 3*full-1 {
		t.Errorf("%d pictures have both numbers, want all but one", len(allX))
	}
	_, _, r2 := line(saves, likes)
	near(t, "r of saves and likes", math.Sqrt(r2), p.Lines.R, .005)
	_, _, r2 = line(allX, allY)
	near(t, "r of their logarithms", math.Sqrt(r2), p.Lines.R, .005)
}

func TestEngagement(t *testing.T) {
	for seed := range int64(8) {
		numbers, err := drawEngagement(stream(seed, 1), full)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var likes, saves, comments []float64
		for _, e := range numbers {
			likes, saves, comments = append(likes, float64(e.likes)), append(saves, float64(e.saves)), append(comments, float64(e.comments))
		}
		checkNumbers(t, likes, saves, comments)
	}
}

// TestPlan holds what is planned, before anything is drawn, against the tables.
func TestPlan(t *testing.T) {
	p := thesis(t)
	for seed := range int64(8) {
		plans, err := makePlans(seed)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		channels := map[string]func(Colours) float64{
			"hue":        func(c Colours) float64 { return c.Hue },
			"saturation": func(c Colours) float64 { return c.Saturation },
			"value":      func(c Colours) float64 { return c.Value },
		}
		for name, get := range channels {
			var all []float64
			for _, q := range plans {
				all = append(all, get(q.Colour))
			}
			near(t, name+" median", median(all), p.Overall["mean_"+name].Median, .001)
			near(t, name+" max", slices.Max(all), p.Overall["mean_"+name].Max, .001)
			near(t, name+" min", slices.Min(all), p.Overall["mean_"+name].Min, .005)
		}
		for g, l := range laws {
			here := plans[g*full : (g+1)*full]
			var faces, words, length []float64
			shown := map[string]int{}
			for _, q := range here {
				faces = append(faces, float64(q.faces))
				count, n := 0, 0
				for _, k := range q.text {
					count += len(k.lines)
					for _, l := range k.lines {
						n += len([]rune(l.shown))
					}
				}
				words = append(words, float64(count))
				length = append(length, float64(n+max(0, count-1)))
				for _, k := range q.Keywords {
					shown[k]++
				}
				if q.Kind == "black" && count > 0 {
					t.Errorf("seed %d: %s is black and says %q", seed, q.File, q.text)
				}
				if count > 10 && q.faces > 0 {
					t.Errorf("seed %d: %s has %d words over a face", seed, q.File, count)
				}
			}
			for name, get := range channels {
				var v []float64
				for _, q := range here {
					v = append(v, get(q.Colour))
				}
				mean, std := meanStd(v)
				near(t, l.genre+" "+name, mean, p.Colour[l.genre][name][0], .005)
				near(t, l.genre+" "+name+" std", std, p.Colour[l.genre][name][1], .005)
			}
			mean, std := meanStd(faces)
			near(t, l.genre+" faces", mean, p.Faces[l.genre][0], .005)
			near(t, l.genre+" faces std", std, p.Faces[l.genre][1], .02)
			checkText(t, p, l.genre, words, length, .05)
			for _, k := range p.Keywords[l.genre] {
				near(t, l.genre+" "+k[0].(string), float64(shown[k[0].(string)]), k[1].(float64), 0)
			}
		}
	}
}

// checkText holds words and characters against Table 4.6, relative tolerance.
func checkText(t *testing.T, p published, genre string, words, length []float64, tolerance float64) {
	t.Helper()
	for name, v := range map[string][]float64{"word_count": words, "text_len": length} {
		var want [2]float64
		if err := json.Unmarshal(p.Text[genre][name], &want); err != nil {
			t.Fatal(err)
		}
		mean, std := meanStd(v)
		near(t, genre+" "+name, mean, want[0], tolerance*want[0])
		near(t, genre+" "+name+" std", std, want[1], tolerance*want[1])
	}
}

// contents are a folder's files and their bytes.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func inside(b Box) bool {
	return b.X >= 0 && b.Y >= 0 && b.W > 0 && b.H > 0 && b.X+b.W <= Width && b.Y+b.H <= Height
}

func write(t *testing.T, dir string, n int, seed int64) {
	t.Helper()
	if err := Write(t.Context(), dir, Options{PerGenre: n, Seed: seed}); err != nil {
		t.Fatal(err)
	}
}

// TestCaptions holds the captions' styles against what planCaptions promises.
func TestCaptions(t *testing.T) {
	for seed := range int64(8) {
		plans, err := makePlans(seed)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		styles, twoLines, tags := map[string]int{}, 0, 0
		for _, p := range plans {
			for i, k := range p.text {
				styles[k.style]++
				if len(k.lines) == 0 || len(k.lines) > 2 && k.style != onPanel && k.style != small {
					t.Errorf("seed %d: %s: caption %d, %s, has %d lines", seed, p.File, i, k.style, len(k.lines))
				}
				if k.style != onPanel && k.style != small && len(k.lines) == 2 {
					twoLines++
				}
				for _, l := range k.lines {
					if (l.shown == bar) != (k.style == inSearchBar) {
						t.Errorf("seed %d: %s: %q in style %s", seed, p.File, l.shown, k.style)
					}
					if strings.HasPrefix(l.shown, "#") {
						if tags++; k.style != small {
							t.Errorf("seed %d: %s: hashtag %q in style %s", seed, p.File, l.shown, k.style)
						}
					}
				}
			}
		}
		bare := styles[withOutline] + styles[withShadow] + styles[plainly]
		if free := bare + styles[onPlate]; bare != free/3 {
			t.Errorf("seed %d: %d of %d captions without a plate, want a third", seed, bare, free)
		}
		for _, s := range []string{withOutline, withShadow, plainly} {
			if 3*styles[s] < bare-3 || 3*styles[s] > bare+3 {
				t.Errorf("seed %d: %d of %d captions without a plate are %s, want a third", seed, styles[s], bare, s)
			}
		}
		if styles[onPanel] != 5 || styles[small] < 20 || twoLines < 40 || tags != 2 {
			t.Errorf("seed %d: %v, %d captions in two lines, %d hashtags", seed, styles, twoLines, tags)
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	parent := t.TempDir()
	a, b, c, d := filepath.Join(parent, "a"), filepath.Join(parent, "b"), filepath.Join(parent, "c"), filepath.Join(parent, "d")
	write(t, a, 3, 5)
	procs := runtime.GOMAXPROCS(1)
	write(t, b, 3, 5)
	runtime.GOMAXPROCS(procs)
	write(t, c, 1, 5)
	write(t, d, 1, 6)
	full, again := contents(t, a), contents(t, b)
	if len(full) != 11 {
		t.Errorf("%d files, want 9 pictures, the table and the truth", len(full))
	}
	for name, want := range full {
		if !bytes.Equal(again[name], want) {
			t.Errorf("%s differs between one core and many", name)
		}
	}
	small, other := contents(t, c), contents(t, d)
	for _, name := range []string{"dance/001.png", "gourmet/001.png", "travel/001.png"} {
		if !bytes.Equal(small[name], full[name]) {
			t.Errorf("%s differs between sets of one and of three a genre", name)
		}
		if bytes.Equal(small[name], other[name]) {
			t.Errorf("%s is the same for another seed", name)
		}
	}
}

func TestSmallSet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "set")
	total := 0
	err := Write(t.Context(), dir, Options{PerGenre: 2, Seed: 1, Progress: func(done, of int) {
		total++
		if done != total || of != 6 {
			t.Errorf("progress %d of %d, want %d of 6", done, of, total)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if total != 6 {
		t.Errorf("%d progress calls, want 6", total)
	}
	set, err := dataset.Open(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if !set.StandIn || len(set.Samples) != 6 {
		t.Errorf("read back as stand-in %v with %d pictures", set.StandIn, len(set.Samples))
	}
	truth, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if truth.Seed != 1 || truth.PerGenre != 2 || truth.Version != Version || len(truth.Pictures) != 6 {
		t.Errorf("truth says version %d, seed %d, %d a genre, %d pictures", truth.Version, truth.Seed, truth.PerGenre, len(truth.Pictures))
	}
	for i, p := range truth.Pictures {
		if p.File != set.Samples[i].File || p.Genre != set.Samples[i].Genre {
			t.Errorf("picture %d is %s in the truth and %s in the set", i, p.File, set.Samples[i].File)
		}
		for _, b := range p.Faces {
			if !inside(b.Box) || b.W < 25 || b.H < 25 {
				t.Errorf("%s: face %+v", p.File, b)
			}
		}
		for _, b := range p.Dishes {
			if !inside(b) {
				t.Errorf("%s: dish %+v", p.File, b)
			}
		}
		for _, k := range p.Captions {
			for _, l := range k.Lines {
				if !inside(l.Box) || l.Box.X < k.Box.X || l.Box.Y < k.Box.Y || l.Box.X+l.Box.W > k.Box.X+k.Box.W || l.Box.Y+l.Box.H > k.Box.Y+k.Box.H {
					t.Errorf("%s: line %+v outside of its caption %+v", p.File, l, k.Box)
				}
			}
		}
	}
	table, err := features.Measure(t.Context(), set, features.Options{Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := truth.Score(t.Context(), dir, table)
	if err != nil {
		t.Fatal(err)
	}
	if s.Recall() < .95 || s.Precision() < .95 || s.PiecesFound < s.Pieces {
		t.Errorf("score %+v", s)
	}
	table.Rows = table.Rows[1:]
	if _, err := truth.Score(t.Context(), dir, table); err == nil {
		t.Error("a table that lacks a picture has a score")
	}
}

func TestWriteRespectsOthersFiles(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "set")
	write(t, dir, 2, 1)
	before := contents(t, dir)

	stopped, cancel := context.WithCancel(t.Context())
	err := Write(stopped, dir, Options{PerGenre: 2, Seed: 2, Progress: func(done, _ int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	left := contents(t, parent)
	for name, b := range left {
		if !bytes.Equal(before[name[len("set/"):]], b) {
			t.Errorf("a cancelled Write touched or left %s", name)
		}
	}
	if len(left) != len(before) || len(before) == 0 {
		t.Errorf("a cancelled Write left %d of %d files", len(left), len(before))
	}

	note := filepath.Join(dir, "dance", "note.txt")
	if err := os.WriteFile(note, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, dir, 1, 1)
	after := contents(t, dir)
	if string(after["dance/note.txt"]) != "mine" || after["dance/002.png"] != nil || len(after) != 6 {
		t.Errorf("after writing a smaller set over a larger one: %d files", len(after))
	}

	foreign := filepath.Join(parent, "foreign")
	if err := os.Mkdir(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "engagement.csv"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), foreign, Options{PerGenre: 1}); err == nil {
		t.Error("a folder with a user's files was taken")
	}
	for _, n := range []int{-1, full + 1} {
		if err := Write(t.Context(), filepath.Join(parent, "x"), Options{PerGenre: n}); err == nil {
			t.Errorf("%d pictures a genre were accepted", n)
		}
	}
}

// TestFullSet draws the whole set, measures it as the pipeline does and holds every
// table of chapter 4 against the published one. It is this package's slow test: a
// minute on two cores, half of it spent on reading text.
func TestFullSet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "set")
	write(t, dir, 0, 1)
	set, err := dataset.Open(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	table, err := features.Measure(t.Context(), set, features.Options{Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	column := func(tb *features.Table, name string) []float64 {
		v, err := tb.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	p := thesis(t)
	checkNumbers(t, column(table, "likes"), column(table, "saves"), column(table, "comments"))
	for _, name := range []string{"mean_hue", "mean_saturation", "mean_value"} {
		v, want := column(table, name), p.Overall[name]
		mean, std := meanStd(v)
		near(t, name, mean, want.Mean, .02)
		near(t, name+" std", std, want.Std, .02)
		near(t, name+" min", slices.Min(v), want.Min, .01)
		near(t, name+" median", median(v), want.Median, .01)
		near(t, name+" max", slices.Max(v), want.Max, .01)
	}
	faces := column(table, "face_count")
	mean, std := meanStd(faces)
	near(t, "faces", mean, p.Overall["face_count"].Mean, .05)
	near(t, "faces std", std, p.Overall["face_count"].Std, .05)
	near(t, "faces max", slices.Max(faces), p.Overall["face_count"].Max, 0)
	for _, l := range laws {
		here := table.Of(l.genre)
		for name, want := range p.Colour[l.genre] {
			mean, std := meanStd(column(here, "mean_"+name))
			near(t, l.genre+" "+name, mean, want[0], .02)
			near(t, l.genre+" "+name+" std", std, want[1], .02)
		}
		mean, std := meanStd(column(here, "face_count"))
		near(t, l.genre+" faces", mean, p.Faces[l.genre][0], .1)
		near(t, l.genre+" faces std", std, p.Faces[l.genre][1], .1)
		checkText(t, p, l.genre, column(here, "word_count"), column(here, "text_len"), .1)
		var hashtags float64
		if err := json.Unmarshal(p.Text[l.genre]["hashtags"], &hashtags); err != nil {
			t.Fatal(err)
		}
		mean, _ = meanStd(column(here, "hashtag_count"))
		near(t, l.genre+" hashtags", mean, hashtags, .005)
		top := features.Keywords(here.Rows, len(p.Keywords[l.genre]))
		for _, k := range p.Keywords[l.genre] {
			i := slices.IndexFunc(top, func(w features.Keyword) bool { return w.Word == k[0].(string) })
			if i < 0 {
				t.Errorf("%s: %s is not among the most frequent: %v", l.genre, k[0], top)
				continue
			}
			near(t, l.genre+" "+top[i].Word, float64(top[i].Count), k[1].(float64), .3*k[1].(float64))
		}
	}
	truth, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := truth.Score(t.Context(), dir, table)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("faces: recall %.3f, precision %.3f of %d; keywords found %d of %d; pieces found %d of %d, %d words read; %v",
		s.Recall(), s.Precision(), s.Faces, s.KeywordsFound, s.Keywords, s.PiecesFound, s.Pieces, s.Words, s.Styles)
	if s.Recall() < .99 || s.Precision() < .99 || float64(s.PiecesFound) < .995*float64(s.Pieces) {
		t.Errorf("faces or pieces of text are not recovered: %+v", s)
	}
	for style, n := range s.Styles {
		if float64(n.Found) < .97*float64(n.Pieces) {
			t.Errorf("of %d pieces in style %s %d are read", n.Pieces, style, n.Found)
		}
	}
	worn := map[string]int{}
	dishes := 0
	for _, p := range truth.Pictures {
		dishes += len(p.Dishes)
		for _, f := range p.Faces {
			worn[f.Hat]++
			worn[f.Glasses]++
		}
	}
	for _, w := range []string{"cap", "beanie", "sunhat", "clear", "dark"} {
		if worn[w] < 4 {
			t.Errorf("%d faces with %s", worn[w], w)
		}
	}
	if dishes < full {
		t.Errorf("%d dishes", dishes)
	}
}

// BenchmarkPicture draws one picture after the other, with grade, check and PNG.
func BenchmarkPicture(b *testing.B) {
	plans, err := makePlans(1)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	for _, l := range laws {
		if err := os.Mkdir(filepath.Join(dir, l.genre), 0o755); err != nil {
			b.Fatal(err)
		}
	}
	t, err := newTypist()
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		if err := plans[i*7%len(plans)].write(dir, t); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
