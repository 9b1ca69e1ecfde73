package ledger

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"thesis.example/lib/dataset"
	"thesis.example/lib/features"
	"thesis.example/lib/stats"
)

// Tolerances of chapter 4: how near ours must be to count as the published number.
// The tables print two digits, so a hundredth is their rounding; the rest leaves
// room for another detector, another OCR and numbers read off a screen.
const (
	hsvTolerance        = 0.02 // Tables 4.2 and 4.4
	faceTolerance       = 0.1  // Tables 4.2 and 4.5
	engagementTolerance = 0.02 // of the value: Tables 4.2 and 4.3
	regressionTolerance = 0.02 // Section 4.4.1
	pearsonTolerance    = 0.03 // Section 4.4.1
	textTolerance       = 0.10 // of the value: Table 4.6
	hashtagTolerance    = 0.01 // one picture in a hundred: Table 4.6
	keywordTolerance    = 0.30 // of the count: Table 4.7
)

// marks says for each table what ✗ means there: how far from the published number is too far.
var marks = map[string]string{
	"Section 4.1.1": "another number",
	"Table 4.1":     "another number",
	"Table 4.2": fmt.Sprintf("further from the published number than %g %% of it for mean, standard deviation and median of the reactions, %g for colour, %g for faces; for extremes of reactions and faces another number",
		100*engagementTolerance, hsvTolerance, faceTolerance),
	"Section 4.4.1": fmt.Sprintf("further from the published number than %g for r and %g for the lines", pearsonTolerance, regressionTolerance),
	"Table 4.3":     fmt.Sprintf("further from the published number than %g %% of it, or another number of pictures", 100*engagementTolerance),
	"Table 4.4":     fmt.Sprintf("further from the published number than %g", hsvTolerance),
	"Table 4.5":     fmt.Sprintf("further from the published number than %g", faceTolerance),
	"Table 4.6":     fmt.Sprintf("further from the published number than %g %% of it, for hashtags than %g", 100*textTolerance, hashtagTolerance),
	"Table 4.7":     fmt.Sprintf("further from the published count than %g %% of it", 100*keywordTolerance),
	"Table 5.1": fmt.Sprintf("further from the published number than %g for accuracy, %g for loss, %g for standard deviations, %d pictures",
		accuracyTolerance, lossTolerance, spreadTolerance, picturesTolerance),
	"Table 6.1":  fmt.Sprintf("further from the published number than %g for accuracy, %g for F1, %d pictures", accuracyTolerance, f1Tolerance, picturesTolerance),
	"Figure 6.3": fmt.Sprintf("further from the published number than %d pictures", cellTolerance),
}

// Chapter4 computes every number of chapter 4 from the metadata table: 124 entries,
// in the thesis' order. data says what the table was measured on, see DataName. What is about a genre that
// the table lacks, or has too few pictures of, is not measured.
func Chapter4(t *features.Table, data string) ([]Entry, error) {
	ref, err := Published()
	if err != nil {
		return nil, err
	}
	b := &book{chapter: 4, data: data}
	byGenre := map[string]*features.Table{}
	for _, g := range ref.Classes {
		byGenre[g] = t.Of(g) // without rows where the data lack the genre: entries not measured
	}
	b.size(t, byGenre, ref)
	if err := b.vectors(t, ref); err != nil {
		return nil, err
	}
	for _, table := range []func(*features.Table, map[string]*features.Table, *Reference) error{b.overall, b.engagement, b.likes, b.hsv, b.faces, b.text, b.keywords} {
		if err := table(t, byGenre, ref); err != nil {
			return nil, err
		}
	}
	return b.entries, nil
}

