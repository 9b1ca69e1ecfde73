package dataset

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// csvTable is a table of the data folder that holds a row a picture.
type csvTable[T any] struct {
	name    string
	columns []string // the first is file; others may stand beside them and are not read
	// words are other names of columns, in lower case, without spaces and marks: see columnName.
	words map[string]string
	// parse reads one row; cell is the trimmed content of a column. Its faults lack what
	// the table knows: file, row and picture.
	parse func(cell func(column string) string) (T, Problems)
}

// fileWords are other names of the column file, in every table.
var fileWords = []string{"filename", "ファイル名", "ファイル", "画像", "画像名", "画像ファイル", "画像ファイル名", "写真", "スクリーンショット", "スクショ", "image", "picture", "screenshot", "path"}

// row is one line of a table. A row with faults carries them, since only the join knows
// whether its picture exists.
type row[T any] struct {
	line   int
	file   string
	value  T
	faults Problems
}

// content is a table as it was read.
type content[T any] struct {
	file       string // the name of its file, "" where there is none
	rows       []row[T]
	problems   Problems
	understood []string
}

// read reads the table below dir, see TableFile, DecodeText, readCSV and readWorkbook.
func (t csvTable[T]) read(dir string) content[T] {
	c := content[T]{file: t.name}
	unreadable := func(found, fix string) content[T] {
		c.problems = Problems{{File: c.file, Found: found, Want: "a CSV file with the columns " + strings.Join(t.columns, ","), Fix: fix, folder: true}}
		return c
	}
	file, understood, err := TableFile(dir, t.name)
	switch problems := (Problems)(nil); {
	case err == nil:
	case asProblems(err, &problems):
		c.problems = problems
		return c
	default:
		return unreadable(err.Error(), "make the folder readable")
	}
	if file == "" {
		return unreadable("the file is missing", "write one row a picture into it")
	}
	c.file = file
	if understood != "" {
		c.understood = append(c.understood, understood)
	}
	data, err := ReadRegular(filepath.Join(dir, file))
	if err != nil {
		return unreadable(err.Error(), "make the file readable")
	}
	var g grid
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		if g, err = readWorkbook(data, t.known); err != nil {
			return unreadable(err.Error(), `save the right sheet as "CSV UTF-8"`)
		}
	} else {
		text, err := DecodeText(data)
		if err != nil {
			return unreadable(err.Error(), `save it as "CSV UTF-8"`)
		}
		g = readCSV(text, t.known)
	}
	for _, u := range g.understood {
		c.understood = append(c.understood, quoteOdd(file)+": "+u)
	}
	if len(g.rows) == 0 {
		return unreadable("no header line", "write the column names into the first line")
	}
	header := g.rows[0]
	at, named := t.locate(header)
	var twice, missing []string
	for _, name := range t.columns {
		switch len(at[name]) {
		case 0:
			missing = append(missing, name)
		case 1:
		default:
			twice = append(twice, name)
		}
	}
	for _, name := range twice {
		c.problems = append(c.problems, Problem{File: file, Row: g.lines[0], Field: name, Found: "the column stands there twice", Want: "each column once", Fix: "remove or rename one of the two", folder: true})
	}
	for _, name := range missing {
		c.problems = append(c.problems, Problem{File: file, Row: g.lines[0], Field: name, Found: fmt.Sprintf("no such column among %s", quote(strings.Join(header, ","))), Want: "the columns " + strings.Join(t.columns, ",") + ", separated by commas", Fix: "add the column, or correct its name", folder: true})
	}
	if len(c.problems) > 0 {
		return c
	}
	if named != "" {
		c.understood = append(c.understood, quoteOdd(file)+": "+named)
	}
	for i, record := range g.rows[1:] {
		if isBlank(record) {
			continue
		}
		line := g.lines[i+1]
		cell := func(column string) string {
			if where := at[column]; len(where) > 0 && where[0] < len(record) {
				return strings.TrimSpace(record[where[0]])
			}
			return ""
		}
		value, faults := t.parse(cell)
		if extra := surplus(record, len(header)); extra > 0 {
			faults = Problems{{Found: fmt.Sprintf("%d cells, %d more than the first line names: %s", len(header)+extra, extra, quote(fmt.Sprintf("%.80s", strings.Join(record, ",")))), Want: fmt.Sprintf("%d cells", len(header)), Fix: `put a number with separators of thousands into quotation marks, which it probably lacks: "29,500"`}}
		}
		for i := range faults {
			faults[i].File, faults[i].Row = file, line
		}
		c.rows = append(c.rows, row[T]{line, cell("file"), value, faults})
	}
	if g.broken != nil {
		c.problems = append(c.problems, Problem{File: file, Row: g.brokenLine, Found: g.broken.Error() + "; the rows from here on were not read", Want: "quotation marks in pairs", Fix: "correct the row", folder: true})
	}
	return c
}

// columnName is a column's name without what people add to it: case, width, spaces, marks, and
// 数 (number of) at its end.
func columnName(s string) string {
	s = strings.ToLower(plainSpaces(norm.NFKC.String(s)))
	s = strings.NewReplacer(" ", "", "_", "", "-", "", "!", "", ".", "", "#", "").Replace(s)
	return strings.TrimSuffix(strings.TrimSuffix(s, "数"), "の")
}

