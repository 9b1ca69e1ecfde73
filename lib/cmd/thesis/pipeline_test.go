package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/dataset"
	"thesis.example/lib/ledger"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

// From nothing to the thesis' numbers beside ours, verb by verb, on 15 stand-in pictures: what each
// prints is what lies in the files.
func TestPipeline(t *testing.T) {
	home := t.TempDir()
	t.Setenv(setup.HomeVariable, home)
	t.Setenv("DATA", "")

	if out := works(t, "results"); out != "no records yet: "+setup.Command+" trial -all makes them\n" {
		t.Errorf("results of nothing: %q", out)
	}
	if out := works(t, "results", "-json"); out != "[]\n" {
		t.Errorf("results of nothing as JSON: %q", out)
	}

	// The stand-in set comes where the other verbs look for it, or where -o says, the same.
	if out := works(t, "data", "standin", "-n", "5"); out != "" {
		t.Errorf("data standin prints %q", out)
	}
	dir, other := filepath.Join(home, "standin"), filepath.Join(home, "other")
	set, err := dataset.Open(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	const summary = "dance           5 pictures\ngourmet         5 pictures\ntravel          5 pictures\n"
	const mark = "stand-in data: drawn pictures and made numbers, not the thesis' screenshots\n"
	if out, want := works(t, "data", "check"), "15 pictures are fine\n"+summary+mark+"fingerprint "+set.Fingerprint()+"\n"; out != want {
		t.Errorf("data check prints %q, want %q", out, want)
	}
	works(t, "data", "standin", "-n", "1", "-seed", "2", "-o", other)
	if small, err := dataset.Open(t.Context(), other, false); err != nil || len(small.Samples) != 3 || small.Hash(0) == set.Hash(0) {
		t.Errorf("-n 1 -seed 2 -o: %+v, %v", small, err)
	}

	// A folder with faults: all of them, with exit code 1, or left out and named.
	if err := os.WriteFile(filepath.Join(other, "dance", "002.png"), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(other, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, said, code := thesis(t, "data", "check", "-data", other)
	if code != 1 || out != "" || !strings.HasPrefix(said, "thesis data: ") || !strings.Contains(said, "dance/002.png: ") || !strings.Contains(said, "empty/: a genre folder without pictures") {
		t.Errorf("checking a folder with faults: exit code %d, %q, %q", code, out, said)
	}
	t.Setenv("DATA", other)
	out, said, code = thesis(t, "data", "check", "-lenient")
	if code != 0 || !strings.HasPrefix(out, "3 pictures are fine\ndance           1 pictures\n") || !strings.HasPrefix(said, "left out, 3 problem(s):\n") || !strings.Contains(said, "dance/002.png: ") {
		t.Errorf("checking it leniently: exit code %d, %q, %q", code, out, said)
	}
	t.Setenv("DATA", "")

	// The metadata table, on standard output and in a file.
	table := works(t, "features")
	file := filepath.Join(home, "features.csv")
	if out := works(t, "features", "-data", dir, "-o", file); out != "" {
		t.Errorf("features -o prints %q", out)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != table {
		t.Errorf("the file has %d bytes, standard output %d (%v)", len(b), len(table), err)
	}
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(rows) != 16 {
		t.Fatal(err, len(rows))
	}
	for i, s := range set.Samples {
		for column, want := range map[string]string{"file": s.File, "likes": fmt.Sprint(s.Likes), "saves": fmt.Sprint(s.Saves), "comments": fmt.Sprint(s.Comments)} {
			if at := slices.Index(rows[0], column); at < 0 || rows[i+1][at] != want {
				t.Errorf("row %d, column %d, %s: %q, want %s", i+1, at, column, rows[i+1], want)
			}
		}
	}

	// Two trials of one arm, the other three, and no trial twice.
	works(t, "trial", "-exp", "1", "-arm", "logistic", "-shard", "0/2")
	first, err := trial.Load()
	if err != nil || len(first) != 3 { // folds 1, 3 and 5
		t.Fatal(err, len(first))
	}
	table = works(t, "trial", "-exp", "1", "-arm", "logistic")
	records, err := trial.Load()
	if err != nil || len(records) != 5 {
		t.Fatal(err, len(records))
	}
	for _, r := range first {
		if !slices.ContainsFunc(records, func(o *trial.Record) bool { return o.File == r.File && o.Run == r.Run }) {
			t.Errorf("%s was trained again", r.File)
		}
	}
	correct := 0
	for _, r := range records {
		for _, p := range r.Last.Pictures {
			if p.Predicted == p.Truth {
				correct++
			}
		}
	}
	for _, want := range []string{
		"Experiment 1, profile quick, seed 1, stand-in data " + set.Fingerprint()[:8] + "\n",
		fmt.Sprintf("\nlogistic  5 of 5  %.4f ", float64(correct)/15), fmt.Sprintf(" %d of 15 ", correct), "  none\n",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("want %q in\n%s", want, table)
		}
	}
	if out := works(t, "results"); out != table {
		t.Errorf("results prints\n%s\nthe trial printed\n%s", out, table)
	}
	if out := works(t, "results", "-exp", "2"); !strings.HasPrefix(out, "no records yet") {
		t.Errorf("results of the other experiment: %q", out)
	}
	if _, said, code := thesis(t, "trial", "-exp", "1", "-arm", "logistic", "-fold", "1", "-shard", "1/2"); code != 0 || said != "nothing to do: there are more parts than trials\n" {
		t.Errorf("a part without trials: exit code %d, %q", code, said)
	}
	if _, said, code := thesis(t, "trial", "-exp", "1", "-arm", "logistic", "-profile", "fast"); code != 1 || !strings.Contains(said, `no profile "fast": there are quick and thesis`) {
		t.Errorf("an unknown profile: exit code %d, %q", code, said)
	}
	var arms []struct {
		Experiment int
		Arm        string
		StandIn    bool
		Data       string
		Genres     []string
		Folds      []int
		Last       resultJSON
	}
	if err := json.Unmarshal([]byte(works(t, "results", "-json", "-exp", "1")), &arms); err != nil || len(arms) != 1 {
		t.Fatal(err, len(arms))
	}
	a := arms[0]
	sum := 0
	for i, row := range a.Last.Confusion {
		for j, n := range row {
			if sum += n; i == j {
				correct -= n
			}
		}
	}
	if a.Experiment != 1 || a.Arm != "logistic" || !a.StandIn || a.Data != set.Fingerprint() || !slices.Equal(a.Genres, set.Genres) || !slices.Equal(a.Folds, []int{1, 2, 3, 4, 5}) || sum != 15 || a.Last.N != 15 || correct != 0 ||
		math.Abs(a.Last.Accuracy-float64(a.Last.Correct)/15) > 1e-12 {
		t.Errorf("as JSON: %+v", a)
	}

	// Every number of the thesis: those of the data with ours, those of arms that nobody trained without.
	var all struct {
		Data    string
		Numbers []struct {
			ID              string
			Chapter         int
			Published, Ours *float64
			Verdict, Data   string
		}
		Claims []struct{ ID, Published, Ours string }
	}
	if err := json.Unmarshal([]byte(works(t, "claims", "-json")), &all); err != nil || len(all.Numbers) != 124+10+14 || len(all.Claims) != 15 || all.Data != ledger.DataName(set) {
		t.Fatal(err, all)
	}
	for _, c := range all.Claims {
		// Five pictures a genre are enough to be asked about chapter 4, and nobody trained an arm.
		if c.Published == "" || c.Ours == "" || slices.Contains([]string{"C1", "C2", "4.5-3"}, c.ID) == (c.Ours == ledger.NotMeasured) {
			t.Errorf("%+v", c)
		}
	}
	mean := 0.0
	for _, s := range set.Samples {
		mean += float64(s.Likes) / 15
	}
	for _, c := range all.Numbers {
		if measured := c.Ours != nil; measured != (c.Chapter == 4) || measured == (c.Verdict == ledger.NotMeasured) || c.Data != ledger.DataName(set) {
			t.Errorf("%+v", c)
		}
		if c.ID == "4.2-likes-mean" && (*c.Published != 197226 || math.Abs(*c.Ours-mean) > 1e-6) {
			t.Errorf("%s: published %g, ours %g, want 197226 and %g", c.ID, *c.Published, *c.Ours, mean)
		}
	}
	text := works(t, "claims")
	for _, want := range []string{
		"where ", "Section 4.1.1 ",
		"chapter 4: 124 numbers on " + ledger.DataName(set) + ": ",
		"chapter 5: 10 numbers on " + ledger.DataName(set) + ": 0 within tolerance, 0 outside, 10 not measured\nNot compared: cnn-single is not trained on all folds; ",
		"chapter 6: 14 numbers on " + ledger.DataName(set) + ": 0 within tolerance, 0 outside, 14 not measured\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	// 28 questions of three lines, 7 remarks, and behind the verdicts their count and the data's name.
	if lines := strings.Count(text, "\n"); lines != 1+len(all.Numbers)+3+2+(1+3*28+7)+(2+len(all.Claims))+3 {
		t.Errorf("claims prints %d lines for %d numbers and %d claims of 28 questions", lines, len(all.Numbers), len(all.Claims))
	}
	if out, said, code := thesis(t, "claims", "-profile", "fast"); code != 1 || out != "" || !strings.Contains(said, `no profile "fast"`) {
		t.Errorf("claims of an unknown profile: exit code %d, %q, %q", code, out, said)
	}
}
