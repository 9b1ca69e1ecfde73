package chart

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Curve is one line, X ascending; Low and High, nil or as long, are a band around
// it. Curves of one Hue share a colour and a symbol: the test curve of an arm is
// its training curve, dashed.
type Curve struct {
	Name            string
	X, Y, Low, High []float64
	Hue             int
	Dashed          bool
}

// Lines shows curves over a common axis, such as learning curves over epochs. band
// says in words what the bands are; it may be empty.
func Lines(a About, xName, yName, band string, curves []Curve) (*Figure, error) {
	return forAnyPage(a, func(a About) (*Figure, error) { return lineChart(a, xName, yName, band, curves) })
}

func lineChart(a About, xName, yName, band string, curves []Curve) (*Figure, error) {
	labels := make([]string, len(curves))
	for i, c := range curves {
		labels[i] = c.Name
	}
	names, err := cleanAll("lines", labels)
	if err != nil {
		return nil, err
	}
	xName, yName, band = clean(xName), clean(yName), clean(band)
	l := charts.NewLine()
	var x extent
	for i, c := range curves {
		what := fmt.Sprintf("line %q", names[i])
		if len(c.X) == 0 {
			return nil, fmt.Errorf("%s: %w", what, errEmpty)
		}
		if (c.Low == nil) != (c.High == nil) {
			return nil, fmt.Errorf("%s: a band needs both sides", what)
		}
		if len(c.Y) != len(c.X) || c.Hue < 0 {
			return nil, fmt.Errorf("%s: %d values at %d places, hue %d", what, len(c.Y), len(c.X), c.Hue)
		}
		if err := sameLength(what, len(c.X), c.Low, c.High); err != nil {
			return nil, err
		}
		if err := finite(what, c.X, c.Y, c.Low, c.High); err != nil {
			return nil, err
		}
		var data []opts.LineData
		var area []opts.CustomData
		for k := range c.X {
			x.add(c.X[k])
			lines := []string{names[i], xName + " " + number(c.X[k], 4), yName + ": " + number(c.Y[k], 4)}
			if c.Low != nil {
				lines = append(lines, "from "+number(c.Low[k], 4)+" to "+number(c.High[k], 4))
				area = append(area, opts.CustomData{Value: []any{c.X[k], c.Low[k], c.High[k]}})
			}
			data = append(data, opts.LineData{Name: tip(lines...), Value: []any{c.X[k], c.Y[k]}})
		}
		kind := "solid"
		if c.Dashed {
			kind = "dashed"
		}
		l.AddSeries(names[i], data, func(s *charts.SingleSeries) {
			s.ShowSymbol, s.Symbol, s.SymbolSize = opts.Bool(true), symbol(c.Hue), 6
			s.LineStyle = &opts.LineStyle{Color: colour(c.Hue), Width: 2, Type: kind}
			s.ItemStyle = &opts.ItemStyle{Color: colour(c.Hue)}
		})
		if area != nil {
			l.Overlap(charts.NewCustom().AddSeries(names[i], area, renderItem("band", colour(c.Hue), 1, 2)))
		}
	}
	var notes []string
	if band != "" {
		notes = append(notes, "bands: "+band)
	}
	key, y := a.legend(a.top(notes...), names, 30)
	xs := valueAxis(xName, "number", x.lo, x.hi)
	whole := true // epochs, layers, pictures: no tick between two of them
	for _, c := range curves {
		for _, v := range c.X {
			whole = whole && v == math.Trunc(v)
		}
	}
	if whole {
		xs.MinInterval = 1
	}
	if x.lo == x.hi {
		xs.Min, xs.Max = x.lo-1, x.hi+1
	}
	ys := yAxis(valueAxis(yName, "number", nil, nil), 52)
	ys.Scale = opts.Bool(true)
	l.SetGlobalOptions(
		charts.WithXAxisOpts(xs), charts.WithYAxisOpts(ys),
		charts.WithGridOpts(opts.Grid{Left: "76", Right: "24", Top: px(y + 12), Height: "310"}),
		key,
	)
	return newFigure(a, y+12+310+60, l, notes...)
}

// Floats are whole numbers as a Curve's X.
func Floats(x []int) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
