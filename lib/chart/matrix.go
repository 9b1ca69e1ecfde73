package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Colour scales of ColorBrewer (Harrower & Brewer 2003), safe for any colour vision.
var (
	diverging  = []string{"#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b"}
	sequential = []string{"#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"}
)

// cell is one square of a matrix. go-echarts' own type has no style of its own.
type cell struct {
	opts.HeatMapData
	Label     *opts.Label     `json:"label,omitempty"`
	ItemStyle *opts.ItemStyle `json:"itemStyle,omitempty"`
	VisualMap *bool           `json:"visualMap,omitempty"` // false: not coloured by value
}

// Heatmap shows a matrix of correlations, len(labels) square, from −1 to 1, each
// cell with its value (figure 4.1). NaN is a correlation that is not defined, of a
// constant column; its cell is grey.
func Heatmap(a About, labels []string, r [][]float64) (*Figure, error) {
	return forAnyPage(a, func(a About) (*Figure, error) { return heatmap(a, labels, r) })
}

func heatmap(a About, labels []string, r [][]float64) (*Figure, error) {
	names, err := cleanAll("heat map", labels)
	if err != nil {
		return nil, err
	}
	n := len(names)
	if len(r) != n {
		return nil, fmt.Errorf("heat map: %d rows for %d labels", len(r), n)
	}
	var cells []cell
	undefined := 0
	for i := range r {
		if len(r[i]) != n {
			return nil, fmt.Errorf("heat map: row %q has %d values, expected %d", names[i], len(r[i]), n)
		}
		for j, v := range r[i] {
			pair := names[i] + " × " + names[j]
			switch {
			case math.IsNaN(v):
				undefined++
				cells = append(cells, cell{
					HeatMapData: opts.HeatMapData{Name: tip(pair, "not defined: a constant column", "–"), Value: []any{j, i, 0}},
					ItemStyle:   &opts.ItemStyle{Color: "#ddd"},
					VisualMap:   new(bool),
				})
			case v < -1-1e-9 || v > 1+1e-9:
				return nil, fmt.Errorf("heat map: %s is %v, expected a correlation between -1 and 1", pair, v)
			default:
				text := fmt.Sprintf("%.2f", v)
				if text == "-0.00" {
					text = "0.00"
				}
				text = strings.Replace(text, "-", "−", 1)
				if a.narrow() { // small squares
					text = strings.Replace(text, "0.", ".", 1)
				}
				c := cell{HeatMapData: opts.HeatMapData{Name: tip(pair, text), Value: []any{j, i, v}}}
				if math.Abs(v) > 0.75 {
					c.Label = &opts.Label{Color: "#fff"}
				}
				cells = append(cells, c)
			}
		}
	}
	note := ""
	if undefined > 0 {
		note = fmt.Sprintf("grey: not defined, the column is constant (%d cells)", undefined)
	}
	size := min(max(440/n, 26), 64) // height of a cell
	y := a.top(note) + 12
	ys, room := categoryRows(names)
	const scale = 100 // room for the colour scale
	font := float32(12)
	if a.narrow() {
		font = 8
	}
	xs, depth := categoryAxis("", names, (a.room()-room-scale)/n)
	m := charts.NewHeatMap()
	m.SetGlobalOptions(
		charts.WithXAxisOpts(xs), charts.WithYAxisOpts(ys),
		charts.WithGridOpts(opts.Grid{Left: px(room), Right: px(scale), Top: px(y), Height: px(n * size)}),
		noLegend(),
		charts.WithVisualMapOpts(opts.VisualMap{
			Min: -1, Max: 1, Calculable: opts.Bool(true), Orient: "vertical", Right: "16", Top: px(y),
			Text: []string{"r", ""}, InRange: &opts.VisualMapInRange{Color: diverging},
		}),
	)
	m.AddSeries("r", nil, cellLabels(n <= 16, font), func(s *charts.SingleSeries) { s.Data = cells })
	return newFigure(a, y+n*size+depth+12, m, note)
}

