"""Writes the pictures beside it and golden.json: their pixels as Pillow reads
them, ImageOps.exif_transpose(Image.open(p)).convert("RGB"), as SHA-256, and
resized copies likewise. The pixels of JPEGs, which are compared with a
tolerance, are also in pillow/, as PNG. refused/ holds JPEGs that Pillow reads
and lib/picture does not. Needs pillow, numpy and scikit-image, whose photographs
it crops: those without a copyright (public domain, CC0). Run in this directory."""

import glob, hashlib, io, json, os, platform, re, struct, zlib

import numpy as np
import skimage
from PIL import Image, ImageOps, PngImagePlugin, features

golden = {"versions": {
    "python": platform.python_version(), "pillow": Image.__version__, "numpy": np.__version__,
    "scikit-image": skimage.__version__,
    "libjpeg-turbo": features.version("libjpeg_turbo"), "libwebp": features.version("webp"),
}, "pictures": {}, "resized": []}
for old in sum((glob.glob(p) for p in ("*.png", "*.jpg", "*.webp", "pillow/*.png", "refused/*.jpg")), []):
    os.remove(old)
os.makedirs("pillow", exist_ok=True)
os.makedirs("refused", exist_ok=True)


def digest(pixels):
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def put(name, data, pixels=None):
    """Stores a picture; pixels where the expectation is not Pillow's own."""
    with open(name, "wb") as f:
        f.write(data)
    if pixels is None:
        pixels = np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    h, w, _ = pixels.shape
    golden["pictures"][name] = {"w": w, "h": h, "sha256": digest(pixels)}
    if name.endswith(".jpg"):
        Image.fromarray(pixels).save(f"pillow/{name[:-4]}.png", optimize=True)


def refused(name, data):
    Image.open(io.BytesIO(data)).load()
    with open(f"refused/{name}", "wb") as f:
        f.write(data)


def encoded(image, kind, **options):
    b = io.BytesIO()
    image.save(b, kind, **options)
    return b.getvalue()


def segments(jpeg):
    """The marker segments of a JPEG as [marker, body], the last with its data."""
    out, i = [], 2
    while True:
        marker, n = jpeg[i + 1], struct.unpack(">H", jpeg[i + 2:i + 4])[0]
        end = i + 2 + n if marker != 0xDA else len(jpeg) - 2
        out.append([marker, bytearray(jpeg[i + 4:i + 2 + n]), jpeg[i + 2 + n:end]])
        i += 2 + n
        if marker == 0xDA:
            return out


def joined(segs):
    return b"\xff\xd8" + b"".join(
        bytes([0xFF, m]) + struct.pack(">H", len(b) + 2) + bytes(b) + d for m, b, d in segs) + b"\xff\xd9"


def relabelled(jpeg, sampling, w, h):
    """The same data under another sampling of the first component: scrambled,
    but as good a JPEG, in layouts that Pillow cannot write."""
    segs = segments(jpeg)
    for m, b, _ in segs:
        if m in (0xC0, 0xC2):
            b[1:5] = struct.pack(">HH", h, w)
            b[7] = sampling
    return joined(segs)


def separate(planes, sampling, transform=None):
    """A sequential JPEG with one scan for each component; the sampling of each
    component is horizontal factor << 4 | vertical factor. A transform marks it as
    Adobe's."""
    (w, h), most = planes[0].size, [max(f >> 4 for f in sampling), max(f & 15 for f in sampling)]
    size = lambda f: (-(-w * (f >> 4) // most[0]), -(-h * (f & 15) // most[1]))
    parts = [segments(encoded(p if p.size == size(f) else p.resize(size(f)), "JPEG", quality=80)) for p, f in zip(planes, sampling)]
    segs = [s for s in parts[0] if s[0] != 0xDA]
    for m, b, _ in segs:
        if m == 0xC0:
            b[1:] = struct.pack(">HHB", h, w, len(sampling)) + b"".join(bytes([i + 1, f, 0]) for i, f in enumerate(sampling))
    if transform is not None:
        segs = [[0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]), b""]] + [s for s in segs if s[0] != 0xE0]
    for i, part in enumerate(parts):
        m, b, d = part[-1]
        b[1] = i + 1
        segs.append([m, b, d])
    return joined(segs)


def png(pixels, bits, colour, chunks=(), interlace=False):
    """PNG of an array of samples, h×w×channels, of any depth."""
    h, w, _ = pixels.shape

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def rows(a):
        if a.size == 0:
            return b""
        if bits == 16:
            packed = a.reshape(len(a), -1).astype(">u2").view(np.uint8)
        elif bits == 8:
            packed = a.reshape(len(a), -1).astype(np.uint8)
        else:
            planes = [(a.reshape(len(a), -1) >> i) & 1 for i in reversed(range(bits))]
            packed = np.packbits(np.stack(planes, -1).reshape(len(a), -1), axis=1)
        return b"".join(b"\0" + r.tobytes() for r in packed)

    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    data = b"".join(rows(pixels[y::dy, x::dx]) for y, x, dy, dx in passes) if interlace else rows(pixels)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, bits, colour, 0, 0, interlace))
            + b"".join(chunk(k, b) for k, b in chunks) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))


