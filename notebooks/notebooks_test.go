// Package notebooks holds no code: its tests run the chapters as a reader would,
// on a small stand-in data set, and open what comes out in a browser.
package notebooks

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"thesis.example/lib/bench"
	"thesis.example/lib/ledger"
	"thesis.example/lib/report"
	"thesis.example/lib/setup"
	"thesis.example/lib/setup/testhome"
	"thesis.example/lib/standin"
)

// maxPage is what a page may weigh, so that it can be sent by mail.
const maxPage = 5 << 20

func chapters(t *testing.T) []string {
	t.Helper()
	all, err := report.Notebooks()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no notebooks")
	}
	return all
}

var tmp string // removed after all tests

// made is the report on 30 stand-in pictures, made once for all tests.
var made = sync.OnceValues(func() (folders struct{ data, pages string }, err error) {
	if tmp, err = os.MkdirTemp("", "thesis-notebooks-"); err != nil {
		return folders, err
	}
	folders.data, folders.pages = filepath.Join(tmp, "data"), filepath.Join(tmp, "report")
	// The figures in the repository are those of all 300 pictures.
	if err := os.Setenv("FIGURES", filepath.Join(tmp, "figures")); err != nil {
		return folders, err
	}
	ctx := context.Background()
	if err := standin.Write(ctx, folders.data, standin.Options{PerGenre: 10, Seed: 1}); err != nil {
		return folders, err
	}
	notebooks, err := report.Notebooks()
	if err != nil {
		return folders, err
	}
	return folders, report.Build(ctx, report.Job{Data: folders.data, Pictures: 30, Out: folders.pages, Notebooks: notebooks, Measured: bench.Known})
})

// pages are the folders of the report. The chapters need pretrained weights, and so the network where
// these are not here yet.
func pages(t *testing.T) (folders struct{ data, pages string }) {
	t.Helper()
	testhome.Weights(t, "lite0", "dinov2-s14-imgfocus")
	folders, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

func TestMain(m *testing.M) {
	code := testhome.Run(m)
	os.RemoveAll(tmp)
	os.Exit(code)
}

// The chapters are committed as text and cells without results.
func TestNotebooksAreClean(t *testing.T) {
	for _, path := range chapters(t) {
		name := filepath.Base(path)
		cells := cellsOf(t, path)
		if len(cells) == 0 || cells[0].Type != "markdown" || !strings.HasPrefix(cells[0].Source(), "# ") {
			t.Errorf("%s: the first cell is not a title", name)
		}
		for i, cell := range cells {
			if cell.Type != "code" {
				continue
			}
			if len(cell.Outputs) > 0 || cell.Count != nil {
				t.Errorf("%s: cell %d holds results", name, i+1)
			}
		}
	}
}

type cell struct {
	ID      string   `json:"id"`
	Type    string   `json:"cell_type"`
	Lines   []string `json:"source"`
	Outputs []struct {
		Type string `json:"output_type"`
		Data map[string]any
	}
	Count *int `json:"execution_count"`
}

func (c cell) Source() string { return strings.Join(c.Lines, "") }

func cellsOf(t *testing.T, path string) []cell {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var nb struct{ Cells []cell }
	if err := json.Unmarshal(data, &nb); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return nb.Cells
}

// figuresOf counts the figures that a chapter's cells draw: its calls of ShowFigure, none of which stands
// in a loop.
func figuresOf(t *testing.T, path string) int {
	t.Helper()
	n := 0
	for _, cell := range cellsOf(t, path) {
		if cell.Type == "code" {
			n += strings.Count(cell.Source(), "report.ShowFigure(")
		}
	}
	if n == 0 && filepath.Base(path) != ledger.ReferencesNotebook {
		t.Fatalf("%s calls report.ShowFigure nowhere; every chapter but the references has figures", path)
	}
	return n
}

// formulasOf counts the formulas in a chapter's text, $…$ and $$…$$.
func formulasOf(t *testing.T, path string) int {
	t.Helper()
	n := 0
	for _, cell := range cellsOf(t, path) {
		if cell.Type == "markdown" {
			n += len(formula.FindAllString(cell.Source(), -1))
		}
	}
	return n
}

var formula = regexp.MustCompile(`(?s)\$\$.+?\$\$|\$[^$\n]+\$`)

// Every chapter runs, and its page works with the network off: nothing is asked
// of another host, nothing fails, and every figure is interactive.
func TestPages(t *testing.T) {
	folders := pages(t)
	files, err := filepath.Glob(filepath.Join(folders.pages, "*.html"))
	if err != nil || len(files) != len(chapters(t))+1 {
		t.Fatalf("%d chapters became the pages %q, %v", len(chapters(t)), files, err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > maxPage {
				t.Errorf("the page has %d bytes, over %d", info.Size(), maxPage)
			}
			b := open(t, "file://"+path, "", true)
			defer b.faultless()
			if filepath.Base(path) == "index.html" {
				if got := eval[int](b, `document.querySelectorAll(".chapters a").length`); got != len(files)-1 {
					t.Errorf("the index lists %d chapters of %d", got, len(files)-1)
				}
				return
			}
			if got := eval[int](b, `document.querySelectorAll("nav li a").length`); got == 0 {
				t.Error("no table of contents")
			}
			if broken := eval[[]string](b, `[...document.querySelectorAll("nav li a")].map(a => a.hash.slice(1)).filter(id => !document.getElementById(id) && !document.getElementById(decodeURIComponent(id)))`); len(broken) > 0 {
				t.Errorf("the contents point nowhere: %q", broken)
			}
			for _, link := range eval[[]string](b, `[...document.querySelectorAll("main a")].map(a => a.getAttribute("href")).filter(href => !href.startsWith("#"))`) {
				page, id, place := strings.Cut(link, "#")
				if target, err := os.ReadFile(filepath.Join(folders.pages, page)); err != nil || place && !strings.Contains(string(target), `id="`+id+`"`) || len(target) == 0 {
					t.Errorf("the link %s leads nowhere: %v", link, err)
				}
			}
			live(b, figuresOf(t, chapterOf(t, path)))
		})
	}
}

