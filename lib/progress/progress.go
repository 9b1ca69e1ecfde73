// Package progress shows how far long work is: on a terminal one line that
// rewrites itself, elsewhere (a log, a notebook's stderr) a line every ten
// seconds, so that nothing floods and nothing looks dead.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

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
	width int
	note  string
}

// New starts a bar on standard error for total items of the given unit (plural).
func New(what, unit string, total int) *Bar {
	info, err := os.Stderr.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &Bar{w: os.Stderr, what: what, unit: unit, total: total, terminal: terminal, start: time.Now(), last: time.Now()}
}

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

// Say puts a line above the bar, to stay there.
func (b *Bar) Say(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	fmt.Fprintln(b.w, line)
	b.last = time.Time{} // the bar itself again at the next item
}

func (b *Bar) clear() {
	if b.width > 0 {
		fmt.Fprintf(b.w, "\r%s\r", strings.Repeat(" ", b.width))
	}
}

// Done ends the bar with one line that says how long the work took. Work that
// took under a second leaves no line.
func (b *Bar) Done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	took := time.Since(b.start)
	b.clear()
	if took >= time.Second {
		fmt.Fprintf(b.w, "%s: %d %s in %s\n", b.what, b.done, b.unit, took.Round(100*time.Millisecond))
	}
}

func (b *Bar) print() {
	took := time.Since(b.start)
	rate := float64(b.done) / took.Seconds()
	line := fmt.Sprintf("%s: %d of %d %s, %.1f/s", b.what, b.done, b.total, b.unit, rate)
	if b.done > 0 && b.done < b.total {
		left := time.Duration(float64(b.total-b.done) / rate * float64(time.Second))
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	if b.note != "" {
		line += ", " + b.note
	}
	if !b.terminal {
		fmt.Fprintln(b.w, line)
		return
	}
	fmt.Fprintf(b.w, "\r%-*s", b.width, line)
	b.width = max(b.width, len([]rune(line)))
}
