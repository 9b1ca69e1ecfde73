package standin

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// bar is the app's search bar at the lower border, where it shows.
const bar = "関連するコンテンツを見つける"

// wording is what a genre's captions say: Tables 4.6 and 4.7.
type wording struct {
	length, lengthStd float64 // characters, a space between two words counted
	words, wordsStd   float64
	most              int // words in one picture
	wordless          float64
	uses              int   // of a phrase in the whole genre, fewer than of any keyword
	crowded           []int // words of the pictures that are full of text
	hashtags          []string
	keywords          []planted
	grammar           []string // phrases; a|b|c inside {} stands for any of the three
	listed            []string // short ones for the pictures full of text
}

type planted struct {
	word  string
	shown []string // ways to write it
	times int
}

var wordings = map[string]wording{
	"dance": {
		length: 14.1, lengthStd: 11.6, words: 1.8, wordsStd: 1.9, most: 9, wordless: .25, uses: 2,
		keywords: []planted{{bar, []string{bar}, 13}, {"dance", []string{"DANCE", "Dance", "dance"}, 5}, {"ダンス", []string{"ダンス"}, 4}, {"tiktok", []string{"TikTok", "tiktok"}, 4}, {"ダンス女子", []string{"ダンス女子"}, 3}},
		grammar: []string{
			"{練習|本番|神回|夏服|部活|初心|上達|全力|笑顔|卒業|青春|振付|新曲|公開|大会|優勝|仲間}",
			"{文化祭|体育祭|放課後|夏休み|高校生|大学生|発表会|新学期|帰り道|五人組}",
			"{夏休み|放課後|文化祭|体育祭|卒業式|大学生}の{練習|本番|思い出|自主練習|一曲}",
			"{今日|明日|最後|教室|屋上|駅前}の{練習|一曲|自主練習|振り付け}",
			"{二人|三人|親子|家族|友達|全員}で{踊った|練習中|踊ってみた|撮影した|踊りました}",
			"{一緒に|笑顔で|全力で|最後に|本気で}{踊ろう|練習した|踊ってみた}",
			"{この曲|新しい曲|流行の曲|懐かしい曲}で{踊った|踊ってみた|練習してみた}",
			"{初心者|高校生|大学生}でも{踊れる曲|踊れる振り付け|三日で踊れた曲}",
			"{最後まで見て|今日も練習中|振り付け公開中|文化祭で踊りました|練習の成果を見て}",
			"{合同|自主|最終|毎日|早朝}{練習|撮影}",
			"{三日|半日|二時間}で覚えた{振り付け|新しい曲}",
			"{教室|屋上|駅前}で一緒に{踊った|練習中}",
			"{全員|三人|二人}そろって{踊った|練習中}",
			"{文化祭|体育祭|発表会}までの{練習日記|自主練習}",
			"{放課後|夏休み|帰り道}にみんなで{踊った|練習中}",
			"{HIPHOP|COVER|MUSIC|STAGE|STUDIO|SUMMER|PARTY|LESSON|FRIENDS|PRACTICE}",
		},
	},
	"gourmet": {
		length: 17.9, lengthStd: 12.1, words: 2.8, wordsStd: 1.6, most: 8, wordless: .07, uses: 2, hashtags: []string{"#名店巡り"},
		keywords: []planted{{"東京", []string{"東京"}, 13}, {"渋谷", []string{"渋谷"}, 5}, {"焼肉", []string{"焼肉"}, 4}, {"ラーメン", []string{"ラーメン"}, 4}, {"銀座", []string{"銀座"}, 3}},
		grammar: []string{
			"{新宿|池袋|浅草|上野|横浜|大阪|京都|福岡|札幌|品川|恵比寿|中目黒|神楽坂|吉祥寺|下北沢|秋葉原|自由が丘}",
			"{寿司|海鮮|和牛|天丼|餃子|牛丼|定食|洋食|甘味|朝食|昼食|夜食}",
			"{絶品|老舗|行列|名店|話題|限定|新店|高級|深夜|個室|予約|満腹|大盛}",
			"{海鮮丼|味噌味|塩味|親子丼|和菓子|抹茶味|居酒屋|喫茶店|食堂街}",
			"{予約必須|深夜営業|個室完備|食べ放題|飲み放題|期間限定|徒歩三分|行列必至|土日限定}",
			"{新宿|池袋|浅草|上野|横浜|大阪|京都|福岡}の{名店|老舗|海鮮丼|寿司屋|居酒屋|喫茶店|人気店|隠れた名店|絶品ランチ}",
			"{絶品|話題の|老舗の|行列の|高級な|深夜の}{海鮮丼|天丼|餃子|定食|寿司}",
			"{一度は食べたい|何度も通いたい|友達に教えたい|予約が取れない}{名店|寿司|天丼|焼き鳥|居酒屋}",
			"{本当に美味しい|今週行きたい}{店|名店|定食|居酒屋}",
			"{新宿|池袋|浅草|上野|横浜|大阪|京都|福岡}で一番美味しい{寿司|天丼|餃子|定食}",
			"{LUNCH|DINNER|OPEN|MENU|CAFE|SUSHI|BEEF|BEST}",
		},
	},
	"travel": {
		length: 32.8, lengthStd: 65.3, words: 4.6, wordsStd: 11.3, most: 8, wordless: .22, uses: 3,
		crowded: []int{75, 62, 50, 38, 24}, hashtags: []string{"#名所巡り"},
		keywords: []planted{{"japan", []string{"JAPAN", "Japan", "japan"}, 8}, {"1位", []string{"1位"}, 8}, {"観光", []string{"観光"}, 6}, {bar, []string{bar}, 6}, {"旅行", []string{"旅行"}, 5}},
		grammar: []string{
			"{2位|3位|4位|5位|6位|7位|8位|9位|10位}",
			"{京都|奈良|大阪|東京|箱根|熱海|日光|沖縄|北海道|金沢|長野|広島|長崎|熊本|鹿児島|高知|徳島|香川|愛媛|島根|岡山|山口|福岡|大分|宮崎|佐賀|秋田|岩手|山形|福島|新潟|静岡|三重|滋賀|兵庫|和歌山|千葉|埼玉|栃木|山梨|石川|福井|宮城}",
			"{清水寺|金閣寺|東大寺|厳島神社|姫路城|松本城|高千穂峡|摩周湖|小樽運河|伏見稲荷|嵐山|草津温泉|道後温泉|別府温泉|下呂温泉|登別温泉|城崎温泉|銀山温泉|首里城|出雲大社|伊勢神宮|春日大社|熊野古道|立山|上高地|中尊寺|松島|宮古島|石垣島砂丘|足立美術館|角島大橋|錦帯橋|四万十川|桂浜|天草|秋芳洞}",
			"{函館|小樽|札幌|旭川|弘前|仙台|会津|那須|川越|横浜|秩父|軽井沢|松本|高山|飛騨|犬山|名古屋|伊豆|伊勢|鳥羽|彦根|神戸|姫路|倉敷|尾道|宮島|松江|高松|松山|小倉|門司|柳川|由布院|日田|日南|指宿|奄美|糸島|対馬|佐渡|輪島|黒部|諏訪|草津|水上|鬼怒川}",
			"{絶景|温泉|名所|神社|夜景|紅葉|海辺|離島|古都|城下町|世界遺産|港町|朝市}",
			"{京都|奈良|箱根|熱海|日光|沖縄|北海道|金沢|長野|広島|長崎}の{絶景|温泉|名所|夜景|紅葉|海|神社|古い町並み|穴場|世界遺産}",
			"{徒歩五分|入場無料|駅から近い|車で十分|日帰り|朝八時|夜九時|年中無休|予約不要|午前中|夕方|八月|九月|十月}",
			"{死ぬまでに行きたい|一度は見たい|今すぐ行きたい|夏に行きたい}{絶景|場所|名所|神社|夜景}",
			"{保存して計画を立ててね|次の休みに行きたい場所|日本の美しい景色|何度でも行きたくなる街|朝一番がおすすめです}",
			"{京都|奈良|箱根|金沢|長野|広島}で見つけた{名所|穴場|夜景}",
			"{春|夏|秋|冬}に見たい{日本の景色|世界遺産}",
			"{家族|友達|恋人}と行きたい{港町|古都|場所|名所}",
			"{京都|奈良|箱根|金沢|長野|広島}で必ず行きたい{名所|神社|夜景}",
			"{TRIP|KYOTO|TOKYO|OSAKA|NATURE|SUMMER|GUIDE|ISLAND|SUNSET}",
		},
		listed: []string{
			"{2位|3位|4位|5位|6位|7位|8位|9位}",
			"{京都|奈良|大阪|東京|箱根|熱海|日光|沖縄|金沢|長野|広島|長崎|熊本|高知|徳島|香川|島根|岡山|山口|福岡|大分|宮崎|佐賀|秋田|岩手|山形|福島|新潟|静岡|三重|滋賀|兵庫|千葉|埼玉|山梨|石川|福井|宮城}",
			"{清水寺|金閣寺|東大寺|姫路城|松本城|首里城|上高地|中尊寺|宮古島|石垣島|北海道|鹿児島|和歌山|軽井沢|名古屋|由布院|城下町|世界一}",
			"{小樽運河|伏見稲荷|草津温泉|道後温泉|別府温泉|下呂温泉|登別温泉|銀山温泉|出雲大社|伊勢神宮|春日大社|熊野古道|徒歩五分|入場無料|朝八時|夜九時|年中無休|予約不要|午前中}",
			"{京都|奈良|大阪|箱根|熱海|日光|金沢|長野|広島|長崎|熊本|高知|岡山|福岡|新潟|静岡}{駅前|市内|温泉|郊外}",
			"{京都|奈良|大阪|箱根|熱海|日光|金沢|長野|広島|長崎|熊本|高知|岡山|福岡|新潟|静岡|秋田|山形|岩手}の{名所|温泉|神社|朝市|海辺|市場}",
		},
	},
}

