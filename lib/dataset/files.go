package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"syscall"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// listing is what lies in a data folder.
type listing struct {
	files      []string // pictures, slash-separated below the folder, sorted
	debris     []string // what systems leave behind unasked; folders end in a slash
	understood []string
	problems   Problems
}

// Fixes that several faults share.
const (
	fetchIt  = "make it available offline in the program that keeps it in the cloud, or export the picture again"
	repack   = "unpack the archive again with python3 -m zipfile --metadata-encoding cp932 -e FILE.zip DIR (or unzip -O cp932 FILE.zip, where it has -O)"
	allowing = "allow reading it: chmod -R u+rX"
)

// list finds the pictures below dir's genre folders and the entries that do not belong there. What
// cannot be read is a fault, and the rest is listed.
func list(dir string) (listing, error) {
	var l listing
	entries, err := os.ReadDir(dir)
	if err != nil {
		return l, fmt.Errorf("reading the data folder: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		full := filepath.Join(dir, name)
		picture := slices.Contains(pictureTypes, strings.ToLower(path.Ext(name)))
		info, err := os.Stat(full)
		switch {
		case isDebris(name):
			if info != nil && info.IsDir() {
				name += "/"
			}
			l.debris = append(l.debris, name)
		case err != nil && e.Type()&fs.ModeSymlink != 0:
			l.problems = append(l.problems, Problem{File: name, Found: linkFault(full, err), Want: "links that lead to something", Fix: "plug in or make available what it points to, or remove the link"})
		case err != nil:
			l.problems = append(l.problems, Problem{File: name, Found: inner(err).Error(), Want: "what can be read", Fix: allowing})
		case info.IsDir():
			l.genre(dir, name)
		case picture:
			l.problems = append(l.problems, Problem{File: name, Found: "a picture outside the genre folders", Want: "DIR/<genre>/<picture>", Fix: "move it into the folder of its genre"})
		}
	}
	sort.Strings(l.files)
	return l, nil
}

// genre lists one folder of pictures.
func (l *listing) genre(dir, name string) {
	fault := func(file, found, want, fix string) {
		l.problems = append(l.problems, Problem{File: file, Found: found, Want: want, Fix: fix})
	}
	if meant := ungarbled(name); meant != "" {
		found := fmt.Sprintf("the folder %s looks like %s, garbled in unpacking: %s", quote(name), quote(meant), repack)
		if !validText(name) {
			fault(name+"/", fmt.Sprintf("a name garbled in unpacking, probably %s", quote(meant)), "a name in UTF-8", repack)
			return
		}
		l.understood = append(l.understood, found)
	} else if !validText(name) {
		fault(name+"/", "a name that is not UTF-8", "a name in UTF-8", "rename the folder, or "+repack)
		return
	}
	inside, err := os.ReadDir(filepath.Join(dir, name))
	if err != nil {
		fault(name+"/", "the folder cannot be read: "+inner(err).Error(), "what can be read", allowing)
		return
	}
	n, said := len(l.files), len(l.problems)
	for _, e := range inside {
		file, full := path.Join(name, e.Name()), filepath.Join(dir, name, e.Name())
		ext := strings.ToLower(path.Ext(e.Name()))
		info, err := os.Stat(full)
		switch {
		case cloudName(e.Name()) != "":
			fault(path.Join(name, cloudName(e.Name())), "a picture in the cloud that is not on this machine", "pictures that are here", fetchIt)
		case isDebris(e.Name()):
			if info != nil && info.IsDir() {
				file += "/"
			}
			l.debris = append(l.debris, file)
		case err != nil && e.Type()&fs.ModeSymlink != 0:
			fault(file, linkFault(full, err), "pictures that are here", "make it available offline: plug in or mount what it points to; or remove the link")
		case err != nil:
			fault(file, inner(err).Error(), "what can be read", allowing)
		case info.IsDir():
			fault(file, "a folder inside a genre folder", "pictures only", "move its pictures up, or move the folder out")
		case !info.Mode().IsRegular():
			fault(file, "neither a file nor a folder", "pictures only", "remove it")
		case ext == ".csv" || ext == ".xlsx" || ext == ".tsv":
			fault(file, "a table inside a genre folder", "pictures only", "move it beside the genre folders, or out")
		case !slices.Contains(pictureTypes, ext):
			p := foreignFile(file, ext)
			fault(file, p.Found, p.Want, p.Fix)
		case !validText(e.Name()):
			fault(file, "a name that is not UTF-8", "a name in UTF-8", repack)
		default:
			l.files = append(l.files, file)
		}
	}
	if len(l.files) == n && len(l.problems) == said {
		fault(name+"/", "a genre folder without pictures", "one picture or more", "put the genre's pictures into it, or remove the folder")
	}
}

// isDebris says whether a name is one that systems leave behind unasked: hidden files, folders of
// macOS' archives, of NAS, of Windows' bin, of file systems, Excel's locks.
func isDebris(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") {
		return true
	}
	switch strings.ToLower(name) {
	case "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "#recycle", "@recycle", "$recycle.bin", "recycler", "system volume information", "lost+found":
		return true
	}
	return false
}

