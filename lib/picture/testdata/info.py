"""Makes info/ and info.json: small pictures with colour profiles, transparency and oddities, and what Pillow says
of them. Pictures of other formats (foreign-*) are named as phones and browsers name them, and wrongly.

Run here with Python 3.11, Pillow 13.0.0 and pillow-heif 1.8.1.
"""
import hashlib, io, json, struct, zlib
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

out = Path("info")
out.mkdir(exist_ok=True)
for old in out.iterdir():
    old.unlink()
rng = np.random.default_rng(11)
small = Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
smooth = small.resize((24, 16), Image.BICUBIC)


def profile(name, version):
    """An ICC profile that says no more than its name, as a text (2) or in two languages (4)."""
    if version == 2:
        text = name.encode() + b"\0"
        body = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    else:
        words = [(b"ja", "画面"), (b"en", name)]
        at, records, texts = 16 + 12 * len(words), b"", b""
        for language, word in words:
            word = word.encode("utf-16-be")
            records += language + b"\0\0" + struct.pack(">II", len(word), at + len(texts))
            texts += word
        body = b"mluc\0\0\0\0" + struct.pack(">II", len(words), 12) + records + texts
    body += bytes(-len(body) % 4)
    head = struct.pack(">I4sI4s4s4s12s4s4sIIII", 128 + 16 + len(body), b"lcms", version << 24, b"mntr", b"RGB ", b"XYZ ",
                       struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp", b"APPL", 0, 0, 0, 0)
    head += bytes(8) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    head += bytes(128 - len(head))
    return head + struct.pack(">I4sII", 1, b"desc", 144, len(body)) + body


def chunk(kind, body, spoilt=False):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) ^ spoilt)


def png(m, *before):
    """A PNG with chunks before its pixels."""
    b = io.BytesIO()
    m.save(b, "PNG")
    data = b.getvalue()
    return data[:33] + b"".join(before) + data[33:]


p3, p3v2 = profile("Display P3", 4), profile("EIZO EV2456(00000001)", 2)
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
files = {}


def keep(name, profile="", note=""):
    """profile: what is expected where Pillow hands out none (it does of an ICC profile alone); note: of Info.Notes."""
    files[name] = dict(profile=profile, note=note)


smooth.save(out / "p3.png", icc_profile=p3); keep("p3.png")
smooth.save(out / "p3.jpg", icc_profile=p3, quality=90); keep("p3.jpg")
smooth.save(out / "p3.webp", icc_profile=p3, lossless=True); keep("p3.webp")
smooth.save(out / "monitor.png", icc_profile=p3v2); keep("monitor.png")
# More than a segment of JPEG holds: the profile comes in pieces.
smooth.save(out / "long.jpg", icc_profile=p3v2 + bytes(70000), quality=90); keep("long.jpg")
smooth.save(out / "srgb-icc.png", icc_profile=srgb); keep("srgb-icc.png")
smooth.save(out / "none.jpg", quality=90); keep("none.jpg")
(out / "srgb-chunk.png").write_bytes(png(smooth, chunk(b"sRGB", b"\0"), chunk(b"gAMA", struct.pack(">I", 45455)))); keep("srgb-chunk.png")
(out / "gamma.png").write_bytes(png(smooth, chunk(b"gAMA", struct.pack(">I", 55556)))); keep("gamma.png", "gamma 0.55556")
(out / "cicp-p3.png").write_bytes(png(smooth, chunk(b"cICP", bytes([12, 13, 0, 1])))); keep("cicp-p3.png", "Display P3")
(out / "cicp-pq.png").write_bytes(png(smooth, chunk(b"cICP", bytes([9, 16, 0, 1])))); keep("cicp-pq.png", "BT.2100 PQ")

