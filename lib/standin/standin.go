// Package standin draws the stand-in data set: screenshots of a short-video app in
// the thesis' three genres, with engagement numbers, calibrated so that what the
// pipeline measures from pixels and table lands on the tables of chapter 4.
//
// The thesis' own 300 screenshots are not published. These pictures are drawn, the
// numbers made; nothing found on them is a finding about people or places. Every
// set carries a truth file that says what was drawn where.
//
// The plan is always made for 100 pictures a genre; a smaller set is its first
// pictures, the same pixel by pixel, so that its statistics are a sample's.
package standin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"thesis.example/lib/dataset"
	"thesis.example/lib/picture"
)

// Version changes whenever the same seed gives other pictures or numbers.
const Version = 2

// full is the number of pictures a genre in the thesis, and in the plan.
const full = 100

// Options of Write.
type Options struct {
	PerGenre int                   // pictures a genre, 1 to 100; 0 means 100
	Seed     int64                 // the same seed, the same bytes
	Progress func(done, total int) // called after every picture, from one goroutine at a time; may be nil
}

// Truth is what standin.json holds: what was drawn.
type Truth struct {
	Version  int       `json:"version"`
	Seed     int64     `json:"seed"`
	PerGenre int       `json:"per_genre"`
	Pictures []Picture `json:"pictures"` // in the order of engagement.csv
}

// Picture is the truth about one picture. All boxes are in its pixels.
type Picture struct {
	File      string    `json:"file"` // "dance/001.png"
	Genre     string    `json:"genre"`
	Kind      string    `json:"kind"`      // what is drawn: "stage", "noodles", "sea", …
	Ambiguous bool      `json:"ambiguous"` // drawn to be mistaken for another genre
	Faces     []Face    `json:"faces"`
	Dishes    []Box     `json:"dishes"` // of food, what captions and furniture cover of them included
	Captions  []Caption `json:"captions"`
	Keywords  []string  `json:"keywords"` // those of its texts that Table 4.7 counts, lower-case
	Colour    Colours   `json:"colour"`   // intended; what the pixels have is within 0.01, mostly
}

// Caption is a text that is seen as one.
type Caption struct {
	// "plate", a plate under the letters; straight on the picture "outline", "shadow" and
	// "plain"; "small", the author's lines at the lower left, where hashtags stand; "panel",
	// a page of notes; "search", the app's search bar.
	Style string `json:"style"`
	Size  int    `json:"size"` // of the font, in pixels; of a panel, the largest
	Box   Box    `json:"box"`  // with its plate, panel or bar
	Lines []Line `json:"lines"`
}

// Line is one visually separate piece of text, which Table 4.6 counts as a word.
type Line struct {
	Text string `json:"text"` // as written
	Box  Box    `json:"box"`  // as high as the font
}

// Read loads the truth of a stand-in set.
func Read(dir string) (*Truth, error) {
	file := filepath.Join(dir, dataset.StandInFile)
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("truth of the stand-in set: %w", err)
	}
	t := new(Truth)
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("truth of the stand-in set %s: %w; make the set again with: go run ./lib/cmd/thesis data standin", file, err)
	}
	return t, nil
}

// plan is one picture before it is drawn.
type plan struct {
	Picture
	engagement
	kind  kind
	text  []caption
	faces int
	set   uint64 // the set's seed
	id    uint64 // the place in the full set
}

