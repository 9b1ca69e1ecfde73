package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/setup"
	"thesis.example/lib/setup/testhome"
)

func TestMain(m *testing.M) { os.Exit(testhome.Run(m)) }

// thesis runs the command with the words of a command line and returns what it prints to standard output
// and to standard error, and its exit code.
func thesis(t *testing.T, words ...string) (stdout, stderr string, code int) {
	t.Helper()
	var read []func() string
	for _, stream := range []**os.File{&os.Stdout, &os.Stderr} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		before, said := *stream, make(chan string)
		*stream = w
		go func() {
			b, err := io.ReadAll(r)
			if err != nil {
				t.Error(err)
			}
			said <- string(b)
		}()
		read = append(read, func() string {
			*stream = before
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			return <-said
		})
	}
	code = -1 // where run panics
	defer func() { stdout, stderr = read[0](), read[1]() }()
	code = run(t.Context(), words)
	return stdout, stderr, code
}

// works is thesis where the command must succeed.
func works(t *testing.T, words ...string) (stdout string) {
	t.Helper()
	stdout, stderr, code := thesis(t, words...)
	if code != 0 {
		t.Fatalf("thesis %s: exit code %d: %s", strings.Join(words, " "), code, stderr)
	}
	return stdout
}

// Help is no failure; it goes through every verb and every flag, and the list of verbs to standard output.
func TestHelp(t *testing.T) {
	for _, word := range []string{"-h", "-help", "--help", "help"} {
		stdout, stderr, code := thesis(t, word)
		if code != 0 || stderr != "" {
			t.Errorf("thesis %s: exit code %d, %q", word, code, stderr)
		}
		for _, v := range verbs {
			if !strings.Contains(stdout, "  "+v.name+" ") || !strings.Contains(stdout, v.does) || !strings.Contains(stdout, "e.g. "+v.example) {
				t.Errorf("thesis %s does not list %s: %s", word, v.name, stdout)
			}
		}
	}
	for verb, wants := range map[string][]string{
		"data standin": {"Usage: go run ./lib/cmd/thesis data standin [flags] ", "-n int", "(default 100)", "-o string", "-seed int", "calibrated to the thesis' tables"},
		"data check":   {"Usage: go run ./lib/cmd/thesis data check [flags] ", "-all", "-data string", "-lenient", "reports all faults at once"},
		"features":     {"Usage: go run ./lib/cmd/thesis features [flags] ", "-data string", "-lenient", "-o string", "-review string"},
		"weights":      {"Usage: go run ./lib/cmd/thesis weights [flags] [fetch NAME… | verify [NAME…]]", "absent ", "damaged ", "efficientnet_b0", "vit_b_16"},
		"predict":      {"Usage: go run ./lib/cmd/thesis predict [flags] DIR", "-json", "-top int", "(default 5)", `(default "lite0")`},
		"trial":        {"Usage: go run ./lib/cmd/thesis trial [flags] ", "-arm string", "-shard i/n", "-profile string", "#SBATCH --array=0-5", "completionMode: Indexed"},
		"results":      {"Usage: go run ./lib/cmd/thesis results [flags] ", "-exp int", "-json"},
		"claims":       {"Usage: go run ./lib/cmd/thesis claims [flags] ", "-profile string", "-seed uint", "-json", "not measured"},
		"report":       {"Usage: go run ./lib/cmd/thesis report [flags] [chapter ...]", "-o string", "-lenient"},
	} {
		for _, word := range []string{"-h", "--help"} {
			stdout, stderr, code := thesis(t, append(strings.Fields(verb), word)...)
			if code != 0 || stdout != "" {
				t.Errorf("thesis %s %s: exit code %d, %q", verb, word, code, stdout)
			}
			for _, want := range wants {
				if !strings.Contains(stderr, want) {
					t.Errorf("thesis %s %s does not say %q: %s", verb, word, want, stderr)
				}
			}
		}
	}
	for _, word := range []string{"-h", "--help", "help"} {
		if stdout, stderr, code := thesis(t, "data", word); code != 0 || stdout != dataDoes+"\n" || stderr != "" {
			t.Errorf("thesis data %s: exit code %d, %q, %q", word, code, stdout, stderr)
		}
	}
}

