package report

import (
	"encoding/csv"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"thesis.example/lib/setup"
)

// Every cell comes back from CSV as it was, but for numbers, which programs read, and what a spreadsheet
// would take for a formula.
func TestCSV(t *testing.T) {
	for cell, want := range map[string]string{
		"29,500": "29500", "−0.7": "-0.7", "+3": "3", "–": "", "2.1e−05": "2.1e-05", "-5": "-5",
		"−2.97 to +1.45": "[-2.97, 1.45]", "−0.71 ± 0.03": "-0.71 ± 0.03", "−1 of 3": "-1 of 3", "−1/2": "'-1/2", "falls by −3 points": "falls by -3 points", "−3 points or so": "'-3 points or so",
		"=1+1": "'=1+1", "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'=1", "＝1": "'＝1",
		"a \"b\", c\nd": "a \"b\", c\nd", "ダンス": "ダンス", "رقص": "رقص", "": "",
	} {
		text, marked := strings.CutPrefix(tableCSV([]string{"h", "i"}, [][]string{{cell}}), "\ufeff")
		if !marked {
			t.Errorf("%q: no byte order mark", cell)
		}
		lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(lines) != 2 || len(lines[1]) != 2 || lines[1][0] != want {
			t.Errorf("%q became %q, %v; want %q", cell, text, err, want)
		}
		if !strings.HasPrefix(text, "h,i\r\n") || !strings.HasSuffix(text, "\r\n") {
			t.Errorf("%q: lines do not end as RFC 4180 wants", text)
		}
	}
}

// Units and marks leave numbers that programs read: in the header where a column has one unit, in a column of
// their own otherwise.
func TestCSVUnits(t *testing.T) {
	for _, c := range []struct{ name, cells, want string }{
		{"share", "82.3 %|–|84.5 to 1,090.1 %", `"share, %";82.3;;"[84.5, 1090.1]"`},
		{"share, %", "82.3 %|7 %", `"share, %";82.3;7`},
		{"", "12 points|−3 points", `points;12;-3`},
		{"here", "+1.03 artanh r|−2.00 points", `here,"here, unit";1.03,artanh r;-2.00,points`},
		{"difference", "+0.03 ✗|−0.01|", `difference,"difference, mark";0.03,✗;-0.01,;,`},
		{"n", "3|4", `n;3;4`},
		{"note", "3 %|three of them", `note;3 %;three of them`},
	} {
		var rows [][]string
		for _, cell := range strings.Split(c.cells, "|") {
			rows = append(rows, []string{cell})
		}
		got := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(tableCSV([]string{c.name}, rows), "\ufeff"), "\r\n"), "\r\n", ";")
		if strings.Contains(c.want, ";;") {
			got = strings.ReplaceAll(got, `;"";`, ";;")
		}
		if got != c.want {
			t.Errorf("%s of %s became %s, want %s", c.name, c.cells, got, c.want)
		}
	}
}

func TestLaTeXText(t *testing.T) {
	for text, want := range map[string]string{
		`50%_&#1`: `50\%\_\&\#1`, `\input{x}`: `\textbackslash{}input\{x\}`, "[1]*": "{[}1{]}{*}", "χ² ≤ 3": `\ensuremath{\chi}\textsuperscript{2} \ensuremath{\leq} 3`,
		"cnn-single": `\mbox{cnn-single}`, "a\u200db\x00c": "ab c", "\xff": "?", "関連": "関連",
		"as in tables 5.1 and 6.A.": `as in tables~\thesisref{tab}{5.1} and \thesisref{tab}{6.A}.`, "Figure 2.B, 3.14": `Figure~\thesisref{fig}{2.B}, \thesisref{fig}{3.14}`, "a table 5 and stable 5.1": `a table 5 and stable 5.1`,
	} {
		if got := latexText(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// References become links, to this page or another chapter's, where what they name is shown; other text stays.
func TestReferencesBecomeLinks(t *testing.T) {
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	link := func(page, id, text string) string {
		return `<a class="reference" href="` + page + "#" + id + `">` + text + `</a>`
	}
	far := link("05-experiment1.html", "table-5.1", "Table 5.1")
	for text, want := range map[string]string{
		"<p>Table 5.1, and</p>":                          "<p>" + far + ", and</p>",
		"in tables 5.1 and 6.A.":                         "in " + link("05-experiment1.html", "table-5.1", "tables 5.1") + " and " + link("", "table-6.A", "6.A") + ".",
		"table 9.9, Table 5.10, table 5.1.2, stable 5.1": "table 9.9, Table 5.10, table 5.1.2, stable 5.1",
		"tables 9.9 and 6.A":                             "tables 9.9 and " + link("", "table-6.A", "6.A"),
		"<b>Table 5.1.</b> <code>table 5.1</code> <a href=x>Table 5.1</a> <i title='Table 5.1'>": "<b>Table 5.1.</b> <code>table 5.1</code> <a href=x>Table 5.1</a> <i title='Table 5.1'>",
		"Figure 5.1": "Figure 5.1",
		"as chapters 2 and 9 say, and (chapter 2).":                 `as <a class="reference" href="02-methods.html">chapters 2</a> and 9 say, and (<a class="reference" href="02-methods.html">chapter 2</a>).`,
		"Chapter 2 of the thesis, chapter 2.1, chapter 21, table 5": "Chapter 2 of the thesis, chapter 2.1, chapter 21, table 5",
	} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(root, ".venv", "bin", "python"), "-B", "-c",
			"import sys, downloads; sys.stdout.write(downloads.link(sys.stdin.read(), {'table-5.1': '05-experiment1.html#table-5.1', 'table-6.A': '#table-6.A', 'chapter-2': '02-methods.html'}))")
		cmd.Dir, cmd.Stdin = filepath.Join(root, "lib", "report"), strings.NewReader(text)
		got, err := cmd.CombinedOutput()
		if err != nil || string(got) != want {
			t.Errorf("%q became %s, %v; want %s", text, got, err, want)
		}
	}
}