// phrases expands a grammar into all its phrases, by length in characters.
func phrases(grammar []string) map[int][]string {
	byLength := map[int][]string{}
	var expand func(done, rest string)
	expand = func(done, rest string) {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			p := done + rest
			n := utf8.RuneCountInString(p)
			byLength[n] = append(byLength[n], p)
			return
		}
		end := strings.IndexByte(rest, '}')
		for alternative := range strings.SplitSeq(rest[open+1:end], "|") {
			expand(done+rest[:open]+alternative, rest[end+1:])
		}
	}
	for _, g := range grammar {
		expand("", g)
	}
	return byLength
}

// piece is one visually separate piece of text: how it is drawn, and the keyword of
// Table 4.7 that it is, if any.
type piece struct{ shown, keyword string }

// Styles of captions.
const (
	onPlate     = "plate"   // on a dark or white plate
	withOutline = "outline" // straight on the picture, light letters with a dark outline
	withShadow  = "shadow"  // the same, coloured letters with a soft shadow
	plainly     = "plain"   // the same, white letters and nothing else
	small       = "small"   // what the author wrote about the clip, at the lower left, hashtags too
	onPanel     = "panel"   // a page of notes
	inSearchBar = "search"  // the app's own
)

// caption is pieces of text that are drawn as one.
type caption struct {
	style string
	lines []piece // from the top; of a panel, row by row
}

