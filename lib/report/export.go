package report

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Tables for other programs: CSV for spreadsheets and statistics, LaTeX for a thesis.

const (
	mimeCSV   protocol.MIMEType = "text/csv"
	mimeLaTeX protocol.MIMEType = "text/latex"
)

var (
	plainNumber = regexp.MustCompile(`^[-+−]?\d[\d,]*(\.\d+)?([eE][-+−]?\d+)?$`)
	interval    = regexp.MustCompile(`^([-+−]?\d[\d,]*(?:\.\d+)?) to ([-+−]?\d[\d,]*(?:\.\d+)?)$`)
	// withUnit is a number or an interval with what stands behind it: a unit, or a mark.
	withUnit = regexp.MustCompile(`^([-+−]?\d[\d,]*(?:\.\d+)?(?: to [-+−]?\d[\d,]*(?:\.\d+)?)?)(?: ?(%|×)| (✗|[a-z]{1,12}(?: [a-z]{1,2})?))?$`)
	minus    = regexp.MustCompile(`−(\d)`)
)

// byteOrderMark in front of a CSV file tells Excel that it is UTF-8: it would read Japanese by the system's
// old encoding.
const byteOrderMark = "\ufeff"

// tableCSV is the table as UTF-8 by RFC 4180, with a byte order mark. A cell that is one number is written as
// programs read it, without thousands separators and with an ASCII minus; an interval as [low, high]; a dash
// that stands for no number is empty. A unit behind the numbers of a column stands in its header; where
// they differ, or are marks, in a column of their own.
func tableCSV(header []string, rows [][]string) string {
	header, rows = apart(header, rows)
	var b strings.Builder
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	write := func(cells []string, as func(string) string) {
		line := make([]string, len(header))
		for c := range line {
			if c < len(cells) {
				line[c] = as(cells[c])
			}
		}
		if len(line) == 1 && line[0] == "" { // else a blank line, which readers skip
			b.WriteString("\"\"\r\n")
			return
		}
		w.Write(line) // to a strings.Builder: no error
		w.Flush()
	}
	write(header, inert)
	for _, row := range rows {
		write(row, csvCell)
	}
	return b.String()
}

// apart takes units and marks from the numbers of a table.
func apart(header []string, rows [][]string) (names []string, lines [][]string) {
	lines = make([][]string, len(rows))
	for c, name := range header {
		values, units := make([]string, len(rows)), make([]string, len(rows))
		var kinds []string // the units that the column has, each once; "" for numbers without
		numbers := true
		for i, row := range rows {
			if c >= len(row) {
				continue
			}
			values[i] = strings.TrimSpace(row[c])
			if values[i] == "" || values[i] == "–" || values[i] == "—" {
				continue
			}
			m := withUnit.FindStringSubmatch(values[i])
			if m == nil {
				numbers = false
				break
			}
			values[i], units[i] = m[1], m[2]+m[3]
			if !slices.Contains(kinds, units[i]) {
				kinds = append(kinds, units[i])
			}
		}
		own := "" // what a column beside this one holds
		switch {
		case !numbers:
			for i, row := range rows {
				if c < len(row) {
					values[i] = row[c]
				}
			}
		case slices.Contains(kinds, "✗"):
			own = "mark"
		case len(kinds) > 1:
			own = "unit"
		case len(kinds) == 1 && !strings.Contains(name, kinds[0]):
			name = strings.TrimPrefix(name+", "+kinds[0], ", ")
		}
		names = append(names, name)
		if own != "" {
			names = append(names, strings.TrimPrefix(name+", "+own, ", "))
		}
		for i := range rows {
			lines[i] = append(lines[i], values[i])
			if own != "" {
				lines[i] = append(lines[i], units[i])
			}
		}
	}
	return names, lines
}

