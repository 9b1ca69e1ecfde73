package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"thesis.example/lib/picture"
)

// Point is a place in a picture, in pixels from its upper left corner.
type Point struct{ X, Y float64 }

func (p Point) to(q Point) Point { return Point{q.X - p.X, q.Y - p.Y} }

func (p Point) length() float64 { return math.Hypot(p.X, p.Y) }

// quad is the outline of a line of text: upper left corner, upper right, lower right,
// lower left.
type quad [4]Point

// PP-OCR's settings of Differentiable Binarization (Liao et al. 2020, arXiv:1911.08947).
const (
	textSide   = 1088 // the longer side of the picture that is searched, at most; at 960 small hashtags are lost
	textStride = 32
	// A pixel of the map is text from the one on, an outline around such pixels is a line
	// of text if they are as likely as the other on average.
	textPixel, textLine = 0.3, 0.6
	// The network marks lines shrunk by their area over their perimeter, times a factor;
	// with this one they are grown back.
	textGrow = 1.5
	// Outlines with a side shorter than this are specks: in the map, before and after
	// they are grown, and in the picture.
	speckBefore, speckAfter, speckPicture = 3, 5, 4
	// No picture has more lines than this; a texture may.
	maxLines = 1000
)

// ImageNet's mean and standard deviation, in the order in which PP-OCR was trained:
// it takes blue for red.
var (
	textMean   = [3]float32{.485 * 255, .456 * 255, .406 * 255}
	textSpread = [3]float32{.229 * 255, .224 * 255, .225 * 255}
)

// detectText finds the outlines of the lines of text in a picture.
func detectText(ctx context.Context, m *picture.Image) ([]quad, error) {
	network, _, err := textDetector.load(ctx)
	if err != nil {
		return nil, err
	}
	w, h := fit(m.W, m.H, textSide, textStride)
	out, err := network.Run(planes(m.Resize(w, h, picture.Bilinear), textMean, textSpread))
	if err != nil {
		return nil, fmt.Errorf("finding text: %w", err)
	}
	if !slices.Equal(out[0].Shape, []int{1, 1, h, w}) {
		return nil, fmt.Errorf("finding text: the network answers with a map of %d, expected 1×1×%d×%d", out[0].Shape, h, w)
	}
	t := textMap{w, h, out[0].Values}
	var lines []quad
	for _, hull := range t.outlines() {
		box, short := smallestRectangle(hull)
		if short < speckBefore || t.mean(box) < textLine {
			continue
		}
		box = box.grow()
		if box.shorter() < speckAfter {
			continue
		}
		for i := range box {
			box[i].X = math.Round(box[i].X / float64(w) * float64(m.W))
			box[i].Y = math.Round(box[i].Y / float64(h) * float64(m.H))
		}
		if box = box.within(m); box.shorter() >= speckPicture {
			lines = append(lines, box)
		}
	}
	return lines, nil
}

// textMap is how likely each pixel is text, row by row.
type textMap struct {
	w, h int
	p    []float32
}

// outlines are the convex hulls of the connected pieces of text, pixels that touch at a
// corner included.
func (t textMap) outlines() [][]Point {
	seen := make([]bool, len(t.p))
	var hulls [][]Point
	var stack []int
	for start, p := range t.p {
		if p <= textPixel || seen[start] {
			continue
		}
		if len(hulls) == maxLines {
			break
		}
		// Of each row, the leftmost and the rightmost pixel make up the hull.
		left, right := map[int]int{}, map[int]int{}
		seen[start] = true
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := i%t.w, i/t.w
			if l, ok := left[y]; !ok {
				left[y], right[y] = x, x
			} else {
				left[y], right[y] = min(l, x), max(right[y], x)
			}
			for ny := max(y-1, 0); ny <= min(y+1, t.h-1); ny++ {
				for nx := max(x-1, 0); nx <= min(x+1, t.w-1); nx++ {
					if j := ny*t.w + nx; !seen[j] && t.p[j] > textPixel {
						seen[j] = true
						stack = append(stack, j)
					}
				}
			}
		}
		var points []Point
		for y, x := range left {
			points = append(points, Point{float64(x), float64(y)})
			if right[y] != x {
				points = append(points, Point{float64(right[y]), float64(y)})
			}
		}
		hulls = append(hulls, convexHull(points))
	}
	return hulls
}

// mean is the mean of the map over a rectangle with corners on whole pixels, those on its
// edge included.
func (t textMap) mean(box quad) float64 {
	top, bottom := t.h, 0
	for i := range box {
		box[i] = Point{math.Trunc(box[i].X + 1e-3), math.Trunc(box[i].Y + 1e-3)}
		top, bottom = min(top, int(box[i].Y)), max(bottom, int(box[i].Y))
	}
	var sum, n float64
	for y := max(top, 0); y <= min(bottom, t.h-1); y++ {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, a := range box {
			b := box[(i+1)%4]
			// What an edge crosses on its way through the row.
			y0, y1 := max(min(a.Y, b.Y), float64(y)-.5), min(max(a.Y, b.Y), float64(y)+.5)
			if y0 > y1 {
				continue
			}
			if a.Y == b.Y {
				lo, hi = min(lo, a.X, b.X), max(hi, a.X, b.X)
				continue
			}
			slope := (b.X - a.X) / (b.Y - a.Y)
			x0, x1 := a.X+(y0-a.Y)*slope, a.X+(y1-a.Y)*slope
			lo, hi = min(lo, x0, x1), max(hi, x0, x1)
		}
		for x := max(int(math.Round(lo)), 0); float64(x) <= min(math.Round(hi), float64(t.w-1)); x++ {
			sum += float64(t.p[y*t.w+x])
			n++
		}
	}
	return sum / max(n, 1)
}

