package dataset

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// A table and a folder spell the same name differently: a spreadsheet, an archive and a
// file system each change what they cannot hold. A name of a table is therefore looked up
// on a ladder of ever looser keys. On the first rung where any picture answers, one picture
// is the one that is meant, and several leave the name without meaning: nothing is decided
// between them by what other rows say.

// rung is one way of seeing two spellings as one name.
type rung struct {
	by string // what a name was understood by, "" where that need not be said
	// row and file are the keys of one part of a path, a folder's name or a picture's, as a
	// table and as the folder spells it; last says that the part is a picture's name. "" is no key.
	row, file func(part string, last bool) string
}

// rungs, the strictest first. Each takes on what those above it do.
var rungs = []rung{
	{"", both(composed), both(composed)},
	{"other spaces or invisible characters", both(plainSpaces), both(plainSpaces)},
	{"letters of which there are two, such as 〜 and ～, or another width", both(onePerLetter), both(onePerLetter)},
	{"upper and lower case", both(folded), both(folded)},
	{"a name without its ending or with another one", stem, stem},
	{`"?" for letters that Shift_JIS lacks`, questionRow, questionFile},
	{"letters without their accents", stem, func(part string, last bool) string { return questionFile(unaccented(part), last) }},
	{"numbers without the zeros in front", counted, counted},
	{"names garbled in unpacking", stem, func(part string, last bool) string {
		if meant := ungarbled(part); meant != "" {
			part = meant
		}
		return stem(part, last)
	}},
}

func both(key func(string) string) func(string, bool) string {
	return func(part string, _ bool) string { return key(part) }
}

// composed is Unicode's composed form: a Mac stores ダ as two characters.
func composed(s string) string { return norm.NFC.String(s) }

