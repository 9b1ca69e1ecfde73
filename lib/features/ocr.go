package features

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"thesis.example/lib/picture"
)

const (
	languages = "jpn+eng"
	install   = "apt-get install tesseract-ocr tesseract-ocr-jpn"
)

var versionLine = regexp.MustCompile(`^tesseract (\S+)`)

// tesseractVersion is the installed tesseract's version. Without tesseract or one
// of its languages it is an error of one line that says how to install them.
func tesseractVersion(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "tesseract", "--version").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("text needs tesseract, which is not installed; install it with: " + install)
	}
	v := versionLine.FindSubmatch(out)
	if err != nil || v == nil {
		return "", fmt.Errorf("tesseract --version: %w: %s; install it again with: %s", err, firstLine(out), install)
	}
	out, err = exec.CommandContext(ctx, "tesseract", "--list-langs").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tesseract --list-langs: %w: %s", err, firstLine(out))
	}
	have := strings.Fields(string(out))
	for want := range strings.SplitSeq(languages, "+") {
		if !slices.Contains(have, want) {
			return "", fmt.Errorf("tesseract lacks the language %s; install it with: %s", want, install)
		}
	}
	return string(v[1]), nil
}

// pageHeight is the height at which a screenshot is searched for text, so that a
// caption has one size whatever the screenshot's: twice the usual 720 pixels, as
// tesseract wants letters of 30 pixels or more.
const pageHeight = 1440

// margin is the white around a strip's ink.
const margin = 12

// ramp maps the distance from a pure ink to a page's grey: full ink up to a
// distance of 20, none from 95 on.
var ramp = func() (r [256]uint8) {
	for d := range r {
		r[d] = uint8(min(max((d-20)*255/75, 0), 255))
	}
	return r
}()

// page is a grey picture, dark ink on white.
type page struct {
	w, h int
	pix  []uint8
}

// strip is one line of text cut out of a page, (x0, y0) its corner in there.
type strip struct {
	page
	x0, y0 int
}

// strips finds the lines of text of a picture.
//
// tesseract's own binarisation takes one threshold a neighbourhood and loses
// captions over photographs. Captions in such screenshots are nearly always white
// or black, or white or black against their plate or outline: so each ink is
// looked for by itself, and what has not the size of letters or does not stand in
// a row with others is left out.
func strips(m *picture.Image) []strip {
	w, h := max(1, (m.W*pageHeight+m.H/2)/m.H), pageHeight
	if h != m.H {
		m = m.Resize(w, h, picture.Bicubic)
	}
	var inks [3]page
	for i := range inks {
		inks[i] = page{w, h, make([]uint8, w*h)}
	}
	for i := range w * h {
		p := m.Pix[3*i : 3*i+3]
		lo, hi := min(p[0], p[1], p[2]), max(p[0], p[1], p[2])
		inks[0].pix[i] = ramp[255-lo]
		inks[1].pix[i] = ramp[hi]
		inks[2].pix[i] = 255
		if hi-lo > 60 {
			inks[2].pix[i] = ramp[255-hi]
		}
	}
	var out []strip
	for _, ink := range inks {
		out = append(out, ink.lines()...)
	}
	return out
}

// run is one horizontal run of ink, and the piece of ink that it belongs to.
type run struct{ x0, x1, y, piece int }

// box holds x0 ≤ x < x1 and y0 ≤ y < y1.
type box struct{ x0, y0, x1, y1 int }

func (b box) size() int { return max(b.x1-b.x0, b.y1-b.y0) }

func (b box) union(c box) box {
	return box{min(b.x0, c.x0), min(b.y0, c.y0), max(b.x1, c.x1), max(b.y1, c.y1)}
}

// root follows parents to a set's representative and shortens the way.
func root(parent []int, i int) int {
	for parent[i] != i {
		parent[i] = parent[parent[i]]
		i = parent[i]
	}
	return i
}

// inkPieces are the connected pieces of ink: the runs, each with the index of its
// piece, and the pieces' boxes.
func (p page) inkPieces() ([]run, []box) {
	const ink = 128
	var runs []run
	var parent []int
	above, aboveEnd := 0, 0
	for y := range p.h {
		row := p.pix[y*p.w : (y+1)*p.w]
		start, k := len(runs), above
		for x := 0; x < p.w; {
			if row[x] >= ink {
				x++
				continue
			}
			x0 := x
			for x < p.w && row[x] < ink {
				x++
			}
			me := len(runs)
			runs, parent = append(runs, run{x0, x, y, 0}), append(parent, me)
			for k < aboveEnd && runs[k].x1 < x0 {
				k++
			}
			for j := k; j < aboveEnd && runs[j].x0 <= x; j++ { // touching corners are one piece
				parent[root(parent, j)] = root(parent, me)
			}
		}
		above, aboveEnd = start, len(runs)
	}
	number := map[int]int{}
	var boxes []box
	for i := range runs {
		r := &runs[i]
		k := root(parent, i)
		n, ok := number[k]
		if !ok {
			n = len(boxes)
			number[k] = n
			boxes = append(boxes, box{r.x0, r.y, r.x1, r.y + 1})
		}
		r.piece = n
		boxes[n] = boxes[n].union(box{r.x0, r.y, r.x1, r.y + 1})
	}
	return runs, boxes
}

