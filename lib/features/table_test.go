package features

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func sample() *Table {
	return &Table{Rows: []Row{
		{
			File: "dance/001.png", Genre: "dance",
			Colour: Colour{Hue: 1. / 3, Sat: .1, Val: 5e-324, R: Moments{127.5, 1e-9, -1.25, 3}, G: Moments{255, 2, 1e21, 4}, B: Moments{Mean: 7}},
			Likes:  13000000, Saves: 305300, Comments: 0, Faces: 7,
			Text: newText([]string{"ダンス女子", `"TikTok",`, "#旅行"}), FaceScore: 2. / 3, TextScore: .51,
		},
		{File: "旅行/a,b\n.png", Genre: "旅行", FacesCorrected: true},
		{File: "b.png", TextCorrected: true}, {File: "c.png", FacesCorrected: true, TextCorrected: true},
	}}
}

func TestCSVRoundTrip(t *testing.T) {
	want := sample()
	var b bytes.Buffer
	if err := want.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	const first = "file,genre,mean_hue,mean_saturation,mean_value,r_mean,r_std,r_skew,r_kurtosis,g_mean,g_std,g_skew,g_kurtosis,b_mean,b_std,b_skew,b_kurtosis,likes,saves,comments,face_count,text_len,word_count,has_text,keyword_count,hashtag_count,face_score,text_score,corrected,text\n"
	if !strings.HasPrefix(b.String(), first) {
		t.Errorf("header %q", b.String())
	}
	got, err := ReadCSV(strings.NewReader("\ufeff" + b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back\n%+v\nexpected\n%+v", got, want)
	}
}

func TestReadCSVFaults(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	for _, c := range []struct{ from, to, want string }{
		{good, "", "empty"},
		{"mean_hue", "hue", "no column mean_hue"},
		{",text\n", ",text,more\n", "wrong number of fields"},
		{"mean_value,", "mean_hue,", `"mean_hue" is there twice`},
		{"13000000", "13M", `line 2, dance/001.png, likes: "13M" is not a number`},
		{"13000000", "NaN", "is not a number"},
		{"305300,0,7,", "305300,0,7.5,", "is not a count"},
		{"face_count text,", "face_count words,", `line 6, c.png, corrected: "words" is none of face_count and text`},
	} {
		_, err := ReadCSV(strings.NewReader(strings.Replace(good, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: error %v, expected %q", c.to, c.from, err, c.want)
		}
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f.csv")
	if err := sample().Save(file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadCSV(bytes.NewReader(b)); err != nil || !reflect.DeepEqual(got, sample()) {
		t.Errorf("read back %+v, %v", got, err)
	}
	if err := sample().Save(filepath.Join(dir, "no", "f.csv")); err == nil {
		t.Error("saved into a folder that does not exist")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v left in the folder", entries)
	}
}

// Table 4.1: sixteen numbers each, by name.
func TestExperimentVectors(t *testing.T) {
	table := sample()
	for name, vector := range map[string]func() ([]string, [][]float64){"1": table.Experiment1, "2": table.Experiment2} {
		names, x := vector()
		if len(names) != 16 || len(x) != len(table.Rows) {
			t.Fatalf("experiment %s: %d names, %d rows", name, len(names), len(x))
		}
		for j, n := range names {
			column, err := table.Column(n)
			if err != nil {
				t.Fatal(err)
			}
			for i := range x {
				if len(x[i]) != 16 || x[i][j] != column[i] {
					t.Errorf("experiment %s, row %d, %s: %v, the column says %v", name, i, n, x[i], column[i])
				}
			}
		}
	}
	names, x := table.Experiment2()
	if last := names[13:]; !reflect.DeepEqual(last, []string{"text_len", "has_text", "keyword_count"}) || !reflect.DeepEqual(x[0][9:], []float64{13000000, 305300, 0, 7, 19, 1, 3}) {
		t.Errorf("experiment 2 ends in %v %v", last, x[0][9:])
	}
	if _, err := table.Column("hue"); err == nil || !strings.Contains(err.Error(), "mean_hue") {
		t.Errorf("unknown column: %v", err)
	}
}