// chapterOf is the notebook that a page, or a copy of the notebook, was made from.
func chapterOf(t *testing.T, page string) string {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(page), filepath.Ext(page)) + ".ipynb"
	all := chapters(t)
	i := slices.IndexFunc(all, func(path string) bool { return filepath.Base(path) == name })
	if i < 0 {
		t.Fatalf("%s is the page of no chapter of %q", page, all)
	}
	return all[i]
}

// live checks that the page has so many figures, and that every one is drawn and answers the mouse.
func live(b *tab, figures int) {
	b.t.Helper()
	if got := eval[int](b, `document.querySelectorAll("figure[data-figure]").length`); got != figures {
		b.t.Fatalf("%d figures on the page of a chapter that draws %d", got, figures)
	}
	if figures == 0 {
		return
	}
	b.await("the figures to be interactive", fmt.Sprintf(`document.querySelectorAll("figure.thesis-drawn .thesis-live :is(svg, canvas)").length >= %d`, figures))
	if shown := eval[int](b, `[...document.querySelectorAll("figure[data-figure] > picture > img")].filter(i => i.getBoundingClientRect().height > 0).length`); shown > 0 {
		b.t.Errorf("%d static figures stand beside their interactive ones", shown)
	}
	// A tooltip is the sign of life: some mark shows one when the mouse comes to its middle. Marks are
	// drawn after the axes.
	found := eval[bool](b, `(async () => {
		const live = document.querySelector("figure.thesis-drawn .thesis-live");
		live.scrollIntoView({block: "center"});
		const surface = live.querySelector("svg");
		for (const mark of [...surface.querySelectorAll("path")].reverse()) {
			const box = mark.getBoundingClientRect();
			surface.dispatchEvent(new MouseEvent("mousemove", {bubbles: true, clientX: box.left + box.width / 2, clientY: box.top + box.height / 2}));
			await new Promise(r => setTimeout(r, 5));
			if ([...live.querySelectorAll("div")].some(d => d.style.pointerEvents === "none" && d.style.visibility !== "hidden" && d.textContent.trim())) return true;
		}
		return false;
	})()`)
	if !found {
		b.t.Error("the first figure shows no tooltip anywhere")
	}
}

// Without JavaScript every figure is a picture, and formulas are there.
func TestPagesWithoutJavaScript(t *testing.T) {
	folders := pages(t)
	for _, path := range chapters(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".ipynb")
		t.Run(name, func(t *testing.T) {
			b := open(t, "file://"+filepath.Join(folders.pages, name+".html"), "", false)
			defer b.faultless()
			figures := figuresOf(t, path)
			drawn := eval[int](b, `[...document.querySelectorAll("figure[data-figure] > picture > img")].filter(i => i.complete && i.naturalWidth > 0 && i.getBoundingClientRect().height > 0).length`)
			if drawn != figures {
				t.Errorf("%d of %d figures are seen without JavaScript", drawn, figures)
			}
			if math, want := eval[int](b, `document.querySelectorAll("main math").length`), formulasOf(t, path); math != want {
				t.Errorf("%d formulas, want %d", math, want)
			}
			if live := eval[int](b, `document.querySelectorAll("figure.thesis-drawn").length`); live > 0 {
				t.Errorf("JavaScript ran: %d figures are live", live)
			}
		})
	}
}

