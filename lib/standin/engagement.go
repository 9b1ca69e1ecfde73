package standin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Engagement numbers of one picture, as the app shows them.
type engagement struct{ likes, saves, comments int64 }

// What the numbers must add up to: Tables 4.2 and 4.3, section 4.4.1. Standard
// deviations divide by n − 1, as pandas does: only so do the deviations by genre
// and the overall one agree.
//
// r = 0.71 between saves and likes fits both scales at once, the raw numbers and
// their logarithms, so both have it.
const (
	likesMedian, likesMax                      = 29500, 13_000_000
	savesMean, savesStd, savesMedian, savesMax = 13031, 27266, 3851, 305_300
	commentsMean, commentsStd                  = 3819, 37351
	commentsMedian, commentsMax                = 195, 510_000
	savesLikesR                                = 0.71
	logSavesMean, logSavesStd                  = 3.55, 0.62 // where the draw starts; the calibration moves it
)

// law is a genre's likes and its line log10 likes = intercept + slope·log10 saves.
type law struct {
	genre                string
	mean, std            float64 // likes
	slope, intercept, r2 float64
}

var laws = []law{
	{"dance", 75598.40, 125719, 0.95, 0.97, 0.758},
	{"gourmet", 186031.76, 464909, 0.26, 3.71, 0.090},
	{"travel", 330047.60, 1823443, 1.00, 0.76, 0.832},
}

// drawEngagement makes the numbers of perGenre pictures of each genre, genre after
// genre.
//
// One gourmet picture is a fresh post: no likes, no saves, no comments. It gives
// the minima of Table 4.2 and has no place on a logarithmic axis, so the lines of
// section 4.4.1 are those of the other 299.
func drawEngagement(rng *rand.Rand, perGenre int) ([]engagement, error) {
	n := len(laws) * perGenre
	genre := func(i int) int { return i / perGenre }
	x, y := make([]float64, n), make([]float64, n) // log10 saves, log10 likes
	for i := range n {
		l := laws[genre(i)]
		x[i] = logSavesMean + logSavesStd*rng.NormFloat64()
		y[i] = l.intercept + l.slope*x[i] + l.slope*logSavesStd*math.Sqrt((1-l.r2)/l.r2)*rng.NormFloat64()
	}
	// The two travel posts that everybody saw, without which no mean of 330 thousand
	// has a deviation of 1.8 million; and the fresh gourmet post.
	order := make([]int, perGenre)
	for i := range order {
		order[i] = 2*perGenre + i
	}
	slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, y[b]-y[a])) })
	first, second := order[0], order[1]
	fresh := perGenre + rng.IntN(perGenre)
	lg := math.Log10
	y[first], x[first] = lg(likesMax), lg(savesMax)
	y[second], x[second] = lg(0.97*likesMax), lg(0.7*savesMax)
	y[fresh], x[fresh] = -1, -1
	ys := aroundMedian(y, 1.3, lg(likesMedian), lg(0.99*likesMax), map[int]float64{first: lg(likesMax), fresh: -1})
	xs := aroundMedian(x, 1.0, lg(savesMedian), lg(0.99*savesMax), map[int]float64{first: lg(savesMax), fresh: -1})

	u := make([]float64, 2*n)
	for i := range n {
		u[i], u[n+i] = xs[i].start(x[i]), ys[i].start(y[i])
	}
	err := solve(u, func(u []float64) ([]float64, *mat.Dense) {
		return engagementEquations(u, xs, ys, perGenre, fresh)
	})
	if err != nil {
		return nil, fmt.Errorf("engagement numbers: %w", err)
	}
	out := make([]engagement, n)
	for i := range n {
		if i == fresh {
			continue
		}
		out[i].saves = int64(math.Round(math.Pow(10, xs[i].value(u[i]))))
		out[i].likes = int64(math.Round(math.Pow(10, ys[i].value(u[n+i]))))
	}
	return out, drawComments(rng, out, first, second, fresh)
}

