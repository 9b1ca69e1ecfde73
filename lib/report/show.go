package report

import (
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
	"golang.org/x/text/width"

	"thesis.example/lib/dataset"
	"thesis.example/lib/ledger"
	"thesis.example/lib/trial"
)

// Caption is what stands above a table.
type Caption struct {
	Number string // the thesis' number, "5.1"; a letter behind the chapter, "5.A", where the thesis has no such table; "" for a list that no text refers to
	Text   string // what the table shows, one sentence

	noData bool // see NoData
}

// Table begins a table with a number and a caption, as in
// Table("5.A", "Accuracy by epoch.").Show(header, rows).
func Table(number, text string) Caption { return Caption{Number: number, Text: text} }

// NoData says that nothing in the table comes from the pictures or their metadata: theory, literature, what the
// thesis publishes, what a network costs. Any other numbered table says in its caption where they are stand-in data.
func (c Caption) NoData() Caption {
	c.noData = true
	return c
}

// heading is "Table 5.1. What it shows."
func (c Caption) heading() string {
	if c.Number == "" {
		return c.Text
	}
	return strings.TrimSpace("Table " + c.Number + ". " + c.Text)
}

// marked adds to the caption what the page says on top and a table that was carried into a text would not:
// with which profile and networks its arms were trained, where the cell has read results of such, and that
// the numbers come from the stand-in data.
func (c Caption) marked() Caption {
	if !gonbui.IsNotebook || c.Number == "" || c.noData {
		return c
	}
	dir, err := dataset.Dir()
	Check(err)
	add := func(sentence string) { c.Text = strings.TrimSpace(strings.TrimRight(c.Text, ". ") + ". " + sentence) }
	if made := trial.MadeWith(); made != "" {
		add(made)
	}
	if _, err := os.Stat(filepath.Join(dir, dataset.StandInFile)); err == nil {
		add("Stand-in data.")
	}
	return c
}

// Show displays the table as the output of a notebook cell, and prints it where
// there is no notebook. Cells are text, never HTML. Columns of numbers are
// aligned on the right. A row shorter than the header is filled up. A table without a header is an error,
// which ends the cell; without rows it says "none".
//
// A column has one number of decimals, with three exceptions that its heading declares:
// p-values ("p", "p, HC3", "McNemar mid-p"), a column "value", and all columns of a table that has a
// column "quantity", each row of which is another quantity with digits of its own.
//
// The output holds the table as CSV (RFC 4180) and as LaTeX (booktabs) too; the exported page links both
// below a table that has a number.
func (c Caption) Show(header []string, rows [][]string) {
	if len(header) == 0 {
		Check(fmt.Errorf("table %s (%s) has no columns", c.Number, c.Text))
	}
	c = c.marked()
	plain := tableText(header, rows)
	if heading := c.heading(); heading != "" {
		plain = heading + "\n" + plain
	}
	showAll(map[protocol.MIMEType]any{
		protocol.MIMETextHTML: c.html(header, rows), protocol.MIMETextPlain: plain,
		mimeCSV: tableCSV(header, rows), mimeLaTeX: c.latex(header, rows),
	})
}

// ShowMarkdown displays a paragraph whose words depend on the results, formatted
// as by fmt.Sprintf. The format is trusted Markdown, LaTeX between dollar signs
// included; text among the arguments (a file name, a genre) is escaped. Numbers get the signs of print
// (typographic), citations become links to chapter 8 (ledger.LinkCitations). An empty paragraph shows nothing.
func ShowMarkdown(format string, args ...any) {
	text := format
	plain := format
	if len(args) > 0 {
		plain = fmt.Sprintf(format, args...)
		escaped := make([]any, len(args))
		for i, arg := range args {
			switch arg := arg.(type) {
			case string:
				escaped[i] = escapeMarkdown(typographic(arg))
			case error:
				escaped[i] = escapeMarkdown(typographic(arg.Error()))
			case fmt.Stringer:
				escaped[i] = escapeMarkdown(typographic(arg.String()))
			default:
				escaped[i] = arg
			}
		}
		text = fmt.Sprintf(format, escaped...)
	}
	if plain == "" {
		return
	}
	works, err := ledger.Literature()
	Check(err)
	show(ledger.LinkCitations(sentence(text), works), protocol.MIMETextMarkdown, plain)
}

