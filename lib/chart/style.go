package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

const (
	// fonts: Latin first, then a Japanese face of each system that may show a figure.
	fonts = "Helvetica Neue,Helvetica,Arial,IPAexGothic,IPAGothic,Noto Sans CJK JP,Noto Sans JP,Hiragino Sans,Meiryo,sans-serif"
	ink   = "#222"
	rule  = "#e3e3e3"

	width  = 760 // of every figure: a notebook cell and a printed page are as wide
	narrow = 380 // of its twin for a phone
	wide   = 6   // more groups than this do not fit beside each other in half a figure
)

// palette is Okabe & Ito's (2008) in an order that keeps neighbours apart in lightness, without yellow,
// which is too light on white; then wine and olive of Tol's muted scheme (2021) and grey. More cannot be
// told apart with any colour vision: further groups repeat colours with another symbol and another dash.
var palette = []string{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255", "#999933", "#888888"}

// symbols differ as well, for readers and printers without colour. Their number has no divisor in common
// with the colours': the first 70 groups have a pair of their own.
var symbols = []string{"circle", "triangle", "rect", "diamond", "emptyCircle", "emptyTriangle", "emptyRect"}

func colour(i int) string { return palette[i%len(palette)] }
func symbol(i int) string { return symbols[i%len(symbols)] }

// dash is the line of group i: whole for the first of each colour, dashed and dotted for the next.
func dash(i int) string { return []string{"solid", "dashed", "dotted"}[i/len(palette)%3] }

// inherited are the members of JavaScript's Object.prototype. ECharts keeps the
// widths of texts in a plain object: it would find these there without having
// measured them, and "__proto__" would make it write into all objects.
var inherited = map[string]bool{
	"__proto__": true, "__defineGetter__": true, "__defineSetter__": true, "__lookupGetter__": true, "__lookupSetter__": true,
	"constructor": true, "hasOwnProperty": true, "isPrototypeOf": true, "propertyIsEnumerable": true,
	"toLocaleString": true, "toString": true, "valueOf": true,
}

// clean makes text fit for XML and for one line: control characters, which neither
// may hold, become spaces; what is not UTF-8 becomes U+FFFD; a name that means
// something to JavaScript gets a space behind it.
func clean(s string) string {
	if inherited[s] {
		return s + " "
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r&0xFFFE == 0xFFFE:
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cleanAll cleans names and demands that there are some and that they differ: marks
// are told apart by name. Names that cleaning makes equal are numbered.
func cleanAll(what string, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: %w", what, errEmpty)
	}
	out := make([]string, len(names))
	given := map[string]bool{}
	for i, n := range names {
		if given[n] {
			return nil, fmt.Errorf("%s: %q stands there twice", what, clean(n))
		}
		given[n] = true
		out[i] = clean(n)
	}
	return numbered(out), nil
}

// numbered makes texts differ: one that stands there already gets a number behind it.
func numbered(texts []string) []string {
	seen := map[string]bool{}
	for _, t := range texts {
		seen[t] = true
	}
	out, first := slices.Clone(texts), map[string]bool{}
	for i, t := range texts {
		for k := 2; first[out[i]]; k++ {
			if again := fmt.Sprintf("%s (%d)", t, k); !seen[again] {
				out[i] = again
			}
		}
		first[out[i]] = true
	}
	return out
}

// finite demands numbers that can be drawn.
func finite(what string, values ...[]float64) error {
	for _, vs := range values {
		for i, v := range vs {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("%s: value %d is %v, expected a finite number", what, i, v)
			}
		}
	}
	return nil
}

// some are the values that are there: NaN stands for none.
func some(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), math.IsNaN)
}

// sameLength demands slices of length n; a nil one is left out and passes.
func sameLength(what string, n int, values ...[]float64) error {
	for _, vs := range values {
		if vs != nil && len(vs) != n {
			return fmt.Errorf("%s: %d values, expected %d", what, len(vs), n)
		}
	}
	return nil
}

// shorten cuts a name to a width in pixels for an axis or legend; tooltips hold all
// of it. It does not cut between a letter and its marks, nor inside a joined emoji.
func shorten(s string, room int) string {
	if textWidth(s) <= room {
		return s
	}
	r := []rune(s)
	n := len(r)
	for n > 0 && (textWidth(string(r[:n]))+12 > room || attached(r[n]) || r[n-1] == zeroWidthJoiner) {
		n--
	}
	return strings.TrimRight(string(r[:n]), " ") + "…"
}

// shortenAll cuts names to a width in pixels, and numbers those that cutting makes equal.
func shortenAll(names []string, room int) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = shorten(n, room)
	}
	return numbered(out)
}

const zeroWidthJoiner = '\u200D'

