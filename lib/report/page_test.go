package report

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"thesis.example/lib/dataset"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
	"thesis.example/lib/standin"
)

// browser opens headless Chromium without network, as wide as said, and gives a function that runs
// actions in it, and its context.
func browser(t *testing.T, width int64) (run func(actions ...chromedp.Action), ctx context.Context) {
	t.Helper()
	chromium, err := setup.Browser()
	if err != nil {
		t.Fatal(err)
	}
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))...)
	t.Cleanup(cancel)
	quiet := func(string, ...any) {} // the protocol's bindings are older than some Chromiums
	ctx, cancel = chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	run = func(actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	run(chromedp.EmulateViewport(width, 800))
	return run, ctx
}

func address(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

// A page in a browser: one switch opens and closes all code, a phone shows it without scrolling sideways
// and breaks no name, and paper has neither code nor switch.
func TestPageInBrowser(t *testing.T) {
	data, out := t.TempDir(), t.TempDir()
	long := strings.Repeat("make report DATA=/a/long/path/to/screenshots ", 4)
	err := Build(t.Context(), Job{Data: data, Out: out, Notebooks: []string{"testdata/98-works.ipynb"}, Foot: func(_ context.Context, chapter string) ([]Fact, error) {
		return []Fact{{Name: "Chapter", Value: chapter + " <b>"}, {Name: "Made again by", Value: long, Code: true}}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	html := filepath.Join(out, "98-works.html")
	for _, want := range []string{"<dt>Chapter</dt><dd>98-works &lt;b&gt;</dd>", "<dd><code>make report DATA="} {
		if !strings.Contains(read(t, html), want) {
			t.Errorf("no %s at the foot", want)
		}
	}
	run, _ := browser(t, 390)
	var open, shut, wide int
	var lines string
	const opened = `document.querySelectorAll("details.code[open]").length`
	run(chromedp.Navigate(address(html)),
		chromedp.Click(".switch input"), chromedp.Evaluate(opened, &open),
		chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide),
		chromedp.Click(".switch input"), chromedp.Evaluate(opened, &shut),
		// At any width each name is one box.
		chromedp.Evaluate(`(() => { const many = [];
			for (let w = 60; w < 400; w += 4) { document.querySelector("main").style.width = w + "px";
				for (const n of document.querySelectorAll(".name")) if (n.getClientRects().length > 1) many.push(n.textContent + " at " + w) }
			document.querySelector("main").style.width = ""; return document.querySelectorAll(".name").length + " " + many.join() })()`, &lines))
	if open != 4 || shut != 0 {
		t.Errorf("the switch opens %d blocks of code, want 4, and leaves %d open", open, shut)
	}
	if wide > 390 {
		t.Errorf("on a phone the page is %d pixels wide", wide)
	}
	if lines != "4 " {
		t.Errorf("names, and those that break: %q", lines)
	}
	var seen int
	run(emulation.SetEmulatedMedia().WithMedia("print"),
		chromedp.Evaluate(`[...document.querySelectorAll(".switch, details.code, nav")].filter(e => e.checkVisibility()).length`, &seen))
	if seen != 0 {
		t.Errorf("%d pieces of code or controls are printed", seen)
	}
	var pdf []byte
	run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
		return err
	}))
	if len(pdf) < 1000 {
		t.Errorf("printed, the page has %d bytes", len(pdf))
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" { // to look at
		shoot(t, run, dir, map[string]string{"page": html, "index": filepath.Join(out, "index.html")})
	}
}

