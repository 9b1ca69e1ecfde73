package dataset

import (
	"fmt"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// genreFolder writes a data folder of two pictures a folder, with genres.csv where it is not "".
func genreFolder(t *testing.T, genres string, folders ...string) string {
	t.Helper()
	dir, rows := t.TempDir(), "file,likes,saves,comments\n"
	for g, folder := range folders {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			rows += fmt.Sprintf("%s/%d.png,%d,0,0\n", folder, n, g)
			if err := os.WriteFile(filepath.Join(dir, folder, fmt.Sprintf("%d.png", n)), paint(t, 10*g+n, png.BestSpeed), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range map[string]string{EngagementFile: rows, GenresFile: genres} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestKnownGenre(t *testing.T) {
	for folder, want := range map[string]string{
		"ダンス": Dance, norm.NFD.String("ダンス"): Dance, "ﾀﾞﾝｽ": Dance, "01_ダンス": Dance, "Dance (2)": Dance, "ＤＡＮＣＩＮＧ": Dance, "踊り": Dance,
		"グルメ": Gourmet, "Food": Gourmet, "料理3": Gourmet, "旅行": Travel, "旅": Travel, "Trips": Travel, "トラベル": Travel,
		"abundance": "", "foodie": "", "旅館": "", "2024": "", "": "", "cat": "",
	} {
		if got := knownGenre(folder); got != want {
			t.Errorf("%q is %q, want %q", folder, got, want)
		}
	}
}

// Folders become the thesis' genres by their names and by genres.csv; others, and those that are not
// unique, keep their names.
func TestNamedGenres(t *testing.T) {
	for _, c := range []struct {
		genres  string
		folders []string
		want    map[string]string // genre → title
		note    string
	}{
		{"", []string{"dance", "travel"}, map[string]string{"dance": "dance", "travel": "travel"}, ""},
		{"", []string{"cats", "犬"}, map[string]string{"cats": "cats", "犬": "犬"}, ""},
		{"", []string{"ダンス", "グルメ", "旅行"}, map[string]string{"dance": "ダンス", "gourmet": "グルメ", "travel": "旅行"}, "グルメ is gourmet, ダンス is dance, 旅行 is travel"},
		{"", []string{"dance", "ダンス"}, map[string]string{"dance": "dance", "ダンス": "ダンス"}, "may be the thesis' dance: dance, ダンス"},
		{"", []string{"food", "料理", "trip"}, map[string]string{"food": "food", "料理": "料理", "travel": "trip"}, "may be the thesis' gourmet: food, 料理"},
		{"folder,genre,title\nfood,gourmet,Eating out\n料理,,Cooking\n", []string{"food", "料理"}, map[string]string{"gourmet": "Eating out", "料理": "Cooking"}, "food is gourmet"},
		{"folder,genre,title\nクラブ,ダンス,\n", []string{"クラブ", "cats"}, map[string]string{"dance": "クラブ", "cats": "cats"}, "クラブ is dance"},
		{"folder,genre,title\nfood,food,\n", []string{"food", "cats"}, map[string]string{"food": "food", "cats": "cats"}, ""},
		{"folder,genre,title\nb,dogs,\n", []string{"a", "b"}, map[string]string{"a": "a", "dogs": "b"}, "b is dogs"},
	} {
		set, err := Open(t.Context(), genreFolder(t, c.genres, c.folders...), false)
		if err != nil {
			t.Errorf("%q %q: %v", c.folders, c.genres, err)
			continue
		}
		got := map[string]string{}
		for i, g := range set.Genres {
			got[g] = set.Title(g)
			if set.Titles(set.Genres)[i] != set.Title(g) {
				t.Errorf("titles %q", set.Titles(set.Genres))
			}
		}
		if !maps.Equal(got, c.want) || !slices.IsSorted(set.Genres) {
			t.Errorf("%q %q: genres %q, want %q", c.folders, c.genres, got, c.want)
		}
		if note := set.Named(); !strings.Contains(note, c.note) || (note == "") != (c.note == "") {
			t.Errorf("%q %q: note %q, want %q", c.folders, c.genres, note, c.note)
		}
		for i, s := range set.Samples {
			if set.Genres[s.Label] != s.Genre || int(s.Likes) != slices.Index(c.folders, filepath.Dir(s.File)) {
				t.Errorf("sample %d is %+v among %q", i, s, set.Genres)
			}
		}
	}
}

// Titles change nothing that a result depends on; genres do.
func TestGenresInFingerprint(t *testing.T) {
	dir := genreFolder(t, "", "a", "b")
	fingerprint := func(genres string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, GenresFile), []byte(genres), 0o644); err != nil {
			t.Fatal(err)
		}
		set, err := Open(t.Context(), dir, false)
		if err != nil {
			t.Fatal(err)
		}
		return set.Fingerprint()
	}
	plain := fingerprint("folder,genre,title\n")
	if got := fingerprint("folder,genre,title\na,a,Something\nb,,Else\n"); got != plain {
		t.Error("titles changed the fingerprint")
	}
	if got := fingerprint("folder,genre,title\na,dance,\n"); got == plain {
		t.Error("another genre left the fingerprint as it was")
	}
}

func TestFaultyGenres(t *testing.T) {
	for _, c := range []struct{ genres, want string }{
		{"folder,genre,title\na,dance,\nb,dance,\n", `genres.csv, row 3, field genre: the folders "a" and "b" are both dance; expected each genre in one folder`},
		{"folder,genre,title\na,b,\n", `genres.csv, row 2, field genre: the folders "a" and "b" are both b`},
		{"folder,genre,title\na,,X\nb,,X\n", `genres.csv, row 3, field title: the folders "a" and "b" are both called "X"`},
		{"folder,genre,title\na,x,\na,y,\n", `genres.csv, row 3, field folder: "a", which row 2 has already`},
		{"folder,title\na,x\n", `genres.csv, row 1, field genre`},
		{"folder,genre,title\na,x,,more\n", `genres.csv, row 2`},
	} {
		dir := genreFolder(t, c.genres, "a", "b")
		for _, lenient := range []bool{false, true} {
			if _, err := Open(t.Context(), dir, lenient); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q, lenient %v: %v, want %s", c.genres, lenient, err, c.want)
			}
		}
	}
	dir := genreFolder(t, "folder,genre,title\nc,dance,\n", "a", "b")
	if _, err := Open(t.Context(), dir, false); err == nil || !strings.Contains(err.Error(), `row 2, field folder: "c", which is no folder with pictures; expected one of ["a" "b"]`) {
		t.Errorf("a row without folder: %v", err)
	}
	if set, err := Open(t.Context(), dir, true); err != nil || len(set.Dropped) != 1 {
		t.Errorf("a row without folder, lenient: %v", err)
	}
}
