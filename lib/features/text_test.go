package features

import (
	"reflect"
	"testing"
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
