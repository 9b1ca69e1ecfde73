package ledger

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/features"
	"thesis.example/lib/stats"
)

// rows makes a table of n rows a genre with numbers that can be checked by hand.
func rows(n int, genres ...string) *features.Table {
	t := &features.Table{}
	for _, g := range genres {
		for i := range n {
			r := features.Row{File: fmt.Sprintf("%s/%d.png", g, i), Genre: g, Likes: float64(100 * i), Saves: float64(10 * i), Comments: float64(i), Faces: i % 3}
			r.Hue, r.Sat, r.Val = float64(i%7)/10, 0.3, 0.5+float64(i%2)/10
			r.Text.Text, r.Text.Len, r.Text.Words = "東京", 2, 1
			t.Rows = append(t.Rows, r)
		}
	}
	return t
}

func TestChapter4HoldsEveryNumber(t *testing.T) {
	entries, err := Chapter4(rows(100, "dance", "gourmet", "travel"), "made rows")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 124 {
		t.Errorf("%d entries, want 124", len(entries))
	}
	count, byID := map[string]int{}, map[string]Entry{}
	for _, e := range entries {
		count[e.Where]++
		if _, twice := byID[e.ID]; twice {
			t.Errorf("id %s twice", e.ID)
		}
		byID[e.ID] = e
		if e.Chapter != 4 || e.Data != "made rows" || e.Verdict == NotMeasured {
			t.Errorf("entry %+v", e)
		}
	}
	for where, want := range map[string]int{"Section 4.1.1": 4, "Table 4.1": 12, "Table 4.2": 35, "Section 4.4.1": 10, "Table 4.3": 9, "Table 4.4": 18, "Table 4.5": 6, "Table 4.6": 15, "Table 4.7": 15} {
		if count[where] != want {
			t.Errorf("%s: %d entries, want %d", where, count[where], want)
		}
	}
	for id, want := range map[string]struct{ published, ours float64 }{
		"4.1.1-pictures-total":            {300, 300},
		"4.1-RGB-Experiment-1":            {12, 12},
		"4.1-text-Experiment-2":           {3, 3},
		"4.2-likes-mean":                  {197226, 4950},
		"4.2-comments-max":                {510000, 99},
		"4.2-face_count-median":           {0, 1},
		"4.3-travel-n":                    {100, 100},
		"4.4.1-saves-and-likes-Pearson-r": {0.71, 1},
		"4.4.1-gourmet-slope":             {0.26, 1},
		"4.4.1-gourmet-intercept":         {3.71, 1},
		"4.7-gourmet-東京":                  {13, 100},
		"4.7-dance-関連するコンテンツを見つける": {13, 0},
	} {
		e, ok := byID[id]
		if !ok {
			t.Errorf("no entry %s", id)
		} else if e.Published != want.published || math.Abs(e.Ours-want.ours) > 1e-9 {
			t.Errorf("%s: published %v, ours %v; want %v, %v", id, e.Published, e.Ours, want.published, want.ours)
		}
	}
}

