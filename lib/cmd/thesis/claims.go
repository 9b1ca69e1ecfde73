package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"thesis.example/lib/ledger"
	"thesis.example/lib/trial"
)

const claimsDoes = `Prints every number that the thesis publishes beside ours, and what the numbers support of each of
its claims, published and here. Chapter 4 is computed from the data; the rest comes from the trials in
data/records, which

  go run ./lib/cmd/thesis trial -all -causal

makes, and is "not measured" where an arm has not been trained on all folds of these data.`

func runClaims(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("claims", flag.ContinueOnError)
	open := dataFlags(fs)
	chosen := choiceFlags(fs)
	asJSON := fs.Bool("json", false, "print a JSON object of data, corrected (numbers put right by hand), numbers (a list of {id, chapter, where, quantity, published, ours, tolerance, verdict, data, why}) and claims (each with its questions)")
	if err := parse(fs, claimsDoes, "", args); err != nil {
		return err
	}
	choice, err := chosen()
	if err != nil {
		return err
	}
	set, err := open(ctx)
	if err != nil {
		return err
	}
	table, summaries, err := ledger.Gather(ctx, set, choice)
	if err != nil {
		return err
	}
	data := ledger.DataName(set)
	entries, err := ledger.Chapter4(table, data)
	if err != nil {
		return err
	}
	for _, chapter := range []func([]trial.Summary, string) ([]ledger.Entry, error){ledger.Chapter5, ledger.Chapter6} {
		more, err := chapter(summaries, data)
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	claims, err := ledger.Claims(table, summaries)
	if err != nil {
		return err
	}
	if *asJSON {
		faces, texts := set.CorrectedByHand()
		out := json.NewEncoder(os.Stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", " ")
		return out.Encode(map[string]any{"data": data, "corrected": faces + texts, "numbers": entries, "claims": claims})
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
		fmt.Printf("chapter %d: %d numbers on %s: %d within tolerance, %d outside, %d not measured\n", chapter, len(of), data, within, outside, notMeasured)
		if why := ledger.WhyNot(of, ""); why != "" {
			fmt.Println(why)
		}
	}
	fmt.Println()
	for _, c := range claims {
		for _, q := range c.Questions {
			fmt.Fprintf(w, "%s\t%s, in %s\n", c.ID, q.Asks, q.Unit)
			for _, side := range []struct {
				whose string
				ledger.Answer
			}{{"published", q.Published}, {"here", q.Ours}} {
				value, interval, p := side.Cells()
				fmt.Fprintln(w, strings.Join([]string{"", side.whose, value, interval, p, side.Verdict, side.Note}, "\t"))
			}
		}
	}
	for _, remark := range ledger.Remarks(claims) {
		fmt.Fprintln(w, remark)
	}
	fmt.Fprintln(w)
	header, verdicts := ledger.VerdictTable(claims)
	for _, row := range append([][]string{header}, verdicts...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("\n%s\n", ledger.SayVerdicts(claims))
	fmt.Printf("On %s. The rule: go doc ./lib/ledger.Supported\n", data)
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
