// Package ledger holds every number that the thesis publishes beside the number
// that this software computes from the data in use.
package ledger

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"thesis.example/lib/dataset"
	"thesis.example/lib/setup"
)

// Verdicts of an entry.
const (
	Within      = "within tolerance"
	Outside     = "outside tolerance"
	NotMeasured = "not measured" // the data lack what the number is about, such as a genre
)

// Entry is one published number and ours.
type Entry struct {
	ID        string  `json:"id"`       // "4.2-likes-mean"
	Chapter   int     `json:"chapter"`  // of the thesis
	Where     string  `json:"where"`    // "Table 4.2"
	Quantity  string  `json:"quantity"` // "likes, mean"
	Published float64 `json:"published"`
	Ours      float64 `json:"ours"`      // NaN, in JSON null, where not measured
	Tolerance float64 `json:"tolerance"` // largest |ours − published| that counts as agreement
	Verdict   string  `json:"verdict"`
	Data      string  `json:"data"`          // what ours was computed from, see DataName
	Why       string  `json:"why,omitempty"` // why it is not measured

	row, column string // its place in the thesis' table
}

// MarshalJSON writes an unmeasured value as null, since JSON has no NaN.
func (e Entry) MarshalJSON() ([]byte, error) {
	type plain Entry
	out := struct {
		plain
		Ours *float64 `json:"ours"`
	}{plain: plain(e)}
	if e.Verdict != NotMeasured {
		out.Ours = &e.Ours
	}
	return json.Marshal(out)
}

// DataName is how results name a data set: stand-in data never pass for pictures.
func DataName(set *dataset.Set) string {
	if set.StandIn {
		return "stand-in data"
	}
	return filepath.Base(filepath.Clean(set.Dir))
}

// book collects the entries of one chapter.
type book struct {
	chapter int
	data    string
	entries []Entry
	why     string // of the entries that are not measured
}

// add enters one number. tolerance is absolute; see relative.
func (b *book) add(where, row, column string, published, ours, tolerance float64) {
	e := Entry{Chapter: b.chapter, Where: where, Quantity: row + ", " + column, Published: published, Ours: ours, Tolerance: tolerance, Data: b.data, row: row, column: column}
	section := strings.NewReplacer("Table ", "", "Section ", "", "Figure ", "figure-").Replace(where)
	e.ID = strings.NewReplacer(" ", "-", ", ", "-").Replace(section + "-" + row + "-" + column)
	// The comparison forgives the rounding of the subtraction itself.
	switch diff := math.Abs(ours - published); {
	case math.IsNaN(diff):
		e.Verdict, e.Why = NotMeasured, b.why
	case diff <= tolerance*(1+1e-12)+1e-12:
		e.Verdict = Within
	default:
		e.Verdict = Outside
	}
	b.entries = append(b.entries, e)
}

// Find is the entry of that id.
func Find(entries []Entry, id string) (Entry, bool) {
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		return Entry{}, false
	}
	return entries[i], true
}

// WhyNot says below a table what its ✗ means, where it has one, and why numbers are not measured; with where
// "" the latter of all tables. It is "" where there is nothing to say.
func WhyNot(entries []Entry, where string) string {
	var said, reasons []string
	if slices.ContainsFunc(entries, func(e Entry) bool { return e.Where == where && e.Verdict == Outside }) {
		said = append(said, "✗: "+marks[where]+".")
	}
	for _, e := range entries {
		if (where == "" || e.Where == where) && e.Verdict == NotMeasured && e.Why != "" && !slices.Contains(reasons, e.Why) {
			reasons = append(reasons, e.Why)
		}
	}
	if len(reasons) > 0 {
		said = append(said, "Not compared: "+strings.Join(reasons, "; ")+".")
	}
	return strings.Join(said, " ")
}

// Count says how many entries have each verdict.
func Count(entries []Entry) (within, outside, notMeasured int) {
	for _, e := range entries {
		switch e.Verdict {
		case Within:
			within++
		case Outside:
			outside++
		default:
			notMeasured++
		}
	}
	return within, outside, notMeasured
}

