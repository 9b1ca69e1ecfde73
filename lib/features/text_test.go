package features

import (
	"context"
	"image"
	"image/png"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thesis.example/lib/picture"
)

func TestNewText(t *testing.T) {
	for _, c := range []struct {
		pieces []string
		want   Text
	}{
		{nil, Text{}},
		{[]string{"関連するコンテンツを見つける"}, Text{14, 1, true, 1, 0, "関連するコンテンツを見つける"}},
		{[]string{"ＪＡＰＡＮ", "Japan", "ﾗｰﾒﾝ"}, Text{16, 3, true, 2, 0, "japan japan ラーメン"}},
		{[]string{"1位", "29.5", "桜"}, Text{9, 3, true, 1, 0, "1位 29.5 桜"}},
		{[]string{"#旅行#Japan", "# 5", "＃1"}, Text{16, 4, true, 1, 3, "#旅行#japan # 5 #1"}},
	} {
		if got := newText(c.pieces); got != c.want {
			t.Errorf("%q: %+v, expected %+v", c.pieces, got, c.want)
		}
	}
}

func TestKeywords(t *testing.T) {
	rows := []Row{
		{Text: newText([]string{"東京", "渋谷", "29.5", "東京"})},
		{Text: newText([]string{"#渋谷", "銀座", "桜", "Lunch"})},
		{},
	}
	want := []Keyword{{"東京", 2}, {"渋谷", 2}, {"lunch", 1}}
	if got := Keywords(rows, 3); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, expected %v", got, want)
	}
	if got := Keywords(rows, 10); len(got) != 4 {
		t.Errorf("%v, expected four keywords", got)
	}
}

func TestNouns(t *testing.T) {
	rows := []Row{{Text: newText([]string{"東京で焼肉を食べる", "焼肉"})}, {Text: newText([]string{"私の焼肉"})}}
	got, err := Nouns(rows, 5)
	if want := []Keyword{{"焼肉", 3}, {"東京", 1}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, expected %v", got, err, want)
	}
}

// lineOf reads a strip that is kept as a picture.
func lineOf(t *testing.T, file string) strip {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	g := m.(*image.Gray)
	return strip{page: page{g.Rect.Dx(), g.Rect.Dy(), g.Pix}}
}

// What tesseract 5.3.0 made of lines that strips cut out of testdata/captions.png:
// boxes that stray, a Japanese run in ten pieces, a か that is not there.
func TestJoin(t *testing.T) {
	for name, want := range map[string][]string{
		"line-run":  {"関連すかるコンテンツを見つける"},
		"line-1i":   {"1位"},
		"line-tags": {"#旅行", "Japan"},
	} {
		tsv, err := os.ReadFile("testdata/" + name + ".tsv")
		if err != nil {
			t.Fatal(err)
		}
		words, err := parseTSV(tsv, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(words[0]) <= len(want) {
			t.Fatalf("%s: tesseract saw %d pieces, nothing to join", name, len(words[0]))
		}
		var got []string
		for _, w := range lineOf(t, "testdata/"+name+".png").join(words[0]) {
			got = append(got, w.text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, expected %q", name, got, want)
		}
	}
}

func TestParseTSVFaults(t *testing.T) {
	for _, row := range []string{
		"5\t2\t1\t1\t1\t1\t0\t0\t9\t9\t90\tx", // of a second page
		"5\t1\t1\t1\t1\t1\t0\t0\tx\t9\t90\tx",
		"5\t1\t1\t1\t1\t1\t0\t0\t9\t9\tx\tx",
	} {
		if words, err := parseTSV([]byte(row+"\n"), 1); err == nil {
			t.Errorf("%q gave %v", row, words)
		}
	}
}

// The whole way from pixels to words, for white letters with an outline, black ones
// on a plate and small white ones, on testdata/captions.png.
func TestReadCaptions(t *testing.T) {
	m, err := picture.Open("testdata/captions.png")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ダンス女子", "TikTok", "1位", "関連するコンテンツを見つける", "#旅行", "Japan"}
	for _, scale := range []int{1, 2} { // the usual size, and a phone's
		ss := [][]strip{strips(m.Resize(m.W*scale, m.H*scale, picture.Bicubic)), nil}
		words, err := recognise(context.Background(), ss)
		if err != nil {
			t.Fatal(err)
		}
		if got := pieces(ss[0], words[0]); !slices.Equal(got, want) {
			t.Errorf("at scale %d: %s, expected %s", scale, strings.Join(got, " | "), strings.Join(want, " | "))
		}
	}
}

// Pictures that are no screenshots neither fail nor grow without bounds.
func TestStripsOfOddShapes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 3000}, {20000, 1}, {3000, 20}} {
		m := &picture.Image{W: size[0], H: size[1], Pix: make([]uint8, 3*size[0]*size[1])}
		if got := strips(m); len(got) > 0 {
			t.Errorf("%d×%d black pixels hold %d lines", size[0], size[1], len(got))
		}
		if faces, err := DetectFaces(m); err != nil || len(faces) > 0 {
			t.Errorf("%d×%d black pixels: faces %v, %v", size[0], size[1], faces, err)
		}
	}
}