// How often two pieces share a caption, where there are two, and pieces stand in the
// author's small lines, where there are two captions.
const (
	inTwoLines = .4
	inSmall    = .2
)

// planCaptions makes captions of each picture's pieces of text. Of those that stand
// free, a third has no plate; the darkest pictures have the plain ones, since that is
// where an author leaves white letters as they are.
func planCaptions(rng *rand.Rand, texts [][]piece, value []float64) [][]caption {
	out := make([][]caption, len(texts))
	type place struct{ picture, caption int }
	var free []place
	for i, text := range texts {
		var rest, search []piece
		var tags []piece
		for _, p := range text {
			switch {
			case p.shown == bar:
				search = append(search, p)
			case strings.HasPrefix(p.shown, "#"):
				tags = append(tags, p)
			default:
				rest = append(rest, p)
			}
		}
		if len(rest) > 10 {
			out[i] = append(out[i], caption{onPanel, rest})
			rest = nil
		}
		if n := len(rest); n > 1 && (len(tags) > 0 || rng.Float64() < inSmall) {
			k := 1 + rng.IntN(min(2, n-1))
			rest, tags = rest[:n-k], append(rest[n-k:n:n], tags...)
		}
		for len(rest) > 0 {
			n := 1
			if len(rest) > 1 && rng.Float64() < inTwoLines {
				n = 2
			}
			free = append(free, place{i, len(out[i])})
			out[i] = append(out[i], caption{onPlate, rest[:n:n]})
			rest = rest[n:]
		}
		if len(tags) > 0 {
			out[i] = append(out[i], caption{small, tags})
		}
		if len(search) > 0 {
			out[i] = append(out[i], caption{inSearchBar, search})
		}
	}
	rng.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	free = free[:len(free)/3]
	slices.SortStableFunc(free, func(a, b place) int { return cmp.Compare(value[a.picture], value[b.picture]) })
	for k, f := range free {
		style := plainly
		switch {
		case 3*k < len(free):
		case k%2 == 0:
			style = withOutline
		default:
			style = withShadow
		}
		out[f.picture][f.caption].style = style
	}
	return out
}

