package standin

// kind is one sort of picture of a genre.
type kind struct {
	name      string
	share     int // pictures among the genre's hundred
	ambiguous bool
	lo, hi    int        // faces it can show
	nature    [3]float64 // hue, saturation, value that it has by nature
	draw      func(c *canvas, faces int) []Face
}

// The kinds and their shares decide how hard the set is to classify from pixels:
// this table is what to tune. Ambiguous kinds show one genre's subject in another's
// surroundings, as such clips do.
var kinds = map[string][]kind{
	"dance": {
		{"stage", 24, false, 0, 9, [3]float64{.45, .4, .4}, (*canvas).stage},
		{"studio", 22, false, 0, 9, [3]float64{.3, .2, .6}, (*canvas).studio},
		{"street", 15, false, 0, 9, [3]float64{.4, .2, .45}, (*canvas).street},
		{"room", 16, false, 0, 9, [3]float64{.35, .2, .65}, (*canvas).room},
		{"black", 1, true, 0, 0, [3]float64{}, nil},
		{"outdoors", 10, true, 0, 3, [3]float64{.4, .3, .6}, (*canvas).outdoors},
		{"supper", 6, true, 0, 2, [3]float64{.15, .3, .5}, (*canvas).supper},
		{"hall", 6, true, 0, 0, [3]float64{.3, .3, .4}, (*canvas).hall},
	},
	"gourmet": {
		{"ramen", 18, false, 0, 0, [3]float64{.15, .35, .5}, plated((*canvas).ramen, 140, 172)},
		{"grill", 15, false, 0, 0, [3]float64{.15, .25, .4}, plated((*canvas).grill, 145, 170)},
		{"sushi", 13, false, 0, 0, [3]float64{.25, .25, .5}, plated((*canvas).sushi, 130, 150)},
		{"sweets", 12, false, 0, 0, [3]float64{.3, .25, .6}, plated((*canvas).cakes, 125, 150)},
		{"rice", 9, false, 0, 0, [3]float64{.2, .3, .5}, plated((*canvas).riceBowl, 140, 168)},
		{"steak", 8, false, 0, 0, [3]float64{.15, .3, .45}, plated((*canvas).steak, 140, 165)},
		{"diner", 12, true, 1, 2, [3]float64{.15, .3, .5}, (*canvas).diner},
		{"stall", 7, true, 0, 0, [3]float64{.3, .3, .5}, (*canvas).stall},
		{"shopfront", 6, true, 0, 0, [3]float64{.3, .3, .45}, (*canvas).shopfront},
	},
	"travel": {
		{"mountain", 18, false, 0, 9, [3]float64{.4, .35, .55}, (*canvas).mountain},
		{"sea", 18, false, 0, 9, [3]float64{.48, .45, .62}, (*canvas).sea},
		{"shrine", 14, false, 0, 9, [3]float64{.32, .35, .45}, (*canvas).shrine},
		{"temple", 13, false, 0, 9, [3]float64{.3, .3, .5}, (*canvas).temple},
		{"city", 12, false, 0, 9, [3]float64{.5, .35, .4}, (*canvas).city},
		{"town", 9, false, 0, 9, [3]float64{.25, .3, .5}, (*canvas).oldTown},
		{"speciality", 7, true, 0, 0, [3]float64{.2, .3, .5}, (*canvas).speciality},
		{"terrace", 3, true, 0, 0, [3]float64{.35, .35, .55}, (*canvas).terrace},
		{"festival", 3, true, 0, 2, [3]float64{.3, .35, .35}, (*canvas).festival},
		{"portrait", 3, true, 1, 2, [3]float64{.3, .25, .55}, (*canvas).portrait},
	},
}
