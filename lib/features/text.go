package features

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ikawaha/kagome-dict/ipa"
	"github.com/ikawaha/kagome/v2/tokenizer"
	"golang.org/x/text/unicode/norm"
)

// Text is what a picture says, and the numbers of Table 4.1 and 4.6 about it.
//
// A word is a visually separate piece of text, not a morpheme: Table 4.6 counts
// 1.8 words in 14.1 characters, and in Table 4.7 関連するコンテンツを見つける is one.
// A caption in two lines is two words of the one text; a space separates words, too.
// Words are lower-cased and in Unicode form NFKC, so ＪＡＰＡＮ and Japan are the
// word japan.
type Text struct {
	Len      int    // characters (code points) of Text
	Words    int    // words in Text
	Has      bool   // whether there is a word
	Keywords int    // different keywords, see Keywords
	Hashtags int    // #, with a letter or digit after it
	Text     string // the words in reading order, a space between two
}

// newText counts what the given pieces of text hold.
func newText(pieces []string) Text {
	words := strings.Fields(strings.ToLower(norm.NFKC.String(strings.Join(pieces, " "))))
	t := Text{Words: len(words), Has: len(words) > 0, Text: strings.Join(words, " ")}
	t.Len = utf8.RuneCountInString(t.Text)
	distinct := map[string]bool{}
	for _, w := range words {
		if k, ok := keyword(w); ok {
			distinct[k] = true
		}
		runes := []rune(w)
		for i := range len(runes) - 1 {
			if runes[i] == '#' && (unicode.IsLetter(runes[i+1]) || unicode.IsDigit(runes[i+1])) {
				t.Hashtags++
			}
		}
	}
	t.Keywords = len(distinct)
	return t
}

// keyword is the word without a hashtag's # and the marks around it, and whether
// that is a keyword: two characters or more, one of them a letter. 1位 is one, 29.5
// is none.
func keyword(word string) (string, bool) {
	word = strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return word, utf8.RuneCountInString(word) >= 2 && strings.ContainsFunc(word, unicode.IsLetter)
}

// Keyword is one of the most frequent keywords of some pictures.
type Keyword struct {
	Word  string
	Count int
}

// Keywords are the n most frequent keywords of the rows' texts, the most frequent
// first, equal counts in the order of code points. As Table 4.7 says, what is
// counted is occurrences: a word that a picture shows twice counts twice.
func Keywords(rows []Row, n int) []Keyword {
	count := map[string]int{}
	for _, r := range rows {
		for w := range strings.FieldsSeq(r.Text.Text) {
			if k, ok := keyword(w); ok {
				count[k]++
			}
		}
	}
	return mostFrequent(count, n)
}

func mostFrequent(count map[string]int, n int) []Keyword {
	all := make([]Keyword, 0, len(count))
	for w, c := range count {
		all = append(all, Keyword{w, c})
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Count != all[j].Count {
			return all[i].Count > all[j].Count
		}
		return all[i].Word < all[j].Word
	})
	return all[:min(n, len(all))]
}

var morphemes = sync.OnceValues(func() (*tokenizer.Tokenizer, error) {
	return tokenizer.New(ipa.Dict(), tokenizer.OmitBosEos())
})

// Nouns are the n most frequent nouns of the rows' texts, in the order of Keywords, by
// kagome with the IPA dictionary: an extra beyond the thesis, which counts whole words.
// A noun of a single character says little and is left out.
func Nouns(rows []Row, n int) ([]Keyword, error) {
	t, err := morphemes()
	if err != nil {
		return nil, fmt.Errorf("loading the dictionary of nouns: %w", err)
	}
	count := map[string]int{}
	for _, r := range rows {
		for _, token := range t.Tokenize(r.Text.Text) {
			pos := token.POS()
			if len(pos) > 0 && pos[0] == "名詞" && utf8.RuneCountInString(token.Surface) > 1 {
				count[token.Surface]++
			}
		}
	}
	return mostFrequent(count, n), nil
}
