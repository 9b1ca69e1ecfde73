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

// A page's pixel is ink below the one and plain ground from the other on.
const inked, plain = 128, 220

// margin is the white around a strip's ink.
const margin = 12

// ramp maps the distance from a pure ink to a page's grey: full ink up to a
// distance of 20, none from 170 on.
var ramp = func() (r [256]uint8) {
	for d := range r {
		r[d] = uint8(min(max((d-20)*255/150, 0), 255))
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
// captions over photographs. Captions in such screenshots are nearly always white,
// black or of a bright colour, with a plate or an outline around: so each of these
// inks is looked for by itself, and what has not the size of letters or does not
// stand in a row with others is left out.
func strips(m *picture.Image) []strip {
	w, h := max(1, (m.W*pageHeight+m.H/2)/m.H), pageHeight
	if w > 2*pageHeight { // no screenshot; it must not grow without bounds
		w, h = 2*pageHeight, max(1, 2*pageHeight*m.H/m.W)
	}
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
	var runs []run
	var parent []int
	above, aboveEnd := 0, 0
	for y := range p.h {
		row := p.pix[y*p.w : (y+1)*p.w]
		start, k := len(runs), above
		for x := 0; x < p.w; {
			if row[x] >= inked {
				x++
				continue
			}
			x0 := x
			for x < p.w && row[x] < inked {
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

// sharp says of each piece of ink whether it ends like a letter: three pixels left
// and right of a stroke there is plain ground (or another stroke), not a shade of
// the ink as on a texture.
func (p page) sharp(runs []run, pieces int) []bool {
	ground, shade := make([]int, pieces), make([]int, pieces)
	for _, r := range runs {
		for _, x := range [2]int{r.x0 - 3, r.x1 + 2} {
			if x < 0 || x >= p.w {
				continue
			}
			switch v := p.pix[r.y*p.w+x]; {
			case v >= plain:
				ground[r.piece]++
			case v >= inked:
				shade[r.piece]++
			}
		}
	}
	out := make([]bool, pieces)
	for i := range out {
		out[i] = shade[i] <= ground[i]/2
	}
	return out
}

// lines cuts out what looks like lines of text.
func (p page) lines() []strip {
	runs, boxes := p.inkPieces()
	sharp := p.sharp(runs, len(boxes))
	// Letters, sorted by their left edge.
	var letters []int
	for i, b := range boxes {
		if sharp[i] && b.y1-b.y0 <= p.h/12 && b.x1-b.x0 <= p.w/3 && b.size() >= 6 {
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
		if h < 18 || h > p.h/10 || 5*w < 6*h || l.n < 2 {
			continue
		}
		s := strip{page{w + 2*margin, h + 2*margin, bytes.Repeat([]byte{255}, (w+2*margin)*(h+2*margin))}, l.x0 - margin, l.y0 - margin}
		for _, r := range runs {
			b := boxes[r.piece]
			if !sharp[r.piece] || b.x0 < l.x0-2 || b.x1 > l.x1+2 || b.y0 < l.y0-h/6 || b.y1 > l.y1+h/6 {
				continue
			}
			// A glyph keeps its soft edge, which the recogniser was trained on.
			for y := max(r.y-2, 0, s.y0); y < min(r.y+3, p.h, s.y0+s.h); y++ {
				for x := max(r.x0-2, 0, s.x0); x < min(r.x1+2, p.w, s.x0+s.w); x++ {
					s.pix[(y-s.y0)*s.w+x-s.x0] = p.pix[y*p.w+x]
				}
			}
		}
		for _, part := range s.split() {
			if part.isText() {
				out = append(out, part)
			}
		}
	}
	return out
}

// isText tells lettering from texture. Letters are thin, solid, and end sharply:
// next to the soft edge of a stroke there is none of its ink. Of the lines of 120
// pictures, drawn ones and photographs with captions, these limits keep 365 of the
// 368 that read right, and drop 143 of the other 178.
func (s strip) isText() bool {
	var ink, solid, edge, ring, soft int
	for y := 2; y < s.h-2; y++ {
		for x := 2; x < s.w-2; x++ {
			i := y*s.w + x
			v := s.pix[i]
			if v < inked {
				ink++
				if v < inked/3 {
					solid++
				}
				if s.pix[i-1] >= inked || s.pix[i+1] >= inked || s.pix[i-s.w] >= inked || s.pix[i+s.w] >= inked {
					edge++
				}
				continue
			}
			if s.distance(x, y) == 2 {
				ring++
				if v < plain {
					soft++
				}
			}
		}
	}
	area := (s.w - 2*margin) * s.textHeight()
	return 100*soft <= 15*ring && 100*solid >= 25*ink && 100*edge >= 33*ink && 100*ink <= 45*area
}

// distance is how many pixels away the nearest ink is, in steps to any of eight
// neighbours: 1, 2, or 3 for further.
func (s strip) distance(x, y int) int {
	d := 3
	for dy := -2; dy <= 2; dy++ {
		row := s.pix[(y+dy)*s.w+x-2:]
		for dx := -2; dx <= 2; dx++ {
			if row[dx+2] < inked {
				d = min(d, max(dy, -dy, dx, -dx))
			}
		}
	}
	return d
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

// readHeights are the heights of text, in pixels, at which every strip is read.
// tesseract stumbles over clean print at one size that it reads at another; of
// the readings the surest one is taken. These four get every one of 180 drawn
// phrases right (two fonts, 14 to 30 pixels), where the best single one gets 174.
var readHeights = [...]int{22, 29, 30, 34}

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
			for _, height := range readHeights {
				file := filepath.Join(dir, fmt.Sprintf("%d.pgm", n))
				if err := s.resize(height).write(file); err != nil {
					return nil, fmt.Errorf("line for tesseract: %w", err)
				}
				fmt.Fprintln(&list, file)
				n++
			}
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
	readings, err := parseTSV(out, n)
	if err != nil {
		return nil, err
	}
	for i, ss := range pictures {
		words[i] = make([][]word, len(ss))
		for k, s := range ss {
			for j, height := range readHeights {
				reading := readings[j]
				for w := range reading { // back to the strip's own size
					b := &reading[w].box
					f := func(v int) int { return v * s.textHeight() / height }
					*b = box{f(b.x0), f(b.y0), f(b.x1), f(b.y1)}
				}
				if confidence(reading) > confidence(words[i][k]) {
					words[i][k] = reading
				}
			}
			readings = readings[len(readHeights):]
		}
	}
	return words, nil
}

// confidence is the mean over the characters of a reading, 0 of an empty one.
func confidence(words []word) float64 {
	var sum, n float64
	for _, w := range words {
		k := float64(utf8.RuneCountInString(w.text))
		sum += k * w.conf
		n += k
	}
	return sum / max(n, 1)
}

// textHeight is the height of the strip's ink.
func (s strip) textHeight() int { return s.h - 2*margin }

// resize gives the strip with text of another height.
func (s strip) resize(height int) page {
	m := &picture.Image{W: s.w, H: s.h, Pix: make([]uint8, 3*s.w*s.h)}
	for i, v := range s.pix {
		m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2] = v, v, v
	}
	scaled := func(v int) int { return max(1, (2*v*height/s.textHeight()+1)/2) }
	m = m.Resize(scaled(s.w), scaled(s.h), picture.Bicubic)
	out := page{m.W, m.H, make([]uint8, m.W*m.H)}
	for i := range out.pix {
		out.pix[i] = m.Pix[3*i]
	}
	return out
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

const (
	// spaceGap is the gap, of the height of the text, that separates words: more
	// than what lies between the thinnest Japanese glyphs, less than an ideographic
	// space.
	spaceGap = 0.8
	// latinGap is that between a Japanese and a Latin word, whose space is narrow.
	latinGap = 0.25
	// minConf is tesseract's confidence from which on a word is believed; what is
	// shorter must be surer, for that is what specks are read as. On 360 pictures
	// these limits keep 936 of 944 words and drop three quarters of the rest.
	minConf, minConfShort, minConfSingle = 60.0, 75.0, 90.0
)

// believable says whether a word is sure enough.
func (w word) believable() bool {
	switch n := utf8.RuneCountInString(w.text); {
	case n == 1:
		return w.conf >= minConfSingle
	case n <= 3:
		return w.conf >= minConfShort
	default:
		return w.conf >= minConf
	}
}

// split cuts a strip at the gaps that are as wide as a space.
func (s strip) split() []strip {
	var out []strip
	start := 0
	for _, g := range append(s.gaps(), [2]int{s.w, s.w + s.h}) {
		if float64(g[1]-g[0]) <= spaceGap*float64(s.textHeight()) {
			continue
		}
		x0, x1 := max(start-margin, 0), min(g[0]+margin, s.w)
		part := strip{page{x1 - x0, s.h, make([]uint8, 0, (x1-x0)*s.h)}, s.x0 + x0, s.y0}
		for y := range s.h {
			part.pix = append(part.pix, s.pix[y*s.w+x0:y*s.w+x1]...)
		}
		out = append(out, part)
		start = g[1]
	}
	return out
}

// gaps are the column ranges without ink between the strip's first and last ink.
func (s strip) gaps() [][2]int {
	columns := make([]bool, s.w)
	for i, v := range s.pix {
		if v < inked {
			columns[i%s.w] = true
		}
	}
	var gaps [][2]int
	last := -1
	for x, ink := range columns {
		if !ink {
			continue
		}
		if last >= 0 && x > last+1 {
			gaps = append(gaps, [2]int{last + 1, x})
		}
		last = x
	}
	return gaps
}

// join puts together what is visually one word. tesseract splits a Japanese run
// anywhere, while a strip has no gap as wide as a space: so pieces with Japanese
// on either side belong together. Where the other side is a Latin word, a narrow
// space counts; it is looked for in the ink, since tesseract's boxes are rough.
func (s strip) join(words []word) []word {
	height := s.textHeight()
	gaps := s.gaps()
	apart := func(a, b word) bool {
		left, right := min(a.x1, b.x0)-height/2, max(a.x1, b.x0)+height/2
		for _, g := range gaps {
			if g[1] > left && g[0] < right && float64(g[1]-g[0]) > latinGap*float64(height) {
				return true
			}
		}
		return false
	}
	var out []word
	for i, w := range words {
		if i > 0 {
			p := &out[len(out)-1]
			before, after := endsJapanese(p.text), startsJapanese(w.text)
			if before && after || before && !isLatin(w.text) || after && !isLatin(p.text) || (before || after) && !apart(words[i-1], w) {
				p.conf = confidence([]word{*p, w})
				p.text += w.text
				p.box = p.union(w.box)
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

// isLatin says whether the text is two Latin letters or more, and nothing else.
func isLatin(s string) bool {
	return len(s) > 1 && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.Is(unicode.Latin, r) })
}

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
			w.text = trim(w.text)
			if w.text != "" && w.believable() {
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

// trim takes off what stands around a word: quotation marks, brackets, bullets, the
// edge of a plate that looks like a bar. The # of a hashtag stays.
func trim(s string) string {
	isWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	s = strings.TrimRightFunc(s, func(r rune) bool { return !isWord(r) })
	i := strings.IndexFunc(s, isWord)
	if i < 0 {
		return ""
	}
	if r, n := utf8.DecodeLastRuneInString(s[:i]); r == '#' || r == '＃' {
		i -= n
	}
	return s[i:]
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
