package report

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"thesis.example/lib/progress"
	"thesis.example/lib/setup/testhome"
)

// What chapters leave in the cache is not the user's.
func TestMain(m *testing.M) { os.Exit(testhome.Run(m)) }

// build runs notebooks of testdata and returns the folder written.
func build(t *testing.T, ctx context.Context, names ...string) (out string, err error) {
	t.Helper()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "standin.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(t.TempDir(), "report")
	var notebooks []string
	for _, name := range names {
		notebooks = append(notebooks, filepath.Join("testdata", name))
	}
	return out, Build(ctx, Job{Data: data, Out: out, Notebooks: notebooks})
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestChapter(t *testing.T) {
	const notebook = "testdata/98-works.ipynb"
	before := read(t, notebook)
	out, err := build(t, t.Context(), "98-works.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if read(t, notebook) != before {
		t.Error("the notebook itself was written")
	}
	page := read(t, filepath.Join(out, "98-works.html"))
	for what, want := range map[string]string{
		"title":               "<title>Chapter 98: what a chapter is made of</title>",
		"contents":            `<a href="#98.1-A-block">98.1 A block</a>`,
		"stand-in mark":       "<strong>stand-in data</strong>",
		"inline formula":      `<math display="inline"`,
		"formula block":       `<math display="block"`,
		"number on the right": `<td style="text-align:right;white-space:nowrap">29,500</td>`,
		"escaped table":       "&lt;script&gt;alert(1)&lt;/script&gt;",
		"computed sentence":   "<strong>3</strong> pictures",
		"escaped sentence":    "&lt;img src=x onerror=alert(1)&gt; $x$,",
		"result of training":  "<pre>trained 20 trials in 7 min 12 s\na warning: one face is missing\n</pre>",
		"arm, unbroken":       `The arm <span class="name">cnn-single</span>, its weights <code><span class="name">efficientnet-lite0</span></code>, and stand-in data`,
		"long code, broken":   "<code>go run ./lib/cmd/thesis features -data screenshots -review review.html</code>",
		"link to a chapter":   `href="08-references.html#cell-id=wilson1927"`,
		"table's caption":     `<figure class="thesis-table" data-place="table-98.A" id="table-98.A"`,
		"figure's anchor":     ` id="figure-98.A"`,
		"link to a table":     `<a class="reference" href="#table-98.A">Table 98.A</a> and <a class="reference" href="#figure-98.A">figures 98.A</a> and 98.1 are below; <code>table 98.A</code> is code, and table 3.99 is`,
		"in a caption":        `<a class="reference" href="#table-98.A">table 98.A</a> alone.`,
		"unbroken name":       `called <span class="name">cnn-single</span>.`,
		"downloads":           `<p class="downloads">Download: <a download="table-98.A.csv" href="tables/table-98.A.csv">CSV</a>, <a download="table-98.A.tex" href="tables/table-98.A.tex">LaTeX</a>`,
		"of a figure":         `<a download="figure-98.A.svg" href="figures/figure-98.A.svg">SVG</a>, <a download="figure-98.A.pdf" href="figures/figure-98.A.pdf">PDF</a>`,
		"code, marked up":     `<span class="kn">import</span>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: no %s on the page", what, want)
		}
	}
	if got, want := read(t, filepath.Join(out, "tables", "table-98.A.csv")), "\ufeffgenre,n,<b>\r\n関連,29500,<script>alert(1)</script>\r\n'=1+1,-3,cnn-single\r\n"; got != want {
		t.Errorf("the table as CSV: %q, want %q", got, want)
	}
	if tex := read(t, filepath.Join(out, "tables", "table-98.A.tex")); !strings.Contains(tex, `\label{tab:98.A}`) || !strings.Contains(tex, `関連 & 29,500 & \textless{}script`) {
		t.Errorf("the table as LaTeX: %s", tex)
	}
	if pdf := read(t, filepath.Join(out, "figures", "figure-98.A.pdf")); !strings.HasPrefix(pdf, "%PDF-") || strings.Contains(pdf, "CreationDate") {
		t.Errorf("the figure as PDF begins %.20q, or says when it was made", pdf)
	}
	page = regexp.MustCompile(`(?s)<script>\(window\.thesisFigures.*?</script>`).ReplaceAllString(page, "") // the figure, which waits for ECharts
	for _, wrong := range []string{"<script", "cdn", "src=\"http", "href=\"http", "<link", "@import", "url("} {
		if strings.Contains(page, wrong) {
			t.Errorf("the page holds %q", wrong)
		}
	}
	if want := fmt.Sprintf("MARK = %q", progress.Mark); !strings.Contains(read(t, "chapter.py"), want) {
		t.Errorf("no %s in chapter.py", want)
	}
	outputs := regexp.MustCompile(`(?s)<details class="code">.*?</details>`).ReplaceAllString(page, "")
	for _, progress := range []string{"measuring", "1 of 20"} {
		if strings.Contains(outputs, progress) {
			t.Errorf("the page shows progress, %q", progress)
		}
	}
	// Imports and the table are one block, with the cell that shows nothing but progress another cell's, and
	// one that shows nothing has the last.
	if n := strings.Count(page, `<details class="code">`); n != 4 {
		t.Errorf("%d blocks of code", n)
	}
	executed := read(t, filepath.Join(out, "98-works.ipynb"))
	if !strings.Contains(executed, `"data: /`) {
		t.Error("$DATA did not reach the cell as an absolute path")
	}
	index := read(t, filepath.Join(out, "index.html"))
	for _, want := range []string{`<a href="98-works.html">Chapter 98: what a chapter is made of</a>`, "<strong>Stand-in data.</strong>", "stands in the text", "A formula, "} {
		if !strings.Contains(index, want) {
			t.Errorf("no %s in the index", want)
		}
	}
	for _, wrong := range []string{"<script", "reload", "refresh", `class="state`, `class="badge`} {
		if strings.Contains(index, wrong) {
			t.Errorf("the index of a report that is done holds %q", wrong)
		}
	}
}

// A cell that fails in any way fails the run, and the message is enough to mend it. The page holds what
// came before it, and page and index say what failed.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct{ errors, page, not []string }{
		"97-panics.ipynb": {
			[]string{"97-panics.ipynb: code cell 1 of 2 failed", `m["a"] = 1`, "panic: assignment to entry in nil map", "Line 4"},
			[]string{"code cell 1 of 2", "panic: assignment to entry in nil map", "before"}, []string{`"after"`},
		},
		"96-checks.ipynb": {
			[]string{"96-checks.ipynb: code cell 2 of 2 failed", `error: strconv.Atoi: parsing "ten": invalid syntax`},
			[]string{"code cell 2 of 2", "error: strconv.Atoi: parsing \"ten\": invalid syntax"}, []string{"goroutine"},
		},
		"95-formula.ipynb": {
			[]string{"95-formula.ipynb: formulas that cannot be shown: $\\nosuchcommand{x}$"},
			[]string{"formulas that cannot be shown", "no command"}, nil,
		},
	} {
		out, err := build(t, t.Context(), name)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range c.errors {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in: %v", name, want, err)
			}
		}
		if strings.Contains(err.Error(), "goroutine") && strings.HasPrefix(name, "96") {
			t.Errorf("a goroutine dump for an ordinary error: %v", err)
		}
		page, index := html.UnescapeString(read(t, filepath.Join(out, strings.TrimSuffix(name, ".ipynb")+".html"))), html.UnescapeString(read(t, filepath.Join(out, "index.html")))
		for _, want := range c.page {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q on the page", name, want)
			}
			if want != "before" && !strings.Contains(index, want) {
				t.Errorf("%s: no %q in the index", name, want)
			}
		}
		for _, wrong := range c.not {
			if strings.Contains(index+page, wrong) {
				t.Errorf("%s: %q on the page or in the index", name, wrong)
			}
		}
	}
}

