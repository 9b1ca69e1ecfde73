package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"image/png"
	"io"
	"iter"
	"slices"
	"strings"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// readPNG leaves the pixels to image/png: PNG is exact.
func readPNG(data []byte, limit int) (*Image, metadata, error) {
	var meta metadata
	fail := func(err error) (*Image, metadata, error) { return nil, meta, err }
	data, spoilt, err := withoutSpoilt(data)
	if err != nil {
		return fail(err)
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fail(pngError(err))
	}
	if err := checkSize("PNG", c.Width, c.Height, limit); err != nil {
		return fail(err)
	}
	// Deflate shrinks at most 1032 to 1, and a row takes at least a byte for eight
	// pixels: nothing large is allocated for a file that cannot fill it.
	if c.Width/8*c.Height > 1032*len(data) {
		return fail(pngError(io.ErrUnexpectedEOF))
	}
	src, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return fail(pngError(err))
	}
	chunks := map[string][]byte{}
	for kind, body := range pngChunks(data) {
		chunks[kind] = body
		switch kind {
		case "eXIf":
			meta.exif = body
		case "tEXt", "zTXt", "iTXt":
			switch key, text := pngText(kind, body); key {
			case "XML:com.adobe.xmp":
				meta.xmp = text
			case "Raw profile type exif":
				if meta.exif == nil {
					meta.exif = rawProfile(text)
				}
			}
		}
	}
	meta.info.Profile = pngProfile(chunks)
	meta.info.NotOpaque = notOpaque(src)
	if len(spoilt) > 0 {
		meta.info.Notes = append(meta.info.Notes, fmt.Sprintf("the check sum of its chunk %s is wrong, which holds no pixels: it is read without", strings.Join(spoilt, ", ")))
	}
	if _, ok := chunks["acTL"]; ok {
		meta.info.Notes = append(meta.info.Notes, animated)
	}
	return FromImage(src), meta, nil
}

const animated = "it is an animation; its first picture is read"

// pngChunks gives the kind and content of each chunk that is there as a whole.
func pngChunks(data []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for rest := data[len(pngMagic):]; len(rest) >= 12; {
			n := int(binary.BigEndian.Uint32(rest))
			if n > len(rest)-12 || !yield(string(rest[4:8]), rest[8:8+n:8+n]) {
				return
			}
			rest = rest[12+n:]
		}
	}
}

// withoutSpoilt leaves out the chunks whose check sum is wrong and that decide nothing about the pixels,
// and names them; it refuses those that decide. Whether a decoder may do without a chunk says the case of its kind's first letter
// (PNG, third edition, 5.4); tRNS and eXIf may be missing, but say which pixels are transparent and how
// the picture is turned.
func withoutSpoilt(data []byte) (clean []byte, spoilt []string, err error) {
	clean = data
	at := len(pngMagic)
	for kind, body := range pngChunks(data) {
		end := at + 12 + len(body)
		ancillary := kind[0]&0x20 != 0
		if ancillary && crc32.ChecksumIEEE(data[at+4:end-4]) != binary.BigEndian.Uint32(data[end-4:]) {
			if kind == "tRNS" || kind == "eXIf" {
				return nil, nil, fmt.Errorf("PNG: the check sum of its chunk %s is wrong, which says how the picture is turned (eXIf) or what is transparent (tRNS): export it again", kind)
			}
			if spoilt == nil {
				clean = append([]byte(nil), data[:at]...)
			}
			if !slices.Contains(spoilt, kind) {
				spoilt = append(spoilt, kind)
			}
		} else if spoilt != nil {
			clean = append(clean, data[at:end]...)
		}
		at = end
	}
	if spoilt != nil {
		clean = append(clean, data[at:]...)
	}
	return clean, spoilt, nil
}

func pngError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("PNG: the file ends early: it is truncated, copy or export it again")
	}
	return fmt.Errorf("PNG: the file is damaged or unusual, copy or export it again: %w", err)
}

// pngText splits a text chunk into its key and its text, which is nil where it
// cannot be read (PNG, third edition, 11.3.3).
func pngText(kind string, body []byte) (key string, text []byte) {
	name, rest, _ := bytes.Cut(body, []byte{0})
	packed := kind == "zTXt"
	switch {
	case packed && len(rest) > 0:
		rest = rest[1:]
	case kind == "iTXt" && len(rest) > 1:
		packed = rest[0] != 0
		_, rest, _ = bytes.Cut(rest[2:], []byte{0}) // language
		_, rest, _ = bytes.Cut(rest, []byte{0})     // key in that language
	}
	if packed {
		z, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			return string(name), nil
		}
		if rest, err = io.ReadAll(io.LimitReader(z, 1<<20)); err != nil {
			return string(name), nil
		}
	}
	return string(name), rest
}

// rawProfile decodes ImageMagick's way of keeping a block: an empty line, its
// name, its length, and then hexadecimal digits.
func rawProfile(text []byte) []byte {
	lines := bytes.SplitN(text, []byte("\n"), 4)
	block, err := hex.DecodeString(string(bytes.ReplaceAll(lines[len(lines)-1], []byte("\n"), nil)))
	if err != nil {
		return nil // damaged EXIF data are ignored
	}
	return block
}
