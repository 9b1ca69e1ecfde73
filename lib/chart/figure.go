// Package chart draws one figure: a single go-echarts definition gives the
// interactive figure for a page and, through ECharts' own SVG renderer run inside
// the process, the static one for files, print and pages without JavaScript.
//
// A page shows interactive figures once Init (in a notebook) or Library (in any
// other page) has put ECharts into it, before or after the figures; without it,
// or without JavaScript, or where HTML is sanitized, the static picture stays.
//
// Text from data (genres, file names, recognised words) may hold anything: it
// travels as JSON and is escaped wherever it meets HTML or SVG.
package chart

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/types"
	"github.com/google/renameio/v2"
	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// About is what a reader must know about a figure besides its marks.
type About struct {
	Number  string // the thesis' number, "4.2"; empty where the thesis has no such figure
	Title   string // drawn on top, one line
	Caption string // below the figure on a page, and its description for screen readers
	StandIn bool   // the data are the stand-in's: the figure is marked as such

	width int // CSS pixels to draw it in; 0: as many as all figures have
}

// room is the width to draw in.
func (a About) room() int { return cmp.Or(a.width, width) }

// narrow says whether the figure is drawn for a phone: panels stand below each other.
func (a About) narrow() bool { return a.room() < width }

// forAnyPage draws the figure twice, as wide as a page and for a phone.
func forAnyPage(a About, build func(About) (*Figure, error)) (*Figure, error) {
	f, err := build(a)
	if err != nil {
		return nil, err
	}
	a.width = narrow
	f.phone, err = build(a)
	return f, err
}

// Figure is one figure, ready to be shown or saved. Make one with Heatmap,
// ScatterRegression, Bars, Violins, Histograms, Lines or Confusion.
type Figure struct {
	About
	Width, Height int // CSS pixels

	option []byte // ECharts' option as JSON; functions by name, see runtime.js
	notes  []string
	phone  *Figure // the same, drawn narrow
}

// standInMark is written on every figure and in every caption made from stand-in data.
const standInMark = "Stand-in data"

// heading is "Figure 4.2. Title".
func (f *Figure) heading() string {
	if f.Number == "" {
		return f.Title
	}
	return "Figure " + f.Number + ". " + f.Title
}

// description is the figure in words: what a screen reader says for it.
func (f *Figure) description() string {
	words := []string{f.heading()}
	if f.StandIn {
		words = append(words, standInMark)
	}
	words = append(words, f.notes...)
	if f.Caption != "" {
		words = append(words, f.Caption)
	}
	for i, w := range words {
		words[i] = strings.TrimRight(w, ". ")
	}
	return strings.Join(words, ". ") + "."
}

// SVG returns the static figure as a self-contained document. The same data give
// the same bytes.
func (f *Figure) SVG() ([]byte, error) {
	drawn, err := draw(f.option, f.Width, f.Height)
	if err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.heading(), err)
	}
	// ECharts numbers its instances, and ids with them; number by content instead,
	// so that two figures inlined in one page do not share an id.
	svg := instanceID.ReplaceAllString(drawn, "${1}f"+f.id()+"-")
	svg = strings.Replace(svg, ` id="0"`, "", 1) // of the background
	end := strings.IndexByte(svg, '>')
	if !strings.HasPrefix(svg, "<svg") || end < 0 {
		return nil, fmt.Errorf("figure %q: ECharts drew %.60q, which is no SVG", f.heading(), svg)
	}
	return []byte(svg[:end] + ` role="img"><title>` + html.EscapeString(f.heading()) + "</title><desc>" +
		html.EscapeString(f.description()) + "</desc>" + svg[end+1:] + "\n"), nil
}

// Save writes the static figure to path, making its folder where needed.
func (f *Figure) Save(path string) error {
	svg, err := f.SVG()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("saving figure %q: %w", f.heading(), err)
	}
	if err := renameio.WriteFile(path, svg, 0o644); err != nil {
		return fmt.Errorf("saving figure %q: %w", f.heading(), err)
	}
	return nil
}

// HTML returns the figure as a piece of a page: the static picture, as wide as the page
// has room for or drawn anew for a phone, with its
// caption, and a script that asks for the interactive figure in its place. The
// script waits for Library; the piece may stand on a page more than once.
func (f *Figure) HTML() (string, error) {
	svg, err := f.SVG()
	if err != nil {
		return "", err
	}
	caption := ""
	if heading := strings.TrimRight(f.heading(), ". "); heading != "" {
		if !strings.HasSuffix(heading, "?") {
			heading += "."
		}
		caption = "<b>" + html.EscapeString(heading) + "</b> "
	}
	if f.StandIn {
		caption += "<b>" + standInMark + ".</b> "
	}
	var b strings.Builder
	// The light background is set here, not left to the page: on a dark theme the
	// drawing would be dark on dark.
	anchor := ""
	if f.Number != "" { // what references in the text link to; the page makes an id of the first
		anchor = ` data-place="figure-` + html.EscapeString(f.Number) + `"`
	}
	fmt.Fprintf(&b, `<figure data-figure=%q%s style="margin:1em 0;max-width:%dpx;background:#fff;color:#222">`, f.id(), anchor, f.Width)
	b.WriteString("<picture>")
	if f.phone != nil {
		narrow, err := f.phone.SVG()
		if err != nil {
			return "", err
		}
		// Print is wider: paper gets the figure as it is in files.
		fmt.Fprintf(&b, `<source media="(max-width: 600px)" width="%d" height="%d" srcset="data:image/svg+xml;base64,%s">`,
			f.phone.Width, f.phone.Height, base64.StdEncoding.EncodeToString(narrow))
	}
	fmt.Fprintf(&b, `<img width="%d" height="%d" style="display:block;max-width:100%%;height:auto" alt="%s" src="data:image/svg+xml;base64,%s"></picture>`,
		f.Width, f.Height, html.EscapeString(f.description()), base64.StdEncoding.EncodeToString(svg))
	if caption += html.EscapeString(f.Caption); caption != "" {
		fmt.Fprintf(&b, `<figcaption style="padding:0 8px 8px;color:#222">%s</figcaption>`, caption)
	}
	fmt.Fprintf(&b, `<script>(window.thesisFigures=window.thesisFigures||[]).push({id:%q,width:%d,height:%d,option:%s});</script></figure>`,
		f.id(), f.Width, f.Height, f.option)
	return b.String(), nil
}

