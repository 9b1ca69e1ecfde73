package features

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	net "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"thesis.example/lib/dataset"
	"thesis.example/lib/setup"
)

// at is the score that is as certain as given, above a limit.
func at(limit, certainty float64) float64 { return limit + certainty*(1-limit) }

func TestLeastCertain(t *testing.T) {
	face := func(score float64) []FaceBox { return []FaceBox{{Score: .99}, {Score: score}} }
	text := func(score float64) []Piece {
		return []Piece{{Text: "長い", Score: .98}, {Text: "短い", Score: score}}
	}
	found := []Measurement{
		{},
		{Faces: face(at(faceScore, .5))},
		{Pieces: text(at(lineScore, .4))},
		{Faces: face(at(faceScore, .9)), Pieces: text(at(lineScore, .3))},
		{Faces: face(at(faceScore, .1)), Pieces: text(at(lineScore, .6))},
		{Faces: face(at(faceScore, .2))},
		{Pieces: []Piece{{Text: "酒", Score: at(letterScore, .25)}}}, // a letter alone has a limit of its own
	}
	set := &dataset.Set{}
	for i := range found {
		set.Samples = append(set.Samples, dataset.Sample{File: fmt.Sprint(i)})
	}
	if order := LeastCertain(set, found); !slices.Equal(order, []int{4, 5, 6, 3, 2, 1, 0}) {
		t.Errorf("order %v", order)
	}
	// What somebody has looked at is certain: 4 is now as certain as its text, 3 altogether.
	n, s := 1, ""
	set.Corrections = map[string]dataset.Correction{"4": {Faces: &n}, "3": {Faces: &n, Text: &s}}
	if order := LeastCertain(set, found); !slices.Equal(order, []int{5, 6, 2, 1, 4, 0, 3}) {
		t.Errorf("order with corrections %v", order)
	}
}

