package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"golang.org/x/image/webp"
)

// maxPixels is Pillow's limit against decompression bombs: twice a quarter of a
// gibibyte of RGB.
const maxPixels = 2 * (1 << 30 / 4 / 3)

// Open reads the picture at path; see [Decode].
func Open(path string) (*Image, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	m, err := decode(data, maxPixels)
	if err != nil {
		return nil, fmt.Errorf("read picture %s: %w", path, err)
	}
	return m, nil
}

// Decode reads a PNG, JPEG or WebP picture, told apart by content, and turns it
// upright by its EXIF orientation.
func Decode(r io.Reader) (*Image, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	return decode(data, maxPixels)
}

func decode(data []byte, limit int) (*Image, error) {
	switch {
	case len(data) == 0:
		return nil, errors.New("the file is empty")
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return FromImage(m), nil
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		m, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return FromImage(m), nil
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		m, err := webp.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return FromImage(m), nil
	}
	return nil, fmt.Errorf("neither PNG, JPEG nor WebP (it starts with % x)", data[:min(len(data), 8)])
}