// Of two notebooks that run at once, the one that fails leaves the other alone; mended, the next run takes
// its failure off the index.
func TestFailureBesideAnother(t *testing.T) {
	data, out, dir := t.TempDir(), t.TempDir(), t.TempDir()
	for _, name := range []string{"98-works.ipynb", "97-panics.ipynb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(read(t, filepath.Join("testdata", name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	notebooks := []string{filepath.Join(dir, "98-works.ipynb"), filepath.Join(dir, "97-panics.ipynb")}
	err := Build(t.Context(), Job{Data: data, Out: out, Notebooks: notebooks})
	if err == nil || !strings.HasPrefix(err.Error(), "97-panics.ipynb: code cell 1") {
		t.Errorf("got %v", err)
	}
	index := read(t, filepath.Join(out, "index.html"))
	for _, want := range []string{`<a href="97-panics.html">`, `<a href="98-works.html">`} {
		if !strings.Contains(index, want) {
			t.Errorf("no %s in the index", want)
		}
	}
	if n := strings.Count(index, `<div class="failed">`); n != 1 {
		t.Errorf("the index says of %d chapters that they failed, want 1", n)
	}
	if page := read(t, filepath.Join(out, "98-works.html")); !strings.Contains(page, "29,500") || strings.Contains(page, `class="failed"`) {
		t.Error("the chapter beside the one that failed is not whole")
	}
	mended := strings.Replace(read(t, notebooks[1]), `m[\"a\"] = 1`, `_ = m`, 1)
	if err := os.WriteFile(notebooks[1], []byte(mended), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Build(t.Context(), Job{Data: data, Out: out, Notebooks: notebooks[1:]}); err != nil {
		t.Fatal(err)
	}
	if index := read(t, filepath.Join(out, "index.html")); strings.Contains(index, `class="failed"`) || !strings.Contains(index, "98-works.html") {
		t.Error("the index of the mended report is not that")
	}
}

// A chapter that fails before it has a page stands in the index as well.
func TestFailureWithoutPage(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	notebook := filepath.Join(dir, "93-kernel.ipynb")
	text := strings.ReplaceAll(read(t, "testdata/98-works.ipynb"), `"name": "gonb"`, `"name": "no-such-kernel"`)
	if err := os.WriteFile(notebook, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	err := Build(t.Context(), Job{Data: t.TempDir(), Out: out, Notebooks: []string{notebook}})
	if err == nil || !strings.Contains(err.Error(), "no-such-kernel") {
		t.Errorf("got %v", err)
	}
	index := read(t, filepath.Join(out, "index.html"))
	for _, want := range []string{"Chapter 98: what a chapter is made of <span class=\"badge\">failed", `class="failed"`, "no-such-kernel"} {
		if !strings.Contains(index, want) {
			t.Errorf("no %s in the index", want)
		}
	}
}

func TestOutline(t *testing.T) {
	root := t.TempDir()
	notebook := filepath.Join(root, "03-speed.ipynb")
	const text = `{"metadata": {"thesis": {"measures_speed_of": ["a", "b"], "after": ["00-x"], "first": true}}, "cells": [
		{"cell_type": "markdown", "source": ["# Speed\n", "\n", "It is much."]}, {"cell_type": "code", "source": "a"}, {"cell_type": "code", "source": ["a", "b"]}]}`
	if err := os.WriteFile(notebook, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"a": true}
	measured := func(network string) (bool, error) { return known[network], nil }
	for _, want := range []bool{true, false} {
		if o, err := outlineOf(notebook, measured); err != nil || len(o.cells) != 2 || o.cells[0] == o.cells[1] || !slices.Equal(o.after, []string{"00-x"}) || !o.first || o.alone != want || o.title != "Speed" {
			t.Errorf("%+v, %v; want 2 different cells, after 00-x, first, alone %v", o, err, want)
		}
		known["b"] = true
	}
	broken := errors.New("no machine")
	if _, err := outlineOf(notebook, func(string) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// An interrupt ends a run in the middle of a cell, and the cell's own process with it. The cell and the
// test hold the two ends of a pipe: it opens when the cell has begun, and closes when its process is gone.
func TestInterrupt(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FIFO", pipe)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said, gone, during := make(chan string, 1), make(chan error, 1), make(chan string, 1)
	out := filepath.Join(t.TempDir(), "report")
	go func() {
		f, err := os.Open(pipe) // waits for the other end
		if err != nil {
			gone <- err
			return
		}
		defer f.Close()
		text := make([]byte, len("begun"))
		n, _ := io.ReadFull(f, text)
		said <- string(text[:n])
		during <- indexWith(out, "cell 2 of 2")
		cancel()
		_, err = io.Copy(io.Discard, f)
		gone <- err
	}()
	dir := t.TempDir()
	// Two more that wait for the first.
	notebooks := []string{filepath.Join("testdata", "94-waits.ipynb"), filepath.Join(dir, "93-later.ipynb")}
	later := strings.Replace(read(t, "testdata/98-works.ipynb"), `"metadata": {
  "kernelspec"`, `"metadata": {"thesis": {"after": ["94-waits"]}, "kernelspec"`, 1)
	if err := os.WriteFile(notebooks[1], []byte(later), 0o644); err != nil {
		t.Fatal(err)
	}
	err := Build(ctx, Job{Data: t.TempDir(), Out: out, Notebooks: notebooks})
	// If no cell has opened the pipe, this ends the goroutine's wait; else it changes nothing.
	if f, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		f.Close()
	}
	select {
	case err := <-gone:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Minute): // it comes at once, or never
		t.Fatal("the cell's process outlives the run")
	}
	if text := <-said; text != "begun" || !errors.Is(err, context.Canceled) {
		t.Errorf("the cell said %q, and the run ended with %v", text, err)
	}
	if pages, err := filepath.Glob(filepath.Join(out, "*.html")); err != nil || len(pages) != 1 {
		t.Errorf("an interrupted run left the pages %q, %v; want the index alone", pages, err)
	}
	while, after := <-during, read(t, filepath.Join(out, "index.html"))
	for _, want := range []string{"The report is being made:", "location.reload()", `http-equiv="refresh"`, "0 of 2 chapters after ",
		`<li class="running">Waits <span class="badge">cell 2 of 2, `, `<li class="waiting">Chapter 98: what a chapter is made of <span class="badge">waiting</span>`} {
		if !strings.Contains(while, want) {
			t.Errorf("no %s in the index while the cell runs:\n%s", want, while[strings.Index(while, "<body"):])
		}
	}
	for _, want := range []string{"Interrupted at ", "2 of 2 chapters were not made", `Waits <span class="badge">interrupted</span>`, `made of <span class="badge">not begun</span>`} {
		if !strings.Contains(after, want) {
			t.Errorf("no %s in the index after the interrupt:\n%s", want, after[strings.Index(after, "<body"):])
		}
	}
	if strings.Contains(after, "reload") || strings.Contains(after, "refresh") {
		t.Error("the index of an interrupted report renews itself")
	}
}

// indexWith reads the index until it holds a text, a minute at most.
func indexWith(out, text string) string {
	var index []byte
	for range 600 {
		var err error
		if index, err = os.ReadFile(filepath.Join(out, "index.html")); err == nil && strings.Contains(string(index), text) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return string(index)
}

func TestBuildArguments(t *testing.T) {
	if err := Build(t.Context(), Job{Data: filepath.Join(t.TempDir(), "none"), Out: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "data standin") {
		t.Errorf("missing data folder: %v", err)
	}
	if _, err := Notebooks("nosuch"); err == nil || !strings.Contains(err.Error(), `no chapter "nosuch"`) {
		t.Errorf("unknown chapter: %v", err)
	}
}

// A page leads to the chapters before and after it that there are or that this run makes, and to no others.
func TestNeighbours(t *testing.T) {
	r := &run{pages: map[string]info{"02-b": {Title: "Two <b>"}}, plans: []*plan{{outline: outline{title: "Five"}, name: "05-e"}, {outline: outline{title: "Four"}, name: "04-d"}}}
	for name, want := range map[string][2]string{"02-b": {"", "04-d.html Four"}, "04-d": {"02-b.html Two <b>", "05-e.html Five"}, "05-e": {"04-d.html Four", ""}} {
		previous, next := r.neighbours(name)
		var got [2]string
		for i, n := range []*neighbour{previous, next} {
			if n != nil {
				got[i] = n.Link + " " + n.Title
			}
		}
		if got != want {
			t.Errorf("beside %s are %q, want %q", name, got, want)
		}
	}
}
