// Package report turns notebooks into chapters: it runs them through their kernel,
// writes each as one HTML page that needs no other file and no network, and an
// index over them (Build). Inside a notebook it shows tables and computed
// sentences (Table, ShowMarkdown) and ends a cell readably (Check, Must).
package report

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

	"thesis.example/lib/dataset"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
)

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

	Previous *neighbour `json:"previous,omitempty"` // nil: there is no such page, and none is to come
	Next     *neighbour `json:"next,omitempty"`

	Failed *failure `json:"failed,omitempty"` // nil: all cells ran
}

// neighbour is the chapter before or after another one.
type neighbour struct {
	Link  string `json:"link"`
	Title string `json:"title"`
}

// failure is where and why a chapter ended before its end.
type failure struct {
	Where string `json:"where"` // "code cell 3 of 12"
	Why   string `json:"why"`   // some lines
}

// Job is a report to be made.
type Job struct {
	Data      string // folder
	Pictures  int    // that it holds, to estimate the time by; 0: as many as the thesis has
	Out       string // folder of pages
	Notebooks []string
	// Measured says of a network whether its speed on this machine is known.
	Measured func(network string) (bool, error)
	// Again makes pages anew from which nothing has changed, too; else those are kept.
	Again bool
	// Foot gives what stands below a chapter's page; it is asked when the chapter has run. nil: nothing.
	Foot func(ctx context.Context, chapter string) ([]Fact, error)
}

