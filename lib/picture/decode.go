package picture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxPixels is Pillow's limit against decompression bombs, 178,956,970: twice
// what fits a quarter of a gibibyte of RGB.
const maxPixels = 2 * (1 << 30 / 4 / 3)

// Open reads the picture at path; see [Decode]. Errors name the path.
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
// upright by its EXIF (or, lacking that, XMP) orientation. Transparency is
// dropped, not blended; of an animation, the first frame is read. The numbers are
// those in the file, whatever its colour profile: nothing is converted to sRGB, as
// nothing is by Pillow unless a program asks for it, and the thesis' do not. r is
// read to its end.
//
// The pixels are those of Pillow 13 with libjpeg-turbo 3 and libwebp 1.6, with
// these differences:
//   - JPEG is read by image/jpeg, whose inverse transform rounds otherwise: a
//     sample of a component differs by at most one level, and so do grey, RGB and
//     CMYK, in 1 % of the values. The conversion from YCbCr makes that at most 3
//     levels in red, green or blue, 1 from luma and up to 2 from chroma: of the
//     values of 58 photographs out of cameras and the web 2.6 % differ, 0.41 % by
//     more than one level, 4 in 100,000 by 3. Nothing beyond was found in 1.07·10⁹
//     values, of qualities 5 to 100, baseline and progressive, and all samplings
//     named below; the tests hold their pictures to the same.
//   - A 16-bit grey PNG gives the high bytes. Pillow clips at 255, so that nearly
//     all of such a picture becomes white.
//   - Files that are truncated, or damaged in a way that a check sum or the coding
//     shows, are errors. Pillow refuses most of them too, but fills in some with
//     grey. The coding of JPEG does not show all damage.
//   - Damaged EXIF data are ignored; Pillow refuses the picture.
//   - A PNG with a wrong check sum in a chunk that decides nothing about its pixels is read
//     without that chunk; Pillow refuses it.
//   - These JPEGs are errors: arithmetic, lossless or 12-bit coding; three
//     components sampled otherwise than 4:4:4, 4:4:0, 4:2:2, 4:2:0, 4:1:1 and
//     4:1:0, or four otherwise than all alike or the middle two halved both ways;
//     restart markers in a scan of one component alone that is sampled above 1×1,
//     as in progressive files with both subsampling and restart markers.
//
// More than 178,956,970 pixels are an error, as in Pillow.
func Decode(r io.Reader) (*Image, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	m, err := decode(data, maxPixels)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	return m, nil
}

// DecodeInfo is Decode of a file's bytes, and what the file says beside its pixels.
func DecodeInfo(data []byte) (*Image, Info, error) {
	m, info, err := decodeInfo(data, maxPixels)
	if err != nil {
		return nil, Info{}, fmt.Errorf("read picture: %w", err)
	}
	return m, info, nil
}

func decode(data []byte, limit int) (*Image, error) {
	m, _, err := decodeInfo(data, limit)
	return m, err
}

func decodeInfo(data []byte, limit int) (*Image, Info, error) {
	var read func([]byte, int) (*Image, metadata, error)
	var format string
	switch {
	case len(data) == 0:
		return nil, Info{}, errors.New("the file is empty")
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		format, read = "JPEG", readJPEG
	case bytes.HasPrefix(data, []byte(pngMagic)):
		format, read = "PNG", readPNG
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		format, read = "WebP", readWebP
	default:
		return nil, Info{}, unknownFormat(data)
	}
	m, meta, err := read(data, limit)
	if err != nil {
		return nil, Info{}, err
	}
	meta.info.Format = format
	return m.upright(meta.orientation()), meta.info, nil
}

// checkSize refuses pictures without pixels or with too many.
func checkSize(format string, w, h, limit int) error {
	if w < 1 || h < 1 {
		return fmt.Errorf("%s: a picture of %d×%d pixels; expected at least 1×1", format, w, h)
	}
	if w > limit/h {
		return fmt.Errorf("%s: a picture of %d×%d pixels is above the limit of %d pixels: make it smaller", format, w, h, limit)
	}
	return nil
}
