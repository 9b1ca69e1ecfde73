package report

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui"

	"thesis.example/lib/dataset"
	"thesis.example/lib/ledger"
)

func TestNumericColumns(t *testing.T) {
	tests := []struct {
		cell string
		want bool
	}{
		{"12", true}, {"29,500", true}, {"−0.7", true}, {"+3", true}, {"82.3 %", true}, {"2.1e-05", true},
		{"0.71 ± 0.03", true}, {"[0.1, 0.2]", true}, {"0.1 to 0.2", true}, {"< 0.001", true}, {"1.4 (0.2)", true}, {"0.03**", true}, {"267 of 300", true},
		{"", true}, {"–", true},
		{"dance", false}, {"29.5K", false}, {"3 pictures", false}, {"v1", false}, {"1a", false}, {"関連", false},
	}
	for _, tt := range tests {
		if got := numeric([]string{"h"}, [][]string{{tt.cell}})[0]; got != tt.want {
			t.Errorf("numeric(%q) = %v, want %v", tt.cell, got, tt.want)
		}
	}
	if numeric([]string{"h"}, nil)[0] {
		t.Error("a column without cells is numeric")
	}
}

func TestTableHTML(t *testing.T) {
	got := Table("", "").html([]string{"genre", "<i>n</i>"}, [][]string{{"a<script>&\"", "1"}, {"b"}})
	for _, want := range []string{
		`<th style="text-align:left">genre</th><th style="text-align:right">&lt;i&gt;n&lt;/i&gt;</th>`,
		`<td style="text-align:left">a&lt;script&gt;&amp;&#34;</td><td style="text-align:right;white-space:nowrap">1</td>`,
		`<td style="text-align:left">b</td><td style="text-align:right"></td>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

// What a computed sentence cites is a link to chapter 8, though its punctuation was escaped.
func TestCitationsBecomeLinks(t *testing.T) {
	works, err := ledger.Literature()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range works {
		if got, want := ledger.LinkCitations(escapeMarkdown(w.Label()), works), "["+w.Label()+"]("+w.Link()+")"; got != want {
			t.Errorf("%s, escaped, became %s, want %s", w.Label(), got, want)
		}
	}
}

func Example_tableText() {
	Table("", "").Show([]string{"genre", "n", "r"}, [][]string{{"dance", "100", "0.7"}, {"料理", "1,000"}})
	// Output:
	// genre      n    r
	// dance    100  0.7
	// 料理   1,000
}

func ExampleShowMarkdown() {
	ShowMarkdown("The set holds **%d** pictures of %s.", 3, "food & drink")
	// Output:
	// The set holds **3** pictures of food & drink.
}

func ExampleShowData() {
	text := ""
	ShowData(&dataset.Set{Dir: "screenshots", Genres: []string{"dance"}, Understood: []string{"engagement.csv: cells separated by tabs"}, Corrections: map[string]dataset.Correction{"dance/1.png": {Text: &text}}})
	// Output:
	// Data: own pictures in screenshots. 0 pictures (dance 0), fingerprint `e3b0c44298fc1c14`.
	// 1 text was corrected by hand (corrections.csv).
	// **Chapters 3, 5, 6 and 7 show no experiments:** too few pictures for the experiments: 5 folds need 5 or more of each genre, and dance has 0; add pictures, or move the folder out.
	// Understood: engagement.csv: cells separated by tabs.
}

// Numbers have a minus sign and powers of ten in print; names and code stay as they are.
func TestTypographic(t *testing.T) {
	for text, want := range map[string]string{
		"-1.33": "−1.33", "from -1.3 to -0.2, (-4), **-5**": "from −1.3 to −0.2, (−4), **−5**", "at -3.": "at −3.", "p=-1": "p=−1", "0 to -7 %": "0 to −7 %",
		"1.5e+09": "1.5 × 10⁹", "-2.1e-05 and 3e-06.": "−2.1 × 10⁻⁵ and 3 × 10⁻⁶.",
		"cnn-1, 2026-11-26, 4.5-3, dance/-1.png, x -1.png, a --5, 16c7e2, 7e2, v1-2": "cnn-1, 2026-11-26, 4.5-3, dance/-1.png, x -1.png, a --5, 16c7e2, 7e2, v1-2",
	} {
		if got := typographic(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"`a -1` -1 $x -1$ [-2](a -3) <b c=' -4'>-5</b>": "`a -1` −1 $x -1$ [−2](a -3) <b c=' -4'>−5</b>",
		"x < 3 and -3 > y": "x < 3 and −3 > y", "a &#45;1": "a &#45;1",
	} {
		if got := sentence(text); got != want {
			t.Errorf("the sentence %q became %q, want %q", text, got, want)
		}
	}
}

func TestEscapeMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"plain 関連 text":  "plain 関連 text",
		"a\nb\x1b[0m":    "a b&#91;0m",
		"<b>*x*</b>":     "&#60;b&#62;&#42;x&#42;&#60;&#47;b&#62;",
		"$x$ [a](b) `c`": "&#36;x&#36; &#91;a&#93;&#40;b&#41; &#96;c&#96;",
	} {
		if got := escapeMarkdown(in); got != want {
			t.Errorf("escapeMarkdown(%q) = %q, want %q", in, got, want)
		}
	}
}

// A name that is written from right to left leaves the number behind it where it is.
func TestRightToLeft(t *testing.T) {
	for text, want := range map[string]string{
		"dance 3": "dance 3", "رقص شرقي 4, cats 5": "\u2068رقص شرقي\u2069 4, cats 5", "ダンス 2": "ダンス 2", "יִשְׂרָאֵל": "\u2068יִשְׂרָאֵל\u2069",
	} {
		if got := isolate(text); got != want {
			t.Errorf("isolate(%q) = %q, want %q", text, got, want)
		}
	}
	if got := escapeMarkdown("رقص <4>"); got != "\u2068رقص\u2069 &#60;4&#62;" {
		t.Errorf("as Markdown: %q", got)
	}
	if got := Table("", "").html([]string{"h"}, [][]string{{"رقص (4)"}}); !strings.Contains(got, "\u2068رقص\u2069 (4)") {
		t.Errorf("in a table: %q", got)
	}
}

// What is no failure but cannot be told from the data is a sentence, and the cell ends well.
func TestCheckOfFewPictures(t *testing.T) {
	if os.Getenv("CHECKED") != "" {
		Check(fmt.Errorf("trying: %w: vlog has 3", dataset.ErrFewPictures))
		t.Fatal("the cell went on")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestCheckOfFewPictures$")
	cmd.Env = append(os.Environ(), "CHECKED=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "*Not shown:* too few pictures for the experiments: vlog has 3.") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestMarked holds that a table made from stand-in data says so wherever it is carried.
func TestMarked(t *testing.T) {
	was := gonbui.IsNotebook
	gonbui.IsNotebook = true
	defer func() { gonbui.IsNotebook = was }()
	dir := t.TempDir()
	t.Setenv("DATA", dir)
	if got := Table("5.1", "Accuracy.").marked().Text; got != "Accuracy." {
		t.Errorf("own pictures: %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, dataset.StandInFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]string{"5.1": "Accuracy. Stand-in data.", "0.A": "Accuracy. Stand-in data.", "": "Accuracy."} {
		if got := Table(number, "Accuracy.").marked().Text; got != want {
			t.Errorf("stand-in data, table %q: %q, want %q", number, got, want)
		}
	}
	if got := Table("3.A", "Fields.").NoData().marked().Text; got != "Fields." {
		t.Errorf("a table without data: %q", got)
	}
}