// JupyterLab opens a chapter with the Go kernel, runs all its cells, and exports
// the page that make report makes. Two chapters show that, one of formulas and pictures, one of figures and
// training: what the cells of the others do, the report has shown through the same kernel.
func TestLab(t *testing.T) {
	folders := pages(t)
	inLab, err := report.Notebooks("02", "05")
	if err != nil {
		t.Fatal(err)
	}
	// JupyterLab saves what it runs: on copies.
	dir := t.TempDir()
	for _, path := range inLab {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	server := startLab(t, dir, folders.data)
	for _, path := range inLab {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			// A workspace of its own: JupyterLab opens again what the last one had open.
			b := open(t, server.at("/lab/workspaces/"+strings.TrimSuffix(name, ".ipynb")+"/tree/"+name), server.host, true)
			panel := `[...(window.jupyterapp?.shell.widgets("main") ?? [])].find(w => w.sessionContext && w.context.path === "` + name + `")`
			b.await("the notebook with its kernel", `(() => { const p = `+panel+`; return p?.sessionContext.kernelDisplayName === "Go (gonb)" && p.sessionContext.session?.kernel?.connectionStatus === "connected"; })()`)
			if kernel := eval[string](b, `document.querySelector(".jp-KernelName")?.textContent.trim()`); !strings.HasPrefix(kernel, "Go (gonb)") {
				t.Errorf("the notebook's kernel is %q", kernel)
			}
			eval[any](b, `window.jupyterapp.shell.activateById((`+panel+`).id)`)
			eval[any](b, `void window.jupyterapp.commands.execute("notebook:run-all-cells")`)
			cells := `[...(` + panel + `).content.model.cells].filter(c => c.type === "code")`
			b.await("all cells to have run", cells+`.every(c => c.executionCount > 0) && (`+panel+`).sessionContext.session.kernel.status === "idle"`)
			if bad := eval[[]string](b, cells+`.flatMap(c => c.outputs.toJSON()).filter(o => o.output_type === "error").map(o => o.evalue)`); len(bad) > 0 {
				t.Errorf("cells failed: %q", bad)
			}
			if shown := eval[int](b, cells+`.flatMap(c => c.outputs.toJSON()).length`); shown == 0 {
				t.Error("no cell shows anything")
			}
			eval[any](b, `(`+panel+`).context.save().then(() => null)`)
			b.faultless()
			server.export(t, name)
		})
	}
}

// lab is a running JupyterLab.
type lab struct {
	host, token string
	process     *os.Process
}

func (l lab) at(path string) string {
	return (&url.URL{Scheme: "http", Host: l.host, Path: path, RawQuery: "token=" + l.token}).String()
}

func startLab(t *testing.T, dir, data string) lab {
	t.Helper()
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, ".venv", "bin", "python"), "-m", "jupyterlab", "--no-browser", "--port=0", "--ServerApp.ip=127.0.0.1",
		"--ServerApp.root_dir="+dir, "--LabApp.expose_app_in_browser=True", "--ServerApp.log_level=INFO")
	cmd.Env = append(os.Environ(), "DATA="+data, "JUPYTER_PREFER_ENV_PATH=1", "JUPYTER_RUNTIME_DIR="+t.TempDir(), "JUPYTERLAB_WORKSPACES_DIR="+t.TempDir(), "JUPYTERLAB_SETTINGS_DIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: run `make setup`", err)
	}
	t.Cleanup(func() {
		// It shuts its kernels down itself; twice would ask for nothing more.
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/\S*token=([0-9a-f]+)`)
	found := make(chan lab, 1)
	var log strings.Builder
	go func() {
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if m := address.FindStringSubmatch(lines.Text()); m != nil && len(found) == 0 {
				found <- lab{host: m[1], token: m[2], process: cmd.Process}
				io.Copy(io.Discard, said)
				return
			}
			log.WriteString(lines.Text() + "\n")
		}
		close(found)
	}()
	select {
	case l, ok := <-found:
		if !ok {
			t.Fatalf("JupyterLab ended:\n%s", log.String())
		}
		return l
	case <-time.After(patience):
		t.Fatalf("JupyterLab did not start in %s", patience)
	}
	panic("unreachable")
}

// export saves a notebook as JupyterLab's menu does, and opens the page offline.
func (l lab) export(t *testing.T, name string) {
	t.Helper()
	response, err := http.Get(l.at("/nbconvert/html/" + name))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("exporting: %s %v %.500s", response.Status, err, html)
	}
	path := filepath.Join(t.TempDir(), "export.html")
	if err := os.WriteFile(path, html, 0o644); err != nil {
		t.Fatal(err)
	}
	b := open(t, "file://"+path, "", true)
	defer b.faultless()
	if got := eval[int](b, `document.querySelectorAll("nav li a").length`); got == 0 {
		t.Error("the export has no table of contents: it did not use this project's template")
	}
	live(b, figuresOf(t, chapterOf(t, name)))
}
