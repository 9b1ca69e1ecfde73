package setup

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// foreign starts the kernel of a name as a program does that knows nothing of the project, and runs a cell.
const foreign = `import sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name=sys.argv[1], startup_timeout=600)
try:
    def show(msg):
        c = msg["content"]
        print(c.get("text") or c.get("data", {}).get("text/plain") or "\n".join(c.get("traceback", [])))
    reply = client.execute_interactive(sys.argv[2], timeout=1800, output_hook=show)
    print(reply["content"]["status"])
finally:
    client.stop_channels()
    manager.shutdown_kernel()
`

// An editor that was started from a desktop finds the kernel by its kernel.json alone: neither Go nor .venv
// on its PATH, no variable of ours, another folder. A cell runs there as it does in JupyterLab.
func TestKernelOfAnotherProgram(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	// This tree's kernel.json, not the one of the last set-up.
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := &installer{ctx: t.Context(), root: root, venv: filepath.Join(root, ".venv"), log: os.Stderr}
	spec, err := in.kernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "kernels", "thesis-elsewhere", "kernel.json"), string(spec))
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(filepath.Join(root, ".venv", "bin", name), args...)
		cmd.Dir = t.TempDir()
		cmd.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin", "JUPYTER_PATH=" + dir}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		return string(out)
	}
	var list struct {
		Kernelspecs map[string]struct {
			Spec struct {
				DisplayName string `json:"display_name"`
			}
		}
	}
	if out := run("jupyter", "kernelspec", "list", "--json"); json.Unmarshal([]byte(out), &list) != nil || list.Kernelspecs["gonb"].Spec.DisplayName != "Go (gonb)" {
		t.Errorf(".venv/bin/jupyter kernelspec list does not show the kernel of notebooks: %s", out)
	}
	said := run("python", "-c", foreign, "thesis-elsewhere", `%noautoget
import "thesis.example/lib/stats"
%%
ci, err := stats.Wilson(258, 300)
fmt.Printf("from %.3f to %.3f, by %s, %v\n", ci.Low, ci.High, os.Getenv("GOMLX_BACKEND"), err)`)
	if want := "from 0.816 to 0.895, by " + backend(xlaCPU(root)); !strings.Contains(said, want) || !strings.HasSuffix(said, "ok\n") {
		t.Errorf("the cell says %q, expected %q", said, want)
	}
}

// Modules that lie where only a variable of the shell of set-up says are found without it.
func TestKernelKnowsModules(t *testing.T) {
	modules := t.TempDir()
	t.Setenv("GOMODCACHE", modules)
	in := &installer{ctx: t.Context(), root: "/project", venv: "/project/.venv"}
	spec, err := in.kernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	var kernel struct{ Env map[string]string }
	if err := json.Unmarshal(spec, &kernel); err != nil || kernel.Env["GOMODCACHE"] != modules {
		t.Errorf("kernel.json names the modules' folder %q, want %q: %v", kernel.Env["GOMODCACHE"], modules, err)
	}
}
