package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

// How notebooks share the machine, and how long that takes: outlines, what runs next, and the time left
// from what each cell took last time.

// atOnce is how many notebooks run at a time: compiling a cell and reading pictures leave a core idle.
const atOnce = 2

// outline is what Build has to know of a notebook before it runs.
type outline struct {
	title string
	cells []string // the code cells' hashes
	after []string // see Build
	first bool     // likewise
	alone bool     // it wants the machine to itself
}

func outlineOf(notebook string, measured func(network string) (bool, error)) (o outline, err error) {
	data, err := os.ReadFile(notebook)
	if err != nil {
		return o, err
	}
	var nb struct {
		Metadata struct {
			Thesis struct {
				MeasuresSpeedOf []string `json:"measures_speed_of"`
				After           []string `json:"after"`
				First           bool     `json:"first"`
			}
		}
		Cells []struct {
			Type   string `json:"cell_type"`
			Source lines
		}
	}
	if err := json.Unmarshal(data, &nb); err != nil {
		return o, fmt.Errorf("reading %s: %w", notebook, err)
	}
	o.title = chapterName(notebook)
	for i, c := range nb.Cells {
		switch c.Type {
		case "code":
			o.cells = append(o.cells, fmt.Sprintf("%x", sha256.Sum256([]byte(chapterName(notebook)+"\x00"+string(c.Source))))[:16])
		case "markdown":
			if title, ok := strings.CutPrefix(string(c.Source), "# "); ok && i == 0 {
				title, _, _ = strings.Cut(title, "\n")
				o.title = strings.TrimSpace(title)
			}
		}
	}
	o.after, o.first = nb.Metadata.Thesis.After, nb.Metadata.Thesis.First
	for _, network := range nb.Metadata.Thesis.MeasuresSpeedOf {
		known, err := measured(network)
		if err != nil {
			return o, err
		}
		o.alone = o.alone || !known
	}
	return o, nil
}

