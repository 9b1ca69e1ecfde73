package chart

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Bar is one set of bars, one a category: height Value, whisker from Low to High.
// Low and High are nil where there is no whisker, Published where the thesis gives
// no value, or NaN in the categories where it gives none; it is drawn as a diamond.
type Bar struct {
	Name             string
	Value, Low, High []float64
	Published        []float64
}

// AddSD adds a category: a mean with a whisker of one standard deviation to each side, and the
// published mean.
func (b *Bar) AddSD(mean, sd, published float64) {
	b.Value, b.Published = append(b.Value, mean), append(b.Published, published)
	b.Low, b.High = append(b.Low, mean-sd), append(b.High, mean+sd)
}

// AddInterval adds a category: a value with its interval, and no published one.
func (b *Bar) AddInterval(value, low, high float64) {
	b.Value, b.Low, b.High = append(b.Value, value), append(b.Low, low), append(b.High, high)
}

// Bars shows sets of bars with whiskers, beside each other in each category
// (figures 4.3, 4.5, 5.1, 6.1, 6.2). whisker says in words what the whiskers are,
// such as "± 1 standard deviation over 5 folds". A single set is coloured by
// category.
func Bars(a About, yName, whisker string, categories []string, sets []Bar) (*Figure, error) {
	return forAnyPage(a, func(a About) (*Figure, error) { return barChart(a, yName, whisker, categories, sets) })
}

func barChart(a About, yName, whisker string, categories []string, sets []Bar) (*Figure, error) {
	names, err := cleanAll("bars", categories)
	if err != nil {
		return nil, err
	}
	labels := make([]string, len(sets))
	for i, s := range sets {
		labels[i] = s.Name
	}
	labels, err = cleanAll("bars", labels)
	if err != nil {
		return nil, err
	}
	yName, whisker = clean(yName), clean(whisker)

	b := charts.NewBar()
	published, whiskers := false, false
	for i, set := range sets {
		what := fmt.Sprintf("bars %q", labels[i])
		if len(set.Value) != len(names) {
			return nil, fmt.Errorf("%s: %d values for %d categories", what, len(set.Value), len(names))
		}
		if (set.Low == nil) != (set.High == nil) {
			return nil, fmt.Errorf("%s: a whisker needs both ends", what)
		}
		if err := sameLength(what, len(names), set.Low, set.High, set.Published); err != nil {
			return nil, err
		}
		if err := finite(what, set.Value, set.Low, set.High, some(set.Published)); err != nil {
			return nil, err
		}
		place := fmt.Sprintf("%d,%d", i, len(sets))
		var data []opts.BarData
		var whisk, diamonds []opts.CustomData
		for k, v := range set.Value {
			head := names[k]
			if len(sets) > 1 {
				head += ", " + labels[i]
			}
			lines := []string{head, yName + ": " + number(v, 4)}
			if set.Low != nil {
				lines = append(lines, "from "+number(set.Low[k], 4)+" to "+number(set.High[k], 4))
				whisk = append(whisk, opts.CustomData{Value: []any{k, set.Low[k], set.High[k]}})
				whiskers = true
			}
			if set.Published != nil && !math.IsNaN(set.Published[k]) {
				lines = append(lines, "published: "+number(set.Published[k], 4))
				diamonds = append(diamonds, opts.CustomData{Name: tip(lines...), Value: []any{k, set.Published[k]}})
				published = true
			}
			c := colour(i)
			if len(sets) == 1 {
				c = colour(k)
			}
			data = append(data, opts.BarData{Name: tip(lines...), Value: v, ItemStyle: &opts.ItemStyle{Color: c}})
		}
		b.AddSeries(labels[i], data, func(s *charts.SingleSeries) {
			s.BarGap, s.BarCategoryGap, s.BarMaxWidth = "8%", "36%", "96"
			s.ItemStyle = &opts.ItemStyle{Color: colour(i)}
		})
		if whisk != nil {
			b.Overlap(charts.NewCustom().AddSeries(labels[i], whisk, renderItem("whisker:"+place, colour(i), 1, 2)))
		}
		if diamonds != nil {
			b.Overlap(charts.NewCustom().AddSeries(labels[i], diamonds, renderItem("diamond:"+place, colour(i), 1)))
		}
	}
	var notes []string
	if whiskers && whisker != "" {
		notes = append(notes, "whiskers: "+whisker)
	}
	if published {
		notes = append(notes, "◇ published value")
	}
	key, y := noLegend(), a.top(notes...)
	if len(sets) > 1 {
		key, y = a.legend(y, labels, 14)
	}
	const left, right, high = 76, 24, 310
	xs, depth := categoryAxis("", names, (a.room()-left-right)/len(names))
	b.SetGlobalOptions(
		charts.WithXAxisOpts(xs),
		charts.WithYAxisOpts(yAxis(valueAxis(yName, "number", nil, nil), 52)),
		charts.WithGridOpts(opts.Grid{Left: px(left), Right: px(right), Top: px(y + 12), Height: px(high)}),
		key,
	)
	return newFigure(a, y+12+high+depth+8, b, notes...)
}