def photo(path, box):
    return Image.open(path).convert("RGB").crop(box)


data = os.path.join(os.path.dirname(skimage.__file__), "data")
face = photo(os.path.join(data, "astronaut.png"), (180, 60, 245, 113))  # 65×53
rocket = photo(os.path.join(data, "rocket.jpg"), (300, 120, 348, 184))  # 48×64
coffee = photo(os.path.join(data, "coffee.png"), (250, 100, 314, 148))
rng = np.random.default_rng(4)
noise = Image.fromarray(rng.integers(0, 256, (19, 23, 3), dtype=np.uint8))

# JPEG
for sub in ("444", "422", "420"):
    for name, options in (("", {}), ("-progressive", {"progressive": True})):
        put(f"face-{sub}{name}.jpg", encoded(face, "JPEG", quality=85, subsampling=":".join(sub), **options))
    put(f"noise-{sub}.jpg", encoded(noise, "JPEG", quality=95, subsampling=":".join(sub)))
for name, image, options in (
        ("coarse", coffee, {"quality": 5}), ("fine", rocket, {"quality": 100, "subsampling": 0}),
        ("restart", face, {"restart_marker_blocks": 3}), ("restart-rows", coffee, {"restart_marker_rows": 1, "optimize": True}),
        ("restart-progressive-444", coffee, {"restart_marker_blocks": 2, "progressive": True, "subsampling": 0}),
        ("grey", rocket.convert("L"), {}), ("grey-progressive", face.convert("L"), {"progressive": True}),
        ("keep-rgb", rocket, {"keep_rgb": True}), ("cmyk", coffee.convert("CMYK"), {}),
        ("cmyk-progressive", face.convert("CMYK"), {"progressive": True})):
    put(f"{name}.jpg", encoded(image, "JPEG", **options))
refused("restart-progressive.jpg", encoded(coffee, "JPEG", restart_marker_blocks=2, progressive=True))
refused("cmyk-420-progressive.jpg", encoded(face.convert("CMYK"), "JPEG", subsampling=2, progressive=True))
for w, h in ((1, 1), (2, 2), (3, 5), (5, 3), (4, 17), (17, 8), (16, 16), (33, 31)):
    put(f"size-{w}x{h}.jpg", encoded(face.crop((9, 9, 9 + w, 9 + h)), "JPEG", quality=90))
wide = encoded(coffee.crop((0, 0, 62, 47)), "JPEG", subsampling="4:2:2")
put("440.jpg", relabelled(wide, 0x12, 47, 62))
put("440-progressive.jpg", relabelled(encoded(coffee.crop((0, 0, 62, 47)), "JPEG", subsampling="4:2:2", progressive=True), 0x12, 47, 62))
square = encoded(coffee.crop((0, 0, 48, 48)), "JPEG", subsampling="4:2:0")
put("411.jpg", relabelled(square, 0x41, 91, 23))
refused("410-tall.jpg", relabelled(square, 0x14, 22, 93))
put("grey-2x2.jpg", relabelled(encoded(face.convert("L"), "JPEG"), 0x22, 65, 53))
ycc = face.convert("YCbCr").split()
for tag, luma in (("", 0x11), ("-420", 0x22), ("-440", 0x12), ("-411", 0x41), ("-410", 0x42)):
    put(f"separate-scans{tag}.jpg", separate(ycc, [luma, 0x11, 0x11]))
