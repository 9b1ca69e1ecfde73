package setup

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// project makes an empty project folder, for the length of a test the working
// directory.
func project(t *testing.T) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "go.mod"), "module thesis.example\n\ngo 1.26\n")
	t.Chdir(root)
	return root
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRoot(t *testing.T) {
	source, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	root := project(t)
	deep := filepath.Join(root, "a", "b")
	// A module of another name on the way up is not the project.
	write(t, filepath.Join(root, "a", "go.mod"), "module other.example\n")
	write(t, filepath.Join(deep, "file"), "")
	for dir, want := range map[string]string{root: root, deep: root, os.TempDir(): source} {
		t.Chdir(dir)
		if got, err := Root(); err != nil || got != want {
			t.Errorf("Root in %s = %q, %v; want %q", dir, got, err, want)
		}
	}
}

func TestFileRefusesWhatIsNotTheOriginal(t *testing.T) {
	root := project(t)
	if _, err := File("other.js"); err == nil || !strings.Contains(err.Error(), "none of the project's") {
		t.Errorf("unknown file: %v", err)
	}
	for _, name := range []string{"libpjrt_cpu.so", "ipaexg.ttf", "libonnxruntime.so", "echarts.min.js"} {
		if _, err := File(name); err == nil || !strings.Contains(err.Error(), "not installed yet: run `make setup`") {
			t.Errorf("missing %s: %v", name, err)
		}
		write(t, filepath.Join(root, ".venv", "share", "thesis", name), "damaged")
		if _, err := File(name); err == nil || !strings.Contains(err.Error(), "is damaged") || !strings.Contains(err.Error(), "make setup") {
			t.Errorf("damaged %s: %v", name, err)
		}
	}
}

func TestInstalledFilesAreTheOriginals(t *testing.T) {
	for _, p := range thirdParties {
		if path, err := File(p.name); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestUseXLA(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	ours := "xla:" + filepath.Join(root, ".venv", "share", "thesis", "libpjrt_cpu.so")
	for chosen, want := range map[string]string{"": ours, ours: ours, "go": "go", "xla:cuda": "xla:cuda"} {
		t.Setenv("GOMLX_BACKEND", chosen)
		if err := UseXLA(); err != nil {
			t.Fatal(err)
		}
		if got := os.Getenv("GOMLX_BACKEND"); got != want {
			t.Errorf("with GOMLX_BACKEND=%q it became %q, want %q", chosen, got, want)
		}
	}
	damaged := project(t)
	write(t, filepath.Join(damaged, ".venv", "share", "thesis", "libpjrt_cpu.so"), "damaged")
	t.Setenv("GOMLX_BACKEND", "")
	if err := UseXLA(); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged plug-in: %v", err)
	}
}

// Where the path of the project holds what a tool below takes for its own, that is said before any work.
func TestCheckRoot(t *testing.T) {
	top := t.TempDir()
	for name, want := range map[string]string{
		"plain": "", "with space": "", "it's": "", "日本語": "", "a+b (1)": "", "ダンス & グルメ!": "",
		"a,b": `has "," in its path`, "c:c": `has ":" in its path`, "d$x": `has "$" in its path`, "h#h": `has "#" in its path`, `q"q`: `has "\"" in its path`, "p%p": `has "%" in its path`,
	} {
		root := filepath.Join(top, name)
		write(t, filepath.Join(root, "go.mod"), "module thesis.example\n\ngo 1.26\n")
		t.Chdir(root)
		t.Setenv("GOMLX_BACKEND", "go")
		for what, err := range map[string]error{"the check": CheckRoot(), "a backend": UseXLA()} {
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "move or rename the folder")) {
				t.Errorf("%s, %s: %v, want %q", name, what, err, want)
			}
		}
		if want == "" {
			continue
		}
		if err := Install(t.Context(), Options{}, os.Stderr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: installing: %v, want %q", name, err, want)
		}
		if _, err := os.Stat(filepath.Join(root, ".venv")); err == nil {
			t.Errorf("%s: work was done before the error", name)
		}
	}
}

