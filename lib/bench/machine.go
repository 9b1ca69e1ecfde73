// Package bench says what work costs on this machine: the machine and the libraries that decide it,
// memory and processor time of the process, and the speed of a network.
package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// Machine is what, beside the program and its input, can decide the last bits of a result: XLA promises
// the same bits neither on another processor nor in another version, nor with another number of threads:
// beyond a few, Eigen's matrix products share out sums too (a fold of cnn-hybrid at 84 pixels gave the same
// record with 1 and 2 threads, and another with 16).
type Machine struct {
	Platform  string `json:"platform"`  // operating system and architecture, as Go names them
	Processor string `json:"processor"` // model name
	Threads   int    `json:"threads"`   // that XLA's CPU client works with; 0 on an accelerator
	Device    string `json:"device"`    // "cpu", or what the accelerator's plug-in says of itself
	Plugin    string `json:"plugin"`    // first digits of the XLA plug-in's SHA-256, or its file's name
	GoMLX     string `json:"gomlx"`     // versions of the modules, as go.mod has them
	GoXLA     string `json:"go_xla"`
	Go        string `json:"go"`
}

// String names the machine in a sentence.
func (m Machine) String() string {
	threads := ""
	if m.Threads > 0 {
		threads = fmt.Sprintf(", %d threads", m.Threads)
	}
	return fmt.Sprintf("%s (%s, %s%s, plug-in %s, GoMLX %s, go-xla %s, %s)", m.Processor, m.Platform, m.Device, threads, m.Plugin, m.GoMLX, m.GoXLA, m.Go)
}

// ThisMachine describes this machine. It opens the engine on an accelerator only, to ask for its name.
var ThisMachine = sync.OnceValues(func() (Machine, error) {
	m := Machine{Platform: runtime.GOOS + "/" + runtime.GOARCH, Device: "cpu", Go: runtime.Version()}
	var err error
	if m.Processor, err = processor(); err != nil {
		return m, err
	}
	var cpu bool
	if m.Plugin, cpu, err = setup.Plugin(); err != nil {
		return m, err
	}
	if cpu {
		m.Threads = Threads()
	} else {
		b, err := vision.Backend()
		if err != nil {
			return m, err
		}
		m.Device = b.Description()
		if root, err := setup.Root(); err == nil { // where the project lies is nobody's business
			m.Device = strings.ReplaceAll(m.Device, root+string(filepath.Separator), "")
		}
	}
	if m.GoMLX, err = setup.Required("github.com/gomlx/gomlx"); err != nil {
		return m, err
	}
	if m.GoXLA, err = setup.Required("github.com/gomlx/go-xla"); err != nil {
		return m, err
	}
	return m, nil
})

// Threads is how many threads XLA's CPU client works with: $NPROC, which it reads, else the cores
// that the process may run on.
func Threads() int {
	if n, err := strconv.Atoi(os.Getenv("NPROC")); err == nil && n > 0 {
		return n
	}
	return runtime.NumCPU()
}

func processor() (string, error) {
	if runtime.GOOS != "linux" {
		return runtime.GOARCH, nil
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "", fmt.Errorf("reading the processor's name: %w", err)
	}
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value), nil
		}
	}
	return runtime.GOARCH, nil // as some ARM machines, which name none
}

// load is the number of processes that ran or waited for a core, averaged over a minute.
func load() (string, error) {
	if runtime.GOOS != "linux" {
		return "", nil
	}
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "", fmt.Errorf("reading the machine's load: %w", err)
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first, nil
}

// PeakMemory is the largest resident size that this process has had since its start, or since
// ResetPeakMemory, bytes; 0 where the system does not say.
func PeakMemory() (int64, error) {
	if runtime.GOOS != "linux" {
		return 0, nil
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the memory in use: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kB, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading the memory in use: %w", err)
			}
			return kB << 10, nil
		}
	}
	return 0, fmt.Errorf("reading the memory in use: no VmHWM in /proc/self/status")
}

// ResetPeakMemory makes PeakMemory count from here.
func ResetPeakMemory() error {
	if runtime.GOOS != "linux" {
		return nil
	}
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// CPUSeconds is the processor time of this process so far, user and system, over all cores.
func CPUSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
