package dataset

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// GenresFile says of folders which genre they are and how it is called: folder,genre,title.
const GenresFile = "genres.csv"

// The genres of the thesis. A set that has them under these names is compared with it.
const (
	Dance   = "dance"
	Gourmet = "gourmet"
	Travel  = "travel"
)

// words are what people call the genres of the thesis, in lower case and NFKC: half-width
// katakana and full-width letters are covered by that.
var words = map[string]string{
	"dance": Dance, "dances": Dance, "dancing": Dance, "ダンス": Dance, "だんす": Dance, "ダンシング": Dance,
	"踊り": Dance, "踊": Dance, "おどり": Dance, "舞踊": Dance,

	"gourmet": Gourmet, "food": Gourmet, "foods": Gourmet, "meal": Gourmet, "meals": Gourmet, "cuisine": Gourmet,
	"グルメ": Gourmet, "ぐるめ": Gourmet, "料理": Gourmet, "食べ物": Gourmet, "たべもの": Gourmet, "食べもの": Gourmet, "フード": Gourmet,
	"食事": Gourmet, "ご飯": Gourmet, "ごはん": Gourmet, "美食": Gourmet,

	"travel": Travel, "travels": Travel, "traveling": Travel, "travelling": Travel, "trip": Travel, "trips": Travel,
	"journey": Travel, "journeys": Travel, "tourism": Travel,
	"旅行": Travel, "りょこう": Travel, "旅": Travel, "たび": Travel, "トラベル": Travel, "観光": Travel,
}

// knownGenre is the genre of the thesis that a folder's name is a word for, "" where it is none:
// "Dance", "01_ダンス", "旅行 (2)" and "ｄａｎｃｅ" are.
func knownGenre(folder string) string {
	return words[strings.TrimFunc(strings.ToLower(norm.NFKC.String(folder)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r)
	})]
}

// naming is how the folders of a set are called.
type naming struct {
	genre map[string]string // folder → genre
	title map[string]string // genre → what is shown
	note  string
}

// Title is how a genre is shown: the title that genres.csv gives it, else the name of its folder.
// Genres that the set does not have are shown by their name.
func (s *Set) Title(genre string) string {
	if title, ok := s.naming.title[genre]; ok {
		return title
	}
	return genre
}

// Titles are the titles of genres, each its own.
func (s *Set) Titles(genres []string) []string {
	titles := make([]string, len(genres))
	for i, g := range genres {
		titles[i] = s.Title(g)
	}
	return titles
}

// Named is the sentence that says which folders were taken for another genre than their name, "" where
// none was.
func (s *Set) Named() string { return s.naming.note }

// genreRow is one row of genres.csv.
type genreRow struct{ folder, genre, title string }

var genreTable = csvTable[genreRow]{GenresFile, []string{"folder", "genre", "title"}, map[string]string{
	"フォルダ": "folder", "フォルダー": "folder", "ジャンル": "genre", "カテゴリ": "genre", "category": "genre", "タイトル": "title", "題": "title",
}, func(cell func(string) string) (genreRow, Problems) {
	return genreRow{cell("folder"), cell("genre"), strings.Join(strings.Fields(cell("title")), " ")}, nil
}}