// Check ends the cell with err as a readable message and a failing status, unless
// err is nil. What the data cannot tell, since they have too few pictures or lack a genre
// (dataset.ErrFewPictures, ledger.ErrNoGenre), is no failure: the sentence stands where the
// result would be, and the cell ends well.
func Check(err error) {
	if err == nil {
		return
	}
	if errors.Is(err, dataset.ErrFewPictures) || errors.Is(err, ledger.ErrNoGenre) {
		why := err.Error()
		// Which fold of which arm found it says nothing to the reader.
		if i := strings.Index(why, dataset.ErrFewPictures.Error()); i > 0 {
			why = why[i:]
		}
		ShowMarkdown("*Not shown:* %s.", why)
		os.Exit(0)
	}
	gonbui.Sync()
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

// Must is v, unless err ends the cell: see Check.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// show sends one output with its plain-text twin, and waits until it has arrived:
// the output of a short cell is lost otherwise.
func show(content string, kind protocol.MIMEType, plain string) {
	showAll(map[protocol.MIMEType]any{kind: content, protocol.MIMETextPlain: plain})
}

func showAll(data map[protocol.MIMEType]any) {
	if !gonbui.IsNotebook {
		fmt.Println(data[protocol.MIMETextPlain])
		return
	}
	gonbui.SendData(&protocol.DisplayData{Data: data})
	gonbui.Sync()
	Check(gonbui.Error())
}

// number matches what counts as a number in a table: 29,500; −0.7; 82.3 %;
// 0.71 ± 0.03; [0.1, 0.2]; < 0.001; 2.1e-05; 267 of 300; the ✗ that the ledger puts behind a number;
// and the dashes that stand for none.
var number = regexp.MustCompile(`^[<>≤≥=~≈]?\s*[\[(]?\s*[-+−±]?\d[\d.,]*([eE][-+−]?\d+)?\s*[%×]?(\s*(±|,|\.\.|–|to|of|/|\()\s*[-+−]?\d[\d.,]*([eE][-+−]?\d+)?\s*%?)*\s*[\])]?\**( ✗)?$|^[-–—]?$`)

// numeric tells for each column whether all its cells are numbers.
func numeric(header []string, rows [][]string) []bool {
	is := make([]bool, len(header))
	for c := range header {
		is[c] = len(rows) > 0
		for _, row := range rows {
			if c < len(row) && !number.MatchString(strings.TrimSpace(row[c])) {
				is[c] = false
			}
		}
	}
	return is
}

// html is the table as a figure with its caption above it. Of its data-place, table-5.1, the exported page makes the id that references link to.
func (c Caption) html(header []string, rows [][]string) string {
	if len(rows) == 0 {
		rows = [][]string{{"none"}}
	}
	is := numeric(header, rows)
	var b strings.Builder
	// The styles stand here, not in a sheet, because JupyterLab, the exported page
	// and other viewers each align tables in their own way.
	cell := func(tag string, column int, text string) {
		style := "text-align:left"
		if is[column] {
			style = "text-align:right"
		}
		if tag == "td" && text != "" && (is[column] || number.MatchString(text)) {
			style += ";white-space:nowrap"
		}
		text = typographic(text)
		fmt.Fprintf(&b, `<%s style="%s">%s</%s>`, tag, style, unbroken(html.EscapeString(isolate(text))), tag)
	}
	b.WriteString(`<figure class="thesis-table"`)
	if c.Number != "" {
		fmt.Fprintf(&b, ` data-place="table-%s"`, html.EscapeString(c.Number))
	}
	b.WriteString(` style="margin:1em 0">`)
	if c.Number != "" || c.Text != "" {
		b.WriteString(`<figcaption style="text-align:left">`)
		if c.Number != "" {
			fmt.Fprintf(&b, "<b>Table %s.</b> ", html.EscapeString(c.Number))
		}
		b.WriteString(unbroken(html.EscapeString(isolate(typographic(c.Text)))) + "</figcaption>")
	}
	b.WriteString(`<div style="overflow-x:auto"><table><thead><tr>`)
	for column, name := range header {
		cell("th", column, name)
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, row := range rows {
		b.WriteString("<tr>")
		for column := range header {
			text := ""
			if column < len(row) {
				text = row[column]
			}
			cell("td", column, text)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div></figure>")
	return b.String()
}

// hyphenated is a name such as cnn-single, short enough to stand on one line of a phone.
var hyphenated = regexp.MustCompile(`[\pL\d_]+(?:-[\pL\d_]+)+`)

// unbroken keeps names in escaped text from breaking at their hyphens.
func unbroken(text string) string {
	return hyphenated.ReplaceAllStringFunc(text, func(name string) string {
		if len(name) > 24 {
			return name
		}
		return `<span style="white-space:nowrap">` + name + `</span>`
	})
}

var (
	negative = regexp.MustCompile(`-\d[\d,]*(?:\.\d+)?`)
	power    = regexp.MustCompile(`(^|[^\pL\d_.])(\d(?:\.\d+)?)e([-+−])0*(\d+)\b`)
)

// typographic gives the numbers of a text the signs of print: a minus sign (U+2212) in place of a hyphen,
// and 1.5 × 10⁹ in place of 1.5e+09. A hyphen that joins (cnn-1, 2026-11-26, file -1.png) stays.
func typographic(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range negative.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:m[0]])
		after, size := utf8.DecodeRuneInString(text[m[1]:])
		next, _ := utf8.DecodeRuneInString(text[m[1]+size:])
		switch {
		case joins(before) || before == '/':
			continue
		case after == 'e' && strings.ContainsRune("+-−", next): // an exponent
		case joins(after) || after == '.' && joins(next): // a file's name
			continue
		}
		b.WriteString(text[at:m[0]] + "−")
		at = m[0] + 1
	}
	b.WriteString(text[at:])
	return power.ReplaceAllStringFunc(b.String(), func(s string) string {
		m := power.FindStringSubmatch(s)
		up := ""
		if m[3] != "+" {
			up = "⁻"
		}
		for _, digit := range m[4] {
			up += string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[digit-'0'])
		}
		return m[1] + m[2] + " × 10" + up
	})
}

