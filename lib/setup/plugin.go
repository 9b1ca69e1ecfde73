package setup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// pluginVersion is the XLA plug-in that go-xla's installer fetches where no wheel holds one: the version
// that this go-xla was made with.
const pluginVersion = "v0.114.0"

// platforms are those that the project installs itself on; see thirdParty.on.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/arm64"}

func checkPlatform(platform string) error {
	if slices.Contains(platforms, platform) {
		return nil
	}
	return fmt.Errorf("this machine is %s; there are an XLA plug-in and onnxruntime for %s", platform, strings.Join(platforms, ", "))
}

// thisPlatform is the operating system and processor of this program, as "linux/arm64".
func thisPlatform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// recorded is the path of the check sum of a file that comes without one: see installPlugin.
func recorded(path string) string { return path + ".sha256" }

// installPlugin puts the XLA plug-in that fetch brings into an empty folder at path. Its releases come with
// no check sum that could be pinned, so the transfer is trusted once (HTTPS, a fixed version), and what came
// is written down: a file that changes afterwards is refused like any other.
func installPlugin(ctx context.Context, path string, fetch func(ctx context.Context, dir string) error) error {
	dir, err := os.MkdirTemp(filepath.Dir(path), "plugin-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := fetch(ctx, dir); err != nil {
		return fmt.Errorf("go-xla's installer: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "pjrt_c_api_cpu_v*_plugin.so"))
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("go-xla's installer brought the plug-ins %q, expected one pjrt_c_api_cpu_v*_plugin.so", found)
	}
	sum, err := hashFiles(found[0])
	if err != nil {
		return err
	}
	if err := writeIfChanged(recorded(path), []byte(sum+"\n")); err != nil {
		return err
	}
	return os.Rename(found[0], path)
}

// recordedSum is the check sum that installPlugin wrote down for the file at path, "" where it has not.
func recordedSum(path string) (string, error) {
	data, err := os.ReadFile(recorded(path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	sum := strings.TrimSpace(string(data))
	if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
		return "", fmt.Errorf("%s holds %q, expected a SHA-256: delete it and %s", recorded(path), sum, again)
	}
	return sum, nil
}
