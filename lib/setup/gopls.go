package setup

import (
	"bufio"
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// goplsPackage is the language server that GoNB asks for completion and documentation while one types in
// JupyterLab. lib/setup/gopls/go.mod pins it, go.sum its content.
const goplsPackage = "golang.org/x/tools/gopls"

// InstallGopls builds gopls into the folder dir, "" for .venv/bin, unless it is there already as pinned
// and from this Go. It takes a minute of one core the first time and needs the network; a kernel looks
// for gopls when it starts. Nothing but typing needs it, so Install leaves it to make lab.
func InstallGopls(ctx context.Context, dir string, log io.Writer) error {
	root, err := Root()
	if err != nil {
		return err
	}
	in := &installer{ctx: ctx, root: root, venv: filepath.Join(root, ".venv"), log: log}
	if dir == "" {
		dir = filepath.Join(in.venv, "bin")
	}
	module := filepath.Join(root, "lib", "setup", "gopls")
	sum, err := sumOf(filepath.Join(module, "go.sum"), goplsPackage)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "gopls")
	if info, err := buildinfo.ReadFile(path); err == nil && info.Main.Sum == sum && info.GoVersion == runtime.Version() {
		return nil
	}
	in.say("building gopls in the background, a minute or two: after that, notebooks opened or kernels restarted complete code (Tab) and explain it (Shift+Tab)")
	// Built beside its place and moved there: a kernel must not find half of it.
	tmp, err := os.MkdirTemp(dir, "gopls-")
	if err != nil {
		return fmt.Errorf("building gopls: %w", err)
	}
	defer os.RemoveAll(tmp)
	env := []string{"GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0"}
	// One compiler at a time leaves a core to the one who works.
	if err := in.run(module, env, "go", "build", "-p=1", "-o", filepath.Join(tmp, "gopls"), goplsPackage); err != nil {
		return fmt.Errorf("building gopls, without which JupyterLab does not complete code: %w", err)
	}
	return os.Rename(filepath.Join(tmp, "gopls"), path)
}

// sumOf is the check sum that a go.sum pins for the content of a module.
func sumOf(file, module string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == module && !strings.HasSuffix(f[1], "/go.mod") {
			return f[2], nil
		}
	}
	return "", fmt.Errorf("%s pins no content of %s", file, module)
}
