package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// columns of engagement.csv. Others may stand beside them and are not read.
var columns = []string{"file", "likes", "saves", "comments"}

// row is one line of engagement.csv.
type row struct {
	line                   int
	file                   string
	likes, saves, comments int64
	bad                    bool
	faults                 []Problem
}

// problems are the row's faults, laid at the door of the given picture.
func (r row) problems(sample string) Problems {
	ps := slices.Clone(r.faults)
	for i := range ps {
		ps[i].sample = sample
	}
	return ps
}

// readEngagement reads the table: UTF-8 with or without byte order mark, or
// Shift_JIS, as Excel writes it in Japan; LF or CRLF. A row with faults carries
// them, since only the join knows whether its picture exists.
func readEngagement(file string) ([]row, Problems) {
	unreadable := func(found, fix string) Problems {
		return Problems{{File: EngagementFile, Found: found, Want: "a CSV file with the columns " + strings.Join(columns, ","), Fix: fix, folder: true}}
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, unreadable("the file is missing", "write one row a picture into it")
	}
	if err != nil {
		return nil, unreadable(err.Error(), "make the file readable")
	}
	text, err := DecodeText(data)
	if err != nil {
		return nil, unreadable(err.Error(), `save it as "CSV UTF-8"`)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if err != nil {
		return nil, unreadable("no header line", "write the column names into the first line")
	}
	at := map[string]int{}
	var problems Problems
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := at[name]; twice && slices.Contains(columns, name) {
			problems = append(problems, Problem{File: EngagementFile, Row: 1, Field: name, Found: "the column stands there twice", Want: "each column once", Fix: "remove or rename one of the two", folder: true})
		}
		at[name] = i
	}
	for _, name := range columns {
		if _, ok := at[name]; !ok {
			problems = append(problems, Problem{File: EngagementFile, Row: 1, Field: name, Found: fmt.Sprintf("no such column among %q", strings.Join(header, ",")), Want: "the columns " + strings.Join(columns, ",") + ", separated by commas", Fix: "add the column, or correct its name", folder: true})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	var rows []row
	for {
		record, err := r.Read()
		if err == io.EOF {
			return rows, problems
		}
		if err != nil {
			line := 0
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				line, err = parse.StartLine, parse.Err
			}
			return rows, append(problems, Problem{File: EngagementFile, Row: line, Found: err.Error() + "; the rows from here on were not read", Want: "quotation marks in pairs", Fix: "correct the row", folder: true})
		}
		line, _ := r.FieldPos(0)
		if isBlank(record) {
			continue
		}
		rows = append(rows, parseRow(line, record, at))
	}
}

// isBlank says whether a record is a line of nothing but commas, as spreadsheets
// leave below their tables.
func isBlank(record []string) bool {
	return !slices.ContainsFunc(record, func(f string) bool { return strings.TrimSpace(f) != "" })
}

func parseRow(line int, record []string, at map[string]int) row {
	r := row{line: line}
	field := func(name string) string {
		if at[name] < len(record) {
			return strings.TrimSpace(record[at[name]])
		}
		return ""
	}
	r.file = field("file")
	for _, c := range []struct {
		name string
		to   *int64
	}{{"likes", &r.likes}, {"saves", &r.saves}, {"comments", &r.comments}} {
		n, err := ParseCount(field(c.name))
		if err != nil {
			r.bad = true
			r.faults = append(r.faults, Problem{File: EngagementFile, Row: line, Field: c.name, Found: err.Error(), Want: "a count of 0 or more such as 29500, 29,500, 29.5K, 1.2M, 3.4万 or 1.3億", Fix: "correct the cell"})
			continue
		}
		*c.to = n
	}
	return r
}

// DecodeText gives the UTF-8 of a table that a spreadsheet wrote: UTF-8, with a byte order mark or
// without, or Shift_JIS.
func DecodeText(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return nil, errors.New("the text is UTF-16")
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if utf8.Valid(data) {
		return data, nil
	}
	text, err := japanese.ShiftJIS.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, errors.New("the text is neither UTF-8 nor Shift_JIS")
	}
	return text, nil
}

// countPattern is a number as people copy it from the app: digits, or digits in
// groups of three, a decimal part, a unit.
var countPattern = regexp.MustCompile(`^\+?([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]+)?\s*([KMB千万億]?)$`)

// units of counts: the app's English and Japanese abbreviations.
var units = map[string]int64{"": 1, "K": 1e3, "M": 1e6, "B": 1e9, "千": 1e3, "万": 1e4, "億": 1e8}

// ParseCount reads a count as the app shows it: 29500, 29,500, 29.5K, 1.2M, 3.4万,
// 1.3億; full-width digits too. A count with a unit is rounded to a whole number;
// one without must be whole.
func ParseCount(text string) (int64, error) {
	s := strings.ToUpper(strings.TrimSpace(norm.NFKC.String(text)))
	if s == "" {
		return 0, errors.New("an empty cell")
	}
	m := countPattern.FindStringSubmatch(s)
	if m == nil {
		if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−") {
			return 0, fmt.Errorf("%q, a negative number", text)
		}
		return 0, fmt.Errorf("%q, not a count", text)
	}
	value, ok := new(big.Rat).SetString(strings.ReplaceAll(m[1], ",", "") + m[2])
	if !ok {
		return 0, fmt.Errorf("%q, not a count", text)
	}
	value.Mul(value, new(big.Rat).SetInt64(units[m[3]]))
	if m[3] == "" && !value.IsInt() {
		return 0, fmt.Errorf("%q, a fraction without a unit", text)
	}
	if value.Cmp(new(big.Rat).SetInt64(math.MaxInt64/2)) > 0 {
		return 0, fmt.Errorf("%q, larger than any count", text)
	}
	half := big.NewRat(1, 2)
	value.Add(value, half)
	return new(big.Int).Quo(value.Num(), value.Denom()).Int64(), nil
}
