package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

const trialDoes = `Trains one arm of an experiment on one fold, or all folds and arms that have no record yet,
into data/records. A trial that was interrupted or killed goes on after its last whole epoch;
the record is the same as without. Records of other machines count when their files are copied there.

  go run ./lib/cmd/thesis trial -exp 2 -arm cnn-hybrid -fold 3     one trial
  go run ./lib/cmd/thesis trial -exp 2 -arm vit-film               its five folds
  go run ./lib/cmd/thesis trial -all                               the six arms of the thesis
  go run ./lib/cmd/thesis trial -all -further                      and all others
  go run ./lib/cmd/thesis trial -all -shard 0/6                    the first of six equal parts

A Slurm array of six jobs, each with its part:

  #SBATCH --array=0-5
  #SBATCH --cpus-per-task=8
  go run ./lib/cmd/thesis trial -all -profile thesis -shard $SLURM_ARRAY_TASK_ID/6

A Kubernetes job of six, on a volume that holds the project:

  spec: {completions: 6, parallelism: 6, completionMode: Indexed, template: {spec: {
    restartPolicy: OnFailure,
    containers: [{name: trial, image: IMAGE, workingDir: /work,
      command: [sh, -c, "go run ./lib/cmd/thesis trial -all -profile thesis -shard $JOB_COMPLETION_INDEX/6"]}]}}}
`

func runTrial(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("trial", flag.ContinueOnError)
	open := dataFlags(fs)
	experiment := fs.Int("exp", 2, "experiment: 1 (frozen backbone) or 2 (all weights trained)")
	arm := fs.String("arm", "", "arm, such as cnn-hybrid; a wrong one lists them")
	fold := fs.Int("fold", 0, fmt.Sprintf("fold, 1 to %d (default all)", trial.Folds))
	profile := fs.String("profile", "quick", "thesis: the sizes, epochs, batches and networks of the thesis (go doc -u ./lib/trial profiles lists what differs from its programs); quick: a miniature of that, with packaged weights")
	seed := fs.Uint64("seed", 1, "of folds, initial weights and all that training draws")
	all := fs.Bool("all", false, "both experiments, every arm of the thesis, every fold")
	further := fs.Bool("further", false, "with -all: the other arms too")
	shard := fs.String("shard", "", "`i/n`: part i of n of the trials, counted from 0")
	if err := parse(fs, trialDoes, "", args); err != nil {
		return err
	}
	wrong := func(format string, a ...any) error {
		fmt.Fprintf(fs.Output(), "thesis trial: "+format+"; "+setup.Command+" trial -help shows examples\n", a...)
		return errUsage
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if *all == (*arm != "") {
		return wrong("want -arm or -all")
	}
	if *all && (given["exp"] || given["fold"]) || *further && !*all {
		return wrong("-exp and -fold go with -arm, -further with -all")
	}
	trials := trial.Plan(*profile, *seed, *further)
	if !*all {
		if _, err := fusion.ParseArm(*experiment, *arm); err != nil {
			return err
		}
		trials = trial.All(*experiment, *arm, *profile, *seed)
		if given["fold"] {
			if *fold < 1 || *fold > trial.Folds {
				return wrong("-fold %d: want 1 to %d", *fold, trial.Folds)
			}
			trials = trials[*fold-1 : *fold]
		}
	}
	if given["shard"] {
		var i, n int
		if _, err := fmt.Sscanf(*shard+"\n", "%d/%d\n", &i, &n); err != nil || n < 1 || i < 0 || i >= n {
			return wrong("-shard %q: want i/n with 0 ≤ i < n", *shard)
		}
		trials = trial.Shard(trials, i, n)
		if len(trials) == 0 {
			fmt.Fprintln(os.Stderr, "nothing to do: there are more parts than trials")
			return nil
		}
	}
	set, err := open(ctx)
	if err != nil {
		return err
	}
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return err
	}
	records, err := trial.RunAll(ctx, set, table, trials)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted; the same command goes on after the last whole epoch")
		}
		return err
	}
	return writeResults(os.Stdout, records)
}
