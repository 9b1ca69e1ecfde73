package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"slices"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
	"golang.org/x/image/webp"
)

var errWebPTruncated = errors.New("WebP: the file ends early: it is truncated, copy or export it again")

// readWebP reads the container (RFC 9649, section 2): a VP8 or VP8L chunk, on its
// own or on a canvas (VP8X), where it may be the first frame of an animation.
func readWebP(data []byte, limit int) (*Image, metadata, error) {
	var meta metadata
	size := int(binary.LittleEndian.Uint32(data[4:]))
	if size > len(data)-8 {
		return nil, meta, errWebPTruncated
	}
	if size < 4 {
		return nil, meta, fmt.Errorf("WebP: the file gives its length as %d", size)
	}
	var canvas, frame *Image
	var alpha []byte // of a VP8 chunk, in the chunk ALPH before it
	read := func(kind string, body []byte) (err error) {
		if frame, meta.info.NotOpaque, err = webpFrame(kind, body, alpha, limit); meta.info.NotOpaque < 0 {
			meta.info.NotOpaque = 0
			meta.info.Notes = append(meta.info.Notes, "its transparency is damaged; it is read without")
		}
		return err
	}
	err := webpChunks(data[12:8+size], func(kind string, body []byte) (err error) {
		switch kind {
		case "VP8X":
			if len(body) < 10 {
				return errors.New("WebP: the canvas header (VP8X) is cut off")
			}
			w, h := uint24(body[4:])+1, uint24(body[7:])+1
			if err = checkSize("WebP", w, h, limit); err == nil && canvas == nil {
				canvas = &Image{W: w, H: h} // its pixels when the frame is known
			}
		case "ALPH":
			alpha = body
		case "VP8 ", "VP8L":
			if frame == nil {
				err = read(kind, body)
			}
		case "ANMF":
			if frame != nil {
				return nil
			}
			if len(body) < 16 || canvas == nil {
				return errors.New("WebP: an animation frame (ANMF) is cut off or has no canvas")
			}
			x, y := 2*uint24(body), 2*uint24(body[3:])
			w, h := uint24(body[6:])+1, uint24(body[9:])+1
			err = webpChunks(body[16:], func(kind string, body []byte) (err error) {
				switch {
				case frame == nil && (kind == "VP8 " || kind == "VP8L"):
					err = read(kind, body)
				case kind == "ALPH":
					alpha = body
				}
				return err
			})
			if err != nil || frame == nil {
				return err
			}
			if frame.W != w || frame.H != h || x+w > canvas.W || y+h > canvas.H {
				return errors.New("WebP: the first animation frame does not fit its canvas")
			}
			shown, all := float64(w*h), float64(canvas.W*canvas.H)
			meta.info.NotOpaque = (meta.info.NotOpaque*shown + all - shown) / all
			meta.info.Notes = append(meta.info.Notes, animated)
			frame = frame.Crop(-x, -y, canvas.W, canvas.H) // black around it
		case "EXIF":
			meta.exif = body
		case "XMP ":
			meta.xmp = body
		case "ICCP":
			meta.info.Profile = iccName(body)
		}
		return err
	})
	if err != nil {
		return nil, meta, err
	}
	if frame == nil {
		return nil, meta, errors.New("WebP: the file holds no picture (VP8 or VP8L chunk)")
	}
	if canvas != nil && (frame.W != canvas.W || frame.H != canvas.H) {
		return nil, meta, fmt.Errorf("WebP: a picture of %d×%d pixels on a canvas of %d×%d", frame.W, frame.H, canvas.W, canvas.H)
	}
	return frame, meta, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func webpChunks(data []byte, visit func(kind string, body []byte) error) error {
	for len(data) > 0 {
		if len(data) < 8 {
			return errWebPTruncated
		}
		n := int(binary.LittleEndian.Uint32(data[4:]))
		if n > len(data)-8 {
			return errWebPTruncated
		}
		if err := visit(string(data[:4]), data[8:8+n]); err != nil {
			return err
		}
		data = data[min(8+n+n&1, len(data)):]
	}
	return nil
}

// webpFrame decodes a VP8 or VP8L chunk. share is the part of its pixels that are not opaque, by
// themselves (VP8L) or by the chunk ALPH before it, which may be nil; −1 where that is damaged.
func webpFrame(kind string, body, alpha []byte, limit int) (m *Image, share float64, err error) {
	fail := func(err error) (*Image, float64, error) {
		return nil, 0, fmt.Errorf("WebP: the picture data are damaged or truncated, copy or export the file again: %w", err)
	}
	if kind == "VP8L" {
		c, err := vp8l.DecodeConfig(bytes.NewReader(body))
		if err != nil {
			return fail(err)
		}
		if err := checkSize("WebP", c.Width, c.Height, limit); err != nil {
			return nil, 0, err
		}
		m, err := vp8l.Decode(bytes.NewReader(body))
		if err != nil {
			return fail(err)
		}
		return FromImage(m), notOpaque(m), nil
	}
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(body), len(body))
	h, err := d.DecodeFrameHeader()
	if err != nil {
		return fail(err)
	}
	if err := checkSize("WebP", h.Width, h.Height, limit); err != nil {
		return nil, 0, err
	}
	src, err := d.DecodeFrame()
	if err != nil {
		return fail(err)
	}
	if alpha != nil {
		share = webpAlpha(alpha, body, h.Width, h.Height)
	}
	return webpRGB(src), share, nil
}