// hostileSet is a folder whose names are markup, with measurements whose readings are.
func hostileSet(t *testing.T) (*dataset.Set, *Table, []Measurement) {
	t.Helper()
	dir := t.TempDir()
	var numbers bytes.Buffer
	rows := csv.NewWriter(&numbers)
	rows.Write([]string{"file", "likes", "saves", "comments"})
	for from, file := range map[string]string{
		"hues.png":  `<b onclick=hacked=1>/<script>hacked=1<script>.png`,
		"dot.png":   `<b onclick=hacked=1>/"onerror="hacked=1" injected=".png`,
		"grey.png":  `ダンス/a, "b" & 'c' &lt;.png`,
		"white.png": "ダンス/`${hacked=1}`{{.}}.png",
	} {
		b, err := os.ReadFile(filepath.Join("testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o666); err != nil {
			t.Fatal(err)
		}
		rows.Write([]string{file, "1", "2", "3"})
	}
	rows.Flush()
	if err := os.WriteFile(filepath.Join(dir, dataset.EngagementFile), numbers.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	set := open(t, dir)
	corners := quad{{1, 1}, {9, 1}, {9, 4}, {1, 4}}
	found := []Measurement{ // in the order of the paths
		{Faces: []FaceBox{{1, 2, 3, 4, .9}}, Pieces: []Piece{{corners, `"onerror="hacked=1`, .99}, {corners, `</title><script>hacked=1</script>`, at(lineScore, .1)}}},
		{Faces: []FaceBox{{0, 0, 2, 2, at(faceScore, .02)}}, Pieces: []Piece{{corners, `<img src=x onerror=hacked=1>`, .9}}},
		{},
		{Faces: []FaceBox{{0, 0, 2, 2, at(faceScore, .01)}, {3, 3, 2, 2, at(faceScore, .03)}}},
	}
	one, said := 1, `</code><script>hacked=1</script> "quoted", ＪＡＰＡＮ`
	set.Corrections = map[string]dataset.Correction{set.Samples[3].File: {Faces: &one, Text: &said}}
	table := &Table{}
	for i, s := range set.Samples {
		r := found[i].row()
		r.File, r.Genre = s.File, s.Genre
		r.correct(set.Corrections[s.File])
		table.Rows = append(table.Rows, r)
	}
	return set, table, found
}

// shownCard is what the browser shows of a picture.
type shownCard struct {
	File, Genre, CSV, Note string
	Alt                    string
	Wide                   int // of the decoded picture
	Boxes                  int
	Hover, Readings        []string
	Visible                bool
}

const shownCards = `[...document.querySelectorAll("article")].map(a => ({
	File: a.querySelector("h2").textContent,
	Genre: a.dataset.genre,
	CSV: a.querySelector("code").textContent,
	Note: [...a.querySelectorAll(".changed")].map(n => n.textContent).join(" "),
	Alt: a.querySelector("img").alt,
	Wide: a.querySelector("img").naturalWidth,
	Boxes: a.querySelectorAll("svg g").length,
	Hover: [...a.querySelectorAll("svg title")].map(n => n.textContent),
	Readings: [...a.querySelectorAll(".found td:nth-child(3)")].map(n => n.textContent),
	Visible: a.checkVisibility(),
}))`

// A browser without network is shown a folder whose names and readings are markup: every
// picture is there, in order, with all that was found in it, and nothing of it has become
// part of the page.
func TestReview(t *testing.T) {
	set, table, found := hostileSet(t)
	var page bytes.Buffer
	if err := writeReview(t.Context(), &page, set, table, found); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "review.html")
	if err := os.WriteFile(file, page.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	eval := browse(t, file, true)
	var cards []shownCard
	eval(shownCards, &cards)

	order := []int{1, 0, 2, 3} // 0.02, 0.1, nothing found, corrected
	if len(cards) != len(order) {
		t.Fatalf("%d pictures on the page, expected %d", len(cards), len(order))
	}
	corrections := "file,face_count,text\n"
	for k, i := range order {
		c, s := cards[k], set.Samples[i]
		want := shownCard{File: s.File, Genre: set.Title(s.Genre), Alt: s.File, CSV: c.CSV, Note: c.Note, Boxes: len(found[i].Faces) + len(found[i].Pieces), Wide: c.Wide, Hover: []string{}, Readings: []string{}, Visible: true}
		for n, f := range found[i].Faces {
			want.Hover = append(want.Hover, fmt.Sprintf("F%d · %.2f", n+1, f.Score))
			want.Readings = append(want.Readings, "face")
		}
		for n, p := range found[i].Pieces {
			want.Hover = append(want.Hover, fmt.Sprintf("%d · %.2f · %s", n+1, p.Score, p.Text))
			want.Readings = append(want.Readings, p.Text)
		}
		if !reflect.DeepEqual(c, want) {
			t.Errorf("place %d shows\n%+v, expected\n%+v", k, c, want)
		}
		if c.Wide == 0 {
			t.Errorf("%s: the picture is not shown", s.File)
		}
		if (c.Note != "") != (i == 3) || i == 3 && !strings.Contains(c.Note, "corrected by hand: 1; measured were 2") {
			t.Errorf("%s: corrected? %q", s.File, c.Note)
		}
		corrections += c.CSV + "\n"
	}

	// The rows to paste say what the table says.
	if err := os.WriteFile(filepath.Join(set.Dir, dataset.CorrectionsFile), []byte(corrections), 0o666); err != nil {
		t.Fatal(err)
	}
	again := open(t, set.Dir)
	for _, r := range table.Rows {
		pasted := Row{File: r.File, Genre: r.Genre, FaceScore: r.FaceScore, TextScore: r.TextScore}
		pasted.correct(again.Corrections[r.File])
		r.FacesCorrected, r.TextCorrected = true, true
		if pasted != r {
			t.Errorf("pasted\n%+v, expected\n%+v", pasted, r)
		}
	}

	// Nothing that came with the pictures is markup or has run.
	var alien []string
	eval(`[...document.querySelectorAll("*")].filter(e => [...e.attributes].some(a => a.name.startsWith("on") || a.name === "injected") || e.tagName === "B" ||
		e.tagName === "IMG" && !e.src.startsWith("data:image/jpeg;base64,") || e.tagName === "SCRIPT" && e.parentElement !== document.body).map(e => e.outerHTML)`, &alien)
	if len(alien) > 0 {
		t.Errorf("alien elements: %q", alien)
	}
	var run bool
	eval(`"hacked" in window || document.scripts.length !== 1`, &run)
	if run {
		t.Error("a script from a picture has run, or is there")
	}

	// Filters, each back to all after it.
	for _, c := range []struct {
		control, value string
		shown          []int
	}{
		{"genre", "ダンス", []int{2, 3}},
		{"genre", "<b onclick=hacked=1>", []int{1, 0}},
		{"faces", "no", []int{2}},
		{"faces", "yes", []int{1, 0, 3}},
		{"text", "yes", []int{1, 0, 3}},
		{"corrected", "yes", []int{3}},
		{"corrected", "no", []int{1, 0, 2}},
		{"search", "ＯＮＥＲＲＯＲ=\"", []int{0}},
		{"search", "japan", []int{3}},
		{"search", "nowhere", nil},
	} {
		var status string
		eval(fmt.Sprintf(`{ const c = document.getElementById(%q), was = c.value; c.value = %q; c.dispatchEvent(new Event("input", {bubbles: true})); window.was = was; document.getElementById("shown").textContent }`, c.control, c.value), &status)
		eval(shownCards, &cards)
		var shown []int
		for k, i := range order {
			if cards[k].Visible {
				shown = append(shown, i)
			}
		}
		if !slices.Equal(shown, c.shown) || status != fmt.Sprintf("%d of 4 pictures", len(c.shown)) {
			t.Errorf("%s %q shows %v (%s), expected %v", c.control, c.value, shown, status, c.shown)
		}
		eval(fmt.Sprintf(`{ const c = document.getElementById(%q); c.value = window.was; c.dispatchEvent(new Event("input", {bubbles: true})); 0 }`, c.control), new(int))
	}
	var hidden bool
	eval(`document.getElementById("boxes").click(); document.querySelector("svg").checkVisibility()`, &hidden)
	if hidden {
		t.Error("the boxes cannot be hidden")
	}
	var button string
	eval(`document.querySelector("button.copy").click(); new Promise(done => setTimeout(() => done(document.querySelector("button.copy").textContent + " " + getSelection()), 300))`, &button)
	if _, selected, _ := strings.Cut(button, " "); selected != cards[0].CSV {
		t.Errorf("after a click on Copy: %q, expected the row %q", button, cards[0].CSV)
	}

	// Without JavaScript all is shown, but for the controls that would do nothing.
	eval = browse(t, file, false)
	eval(shownCards, &cards)
	for _, c := range cards {
		if !c.Visible || c.Wide == 0 {
			t.Errorf("without JavaScript %s is not shown", c.File)
		}
	}
	var dead int
	eval(`[...document.querySelectorAll("#filter, .copy")].filter(e => e.checkVisibility()).length`, &dead)
	if len(cards) != 4 || dead != 0 {
		t.Errorf("without JavaScript %d pictures, %d dead controls", len(cards), dead)
	}
}

// What a notebook shows is text, too.
func TestWriteLook(t *testing.T) {
	set, _, found := hostileSet(t)
	for i, m := range found {
		var b strings.Builder
		if err := WriteLook(&b, set, i, m); err != nil {
			t.Fatal(err)
		}
		for _, markup := range []string{"<script", "<b ", "<img src=x", `"onerror`} {
			if strings.Contains(b.String(), markup) {
				t.Errorf("%s: %s has become markup", set.Samples[i].File, markup)
			}
		}
		for _, p := range m.Pieces {
			want := fmt.Sprintf("%.2f · %s", p.Score, p.Text)
			if !strings.Contains(html.UnescapeString(b.String()), want) {
				t.Errorf("%s: %q is not shown", set.Samples[i].File, want)
			}
		}
	}
}

// browse opens a file in headless Chromium, offline, and gives a function that evaluates
// JavaScript there. The test fails if the page asks for anything or reports an error.
func browse(t *testing.T, file string, javascript bool) func(expression string, to any) {
	t.Helper()
	chromium, err := setup.Browser()
	if err != nil {
		t.Fatal(err)
	}
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute), chromedp.Flag("disable-dev-shm-usage", true))...)
	t.Cleanup(cancel)
	quiet := func(string, ...any) {} // the protocol's bindings are older than some Chromiums
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var faults []string
	chromedp.ListenTarget(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *net.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Path != file {
				faults = append(faults, "asked for "+e.Request.URL)
			}
		case *runtime.EventExceptionThrown:
			faults = append(faults, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				faults = append(faults, e.Entry.Text)
			}
		}
	})
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, f := range faults {
			t.Errorf("the page: %.300s", f)
		}
	})
	run := func(actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	run(net.Enable(), log.Enable(), runtime.Enable(), net.EmulateNetworkConditions(true, 0, -1, -1),
		emulation.SetScriptExecutionDisabled(!javascript), chromedp.Navigate("file://"+file))
	return func(expression string, to any) {
		t.Helper()
		var raw json.RawMessage
		run(chromedp.Evaluate(expression, &raw, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if err := json.Unmarshal(raw, to); err != nil {
			t.Fatalf("%s gave %s: %v", expression, raw, err)
		}
	}
}

// A page is written whole or not at all, and a set of any pictures has one.
func TestSaveReview(t *testing.T) {
	set := folder(t, "dot.png", "grey.png")
	dir, cache := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "review.html")
	if err := SaveReview(t.Context(), file, set, Options{Cache: cache}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(whole, []byte("<article")); n != 2 || !bytes.HasSuffix(whole, []byte("</html>\n")) {
		t.Errorf("%d pictures on a page that ends in %q", n, whole[len(whole)-20:])
	}
	if err := os.Remove(set.Path(1)); err != nil {
		t.Fatal(err)
	}
	if err := SaveReview(t.Context(), file, set, Options{Cache: cache}); err == nil || !strings.Contains(err.Error(), set.Samples[1].File) {
		t.Errorf("a picture that has gone: %v", err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, whole) {
		t.Errorf("the page is not as it was after an error, %v", err)
	}
	if err := SaveReview(t.Context(), dir, set, Options{Cache: cache}); err == nil || !strings.Contains(err.Error(), "expected the name of a file") {
		t.Errorf("a page in place of a folder: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v left in the folder", left)
	}
}
