package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
)

// kept is what find finds: from the file path (setup.CacheFile names it) where it was found before, else
// anew, and then kept there. fits says what is wrong with a value that was kept; nil: nothing can be.
func kept[T any](path string, find func() (T, error), fits func(T) error) (v T, err error) {
	b, err := os.ReadFile(path)
	if err == nil {
		if err = json.Unmarshal(b, &v); err == nil && fits != nil {
			err = fits(v)
		}
		if err != nil {
			return v, fmt.Errorf("%s is damaged (%w): delete it", path, err)
		}
		return v, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return v, err
	}
	if v, err = find(); err != nil {
		return v, err
	}
	if b, err = json.Marshal(v); err != nil {
		return v, err
	}
	return v, renameio.WriteFile(path, b, 0o644)
}