// webpAlpha is the share of pixels that the chunk ALPH says are not opaque, −1 where it cannot be read.
// x/image/webp unpacks it, from a file of its own.
func webpAlpha(alpha, frame []byte, w, h int) float64 {
	chunk := func(kind string, body []byte) []byte {
		c := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
		return append(c, make([]byte, len(body)&1)...)
	}
	const hasAlpha = 0x10
	head := []byte{hasAlpha, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), byte((w - 1) >> 16), byte(h - 1), byte((h - 1) >> 8), byte((h - 1) >> 16)}
	file := slices.Concat([]byte("WEBP"), chunk("VP8X", head), chunk("ALPH", alpha), chunk("VP8 ", frame))
	m, err := webp.Decode(bytes.NewReader(chunk("RIFF", file)))
	if err != nil {
		return -1
	}
	return notOpaque(m)
}

// webpRGB converts VP8's 4:2:0 samples as libwebp does by default: chroma
// interpolated with weights 9, 3, 3 and 1 sixteenths, in two steps that round,
// then BT.601 in fixed point.
func webpRGB(src *image.YCbCr) *Image {
	m := newImage(src.Rect.Dx(), src.Rect.Dy())
	cw, ch := (m.W+1)/2, (m.H+1)/2
	// U and V share a word, V in its upper half: no sum reaches 2¹⁶.
	near, far, full := make([]uint32, cw), make([]uint32, cw), make([]uint32, 2*cw)
	line := func(uv []uint32, y int) {
		y = min(max(y, 0), ch-1)
		cb, cr := src.Cb[y*src.CStride:][:cw], src.Cr[y*src.CStride:][:cw]
		for x := range uv {
			uv[x] = uint32(cb[x]) | uint32(cr[x])<<16
		}
	}
	for y := range m.H {
		line(near, y/2)
		line(far, y/2-1+2*(y&1))
		full[0] = (3*near[0] + far[0] + (2 | 2<<16)) >> 2
		full[2*cw-1] = (3*near[cw-1] + far[cw-1] + (2 | 2<<16)) >> 2
		for i := range cw - 1 {
			a, b, c, d := near[i], near[i+1], far[i], far[i+1]
			sum := a + b + c + d + (8 | 8<<16)
			full[2*i+1] = ((sum+2*(b+c))>>3 + a) >> 1
			full[2*i+2] = ((sum+2*(a+d))>>3 + b) >> 1
		}
		dst := m.Pix[y*m.W*3:][:m.W*3]
		luma, full := src.Y[y*src.YStride:][:m.W], full[:m.W]
		for x, l := range luma {
			if len(dst) < 3 {
				break // never: lets the compiler drop the bounds checks
			}
			// 14 fraction bits, of which 8 are dropped from each product.
			u, v := int32(full[x]&255), int32(full[x]>>16&255)
			l := int32(l) * 19077 >> 8
			dst[0] = uint8(min(max((l+v*26149>>8-14234)>>6, 0), 255))
			dst[1] = uint8(min(max((l-u*6419>>8-v*13320>>8+8708)>>6, 0), 255))
			dst[2] = uint8(min(max((l+u*33050>>8-17685)>>6, 0), 255))
			dst = dst[3:]
		}
	}
	return m
}
