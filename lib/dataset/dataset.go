// Package dataset reads a labelled set of screenshots with their engagement
// numbers:
//
//	DIR/<genre>/<picture>.png|jpg|jpeg|webp
//	DIR/engagement.csv          file,likes,saves,comments
//	DIR/corrections.csv         file,face_count,text; may be missing
//
// The genres are the folders. All faults of a folder are reported at once, each
// with file, row, field, what was expected and what to do.
package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"thesis.example/lib/picture"
	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
)

// Names of the files in a data folder.
const (
	EngagementFile  = "engagement.csv"  // one row a picture
	CorrectionsFile = "corrections.csv" // what somebody who looked says against a measurement
	StandInFile     = "standin.json"    // the truth behind a stand-in set; marks the folder as one
)

// Sample is one labelled screenshot.
type Sample struct {
	File                   string // slash-separated path below Set.Dir, "dance/001.png"
	Genre                  string // name of its folder
	Label                  int    // index of Genre in Set.Genres
	Likes, Saves, Comments int64
}

// Set is a checked folder: every picture decodes and has one row of numbers.
type Set struct {
	Dir     string
	Genres  []string // sorted
	Samples []Sample // by path: genres may not lie together in the order of Genres
	Dropped Problems // what a lenient Open left out
	StandIn bool     // the pictures are drawn, the numbers made: see package standin

	Corrections map[string]Correction // by Sample.File, of the pictures that have one

	Near []Near // pairs of pictures that are near-duplicates

	hash  []string // SHA-256 of each picture's bytes, hexadecimal
	info  []picture.Info
	group []int // of each sample the first sample of its group: see tie
}

// Dir is the data folder in use: $DATA, else the stand-in set's place.
func Dir() (string, error) {
	if dir := os.Getenv("DATA"); dir != "" {
		return dir, nil
	}
	return setup.Place("standin")
}

// Path is where sample i's picture lies on this machine.
func (s *Set) Path(i int) string { return filepath.Join(s.Dir, filepath.FromSlash(s.Samples[i].File)) }

// Hash is the SHA-256 of the bytes of sample i's picture file, in hexadecimal.
func (s *Set) Hash(i int) string { return s.hash[i] }

// Labels are the genres of the samples as indices into Genres.
func (s *Set) Labels() []int {
	labels := make([]int, len(s.Samples))
	for i, sample := range s.Samples {
		labels[i] = sample.Label
	}
	return labels
}

// Fingerprint is a SHA-256 over everything that a result can depend on: names,
// genres, pictures, numbers and corrections. It does not depend on where the folder lies.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	for i, p := range s.Samples {
		fmt.Fprintf(h, "%q %q %s %d %d %d\n", norm.NFC.String(p.File), p.Genre, s.hash[i], p.Likes, p.Saves, p.Comments)
		if c, ok := s.Corrections[p.File]; ok {
			c.fingerprint(h)
		}
		if s.group != nil && s.group[i] != i { // it decides the folds
			fmt.Fprintf(h, "fold of %d\n", s.group[i])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Open reads and checks the folder. Its error is a Problems when the folder has
// faults. A lenient Open leaves out the pictures and rows at fault, lists them in
// Dropped, and fails only where no set remains.
func Open(ctx context.Context, dir string, lenient bool) (*Set, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("data folder: %w; name a folder with -data or DATA=, or make the stand-in set with: go run ./lib/cmd/thesis data standin", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("data folder %s is a file; expected a folder of genre folders", dir)
	}
	files, problems, err := list(dir)
	if err != nil {
		return nil, err
	}
	checked, err := check(ctx, dir, files)
	if err != nil {
		return nil, err
	}
	problems = append(problems, contentProblems(files, checked)...)
	rows, rowProblems := engagement.read(dir)
	problems = append(problems, rowProblems...)

	set := &Set{Dir: dir}
	if _, err := os.Stat(filepath.Join(dir, StandInFile)); err == nil {
		set.StandIn = true
	}
	numbers, joinProblems := engagement.join(files, rows, !rowProblems.fatal())
	problems = append(problems, joinProblems...)
	corrected, correctionProblems := readCorrections(dir, files)
	problems = append(problems, correctionProblems...)

	bad := map[string]bool{}
	for _, p := range problems {
		bad[p.sample] = true
	}
	var looks []look
	var groups []string
	for i, f := range files {
		row, ok := numbers[f]
		if !ok || bad[f] {
			continue
		}
		genre := path.Dir(f)
		set.Samples = append(set.Samples, Sample{File: f, Genre: genre, Likes: row.likes, Saves: row.saves, Comments: row.comments})
		set.hash = append(set.hash, checked[i].hash)
		set.info = append(set.info, checked[i].info)
		looks, groups = append(looks, checked[i].look), append(groups, row.group)
		if c, ok := corrected[f]; ok {
			if set.Corrections == nil {
				set.Corrections = map[string]Correction{}
			}
			set.Corrections[f] = c
		}
		if !slices.Contains(set.Genres, genre) {
			set.Genres = append(set.Genres, genre)
		}
	}
	set.Near = near(looks, NearLimit)
	set.group = tie(groups, set.Near)
	// Paths are not in the genres' order: "food & drink/" comes before "food/".
	slices.Sort(set.Genres)
	for i := range set.Samples {
		set.Samples[i].Label = slices.Index(set.Genres, set.Samples[i].Genre)
	}
	if len(problems) > 0 && (!lenient || problems.fatal()) {
		return nil, problems
	}
	set.Dropped = problems
	if len(set.Genres) < 2 {
		p := Problem{File: dir, Found: fmt.Sprintf("%d genre folder(s) with usable pictures", len(set.Genres)), Want: "two genres or more", Fix: "make one folder a genre and put its pictures into it", folder: true}
		return nil, append(problems, p)
	}
	return set, nil
}

// pictureTypes are the endings of the picture files that are read.
var pictureTypes = []string{".png", ".jpg", ".jpeg", ".webp"}

// list finds the pictures below dir's genre folders, sorted, and the entries that
// do not belong there. Hidden files and folders are none of ours.
func list(dir string) (files []string, problems Problems, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the data folder: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if hidden(name) {
			continue
		}
		if !isDir(dir, e) {
			if slices.Contains(pictureTypes, strings.ToLower(path.Ext(name))) {
				problems = append(problems, Problem{File: name, Found: "a picture outside the genre folders", Want: "DIR/<genre>/<picture>", Fix: "move it into the folder of its genre"})
			}
			continue
		}
		inside, err := os.ReadDir(filepath.Join(dir, name))
		if err != nil {
			return nil, nil, fmt.Errorf("reading the genre folder %s: %w", name, err)
		}
		n := len(files)
		for _, f := range inside {
			file := path.Join(name, f.Name())
			ext := strings.ToLower(path.Ext(f.Name()))
			switch {
			case hidden(f.Name()):
			case isDir(filepath.Join(dir, name), f):
				problems = append(problems, Problem{File: file, Found: "a folder inside a genre folder", Want: "pictures only", Fix: "move its pictures up, or move the folder out"})
			case special(filepath.Join(dir, name, f.Name())):
				problems = append(problems, Problem{File: file, Found: "neither a file nor a folder", Want: "pictures only", Fix: "remove it"})
			case !slices.Contains(pictureTypes, ext):
				problems = append(problems, foreignFile(file, ext))
			default:
				files = append(files, file)
			}
		}
		if len(files) == n {
			problems = append(problems, Problem{File: name + "/", Found: "a genre folder without pictures", Want: "one picture or more", Fix: "put the genre's pictures into it, or remove the folder"})
		}
	}
	sort.Strings(files)
	return files, problems, nil
}

