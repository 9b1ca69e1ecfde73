package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// scene gives a picture large enough to be compared, another for every seed, with a clock at its upper edge and, where
// clear is above 0, so many transparent rows below.
func scene(t *testing.T, seed, clock, clear int, asJPEG bool) string {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 120, 200))
	cell := func(x, y int) uint8 { // a field of squares that the seed decides
		v := uint32(x/9*7919+y/11*104729+seed*1299709) * 2654435761
		return uint8(v >> 24)
	}
	for y := range 200 {
		for x := range 120 {
			v := cell(x, y)
			m.SetNRGBA(x, y, color.NRGBA{v, v / 2, 255 - v, 255})
			if y < 10 {
				m.SetNRGBA(x, y, color.NRGBA{0, 0, uint8(clock * (x % 17)), 255})
			}
			if y >= 200-clear {
				m.SetNRGBA(x, y, color.NRGBA{})
			}
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	if asJPEG {
		b.Reset()
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 80})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// all shows a set's warnings whole.
func all(s *Set) string {
	var b strings.Builder
	for _, w := range s.Warnings() {
		fmt.Fprintln(&b, w.Show(true))
	}
	return b.String()
}

func TestWarnings(t *testing.T) {
	profiled := func(name string) string {
		data, err := os.ReadFile("../picture/testdata/info/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	// said is another picture with what a file of testdata/info says before its pixels.
	said := func(seed int, name string) string {
		from, to := profiled(name), string(paint(t, seed, png.DefaultCompression))
		const header = 33 // signature and IHDR
		return to[:header] + from[header:strings.Index(from, "IDAT")-4] + to[header:]
	}
	row := func(files ...string) string { return table + strings.Join(files, ",9,9,9\n") + ",9,9,9\n" }
	for name, c := range map[string]struct {
		changes map[string]string
		want    []string // parts of the warnings, in their order; none: no warning
		groups  string
	}{
		"nothing": {nil, nil, "[]"},
		"another clock": {map[string]string{"dance/x.png": scene(t, 1, 3, 0, false), "dance/y.png": scene(t, 1, 11, 0, false), "dance/z.png": scene(t, 2, 3, 0, false), EngagementFile: row("dance/x.png", "dance/y.png", "dance/z.png")},
			[]string{"1 pair(s) of near-duplicates, as of one video", "each pair shares a fold", "dance/x.png and dance/y.png (distance 0.00 of at most 0.28)"}, "[[3 4]]"},
		"saved as JPEG in another genre": {map[string]string{"dance/x.png": scene(t, 1, 3, 0, false), "travel/y.jpg": scene(t, 1, 3, 0, true), EngagementFile: row("dance/x.png", "travel/y.jpg")},
			[]string{"1 pair(s) of near-duplicates lie in two genres", "dance/x.png and travel/y.jpg"}, "[[3 7]]"},
		"groups by hand": {map[string]string{EngagementFile: "file,likes,saves,comments,Group\na.png,1,1,1,v1\nb.png,1,1,1,\nc.png,1,1,1, v1 \nd.png,1,1,1,v2\ne.png,1,1,1,\nf.png,1,1,1,v1\n"},
			nil, "[[0 2 5]]"},
		"profiles": {map[string]string{"dance/x.png": said(21, "p3.png"), "dance/y.png": said(22, "monitor.png"), "travel/z.png": said(23, "srgb-icc.png"), EngagementFile: row("dance/x.png", "dance/y.png", "travel/z.png")},
			[]string{"3 colour profiles among the pictures", "7 picture(s): sRGB or none", "1 picture(s): Display P3", "1 picture(s): EIZO EV2456(00000001)"}, "[]"},
		"sRGB and none": {map[string]string{"travel/z.png": said(23, "srgb-icc.png"), EngagementFile: row("travel/z.png")}, nil, "[]"},
		"transparency": {map[string]string{"dance/x.png": scene(t, 1, 3, 50, false), "dance/y.png": scene(t, 2, 3, 100, false), EngagementFile: row("dance/x.png", "dance/y.png")},
			[]string{"2 picture(s) are transparent in parts, 9.4 % of all the set's pixels", "dance/y.png: 50 %", "dance/x.png: 25 %"}, "[]"},
		"oddities": {map[string]string{"dance/x.png": said(24, "spoilt-text.png"), "dance/y.jpg": profiled("several.jpg"), "travel/z.jpg": said(25, "srgb-chunk.png"), EngagementFile: row("dance/x.png", "dance/y.jpg", "travel/z.jpg")},
			[]string{"check sum of its chunk tEXt", "dance/x.png", "several pictures (MPO", "dance/y.jpg", "1 picture(s) named .jpg are PNG, and read as that", "travel/z.jpg"}, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, c.changes)
			for _, how := range []string{"decoded", "remembered"} { // the second time out of the cache
				set, err := Open(t.Context(), dir, false)
				if err != nil {
					t.Fatal(err)
				}
				rest := all(set)
				if len(c.want) == 0 && rest != "" {
					t.Errorf("%s: warnings: %s", how, rest)
				}
				for _, want := range c.want {
					_, after, ok := strings.Cut(rest, want)
					if !ok {
						t.Errorf("%s: warnings %s lack %q, or have it in another place", how, all(set), want)
					}
					rest = after
				}
				if got := fmt.Sprint(set.Groups()); got != c.groups {
					t.Errorf("%s: groups %s, want %s", how, got, c.groups)
				}
			}
		})
	}
	many := Warning{"things", slices.Repeat([]string{"a\x1b[31m"}, 7)}.Show(false)
	if !strings.HasSuffix(many, "and 2 more") || strings.Contains(many, "\x1b") {
		t.Errorf("seven items: %q", many)
	}
}

// The fingerprint is another where pictures are tied together, and only there.
func TestFingerprintOfGroups(t *testing.T) {
	print := func(changes map[string]string) string {
		set, err := Open(t.Context(), folder(t, changes), false)
		if err != nil {
			t.Fatal(err)
		}
		return set.Fingerprint()
	}
	with := func(groups ...string) map[string]string {
		lines := strings.Split(strings.TrimSpace(table), "\n")
		for i := range lines {
			lines[i] += "," + append([]string{"group"}, groups...)[i]
		}
		return map[string]string{EngagementFile: strings.Join(lines, "\n") + "\n"}
	}
	base := print(map[string]string{EngagementFile: table})
	for what, f := range map[string]string{"an empty column": print(with("", "", "", "", "", "")), "groups of one": print(with("a", "b", "c", "d", "e", "f"))} {
		if f != base {
			t.Errorf("%s changes the fingerprint", what)
		}
	}
	tied := map[string]string{"ab": print(with("v", "v", "", "", "", "")), "ac": print(with("v", "", "v", "", "", "")), "ab cd": print(with("v", "v", "w", "w", "", "")), "none": base}
	if len(slices.Compact(slices.Sorted(maps.Values(tied)))) != 4 {
		t.Errorf("sets that differ in their groups share a fingerprint: %v", tied)
	}
	if print(with("other", "other", "", "", "", "")) != tied["ab"] {
		t.Error("the name of a group enters the fingerprint")
	}
}