// What is not understood has exit code 2, says what was wrong and how it is used, and prints nothing that
// could be taken for a result.
func TestUsage(t *testing.T) {
	for line, wants := range map[string][]string{
		"":                           {"Usage: go run ./lib/cmd/thesis VERB [flags]", "  results "},
		"train":                      {`no verb "train"; the verbs are:`, "  trial "},
		"-x":                         {`no verb "-x"`},
		"data":                       {"go run ./lib/cmd/thesis data standin", "go run ./lib/cmd/thesis data check"},
		"data draw":                  {`thesis data: no "draw"`, "thesis data standin"},
		"data standin -n ten":        {`invalid value "ten" for flag -n`, "Usage: go run ./lib/cmd/thesis data standin"},
		"data check here":            {`thesis data check: unexpected argument "here"`, "Usage: go run ./lib/cmd/thesis data check"},
		"data check -strict":         {"flag provided but not defined: -strict", "Usage: go run ./lib/cmd/thesis data check"},
		"features -csv":              {"flag provided but not defined: -csv", "Usage: go run ./lib/cmd/thesis features"},
		"features x":                 {`thesis features: unexpected argument "x"`},
		"weights -all":               {"flag provided but not defined: -all", "Usage: go run ./lib/cmd/thesis weights"},
		"predict":                    {"want one folder", "Usage: go run ./lib/cmd/thesis predict"},
		"predict a b":                {"want one folder"},
		"predict -top 0 a":           {"-top at least 1"},
		"predict -top x a":           {`invalid value "x" for flag -top`},
		"trial":                      {"thesis trial: want -arm or -all; go run ./lib/cmd/thesis trial -help shows examples"},
		"trial -all -arm meta":       {"want -arm or -all"},
		"trial -all -exp 1":          {"-exp, -fold, -share and -repeat go with -arm, -further and -causal with -all"},
		"trial -all -repeat 1":       {"-share and -repeat go with -arm"},
		"trial -arm meta -repeat -1": {"-repeat -1: want a number from 1"},
		"trial -all -fold 1":         {"-exp, -fold, -share and -repeat go with -arm"},
		"trial -arm meta -further":   {"-further and -causal with -all"},
		"trial -arm meta -causal":    {"-further and -causal with -all"},
		"trial -all -share 50":       {"-share and -repeat go with -arm"},
		"trial -arm meta -share 0":   {"-share 0: want 1 to 100"},
		"trial -arm meta -fold 6":    {"-fold 6: want 1 to 5"},
		"trial -arm meta -fold 0":    {"-fold 0: want 1 to 5"},
		"trial -all -shard 6/6":      {`-shard "6/6": want i/n with 0 ≤ i < n, slurm or kubernetes; go run`},
		"trial -all -shard -1/6":     {`-shard "-1/6"`},
		"trial -all -shard 1/2/3":    {`-shard "1/2/3"`},
		"trial -all -shard x":        {`-shard "x"`},
		"trial -arm meta -seed -1":   {`invalid value "-1" for flag -seed`},
		"trial -arm meta more":       {`unexpected argument "more"`},
		"results -exp two":           {`invalid value "two" for flag -exp`, "Usage: go run ./lib/cmd/thesis results"},
		"results -exp 3":             {"thesis results: -exp 3: want 1 or 2"},
		"results all":                {`unexpected argument "all"`},
		"claims -json=maybe":         {`invalid boolean value "maybe" for -json`, "Usage: go run ./lib/cmd/thesis claims"},
		"claims 4":                   {`unexpected argument "4"`},
		"report -x":                  {"flag provided but not defined: -x", "Usage: go run ./lib/cmd/thesis report"},
	} {
		stdout, stderr, code := thesis(t, strings.Fields(line)...)
		if code != 2 || stdout != "" {
			t.Errorf("thesis %s: exit code %d, %q", line, code, stdout)
		}
		for _, want := range wants {
			if !strings.Contains(stderr, want) {
				t.Errorf("thesis %s does not say %q: %s", line, want, stderr)
			}
		}
	}
}