// nameGenres finds the genre and the title of each folder: from genres.csv where the folder has a row
// there, else from the words that it knows, where one folder alone is meant by them; else the folder is
// a genre of its own name.
//
// No two folders become one genre: which pictures belong together is for the one who took them to say,
// by putting them into one folder. Every fault of genres.csv leaves no set, lenient or not, but for a row
// about a folder that is not there: a genre must not change its name unnoticed.
func nameGenres(dir string, folders []string) (n naming, understood []string, problems Problems) {
	rows, lines, file := map[string]genreRow{}, map[string]int{}, GenresFile
	fault := func(line int, field, found, want, fix string, fatal bool) {
		problems = append(problems, Problem{File: file, Row: line, Field: field, Found: found, Want: want, Fix: fix, folder: fatal})
	}
	if found, _, err := TableFile(dir, GenresFile); found != "" || err != nil {
		table := genreTable.read(dir)
		understood, file = table.understood, table.file
		for _, p := range table.problems {
			p.folder = true
			problems = append(problems, p)
		}
		for _, r := range table.rows {
			for _, p := range r.faults {
				p.folder = true
				problems = append(problems, p)
			}
			v := r.value
			key := norm.NFC.String(strings.Trim(strings.ReplaceAll(v.folder, `\`, "/"), "/"))
			i := slices.IndexFunc(folders, func(f string) bool { return norm.NFC.String(f) == key })
			if i < 0 {
				fault(r.line, "folder", fmt.Sprintf("%q, which is no folder with pictures", v.folder), fmt.Sprintf("one of %q", folders), "correct the name, or remove the row", false)
				continue
			}
			if lines[folders[i]] > 0 {
				fault(r.line, "folder", fmt.Sprintf("%q, which row %d has already", v.folder, lines[folders[i]]), "one row a folder", "remove one of the two rows", true)
				continue
			}
			rows[folders[i]], lines[folders[i]] = v, r.line
		}
	}
	n = naming{genre: map[string]string{}, title: map[string]string{}}
	byWord := map[string][]string{} // genre of the thesis → folders whose names are words for it
	for _, f := range folders {
		r, written := rows[f]
		known := knownGenre(f)
		switch {
		case written && r.genre != "":
			n.genre[f] = r.genre
			// A word for a genre means it, but the folder's own name means no other.
			if g := knownGenre(r.genre); g != "" && norm.NFC.String(r.genre) != norm.NFC.String(f) {
				n.genre[f] = g
			}
		case known != "":
			byWord[known] = append(byWord[known], f)
		}
	}
	var notes []string
	for _, g := range []string{Dance, Gourmet, Travel} {
		candidates := byWord[g]
		taken := slices.Contains(folders, g) && n.genre[g] == ""
		for _, f := range folders {
			taken = taken || n.genre[f] == g
		}
		switch {
		case len(candidates) == 1 && (!taken || candidates[0] == g):
			n.genre[candidates[0]] = g
		case len(candidates) > 0:
			notes = append(notes, fmt.Sprintf("More than one folder may be the thesis' %s: %s. Each stays a genre by its own name; %s can say which one is meant.", g, strings.Join(folderList(folders, n, g, candidates), ", "), GenresFile))
		}
	}
	var changed []string
	first := map[string]string{} // genre → the folder that has it
	titled := map[string]string{}
	for _, f := range folders {
		if n.genre[f] == "" {
			n.genre[f] = f
		}
		g, r := n.genre[f], rows[f]
		if other, twice := first[g]; twice {
			fault(max(lines[f], lines[other]), "genre", fmt.Sprintf("the folders %q and %q are both %s", other, f, g), "each genre in one folder", "move the pictures of both into one folder, or give them genres of different names", true)
			continue
		}
		first[g] = f
		title := r.title
		if title == "" {
			title = f
		}
		if other, twice := titled[title]; twice {
			fault(max(lines[f], lines[other]), "title", fmt.Sprintf("the folders %q and %q are both called %q", other, f, title), "titles that differ", "write another title", true)
		}
		titled[title] = f
		n.title[g] = title
		if g != f {
			changed = append(changed, f+" is "+g)
		}
	}
	if len(changed) > 0 {
		notes = append([]string{"Genres by their folders' names or " + GenresFile + ": " + strings.Join(changed, ", ") + "."}, notes...)
	}
	n.note = strings.Join(notes, " ")
	return n, understood, problems
}

// folderList is the folders that may be genre g: those already named so and the candidates.
func folderList(folders []string, n naming, g string, candidates []string) (list []string) {
	for _, f := range folders {
		if n.genre[f] == g || f == g || slices.Contains(candidates, f) {
			list = append(list, f)
		}
	}
	return list
}
