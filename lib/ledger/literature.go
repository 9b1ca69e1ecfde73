package ledger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"thesis.example/lib/setup"
)

// ReferencesNotebook is the chapter that lists the literature, beside the notebooks that cite it.
const ReferencesNotebook = "08-references.ipynb"

// Where an entry was confirmed.
const (
	StoredPage    = "stored page"    // one that names the work with its identifier
	FromKnowledge = "from knowledge" // of the one who wrote it
	Unverified    = "unverified"     // nothing was found
)

// Work is one entry of data/reference/literature.json: a work that the thesis, a chapter or a doc
// comment cites.
type Work struct {
	ID         string   `json:"id"`      // "lecun1998": first author's name and year; its cell's id in chapter 8
	Authors    []string `json:"authors"` // all of them, "Family, Given"; Japanese names and institutions whole
	Year       int      `json:"year"`
	Title      string   `json:"title"`
	Venue      string   `json:"venue"`
	Identifier string   `json:"identifier"` // "doi:…", "arXiv:…" or "ISBN:…"; "" where Note says why
	Checked    string   `json:"checked"`    // StoredPage, FromKnowledge or Unverified
	Note       string   `json:"note"`
	Use        string   `json:"use"`    // what this project takes from it
	Thesis     *Cited   `json:"thesis"` // what the thesis takes from it; nil where it does not know the work
}

// Cited is what the thesis does with a work.
type Cited struct {
	Number     int      `json:"number"` // in the thesis' list; 0 for one that it cites and does not list
	Where      []string `json:"where"`  // sections that cite it by name and year
	Takes      string   `json:"takes"`
	Says       string   `json:"says"` // whether the work says so: "yes", "in part", "no", "not cited", "cannot be told"
	Why        string   `json:"why"`
	WhyChecked string   `json:"why_checked"` // as Work.Checked
	Errors     []string `json:"errors"`      // what in the thesis' entry is not so, each a predicate of the entry
	Remarks    []string `json:"remarks"`     // what it leaves out
}

// Literature reads data/reference/literature.json: the thesis' works in the order of its list, then the
// others.
func Literature() ([]Work, error) {
	root, err := setup.Root()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(root, "data", "reference", "literature.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the literature: %w", err)
	}
	var book struct{ Works []Work }
	if err := json.Unmarshal(data, &book); err != nil {
		return nil, fmt.Errorf("reading the literature in %s: %w", file, err)
	}
	return book.Works, nil
}

// Names are the authors' family names.
func (w Work) Names() []string {
	names := make([]string, len(w.Authors))
	for i, a := range w.Authors {
		names[i], _, _ = strings.Cut(a, ",")
	}
	return names
}

// Label is how texts cite the work: "Wilson 1927", "Nadeau & Bengio 2003", "Geirhos et al. 2019". A
// letter behind the year of the id is part of it.
func (w Work) Label() string {
	names := w.Names()
	who := names[0]
	switch {
	case len(names) == 2:
		who += " & " + names[1]
	case len(names) > 2:
		who += " et al."
	}
	letter := strings.TrimRightFunc(w.ID, unicode.IsLetter)
	return fmt.Sprintf("%s %d%s", who, w.Year, strings.TrimPrefix(w.ID, letter))
}

// Link is the address of the work in chapter 8, for the Markdown of another chapter.
func (w Work) Link() string { return ReferencesNotebook + "#cell-id=" + w.ID }

// ReferencesTable lays out the thesis' list of references with what was found about each.
func ReferencesTable(works []Work) (header []string, rows [][]string) {
	header = []string{"no.", "work", "cited in", "does it say so?", "the entry"}
	for _, w := range works {
		t := w.Thesis
		if t == nil {
			continue
		}
		number, where := fmt.Sprint(t.Number), strings.Join(t.Where, ", ")
		if t.Number == 0 {
			number = "–"
		}
		if where == "" {
			where = "nowhere"
		}
		rows = append(rows, []string{number, w.Label(), where, t.Says, strings.Join(slices.Concat(t.Errors, t.Remarks), "; ")})
	}
	return header, rows
}

// CountReferences counts the works in the thesis' list, those of them that its text cites by name and
// year, and the entries that say something that is not so; the works that it cites and does not list; and the
// works of either kind that nothing confirmed.
func CountReferences(works []Work) (listed, cited, wrong, missing, unconfirmed int) {
	for _, w := range works {
		switch t := w.Thesis; {
		case t == nil:
			continue
		case t.Number == 0:
			missing++
		default:
			listed++
			if len(t.Where) > 0 {
				cited++
			}
			if len(t.Errors) > 0 {
				wrong++
			}
		}
		if w.Checked != StoredPage {
			unconfirmed++
		}
	}
	return listed, cited, wrong, missing, unconfirmed
}

// LinkCitations makes every Label in Markdown a link to its work in chapter 8, also one whose
// punctuation stands there as character references (see report.ShowMarkdown); what is a link already stays.
func LinkCitations(markdown string, works []Work) string {
	// The longest first: a label without a letter behind its year begins one with it.
	works = slices.SortedFunc(slices.Values(works), func(a, b Work) int { return cmp.Compare(len(b.Label()), len(a.Label())) })
	var pairs []string
	for _, w := range works {
		label := w.Label()
		escaped := strings.NewReplacer("&", "&#38;", ".", "&#46;").Replace(label)
		for _, form := range []string{label, escaped} {
			pairs = append(pairs, "["+form+"](", "["+form+"](", form, "["+label+"]("+w.Link()+")")
		}
	}
	return strings.NewReplacer(pairs...).Replace(markdown)
}
