package features

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"thesis.example/lib/dataset"
)

// What corrections.csv says stands in the table, and what is counted in a text is counted
// in the corrected one; the measurements stay as they are.
func TestMeasureCorrected(t *testing.T) {
	set := folder(t, "captions.png", "photo-astronaut.png", "grey.png", "photo-coffee.png")
	cache := t.TempDir()
	measured := measure(t, set, cache)
	before := entries(t, cache)

	csv := "file,face_count,text\n" +
		"dance/00.png,2,\"今日の ＲＡＭＥＮ\n#旅行 ramen\"\n" + // captions
		"01.png,,#Space\n" + // the astronaut
		"02.png,1,\n" // grey
	if err := os.WriteFile(filepath.Join(set.Dir, dataset.CorrectionsFile), []byte(csv), 0o666); err != nil {
		t.Fatal(err)
	}
	set = open(t, set.Dir)
	table := measure(t, set, cache)
	if after := entries(t, cache); !reflect.DeepEqual(after, before) {
		t.Errorf("corrections changed the measurements: %v, before %v", after, before)
	}

	order := func(file string) int {
		return slices.IndexFunc(table.Rows, func(r Row) bool { return r.File == file })
	}
	want := slices.Clone(measured.Rows)
	r := &want[order("dance/00.png")]
	r.Faces, r.FacesCorrected, r.TextCorrected = 2, true, true
	r.Text = Text{Len: 19, Words: 4, Has: true, Keywords: 3, Hashtags: 1, Text: "今日の ramen #旅行 ramen"}
	r = &want[order("travel/01.png")]
	if r.Faces != 1 {
		t.Errorf("%d faces of the astronaut", r.Faces)
	}
	r.TextCorrected = true
	r.Text = Text{Len: 6, Words: 1, Has: true, Keywords: 1, Hashtags: 1, Text: "#space"}
	r = &want[order("dance/02.png")]
	r.Faces, r.FacesCorrected = 1, true
	for i := range want {
		if table.Rows[i] != want[i] {
			t.Errorf("row %d\n%+v, expected\n%+v", i, table.Rows[i], want[i])
		}
	}

	// No text at all.
	none := ""
	r.correct(dataset.Correction{Text: &none})
	if (r.Text != Text{}) || !r.TextCorrected {
		t.Errorf("corrected to no text: %+v", r)
	}
}
