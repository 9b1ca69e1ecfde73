package dataset

import (
	"errors"
	"strings"
	"testing"
)

func TestParseCount(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "29500": 29500, "29,500": 29500, "1,234,567": 1234567, "29.5K": 29500, "29.5k": 29500, "1.2M": 1200000, "2B": 2000000000,
		"3.4万": 34000, "1.3億": 130000000, "5千": 5000, " 12 ": 12, "２９５００": 29500, "1.2 M": 1200000, "29500.0": 29500, "1,234.5K": 1234500,
		"1.00005万": 10001, "+3": 3,
		"2.1w": 21000, "2.1W": 21000, "1.2万+": 12000, "10万＋": 100000, "3.4萬": 34000, "1.5亿": 150000000,
		"29 500": 29500, "29\u00a0500": 29500, "29\u202f500": 29500, "29\u2009500": 29500, "29\u3000500": 29500, "1 234 567": 1234567,
		"29'500": 29500, "29’500": 29500, "29，500": 29500, "\u200e29500": 29500,
		"1.2E+06": 1200000, "1e5": 100000, "1.23457E+11": 123457000000,
		"29,5K": 29500, "3,45万": 34500, "1,234K": 1234000,
	} {
		if got, err := ParseCount(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"-5", "-1.2K", "1.5", "29,50", "1,2345", "29 50", "1 2345", "29.500", "1e-5", "1E", "inf", "12 likes", "1.2.3", "K", "0x10", "9999999999999B", "9E+99", "١٢", "5%", "2024-05-01 (a date)", "1,234 567"} {
		if got, err := ParseCount(text); err == nil || errors.Is(err, errHidden) {
			t.Errorf("%q: %d, %v; want an error that says it is no count", text, got, err)
		}
	}
}

// What the app shows in a count's place is never a number, and said to be what it is.
func TestHiddenCount(t *testing.T) {
	for _, text := range []string{"", " ", "\u3000", "—", "–", "―", "-", "－", "−", "ー", "--", "-1", "−1", "－１", "いいね！", "いいね!", "いいね", "保存", "コメント", "Like", "likes", "Saves", "Comment", "N/A", "NaN", "非公開", "非表示"} {
		if got, err := ParseCount(text); !errors.Is(err, errHidden) {
			t.Errorf("%q: %d, %v; want a hidden count", text, got, err)
		}
		if got, err := parseFaces(text); err == nil || errors.Is(err, errHidden) {
			t.Errorf("%q passed as %d faces, or hidden: %v", text, got, err)
		}
	}
}

// A picture with a hidden count is named, and left out by a lenient reading.
func TestHiddenCountInFolder(t *testing.T) {
	dir := folder(t, map[string]string{EngagementFile: strings.Replace(table, "dance/a.png,0", "dance/a.png,いいね！", 1)})
	_, err := Open(t.Context(), dir, false)
	const want = "5 of 6 pictures are fine; 1 problem(s) in the data folder "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), `engagement.csv, row 2 of dance/a.png, field likes: "いいね！", a hidden count; expected a count: one that the app hides is no number, and 0 would be wrong; fill it in, or leave the picture out, as -lenient does`) {
		t.Errorf("got %v", err)
	}
	set, err := Open(t.Context(), dir, true)
	if err != nil || len(set.Samples) != 5 || set.Samples[0].File != "dance/b.png" || len(set.Dropped) != 1 {
		t.Errorf("lenient: %+v, %v", set, err)
	}
}

// Of two rows of one picture, which says what a lenient reading keeps.
func TestTwoRows(t *testing.T) {
	for name, c := range map[string]struct {
		first, second string
		likes         int64 // -1: the picture is left out
		dropped       int
	}{
		"the same":         {"7,7,7", "7,7,7", 7, 1},
		"different":        {"7,7,7", "8,7,7", -1, 1},
		"first at fault":   {"x,7,7", "8,8,8", 8, 2},
		"second at fault":  {"7,7,7", "—,8,8", 7, 2},
		"both at fault":    {"x,7,7", "—,8,8", -1, 3},
		"hidden and shown": {"いいね！,7,7", "9,9,9", 9, 2},
	} {
		t.Run(name, func(t *testing.T) {
			rows := strings.Replace(table, "dance/a.png,0,0,0", "dance/a.png,"+c.first, 1) + "a.png," + c.second + "\n"
			dir := folder(t, map[string]string{EngagementFile: rows})
			if _, err := Open(t.Context(), dir, false); err == nil || !strings.Contains(err.Error(), `row 8, field file: "a.png", which row 2 has already`) {
				t.Errorf("strict: %v", err)
			}
			set, err := Open(t.Context(), dir, true)
			if err != nil {
				t.Fatal(err)
			}
			got := int64(-1)
			if set.Samples[0].File == "dance/a.png" {
				got = set.Samples[0].Likes
			}
			if got != c.likes || len(set.Dropped) != c.dropped {
				t.Errorf("likes %d, want %d; left out: %v", got, c.likes, set.Dropped)
			}
		})
	}
}
