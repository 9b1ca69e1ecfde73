package chart

import (
	"fmt"
	"math"
	"sort"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Panel is one quantity of a figure: Values[g] are the group g's values, and
// Published[g] the thesis' mean of the group (nil, or NaN: none), drawn as a diamond.
type Panel struct {
	Name      string // with its unit
	Values    [][]float64
	Published []float64
}

// Violins shows the distribution of each quantity by group, as a violin (a Gaussian
// kernel estimate with Silverman's bandwidth, cut at the extremes, all of the same
// width) around a box of the quartiles with the extremes (figure 4.4).
func Violins(a About, groups []string, panels []Panel) (*Figure, error) {
	return forAnyPage(a, func(a About) (*Figure, error) { return violins(a, groups, panels) })
}

func violins(a About, groups []string, panels []Panel) (*Figure, error) {
	names, err := cleanAll("violins", groups)
	if err != nil {
		return nil, err
	}
	if len(panels) == 0 {
		return nil, fmt.Errorf("violins: %w", errEmpty)
	}
	notes := []string{"box: quartiles and median; whiskers: extremes"}
	for _, p := range panels {
		if len(some(p.Published)) > 0 {
			notes[0] += "; ◇ published mean"
			break
		}
	}
	y := a.top(notes...) + 12
	const left, gap = 60, 64
	perRow, high := len(panels), 320
	if len(names) > wide || a.narrow() {
		perRow, high = 1, 220
	}
	w := (a.room() - left - 20 - gap*(perRow-1)) / perRow
	axis, depth := categoryAxis("-", names, w/len(names))

	v := charts.NewBoxPlot()
	v.XAxisList, v.YAxisList = nil, nil
	for k, p := range panels {
		name := clean(p.Name)
		if len(p.Values) != len(names) {
			return nil, fmt.Errorf("violins %q: %d groups of values for %d groups", name, len(p.Values), len(names))
		}
		if err := sameLength("violins "+name+", published", len(names), p.Published); err != nil {
			return nil, err
		}
		if err := finite("violins "+name+", published", some(p.Published)); err != nil {
			return nil, err
		}
		var boxes []opts.BoxPlotData
		var diamonds []opts.ScatterData
		for g, values := range p.Values {
			what := fmt.Sprintf("violins %q, group %q", name, names[g])
			if len(values) == 0 {
				return nil, fmt.Errorf("%s: %w", what, errEmpty)
			}
			if err := finite(what, values); err != nil {
				return nil, err
			}
			five := fiveNumbers(values)
			lines := []string{names[g] + ", " + name, fmt.Sprintf("n = %d", len(values)), "median " + number(five[2], 3),
				"quartiles " + number(five[1], 3) + " to " + number(five[3], 3),
				"extremes " + number(five[0], 3) + " to " + number(five[4], 3)}
			if p.Published != nil && !math.IsNaN(p.Published[g]) {
				lines = append(lines, "published mean "+number(p.Published[g], 3))
				diamonds = append(diamonds, opts.ScatterData{Name: tip(lines...), Value: []any{g, p.Published[g]}, Symbol: "diamond", SymbolSize: 12})
			}
			boxes = append(boxes, opts.BoxPlotData{Name: tip(lines...), Value: five,
				ItemStyle: &opts.ItemStyle{Color: "#fff", BorderColor: ink, BorderWidth: 1.3}})
			if outline := violin(g, values); outline != nil {
				c := charts.NewCustom().AddSeries(names[g], outline, renderItem("violin", colour(g), 1), onAxes(k))
				v.Overlap(c)
			}
		}
		v.AddSeries(name, boxes, onAxes(k))
		if diamonds != nil {
			v.Overlap(charts.NewScatter().AddSeries(name, diamonds, onAxes(k), func(s *charts.SingleSeries) {
				s.ItemStyle = &opts.ItemStyle{Color: "#fff", BorderColor: ink, BorderWidth: 1.8}
			}))
		}
		xs := axis
		xs.Name, xs.GridIndex = name, k
		ys := yAxis(valueAxis("", "number", nil, nil), 0)
		ys.GridIndex = k
		v.ExtendXAxis(xs)
		v.ExtendYAxis(ys)
		v.SetGlobalOptions(charts.WithGridOpts(opts.Grid{
			Left: px(left + k%perRow*(w+gap)), Width: px(w), Top: px(y + k/perRow*(high+depth+28)), Height: px(high),
		}))
	}
	v.SetGlobalOptions(noLegend())
	return newFigure(a, y+(len(panels)+perRow-1)/perRow*(high+depth+28)-16, v, notes...)
}

// Histograms shows one count by group, a histogram a group under each other on a
// common axis, in two columns where they are many, with the median (figure 4.6). Values at or above last share the last
// bin, so that a few very large ones do not flatten the rest; last 0 means none do.
func Histograms(a About, xName string, bin, last float64, groups []string, values [][]float64) (*Figure, error) {
	return forAnyPage(a, func(a About) (*Figure, error) { return histograms(a, xName, bin, last, groups, values) })
}

func histograms(a About, xName string, bin, last float64, groups []string, values [][]float64) (*Figure, error) {
	names, err := cleanAll("histograms", groups)
	if err != nil {
		return nil, err
	}
	if len(values) != len(names) {
		return nil, fmt.Errorf("histograms: %d groups of values for %d groups", len(values), len(names))
	}
	if !(bin > 0) || last < 0 {
		return nil, fmt.Errorf("histograms: bins of %v up to %v, expected positive numbers", bin, last)
	}
	xName = clean(xName)
	largest := 0.0
	for g, vs := range values {
		what := fmt.Sprintf("histograms, group %q", names[g])
		if len(vs) == 0 {
			return nil, fmt.Errorf("%s: %w", what, errEmpty)
		}
		if err := finite(what, vs); err != nil {
			return nil, err
		}
		for i, v := range vs {
			if v < 0 {
				return nil, fmt.Errorf("%s: value %d is %v, expected none below 0", what, i, v)
			}
			largest = max(largest, v)
		}
	}
	bins := int(largest/bin) + 1
	ticks := "overflow:"
	if over := int(math.Ceil(last / bin)); last > 0 && over < bins {
		bins = over + 1
		ticks += strconv.FormatFloat(float64(over)*bin, 'g', -1, 64)
	}
	if bins > 400 {
		return nil, fmt.Errorf("histograms: %d bins of %v, expected at most 400", bins, bin)
	}

	notes := []string{"dashed: median"}
	y := a.top(notes...) + 10
	const each, gap, left = 104, 26, 76
	perRow := 1
	if len(names) > wide && !a.narrow() {
		perRow = 2
	}
	across := (a.room() - perRow*(left+32)) / perRow
	perColumn := (len(names) + perRow - 1) / perRow
	shown := shortenAll(names, 100)
	h := charts.NewCustom()
	h.XAxisList, h.YAxisList = nil, nil
	above, most := 0, 0
	for g, vs := range values {
		counts := make([]int, bins)
		for _, v := range vs {
			k := min(int(v/bin), bins-1)
			counts[k]++
			if k == bins-1 && ticks != "overflow:" {
				above++
			}
		}
		var data []opts.CustomData
		for k, c := range counts {
			most = max(most, c)
			from, to := number(float64(k)*bin, 6), "below "+number(float64(k+1)*bin, 6)
			if k == bins-1 && ticks != "overflow:" {
				to = "more"
			}
			data = append(data, opts.CustomData{
				Name:  tip(names[g], xName+": "+from+" to "+to, fmt.Sprintf("%d of %d", c, len(vs))),
				Value: []any{float64(k) * bin, float64(k+1) * bin, c},
			})
		}
		median := fiveNumbers(vs)[2]
		at := min(median, float64(bins)*bin)
		h.AddSeries(names[g], data, renderItem("bin", colour(g), 2), onAxes(g), func(s *charts.SingleSeries) {
			s.MarkLines = &opts.MarkLines{
				Data: []any{opts.MarkLineNameXAxisItem{Name: tip(names[g], "median", number(median, 4)), XAxis: at}},
				MarkLineStyle: opts.MarkLineStyle{
					Symbol:    []string{"none", "none"},
					LineStyle: &opts.LineStyle{Color: ink, Type: "dashed", Width: 1.5},
					Label:     &opts.Label{Show: opts.Bool(true), Formatter: "label", Position: "end", Color: ink},
				},
			}
		})
		xs := valueAxis("", ticks, 0, float64(bins)*bin)
		xs.GridIndex = g
		if g == len(names)-1 || g%perColumn == perColumn-1 {
			xs.Name = xName
		}
		ys := valueAxis(shown[g], "number", 0, nil)
		ys.GridIndex = g
		ys.SplitNumber = 3
		yy := yAxis(ys, 40)
		yy.MinInterval, yy.SplitNumber = 1, 3
		h.ExtendXAxis(xs)
		h.ExtendYAxis(yy)
		h.SetGlobalOptions(charts.WithGridOpts(opts.Grid{Left: px(left + g/perColumn*(across+left+32)), Width: px(across), Top: px(y + 14 + g%perColumn*(each+gap+14)), Height: px(each)}))
	}
	for g := range h.YAxisList { // one scale for all
		h.YAxisList[g].Max = nice(most)
	}
	if ticks != "overflow:" {
		notes[0] += fmt.Sprintf("; the last bin holds all from %s on (%d pictures)", number(float64(bins-1)*bin, 6), above)
	}
	h.SetGlobalOptions(noLegend())
	return newFigure(a, y+14+perColumn*(each+gap+14)+24, h, notes...)
}

// onAxes puts a series on the k-th pair of axes.
func onAxes(k int) charts.SeriesOpts {
	return func(s *charts.SingleSeries) { s.XAxisIndex, s.YAxisIndex = k, k }
}

// fiveNumbers are minimum, quartiles (linear interpolation, as numpy's default) and maximum.
func fiveNumbers(values []float64) []float64 {
	s := append([]float64(nil), values...)
	sort.Float64s(s)
	out := make([]float64, 5)
	for i := range out {
		h := float64(len(s)-1) * float64(i) / 4
		k := int(h)
		out[i] = s[k]
		if k+1 < len(s) {
			out[i] += (h - float64(k)) * (s[k+1] - s[k])
		}
	}
	return out
}

// violin is the outline of group g's density: [category, y, half width], the widest
// place 0.42 categories. nil where there is no spread to show.
func violin(g int, values []float64) []opts.CustomData {
	five := fiveNumbers(values)
	mean, ss := 0.0, 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		ss += (v - mean) * (v - mean)
	}
	if len(values) < 3 || ss == 0 {
		return nil
	}
	// Silverman 1986, eq. 3.31.
	spread := math.Sqrt(ss / float64(len(values)-1))
	if iqr := (five[3] - five[1]) / 1.34; iqr > 0 {
		spread = min(spread, iqr)
	}
	h := 0.9 * spread * math.Pow(float64(len(values)), -0.2)
	const steps = 64
	density := make([]float64, steps+1)
	peak := 0.0
	for i := range density {
		y := five[0] + (five[4]-five[0])*float64(i)/steps
		for _, v := range values {
			density[i] += math.Exp(-0.5 * (y - v) * (y - v) / (h * h))
		}
		peak = max(peak, density[i])
	}
	out := make([]opts.CustomData, len(density))
	for i, d := range density {
		y := five[0] + (five[4]-five[0])*float64(i)/steps
		out[i] = opts.CustomData{Value: []any{g, round(y), round(0.42 * d / peak)}}
	}
	return out
}

// nice is the smallest of 1, 2, 5 times a power of ten, or their half steps, that is
// at least n.
func nice(n int) int {
	for p := 1; ; p *= 10 {
		for _, m := range []int{1, 2, 3, 4, 5, 6, 8} {
			if m*p >= n {
				return m * p
			}
		}
	}
}