// joins says whether a rune makes one word with a hyphen beside it.
func joins(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_", r))
}

// verbatim are the pieces of Markdown that mean themselves: code, formulas, the targets of links, tags.
var verbatim = regexp.MustCompile("(?s)`[^`]*`|\\$[^$]*\\$|\\]\\([^)]*\\)|</?[a-zA-Z][^>\n]*>")

// sentence is typographic for Markdown.
func sentence(markdown string) string {
	var b strings.Builder
	at := 0
	for _, m := range verbatim.FindAllStringIndex(markdown, -1) {
		b.WriteString(typographic(markdown[at:m[0]]) + markdown[m[0]:m[1]])
		at = m[1]
	}
	return b.String() + typographic(markdown[at:])
}

func tableText(header []string, rows [][]string) string {
	is := numeric(header, rows)
	lines := append([][]string{header}, rows...)
	widths := make([]int, len(header))
	for _, row := range lines {
		for c := range header {
			if c < len(row) {
				widths[c] = max(widths[c], columns(row[c]))
			}
		}
	}
	var b strings.Builder
	for _, row := range lines {
		var line strings.Builder
		for c := range header {
			text := ""
			if c < len(row) {
				text = row[c]
			}
			pad := strings.Repeat(" ", widths[c]-columns(text))
			if is[c] {
				line.WriteString(pad + text + "  ")
			} else {
				line.WriteString(text + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// columns is the width of s on a terminal, where a Japanese character takes two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			if !unicode.Is(unicode.Mn, r) {
				n++
			}
		}
	}
	return n
}

// rightToLeft is a run of text that is written from right to left.
var rightToLeft = func() *regexp.Regexp {
	const letter = `[\p{Arabic}\p{Hebrew}\p{Syriac}\p{Thaana}\p{Nko}]`
	return regexp.MustCompile(letter + `(?:[\s\p{M}]*` + letter + `)*\p{M}*`)
}()

// isolate keeps names that are written from right to left from drawing the numbers and marks behind them
// to their other side: each stands between U+2068 and U+2069.
func isolate(s string) string { return rightToLeft.ReplaceAllString(s, "\u2068$0\u2069") }

// escapeMarkdown makes s mean itself in Markdown: no markup, no HTML, no formula.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range isolate(s) {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)):
			// As a character reference it is text to every Markdown reader, and to the
			// search for formulas, which a backslash would not stop.
			fmt.Fprintf(&b, "&#%d;", r)
		case unicode.IsControl(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
