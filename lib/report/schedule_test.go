package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"thesis.example/lib/progress"
)

// chapters are those of the project, from its notebooks' own metadata; 03 has the speed of networks to
// measure.
func chapters(t *testing.T, seconds *times) []*plan {
	t.Helper()
	notebooks, err := Notebooks()
	if err != nil {
		t.Fatal(err)
	}
	var plans []*plan
	for _, notebook := range notebooks {
		o, err := outlineOf(notebook, func(string) (bool, error) { return false, nil })
		if err != nil {
			t.Fatal(err)
		}
		p := &plan{outline: o, name: chapterName(notebook), notebook: notebook, state: waiting}
		p.expects(seconds)
		plans = append(plans, p)
	}
	order(plans)
	return plans
}

func none() *times { return &times{on: "a", pictures: 300, Cells: map[string]cellTime{}} }

// simulate runs plans by their schedule, with cells that take what cost says, and calls at as time goes
// on, every second. Bars of training say what they know, as lib/trial's do.
func simulate(plans []*plan, seconds *times, cost func(p *plan, cell int) float64, at func(elapsed float64)) (total float64, began []string) {
	start := time.Unix(1e9, 0)
	until := map[*plan]float64{} // seconds at which the cell ends
	for elapsed := 0.0; ; elapsed++ {
		now := start.Add(time.Duration(elapsed * float64(time.Second)))
		for {
			moved := false
			for _, p := range plans {
				for p.state == running && until[p] <= elapsed {
					moved = true
					if p.cell+1 < len(p.cells) {
						p.begins(p.cell+1, now, seconds)
						until[p] += cost(p, p.cell)
						continue
					}
					p.ended(now, seconds)
					p.state, p.took = done, now.Sub(p.began)
				}
			}
			if p := next(plans, func(p *plan) state { return p.state }); p != nil {
				moved = true
				p.state, p.began = running, now
				p.begins(0, now, seconds)
				until[p] = elapsed + cost(p, 0)
				began = append(began, fmt.Sprintf("%.0f %s", elapsed, p.name[:2]))
			}
			if !moved {
				break
			}
		}
		if !slices.ContainsFunc(plans, func(p *plan) bool { return p.state == running }) {
			return elapsed, began
		}
		for _, p := range plans {
			if p.state == running && cost(p, p.cell) > 60 && elapsed > until[p]-.9*cost(p, p.cell) {
				p.hears(progress.Mark+fmt.Sprintf("training: 2 of 20 trials, 0.1/s, %.0fs left\n", until[p]-elapsed), now)
			}
		}
		at(elapsed)
	}
}

// The time left is true to a factor of two at a quarter, half and three quarters of a report: the first
// time on this machine, on one twice as slow or fast, with the pictures of a tenth, again, and on other data.
func TestTimeLeft(t *testing.T) {
	// As measured: most of a chapter of experiments is one cell that trains; the others compile.
	cold := func(p *plan, cell int) float64 {
		n := float64(len(p.cells))
		total := usual[p.name[:2]]
		if total > 2*again*n { // one cell trains
			if cell == min(len(p.cells)-1, 3) {
				return total - again*(n-1)
			}
			return again
		}
		return total / n
	}
	few := func(p *plan, cell int) float64 { // pictures, a tenth, as measured
		return max(again, .28*cold(p, cell))
	}
	warm := func(*plan, int) float64 { return 1.5 }
	once := func(on string) *times { // what a first report leaves
		seconds := none()
		simulate(chapters(t, seconds), seconds, cold, func(float64) {})
		seconds.on = on
		return seconds
	}
	for name, c := range map[string]struct {
		seconds *times
		cost    func(*plan, int) float64
		factor  float64
	}{
		"first":         {none(), cold, 1},
		"slow":          {none(), cold, 2},
		"fast":          {none(), cold, .5},
		"few pictures":  {&times{on: "a", pictures: 30, Cells: map[string]cellTime{}}, few, 1},
		"few, other":    {func() *times { s := once("b"); s.pictures = 30; return s }(), few, 1},
		"again":         {once("a"), warm, 1},
		"on other data": {once("b"), cold, 1},
		"slow, on them": {once("b"), cold, 2},
	} {
		cost := func(p *plan, cell int) float64 { return c.factor * c.cost(p, cell) }
		var said []float64
		plans := chapters(t, c.seconds)
		start := time.Unix(1e9, 0)
		total, _ := simulate(plans, c.seconds, cost, func(elapsed float64) {
			said = append(said, left(plans, start.Add(time.Duration(elapsed*float64(time.Second)))).Seconds())
		})
		for _, share := range []float64{.25, .5, .75} {
			says, are := said[int(total*share)], total*(1-share)
			t.Logf("%s: at %.0f %% of %.0f s it says %.0f s left, %.0f are", name, 100*share, total, says, are)
			if math.Abs(math.Log2(says/are)) > 1 {
				t.Errorf("%s: at %.0f %% that is wrong by more than a factor of two", name, 100*share)
			}
		}
	}
}

