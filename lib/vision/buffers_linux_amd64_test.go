package vision

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"thesis.example/lib/setup"
)

// TestBuffers runs testdata/buffers/check.c, which cgo cannot reach from a test.
func TestBuffers(t *testing.T) {
	cc, err := exec.Command("go", "env", "CC").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	plugin, check := filepath.Join(dir, "libpjrt_cpu.so"), filepath.Join(dir, "check")
	source := filepath.Join("testdata", "buffers")
	flags := append(strings.Fields(string(cc)), "-O1", "-g", "-Wall", "-Werror", "-fno-builtin")
	for _, command := range [][]string{
		append(slices.Clone(flags), "-shared", "-fPIC", "-Wl,-z,relro,-z,now", "-o", plugin, filepath.Join(source, "plugin.c")),
		append(slices.Clone(flags), "-pthread", "-o", check, filepath.Join(source, "check.c"), "buffers_linux_amd64.c", "-ldl"),
		{check, plugin},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
	}
}

// TestPluginAllocator holds the installed plug-in to the functions that are redirected: another that
// takes or returns a block would not know of the kept ones.
func TestPluginAllocator(t *testing.T) {
	path, err := setup.File("libpjrt_cpu.so")
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"aligned_alloc", "calloc", "free", "malloc", "posix_memalign", "realloc"}
	allocator := append([]string{"cfree", "free_aligned_sized", "free_sized", "malloc_usable_size", "mallopt", "memalign",
		"pvalloc", "reallocarray", "valloc"}, known...)
	var imported []string
	for _, s := range symbols {
		if slices.Contains(allocator, s.Name) || strings.HasPrefix(s.Name, "_Zn") || strings.HasPrefix(s.Name, "_Zd") {
			imported = append(imported, s.Name)
		}
	}
	slices.Sort(imported)
	if imported = slices.Compact(imported); !slices.Equal(imported, known) {
		t.Errorf("the plug-in imports %v; buffers_linux_amd64.c redirects for one that imports %v", imported, known)
	}
}

// TestKeptBuffers counts the pages that steps with a result of 64 MiB fault in, in processes of their own.
func TestKeptBuffers(t *testing.T) {
	const child = "COUNT_FAULTS"
	if os.Getenv(child) != "" {
		faults, err := stepFaults()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("faults %d\n", faults)
		return
	}
	count := func(buffers string) (faults int) {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKeptBuffers$", "-test.count=1")
		cmd.Env = append(os.Environ(), child+"=1", "XLA_BUFFERS="+buffers)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("XLA_BUFFERS=%q: %v\n%s", buffers, err, out)
		}
		if _, err := fmt.Sscanf(string(out), "faults %d", &faults); err != nil {
			t.Fatalf("XLA_BUFFERS=%q: %v in %q", buffers, err, out)
		}
		return faults
	}
	kept, libc := count(""), count("libc")
	t.Logf("%d faults with kept buffers, %d with libc's", kept, libc)
	if pages := 5 * (64 << 20) / 4096; libc < pages/2 {
		t.Errorf("with XLA_BUFFERS=libc the steps fault %d pages in, expected about %d: the switch does not work, or keeping buffers is no longer worth it", libc, pages)
	}
	if kept*10 > libc {
		t.Errorf("with kept buffers the steps fault %d pages in, with libc's %d", kept, libc)
	}
	t.Setenv("XLA_BUFFERS", "off")
	if err := keepBuffers(); err == nil || !strings.Contains(err.Error(), "libc") {
		t.Errorf("XLA_BUFFERS=off: error %v, want one that says libc", err)
	}
}

// stepFaults is the number of page faults in five steps, after two that warm up.
func stepFaults() (int64, error) {
	backend, err := Backend()
	if err != nil {
		return 0, err
	}
	step, err := graph.NewExec(backend, func(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1) })
	if err != nil {
		return 0, err
	}
	x := tensors.FromFlatDataAndDimensions(make([]float32, 16<<20), 16<<20)
	var before, after syscall.Rusage
	for i := range 7 {
		if i == 2 {
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
				return 0, err
			}
		}
		y, err := step.Exec1(x)
		if err != nil {
			return 0, err
		}
		if err := y.FinalizeAll(); err != nil {
			return 0, err
		}
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		return 0, err
	}
	return after.Minflt - before.Minflt, nil
}
