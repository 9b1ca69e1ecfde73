package features

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"thesis.example/lib/dataset"
)

// HSVFile holds the colour statistics of a set's pictures where somebody has
// measured them before, as the thesis had. It is a CSV (UTF-8 or Shift_JIS) with
// the columns
//
//	file                                         as in engagement.csv: dance/001.png, or 001.png where one picture has that name
//	mean_hue,mean_saturation,mean_value          0 to 1, as skimage's rgb2hsv
//	r_mean,r_std,r_skew,r_kurtosis,g_mean,…,b_kurtosis  of grey levels 0 to 255, kurtosis after Fisher (0 for a normal distribution)
//
// in any order and either case; other columns may stand beside them. Every picture
// of the set needs one row, and every row a picture.
const HSVFile = "hsvdata.csv"

// readHSV reads the set's HSVFile, or the one file of nearly that name; nil where there is none. Its error
// is all faults at once.
func readHSV(set *dataset.Set) (map[string]Colour, error) {
	name, _, err := dataset.TableFile(set.Dir, HSVFile)
	if err != nil || name == "" {
		return nil, err
	}
	b, err := dataset.ReadRegular(filepath.Join(set.Dir, name))
	if err != nil {
		return nil, fmt.Errorf("colour statistics: reading %s: %w", name, err)
	}
	fault := func(found, want, fix string) error {
		return dataset.Problems{{File: HSVFile, Row: 1, Found: found, Want: want, Fix: fix + ", or remove the file to have the colours measured"}}
	}
	text, err := dataset.DecodeText(b)
	if err != nil {
		return nil, fault(err.Error(), "a CSV file", `save it as "CSV UTF-8"`)
	}
	want := []string{"file"}
	for _, c := range columns[:colourColumns] {
		want = append(want, c.name)
	}
	r := csv.NewReader(bytes.NewReader(text))
	first, err := r.Read()
	if err != nil {
		return nil, fault("no first line with column names", strings.Join(want, ","), "write the column names into the first line")
	}
	at, err := locate(first, want)
	if err != nil {
		return nil, fault(err.Error(), "the columns "+strings.Join(want, ","), "rename the columns")
	}

	byPath, byName := map[string]string{}, map[string][]string{}
	for _, s := range set.Samples {
		key := norm.NFC.String(s.File)
		byPath[key] = s.File
		byName[path.Base(key)] = append(byName[path.Base(key)], s.File)
	}
	colours, lines := map[string]Colour{}, map[string]int{}
	var problems dataset.Problems
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := r.FieldPos(0)
		add := func(field, found, want, fix string) {
			problems = append(problems, dataset.Problem{File: HSVFile, Row: line, Field: field, Found: found, Want: want, Fix: fix})
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			line = wrong.Line
			add("", wrong.Err.Error(), fmt.Sprintf("%d fields", len(first)), "correct the row")
			if !errors.Is(err, csv.ErrFieldCount) {
				break // what follows a broken quotation cannot be told apart
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("colour statistics: %w", err)
		}
		name := path.Clean(strings.ReplaceAll(norm.NFC.String(strings.TrimSpace(record[at["file"]])), `\`, "/"))
		file, ok := byPath[name]
		if same := byName[name]; !ok && len(same) == 1 {
			file, ok = same[0], true
		} else if len(same) > 1 {
			add("file", fmt.Sprintf("%q, a name of several pictures", name), "a name that says which picture", fmt.Sprintf("write %q", same[0]))
			for _, f := range same {
				lines[f] = line
			}
			continue
		}
		if !ok {
			if len(set.Dropped) == 0 { // else it is the row of a picture that a lenient reading left out
				add("file", fmt.Sprintf("%q, a row without picture", name), "the name of a picture in a genre folder", "add the picture, correct the name, or remove the row")
			}
			continue
		}
		if n, twice := lines[file]; twice {
			add("file", fmt.Sprintf("%q, which row %d has already", name, n), "one row a picture", "remove one of the two rows")
			continue
		}
		lines[file] = line
		var row Row
		for _, c := range columns[:colourColumns] {
			v, want := colourValue(c.name, record[at[c.name]])
			if want != "" {
				add(c.name, fmt.Sprintf("%q for %s", record[at[c.name]], name), want, "correct the cell")
			}
			c.set(&row, v)
		}
		colours[file] = row.Colour
	}
	for _, s := range set.Samples {
		if _, ok := lines[s.File]; !ok {
			problems = append(problems, dataset.Problem{File: s.File, Found: "no row in " + HSVFile, Want: "one row a picture", Fix: "add the row, or remove " + HSVFile + " to have the colours measured"})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return colours, nil
}

// colourValue reads one number; want says what was expected where it cannot be one
// of that column. The ranges catch OpenCV's hue of 0 to 180 and RGB of 0 to 1 alike.
func colourValue(name, s string) (v float64, want string) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	low, high := math.Inf(-1), math.Inf(1)
	switch {
	case strings.HasPrefix(name, "mean_"):
		low, high, want = 0, 1, "a number from 0 to 1"
	case strings.HasSuffix(name, "_mean"):
		low, high, want = 0, 255, "a number from 0 to 255"
	case strings.HasSuffix(name, "_std"):
		low, high, want = 0, 127.5, "a number from 0 to 127.5"
	default:
		want = "a number"
	}
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < low || v > high {
		return 0, want
	}
	return v, ""
}