func csvCell(cell string) string {
	cell = strings.TrimSpace(cell)
	switch {
	case cell == "–" || cell == "—":
		return ""
	case plainNumber.MatchString(cell):
		return machine(cell)
	}
	if m := interval.FindStringSubmatch(cell); m != nil {
		return "[" + machine(m[1]) + ", " + machine(m[2]) + "]"
	}
	ascii := minus.ReplaceAllString(cell, "-$1")
	if number.MatchString(cell) { // with a second number
		ascii = strings.TrimPrefix(ascii, "+")
		if strings.HasPrefix(ascii, "-") && !strings.Contains(ascii, "/") {
			return ascii // no formula
		}
	}
	return inert(ascii)
}

// machine writes a number as programs read it.
func machine(s string) string {
	return strings.TrimPrefix(strings.NewReplacer(",", "", "−", "-").Replace(s), "+")
}

// inert keeps text from being a formula in a spreadsheet: names of files and genres may be anybody's. The
// wide forms of the signs are formulas in Japanese ones.
func inert(s string) string {
	if strings.ContainsAny(firstRune(strings.TrimSpace(s)), "=+-@＝＋－＠") {
		return "'" + s
	}
	return s
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// latexPackages are what a document needs for the tables.
const latexPackages = `\usepackage{array,booktabs,graphicx,longtable}`

// Widths are counted in digits; the text block of LaTeX's article is 345 pt wide.
const (
	latexLine = 345.0 // pt
	latexPage = 40    // lines of a table that still fits on one page
)

// latexSizes are LaTeX's sizes, with the width of a digit and half of what separates two columns there, in pt.
// Small type of Computer Modern is wider for its height.
var latexSizes = []struct {
	command      string
	digit, apart float64
}{{"", 5, 6}, {`\small`, 4.6, 3}, {`\footnotesize`, 4.25, 3}, {`\scriptsize`, 4, 3}, {`\tiny`, 3.4, 3}}

// latexRoom are the characters of a table of n columns on one line of a size, with some air for wide letters.
func latexRoom(k, n int) int {
	s := latexSizes[k]
	return int((0.95*latexLine - 2*s.apart*float64(n)) / s.digit)
}

// latex is the table as LaTeX: a float, or where it is longer than a page a longtable, whose header is
// repeated. Where the cells are wider than a line, the type is smaller and long texts are broken into lines.
func (c Caption) latex(header []string, rows [][]string) string {
	is := numeric(header, rows)
	lines := [][]string{header}
	for _, row := range rows {
		line := make([]string, len(header))
		copy(line, row)
		lines = append(lines, line)
	}
	least, natural := make([]int, len(header)), make([]int, len(header))
	sum, sumLeast := 0, 0
	for k := range header {
		for i, line := range lines {
			cell := strings.TrimSpace(line[k])
			natural[k] = max(natural[k], columns(cell))
			if is[k] && i > 0 {
				least[k] = max(least[k], columns(cell))
				continue
			}
			for _, word := range strings.Fields(cell) {
				if columns(word) == utf8.RuneCountInString(word) { // Japanese breaks anywhere
					least[k] = max(least[k], (11*columns(word)+9)/10) // some letters are wider than half an em
				}
			}
		}
		least[k] = max(least[k], 1)
		natural[k] = max(natural[k], least[k])
		sum, sumLeast = sum+natural[k], sumLeast+least[k]
	}
	size, room := 0, latexRoom(0, len(header))
	widths := make([]string, len(header)) // "" is as wide as it is
	shown := natural
	if sum > room {
		// Half of the way from the least width to all on one line, if type of a readable size gives that.
		want := sumLeast + (min(sum, 3*sumLeast)-sumLeast)/2
		for size = 1; size < len(latexSizes); size++ {
			room = latexRoom(size, len(header))
			if room >= want || room >= sumLeast && latexSizes[size].command == `\scriptsize` {
				break
			}
		}
		size = min(size, len(latexSizes)-1)
		if sum > room {
			shown = make([]int, len(header))
			for k := range header {
				shown[k] = least[k]
				if sum > sumLeast {
					shown[k] += max(0, room-sumLeast) * (natural[k] - least[k]) / (sum - sumLeast)
				}
				if shown[k] < natural[k] {
					widths[k] = fmt.Sprintf(`%.3f\linewidth`, float64(shown[k])*latexSizes[size].digit/latexLine)
				}
			}
		}
	}
	tooWide := sumLeast > room
	height := 0
	for _, line := range lines {
		tall := 1
		for k, cell := range line {
			tall = max(tall, (columns(cell)+shown[k]-1)/shown[k])
		}
		height += tall
	}
	long := height > latexPage

	var format, b strings.Builder
	for k := range header {
		switch {
		case widths[k] != "" && is[k]:
			fmt.Fprintf(&format, `>{\raggedleft\arraybackslash}p{%s}`, widths[k])
		case widths[k] != "":
			fmt.Fprintf(&format, `>{\raggedright\arraybackslash}p{%s}`, widths[k])
		case is[k]:
			format.WriteByte('r')
		default:
			format.WriteByte('l')
		}
	}
	row := func(i int) string {
		cells := make([]string, len(header))
		for k, cell := range lines[i] {
			cells[k] = latexText(typographic(strings.TrimSpace(cell)))
			if is[k] && i > 0 {
				cells[k] = strings.ReplaceAll(cells[k], " ", "~")
			}
		}
		return "  " + strings.Join(cells, " & ") + ` \\` + "\n"
	}
	caption := `\caption{` + latexText(typographic(c.Text)) + `}\label{tab:` + c.Number + `}`
	fmt.Fprintf(&b, "%% Needs %s\n", latexPackages)
	b.WriteString(latexReference)
	if long {
		fmt.Fprintf(&b, "\\begingroup%s\\setlength{\\tabcolsep}{3pt}\n\\begin{longtable}{%s}\n  %s \\\\\n  \\toprule\n%s  \\midrule\n  \\endfirsthead\n  \\toprule\n%s  \\midrule\n  \\endhead\n  \\bottomrule\n  \\endlastfoot\n",
			latexSizes[size].command, format.String(), caption, row(0), row(0))
	} else {
		fmt.Fprintf(&b, "\\begin{table}[htbp]\n  \\centering%s\n  %s\n", latexSizes[size].command, caption)
		if tooWide {
			b.WriteString("  \\resizebox{\\linewidth}{!}{%\n")
		}
		if size > 0 {
			b.WriteString("  \\setlength{\\tabcolsep}{3pt}%\n")
		}
		fmt.Fprintf(&b, "  \\begin{tabular}{%s}\n  \\toprule\n%s  \\midrule\n", format.String(), row(0))
	}
	for i := range lines[1:] {
		b.WriteString(row(i + 1))
	}
	if long {
		b.WriteString("\\end{longtable}\n\\endgroup\n")
		return b.String()
	}
	b.WriteString("  \\bottomrule\n  \\end{tabular}")
	if tooWide {
		b.WriteString("}")
	}
	b.WriteString("\n\\end{table}\n")
	return b.String()
}

// latexSigns are what means something to TeX, and signs that plain pdflatex has no letter for.
var latexSigns = func() *strings.Replacer {
	pairs := []string{
		`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `#`, `\#`, `%`, `\%`, `_`, `\_`,
		`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
		"`", `\textasciigrave{}`, `"`, `{''}`, `--`, `-{}-`, `''`, `'{}'`,
		`[`, `{[}`, `]`, `{]}`, `*`, `{*}`, // behind \\ a bracket or a star would be an argument
		"–", `--`, "—", `---`, "“", "``", "”", `''`, "‘", "`", "’", `'`, "…", `\ldots{}`, "✗", `\textsuperscript{\ensuremath{\times}}`, "✓", `\ensuremath{\surd}`, "ᵀ", `\ensuremath{^{\mathsf T}}`,
		"°", `\textdegree{}`, "\u00a0", "~",
	}
	for sign, command := range map[string]string{
		"±": `\pm`, "×": `\times`, "−": `-`, "≤": `\leq`, "≥": `\geq`, "≈": `\approx`, "≠": `\neq`, "∞": `\infty`, "√": `\surd`, "·": `\cdot`,
		"→": `\rightarrow`, "←": `\leftarrow`, "⌀": `\emptyset`, "∅": `\emptyset`, "◇": `\diamond`, "∑": `\sum`, "∂": `\partial`, "÷": `\div`, "′": `{}'`,
		"α": `\alpha`, "β": `\beta`, "γ": `\gamma`, "δ": `\delta`, "ε": `\varepsilon`, "ζ": `\zeta`, "η": `\eta`, "θ": `\theta`, "κ": `\kappa`, "λ": `\lambda`,
		"μ": `\mu`, "µ": `\mu`, "ν": `\nu`, "ξ": `\xi`, "π": `\pi`, "ρ": `\rho`, "σ": `\sigma`, "τ": `\tau`, "φ": `\varphi`, "χ": `\chi`, "ψ": `\psi`, "ω": `\omega`,
		"Δ": `\Delta`, "Σ": `\Sigma`, "Φ": `\Phi`, "Ω": `\Omega`,
	} {
		pairs = append(pairs, sign, `\ensuremath{`+command+`}`)
	}
	for digit, sign := range []rune("⁰¹²³⁴⁵⁶⁷⁸⁹") {
		pairs = append(pairs, string(sign), fmt.Sprintf(`\textsuperscript{%d}`, digit))
	}
	for digit, sign := range []rune("₀₁₂₃₄₅₆₇₈₉") {
		pairs = append(pairs, string(sign), fmt.Sprintf(`\textsubscript{%d}`, digit))
	}
	return strings.NewReplacer(append(pairs, "⁻", `\textsuperscript{\ensuremath{-}}`)...)
}()

// latexReference defines the reference to another table or figure: as the document numbers it where that is
// in the document too, with the label tab:5.1 or fig:5.1, and by the number that it has here elsewhere.
const latexReference = `\providecommand*{\thesisref}[2]{\ifcsname r@#1:#2\endcsname\ref{#1:#2}\else#2\fi}` + "\n"

var (
	latexPlaces = regexp.MustCompile(`\b([Tt]able|[Ff]igure)(s?) (\d+\.(?:\d+|[A-Z])(?:(?:, | and |, and | to | or )\d+\.(?:\d+|[A-Z]))*)\b`)
	latexPlace  = regexp.MustCompile(`\d+\.(?:\d+|[A-Z])`)
)

// latexText makes s mean itself in LaTeX. What TeX would take for commands is escaped, signs of
// mathematics are commands that every engine has, marks that only steer direction or joining are left out;
// letters stay as they are, Japanese ones for an engine that knows them. A table or figure that s names is
// a reference (latexReference).
func latexText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == unicode.ReplacementChar:
			return '?'
		case r == '\u2028' || r == '\u2029' || unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	var b strings.Builder
	at := 0
	for _, m := range latexPlaces.FindAllStringSubmatchIndex(s, -1) {
		kind := map[byte]string{'t': "tab", 'T': "tab", 'f': "fig", 'F': "fig"}[s[m[2]]]
		b.WriteString(latexWords(s[at:m[2]]) + s[m[2]:m[3]] + s[m[4]:m[5]] + "~" + latexPlace.ReplaceAllString(s[m[6]:m[7]], `\thesisref{`+kind+`}{$0}`))
		at = m[1]
	}
	return b.String() + latexWords(s[at:])
}

// latexWords is latexText without references.
func latexWords(s string) string {
	var b strings.Builder
	at := 0
	for _, m := range hyphenated.FindAllStringIndex(s, -1) { // names do not break at their hyphens
		if m[1]-m[0] <= 24 {
			b.WriteString(latexSigns.Replace(s[at:m[0]]) + `\mbox{` + latexSigns.Replace(s[m[0]:m[1]]) + `}`)
			at = m[1]
		}
	}
	return b.String() + latexSigns.Replace(s[at:])
}
