package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"thesis.example/lib/onnx"
	"thesis.example/lib/picture"
)

const (
	lineHeight = 48 // of the picture of a line, as the recogniser was trained
	// A line is read up to this width, 66 letters of Japanese; a longer one is squeezed.
	lineWidth = 66 * lineHeight
	// Outlines cut thin strokes off the ends, ー or l: lines are read longer by this share
	// of their height at both. It finds 3 captions in 114 more, 0.6 no more than that.
	textEnds = 0.4
	// A line higher than wide by this factor is one that runs down, or a single letter.
	tall = 1.5
	// A line is believed from this mean likelihood of its letters on.
	lineScore = 0.5
	// Where the recogniser takes a letter that Japanese hardly uses, a usual one that is
	// as likely as this wins.
	usualLetter = 0.1
)

// Piece is one line of text in a picture: its four corners, upper left, upper right, lower
// right, lower left in the reading direction; what it says; and how likely that is, from
// 0 to 1.
type Piece struct {
	Corners [4]Point
	Text    string
	Score   float64
}

// ReadText finds and reads the text in a picture, line by line, in reading order. It fails
// only where the networks or their engine cannot be had, or ctx ends.
func ReadText(ctx context.Context, m *picture.Image) ([]Piece, error) {
	lines, err := detectText(ctx, m)
	if err != nil {
		return nil, err
	}
	longer := make([]quad, len(lines))
	for i, q := range lines {
		longer[i] = q.lengthen().within(m)
	}
	read, err := recognise(ctx, m, longer)
	if err != nil {
		return nil, err
	}
	var pieces []Piece
	for i, r := range read {
		if text := trim(r.text); text != "" && r.score >= lineScore {
			pieces = append(pieces, Piece{lines[i], text, r.score})
		}
	}
	return order(pieces), nil
}

// reading is what a line says, and how likely that is: the mean over its letters.
type reading struct {
	text  string
	score float64
}

// recognise reads the lines of text with these outlines.
func recognise(ctx context.Context, m *picture.Image, lines []quad) ([]reading, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	network, letters, err := textRecogniser.load(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]reading, len(lines))
	for i, q := range lines {
		// Line by line: a batch, in which all are as wide as the widest, is no faster on
		// one core.
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		maps, err := network.Run(planes(cut(m, q), [3]float32{127.5, 127.5, 127.5}, [3]float32{127.5, 127.5, 127.5}))
		if err != nil {
			return nil, fmt.Errorf("reading text: %w", err)
		}
		if s := maps[0].Shape; len(s) != 3 || s[0] != 1 || s[2] != len(letters.text) {
			return nil, fmt.Errorf("reading text: the network answers with %d numbers, expected 1 × steps × %d letters", s, len(letters.text))
		}
		out[i] = letters.decode(maps[0])
	}
	return out, nil
}

// cut takes a line of text out of a picture and turns it upright. A line that runs down
// is laid on its left side.
func cut(m *picture.Image, q quad) *picture.Image {
	w, h := q.size()
	line := &picture.Image{W: max(int(w), 1), H: max(int(h), 1)}
	line.Pix = make([]uint8, 3*line.W*line.H)
	turned := h >= tall*w
	if turned {
		line.W, line.H = line.H, line.W
	}
	for y := range line.H {
		for x := range line.W {
			u, v := float64(x)/float64(line.W), float64(y)/float64(line.H)
			if turned {
				u, v = 1-float64(y+1)/float64(line.H), u
			}
			at := func(a, b, c, d float64) float64 { return (a*(1-u)+b*u)*(1-v) + (d*(1-u)+c*u)*v }
			blend(m, at(q[0].X, q[1].X, q[2].X, q[3].X), at(q[0].Y, q[1].Y, q[2].Y, q[3].Y), line.Pix[3*(y*line.W+x):])
		}
	}
	width := min(int(math.Ceil(float64(lineHeight*line.W)/float64(line.H))), lineWidth)
	return line.Resize(max(width, lineHeight/6), lineHeight, picture.Bilinear)
}

