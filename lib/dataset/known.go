package dataset

import (
	"bufio"
	"encoding/json"
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
	file     string
	pictures map[string]knownPicture // by the hash of the bytes
}

// knownPicture is a line of the list.
type knownPicture struct {
	Hash   string       `json:"hash"`
	Pixels string       `json:"pixels"` // SHA-256, hexadecimal
	Look   look         `json:"look"`
	Info   picture.Info `json:"info"`
}

// loadKnown reads the cache's list, and gives an empty one with an error: a line a picture, of JSON. A line
// that is not that (a write that was cut off) is passed over, and its picture decoded again.
func loadKnown() (*knownPictures, error) {
	k := &knownPictures{pictures: map[string]knownPicture{}}
	var err error
	if k.file, err = setup.CacheFile("pictures", picture.Version, nearVersion); err != nil {
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
		var p knownPicture
		if err := json.Unmarshal(lines.Bytes(), &p); err == nil && len(p.Hash) == 64 && len(p.Pixels) == 64 {
			k.pictures[p.Hash] = p
		}
	}
	return k, nil
}

// save appends what was learnt.
func (k *knownPictures) save(found []checkedPicture) error {
	var fresh strings.Builder
	for _, c := range found {
		if _, ok := k.pictures[c.hash]; ok || c.err != nil {
			continue
		}
		p := knownPicture{c.hash, c.pixels, c.look, c.info}
		line, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("keeping the list of checked pictures: %w", err)
		}
		k.pictures[c.hash] = p
		fresh.Write(append(line, '\n'))
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