// plainSpaces makes every space U+0020 and drops what shows nothing: macOS writes U+202F
// before PM, a web page U+00A0, an editor a byte order mark.
func plainSpaces(s string) string {
	var b strings.Builder
	for _, r := range composed(s) {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case invisible(r):
			continue
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// invisible says whether a character shows nothing: joiners, marks of direction, variation selectors.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector)
}

// twins are the letters that Shift_JIS has once and its tables into Unicode give two
// characters for (Microsoft's and the JIS's), and those that a spreadsheet's correction of
// typing changes.
var twins = strings.NewReplacer(
	"〜", "~", "～", "~", "∥", "‖", "−", "-", "－", "-", "‐", "-", "‑", "-", "–", "-", "￠", "¢", "￡", "£", "￢", "¬", "―", "—",
	"￤", "¦", "‘", "'", "’", "'", "“", `"`, "”", `"`,
)

// onePerLetter also takes full and half width as one, by Unicode's compatibility form.
func onePerLetter(s string) string { return norm.NFKC.String(twins.Replace(plainSpaces(s))) }

func folded(s string) string { return cases.Fold().String(onePerLetter(s)) }

// endings are dropped from the names of pictures on the rung of stems. A table may also name
// what a picture was before it was converted.
var endings = append(slices.Clone(pictureTypes), ".heic", ".heif", ".avif", ".gif", ".bmp", ".tif", ".tiff")

func stem(part string, last bool) string {
	s := folded(part)
	if ext := path.Ext(s); last && slices.Contains(endings, ext) {
		s = strings.TrimSuffix(s, ext)
	}
	return s
}

// questionRow is a key only of a part that holds a question mark, or the character that
// stands for a broken one; how many stand for one letter differs among programs.
func questionRow(part string, last bool) string {
	return stem(joinQuestions(strings.ReplaceAll(part, "\uFFFD", "?")), last)
}

func questionFile(part string, last bool) string {
	var b strings.Builder
	for _, r := range composed(part) {
		if !inShiftJIS(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return stem(joinQuestions(b.String()), last)
}

func joinQuestions(s string) string {
	for strings.Contains(s, "??") {
		s = strings.ReplaceAll(s, "??", "?")
	}
	return s
}

func inShiftJIS(r rune) bool {
	if r < utf8.RuneSelf {
		return true
	}
	_, err := japanese.ShiftJIS.NewEncoder().String(string(r))
	return err == nil
}

// unaccented drops the accents of Latin letters, as Windows does where its code page lacks
// them; the marks of kana stay.
func unaccented(s string) string {
	return composed(strings.Map(func(r rune) rune {
		if r >= 0x0300 && r <= 0x036F {
			return -1
		}
		return r
	}, norm.NFD.String(s)))
}

// counted takes 001 and 1 as one: a spreadsheet makes a number of a name of digits.
func counted(part string, last bool) string {
	s := stem(part, last)
	if last && s != "" && strings.Trim(s, "0123456789") == "" {
		if s = strings.TrimLeft(s, "0"); s == "" {
			s = "0"
		}
	}
	return s
}

// ungarbled is the Japanese name whose bytes in Shift_JIS, as a zip archive of a Japanese Windows
// holds them, were taken for another encoding's; "" where a name does not look like that. Two kana or
// kanji, and nothing outside ASCII that is not Japanese, must come out: accented names in other languages do not.
func ungarbled(name string) string {
	candidates := []string{}
	if !utf8.ValidString(name) {
		// unzip in a C locale: the bytes through code page 437 to Latin-1, which has none of what most
		// kana and kanji begin with in Shift_JIS
		if latin, err := charmap.ISO8859_1.NewDecoder().String(name); err == nil {
			if raw, err := charmap.CodePage437.NewEncoder().String(latin); err == nil {
				candidates = append(candidates, raw)
			}
		}
		candidates = append(candidates, name)
	} else {
		for _, page := range []*charmap.Charmap{charmap.CodePage437, charmap.CodePage850, charmap.Windows1252, charmap.ISO8859_1} {
			if raw, err := page.NewEncoder().String(composed(name)); err == nil {
				candidates = append(candidates, raw)
			}
		}
	}
	for _, raw := range candidates {
		s, err := japanese.ShiftJIS.NewDecoder().String(raw)
		if err != nil || strings.ContainsRune(s, utf8.RuneError) {
			continue
		}
		letters := 0
		for _, r := range s {
			switch {
			case r < utf8.RuneSelf && !(unicode.IsLetter(r) && utf8.ValidString(name)):
			case unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) && !(r >= 0xFF61 && r <= 0xFF9F), r == 'ー':
				letters++
			case r >= 0x3000 && r <= 0x303F || r >= 0xFF01 && r <= 0xFF5E: // punctuation and wide letters
			default:
				letters = -1 << 20
			}
		}
		if letters >= 2 {
			return s
		}
	}
	return ""
}

// pictureNames looks up the pictures of a folder by what a table calls them.
type pictureNames struct {
	files []string
	keys  []map[string][]string // of each rung that was needed: the files behind a path's key, or a base name's
}

func newNames(files []string) *pictureNames {
	return &pictureNames{files, make([]map[string][]string, len(rungs))}
}

// split gives the parts of a path that count: the folder, "" where there is none, and the
// picture's name. longer says that there were more in front.
func split(name string) (folder, base string, longer bool) {
	name = path.Clean(strings.ReplaceAll(name, `\`, "/"))
	folder, base = path.Split(name)
	folder = strings.TrimSuffix(folder, "/")
	if i := strings.LastIndexByte(folder, '/'); i >= 0 {
		return folder[i+1:], base, true
	}
	return folder, base, false
}

// find gives the pictures that name may mean: one, none, or several that share it; and by what it was
// understood, "" where it stands there as the documentation says.
func (n *pictureNames) find(name string) (files []string, by string) {
	folder, base, longer := split(strings.TrimSpace(name))
	for i, r := range rungs {
		if n.keys[i] == nil {
			n.keys[i] = map[string][]string{}
			for _, f := range n.files {
				if b := r.file(path.Base(f), true); b != "" {
					n.keys[i]["/"+b] = append(n.keys[i]["/"+b], f)
					k := r.file(path.Dir(f), false) + "/" + b
					n.keys[i][k] = append(n.keys[i][k], f)
				}
			}
		}
		key := "/" + r.row(base, true)
		if folder != "" {
			key = r.row(folder, false) + key
		}
		if files = n.keys[i][key]; len(files) > 0 {
			by = r.by
			if longer && by == "" {
				by = "the end of a longer path"
			}
			return files, by
		}
	}
	return nil, ""
}

// Visible shows what cannot be seen: each space but the usual one, and each character without a
// shape, as its number; bytes that are no text as numbers too.
func Visible(s string) string {
	if !strings.ContainsFunc(s, odd) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, "<%02X>", s[i])
		case odd(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func odd(r rune) bool {
	return r == utf8.RuneError || r != ' ' && (unicode.IsSpace(r) || invisible(r))
}

// quote puts a name between quotation marks, with everything visible.
func quote(s string) string { return `"` + Visible(s) + `"` }
