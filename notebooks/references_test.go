package notebooks

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"thesis.example/lib/ledger"
	"thesis.example/lib/setup"
)

var update = flag.Bool("update", false, "write the entries of chapter 8 anew from data/reference/literature.json")

// citation matches "Wilson 1927", "Geirhos et al. (2019", "Islam, Jia & Bruce 2020", "Okabe & Ito's (2008":
// names, whether others follow, year, letter.
var citation = regexp.MustCompile(`(\p{Lu}[\p{L}’-]+(?:, \p{Lu}[\p{L}’-]+)*(?:,? (?:&|and) \p{Lu}[\p{L}’-]+)?)( et al\.?)?(?:['’]s?)?,? \(?((?:19|20)\d\d)([a-z]?)\b`)

var months = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

// citations are the matches of citation in text that are neither dates nor abbreviations (ILSVRC 2012).
func citations(text string) [][]string {
	return slices.DeleteFunc(citation.FindAllStringSubmatch(text, -1), func(m []string) bool {
		return slices.Contains(months, m[1]) || strings.ToUpper(m[1]) == m[1]
	})
}

// resolve is the work that a citation names, by all the names that it gives.
func resolve(works []ledger.Work, m []string) (ledger.Work, error) {
	names := regexp.MustCompile(`,? (?:&|and) |, `).Split(m[1], -1)
	year, err := strconv.Atoi(m[3])
	if err != nil {
		return ledger.Work{}, err
	}
	var found []ledger.Work
	for _, w := range works {
		have := w.Names()
		ok := w.Year == year && strings.HasSuffix(w.Label(), m[3]+m[4])
		ok = ok && (len(names) == len(have) || m[2] != "" && len(names) < len(have))
		for i := 0; ok && i < len(names); i++ {
			ok = have[i] == names[i] || strings.HasSuffix(have[i], " "+names[i]) // van Rijsbergen
		}
		if ok {
			found = append(found, w)
		}
	}
	if len(found) != 1 {
		return ledger.Work{}, fmt.Errorf("%q names %d works of data/reference/literature.json, want 1: add it there, and run `go test ./notebooks -run References -update`", m[0], len(found))
	}
	return found[0], nil
}

func literature(t *testing.T) []ledger.Work {
	t.Helper()
	works, err := ledger.Literature()
	if err != nil {
		t.Fatal(err)
	}
	return works
}

var chapterLink = regexp.MustCompile(`\[([^\]]*)\]\(` + regexp.QuoteMeta(ledger.ReferencesNotebook) + `#cell-id=([^)]*)\)`)

// In the text of every chapter a citation is a link to the work that it names, in chapter 8.
func TestCitationsAreLinks(t *testing.T) {
	works, links := literature(t), 0
	for _, path := range chapters(t) {
		name := filepath.Base(path)
		for i, c := range cellsOf(t, path) {
			if c.Type != "markdown" {
				continue
			}
			text := c.Source()
			for _, link := range chapterLink.FindAllStringSubmatch(text, -1) {
				links++
				named := citations(link[1])
				if len(named) != 1 {
					t.Errorf("%s, cell %d: the link %q is no citation", name, i+1, link[0])
				} else if w, err := resolve(works, named[0]); err != nil {
					t.Errorf("%s, cell %d: %v", name, i+1, err)
				} else if w.ID != link[2] {
					t.Errorf("%s, cell %d: %q leads to %s, want %s", name, i+1, link[1], link[2], w.ID)
				}
			}
			if name == ledger.ReferencesNotebook && slices.ContainsFunc(works, func(w ledger.Work) bool { return w.ID == c.ID }) {
				continue // the entry begins with its own name
			}
			for _, m := range citations(chapterLink.ReplaceAllString(text, "")) {
				t.Errorf("%s, cell %d: %q is no link to %s", name, i+1, m[0], ledger.ReferencesNotebook)
			}
		}
	}
	if links == 0 {
		t.Error("no chapter cites anything")
	}
}

