package dataset

import (
	"errors"
	"fmt"
	"strings"

	"thesis.example/lib/setup"
)

// Problem is one fault of a data folder.
type Problem struct {
	File    string // path below the folder
	Row     int    // line of the table, counted from 1 with the header; 0 where there is none
	Picture string // that the row is about, "" where there is none
	Field   string // column, "" where there is none
	Found   string
	Want    string // what was expected
	Fix     string // what to do

	sample string   // the picture that it costs, "" where none
	others []string // further ones
	folder bool     // no set remains, lenient or not
}

// place is where the fault is, in words.
func (p Problem) place() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Row > 0 {
		fmt.Fprintf(&b, ", row %d", p.Row)
	}
	if p.Picture != "" {
		fmt.Fprintf(&b, " of %s", p.Picture)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, ", field %s", p.Field)
	}
	return Visible(b.String())
}

func (p Problem) Error() string {
	return Visible(fmt.Sprintf("%s: %s; expected %s; %s", p.place(), p.Found, p.Want, p.Fix))
}

// kind is the same for problems of one kind, by what was expected where.
func (p Problem) kind() string {
	table := ""
	if p.Row > 0 {
		table = p.File
	}
	return table + "\x00" + p.Field + "\x00" + p.Want
}

// Problems are all faults of a folder.
type Problems []Problem

// shown is how many problems of one kind are named unless all are asked for.
const shown = 5

func (ps Problems) Error() string {
	lines, _ := ps.Lines(false)
	return fmt.Sprintf("%d problem(s) in the data folder:\n  %s", len(ps), strings.Join(lines, "\n  "))
}

// Lines are the problems, a line each; unless all are asked for, more than five of one kind are one
// line that counts them and names five. hidden says whether there are such lines.
func (ps Problems) Lines(all bool) (lines []string, hidden bool) {
	kinds := map[string][]Problem{}
	for _, p := range ps {
		kinds[p.kind()] = append(kinds[p.kind()], p)
	}
	for _, p := range ps {
		same, ok := kinds[p.kind()]
		switch {
		case !ok: // its kind has been written
		case all || len(same) <= shown:
			lines = append(lines, p.Error())
		default:
			var places []string
			for _, p := range same[1:shown] {
				p.Field = "" // the same as the first one's, as is a table's name
				if p.Row > 0 {
					p.File = ""
				}
				places = append(places, strings.TrimPrefix(p.place(), ", "))
			}
			lines = append(lines, fmt.Sprintf("%d times: %v; the same in %s and %d more", len(same), p, strings.Join(places, ", "), len(same)-shown))
			delete(kinds, p.kind())
			hidden = true
		}
	}
	return lines, hidden
}

// Few are at most five of each kind, in their order, and how many that leaves out.
func (ps Problems) Few() (few Problems, more int) {
	n := map[string]int{}
	for _, p := range ps {
		if n[p.kind()]++; n[p.kind()] <= shown {
			few = append(few, p)
		}
	}
	return few, len(ps) - len(few)
}

// fatal says whether any of them leaves no set at all.
func (ps Problems) fatal() bool {
	for _, p := range ps {
		if p.folder {
			return true
		}
	}
	return false
}

func asProblems(err error, problems *Problems) bool { return errors.As(err, problems) }

// FolderError is the error of a folder that has faults, a Problems.
type FolderError struct {
	Dir            string
	Fine, Pictures int // pictures without fault, of all
	Problems       Problems
	Understood     []string // see Set
}

func (e *FolderError) Unwrap() error { return e.Problems }

func (e *FolderError) Error() string { return e.Text(false) }

// Text is the message; unless all are asked for, many problems of one kind are one line.
func (e *FolderError) Text(all bool) string {
	lines, hidden := e.Problems.Lines(all)
	text := fmt.Sprintf("%d of %d pictures are fine; %d problem(s) in the data folder %s:\n  %s", e.Fine, e.Pictures, len(e.Problems), quoteOdd(e.Dir), strings.Join(lines, "\n  "))
	if len(e.Understood) > 0 {
		text += "\nunderstood:\n  " + strings.Join(e.Understood, "\n  ")
	}
	if hidden {
		text += "\nto have every one listed: " + setup.Command + " data check -all -data " + shellQuote(e.Dir)
	}
	return text
}

// shellQuote is a word as a shell reads it.
func shellQuote(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == "" && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
