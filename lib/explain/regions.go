package explain

import (
	"math"
	"slices"

	"thesis.example/lib/features"
	"thesis.example/lib/standin"
)

// Region is a rectangle of a picture that holds something, its sides in shares of the picture's width and
// height.
type Region struct {
	Kind           string // Face, Caption, Dish or Furniture
	X0, Y0, X1, Y1 float64
}

const (
	Face      = "face"
	Caption   = "caption"
	Dish      = "dish"
	Furniture = "furniture" // what the app lays over the video
)

// Kinds are all kinds of regions.
var Kinds = []string{Caption, Face, Dish, Furniture}

// DrawnRegions are those of a stand-in picture, by its truth: faces, dishes, captions, and as furniture the
// search bar and the column of buttons at the right, which all pictures have but those with a page of more
// than 20 notes.
func DrawnRegions(p standin.Picture) []Region {
	var regions []Region
	add := func(kind string, b standin.Box) {
		regions = append(regions, Region{kind, float64(b.X) / standin.Width, float64(b.Y) / standin.Height, float64(b.X+b.W) / standin.Width, float64(b.Y+b.H) / standin.Height})
	}
	for _, f := range p.Faces {
		add(Face, f.Box)
	}
	for _, b := range p.Dishes {
		add(Dish, b)
	}
	notes := 0
	for _, c := range p.Captions {
		switch c.Style {
		case "search":
			add(Furniture, c.Box)
			continue
		case "panel":
			notes = len(c.Lines)
		}
		add(Caption, c.Box)
	}
	if notes <= 20 {
		regions = append(regions, buttons)
	}
	return regions
}

// The furniture of a short-video app on a whole screen: the column of buttons (author, like, comment,
// save, share, record) at the right, and in a screenshot of a phone the status bar at the top and the bar
// of navigation or search at the bottom.
var (
	buttons = Region{Furniture, 0.86, 0.40, 1, 0.89}
	bars    = []Region{{Furniture, 0, 0, 1, 0.045}, {Furniture, 0, 0.92, 1, 1}}
)

// MeasuredRegions are those of a picture of w×h pixels by what was measured in it: faces and texts where
// they were found, and furniture where the app puts it on a screen, whatever is there: in pictures at least
// 1.6 times as high as wide. Others are taken for photographs, which have none.
func MeasuredRegions(m features.Measurement, w, h int) []Region {
	var regions []Region
	add := func(kind string, x0, y0, x1, y1 float64) {
		regions = append(regions, Region{kind, x0 / float64(w), y0 / float64(h), x1 / float64(w), y1 / float64(h)})
	}
	for _, f := range m.Faces {
		add(Face, float64(f.X), float64(f.Y), float64(f.X+f.W), float64(f.Y+f.H))
	}
	for _, p := range m.Pieces {
		x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
		for _, c := range p.Corners {
			x0, y0, x1, y1 = min(x0, c.X), min(y0, c.Y), max(x1, c.X), max(y1, c.Y)
		}
		add(Caption, x0, y0, x1, y1)
	}
	if 10*h >= 16*w {
		regions = append(append(regions, buttons), bars...)
	}
	return regions
}

// inside says for each of size×size pixels whether its middle lies in a region of one of the kinds.
func inside(regions []Region, size int, kinds ...string) []bool {
	in := make([]bool, size*size)
	for _, r := range regions {
		if !slices.Contains(kinds, r.Kind) {
			continue
		}
		for at := range in {
			x, y := (float64(at%size)+0.5)/float64(size), (float64(at/size)+0.5)/float64(size)
			in[at] = in[at] || x >= r.X0 && x < r.X1 && y >= r.Y0 && y < r.Y1
		}
	}
	return in
}

// grid is the number of pixels along each side at which maps are held against regions.
const grid = 224

// On is the share of the positive map that falls on regions of the kinds, and their share of the picture's
// area, which a map that knows nothing would have: mass 0 for an empty map.
func (m Map) On(regions []Region, kinds ...string) (mass, area float64) {
	in, total := inside(regions, grid, kinds...), 0.0
	for at, v := range m.Pixels(grid) {
		v = max(v, 0)
		total += v
		if in[at] {
			mass += v
			area += 1.0 / (grid * grid)
		}
	}
	if total > 0 {
		mass /= total
	}
	return mass, area
}

// PointsAt says whether the map's largest value, the first of equals, lies in a region of the kinds: the
// pointing game of Zhang et al. 2018 ("Top-down Neural Attention by Excitation Backprop", section 4),
// without its margin of 15 pixels. An empty map points nowhere.
func (m Map) PointsAt(regions []Region, kinds ...string) bool {
	if m.Empty() {
		return false
	}
	at := slices.Index(m.Signed, slices.Max(m.Signed))
	x, y := (float64(at%m.Cols)+0.5)/float64(m.Cols), (float64(at/m.Cols)+0.5)/float64(m.Rows)
	return slices.ContainsFunc(regions, func(r Region) bool {
		return slices.Contains(kinds, r.Kind) && x >= r.X0 && x < r.X1 && y >= r.Y0 && y < r.Y1
	})
}

// Pointing is what came of the pointing game on many pictures.
type Pointing struct {
	Kind string
	Maps int // of pictures with a region of the kind
	// Empty of them have no largest value. Hits is how many point at a region; an empty one does not.
	Empty, Hits int
	// Chance is how many hits a map would have that points anywhere: the sum of the regions' areas.
	Chance float64
	// Mass and Area are the means over the maps of On: empty maps count with a mass of 0.
	Mass, Area float64
}

// PointingGame plays it for one kind on maps and the regions of the same pictures. Pictures without a
// region of the kind do not take part.
func PointingGame(kind string, maps []Map, regions [][]Region) Pointing {
	p := Pointing{Kind: kind}
	for i, m := range maps {
		if !slices.ContainsFunc(regions[i], func(r Region) bool { return r.Kind == kind }) {
			continue
		}
		p.Maps++
		if m.Empty() {
			p.Empty++
		}
		if m.PointsAt(regions[i], kind) {
			p.Hits++
		}
		mass, area := m.On(regions[i], kind)
		p.Chance += area
		p.Mass += mass
		p.Area += area
	}
	if p.Maps > 0 {
		p.Mass /= float64(p.Maps)
		p.Area /= float64(p.Maps)
	}
	return p
}