// Chapter 4 begins at once, what measures speed runs alone, and what reads records waits for those that make
// them, but chapter 7 trains beside chapter 6.
func TestSchedule(t *testing.T) {
	plans := chapters(t, none())
	alone := func() {
		busy := 0
		speed := false
		for _, p := range plans {
			if p.state == running {
				busy++
				speed = speed || p.alone
			}
		}
		if speed && busy > 1 || busy > atOnce {
			t.Errorf("%d chapters at once, speed measured: %v", busy, speed)
		}
	}
	_, began := simulate(plans, none(), func(p *plan, cell int) float64 { return p.seconds() / float64(len(p.cells)) }, func(float64) { alone() })
	var names []string
	for _, b := range began {
		names = append(names, strings.Fields(b)[1])
	}
	if got := strings.Join(names, " "); got != "04 02 03 06 05 07 08 00" || !strings.HasPrefix(began[0], "0 ") || !strings.HasPrefix(began[1], "0 ") {
		t.Errorf("chapters begin as %q", began)
	}
}

// Where training says how long it will be, that counts, whatever was expected of its cell.
func TestTrainingKnowsBetter(t *testing.T) {
	now := time.Unix(1e9, 0)
	for _, expected := range []float64{10, 1000, -1} {
		p := &plan{outline: outline{cells: []string{"a", "b"}}, state: running, expect: []float64{expected, 5}, pool: 50}
		p.begins(0, now.Add(-60*time.Second), none())
		p.hears("... training: 5 of 20 trials, 0.1/s, 3m0s left, cnn\n... exp 2 fold 3: 1 of 960 pictures, 9.1/s, 16s left", now)
		want := 185.0
		if expected < 0 {
			want += again // compiled it is, but what else it does nobody knows
		}
		if got := p.remaining(now, 1); got != want {
			t.Errorf("a cell of %g s: %g s left, want %g", expected, got, want)
		}
	}
}

// What a cell took is kept apart for data that it knows and data that it does not; a damaged file is
// made anew.
func TestTimes(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("THESIS_HOME", cache)
	s, err := loadTimes("/data/a", 300)
	if err != nil {
		t.Fatal(err)
	}
	s.note("cell", 100)
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	of := func(dir string) float64 {
		s, err := loadTimes(dir, 300)
		if err != nil {
			t.Fatal(err)
		}
		return s.of("cell")
	}
	if a, b := of("/data/a"), of("/data/b"); a != again || b != 100 {
		t.Errorf("%g s on the same data, %g on others", a, b)
	}
	t.Setenv("SEED", "2")
	if a := of("/data/a"); a != 100 {
		t.Errorf("%g s with another seed", a)
	}
	t.Setenv("SEED", "")
	if s, err = loadTimes("/data/a", 300); err != nil {
		t.Fatal(err)
	}
	s.note("cell", 1)
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if a, b := of("/data/a"), of("/data/b"); a != 1 || b != 100 {
		t.Errorf("again: %g s on the same data, %g on others", a, b)
	}
	if err := os.WriteFile(filepath.Join(cache, "cache", "cell-seconds.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if a := of("/data/a"); a != -1 {
		t.Errorf("%g s from a damaged file", a)
	}
}
