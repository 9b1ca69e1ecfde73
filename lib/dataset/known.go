package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"thesis.example/lib/picture"
	"thesis.example/lib/setup"
)

// knownPictures remembers the pictures that decoded, by the hash of their bytes: under
// it and the decoder's version nothing here goes stale.
type knownPictures struct {
	file   string
	pixels map[string]string // hash of the bytes → hash of the pixels
}

// loadKnown reads the cache's list, and gives an empty one with an error: a line a picture, two SHA-256 sums. A
// line that is not that (a write that was cut off) is passed over, and its picture
// decoded again.
func loadKnown() (*knownPictures, error) {
	k := &knownPictures{pixels: map[string]string{}}
	var err error
	if k.file, err = setup.CacheFile("pictures", picture.Version); err != nil {
		return k, err
	}
	f, err := os.Open(k.file)
	if errors.Is(err, os.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, fmt.Errorf("reading the list of checked pictures: %w", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if hash, pixels, ok := strings.Cut(lines.Text(), " "); ok && len(hash) == 64 && len(pixels) == 64 {
			k.pixels[hash] = pixels
		}
	}
	return k, nil
}

// save appends what was learnt.
func (k *knownPictures) save(found []checkedPicture) error {
	var fresh strings.Builder
	for _, c := range found {
		if _, ok := k.pixels[c.hash]; !ok && c.err == nil {
			k.pixels[c.hash] = c.pixels
			fmt.Fprintf(&fresh, "%s %s\n", c.hash, c.pixels)
		}
	}
	if fresh.Len() == 0 {
		return nil
	}
	f, err := os.OpenFile(k.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keeping the list of checked pictures: %w", err)
	}
	_, err = f.WriteString(fresh.String())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keeping the list of checked pictures: %w", err)
	}
	return nil
}
