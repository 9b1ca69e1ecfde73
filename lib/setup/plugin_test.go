package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/pjrt"
)

func TestPlatforms(t *testing.T) {
	if err := checkPlatform("darwin/arm64"); err != nil {
		t.Error(err)
	}
	if err := checkPlatform("windows/amd64"); err == nil || !strings.Contains(err.Error(), "linux/arm64") {
		t.Errorf("Windows: %v", err)
	}
	for _, p := range thirdParties {
		for _, platform := range platforms {
			v := p.on(platform)
			if (v.path == "") != (len(v.sha256) == 0) {
				t.Errorf("%s on %s: the path %q with the sums %q", p.name, platform, v.path, v.sha256)
			}
			for _, sum := range v.sha256 {
				if len(sum) != 64 {
					t.Errorf("%s on %s: %q is no SHA-256", p.name, platform, sum)
				}
			}
		}
		if p.others == nil && filepath.Ext(p.name) == ".so" {
			t.Errorf("%s is machine code, and the same on every platform", p.name)
		}
	}
	if pluginVersion != pjrt.DefaultCPUVersion {
		t.Errorf("the plug-in is pinned to %s; go-xla was made with %s", pluginVersion, pjrt.DefaultCPUVersion)
	}
}

// A plug-in without a published check sum is checked against what came the first time.
func TestInstallPlugin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libpjrt_cpu.so")
	brings := func(files ...string) func(context.Context, string) error {
		return func(_ context.Context, dir string) error {
			for _, f := range files {
				write(t, filepath.Join(dir, f), "a plug-in")
			}
			return nil
		}
	}
	refused := errors.New("no network")
	for want, fetch := range map[string]func(context.Context, string) error{
		"no network":   func(context.Context, string) error { return refused },
		"expected one": brings("README"),
	} {
		if err := installPlugin(t.Context(), path, fetch); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(left) > 0 {
		t.Errorf("failures left %q, %v", left, err)
	}
	if err := installPlugin(t.Context(), path, brings("pjrt_c_api_cpu_"+pluginVersion+"_plugin.so", "LICENSE")); err != nil {
		t.Fatal(err)
	}
	elsewhere := thirdParty{name: "libpjrt_cpu.so", others: map[string]variant{thisPlatform(): {}}}
	if err := elsewhere.check(path); err != nil {
		t.Error(err)
	}
	write(t, path, "another plug-in")
	if err := elsewhere.check(path); err == nil || !strings.Contains(err.Error(), "is damaged") || !strings.Contains(err.Error(), pluginVersion) {
		t.Errorf("a changed plug-in: %v", err)
	}
	write(t, recorded(path), "nothing")
	if err := elsewhere.check(path); err == nil || !strings.Contains(err.Error(), "expected a SHA-256") {
		t.Errorf("a damaged record: %v", err)
	}
	if err := os.Remove(recorded(path)); err != nil {
		t.Fatal(err)
	}
	if err := elsewhere.check(path); err == nil || !strings.Contains(err.Error(), "not installed yet") {
		t.Errorf("no record: %v", err)
	}
}
