package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

func utf16Of(text string, order binary.ByteOrder) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(text)) {
		var pair [2]byte
		order.PutUint16(pair[:], u)
		b.Write(pair[:])
	}
	return b.String()
}

// xlsx is a workbook of one sheet that holds the cells of a CSV.
func xlsx(t *testing.T, csv string) string {
	t.Helper()
	book := excelize.NewFile()
	for y, line := range strings.Split(strings.TrimSpace(csv), "\n") {
		for x, cell := range strings.Split(line, ",") {
			at, err := excelize.CoordinatesToCellName(x+1, y+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellStr("Sheet1", at, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every way in which a table can come, read as the same numbers, and what is said of it.
func TestTableForms(t *testing.T) {
	rows := strings.Replace(table, "dance/b.png,1,1,1", "dance/b.png,3.4万,1,1", 1)
	tabs := strings.ReplaceAll(rows, ",", "\t")
	semicolons := strings.ReplaceAll(rows, ",", ";")
	japanese := strings.Replace(rows, "file,likes,saves,comments", "ファイル名,いいね,保存,コメント", 1)
	const none = ""
	for name, c := range map[string]struct {
		file, content string
		understood    string
	}{
		"CR":                       {EngagementFile, strings.ReplaceAll(rows, "\n", "\r"), none},
		"CR, no last one":          {EngagementFile, strings.ReplaceAll(strings.TrimSpace(rows), "\n", "\r"), none},
		"CR and LF mixed":          {EngagementFile, strings.Replace(rows, "\n", "\r\n", 3), none},
		"UTF-16LE with mark":       {EngagementFile, utf16Of("\uFEFF"+rows, binary.LittleEndian), none},
		"UTF-16BE with mark":       {EngagementFile, utf16Of("\uFEFF"+rows, binary.BigEndian), none},
		"UTF-16LE":                 {EngagementFile, utf16Of(rows, binary.LittleEndian), none},
		"UTF-16BE":                 {EngagementFile, utf16Of(rows, binary.BigEndian), none},
		"Excel's Unicode text":     {EngagementFile, utf16Of("\uFEFF"+strings.ReplaceAll(tabs, "\n", "\r\n"), binary.LittleEndian), "engagement.csv: cells separated by tabs"},
		"tabs":                     {EngagementFile, tabs, "engagement.csv: cells separated by tabs"},
		"semicolons":               {EngagementFile, semicolons, "engagement.csv: cells separated by semicolons"},
		"semicolons, commas in it": {EngagementFile, strings.Replace(semicolons, "3.4万", "34,000", 1), "engagement.csv: cells separated by semicolons"},
		"Excel's hint":             {EngagementFile, "sep=;\n" + semicolons, "engagement.csv: cells separated by semicolons"},
		"Japanese header":          {EngagementFile, japanese, `engagement.csv: columns "ファイル名", "いいね", "保存", "コメント" as file, likes, saves, comments`},
		"Japanese app":             {EngagementFile, strings.Replace(rows, "file,likes,saves,comments", "ファイル名,いいね！数,保存数,コメント数", 1), `engagement.csv: columns "ファイル名", "いいね！数", "保存数", "コメント数" as file, likes, saves, comments`},
		"English app":              {EngagementFile, strings.Replace(rows, "file,likes,saves,comments", "File name,Like,Favorites,Comment", 1), `engagement.csv: columns "File name", "Like", "Favorites", "Comment" as file, likes, saves, comments`},
		"own name first":           {EngagementFile, strings.Replace(strings.ReplaceAll(rows, "\n", ",x\n"), ",comments,x", ",comments,コメント", 1), none},
		"capitals":                 {"Engagement.CSV", rows, `"Engagement.CSV" was read as engagement.csv`},
		"ending twice":             {"engagement.csv.csv", rows, `"engagement.csv.csv" was read as engagement.csv`},
		"text":                     {"engagement.csv.txt", rows, `"engagement.csv.txt" was read as engagement.csv`},
		"tsv":                      {"engagement.tsv", tabs, `"engagement.tsv" was read as engagement.csv` + "\nengagement.tsv: cells separated by tabs"},
		"another name":             {"いいね 5月.csv", japanese, `"いいね 5月.csv" was read as engagement.csv` + "\n\"いいね 5月.csv\": columns \"ファイル名\", \"いいね\", \"保存\", \"コメント\" as file, likes, saves, comments"},
		"workbook":                 {"engagement.xlsx", xlsx(t, rows), `"engagement.xlsx" was read as engagement.csv` + "\nengagement.xlsx: an Excel workbook, of which the sheet \"Sheet1\" was read"},
		"workbook of any name":     {"Book1.xlsx", xlsx(t, rows), `"Book1.xlsx" was read as engagement.csv` + "\nBook1.xlsx: an Excel workbook, of which the sheet \"Sheet1\" was read"},
		"renamed workbook":         {EngagementFile, xlsx(t, rows), `engagement.csv: an Excel workbook, of which the sheet "Sheet1" was read`},
	} {
		t.Run(name, func(t *testing.T) {
			changes := map[string]string{EngagementFile: ""}
			changes[c.file] = c.content
			set, err := Open(t.Context(), folder(t, changes), false)
			if err != nil {
				t.Fatal(err)
			}
			b, f := set.Samples[1], set.Samples[5]
			if b.Likes != 34000 || b.Saves != 1 || f.File != "travel/f.png" || f.Likes != 5 || f.Comments != 5 || len(set.Samples) != 6 {
				t.Errorf("read %+v", set.Samples)
			}
			if got := strings.Join(set.Understood, "\n"); got != c.understood {
				t.Errorf("understood\n%s\nwant\n%s", got, c.understood)
			}
		})
	}
}

// Lines are counted as an editor does, also where they end in CR or follow Excel's hint.
func TestLineNumbers(t *testing.T) {
	wrong := strings.Replace(table, "travel/d.png,3", "travel/d.png,x", 1)
	for content, line := range map[string]string{
		wrong:                                   "row 5 of travel/d.png",
		strings.ReplaceAll(wrong, "\n", "\r"):   "row 5 of travel/d.png",
		strings.ReplaceAll(wrong, "\n", "\r\n"): "row 5 of travel/d.png",
		"sep=,\n" + wrong:                       "row 6 of travel/d.png",
		strings.Replace(wrong, "dance/b.png,", "\n\ndance/b.png,", 1):                                         "row 7 of travel/d.png",
		strings.Replace(strings.Replace(wrong, "comments", "comments,note", 1), "0,0,0", "0,0,0,\"a\nb\"", 1): "row 6 of travel/d.png",
	} {
		if _, err := Open(t.Context(), folder(t, map[string]string{EngagementFile: content}), false); err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: %v, want %s", content, err, line)
		}
	}
}

// Tables that are none, or of which nobody can say which is meant.
func TestTableFaults(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"two of nearly the name": {map[string]string{EngagementFile: "", "Engagement.csv": table, "engagement.csv.txt": table}, `engagement.csv: no file of this name, but "Engagement.csv" and "engagement.csv.txt"; expected one engagement.csv; rename the right one to engagement.csv`},
		"two of other names":     {map[string]string{EngagementFile: "", "a.csv": table, "b.csv": table}, "engagement.csv: the file is missing"},
		"another optional table": {map[string]string{EngagementFile: "", "Corrections.csv": "file,face_count,text\n"}, "engagement.csv: the file is missing"},
		"two corrections":        {map[string]string{"Corrections.csv": "file,face_count,text\n", "corrections.csv.txt": "x"}, `corrections.csv: no file of this name, but "Corrections.csv" and "corrections.csv.txt"`},
		"old Excel":              {map[string]string{EngagementFile: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, `engagement.csv: an old Excel workbook (.xls) or another Office document; expected a CSV file with the columns file,likes,saves,comments; save it as "CSV UTF-8"`},
		"damaged workbook":       {map[string]string{EngagementFile: "PK\x03\x04 and no more"}, "engagement.csv: an Excel workbook that cannot be read: "},
		"columns twice":          {map[string]string{EngagementFile: strings.Replace(table, "saves,comments", "保存,ブックマーク", 1)}, "row 1, field saves: the column stands there twice"},
		"no column":              {map[string]string{EngagementFile: strings.Replace(table, "file,likes,saves,comments", "ファイル名;いいね;保存", 1)}, "row 1, field comments: no such column among \"ファイル名,いいね,保存\""},
		"many candidates":        {map[string]string{"travel/a.png": string(paint(t, 70, png.BestSpeed)), "travel/a.jpg": string(paint(t, 71, png.BestSpeed)), EngagementFile: strings.Replace(table, "dance/a.png", "A", 1)}, `row 2, field file: "A", a name that dance/a.png and travel/a.jpg and travel/a.png share; expected a name that says which picture; write "dance/a.png" or "travel/a.jpg" or "travel/a.png"`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(t.Context(), folder(t, c.changes), false); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// Optional tables of nearly the right name are read, and said; beside the right one they are not.
func TestNearlyCorrections(t *testing.T) {
	const rows = "ファイル名,顔,文字\na.png,2,\n"
	for _, name := range []string{"Corrections.csv", "corrections.csv.txt", "corrections.csv.csv", "CORRECTIONS.CSV"} {
		set, err := Open(t.Context(), folder(t, map[string]string{name: rows}), false)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{fmt.Sprintf("%q was read as corrections.csv", name), name + `: columns "ファイル名", "顔", "文字" as file, face_count, text`}
		if c, ok := set.Corrections["dance/a.png"]; !ok || *c.Faces != 2 || !slices.Equal(set.Understood, want) {
			t.Errorf("%s: %v, understood %q", name, set.Corrections, set.Understood)
		}
	}
	if set, err := Open(t.Context(), folder(t, map[string]string{"HSVdata.csv": "x"}), false); err != nil || !slices.Equal(set.Understood, []string{`"HSVdata.csv" was read as hsvdata.csv`}) {
		t.Errorf("colours: %+v, %v", set, err)
	}
	set, err := Open(t.Context(), folder(t, map[string]string{CorrectionsFile: "file,face_count,text\na.png,1,\n", "corrections.csv.txt": rows}), false)
	if err != nil || *set.Corrections["dance/a.png"].Faces != 1 || !slices.Equal(set.Understood, []string{`corrections.csv is read, not "corrections.csv.txt"`}) {
		t.Errorf("%+v, %v", set, err)
	}
}

// Cells of a workbook that XlsxWriter made: what was typed counts, not what is shown; what is no
// count is not taken for one.
func TestWorkbook(t *testing.T) {
	book, err := os.ReadFile(filepath.Join("testdata", "engagement.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{EngagementFile: "", "engagement.xlsx": string(book), "dance/c.png": "", "dance/001.png": string(paint(t, 80, png.BestSpeed))})
	_, err = Open(t.Context(), dir, false)
	for _, want := range []string{
		"4 of 6 pictures are fine; 6 problem(s) in the data folder ",
		`engagement.xlsx, row 8 of travel/d.png, field likes: "2024-05-01 (a date)", not a count`,
		`engagement.xlsx, row 8 of travel/d.png, field saves: "2024-05-02 (a date)", not a count`,
		`engagement.xlsx, row 8 of travel/d.png, field comments: "TRUE", not a count`,
		`engagement.xlsx, row 9 of travel/e.png, field likes: "#DIV/0!", not a count`,
		`engagement.xlsx, row 9 of travel/e.png, field saves: "=B4 (a formula without a stored value)", not a count`,
		`engagement.xlsx, row 9 of travel/e.png, field comments: "50%", not a count`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	set, err := Open(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	want := []Sample{
		{"dance/001.png", "dance", 0, 1200000, 29500, 12},
		{"dance/a.png", "dance", 0, 29512, 1234, 7},
		{"dance/b.png", "dance", 0, 59024, 34000, 3},
		{"travel/f.png", "travel", 1, 5, 5, 5},
	}
	if !slices.Equal(set.Samples, want) {
		t.Errorf("read %+v\nwant %+v", set.Samples, want)
	}
	if said := strings.Join(set.Understood, "\n"); !strings.Contains(said, `an Excel workbook, of which the sheet "数字" was read`) {
		t.Errorf("understood %s", said)
	}
}

// Number formats that are dates, and those that hold their letters for other reasons.
func TestIsDate(t *testing.T) {
	for format, want := range map[string]bool{
		"yyyy-mm-dd": true, "m月d日": true, `yyyy"年"m"月"`: true, "h:mm": true, "[h]:mm": true, "d-mmm": true, "ggge年m月d日": true,
		"": false, "#,##0": false, "0.00E+00": false, `0.0,"Kdm"`: false, "[Red]-#,##0": false, "General": false, "@": false, `#,##0\ "人"`: false, "_ * #,##0_ ": false, "[$-411]#,##0": false, "[$¥-411]#,##0": false,
	} {
		if got := isDate(format); got != want {
			t.Errorf("%q: %v", format, got)
		}
	}
}

// A pipe in a table's place is named instead of being waited for.
func TestPipeAsTable(t *testing.T) {
	for _, name := range []string{EngagementFile, CorrectionsFile} {
		dir := folder(t, map[string]string{name: ""})
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, false); err == nil || !strings.Contains(err.Error(), name+": no regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
