// Package report turns notebooks into chapters: it runs them through their kernel,
// writes each as one HTML page that needs no other file and no network, and an
// index over them (Build). Inside a notebook it shows tables and computed
// sentences (Table, ShowMarkdown) and ends a cell readably (Check, Must).
package report

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"

	"thesis.example/lib/dataset"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
)

//go:embed index.html.tmpl
var indexHTML string

//go:embed template/thesis/style.css
var style string

var indexTemplate = template.Must(template.New("index").Parse(indexHTML))

// Notebooks are the chapters' notebooks, in order. names choose among them, by
// file name, by number ("04") or by the name without extension; none means all.
func Notebooks(names ...string) ([]string, error) {
	root, err := setup.Root()
	if err != nil {
		return nil, err
	}
	all, err := filepath.Glob(filepath.Join(root, "notebooks", "[0-9][0-9]-*.ipynb"))
	if err != nil || len(names) == 0 {
		return all, err
	}
	var chosen []string
	for _, name := range names {
		i := slices.IndexFunc(all, func(path string) bool {
			base := chapterName(path)
			return base == chapterName(name) || strings.HasPrefix(base, name+"-")
		})
		if i < 0 {
			have := make([]string, len(all))
			for i, path := range all {
				have[i] = chapterName(path)
			}
			return nil, fmt.Errorf("no chapter %q; there are: %s", name, strings.Join(have, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func chapterName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".ipynb") }

// info stands on top of a chapter, and in the metadata of its executed notebook.
type info struct {
	Made    string  `json:"made"`    // date and time
	Data    string  `json:"data"`    // data folder
	StandIn bool    `json:"standin"` // drawn pictures and made numbers
	Index   string  `json:"index"`   // link back
	Title   string  `json:"title"`
	Intro   string  `json:"intro"`
	Seconds float64 `json:"seconds"`

	Failed *failure `json:"failed,omitempty"` // nil: all cells ran
}

// failure is where and why a chapter ended before its end.
type failure struct {
	Where string `json:"where"` // "code cell 3 of 12"
	Why   string `json:"why"`   // some lines
}

// Build runs the notebooks on the data folder dir and writes for each
// out/NAME.html and out/NAME.ipynb, the executed copy; the notebooks themselves
// are never written. out/index.html lists all chapters that out holds.
//
// A cell that fails ends its chapter alone: the page holds what came before it, page and
// index say which cell it was and why, and the others go on. The error then names each
// notebook with cell and message. An interrupt ends all; chapters that have not begun stay
// as they were.
//
// Two notebooks run at a time, since compiling a cell and reading pictures leave a
// core idle, the longest first. One whose metadata say {"thesis": {"measures_speed_of":
// [NETWORK, …]}} runs before them by itself where measured says of one of these that its
// speed is not known yet. One whose metadata say {"thesis": {"after": N}} reads the records that
// others leave, and waits for all that say a smaller number, or none.
func Build(ctx context.Context, dir, out string, notebooks []string, measured func(network string) (bool, error)) error {
	root, err := setup.Root()
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("data folder: %w; make the stand-in set with `go run ./lib/cmd/thesis data standin`, or name a folder with DATA=", err)
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if len(notebooks) == 0 {
		return errors.New("no notebooks/NN-*.ipynb to run")
	}
	_, err = os.Stat(filepath.Join(dir, dataset.StandInFile))
	about := info{Data: dir, StandIn: err == nil, Index: "index.html"}
	var alone []string
	stages := map[int][]string{} // by "after"
	cells, total := map[string]int{}, 0
	for _, notebook := range notebooks {
		o, err := outlineOf(notebook, measured)
		if err != nil {
			return err
		}
		cells[notebook] = o.cells
		total += o.cells
		if o.alone {
			alone = append(alone, notebook)
		} else {
			stages[o.after] = append(stages[o.after], notebook)
		}
	}
	type stage struct {
		notebooks []string
		atOnce    int
	}
	order := []stage{{alone, 1}}
	for _, after := range slices.Sorted(maps.Keys(stages)) {
		// The longest first, so that none is left over at the end.
		slices.SortStableFunc(stages[after], func(a, b string) int { return cmp.Compare(cells[b], cells[a]) })
		order = append(order, stage{stages[after], 2})
	}
	bar := progress.New("report", "cells", total)
	defer bar.Done()
	failures := map[string]error{} // by chapter
	var mu sync.Mutex
	for _, stage := range order {
		var group errgroup.Group
		group.SetLimit(stage.atOnce)
		for _, notebook := range stage.notebooks {
			group.Go(func() error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				about := about
				about.Made = time.Now().Format("Made on 2 January 2006, 15:04 UTC-07:00,")
				if err := chapter(ctx, root, notebook, out, about, bar); err != nil && ctx.Err() == nil {
					mu.Lock()
					defer mu.Unlock()
					failures[chapterName(notebook)] = err
				}
				return ctx.Err()
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	if err := writeIndex(out, about, failures); err != nil {
		return err
	}
	var all []error
	for _, name := range slices.Sorted(maps.Keys(failures)) {
		all = append(all, fmt.Errorf("%s.ipynb: %w", name, failures[name]))
	}
	return errors.Join(all...)
}

// outline is what Build has to know of a notebook before it runs.
type outline struct {
	cells int  // of code
	after int  // see Build
	alone bool // it wants the machine to itself
}

func outlineOf(notebook string, measured func(network string) (bool, error)) (o outline, err error) {
	data, err := os.ReadFile(notebook)
	if err != nil {
		return o, err
	}
	var nb struct {
		Metadata struct {
			Thesis struct {
				MeasuresSpeedOf []string `json:"measures_speed_of"`
				After           int      `json:"after"`
			}
		}
		Cells []struct {
			Type string `json:"cell_type"`
		}
	}
	if err := json.Unmarshal(data, &nb); err != nil {
		return o, fmt.Errorf("reading %s: %w", notebook, err)
	}
	for _, c := range nb.Cells {
		if c.Type == "code" {
			o.cells++
		}
	}
	o.after = nb.Metadata.Thesis.After
	for _, network := range nb.Metadata.Thesis.MeasuresSpeedOf {
		known, err := measured(network)
		if err != nil {
			return o, err
		}
		o.alone = o.alone || !known
	}
	return o, nil
}

// chapter runs one notebook and writes its page.
func chapter(ctx context.Context, root, notebook, out string, about info, bar *progress.Bar) error {
	name, began := chapterName(notebook), time.Now()
	page := filepath.Join(out, name+".html")
	if err := os.Remove(page); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // else a page of an earlier run would pass for this one's
	}
	log, err := os.CreateTemp("", "thesis-kernel-*.log")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	if notebook, err = filepath.Abs(notebook); err != nil {
		return err
	}
	job, err := json.Marshal(map[string]any{
		"notebook": notebook,
		"executed": filepath.Join(out, name+".ipynb"),
		"page":     page,
		"log":      log.Name(),
		"info":     about,
	})
	if err != nil {
		return err
	}

	python := filepath.Join(root, ".venv", "bin", "python")
	cmd := exec.CommandContext(ctx, python, filepath.Join(root, "lib", "report", "chapter.py"))
	cmd.Stdin = bytes.NewReader(job)
	// The kernel of this project, not one of the user's that has the same name.
	cmd.Env = append(os.Environ(), "DATA="+about.Data, "JUPYTER_PREFER_ENV_PATH=1", "PYTHONDONTWRITEBYTECODE=1")
	// On ctrl-C python stops its kernel and ends.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: run `make setup`", err)
		}
		return err
	}
	failure := follow(name, events, bar)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failure != nil:
		bar.Say(fmt.Sprintf("%s failed after %s", name, time.Since(began).Round(time.Second)))
		return failure
	case err != nil:
		kernel, _ := io.ReadAll(log)
		return fmt.Errorf("%w\n%s\n%s", err, bytes.TrimSpace(complaints.Bytes()), bytes.TrimSpace(kernel))
	}
	bar.Say(fmt.Sprintf("%s in %s", name, time.Since(began).Round(time.Second)))
	return nil
}

// follow shows the progress of a run until its events end, and returns the
// failure that they report.
func follow(name string, events io.Reader, bar *progress.Bar) (failure error) {
	for lines := json.NewDecoder(events); ; {
		var e struct {
			Event, Text string
			Number      int
		}
		if err := lines.Decode(&e); err != nil {
			if err != io.EOF && failure == nil {
				failure = fmt.Errorf("reading the run's progress: %w", err)
			}
			return failure
		}
		switch e.Event {
		case "cell":
			if e.Number > 1 {
				bar.AddNote(1, name)
			}
		case "stderr":
			if said := strings.FieldsFunc(e.Text, func(r rune) bool { return r == '\n' || r == '\r' }); len(said) > 0 {
				bar.AddNote(0, name+", "+said[len(said)-1])
			}
		case "failed":
			failure = errors.New(e.Text)
		case "done":
			bar.AddNote(1, name)
		}
	}
}

// writeIndex lists the chapters that out holds, and those that failed without a page.
func writeIndex(out string, about info, failures map[string]error) error {
	pages, err := filepath.Glob(filepath.Join(out, "[0-9][0-9]-*.html"))
	if err != nil {
		return err
	}
	type entry struct {
		Link string // "" where there is no page
		Name string
		Took time.Duration
		info
	}
	var entries []entry
	standIn := false
	for _, page := range pages {
		executed := strings.TrimSuffix(page, ".html") + ".ipynb"
		data, err := os.ReadFile(executed)
		if err != nil {
			return fmt.Errorf("index: %w", err)
		}
		var nb struct{ Metadata struct{ Thesis info } }
		if err := json.Unmarshal(data, &nb); err != nil {
			return fmt.Errorf("index: reading %s: %w", executed, err)
		}
		about := nb.Metadata.Thesis
		standIn = standIn || about.StandIn
		took := time.Duration(about.Seconds * float64(time.Second)).Round(time.Second)
		entries = append(entries, entry{Link: filepath.Base(page), Name: strings.TrimSuffix(filepath.Base(page), ".html"), Took: took, info: about})
	}
	for name, err := range failures {
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.Name == name }) {
			about := about
			about.Title, about.Failed = name, &failure{Where: "before its first page", Why: err.Error()}
			entries = append(entries, entry{Name: name, info: about})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	err = indexTemplate.Execute(&b, map[string]any{"Style": template.CSS(style), "Chapters": entries, "StandIn": standIn})
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return renameio.WriteFile(filepath.Join(out, "index.html"), b.Bytes(), 0o644)
}
