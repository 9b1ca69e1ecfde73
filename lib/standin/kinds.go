package standin

// kind is one sort of picture of a genre.
type kind struct {
	name      string
	share     int // pictures among the genre's hundred
	ambiguous bool
	lo, hi    int        // faces it can show
	nature    [3]float64 // hue, saturation, value that it has by nature
	draw      func(c *canvas, faces int) []Box
}

// The kinds and their shares decide how hard the set is to classify from pixels.
// Ambiguous kinds show one genre's subject in another's surroundings.
var kinds = map[string][]kind{
	"dance": {
		{"stage", 26, false, 0, 9, [3]float64{.45, .4, .4}, (*canvas).stage},
		{"studio", 24, false, 0, 9, [3]float64{.25, .2, .6}, (*canvas).studio},
		{"street", 16, false, 0, 9, [3]float64{.4, .2, .45}, (*canvas).street},
		{"room", 17, false, 0, 9, [3]float64{.35, .2, .65}, (*canvas).room},
		{"black", 1, true, 0, 0, [3]float64{}, nil},
		{"outdoors", 16, true, 0, 9, [3]float64{.4, .3, .6}, (*canvas).outdoors},
	},
	"gourmet": {
		{"noodles", 38, false, 0, 0, [3]float64{.15, .35, .5}, (*canvas).noodles},
		{"grill", 34, false, 0, 0, [3]float64{.15, .25, .4}, (*canvas).grill},
		{"diner", 12, true, 1, 2, [3]float64{.15, .3, .5}, (*canvas).diner},
		{"stall", 16, true, 0, 0, [3]float64{.3, .3, .5}, (*canvas).stall},
	},
	"travel": {
		{"mountain", 34, false, 0, 9, [3]float64{.4, .35, .55}, (*canvas).mountain},
		{"sea", 30, false, 0, 9, [3]float64{.45, .4, .6}, (*canvas).sea},
		{"shrine", 20, false, 0, 9, [3]float64{.3, .35, .45}, (*canvas).shrine},
		{"speciality", 16, true, 0, 0, [3]float64{.2, .3, .5}, (*canvas).noodles},
	},
}

func (c *canvas) outdoors(faces int) []Box {
	c.sky(400)
	c.ridge(405, 160, 90, c.pick(0x4a6a6a, 0x5f7a86, 0x3d5a45), false)
	c.field(400)
	return c.troupe(faces, c.extras(faces), c.between(620, 650), c.between(380, 430))
}

func (c *canvas) diner(faces int) []Box {
	c.background(rough(gradient(0, 0, 0, Height, hex(0x6b4a35), hex(0x3a281e)), c.noise, 60, .3))
	for range 5 {
		c.glow(c.between(0, Width), c.between(20, 160), c.between(30, 70), rgb{1, .8, .5}, .7)
	}
	b := c.visitors(faces)
	c.area(0, 520, Width, Height, rough(gradient(0, 520, 0, Height, hex(0x9c6f46), hex(0x5a3c26)), c.noise, 30, .3))
	c.weight = 1
	c.ramen(c.between(170, 230), 610, 90)
	c.weight = 0
	return b
}

func (c *canvas) stall(int) []Box {
	c.sky(400)
	c.buildings(430, true)
	c.area(0, 425, Width, Height, rough(gradient(0, 425, 0, Height, hex(0x6b4a35), hex(0x3a281e)), c.noise, 60, .3))
	c.weight = 1
	c.ramen(c.between(170, 230), 560, 90)
	c.weight = 0
	return nil
}
