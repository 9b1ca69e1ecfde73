package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// grid is what a table's file holds, before anybody knows what its columns mean.
type grid struct {
	rows  [][]string
	lines []int // the line, or the sheet's row, in which each begins
	// broken is why reading stopped, and brokenLine where: the rows from there on are missing.
	broken     error
	brokenLine int
	understood []string
}

// DecodeText gives the UTF-8 of a table that a spreadsheet wrote: UTF-8 or UTF-16, each with a byte
// order mark or without, or Shift_JIS. Its lines end in LF.
func DecodeText(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return nil, errors.New("an Excel workbook (.xlsx) under another name")
	case bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return nil, errors.New("an old Excel workbook (.xls) or another Office document")
	}
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	return lineFeeds(bytes.TrimPrefix(text, []byte("\uFEFF"))), nil
}

func decode(data []byte) ([]byte, error) {
	marked := bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF})
	if marked || bytes.IndexByte(data, 0) >= 0 {
		// Commas and line ends have a zero byte in UTF-16, and text has none elsewhere.
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if text, ok := decodeUTF16(data, order); ok && (marked || bytes.ContainsAny(text, ",;\t\n\r")) {
				return text, nil
			}
		}
		return nil, errors.New("no text: it holds zero bytes and is not UTF-16")
	}
	if utf8.Valid(data) {
		return data, nil
	}
	text, err := japanese.ShiftJIS.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, errors.New("the text is neither UTF-8 nor Shift_JIS nor UTF-16")
	}
	return text, nil
}

// decodeUTF16 says whether data are text in that byte order: whole characters, none of them one that
// no table holds.
func decodeUTF16(data []byte, order binary.ByteOrder) ([]byte, bool) {
	if len(data)%2 != 0 {
		return nil, false
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	text := string(utf16.Decode(units))
	for _, r := range text {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE {
			return nil, false
		}
	}
	return []byte(text), true
}

// lineFeeds makes every line end outside quotation marks a LF: older programs write a lone CR.
func lineFeeds(text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	var b bytes.Buffer
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\r' && !quoted:
			if i+1 < len(text) && text[i+1] == '\n' {
				continue
			}
			c = '\n'
		}
		b.WriteByte(c)
	}
	return b.Bytes()
}

// separators of cells, the usual one first, and what they are called.
var separators = []struct {
	r    rune
	name string
}{{',', "commas"}, {'\t', "tabs"}, {';', "semicolons"}}

// readCSV reads a text of cells. known says how many names of columns a first line holds: cells are
// taken apart at what makes most of it.
func readCSV(text []byte, known func(header []string) int) grid {
	var g grid
	// Excel's own hint at the separator is no line of the table, but one of the file.
	if rest, ok := bytes.CutPrefix(text, []byte("sep=")); ok && len(rest) > 1 && rest[1] == '\n' {
		text = append([]byte("\n"), rest[2:]...)
	}
	reader := func(separator rune) *csv.Reader {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma = separator
		r.FieldsPerRecord = -1
		r.TrimLeadingSpace = separator != '\t'
		return r
	}
	best, most := separators[0], 0
	for _, s := range separators {
		header, err := reader(s.r).Read()
		if n := known(header); err == nil && n > most {
			best, most = s, n
		}
	}
	if best.r != ',' {
		g.understood = append(g.understood, "cells separated by "+best.name)
	}
	for r := reader(best.r); ; {
		record, err := r.Read()
		if err == io.EOF {
			return g
		}
		if err != nil {
			g.broken = err
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				g.brokenLine, g.broken = parse.StartLine, parse.Err
			}
			return g
		}
		line, _ := r.FieldPos(0)
		g.rows, g.lines = append(g.rows, record), append(g.lines, line)
	}
}
