package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"thesis.example/lib/trial"
)

func runResults(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("results", flag.ContinueOnError)
	experiment := fs.Int("exp", 0, "experiment 1 or 2 (default both)")
	asJSON := fs.Bool("json", false, "print a JSON list of {experiment, arm, profile, folds, last, best, …}, an object an arm")
	if err := parse(fs, "Prints the tables of the experiments from the records in data/records, an arm a row.", "", args); err != nil {
		return err
	}
	if *experiment < 0 || *experiment > 2 {
		fmt.Fprintf(fs.Output(), "thesis results: -exp %d: want 1 or 2\n", *experiment)
		return errUsage
	}
	records, err := trial.Load()
	if err != nil {
		return err
	}
	if *experiment != 0 {
		records = slices.DeleteFunc(records, func(r *trial.Record) bool { return r.Experiment != *experiment })
	}
	if len(records) == 0 && !*asJSON {
		fmt.Println("no records yet: go run ./lib/cmd/thesis trial -all makes them")
		return nil
	}
	if *asJSON {
		return jsonResults(os.Stdout, records)
	}
	return writeResults(os.Stdout, records)
}

// resultJSON is one arm at one epoch.
type resultJSON struct {
	Accuracy   float64 `json:"accuracy"`
	AccuracySD float64 `json:"accuracy_sd"`
	Loss       float64 `json:"loss"`
	LossSD     float64 `json:"loss_sd"`
	F1         float64 `json:"f1"`
	F1Pooled   float64 `json:"f1_pooled"`
	Correct    int     `json:"correct"`
	N          int     `json:"n"`
	Confusion  [][]int `json:"confusion"`
}

func newResultJSON(r trial.Result) resultJSON {
	return resultJSON{r.Accuracy, r.AccuracySD, r.Loss, r.LossSD, r.F1, r.F1Pooled, r.Correct, r.N(), r.Confusion}
}

func jsonResults(w io.Writer, records []*trial.Record) error {
	summaries, err := summaries(records)
	if err != nil {
		return err
	}
	type arm struct {
		Experiment int        `json:"experiment"`
		Arm        string     `json:"arm"`
		Profile    string     `json:"profile"`
		Seed       uint64     `json:"seed"`
		Share      int        `json:"share"` // per cent of the training pictures
		Repeat     int        `json:"repeat,omitempty"`
		StandIn    bool       `json:"standin"`
		Data       string     `json:"data"`
		Corrected  int        `json:"corrected,omitempty"`
		Weights    string     `json:"weights,omitempty"`
		Note       string     `json:"note,omitempty"`
		Genres     []string   `json:"genres"`
		Folds      []int      `json:"folds"`
		Last       resultJSON `json:"last"`
		Best       resultJSON `json:"best"`
		// Of the trained backbone's features, null where there is none.
		Probe *resultJSON `json:"probe"`
	}
	list := make([]arm, 0, len(summaries))
	for _, s := range summaries {
		var probe *resultJSON
		if s.Probe != nil {
			p := newResultJSON(*s.Probe)
			probe = &p
		}
		list = append(list, arm{
			s.Experiment, s.Arm, s.Profile, s.Seed, used(s), s.Repeat, s.StandIn, s.Data, s.Corrected, s.Weights, s.Records[0].Note(), s.Genres, s.Fold,
			newResultJSON(s.Last), newResultJSON(s.Best), probe,
		})
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(list)
}

// summaries are sorted so that what is compared stands together.
func summaries(records []*trial.Record) ([]trial.Summary, error) {
	s, err := trial.Summarise(records)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(s, func(a, b trial.Summary) int {
		return cmp.Or(cmp.Compare(a.Profile, b.Profile), cmp.Compare(a.Data, b.Data), cmp.Compare(a.Seed, b.Seed),
			cmp.Compare(a.Experiment, b.Experiment), cmp.Compare(place(a), place(b)), cmp.Compare(used(a), used(b)), cmp.Compare(a.Repeat, b.Repeat))
	})
	return s, nil
}

// used is how many per cent of the training pictures an arm saw.
func used(s trial.Summary) int { return cmp.Or(s.Share, 100) }

// named is an arm with what else tells it apart from others in a table.
func named(s trial.Summary) string {
	name := s.Arm
	if s.Share != 0 {
		name += fmt.Sprintf(", %d %%", s.Share)
	}
	if s.Repeat != 0 {
		name += fmt.Sprintf(", repeat %d", s.Repeat)
	}
	return name
}

// place is where an arm stands among its experiment's.
func place(s trial.Summary) int {
	for i, t := range append(trial.Plan(s.Choice, true), trial.Causal(s.Choice)...) {
		if t.Experiment == s.Experiment && t.Arm == s.Arm {
			return i
		}
	}
	return -1
}

func writeResults(w io.Writer, records []*trial.Record) error {
	summaries, err := summaries(records)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := ""
	for _, s := range summaries {
		data := "your data"
		if s.StandIn {
			data = "stand-in data"
		}
		if s.Corrected > 0 {
			data += fmt.Sprintf(" (%d face counts and texts corrected by hand)", s.Corrected)
		}
		if h := fmt.Sprintf("Experiment %d, profile %s, seed %d, %s %.8s", s.Experiment, s.Profile, s.Seed, data, s.Data); h != head {
			if err := table.Flush(); err != nil {
				return err
			}
			if head != "" {
				fmt.Fprintln(w)
			}
			head = h
			fmt.Fprintln(w, h)
			fmt.Fprintln(table, "arm\tfolds\taccuracy\tsd\tloss\tsd\tF1\tpooled\tcorrect\tbest epoch: accuracy\tloss\tF1\tprobe\tseconds a fold\tweights")
		}
		l, b := s.Last, s.Best
		seconds := 0.0
		for _, r := range s.Records {
			seconds += r.Run.Seconds / float64(len(s.Records))
		}
		probe := "–"
		if s.Probe != nil {
			probe = fmt.Sprintf("%.4f", s.Probe.Accuracy)
		}
		fmt.Fprintf(table, "%s\t%d of %d\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%d of %d\t%.4f\t%.4f\t%.4f\t%s\t%.1f\t%s\n", named(s), len(s.Fold), s.Folds,
			l.Accuracy, l.AccuracySD, l.Loss, l.LossSD, l.F1, l.F1Pooled, l.Correct, l.N(), b.Accuracy, b.Loss, b.F1, probe, seconds, cmp.Or(s.Weights, "none"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "accuracy, loss and F1 (macro): means over the folds after the last epoch, sd with divisor n; pooled: F1 of all folds' predictions together; probe: accuracy of a linear classifier on the trained backbone's features")
	for _, n := range trial.Notes(summaries) {
		fmt.Fprintln(w, "Note:", n)
	}
	return nil
}
