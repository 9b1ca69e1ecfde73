package dataset_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"thesis.example/lib/dataset"
)

// The folder in use is $DATA, or the stand-in set.
func ExampleOpenCurrent() {
	dir, err := os.MkdirTemp("", "screenshots-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	table := "file,likes,saves,comments\n"
	for k, file := range []string{"dance/1.png", "travel/1.png", "travel/2.png"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o755); err != nil {
			log.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, file))
		if err != nil {
			log.Fatal(err)
		}
		m := image.NewGray(image.Rect(0, 0, 16, 32))
		m.Pix[k] = 200
		if err := png.Encode(f, m); err != nil {
			log.Fatal(err)
		}
		if err := f.Close(); err != nil {
			log.Fatal(err)
		}
		table += file + ",29.5K,120,3\n"
	}
	if err := os.WriteFile(filepath.Join(dir, dataset.EngagementFile), []byte(table), 0o644); err != nil {
		log.Fatal(err)
	}
	if err := os.Setenv("DATA", dir); err != nil {
		log.Fatal(err)
	}
	defer os.Unsetenv("DATA")
	set, err := dataset.OpenCurrent(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Genres, len(set.Samples), set.Samples[0].Likes, set.First(1), set.Spread(2))
	// Output:
	// [dance travel] 3 29500 [0 1] [0 1]
}
