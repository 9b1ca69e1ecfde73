// Command thesis runs the thesis' pipeline from a shell: the same verbs that the
// notebooks call cell by cell.
//
// Every verb finds the plug-in, fonts and tools that `make setup` installed by
// itself and takes the data folder from -data, else from $DATA, else data/standin.
// What it makes goes into the folders of setup.Place, which -home DIR before the
// verb, or $THESIS_HOME, moves elsewhere.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"thesis.example/lib/setup"
)

// verb is one subcommand. run receives the arguments after the verb's name.
type verb struct {
	name, does, example string
	run                 func(ctx context.Context, args []string) error
}

// verbs in the order in which data flows.
var verbs = []verb{
	{"data", "make the stand-in data set, or check a folder of your own", setup.Command + " data check -data ~/screenshots", runData},
	{"features", "measure colour, faces and text of every picture into a table", setup.Command + " features -data ~/screenshots -o features.csv", runFeatures},
	{"weights", "list, fetch and verify pretrained backbones", setup.Command + " weights fetch lite0", runWeights},
	{"predict", "print what a pretrained backbone sees in pictures", setup.Command + " predict -weights lite0 ~/photos", runPredict},
	{"trial", "train an arm of an experiment on a fold, or all that is missing", setup.Command + " trial -exp 2 -arm cnn-hybrid -fold 3", runTrial},
	{"results", "print the experiments' tables from the records", setup.Command + " results -exp 2", runResults},
	{"claims", "print every number that the thesis publishes beside ours", setup.Command + " claims -json", runClaims},
	{"report", "run the chapters' notebooks and write them as HTML pages", setup.Command + " report -o report 04", runReport},
}

// errUsage marks an error after which the usage has been printed already.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends what does not heed the first
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	args, err := home(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "thesis: %v\n", err)
		return 2
	}
	if len(args) == 0 {
		usage(os.Stderr)
		return 2
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		usage(os.Stdout)
		return 0
	}
	for _, v := range verbs {
		if v.name != args[0] {
			continue
		}
		err := v.run(ctx, args[1:])
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return 2
		}
		fmt.Fprintf(os.Stderr, "thesis %s: %v\n", v.name, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "thesis: no verb %q; the verbs are:\n\n", args[0])
	usage(os.Stderr)
	return 2
}

// home takes -home DIR off the front of the arguments, and makes $THESIS_HOME, which it sets, absolute:
// notebooks run in another folder.
func home(args []string) ([]string, error) {
	dir := os.Getenv(setup.HomeVariable)
	if len(args) > 0 && (args[0] == "-home" || args[0] == "--home") {
		if len(args) < 3 || args[1] == "" || strings.HasPrefix(args[1], "-") {
			return nil, errors.New("-home wants a folder and a verb behind it: " + setup.Command + " -home DIR VERB")
		}
		dir, args = args[1], args[2:]
	}
	if dir == "" {
		return args, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return args, os.Setenv(setup.HomeVariable, dir)
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "thesis re-runs the thesis' pipeline. Usage: "+setup.Command+" VERB [flags]")
	fmt.Fprintln(w)
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-9s %s\n            e.g. %s\n", v.name, v.does, v.example)
	}
	fmt.Fprintln(w, "\nVERB -help lists a verb's flags. -home DIR before the verb, or $THESIS_HOME, keeps the stand-in data,")
	fmt.Fprintln(w, "records, cache, weights and report below DIR instead of in the project.")
}

// parse reads the flags of a verb whose positional arguments are described by
// args ("" for none), and prints the usage where they are wrong.
func parse(fs *flag.FlagSet, does, args string, argv []string) error {
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "Usage: %s %s [flags] %s\n%s\n\n", setup.Command, fs.Name(), args, does)
		fs.PrintDefaults()
	}
	if err := fs.Parse(argv); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if args == "" && fs.NArg() > 0 {
		fmt.Fprintf(fs.Output(), "thesis %s: unexpected argument %q\n", fs.Name(), fs.Arg(0))
		fs.Usage()
		return errUsage
	}
	return nil
}
