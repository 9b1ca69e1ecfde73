package features

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"thesis.example/lib/onnx"
	"thesis.example/lib/picture"
)

func openPicture(t *testing.T, name string) *picture.Image {
	t.Helper()
	m, err := picture.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What Python finds with the same networks on the same pictures, see testdata/networks.py.
func TestNetworksAgainstPython(t *testing.T) {
	b, err := os.ReadFile("testdata/networks.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Faces map[string][][5]float64 // left, top, right, bottom, score
		Texts map[string][]struct {
			Box   [4][2]float64
			Text  string
			Score float64
		}
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1 }
	faces, lines := 0, 0
	for name, want := range golden.Faces {
		got, err := DetectFaces(t.Context(), openPicture(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("%s: faces %+v, Python finds %v", name, got, want)
			continue
		}
		for i, w := range want {
			g := got[i]
			if !near(float64(g.X), w[0]) || !near(float64(g.Y), w[1]) || !near(float64(g.X+g.W), w[2]) || !near(float64(g.Y+g.H), w[3]) || math.Abs(g.Score-w[4]) > 1e-4 {
				t.Errorf("%s: face %+v, Python finds %v", name, g, w)
			}
			faces++
		}
	}
	for name, want := range golden.Texts {
		m := openPicture(t, name)
		got, err := detectText(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d lines, Python finds %d", name, len(got), len(want))
		}
		read, err := recognise(t.Context(), m, got)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			i := slices.IndexFunc(got, func(q quad) bool {
				for k, c := range w.Box {
					if !near(q[k].X, c[0]) || !near(q[k].Y, c[1]) {
						return false
					}
				}
				return true
			})
			if i < 0 {
				t.Errorf("%s: no line at %v, where Python reads %q; lines %v", name, w.Box, w.Text, got)
				continue
			}
			if w.Score >= lineScore && strings.Join(strings.Fields(read[i].text), "") != strings.Join(strings.Fields(w.Text), "") {
				t.Errorf("%s: %q at %v, Python reads %q", name, read[i].text, w.Box, w.Text)
			}
			lines++
		}
	}
	if faces == 0 || lines < 10 {
		t.Errorf("%d faces and %d lines in networks.json", faces, lines)
	}
}

// From pixels to words: letters with an outline, on a plate, small, coloured, askew; the
// letters that Chinese writes otherwise; a caption in two lines, which is two words; text
// that runs down, and furigana.
func TestReadText(t *testing.T) {
	for name, want := range map[string][]string{
		"captions.png": {"ダンス女子", "TikTok", "1位", "関連するコンテンツを見つける", "#旅行", "Japan"},
		"lines.png":    {"毎日通う老舗の喫茶店", "恵比寿で笑顔", "#東京カフェ", "#japantrip", "二行の見出しは", "縦書き", "二つの言葉", "斜めの文字", "ふり", "振り付け"},
	} {
		m := openPicture(t, name)
		for _, scale := range []int{1, 2} { // the usual size, and a phone's
			pieces, err := ReadText(t.Context(), m.Resize(m.W*scale, m.H*scale, picture.Bicubic))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range pieces {
				got = append(got, strings.Fields(p.Text)...)
				if p.Score < lineScore || p.Score > 1 {
					t.Errorf("%s: %q has a score of %v", name, p.Text, p.Score)
				}
			}
			at := 0
			for _, w := range want {
				i := slices.Index(got[at:], w)
				if i < 0 {
					t.Errorf("%s at scale %d: no %q at its place in %q", name, scale, w, got)
					continue
				}
				at += i + 1
			}
			if len(got) > len(want) {
				t.Errorf("%s at scale %d: %q, expected %q", name, scale, got, want)
			}
		}
	}
	for _, name := range []string{"photo-coffee.png", "photo-astronaut.png", "constant.png", "dot.png"} {
		if pieces, err := ReadText(t.Context(), openPicture(t, name)); err != nil || len(pieces) > 0 {
			t.Errorf("%s: %+v, %v", name, pieces, err)
		}
	}
}

// Pictures that are no screenshots end with numbers, in bounded time and memory.
func TestHostilePictures(t *testing.T) {
	black := func(w, h int) *picture.Image { return &picture.Image{W: w, H: h, Pix: make([]uint8, 3*w*h)} }
	noise := black(1080, 1920)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(random.Uint32())
	}
	page := black(1080, 1920) // 28 × 75 words of captions.png: 2,100 pieces of text
	words := openPicture(t, "captions.png").Crop(52, 168, 190, 40).Resize(36, 24, picture.Bicubic)
	for i := range 28 * 75 {
		for y := range words.H {
			copy(page.Pix[3*((i/28*25+y)*page.W+i%28*38):], words.Pix[3*y*words.W:3*(y+1)*words.W])
		}
	}
	for _, c := range []struct {
		name string
		m    *picture.Image
		text bool
	}{
		{"1×1", black(1, 1), false}, {"1×20000", black(1, 20000), false}, {"20000×1", black(20000, 1), false},
		{"3000×20", black(3000, 20), false}, {"black", black(1080, 1920), false}, {"noise", noise, false}, {"a page", page, true},
	} {
		start := time.Now()
		found, err := measureOne(t.Context(), c.m)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(found.Faces) > 0 || len(found.Pieces) > 0 != c.text {
			t.Errorf("%s: %d faces, %d pieces of text", c.name, len(found.Faces), len(found.Pieces))
		}
		if d := time.Since(start); d > 2*time.Minute {
			t.Errorf("%s took %v", c.name, d)
		}
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		t.Logf("%s: %v, %d pieces, %d MiB of Go's", c.name, time.Since(start).Round(time.Millisecond), len(found.Pieces), s.HeapSys>>20)
	}
}

