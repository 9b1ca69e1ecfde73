package features

import (
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"thesis.example/lib/picture"
)

// screenshots writes n pictures of 1080×1920 as PNG: a photograph enlarged and
// shifted, so that they compress like screenshots of video do.
func screenshots(b *testing.B, n int) []string {
	photo, err := picture.Open("testdata/photo-astronaut.png")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	var files []string
	for i := range n {
		m := photo.Crop(4*i, 3*i, 108, 192-3*i).Resize(1080, 1920, picture.Bicubic)
		file := filepath.Join(dir, fmt.Sprintf("%d.png", i))
		if err := writePNG(file, m); err != nil {
			b.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// BenchmarkColour measures the colours of 1080×1920 screenshots on all cores,
// decoding included. With PYTHON naming an interpreter that has testdata/bench.py's
// packages, the same files are measured there in turns, and the ratio is reported.
func BenchmarkColour(b *testing.B) {
	files := screenshots(b, 8)
	python := os.Getenv("PYTHON")
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		var wg sync.WaitGroup
		next := make(chan string)
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for file := range next {
					m, err := picture.Open(file)
					if err != nil {
						b.Error(err)
						continue
					}
					MeasureColour(m)
				}
			})
		}
		for _, file := range files {
			next <- file
		}
		close(next)
		wg.Wait()
		ours += time.Since(start)
		if python != "" {
			b.StopTimer()
			out, err := exec.Command(python, append([]string{"testdata/bench.py"}, files...)...).Output()
			if err != nil {
				b.Fatalf("%s testdata/bench.py: %v", python, err)
			}
			seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
			if err != nil {
				b.Fatal(err)
			}
			theirs += time.Duration(seconds * float64(time.Second))
			b.StartTimer()
		}
	}
	pictures := float64(b.N * len(files))
	b.ReportMetric(ours.Seconds()*1e3/pictures, "ms/picture")
	if python != "" {
		b.ReportMetric(theirs.Seconds()*1e3/pictures, "python-ms/picture")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times-faster")
	}
}

// BenchmarkMeasure measures everything, colour, faces and text, of 1080×1920 screenshots
// with a face and captions, on all cores, decoding included. With PYTHON naming an
// interpreter that has testdata/networks.py's packages, the same files are measured there in
// turns, by the same networks, and the ratio is reported.
func BenchmarkMeasure(b *testing.B) {
	captions, err := picture.Open("testdata/captions.png")
	if err != nil {
		b.Fatal(err)
	}
	photo, err := picture.Open("testdata/photo-astronaut.png")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	var files []string
	for i := range 24 {
		m := photo.Crop(i, i/2, 108, 190).Resize(1080, 1920, picture.Bicubic)
		for _, line := range [][4]int{{30, 40, 240, 70}, {30, 150, 240, 70}, {20, 630, 330, 40}, {20, 672, 150, 40}} {
			c := captions.Crop(line[0], line[1], line[2], line[3])
			c = c.Resize(c.W*8/3, c.H*8/3, picture.Bicubic)
			for y := range c.H {
				copy(m.Pix[3*((line[1]*8/3+y)*m.W+line[0]*8/3):], c.Pix[3*y*c.W:3*(y+1)*c.W])
			}
		}
		files = append(files, filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err := writePNG(files[i], m); err != nil {
			b.Fatal(err)
		}
	}
	found, err := measureOne(b.Context(), photo) // loads the networks
	if err != nil || len(found.Faces) != 1 {
		b.Fatalf("%+v, %v", found, err)
	}
	python := os.Getenv("PYTHON")
	var ours, theirs, ourCPU, theirCPU time.Duration
	for b.Loop() {
		start, cpu := time.Now(), cpuTime(b)
		g, ctx := errgroup.WithContext(b.Context())
		g.SetLimit(runtime.GOMAXPROCS(0))
		for _, file := range files {
			g.Go(func() error {
				m, err := picture.Open(file)
				if err != nil {
					return err
				}
				found, err := measureOne(ctx, m)
				if err == nil && (len(found.Faces) != 1 || len(found.Pieces) < 4) {
					err = fmt.Errorf("%s: %+v", file, found)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		ours, ourCPU = ours+time.Since(start), ourCPU+cpuTime(b)-cpu
		if python != "" {
			b.StopTimer()
			cmd := exec.Command(python, append([]string{"testdata/networks.py"}, files...)...)
			out, err := cmd.Output()
			if err != nil {
				b.Fatalf("%s testdata/networks.py: %v", python, err)
			}
			seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
			if err != nil {
				b.Fatal(err)
			}
			theirs += time.Duration(seconds * float64(time.Second))
			theirCPU += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			b.StartTimer()
		}
	}
	pictures := float64(b.N * len(files))
	b.ReportMetric(pictures/ours.Seconds(), "pictures/s")
	b.ReportMetric(ourCPU.Seconds()/pictures, "cpu-s/picture")
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(usage.Maxrss)/1024, "peak-MiB")
	if python != "" {
		b.ReportMetric(pictures/theirs.Seconds(), "python-pictures/s")
		b.ReportMetric(theirCPU.Seconds()/pictures, "python-cpu-s/picture") // with its start
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times-faster")
	}
}

// cpuTime is what this process has used of all cores.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func writePNG(file string, m *picture.Image) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, m.RGBA()), f.Close())
}

// BenchmarkMeasureColour is the statistics alone.
func BenchmarkMeasureColour(b *testing.B) {
	photo, err := picture.Open("testdata/photo-astronaut.png")
	if err != nil {
		b.Fatal(err)
	}
	m := photo.Resize(1080, 1920, picture.Bicubic)
	for b.Loop() {
		MeasureColour(m)
	}
}
