// Package features measures the metadata vector of Table 4.1 from a labelled set
// of screenshots: colour from the pixels, faces by CenterFace, text by PP-OCR, and the
// engagement numbers that come with the set.
//
// A Table is the hand-over to everything after it. It is written to and read from
// CSV without loss; this is what its columns hold:
//
//	file             slash path of the picture below the set's folder
//	genre            the folder that holds it
//	mean_hue         mean over the pixels of skimage's rgb2hsv, 0 to 1,
//	mean_saturation    see Colour
//	mean_value
//	r_mean … b_kurtosis  mean, std, skew, kurtosis of the grey levels, see Moments
//	likes, saves, comments  as engagement.csv has them
//	face_count       faces that DetectFaces finds
//	text_len         characters (code points) of the column text, the spaces between words included
//	word_count       words in text: visually separate pieces of text, see Text
//	has_text         1 where there is any word, else 0
//	keyword_count    different keywords among them: words of two characters or more, one of them a letter
//	hashtag_count    hashtags: a # with a letter or digit after it
//	face_score       the lowest score of a face that counts, 0 to 1; 0 where there is no face
//	text_score       the lowest score of a piece of text that counts, 0 to 1; 0 where there is none
//	corrected        what corrections.csv says in place of the measurement, whose the two scores
//	                   stay: face_count, text, or the two with a space between; else empty
//	text             the words in reading order, lower-cased, a space between two
package features

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
)

// Row is the metadata of one picture.
type Row struct {
	File, Genre string
	Colour
	Likes, Saves, Comments float64
	Faces                  int
	Text                   Text
	// The lowest scores behind the numbers of faces and text, 0 where there is none: what
	// is near the limits (faceScore, lineScore) is worth a look.
	FaceScore, TextScore float64
	// Whether Faces and Text are not as measured, but as corrected by hand.
	FacesCorrected, TextCorrected bool
}

// Table is the metadata of a set, a row a picture, in the set's order.
type Table struct {
	Rows []Row
}

// column is one numeric column: its name in the CSV, and where a row keeps it.
// Whole columns hold counts.
type column struct {
	name  string
	whole bool
	get   func(*Row) float64
	set   func(*Row, float64)
}

// columns are the numeric columns in the CSV's order: file and genre come before, corrected and text after.
var columns = numericColumns()

func numericColumns() []column {
	float := func(name string, at func(*Row) *float64) column {
		return column{name, false, func(r *Row) float64 { return *at(r) }, func(r *Row, v float64) { *at(r) = v }}
	}
	whole := func(name string, at func(*Row) *int) column {
		return column{name, true, func(r *Row) float64 { return float64(*at(r)) }, func(r *Row, v float64) { *at(r) = int(v) }}
	}
	c := []column{
		float("mean_hue", func(r *Row) *float64 { return &r.Hue }),
		float("mean_saturation", func(r *Row) *float64 { return &r.Sat }),
		float("mean_value", func(r *Row) *float64 { return &r.Val }),
	}
	for _, ch := range []struct {
		name string
		at   func(*Row) *Moments
	}{
		{"r", func(r *Row) *Moments { return &r.R }},
		{"g", func(r *Row) *Moments { return &r.G }},
		{"b", func(r *Row) *Moments { return &r.B }},
	} {
		c = append(c,
			float(ch.name+"_mean", func(r *Row) *float64 { return &ch.at(r).Mean }),
			float(ch.name+"_std", func(r *Row) *float64 { return &ch.at(r).Std }),
			float(ch.name+"_skew", func(r *Row) *float64 { return &ch.at(r).Skew }),
			float(ch.name+"_kurtosis", func(r *Row) *float64 { return &ch.at(r).Kurtosis }))
	}
	return append(c,
		float("likes", func(r *Row) *float64 { return &r.Likes }),
		float("saves", func(r *Row) *float64 { return &r.Saves }),
		float("comments", func(r *Row) *float64 { return &r.Comments }),
		whole("face_count", func(r *Row) *int { return &r.Faces }),
		whole("text_len", func(r *Row) *int { return &r.Text.Len }),
		whole("word_count", func(r *Row) *int { return &r.Text.Words }),
		column{"has_text", true, func(r *Row) float64 { return indicator(r.Text.Has) }, func(r *Row, v float64) { r.Text.Has = v != 0 }},
		whole("keyword_count", func(r *Row) *int { return &r.Text.Keywords }),
		whole("hashtag_count", func(r *Row) *int { return &r.Text.Hashtags }),
		float("face_score", func(r *Row) *float64 { return &r.FaceScore }),
		float("text_score", func(r *Row) *float64 { return &r.TextScore }))
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// colourColumns are the first fifteen of columns: what hsvdata.csv holds.
const colourColumns = 15

// header is the CSV's first line.
func header() []string {
	h := []string{"file", "genre"}
	for _, c := range columns {
		h = append(h, c.name)
	}
	return append(h, "corrected", "text")
}

// Column returns the numeric column of that name, a value a row. An unknown name
// is an error that lists the names.
func (t *Table) Column(name string) ([]float64, error) {
	for _, c := range columns {
		if c.name != name {
			continue
		}
		out := make([]float64, len(t.Rows))
		for i := range t.Rows {
			out[i] = c.get(&t.Rows[i])
		}
		return out, nil
	}
	names := header()
	return nil, fmt.Errorf("no numeric column %q in the metadata table; the columns are %s", name, strings.Join(names[2:len(names)-2], ", "))
}

// Experiment1 is the metadata vector of Experiment 1 (Table 4.1): the three HSV
// means, mean, std, skew and kurtosis of R, G and B, and likes. x is rows × 16,
// unscaled.
func (t *Table) Experiment1() (names []string, x [][]float64) {
	return t.vector("mean_hue", "mean_saturation", "mean_value",
		"r_mean", "r_std", "r_skew", "r_kurtosis",
		"g_mean", "g_std", "g_skew", "g_kurtosis",
		"b_mean", "b_std", "b_skew", "b_kurtosis",
		"likes")
}

// Experiment2 is the metadata vector of Experiment 2 (Table 4.1): the three HSV
// means, mean and std of R, G and B, the three engagement numbers, the number of
// faces and three numbers about the text. x is rows × 16, unscaled.
func (t *Table) Experiment2() (names []string, x [][]float64) {
	return t.vector("mean_hue", "mean_saturation", "mean_value",
		"r_mean", "r_std", "g_mean", "g_std", "b_mean", "b_std",
		"likes", "saves", "comments",
		"face_count",
		"text_len", "has_text", "keyword_count")
}

func (t *Table) vector(names ...string) ([]string, [][]float64) {
	x := make([][]float64, len(t.Rows))
	for i := range x {
		x[i] = make([]float64, len(names))
	}
	for j, name := range names {
		values, err := t.Column(name)
		if err != nil {
			panic(err) // the two lists above name columns only
		}
		for i, v := range values {
			x[i][j] = v
		}
	}
	return names, x
}

// WriteCSV writes the table as UTF-8 without BOM. Every number is written with as
// many digits as it takes to read back the same.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write(header())
	for i := range t.Rows {
		r := &t.Rows[i]
		line := []string{r.File, r.Genre}
		for _, col := range columns {
			line = append(line, strconv.FormatFloat(col.get(r), 'f', -1, 64))
		}
		c.Write(append(line, r.corrected(), r.Text.Text))
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write the metadata table: %w", err)
	}
	return nil
}

