package picture

// Colour conversion of JPEG: upsampling of subsampled components and YCbCr →
// RGB, as libjpeg does both by default.

// row returns full-resolution row y of c, in buf unless c is not subsampled.
// Ratios of two are interpolated with weights ¾ and ¼ ("fancy upsampling",
// rounding alternately down and up); others, and rows of one or two samples,
// are repeated.
func (c *component) row(y, hMax, vMax int, buf []uint8, sums []uint16) []uint8 {
	nh, nv := hMax/c.h, vMax/c.v
	line := func(y int) []uint8 {
		y = min(max(y, 0), c.ht-1)
		return c.pix[y*c.stride:][:c.w]
	}
	near := line(y / nv)
	other := y/nv - 1 + 2*(y&1) // the other row that counts, for nv = 2
	switch {
	case nh == 1 && nv == 1:
		return near
	case nh == 1 && nv == 2:
		far, round := line(other), uint16(1+y&1)
		buf := buf[:len(near)]
		for x, v := range near {
			buf[x] = uint8((3*uint16(v) + uint16(far[x]) + round) >> 2)
		}
	case nh == 2 && nv == 1 && c.w > 2:
		n := len(near)
		buf[0] = near[0]
		buf[1] = uint8((3*uint16(near[0]) + uint16(near[1]) + 2) >> 2)
		out := buf[2:]
		for i := 1; i < n-1; i++ {
			v := 3 * uint16(near[i])
			o := out[:2:2]
			out = out[2:]
			o[0] = uint8((v + uint16(near[i-1]) + 1) >> 2)
			o[1] = uint8((v + uint16(near[i+1]) + 2) >> 2)
		}
		buf[2*n-2] = uint8((3*uint16(near[n-1]) + uint16(near[n-2]) + 1) >> 2)
		buf[2*n-1] = near[n-1]
	case nh == 2 && nv == 2 && c.w > 2:
		far := line(other)
		n := len(near)
		sums := sums[:n]
		for x, v := range near {
			sums[x] = 3*uint16(v) + uint16(far[x])
		}
		buf[0] = uint8((4*sums[0] + 8) >> 4)
		buf[1] = uint8((3*sums[0] + sums[1] + 7) >> 4)
		last, this := sums[0], sums[1]
		out := buf[2:]
		for _, next := range sums[2:] {
			o := out[:2:2]
			out = out[2:]
			o[0] = uint8((3*this + last + 8) >> 4)
			o[1] = uint8((3*this + next + 7) >> 4)
			last, this = this, next
		}
		buf[2*n-2] = uint8((3*this + last + 8) >> 4)
		buf[2*n-1] = uint8((4*this + 7) >> 4)
	default:
		for x, v := range near {
			for i := range nh {
				buf[x*nh+i] = v
			}
		}
	}
	return buf
}

// Contributions of Cr and Cb, from 16.16 fixed point; those to green are kept
// unrounded until they are added (JFIF 1.02).
var crRed, cbBlue, crGreen, cbGreen = func() (r, b, rg, bg [256]int32) {
	const half = 1 << 15
	for i := range int32(256) {
		v := i - 128
		r[i] = (91881*v + half) >> 16  // 1.402
		b[i] = (116130*v + half) >> 16 // 1.772
		rg[i] = -46802 * v             // 0.71414
		bg[i] = -22554*v + half        // 0.34414
	}
	return
}()

// clipped is min(max(i−clipZero, 0), 255), without a branch.
var clipped = func() (t [1024]uint8) {
	for i := range t {
		t[i] = uint8(min(max(i-clipZero, 0), 255))
	}
	return
}()

const clipZero = 384

func yccToRGB(dst, ys, cbs, crs []uint8) {
	cbs, crs = cbs[:len(ys)], crs[:len(ys)]
	for x, y := range ys {
		if len(dst) < 3 {
			break // never: lets the compiler drop the bounds checks
		}
		cb, cr := cbs[x], crs[x]
		l := int32(y) + clipZero
		dst[0] = clipped[uint32(l+crRed[cr])%1024]
		dst[1] = clipped[uint32(l+(cbGreen[cb]+crGreen[cr])>>16)%1024]
		dst[2] = clipped[uint32(l+cbBlue[cb])%1024]
		dst = dst[3:]
	}
}

// isRGB reports whether three components are red, green and blue, by libjpeg's
// rule: a JFIF marker says they are not, an Adobe marker says which, and
// otherwise the component ids tell.
func (f *jpegFile) isRGB() bool {
	switch {
	case f.jfif:
		return false
	case f.adobe:
		return f.transform == 0
	}
	return f.comps[0].id == 'R' && f.comps[1].id == 'G' && f.comps[2].id == 'B'
}

// rgb assembles the picture from the components' samples.
func (f *jpegFile) rgb() *Image {
	m := newImage(f.w, f.h)
	rgb := len(f.comps) == 3 && f.isRGB()
	ycck := f.adobe && f.transform != 0
	var rows, bufs [4][]uint8
	for i, c := range f.comps {
		bufs[i] = make([]uint8, c.w*(f.hMax/c.h))
	}
	sums := make([]uint16, f.w+1)
	for y := range f.h {
		for i := range f.comps {
			rows[i] = f.comps[i].row(y, f.hMax, f.vMax, bufs[i], sums)[:f.w]
		}
		dst := m.Pix[y*f.w*3:][:f.w*3]
		switch {
		case len(f.comps) == 1:
			for _, v := range rows[0] {
				dst[0], dst[1], dst[2] = v, v, v
				dst = dst[3:]
			}
		case rgb:
			for x, v := range rows[0] {
				dst[0], dst[1], dst[2] = v, rows[1][x], rows[2][x]
				dst = dst[3:]
			}
		case len(f.comps) == 3:
			yccToRGB(dst, rows[0], rows[1], rows[2])
		default:
			// Adobe stores ink inverted, and so does everyone: 255 is no ink. YCCK
			// is YCbCr of the complement of that.
			if ycck {
				yccToRGB(dst, rows[0], rows[1], rows[2])
			}
			for x, white := range rows[3] {
				for i := range 3 {
					ink := dst[3*x+i]
					if !ycck {
						ink = 255 - rows[i][x]
					}
					dst[3*x+i] = white - mulDiv255(ink, white)
				}
			}
		}
	}
	return m
}

// mulDiv255 is a·b/255, rounded as Pillow does.
func mulDiv255(a, b uint8) uint8 {
	t := uint32(a)*uint32(b) + 128
	return uint8((t>>8 + t) >> 8)
}
