package picture

// Constants of the inverse transform after Loeffler, Ligtenberg and Moschytz
// (ICASSP 1989), 13 fraction bits.
const (
	fix0298631336 = 2446
	fix0390180644 = 3196
	fix0541196100 = 4433
	fix0765366865 = 6270
	fix0899976223 = 7373
	fix1175875602 = 9633
	fix1501321110 = 12299
	fix1847759065 = 15137
	fix1961570560 = 16069
	fix2053119869 = 16819
	fix2562915447 = 20995
	fix3072711026 = 25172
)

// idct1 is one 8-point transform: the outputs i and 7−i are e[i]+o[i] and
// e[i]−o[i], scaled by √8·2¹³.
func idct1(s0, s1, s2, s3, s4, s5, s6, s7 int32) (e0, e1, e2, e3, o0, o1, o2, o3 int32) {
	z := (s2 + s6) * fix0541196100
	t2 := z - s6*fix1847759065
	t3 := z + s2*fix0765366865
	t0 := (s0 + s4) << 13
	t1 := (s0 - s4) << 13
	e0, e3, e1, e2 = t0+t3, t0-t3, t1+t2, t1-t2

	z1, z2, z3, z4 := s7+s1, s5+s3, s7+s3, s5+s1
	z5 := (z3 + z4) * fix1175875602
	z1 *= -fix0899976223
	z2 *= -fix2562915447
	z3 = z5 - z3*fix1961570560
	z4 = z5 - z4*fix0390180644
	o3 = s7*fix0298631336 + z1 + z3
	o2 = s5*fix2053119869 + z2 + z4
	o1 = s3*fix3072711026 + z2 + z3
	o0 = s1*fix1501321110 + z1 + z4
	return
}

// lastColumn is the rightmost column that coefficients up to a zigzag index
// reach.
var lastColumn = func() (t [64]uint8) {
	for k, z := range zigzag {
		t[k] = z & 7
		if k > 0 {
			t[k] = max(t[k], t[k-1])
		}
	}
	return
}()

// idct transforms block, of which coefficients beyond the zigzag index last are
// zero, into 8×8 samples at dst: libjpeg's accurate integer method, columns
// first with two fraction bits kept, each pass rounded half up.
func idct(block *[64]int32, last int, dst []uint8, stride int) {
	if last == 0 {
		v := sample((block[0]<<2 + 1<<4) >> 5)
		for range 8 {
			d := dst[:8:8]
			d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = v, v, v, v, v, v, v, v
			dst = dst[min(stride, len(dst)):]
		}
		return
	}
	var work [64]int32
	for c := range int(lastColumn[last&63]) + 1 {
		b := block[c:][:57]
		w := work[c:][:57]
		if b[8]|b[16]|b[24]|b[32]|b[40]|b[48]|b[56] == 0 {
			v := b[0] << 2
			w[0], w[8], w[16], w[24], w[32], w[40], w[48], w[56] = v, v, v, v, v, v, v, v
			continue
		}
		e0, e1, e2, e3, o0, o1, o2, o3 := idct1(b[0], b[8], b[16], b[24], b[32], b[40], b[48], b[56])
		const half = 1 << 10
		w[0], w[56] = (e0+o0+half)>>11, (e0-o0+half)>>11
		w[8], w[48] = (e1+o1+half)>>11, (e1-o1+half)>>11
		w[16], w[40] = (e2+o2+half)>>11, (e2-o2+half)>>11
		w[24], w[32] = (e3+o3+half)>>11, (e3-o3+half)>>11
	}
	for r := 0; r < 64; r += 8 {
		w := work[r:][:8]
		d := dst[:8:8]
		dst = dst[min(stride, len(dst)):]
		if w[1]|w[2]|w[3]|w[4]|w[5]|w[6]|w[7] == 0 {
			v := sample((w[0] + 1<<4) >> 5)
			d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = v, v, v, v, v, v, v, v
			continue
		}
		e0, e1, e2, e3, o0, o1, o2, o3 := idct1(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7])
		const half = 1 << 17
		d[0], d[7] = sample((e0+o0+half)>>18), sample((e0-o0+half)>>18)
		d[1], d[6] = sample((e1+o1+half)>>18), sample((e1-o1+half)>>18)
		d[2], d[5] = sample((e2+o2+half)>>18), sample((e2-o2+half)>>18)
		d[3], d[4] = sample((e3+o3+half)>>18), sample((e3-o3+half)>>18)
	}
}

// sample centres and clips a transformed value.
func sample(v int32) uint8 { return uint8(min(max(v+128, 0), 255)) }