// lines is a text that a notebook keeps as one string or as many.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var many []string
	if json.Unmarshal(data, &many) == nil {
		*l = lines(strings.Join(many, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(l))
}

// state of a chapter in a run.
type state string

const (
	waiting     state = "waiting"
	running     state = "running"
	done        state = "done"
	kept        state = "kept" // its page of before still holds
	failed      state = "failed"
	interrupted state = "interrupted"
)

// plan is a chapter in a run: what is expected of it, and how far it is. Times are of the run's clock.
type plan struct {
	outline
	name     string
	notebook string
	state    state
	expect   []float64 // seconds by cell; < 0 where only the chapter's pool is known
	pool     float64   // seconds for all such cells together
	polite   bool      // it leaves the processor to the one that is read first
	inputs   string    // what its page is made from, see kept.go
	began    time.Time
	took     time.Duration // of a chapter that has ended

	cell      int // the one that runs, from 0
	cellBegan time.Time
	spent     float64              // seconds that cells of the pool have taken
	says      string               // the last line of progress of the cell
	ends      map[string]time.Time // when the bars of the cell expect to end, by what they count
}

// seconds that the whole chapter is expected to take.
func (p *plan) seconds() float64 {
	s := p.pool
	for _, x := range p.expect {
		s += max(0, x)
	}
	return s
}

// order sorts chapters as they take their turns: those that are to be read first, the shortest of them
// before the others; those that want the machine to themselves; then the longest, so that none is left
// over at the end.
func order(plans []*plan) {
	flag := func(b bool) int {
		if b {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(plans, func(a, b *plan) int {
		length := cmp.Compare(b.seconds(), a.seconds())
		if a.first {
			length = -length
		}
		return cmp.Or(cmp.Compare(flag(a.first), flag(b.first)), cmp.Compare(flag(a.alone), flag(b.alone)), length)
	})
}

// next is the chapter to begin while others run, of plans in their order; nil where one of those has to
// end first. rank tells what is yet to run (waiting), runs (running), or has ended.
func next(plans []*plan, rank func(*plan) state) *plan {
	busy := 0
	for _, p := range plans {
		if rank(p) == running {
			busy++
			if p.alone {
				return nil
			}
		}
	}
	if busy >= atOnce {
		return nil
	}
	for _, p := range plans {
		if rank(p) != waiting || slices.ContainsFunc(plans, func(q *plan) bool {
			return slices.Contains(p.after, q.name) && (rank(q) == waiting || rank(q) == running)
		}) {
			continue
		}
		if p.alone && busy > 0 {
			return nil
		}
		return p
	}
	return nil
}

// remaining is how many seconds a chapter has to go at a moment, scale times as slow as expected.
func (p *plan) remaining(now time.Time, scale float64) float64 {
	switch p.state {
	case waiting:
		return scale * p.seconds()
	case running:
	default:
		return 0
	}
	var rest, bar float64
	elapsed := now.Sub(p.cellBegan).Seconds()
	if p.cellBegan.IsZero() { // the kernel is starting
		elapsed = 0
	}
	for what, end := range p.ends {
		if left := end.Sub(now).Seconds(); what == "trials" {
			bar = max(0, left) // training is what its cell is for: nothing knows better
			break
		} else {
			bar = max(bar, left)
		}
	}
	_, trains := p.ends["trials"]
	guessed, spent := 0, p.spent
	for i := p.cell; i < len(p.expect); i++ {
		switch x := p.expect[i]; {
		case x < 0:
			guessed++
			if i == p.cell {
				spent += elapsed
			}
		case i > p.cell:
			rest += scale * x
		case !trains:
			bar = max(bar, scale*x-elapsed)
		}
	}
	if guessed > 0 {
		// What a cell of the pool takes, the others have the less; but each has to be compiled.
		least := again * float64(guessed)
		if p.expect[p.cell] < 0 {
			rest += max(scale*p.pool-spent-bar, least)
		} else {
			rest += max(scale*p.pool-spent, least)
		}
	}
	return rest + bar
}

// left is how long a run will go on, by the schedule.
func left(plans []*plan, now time.Time) time.Duration {
	// How slow this machine, these data are, from the chapters that have ended; the first minute counts little.
	const doubt = 20
	expected, took := float64(doubt), float64(doubt)
	for _, p := range plans {
		if p.state == done {
			expected += p.seconds()
			took += p.took.Seconds()
		}
	}
	scale := min(5, max(.2, took/expected))
	states, rest := map[*plan]state{}, map[*plan]float64{}
	for _, p := range plans {
		states[p], rest[p] = p.state, p.remaining(now, scale)
	}
	total := 0.0
	for {
		for {
			p := next(plans, func(p *plan) state { return states[p] })
			if p == nil {
				break
			}
			states[p] = running
		}
		var soonest *plan
		for _, p := range plans {
			if states[p] == running && (soonest == nil || rest[p] < rest[soonest]) {
				soonest = p
			}
		}
		if soonest == nil {
			return time.Duration(total * float64(time.Second))
		}
		step := rest[soonest]
		total += step
		for _, p := range plans {
			if states[p] == running {
				rest[p] -= step
			}
		}
		states[soonest] = done
	}
}

// hears takes in what a cell prints about its progress.
func (p *plan) hears(text string, now time.Time) {
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if left, unit, ok := progress.Left(line); ok {
			p.ends[unit] = now.Add(left)
		}
		p.says = strings.TrimPrefix(line, progress.Mark)
	}
}

// begins notes that a cell, counted from 0, begins, and what the one before it took.
func (p *plan) begins(cell int, now time.Time, seconds *times) {
	p.ended(now, seconds)
	p.cell, p.cellBegan, p.says, p.ends = cell, now, "", map[string]time.Time{}
}

// ended notes that the cell that runs has ended.
func (p *plan) ended(now time.Time, seconds *times) {
	if p.cellBegan.IsZero() {
		return
	}
	took := now.Sub(p.cellBegan).Seconds()
	if p.expect[p.cell] < 0 {
		p.spent += took
	}
	seconds.note(p.cells[p.cell], took)
}

// usual is what a chapter takes the first time, in seconds, from 300 pictures on two cores: for a machine
// that has not run it.
const usualPictures = 300

var usual = map[string]float64{"00": 15, "02": 100, "03": 300, "04": 80, "05": 75, "06": 600, "07": 280, "08": 6}

// again is what a cell takes that finds its results on disk, in seconds: its compilation.
const again = 2.0

// expects fills in what is expected of the chapter's cells: what they took last time, or a part of what
// its chapter usually takes.
func (p *plan) expects(seconds *times) {
	unknown, known := 0, 0.0
	p.expect = make([]float64, len(p.cells))
	for i, hash := range p.cells {
		p.expect[i] = seconds.of(hash)
		if p.expect[i] < 0 {
			unknown++
		} else {
			known += p.expect[i]
		}
	}
	number, _, _ := strings.Cut(p.name, "-")
	p.pool = again * float64(unknown)
	if known == 0 {
		p.pool = max(p.pool, usual[number]*share(seconds.pictures, usualPictures))
	}
}

// times is what each cell of the notebooks took when it ran last, kept in the cache. A cell that is run
// on data and with choices that it ran on before finds most of its work done; so the two are kept apart.
type times struct {
	file     string
	on       string // data and choices of this run
	pictures int    // of the data
	Cells    map[string]cellTime
}

type cellTime struct {
	First    float64  `json:"first,omitempty"`    // seconds, where the data or choices were new to the cell
	Pictures int      `json:"pictures,omitempty"` // of those data
	Again    float64  `json:"again,omitempty"`    // and where they were not
	On       []string `json:"on"`                 // hashes of data and choices, the latest last
}

// loadTimes reads the times. A file that cannot be understood is as good as none: it is made anew.
func loadTimes(dir string, pictures int) (*times, error) {
	cache, err := setup.Place("cache")
	if err != nil {
		return nil, err
	}
	choice, err := trial.Current()
	if err != nil {
		return nil, err
	}
	on := dir + "\x00" + choice.String() + "\x00" + os.Getenv("ARMS")
	t := &times{pictures: pictures, file: filepath.Join(cache, "cell-seconds.json"), on: fmt.Sprintf("%x", sha256.Sum256([]byte(on)))[:16]}
	data, err := os.ReadFile(t.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("what cells took last time: %w", err)
	}
	if json.Unmarshal(data, &t.Cells) != nil || t.Cells == nil {
		t.Cells = map[string]cellTime{}
	}
	return t, nil
}

// of is what the cell will take, in seconds; < 0 where nothing is known.
func (t *times) of(cell string) float64 {
	c, ok := t.Cells[cell]
	switch {
	case !ok:
		return -1
	case !slices.Contains(c.On, t.on):
		if c.First == 0 || c.Pictures == 0 {
			return -1
		}
		return max(min(c.First, again), c.First*share(t.pictures, c.Pictures))
	case c.Again > 0:
		return c.Again
	default:
		return min(c.First, again)
	}
}

// share is what work on n pictures takes of the time of that on known ones: a fifth is for what no picture
// decides, the compilation of networks (measured: chapter 6 took 840 s with 300 pictures of 98 pixels, 233 with 30).
func share(n, known int) float64 { return .2 + .8*float64(n)/float64(known) }

func (t *times) note(cell string, seconds float64) {
	c := t.Cells[cell]
	seconds = max(seconds, .001)
	if slices.Contains(c.On, t.on) {
		c.Again = seconds
	} else {
		c.First, c.Pictures = seconds, t.pictures
		c.On = append(c.On, t.on)
		c.On = c.On[max(0, len(c.On)-8):]
	}
	t.Cells[cell] = c
}

func (t *times) save() error {
	data, err := json.Marshal(t.Cells)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(t.file), 0o755)
	}
	if err == nil {
		err = renameio.WriteFile(t.file, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("keeping what cells took: %w", err)
	}
	return nil
}
