package progress

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// begun is a bar of 30 items that has just begun. In a synctest bubble time stands still but for Sleep,
// which takes no time.
func begun(out *bytes.Buffer, what, unit string, terminal bool) *Bar {
	return &Bar{w: out, what: what, unit: unit, total: 30, terminal: terminal, start: time.Now(), last: time.Now(), line: &line{}}
}

func TestBar(t *testing.T) {
	for terminal, want := range map[bool]string{
		true: "\rmeasuring: 10 of 30 pictures, 0.5/s, 40s left, loss 0.5" +
			"\r" + strings.Repeat(" ", 55) + "\rmeasuring: 10 pictures in 20s\n",
		false: Mark + "measuring: 10 of 30 pictures, 0.5/s, 40s left, loss 0.5\n" + Mark + "measuring: 10 pictures in 20s\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := begun(&out, "measuring", "pictures", terminal)
			time.Sleep(20 * time.Second)
			b.AddNote(10, "loss 0.5")
			b.Done()
			if out.String() != want {
				t.Errorf("terminal %v: %q, want %q", terminal, &out, want)
			}
		})
	}
}

// A log gets a line every ten seconds, a terminal ten of them in a second.
func TestBarDoesNotFlood(t *testing.T) {
	for terminal, want := range map[bool]int{true: 290, false: 2} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := begun(&out, "measuring", "pictures", terminal)
			for range 29 {
				for range 20 {
					time.Sleep(50 * time.Millisecond)
					b.AddNote(0, "")
				}
				b.Add(1)
			}
			if got := strings.Count(out.String(), "measuring"); got != want {
				t.Errorf("terminal %v: %d lines in 29 s, want %d", terminal, got, want)
			}
		})
	}
}

// A shorter line leaves nothing of a longer one on the terminal.
func TestBarCleansUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := begun(&out, "m", "p", true)
		for _, note := range []string{"a long note", ""} {
			time.Sleep(10 * time.Second)
			b.AddNote(1, note)
		}
		lines := strings.Split(out.String(), "\r")
		if long, after := lines[1], lines[2]; len(after) != len(long) || strings.TrimSpace(after) != "m: 2 of 30 p, 0.1/s, 4m40s left" {
			t.Errorf("%q after %q", after, long)
		}
	})
}

// A bar inside a bar leaves nothing of it on the terminal, nor the outer of the inner.
func TestBarInABar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		outer, inner := begun(&out, "training", "trials", true), begun(&out, "t", "p", true)
		inner.line = outer.line
		time.Sleep(10 * time.Second)
		outer.AddNote(1, "a long note")
		inner.Add(1)
		inner.Done()
		time.Sleep(10 * time.Second)
		outer.Add(1)
		parts := strings.Split(out.String(), "\r")
		if long, short := parts[1], parts[2]; len(short) != len(long) || !strings.HasPrefix(short, "t: 1 of 30 p") {
			t.Errorf("%q after %q", short, long)
		}
		if last := parts[len(parts)-1]; parts[len(parts)-2] != "t: 1 p in 10s\n" || last != "training: 2 of 30 trials, 0.1/s, 4m40s left" {
			t.Errorf("%q ends in %q", &out, last)
		}
	})
}

func TestSay(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := begun(&out, "report", "cells", terminal)
			time.Sleep(20 * time.Second)
			b.Add(10)
			b.Say("chapter 2 in 5s")
			b.Add(1)
			lines := strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\r' || r == '\n' })
			for i := range lines {
				lines[i] = strings.TrimSpace(strings.TrimPrefix(lines[i], Mark))
			}
			lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
			want := []string{"report: 10 of 30 cells, 0.5/s, 40s left", "chapter 2 in 5s", fmt.Sprintf("report: 11 of 30 cells, %.1f/s, 35s left", 11.0/20)}
			if !slices.Equal(lines, want) {
				t.Errorf("terminal %v: %q, want %q", terminal, lines, want)
			}
		})
	}
}

func TestShortWorkIsSilent(t *testing.T) {
	for took, silent := range map[time.Duration]bool{999 * time.Millisecond: true, time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := begun(&out, "checking", "pictures", false)
			time.Sleep(took)
			b.Add(2)
			b.Done()
			if (out.Len() == 0) != silent {
				t.Errorf("work of %s printed %q", took, out.String())
			}
		})
	}
}

// The line that a chapter keeps has no mark and says minutes; nothing done, nothing said.
func TestDoneAs(t *testing.T) {
	for done, want := range map[int]string{20: "trained 20 trials in 7 min 12 s\n", 1: "trained 1 trial in 7 min 12 s\n", 0: ""} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := begun(&out, "training", "trials", false)
			time.Sleep(7*time.Minute + 12*time.Second)
			b.done = done
			b.DoneAs("trained")
			if out.String() != want {
				t.Errorf("%d trials: %q, want %q", done, &out, want)
			}
		})
	}
}

// A bar with an estimate of its own shows that, and what a bar prints can be read back.
func TestLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := begun(&out, "report: all", "cells", false)
		b.Estimate(func() time.Duration { return 8 * time.Minute })
		time.Sleep(20 * time.Second)
		b.AddNote(10, "chapter 6, 3 left")
		if want := Mark + "report: all: 10 of 30 cells, 8m0s left, chapter 6, 3 left\n"; out.String() != want {
			t.Errorf("%q, want %q", &out, want)
		}
		if left, unit, ok := Left(strings.TrimSpace(out.String())); left != 8*time.Minute || unit != "cells" || !ok {
			t.Errorf("read back as %v, %q, %v", left, unit, ok)
		}
	})
	for line, want := range map[string]time.Duration{
		Mark + "measuring: 10 of 30 pictures, 0.5/s, 1m40s left, loss 0.5": 100 * time.Second,
		Mark + "measuring: 10 of 30 pictures, 0.5/s":                       -1,
		"measuring: 10 of 30 pictures, 0.5/s, 40s left":                    -1,
		"error: nothing is left":                                           -1,
	} {
		if left, _, ok := Left(line); ok != (want >= 0) || ok && left != want {
			t.Errorf("%q: %v, %v", line, left, ok)
		}
	}
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{400 * time.Millisecond: "0 s", 59600 * time.Millisecond: "1 min 0 s", 432 * time.Second: "7 min 12 s", 125 * time.Minute: "2 h 5 min"} {
		if got := Words(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
