package explain

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"thesis.example/lib/picture"
)

// noise is a picture with values from low to high, smooth over some pixels.
func noise(seed uint64, w, h, low, high int) *picture.Image {
	random := rand.New(rand.NewPCG(seed, 0))
	m := &picture.Image{W: w / 4, H: h / 4}
	for range m.W * m.H * 3 {
		m.Pix = append(m.Pix, uint8(low+random.IntN(high-low)))
	}
	return m.Resize(w, h, picture.Bilinear)
}

func mean(m *picture.Image, colour int) float64 {
	sum := 0.0
	for i := colour; i < len(m.Pix); i += 3 {
		sum += float64(m.Pix[i])
	}
	return sum / float64(m.W*m.H)
}

func TestExchangeSpectrum(t *testing.T) {
	shape, texture := greyed(noise(1, 56, 40, 100, 120)), noise(2, 56, 40, 140, 180)
	same, err := ExchangeSpectrum(shape, shape)
	if err != nil || !slices.Equal(same.Pix, shape.Pix) {
		t.Fatalf("a grey picture with its own spectrum is another picture (%v)", err)
	}
	mixed, err := ExchangeSpectrum(shape, texture)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		if d := math.Abs(mean(mixed, c) - mean(texture, c)); d > 0.1 {
			t.Errorf("the mean of colour %d is %g off the texture's", c, d)
		}
		// The strongest wave besides the mean has the texture's amplitude and the shape's phase, to
		// the rounding of the pixels.
		got, phases, amplitudes := spectrum(mixed, c), spectrum(shape, c), spectrum(texture, c)
		at := 1
		for i := range amplitudes[1:] {
			if cmplx.Abs(amplitudes[i+1]) > cmplx.Abs(amplitudes[at]) {
				at = i + 1
			}
		}
		want := cmplx.Rect(cmplx.Abs(amplitudes[at]), cmplx.Phase(phases[at]))
		if cmplx.Abs(got[at]-want) > 0.01*cmplx.Abs(want) {
			t.Errorf("wave %d of colour %d is %v, want %v", at, c, got[at], want)
		}
	}
	grey, err := ExchangeSpectrum(texture, shape)
	if err != nil || !slices.Equal(grey.Pix, greyed(grey).Pix) {
		t.Errorf("a grey texture gives a coloured picture (%v)", err)
	}
	if _, err := ExchangeSpectrum(shape, noise(1, 40, 40, 0, 9)); err == nil {
		t.Error("two sizes are no error")
	}
}

func greyed(m *picture.Image) *picture.Image {
	out := &picture.Image{W: m.W, H: m.H}
	for i := 0; i < len(m.Pix); i += 3 {
		out.Pix = append(out.Pix, m.Pix[i], m.Pix[i], m.Pix[i])
	}
	return out
}

func TestTransferTexture(t *testing.T) {
	shape, texture := noise(3, 52, 40, 0, 255), noise(4, 52, 40, 0, 255)
	same, err := TransferTexture(texture, texture)
	if err != nil || !slices.Equal(same.Pix, texture.Pix) {
		t.Fatalf("a picture drawn with its own texture is another picture (%v)", err)
	}
	drawn, err := TransferTexture(shape, texture)
	if err != nil {
		t.Fatal(err)
	}
	colours := map[[3]uint8]bool{}
	for i := 0; i < len(texture.Pix); i += 3 {
		colours[[3]uint8(texture.Pix[i:])] = true
	}
	for i := 0; i < len(drawn.Pix); i += 3 {
		if !colours[[3]uint8(drawn.Pix[i:])] {
			t.Fatalf("pixel %d has a colour that the texture has not", i/3)
		}
	}
	if slices.Equal(drawn.Pix, texture.Pix) {
		t.Error("the shape changed nothing")
	}
	if _, err := TransferTexture(noise(1, 8, 8, 0, 9), noise(2, 8, 8, 0, 9)); err == nil {
		t.Error("a picture smaller than a block is no error")
	}
}

// The black half of a shape is drawn from the texture's darker half, wherever that lies.
func TestTransferTextureFollowsTheShape(t *testing.T) {
	half := func(across bool, dark, bright uint8) *picture.Image {
		m := &picture.Image{W: 64, H: 64}
		for y := range 64 {
			for x := range 64 {
				v := dark
				if across && x >= 32 || !across && y >= 32 {
					v = bright
				}
				m.Pix = append(m.Pix, v, v, 200)
			}
		}
		return m
	}
	drawn, err := TransferTexture(half(true, 0, 255), half(false, 90, 110))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		x, y int
		want uint8
	}{{4, 4, 90}, {4, 60, 90}, {60, 4, 110}, {60, 60, 110}} {
		if got := drawn.Pix[3*(p.y*64+p.x)]; got != p.want {
			t.Errorf("at (%d, %d): %d, want %d", p.x, p.y, got, p.want)
		}
	}
}

func TestMatchRanks(t *testing.T) {
	got := matchRanks([]float32{5, 1, 1, 9}, []float32{40, 10, 30, 20})
	if want := []float32{30, 10, 10, 40}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSeam(t *testing.T) {
	got := seam(func(r, c int) float64 { // free along column 2 up to row 9, then along column 1
		if r < 10 && c == 2 || r >= 10 && c == 1 {
			return 0
		}
		return 1
	})
	for r, c := range got {
		if want := map[bool]int{true: 2, false: 1}[r < 10]; c != want {
			t.Errorf("row %d: column %d, want %d", r, c, want)
		}
	}
}

func TestShow(t *testing.T) {
	m := Signed([]float64{-2, 0, 1, 2}, 2, 2)
	if m.W != 4 || m.H != 4 || len(m.Pix) != 48 || m.Pix[0] != 0 || m.Pix[6] != 128 || m.Pix[24] != 191 || m.Pix[47] != 255 {
		t.Errorf("%d×%d: %v", m.W, m.H, m.Pix)
	}
	grey := noise(1, 40, 40, 100, 101)
	framed := Framed(grey, 10, 20, 5)
	if framed.Pix[3*(18*40+8)] != 255 || framed.Pix[3*(20*40+10)] != 100 || grey.Pix[3*(18*40+8)] != 100 {
		t.Error("the frame lies elsewhere, or in the picture that was to be copied")
	}
	o := Overlay(grey, []float64{0, 0, 0, 1}, 2)
	if o.Pix[0] != 50 || o.Pix[1] != 50 {
		t.Errorf("no weight: %v", o.Pix[:3])
	}
	if last := o.Pix[len(o.Pix)-3:]; last[0] < 180 || last[2] > 20 {
		t.Errorf("the largest weight: %v", last)
	}
}

func TestMoved(t *testing.T) {
	m := noise(1, 80, 80, 0, 100)
	small := m.Resize(160, 160, picture.Bicubic)
	for _, d := range []int{-32, 0, 32} {
		out := Moved(m, d)
		if out.W != 224 || out.H != 224 {
			t.Fatalf("%d×%d", out.W, out.H)
		}
		if got := out.Crop(32+d, 32, 160, 160); !slices.Equal(got.Pix, small.Pix) {
			t.Errorf("moved by %d the picture is not where it belongs", d)
		}
		if out.Pix[0] != 124 || out.Pix[len(out.Pix)-1] != 104 {
			t.Errorf("moved by %d it lies on %v", d, out.Pix[:3])
		}
	}
}