// Comments in lib cite works that chapter 8 lists.
func TestCommentsCiteKnownWorks(t *testing.T) {
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	works, found := literature(t), 0
	err = filepath.WalkDir(filepath.Join(root, "lib"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, group := range f.Comments {
			for _, m := range citations(strings.Join(strings.Fields(group.Text()), " ")) {
				found++
				if _, err := resolve(works, m); err != nil {
					t.Errorf("%s: %v", files.Position(group.Pos()), err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no comment cites anything")
	}
}

// Chapter 8 has a cell for each work, named by its id, that says what data/reference/literature.json
// says: the thesis' in its list's order, the others by name. With -update it is written so.
func TestReferencesChapter(t *testing.T) {
	works := literature(t)
	path := chapterOf(t, ledger.ReferencesNotebook)
	var want []cell
	entry := func(w ledger.Work) {
		want = append(want, cell{Type: "markdown", ID: w.ID, Lines: []string{entryOf(w, works)}})
	}
	others := slices.SortedFunc(slices.Values(works), func(a, b ledger.Work) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range cellsOf(t, path) {
		if slices.ContainsFunc(works, func(w ledger.Work) bool { return w.ID == c.ID }) {
			continue
		}
		want = append(want, c)
		switch {
		case strings.HasPrefix(c.Source(), "## The thesis' references"):
			for _, w := range works {
				if w.Thesis != nil {
					entry(w)
				}
			}
		case strings.HasPrefix(c.Source(), "## Other works"):
			for _, w := range others {
				if w.Thesis == nil {
					entry(w)
				}
			}
		}
	}
	if *update {
		writeCells(t, path, want)
	}
	got := cellsOf(t, path)
	if len(got) != len(want) {
		t.Fatalf("%d cells, want %d: run `go test ./notebooks -run References -update`", len(got), len(want))
	}
	for i := range got {
		if got[i].ID != want[i].ID || got[i].Source() != want[i].Source() {
			t.Errorf("cell %d is\n%s\nwant %s:\n%s\nrun `go test ./notebooks -run References -update`", i+1, got[i].Source(), want[i].ID, want[i].Source())
		}
	}
}

// entryOf is a work's cell in chapter 8.
func entryOf(w ledger.Work, works []ledger.Work) string {
	authors := make([]string, len(w.Authors))
	for i, a := range w.Authors {
		family, given, _ := strings.Cut(a, ", ")
		authors[i] = strings.TrimSpace(given + " " + family)
	}
	text := fmt.Sprintf("**%s** · %s: *%s*. %s, %d.", w.Label(), strings.Join(authors, ", "), w.Title, w.Venue, w.Year)
	if w.Identifier != "" {
		text += " `" + w.Identifier + "`"
	}
	line := func(name, what string) {
		if what != "" {
			text += "\n- *" + name + ":* " + ledger.LinkCitations(what, works)
		}
	}
	if c := w.Thesis; c != nil {
		where := "number " + strconv.Itoa(c.Number)
		if c.Number == 0 {
			where = "not in the list"
		}
		if len(c.Where) > 0 {
			where += "; cited in " + strings.Join(c.Where, ", ")
		}
		line("The thesis takes from it", c.Takes+" ("+where+")")
		if c.Says != "not cited" {
			line("Does it say so", strings.ToUpper(c.Says[:1])+c.Says[1:]+". "+c.Why)
		}
		if c.Says != "not cited" && c.WhyChecked != ledger.StoredPage {
			line("This answer", c.WhyChecked+", no page of the work being at hand")
		}
		for _, e := range slices.Concat(c.Errors, c.Remarks) {
			line("The thesis' entry", e)
		}
	}
	line("Here", w.Use)
	line("Note", w.Note)
	if w.Checked != ledger.StoredPage {
		line("Authors, title and identifier", w.Checked)
	}
	return text
}

// writeCells puts the cells into the notebook at path, keeping all else.
func writeCells(t *testing.T, path string, cells []cell) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var nb map[string]any
	if err := json.Unmarshal(data, &nb); err != nil {
		t.Fatal(err)
	}
	all := []any{}
	for _, c := range cells {
		m := map[string]any{"cell_type": c.Type, "id": c.ID, "metadata": map[string]any{}, "source": slices.Collect(strings.Lines(c.Source()))}
		if c.Type == "code" {
			m["execution_count"], m["outputs"] = nil, []any{}
		}
		all = append(all, m)
	}
	nb["cells"] = all
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(nb); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
