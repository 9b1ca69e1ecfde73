package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// csvTable is a CSV file of the data folder that holds a row a picture.
type csvTable[T any] struct {
	name    string
	columns []string // the first is file; others may stand beside them and are not read
	// parse reads one row; cell is the trimmed content of a column. Its faults lack what
	// the table knows: file, row and picture.
	parse func(cell func(column string) string) (T, Problems)
}

// row is one line of a table. A row with faults carries them, since only the join knows
// whether its picture exists.
type row[T any] struct {
	line   int
	file   string
	value  T
	faults Problems
}

// read reads the table below dir: UTF-8 with or without byte order mark, or Shift_JIS, as
// Excel writes it in Japan; LF or CRLF.
func (t csvTable[T]) read(dir string) ([]row[T], Problems) {
	unreadable := func(found, fix string) Problems {
		return Problems{{File: t.name, Found: found, Want: "a CSV file with the columns " + strings.Join(t.columns, ","), Fix: fix, folder: true}}
	}
	data, err := os.ReadFile(filepath.Join(dir, t.name))
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
		if _, twice := at[name]; twice && slices.Contains(t.columns, name) {
			problems = append(problems, Problem{File: t.name, Row: 1, Field: name, Found: "the column stands there twice", Want: "each column once", Fix: "remove or rename one of the two", folder: true})
		}
		at[name] = i
	}
	for _, name := range t.columns {
		if _, ok := at[name]; !ok {
			problems = append(problems, Problem{File: t.name, Row: 1, Field: name, Found: fmt.Sprintf("no such column among %q", strings.Join(header, ",")), Want: "the columns " + strings.Join(t.columns, ",") + ", separated by commas", Fix: "add the column, or correct its name", folder: true})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	var rows []row[T]
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
			return rows, append(problems, Problem{File: t.name, Row: line, Found: err.Error() + "; the rows from here on were not read", Want: "quotation marks in pairs", Fix: "correct the row", folder: true})
		}
		line, _ := r.FieldPos(0)
		if isBlank(record) {
			continue
		}
		cell := func(column string) string {
			if i, ok := at[column]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		value, faults := t.parse(cell)
		if extra := surplus(record, len(header)); extra > 0 {
			faults = append(faults, Problem{Found: fmt.Sprintf("%d cells, %d more than the first line names: %.80q", len(header)+extra, extra, strings.Join(record, ",")), Want: fmt.Sprintf("%d cells", len(header)), Fix: `put a cell that holds commas into quotation marks: "29,500"`})
		}
		for i := range faults {
			faults[i].File, faults[i].Row = t.name, line
		}
		rows = append(rows, row[T]{line, cell("file"), value, faults})
	}
}

// surplus is how many cells of a record, the empty ones at its end apart, stand behind the header's.
func surplus(record []string, header int) int {
	last := len(record)
	for last > 0 && strings.TrimSpace(record[last-1]) == "" {
		last--
	}
	return max(0, last-header)
}

// isBlank says whether a record is a line of nothing but commas, as spreadsheets
// leave below their tables.
func isBlank(record []string) bool {
	return !slices.ContainsFunc(record, func(f string) bool { return strings.TrimSpace(f) != "" })
}

// join finds each picture's row. A row names its picture as genre/picture or, where
// that is unique, as picture alone; case-sensitive, in any Unicode normal form, with
// either slash. withMissing says whether to report pictures without a row: not where
// the table itself could not be read.
func (t csvTable[T]) join(files []string, rows []row[T], withMissing bool) (map[string]T, Problems) {
	var problems Problems
	byPath, byName := map[string]string{}, map[string][]string{}
	for _, f := range files {
		key := norm.NFC.String(f)
		byPath[key] = f
		byName[path.Base(key)] = append(byName[path.Base(key)], f)
	}
	values, firstLine := map[string]T{}, map[string]int{}
	for _, r := range rows {
		key := strings.TrimPrefix(path.Clean(strings.ReplaceAll(norm.NFC.String(r.file), `\`, "/")), "./")
		file, ok := byPath[key]
		if !ok && !strings.Contains(key, "/") {
			switch named := byName[key]; len(named) {
			case 0:
			case 1:
				file, ok = named[0], true
			default:
				for _, f := range named {
					problems = append(problems, Problem{File: t.name, Row: r.line, Field: "file", Found: fmt.Sprintf("%q, a name that %s share", r.file, strings.Join(named, " and ")), Want: "a name that says which picture", Fix: fmt.Sprintf("write %q", f), sample: f})
				}
				continue
			}
		}
		if !ok {
			problems = append(problems, Problem{File: t.name, Row: r.line, Field: "file", Found: fmt.Sprintf("%q, a row without picture", r.file), Want: "the name of a picture in a genre folder", Fix: "add the picture, correct the name, or remove the row"})
			continue
		}
		if line, twice := firstLine[file]; twice {
			problems = append(problems, Problem{File: t.name, Row: r.line, Field: "file", Found: fmt.Sprintf("%q, which row %d has already", r.file, line), Want: "one row a picture", Fix: "remove one of the two rows", sample: file})
			continue
		}
		firstLine[file] = r.line
		if len(r.faults) > 0 {
			for _, p := range r.faults {
				p.sample = file
				problems = append(problems, p)
			}
			continue
		}
		values[file] = r.value
	}
	if withMissing {
		for _, f := range files {
			named := len(byName[path.Base(norm.NFC.String(f))]) > 1 && slices.ContainsFunc(problems, func(p Problem) bool { return p.sample == f })
			if _, ok := firstLine[f]; !ok && !named {
				problems = append(problems, Problem{File: f, Found: "no row in " + t.name, Want: "one row a picture", Fix: fmt.Sprintf("add the row %q", f+","+strings.Join(t.columns[1:], ",")), sample: f})
			}
		}
	}
	return values, problems
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
