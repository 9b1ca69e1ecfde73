package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"thesis.example/lib/ledger"
	"thesis.example/lib/setup"
)

// In JupyterLab, Tab behind a package lists its functions, Shift+Tab in a function shows its doc
// comment, and a citation's link opens chapter 8 at the work's cell.
func TestTyping(t *testing.T) {
	// Not into .venv: what the project has installed stays as it is.
	bin := t.TempDir()
	if err := setup.InstallGopls(t.Context(), bin, os.Stderr); err != nil {
		t.Fatal(err)
	}
	var again strings.Builder
	if err := setup.InstallGopls(t.Context(), bin, &again); err != nil || again.Len() > 0 {
		t.Errorf("what is there is built again: %q, %v", again.String(), err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	dir := t.TempDir()
	writeNotebook(t, filepath.Join(dir, "typing.ipynb"),
		cell{Type: "code", ID: "a", Lines: []string{"%noautoget\n", "import \"thesis.example/lib/stats\""}},
		cell{Type: "code", ID: "b"},
		cell{Type: "markdown", ID: "c", Lines: []string{"[Wilson 1927](" + ledger.ReferencesNotebook + "#cell-id=wilson1927)"}})
	references, err := os.ReadFile(chapterOf(t, ledger.ReferencesNotebook))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ledger.ReferencesNotebook), references, 0o644); err != nil {
		t.Fatal(err)
	}
	server := startLab(t, dir, dir)
	b := open(t, server.at("/lab/workspaces/typing/tree/typing.ipynb"), server.host, true)
	defer b.faultless()
	panel := `[...(window.jupyterapp?.shell.widgets("main") ?? [])].find(w => w.sessionContext && w.context.path === "typing.ipynb")`
	b.await("the notebook with its kernel", `(() => { const p = `+panel+`; return p?.sessionContext.session?.kernel?.connectionStatus === "connected"; })()`)
	// A headless page has no focus, without which nothing can be typed.
	b.run(emulation.SetFocusEmulationEnabled(true))
	eval[any](b, `window.jupyterapp.shell.activateById((`+panel+`).id)`)
	eval[any](b, `void window.jupyterapp.commands.execute("notebook:run-cell-and-select-next")`)
	b.await("the import to have run", `[...(`+panel+`).content.model.cells][0].executionCount > 0`)
	eval[any](b, `void window.jupyterapp.commands.execute("notebook:enter-edit-mode")`)
	b.await("the second cell to be edited", `(() => { const c = (`+panel+`).content; return c.activeCellIndex === 1 && c.mode === "edit" && c.activeCell.editor.hasFocus(); })()`)

	b.run(chromedp.KeyEvent("%%"), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent("stats."))
	// gopls reads the modules at its first answer, which JupyterLab may not wait for.
	b.insist("Tab to list the functions of stats", kb.Tab, 0, `["McNemar", "Wilson"].every(name => document.querySelector(".jp-Completer")?.textContent.includes(name))`)
	b.run(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("Wilson"))
	doc, err := exec.Command("go", "doc", "thesis.example/lib/stats.Wilson").Output()
	if err != nil {
		t.Fatal(err)
	}
	first, err := json.Marshal(strings.TrimSpace(strings.Split(string(doc), "\n")[3]))
	if err != nil {
		t.Fatal(err)
	}
	b.insist("Shift+Tab to show the doc comment", kb.Tab, input.ModifierShift, `(document.querySelector(".jp-Tooltip")?.textContent ?? "").replace(/\s+/g, " ").includes(`+string(first)+`)`)

	eval[any](b, `document.querySelector(".jp-RenderedMarkdown a").click()`)
	b.await("chapter 8 to open at the work's cell", `(() => {
		const p = [...window.jupyterapp.shell.widgets("main")].find(w => w.context?.path === "`+ledger.ReferencesNotebook+`");
		const box = p?.content.widgets.find(c => c.model.id === "wilson1927")?.node.getBoundingClientRect(), view = p?.content.node.getBoundingClientRect();
		return !!box && box.height > 0 && box.top < view.bottom && box.bottom > view.top;
	})()`)
}

// insist presses a key again and again until a JavaScript expression is true.
func (b *tab) insist(what, key string, modifier input.Modifier, expression string) {
	b.t.Helper()
	for end := time.Now().Add(patience); ; {
		b.run(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifier)))
		for range 50 {
			if eval[bool](b, expression) {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		if time.Now().After(end) {
			b.t.Fatalf("waited in vain for %s", what)
		}
		b.run(chromedp.KeyEvent(kb.Escape)) // what an answer too early left
		b.run(chromedp.Evaluate(`window.jupyterapp.commands.execute("notebook:enter-edit-mode").then(() => null)`, nil))
	}
}

// writeNotebook makes a notebook of these cells for the project's kernel.
func writeNotebook(t *testing.T, path string, cells ...cell) {
	t.Helper()
	nb, err := json.Marshal(map[string]any{"cells": []any{}, "nbformat": 4, "nbformat_minor": 5, "metadata": map[string]any{
		"kernelspec": map[string]string{"display_name": "Go (gonb)", "language": "go", "name": "gonb"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nb, 0o644); err != nil {
		t.Fatal(err)
	}
	writeCells(t, path, cells)
}