// convexHull is the hull of some points, by Andrew's monotone chain, without points in the
// middle of an edge.
func convexHull(points []Point) []Point {
	slices.SortFunc(points, func(a, b Point) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	if len(points) < 3 {
		return points
	}
	var hull []Point
	half := func(points []Point) {
		start := len(hull)
		for _, p := range points {
			for len(hull) >= start+2 {
				a, b := hull[len(hull)-2].to(hull[len(hull)-1]), hull[len(hull)-1].to(p)
				if a.X*b.Y-a.Y*b.X > 0 {
					break
				}
				hull = hull[:len(hull)-1]
			}
			hull = append(hull, p)
		}
		hull = hull[:len(hull)-1] // the other half begins with it
	}
	half(points)
	slices.Reverse(points)
	half(points)
	return hull
}

// smallestRectangle is the rectangle of the smallest area around a convex hull, one of
// whose edges it shares, and its shorter side.
func smallestRectangle(hull []Point) (box quad, short float64) {
	least := math.Inf(1)
	for i, p := range hull {
		edge := p.to(hull[(i+1)%len(hull)])
		long := edge.length()
		if long == 0 {
			continue
		}
		ux, uy := edge.X/long, edge.Y/long // along the edge; (−uy, ux) is across
		var a0, a1, c0, c1 float64         // the hull's extent along and across, from p
		for _, q := range hull {
			d := p.to(q)
			along, across := d.X*ux+d.Y*uy, d.Y*ux-d.X*uy
			a0, a1, c0, c1 = min(a0, along), max(a1, along), min(c0, across), max(c1, across)
		}
		if area := (a1 - a0) * (c1 - c0); area < least {
			least, short = area, min(a1-a0, c1-c0)
			at := func(a, c float64) Point { return Point{p.X + a*ux - c*uy, p.Y + a*uy + c*ux} }
			box = quad{at(a0, c0), at(a1, c0), at(a1, c1), at(a0, c1)}
		}
	}
	return box.upright(), short
}

// upright orders the corners of a rectangle: the two left ones and the two right ones,
// the upper before the lower.
func (q quad) upright() quad {
	slices.SortFunc(q[:], func(a, b Point) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	if q[0].Y > q[1].Y {
		q[0], q[1] = q[1], q[0]
	}
	if q[2].Y > q[3].Y {
		q[2], q[3] = q[3], q[2]
	}
	return quad{q[0], q[2], q[3], q[1]}
}

// size is the width and the height of the outline, the larger of two opposite sides.
func (q quad) size() (w, h float64) {
	return max(q[0].to(q[1]).length(), q[3].to(q[2]).length()), max(q[0].to(q[3]).length(), q[1].to(q[2]).length())
}

func (q quad) shorter() float64 {
	w, h := q[0].to(q[1]).length(), q[0].to(q[3]).length()
	return min(w, h)
}

// grow moves the sides of a rectangle outwards.
func (q quad) grow() quad {
	across, down := q[0].to(q[1]), q[0].to(q[3])
	w, h := across.length(), down.length()
	d := textGrow * w * h / (2 * (w + h))
	ax, ay, bx, by := across.X/w*d, across.Y/w*d, down.X/h*d, down.Y/h*d
	return quad{
		{q[0].X - ax - bx, q[0].Y - ay - by},
		{q[1].X + ax - bx, q[1].Y + ay - by},
		{q[2].X + ax + bx, q[2].Y + ay + by},
		{q[3].X - ax + bx, q[3].Y - ay + by},
	}
}

// within moves the corners that lie outside of a picture to its edge.
func (q quad) within(m *picture.Image) quad {
	for i := range q {
		q[i].X = min(max(q[i].X, 0), float64(m.W-1))
		q[i].Y = min(max(q[i].Y, 0), float64(m.H-1))
	}
	return q
}

// lengthen moves the two shorter sides of a rectangle outwards.
func (q quad) lengthen() quad {
	along, across := q[0].to(q[1]), q[0].to(q[3])
	first, second := 1, 3 // the ends of the first corner's long and short side
	if along.length() < across.length() {
		along, across = across, along
		first, second = 3, 1
	}
	k := textEnds * across.length() / along.length()
	dx, dy := k*along.X, k*along.Y
	q[0], q[second] = Point{q[0].X - dx, q[0].Y - dy}, Point{q[second].X - dx, q[second].Y - dy}
	q[first], q[2] = Point{q[first].X + dx, q[first].Y + dy}, Point{q[2].X + dx, q[2].Y + dy}
	return q
}

// bounds is the upright rectangle around the outline.
func (q quad) bounds() (x0, y0, x1, y1 float64) {
	return min(q[0].X, q[1].X, q[2].X, q[3].X), min(q[0].Y, q[1].Y, q[2].Y, q[3].Y),
		max(q[0].X, q[1].X, q[2].X, q[3].X), max(q[0].Y, q[1].Y, q[2].Y, q[3].Y)
}