// of says why numbers of a genre are not measured, where they are not.
func (b *book) of(genre string, byGenre map[string]*features.Table) {
	switch n := len(byGenre[genre].Rows); n {
	case 0:
		b.why = fmt.Sprintf("no folder is the genre %s (a row in %s can say that one is)", genre, dataset.GenresFile)
	case 1:
		b.why = fmt.Sprintf("%s has 1 picture", genre)
	default:
		b.why = fmt.Sprintf("the %d pictures of %s do not tell: fewer than three have a number, or all have the same", n, genre)
	}
}

// describe gives the description of a column; all of it NaN where there are no rows.
func describe(t *features.Table, column string) (stats.Description, error) {
	x, err := t.Column(column)
	if err != nil {
		return stats.Description{}, err
	}
	if len(x) < 2 {
		nan := math.NaN()
		return stats.Description{Mean: nan, SD: nan, Min: nan, Q1: nan, Median: nan, Q3: nan, Max: nan}, nil
	}
	return stats.Describe(x)
}

// Section 4.1.1: 100 pictures a genre, 300 in all.
func (b *book) size(t *features.Table, byGenre map[string]*features.Table, ref *Reference) {
	for _, g := range ref.Classes {
		b.of(g, byGenre)
		n := float64(len(byGenre[g].Rows))
		if n == 0 {
			n = math.NaN()
		}
		b.add("Section 4.1.1", "pictures", g, float64(ref.PerClass), n, 0)
	}
	b.add("Section 4.1.1", "pictures", "total", float64(ref.PerClass*len(ref.Classes)), float64(len(t.Rows)), 0)
}

// vectors is Table 4.1: how many of the 16 numbers of each experiment are of which kind.
func (b *book) vectors(t *features.Table, ref *Reference) error {
	kinds := []struct {
		row     string
		columns []string
	}{
		{"HSV", []string{"mean_hue", "mean_saturation", "mean_value"}},
		{"RGB", []string{"r_mean", "r_std", "r_skew", "r_kurtosis", "g_mean", "g_std", "g_skew", "g_kurtosis", "b_mean", "b_std", "b_skew", "b_kurtosis"}},
		{"impression", []string{"likes", "saves", "comments"}},
		{"face", []string{"face_count"}},
		{"text", []string{"text_len", "word_count", "has_text", "keyword_count", "hashtag_count"}},
	}
	names1, _ := t.Experiment1()
	names2, _ := t.Experiment2()
	for i, names := range [][]string{names1, names2} {
		key, column := fmt.Sprintf("experiment_%d", i+1), fmt.Sprintf("Experiment %d", i+1)
		p := ref.Metadata[key]
		face, err := length(p.Face)
		if err != nil {
			return fmt.Errorf("published Table 4.1, %s, face: %w", key, err)
		}
		text, err := length(p.Text)
		if err != nil {
			return fmt.Errorf("published Table 4.1, %s, text: %w", key, err)
		}
		published := []int{p.HSV, p.RGBMeanStd + p.RGBMoments, len(p.Impression), face, text}
		for k, kind := range kinds {
			ours := 0
			for _, name := range names {
				if slices.Contains(kind.columns, name) {
					ours++
				}
			}
			b.add("Table 4.1", kind.row, column, float64(published[k]), float64(ours), 0)
		}
		b.add("Table 4.1", "total", column, float64(p.Total), float64(len(names)), 0)
	}
	return nil
}

// length reads what the reference writes either as 0 or as a list of columns.
func length(raw json.RawMessage) (int, error) {
	var n int
	if json.Unmarshal(raw, &n) == nil {
		return n, nil
	}
	var list []string
	err := json.Unmarshal(raw, &list)
	return len(list), err
}