// hidden says whether a name is one that systems leave behind unasked.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.EqualFold(name, "thumbs.db") || strings.EqualFold(name, "desktop.ini")
}

// special says whether something is there that is no regular file, such as a pipe, which reading would
// wait for.
func special(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

// isDir follows links, so that a genre may be a link to a folder elsewhere.
func isDir(parent string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(filepath.Join(parent, e.Name()))
	return err == nil && info.IsDir()
}

// checkedPicture is what checking one picture found.
type checkedPicture struct {
	hash   string // of the file's bytes
	pixels string // of size and pixels: the same picture saved twice has the same
	look   look   // nearly the same picture has nearly the same
	info   picture.Info
	err    error // why it cannot be read
}

// check decodes every picture once, on all cores. What was found is remembered by
// content, so that the next command need only read the bytes.
func check(ctx context.Context, dir string, files []string) ([]checkedPicture, error) {
	known, err := loadKnown()
	if err != nil {
		return nil, err
	}
	found := make([]checkedPicture, len(files))
	bar := progress.New("checking pictures", "pictures", len(files))
	var pool errgroup.Group
	pool.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		pool.Go(func() error {
			if ctx.Err() == nil {
				found[i] = checkOne(filepath.Join(dir, filepath.FromSlash(file)), known)
				bar.Add(1)
			}
			return nil
		})
	}
	pool.Wait()
	bar.Done()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("checking the pictures of %s: %w", dir, err)
	}
	return found, known.save(found)
}

func checkOne(file string, known *knownPictures) checkedPicture {
	data, err := os.ReadFile(file)
	if err != nil {
		return checkedPicture{err: err}
	}
	if len(data) == 0 {
		return checkedPicture{err: errors.New("the file is empty")}
	}
	sum := sha256.Sum256(data)
	c := checkedPicture{hash: hex.EncodeToString(sum[:])}
	if k, ok := known.pictures[c.hash]; ok {
		c.pixels, c.look, c.info = k.Pixels, k.Look, k.Info
		return c
	}
	m, info, err := picture.DecodeInfo(data)
	if err == nil {
		c.info = info
		c.look, err = lookOf(m)
	}
	if err != nil {
		c.err = err
		return c
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %d\n", m.W, m.H)
	h.Write(m.Pix)
	c.pixels = hex.EncodeToString(h.Sum(nil))
	return c
}

// contentProblems are the pictures that cannot be read and those that are there
// twice. Of two equal pictures of one genre the first stays; of two genres none
// can, since the label is unknown.
func contentProblems(files []string, checked []checkedPicture) Problems {
	var problems Problems
	first := map[string]int{}
	for i, c := range checked {
		if c.err != nil {
			problems = append(problems, Problem{File: files[i], Found: c.err.Error(), Want: "a whole PNG, JPEG or WebP picture", Fix: "export the picture again, or remove it and its row", sample: files[i]})
			continue
		}
		j, seen := first[c.pixels]
		if !seen {
			first[c.pixels] = i
			continue
		}
		p := Problem{File: files[i], Found: "the same picture as " + files[j], Want: "every picture once", Fix: "remove one of the two and its row", sample: files[i]}
		problems = append(problems, p)
		if path.Dir(files[i]) != path.Dir(files[j]) {
			p.File, p.Found, p.sample = files[j], "the same picture as "+files[i]+", in another genre", files[j]
			problems = append(problems, p)
		}
	}
	return problems
}

// OpenCurrent opens the set in use: the folder of Dir, leniently where $LENIENT is 1.
// It is what a notebook calls, which has no flags.
func OpenCurrent(ctx context.Context) (*Set, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	return Open(ctx, dir, os.Getenv("LENIENT") == "1")
}