func shoot(t *testing.T, run func(...chromedp.Action), dir string, pages map[string]string) {
	t.Helper()
	for name, file := range pages {
		for _, width := range []int64{390, 1280} {
			var png []byte
			run(emulation.SetEmulatedMedia().WithMedia(""), chromedp.EmulateViewport(width, 900), chromedp.Navigate(address(file)), chromedp.FullScreenshot(&png, 100))
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The index of a report that runs renews itself and stays where it was scrolled to; one whose writer has
// died says so.
func TestIndexRenewsItself(t *testing.T) {
	r := &run{job: Job{Out: t.TempDir()}, began: time.Now().Add(-70 * time.Second), pages: map[string]info{}, failures: map[string]error{}, about: info{StandIn: true}}
	for i := range 40 {
		p := &plan{outline: outline{title: fmt.Sprintf("Chapter %d", i), cells: []string{"a", "b"}}, name: fmt.Sprintf("%02d-x", i), state: waiting, expect: []float64{100, 100}}
		r.plans = append(r.plans, p)
	}
	r.plans[0].state, r.plans[0].began = running, time.Now().Add(-61*time.Second)
	r.plans[0].begins(1, time.Now().Add(-50*time.Second), none())
	r.plans[0].hears(progress.Mark+"measuring: 1 of 2 <b>, 0.1/s, 30s left\n", time.Now())
	r.plans[1].state, r.failures["01-x"] = failed, errors.New("no <kernel>")
	if err := r.writeIndex(time.Now()); err != nil {
		t.Fatal(err)
	}
	run, ctx := browser(t, 390)
	index := filepath.Join(r.job.Out, "index.html")
	var says, badge string
	var wide int
	run(chromedp.Navigate(address(index)), chromedp.Text(".says", &says), chromedp.Text("li.running .badge", &badge),
		chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide), chromedp.Evaluate(`window.scrollTo(0, 700); window.old = true`, nil))
	if says != "measuring: 1 of 2 <b>, 0.1/s, 30s left" || badge != "cell 2 of 2, 1 min 1 s" || wide > 390 {
		t.Errorf("the chapter that runs says %q, %q, and the index is %d pixels wide", says, badge, wide)
	}
	r.plans[0].says = "newer"
	if err := r.writeIndex(time.Now()); err != nil {
		t.Fatal(err)
	}
	scrolled := -1.0
	for began := time.Now(); scrolled != 700 && time.Since(began) < time.Minute; time.Sleep(100 * time.Millisecond) {
		// Just when the page is renewed there is none to ask.
		if err := chromedp.Run(ctx, chromedp.Evaluate(`!window.old && document.readyState === "complete" && document.querySelector(".says").textContent === "newer" ? window.scrollY : -2`, &scrolled)); err != nil {
			scrolled = -3
		}
	}
	if scrolled != 700 {
		t.Errorf("renewed, the page is scrolled to %g, not 700", scrolled)
	}
	if err := r.writeIndex(time.Now().Add(-2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	var text string
	run(chromedp.Navigate(address(index)), chromedp.Text(".state.running", &text))
	if !strings.HasPrefix(text, "The report has not been heard of since ") {
		t.Errorf("of a writer that has died the page says %q", text)
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := r.writeIndex(time.Now()); err != nil {
			t.Fatal(err)
		}
		shoot(t, run, dir, map[string]string{"running": index})
	}
}

// The foot names data, weights by hash, versions and the command; outside git it says so.
func TestFoot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's mine")
	if err := standin.Write(t.Context(), dir, standin.Options{PerGenre: 1, Seed: 3}); err != nil {
		t.Fatal(err)
	}
	set, err := dataset.Open(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ARMS", "cnn-early,vit-late")
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "04-metadata.ipynb"), []byte(`trained tf_efficientnet_lite0`), 0o644); err != nil {
		t.Fatal(err)
	}
	facts, err := Foot(set, out, "PROFILE=quick SEED=2")(t.Context(), "04-metadata")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Fact{}
	for _, f := range facts {
		found[f.Name] = f
		t.Logf("%s: %s", f.Name, f.Value)
	}
	gomlx, err := setup.Required("github.com/gomlx/gomlx")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Data":          "3 stand-in pictures, fingerprint " + set.Fingerprint()[:16],
		"Versions":      "GoMLX " + gomlx,
		"Project":       "commit ",
		"Processor":     "threads",
		"Weights":       "lite0 (SHA-256 57934424",
		"Made again by": "make report PROFILE=quick SEED=2 DATA='" + filepath.Dir(dir) + `/it'\''s mine' ARMS=cnn-early,vit-late`,
		"Settings":      "PROFILE=quick SEED=2",
	} {
		if !strings.Contains(found[name].Value, want) {
			t.Errorf("%s is %q, want %q in it", name, found[name].Value, want)
		}
	}
	if v := found["Weights"].Value; strings.Contains(v, "dinov2") || strings.Contains(v, "centerface") {
		t.Errorf("the foot names weights that the page does not: %s", v)
	}
	t.Setenv("PATH", t.TempDir())
	if c, err := commit(t.Context()); err != nil || c != "not under git" {
		t.Errorf("without git: %q, %v", c, err)
	}
}

// Tables and rows of pictures in a page's own style: at 1280 pixels a wide table has room; on a phone its
// first column stays while it is scrolled, and pictures to compare stay in one row.
func TestTablesAndRowsInBrowser(t *testing.T) {
	header := []string{"question", "published", "95 %", "here", "95 %", "p", "verdict", "note"}
	long := []string{"accuracy of cnn-hybrid − cnn-single, experiment 2", "-1.33 points", "-3.87 to +1.20", "+0.00 points", "-3.01 to +3.01", "< 0.001", "cannot be told", "18 of 300 pictures tell the arms apart; the published 4.33 points would take 249 pictures to show"}
	images := strings.Repeat(`<figure style="margin:0"><img width="224" height="224" style="max-width:100%;height:auto"></figure>`, 8)
	file := filepath.Join(t.TempDir(), "page.html")
	html := `<!DOCTYPE html><meta charset="utf-8"><style>` + style + `</style><body><nav></nav><main>` + Table("0.B", "Answers.").html(header, [][]string{long}) +
		`<div id="row" style="` + gridStyle(8, 4, 224) + `">` + images + `</div></main>`
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	run, _ := browser(t, 1280)
	type found struct {
		Scrolls, Page, Stays, Row int
	}
	look := func(width int64) (f found) {
		run(chromedp.EmulateViewport(width, 800), chromedp.Navigate(address(file)), chromedp.Evaluate(`(() => {
			const box = document.querySelector(".thesis-table div"), first = box.querySelector("td");
			const before = first.getBoundingClientRect().left; box.scrollLeft = 100;
			const tops = [...document.querySelectorAll("#row > figure")].map(f => f.getBoundingClientRect().top);
			return { Scrolls: +(box.scrollWidth > box.clientWidth), Page: +(document.documentElement.scrollWidth > innerWidth),
				Stays: +(first.getBoundingClientRect().left === before), Row: tops.filter(t => t === tops[0]).length } })()`, &f))
		return f
	}
	if got, want := look(1280), (found{0, 0, 1, 4}); got != want {
		t.Errorf("at 1280 pixels: %+v, want %+v", got, want)
	}
	if got, want := look(390), (found{1, 0, 1, 4}); got != want {
		t.Errorf("on a phone: %+v, want %+v", got, want)
	}
}
