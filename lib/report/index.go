package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"thesis.example/lib/progress"
)

//go:embed index.html.tmpl
var indexHTML string

//go:embed template/thesis/style.css
var style string

var indexTemplate = template.Must(template.New("index").Parse(indexHTML))

// pagesOf reads what the pages of a folder say of themselves, by chapter.
func pagesOf(out string) (map[string]info, error) {
	files, err := filepath.Glob(filepath.Join(out, "[0-9][0-9]-*.html"))
	if err != nil {
		return nil, err
	}
	pages := map[string]info{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		about, err := pageOf(out, name)
		if err != nil {
			return nil, err
		}
		if about != nil {
			pages[name] = *about
		}
	}
	return pages, nil
}

// pageOf is what the executed notebook of a page says; nil where there is no page.
func pageOf(out, name string) (*info, error) {
	if _, err := os.Stat(filepath.Join(out, name+".html")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	executed := filepath.Join(out, name+".ipynb")
	data, err := os.ReadFile(executed)
	if err != nil {
		return nil, fmt.Errorf("index: %w; remove the page of that name too", err)
	}
	var nb struct{ Metadata struct{ Thesis info } }
	if err := json.Unmarshal(data, &nb); err != nil {
		return nil, fmt.Errorf("index: reading %s: %w; remove it and the page of that name", executed, err)
	}
	return &nb.Metadata.Thesis, nil
}

// entry is a chapter in the index.
type entry struct {
	Link  string // "" where there is no page
	Name  string
	State state // "" for one that is not of this run
	Took  string
	Now   string // of one that runs: which cell, since when
	Says  string // what that cell does
	info
}

// finish notes how the run ended.
func (r *run) finish(stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := 0
	for _, p := range r.plans {
		if p.state == running {
			p.state = interrupted
		}
		if p.state == waiting || p.state == interrupted {
			missing++
		}
	}
	at := time.Now().Format("15:04 on 2 January 2006")
	switch n := len(r.failures); {
	case stopped || missing > 0:
		r.ended = fmt.Sprintf("Interrupted at %s: %d of %d chapters were not made. Run it again: what was trained is kept.", at, missing, len(r.plans))
	case n == 1:
		r.ended = "One chapter failed; the others are whole."
	case n > 1:
		r.ended = fmt.Sprintf("%d chapters failed; the others are whole.", n)
	default:
		r.ended = "whole"
	}
}

// writeIndex lists the chapters of the run, how far they are, and the other pages of the folder.
func (r *run) writeIndex(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries, standIn, ready := []entry{}, false, 0
	add := func(e entry) {
		if about, ok := r.pages[e.Name]; ok {
			e.info, e.Link = about, e.Name+".html"
			e.Took = progress.Words(time.Duration(about.Seconds * float64(time.Second)))
			standIn = standIn || about.StandIn
		}
		entries = append(entries, e)
	}
	for _, p := range r.plans {
		e := entry{Name: p.name, State: p.state}
		e.info = r.about
		e.Title = p.title
		switch p.state {
		case running:
			e.Now = "starting"
			if !p.cellBegan.IsZero() {
				e.Now = fmt.Sprintf("cell %d of %d", p.cell+1, len(p.cells))
			}
			e.Took, e.Says = progress.Words(now.Sub(p.began)), p.says
			standIn = standIn || e.StandIn
		case failed:
			e.Failed = &failure{Where: "its start", Why: r.failures[p.name].Error()}
			ready++
		case done, kept:
			ready++
		}
		add(e)
	}
	for name := range r.pages {
		if !slices.ContainsFunc(r.plans, func(p *plan) bool { return p.name == name }) {
			add(entry{Name: name})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.Name, b.Name) })
	values := map[string]any{"Style": template.CSS(style), "Chapters": entries, "StandIn": standIn, "Running": r.ended == ""}
	if r.ended == "" {
		values["Written"] = now.UnixMilli()
		values["Count"] = fmt.Sprintf("%d of %d chapters", ready, len(r.plans))
		values["Since"] = progress.Words(now.Sub(r.began))
		values["Left"] = about(left(r.plans, now))
	} else if r.ended != "whole" {
		values["Ended"] = r.ended
	}
	var b bytes.Buffer
	if err := indexTemplate.Execute(&b, values); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return renameio.WriteFile(filepath.Join(r.job.Out, "index.html"), b.Bytes(), 0o644)
}

// about is a duration as an estimate is given.
func about(d time.Duration) string {
	if d < 90*time.Second {
		return fmt.Sprintf("%.0f s", max(10, d.Round(10*time.Second).Seconds()))
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}
