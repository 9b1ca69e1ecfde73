package dataset

import (
	"fmt"
	"strings"
)

// Problem is one fault of a data folder.
type Problem struct {
	File  string // path below the folder
	Row   int    // line of the table, counted from 1 with the header; 0 where there is none
	Field string // column, "" where there is none
	Found string
	Want  string // what was expected
	Fix   string // what to do

	sample string // the picture that it concerns, "" where none
	folder bool   // no set remains, lenient or not
}

func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Row > 0 {
		fmt.Fprintf(&b, ", row %d", p.Row)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, ", field %s", p.Field)
	}
	fmt.Fprintf(&b, ": %s; expected %s; %s", p.Found, p.Want, p.Fix)
	return b.String()
}

// Problems are all faults of a folder.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps)+1)
	lines = append(lines, fmt.Sprintf("%d problem(s) in the data folder:", len(ps)))
	for _, p := range ps {
		lines = append(lines, "  "+p.Error())
	}
	return strings.Join(lines, "\n")
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
