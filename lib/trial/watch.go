package trial

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// watch measures what a run of a trial takes.
type watch struct {
	start, lastLap time.Time
	lastCPU        float64
}

func startWatch() *watch {
	// Linux resets the peak of the memory in use; where it does not, the peak is the process'.
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil && runtime.GOOS == "linux" {
		fmt.Fprintln(os.Stderr, "peak memory counts from the start of the process:", err)
	}
	now := time.Now()
	return &watch{start: now, lastLap: now, lastCPU: cpuSeconds()}
}

func (w *watch) seconds() float64 { return time.Since(w.start).Seconds() }

// lap is the time since the lap before.
func (w *watch) lap() float64 {
	now := time.Now()
	defer func() { w.lastLap = now }()
	return now.Sub(w.lastLap).Seconds()
}

func (w *watch) cpuLap() float64 {
	now := cpuSeconds()
	defer func() { w.lastCPU = now }()
	return now - w.lastCPU
}

// stop describes the run, but for its Seconds, CPUSeconds and Resumed after checkpoints.
func (w *watch) stop(j *job, picturesPerSecond float64) RunInfo {
	r := RunInfo{
		Go: runtime.Version(), Processor: runtime.GOARCH, PicturesPerSecond: picturesPerSecond,
		Seconds: w.seconds(), CPUSeconds: cpuSeconds() - w.lastCPU, PeakMemoryMiB: peakMiB(),
	}
	if j.weights != nil {
		r.Note = j.weights.Note()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			switch m.Path {
			case "github.com/gomlx/gomlx":
				r.GoMLX = m.Version
			case "github.com/gomlx/go-xla":
				r.XLA = m.Version
			}
		}
	}
	if b, err := vision.Backend(); err == nil {
		r.Device = b.Description()
		if root, err := setup.Root(); err == nil { // where the project lies is nobody's business
			r.Device = strings.ReplaceAll(r.Device, root+"/", "")
		}
	}
	if p, err := vision.Processor(); err == nil {
		r.Processor = fmt.Sprintf("%s, %d cores", p, runtime.NumCPU())
	}
	return r
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// peakMiB is the largest resident memory since startWatch; 0 where the system does not say.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kB, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			if err == nil {
				return kB / 1024
			}
		}
	}
	return 0
}