// Show displays the figure as the output of a notebook cell. Outside a notebook it
// only draws, so that errors come to light.
func (f *Figure) Show() error {
	page, err := f.HTML()
	if err != nil {
		return err
	}
	return display(page, f.description())
}

// Init displays ECharts itself, once a notebook, so that all its figures become
// interactive. It shows nothing.
func Init() error {
	library, err := Library()
	if err != nil {
		return err
	}
	return display(library, "")
}

// display sends one output to the notebook and waits until it has arrived: output
// of a short cell is lost otherwise.
func display(page, plain string) error {
	if !gonbui.IsNotebook {
		return nil
	}
	gonbui.SendData(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMETextHTML:  page,
		protocol.MIMETextPlain: plain,
	}})
	gonbui.Sync()
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("displaying a figure in the notebook: %w", err)
	}
	return nil
}

// id names the figure by its content.
func (f *Figure) id() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %s %s", f.Width, f.Height, f.description(), f.option)
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// definition is what go-echarts' charts have in common.
type definition interface{ JSON() map[string]any }

// newFigure closes the definition of a figure: what all figures share, and what
// go-echarts has no field for. notes are written under the title.
func newFigure(a About, height int, chart definition, notes ...string) (*Figure, error) {
	a.Title, a.Caption = clean(a.Title), clean(a.Caption)
	f := &Figure{About: a, Width: a.room(), Height: height}
	for _, n := range notes {
		if n != "" {
			f.notes = append(f.notes, n)
		}
	}
	option := chart.JSON()
	option["title"] = f.titles()
	option["textStyle"] = map[string]any{"fontFamily": fonts, "color": ink}
	option["animation"] = false // a still frame: print and screen readers come at any time
	option["tooltip"] = map[string]any{"trigger": "item", "confine": true, "formatter": "tip",
		"backgroundColor": "#fff", "borderColor": "#999", "textStyle": map[string]any{"color": ink, "fontSize": 13}}
	delete(option, "toolbox")
	series := option["series"].(charts.MultiSeries)
	all := make([]any, len(series))
	for i, s := range series {
		all[i] = s
		if s.Type == types.ChartBoxPlot {
			all[i] = struct {
				charts.SingleSeries
				BoxWidth []int `json:"boxWidth"`
			}{s, []int{10, 10}}
		}
	}
	option["series"] = all
	// Marshal escapes <, >, & and U+2028/9, so that the JSON is safe inside <script>.
	encoded, err := json.Marshal(option)
	if err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.heading(), err)
	}
	f.option = bytes.TrimSpace(encoded)
	return f, nil
}

// titles are the title with its notes on the left and the stand-in mark on the right.
func (f *Figure) titles() []any {
	title, above := shorten(f.Title, (width-160)*12/17), 6
	if f.narrow() {
		title, above = strings.Join(f.titleLines(), "\n"), above+f.badge()
	}
	all := []any{map[string]any{
		"text": title, "left": 8, "top": above, "itemGap": 5,
		"textStyle":    map[string]any{"fontSize": 16, "color": ink, "lineHeight": titleHeight},
		"subtext":      strings.Join(f.lines(f.notes), "\n"),
		"subtextStyle": map[string]any{"fontSize": 12, "color": "#555", "lineHeight": 16},
	}}
	if f.StandIn {
		all = append(all, map[string]any{
			"text": standInMark, "right": 8, "top": 6, "padding": []int{4, 10},
			"backgroundColor": "#fff3cd", "borderColor": "#a06000", "borderWidth": 1, "borderRadius": 3,
			"textStyle": map[string]any{"fontSize": 12, "color": "#6b4000"},
		})
	}
	return all
}

const titleHeight = 20 // of a line of the title

// titleLines are the title for a phone, broken into lines.
func (a About) titleLines() []string {
	return broken([]string{a.Title}, (a.room()-24)*12/17)
}

// badge is the room that the stand-in mark takes above the title: on a phone they do not fit beside each other.
func (a About) badge() int {
	if a.StandIn && a.narrow() {
		return 30
	}
	return 0
}

// top is where the legend or the drawing may start: below title and notes.
func (a About) top(notes ...string) int {
	y := 36 + 16*len(a.lines(notes))
	if a.narrow() {
		y += a.badge() + titleHeight*(len(a.titleLines())-1)
	}
	return y
}

// lines breaks notes where they are wider than the figure.
func (a About) lines(notes []string) []string { return broken(notes, a.room()-24) }

// broken breaks texts into lines of at most so many pixels.
func broken(texts []string, room int) []string {
	var out []string
	for _, n := range texts {
		line := ""
		for _, word := range strings.Fields(n) {
			if line != "" && textWidth(line+" "+word) > room {
				out = append(out, line)
				line = ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		if line != "" {
			out = append(out, shorten(line, room))
		}
	}
	return out
}

var errEmpty = errors.New("no data")
