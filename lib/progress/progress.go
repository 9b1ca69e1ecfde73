// Package progress shows how far long work is: on a terminal one line that
// rewrites itself, elsewhere (a log, a notebook's stderr) a line every ten
// seconds, so that nothing floods and nothing looks dead. Such lines begin with
// Mark: an exported page leaves them out, whereas a warning on standard error,
// and the line of Bar.DoneAs, stay.
package progress

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Mark begins every line of progress that does not go to a terminal.
const Mark = "... "

// Bar counts items of one piece of work. It is safe for concurrent use.
type Bar struct {
	w        io.Writer
	what     string
	unit     string
	total    int
	terminal bool

	mu    sync.Mutex
	done  int
	start time.Time
	last  time.Time
	line  *line
	note  string
	left  func() time.Duration
}

// line is the last one of a terminal, which bars share: work that has a bar goes on inside work that has
// one.
type line struct {
	mu    sync.Mutex
	width int // of what stands there
}

var stderr line

// New starts a bar on standard error for total items of the given unit (plural).
func New(what, unit string, total int) *Bar {
	info, err := os.Stderr.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &Bar{w: os.Stderr, what: what, unit: unit, total: total, terminal: terminal, start: time.Now(), last: time.Now(), line: &stderr}
}

// Estimate has the bar show what left says of the time to go, where items differ too much for their
// rate to tell. left must not call the bar.
func (b *Bar) Estimate(left func() time.Duration) { b.left = left }

// Add counts n more items as done.
func (b *Bar) Add(n int) { b.AddNote(n, "") }

// AddNote counts n more items and shows note (a loss, a file name) behind the numbers.
func (b *Bar) AddNote(n int, note string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	b.note = note
	every := 10 * time.Second
	if b.terminal {
		every = 100 * time.Millisecond
	}
	if now := time.Now(); now.Sub(b.last) >= every {
		b.last = now
		b.print()
	}
}

// Drop takes n items out of the work: they have been done elsewhere.
func (b *Bar) Drop(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total -= n
}

// Say puts a line above the bar, to stay there.
func (b *Bar) Say(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.whole(line)
	b.last = time.Time{} // the bar itself again at the next item
}

// whole prints a line to stay, or only clears the terminal's last where it is empty.
func (b *Bar) whole(text string) {
	b.line.mu.Lock()
	defer b.line.mu.Unlock()
	if b.line.width > 0 {
		fmt.Fprintf(b.w, "\r%s\r", strings.Repeat(" ", b.line.width))
		b.line.width = 0
	}
	if text != "" {
		fmt.Fprintln(b.w, text)
	}
}

// Done ends the bar with one line that says how long the work took. Work that
// took under a second leaves no line.
func (b *Bar) Done() {
	b.end(func(took time.Duration) string {
		return b.mark() + fmt.Sprintf("%s: %d %s in %s", b.what, b.done, b.unit, took.Round(100*time.Millisecond))
	})
}

// DoneAs is Done with a line that is a result and stays on an exported page: DoneAs("trained") says
// "trained 20 trials in 7 min 12 s". It says nothing where no item was counted.
func (b *Bar) DoneAs(verb string) {
	b.end(func(took time.Duration) string {
		if b.done == 0 {
			return ""
		}
		unit := b.unit
		if b.done == 1 {
			unit = strings.TrimSuffix(unit, "s")
		}
		return fmt.Sprintf("%s %d %s in %s", verb, b.done, unit, Words(took))
	})
}

func (b *Bar) end(line func(took time.Duration) string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := ""
	if took := time.Since(b.start); took >= time.Second {
		text = line(took)
	}
	b.whole(text)
}

// Words writes a duration to read, to the second: "12 s", "7 min 12 s", "2 h 5 min".
func Words(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
}

var leftPattern = regexp.MustCompile(`^` + regexp.QuoteMeta(Mark) + `(.+): \d+ of \d+ (\S+), .*?(\S+) left(?:,|$)`)

// Left reads what a line of a bar says of the time to go, with the unit of what it counts. ok is false
// for any other line.
func Left(line string) (left time.Duration, unit string, ok bool) {
	m := leftPattern.FindStringSubmatch(line)
	if m == nil {
		return 0, "", false
	}
	left, err := time.ParseDuration(m[3])
	return left, m[2], err == nil
}

// mark is Mark where lines can end up on a page.
func (b *Bar) mark() string {
	if b.terminal {
		return ""
	}
	return Mark
}

func (b *Bar) print() {
	took := time.Since(b.start)
	rate := float64(b.done) / took.Seconds()
	line := b.mark() + fmt.Sprintf("%s: %d of %d %s", b.what, b.done, b.total, b.unit)
	var left time.Duration
	if b.left != nil {
		left = b.left()
	} else {
		line += fmt.Sprintf(", %.1f/s", rate)
		if b.done > 0 && b.done < b.total {
			left = time.Duration(float64(b.total-b.done) / rate * float64(time.Second))
		}
	}
	if left > 0 {
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	if b.note != "" {
		line += ", " + b.note
	}
	if !b.terminal {
		fmt.Fprintln(b.w, line)
		return
	}
	b.line.mu.Lock()
	defer b.line.mu.Unlock()
	fmt.Fprintf(b.w, "\r%-*s", b.line.width, line)
	b.line.width = max(b.line.width, len([]rune(line)))
}