// overall is Table 4.2.
func (b *book) overall(t *features.Table, _ map[string]*features.Table, ref *Reference) error {
	for _, v := range []struct {
		column    string
		tolerance float64 // of mean, standard deviation and median
		relative  bool
		extremes  float64 // of minimum and maximum
	}{
		{column: "likes", tolerance: engagementTolerance, relative: true},
		{column: "saves", tolerance: engagementTolerance, relative: true},
		{column: "comments", tolerance: engagementTolerance, relative: true},
		{column: "mean_hue", tolerance: hsvTolerance, extremes: hsvTolerance},
		{column: "mean_saturation", tolerance: hsvTolerance, extremes: hsvTolerance},
		{column: "mean_value", tolerance: hsvTolerance, extremes: hsvTolerance},
		{column: "face_count", tolerance: faceTolerance},
	} {
		d, err := describe(t, v.column)
		if err != nil {
			return fmt.Errorf("Table 4.2, %s: %w", v.column, err)
		}
		p, ok := ref.Overall[v.column]
		if !ok {
			return fmt.Errorf("published Table 4.2 lacks %s", v.column)
		}
		for _, c := range []struct {
			column          string
			published, ours float64
			extreme         bool
		}{{"mean", p.Mean, d.Mean, false}, {"sd", p.Std, d.SD, false}, {"min", p.Min, d.Min, true}, {"median", p.Median, d.Median, false}, {"max", p.Max, d.Max, true}} {
			tolerance := v.tolerance
			if v.relative {
				tolerance *= c.published
			}
			if c.extreme {
				tolerance = v.extremes
			}
			b.add("Table 4.2", v.column, c.column, c.published, c.ours, tolerance)
		}
	}
	return nil
}

// EngagementFit is the regression of log10 likes on log10 saves (Section 4.4.1) over
// the pictures that have both. zeros are the pictures left out, of which the logarithm
// does not exist. The thesis does not say what it did with them.
func EngagementFit(t *features.Table) (fit stats.Regression, zeros int, err error) {
	x, y, zeros := LogEngagement(t)
	fit, err = stats.Regress(x, y)
	return fit, zeros, err
}

// LogEngagement gives log10 of saves and of likes over the pictures that have both, and
// how many have not.
func LogEngagement(t *features.Table) (saves, likes []float64, zeros int) {
	for _, r := range t.Rows {
		if r.Saves > 0 && r.Likes > 0 {
			saves, likes = append(saves, math.Log10(r.Saves)), append(likes, math.Log10(r.Likes))
		} else {
			zeros++
		}
	}
	return saves, likes, zeros
}

// engagement is Section 4.4.1.
func (b *book) engagement(t *features.Table, byGenre map[string]*features.Table, ref *Reference) error {
	const where = "Section 4.4.1"
	x, y, _ := LogEngagement(t)
	r := math.NaN()
	b.why = "too few pictures have saves and likes, or all have the same"
	c, err := stats.Pearson(x, y)
	if err == nil {
		r = c.R
	} else if !Absent(err) {
		return fmt.Errorf("%s, saves and likes: %w", where, err)
	}
	b.add(where, "saves and likes", "Pearson r", ref.Section441.PearsonR, r, pearsonTolerance)
	for _, g := range ref.Classes {
		p := ref.Section441.Lines[g]
		slope, intercept, r2 := math.NaN(), math.NaN(), math.NaN()
		b.of(g, byGenre)
		fit, _, err := EngagementFit(byGenre[g])
		if err == nil {
			slope, intercept, r2 = fit.Slope.Value, fit.Intercept.Value, fit.R2
		} else if !Absent(err) {
			return fmt.Errorf("%s, %s, log10 likes on log10 saves: %w", where, g, err)
		}
		b.add(where, g, "slope", p.Slope, slope, regressionTolerance)
		b.add(where, g, "intercept", p.Intercept, intercept, regressionTolerance)
		b.add(where, g, "R²", p.R2, r2, regressionTolerance)
	}
	return nil
}