// Write makes the set in dir: DIR/<genre>/<picture>.png, engagement.csv, standin.json.
// An earlier stand-in set there is replaced once the new one is complete; a folder
// that holds anything else is refused. An interrupted Write leaves dir as it was.
func Write(ctx context.Context, dir string, o Options) error {
	if o.PerGenre == 0 {
		o.PerGenre = full
	}
	if o.PerGenre < 1 || o.PerGenre > full {
		return fmt.Errorf("stand-in set: %d pictures a genre; expected 1 to %d", o.PerGenre, full)
	}
	dir = filepath.Clean(dir)
	old, err := replaceable(dir)
	if err != nil {
		return fmt.Errorf("stand-in set: %w", err)
	}
	plans, err := makePlans(o.Seed)
	if err != nil {
		return fmt.Errorf("stand-in set, seed %d: %w", o.Seed, err)
	}
	var chosen []plan
	for i, p := range plans {
		if i%full < o.PerGenre {
			chosen = append(chosen, p)
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("stand-in set: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".standin-*") // beside dir, so that it can be renamed
	if err != nil {
		return fmt.Errorf("stand-in set: %w", err)
	}
	err = errors.Join(makeSet(ctx, work, dir, old, chosen, o), os.RemoveAll(work))
	if err != nil {
		return fmt.Errorf("stand-in set: %w", err)
	}
	return nil
}

// makeSet draws into work, then puts the set in the place of the old one.
func makeSet(ctx context.Context, work, dir string, old *Truth, plans []plan, o Options) error {
	if err := drawAll(ctx, work, plans, o.Progress); err != nil {
		return err
	}
	truth := Truth{Version: Version, Seed: o.Seed, PerGenre: o.PerGenre}
	table := []byte("file,likes,saves,comments\n")
	for _, p := range plans {
		truth.Pictures = append(truth.Pictures, p.Picture)
		table = fmt.Appendf(table, "%s,%d,%d,%d\n", p.File, p.likes, p.saves, p.comments)
	}
	facts, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, dataset.EngagementFile), table, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, dataset.StandInFile), append(facts, '\n'), 0o644); err != nil {
		return err
	}
	if old != nil {
		if err := old.remove(dir); err != nil {
			return err
		}
	}
	// The truth goes first, so that a set half moved is known as one.
	names := []string{dataset.StandInFile, dataset.EngagementFile}
	for _, p := range plans {
		names = append(names, p.File)
	}
	for _, l := range laws {
		if err := os.MkdirAll(filepath.Join(dir, l.genre), 0o755); err != nil {
			return err
		}
	}
	for _, name := range names {
		name = filepath.FromSlash(name)
		if err := os.Rename(filepath.Join(work, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// replaceable says whether a set may be written to dir: it must be absent or empty,
// or hold a stand-in set, whose truth it returns.
func replaceable(dir string) (*Truth, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, dataset.StandInFile)); err != nil {
		return nil, fmt.Errorf("%s holds files that are not a stand-in set; name an empty folder", dir)
	}
	return Read(dir)
}

// remove takes the set's own files out of dir and leaves others, which a user may
// have put there.
func (t *Truth) remove(dir string) error {
	files := []string{dataset.EngagementFile, dataset.StandInFile}
	for _, p := range t.Pictures {
		if !filepath.IsLocal(p.File) {
			return fmt.Errorf("%s names the picture %q outside of the folder; remove the folder yourself", dataset.StandInFile, p.File)
		}
		files = append(files, p.File)
	}
	for _, f := range files {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(f))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// stream is a source of random numbers for one purpose of one set.
func stream(seed int64, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), purpose*0x9e3779b97f4a7c15+1))
}

// draws bounds how often a genre's texts and faces are planned anew.
const draws = 20

// makePlans plans the full set, genre after genre.
func makePlans(seed int64) ([]plan, error) {
	numbers, err := drawEngagement(stream(seed, 1), full)
	if err != nil {
		return nil, err
	}
	plans := make([]plan, 0, len(laws)*full)
	var natures []nature
	var said [][]piece
	black := 0
	for g, l := range laws {
		var texts [][]piece
		var ks []kind
		var faces []int
		// Chance may leave no room for a keyword: one seed in a hundred draws again.
		for try := range uint64(draws) {
			rng := stream(seed, 10+uint64(g)+100*try)
			if texts, err = planText(rng, l.genre, full); err != nil {
				continue
			}
			if ks, faces, err = planFaces(rng, l.genre); err == nil {
				break
			}
		}
		if err != nil {
			return nil, err
		}
		settle(texts, ks, faces)
		said = append(said, texts...)
		for i := range full {
			p := plan{kind: ks[i], faces: faces[i], engagement: numbers[g*full+i], set: uint64(seed), id: uint64(g*full + i)}
			p.File = fmt.Sprintf("%s/%03d.png", l.genre, i+1)
			p.Genre, p.Kind, p.Ambiguous = l.genre, ks[i].name, ks[i].ambiguous
			if p.Kind == "black" {
				black = len(plans)
			}
			plans = append(plans, p)
			look := nature{means: ks[i].nature}
			if len(texts[i]) > 10 { // pale and bright
				look = nature{means: [3]float64{ks[i].nature[0], .15, .70}, page: true}
			}
			natures = append(natures, look)
		}
	}
	colours, err := planColours(stream(seed, 2), natures, full, black)
	if err != nil {
		return nil, err
	}
	value := make([]float64, len(colours))
	for i, c := range colours {
		value[i] = c.Value
	}
	captions := planCaptions(stream(seed, 3), said, value)
	for i := range plans {
		p := &plans[i]
		p.Colour, p.text = colours[i], captions[i]
		p.Keywords = []string{}
		for _, t := range said[i] {
			if t.keyword != "" {
				p.Keywords = append(p.Keywords, t.keyword)
			}
		}
	}
	return plans, nil
}

// settle swaps texts that do not suit their picture with those of others: nothing is
// written on the black frame, and a page full of text covers no face and no dish
// that is there to mislead.
func settle(texts [][]piece, ks []kind, faces []int) {
	unfit := func(i int, t []piece) bool {
		return len(t) > 0 && ks[i].name == "black" || len(t) > 10 && (faces[i] > 0 || ks[i].ambiguous)
	}
	for i := range texts {
		for j := 0; j < len(texts) && unfit(i, texts[i]); j++ {
			if !unfit(i, texts[j]) && !unfit(j, texts[i]) {
				texts[i], texts[j] = texts[j], texts[i]
			}
		}
	}
}