// ReadCSV reads what WriteCSV wrote, or the same columns in another order; a
// column that it does not know, a missing one or a field that is no number is an
// error with line and column.
func ReadCSV(r io.Reader) (*Table, error) {
	c := csv.NewReader(r)
	first, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("metadata table: empty; make it with: go run ./lib/cmd/thesis features -o FILE")
	}
	if err != nil {
		return nil, fmt.Errorf("metadata table: %w", err)
	}
	first[0] = strings.TrimPrefix(first[0], "\ufeff") // what a spreadsheet puts there
	at, err := locate(first, header())
	if err != nil {
		return nil, fmt.Errorf("metadata table: %w", err)
	}
	if len(at) != len(first) {
		return nil, fmt.Errorf("metadata table: %d columns, expected %d: %s", len(first), len(at), strings.Join(header(), ","))
	}
	t := &Table{}
	for {
		line, err := c.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("metadata table: %w", err)
		}
		row := Row{File: line[at["file"]], Genre: line[at["genre"]], Text: Text{Text: line[at["text"]]}}
		for _, col := range columns {
			v, err := number(col, line[at[col.name]])
			if err != nil {
				n, _ := c.FieldPos(at[col.name])
				return nil, fmt.Errorf("metadata table: line %d, %s, %s: %w", n, row.File, col.name, err)
			}
			col.set(&row, v)
		}
		if err := row.setCorrected(line[at["corrected"]]); err != nil {
			n, _ := c.FieldPos(at["corrected"])
			return nil, fmt.Errorf("metadata table: line %d, %s, corrected: %w", n, row.File, err)
		}
		t.Rows = append(t.Rows, row)
	}
}

// locate finds the columns of a CSV by the names in its first line, in any order.
func locate(first, want []string) (map[string]int, error) {
	at := make(map[string]int, len(want))
	for i, name := range first {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := at[name]; twice {
			return nil, fmt.Errorf("line 1: column %q is there twice; expected once", name)
		}
		at[name] = i
	}
	var missing []string
	for _, name := range want {
		if _, ok := at[name]; !ok {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("line 1: no column %s; expected %s", strings.Join(missing, ", "), strings.Join(want, ","))
	}
	return at, nil
}

func number(c column, s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	if c.whole && (v < 0 || v != math.Trunc(v)) {
		return 0, fmt.Errorf("%q is not a count; expected 0, 1, 2, …", s)
	}
	return v, nil
}

// Save writes the table as CSV to a file: all of it or, on an error, nothing.
func (t *Table) Save(file string) error {
	var b bytes.Buffer
	if err := t.WriteCSV(&b); err != nil {
		return err
	}
	write := func(file string, b []byte) error { return renameio.WriteFile(file, b, 0o644) }
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		write = func(file string, b []byte) error { return os.WriteFile(file, b, 0o644) } // a pipe or device stays one
	}
	if err := write(file, b.Bytes()); err != nil {
		return fmt.Errorf("write the metadata table: %w", err)
	}
	return nil
}