// engagementEquations says how far the numbers are from the tables.
func engagementEquations(u []float64, xs, ys []slot, perGenre, fresh int) ([]float64, *mat.Dense) {
	n := len(xs)
	x, y, sv, lk := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		x[i], y[i] = xs[i].value(u[i]), ys[i].value(u[n+i])
		if i != fresh {
			sv[i], lk[i] = math.Pow(10, x[i]), math.Pow(10, y[i])
		}
	}
	var g []float64
	var rows [][]float64
	// add takes an equation and its gradient with respect to x and y.
	add := func(value float64, gx, gy func(i int) float64, from, to int) {
		row := make([]float64, 2*n)
		for i := from; i < to; i++ {
			if i == fresh {
				continue
			}
			if gx != nil {
				row[i] = gx(i) * xs[i].slope(u[i])
			}
			if gy != nil {
				row[n+i] = gy(i) * ys[i].slope(u[n+i])
			}
		}
		g, rows = append(g, value), append(rows, row)
	}
	const ln10 = math.Ln10
	for k, l := range laws {
		from, to := k*perGenre, (k+1)*perGenre
		// Likes: mean and deviation.
		m, s := meanStd(lk[from:to])
		c := float64(perGenre)
		add(m/l.mean-1, nil, func(i int) float64 { return lk[i] * ln10 / c / l.mean }, from, to)
		add(s/l.std-1, nil, func(i int) float64 { return (lk[i] - m) / (c - 1) / s * lk[i] * ln10 / l.std }, from, to)
		// The line: residuals e have mean 0 and no slope left; R² by their sum of squares.
		var sx, sy, count float64
		for i := from; i < to; i++ {
			if i != fresh {
				sx, sy, count = sx+x[i], sy+y[i], count+1
			}
		}
		mx, my := sx/count, sy/count
		var vx, vy, cxy float64
		for i := from; i < to; i++ {
			if i != fresh {
				vx += (x[i] - mx) * (x[i] - mx)
				vy += (y[i] - my) * (y[i] - my)
				cxy += (x[i] - mx) * (y[i] - my)
			}
		}
		add(my-l.slope*mx-l.intercept, func(int) float64 { return -l.slope / count }, func(int) float64 { return 1 / count }, from, to)
		add(cxy/vx-l.slope,
			func(i int) float64 { return ((y[i] - my) - 2*cxy/vx*(x[i]-mx)) / vx },
			func(i int) float64 { return (x[i] - mx) / vx }, from, to)
		r2 := cxy * cxy / vx / vy
		add(r2-l.r2,
			func(i int) float64 { return 2*cxy/vx/vy*(y[i]-my) - 2*r2/vx*(x[i]-mx) },
			func(i int) float64 { return 2*cxy/vx/vy*(x[i]-mx) - 2*r2/vy*(y[i]-my) }, from, to)
	}
	// Saves: mean and deviation overall.
	m, s := meanStd(sv)
	c := float64(n)
	add(m/savesMean-1, func(i int) float64 { return sv[i] * ln10 / c / savesMean }, nil, 0, n)
	add(s/savesStd-1, func(i int) float64 { return (sv[i] - m) / (c - 1) / s * sv[i] * ln10 / savesStd }, nil, 0, n)
	// Pearson's r of saves and likes, raw.
	ml, sl := meanStd(lk)
	cov := 0.0
	for i := range n {
		cov += (sv[i] - m) * (lk[i] - ml)
	}
	cov /= c - 1
	r := cov / s / sl
	add(r-savesLikesR,
		func(i int) float64 {
			return ((lk[i]-ml)/s/sl - r*(sv[i]-m)/s/s) / (c - 1) * sv[i] * ln10
		},
		func(i int) float64 {
			return ((sv[i]-m)/s/sl - r*(lk[i]-ml)/sl/sl) / (c - 1) * lk[i] * ln10
		}, 0, n)
	// And of their logarithms.
	var mx, my, vx, vy, cxy float64
	for i := range n {
		if i != fresh {
			mx, my = mx+x[i]/(c-1), my+y[i]/(c-1)
		}
	}
	for i := range n {
		if i != fresh {
			vx += (x[i] - mx) * (x[i] - mx)
			vy += (y[i] - my) * (y[i] - my)
			cxy += (x[i] - mx) * (y[i] - my)
		}
	}
	r = cxy / math.Sqrt(vx*vy)
	add(r-savesLikesR,
		func(i int) float64 { return (y[i]-my)/math.Sqrt(vx*vy) - r*(x[i]-mx)/vx },
		func(i int) float64 { return (x[i]-mx)/math.Sqrt(vx*vy) - r*(y[i]-my)/vy }, 0, n)

	j := mat.NewDense(len(rows), 2*n, nil)
	for i, row := range rows {
		j.SetRow(i, row)
	}
	return g, j
}

// drawComments adds the comments: a share of the likes that varies from post to
// post, with the median, deviation and extremes of Table 4.2.
func drawComments(rng *rand.Rand, out []engagement, first, second, fresh int) error {
	n := len(out)
	z := make([]float64, n)
	for i, e := range out {
		z[i] = 0.8*math.Log10(float64(e.likes)+1) - 1.3 + 0.35*rng.NormFloat64()
	}
	lg := math.Log10
	z[first], z[second], z[fresh] = lg(commentsMax), lg(0.77*commentsMax), -1
	zs := aroundMedian(z, 0, lg(commentsMedian), lg(0.99*commentsMax), map[int]float64{first: lg(commentsMax), fresh: -1})
	u := make([]float64, n)
	for i := range n {
		u[i] = zs[i].start(z[i])
	}
	err := solve(u, func(u []float64) ([]float64, *mat.Dense) {
		v := make([]float64, n)
		for i := range n {
			if i != fresh {
				v[i] = math.Pow(10, zs[i].value(u[i]))
			}
		}
		m, s := meanStd(v)
		j := mat.NewDense(2, n, nil)
		for i := range n {
			d := v[i] * math.Ln10 * zs[i].slope(u[i])
			j.Set(0, i, d/float64(n)/commentsMean)
			j.Set(1, i, (v[i]-m)/float64(n-1)/s*d/commentsStd)
		}
		return []float64{m/commentsMean - 1, s/commentsStd - 1}, j
	})
	if err != nil {
		return fmt.Errorf("comments: %w", err)
	}
	for i := range n {
		if i != fresh {
			out[i].comments = int64(math.Round(math.Pow(10, zs[i].value(u[i]))))
		}
	}
	return nil
}

// meanStd divides the squares by n − 1.
func meanStd(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / float64(len(v)-1))
}

// ranks gives every value its place in ascending order, ties by index.
func ranks(v []float64) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case v[a] < v[b]:
			return -1
		case v[a] > v[b]:
			return 1
		}
		return 0
	})
	r := make([]int, len(v))
	for rank, i := range order {
		r[i] = rank
	}
	return r
}
