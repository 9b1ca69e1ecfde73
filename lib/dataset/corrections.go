package dataset

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NoText is what the cell text of corrections.csv holds where a picture has no text: an
// empty cell keeps what was read.
const NoText = "-"

// Correction is what somebody who looked at a picture says against its measurement. A
// field that is nil keeps what was measured; one of them is not.
type Correction struct {
	Faces *int
	// The pieces of text in reading order, a space between two; "" for none.
	Text *string
}

// fingerprint writes what distinguishes the correction from every other one.
func (c Correction) fingerprint(w io.Writer) {
	if c.Faces != nil {
		fmt.Fprintf(w, " faces %d\n", *c.Faces)
	}
	if c.Text != nil {
		fmt.Fprintf(w, " text %q\n", *c.Text)
	}
}

// CorrectedByHand says how many face counts and how many texts of the set were.
func (s *Set) CorrectedByHand() (faces, texts int) {
	for _, c := range s.Corrections {
		if c.Faces != nil {
			faces++
		}
		if c.Text != nil {
			texts++
		}
	}
	return faces, texts
}

// Corrected is the sentence that says how many numbers of the set were corrected by hand,
// "" where none was.
func (s *Set) Corrected() string {
	faces, texts := s.CorrectedByHand()
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{faces, "face count"}, {texts, "text"}} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.what)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.what))
		}
	}
	were := "were"
	switch {
	case len(parts) == 0:
		return ""
	case faces+texts == 1:
		were = "was"
	}
	return fmt.Sprintf("%s %s corrected by hand (%s).", strings.Join(parts, " and "), were, CorrectionsFile)
}

var corrections = csvTable[Correction]{CorrectionsFile, []string{"file", "face_count", "text"}, map[string]string{
	"faces": "face_count", "face": "face_count", "顔": "face_count", "テキスト": "text", "文字": "text",
}, parseCorrection}

// readCorrections reads what the folder's corrections.csv says about its pictures, and what came of
// reading; nothing where there is no such file. None of its faults costs a picture: a row at fault is
// not followed, and of several rows of one picture the first without fault is. A file that cannot be read
// or lacks a column leaves no set, lenient or not: what somebody has corrected must not
// go back to what it was unnoticed.
func readCorrections(dir string, pictures *pictureNames) (map[string]Correction, content[Correction]) {
	if file, _, err := TableFile(dir, CorrectionsFile); file == "" && err == nil {
		return nil, content[Correction]{}
	}
	table := corrections.read(dir)
	found := corrections.join(&table, pictures, false)
	for i := range table.problems {
		table.problems[i].sample, table.problems[i].others = "", nil
	}
	return found, table
}

func parseCorrection(cell func(column string) string) (c Correction, faults Problems) {
	faces, text := cell("face_count"), strings.Join(strings.Fields(cell("text")), " ")
	if faces == "" && text == "" {
		return c, Problems{{Found: "neither a face_count nor a text", Want: "what is to be corrected in one of the two", Fix: "fill in a cell, or remove the row"}}
	}
	if faces != "" {
		n, err := parseFaces(faces)
		if err != nil {
			faults = append(faults, Problem{Field: "face_count", Found: err.Error(), Want: "a number of faces, 0, 1, 2, …, or nothing to keep what was measured", Fix: "correct the cell"})
		}
		c.Faces = &n
	}
	if text != "" {
		if norm.NFKC.String(text) == NoText {
			text = ""
		}
		c.Text = &text
	}
	return c, faults
}

// parseFaces reads a count without a unit: 3K are likes, not faces.
func parseFaces(cell string) (int, error) {
	n, err := parseNumber(cell)
	if err != nil {
		return 0, err
	}
	if last, _ := utf8.DecodeLastRuneInString(cell); !unicode.IsDigit(last) {
		return 0, fmt.Errorf("%q, a count with a unit", cell)
	}
	return int(n), nil
}