// likes is Table 4.3.
func (b *book) likes(_ *features.Table, byGenre map[string]*features.Table, ref *Reference) error {
	for _, g := range ref.Classes {
		b.of(g, byGenre)
		p := ref.Likes[g]
		d, err := describe(byGenre[g], "likes")
		if err != nil {
			return fmt.Errorf("Table 4.3, %s: %w", g, err)
		}
		b.add("Table 4.3", g, "mean", p.Mean, d.Mean, engagementTolerance*p.Mean)
		b.add("Table 4.3", g, "sd", p.Std, d.SD, engagementTolerance*p.Std)
		n := float64(len(byGenre[g].Rows))
		if n == 0 {
			n = math.NaN()
		}
		b.add("Table 4.3", g, "n", float64(p.N), n, 0)
	}
	return nil
}

// meanAndSD enters the two numbers that the thesis writes as mean ± standard deviation.
func (b *book) meanAndSD(where, genre, name string, t *features.Table, column string, published [2]float64, tolerance [2]float64) error {
	d, err := describe(t, column)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", where, genre, err)
	}
	b.add(where, genre+" "+name, "mean", published[0], d.Mean, tolerance[0])
	b.add(where, genre+" "+name, "sd", published[1], d.SD, tolerance[1])
	return nil
}

// hsv is Table 4.4.
func (b *book) hsv(_ *features.Table, byGenre map[string]*features.Table, ref *Reference) error {
	for _, g := range ref.Classes {
		b.of(g, byGenre)
		p := ref.HSV[g]
		for _, v := range []struct {
			name, column string
			published    [2]float64
		}{{"hue", "mean_hue", p.Hue}, {"saturation", "mean_saturation", p.Saturation}, {"value", "mean_value", p.Value}} {
			if err := b.meanAndSD("Table 4.4", g, v.name, byGenre[g], v.column, v.published, [2]float64{hsvTolerance, hsvTolerance}); err != nil {
				return err
			}
		}
	}
	return nil
}

// faces is Table 4.5.
func (b *book) faces(_ *features.Table, byGenre map[string]*features.Table, ref *Reference) error {
	for _, g := range ref.Classes {
		b.of(g, byGenre)
		if err := b.meanAndSD("Table 4.5", g, "faces", byGenre[g], "face_count", ref.Faces[g], [2]float64{faceTolerance, faceTolerance}); err != nil {
			return err
		}
	}
	return nil
}

// text is Table 4.6.
func (b *book) text(_ *features.Table, byGenre map[string]*features.Table, ref *Reference) error {
	for _, g := range ref.Classes {
		b.of(g, byGenre)
		p := ref.Text[g]
		share := func(v [2]float64) [2]float64 { return [2]float64{textTolerance * v[0], textTolerance * v[1]} }
		if err := b.meanAndSD("Table 4.6", g, "characters", byGenre[g], "text_len", p.TextLen, share(p.TextLen)); err != nil {
			return err
		}
		if err := b.meanAndSD("Table 4.6", g, "words", byGenre[g], "word_count", p.WordCount, share(p.WordCount)); err != nil {
			return err
		}
		d, err := describe(byGenre[g], "hashtag_count")
		if err != nil {
			return fmt.Errorf("Table 4.6, %s: %w", g, err)
		}
		b.add("Table 4.6", g+" hashtags", "mean", p.Hashtags, d.Mean, hashtagTolerance)
	}
	return nil
}

// keywords is Table 4.7: how often each published keyword was counted.
func (b *book) keywords(_ *features.Table, byGenre map[string]*features.Table, ref *Reference) error {
	for _, g := range ref.Classes {
		b.of(g, byGenre)
		counted := map[string]int{}
		for _, k := range features.Keywords(byGenre[g].Rows, len(byGenre[g].Rows)*1000) {
			counted[k.Word] = k.Count
		}
		for _, k := range ref.Keywords[g] {
			ours := math.NaN()
			if len(byGenre[g].Rows) > 0 {
				ours = float64(counted[k.Word])
			}
			b.add("Table 4.7", g, k.Word, float64(k.Count), ours, keywordTolerance*float64(k.Count))
		}
	}
	return nil
}
