package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/ledger"
	"thesis.example/lib/trial"
)

const claimsDoes = `Prints every number that the thesis publishes beside ours. Chapter 4 is computed from the data;
chapters 5 and 6 come from the trials in data/records, which

  go run ./lib/cmd/thesis trial -all

makes, and are
"not measured" where an arm has not been trained on all folds of these data.`

func runClaims(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("claims", flag.ContinueOnError)
	open := dataFlags(fs)
	profile := fs.String("profile", "quick", "of the trials that chapters 5 and 6 are taken from: quick or thesis")
	seed := fs.Uint64("seed", 1, "of those trials")
	asJSON := fs.Bool("json", false, "print a JSON list of {id, chapter, where, quantity, published, ours, tolerance, verdict, data, why}")
	if err := parse(fs, claimsDoes, "", args); err != nil {
		return err
	}
	set, err := open(ctx)
	if err != nil {
		return err
	}
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return err
	}
	entries, err := ledger.Chapter4(table, ledger.DataName(set))
	if err != nil {
		return err
	}
	records, err := trial.Existing(set, table, trial.Plan(*profile, *seed, false))
	if errors.Is(err, dataset.ErrFewPictures) { // chapter 4 needs no folds
		fmt.Fprintln(os.Stderr, "chapters 5 and 6 are not measured:", err)
		err = nil
	}
	if err != nil {
		return err
	}
	summaries, err := trial.Summarise(records)
	if err != nil {
		return err
	}
	for _, chapter := range []func([]trial.Summary, string) ([]ledger.Entry, error){ledger.Chapter5, ledger.Chapter6} {
		more, err := chapter(summaries, ledger.DataName(set))
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	if *asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", " ")
		return out.Encode(entries)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "where\tquantity\tpublished\tours\ttolerance\tverdict")
	for _, e := range entries {
		ours := "–"
		if e.Verdict != ledger.NotMeasured {
			ours = fmt.Sprintf("%.8g", e.Ours)
		}
		fmt.Fprintf(w, "%s\t%s\t%.8g\t%s\t%.4g\t%s\n", e.Where, e.Quantity, e.Published, ours, e.Tolerance, e.Verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for chapter := 4; chapter <= 6; chapter++ {
		of := slices.DeleteFunc(slices.Clone(entries), func(e ledger.Entry) bool { return e.Chapter != chapter })
		within, outside, notMeasured := ledger.Count(of)
		fmt.Printf("chapter %d: %d numbers on %s: %d within tolerance, %d outside, %d not measured\n", chapter, len(of), ledger.DataName(set), within, outside, notMeasured)
		if why := ledger.WhyNot(of, ""); why != "" {
			fmt.Println(why)
		}
	}
	for _, note := range []string{set.Named(), set.Corrected()} {
		if note != "" {
			fmt.Println("Note:", note)
		}
	}
	for _, n := range trial.Notes(summaries) {
		fmt.Println("Note:", n)
	}
	return nil
}
