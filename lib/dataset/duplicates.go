package dataset

import (
	"encoding/hex"
	"fmt"
	"image"
	"math/bits"
	"slices"

	"github.com/corona10/goimagehash"

	"thesis.example/lib/picture"
)

// Near-duplicates: a second screenshot of one video, with another clock in its status bar, or one picture
// saved again in another format, quality or size. A network that was trained on one of the two has seen the
// other, so that they must not lie on both sides of a fold.
//
// Pictures are compared by a difference hash (github.com/corona10/goimagehash): 32 rows of 33 cells, a mark
// for each cell that is darker than the one to its right. Three things are done to it here, since
// screenshots are flat in parts and alike in their upper edge:
//
//   - The upper 6 % of the height, where the status bar is, are left out.
//   - Cells are rounded down to a multiple of 4 of 255 levels, so that the noise that JPEG leaves in a flat
//     part makes few marks.
//   - The distance is Jaccard's: of the marks that either picture has, the share that only one of them
//     has. On a page with little in it few marks that differ mean much.
//
// TestNearMeasured holds what is found and what is mistaken at several limits.
const (
	nearRows   = 32
	nearTop    = 0.06
	nearLevels = 4
	// NearLimit is the largest distance of two pictures that are taken for near-duplicates.
	NearLimit = 0.28
	// nearMarks is the least number of marks that either of two pictures has, of 1024: in less there is
	// too little to tell pictures apart.
	nearMarks = 32
	// nearVersion is raised whenever looks may give another hash.
	nearVersion = 1
)

// look is a picture's difference hash, all zero where the picture is too small to have one.
type look [nearRows * nearRows / 64]uint64

// lookOf hashes a picture of at least 33×35 pixels.
func lookOf(m *picture.Image) (look, error) {
	var l look
	top := int(nearTop * float64(m.H))
	if m.W < nearRows+1 || m.H-top < nearRows {
		return l, nil
	}
	small := m.Crop(0, top, m.W, m.H-top).Resize(nearRows+1, nearRows, picture.Bilinear)
	grey := image.NewGray(image.Rect(0, 0, small.W, small.H))
	for i := range grey.Pix {
		// ITU-R BT.601, the luma of JPEG and of Pillow.
		luma := (299*int(small.Pix[3*i]) + 587*int(small.Pix[3*i+1]) + 114*int(small.Pix[3*i+2])) / 1000
		grey.Pix[i] = uint8(luma / nearLevels * nearLevels)
	}
	hash, err := goimagehash.ExtDifferenceHash(grey, nearRows, nearRows)
	if err != nil {
		return l, fmt.Errorf("the perceptual hash: %w", err)
	}
	copy(l[:], hash.GetHash())
	return l, nil
}

func (l look) marks() (n int) {
	for _, w := range l {
		n += bits.OnesCount64(w)
	}
	return n
}

// MarshalText and UnmarshalText write a look as hexadecimal digits.
func (l look) MarshalText() ([]byte, error) {
	var b []byte
	for _, w := range l {
		b = fmt.Appendf(b, "%016x", w)
	}
	return b, nil
}

func (l *look) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != 8*len(l) {
		return fmt.Errorf("a perceptual hash of %d digits, expected %d", len(text), 16*len(l))
	}
	for i, v := range b {
		l[i/8] = l[i/8]<<8 | uint64(v)
	}
	return nil
}

// Near is a pair of near-duplicates.
type Near struct {
	A, B     int     // samples, A before B
	Distance float64 // 0 to NearLimit
}

// near finds all pairs of distance limit or less, by A and then B: n²/2 comparisons of 16 words, which for
// 10,000 pictures take half a second on one core.
func near(looks []look, limit float64) []Near {
	marks := make([]int, len(looks))
	for i, l := range looks {
		marks[i] = l.marks()
	}
	var found []Near
	for a := range looks {
		for b := a + 1; b < len(looks); b++ {
			// With x marks in one of the two alone, u = (marks + marks + x)/2 are in either, so that
			// x/u ≤ limit is x ≤ most.
			sum := marks[a] + marks[b]
			most := int(limit * float64(sum) / (2 - limit))
			x := 0
			for w := range looks[a] {
				if x += bits.OnesCount64(looks[a][w] ^ looks[b][w]); x > most {
					break
				}
			}
			if x > most || sum+x < 2*nearMarks {
				continue
			}
			found = append(found, Near{a, b, float64(2*x) / float64(sum+x)})
		}
	}
	return found
}

// tie numbers the samples by groups: those that carry one name and those that are near-duplicates have one
// number, which is their first sample's place. Links are followed: if A is near B and B near C, all three
// are one group.
func tie(names []string, pairs []Near) []int {
	group := make([]int, len(names))
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	join := func(a, b int) {
		a, b = root(a), root(b)
		group[max(a, b)] = min(a, b)
	}
	first := map[string]int{}
	for i, name := range names {
		if name == "" {
			continue
		}
		if j, ok := first[name]; ok {
			join(i, j)
		} else {
			first[name] = i
		}
	}
	for _, p := range pairs {
		join(p.A, p.B)
	}
	for i := range group {
		group[i] = root(i)
	}
	return group
}

// Groups are the samples that share a fold with others, each group ascending, in the order of their first.
func (s *Set) Groups() [][]int {
	var groups [][]int
	at := map[int]int{}
	for i, g := range s.group {
		if g == i {
			continue
		}
		if _, ok := at[g]; !ok {
			at[g] = len(groups)
			groups = append(groups, []int{g})
		}
		groups[at[g]] = append(groups[at[g]], i)
	}
	slices.SortFunc(groups, func(a, b []int) int { return a[0] - b[0] })
	return groups
}

// nearWarnings list the pairs: of two genres first, since one of the two labels is likely wrong.
func (s *Set) nearWarnings() (ws []Warning) {
	across := Warning{Text: "pair(s) of near-duplicates lie in two genres: a network cannot learn which is right; see whether one of each pair is in the wrong folder"}
	within := Warning{Text: "pair(s) of near-duplicates, as of one video or one picture saved twice: each pair shares a fold; remove one of the two if they are the same post"}
	for _, p := range s.Near {
		a, b := s.Samples[p.A].File, s.Samples[p.B].File
		w := &within
		if s.Samples[p.A].Genre != s.Samples[p.B].Genre {
			w = &across
		}
		w.Items = append(w.Items, fmt.Sprintf("%s and %s (distance %.2f of at most %.2f)", a, b, p.Distance, NearLimit))
	}
	for _, w := range []Warning{across, within} {
		if len(w.Items) > 0 {
			ws = append(ws, w)
		}
	}
	return ws
}
