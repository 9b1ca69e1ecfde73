package ledger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func literature(t *testing.T) []Work {
	t.Helper()
	works, err := Literature()
	if err != nil {
		t.Fatal(err)
	}
	return works
}

var identifier = regexp.MustCompile(`^(doi:10\.\d{4,9}/\S+|arXiv:\d\d(0[1-9]|1[0-2])\.\d{4,5}|ISBN:[\d-]+[\dX])$`)

func TestLiterature(t *testing.T) {
	works := literature(t)
	ids, identifiers := map[string]bool{}, map[string]bool{}
	numbers, others := []int{}, false
	for _, w := range works {
		if ids[w.ID] {
			t.Errorf("%s stands there twice", w.ID)
		}
		ids[w.ID] = true
		if !regexp.MustCompile(fmt.Sprintf(`^[a-z]+%d[a-z]?$`, w.Year)).MatchString(w.ID) {
			t.Errorf("the id %q is not a name and %d", w.ID, w.Year)
		}
		if len(w.Authors) == 0 || slices.Contains(w.Authors, "") || w.Year < 1900 || w.Title == "" || w.Venue == "" {
			t.Errorf("%s lacks authors, year, title or venue", w.ID)
		}
		switch {
		case w.Identifier == "" && w.Note == "":
			t.Errorf("%s has no identifier, and no note says why", w.ID)
		case w.Identifier == "":
		case !identifier.MatchString(w.Identifier):
			t.Errorf("%s: %q is no doi:, arXiv: or ISBN:", w.ID, w.Identifier)
		case identifiers[w.Identifier]:
			t.Errorf("%s: another work has %s too", w.ID, w.Identifier)
		case strings.HasPrefix(w.Identifier, "ISBN:") && !validISBN(w.Identifier):
			t.Errorf("%s: the check digit of %s is wrong", w.ID, w.Identifier)
		}
		identifiers[w.Identifier] = true
		confirmed := []string{StoredPage, FromKnowledge, Unverified}
		if !slices.Contains(confirmed, w.Checked) {
			t.Errorf("%s: checked %q", w.ID, w.Checked)
		}
		cited := w.Thesis
		if cited == nil {
			others = true
			if w.Use == "" {
				t.Errorf("%s: neither the thesis nor this project uses it", w.ID)
			}
			continue
		}
		if others {
			t.Errorf("%s: the thesis' works come first", w.ID)
		}
		if cited.Number > 0 {
			numbers = append(numbers, cited.Number)
		}
		if cited.Takes == "" || cited.Why == "" || !slices.Contains(confirmed, cited.WhyChecked) ||
			!slices.Contains([]string{"yes", "in part", "no", "not cited", "cannot be told"}, cited.Says) {
			t.Errorf("%s: incomplete: %+v", w.ID, *cited)
		}
		if cited.Number == 0 && len(cited.Where) == 0 {
			t.Errorf("%s: neither listed nor cited", w.ID)
		}
		for _, section := range cited.Where {
			if !regexp.MustCompile(`^[1-7]\.\d(\.\d)?$`).MatchString(section) {
				t.Errorf("%s: %q is no section of the thesis", w.ID, section)
			}
		}
	}
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("the thesis' list has the numbers %v, want 1 to 17", numbers)
		}
	}
	if len(numbers) != 17 {
		t.Errorf("%d works of the thesis' list, which has 17", len(numbers))
	}
}

// validISBN checks the last digit of an ISBN of 10 or 13 digits.
func validISBN(s string) bool {
	sum, n := 0, 0
	digits := strings.ReplaceAll(strings.TrimPrefix(s, "ISBN:"), "-", "")
	for _, d := range digits {
		v := int(d - '0')
		if d == 'X' {
			v = 10
		}
		switch {
		case len(digits) == 10:
			v *= 10 - n
		case n%2 == 1:
			v *= 3
		}
		sum += v
		n++
	}
	return n == 10 && sum%11 == 0 || n == 13 && sum%10 == 0
}

func TestValidISBN(t *testing.T) {
	for s, want := range map[string]bool{"ISBN:0-306-40615-2": true, "ISBN:0-8044-2957-X": true, "ISBN:978-0-306-40615-7": true, "ISBN:978-0-306-40615-8": false, "ISBN:0-306-40615-3": false, "ISBN:306-40615-2": false} {
		if got := validISBN(s); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}

func TestLinkCitations(t *testing.T) {
	works := []Work{
		{ID: "wilson1927", Authors: []string{"Wilson, Edwin B."}, Year: 1927},
		{ID: "nadeau2003", Authors: []string{"Nadeau, Claude", "Bengio, Yoshua"}, Year: 2003},
		{ID: "touvron2021", Authors: []string{"Touvron, Hugo", "B", "C"}, Year: 2021},
		{ID: "touvron2021b", Authors: []string{"Touvron, Hugo", "B", "C"}, Year: 2021},
	}
	for text, want := range map[string]string{
		"(Wilson 1927)":                                         "([Wilson 1927](08-references.ipynb#cell-id=wilson1927))",
		"by Nadeau & Bengio 2003":                               "by [Nadeau & Bengio 2003](08-references.ipynb#cell-id=nadeau2003)",
		"Nadeau &#38; Bengio 2003":                              "[Nadeau & Bengio 2003](08-references.ipynb#cell-id=nadeau2003)",
		"Touvron et al. 2021":                                   "[Touvron et al. 2021](08-references.ipynb#cell-id=touvron2021)",
		"Touvron et al&#46; 2021b":                              "[Touvron et al. 2021b](08-references.ipynb#cell-id=touvron2021b)",
		"[Wilson 1927](08-references.ipynb#cell-id=wilson1927)": "[Wilson 1927](08-references.ipynb#cell-id=wilson1927)",
		"Wilson in 1927":                                        "Wilson in 1927",
	} {
		if got := LinkCitations(text, works); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

// What the thesis' list was found to be wrong in.
func TestReferencesTable(t *testing.T) {
	works := literature(t)
	header, rows := ReferencesTable(works)
	text := fmt.Sprint(header, rows)
	for _, want := range []string{"2203.12221", "Hongxia Yang", "徳永匡臣", "Wu et al. 2022", "Wang et al. 2024", "nowhere"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q", want)
		}
	}
	listed, cited, wrong, missing, unconfirmed := CountReferences(works)
	if len(rows) != listed+missing || listed != 17 || missing != 2 || cited >= listed || wrong == 0 || unconfirmed != 2 {
		t.Errorf("%d rows; %d listed, %d cited, %d wrong, %d missing, %d unconfirmed", len(rows), listed, cited, wrong, missing, unconfirmed)
	}
}
