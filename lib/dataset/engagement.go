package dataset

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// engagement is the table of the numbers that come with the pictures.
var engagement = csvTable[counts]{EngagementFile, []string{"file", "likes", "saves", "comments"}, map[string]string{
	"like": "likes", "いいね": "likes",
	"save": "saves", "saved": "saves", "bookmark": "saves", "bookmarks": "saves", "favorites": "saves", "favourites": "saves", "保存": "saves", "ブックマーク": "saves", "お気に入り": "saves",
	"comment": "comments", "コメント": "comments",
}, parseCounts}

// counts are one row of engagement.csv.
// group, which may be missing, is the name of what
// must share a fold.
type counts struct {
	likes, saves, comments int64
	group                  string
}

func parseCounts(cell func(column string) string) (c counts, faults Problems) {
	for _, column := range []struct {
		name string
		to   *int64
	}{{"likes", &c.likes}, {"saves", &c.saves}, {"comments", &c.comments}} {
		n, err := ParseCount(cell(column.name))
		switch {
		case errors.Is(err, errHidden):
			faults = append(faults, Problem{Field: column.name, Found: err.Error(), Want: "a count: one that the app hides is no number, and 0 would be wrong", Fix: "fill it in, or leave the picture out, as -lenient does"})
		case err != nil:
			faults = append(faults, Problem{Field: column.name, Found: err.Error(), Want: "a count of 0 or more such as 29500, 29,500, 29.5K, 1.2M, 3.4万 or 1.3億", Fix: "correct the cell"})
		}
		*column.to = n
	}
	c.group = norm.NFC.String(cell("group"))
	return c, faults
}

// errHidden is wrapped by the error of a cell that stands for a count that the app does not show.
var errHidden = errors.New("a hidden count")

// hiddenWords are what such cells hold, in capitals and without spaces and exclamation marks:
// dashes, what programs write for a missing number, and the words that the app shows in the number's
// place.
var hiddenWords = []string{"", "-", "—", "―", "–", "‐", "ー", "--", "-1", "N/A", "NA", "NAN", "NULL", "NONE", "HIDDEN", "非公開", "非表示",
	"いいね", "保存", "コメント", "ブックマーク", "LIKE", "LIKES", "SAVE", "SAVES", "COMMENT", "COMMENTS"}

// countPattern is a number as people copy it from the app: digits, or digits in groups of three, with
// commas, spaces or apostrophes between; a decimal part; a power of ten; a unit; "or more".
var countPattern = regexp.MustCompile(`^\+?([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:'[0-9]{3})+)(\.[0-9]+)?(E\+?[0-9]{1,2})? ?([KMBW千万萬億亿]?) ?\+?$`)

// decimalComma is a number with a unit whose decimal part follows a comma, as in 29,5K: three digits behind it
// would be thousands.
var decimalComma = regexp.MustCompile(`^(\+?[0-9]+),([0-9]{1,2} ?[KMBW千万萬億亿])`)

// units of counts: the app's English, Japanese and Chinese abbreviations.
var units = map[string]int64{"": 1, "K": 1e3, "M": 1e6, "B": 1e9, "W": 1e4, "千": 1e3, "万": 1e4, "萬": 1e4, "億": 1e8, "亿": 1e8}

// ParseCount reads a count as the app or a spreadsheet shows it: 29500, 29,500, 29 500 with any space,
// 29.5K, 1.2M, 3.4万, 2.1w, 1.3億, 1.2万+, 1.2E+06; full-width digits too. A count with a unit is rounded
// to a whole number; one without must be whole. A cell that stands for a count that the app hides (empty, a
// dash, -1, いいね！) is an error.
func ParseCount(text string) (int64, error) {
	word := strings.NewReplacer(" ", "", "!", "").Replace(strings.ToUpper(plainSpaces(norm.NFKC.String(text))))
	if slices.Contains(hiddenWords, word) || word == "−" || word == "−1" {
		if word == "" && strings.TrimSpace(text) == "" {
			return 0, fmt.Errorf("an empty cell: forgotten, or %w", errHidden)
		}
		return 0, fmt.Errorf("%s, %w", quote(text), errHidden)
	}
	return parseNumber(text)
}

// parseNumber is ParseCount without hidden counts.
func parseNumber(text string) (int64, error) {
	s := strings.ToUpper(norm.NFKC.String(text))
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case invisible(r):
			return -1
		case r == '’':
			return '\''
		}
		return r
	}, s))
	if s == "" {
		return 0, errors.New("an empty cell")
	}
	m := countPattern.FindStringSubmatch(decimalComma.ReplaceAllString(s, "$1.$2"))
	if m == nil {
		if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−") {
			return 0, fmt.Errorf("%s, a negative number", quote(text))
		}
		return 0, fmt.Errorf("%s, not a count", quote(text))
	}
	value, ok := new(big.Rat).SetString(strings.NewReplacer(",", "", " ", "", "'", "").Replace(m[1]) + m[2] + m[3])
	if !ok {
		return 0, fmt.Errorf("%s, not a count", quote(text))
	}
	value.Mul(value, new(big.Rat).SetInt64(units[m[4]]))
	if m[4] == "" && !value.IsInt() {
		return 0, fmt.Errorf("%s, a fraction without a unit", quote(text))
	}
	if value.Cmp(new(big.Rat).SetInt64(math.MaxInt64/2)) > 0 {
		return 0, fmt.Errorf("%s, larger than any count", quote(text))
	}
	half := big.NewRat(1, 2)
	value.Add(value, half)
	return new(big.Int).Quo(value.Num(), value.Denom()).Int64(), nil
}
