package progress

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		var out bytes.Buffer
		start := time.Now().Add(-20 * time.Second)
		b := &Bar{w: &out, what: "measuring", unit: "pictures", total: 30, terminal: terminal, start: start, last: start}
		b.AddNote(10, "loss 0.5")
		b.Done()
		got := out.String()
		for _, want := range []string{"measuring: 10 of 30 pictures, 0.5/s, 40s left, loss 0.5", "measuring: 10 pictures in 20"} {
			if !strings.Contains(got, want) {
				t.Errorf("terminal %v: %q lacks %q", terminal, got, want)
			}
		}
		if strings.Contains(got, "\r") != terminal {
			t.Errorf("terminal %v: carriage returns in %q", terminal, got)
		}
	}
}

func TestSay(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		var out bytes.Buffer
		start := time.Now().Add(-20 * time.Second)
		b := &Bar{w: &out, what: "report", unit: "cells", total: 30, terminal: terminal, start: start, last: start}
		b.Add(10)
		b.Say("chapter 2 in 5s")
		b.Add(1)
		lines := strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\r' || r == '\n' })
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
		if len(lines) != 3 || lines[1] != "chapter 2 in 5s" || !strings.HasPrefix(lines[2], "report: 11 of 30 cells") {
			t.Errorf("terminal %v: %q", terminal, lines)
		}
	}
}

func TestShortWorkIsSilent(t *testing.T) {
	var out bytes.Buffer
	b := &Bar{w: &out, what: "checking", unit: "pictures", total: 2, start: time.Now(), last: time.Now()}
	b.Add(2)
	b.Done()
	if out.Len() > 0 {
		t.Errorf("printed %q", out.String())
	}
}
