package ledger

import (
	"fmt"
	"math"
	"strings"

	"thesis.example/lib/chart"
	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/stats"
)

// What chapter 4 shows besides the thesis' own tables (Table): a header and rows for report.Table, or the
// marks of a figure for package chart.

// VectorsTable is the metadata vector of each experiment (Table 4.1) for one picture, a number a row, before
// it is standardised. sample is an index into the table's rows.
func VectorsTable(t *features.Table, sample int) (header []string, rows [][]string) {
	names1, x1 := t.Experiment1()
	names2, x2 := t.Experiment2()
	text := func(name string, x float64) string {
		switch name {
		case "likes", "saves", "comments", "face_count", "text_len", "has_text", "keyword_count": // whole numbers
			return fmt.Sprintf("%.0f", x)
		}
		return fmt.Sprintf("%.4f", x)
	}
	for i := range names1 {
		rows = append(rows, []string{names1[i], text(names1[i], x1[sample][i]), names2[i], text(names2[i], x2[sample][i])})
	}
	return []string{"Experiment 1", "value", "Experiment 2", "value"}, rows
}

// counts are the columns that count people's reactions.
var counts = []string{"likes", "saves", "comments"}

// log1p is log10(1 + x), which has a value for a post without reactions.
func log1p(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Log10(1 + v)
	}
	return y
}

// TailTable says how far the reactions spread, as the thesis publishes it (standard deviation over mean) and as
// measured, with the skewness, and both on the scale of log10(1 + x).
func TailTable(t *features.Table) (header []string, rows [][]string, err error) {
	ref, err := Published()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range counts {
		x, err := t.Column(name)
		if err != nil {
			return nil, nil, err
		}
		d, err := stats.Describe(x)
		if err != nil {
			return nil, nil, fmt.Errorf("the spread of %s: %w", name, err)
		}
		l, err := stats.Describe(log1p(x))
		if err != nil {
			return nil, nil, fmt.Errorf("the spread of log %s: %w", name, err)
		}
		p := ref.Overall[name]
		row := []string{name}
		for _, v := range []float64{p.Std / p.Mean, d.SD / d.Mean, d.Skew} {
			row = append(row, orDash("%.1f", v))
		}
		rows = append(rows, append(row, orDash("%.2f", l.SD/l.Mean), orDash("%.2f", l.Skew)))
	}
	return []string{"", "sd / mean, published", "ours", "skewness", "sd / mean of log10(1+x)", "its skewness"}, rows, nil
}

// CorrelationMatrix is figure 4.1: Pearson's r of each pair of columns, the reactions as log10(1 + x); NaN
// where a column is the same for all pictures.
func CorrelationMatrix(t *features.Table) (columns []string, r [][]float64, err error) {
	columns = []string{"likes", "saves", "comments", "mean_hue", "mean_saturation", "mean_value", "face_count", "text_len", "word_count"}
	x := make([][]float64, len(columns))
	for i, name := range columns {
		if x[i], err = t.Column(name); err != nil {
			return nil, nil, err
		}
		if i < len(counts) {
			x[i] = log1p(x[i])
		}
	}
	r = make([][]float64, len(columns))
	for i := range x {
		for j := range x {
			c, err := stats.Pearson(x[i], x[j])
			if Absent(err) {
				c.R, err = math.NaN(), nil
			}
			if err != nil {
				return nil, nil, fmt.Errorf("correlation of %s and %s: %w", columns[i], columns[j], err)
			}
			r[i] = append(r[i], c.R)
		}
	}
	return columns, r, nil
}

// ScalesTable is the correlation of saves and likes over all genres on three scales: counts, logarithms of
// those that have one (LogEngagement), ranks.
func ScalesTable(t *features.Table) (header []string, rows [][]string, err error) {
	saves, err := t.Column("saves")
	if err != nil {
		return nil, nil, err
	}
	likes, err := t.Column("likes")
	if err != nil {
		return nil, nil, err
	}
	logSaves, logLikes, _ := LogEngagement(t)
	for _, scale := range []struct {
		name      string
		correlate func(x, y []float64) (stats.Correlation, error)
		x, y      []float64
	}{{"Pearson, counts", stats.Pearson, saves, likes}, {"Pearson, log10", stats.Pearson, logSaves, logLikes}, {"Spearman", stats.Spearman, saves, likes}} {
		c, err := scale.correlate(scale.x, scale.y)
		switch {
		case Absent(err):
			rows = append(rows, []string{scale.name, "–", "–", "–", "–"})
		case err != nil:
			return nil, nil, fmt.Errorf("saves and likes, %s: %w", scale.name, err)
		default:
			rows = append(rows, []string{scale.name, fmt.Sprint(c.N), fmt.Sprintf("%.3f", c.R), fmt.Sprintf("%.3f to %.3f", c.CI.Low, c.CI.High), stats.FormatP(c.P)})
		}
	}
	return []string{"saves and likes", "n", "r", "95 % interval", "p"}, rows, nil
}

