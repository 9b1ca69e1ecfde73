package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"thesis.example/lib/features"
)

func runFeatures(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("features", flag.ContinueOnError)
	open := dataFlags(fs)
	out := fs.String("o", "", "CSV file to write; - is standard output, and the default where no -review is asked for")
	review := fs.String("review", "", "HTML page to write: every picture with its boxes and readings, the least certain first")
	if err := parse(fs, "Measures the metadata vector of every picture: colour, faces, text, and the engagement numbers.", "", args); err != nil {
		return err
	}
	set, err := open(ctx)
	if err != nil {
		return err
	}
	if note := set.Corrected(); note != "" {
		fmt.Fprintln(os.Stderr, note)
	}
	if *review != "" {
		if err := features.SaveReview(ctx, *review, set, features.Options{}); err != nil {
			return err
		}
		if *out == "" {
			return nil
		}
	}
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return err
	}
	if *out == "" || *out == "-" {
		return table.WriteCSV(os.Stdout)
	}
	return table.Save(*out)
}