// Matrix is one confusion matrix: Counts[truth][predicted].
type Matrix struct {
	Name   string
	Counts [][]int
}

// Confusion shows confusion matrices side by side, rows the truth, columns the
// prediction; a cell holds its count and is coloured by its share of the row
// (figure 6.3).
func Confusion(a About, classes []string, ms []Matrix) (*Figure, error) {
	return forAnyPage(a, func(a About) (*Figure, error) { return confusion(a, classes, ms) })
}

func confusion(a About, classes []string, ms []Matrix) (*Figure, error) {
	names, err := cleanAll("confusion matrix", classes)
	if err != nil {
		return nil, err
	}
	if len(ms) == 0 {
		return nil, fmt.Errorf("confusion matrix: %w", errEmpty)
	}
	n := len(names)
	perRow := 2
	if len(ms) == 1 || n > wide || a.narrow() {
		perRow = 1
	}
	notes := []string{"row: true genre, column: predicted genre; colour: share of the row"}
	y := a.top(notes...) + 14
	rows, room := categoryRows(names)
	side := min(a.room()/perRow-16-room, max(200, 44*n)) // of one matrix
	columns, depth := categoryAxis("-", names, side/n)
	step := side + depth + 30

	m := charts.NewHeatMap()
	m.XAxisList, m.YAxisList = nil, nil
	for k, mat := range ms {
		name := clean(mat.Name)
		if len(mat.Counts) != n {
			return nil, fmt.Errorf("confusion matrix %q: %d rows for %d classes", name, len(mat.Counts), n)
		}
		var cells []cell
		for i, row := range mat.Counts {
			if len(row) != n {
				return nil, fmt.Errorf("confusion matrix %q: row %q has %d counts, expected %d", name, names[i], len(row), n)
			}
			total := 0
			for j, c := range row {
				if c < 0 {
					return nil, fmt.Errorf("confusion matrix %q: row %q, column %q is %d, expected a count", name, names[i], names[j], c)
				}
				total += c
			}
			for j, c := range row {
				share := 0.0
				if total > 0 {
					share = float64(c) / float64(total)
				}
				one := cell{HeatMapData: opts.HeatMapData{
					Name: tip(name, "true "+names[i]+", predicted "+names[j],
						fmt.Sprintf("%.1f %% of %d", 100*share, total), fmt.Sprint(c)),
					Value: []any{j, i, share},
				}}
				if share > 0.55 {
					one.Label = &opts.Label{Color: "#fff"}
				}
				cells = append(cells, one)
			}
		}
		left := room + (k%perRow)*(a.room()/perRow)
		above := y + (k/perRow)*step
		xs, ys := columns, rows
		xs.Name, xs.GridIndex, ys.GridIndex = shorten(name, side), k, k
		m.ExtendXAxis(xs)
		m.ExtendYAxis(ys)
		m.SetGlobalOptions(charts.WithGridOpts(opts.Grid{Left: px(left), Top: px(above), Width: px(side), Height: px(side)}))
		m.AddSeries(name, nil, cellLabels(true, 12), func(s *charts.SingleSeries) {
			s.Data, s.XAxisIndex, s.YAxisIndex = cells, k, k
		})
	}
	m.SetGlobalOptions(
		noLegend(),
		charts.WithVisualMapOpts(opts.VisualMap{Max: 1, Show: opts.Bool(false), InRange: &opts.VisualMapInRange{Color: sequential}}),
	)
	lines := (len(ms) + perRow - 1) / perRow
	return newFigure(a, y+lines*step, m, notes...)
}

func cellLabels(show bool, font float32) charts.SeriesOpts {
	return func(s *charts.SingleSeries) {
		s.Label = &opts.Label{Show: opts.Bool(show), Formatter: "label", FontSize: font, Color: ink}
		s.ItemStyle = &opts.ItemStyle{BorderColor: "#fff", BorderWidth: 1}
	}
}