// faceCounts are the faces of the hundred pictures of a genre: how many pictures
// have 0, 1, 2, … Mean and deviation are Table 4.5's: 1.18 ± 1.02, 0.14 ± 0.40,
// 0.25 ± 0.90; the group of seven is the maximum of Table 4.2.
var faceCounts = map[string][]int{
	"dance":   {27, 40, 25, 5, 2, 1},
	"gourmet": {88, 10, 2},
	"travel":  {87, 9, 1, 1, 1, 0, 0, 1},
}

// planFaces gives each picture of a genre its kind and its number of faces.
func planFaces(rng *rand.Rand, genre string) ([]kind, []int, error) {
	var faces []int
	for n, pictures := range faceCounts[genre] {
		for range pictures {
			faces = append(faces, n)
		}
	}
	rng.Shuffle(len(faces), func(i, j int) { faces[i], faces[j] = faces[j], faces[i] })
	out := make([]kind, len(faces))
	free := make([]int, len(faces))
	for i := range free {
		free[i] = i
	}
	rng.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	// The kinds with the narrowest range of faces choose first.
	for width := range 10 {
		for _, k := range kinds[genre] {
			if k.hi-k.lo != width {
				continue
			}
			left := k.share
			for j := 0; j < len(free) && left > 0; {
				if i := free[j]; faces[i] >= k.lo && faces[i] <= k.hi {
					out[i] = k
					free = append(free[:j:j], free[j+1:]...)
					left--
				} else {
					j++
				}
			}
			if left > 0 {
				return nil, nil, fmt.Errorf("%s: %d pictures too few for the kind %q", genre, left, k.name)
			}
		}
	}
	if len(free) > 0 {
		return nil, nil, fmt.Errorf("%s: %d pictures without a kind", genre, len(free))
	}
	return out, faces, nil
}

// drawAll draws on every core. Each picture depends on its own seed alone.
func drawAll(ctx context.Context, dir string, plans []plan, progress func(done, total int)) error {
	for _, p := range plans {
		if err := os.MkdirAll(filepath.Join(dir, p.Genre), 0o755); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *plan)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		done int
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			t, err := newTypist()
			if err != nil {
				cancel(err)
				return
			}
			for p := range next {
				if err := p.write(dir, t); err != nil {
					cancel(fmt.Errorf("%s: %w", p.File, err))
					return
				}
				mu.Lock()
				done++
				if progress != nil {
					progress(done, len(plans))
				}
				mu.Unlock()
			}
		})
	}
	for i := range plans {
		select {
		case next <- &plans[i]:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// write draws the picture and stores it.
func (p *plan) write(dir string, t *typist) error {
	m, err := p.draw(t)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m.RGBA()); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, filepath.FromSlash(p.File)), b.Bytes(), 0o644)
}

// draw makes the picture, and notes in p what is where.
func (p *plan) draw(t *typist) (*picture.Image, error) {
	source := func(k uint64) *rand.Rand { return rand.New(rand.NewPCG(p.set, (p.id+1)<<16|k)) }
	scene := newCanvas(source(0))
	p.Faces, p.Dishes, p.Captions = []Face{}, []Box{}, []Caption{}
	if p.Kind == "black" {
		return blackFrame(), nil
	}
	scene.want = p.Colour
	p.Faces = append(p.Faces, p.kind.draw(scene, p.faces)...)
	p.Dishes = append(p.Dishes, scene.dishes...)
	if len(p.Faces) != p.faces {
		return nil, fmt.Errorf("kind %q drew %d faces instead of %d", p.Kind, len(p.Faces), p.faces)
	}
	scene.grain(.03)

	// The overlay, drawn over black and over white, gives colour and coverage.
	var over layer
	var pair [2]*canvas
	for i := range pair {
		pair[i] = newCanvas(source(1))
		pair[i].background(flat(rgb{float32(i), float32(i), float32(i)}))
		pair[i].want = p.Colour
		var err error
		if p.Captions, err = pair[i].furniture(t, p.text, p.Faces, scene); err != nil {
			return nil, err
		}
	}
	over.pix = pair[0].pix
	over.cover = make([]float32, Width*Height)
	for i := range over.cover {
		over.cover[i] = 1 - (pair[1].pix[3*i+1] - pair[0].pix[3*i+1])
	}
	return newGrade(scene, over, p.Colour).reach(p.Colour), nil
}

// blackFrame is the moment before a clip begins: black, with the red of a standby
// lamp.
func blackFrame() *picture.Image {
	m := &picture.Image{W: Width, H: Height, Pix: make([]uint8, 3*Width*Height)}
	for y := range Height {
		for x := range Width {
			if d := math.Hypot(float64(x)-330, float64(y)-60); d < 27.5 {
				m.Pix[3*(y*Width+x)] = uint8(150 * (1 - d/28) * (1 - d/28))
			}
		}
	}
	return m
}
