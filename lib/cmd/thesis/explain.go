package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"

	"thesis.example/lib/dataset"
	"thesis.example/lib/explain"
	"thesis.example/lib/features"
	"thesis.example/lib/fusion"
	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

const explainDoes = `Shows why an arm answers as it does: maps of each PICTURE, with its own metadata and with the mean, and how
picture and metadata share in the answer; as an HTML page that holds everything it shows, and as JSON.

PICTURE is one of the data folder, as dance/001.png: the network that answers is the one whose fold tested
it. Or it is any other file: then the network is that of -fold, faces and texts are measured as in the data
folder, and engagement numbers that are not given are held at the mean of the training pictures.
A network that is not in the cache is trained first, as thesis trial does.

  go run ./lib/cmd/thesis explain -exp 2 -arm cnn-hybrid dance/001.png travel/007.png
  go run ./lib/cmd/thesis explain -arm vit-hybrid -out why.html -json why.json -likes 2900 ~/photo.jpg
`

func runExplain(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("explain", flag.ContinueOnError)
	open := dataFlags(flags)
	experiment := flags.Int("exp", 2, "experiment: 1 (frozen backbone) or 2 (all weights trained)")
	arm := flags.String("arm", "", "arm with a picture, such as cnn-hybrid; a wrong one lists them")
	chosen := choiceFlags(flags)
	fold := flags.Int("fold", 1, fmt.Sprintf("fold of the network for pictures that are not in the data folder, 1 to %d", trial.Folds))
	out := flags.String("out", "explain.html", "HTML page to write; - is standard output")
	asJSON := flags.String("json", "", "JSON file to write besides; - is standard output")
	given := map[string]float64{}
	for _, name := range []string{"likes", "saves", "comments"} {
		flags.Func(name, "engagement `number` of pictures that are not in the data folder (default: held at the mean)", func(s string) error {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil || !(v >= 0) || v > 1e15 {
				return errors.New("want a number, 0 or more")
			}
			given[name] = v
			return nil
		})
	}
	if err := parse(flags, explainDoes, "PICTURE…", args); err != nil {
		return err
	}
	wrong := func(format string, a ...any) error {
		fmt.Fprintf(flags.Output(), "thesis explain: "+format+"; "+setup.Command+" explain -help shows examples\n", a...)
		return errUsage
	}
	if flags.NArg() == 0 || *arm == "" {
		return wrong("want -arm and at least one picture")
	}
	if *fold < 1 || *fold > trial.Folds {
		return wrong("-fold %d: want 1 to %d", *fold, trial.Folds)
	}
	if *out == "-" && *asJSON == "-" {
		return wrong("page and JSON cannot both go to standard output")
	}
	parsed, err := fusion.ParseArm(*experiment, *arm)
	if err != nil {
		return err
	}
	if parsed.Backbone == "" || parsed.Fusion == "logistic" {
		return fmt.Errorf("there is no map of the arm %s, which has no network that sees the picture", *arm)
	}
	choice, err := chosen()
	if err != nil {
		return err
	}
	set, err := open(ctx)
	if err != nil {
		return err
	}
	asked, err := whichPictures(set, flags.Args(), *fold, choice.Seed)
	if err != nil {
		return err
	}
	if strays := slices.IndexFunc(asked, func(p askedPicture) bool { return p.sample < 0 }); len(given) > 0 && strays < 0 {
		return wrong("-likes, -saves and -comments are for pictures that are not in the data folder")
	}
	table, err := features.Measure(ctx, set, features.Options{})
	if err != nil {
		return err
	}
	regions, err := explain.Regions(ctx, set)
	if err != nil {
		return err
	}
	explanations := make([]*explain.Explanation, len(asked))
	for f := 1; f <= trial.Folds; f++ { // a network each
		if !slices.ContainsFunc(asked, func(p askedPicture) bool { return p.fold == f }) {
			continue
		}
		if err := explainFold(ctx, set, table, regions, asked, given, trial.Trial{Experiment: *experiment, Arm: *arm, Fold: f, Choice: choice}, explanations); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := explain.WritePage(&b, explanations); err != nil {
		return err
	}
	if err := writeOut(*out, b.Bytes()); err != nil || *asJSON == "" {
		return err
	}
	b.Reset()
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	lines.SetIndent("", " ")
	if err := lines.Encode(explanations); err != nil {
		return err
	}
	return writeOut(*asJSON, b.Bytes())
}

func writeOut(file string, b []byte) error {
	if file == "-" {
		_, err := os.Stdout.Write(b)
		return err
	}
	return renameio.WriteFile(file, b, 0o644)
}

// askedPicture is a sample of the set, or the file of another picture.
type askedPicture struct {
	name   string
	sample int // -1: another picture
	fold   int // whose network answers
}

// whichPictures finds out what the names mean: a sample's name in the set, or a file, which may be a
// sample's.
func whichPictures(set *dataset.Set, names []string, fold int, seed uint64) ([]askedPicture, error) {
	folds, err := set.Folds(trial.Folds, seed)
	if err != nil {
		return nil, err
	}
	var asked []askedPicture
	for _, name := range names {
		p := askedPicture{name, slices.IndexFunc(set.Samples, func(s dataset.Sample) bool { return s.File == filepath.ToSlash(name) }), fold}
		info, err := os.Stat(name)
		switch {
		case p.sample >= 0:
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s is neither a picture of %s, as %s is, nor a file", name, set.Dir, set.Samples[0].File)
		case err != nil:
			return nil, err
		case info.IsDir():
			return nil, fmt.Errorf("%s is a folder; want a picture", name)
		default:
			for i := range set.Samples {
				own, err := os.Stat(set.Path(i))
				if err != nil {
					return nil, err
				}
				if os.SameFile(info, own) {
					p.sample = i
				}
			}
		}
		if p.sample >= 0 {
			p.name = set.Samples[p.sample].File
			for f := range folds {
				if slices.Contains(folds[f].Test, p.sample) {
					p.fold = f + 1
				}
			}
		}
		asked = append(asked, p)
	}
	return asked, nil
}

// explainFold explains those of the asked pictures that the trial's network answers for.
func explainFold(ctx context.Context, set *dataset.Set, table *features.Table, regions [][]explain.Region, asked []askedPicture, given map[string]float64, t trial.Trial, into []*explain.Explanation) error {
	network, err := trial.Trained(ctx, set, table, t)
	if err != nil {
		return err
	}
	defer network.Release()
	arm, err := explain.OfTrained(network)
	if err != nil {
		return err
	}
	defer arm.Close()
	vector := func(t *features.Table) ([]string, [][]float64) {
		if network.Record.Experiment == 1 {
			return t.Experiment1()
		}
		return t.Experiment2()
	}
	for at, p := range asked {
		if p.fold != t.Fold {
			continue
		}
		q := explain.Question{File: p.name}
		rows, row := table, p.sample
		if p.sample >= 0 {
			q.Truth, q.Regions = set.Samples[p.sample].Genre, regions[p.sample]
			if q.Whole, err = picture.Open(set.Path(p.sample)); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		} else {
			if q.Whole, err = picture.Open(p.name); err != nil {
				return err
			}
			measured, found, err := features.MeasurePicture(ctx, q.Whole)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			measured.Likes, measured.Saves, measured.Comments = given["likes"], given["saves"], given["comments"]
			for _, name := range []string{"likes", "saves", "comments"} {
				if _, ok := given[name]; !ok {
					q.Held = append(q.Held, name)
				}
			}
			q.Regions = explain.MeasuredRegions(found, q.Whole.W, q.Whole.H)
			rows, row = &features.Table{Rows: []features.Row{measured}}, 0
		}
		names, x := vector(rows)
		if network.Model.Arm.HasMetadata() {
			q.Names = names
		}
		q.Values = x[row]
		if into[at], err = arm.Explain(ctx, q); err != nil {
			return err
		}
		if p.sample < 0 && network.Model.Arm.HasMetadata() {
			if held := heldOf(names, q.Held); held != "" {
				into[at].Notes = append(into[at].Notes, held+" not given: held at the training pictures' mean")
			}
		}
	}
	return nil
}

// heldOf lists those of the held numbers that the arm sees at all.
func heldOf(names, held []string) string {
	var own []string
	for _, h := range held {
		if slices.Contains(names, h) {
			own = append(own, h)
		}
	}
	return strings.Join(own, ", ")
}