// Build runs the job's notebooks on its data folder and writes for each
// Out/NAME.html and Out/NAME.ipynb, the executed copy; the notebooks themselves
// are never written. Out/index.html lists all chapters that Out holds. It is there from the start, says
// what runs and what waits, and renews itself in a browser until Build returns; from then on it is a page
// like any other.
//
// A page is kept, and its chapter not run, while nothing has changed that it was made from: its notebook,
// the program, settings and machine, the files of data and weights, the records, and the pages beside it.
//
// A cell that fails ends its chapter alone: the page holds what came before it, page and
// index say which cell it was and why, and the others go on. The error then names each
// notebook with cell and message. An interrupt ends all; chapters that have not begun stay
// as they were.
//
// Two notebooks run at a time, the longest first. One whose metadata say {"thesis": {"first": true}} is
// run before those that do not; of two such, the shorter has the processor when it wants it. One whose
// metadata say {"thesis": {"measures_speed_of": [NETWORK, …]}} runs by itself, as soon as these are through,
// where Job.Measured says of one of the networks that its speed is not known yet. One whose metadata say
// {"thesis": {"after": [CHAPTER, …]}} reads what those leave, and waits for them.
func Build(ctx context.Context, job Job) (err error) {
	r, err := newRun(job)
	if err != nil {
		return err
	}
	defer func() {
		r.finish(ctx.Err() != nil)
		err = errors.Join(err, r.writeIndex(time.Now()))
	}()
	if err := r.writeIndex(time.Now()); err != nil {
		return err
	}
	total := 0
	for _, p := range r.plans {
		total += len(p.cells)
	}
	bar := progress.New("report", "cells", total)
	bar.Estimate(r.left)
	defer bar.Done()
	type end struct {
		*plan
		err error
	}
	ends := make(chan end)
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	var broken error // what no chapter is to blame for
	keeping := 0
	for {
		for ctx.Err() == nil && broken == nil {
			p, err := r.begin()
			if p == nil || err != nil {
				broken = err
				break
			}
			if p.state == kept {
				if keeping++; keeping == 1 {
					bar.Say("pages are kept where nothing has changed that they were made from; -again (with make: AGAIN=1) makes them anew")
				}
				bar.Say(p.name + " kept")
				bar.AddNote(len(p.cells), r.note())
				continue
			}
			go func() { ends <- end{p, r.chapter(ctx, p, bar)} }()
		}
		if !r.busy() {
			break
		}
		select {
		case e := <-ends:
			r.end(e.plan, e.err, ctx.Err() != nil)
			broken = errors.Join(broken, r.seconds.save(), r.keepOrigins())
		case <-tick.C:
			bar.AddNote(0, r.note())
		}
		if err := r.writeIndex(time.Now()); err != nil && broken == nil {
			broken = err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	all := []error{broken}
	for _, name := range slices.Sorted(maps.Keys(r.failures)) {
		all = append(all, fmt.Errorf("%s.ipynb: %w", name, r.failures[name]))
	}
	return errors.Join(all...)
}

// run is a report while it is made. mu guards what both Build and the goroutines of chapters touch.
type run struct {
	job   Job
	root  string
	about info
	began time.Time

	source  string            // digest, see program
	origins map[string]origin // of the pages of before, by chapter

	mu       sync.Mutex
	plans    []*plan // in the order in which they take their turns
	seconds  *times
	failures map[string]error // by chapter
	pages    map[string]info  // by chapter: those that the folder holds
	ended    string           // how it ended; "" while it runs
}

func newRun(job Job) (*run, error) {
	r := &run{job: job, began: time.Now(), failures: map[string]error{}}
	var err error
	if r.root, err = setup.Root(); err != nil {
		return nil, err
	}
	if r.job.Data, err = filepath.Abs(job.Data); err != nil {
		return nil, err
	}
	if _, err := os.Stat(r.job.Data); err != nil {
		return nil, fmt.Errorf("data folder: %w; make the stand-in set with `go run ./lib/cmd/thesis data standin`, or name a folder with DATA=", err)
	}
	if r.job.Out, err = filepath.Abs(job.Out); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.job.Out, 0o755); err != nil {
		return nil, err
	}
	if len(job.Notebooks) == 0 {
		return nil, errors.New("no notebooks/NN-*.ipynb to run")
	}
	_, err = os.Stat(filepath.Join(r.job.Data, dataset.StandInFile))
	r.about = info{Data: r.job.Data, StandIn: err == nil, Index: "index.html"}
	if r.seconds, err = loadTimes(r.job.Data, cmp.Or(job.Pictures, usualPictures)); err != nil {
		return nil, err
	}
	for _, notebook := range job.Notebooks {
		o, err := outlineOf(notebook, job.Measured)
		if err != nil {
			return nil, err
		}
		p := &plan{outline: o, name: chapterName(notebook), notebook: notebook, state: waiting}
		p.expects(r.seconds)
		r.plans = append(r.plans, p)
	}
	order(r.plans)
	if r.pages, err = pagesOf(r.job.Out); err != nil {
		return nil, err
	}
	if r.origins, err = loadOrigins(r.job.Out); err != nil {
		return nil, err
	}
	r.source, err = r.program()
	return r, err
}

// begin is the chapter that runs from now on, or whose page is kept; nil where none can.
func (r *run) begin() (*plan, error) {
	p := next(r.plans, func(p *plan) state { return p.state })
	if p == nil {
		return nil, nil
	}
	keep, err := r.keeps(p)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if keep {
		p.state = kept
	} else {
		p.polite = p.first && slices.ContainsFunc(r.plans, func(q *plan) bool { return q.first && q.state == running })
		p.state, p.began = running, time.Now()
		delete(r.pages, p.name)
	}
	return p, nil
}

// end notes how a chapter ended.
func (r *run) end(p *plan, err error, stopped bool) {
	about, pageErr := pageOf(r.job.Out, p.name)
	r.mu.Lock()
	defer r.mu.Unlock()
	p.took = time.Since(p.began)
	switch {
	case err == nil:
		p.state = done
	case stopped:
		p.state = interrupted
	default:
		p.state, r.failures[p.name] = failed, err
	}
	if pageErr == nil && about != nil {
		r.pages[p.name] = *about
	} else if pageErr != nil && p.state == done {
		p.state, r.failures[p.name] = failed, pageErr
	}
}

// neighbours are the chapters before and after one of that name, among those that the folder holds or that
// this run makes; nil where there is none.
func (r *run) neighbours(name string) (previous, next *neighbour) {
	r.mu.Lock()
	defer r.mu.Unlock()
	titles := map[string]string{}
	for other, about := range r.pages {
		titles[other] = about.Title
	}
	for _, p := range r.plans {
		titles[p.name] = p.title
	}
	for _, other := range slices.Sorted(maps.Keys(titles)) {
		n := &neighbour{Link: other + ".html", Title: cmp.Or(titles[other], other)}
		if other < name {
			previous = n
		} else if other > name && next == nil {
			next = n
		}
	}
	return previous, next
}

func (r *run) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.plans, func(p *plan) bool { return p.state == running })
}