// Table lays out the entries of one table as the thesis does, each row three times:
// published, ours, difference (ours − published). Each column has the decimals of its most exact published
// number, so that ours are read to the digits that the thesis gives. Where the rows are of different
// quantities (mixed), the first column is headed "quantity" and each of them has decimals of its own.
func Table(entries []Entry, where string) (header []string, rows [][]string) {
	header = []string{"", ""}
	type cell struct{ row, column string }
	cells := map[cell]Entry{}
	var names []string
	for _, e := range entries {
		if e.Where != where {
			continue
		}
		if !slices.Contains(names, e.row) {
			names = append(names, e.row)
		}
		if !slices.Contains(header, e.column) {
			header = append(header, e.column)
		}
		cells[cell{e.row, e.column}] = e
	}
	digits := map[string]int{} // by column, in a mixed table by row
	for c, e := range cells {
		line := c.column
		if mixed[where] {
			line = c.row
		}
		digits[line] = max(digits[line], decimals(e.Published))
	}
	if mixed[where] {
		header[0] = "quantity"
	}
	for _, name := range names {
		published, ours, difference := []string{name, "published"}, []string{"", "ours"}, []string{"", "difference"}
		for _, column := range header[2:] {
			e, ok := cells[cell{name, column}]
			if !ok {
				e.Published, e.Ours, e.Verdict = math.NaN(), math.NaN(), NotMeasured
			}
			mark := ""
			if e.Verdict == Outside {
				mark = " ✗"
			}
			n := digits[column]
			if mixed[where] {
				n = digits[name]
			}
			published = append(published, fixed(e.Published, n))
			ours = append(ours, fixed(e.Ours, n))
			difference = append(difference, signed(e.Ours-e.Published, n)+mark)
		}
		rows = append(rows, published, ours, difference)
	}
	return header, rows
}

// mixed are the tables whose rows are of different quantities.
var mixed = map[string]bool{"Table 4.2": true}

// decimals is how many digits behind the point a number was published with.
func decimals(published float64) int {
	if math.IsNaN(published) {
		return 0
	}
	_, fraction, found := strings.Cut(strconv.FormatFloat(published, 'f', -1, 64), ".")
	if !found {
		return 0
	}
	return len(fraction)
}

// fixed writes v with n decimals, in groups of three.
func fixed(v float64, n int) string {
	if math.IsNaN(v) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', n, 64)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if v < 0 && !isZero(whole) {
		whole = "−" + whole
	}
	return whole
}

// isZero says whether a formatted number has rounded to nothing: it has no sign then.
func isZero(s string) bool { return strings.Trim(s, "0.") == "" }

// signed formats a difference.
func signed(v float64, n int) string {
	s := fixed(v, n)
	if v > 0 && !isZero(s) {
		s = "+" + s
	}
	return s
}

// Reference is data/reference/thesis.json: what the thesis publishes.
type Reference struct {
	Classes  []string `json:"classes"`
	PerClass int      `json:"n_per_class"`

	Metadata map[string]struct {
		HSV        int      `json:"hsv"`
		RGBMeanStd int      `json:"rgb_mean_std"`
		RGBMoments int      `json:"rgb_mean_std_skew_kurtosis"`
		Impression []string `json:"impression"`
		Total      int      `json:"total"`

		Face json.RawMessage `json:"face"` // 0 or the list of columns
		Text json.RawMessage `json:"text"`
	} `json:"table_4_1_metadata"`

	Overall map[string]struct{ Mean, Std, Min, Median, Max float64 } `json:"table_4_2_overall"`

	Section441 struct {
		PearsonR float64                                           `json:"pearson_r_saves_likes"`
		Lines    map[string]struct{ Slope, Intercept, R2 float64 } `json:"log10_likes_on_log10_saves"`
	} `json:"section_4_4_1"`

	Likes map[string]struct {
		Mean, Std float64
		N         int
	} `json:"table_4_3_likes"`

	HSV   map[string]struct{ Hue, Saturation, Value [2]float64 } `json:"table_4_4_hsv_mean_std"`
	Faces map[string][2]float64                                  `json:"table_4_5_faces_mean_std"`

	Text map[string]struct {
		TextLen   [2]float64 `json:"text_len"`
		WordCount [2]float64 `json:"word_count"`
		Hashtags  float64    `json:"hashtags"`
	} `json:"table_4_6_text_mean_std"`

	Keywords map[string][]Keyword `json:"table_4_7_keywords"`

	Experiment1 map[string]struct {
		AccuracyMean float64 `json:"accuracy_mean"`
		AccuracyStd  float64 `json:"accuracy_std"`
		LossMean     float64 `json:"loss_mean"`
		LossStd      float64 `json:"loss_std"`
		Correct      int     `json:"pooled_correct_of_300"`
	} `json:"table_5_1_experiment_1"`

	Experiment2 map[string]struct {
		Accuracy float64
		F1       float64
		Correct  int `json:"pooled_correct_of_300"`
	} `json:"table_6_1_experiment_2"`

	Confusion struct {
		ViTSingle int `json:"vit_gourmet_correct_single"`
		ViTHybrid int `json:"vit_gourmet_correct_hybrid"`
	} `json:"figure_6_3_confusion"`
}

// Keyword is a word of Table 4.7 and how often it was counted; in JSON ["東京", 13].
type Keyword struct {
	Word  string
	Count int
}

func (k *Keyword) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&k.Word, &k.Count})
}

// Published reads the reference.
func Published() (*Reference, error) {
	root, err := setup.Root()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(root, "data", "reference", "thesis.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the published numbers: %w", err)
	}
	var r Reference
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("reading the published numbers in %s: %w", file, err)
	}
	return &r, nil
}
