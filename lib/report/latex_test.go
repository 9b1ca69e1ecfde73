package report

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"thesis.example/lib/chart"
	"thesis.example/lib/setup"
)

// hostile are names that files and genres may have.
var hostile = []string{`50%_off & more #1 ~ ^ \ {x} $y$`, `\input{/etc/passwd}`, "± × − ≤ ≥ χ² ✗ ⌀ ρ → 10⁻⁹ “q” — …", "[0.1]*", "*", "--''``?`", "=1+1", "cnn-single", "<b>|\"'"}

// Japanese and other writing, which wants an engine that knows it.
var otherWriting = []string{"ダンス", "関連するコンテンツを見つける", "رقص شرقي", "יִשְׂרָאֵל", "e\u0301\u200d\ufeff", "🍜"}

// A student's document with our tables and figures in it compiles without an error, under plain pdflatex
// where there is no Japanese, and under lualatex with all of it; nothing runs off the page.
func TestLaTeX(t *testing.T) {
	for _, c := range []struct {
		engine, packages string
		names            []string
	}{
		{"pdflatex", "", hostile},
		{"lualatex", `\usepackage{luatexja}`, append(append([]string{}, hostile...), otherWriting...)},
	} {
		t.Run(c.engine, func(t *testing.T) {
			if _, err := exec.LookPath(c.engine); err != nil {
				t.Skipf("%v: install Debian's texlive-luatex, texlive-latex-recommended and texlive-lang-japanese to run this", err)
			}
			dir := t.TempDir()
			var body strings.Builder
			for number, table := range tablesOf(c.names) {
				if err := os.WriteFile(filepath.Join(dir, "table-"+number+".tex"), []byte(Table(number, strings.Join(c.names[:3], ", ")+"; beside tables 9.1, 9.C and 7.Z and figure 9.1").latex(table[0], table[1:])), 0o644); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&body, "Table~\\ref{tab:%s}.\n\\input{table-%[1]s}\n", number)
			}
			figurePDF(t, c.names, filepath.Join(dir, "figure-9.1.pdf"))
			body.WriteString("\\begin{figure}\\includegraphics[width=\\linewidth]{figure-9.1.pdf}\\caption{A figure}\\end{figure}\n")
			compile := func(name, body string) (log string) {
				document := "\\documentclass[a4paper]{article}\n" + c.packages + "\n" + latexPackages + "\n\\begin{document}\n" + body + "\\end{document}\n"
				if err := os.WriteFile(filepath.Join(dir, name+".tex"), []byte(document), 0o644); err != nil {
					t.Fatal(err)
				}
				for range 2 { // references and long tables want a second run
					cmd := exec.CommandContext(t.Context(), c.engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", name+".tex")
					cmd.Dir = dir
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%v\n%s", err, out[max(0, len(out)-3000):])
					}
				}
				return read(t, filepath.Join(dir, name+".log"))
			}
			// What is in the document is referred to by its number there, and nothing is asked for that is not.
			reference := "\\typeout{REFERENCES \\thesisref{tab}{9.1} \\thesisref{tab}{7.Z}}"
			log := compile("thesis", "\\listoftables\n"+body.String()+reference+"\n")
			if !strings.Contains(log, "REFERENCES \\ref") {
				t.Error("tables of the same document are not referred to by \\ref")
			}
			if alone := compile("alone", "\\input{table-9.2}\n"+reference+"\n"); !strings.Contains(alone, "REFERENCES 9.1 7.Z") || strings.Contains(alone, "undefined on input line") {
				t.Error("a table by itself does not name others by the numbers that they have here")
			}
			for _, line := range strings.Split(log, "\n") {
				// 3 pt is half of what separates two columns.
				if m := overfull.FindStringSubmatch(line); m != nil && points(t, m[1]) > 3 {
					t.Errorf("something runs off the page: %s", line)
				}
				if strings.Contains(line, "undefined on input line") {
					t.Errorf("a reference leads nowhere: %s", line)
				}
			}
			if keep := os.Getenv("KEEP_LATEX"); keep != "" {
				if err := os.CopyFS(filepath.Join(keep, c.engine), os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var overfull = regexp.MustCompile(`^Overfull \\hbox \(([\d.]+)pt too wide\)`)

func points(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tablesOf are a small table, one of many columns, and one that is longer than a page and has sentences.
func tablesOf(names []string) map[string][][]string {
	small := [][]string{{"name", "n", "difference"}}
	wide := [][]string{{"arm", "replaced by", "accuracy with both, %", "picture alone", "metadata alone", "neither", "picture's share", "metadata's share", "cooperation"}}
	long := [][]string{{"", "more than 0?", "difference", "95 %", "p", "verdict", "note"}}
	for i, name := range names {
		small = append(small, []string{name, fmt.Sprint(1000 * i), "−0.07 ✗"})
	}
	for range 12 {
		wide = append(wide, []string{"cnn-hybrid-shuffled", "training mean", "87.7", "88.0", "35.0", "33.3", "53.7", "0.7", "-2.0"})
	}
	for i := range 40 {
		long = append(long, []string{fmt.Sprintf("C%d", i), "correlation of log saves and log likes in " + names[i%len(names)], "+1.03 artanh r", "+0.74 to +1.31", "8.9e-13", "cannot be told from this much data", "7 of 300 pictures tell the arms apart; the published 1.33 points would take 2,206 of them to show"})
	}
	return map[string][][]string{"9.1": small, "9.2": wide, "9.C": long}
}

// figurePDF writes a figure with the names in it as PDF, as a chapter's page does, twice the same.
func figurePDF(t *testing.T, names []string, file string) {
	t.Helper()
	var curves []chart.Curve
	for i, name := range names {
		curves = append(curves, chart.Curve{Name: name, X: []float64{1, 2, 3, 4}, Y: []float64{0.5, 0.6, 0.7, 0.8 - float64(i)/50}, Hue: i})
	}
	f, err := chart.Lines(chart.About{Number: "9.1", Title: names[0]}, "epoch", "accuracy", "", curves)
	if err != nil {
		t.Fatal(err)
	}
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, ".venv", "bin", "python"), "-B", "-c", "import sys; sys.path.insert(0, 'lib/report'); import downloads; svg = sys.stdin.buffer.read(); pdf = downloads.pdf(svg); assert pdf == downloads.pdf(svg); sys.stdout.buffer.write(pdf)")
	cmd.Dir, cmd.Stdin = root, bytes.NewReader(svg)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	pdf, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	if err := os.WriteFile(file, pdf, 0o644); err != nil {
		t.Fatal(err)
	}
}
