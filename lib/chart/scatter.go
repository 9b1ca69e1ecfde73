package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Points are the points of one group on the raw scale, none negative. Names, of the
// same length or nil, say in the tooltip what a point is.
type Points struct {
	Group string
	X, Y  []float64
	Names []string
	Fit   *Fit // nil: no line
}

// Fit is a regression line with the confidence band of its mean, in log10 units:
// at X[i] the line is Y[i], the band Low[i] to High[i]. X ascends. Note, such as
// "R² 0.76", stands beside the group's name in the legend.
type Fit struct {
	X, Y, Low, High []float64
	Note            string
}

// mostPoints is how many points a figure draws: more would only cover each other, and make a page of
// many megabytes.
const mostPoints = 2000

// ScatterRegression shows two counts against each other on logarithmic axes, with a
// regression line and its confidence band by group (figure 4.2). A zero has no
// place on a logarithmic axis: points with one lie in a gutter beside the axis,
// marked 0, and a note says how many they are. Of more than mostPoints points that
// share is drawn, every so manyth of each group, and a note says so.
func ScatterRegression(a About, xName, yName string, groups []Points) (*Figure, error) {
	return forAnyPage(a, func(a About) (*Figure, error) { return scatterRegression(a, xName, yName, groups) })
}

func scatterRegression(a About, xName, yName string, groups []Points) (*Figure, error) {
	labels := make([]string, len(groups))
	for i, g := range groups {
		labels[i] = g.Group
	}
	names, err := cleanAll("scatter", labels)
	if err != nil {
		return nil, err
	}
	xName, yName = clean(xName), clean(yName)
	var all [2]extent // x, y; log10
	zeros := [2]int{}
	zeroPoints, points := 0, 0
	for i, g := range groups {
		what := fmt.Sprintf("scatter, group %q", names[i])
		if err := sameLength(what+", y", len(g.X), g.Y); err != nil {
			return nil, err
		}
		if g.Names != nil && len(g.Names) != len(g.X) {
			return nil, fmt.Errorf("%s: %d names for %d points", what, len(g.Names), len(g.X))
		}
		if err := finite(what, g.X, g.Y); err != nil {
			return nil, err
		}
		points += len(g.X)
		for k := range g.X {
			hasZero := false
			for d, v := range []float64{g.X[k], g.Y[k]} {
				switch {
				case v < 0:
					return nil, fmt.Errorf("%s: point %d is %v, expected a count", what, k, v)
				case v == 0:
					zeros[d]++
					hasZero = true
				default:
					all[d].add(math.Log10(v))
				}
			}
			if hasZero {
				zeroPoints++
			}
		}
		if f := g.Fit; f != nil {
			if err := sameLength(what+", fit", len(f.X), f.Y, f.Low, f.High); err != nil {
				return nil, err
			}
			if err := finite(what+", fit", f.X, f.Y, f.Low, f.High); err != nil {
				return nil, err
			}
			for k := range f.X {
				all[0].add(f.X[k])
				all[1].add(f.Y[k])
			}
		}
	}
	if points == 0 {
		return nil, fmt.Errorf("scatter: %w", errEmpty)
	}

	// From here on in log10 units; a zero stands one decade below the first tick.
	var lo, hi, gutter [2]float64
	var ticks [2]string
	for d := range all {
		if !all[d].some {
			all[d].add(0)
		}
		lo[d], hi[d] = math.Floor(all[d].lo), math.Ceil(all[d].hi)
		if hi[d] == lo[d] {
			hi[d]++
		}
		ticks[d] = "log10:"
		if zeros[d] > 0 {
			gutter[d] = lo[d] - 1
			lo[d] -= 1.5
			ticks[d] += strconv.FormatFloat(gutter[d], 'g', -1, 64)
		}
	}
	at := func(d int, v float64) float64 {
		if v == 0 {
			return gutter[d]
		}
		return math.Log10(v)
	}

	note := ""
	if zeroPoints > 0 {
		var parts []string
		for d, name := range []string{xName, yName} {
			if zeros[d] > 0 {
				parts = append(parts, fmt.Sprintf("%d with %s = 0", zeros[d], name))
			}
		}
		note = fmt.Sprintf("%d of %d points have a zero (%s): drawn at 0 beside the axis, outside the logarithmic fit",
			zeroPoints, points, strings.Join(parts, ", "))
	}

	every := (points + mostPoints - 1) / mostPoints
	thinned := ""
	if every > 1 {
		thinned = fmt.Sprintf("of %s points one in %d is drawn; the lines are of all", number(float64(points), 6), every)
	}
	s := charts.NewScatter()
	shown := shortenAll(names, 140)
	for i, g := range groups {
		if g.Fit != nil && g.Fit.Note != "" {
			shown[i] += " (" + clean(g.Fit.Note) + ")"
		}
		var data []opts.ScatterData
		for k := 0; k < len(g.X); k += every {
			head := names[i]
			if g.Names != nil {
				head = clean(g.Names[k])
			}
			data = append(data, opts.ScatterData{
				Name: tip(head, names[i], yName+": "+number(g.Y[k], 4), xName+": "+number(g.X[k], 4)),
				// x, y as drawn, and as they are
				Value: []any{round(at(0, g.X[k])), round(at(1, g.Y[k]))},
			})
		}
		s.AddSeries(shown[i], data, func(s *charts.SingleSeries) {
			s.Symbol, s.SymbolSize = symbol(i), 8
			s.ItemStyle = &opts.ItemStyle{Color: colour(i), Opacity: opts.Float(0.65)}
		})
		if g.Fit == nil {
			continue
		}
		var mean []opts.LineData
		var band []opts.CustomData
		for k := range g.Fit.X {
			clamp := func(v float64) float64 { return round(min(max(v, lo[1]), hi[1])) }
			mean = append(mean, opts.LineData{Value: []any{round(g.Fit.X[k]), clamp(g.Fit.Y[k])}})
			band = append(band, opts.CustomData{Value: []any{round(g.Fit.X[k]), clamp(g.Fit.Low[k]), clamp(g.Fit.High[k])}})
		}
		s.Overlap(
			charts.NewCustom().AddSeries(shown[i], band, renderItem("band", colour(i), 1, 2)),
			charts.NewLine().AddSeries(shown[i], mean, func(s *charts.SingleSeries) {
				s.ShowSymbol = opts.Bool(false)
				s.LineStyle = &opts.LineStyle{Color: colour(i), Width: 2.5, Type: dash(i)}
				s.ItemStyle = &opts.ItemStyle{Color: colour(i)}
			}),
		)
	}
	for d := range gutter { // a dashed rule parts the gutter from the axis
		if zeros[d] == 0 {
			continue
		}
		from, to := []any{gutter[0] + 0.5, lo[1]}, []any{gutter[0] + 0.5, hi[1]}
		if d == 1 {
			from, to = []any{lo[0], gutter[1] + 0.5}, []any{hi[0], gutter[1] + 0.5}
		}
		s.Overlap(charts.NewLine().AddSeries("gutter", []opts.LineData{{Value: from}, {Value: to}}, func(s *charts.SingleSeries) {
			s.ShowSymbol = opts.Bool(false)
			s.LineStyle = &opts.LineStyle{Color: "#888", Width: 1, Type: "dashed"}
		}))
	}
	key, y := a.legend(a.top(note, thinned), shown, 14)
	xs, ys := valueAxis(xName+" (log scale)", ticks[0], lo[0], hi[0]), valueAxis(yName+" (log scale)", ticks[1], lo[1], hi[1])
	xs.MinInterval, xs.MaxInterval = 1, 1
	yy := yAxis(ys, 48)
	yy.MinInterval, yy.MaxInterval = 1, 1
	s.SetGlobalOptions(
		charts.WithXAxisOpts(xs), charts.WithYAxisOpts(yy),
		charts.WithGridOpts(opts.Grid{Left: "72", Right: "24", Top: px(y + 12), Height: "380"}),
		key,
	)
	return newFigure(a, y+12+380+60, s, note, thinned)
}

// renderItem draws a custom series by a function of runtime.js, in one colour. y are
// the places of a datum's values that the vertical axis must hold.
func renderItem(function, colour string, y ...int) charts.SeriesOpts {
	return func(s *charts.SingleSeries) {
		s.RenderItem = types.FuncStr(function)
		s.ItemStyle = &opts.ItemStyle{Color: colour}
		s.Encode = &opts.Encode{X: 0, Y: y}
	}
}

// round keeps the six decimals that a drawing can show, and the page small.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// extent is the range of some values.
type extent struct {
	lo, hi float64
	some   bool
}

func (e *extent) add(v float64) {
	if !e.some {
		e.lo, e.hi, e.some = v, v, true
	}
	e.lo, e.hi = min(e.lo, v), max(e.hi, v)
}
