package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
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
	// A line is believed from this mean likelihood of its letters on; a single letter must
	// be surer. On the stand-in and on photographs with captions the two, with the rule for a
	// lone Latin letter, drop 63 of the 71 readings of textures and 2 of 1,136 right ones.
	lineScore, letterScore = 0.6, 0.9
	// Where the recogniser takes a letter that Japanese hardly uses, a usual one that is
	// as likely as this wins: 顔 has 0.06 where 顏 has 0.9. Where it sees no letter, a space
	// wins from the second on; inside of words that is below 0.01.
	usualLetter, narrowSpace = 0.02, 0.1
)

// Piece is one line of text in a picture: its four corners, upper left, upper right, lower
// right, lower left in the reading direction; what it says; and how likely that is, from
// 0 to 1.
type Piece struct {
	Corners [4]Point
	Text    string
	Score   float64
}

// ReadText finds and reads the text in a picture, line by line, in reading order: what
// stands higher first, and from the left what stands beside. A caption in two lines gives two
// pieces. A column of text that runs down the page is one piece and reads right; columns beside
// each other come in the order of their middles, not from the right. Furigana are a piece of
// their own before the word below them.
//
// It fails only where the networks or their engine cannot be had, or ctx ends.
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
		if text := trim(r.text); believable(text, r.score) {
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

// alphabet is what the recogniser's answers mean, and what Japanese writes instead.
type alphabet struct {
	text []string // the first is the blank between letters, the last the space
	// newer is the letter's newer form in Japan, or the letter itself.
	newer []int
	// foreign are the Chinese characters that Shift_JIS does not have, usual those that
	// stand in level 1 of the Japanese standard JIS X 0208: the 2,965 in general use.
	foreign, usual []bool
}

// newerForms are the old forms of kanji, each followed by the one that Japan writes since
// the reforms of 1946 to 1981.
const newerForms = "亞亜惡悪壓圧圍囲醫医爲為壹壱隱隠榮栄營営衞衛驛駅圓円鹽塩緣縁艷艶應応歐欧毆殴櫻桜奧奥橫横溫温穩穏假仮價価畫画會会壞壊懷懐" +
	"繪絵擴拡殼殻覺覚學学嶽岳樂楽勸勧卷巻寬寛歡歓罐缶觀観關関陷陥顏顔歸帰氣気龜亀僞偽戲戯犧犠舊旧據拠擧挙峽峡挾挟狹狭曉暁區区" +
	"驅駆薰薫徑径惠恵溪渓經経繼継莖茎螢蛍輕軽鷄鶏藝芸缺欠儉倹劍剣圈圏檢検權権獻献縣県險険顯顕驗験嚴厳效効廣広恆恒鑛鉱號号國国" +
	"黑黒濟済碎砕齋斎劑剤册冊雜雑參参慘惨棧桟蠶蚕贊賛殘残絲糸齒歯兒児辭辞濕湿實実舍舎寫写釋釈壽寿收収從従澁渋獸獣縱縦肅粛處処" +
	"緖緒敍叙奬奨將将燒焼稱称證証乘乗剩剰壤壌孃嬢條条淨浄疊畳穰穣讓譲釀醸囑嘱觸触寢寝愼慎晉晋眞真盡尽圖図粹粋醉酔隨随髓髄數数" +
	"樞枢瀨瀬聲声靜静齊斉攝摂竊窃專専戰戦淺浅潛潜纖繊踐践錢銭禪禅雙双壯壮搜捜插挿爭争總総聰聡莊荘裝装騷騒增増臟臓藏蔵屬属續続" +
	"墮堕體体對対帶帯滯滞臺台擇択澤沢單単擔担膽胆團団彈弾斷断癡痴遲遅晝昼蟲虫鑄鋳廳庁聽聴鎭鎮遞逓鐵鉄轉転點点傳伝黨党盜盗燈灯" +
	"當当鬪闘德徳獨独讀読屆届繩縄貳弐惱悩腦脳廢廃拜拝賣売麥麦發発髮髪拔抜晚晩蠻蛮祕秘濱浜甁瓶拂払佛仏竝並變変邊辺辨弁瓣弁辯弁" +
	"舖舗步歩寶宝豐豊沒没飜翻每毎萬万滿満默黙彌弥藥薬譯訳豫予餘余與与譽誉搖揺樣様謠謡來来賴頼亂乱覽覧兩両獵猟綠緑淚涙壘塁勵励" +
	"禮礼隸隷靈霊齡齢戀恋爐炉勞労樓楼郞郎祿禄灣湾產産靑青淸清戶戸內内吳呉稅税說説脫脱悅悦銳鋭閱閲敎教旣既卽即鄕郷黃黄曆暦歷歴"

// newAlphabet reads the letters of a recogniser, one a line.
func newAlphabet(list string) *alphabet {
	a := &alphabet{text: []string{""}}
	for line := range strings.Lines(list) {
		a.text = append(a.text, strings.TrimRight(line, "\r\n"))
	}
	a.text = append(a.text, " ")
	a.newer, a.foreign, a.usual = make([]int, len(a.text)), make([]bool, len(a.text)), make([]bool, len(a.text))
	index := map[rune]int{}
	encoder := japanese.ShiftJIS.NewEncoder()
	for i, s := range a.text {
		a.newer[i] = i
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 || n != len(s) || !unicode.Is(unicode.Han, r) {
			continue
		}
		index[r] = i
		b, err := encoder.Bytes([]byte(s))
		a.foreign[i] = err != nil
		// Level 1 is 0x889F to 0x9872 in Shift_JIS.
		if err == nil && len(b) == 2 {
			code := int(b[0])<<8 | int(b[1])
			a.usual[i] = code >= 0x889f && code <= 0x9872
		}
	}
	forms := []rune(newerForms)
	for k := 0; k+1 < len(forms); k += 2 {
		old, ok := index[forms[k]]
		if form, has := index[forms[k+1]]; ok && has {
			a.newer[old] = form
		}
	}
	return a
}

// japanese is the letter that Japanese writes where the recogniser, which was trained on more
// Chinese, sees this one, p being how likely it takes each: 毎 for 每, 顔 for 顏. That is the
// newer form of the same letter, or for a character that Japan does not have the likeliest of
// those in general use, if only it is likely at all.
func (a *alphabet) japanese(best int, p []float32) int {
	if form := a.newer[best]; p[form] >= usualLetter {
		return form
	}
	if !a.foreign[best] {
		return best
	}
	usual := best
	for i, v := range p {
		if a.usual[i] && v >= usualLetter && (usual == best || v > p[usual]) {
			usual = i
		}
	}
	return usual
}

// decode reads the likelihood of each letter at each step: the likeliest ones, a letter
// that repeats itself once, blanks left out (Graves et al. 2006, best path decoding).
//
// Whether there is a letter is decided before which one Japanese writes. Spaces do not count
// in the score.
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
		likely := p[best]
		if j := a.japanese(best, p); j != best { // the same letter, so both speak for it
			likely += p[j]
			best = j
		}
		if best == 0 && p[n-1] >= narrowSpace {
			best = n - 1 // the space
		}
		if best == n-1 && best != last && count > 0 {
			text.WriteByte(' ')
		} else if best != 0 && best != n-1 && best != last {
			// The recogniser leaves out narrow spaces; a hashtag is a word of its own.
			if (a.text[best] == "#" || a.text[best] == "＃") && count > 0 {
				text.WriteByte(' ')
			}
			text.WriteString(a.text[best])
			sum += float64(likely)
			count++
		}
		last = best
	}
	if count == 0 {
		return reading{}
	}
	return reading{strings.Join(strings.Fields(text.String()), " "), sum / float64(count)}
}

// believable says whether a reading is text. A Latin letter or a digit alone is none: icons
// and textures are read as such, and as nothing longer.
func believable(text string, score float64) bool {
	if utf8.RuneCountInString(text) > 1 {
		return score >= lineScore
	}
	r, _ := utf8.DecodeRuneInString(text)
	return score >= letterScore && unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
}

// magnifier is the icon of a search bar, as the recogniser reads it.
var magnifier = regexp.MustCompile(`^Q[ 、]+`)

// trim takes off what stands around a word: quotation marks, brackets, bullets, the
// edge of a plate that looks like a bar. The # of a hashtag stays.
func trim(s string) string {
	s = magnifier.ReplaceAllString(s, "")
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
