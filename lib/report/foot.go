package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"thesis.example/lib/bench"
	"thesis.example/lib/dataset"
	"thesis.example/lib/setup"
	"thesis.example/lib/weights"
)

// Fact is a line below a page that says how it was made.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Code  bool   `json:"code,omitempty"` // Value is to be typed
}

// Foot gives the facts of a report on set, for Job: data, settings, weights, machine, versions, and the
// command that makes it again. out is the folder of pages, settings are those that make takes, as
// "PROFILE=quick SEED=1".
func Foot(set *dataset.Set, out, settings string) func(ctx context.Context, chapter string) ([]Fact, error) {
	var mu sync.Mutex
	hashes := hashes{}
	fingerprint := set.Fingerprint()[:16]
	return func(ctx context.Context, chapter string) ([]Fact, error) {
		mu.Lock()
		defer mu.Unlock()
		page, err := os.ReadFile(filepath.Join(out, chapter+".ipynb"))
		if err != nil {
			return nil, fmt.Errorf("which weights the page names: %w", err)
		}
		used, err := hashes.named(ctx, string(page))
		if err != nil {
			return nil, err
		}
		m, err := bench.ThisMachine()
		if err != nil {
			return nil, err
		}
		versions := []string{m.Go}
		for _, module := range []struct{ name, path string }{
			{"GoMLX", "github.com/gomlx/gomlx"}, {"go-xla", "github.com/gomlx/go-xla"},
			{"Gonum", "gonum.org/v1/gonum"}, {"go-echarts", "github.com/go-echarts/go-echarts/v2"},
		} {
			v, err := setup.Required(module.path)
			if err != nil {
				return nil, err
			}
			versions = append(versions, module.name+" "+v)
		}
		commit, err := commit(ctx)
		if err != nil {
			return nil, err
		}
		command, err := command(set.Dir, settings)
		if err != nil {
			return nil, err
		}
		chosen := settings
		if arms := os.Getenv("ARMS"); arms != "" {
			chosen += " ARMS=" + arms
		}
		kind := "own pictures"
		if set.StandIn {
			kind = "stand-in pictures"
		}
		return []Fact{
			{Name: "Data", Value: fmt.Sprintf("%d %s, fingerprint %s", len(set.Samples), kind, fingerprint)},
			{Name: "Settings", Value: chosen},
			{Name: "Weights", Value: used},
			{Name: "Processor", Value: fmt.Sprintf("%s (%s, %s), %d threads", m.Processor, m.Platform, m.Device, bench.Threads())},
			{Name: "Versions", Value: strings.Join(append(versions, "XLA plug-in "+m.Plugin), ", ")},
			{Name: "Project", Value: commit},
			{Name: "Made again by", Value: command, Code: true},
		}, nil
	}
}

// hashes are the SHA-256 of files of weights, by path, size and date: a file of 100 MB takes its time.
type hashes map[string]string

// named lists the weights on this machine whose name or network a page has in its text or code, each with the
// first digits of its hash; and where it measures metadata, what reads them from the pictures.
func (h hashes) named(ctx context.Context, page string) (string, error) {
	entries, err := weights.Catalogue()
	if err != nil {
		return "", err
	}
	var used []string
	for _, e := range entries {
		is := strings.Contains(page, e.Name) || e.Architecture != "" && strings.Contains(page, e.Architecture)
		if e.Architecture == "" { // detectors and readers of text
			is = strings.Contains(page, "lib/features") || strings.Contains(page, "lib/trial")
		}
		if !is {
			continue
		}
		info, err := os.Stat(e.Path())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return "", fmt.Errorf("weights %s: %w", e.Name, err)
		}
		key := fmt.Sprint(e.Path(), info.Size(), info.ModTime().Format(time.RFC3339Nano))
		if h[key] == "" {
			f, err := weights.Open(ctx, e.Name)
			if err != nil {
				return "", err
			}
			h[key] = f.Hash
			if err := f.Close(); err != nil {
				return "", fmt.Errorf("weights %s: %w", e.Name, err)
			}
		}
		used = append(used, fmt.Sprintf("%s (SHA-256 %.12s…)", e.Name, h[key]))
	}
	if used == nil {
		return "none", nil
	}
	return strings.Join(used, ", "), nil
}

// commit names the project's state in git.
func commit(ctx context.Context) (string, error) {
	root, err := setup.Root()
	if err != nil {
		return "", err
	}
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	top, err := git("rev-parse", "--show-toplevel")
	if real, e := filepath.EvalSymlinks(root); err != nil || e != nil || top != real {
		return "not under git", ctx.Err() // unpacked from an archive, or no git here
	}
	head, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "under git, without a commit", ctx.Err()
	}
	// What decides a page; data folders and the figures that chapters write are not it.
	changes, err := git("status", "--porcelain", "--", "lib", "notebooks", "go.mod", "go.sum", "data/reference", "data/weights.json")
	if err != nil {
		return "", fmt.Errorf("asking git for changes: %w", err)
	}
	if changes != "" {
		return "commit " + head + " and changes", nil
	}
	return "commit " + head, nil
}

// command is what makes the report again, from the project's folder.
func command(dir, settings string) (string, error) {
	words := []string{"make report", settings}
	standin, err := setup.Place("standin")
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if dir != standin {
		words = append(words, "DATA="+quote(dir))
	}
	if strings.Contains(os.Getenv("GOMLX_BACKEND"), "cuda") {
		words = append(words, "BACKEND=cuda")
	}
	for _, name := range []string{"ARMS", "LENIENT", setup.HomeVariable} {
		if value := os.Getenv(name); value != "" {
			words = append(words, name+"="+quote(value))
		}
	}
	return strings.Join(words, " "), nil
}

var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quote makes one word of the shell's.
func quote(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
