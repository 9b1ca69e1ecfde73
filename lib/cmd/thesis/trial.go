package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

var trialDoes = `Trains one arm of an experiment on one fold, or all folds and arms that have no record yet,
into data/records. A trial that was interrupted or killed goes on after its last whole epoch;
the record is the same as without. Records of other machines count when their files are copied there.

  go run ./lib/cmd/thesis trial -exp 2 -arm cnn-hybrid -fold 3     one trial
  go run ./lib/cmd/thesis trial -exp 2 -arm vit-film               its five folds
  go run ./lib/cmd/thesis trial -all                               the six arms of the thesis
  go run ./lib/cmd/thesis trial -all -further                      and all others
  go run ./lib/cmd/thesis trial -all -causal                       the six and the causal arms, listed below
  go run ./lib/cmd/thesis trial -exp 2 -arm cnn-hybrid -share 50   learning curve: with half of the training pictures
  go run ./lib/cmd/thesis trial -all -shard 0/6                    the first of six equal parts

A Slurm array of six jobs, each with its part; -shard slurm reads SLURM_ARRAY_TASK_ID and its like:

  #SBATCH --array=0-5
  #SBATCH --cpus-per-task=8
  #SBATCH --requeue
  go run ./lib/cmd/thesis trial -all -profile thesis -shard slurm

A Kubernetes job of six, on a volume that holds the project. -shard kubernetes reads JOB_COMPLETION_INDEX,
and from JOB_COMPLETIONS how many there are, which Kubernetes does not say by itself:

  spec: {completions: 6, parallelism: 6, completionMode: Indexed, template: {spec: {
    restartPolicy: OnFailure,
    containers: [{name: trial, image: IMAGE, workingDir: /work,
      env: [{name: JOB_COMPLETIONS, value: "6"}],
      command: [sh, -c, "go run ./lib/cmd/thesis trial -all -profile thesis -shard kubernetes"]}]}}}

A trial needs all pictures measured: thesis features takes -shard too, and comes first where there are many.
Machines may share one folder of the project. Where they do not, copy the files of data/records of each into
one. A part that is missing is done by its command again, or by a new array of any length: what has a
record is not trained twice.

Causal arms, of experiment 2. Each changes one thing in an arm above, to isolate one explanation of
"metadata hurt the CNN":
` + causalHelp()

// causalHelp is fusion.CausalArms as text.
func causalHelp() string {
	var b strings.Builder
	for _, c := range fusion.CausalArms() {
		fmt.Fprintf(&b, "\n  %s\n", strings.Join(c.Arms, ", "))
		fmt.Fprintf(&b, "    changes:  %s\n    isolates: %s\n    predicts: %s\n", c.Changes, c.Isolates, c.Predicts)
	}
	return b.String()
}

// choiceFlags are the flags of trial.Choice; without them it is the environment's (trial.Current).
func choiceFlags(fs *flag.FlagSet) func() (trial.Choice, error) {
	var given trial.Choice
	fs.StringVar(&given.Profile, "profile", "", "thesis: the sizes, epochs, batches and networks of the thesis (go doc -u ./lib/trial profiles lists what differs from its programs); quick: a miniature of that, with packaged weights (default $PROFILE, else quick)")
	fs.Uint64Var(&given.Seed, "seed", 0, "of folds, initial weights and all that training draws (default $SEED, else 1)")
	fs.StringVar(&given.CNN, "cnn", "", "weights of the CNN in the place of the profile's; a wrong name lists them (default $CNN)")
	fs.StringVar(&given.ViT, "vit", "", "weights of the ViT, likewise (default $VIT)")
	return func() (trial.Choice, error) {
		c, err := trial.Current()
		fs.Visit(func(f *flag.Flag) {
			switch f.Name {
			case "profile":
				c.Profile = given.Profile
			case "seed":
				c.Seed = given.Seed
			case "cnn":
				c.CNN = given.CNN
			case "vit":
				c.ViT = given.ViT
			}
		})
		if err != nil {
			return c, err
		}
		return c, c.Check()
	}
}

func runTrial(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("trial", flag.ContinueOnError)
	open := dataFlags(fs)
	experiment := fs.Int("exp", 2, "experiment: 1 (frozen backbone) or 2 (all weights trained)")
	arm := fs.String("arm", "", "arm, such as cnn-hybrid; a wrong one lists them")
	fold := fs.Int("fold", 0, fmt.Sprintf("fold, 1 to %d (default all)", trial.Folds))
	chosen := choiceFlags(fs)
	all := fs.Bool("all", false, "both experiments, every arm of the thesis, every fold")
	further := fs.Bool("further", false, "with -all: the other arms too")
	causal := fs.Bool("causal", false, "with -all: the causal arms too, which isolate why metadata would hurt the CNN")
	share := fs.Int("share", 100, "with -arm: per cent of the training pictures, the same number of each genre; smaller shares are part of larger ones")
	repeat := fs.Int("repeat", 0, "with -arm: a further training on the same folds, 1 to 4 in chapter 7, with other first weights, orders and dropout")
	readShard := shardFlag(fs, "trials")
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
	if *all && (given["exp"] || given["fold"] || given["share"] || given["repeat"]) || (*further || *causal) && !*all {
		return wrong("-exp, -fold, -share and -repeat go with -arm, -further and -causal with -all")
	}
	if *share < 1 || *share > 100 {
		return wrong("-share %d: want 1 to 100", *share)
	}
	if *repeat < 0 {
		return wrong("-repeat %d: want a number from 1", *repeat)
	}
	choice, err := chosen()
	if err != nil {
		return err
	}
	trials := trial.Plan(choice, *further)
	if *causal {
		trials = append(trials, trial.Causal(choice)...)
	}
	if !*all {
		if _, err := fusion.ParseArm(*experiment, *arm); err != nil {
			return err
		}
		trials = trial.All(*experiment, *arm, choice)
		if given["fold"] {
			if *fold < 1 || *fold > trial.Folds {
				return wrong("-fold %d: want 1 to %d", *fold, trial.Folds)
			}
			trials = trials[*fold-1 : *fold]
		}
		for i := range trials {
			trials[i].Share, trials[i].Repeat = *share%100, *repeat // a share of 0 is all
		}
	}
	part, sharded, err := readShard()
	if err != nil {
		return wrong("%v", err)
	}
	plan := trials
	if trials = trial.Shard(plan, part.i, part.n); len(trials) == 0 {
		fmt.Fprintln(os.Stderr, "nothing to do: there are more parts than trials")
		return nil
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
	if err := writeResults(os.Stdout, records); err != nil || !sharded {
		return err
	}
	missing, err := missingTrials(set, table, plan, part.n)
	if err != nil {
		return err
	}
	dir, err := setup.Place("records")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stderr, part.summary("trials",
		"If other machines have them, copy the .jsonl files of their folder of records into "+dir+"; else run those parts.",
		setup.Command+" results", missing))
	return err
}

// missingTrials counts the trials of each part that have no record here.
func missingTrials(set *dataset.Set, table *features.Table, plan []trial.Trial, parts int) ([]int, error) {
	records, err := trial.Existing(set, table, plan)
	if err != nil {
		return nil, err
	}
	have := map[trial.Trial]bool{}
	for _, r := range records {
		have[r.Trial] = true
	}
	missing := make([]int, parts)
	for at, t := range plan {
		if !have[t] {
			missing[at%parts]++
		}
	}
	return missing, nil
}