ink = [p.point(lambda v: 255 - v) for p in coffee.crop((3, 2, 64, 47)).convert("CMYK").split()]
put("cmyk-2112.jpg", separate(ink, [0x22, 0x11, 0x11, 0x22], 0))
black = face.convert("L").point(lambda v: 128 + v // 2)
put("ycck-2112.jpg", separate([*ycc, black], [0x22, 0x11, 0x11, 0x22], 2))
refused("separate-scans-half-of-4.jpg", separate(ycc, [0x41, 0x21, 0x21]))
cmyk = segments(encoded(coffee.convert("CMYK"), "JPEG", quality=60))
adobe = next(s for s in cmyk if s[0] == 0xEE)
adobe[1][11] = 2
put("ycck.jpg", joined(cmyk))
cmyk.remove(adobe)
put("cmyk-unmarked.jpg", joined(cmyk))

# Orientation
for o in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = o
    put(f"orientation-{o}.jpg", encoded(rocket.crop((0, 0, 24, 18)), "JPEG", exif=exif))
exif = Image.Exif()
exif[0x0112] = 6
put("orientation.png", encoded(rocket.crop((0, 0, 24, 18)), "PNG", exif=exif))
put("orientation.webp", encoded(rocket.crop((0, 0, 24, 18)), "WEBP", exif=exif))
exif.endian = ">"
put("orientation-big-endian.jpg", encoded(rocket.crop((0, 0, 24, 18)), "JPEG", exif=exif.tobytes()))
xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
put("orientation-xmp.jpg", encoded(rocket.crop((0, 0, 24, 18)), "JPEG", xmp=xmp.encode()))
text = PngImagePlugin.PngInfo()
text.add_itxt("XML:com.adobe.xmp", xmp, zip=True)
put("orientation-xmp.png", encoded(rocket.crop((0, 0, 24, 18)), "PNG", pnginfo=text))
block = exif.tobytes()
text = PngImagePlugin.PngInfo()
text.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n", zip=True)
put("orientation-raw-profile.png", encoded(rocket.crop((0, 0, 24, 18)), "PNG", pnginfo=text))

# PNG
put("rgb.png", encoded(face, "PNG"))
rgb = np.array(rocket.crop((0, 0, 21, 13))).astype(int)
grey = np.array(rocket.crop((0, 0, 21, 13)).convert("L")).astype(int)[..., None]
alpha = rng.integers(0, 256, grey.shape)
deep = lambda a: a * 257 - rng.integers(0, 257, a.shape) * (a > 0)
palette = (b"PLTE", rng.integers(0, 256, 3 * 16, dtype=np.uint8).tobytes())
for inter in (False, True):
    tag = "-interlaced" if inter else ""
    for bits in (1, 2, 4, 8):
        put(f"grey{bits}{tag}.png", png(grey >> 8 - bits, bits, 0, interlace=inter))
        put(f"palette{bits}{tag}.png", png((grey >> 8 - bits) % 16, bits, 3, [(b"PLTE", palette[1][:3 << min(bits, 4)])], inter))
    put(f"rgb16{tag}.png", png(deep(rgb), 16, 2, interlace=inter))
    put(f"rgba8{tag}.png", png(np.concatenate([rgb, alpha], 2), 8, 6, interlace=inter))
    put(f"rgba16{tag}.png", png(deep(np.concatenate([rgb, alpha], 2)), 16, 6, interlace=inter))
    put(f"grey-alpha8{tag}.png", png(np.concatenate([grey, alpha], 2), 8, 4, interlace=inter))
    put(f"grey-alpha16{tag}.png", png(deep(np.concatenate([grey, alpha], 2)), 16, 4, interlace=inter))
    # Pillow clips 16-bit grey at 255 instead of scaling it; the high byte is meant.
    g16 = deep(grey)
    put(f"grey16{tag}.png", png(g16, 16, 0, interlace=inter), np.repeat((g16 >> 8).astype(np.uint8), 3, 2))
put("palette-short.png", png(grey >> 4, 8, 3, [(b"PLTE", palette[1][:24])]))
put("palette-transparent.png", png(grey >> 4, 8, 3, [palette, (b"tRNS", bytes(range(0, 160, 16)))]))
put("grey-transparent.png", png(grey, 8, 0, [(b"tRNS", struct.pack(">H", int(grey[3, 3, 0])))]))
put("rgb-transparent.png", png(rgb, 8, 2, [(b"tRNS", struct.pack(">HHH", *map(int, rgb[3, 3])))]))

# WebP
clear = coffee.copy()
clear.putalpha(Image.fromarray(rng.integers(0, 256, (48, 64), dtype=np.uint8)))
for name, image, options in (
        ("lossy", face, {"quality": 80}), ("lossy-coarse", coffee, {"quality": 3}), ("lossy-fine", rocket, {"quality": 100}),
        ("lossy-alpha", clear, {"quality": 50}), ("lossless", face, {"lossless": True}),
        ("lossless-alpha", clear, {"lossless": True, "exact": True}), ("lossless-palette", coffee.quantize(7).convert("RGB"), {"lossless": True}),
        ("animation", face, {"save_all": True, "append_images": [face.rotate(90), face.rotate(180)]})):
    put(f"{name}.webp", encoded(image, "WEBP", **options))
for w, h in ((1, 1), (2, 2), (3, 1), (1, 3), (16, 17), (31, 33)):
    put(f"size-{w}x{h}.webp", encoded(face.crop((9, 9, 9 + w, 9 + h)), "WEBP", quality=70))

# Resize
for name in ("pillow/face-444.png", "pillow/noise-444.png", "rgb.png", "pillow/size-1x1.png"):
    image = Image.open(name).convert("RGB")
    w0, h0 = image.size
    for w, h in ((w0, h0), (8, 8), (1, 1), (w0, 20), (30, h0), (w0 - 1, 10), (w0 - 9, h0 - 18), (w0 - 9, h0 - 19), (w0 + 30, 12), (24, 120), (224, 224), (150, 91)):
        if w < 1 or h < 1:
            continue
        for f, kind in enumerate((Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)):
            golden["resized"].append({"picture": name, "w": w, "h": h, "filter": f, "sha256": digest(np.array(image.resize((w, h), kind)))})

with open("golden.json", "w") as f:
    f.write(re.sub(r"\{\s+(\"(?:w|picture)\".*?)\s+\}", lambda m: "{" + re.sub(r"\s+", " ", m[1]) + "}", json.dumps(golden, indent=1), flags=re.S) + "\n")