// What was understood and went wrong has exit code 1, and one message that begins with the verb.
func TestFailures(t *testing.T) {
	empty := t.TempDir()
	for line, want := range map[string]string{
		"data check -data /nowhere/at/all":       "thesis data: ",
		"data check -data " + empty:              "thesis data: ",
		"data standin -n 101 -o " + empty + "/x": "thesis data: ",
		"features -data /nowhere/at/all":         "/nowhere/at/all",
		"claims -data /nowhere/at/all":           "thesis claims: ",
		"trial -arm cnn-film -exp 1":             `thesis trial: experiment 1 has no arm "cnn-film": it has cnn-single, `,
		"trial -arm meta -exp 3":                 "thesis trial: experiment is 3: want 1 or 2",
		"trial -arm meta -data /nowhere/at/all":  "/nowhere/at/all",
		"predict " + empty:                       "thesis predict: no pictures in " + empty + ": want files that end in .png",
		"predict " + empty + "/none":             "thesis predict: ",
		"weights bring":                          `thesis weights: "bring" is neither fetch nor verify`,
		"weights fetch":                          "thesis weights: fetch needs the names of weights; `go run ./lib/cmd/thesis weights` lists them",
		"weights fetch x":                        `thesis weights: no weights "x" in data/weights.json: it has lite0, `,
		"report -data /nowhere/at/all 04":        "thesis report: data folder: ",
		"report -data " + empty + " 99":          `thesis report: no chapter "99"; there are: 00-summary, 02-methods, `,
	} {
		stdout, stderr, code := thesis(t, strings.Fields(line)...)
		if verb, _, _ := strings.Cut(line, " "); code != 1 || stdout != "" || !strings.HasPrefix(stderr, "thesis "+verb+": ") || !strings.Contains(stderr, want) {
			t.Errorf("thesis %s: exit code %d, %q, %q", line, code, stdout, stderr)
		}
	}
}

// Every verb of the usage is one that runs, and none is listed twice.
func TestVerbs(t *testing.T) {
	var names []string
	for _, v := range verbs {
		names = append(names, v.name)
		if words := strings.Fields(strings.TrimPrefix(v.example, setup.Command)); len(words) == len(strings.Fields(v.example)) || words[0] != v.name {
			t.Errorf("the example of %s is %q", v.name, v.example)
		}
	}
	if want := []string{"data", "features", "weights", "predict", "trial", "explain", "results", "claims", "report"}; !slices.Equal(names, want) {
		t.Errorf("verbs %q, want %q", names, want)
	}
}

// Two reports into one folder: the second says so, and touches nothing.
func TestTwoReports(t *testing.T) {
	out := t.TempDir()
	page := filepath.Join(out, "04-metadata.html")
	if err := os.WriteFile(page, []byte("made before"), 0o644); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockFolder(out)
	if err != nil {
		t.Fatal(err)
	}
	line := []string{"report", "-data", ownFolder(t), "-o", out, "04"}
	if stdout, stderr, code := thesis(t, line...); code != 1 || stdout != "" || !strings.Contains(stderr, "thesis report: another report is being written into "+out+": wait until it has ended, or name another folder with -o\n") {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
	if b, err := os.ReadFile(page); err != nil || string(b) != "made before" {
		t.Errorf("the page of before: %q, %v", b, err)
	}
	unlock()
	if again, err := lockFolder(out); err != nil {
		t.Errorf("after the first has ended: %v", err)
	} else {
		again()
	}
}
