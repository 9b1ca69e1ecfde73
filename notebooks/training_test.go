package notebooks

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"thesis.example/lib/setup"
	"thesis.example/lib/setup/testhome"
	"thesis.example/lib/standin"
)

// training trains five folds for 15 epochs each, with a checkpoint after every epoch but a fold's last.
const training = `%%
set := report.Must(dataset.OpenCurrent(context.Background()))
table := report.Must(features.Measure(context.Background(), set, features.Options{}))
records := report.Must(trial.RunAll(context.Background(), set, table, trial.All(1, "cnn-single", trial.Choice{Profile: "quick", Seed: 1})))
resumed := 0
for _, r := range records {
	resumed += r.Run.Resumed
}
report.ShowMarkdown("Trained %d folds, resumed %d times.", len(records), resumed)`

// A reader interrupts a cell that trains, restarts its kernel, closes the browser and opens it again: each
// time training goes on after its last epoch, and the records are those of a training that nobody
// disturbed. The server ends its kernel when its terminal is closed.
func TestDisturbedTraining(t *testing.T) {
	testhome.Weights(t, "lite0")
	data := t.TempDir()
	if err := standin.Write(t.Context(), data, standin.Options{PerGenre: 5, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	// Records of its own: other tests train the same.
	weights, err := setup.Place("weights")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.Symlink(weights, filepath.Join(home, "weights")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(setup.HomeVariable, home)
	records := filepath.Join(home, "records")
	dir := t.TempDir()
	writeNotebook(t, filepath.Join(dir, "training.ipynb"),
		cell{Type: "code", ID: "a", Lines: []string{"%noautoget\nimport (\n\t\"thesis.example/lib/dataset\"\n\t\"thesis.example/lib/features\"\n\t\"thesis.example/lib/report\"\n\t\"thesis.example/lib/trial\"\n)"}},
		cell{Type: "code", ID: "b", Lines: []string{training}})
	// A test below nohup would hand on that hanging up is nothing; what this process listens for, its children
	// have as usual.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	server := startLab(t, dir, data)
	address := server.at("/lab/workspaces/training/tree/training.ipynb")
	n := openNotebook(t, server, address)

	// Undisturbed.
	n.runAll()
	n.ended("Trained 5 folds, resumed 0 times.")
	want := recordsIn(t, records)
	if err := os.RemoveAll(records); err != nil {
		t.Fatal(err)
	}

	// Interrupted by the button.
	n.runAll()
	pid := hold(t, records)
	n.run(chromedp.Click(`.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"] jp-button`, chromedp.ByQuery))
	releaseInterrupted(t, pid)
	n.ended("stopped: run the cell again to go on")
	gone(t, pid)

	// The kernel restarted by its button, and the question answered.
	n.runAll()
	pid = hold(t, records)
	kernel := parentOf(t, pid)
	n.run(chromedp.Click(`.jp-NotebookPanel-toolbar [data-jp-item-name="restart"] jp-button`, chromedp.ByQuery),
		chromedp.Click(`.jp-Dialog .jp-mod-accept`, chromedp.ByQuery))
	gone(t, kernel)
	release(t, pid)
	gone(t, pid)
	// GoNB's state is "unknown" to JupyterLab until it runs its first cell.
	n.await("the new kernel", `(s => !s.isRestarting && s.session.kernel.connectionStatus === "connected" && !/restarting/.test(s.session.kernel.status))(`+n.panel+`.sessionContext)`)

	// The browser closed while it trains; training goes on without one.
	n.runAll()
	pid = hold(t, records)
	kernel = parentOf(t, pid)
	n.faultless()
	n.close()
	n = openNotebook(t, server, address)
	// What comes of the running cell is lost to the new page; the cell that is asked for anew waits for the
	// old one's end and reads its records.
	eval[any](n.tab, `void window.jupyterapp.commands.execute("notebook:run-all-cells")`)
	n.await("the cell to be asked for", n.cells+`[1].executionState === "running"`)
	release(t, pid)
	gone(t, pid)
	n.ended("Trained 5 folds, resumed 2 times.")
	for name, content := range recordsIn(t, records) {
		if content != want[name] {
			t.Errorf("%s differs from the record of a training that was not disturbed", name)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("no records %v", want)
	}
	n.faultless()

	// The terminal closed.
	if err := server.process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	gone(t, kernel)
}

// recordsIn are the records in a folder by name, without their last lines, which say how they were made
// (trial.RunInfo).
func recordsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]string{}
	for _, path := range found {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSpace(string(data))
		records[filepath.Base(path)] = text[:strings.LastIndex(text, "\n")+1]
	}
	if len(records) != 5 {
		t.Fatalf("there are the records %q, expected five", found)
	}
	return records
}

// hold stops the process of the running cell when it has written a new checkpoint, in the middle of a fold:
// however slow the browser is, it meets training there.
func hold(t *testing.T, records string) (pid int) {
	t.Helper()
	checkpoints := func() string {
		found, err := filepath.Glob(filepath.Join(records, ".*.checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			return ""
		}
		info, err := os.Stat(found[0])
		if err != nil { // the fold's end has removed it
			return ""
		}
		return found[0] + info.ModTime().String()
	}
	before := checkpoints()
	for pid == 0 {
		pid = cellBelow(t)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if now := checkpoints(); now == "" || now == before {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatalf("training ended before it could be held: %v", err)
		}
		if checkpoints() != "" {
			return pid
		}
		release(t, pid) // that was a fold's last
	}
	t.Fatal("no checkpoint was written")
	return 0
}

// release lets a held process go on, unless it has been ended meanwhile.
func release(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil && err != syscall.ESRCH {
		t.Fatal(err)
	}
}

// releaseInterrupted does so when SIGINT waits for it. It needs Linux.
func releaseInterrupted(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(status)) {
			if mask, ok := strings.CutPrefix(line, "ShdPnd:"); ok {
				pending, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
				if err != nil {
					t.Fatal(err)
				}
				if pending&(1<<(syscall.SIGINT-1)) != 0 {
					release(t, pid)
					return
				}
			}
		}
	}
	t.Fatal("the button interrupts nothing")
}

// processes are the running ones, without those that have ended and wait to be asked how.
func processes(t *testing.T) (parents map[int]int, commands map[int]string) {
	t.Helper()
	out, err := exec.Command("ps", "-axo", "pid=,ppid=,stat=,command=").Output()
	if err != nil {
		t.Fatal(err)
	}
	parents, commands = map[int]int{}, map[int]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		pid, err := strconv.Atoi(f[0])
		parent, err2 := strconv.Atoi(f[1])
		if err != nil || err2 != nil {
			t.Fatalf("ps says %q", line)
		}
		if !strings.HasPrefix(f[2], "Z") {
			parents[pid], commands[pid] = parent, strings.Join(f[3:], " ")
		}
	}
	return parents, commands
}

