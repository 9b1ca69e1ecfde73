// Package dataset reads a labelled set of screenshots with their engagement
// numbers:
//
//	DIR/<genre>/<picture>.png|jpg|jpeg|webp
//	DIR/engagement.csv          file,likes,saves,comments
//	DIR/corrections.csv         file,face_count,text; may be missing
//	DIR/genres.csv              folder,genre,title; may be missing
//
// Each folder is a genre. All faults of a folder are reported at once, each
// with file, row, field, what was expected and what to do.
package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"

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
	Genre                  string // its folder's, by nameGenres
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

	// Understood says, in a sentence each, what in the folder was read otherwise than as it stands
	// there: names in a table by a looser spelling, a table by another name. Debris are the entries that
	// systems leave behind and that were left alone.
	Understood, Debris []string

	Corrections map[string]Correction // by Sample.File, of the pictures that have one

	Near []Near // pairs of pictures that are near-duplicates

	hash   []string // SHA-256 of each picture's bytes, hexadecimal
	info   []picture.Info
	group  []int // of each sample the first sample of its group: see tie
	naming naming
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
	found, err := list(dir)
	if err != nil {
		return nil, err
	}
	files, problems := found.files, found.problems
	checked, err := check(ctx, dir, files)
	if err != nil {
		return nil, err
	}
	problems = append(problems, contentProblems(files, checked)...)
	set := &Set{Dir: dir, Debris: found.debris, Understood: found.understood}
	if _, err := os.Stat(filepath.Join(dir, StandInFile)); err == nil {
		set.StandIn = true
	}
	names := newNames(files)
	table := engagement.read(dir)
	numbers := engagement.join(&table, names, !table.problems.fatal())
	corrected, correctionsTable := readCorrections(dir, names)
	problems = slices.Concat(problems, table.problems, correctionsTable.problems)
	set.Understood = slices.Concat(set.Understood, table.understood, correctionsTable.understood)
	// Package features reads this one, and has nobody to say it to.
	if _, understood, err := TableFile(dir, coloursFile); err == nil && understood != "" {
		set.Understood = append(set.Understood, understood)
	}

	var folders []string // sorted, as files are
	for _, f := range files {
		if folder := path.Dir(f); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	genres, understood, genreProblems := nameGenres(dir, folders)
	problems = append(problems, genreProblems...)
	set.Understood = append(set.Understood, understood...)
	set.naming = genres

	bad := map[string]bool{}
	for _, p := range problems {
		bad[p.sample] = true
		for _, file := range p.others {
			bad[file] = true
		}
	}
	var looks []look
	var groups []string
	for i, f := range files {
		row, ok := numbers[f]
		if !ok || bad[f] {
			continue
		}
		genre := genres.genre[path.Dir(f)]
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
	fail := func(problems Problems) (*Set, error) {
		fine := len(set.Samples)
		if table.problems.fatal() { // no picture has numbers, through no fault of its own
			fine = len(slices.DeleteFunc(slices.Clone(files), func(f string) bool { return bad[f] }))
		}
		return nil, &FolderError{Dir: dir, Fine: fine, Pictures: len(files), Problems: problems, Understood: set.Understood}
	}
	if len(problems) > 0 && (!lenient || problems.fatal()) {
		return fail(problems)
	}
	set.Dropped = problems
	if len(set.Genres) < 2 {
		p := Problem{File: dir, Found: fmt.Sprintf("%d genre folder(s) with usable pictures", len(set.Genres)), Want: "two genres or more", Fix: "make one folder a genre and put its pictures into it", folder: true}
		return fail(append(problems, p))
	}
	return set, nil
}

// pictureTypes are the endings of the picture files that are read.
var pictureTypes = []string{".png", ".jpg", ".jpeg", ".webp"}

// checkedPicture is what checking one picture found.
type checkedPicture struct {
	hash   string // of the file's bytes
	pixels string // of size and pixels: the same picture saved twice has the same
	look   look   // nearly the same picture has nearly the same
	info   picture.Info
	err    error // why it cannot be read
	unread bool  // not even its bytes
	away   bool  // they are, or may be, in the cloud
}

// check decodes every picture once, on all cores. What was found is remembered by
// content, so that the next command need only read the bytes.
func check(ctx context.Context, dir string, files []string) ([]checkedPicture, error) {
	found := make([]checkedPicture, len(files))
	bar := progress.New("checking pictures", "pictures", len(files))
	// Without the list, this command and the next take longer, and find the same.
	known, listErr := loadKnown()
	var pool errgroup.Group
	pool.SetLimit(runtime.GOMAXPROCS(0))
	finished := make(chan struct{})
	go func() {
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
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done(): // a drive that does not answer must not keep an interrupt waiting
	}
	bar.Done()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("checking the pictures of %s: %w", dir, err)
	}
	if listErr == nil {
		listErr = known.save(found)
	}
	if listErr != nil {
		bar.Say(fmt.Sprintf("the pictures will be decoded again next time: %v", listErr))
	}
	return found, nil
}

func checkOne(file string, known *knownPictures) checkedPicture {
	data, err := os.ReadFile(file)
	if err != nil {
		return checkedPicture{err: fmt.Errorf("the file cannot be read: %w", inner(err)), away: isAway(file, nil, err), unread: true}
	}
	if len(data) == 0 {
		return checkedPicture{err: errors.New("the file is empty"), away: true}
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
		c.err, c.away = err, isAway(file, data, nil)
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
			p := Problem{File: files[i], Found: c.err.Error(), Want: "a whole PNG, JPEG or WebP picture", Fix: "export the picture again, or remove it and its row", sample: files[i]}
			switch {
			case c.away:
				p.Want, p.Fix = "pictures that are here", fetchIt
			case c.unread:
				p.Want, p.Fix = "what can be read", allowing
			}
			problems = append(problems, p)
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

// First are the first n samples of each genre, in the set's order.
func (s *Set) First(n int) (samples []int) {
	seen := map[string]int{}
	for i, sample := range s.Samples {
		if seen[sample.Genre]++; seen[sample.Genre] <= n {
			samples = append(samples, i)
		}
	}
	return samples
}

// Spread are n samples, or all where there are fewer, evenly over the set.
func (s *Set) Spread(n int) []int {
	all := make([]int, len(s.Samples))
	for i := range all {
		all[i] = i
	}
	return SpreadOf(all, n)
}

// SpreadOf takes n of the samples, or all where there are fewer, evenly, so that all genres are among them.
func SpreadOf(samples []int, n int) []int {
	taken := make([]int, min(n, len(samples)))
	for i := range taken {
		taken[i] = samples[i*len(samples)/len(taken)]
	}
	return taken
}