// Without a GPU nothing is downloaded, and without the plug-in nothing runs; both say what to do.
func TestCUDA(t *testing.T) {
	source, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	root := project(t)
	t.Setenv("GOMLX_BACKEND", backend(xlaCUDA(root)))
	t.Setenv("XLA_FLAGS", "")
	if err := UseXLA(); err == nil || !strings.Contains(err.Error(), "make setup BACKEND=cuda") {
		t.Errorf("a plug-in that is not there: %v", err)
	}
	var log bytes.Buffer
	devices := t.TempDir()
	in := &installer{ctx: t.Context(), root: root, venv: filepath.Join(root, ".venv"), withCUDA: true, gpus: filepath.Join(devices, "nvidia[0-9]*"), log: &log}
	if err := in.cuda(state{}, state{CUDA: "new"}); err == nil || !strings.Contains(err.Error(), "no NVIDIA GPU") || log.Len() > 0 {
		t.Errorf("no GPU: %v, log %q", err, &log)
	}
	write(t, filepath.Join(devices, "nvidia0"), "")
	write(t, xlaCUDA(root), "a plug-in")
	if err := in.cuda(state{CUDA: "same"}, state{CUDA: "same"}); err != nil || log.Len() > 0 {
		t.Errorf("installed already: %v, log %q", err, &log)
	}
	if err := UseXLA(); err != nil {
		t.Fatal(err)
	}
	// The Makefile names the same plug-in.
	makefile, err := os.ReadFile(filepath.Join(source, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(backend(xlaCUDA(root)), root, "$(CURDIR)", 1) + "\n"; !strings.Contains(string(makefile), "GOMLX_BACKEND := "+want) {
		t.Errorf("no %q in the Makefile", want)
	}
	if got, want := os.Getenv("XLA_FLAGS"), "--xla_gpu_cuda_data_dir="+filepath.Join(root, ".venv", "cuda", "nvidia", "cu13"); got != want {
		t.Errorf("XLA_FLAGS=%q, want %q", got, want)
	}
}

// After the project's folder moved, nothing in .venv may name the old one.
func TestMoved(t *testing.T) {
	root := project(t)
	bin := filepath.Join(root, ".venv", "bin")
	write(t, filepath.Join(bin, "jupyter"), "#!/old/place/.venv/bin/python\nimport sys\n")
	write(t, filepath.Join(root, ".venv", "pyvenv.cfg"), "command = python3 -m venv /old/place/.venv\n")
	if err := os.Symlink("/usr/bin/python3", filepath.Join(bin, "python")); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	in := &installer{ctx: t.Context(), root: root, venv: filepath.Join(root, ".venv"), log: &log}
	if err := in.moved(state{Root: "/old/place"}, state{Root: root}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(bin, "jupyter"):              "#!" + root + "/.venv/bin/python\nimport sys\n",
		filepath.Join(root, ".venv", "pyvenv.cfg"): "command = python3 -m venv " + root + "/.venv\n",
	} {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
	if !strings.Contains(log.String(), "/old/place") {
		t.Errorf("the move went unsaid: %q", log.String())
	}
	// The kernel names the new place too.
	write(t, filepath.Join(root, ".venv", "share", "jupyter", "kernels", "gonb", "kernel.json"), `{"argv": ["/old/place/.venv/bin/gonb"]}`)
	if err := in.kernel(state{}, state{}); err != nil {
		t.Fatal(err)
	}
	spec, err := os.ReadFile(filepath.Join(root, ".venv", "share", "jupyter", "kernels", "gonb", "kernel.json"))
	if err != nil || strings.Contains(string(spec), "/old/place") || !strings.Contains(string(spec), "-go_work="+root) {
		t.Errorf("kernel.json: %s, %v", spec, err)
	}
}

// A machine without what only its administrator can install gets the one command
// to run, before any work.
func TestSystemNamesTheCommand(t *testing.T) {
	root := project(t)
	empty := t.TempDir()
	python, err := findPython(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Not a version manager's script, which would need a shell on the PATH.
	real, err := exec.Command(python, "-c", "import sys; print(sys._base_executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(strings.TrimSpace(string(real)), filepath.Join(empty, "python3")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", empty)
	in := &installer{ctx: t.Context(), root: root, venv: filepath.Join(root, ".venv"), log: os.Stderr}
	err = in.system(Options{Browser: true})
	if err == nil {
		t.Fatal("no error where everything is missing")
	}
	for _, want := range []string{"sudo apt-get install -y", "chromium", "gcc"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if _, err := os.Stat(in.venv); err == nil {
		t.Error("work was done before the error")
	}
	// As root on Debian it is installed instead, from a fresh list of packages.
	if os.Geteuid() == 0 {
		write(t, filepath.Join(empty, "apt-get"), "#!/bin/sh\necho \"$@\" >>"+root+"/asked\n")
		if err := os.Chmod(filepath.Join(empty, "apt-get"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := in.system(Options{Browser: true}); err != nil {
			t.Fatal(err)
		}
		asked, err := os.ReadFile(filepath.Join(root, "asked"))
		if err != nil || !strings.HasPrefix(string(asked), "update\ninstall -y --no-install-recommends gcc") {
			t.Errorf("apt-get was asked for %q, %v", asked, err)
		}
	}
	// Slurm is installed so too, unless systemd would start it; without it set-up goes on.
	if os.Geteuid() == 0 {
		asks := filepath.Join(root, "asked")
		for _, c := range []struct{ systemd, answer, asked, says string }{
			{root, "true", "", ""},
			{filepath.Join(root, "none"), "true", "update\ninstall -y --no-install-recommends slurm-wlm munge\n", "installing slurm-wlm, munge from Debian"},
			{filepath.Join(root, "none"), "false", "update\n", "no Slurm, whose test will be skipped: apt-get update: exit status 1"},
		} {
			write(t, asks, "")
			write(t, filepath.Join(empty, "apt-get"), "#!/bin/sh\necho \"$@\" >>"+asks+"\n"+c.answer+"\n")
			write(t, filepath.Join(empty, "gcc"), "#!/bin/sh\n")
			if err := os.Chmod(filepath.Join(empty, "gcc"), 0o755); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			in.log, in.systemd = &said, c.systemd
			if err := in.system(Options{Slurm: true}); err != nil {
				t.Fatal(err)
			}
			asked, err := os.ReadFile(asks)
			if err != nil || string(asked) != c.asked || !strings.Contains(said.String(), c.says) || c.says == "" && said.Len() > 0 {
				t.Errorf("%+v: apt-get was asked for %q, %v; said %q", c, asked, err, &said)
			}
		}
	}
	t.Setenv("PATH", t.TempDir())
	if err := in.system(Options{}); err == nil || !strings.Contains(err.Error(), "Python 3.11 or newer is missing") {
		t.Errorf("without a Python: %v", err)
	}
}

// A go.sum without the language server's content cannot vouch for it.
func TestSumOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "go.sum")
	write(t, file, "a.example v1.0.0/go.mod h1:m=\na.example v1.0.0 h1:c=\nb.example v1.0.0/go.mod h1:n=\n")
	if sum, err := sumOf(file, "a.example"); err != nil || sum != "h1:c=" {
		t.Errorf("%q, %v", sum, err)
	}
	if _, err := sumOf(file, "b.example"); err == nil || !strings.Contains(err.Error(), "pins no content of b.example") {
		t.Errorf("error %v", err)
	}
}

// The README's table of licences names every file that another project made.
func TestReadmeNamesLicences(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range thirdParties {
		row := ""
		for line := range strings.Lines(string(readme)) {
			if strings.HasPrefix(line, "|") && strings.Contains(line, "`"+p.pkg+"`") {
				row = line
			}
		}
		if !strings.Contains(row, p.licence) {
			t.Errorf("README.md has no row that names %s and %s: %q", p.pkg, p.licence, row)
		}
	}
}
