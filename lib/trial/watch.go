package trial

import (
	"fmt"
	"os"
	"time"

	"thesis.example/lib/bench"
)

// watch measures what a run of a trial takes.
type watch struct {
	start, lastLap time.Time
	lastCPU        float64
}

func startWatch() *watch {
	if err := bench.ResetPeakMemory(); err != nil {
		fmt.Fprintln(os.Stderr, "peak memory counts from the start of the process:", err)
	}
	now := time.Now()
	return &watch{start: now, lastLap: now, lastCPU: bench.CPUSeconds()}
}

func (w *watch) seconds() float64 { return time.Since(w.start).Seconds() }

// lap is the time since the lap before.
func (w *watch) lap() float64 {
	now := time.Now()
	defer func() { w.lastLap = now }()
	return now.Sub(w.lastLap).Seconds()
}

func (w *watch) cpuLap() float64 {
	now := bench.CPUSeconds()
	defer func() { w.lastCPU = now }()
	return now - w.lastCPU
}

// stop describes the run, but for its Seconds, CPUSeconds and Resumed after checkpoints.
func (w *watch) stop(j *job, picturesPerSecond float64) (RunInfo, error) {
	peak, err := bench.PeakMemory()
	r := RunInfo{
		PicturesPerSecond: picturesPerSecond, PeakMemoryMiB: float64(peak) / (1 << 20),
		Seconds: w.seconds(), CPUSeconds: bench.CPUSeconds() - w.lastCPU,
	}
	if j.weights != nil {
		r.Note = j.weights.Note()
	}
	return r, err
}
