package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"maps"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// said is a correction in words, for comparing.
func said(c Correction) string {
	s := ""
	if c.Faces != nil {
		s += fmt.Sprintf("%d faces ", *c.Faces)
	}
	if c.Text != nil {
		s += fmt.Sprintf("text %q", *c.Text)
	}
	return strings.TrimSpace(s)
}

func TestCorrections(t *testing.T) {
	const name = "ダンス.png"
	changes := map[string]string{
		"dance/" + norm.NFD.String(name): string(paint(t, 60, png.DefaultCompression)),
		EngagementFile:                   table + "dance/" + name + ",1,2,3\n",
	}
	const rows = "file,face_count,text\n" +
		"dance/a.png,3,\n" +
		"b.png,,\"今日の ランチ\n #旅行\"\n" +
		"travel/d.png,0,-\n" +
		"travel/e.png,２,－\n" +
		"travel\\f.png,2.0,- -\n" +
		name + ",12,#ダンス\n"
	want := map[string]string{
		"dance/a.png":                    "3 faces",
		"dance/b.png":                    `text "今日の ランチ #旅行"`,
		"travel/d.png":                   `0 faces text ""`,
		"travel/e.png":                   `2 faces text ""`,
		"travel/f.png":                   `2 faces text "- -"`,
		"dance/" + norm.NFD.String(name): `12 faces text "#ダンス"`,
	}
	sjis, err := japanese.ShiftJIS.NewEncoder().String(strings.ReplaceAll(rows, "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for what, csv := range map[string]string{
		"UTF-8":        rows,
		"BOM":          "\uFEFF" + rows,
		"Shift_JIS":    sjis,
		"blank lines":  rows + ",,\n\n",
		"more columns": strings.NewReplacer("text\n", "text,who\n", "3,\n", "3,,me\n").Replace(rows),
	} {
		t.Run(what, func(t *testing.T) {
			changes[CorrectionsFile] = csv
			set, err := Open(t.Context(), folder(t, changes), false)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for file, c := range set.Corrections {
				got[file] = said(c)
			}
			if !maps.Equal(got, want) {
				t.Errorf("read %q\nwant %q", got, want)
			}
			if s := set.Corrected(); s != "5 face counts and 5 texts were corrected by hand (corrections.csv)." {
				t.Errorf("said %q", s)
			}
		})
	}
}

func TestCorrected(t *testing.T) {
	n, text := 1, ""
	for _, c := range []struct {
		corrections map[string]Correction
		want        string
	}{
		{nil, ""},
		{map[string]Correction{"a": {Faces: &n}}, "1 face count was corrected by hand (corrections.csv)."},
		{map[string]Correction{"a": {Text: &text}, "b": {Text: &text}}, "2 texts were corrected by hand (corrections.csv)."},
		{map[string]Correction{"a": {Faces: &n, Text: &text}}, "1 face count and 1 text were corrected by hand (corrections.csv)."},
	} {
		if got := (&Set{Corrections: c.corrections}).Corrected(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Every way in which corrections.csv can be wrong; what a lenient reading keeps of it.
func TestCorrectionProblems(t *testing.T) {
	const first = "file,face_count,text\ndance/b.png,1,\n" // a row that is right, to be kept
	kept := "dance/b.png: 1 faces"
	twins := map[string]string{"travel/a.png": string(paint(t, 50, png.DefaultCompression)), EngagementFile: table + "travel/a.png,1,1,1\n"}
	for name, c := range map[string]struct {
		changes map[string]string
		csv     string
		want    string // a line for every fault
		kept    string // "" where no set remains
	}{
		"unknown picture":    {nil, first + "dance/gone.png,1,\n", `row 3, field file: "dance/gone.png", a row without picture; expected the name of a picture in a genre folder; add the picture, correct the name, or remove the row`, kept},
		"no picture":         {nil, first + ",1,\n", `row 3, field file: "", a row without picture; expected the name of a picture in a genre folder; add the picture, correct the name, or remove the row`, kept},
		"twice":              {nil, first + "b.png,2,\n", `row 3, field file: "b.png", which row 2 has already; expected one row a picture; remove one of the two rows`, kept},
		"two pictures' name": {twins, first + "a.png,2,\n", "row 3, field file: \"a.png\", a name that dance/a.png and travel/a.png share; expected a name that says which picture; write \"dance/a.png\" or \"travel/a.png\"", kept},
		"nothing":            {nil, first + "a.png,,\n", "row 3 of dance/a.png: neither a face_count nor a text; expected what is to be corrected in one of the two; fill in a cell, or remove the row", kept},
		"nothing, short":     {nil, first + "a.png\n", "row 3 of dance/a.png: neither a face_count nor a text; expected what is to be corrected in one of the two; fill in a cell, or remove the row", kept},
		"negative":           {nil, first + "a.png,-1,\n", `row 3 of dance/a.png, field face_count: "-1", a negative number; expected a number of faces, 0, 1, 2, …, or nothing to keep what was measured; correct the cell`, kept},
		"fraction":           {nil, first + "a.png,1.5,x\n", `row 3 of dance/a.png, field face_count: "1.5", a fraction without a unit; expected a number of faces, 0, 1, 2, …, or nothing to keep what was measured; correct the cell`, kept},
		"no number":          {nil, first + "a.png,two,\n", `row 3 of dance/a.png, field face_count: "two", not a count; expected a number of faces, 0, 1, 2, …, or nothing to keep what was measured; correct the cell`, kept},
		"unit":               {nil, first + "a.png,3K,\n", `row 3 of dance/a.png, field face_count: "3K", a count with a unit; expected a number of faces, 0, 1, 2, …, or nothing to keep what was measured; correct the cell`, kept},
		"missing columns":    {nil, "file,heads\na.png,1\n", "row 1, field face_count: no such column among \"file,heads\"; expected the columns file,face_count,text, separated by commas; add the column, or correct its name\nrow 1, field text: no such column among \"file,heads\"; expected the columns file,face_count,text, separated by commas; add the column, or correct its name", ""},
		"column twice":       {nil, "file,text,face_count,text\na.png,1,1,1\n", "row 1, field text: the column stands there twice; expected each column once; remove or rename one of the two", ""},
		"empty file":         {nil, "\n", ": no header line; expected a CSV file with the columns file,face_count,text; write the column names into the first line", ""},
		"zero bytes":         {nil, "file\x00,face_counts", `: no text: it holds zero bytes and is not UTF-16; expected a CSV file with the columns file,face_count,text; save it as "CSV UTF-8"`, ""},
		"broken quotes":      {nil, first + "\"a.png,1,\n", `row 3: extraneous or missing " in quoted-field; the rows from here on were not read; expected quotation marks in pairs; correct the row`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			changes := map[string]string{CorrectionsFile: c.csv}
			maps.Copy(changes, c.changes)
			dir := folder(t, changes)
			_, err := Open(t.Context(), dir, false)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			var lines []string
			for _, p := range problems {
				lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(p.Error(), CorrectionsFile), ", "))
			}
			if got := strings.Join(lines, "\n"); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}

			set, err := Open(t.Context(), dir, true)
			if c.kept == "" {
				if !errors.As(err, &problems) {
					t.Errorf("lenient: %v, want problems", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for file, correction := range set.Corrections {
				got = append(got, file+": "+said(correction))
			}
			if strings.Join(got, "\n") != c.kept || len(set.Dropped) != len(lines) || len(set.Samples) != 6+len(c.changes)/2 {
				t.Errorf("lenient: corrections %q, want %q; %d pictures; left out: %v", got, c.kept, len(set.Samples), set.Dropped)
			}
		})
	}
}

// All faults at once, those of the other tables among them.
func TestCorrectionProblemsAtOnce(t *testing.T) {
	dir := folder(t, map[string]string{
		EngagementFile:  strings.Replace(table, "b.png,1", "b.png,-1", 1),
		CorrectionsFile: "file,face_count,text\ngone.png,1,\na.png,-1,\nb.png,,\nd.png,x,y\n",
	})
	_, err := Open(t.Context(), dir, false)
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 5 {
		t.Fatalf("got %v, want five problems", err)
	}
}

// A picture that a lenient reading leaves out takes its correction along.
func TestCorrectionOfDroppedPicture(t *testing.T) {
	set, err := Open(t.Context(), folder(t, map[string]string{"dance/a.png": "no", CorrectionsFile: "file,face_count,text\na.png,1,\n"}), true)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Corrections) != 0 || set.Corrected() != "" || len(set.Dropped) != 1 {
		t.Errorf("corrections %v, left out %v", set.Corrections, set.Dropped)
	}
}

// The fingerprint is the one it always was without corrections, and another for every
// other correction.
func TestFingerprintOfCorrections(t *testing.T) {
	fingerprint := func(csv string) string {
		t.Helper()
		set, err := Open(t.Context(), folder(t, map[string]string{CorrectionsFile: csv}), false)
		if err != nil {
			t.Fatal(err)
		}
		return set.Fingerprint()
	}
	const first = "file,face_count,text\n"
	none := fingerprint("")
	// As it was before there were corrections: records of trials are found by it.
	set, err := Open(t.Context(), folder(t, nil), false)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for i, s := range set.Samples {
		fmt.Fprintf(h, "%q %q %s %d %d %d\n", s.File, s.Genre, set.Hash(i), s.Likes, s.Saves, s.Comments)
	}
	if want := hex.EncodeToString(h.Sum(nil)); none != want {
		t.Errorf("without corrections %s, want %s", none, want)
	}
	if fingerprint(first) != none {
		t.Error("a table without rows changes the fingerprint")
	}
	seen := map[string]string{none: "none"}
	for _, rows := range []string{"a.png,1,\n", "a.png,0,\n", "a.png,,1\n", "a.png,,-\n", "a.png,1,-\n", "b.png,1,\n", "a.png,1,\nb.png,1,\n"} {
		f := fingerprint(first + rows)
		if other, ok := seen[f]; ok {
			t.Errorf("%q has the fingerprint of %q", rows, other)
		}
		seen[f] = rows
	}
	// Another spelling of the same.
	if fingerprint("text,face_count,file\n-,1,dance/a.png\n") != fingerprint(first+"a.png,1.0,－\n") {
		t.Error("another spelling of the same correction changes the fingerprint")
	}
}
