package report

import (
	"strings"
	"testing"

	"thesis.example/lib/dataset"
	"thesis.example/lib/ledger"
)

func TestNumericColumns(t *testing.T) {
	tests := []struct {
		cell string
		want bool
	}{
		{"12", true}, {"29,500", true}, {"−0.7", true}, {"+3", true}, {"82.3 %", true}, {"2.1e-05", true},
		{"0.71 ± 0.03", true}, {"[0.1, 0.2]", true}, {"0.1 to 0.2", true}, {"< 0.001", true}, {"1.4 (0.2)", true}, {"0.03**", true},
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
	got := tableHTML([]string{"genre", "<i>n</i>"}, [][]string{{"a<script>&\"", "1"}, {"b"}})
	for _, want := range []string{
		`<th style="text-align:left">genre</th><th style="text-align:right;white-space:nowrap">&lt;i&gt;n&lt;/i&gt;</th>`,
		`<td style="text-align:left">a&lt;script&gt;&amp;&#34;</td><td style="text-align:right;white-space:nowrap">1</td>`,
		`<td style="text-align:left">b</td><td style="text-align:right;white-space:nowrap"></td>`,
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
	ShowTable([]string{"genre", "n", "r"}, [][]string{{"dance", "100", "0.7"}, {"料理", "1,000"}})
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
	ShowData(&dataset.Set{Dir: "screenshots", Genres: []string{"dance"}, Corrections: map[string]dataset.Correction{"dance/1.png": {Text: &text}}})
	// Output:
	// Data: own pictures in screenshots. 0 pictures (dance 0), fingerprint `e3b0c44298fc1c14`.
	// 1 text was corrected by hand (corrections.csv).
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
