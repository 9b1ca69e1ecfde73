package chart

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// hostile are names that try to leave JSON, JavaScript, HTML, XML, go-echarts'
// function markers and ECharts' templates.
var hostile = []string{
	"</script><img src=x onerror=window.hacked=1>",
	"\"'`\\${1}\u2028\u2029\x00\x1b ]]> &amp; \xff",
	`__f__(function(){window.hacked=1})()__f__`,
	"{a|{value}} {b}\n<svg onload=window.hacked=1>",
	"__proto__",
	"constructor",
	"toString",
}

// text returns the character data of a well-formed SVG, one string a text element.
// It fails on elements and attributes that ECharts has no reason to write.
func text(t *testing.T, svg []byte) []string {
	t.Helper()
	var out []string
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"svg", "title", "desc", "rect", "path", "text", "g", "defs", "clipPath",
				"linearGradient", "stop", "polygon", "polyline", "line", "circle"}, e.Name.Local) {
				t.Errorf("element <%s>", e.Name.Local)
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.Contains(a.Value, "script") {
					t.Errorf("attribute %s=%q", a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			out = append(out, string(e))
		}
	}
}

func svgOf(t *testing.T, f *Figure) []byte {
	t.Helper()
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

func TestSVGSaysWhatTheDataSay(t *testing.T) {
	fs := samples(t, three)
	for number, want := range map[string][]string{
		"4.1": {"likes", "mean_saturation", "1.00", "–", "grey: not defined, the column is constant (17 cells)"},
		"4.2": {"dance (R² 0.76)", "saves (log scale)", "100k", "0",
			"7 of 180 points have a zero (4 with saves = 0, 3 with likes = 0): drawn at 0 beside the axis, outside the", "logarithmic fit"},
		"4.3": {"gourmet", "mean likes", "300k", "whiskers: 95 % bootstrap interval", "◇ published value"},
		"4.4": {"travel", "mean hue (0 to 1)"},
		"4.6": {"≥ 100", "characters a picture"},
		"5.1": {"CNN hybrid", "accuracy"},
		"5.2": {"epoch", "CNN hybrid, test"},
		"6.3": {"ViT hybrid", "92", "row: true genre, column: predicted genre; colour: share of the row"},
	} {
		got := text(t, svgOf(t, fs[number]))
		for _, w := range append(want, standInMark, fs[number].Title) {
			if !slices.Contains(got, w) {
				t.Errorf("figure %s does not say %q; it says %q", number, w, got)
			}
		}
	}
	ticks := 0
	for _, said := range text(t, svgOf(t, fs["4.6"])) {
		if strings.Contains(said, "≥ 100") {
			ticks++
		}
	}
	if ticks != len(three) {
		t.Errorf("%d ticks say ≥ 100, want one a genre", ticks)
	}
	plain, err := Bars(About{Title: "plain"}, "y", "", []string{"a"}, []Bar{{"b", []float64{1}, nil, nil, nil}})
	if err != nil {
		t.Fatal(err)
	}
	if page, err := plain.HTML(); err != nil || strings.Contains(page, standInMark) || bytes.Contains(svgOf(t, plain), []byte(standInMark)) {
		t.Error("a figure of one's own data is marked as stand-in")
	}
	if page, err := fs["4.3"].HTML(); err != nil || strings.Count(page, standInMark) < 3 {
		t.Error("the mark is missing from picture text, caption or option")
	}
}

// Every datum is a mark: counted by shape and colour.
func TestSVGDrawsEveryMark(t *testing.T) {
	drawn := map[string][]byte{}
	for number, f := range samples(t, three) {
		drawn[number] = svgOf(t, f)
	}
	for _, c := range []struct {
		number, what, pattern string
		want                  int
	}{
		{"4.1", "grey cells", `fill="#ddd"`, 17},
		{"4.1", "cells", `<path d="M[^"]*Z" fill="[^"]*" stroke="#fff"`, 81},
		// 60 points and the legend's icon
		{"4.2", "points of a genre", `transform="matrix\(4,[^"]*" fill="#0072B2" fill-opacity="0.65"`, 60},
		{"4.2", "fits", `fill="none" stroke="#(0072B2|D55E00|009E73)" stroke-width="2.5"`, 3},
		{"4.2", "bands", `fill="#(0072B2|D55E00|009E73)" fill-opacity="0.18"`, 3},
		{"4.2", "rules of the gutters", `stroke="#888"[^>]*stroke-dasharray`, 2},
		{"4.3", "whiskers", `stroke="#222" stroke-width="1.5"`, 9},
		{"4.3", "published values", `fill="#fff" stroke="#222" stroke-width="1.8"`, 3},
		{"4.4", "violins", `fill-opacity="0.35"`, 9},
		{"4.4", "boxes", `fill="#fff" stroke="#222" stroke-width="1.3"`, 9},
		{"4.6", "medians", `stroke-width="1.5"[^>]*stroke-dasharray`, 3},
		{"5.2", "curves", `fill="none" stroke="#(0072B2|D55E00)" stroke-width="2"[^>]*stroke-linejoin="bevel"`, 4},
		{"6.3", "cells", `<path d="M[^"]*Z" fill="[^"]*" stroke="#fff"`, 36},
	} {
		if got := len(regexp.MustCompile(c.pattern).FindAll(drawn[c.number], -1)); got != c.want {
			t.Errorf("figure %s: %d %s, want %d", c.number, got, c.what, c.want)
		}
	}
}

func TestAxisHoldsWhiskersAndZeros(t *testing.T) {
	f, err := Bars(About{Title: "t"}, "y", "w", []string{"a"}, []Bar{{"b", []float64{1}, []float64{-40}, []float64{75}, nil}})
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, svgOf(t, f)); !slices.Contains(got, "80") || !slices.Contains(got, "−40") {
		t.Errorf("the axis of a whisker from -40 to 75 says %q", got)
	}
	f, err = ScatterRegression(About{Title: "t"}, "x", "y", []Points{{Group: "g", X: []float64{0, 0}, Y: []float64{0, 5}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, svgOf(t, f)); !slices.Contains(got, "0") {
		t.Errorf("nothing but zeros, and the axis says %q", got)
	}
}

func TestHostileNames(t *testing.T) {
	for number, f := range samples(t, hostile) {
		svg := svgOf(t, f)
		said := text(t, svg) // well-formed, nothing foreign
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("undefined")) {
			t.Errorf("figure %s has places that are no numbers", number)
		}
		if number == "4.5" && (!slices.Contains(said, "__proto__ ") || !slices.Contains(said, "toString ")) {
			t.Errorf("figure %s does not say __proto__ and toString; it says %q", number, said)
		}
		page, err := f.HTML()
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(page, "</script"); n != 1 {
			t.Errorf("figure %s: %d ends of script", number, n)
		}
		if n := strings.Count(page, "<img"); n != 1 {
			t.Errorf("figure %s: %d pictures", number, n)
		}
		if strings.ContainsAny(page, "\u2028\u2029\x00") {
			t.Errorf("figure %s: a line separator or NUL came through", number)
		}
		var option map[string]any
		if err := json.Unmarshal(f.option, &option); err != nil {
			t.Errorf("figure %s: option: %v", number, err)
		}
	}
}

// The same data give the same bytes, whatever was drawn before and beside.
func TestDeterministicAndConcurrent(t *testing.T) {
	some := []string{"4.1", "4.3", "4.6", "5.1"}
	first := map[string][]byte{}
	for _, number := range some {
		first[number] = svgOf(t, samples(t, three)[number])
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			fs := samples(t, three)
			for _, number := range some {
				f := fs[number]
				svg, err := f.SVG()
				if err != nil || !bytes.Equal(svg, first[number]) {
					t.Errorf("figure %s differs when drawn again (%v)", number, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestSave(t *testing.T) {
	f := samples(t, three)["4.3"]
	path := filepath.Join(t.TempDir(), "figures", "fig-4-3.svg")
	if err := f.Save(path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, svgOf(t, f)) {
		t.Errorf("the file differs from the figure (%v)", err)
	}
	if err := f.Save("/dev/null/x.svg"); err == nil || !strings.Contains(err.Error(), "Figure 4.3") {
		t.Errorf("saving where nothing can be saved: %v", err)
	}
}

// What JavaScript throws comes back as an error that names the figure, and the
// next figure draws.
func TestErrorOfJavaScript(t *testing.T) {
	f := *samples(t, three)["4.3"]
	for option, want := range map[string]string{
		`{"series":[{"type":"custom","data":[[1,2]],"renderItem":"nosuch"}],"xAxis":{},"yAxis":{}}`: "no function nosuch",
		`{"series":[{"type":"bar","data":[1]}]}`:                                                    "ECharts: TypeError",
		`{`:                                                                                         "SyntaxError",
	} {
		f.option = []byte(option)
		_, err := f.SVG()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Figure 4.3") {
			t.Errorf("option %s: error %v, want %q", option, err, want)
		}
	}
	svgOf(t, samples(t, three)["4.3"])
}

func TestBadData(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		want string
		make func() (*Figure, error)
	}{
		{"heat map: no data", func() (*Figure, error) { return Heatmap(About{}, nil, nil) }},
		{"expected a correlation", func() (*Figure, error) { return Heatmap(About{}, []string{"a"}, [][]float64{{1.5}}) }},
		{`row "b" has 1 values, expected 2`, func() (*Figure, error) { return Heatmap(About{}, []string{"a", "b"}, [][]float64{{1, 1}, {1}}) }},
		{`"a" stands there twice`, func() (*Figure, error) { return Heatmap(About{}, []string{"a", "a"}, [][]float64{{1, 1}, {1, 1}}) }},
		{"scatter: no data", func() (*Figure, error) { return ScatterRegression(About{}, "x", "y", []Points{{Group: "a"}}) }},
		{"is -1, expected a count", func() (*Figure, error) {
			return ScatterRegression(About{}, "x", "y", []Points{{Group: "a", X: []float64{-1}, Y: []float64{1}}})
		}},
		{"2 values, expected 1", func() (*Figure, error) {
			return ScatterRegression(About{}, "x", "y", []Points{{Group: "a", X: []float64{1}, Y: []float64{1, 2}}})
		}},
		{"NaN, expected a finite number", func() (*Figure, error) {
			return Bars(About{}, "y", "", []string{"a"}, []Bar{{Name: "b", Value: []float64{nan}}})
		}},
		{"needs both ends", func() (*Figure, error) {
			return Bars(About{}, "y", "", []string{"a"}, []Bar{{Name: "b", Value: []float64{1}, Low: []float64{1}}})
		}},
		{`group "a": no data`, func() (*Figure, error) {
			return Violins(About{}, []string{"a"}, []Panel{{Name: "p", Values: [][]float64{nil}}})
		}},
		{"expected none below 0", func() (*Figure, error) { return Histograms(About{}, "x", 1, 0, []string{"a"}, [][]float64{{-1}}) }},
		{"at most 400", func() (*Figure, error) { return Histograms(About{}, "x", 1, 0, []string{"a"}, [][]float64{{1e6}}) }},
		{"needs both sides", func() (*Figure, error) {
			return Lines(About{}, "x", "y", "", []Curve{{Name: "a", X: []float64{1}, Y: []float64{1}, High: []float64{1}}})
		}},
		{"expected a count", func() (*Figure, error) { return Confusion(About{}, []string{"a"}, []Matrix{{"m", [][]int{{-1}}}}) }},
	} {
		if _, err := c.make(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// Data that are poor but possible: one value, no spread, two groups, two dozen.
func TestPoorData(t *testing.T) {
	many := make([]string, 24)
	for i := range many {
		many[i] = fmt.Sprintf("genre %d", i)
	}
	for _, f := range samples(t, many[:2]) {
		svgOf(t, f)
	}
	f, err := Violins(About{Title: "t"}, []string{"one", "same"}, []Panel{{Name: "p", Values: [][]float64{{1}, {2, 2, 2}}}})
	if err != nil {
		t.Fatal(err)
	}
	svgOf(t, f)
	f, err = Lines(About{Title: "t"}, "epoch", "loss", "", []Curve{{Name: "a", X: []float64{1}, Y: []float64{2}}})
	if err != nil {
		t.Fatal(err)
	}
	svgOf(t, f)
	counts := make([][]int, 24)
	for i := range counts {
		counts[i] = make([]int, 24)
	}
	f, err = Confusion(About{Title: "t"}, many, []Matrix{{"m", counts}})
	if err != nil {
		t.Fatal(err)
	}
	svgOf(t, f)
}

// Twenty groups are told apart by colour, symbol and line, and by names, however long or alike.
func TestTwentyGroups(t *testing.T) {
	names, looks := []string{}, map[string]bool{}
	for i := range 20 {
		names = append(names, strings.Repeat("とても長いジャンル", 6)+fmt.Sprint(i))
		looks[colour(i)+symbol(i)] = true
		if i >= len(palette) && dash(i) == dash(i-len(palette)) {
			t.Errorf("groups %d and %d have one line", i, i-len(palette))
		}
	}
	if len(looks) != 20 {
		t.Errorf("20 groups have %d looks", len(looks))
	}
	for number, f := range samples(t, append(names[:17:17], "رقص شرقي", "👨‍👩‍👧‍👦 family", "a\tb")) {
		svg := svgOf(t, f)
		if number != "4.2" && number != "4.3" {
			continue
		}
		shown := map[string]bool{}
		for _, line := range text(t, svg) {
			if strings.HasPrefix(line, "とても") {
				shown[line] = true
			}
		}
		if len(shown) != 17 {
			t.Errorf("figure %s shows %d of 17 long names: %q", number, len(shown), slices.Sorted(maps.Keys(shown)))
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		name string
		room int
		want string
	}{
		{"dance", 110, "dance"}, {"a long name of a genre", 70, "a long n…"},
		{"か\u3099か\u3099か\u3099", 35, "か\u3099…"}, // never a letter without its mark
		{"ab👨‍👩‍👧", 34, "ab…"},                    // nor half a family
	} {
		if got := shorten(c.name, c.room); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.name, c.room, got, c.want)
		}
	}
	if got, want := numbered([]string{"a", "b", "a", "a (2)", "a"}), []string{"a", "b", "a (3)", "a (2)", "a (4)"}; !slices.Equal(got, want) {
		t.Errorf("numbered %q, want %q", got, want)
	}
}

// A figure of very many points draws some of each group.
func TestManyPoints(t *testing.T) {
	a, b := Points{Group: "a"}, Points{Group: "b"}
	for k := range 9000 {
		a.X, a.Y = append(a.X, float64(k+1)), append(a.Y, float64(k+1))
	}
	b.X, b.Y = a.X[:1000], a.Y[:1000]
	f, err := ScatterRegression(About{Title: "t"}, "x", "y", []Points{a, b})
	if err != nil {
		t.Fatal(err)
	}
	svg := svgOf(t, f)
	for fill, want := range map[string]int{"0072B2": 1800, "D55E00": 200} {
		if got := len(regexp.MustCompile(`transform="matrix\([^"]*" fill="#`+fill+`" fill-opacity="0.65"`).FindAll(svg, -1)); got != want {
			t.Errorf("%d points of colour %s, want %d", got, fill, want)
		}
	}
	if !bytes.Contains(svg, []byte("of 10,000 points one in 5 is drawn")) {
		t.Error("the figure does not say that it leaves points out")
	}
}

// A published value may be missing for some groups.
func TestSomePublished(t *testing.T) {
	nan := math.NaN()
	f, err := Bars(About{Title: "t"}, "y", "", []string{"a", "b"}, []Bar{{"s", []float64{1, 2}, nil, nil, []float64{nan, 2}}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := Violins(About{Title: "t"}, []string{"a", "b"}, []Panel{{"p", [][]float64{{1, 2, 3}, {2, 3, 4}}, []float64{nan, 2}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(svgOf(t, f), []byte(`fill="#fff" stroke="#222" stroke-width="1.8"`)); n != 1 {
		t.Errorf("%d diamonds on bars, want 1", n)
	}
	if n := bytes.Count(v.option, []byte(`"symbol":"diamond"`)); n != 1 {
		t.Errorf("%d diamonds on violins, want 1", n)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.123456: "0.1235", 999: "999", 29500: "29,500", 13e6: "13,000,000", -1234: "−1,234"} {
		if got := number(v, 4); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestFiveNumbers(t *testing.T) {
	// numpy.percentile([4, 1, 3, 2], [0, 25, 50, 75, 100])
	if got, want := fiveNumbers([]float64{4, 1, 3, 2}), []float64{1, 1.75, 2.5, 3.25, 4}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkSVG(b *testing.B) {
	f := samples(b, three)["4.2"]
	for b.Loop() {
		if _, err := f.SVG(); err != nil {
			b.Fatal(err)
		}
	}
}

// Epochs are whole: no tick stands between two of them.
func TestWholeTicks(t *testing.T) {
	for _, epochs := range []int{1, 4, 15} {
		c := Curve{Name: "a"}
		for e := 1; e <= epochs; e++ {
			c.X, c.Y = append(c.X, float64(e)), append(c.Y, 100*float64(e))
		}
		f, err := Lines(About{Title: "t"}, "epoch", "y", "", []Curve{c})
		if err != nil {
			t.Fatal(err)
		}
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		if broken := regexp.MustCompile(`>[\d,]*\.\d+</text>`).FindAll(svg, -1); len(broken) > 0 {
			t.Errorf("%d epochs: ticks %q", epochs, broken)
		}
		if !regexp.MustCompile(`>1</text>`).Match(svg) {
			t.Errorf("%d epochs: no tick at the first", epochs)
		}
	}
}
