package setup

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Where no browser can be opened, JupyterLab says the command of a tunnel to the port that it got and an
// address that works through it; one Ctrl-C ends it.
func TestLabWithoutBrowser(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	// The first port that JupyterLab would take is in use.
	used, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	port := used.Addr().(*net.TCPAddr).Port
	for name, test := range map[string]struct {
		env   []string
		login string
	}{
		"over ssh":     {[]string{"SSH_CONNECTION=192.0.2.7 50000 192.0.2.1 22", "DISPLAY=:0", "LOGNAME=reader"}, "reader@192.0.2.1"},
		"another port": {[]string{"SSH_CONNECTION=2001:db8::7 50000 2001:db8::1 2222", "LOGNAME=reader"}, "-p 2222 reader@2001:db8::1"},
		"no display":   {[]string{"LOGNAME=reader"}, "reader@" + hostname(t)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "jupyter_server_config.py"), []byte(serverConfigFor(root)), 0o644); err != nil {
				t.Fatal(err)
			}
			// A browser that would be opened leaves a mark.
			opened := filepath.Join(dir, "opened")
			browser := filepath.Join(dir, "browser")
			if err := os.WriteFile(browser, []byte("#!/bin/sh\ntouch '"+opened+"'\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(filepath.Join(root, ".venv", "bin", "python"), "-m", "jupyterlab", fmt.Sprintf("--ServerApp.port=%d", port),
				"--ServerApp.root_dir="+dir, "--LabApp.default_url=/lab/tree/notebooks")
			env := slices.DeleteFunc(os.Environ(), func(v string) bool {
				return slices.ContainsFunc([]string{"SSH_CONNECTION=", "DISPLAY=", "WAYLAND_DISPLAY=", "LOGNAME="}, func(p string) bool { return strings.HasPrefix(v, p) })
			})
			cmd.Env = append(append(env, "JUPYTER_CONFIG_DIR="+dir, "JUPYTER_RUNTIME_DIR="+dir, "BROWSER="+browser), test.env...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			said, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cmd.Process.Kill() }) // ended already where all is well
			var log strings.Builder
			lines := bufio.NewScanner(said)
			for lines.Scan() && !strings.Contains(lines.Text(), "Ctrl-C here ends") {
				log.WriteString(lines.Text() + "\n")
			}
			m := regexp.MustCompile(`\n {8}ssh -L (\d+):localhost:(\d+) (.+)\n(?s:.*)\n {8}(http://localhost:(\d+)/lab/tree/notebooks\?token=[0-9a-f]+)\n`).FindStringSubmatch(log.String())
			if m == nil {
				t.Fatalf("no directions in:\n%s", log.String())
			}
			if m[1] != m[2] || m[1] != m[5] || m[1] == fmt.Sprint(port) || m[3] != test.login {
				t.Errorf("it says %q, the port %d being in use and the login being %s", m[0], port, test.login)
			}
			resp, err := http.Get(m[4])
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK || strings.Contains(resp.Request.URL.Path, "login") {
				t.Errorf("the address gives %s at %s", resp.Status, resp.Request.URL)
			}
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			for lines.Scan() {
				log.WriteString(lines.Text() + "\n")
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("after Ctrl-C: %v:\n%s", err, log.String())
			}
			if exists(opened) {
				t.Error("it opened a browser")
			}
		})
	}
}

func hostname(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	return name
}
