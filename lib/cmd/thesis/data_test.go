package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thesis.example/lib/dataset"
)

// What the check prints of a folder in an odd place, with what was understood and left alone, and of one
// with many faults.
func TestDataCheck(t *testing.T) {
	for _, place := range []string{"a b", "日本 語", "it's", "a,b", `"q"`, "$HOME", "-x"} {
		dir := filepath.Join(t.TempDir(), place)
		if err := os.Rename(ownFolder(t), dir); err != nil {
			t.Fatal(err)
		}
		table := filepath.Join(dir, dataset.EngagementFile)
		rows, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(table, table+".txt"); err != nil {
			t.Fatal(err)
		}
		for i := range 7 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("._%d", i)), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		stdout, stderr, code := thesis(t, "data", "check", "-data", dir)
		const want = "10 pictures are fine\ndance           5 pictures\ntravel          5 pictures\nunderstood: \"engagement.csv.txt\" was read as engagement.csv\nleft alone: 7 file(s) or folder(s) of the system's: ._0, ._1, ._2, ._3, ._4, …\nfingerprint "
		if code != 0 || !strings.HasPrefix(stdout, want) {
			t.Errorf("%s: exit code %d, %s\nwant %s\n%s", place, code, stdout, want, stderr)
		}
		if stdout := works(t, "data", "check", "-all", "-data", dir); !strings.Contains(stdout, "._3, ._4, ._5, ._6\n") {
			t.Errorf("%s: with -all: %s", place, stdout)
		}
		if err := os.WriteFile(table+".txt", []byte(strings.ReplaceAll(string(rows), "dance/", "dancing/")+"x.png,1,1,1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, few, code := thesis(t, "data", "check", "-data", dir)
		_, all, codeAll := thesis(t, "data", "check", "-all", "-data", dir)
		if code != 1 || codeAll != 1 || !strings.HasPrefix(few, "thesis data: 5 of 10 pictures are fine; 11 problem(s) in the data folder ") ||
			!strings.Contains(few, "\n  6 times: engagement.csv.txt, row 2, field file: ") || !strings.Contains(few, "the same in row 3, row 4, row 5, row 6 and 1 more\n") || strings.Count(few, "no row in") != 5 ||
			strings.Count(all, "a row without picture") != 6 || strings.Contains(all, "times:") {
			t.Errorf("%s: exit code %d, %s\nwith -all: %d, %s", place, code, few, codeAll, all)
		}
		_, left, code := thesis(t, "data", "check", "-lenient", "-data", dir)
		if code != 1 || !strings.Contains(left, "1 genre folder(s) with usable pictures") {
			t.Errorf("%s: lenient: exit code %d, %s", place, code, left)
		}
	}
}
