package dataset

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"

	"thesis.example/lib/setup"
)

// What each spelling in a table means, and by what.
func TestFind(t *testing.T) {
	const nnbsp, nbsp = "\u202f", "\u00a0"
	const (
		spaces = "other spaces or invisible characters"
		twin   = "letters of which there are two, such as 〜 and ～, or another width"
		cased  = "upper and lower case"
		ending = "a name without its ending or with another one"
		lost   = `"?" for letters that Shift_JIS lacks`
		accent = "letters without their accents"
		zeros  = "numbers without the zeros in front"
		garble = "names garbled in unpacking"
	)
	for _, c := range []struct {
		files, row string // files, one a line
		want, by   string // "" where the row has no picture; several where it has no meaning
	}{
		// as documented
		{"dance/001.png travel/001.png", "dance/001.png", "dance/001.png", ""},
		{"dance/001.png travel/002.png", "002.png", "travel/002.png", ""},
		{"dance/001.png travel/002.png", `travel\002.png`, "travel/002.png", ""},
		{"dance/001.png travel/002.png", "./travel/002.png ", "travel/002.png", ""},
		{norm.NFD.String("ダンス/ガ.png"), "ダンス/ガ.png", norm.NFD.String("ダンス/ガ.png"), ""},
		{"ダンス/ガ.png", norm.NFD.String("ガ.png"), "ダンス/ガ.png", ""},
		{"dance/001.png travel/001.png", "001.png", "dance/001.png travel/001.png", ""},
		// paths of another place
		{"dance/001.png travel/001.png", `C:\Users\me\screens\travel\001.png`, "travel/001.png", "the end of a longer path"},
		{"dance/001.png travel/001.png", "/home/me/food/001.png", "", ""},
		{"dance/001.png", "travel/001.png", "", ""},
		// spaces
		{"d/Screenshot" + "_" + "10.00.00" + nnbsp + "PM.png", "d/Screenshot_10.00.00 PM.png", "d/Screenshot_10.00.00" + nnbsp + "PM.png", spaces},
		{"d/10.00.00_PM.png", "d/10.00.00" + nbsp + "PM.png", "", ""},
		{"d/a" + nbsp + "PM.png", "a" + nnbsp + "PM.png", "d/a" + nbsp + "PM.png", spaces},
		{"d/a\u3000b.png", "d/a  b.png", "d/a\u3000b.png", spaces},
		{"d/a\u200d.png", "\ufeffd/a.png", "d/a\u200d.png", spaces},
		{"d/a" + nbsp + "b.png d/a" + nnbsp + "b.png", "d/a b.png", "d/a" + nbsp + "b.png d/a" + nnbsp + "b.png", spaces},
		// letters that Shift_JIS has once
		{"d/1〜2.png", "d/1～2.png", "d/1〜2.png", twin},
		{"d/1～2.png", "1〜2.png", "d/1～2.png", twin},
		{"d/a−b.png", "d/a－b.png", "d/a−b.png", twin},
		{"d/a−b.png", "d/a-b.png", "d/a−b.png", twin},
		{"d/a‖b.png", "d/a∥b.png", "d/a‖b.png", twin},
		{"d/¢£¬.png", "d/￠￡￢.png", "d/¢£¬.png", twin},
		{"d/a—b.png", "d/a―b.png", "d/a—b.png", twin},
		{"d/ａ１.png", "d/a1.png", "d/ａ１.png", twin},
		{"d/ｶﾞ.png", "d/ガ.png", "d/ｶﾞ.png", twin},
		{"d/1〜2.png d/1～2.png", "d/1~2.png", "d/1〜2.png d/1～2.png", twin},
		// case and endings
		{"dance/IMG_1.PNG", "Dance/img_1.png", "dance/IMG_1.PNG", cased},
		{"dance/a.png dance/A.png", "dance/A.PNG", "dance/a.png dance/A.png", cased},
		{"dance/a.png dance/A.png", "dance/A.png", "dance/A.png", ""},
		{"dance/001.png", "dance/001", "dance/001.png", ending},
		{"dance/2024.05.01.png", "2024.05.01", "dance/2024.05.01.png", ending},
		{"dance/IMG_1.png", "IMG_1.HEIC", "dance/IMG_1.png", ending},
		{"dance/IMG_1.png dance/IMG_1.jpg", "IMG_1", "dance/IMG_1.png dance/IMG_1.jpg", ending},
		{"dance/IMG_1.png dance/IMG_1.jpg", "IMG_1.jpg", "dance/IMG_1.jpg", ""},
		// letters that Shift_JIS lacks
		{"d/10.00.00" + nnbsp + "PM.png", "d/10.00.00?PM.png", "d/10.00.00" + nnbsp + "PM.png", lost},
		{"d/旅😀.png", "d/旅??.png", "d/旅😀.png", lost},
		{"d/旅😀.png", "d/旅\uFFFD.png", "d/旅😀.png", lost},
		{"d/旅😀.png d/旅😁.png", "d/旅?.png", "d/旅😀.png d/旅😁.png", lost},
		{"d/é.png", "d/ü.png", "", ""},
		{"d/旅.png", "d/?.png", "", ""},
		{"d/Café.png", "d/Cafe.png", "d/Café.png", accent},
		{"d/Cafe.png", "d/Café.png", "", ""},
		{"d/が.png", "d/か.png", "", ""},
		{"d/001.png", "d/1", "d/001.png", zeros},
		{"d/001.png d/01.png", "d/1", "d/001.png d/01.png", zeros},
		{"d/a001.png", "d/a1", "", ""},
		// 旅行 and グルメ in Shift_JIS, taken for code page 437
		{"ù╖ìs/001.png âOâïâü/001.png", "旅行/001.png", "ù╖ìs/001.png", garble},
		{"ù╖ìs/001.png âOâïâü/001.png", "グルメ/001.PNG", "âOâïâü/001.png", garble},
		{"ù╖ìs/001.png", "ù╖ìs/001.png", "ù╖ìs/001.png", ""},
	} {
		files, by := newNames(strings.Split(c.files, " ")).find(c.row)
		if got := strings.Join(files, " "); got != c.want || by != c.by {
			t.Errorf("%q among %q: %q by %q, want %q by %q", c.row, c.files, got, by, c.want, c.by)
		}
	}
}

