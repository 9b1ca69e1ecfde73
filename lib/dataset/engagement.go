package dataset

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// engagement is the table of the numbers that come with the pictures.
var engagement = csvTable[counts]{EngagementFile, []string{"file", "likes", "saves", "comments"}, parseCounts}

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
		if err != nil {
			faults = append(faults, Problem{Field: column.name, Found: err.Error(), Want: "a count of 0 or more such as 29500, 29,500, 29.5K, 1.2M, 3.4万 or 1.3億", Fix: "correct the cell"})
			continue
		}
		*column.to = n
	}
	c.group = norm.NFC.String(cell("group"))
	return c, faults
}

// countPattern is a number as people copy it from the app: digits, or digits in
// groups of three, a decimal part, a unit.
var countPattern = regexp.MustCompile(`^\+?([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]+)?\s*([KMB千万億]?)$`)

// units of counts: the app's English and Japanese abbreviations.
var units = map[string]int64{"": 1, "K": 1e3, "M": 1e6, "B": 1e9, "千": 1e3, "万": 1e4, "億": 1e8}

// ParseCount reads a count as the app shows it: 29500, 29,500, 29.5K, 1.2M, 3.4万,
// 1.3億; full-width digits too. A count with a unit is rounded to a whole number;
// one without must be whole.
func ParseCount(text string) (int64, error) {
	s := strings.ToUpper(strings.TrimSpace(norm.NFKC.String(text)))
	if s == "" {
		return 0, errors.New("an empty cell")
	}
	m := countPattern.FindStringSubmatch(s)
	if m == nil {
		if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−") {
			return 0, fmt.Errorf("%q, a negative number", text)
		}
		return 0, fmt.Errorf("%q, not a count", text)
	}
	value, ok := new(big.Rat).SetString(strings.ReplaceAll(m[1], ",", "") + m[2])
	if !ok {
		return 0, fmt.Errorf("%q, not a count", text)
	}
	value.Mul(value, new(big.Rat).SetInt64(units[m[3]]))
	if m[3] == "" && !value.IsInt() {
		return 0, fmt.Errorf("%q, a fraction without a unit", text)
	}
	if value.Cmp(new(big.Rat).SetInt64(math.MaxInt64/2)) > 0 {
		return 0, fmt.Errorf("%q, larger than any count", text)
	}
	half := big.NewRat(1, 2)
	value.Add(value, half)
	return new(big.Int).Quo(value.Num(), value.Denom()).Int64(), nil
}