// blend is the colour between four pixels.
func blend(m *picture.Image, x, y float64, rgb []uint8) {
	x, y = min(max(x, 0), float64(m.W-1)), min(max(y, 0), float64(m.H-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, m.W-1), min(y0+1, m.H-1)
	fx, fy := x-float64(x0), y-float64(y0)
	for c := range 3 {
		p := func(x, y int) float64 { return float64(m.Pix[3*(y*m.W+x)+c]) }
		rgb[c] = uint8(math.Round((p(x0, y0)*(1-fx)+p(x1, y0)*fx)*(1-fy) + (p(x0, y1)*(1-fx)+p(x1, y1)*fx)*fy))
	}
}

// alphabet is what the recogniser's answers mean, and which of them Japanese uses.
type alphabet struct {
	text []string // the first is the blank between letters
	// kanji are the Chinese characters, usual those of them that stand in level 1 of the
	// Japanese standard JIS X 0208: the 2,965 in general use.
	kanji, usual []bool
}

// newAlphabet reads the letters of a recogniser, one a line.
func newAlphabet(list string) *alphabet {
	a := &alphabet{text: append(append([]string{""}, strings.Split(strings.TrimRight(list, "\n"), "\n")...), " ")}
	a.kanji, a.usual = make([]bool, len(a.text)), make([]bool, len(a.text))
	encoder := japanese.ShiftJIS.NewEncoder()
	for i, s := range a.text {
		s = strings.TrimSuffix(s, "\r")
		a.text[i] = s
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 || n != len(s) || !unicode.Is(unicode.Han, r) {
			continue
		}
		a.kanji[i] = true
		// Level 1 is 0x889F to 0x9872 in Shift_JIS.
		if b, err := encoder.Bytes([]byte(s)); err == nil && len(b) == 2 {
			code := int(b[0])<<8 | int(b[1])
			a.usual[i] = code >= 0x889f && code <= 0x9872
		}
	}
	return a
}

// decode reads the likelihood of each letter at each step: the likeliest ones, a letter
// that repeats itself once, blanks left out (Graves et al. 2006, best path decoding).
//
// The recogniser was trained on more Chinese than Japanese and confuses what one kanji
// looks like in the two, 每 and 毎, 顏 and 顔: so where it sees a kanji that is not in
// general use in Japan, the likeliest one that is wins, if it is likely at all. Whether
// there is a letter is decided before.
func (a *alphabet) decode(steps onnx.Tensor) reading {
	n := steps.Shape[2]
	var text strings.Builder
	var sum float64
	count, last := 0, 0
	for t := range steps.Shape[1] {
		p := steps.Values[t*n : (t+1)*n]
		best := 0
		for i, v := range p {
			if v > p[best] {
				best = i
			}
		}
		if a.kanji[best] && !a.usual[best] {
			usual := -1
			for i, v := range p {
				if a.usual[i] && v >= usualLetter && (usual < 0 || v > p[usual]) {
					usual = i
				}
			}
			if usual >= 0 {
				best = usual
			}
		}
		if best != 0 && best != last {
			// The recogniser leaves out narrow spaces; a hashtag is a word of its own.
			if (a.text[best] == "#" || a.text[best] == "＃") && count > 0 {
				text.WriteByte(' ')
			}
			text.WriteString(a.text[best])
			sum += float64(p[best])
			count++
		}
		last = best
	}
	if count == 0 {
		return reading{}
	}
	return reading{text.String(), sum / float64(count)}
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

// order sorts pieces into lines by their middles, and each line from the left.
func order(pieces []Piece) []Piece {
	type box struct {
		Piece
		x0, y0, y1 float64
	}
	all := make([]box, len(pieces))
	for i, p := range pieces {
		all[i].Piece = p
		all[i].x0, all[i].y0, _, all[i].y1 = quad(p.Corners).bounds()
	}
	slices.SortStableFunc(all, func(a, b box) int { return cmp.Compare(a.y0+a.y1, b.y0+b.y1) })
	sorted := make([]Piece, 0, len(pieces))
	for len(all) > 0 {
		n := 1
		for n < len(all) && (all[n].y0+all[n].y1)/2 < all[0].y1 {
			n++
		}
		line := all[:n]
		slices.SortStableFunc(line, func(a, b box) int { return cmp.Compare(a.x0, b.x0) })
		for _, b := range line {
			sorted = append(sorted, b.Piece)
		}
		all = all[n:]
	}
	return sorted
}
