package dataset

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"thesis.example/lib/picture"
)

// Warning is what a folder's user should know though nothing is refused: a kind of thing and what it was found in.
type Warning struct {
	Text  string   // goes on from the number of items
	Items []string // files or pairs
}

// warningItems is how many items of a kind are shown where not all are asked for.
const warningItems = 5

// Show is the warning in a line and a line for each item: the first five, or all.
func (w Warning) Show(all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", len(w.Items), w.Text)
	items := w.Items
	if !all && len(items) > warningItems {
		items = items[:warningItems]
	}
	for _, item := range items {
		b.WriteString("\n  " + strings.Map(visible, item))
	}
	if n := len(w.Items) - len(items); n > 0 {
		fmt.Fprintf(&b, "\n  and %d more", n)
	}
	return b.String()
}

// visible keeps a file's name from writing to a terminal what is no text.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '�'
	}
	return r
}

// Warnings are what to know about the set's pictures, the worst first.
func (s *Set) Warnings() []Warning {
	return slices.Concat(s.nearWarnings(), s.profileWarnings(), s.transparencyWarnings(), s.noteWarnings())
}

// profileWarnings count the pictures by colour profile. One profile for all changes nothing between the
// pictures, whatever it is.
func (s *Set) profileWarnings() []Warning {
	count := map[string]int{}
	for _, info := range s.info {
		count[info.Profile]++
	}
	if len(count) < 2 {
		return nil
	}
	w := Warning{Text: "colour profiles among the pictures: which device took a screenshot enters the colour columns, since pixels are taken as they are stored and not converted"}
	for name, n := range count {
		if name == "" {
			name = "sRGB or none"
		}
		w.Items = append(w.Items, fmt.Sprintf("%d picture(s): %s", n, name))
	}
	slices.Sort(w.Items)
	slices.SortStableFunc(w.Items, func(a, b string) int {
		var m, n int
		fmt.Sscan(a, &m)
		fmt.Sscan(b, &n)
		return n - m
	})
	return []Warning{w}
}

// transparencyWarnings list the pictures that are not opaque, the least opaque first.
func (s *Set) transparencyWarnings() []Warning {
	type part struct {
		file  string
		share float64
	}
	var parts []part
	sum := 0.0
	for i, info := range s.info {
		if info.NotOpaque > 0 {
			parts = append(parts, part{s.Samples[i].File, info.NotOpaque})
			sum += info.NotOpaque
		}
	}
	if len(parts) == 0 {
		return nil
	}
	slices.SortStableFunc(parts, func(a, b part) int {
		switch {
		case a.share > b.share:
			return -1
		case a.share < b.share:
			return 1
		}
		return 0
	})
	w := Warning{Text: fmt.Sprintf("picture(s) are transparent in parts, %s of all the set's pixels, a picture counting as one: these count in the colour that is stored under them, black in a window's shadow; save without shadow (on a Mac: press Option while taking it) or cut the margins off", percent(sum/float64(len(s.Samples))))}
	for _, p := range parts {
		w.Items = append(w.Items, fmt.Sprintf("%s: %s", p.file, percent(p.share)))
	}
	return []Warning{w}
}

// percent shows a share above 0 with two digits.
func percent(share float64) string { return fmt.Sprintf("%.2g %%", 100*share) }

// noteWarnings list what was read although its file is not as it should be, by kind.
func (s *Set) noteWarnings() (ws []Warning) {
	at := map[string]int{}
	add := func(text, file string) {
		i, ok := at[text]
		if !ok {
			i = len(ws)
			at[text] = i
			ws = append(ws, Warning{Text: text})
		}
		ws[i].Items = append(ws[i].Items, file)
	}
	for i, info := range s.info {
		file := s.Samples[i].File
		for _, note := range info.Notes {
			add("picture(s) read, of which this is to know: "+note, file)
		}
		if ext := strings.ToLower(path.Ext(file)); !endsLike(ext, info.Format) {
			add(fmt.Sprintf("picture(s) named %s are %s, and read as that", ext, info.Format), file)
		}
	}
	return ws
}

// endsLike says whether a name's ending is one of the format's; a name without ending is of any.
func endsLike(ext, format string) bool {
	switch format {
	case "JPEG":
		return ext == "" || ext == ".jpg" || ext == ".jpeg"
	default:
		return ext == "" || ext == "."+strings.ToLower(format)
	}
}

// foreignFile is the fault of a file whose name ends as no picture's that is read: with a known format's
// name, what that is and how to convert it.
func foreignFile(file, ext string) Problem {
	p := Problem{File: file, Found: fmt.Sprintf("a file of type %q", ext), Want: "png, jpg, jpeg or webp", Fix: "export it as PNG, or move it out"}
	if format, how, ok := picture.Convert(ext); ok {
		p.Found, p.Fix = fmt.Sprintf("a file of type %q (%s)", ext, format), how+"; or move it out"
	}
	return p
}