// cellBelow is the process of the cell that runs below this test, 0 where none does.
func cellBelow(t *testing.T) int {
	t.Helper()
	parents, commands := processes(t)
	for pid, command := range commands {
		if !strings.HasPrefix(command, filepath.Join(os.TempDir(), "gonb_")) {
			continue
		}
		for at := pid; at > 1; at = parents[at] {
			if at == os.Getpid() {
				return pid
			}
		}
	}
	return 0
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	parents, _ := processes(t)
	return parents[pid]
}

// gone waits for the end of a process that must end.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		_, commands := processes(t)
		if _, runs := commands[pid]; !runs {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s still runs", commands[pid])
		}
	}
}

// notebook is one that is open in JupyterLab.
type notebook struct {
	*tab
	close              func() // as one closes the browser
	panel, cells, idle string // JavaScript
}

func openNotebook(t *testing.T, server lab, address string) notebook {
	t.Helper()
	b := open(t, address, server.host, true)
	n := notebook{tab: b, panel: `([...(window.jupyterapp?.shell.widgets("main") ?? [])].find(w => w.sessionContext))`}
	n.close = func() {
		t.Helper()
		if err := chromedp.Cancel(b); err != nil {
			t.Fatal(err)
		}
	}
	n.cells = `[...` + n.panel + `.content.model.cells]`
	n.idle = n.panel + `.sessionContext.session?.kernel?.status === "idle"`
	b.await("the notebook with its kernel", n.panel+`?.sessionContext.session?.kernel?.connectionStatus === "connected"`)
	eval[any](b, `window.jupyterapp.shell.activateById(`+n.panel+`.id)`)
	return n
}

func (n notebook) runAll() {
	n.t.Helper()
	eval[any](n.tab, `void window.jupyterapp.commands.execute("notebook:run-all-cells")`)
	n.await("the kernel to be busy", n.panel+`.sessionContext.session.kernel.status === "busy"`)
}

// ended waits for the second cell to end, and for what it then says.
func (n notebook) ended(says string) {
	n.t.Helper()
	n.await("the cell to end", n.idle+` && `+n.cells+`[1].executionState === "idle"`)
	if text := n.text(1); !strings.Contains(text, says) {
		n.t.Fatalf("the cell says %q, expected %q", text, says)
	}
}

// text is what a cell's outputs say.
func (n notebook) text(i int) string {
	n.t.Helper()
	return eval[string](n.tab, n.cells+`[`+strconv.Itoa(i)+`].outputs.toJSON().map(o => [o.text, o.evalue, o.traceback, o.data?.["text/plain"]].flat().join("")).join("\n")`)
}
