package features

import (
	"testing"

	"thesis.example/lib/picture"
)

// The astronaut's face, in the size of a screenshot's and of a phone's.
func TestDetectFaces(t *testing.T) {
	crop, err := picture.Open("testdata/photo-astronaut.png")
	if err != nil {
		t.Fatal(err)
	}
	const x, y, w, h = 50, 38, 90, 120 // of her face in the crop, by eye
	for _, scale := range []int{1, 3, 8} {
		faces, err := DetectFaces(t.Context(), crop.Resize(crop.W*scale, crop.H*scale, picture.Bicubic))
		if err != nil {
			t.Fatal(err)
		}
		if len(faces) != 1 {
			t.Errorf("scale %d: %d faces: %+v", scale, len(faces), faces)
			continue
		}
		f := faces[0]
		wx, wy := min(f.X+f.W, scale*(x+w))-max(f.X, scale*x), min(f.Y+f.H, scale*(y+h))-max(f.Y, scale*y)
		if wx < 0 || wy < 0 || 10*wx*wy < 7*scale*scale*w*h {
			t.Errorf("scale %d: %+v is not her face", scale, f)
		}
	}
	for _, name := range []string{"photo-coffee.png", "photo-china.png", "photo-rocket.png", "captions.png", "lines.png", "constant.png", "dot.png"} {
		m, err := picture.Open("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if faces, err := DetectFaces(t.Context(), m); err != nil || len(faces) > 0 {
			t.Errorf("%s: %+v, %v", name, faces, err)
		}
	}
}
