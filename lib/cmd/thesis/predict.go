package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"thesis.example/lib/progress"
	"thesis.example/lib/vision"
)

func runPredict(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("predict", flag.ContinueOnError)
	name := flags.String("weights", "lite0", "weights by name; go run ./lib/cmd/thesis weights lists them")
	top := flags.Int("top", 5, "how many classes of each picture to print")
	asJSON := flags.Bool("json", false, `print [{"file":…,"top":[{"index":…,"name":…,"probability":…}]}]`)
	if err := parse(flags, "Prints which of ImageNet's classes a pretrained network sees in each picture below DIR.", "DIR", args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *top < 1 {
		fmt.Fprintln(flags.Output(), "thesis predict: want one folder, and -top at least 1")
		flags.Usage()
		return errUsage
	}
	dir := flags.Arg(0)
	files, err := pictureFiles(dir)
	if err != nil {
		return err
	}
	weights, err := vision.Load(ctx, *name)
	if err != nil {
		return err
	}
	if note := weights.Note(); note != "" {
		fmt.Fprintln(os.Stderr, "Note:", note)
	}
	if !vision.HasClasses(weights.Network) {
		return fmt.Errorf("the weights %s (%s) end in features, not in classes: choose others, like lite0", weights.Name, weights.Architecture)
	}
	bar := progress.New("predict", "pictures", len(files))
	predictions, unreadable, err := vision.Predict(ctx, weights, dir, files, *top, bar.Add)
	bar.Done()
	if err != nil {
		return err
	}
	if *asJSON {
		err = writeJSON(os.Stdout, predictions)
	} else {
		err = writePredictions(os.Stdout, predictions)
	}
	if err != nil {
		return err
	}
	if len(unreadable) > 0 {
		return fmt.Errorf("%d of %d pictures could not be read:\n%w", len(unreadable), len(files), errors.Join(unreadable...))
	}
	return nil
}

func writeJSON(w io.Writer, predictions []vision.Prediction) error {
	if predictions == nil {
		predictions = []vision.Prediction{} // [] rather than null
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(predictions)
}

func writePredictions(w io.Writer, predictions []vision.Prediction) error {
	out := bufio.NewWriter(w)
	for _, p := range predictions {
		fmt.Fprintf(out, "%s\n", printable(p.File))
		for _, g := range p.Top {
			fmt.Fprintf(out, "  %5.1f%%  %3d  %s\n", 100*g.Probability, g.Index, g.Name)
		}
	}
	return out.Flush()
}

// printable keeps a file name from controlling the terminal.
func printable(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Sprintf("%q", name)
	}
	return name
}

// pictureTypes are the endings of files that are taken for pictures. Those that can't be read
// (GIF and what follows) are reported as unreadable rather than passed over.
var pictureTypes = []string{".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}

// pictureFiles lists the pictures below dir, at any depth: slash paths relative to dir, in
// order. Names that begin with a dot are passed over. A folder without pictures is an error.
func pictureFiles(dir string) ([]string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	err = filepath.WalkDir(real, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), ".") && p != real:
			if d.IsDir() {
				return filepath.SkipDir
			}
		case !d.IsDir() && slices.Contains(pictureTypes, strings.ToLower(filepath.Ext(p))):
			rel, err := filepath.Rel(real, p)
			files = append(files, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for pictures in %s: %w", dir, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no pictures in %s: want files that end in .png, .jpg, .jpeg or .webp, at any depth", dir)
	}
	return files, nil
}