// locate says in which columns of the header each of the table's stands, and those that it does not
// know under their own name; named says which other names were understood. A column's own name goes before
// its other names.
func (t csvTable[T]) locate(header []string) (at map[string][]int, named string) {
	at = map[string][]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(norm.NFKC.String(name)))
		at[name] = append(at[name], i)
	}
	aliases := map[string][]int{}
	for i, name := range header {
		short := columnName(name)
		for _, column := range t.columns {
			if len(at[column]) == 0 && (t.words[short] == column || short == columnName(column) || column == "file" && slices.Contains(fileWords, short)) {
				aliases[column] = append(aliases[column], i)
			}
		}
	}
	var theirs, ours []string
	for _, column := range t.columns {
		if where := aliases[column]; len(where) > 0 {
			at[column] = where
			theirs, ours = append(theirs, quote(strings.TrimSpace(header[where[0]]))), append(ours, column)
		}
	}
	if len(ours) > 0 {
		named = fmt.Sprintf("columns %s as %s", strings.Join(theirs, ", "), strings.Join(ours, ", "))
	}
	return at, named
}

// known is how many of the table's columns a header names.
func (t csvTable[T]) known(header []string) int {
	at, _ := t.locate(header)
	n := 0
	for _, column := range t.columns {
		if len(at[column]) > 0 {
			n++
		}
	}
	return n
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

// join finds each row's picture, see pictureNames, and adds to the content what is at fault and what was
// understood. withMissing says whether to report pictures without a row: not where the table
// itself could not be read.
//
// Of several rows of one picture, those at fault do not count for its value where one is without.
// Of several without fault the first counts; where they differ, the problem names the
// picture as its sample, since nobody knows which of them is right.
func (t csvTable[T]) join(c *content[T], pictures *pictureNames, withMissing bool) map[string]T {
	byFile := map[string][]row[T]{}
	type reading struct {
		n          int
		name, file string // the first one
	}
	understood := map[string]reading{}
	named := map[string]bool{} // by a row whose name several pictures share
	for _, r := range c.rows {
		files, by := pictures.find(r.file)
		switch len(files) {
		case 0:
			c.problems = append(c.problems, Problem{File: c.file, Row: r.line, Field: "file", Found: quote(r.file) + ", a row without picture", Want: "the name of a picture in a genre folder", Fix: "add the picture, correct the name, or remove the row"})
			continue
		case 1:
		default:
			for _, f := range files {
				named[f] = true
			}
			some, more := files, ""
			if len(some) > 4 {
				some, more = some[:3], fmt.Sprintf(" and %d more", len(files)-3)
			}
			c.problems = append(c.problems, Problem{File: c.file, Row: r.line, Field: "file", Found: fmt.Sprintf("%s, a name that %s%s share", quote(r.file), strings.Join(some, " and "), more), Want: "a name that says which picture", Fix: "write " + quoted(some, " or "), sample: files[0], others: files[1:]})
			continue
		}
		if by != "" {
			u := understood[by]
			if u.n++; u.n == 1 {
				u.name, u.file = r.file, files[0]
			}
			understood[by] = u
		}
		byFile[files[0]] = append(byFile[files[0]], r)
	}
	for _, by := range slices.Sorted(maps.Keys(understood)) {
		u := understood[by]
		names := "1 name"
		if u.n > 1 {
			names = fmt.Sprintf("%d names", u.n)
		}
		c.understood = append(c.understood, fmt.Sprintf("%s: %s by %s, e.g. %s for %s", quoteOdd(c.file), names, by, quote(u.name), quote(u.file)))
	}
	values := map[string]T{}
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		var good []row[T]
		for _, r := range byFile[file] {
			if len(r.faults) == 0 {
				good = append(good, r)
			}
		}
		differ := ""
		if len(good) > 0 {
			values[file] = good[0].value
			for _, r := range good[1:] {
				if !reflect.DeepEqual(r.value, good[0].value) {
					differ = file
				}
			}
		}
		for i, r := range byFile[file] {
			if i > 0 {
				c.problems = append(c.problems, Problem{File: c.file, Row: r.line, Field: "file", Found: fmt.Sprintf("%s, which row %d has already", quote(r.file), byFile[file][0].line), Want: "one row a picture", Fix: "remove one of the two rows", sample: differ})
			}
			for _, p := range r.faults {
				p.Picture = file
				if len(good) == 0 {
					p.sample = file
				}
				c.problems = append(c.problems, p)
			}
		}
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Row - b.Row })
	if withMissing {
		for _, f := range pictures.files {
			if len(byFile[f]) == 0 && !named[f] {
				c.problems = append(c.problems, Problem{File: f, Found: "no row in " + quoteOdd(c.file), Want: "one row a picture", Fix: fmt.Sprintf("add the row %s", quote(f+","+strings.Join(t.columns[1:], ","))), sample: f})
			}
		}
	}
	return values
}

// quoteOdd is a file's name as it stands in messages: between quotation marks where it holds spaces.
func quoteOdd(name string) string {
	if strings.Contains(name, " ") || Visible(name) != name {
		return quote(name)
	}
	return name
}