// lines cuts out what looks like lines of text.
func (p page) lines() []strip {
	runs, boxes := p.inkPieces()
	// Letters, sorted by their left edge.
	var letters []int
	for i, b := range boxes {
		if b.y1-b.y0 <= p.h/12 && b.x1-b.x0 <= p.w/3 && b.size() >= 6 {
			letters = append(letters, i)
		}
	}
	sort.Slice(letters, func(i, j int) bool { return boxes[letters[i]].x0 < boxes[letters[j]].x0 })
	parent := make([]int, len(letters))
	for i := range parent {
		parent[i] = i
	}
	for i, li := range letters {
		a := boxes[li]
		for j := i + 1; j < len(letters); j++ {
			b := boxes[letters[j]]
			if b.x0 > a.x1+a.size() {
				break
			}
			s, t := min(a.size(), b.size()), max(a.size(), b.size())
			overlap := min(a.y1, b.y1) - max(a.y0, b.y0)
			if t <= 4*s && b.x0-a.x1 <= s && 5*overlap >= 2*min(a.y1-a.y0, b.y1-b.y0) {
				parent[root(parent, i)] = root(parent, j)
			}
		}
	}
	type line struct {
		box
		n int
	}
	lines := map[int]*line{}
	var ordered []*line
	for i, li := range letters {
		k := root(parent, i)
		l := lines[k]
		if l == nil {
			l = &line{box: boxes[li]}
			lines[k] = l
			ordered = append(ordered, l)
		}
		l.box = l.box.union(boxes[li])
		l.n++
	}
	var out []strip
	for _, l := range ordered {
		w, h := l.x1-l.x0, l.y1-l.y0
		if h < 16 || h > p.h/10 || 5*w < 6*h || l.n < 2 {
			continue
		}
		s := strip{page{w + 2*margin, h + 2*margin, bytes.Repeat([]byte{255}, (w+2*margin)*(h+2*margin))}, l.x0 - margin, l.y0 - margin}
		for _, r := range runs {
			b := boxes[r.piece]
			if b.x0 < l.x0-2 || b.x1 > l.x1+2 || b.y0 < l.y0-h/6 || b.y1 > l.y1+h/6 {
				continue
			}
			// A glyph keeps its soft edge, which the recogniser was trained on.
			for y := max(r.y-2, 0, s.y0); y < min(r.y+3, p.h, s.y0+s.h); y++ {
				for x := max(r.x0-2, 0, s.x0); x < min(r.x1+2, p.w, s.x0+s.w); x++ {
					s.pix[(y-s.y0)*s.w+x-s.x0] = p.pix[y*p.w+x]
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// write stores the page as PGM.
func (p page) write(file string) error {
	b := append(fmt.Appendf(nil, "P5 %d %d 255\n", p.w, p.h), p.pix...)
	return os.WriteFile(file, b, 0o600)
}

// word is a piece of text that tesseract saw, with its box on the page.
type word struct {
	box
	conf float64 // 0 to 100
	text string
}

// recognise reads the strips of some pictures with one tesseract process, so that
// its models load once, and returns the words of each strip.
func recognise(ctx context.Context, pictures [][]strip) (words [][][]word, err error) {
	words = make([][][]word, len(pictures))
	dir, err := os.MkdirTemp("", "thesis-text-")
	if err != nil {
		return nil, fmt.Errorf("folder for tesseract: %w", err)
	}
	defer os.RemoveAll(dir)
	var list bytes.Buffer
	n := 0
	for _, ss := range pictures {
		for _, s := range ss {
			file := filepath.Join(dir, fmt.Sprintf("%d.pgm", n))
			if err := s.write(file); err != nil {
				return nil, fmt.Errorf("line for tesseract: %w", err)
			}
			fmt.Fprintln(&list, file)
			n++
		}
	}
	if n == 0 {
		return words, nil
	}
	listFile := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(listFile, list.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("list for tesseract: %w", err)
	}
	// --psm 7: every picture of the list is one line of text.
	cmd := exec.CommandContext(ctx, "tesseract", listFile, "stdout", "-l", languages, "--psm", "7", "tsv")
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1") // a process a core beats threads
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		lines := bytes.Split(bytes.TrimSpace(complaint.Bytes()), []byte("\n"))
		return nil, fmt.Errorf("tesseract: %w: %s", err, lines[len(lines)-1])
	}
	all, err := parseTSV(out, n)
	if err != nil {
		return nil, err
	}
	for i, ss := range pictures {
		words[i], all = all[:len(ss)], all[len(ss):]
	}
	return words, nil
}

func firstLine(b []byte) string {
	s, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return s
}

// parseTSV reads tesseract's TSV of n pages: of its twelve columns, page, block,
// paragraph and line number, box, confidence and text of the rows of level 5, words.
func parseTSV(tsv []byte, n int) ([][]word, error) {
	words := make([][]word, n)
	for line := range strings.Lines(string(tsv)) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if f[0] != "5" || len(f) < 12 {
			continue
		}
		var num [5]int
		for i, at := range []int{1, 6, 7, 8, 9} {
			v, err := strconv.Atoi(f[at])
			if err != nil {
				return nil, fmt.Errorf("tesseract's TSV: %q is not a number in %q", f[at], line)
			}
			num[i] = v
		}
		conf, err := strconv.ParseFloat(f[10], 64)
		if err != nil || num[0] < 1 || num[0] > n {
			return nil, fmt.Errorf("tesseract's TSV: unexpected row %q", line)
		}
		if text := strings.TrimSpace(f[11]); text != "" {
			words[num[0]-1] = append(words[num[0]-1], word{box{num[1], num[2], num[1] + num[3], num[2] + num[4]}, conf, text})
		}
	}
	return words, nil
}

// join puts together what is visually one word. tesseract splits a Japanese run
// anywhere, and its boxes are rough; so it is the ink that tells: pieces with
// Japanese on either side belong together unless a gap as wide as a space lies
// between their middles.
func (s strip) join(words []word) []word {
	inked := make([]bool, s.w)
	for i, v := range s.pix {
		if v < 128 {
			inked[i%s.w] = true
		}
	}
	height := s.h - 2*margin
	space := func(a, b word) bool {
		widest, gap := 0, 0
		for x := max((a.x0+a.x1)/2, a.x1-height); x < min((b.x0+b.x1)/2, b.x0+height); x++ {
			gap++
			if inked[x] {
				gap = 0
			}
			widest = max(widest, gap)
		}
		return float64(widest) > spaceGap*float64(height)
	}
	var out []word
	for i, w := range words {
		if i > 0 {
			p := &out[len(out)-1]
			if (endsJapanese(p.text) || startsJapanese(w.text)) && !space(words[i-1], w) {
				a, b := float64(utf8.RuneCountInString(p.text)), float64(utf8.RuneCountInString(w.text))
				p.conf = (p.conf*a + w.conf*b) / (a + b)
				p.text += w.text
				p.box = p.union(w.box)
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

const (
	spaceGap = 0.45
	minConf  = 50.0
)

func isJapanese(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー' || r == '々'
}

func endsJapanese(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isJapanese(r)
}

func startsJapanese(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isJapanese(r)
}

// pieces merges the words of a picture's strips: unlikely readings are dropped, and
// where two strips read the same place, the surer one stays. The order is that of
// reading: line by line, from the left.
func pieces(ss []strip, read [][]word) []string {
	var all []word
	for i, s := range ss {
		for _, w := range s.join(read[i]) {
			if w.conf >= minConf && strings.ContainsFunc(w.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				w.box = box{w.x0 + s.x0, w.y0 + s.y0, w.x1 + s.x0, w.y1 + s.y0}
				all = append(all, w)
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].conf > all[j].conf })
	var kept []word
	for _, w := range all {
		if !overlapsAny(w, kept) {
			kept = append(kept, w)
		}
	}
	return order(kept)
}

func overlapsAny(w word, kept []word) bool {
	for _, k := range kept {
		x, y := min(w.x1, k.x1)-max(w.x0, k.x0), min(w.y1, k.y1)-max(w.y0, k.y0)
		if x > 0 && y > 0 && 2*x*y > min((w.x1-w.x0)*(w.y1-w.y0), (k.x1-k.x0)*(k.y1-k.y0)) {
			return true
		}
	}
	return false
}

// order sorts words into lines by their middles, and each line from the left.
func order(words []word) []string {
	sort.SliceStable(words, func(i, j int) bool { return words[i].y0+words[i].y1 < words[j].y0+words[j].y1 })
	var texts []string
	for len(words) > 0 {
		n := 1
		for n < len(words) && (words[n].y0+words[n].y1)/2 < words[0].y1 {
			n++
		}
		line := words[:n]
		sort.SliceStable(line, func(i, j int) bool { return line[i].x0 < line[j].x0 })
		for _, w := range line {
			texts = append(texts, w.text)
		}
		words = words[n:]
	}
	return texts
}
