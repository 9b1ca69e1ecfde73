package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetLimit bounds what a workbook may unpack to, in bytes: a table of 10,000 pictures takes 3 MB.
const sheetLimit = 1 << 28

// readWorkbook reads the one sheet of an .xlsx that has the most of the known names in its first row
// that is not empty. Of a cell it takes what was typed rather than what is shown: 29512, not 29.5K. A
// formula counts as what it came to when the workbook was saved.
func readWorkbook(data []byte, known func(header []string) int) (g grid, err error) {
	defer func() { // the library reads hostile files, too, and has panicked on some
		if p := recover(); p != nil {
			err = fmt.Errorf("a damaged Excel workbook: %v", p)
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: sheetLimit, UnzipXMLSizeLimit: sheetLimit})
	if err != nil {
		return g, fmt.Errorf("an Excel workbook that cannot be read: %w", err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	var name string
	var rows [][]string
	var same []string
	most := -1
	for _, sheet := range book.GetSheetList() {
		r, err := book.GetRows(sheet)
		if err != nil {
			continue // a sheet of nothing but a chart
		}
		n := 0
		for _, row := range r {
			if !isBlank(row) {
				n = known(row)
				break
			}
		}
		switch {
		case n > most:
			name, rows, most, same = sheet, r, n, []string{sheet}
		case n == most:
			same = append(same, sheet)
		}
	}
	if len(same) > 1 && most > 0 {
		return g, fmt.Errorf("an Excel workbook in which the sheets %q have the same columns", same)
	}
	formats := map[int]string{}
	for y, row := range rows {
		for x := range row {
			if row[x], err = typed(book, name, x, y, row[x], formats); err != nil {
				return g, fmt.Errorf("an Excel workbook that cannot be read: sheet %s: %w", name, err)
			}
		}
		if isBlank(row) {
			continue
		}
		g.rows, g.lines = append(g.rows, row), append(g.lines, y+1)
	}
	g.understood = append(g.understood, fmt.Sprintf("an Excel workbook, of which the sheet %s was read", quote(name)))
	return g, nil
}

// typed is a cell's content as somebody would write it in a CSV. formats remembers the number
// format of each style.
func typed(book *excelize.File, sheet string, x, y int, raw string, formats map[int]string) (string, error) {
	at, err := excelize.CoordinatesToCellName(x+1, y+1)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(raw) == "" {
		formula, err := book.GetCellFormula(sheet, at)
		if err != nil || formula == "" {
			return "", err
		}
		return fmt.Sprintf("=%s (a formula without a stored value)", formula), nil
	}
	kind, err := book.GetCellType(sheet, at)
	if err != nil {
		return "", err
	}
	switch kind {
	case excelize.CellTypeBool, excelize.CellTypeDate, excelize.CellTypeError:
		return book.GetCellValue(sheet, at, excelize.Options{RawCellValue: false})
	case excelize.CellTypeUnset, excelize.CellTypeNumber:
	default:
		return raw, nil
	}
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return raw, nil
	}
	style, err := book.GetCellStyle(sheet, at)
	if err != nil {
		return "", err
	}
	format, ok := formats[style]
	if !ok {
		if format, err = numberFormat(book, style); err != nil {
			return "", err
		}
		formats[style] = format
	}
	switch {
	case isDate(format):
		day, err := excelize.ExcelDateToTime(value, false)
		if err != nil {
			return raw + " (a date)", nil
		}
		return day.Format("2006-01-02") + " (a date)", nil
	case strings.Contains(format, "%"):
		return strconv.FormatFloat(100*value, 'g', 15, 64) + "%", nil
	case format != "" && strings.Trim(format, "0") == "": // 000: the zeros are part of a name
		return fmt.Sprintf("%0*.0f", len(format), value), nil
	}
	// Excel computes with 15 digits: 29500.000000000004 is 29500.
	if math.Abs(value) < 1e15 {
		value, _ = strconv.ParseFloat(strconv.FormatFloat(value, 'g', 15, 64), 64)
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	}
	return raw, nil
}

// builtinFormats are the number formats that a workbook names by number alone: dates and times
// (ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 are East Asian dates) and percents.
func builtinFormat(id int) string {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return "yyyy-mm-dd"
	case id == 9 || id == 10:
		return "0%"
	}
	return ""
}

func numberFormat(book *excelize.File, style int) (string, error) {
	s, err := book.GetStyle(style)
	if err != nil {
		return "", err
	}
	if s.CustomNumFmt != nil {
		return *s.CustomNumFmt, nil
	}
	return builtinFormat(s.NumFmt), nil
}

// notDates are the parts of a number format in which letters mean themselves, and the colours,
// conditions and languages in brackets.
var notDates = regexp.MustCompile(`"[^"]*"|\\.|\[[^\]]*\]|_.|\*.|General|G/標準`)

func isDate(format string) bool {
	return strings.ContainsAny(strings.ToLower(notDates.ReplaceAllString(format, "")), "ymdhsge") &&
		!strings.Contains(format, "E+") && !strings.Contains(format, "E-")
}
