package chart

import (
	"context"
	"fmt"
	"html"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"thesis.example/lib/setup"
)

// browse opens a page in headless Chromium without network and returns what
// it prints: with --dump-dom, the document as it stands after its scripts have run.
func browse(t *testing.T, page string, flags ...string) string {
	t.Helper()
	browser, err := setup.Browser()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	// A browser that hangs ends some day; one that works on a busy machine has its time.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	args := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + t.TempDir(), "--virtual-time-budget=20000"}, flags...)
	out, err := exec.CommandContext(ctx, browser, append(args, (&url.URL{Scheme: "file", Path: file}).String())...).Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	return string(out)
}

// pageOf is a page with pieces of HTML and, at its end, a probe that writes what it
// finds into the title.
func pageOf(probe string, pieces ...string) string {
	return "<!DOCTYPE html><meta charset=utf-8><body style='margin:0'>" + strings.Join(pieces, "\n") +
		"<script>window.addEventListener('load',function(){var found;try{found=JSON.stringify((" + probe +
		")())}catch(e){found=String(e)}document.title='probe '+found})</script></body>"
}

func probed(t *testing.T, dom string) string {
	t.Helper()
	m := regexp.MustCompile(`<title>probe (.*?)</title>`).FindStringSubmatch(dom)
	if m == nil {
		t.Fatalf("the page's probe did not run: %.2000s", dom)
	}
	return m[1]
}

// pictures counts figures, those drawn, those whose static picture is seen and
// sound, and ids that stand twice.
const pictures = `function(){
	var n = function(s){ return document.querySelectorAll(s).length }, ids = {}, twice = 0;
	document.querySelectorAll("[id]").forEach(function(e){ if (ids[e.id]) twice++; ids[e.id] = true });
	var seen = Array.from(document.querySelectorAll("figure img")).filter(function(i){
		return getComputedStyle(i).display !== "none" && i.naturalWidth > 0 }).length;
	return { figures: n("figure"), drawn: n("figure.thesis-drawn>.thesis-live svg text"  ) && n("figure.thesis-drawn>.thesis-live svg"),
		pictures: seen, twice: twice, globals: [typeof window.echarts, window.amd || 0] };
}`

func piecesOf(t *testing.T, genres []string, numbers ...string) []string {
	t.Helper()
	var out []string
	for number, f := range samples(t, genres) {
		if numbers == nil || slices.Contains(numbers, number) {
			piece, err := f.HTML()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, piece)
		}
	}
	return out
}

func library(t *testing.T) string {
	t.Helper()
	l, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(l, "</script") != 1 || strings.Contains(l, "<!--") {
		t.Fatal("the library would end its own script element")
	}
	return l
}

// Every figure twice on one page, the library before, between and after them and
// twice; RequireJS is loaded.
func TestPageDrawsEveryCopy(t *testing.T) {
	const requireJS = `<script>window.define=function(){window.amd=(window.amd||0)+1};window.define.amd={}</script>`
	figures, lib := piecesOf(t, three), library(t)
	twice := append(slices.Clone(figures), figures...)
	n := len(figures)
	for name, page := range map[string][]string{
		"first":   slices.Concat([]string{requireJS, lib}, twice),
		"between": slices.Concat([]string{requireJS}, figures, []string{lib}, figures, []string{lib}),
	} {
		want := fmt.Sprintf(`{"figures":%d,"drawn":%d,"pictures":0,"twice":0,"globals":["undefined",0]}`, 2*n, 2*n)
		if got := probed(t, browse(t, pageOf(pictures, page...), "--dump-dom")); got != want {
			t.Errorf("library %s: %s, want %s", name, got, want)
		}
	}
}