// planText decides what each of n pictures of a genre says.
func planText(rng *rand.Rand, genre string, n int) ([][]piece, error) {
	w := wordings[genre]
	texts := make([][]piece, n)

	// How many words.
	count, lo, hi := make([]int, n), make([]int, n), make([]int, n)
	for i := range n {
		hi[i] = w.most
		if rng.Float64() >= w.wordless {
			lo[i] = 1
			count[i] = 1 + min(w.most-1, int(rng.ExpFloat64()*(w.words/(1-w.wordless)-1)))
		} else {
			hi[i] = 0
		}
	}
	for i, k := range w.crowded {
		count[i], lo[i], hi[i] = k, k, k
	}
	if err := fit(rng, count, lo, hi, w.words, w.wordsStd); err != nil {
		return nil, fmt.Errorf("words of %s: %w", genre, err)
	}

	// Keywords and hashtags, each at most once a picture. Rankings take their 1位 first.
	fixed := make([]int, n)
	place := func(p piece, ok func(i int) bool) error {
		for range 1000 {
			i := rng.IntN(n)
			if len(texts[i]) < count[i] && len(texts[i]) < 4 && ok(i) && !holds(texts[i], p) {
				texts[i] = append(texts[i], p)
				fixed[i] += utf8.RuneCountInString(p.shown)
				return nil
			}
		}
		return fmt.Errorf("no picture of %s has room for %q", genre, p.shown)
	}
	for _, k := range w.keywords {
		for t := range k.times {
			p := piece{k.shown[t%len(k.shown)], k.word}
			ok := func(int) bool { return true }
			if k.word == "1位" && t < len(w.crowded) {
				ok = func(i int) bool { return i == t }
			}
			if err := place(p, ok); err != nil {
				return nil, err
			}
		}
	}
	for _, h := range w.hashtags {
		if err := place(piece{shown: h}, func(i int) bool { return count[i] < 10 }); err != nil {
			return nil, err
		}
	}

	// How many characters.
	length := make([]int, n)
	for i := range n {
		free, spaces := count[i]-len(texts[i]), max(0, count[i]-1)
		lo[i], hi[i] = fixed[i]+2*free+spaces, fixed[i]+12*free+spaces
		if count[i] > 10 { // short words in the columns of a list
			lo[i], hi[i] = fixed[i]+3*free+spaces, fixed[i]+5*free+spaces
		}
		length[i] = min(hi[i], max(lo[i], fixed[i]+spaces+int(math.Round(float64(free)*(2+rng.ExpFloat64()*4)))))
	}
	if err := fit(rng, length, lo, hi, w.length, w.lengthStd); err != nil {
		return nil, fmt.Errorf("characters of %s: %w", genre, err)
	}

	// Phrases of the lengths that remain, none so often that it would join the keywords.
	// What a picture lacks, since no phrase has just the right length, the next one gets.
	all, short, used := phrases(w.grammar), phrases(w.listed), map[string]int{}
	debt := 0
	for i := range n {
		free := count[i] - len(texts[i])
		if free == 0 {
			continue
		}
		left := length[i] - fixed[i] - max(0, count[i]-1)
		pool, longest, jitter := all, 12, 2
		if count[i] > 10 {
			pool, longest, jitter = short, 5, 0
		} else {
			wanted := left + debt
			left = min(max(wanted, 2*free), longest*free)
			debt = wanted - left
		}
		for ; free > 0; free-- {
			want := (left+free-1)/free + rng.IntN(2*jitter+1) - jitter
			want = min(max(want, 2, left-longest*(free-1)), longest, left-2*(free-1))
			p, err := phrase(rng, pool, used, w.uses, want, texts[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", genre, err)
			}
			texts[i] = append(texts[i], piece{shown: p})
			left -= utf8.RuneCountInString(p)
		}
		debt += left
	}
	rng.Shuffle(n, func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	return texts, nil
}

func holds(text []piece, p piece) bool {
	for _, t := range text {
		if strings.EqualFold(t.shown, p.shown) {
			return true
		}
	}
	return false
}

// phrase takes an unused phrase of the wanted length, or of the nearest one.
func phrase(rng *rand.Rand, pool map[int][]string, used map[string]int, uses, want int, text []piece) (string, error) {
	for off := range 40 {
		for _, n := range []int{want - off, want + off} {
			list := pool[n]
			for range 3 * len(list) {
				p := list[rng.IntN(len(list))]
				if used[p] < uses && !holds(text, piece{shown: p}) {
					used[p]++
					return p, nil
				}
			}
		}
	}
	return "", fmt.Errorf("no unused phrase of about %d characters is left", want)
}

// fit changes whole numbers inside their bounds, one at a time and by one, until
// their mean and their deviation (n − 1) are as near to the given ones as whole
// numbers allow.
func fit(rng *rand.Rand, v, lo, hi []int, mean, std float64) error {
	n := float64(len(v))
	wantSum, wantSquares := mean*n, std*std*(n-1)+mean*mean*n
	sum, squares := 0.0, 0.0
	for _, x := range v {
		sum, squares = sum+float64(x), squares+float64(x*x)
	}
	gap := func(sum, squares float64) float64 {
		a, b := (sum-wantSum)/(n*std), (squares-wantSquares)/(n*std*std)
		return a*a + b*b
	}
	best := gap(sum, squares)
	for range 200000 {
		// One number up or down, or two against each other, which keeps the sum.
		i, j, d := rng.IntN(len(v)), rng.IntN(len(v)), 1-2*rng.IntN(2)
		e := -d * rng.IntN(2)
		if x, y := v[i]+d, v[j]+e; i == j || x < lo[i] || x > hi[i] || y < lo[j] || y > hi[j] {
			continue
		}
		s, q := sum+float64(d+e), squares+float64(2*d*v[i]+d*d+2*e*v[j]+e*e)
		if g := gap(s, q); g <= best {
			v[i], v[j], sum, squares, best = v[i]+d, v[j]+e, s, q, g
		}
	}
	if best > 1e-3 {
		return fmt.Errorf("mean %.3f and deviation %.3f are out of reach inside the bounds", mean, std)
	}
	return nil
}
