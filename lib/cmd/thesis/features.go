package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"thesis.example/lib/features"
	"thesis.example/lib/setup"
)

const featuresDoes = `Measures the metadata vector of every picture: colour, faces, text, and the engagement numbers.
What was measured is kept in data/cache: a second run, or one after an interrupt, measures only the rest.

  go run ./lib/cmd/thesis features -o features.csv                      the table of all pictures
  go run ./lib/cmd/thesis features -shard 0/6                           the first of six equal parts, into the cache

On a cluster, each of a Slurm array's tasks its part, then the table:

  sbatch --array=0-5 --wrap "go run ./lib/cmd/thesis features -shard slurm"
  go run ./lib/cmd/thesis features -o features.csv

-shard kubernetes reads JOB_COMPLETION_INDEX and JOB_COMPLETIONS: thesis trial -help has the Job.
Machines may share one folder of the project; where they do not, the end of each part says which folder to copy.`

func runFeatures(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("features", flag.ContinueOnError)
	open := dataFlags(fs)
	out := fs.String("o", "", "CSV file to write; - is standard output, and the default where no -review is asked for")
	review := fs.String("review", "", "HTML page to write: every picture with its boxes and readings, the least certain first")
	readShard := shardFlag(fs, "pictures")
	if err := parse(fs, featuresDoes, "", args); err != nil {
		return err
	}
	part, sharded, err := readShard()
	if err == nil && sharded && *out+*review != "" {
		err = errors.New("-shard measures a part of the pictures and writes no table: leave -o and -review to a run without it, when all parts are done")
	}
	if err != nil {
		fmt.Fprintf(fs.Output(), "thesis features: %v; %s features -help shows examples\n", err, setup.Command)
		return errUsage
	}
	set, err := open(ctx)
	if err != nil {
		return err
	}
	if note := set.Corrected(); note != "" {
		fmt.Fprintln(os.Stderr, note)
	}
	if sharded {
		missing, dir, err := features.MeasurePart(ctx, set, features.Options{}, part.i, part.n)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(os.Stderr, part.summary("pictures",
			"If other machines have measured them, copy what lies in their folder "+filepath.Base(dir)+" into "+dir+"; else run those parts.",
			setup.Command+" features -data "+set.Dir+" -o FILE.csv writes the table", missing))
		return err
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