// Differentiable Binarization's steps on a map drawn by hand: a line askew, one that is not
// sure enough, a speck.
func TestOutlines(t *testing.T) {
	m := textMap{64, 64, make([]float32, 64*64)}
	for i := range 30 {
		for k := range 6 {
			m.p[(10+i/2+k)*64+10+i] = .9 // falls by one in two
		}
		m.p[50*64+10+i], m.p[51*64+10+i], m.p[52*64+10+i], m.p[53*64+10+i] = .4, .4, .4, .4
	}
	m.p[5*64+60] = 1
	hulls := m.outlines()
	if len(hulls) != 3 {
		t.Fatalf("%d outlines, expected 3", len(hulls))
	}
	var sure []quad
	for _, h := range hulls {
		if box, short := smallestRectangle(h); short >= speckBefore && m.mean(box) >= textLine {
			sure = append(sure, box)
		}
	}
	if len(sure) != 1 {
		t.Fatalf("%d sure outlines, expected 1: %v", len(sure), sure)
	}
	q := sure[0]
	if slope := (q[1].Y - q[0].Y) / (q[1].X - q[0].X); math.Abs(slope-.5) > .03 || q[0].X > q[1].X || q[0].Y > q[3].Y {
		t.Errorf("%v is not a line that falls by one in two, from its upper left corner on", q)
	}
	w, h := q.size()
	gw, gh := q.grow().size()
	if d := textGrow * w * h / (w + h); math.Abs(gw-w-d) > 1e-9 || math.Abs(gh-h-d) > 1e-9 {
		t.Errorf("%v×%v grew to %v×%v, expected %v more", w, h, gw, gh, d)
	}
	lw, lh := q.lengthen().size()
	if math.Abs(lw-w-2*textEnds*h) > 1e-9 || math.Abs(lh-h) > 1e-9 {
		t.Errorf("%v×%v was lengthened to %v×%v", w, h, lw, lh)
	}
}

// The rules of decode: repeats are one letter unless a blank parts them, what Japan writes
// beats what China does, where it is likely at all, and blanks come first.
func TestDecode(t *testing.T) {
	a := newAlphabet("每\n毎\n日\n#\n丼\n")
	steps := func(rows ...[]float32) onnx.Tensor {
		return onnx.Tensor{Shape: []int{1, len(rows), len(a.text)}, Values: slices.Concat(rows...)}
	}
	for _, c := range []struct {
		rows  [][]float32 // blank 每 毎 日 # 丼 space
		text  string
		score float64
	}{
		{[][]float32{{1, 0, 0, 0, 0, 0, 0}}, "", 0},
		{[][]float32{{0, .8, .2, 0, 0, 0, 0}, {0, 0, 0, .5, 0, 0, .4}, {0, 0, 0, 1, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0}, {0, 0, 0, .8, 0, 0, 0}}, "毎日日", 2.3 / 3},
		{[][]float32{{0, .95, .05, 0, 0, 0, 0}, {.5, .3, .2, 0, 0, 0, 0}}, "毎", 1},
		{[][]float32{{0, .985, .01, .005, 0, 0, 0}}, "每", .985},
		{[][]float32{{0, 0, 0, .3, 0, .7, 0}}, "丼", .7},
		{[][]float32{{0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 1, 0, 0}, {0, 0, 0, 1, 0, 0, 0}}, "日 #日", 1},
		{[][]float32{{0, 0, 0, 1, 0, 0, 0}, {.7, 0, 0, 0, 0, 0, .3}, {.9, 0, 0, 0, 0, 0, .1}, {0, 0, 0, 0, 1, 0, 0}}, "日 #", 1},
	} {
		if got := a.decode(steps(c.rows...)); got.text != c.text || math.Abs(got.score-c.score) > 1e-6 {
			t.Errorf("%v: %+v, expected %q at %v", c.rows, got, c.text, c.score)
		}
	}
}

// Another network may be named; a name that is none is an error that says where it stands.
func TestOtherNetworks(t *testing.T) {
	m := openPicture(t, "captions.png")
	t.Setenv("TEXT_RECOGNITION", "ppocr-v5-recognition")
	before, err := cacheFolder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := ReadText(t.Context(), m)
	if err != nil || !slices.ContainsFunc(pieces, func(p Piece) bool { return p.Text == "ダンス女子" }) {
		t.Errorf("read by PP-OCRv5: %+v, %v", pieces, err)
	}
	t.Setenv("TEXT_RECOGNITION", "")
	if after, err := cacheFolder(t.Context()); err != nil || after == before {
		t.Errorf("two recognisers share the cache %s, %v", after, err)
	}
	t.Setenv("FACES", "nobody")
	if _, err := DetectFaces(t.Context(), m); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("faces by nobody: %v", err)
	}
	if _, err := cacheFolder(t.Context()); err == nil || !strings.Contains(err.Error(), "$FACES") {
		t.Errorf("the cache of nobody: %v", err)
	}
	t.Setenv("FACES", "ppocr-v5-detection")
	if _, err := DetectFaces(t.Context(), m); err == nil || !strings.Contains(err.Error(), "CenterFace") {
		t.Errorf("faces by a text detector: %v", err)
	}
}