// What real programs make of Japanese names is recognised; names of other languages are not.
func TestUngarbled(t *testing.T) {
	for _, name := range []string{"ダンス", "グルメ", "旅行", "スクリーンショット 1", "旅行（京都）", "表示"} {
		raw, err := japanese.ShiftJIS.NewEncoder().String(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := ungarbled(raw); got != name {
			t.Errorf("%q from its bytes: %q", name, got)
		}
	}
	// Debian's unzip makes these bytes of グルメ and ダンス in a C locale.
	for name, want := range map[string]string{"\xe2O\xe2\xef\xe2\xfc": "グルメ", "\xe2_\xe2\xf4\xe2X": "ダンス"} {
		if got := ungarbled(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"dance", "ダンス", "旅行", "Über", "Café", "Müller", "São Paulo", "Köln", "Ñandú", "smörgåsbord", "Ελλάδα", "Москва", "日本語", "İstanbul", "Ångström", "Crème brûlée"} {
		if got := ungarbled(name); got != "" {
			t.Errorf("%q is said to be garbled, from %q", name, got)
		}
	}
}

// A zip as Windows in Japan writes it, unpacked by this machine's unzip: the folder is read, and how to
// unpack it right is said.
func TestJapaneseZip(t *testing.T) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for i, name := range []string{"グルメ/1.png", "グルメ/2.png", "旅行/1.png", "旅行/2.png"} {
		raw, err := japanese.ShiftJIS.NewEncoder().String(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: raw, NonUTF8: true, Modified: time.Unix(1e9, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(paint(t, i, png.DefaultCompression)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const rows = "file,likes,saves,comments\nグルメ/1.png,1,1,1\nグルメ/2.png,2,2,2\n旅行/1.png,3,3,3\n旅行/2.png,4,4,4\n"
	unpack := func(how func(dir, archive string)) string {
		dir := t.TempDir()
		archive := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(archive, packed.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		how(dir, archive)
		if err := os.WriteFile(filepath.Join(dir, EngagementFile), []byte(rows), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	// As a program does that takes code page 437 at the format's word.
	garbled := unpack(func(dir, _ string) {
		for i, name := range []string{"âOâïâü/1.png", "âOâïâü/2.png", "ù╖ìs/1.png", "ù╖ìs/2.png"} {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), paint(t, i, png.DefaultCompression), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})
	set, err := Open(t.Context(), garbled, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Samples) != 4 || set.Samples[3].File != "ù╖ìs/2.png" || set.Samples[3].Likes != 4 {
		t.Errorf("read %+v", set.Samples)
	}
	said := strings.Join(set.Understood, "\n")
	for _, want := range []string{`the folder "ù╖ìs" looks like "旅行", garbled in unpacking: unpack the archive again with python3 -m zipfile --metadata-encoding cp932 -e FILE.zip DIR`, `engagement.csv: 4 names by names garbled in unpacking, e.g. "グルメ/1.png" for "âOâïâü/1.png"`} {
		if !strings.Contains(said, want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
	// As a program does that keeps the bytes: no text at all.
	raw := unpack(func(dir, archive string) {
		for i, name := range []string{"グルメ/1.png", "グルメ/2.png", "旅行/1.png", "旅行/2.png"} {
			bytes, err := japanese.ShiftJIS.NewEncoder().String(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(bytes)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, bytes), paint(t, i, png.DefaultCompression), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})
	if _, err := Open(t.Context(), raw, false); err == nil || !strings.Contains(err.Error(), `<97><B7><8D>s/: a name garbled in unpacking, probably "旅行"; expected a name in UTF-8; unpack the archive again with python3 -m zipfile --metadata-encoding cp932 -e FILE.zip DIR`) {
		t.Errorf("bytes of Shift_JIS: %v", err)
	}
	// The advice is right; Python 3.11 is what set-up asks for.
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	right := unpack(func(dir, archive string) {
		if out, err := exec.Command(filepath.Join(root, ".venv", "bin", "python"), "-m", "zipfile", "--metadata-encoding", "cp932", "-e", archive, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	})
	set, err = Open(t.Context(), right, false)
	if err != nil || len(set.Samples) != 4 || set.Samples[0].File != "グルメ/1.png" || set.Samples[3].File != "旅行/2.png" || len(set.Understood) != 0 {
		t.Errorf("unpacked as advised: %+v, %v", set, err)
	}
}

func TestVisible(t *testing.T) {
	for s, want := range map[string]string{
		"a b.png": "a b.png", "ダンス.png": "ダンス.png", "10\u202fPM.png": "10<U+202F>PM.png", "a\u00a0b": "a<U+00A0>b", "a\u3000b": "a<U+3000>b",
		"a\u200bb": "a<U+200B>b", "a\nb": "a<U+000A>b", "\x82\xa0": "<82><A0>", "a\u202eb": "a<U+202E>b", "Icon\r": "Icon<U+000D>", "\uFFFD": "<U+FFFD>",
	} {
		if got := Visible(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

// Understood names are said, once for each way; a fault shows what cannot be seen.
func TestUnderstoodNames(t *testing.T) {
	pictures := map[string]string{}
	rows := "file,likes,saves,comments\n"
	for i, f := range []string{"dance/1\u202fPM.png", "dance/2\u202fPM.png", "dance/c.PNG", "travel/d.png"} {
		pictures[f] = string(paint(t, 30+i, png.DefaultCompression))
	}
	for _, f := range []string{"dance/a.png", "dance/b.png", "dance/c.png", "travel/e.png", "travel/f.png"} {
		pictures[f] = ""
	}
	rows += "dance/1 PM.png,1,1,1\n2 PM.png,2,2,2\nc.png,3,3,3\nd,4,4,4\n"
	pictures[EngagementFile] = rows
	pictures[CorrectionsFile] = "file,face_count,text\n1 PM,3,\n"
	set, err := Open(t.Context(), folder(t, pictures), false)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`engagement.csv: 1 name by a name without its ending or with another one, e.g. "d" for "travel/d.png"`,
		`engagement.csv: 2 names by other spaces or invisible characters, e.g. "dance/1 PM.png" for "dance/1<U+202F>PM.png"`,
		`engagement.csv: 1 name by upper and lower case, e.g. "c.png" for "dance/c.PNG"`,
		`corrections.csv: 1 name by a name without its ending or with another one, e.g. "1 PM" for "dance/1<U+202F>PM.png"`,
	}
	if !slices.Equal(set.Understood, want) {
		t.Errorf("understood\n%s\nwant\n%s", strings.Join(set.Understood, "\n"), strings.Join(want, "\n"))
	}
	if set.Samples[0].Likes != 1 || set.Samples[1].Likes != 2 || *set.Corrections["dance/1\u202fPM.png"].Faces != 3 {
		t.Errorf("read %+v, %v", set.Samples, set.Corrections)
	}
	pictures[EngagementFile] = strings.Replace(rows, "2 PM.png,2,2,2", "2 PM.png,x,2,2\n9\u202fPM.png,1,1,1", 1)
	_, err = Open(t.Context(), folder(t, pictures), false)
	for _, want := range []string{"row 3 of dance/2<U+202F>PM.png, field likes", `row 4, field file: "9<U+202F>PM.png", a row without picture`, "understood:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
}

// Looking up goes with the number of names, not with its square.
func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		var files []string
		for i := range n {
			files = append(files, fmt.Sprintf("genre %d/スクリーンショット\u202f%06d é😀.png", i%20, i))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				names := newNames(files)
				for i := range n {
					if found, _ := names.find(fmt.Sprintf("スクリーンショット?%06d ??.png", i)); len(found) != 1 {
						b.Fatalf("found %q", found)
					}
				}
			}
		})
	}
}