// Without the library, and where a figure cannot be drawn, the picture stays.
func TestPictureStays(t *testing.T) {
	piece := piecesOf(t, three, "4.3")[0]
	broken := strings.Replace(piece, `"renderItem":"whisker:0,1"`, `"renderItem":"nosuch"`, 1)
	if broken == piece {
		t.Fatal("nothing was broken")
	}
	for name, pieces := range map[string][]string{"library missing": {piece, piece}, "figure broken": {library(t), broken, broken}} {
		const want = `{"figures":2,"drawn":0,"pictures":2,"twice":0,"globals":["undefined",0]}`
		if got := probed(t, browse(t, pageOf(pictures, pieces...), "--dump-dom")); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// With JavaScript off (in a sandboxed frame: Chromium takes no screenshot with its
// own switch) a screenshot shows the picture: its bars, in their colours.
func TestPageWithoutJavaScript(t *testing.T) {
	shot := filepath.Join(t.TempDir(), "shot.png")
	page := pageOf(pictures, library(t), piecesOf(t, three, "4.3")[0], "<script>document.body.textContent='JavaScript runs'</script>")
	browse(t, `<body style="margin:0"><iframe sandbox width=800 height=600 style="border:0" srcdoc="`+html.EscapeString(page)+`"></iframe>`,
		"--window-size=800,600", "--screenshot="+shot)
	file, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[fmt.Sprintf("#%02X%02X%02X", r>>8, g>>8, b>>8)]++
		}
	}
	for g := range three {
		if n := seen[colour(g)]; n < 2000 {
			t.Errorf("%d pixels have the colour of %s", n, three[g])
		}
	}
}

// Hostile names on a page: nothing of them runs, neither when drawn nor when the
// pointer visits every mark and its tooltip opens.
func TestHostilePage(t *testing.T) {
	const visit = `function(){
		var said = "", foreign = 0;
		for (const box of document.querySelectorAll(".thesis-live")) {
			var marks = Array.from(box.querySelectorAll("path")).slice(-20);
			for (const mark of marks) {
				var r = mark.getBoundingClientRect();
				box.firstChild.firstChild.dispatchEvent(new MouseEvent("mousemove", {bubbles: true, clientX: r.x + r.width / 2, clientY: r.y + r.height / 2}));
				said += box.firstChild.lastChild.textContent;
			}
		}
		foreign = document.querySelectorAll(".thesis-live img, .thesis-live script, figcaption img, [onload], [onerror]").length;
		return { hacked: window.hacked || 0, foreign: foreign, polluted: Object.keys(Object.prototype).length + ("prev" in {}),
			tooltips: said.includes("<" + "/script><img src=x onerror=window.hacked=1>") };
	}`
	page := pageOf(visit, append([]string{library(t)}, piecesOf(t, hostile, "4.2", "4.3", "6.3")...)...)
	const want = `{"hacked":0,"foreign":0,"polluted":0,"tooltips":true}`
	if got := probed(t, browse(t, page, "--window-size=900,4000", "--dump-dom")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A page asks no other host for anything.
func TestPageIsSelfContained(t *testing.T) {
	for _, piece := range piecesOf(t, three) {
		refers := regexp.MustCompile(`(?:src|href)="([^"]{0,10})`).FindAllStringSubmatch(piece, -1)
		if len(refers) != 1 || refers[0][1] != "data:image" {
			t.Errorf("a figure refers to %q, want its own picture and nothing else", refers)
		}
	}
}

// On a narrow page no figure is cut or scrolls: a phone shows the picture drawn for it, a page between shows
// the wide one scaled; only where the interactive figure fits does it stand there.
func TestNarrowPage(t *testing.T) {
	const look = `function(){
		var found = [];
		document.querySelectorAll("figure").forEach(function(f){
			var i = f.querySelector("img"), live = f.querySelector(".thesis-live");
			found.push([i.naturalWidth, i.checkVisibility(), live.checkVisibility(), f.scrollWidth <= f.clientWidth && f.clientWidth <= innerWidth]);
		});
		return found[0].concat(found.every(function(f){ return f.join() === found[0].join() }));
	}`
	// A frame is as narrow as said; a window is not.
	for width, want := range map[int]string{390: "[380,true,false,true,true]", 700: "[760,true,false,true,true]", 900: "[760,false,true,true,true]"} {
		inside := pageOf(look, append([]string{library(t)}, piecesOf(t, three)...)...)
		outside := `<body style="margin:0"><iframe width="` + px(width) + `" height=600 style="border:0" srcdoc="` + html.EscapeString(inside) +
			`"></iframe><script>addEventListener("load",function(){setTimeout(function(){document.title=frames[0].document.title},3000)})</script>`
		if got := probed(t, browse(t, outside, "--dump-dom", "--window-size=1200,700")); got != want {
			t.Errorf("%d pixels: %s, want %s", width, got, want)
		}
	}
}