// attached says whether a rune belongs to the one before it.
func attached(r rune) bool {
	return unicode.Is(unicode.M, r) || r == zeroWidthJoiner || 0x1F3FB <= r && r <= 0x1F3FF // skin tones
}

// tip is the text of a mark's tooltip: a heading and lines below it.
func tip(lines ...string) string { return strings.Join(lines, "\n") }

// number writes a value for a tooltip or a label: thousands separated, otherwise
// digits significant ones.
func number(v float64, digits int) string {
	if math.Abs(v) < 1000 {
		return strings.Replace(strconv.FormatFloat(v, 'g', digits, 64), "-", "−", 1)
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 {
		return "−" + s
	}
	return s
}

func px(v int) string { return strconv.Itoa(v) }

// valueAxis is a numeric axis; lo and hi may be nil for ECharts' choice.
func valueAxis(name, ticks string, lo, hi any) opts.XAxis {
	return opts.XAxis{
		Type: "value", Name: name, NameLocation: "middle", NameGap: 32, Min: lo, Max: hi,
		AxisLabel: axisLabel(ticks),
		AxisLine:  &opts.AxisLine{Show: opts.Bool(true), OnZero: opts.Bool(false)},
		SplitLine: splitLine(true),
	}
}

// categoryAxis is an axis of names, all of them written, each in a band of the given
// width, below it or, where they do not fit, aslant. depth is the room that they
// need, with the axis' own name.
func categoryAxis(name string, names []string, band int) (axis opts.XAxis, depth int) {
	label := axisLabel("")
	label.Interval = "0"
	shown := shortenAll(names, 110)
	widest := 0
	for _, n := range shown {
		widest = max(widest, textWidth(n))
	}
	depth = 28
	if widest+8 > band {
		label.Rotate = 40
		depth = 18 + widest*2/3 // sin 40° = 0.64
	}
	if band < 24 { // aslant they would touch, and ECharts leaves out the first and the last
		label.Rotate = 90
		depth = 18 + widest
	}
	gap := depth + 2
	if name != "" {
		depth += 24
	}
	return opts.XAxis{
		Type: "category", Name: name, NameLocation: "middle", NameGap: gap, Data: shown,
		AxisLabel: label,
		AxisTick:  &opts.AxisTick{Show: opts.Bool(false)},
		SplitLine: splitLine(false),
	}, depth
}

// categoryRows is a vertical axis of names, the first on top, and the width that
// they need.
func categoryRows(names []string) (axis opts.YAxis, room int) {
	x, _ := categoryAxis("", names, math.MaxInt)
	axis = yAxis(x, 0)
	axis.Inverse = opts.Bool(true)
	for _, n := range x.Data.([]string) {
		room = max(room, textWidth(n))
	}
	return axis, room + 20
}

// textWidth estimates the width of a text of 12 px.
func textWidth(s string) int {
	w := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // on or between letters
		case r < 0x2E80:
			w += 7
		default:
			w += 12 // Chinese characters, kana, emoji
		}
	}
	return w
}

// yAxis turns a definition of an axis into a vertical one, its name at gap from the line.
func yAxis(x opts.XAxis, gap int) opts.YAxis {
	return opts.YAxis{
		Type: x.Type, Name: x.Name, NameLocation: x.NameLocation, NameGap: gap, Min: x.Min, Max: x.Max,
		Data: x.Data, AxisLabel: x.AxisLabel, AxisLine: x.AxisLine, SplitLine: x.SplitLine,
		GridIndex: x.GridIndex,
	}
}

func axisLabel(ticks string) *opts.AxisLabel {
	label := &opts.AxisLabel{Show: opts.Bool(true), FontSize: 12, Color: ink}
	if ticks != "" {
		label.Formatter = types.FuncStr(ticks)
	}
	return label
}

func splitLine(show bool) *opts.SplitLine {
	return &opts.SplitLine{Show: opts.Bool(show), LineStyle: &opts.LineStyle{Color: rule}}
}

// legend lists names from height y on, each beside an icon as wide as given, and
// returns the height below it.
func (a About) legend(y int, names []string, icon int) (charts.GlobalOpts, int) {
	// ECharts breaks lines by the width of the text; so do we, to know their number.
	x, below := 8, y+26
	for _, n := range names {
		w := icon + 5 + textWidth(n)*13/12 + 12
		if x+w > a.room()-40 && x > 8 { // rather a line too many than one over the drawing
			x, below = 8, below+26
		}
		x += w
	}
	return charts.WithLegendOpts(opts.Legend{
		Show: opts.Bool(true), Left: "8", Top: px(y), Data: names, ItemWidth: icon,
		TextStyle: &opts.TextStyle{Color: ink, FontSize: 13, LineHeight: 16},
	}), below
}

// noLegend leaves it out where the axis says it all.
func noLegend() charts.GlobalOpts {
	return charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)})
}