func (r *run) left() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return left(r.plans, time.Now())
}

// note says what runs, for the bar.
func (r *run) note() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var notes []string
	for _, p := range r.plans {
		if p.state == running {
			note := fmt.Sprintf("%s cell %d of %d", p.name, p.cell+1, len(p.cells))
			if p.says != "" {
				note += " (" + p.says + ")"
			}
			notes = append(notes, note)
		}
	}
	return strings.Join(notes, "; ")
}

// chapter runs one notebook and writes its page.
func (r *run) chapter(ctx context.Context, p *plan, bar *progress.Bar) error {
	name, out, began := p.name, r.job.Out, time.Now()
	about := r.about
	about.Made = began.Format("Made on 2 January 2006, 15:04 UTC-07:00,")
	about.Previous, about.Next = r.neighbours(name)
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
	notebook, err := filepath.Abs(p.notebook)
	if err != nil {
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

	python := filepath.Join(r.root, ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return fmt.Errorf("%w: run `make setup`", err)
	}
	command := []string{python, filepath.Join(r.root, "lib", "report", "chapter.py")}
	if p.polite {
		command = append([]string{"nice", "-n", "10"}, command...)
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	toRun, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
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
		return err
	}
	if _, err := fmt.Fprintf(toRun, "%s\n", job); err != nil && !errors.Is(err, syscall.EPIPE) {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	failure := r.follow(ctx, p, events, toRun, bar)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failure == nil && err == nil:
		bar.Say(fmt.Sprintf("%s in %s", name, progress.Words(time.Since(began))))
		return nil
	}
	bar.Say(fmt.Sprintf("%s failed after %s", name, progress.Words(time.Since(began))))
	if failure != nil {
		return failure
	}
	kernel, _ := io.ReadAll(log)
	return fmt.Errorf("%w\n%s\n%s", err, bytes.TrimSpace(complaints.Bytes()), bytes.TrimSpace(kernel))
}

// follow shows the progress of a run until its events end, answers it, and returns the
// failure that they report.
func (r *run) follow(ctx context.Context, p *plan, events io.Reader, answers io.WriteCloser, bar *progress.Bar) (failure error) {
	defer answers.Close()
	for lines := json.NewDecoder(events); ; {
		var e struct {
			Event, Text string
			Number      int
			Whole       bool
		}
		if err := lines.Decode(&e); err != nil {
			if err != io.EOF && failure == nil {
				failure = fmt.Errorf("reading the run's progress: %w", err)
			}
			return failure
		}
		counted := 0
		r.mu.Lock()
		switch now := time.Now(); e.Event {
		case "cell":
			p.begins(e.Number-1, now, r.seconds)
			counted = min(1, e.Number-1)
		case "stderr":
			p.hears(e.Text, now)
		case "executed":
			if e.Whole {
				p.ended(now, r.seconds)
				counted = 1
			}
			p.cellBegan, p.says = time.Time{}, "writing the page"
		case "failed":
			failure = errors.New(e.Text)
		}
		r.mu.Unlock()
		if e.Event == "executed" {
			if err := r.foot(ctx, p, answers); err != nil && ctx.Err() == nil {
				return errors.Join(failure, err)
			}
		}
		bar.AddNote(counted, r.note())
	}
}

// foot sends what stands below the page.
func (r *run) foot(ctx context.Context, p *plan, to io.WriteCloser) error {
	facts := []Fact{}
	if r.job.Foot != nil {
		var err error
		if facts, err = r.job.Foot(ctx, p.name); err != nil {
			return fmt.Errorf("the foot of the page: %w", err)
		}
	}
	line, err := json.Marshal(facts)
	if err == nil {
		_, err = fmt.Fprintf(to, "%s\n", line)
	}
	if err != nil {
		return fmt.Errorf("the foot of the page: %w", err)
	}
	return nil
}
