package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
	"thesis.example/lib/standin"
	"thesis.example/lib/trial"
)

const dataDoes = `  go run ./lib/cmd/thesis data standin   draw the stand-in screenshots, with made engagement numbers
  go run ./lib/cmd/thesis data check     check a folder: all faults at once, or a summary`

func runData(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "standin":
			return runDataStandin(ctx, args[1:])
		case "check":
			return runDataCheck(ctx, args[1:])
		case "-h", "-help", "--help", "help":
			fmt.Println(dataDoes)
			return nil
		}
		fmt.Fprintf(os.Stderr, "thesis data: no %q\n", args[0])
	}
	fmt.Fprintln(os.Stderr, dataDoes)
	return errUsage
}

func runDataStandin(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("data standin", flag.ContinueOnError)
	dir := fs.String("o", "", "folder to write (default data/standin)")
	n := fs.Int("n", 100, "pictures a genre; the thesis has 100, and only then the numbers land on its tables")
	seed := fs.Int64("seed", 1, "seed: the same seed gives the same bytes")
	if err := parse(fs, "Draws the stand-in data set: screenshots in three genres with engagement numbers, calibrated to the thesis' tables.", "", args); err != nil {
		return err
	}
	if *dir == "" {
		var err error
		if *dir, err = setup.Place("standin"); err != nil {
			return err
		}
	}
	bar := progress.New("drawing the stand-in set", "pictures", 3**n)
	drawn := 0
	err := standin.Write(ctx, *dir, standin.Options{PerGenre: *n, Seed: *seed, Progress: func(done, _ int) {
		bar.Add(done - drawn)
		drawn = done
	}})
	bar.Done()
	return err
}

func runDataCheck(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("data check", flag.ContinueOnError)
	open := folderFlags(fs)
	all := fs.Bool("all", false, "name every fault, where more than five are of one kind too")
	if err := parse(fs, "Reads every picture and every row of a data folder and reports all faults at once.", "", args); err != nil {
		return err
	}
	set, err := open(ctx)
	var faults *dataset.FolderError
	if errors.As(err, &faults) && *all {
		return errors.New(faults.Text(true))
	}
	if err != nil {
		return err
	}
	printDropped(set, *all)
	count := map[string]int{}
	for _, s := range set.Samples {
		count[s.Genre]++
	}
	fmt.Printf("%d pictures are fine\n", len(set.Samples))
	for _, g := range set.Genres {
		fmt.Printf("%-12s %4d pictures\n", set.Title(g), count[g])
	}
	if set.StandIn {
		fmt.Println("stand-in data: drawn pictures and made numbers, not the thesis' screenshots")
	}
	for _, line := range set.Understood {
		fmt.Println("understood:", line)
	}
	if n := len(set.Debris); n > 0 {
		some := set.Debris
		if n > debrisShown && !*all {
			some = append(slices.Clone(some[:debrisShown]), "…")
		}
		fmt.Printf("left alone: %d file(s) or folder(s) of the system's: %s\n", n, dataset.Visible(strings.Join(some, ", ")))
	}
	for _, note := range []string{set.Named(), set.Corrected()} {
		if note != "" {
			fmt.Println(note)
		}
	}
	for _, w := range set.Warnings() {
		fmt.Println("warning:", w.Show(*all))
	}
	if _, err := set.Folds(trial.Folds, 1); errors.Is(err, dataset.ErrFewPictures) {
		fmt.Println("chapters 3, 5, 6 and 7 show no experiments:", err)
	} else if err != nil {
		return err
	}
	fmt.Println("fingerprint", set.Fingerprint())
	return nil
}

// debrisShown is how many of them the check names.
const debrisShown = 5

// folderFlags adds -data and -lenient to a verb's flags. The function that it gives opens the set after parsing.
func folderFlags(fs *flag.FlagSet) func(ctx context.Context) (*dataset.Set, error) {
	dir := fs.String("data", "", "data folder (default $DATA, else data/standin)")
	lenient := fs.Bool("lenient", false, "leave out what is at fault, and list it, instead of stopping")
	return func(ctx context.Context) (*dataset.Set, error) {
		if *dir == "" {
			var err error
			if *dir, err = dataset.Dir(); err != nil {
				return nil, err
			}
		}
		return dataset.Open(ctx, *dir, *lenient)
	}
}

// dataFlags is folderFlags with a function that also says what was understood in the folder, and what a
// lenient reading left out.
func dataFlags(fs *flag.FlagSet) func(ctx context.Context) (*dataset.Set, error) {
	open := folderFlags(fs)
	return func(ctx context.Context) (*dataset.Set, error) {
		set, err := open(ctx)
		if err != nil {
			return nil, err
		}
		for _, line := range set.Understood {
			fmt.Fprintln(os.Stderr, "understood:", line)
		}
		printDropped(set, false)
		return set, nil
	}
}

// printDropped says what a lenient reading left out, all of it or only so much that it can be read.
func printDropped(set *dataset.Set, all bool) {
	lines, _ := set.Dropped.Lines(all)
	if len(lines) > 0 {
		fmt.Fprintf(os.Stderr, "left out, %d problem(s):\n  %s\n", len(set.Dropped), strings.Join(lines, "\n  "))
	}
}
