package chart

import (
	"math"
	"math/rand/v2"
	"testing"
)

// samples are one figure of each kind, as the chapters draw them, of synthetic
// data. The genres' names are given, so that hostile ones can be tried.
func samples(t testing.TB, genres []string) map[string]*Figure {
	t.Helper()
	out := map[string]*Figure{}
	add := func(number, title, caption string, make func(About) (*Figure, error)) {
		t.Helper()
		f, err := make(About{Number: number, Title: title, Caption: caption, StandIn: true})
		if err != nil {
			t.Fatalf("figure %s: %v", number, err)
		}
		out[number] = f
	}
	rng := rand.New(rand.NewPCG(1, 2))
	columns := []string{"likes", "saves", "comments", "mean_hue", "mean_saturation", "mean_value", "face_count", "text_len", "constant"}
	r := make([][]float64, len(columns))
	for i := range r {
		r[i] = make([]float64, len(columns))
	}
	for i := range r {
		for j := 0; j <= i; j++ {
			v := 0.8*rng.Float64()*2 - 0.8
			if i == len(r)-1 {
				v = math.NaN()
			} else if i == j {
				v = 1
			}
			r[i][j], r[j][i] = v, v
		}
	}
	add("4.1", "Correlations between variables", "Pearson's r of all pairs of columns.", func(a About) (*Figure, error) { return Heatmap(a, columns, r) })

	var points []Points
	for g, name := range genres {
		p := Points{Group: name}
		a, b := 0.97-0.1*float64(g), 0.95-0.3*float64(g%3)
		for k := range 60 {
			x := 3.3 + 0.8*rng.NormFloat64()
			y := a + b*x + 0.4*rng.NormFloat64()
			p.X = append(p.X, math.Round(math.Pow(10, x)))
			p.Y = append(p.Y, math.Round(math.Pow(10, y)))
			if k < 2 && g < 2 {
				p.X[k] = 0
			}
			if k == 3 {
				p.Y[k] = 0
			}
			p.Names = append(p.Names, name+"/001.png")
		}
		fit := &Fit{Note: "R² 0.76"}
		for k := range 30 {
			x := 1 + 4.5*float64(k)/29
			w := 0.1 + 0.05*(x-3.3)*(x-3.3)
			fit.X, fit.Y = append(fit.X, x), append(fit.Y, a+b*x)
			fit.Low, fit.High = append(fit.Low, a+b*x-w), append(fit.High, a+b*x+w)
		}
		p.Fit = fit
		points = append(points, p)
	}
	add("4.2", "Saves and likes by genre", "Lines: least squares on log10, bands: 95 % confidence of the mean.", func(a About) (*Figure, error) {
		return ScatterRegression(a, "saves", "likes", points)
	})
	mean := func(base, step float64) (v, lo, hi, pub []float64) {
		for g := range genres {
			m := base + step*float64(g%4)
			v, lo, hi, pub = append(v, m), append(lo, m-base/5), append(hi, m+base/3), append(pub, m+base/10)
		}
		return
	}
	v, lo, hi, pub := mean(75598, 110000)
	add("4.3", "Mean likes by genre", "", func(a About) (*Figure, error) {
		return Bars(a, "mean likes", "95 % bootstrap interval", genres, []Bar{{"likes", v, lo, hi, pub}})
	})
	var panels []Panel
	for _, name := range []string{"mean hue (0 to 1)", "mean saturation (0 to 1)", "mean value (0 to 1)"} {
		p := Panel{Name: name}
		for g := range genres {
			vs := make([]float64, 80)
			for k := range vs {
				vs[k] = min(max(0.3+0.05*float64(g%3)+0.12*rng.NormFloat64(), 0), 1)
			}
			p.Values = append(p.Values, vs)
			p.Published = append(p.Published, 0.33)
		}
		panels = append(panels, p)
	}
	add("4.4", "HSV by genre", "Means over the pixels of a picture.", func(a About) (*Figure, error) { return Violins(a, genres, panels) })
	v, lo, hi, pub = mean(0.2, 0.3)
	add("4.5", "Faces by genre", "", func(a About) (*Figure, error) {
		return Bars(a, "faces a picture", "95 % bootstrap interval", genres, []Bar{{"faces", v, lo, hi, pub}})
	})
	var lengths [][]float64
	for range genres {
		vs := make([]float64, 100)
		for k := range vs {
			vs[k] = math.Round(math.Exp(2.6 + 0.9*rng.NormFloat64()))
		}
		vs[0] = 412
		lengths = append(lengths, vs)
	}
	add("4.6", "Length of the recognised text", "", func(a About) (*Figure, error) {
		return Histograms(a, "characters a picture", 5, 100, genres, lengths)
	})
	add("5.1", "Experiment 1: accuracy and loss", "Five folds.", func(a About) (*Figure, error) {
		return Bars(a, "accuracy (share) or loss (nats)", "± 1 standard deviation over 5 folds", []string{"accuracy", "loss"}, []Bar{
			{"CNN single", []float64{0.86, 0.34}, []float64{0.83, 0.30}, []float64{0.89, 0.38}, []float64{0.8633, 0.3441}},
			{"CNN hybrid", []float64{0.9, 0.25}, []float64{0.87, 0.22}, []float64{0.93, 0.28}, []float64{0.9067, 0.24}},
		})
	})
	var curves []Curve
	for i, name := range []string{"CNN single", "CNN hybrid"} {
		train, test := Curve{Name: name + ", training", Hue: i}, Curve{Name: name + ", test", Hue: i, Dashed: true}
		for e := 1; e <= 15; e++ {
			x := float64(e)
			loss := math.Exp(-x/(4+float64(i))) + 0.1
			train.X, train.Y = append(train.X, x), append(train.Y, loss)
			test.X, test.Y = append(test.X, x), append(test.Y, loss+0.15)
			test.Low, test.High = append(test.Low, loss+0.1), append(test.High, loss+0.2)
		}
		curves = append(curves, train, test)
	}
	add("5.2", "Learning curves", "", func(a About) (*Figure, error) {
		return Lines(a, "epoch", "loss (nats)", "± 1 standard deviation over 5 folds", curves)
	})
	var ms []Matrix
	for _, name := range []string{"CNN single", "CNN hybrid", "ViT single", "ViT hybrid"} {
		counts := make([][]int, len(genres))
		for i := range counts {
			counts[i] = make([]int, len(genres))
			for j := range counts[i] {
				counts[i][j] = 4
			}
			counts[i][i] = 92
		}
		ms = append(ms, Matrix{name, counts})
	}
	add("6.3", "Confusion matrices", "Counted over five folds.", func(a About) (*Figure, error) { return Confusion(a, genres, ms) })
	return out
}

var three = []string{"dance", "gourmet", "travel"}
