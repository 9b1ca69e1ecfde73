package setup

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// HomeVariable names the environment variable that moves everything the project makes into another
// folder; see Place.
const HomeVariable = "THESIS_HOME"

// Place is the folder in which the project keeps one kind of what it makes or downloads:
//
//	standin   the stand-in data set
//	records   what trials came to
//	cache     what can be made again
//	weights   files of pretrained models
//	report    the exported chapters
//
// They lie below $THESIS_HOME, or in the project: report in its root, the others in data. The folder
// need not exist yet.
func Place(kind string) (string, error) {
	switch kind {
	case "standin", "records", "cache", "weights", "report":
	default:
		return "", fmt.Errorf("setup: %q is no place of the project", kind)
	}
	if home := os.Getenv(HomeVariable); home != "" {
		dir, err := filepath.Abs(filepath.Join(home, kind))
		if err != nil {
			return "", fmt.Errorf("$%s: %w", HomeVariable, err)
		}
		return dir, nil
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	if kind == "report" {
		return filepath.Join(root, "report"), nil
	}
	return filepath.Join(root, "data", kind), nil
}

// CacheFile is the path in the cache, which it makes, for a content that is decided by all of
// decides: inputs by their hashes, settings, and the version of the code that computes it. kind comes
// first in the name, for people.
func CacheFile(kind string, decides ...any) (string, error) {
	dir, err := Place("cache")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("the cache: %w", err)
	}
	key, err := json.Marshal(decides)
	if err != nil {
		return "", fmt.Errorf("the cache of %s: %w", kind, err)
	}
	hash := sha256.Sum256(key)
	return filepath.Join(dir, fmt.Sprintf("%s-%x", kind, hash[:8])), nil
}

// Command is how a message spells the project's command, for the project's folder.
const Command = "go run ./lib/cmd/thesis"

// CheckRoot says whether everything works from the project's folder: an error that says what to rename where its path
// holds a character that a program below takes for its own. GoMLX takes options apart at commas and GoNB
// folders; PATH is taken apart at colons; make and the shells of Python's scripts read $, ", \, ` and #
// as theirs. Spaces, apostrophes and letters of any language are well.
func CheckRoot() error {
	root, err := Root()
	if err != nil {
		return err
	}
	if i := strings.IndexAny(root, ",:$\"\\`#%\n\r\t"); i >= 0 {
		return fmt.Errorf("the project's folder %q has %q in its path, which some of its tools take for their own: move or rename the folder", root, root[i:i+1])
	}
	return nil
}
