package notebooks

import (
	"encoding/csv"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// thesisNumbers are the tables and figures of the thesis in the chapters that are computed anew.
var thesisNumbers = strings.Fields("table-4.1 table-4.2 table-4.3 table-4.4 table-4.5 table-4.6 table-4.7 table-5.1 table-6.1 " +
	"figure-4.1 figure-4.2 figure-4.3 figure-4.4 figure-4.5 figure-4.6 figure-5.1 figure-6.1 figure-6.2 figure-6.3")

// Tables and figures are numbered in order within their chapter, each number once and with a caption;
// what the text refers to is shown or is the thesis'; every column has one number of decimals.
// $REPORT is a folder with a report that is made already, to look at in place of a new one.
func TestTables(t *testing.T) {
	folder := os.Getenv("REPORT")
	if folder == "" {
		folder = pages(t).pages
	}
	executed, err := filepath.Glob(filepath.Join(folder, "[0-9][0-9]-*.ipynb"))
	if err != nil || len(executed) == 0 {
		t.Fatalf("no executed notebooks in %s: %v", folder, err)
	}
	where := map[string]string{} // the chapter of each number
	for _, path := range executed {
		for _, fault := range faultsOfNumbers(t, path, where) {
			t.Error(fault)
		}
		for _, fault := range faultsOfDigits(t, path) {
			t.Error(fault)
		}
	}
	for _, path := range executed {
		for _, r := range referencesOf(t, path) {
			if where[r] == "" && !slices.Contains(thesisNumbers, r) {
				t.Errorf("%s refers to %s, which neither a chapter nor the thesis shows", filepath.Base(path), r)
			}
		}
	}
}

// shownTag is the opening tag of a table or figure with what stands before its end.
var shownTag = regexp.MustCompile(`(?s)<figure [^>]*?data-place="((table|figure)-(\d+)\.(\d+|[A-Z]))".*?</figure>`)
var captionTag = regexp.MustCompile(`(?s)<figcaption[^>]*>(.*?)</figcaption>`)

func faultsOfNumbers(t *testing.T, path string, where map[string]string) (faults []string) {
	name := filepath.Base(path)
	chapter, err := strconv.Atoi(name[:2])
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{} // of a kind, published and ours each for themselves
	for _, o := range bundlesOf(t, path) {
		for _, m := range shownTag.FindAllStringSubmatch(text(o["text/html"]), -1) {
			id, kind, rest := m[1], m[2], m[4]
			if where[id] != "" {
				faults = append(faults, fmt.Sprintf("%s: %s is in %s already", name, id, where[id]))
			}
			where[id] = name
			if m[3] != fmt.Sprint(chapter) {
				faults = append(faults, fmt.Sprintf("%s: %s belongs to another chapter", name, id))
			}
			series := kind + " with a number"
			if rest[0] >= 'A' {
				series = kind + " with a letter"
			}
			if last[series] >= rest && len(last[series]) >= len(rest) {
				faults = append(faults, fmt.Sprintf("%s: %s comes after %s", name, id, last[series]))
			}
			last[series] = rest
			caption := captionTag.FindStringSubmatch(m[0])
			if caption == nil || len(regexp.MustCompile(`<b>.*?</b>|<[^>]*>|\s`).ReplaceAllString(caption[1], "")) < 5 {
				faults = append(faults, fmt.Sprintf("%s: %s has no caption", name, id))
			}
		}
	}
	return faults
}

var reference = regexp.MustCompile(`(?i)\b(table|figure)s?\s+(\d+\.(?:\d+|[A-Z])(?:(?:, | and |, and | to | or )\d+\.(?:\d+|[A-Z]))*)`)
var numberOf = regexp.MustCompile(`\d+\.(?:\d+|[A-Z])`)

// referencesOf are the tables and figures that text and computed sentences of a chapter refer to.
func referencesOf(t *testing.T, path string) (ids []string) {
	var texts []string
	for _, c := range cellsOf(t, path) {
		if c.Type == "markdown" {
			texts = append(texts, c.Source())
		}
	}
	for _, o := range bundlesOf(t, path) {
		texts = append(texts, html.UnescapeString(text(o["text/markdown"])))
	}
	for _, s := range texts {
		for _, m := range reference.FindAllStringSubmatch(s, -1) {
			for _, n := range numberOf.FindAllString(m[2], -1) {
				ids = append(ids, strings.ToLower(m[1])+"-"+n)
			}
		}
	}
	return ids
}

// bundlesOf are the outputs of an executed notebook, by MIME type.
func bundlesOf(t *testing.T, path string) (bundles []map[string]any) {
	for _, c := range cellsOf(t, path) {
		for _, o := range c.Outputs {
			bundles = append(bundles, o.Data)
		}
	}
	return bundles
}

// text is an entry of a bundle, which is a string or its lines.
func text(entry any) string {
	switch entry := entry.(type) {
	case string:
		return entry
	case []any:
		var b strings.Builder
		for _, line := range entry {
			b.WriteString(line.(string))
		}
		return b.String()
	}
	return ""
}

func faultsOfDigits(t *testing.T, path string) (faults []string) {
	for _, o := range bundlesOf(t, path) {
		table := text(o["text/csv"])
		if table == "" {
			continue
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(lines) == 0 {
			faults = append(faults, fmt.Sprintf("%s: a table without a header: %q", filepath.Base(path), table))
			continue
		}
		id := "a table without a number"
		if m := shownTag.FindStringSubmatch(text(o["text/html"])); m != nil {
			id = m[1]
		}
		for _, fault := range mixedDigits(lines[0], lines[1:]) {
			faults = append(faults, fmt.Sprintf("%s: %s (%.60q), %s", filepath.Base(path), id, strings.Join(lines[0], " | "), fault))
		}
	}
	return faults
}

// pValue is the heading of a column of p-values, which have significant digits.
var pValue = regexp.MustCompile(`(^|[ -])p($|,)`)

// mixedDigits names the columns whose numbers have different numbers of decimals; see report.Caption.Show
// for the exceptions. A cell of more than one number (an interval) has as many decimals at each place.
// Columns with text that holds digits are no columns of numbers.
func mixedDigits(header []string, rows [][]string) (faults []string) {
	if slices.Contains(header, "quantity") {
		return nil
	}
	for c, name := range header {
		if pValue.MatchString(name) || name == "value" || name == "section" {
			continue
		}
		seen := map[string][]string{}
		numeric := true
		for _, row := range rows {
			cell := strings.TrimSpace(row[c])
			if !strings.ContainsAny(cell, "0123456789") {
				continue
			}
			if !onlyNumbers.MatchString(cell) {
				numeric = false
				break
			}
			pattern := ""
			for _, n := range oneNumber.FindAllString(cell, -1) {
				_, fraction, _ := strings.Cut(n, ".")
				pattern += fmt.Sprintf("%d ", len(fraction))
			}
			seen[pattern] = append(seen[pattern], cell)
		}
		if numeric && len(seen) > 1 {
			var examples []string
			for _, cells := range seen {
				examples = append(examples, fmt.Sprintf("%q", cells[:min(3, len(cells))]))
			}
			slices.Sort(examples)
			faults = append(faults, fmt.Sprintf("column %q: numbers of different decimals: %s", name, strings.Join(examples, " and ")))
		}
	}
	return faults
}

var (
	oneNumber   = regexp.MustCompile(`\d[\d,]*(\.\d+)?`)
	onlyNumbers = regexp.MustCompile(`^['<>≤≥≈ ]*[\[(]?[-+−±]?\d[\d,]*(\.\d+)?(?:(?: ?(?:±|to|of|/|\(|,|–) ?)[-+−]?\d[\d,]*(\.\d+)?)*[\])]?( ?(%|✗|×|points))*$`)
)

func TestMixedDigits(t *testing.T) {
	for _, c := range []struct {
		header string
		cells  []string
		fault  bool
	}{
		{"accuracy", []string{"0.8733", "0.86"}, true}, {"accuracy", []string{"0.87", "1"}, true}, {"accuracy", []string{"0.87", "", "not trained", "−0.05 ✗"}, false},
		{"McNemar mid-p", []string{"0.5", "1e-12"}, false}, {"p, HC3", []string{"0.5", "0.01"}, false}, {"points", []string{"0.5", "0.01"}, true},
		{"95 %", []string{"[0.1, 0.25]", "[0.3, 0.40]"}, false}, {"95 %", []string{"[0.1, 0.25]", "[0.30, 0.4]"}, true},
		{"here", []string{"Adam, 0.001", "15"}, false}, {"section", []string{"4.4.1, 4.5", "5"}, false}, {"right", []string{"267 of 300", "12 of 300"}, false},
		{"n", []string{"1,200", "5"}, false}, {"value", []string{"0.4312", "138.4"}, false},
	} {
		var rows [][]string
		for _, cell := range c.cells {
			rows = append(rows, []string{cell})
		}
		if faults := mixedDigits([]string{c.header}, rows); (len(faults) > 0) != c.fault {
			t.Errorf("%s %q: %q", c.header, c.cells, faults)
		}
	}
}
