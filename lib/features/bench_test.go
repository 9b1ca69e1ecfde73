package features

import (
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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
		f, err := os.Create(file)
		if err == nil {
			err = png.Encode(f, m.RGBA())
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
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
