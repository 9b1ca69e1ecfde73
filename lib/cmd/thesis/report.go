package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"thesis.example/lib/bench"
	"thesis.example/lib/dataset"
	"thesis.example/lib/report"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

func runReport(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("report", flag.ContinueOnError)
	data := fs.String("data", "", "data folder (default $DATA, else data/standin)")
	lenient := fs.Bool("lenient", os.Getenv("LENIENT") == "1", "leave out what is at fault, and list it in the chapters, instead of stopping")
	out := fs.String("o", "", "folder to write (default report)")
	again := fs.Bool("again", false, "make the pages anew from which nothing has changed, too")
	if err := parse(fs, "Runs the chapters' notebooks and writes them as HTML pages. Chapters are named by number (04) or file; none means all\nfrom which something has changed: notebook, program, settings, data, weights or records. A chapter that is named runs\nin any case.", "[chapter ...]", args); err != nil {
		return err
	}
	if err := setup.CheckRoot(); err != nil {
		return err
	}
	if *data == "" {
		var err error
		if *data, err = dataset.Dir(); err != nil {
			return err
		}
	}
	if *out == "" {
		var err error
		if *out, err = setup.Place("report"); err != nil {
			return err
		}
	}
	if *lenient {
		if err := os.Setenv("LENIENT", "1"); err != nil { // see dataset.OpenCurrent
			return err
		}
	}
	choice, err := trial.Current()
	if err != nil {
		return err
	}
	if _, err := trial.Arms(2); err != nil {
		return err
	}
	notebooks, err := report.Notebooks(fs.Args()...)
	if err != nil {
		return err
	}
	// What is wrong with the data is said once and before any work, not by each chapter.
	set, err := dataset.Open(ctx, *data, *lenient)
	if err != nil {
		return err
	}
	if _, err := set.Folds(trial.Folds, choice.Seed); errors.Is(err, dataset.ErrFewPictures) {
		fmt.Fprintln(os.Stderr, "chapters 3, 5, 6 and 7 show no experiments:", err)
	} else if err != nil {
		return err
	}
	unlock, err := lockFolder(*out)
	if err != nil {
		return err
	}
	defer unlock()
	index := filepath.Join(*out, "index.html")
	fmt.Fprintln(os.Stderr, "open it now, it renews itself:", index)
	job := report.Job{Data: *data, Pictures: len(set.Samples), Out: *out, Again: *again || fs.NArg() > 0, Notebooks: notebooks, Measured: bench.Known, Foot: report.Foot(set, *out, choice.String())}
	if err := report.Build(ctx, job); err != nil {
		return err
	}
	fmt.Println(index)
	return nil
}

// lockFolder makes the folder of pages and keeps another report from writing into it at the same time,
// each taking away what the other has just made.
func lockFolder(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the folder of pages: %w", err)
	}
	lock := flock.New(filepath.Join(dir, ".lock"))
	switch got, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("the folder of pages: %w", err)
	case !got:
		return nil, fmt.Errorf("another report is being written into %s: wait until it has ended, or name another folder with -o", dir)
	}
	return func() { lock.Close() }, nil
}
