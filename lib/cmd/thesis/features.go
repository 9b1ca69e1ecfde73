package main

import (
	"context"
	"flag"
	"os"

	"thesis.example/lib/features"
)

func runFeatures(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("features", flag.ContinueOnError)
	open := dataFlags(fs)
	out := fs.String("o", "-", "CSV file to write; - is standard output")
	if err := parse(fs, "Measures the metadata vector of every picture: colour, faces, text, and the engagement numbers.", "", args); err != nil {
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
	if *out == "-" {
		return table.WriteCSV(os.Stdout)
	}
	return table.Save(*out)
}
