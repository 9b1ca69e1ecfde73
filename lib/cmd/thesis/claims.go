package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"

	"thesis.example/lib/features"
	"thesis.example/lib/ledger"
)

func runClaims(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("claims", flag.ContinueOnError)
	open := dataFlags(fs)
	asJSON := fs.Bool("json", false, "print a JSON list of {id, chapter, where, quantity, published, ours, tolerance, verdict, data}")
	if err := parse(fs, "Prints every number that the thesis publishes beside ours.", "", args); err != nil {
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
	if *asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", " ")
		return out.Encode(entries)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "where\tquantity\tpublished\tours\ttolerance\tverdict")
	for _, e := range entries {
		fmt.Fprintf(w, "%s\t%s\t%.8g\t%.8g\t%.4g\t%s\n", e.Where, e.Quantity, e.Published, e.Ours, e.Tolerance, e.Verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	within, outside, notMeasured := ledger.Count(entries)
	fmt.Printf("%d numbers on %s: %d within tolerance, %d outside, %d not measured\n", len(entries), ledger.DataName(set), within, outside, notMeasured)
	return nil
}