// cloudName is the name of the picture that iCloud keeps elsewhere, of which .NAME.icloud is here; "" for others.
func cloudName(name string) string {
	rest, ok := strings.CutPrefix(name, ".")
	rest, is := strings.CutSuffix(rest, ".icloud")
	if !ok || !is {
		return ""
	}
	return rest
}

func linkFault(link string, err error) string {
	to, readErr := os.Readlink(link)
	switch {
	case readErr != nil:
		return inner(readErr).Error()
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("a link to %s, where nothing is", quote(to))
	}
	return fmt.Sprintf("a link to %s: %v", quote(to), inner(err))
}

// inner is an error without the path, which the message names already.
func inner(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func validText(name string) bool { return strings.ToValidUTF8(name, "") == name }

// isAway says whether a file that cannot be made sense of has its bytes elsewhere: it has a size and
// nothing on the disk, or nothing but zeros, or the drive does not give them.
func isAway(file string, data []byte, err error) bool {
	for _, e := range []error{syscall.EIO, syscall.ENOTCONN, syscall.ESTALE, syscall.ETIMEDOUT} {
		if errors.Is(err, e) {
			return true
		}
	}
	if len(data) == 0 {
		return false
	}
	if !slices.ContainsFunc(data, func(b byte) bool { return b != 0 }) {
		return true
	}
	info, err := os.Stat(file)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Size() > 0 && stat.Blocks == 0
}

// coloursFile is features.HSVFile.
const coloursFile = "hsvdata.csv"

// optionalTables are those that a data folder may hold besides the engagement numbers.
var optionalTables = []string{CorrectionsFile, coloursFile, GenresFile}

// TableFile is the file in the folder that stands for the table of that name ("engagement.csv"): the
// one of that name, or the only one of nearly that name. "" where there is none; understood says what
// was taken for it and what was not read, "" where nothing needs saying. Several of nearly that name
// are a fault.
func TableFile(dir, name string) (file, understood string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", "", fmt.Errorf("reading the data folder: %w", err)
	}
	var near, others []string
	for _, e := range entries {
		switch {
		case e.Name() == name:
			file = name
		case e.IsDir() || isDebris(e.Name()):
		case isNear(e.Name(), name):
			near = append(near, e.Name())
		case isOtherTable(e.Name()):
			others = append(others, e.Name())
		}
	}
	switch {
	case file != "" && len(near) > 0:
		return file, fmt.Sprintf("%s is read, not %s", file, quoted(near, " and ")), nil
	case file != "":
		return file, "", nil
	case len(near) == 0 && name == EngagementFile && len(others) == 1:
		near = others // a folder has to have these numbers, and there is no other table
	}
	switch len(near) {
	case 0:
		return "", "", nil
	case 1:
		return near[0], fmt.Sprintf("%s was read as %s", quote(near[0]), name), nil
	}
	return "", "", Problems{{File: name, Found: "no file of this name, but " + quoted(near, " and "), Want: "one " + name, Fix: "rename the right one to " + name, folder: true}}
}

// isNear says whether a file's name is a table's but for case, an ending too many, or another
// ending that a table may have.
func isNear(file, table string) bool {
	file = strings.TrimSpace(cases.Fold().String(norm.NFKC.String(file)))
	bare := strings.TrimSuffix(table, ".csv")
	for _, end := range []string{"", ".csv", ".csv.csv", ".csv.txt", ".txt", ".tsv", ".csv.tsv", ".xlsx", ".csv.xlsx", ".xlsx.csv"} {
		if file == bare+end {
			return true
		}
	}
	return false
}

func isOtherTable(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".csv", ".tsv", ".xlsx":
		return !slices.ContainsFunc(optionalTables, func(table string) bool { return isNear(file, table) })
	}
	return false
}

// quoted joins names, each between quotation marks.
func quoted(names []string, between string) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = quote(n)
	}
	return strings.Join(parts, between)
}

// ReadRegular reads a file, unless it is one that reading would wait for, such as a pipe.
func ReadRegular(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, inner(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("no regular file")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, inner(err)
	}
	return data, nil
}