# A window with its shadow, as macOS saves it.
shadow = Image.new("RGBA", (24, 16))
shadow.paste((0, 0, 0, 90), (3, 3, 21, 15))
shadow.paste(smooth.crop((0, 0, 12, 8)).convert("RGBA"), (6, 4))
shadow.save(out / "shadow.png"); keep("shadow.png")
shadow.quantize(64).save(out / "shadow-palette.png"); keep("shadow-palette.png")
shadow.convert("LA").save(out / "shadow-grey.png"); keep("shadow-grey.png")
shadow.save(out / "shadow.webp", lossless=True, exact=True); keep("shadow.webp")
shadow.save(out / "shadow-lossy.webp", quality=80, exact=True); keep("shadow-lossy.webp")
shadow.save(out / "moving.webp", save_all=True, append_images=[shadow.rotate(180)], lossless=True, exact=True); keep("moving.webp", note="animation")
shadow.save(out / "moving-lossy.webp", save_all=True, append_images=[shadow.rotate(180)], quality=80, exact=True); keep("moving-lossy.webp", note="animation")
shadow.save(out / "moving.png", save_all=True, append_images=[shadow.rotate(180)]); keep("moving.png", note="animation")
opaque = smooth.convert("RGBA")
opaque.save(out / "opaque.png"); keep("opaque.png")
opaque.save(out / "opaque.webp", quality=80); keep("opaque.webp")

smooth.save(out / "several.jpg", "MPO", save_all=True, append_images=[small.resize((12, 8))], quality=90); keep("several.jpg", note="several pictures")

# Check sums that are wrong where no pixels are.
(out / "spoilt-text.png").write_bytes(png(smooth, chunk(b"tEXt", b"Software\0x", True))); keep("spoilt-text.png", note="check sum of its chunk tEXt")
(out / "spoilt-two.png").write_bytes(png(smooth, chunk(b"iCCP", b"p\0\0" + zlib.compress(p3), True), chunk(b"tIME", bytes(7), True))); keep("spoilt-two.png", note="check sum of its chunk iCCP, tIME")
info = {}
for name, said in files.items():
    path = out / name
    data = path.read_bytes()
    try:
        m = Image.open(path)
        m.load()
    except (SyntaxError, OSError) as e:
        assert name.startswith("spoilt"), (name, e)  # Pillow refuses it: the picture without the chunks counts
        m = smooth
        said["refused"] = str(e)
    icc = m.info.get("icc_profile")
    if icc and "refused" not in said:
        said["profile"] = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip()
        if said["profile"] == "sRGB built-in":
            said["profile"] = ""
    m = ImageOps.exif_transpose(m)
    alpha = np.asarray(m.convert("RGBA"))[..., 3]
    said["not_opaque"] = float((alpha != 255).mean())
    rgb = m.convert("RGB")
    said["w"], said["h"] = rgb.size
    said["pixels"] = rgb.tobytes().hex()
    info[name] = said
Path("info.json").write_text(json.dumps(info, indent=0, sort_keys=True) + "\n")

# Refused: a check sum that is wrong where pixels or their meaning are.
b = png(smooth, chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0", True)); (out / "refused-exif.png").write_bytes(b)
b = png(smooth.quantize(8), chunk(b"tRNS", b"\0", True)); (out / "refused-trns.png").write_bytes(b)
b = bytearray(png(smooth)); b[-14] ^= 1; (out / "refused-pixels.png").write_bytes(b)

pillow_heif.register_heif_opener()
smooth.save(out / "foreign-phone.heic", quality=50)
smooth.save(out / "foreign-phone.jpg", "HEIF", quality=50)
smooth.save(out / "foreign.avif", quality=50)
smooth.save(out / "foreign-avif.png", "AVIF", quality=50)
for name, kind in [("gif", "GIF"), ("bmp", "BMP"), ("tiff", "TIFF"), ("pdf", "PDF"), ("ico", "ICO"), ("jp2", "JPEG2000")]:
    smooth.save(out / f"foreign-{name}.png", kind)