// EngagementPoints is figure 4.2: likes against saves of each genre, with the line of EngagementFit where it
// exists.
func EngagementPoints(set *dataset.Set, t *features.Table) (groups []chart.Points, err error) {
	for _, genre := range t.Genres() {
		part := t.Of(genre)
		p := chart.Points{Group: set.Title(genre), Names: part.Files()}
		for _, r := range part.Rows {
			p.X, p.Y = append(p.X, r.Saves), append(p.Y, r.Likes)
		}
		fit, _, err := EngagementFit(part)
		if err == nil {
			saves, _, _ := LogEngagement(part)
			p.Fit = chart.FitOf(fit, saves)
		} else if !Absent(err) {
			return nil, fmt.Errorf("likes on saves in %s: %w", genre, err)
		}
		groups = append(groups, p)
	}
	return groups, nil
}

// SlopesTable is the slope of EngagementFit in each genre, with its 95 % interval by ordinary standard errors
// and by HC3 (MacKinnon & White 1985), and HC3's p of no slope.
func SlopesTable(set *dataset.Set, t *features.Table) (header []string, rows [][]string, err error) {
	interval := func(c stats.Coefficient) string { return fmt.Sprintf("%.2f to %.2f", c.CI.Low, c.CI.High) }
	for _, genre := range t.Genres() {
		fit, zeros, err := EngagementFit(t.Of(genre))
		row := []string{set.Title(genre), "–", fmt.Sprint(zeros), "–", "–", "–", "–"}
		if err == nil {
			row[1], row[3], row[4] = fmt.Sprint(fit.N), fmt.Sprintf("%.3f", fit.Slope.Value), interval(fit.Slope)
			row[5], row[6] = interval(fit.SlopeHC3), stats.FormatP(fit.SlopeHC3.P)
		} else if !Absent(err) {
			return nil, nil, fmt.Errorf("likes on saves in %s: %w", genre, err)
		}
		rows = append(rows, row)
	}
	return []string{"genre", "n", "left out", "slope", "95 %", "95 %, HC3", "p, HC3"}, rows, nil
}

// ByGenre gives the values of a numeric column by genre, named by its title, in the order of the table's genres.
func ByGenre(set *dataset.Set, t *features.Table, column string) ([]stats.Column, error) {
	var groups []stats.Column
	for _, genre := range t.Genres() {
		x, err := t.Of(genre).Column(column)
		if err != nil {
			return nil, err
		}
		groups = append(groups, stats.Column{Name: set.Title(genre), X: x})
	}
	return groups, nil
}

// publishedMean is the thesis' mean of a column in a genre, NaN where it gives none.
func (ref *Reference) publishedMean(column, genre string) float64 {
	if hsv, ok := ref.HSV[genre]; ok {
		switch column {
		case "likes":
			return ref.Likes[genre].Mean
		case "face_count":
			return ref.Faces[genre][0]
		case "mean_hue":
			return hsv.Hue[0]
		case "mean_saturation":
			return hsv.Saturation[0]
		case "mean_value":
			return hsv.Value[0]
		}
	}
	return math.NaN()
}

// MeanBars is each genre's mean of a column with its 95 % bootstrap interval and the published mean (figures
// 4.3 and 4.5). Where all values are equal the interval has no width; where a few values give no correction
// for bias it is the percentiles'.
func MeanBars(t *features.Table, column string) (bar chart.Bar, err error) {
	ref, err := Published()
	if err != nil {
		return bar, err
	}
	bar.Name = column
	for _, genre := range t.Genres() {
		x, err := t.Of(genre).Column(column)
		if err != nil {
			return bar, err
		}
		b, err := stats.Bootstrap(x, mean, 1)
		ci := b.BCa
		if Absent(err) {
			b.Value, ci, err = x[0], stats.Interval{Low: x[0], High: x[0]}, nil
		} else if math.IsNaN(ci.Low + ci.High) {
			ci = b.Percentile
		}
		if err != nil {
			return bar, fmt.Errorf("mean %s of %s: %w", column, genre, err)
		}
		bar.AddInterval(b.Value, ci.Low, ci.High)
		bar.Published = append(bar.Published, ref.publishedMean(column, genre))
	}
	return bar, nil
}