func TestAGenreThatIsNotThere(t *testing.T) {
	entries, err := Chapter4(rows(10, "dance", "cooking"), "made rows")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range entries {
		genre, _, _ := strings.Cut(e.Quantity, " ")
		if e.Where == "Table 4.3" || !slices.Contains([]string{"dance", "gourmet", "travel"}, genre) {
			continue
		}
		count[genre]++
		if missing := genre != "dance"; missing != (e.Verdict == NotMeasured) || missing != math.IsNaN(e.Ours) {
			t.Errorf("%s: %s, %g", e.ID, e.Verdict, e.Ours)
		}
	}
	if count["dance"] == 0 || count["dance"] != count["travel"] || count["dance"] != count["gourmet"] {
		t.Errorf("entries of genres: %v", count)
	}
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"ours":null`) || strings.Contains(string(text), "NaN") {
		t.Error("an unmeasured value must be null")
	}
}

func TestVerdicts(t *testing.T) {
	b := &book{chapter: 4, data: "x"}
	for ours, want := range map[float64]string{0.5: Within, 0.52: Within, 0.48: Within, 0.5200001: Outside, 0.47: Outside} {
		b.entries = nil
		b.add("Table 4.4", "dance", "hue", 0.5, ours, 0.02)
		if b.entries[0].Verdict != want {
			t.Errorf("0.5 ± 0.02 and %v: %s, want %s", ours, b.entries[0].Verdict, want)
		}
	}
	b.add("Table 4.4", "dance", "hue", 0.5, math.NaN(), 0.02)
	if within, outside, not := Count(b.entries); within+outside != 1 || not != 1 {
		t.Errorf("counted %d, %d, %d", within, outside, not)
	}
}

// A column has one number of decimals; in the table whose rows are of different quantities, each of them has.
func TestTable(t *testing.T) {
	for where, want := range map[string]string{
		"Table 4.2": fmt.Sprint([]string{"quantity", "", "mean", "sd"}, [][]string{
			{"likes", "published", "197,226", "1,090,224"}, {"", "ours", "197,226", "1,290,224"}, {"", "difference", "0", "+200,000 ✗"},
			{"hue", "published", "0.32", "–"}, {"", "ours", "0.31", "–"}, {"", "difference", "−0.01", "–"}}),
		"Table 9": fmt.Sprint([]string{"", "", "mean", "sd"}, [][]string{
			{"likes", "published", "197,226.00", "1,090,224"}, {"", "ours", "197,225.90", "1,290,224"}, {"", "difference", "−0.10", "+200,000 ✗"},
			{"hue", "published", "0.32", "–"}, {"", "ours", "0.31", "–"}, {"", "difference", "−0.01", "–"}}),
	} {
		b := &book{}
		b.add(where, "likes", "mean", 197226, 197225.9, 10)
		b.add(where, "likes", "sd", 1090224, 1290224, 10)
		b.add(where, "hue", "mean", 0.32, 0.3149, 0.02)
		header, rows := Table(b.entries, where)
		if got := fmt.Sprint(header, rows); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestMetadataClaims(t *testing.T) {
	table := rows(60, "dance", "gourmet", "travel")
	for i := range table.Rows {
		r := &table.Rows[i]
		r.Likes *= 1 + 0.2*float64(i%3) // no correlation of 1
		switch r.Genre {
		case "dance":
			r.Faces += 5
			r.Text.Text = "dance"
		case "gourmet":
			r.Likes = float64(1 + (i*7919)%1000) // nothing to do with saves
		case "travel":
			r.Sat = 0.6
			r.Text.Text = "japan"
		}
	}
	claims, err := MetadataClaims(table)
	if err != nil || len(claims) == 0 {
		t.Fatal(err, len(claims))
	}
	for _, c := range claims {
		if c.Ours != Supported {
			t.Errorf("%s: %s by %+v", c.ID, c.Ours, c.Questions)
		}
	}
	if claims, err = MetadataClaims(rows(60, "dance", "gourmet", "travel")); err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		if c.Ours == Supported {
			t.Errorf("%s: supported where the genres are equal, by %+v", c.ID, c.Questions)
		}
	}
	if claims, err = MetadataClaims(rows(60, "dance", "cooking")); err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		if c.ID != "4.5-3" && (c.Ours != NotAsked || !strings.Contains(fmt.Sprint(c.Questions), "0 picture(s) of it")) {
			t.Errorf("%s without gourmet and travel: %s by %+v", c.ID, c.Ours, c.Questions)
		}
	}
}

// What the data lack is not measured, and a sentence says why.
func TestNotMeasured(t *testing.T) {
	table := rows(12, "dance", "cooking")
	for i := range table.Rows {
		if table.Rows[i].Genre == "dance" {
			table.Rows[i].Saves = 0 // no logarithm: no line
		}
	}
	entries, err := Chapter4(table, "test")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries { // each table can say what its ✗ means
		if marks[e.Where] == "" {
			t.Errorf("%s has no words for its tolerance", e.Where)
		}
	}
	for _, c := range []struct{ id, verdict, why string }{
		{"4.1.1-pictures-travel", NotMeasured, "no folder is the genre travel"},
		{"4.4.1-dance-slope", NotMeasured, "of dance do not tell"},
		{"4.4-gourmet-hue-mean", NotMeasured, "no folder is the genre gourmet"},
		{"4.1.1-pictures-dance", Outside, ""},
	} {
		e, ok := Find(entries, c.id)
		if !ok || e.Verdict != c.verdict || !strings.Contains(e.Why, c.why) || (e.Why == "") != (c.why == "") {
			t.Errorf("%s: %v, %q, %q", c.id, ok, e.Verdict, e.Why)
		}
	}
	if why := WhyNot(entries, "Table 4.4"); strings.Count(why, "no folder is") != 2 || !strings.HasPrefix(why, "✗: further from the published number than 0.02. Not compared: ") {
		t.Errorf("Table 4.4: %q", why)
	}
	if why := WhyNot(entries, "Table 4.1"); why != "" {
		t.Errorf("Table 4.1 is measured, but: %q", why)
	}
}

func TestCompareGenres(t *testing.T) {
	var groups []stats.Column
	for g := range 9 {
		x := []float64{}
		for k := range 6 {
			x = append(x, float64(10*g+k))
		}
		groups = append(groups, stats.Column{Name: fmt.Sprint("genre ", g), X: x})
	}
	sentences, header, rows, err := CompareGenres("likes", append(groups, stats.Column{Name: "lone", X: []float64{1}}))
	if err != nil || len(rows) != mostPairs || len(rows[0]) != len(header) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	said := strings.Join(sentences, "\n")
	for _, want := range []string{"likes: Kruskal–Wallis H = ", "with one picture each: lone.", "Of 36 pairs the 28 with the smallest p"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
	if _, _, rows, err := CompareGenres("likes", groups[:2]); err != nil || len(rows) != 1 || rows[0][0] != "genre 0 – genre 1" || rows[0][1] != "-1.00" || rows[0][2] != "–" {
		t.Errorf("two genres that do not overlap: %q, %v", rows, err)
	}
	for i := range groups {
		groups[i].X = []float64{3, 3}
	}
	if sentences, _, rows, err := CompareGenres("faces", groups); err != nil || len(rows) > 0 || !strings.Contains(sentences[0], "the same for all") {
		t.Errorf("all equal: %q, %q, %v", sentences, rows, err)
	}
}

func TestConsistency(t *testing.T) {
	checks, err := Consistency()
	if err != nil {
		t.Fatal(err)
	}
	if len(checks) != 5 {
		t.Fatalf("%d checks, want 5", len(checks))
	}
	// (330047.60 + 186031.76 + 75598.40) / 3 = 197225.92; (0.35 + 0.36 + 0.23) / 3 = 0.31333
	if c := checks[0]; math.Abs((c.Low+c.High)/2-197225.92) > 1e-6 || !c.Agree() {
		t.Errorf("likes: %+v", c)
	}
	if c := checks[1]; math.Abs(c.Low-0.30833333) > 1e-6 || !c.Agree() {
		t.Errorf("hue: %+v", c)
	}
	if (Consistent{Overall: 0.32, Rounding: 0.005, Low: 0.28, High: 0.29}).Agree() {
		t.Error("0.32 ± 0.005 and 0.28 to 0.29 agree")
	}
}
