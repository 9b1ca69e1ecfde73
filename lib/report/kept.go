package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"

	"thesis.example/lib/bench"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

// Which pages need not be made again: a page is kept while nothing has changed that it was made from.

// origin is what a page was made from, kept for each chapter in the folder of pages.
type origin struct {
	Inputs string   `json:"inputs"` // digest of program, settings, machine, data, notebook and links, as the chapter began
	Shared string   `json:"shared"` // of records and weights, to which chapters add, as the last one ended
	Files  []string `json:"files"`  // the downloads that it left besides its page, relative to the folder
}

const originsFile = ".made-from.json"

// loadOrigins reads what the pages of a folder were made from. A file that cannot be understood is as good
// as none: all pages are made anew.
func loadOrigins(out string) (map[string]origin, error) {
	data, err := os.ReadFile(filepath.Join(out, originsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("what pages were made from: %w", err)
	}
	var origins map[string]origin
	if json.Unmarshal(data, &origins) != nil || origins == nil {
		origins = map[string]origin{}
	}
	return origins, nil
}

// program digests the source of everything that makes pages, what the thesis publishes, the settings and the
// machine: what does not change while a report is made.
func (r *run) program() (string, error) {
	h := sha256.New()
	choice, err := trial.Current()
	if err != nil {
		return "", err
	}
	machine, err := bench.ThisMachine()
	if err != nil {
		return "", err
	}
	fmt.Fprintln(h, choice, r.job.Data, machine)
	for _, name := range []string{"ARMS", "LENIENT", "FIGURES", "GOMLX_BACKEND", "XLA_FLAGS", setup.HomeVariable} {
		fmt.Fprintf(h, "%s=%q\n", name, os.Getenv(name))
	}
	for _, name := range []string{"go.mod", "go.sum", "requirements.txt", "lib", "data/reference", "data/weights.json"} {
		err := filepath.WalkDir(filepath.Join(r.root, name), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case entry.IsDir() || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			text, err := os.ReadFile(path)
			fmt.Fprintf(h, "%s %x\n", path, sha256.Sum256(text))
			return err
		})
		if err != nil {
			return "", fmt.Errorf("the program's source: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// inputs digests what the chapter's page is made from at this moment, but for records and weights. Files of
// data count by name, size and date.
func (r *run) inputs(p *plan) (string, error) {
	h := sha256.New()
	notebook, err := os.ReadFile(p.notebook)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%s %x\n", r.source, sha256.Sum256(notebook))
	previous, next := r.neighbours(p.name)
	for _, n := range []*neighbour{previous, next} {
		if n != nil {
			fmt.Fprintf(h, "%q %q\n", n.Link, n.Title)
		}
	}
	if err := listing(h, r.job.Data, 3); err != nil {
		return "", fmt.Errorf("what pages are made from: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// shared digests records and weights by name, size and date.
func shared() (string, error) {
	h := sha256.New()
	for _, kind := range []string{"records", "weights"} {
		dir, err := setup.Place(kind)
		if err != nil {
			return "", err
		}
		if err := listing(h, dir, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("what pages are made from: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// listing writes names, sizes and dates of a folder's files, through links, to some depth. What trials keep
// while they train is left out.
func listing(h hash.Hash, dir string, depth int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // gone since, or a link to nothing
			continue
		case err != nil:
			return err
		case info.IsDir() && depth > 0:
			if err := listing(h, path, depth-1); err != nil {
				return err
			}
		case info.Mode().IsRegular() && !slices.Contains([]string{".lock", ".checkpoint"}, filepath.Ext(path)):
			fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return nil
}

// files are those that the chapter left besides its page: the downloads of its tables and figures.
func (r *run) files(p *plan) ([]string, error) {
	number, err := strconv.Atoi(p.name[:2])
	if err != nil {
		return nil, err
	}
	var files []string
	for _, kind := range []string{"table", "figure"} {
		for _, name := range []string{fmt.Sprintf("%s-%d.*", kind, number), p.name + "-" + kind + "-*"} { // as in downloads.py
			found, err := fs.Glob(os.DirFS(r.job.Out), kind+"s/"+name)
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		}
	}
	return files, nil
}

// keeps says whether the chapter's page is whole and nothing has changed that it was made from.
func (r *run) keeps(p *plan) (bool, error) {
	var err error
	if p.inputs, err = r.inputs(p); err != nil {
		return false, err
	}
	before, known := r.origins[p.name]
	page, hasPage := r.pages[p.name]
	if r.job.Again || !known || !hasPage || page.Failed != nil || before.Inputs != p.inputs {
		return false, nil
	}
	for _, name := range before.Files {
		if _, err := os.Stat(filepath.Join(r.job.Out, name)); err != nil {
			return false, nil
		}
	}
	now, err := shared()
	return now == before.Shared, err
}

// keepOrigins notes what the pages that this run has made or kept were made from. Records and weights that
// came since a chapter began count as read: those of other chapters concern only the ones that run after them,
// and those of another process at work meanwhile are taken for this run's.
func (r *run) keepOrigins() error {
	now, err := shared()
	if err != nil {
		return err
	}
	for _, p := range r.plans {
		if p.state != done && p.state != kept {
			continue
		}
		files, err := r.files(p)
		if err != nil {
			return err
		}
		r.origins[p.name] = origin{Inputs: p.inputs, Shared: now, Files: files}
	}
	maps.DeleteFunc(r.origins, func(name string, _ origin) bool { _, has := r.pages[name]; return !has })
	data, err := json.MarshalIndent(r.origins, "", " ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(r.job.Out, originsFile), data, 0o644)
}