func mean(x []float64) float64 {
	d, err := stats.Describe(x)
	if err != nil {
		return math.NaN()
	}
	return d.Mean
}

// ColourPanels is figure 4.4: hue, saturation and value (0 to 1, a mean a picture) by genre, with the
// published means.
func ColourPanels(t *features.Table) (panels []chart.Panel, err error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"hue", "saturation", "value"} {
		panel := chart.Panel{Name: name + " (0 to 1)"}
		for _, genre := range t.Genres() {
			x, err := t.Of(genre).Column("mean_" + name)
			if err != nil {
				return nil, err
			}
			panel.Values = append(panel.Values, x)
			panel.Published = append(panel.Published, ref.publishedMean("mean_"+name, genre))
		}
		panels = append(panels, panel)
	}
	return panels, nil
}

// ConsistencyTable is Consistency in words.
func ConsistencyTable() (header []string, rows [][]string, err error) {
	checked, err := Consistency()
	for _, c := range checked {
		verdict := "agree"
		if !c.Agree() {
			verdict = "contradict each other"
		}
		// The published mean stands for all that round to it, and these are to meet those that the genres imply.
		rounded := fmt.Sprintf("%.4f to %.4f", c.Overall-c.Rounding, c.Overall+c.Rounding)
		rows = append(rows, []string{c.Quantity, c.Where, rounded, fmt.Sprintf("%.4f to %.4f", c.Low, c.High), verdict})
	}
	return []string{"mean of", "genres from", "rounds to the published overall mean", "implied by the genres", "verdict"}, rows, err
}

// KeywordsTable is Table 4.7 without the genres that the data lack: each published keyword with its count, and
// ours.
func KeywordsTable(entries []Entry) (header []string, rows [][]string) {
	for _, e := range entries {
		if e.Where == "Table 4.7" && e.Verdict != NotMeasured {
			rows = append(rows, []string{e.Quantity, fmt.Sprint(e.Published), fmt.Sprint(e.Ours), fmt.Sprintf("%+g", e.Ours-e.Published), e.Verdict})
		}
	}
	return []string{"genre, keyword", "published", "ours", "difference", "verdict"}, rows
}

// FrequentKeywords are the five most frequent keywords of each genre with their counts.
func FrequentKeywords(set *dataset.Set, t *features.Table) (header []string, rows [][]string) {
	for _, genre := range t.Genres() {
		row := []string{set.Title(genre)}
		for _, k := range features.Keywords(t.Of(genre).Rows, 5) {
			row = append(row, fmt.Sprintf("%s (%d)", k.Word, k.Count))
		}
		rows = append(rows, row)
	}
	return []string{"genre", "first", "second", "third", "fourth", "fifth"}, rows
}

// FrequentNouns are the eight most frequent nouns of each genre with their counts; see features.Nouns.
func FrequentNouns(set *dataset.Set, t *features.Table) (header []string, rows [][]string, err error) {
	for _, genre := range t.Genres() {
		nouns, err := features.Nouns(t.Of(genre).Rows, 8)
		if err != nil {
			return nil, nil, fmt.Errorf("nouns of %s: %w", genre, err)
		}
		var words []string
		for _, n := range nouns {
			words = append(words, fmt.Sprintf("%s (%d)", n.Word, n.Count))
		}
		rows = append(rows, []string{set.Title(genre), strings.Join(words, ", ")})
	}
	return []string{"genre", "most frequent nouns"}, rows, nil
}

// Disagreeing lists the entries that do not lie within their tolerance, or are not measured.
func Disagreeing(entries []Entry) (header []string, rows [][]string) {
	for _, e := range entries {
		if e.Verdict != Within {
			rows = append(rows, []string{e.Where, e.Quantity, fmt.Sprintf("%.6f", e.Published), orDash("%.6f", e.Ours), fmt.Sprintf("%.6f", e.Tolerance), e.Verdict})
		}
	}
	return []string{"where", "quantity", "published", "ours", "tolerance", "verdict"}, rows
}
