"""Makes the pictures of this folder and golden.json, the colour statistics that
Python measures on them. With file names as arguments it prints the statistics of
those files instead, to compare whole photographs by hand.

Run: python golden.py [FILE ...]     (numpy, scipy, scikit-image, scikit-learn, pillow)
"""
import io
import json
import os
import struct
import sys
import warnings
import zlib

import numpy as np
import PIL
import scipy
import skimage
from PIL import Image, ImageOps
from scipy.stats import kurtosis, skew
from skimage.color import rgb2hsv

HERE = os.path.dirname(os.path.abspath(__file__))


def colour(path):
    """The fifteen statistics, in the order of the CSV. NaN (a constant channel) is 0."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode == "I;16":  # Pillow's convert cuts at 255, which leaves a white picture; take the high byte
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    pixels = np.asarray(image.convert("RGB"))
    numbers = list(rgb2hsv(pixels).reshape(-1, 3).mean(axis=0))
    for c in range(3):
        x = pixels[..., c].ravel().astype(np.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers += [x.mean(), x.std(), skew(x), kurtosis(x)]
    return [0.0 if np.isnan(v) else float(v) for v in numbers]


def png16(path, pixels):
    """Pillow writes no 16-bit RGB, so by hand: pixels is H×W×3, uint16."""
    h, w, _ = pixels.shape
    rows = b"".join(b"\0" + r.astype(">u2").tobytes() for r in pixels)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in (b"IHDR", struct.pack(">IIBBBBB", w, h, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""):
            f.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


def draw():
    from sklearn.datasets import load_sample_image

    def save(name, image, **options):
        image.save(os.path.join(HERE, name), **options)

    def lossy(image, **options):
        """The pixels of a JPEG; kept as PNG, because lib/picture reads JPEG within some grey levels."""
        b = io.BytesIO()
        image.save(b, "JPEG", **options)
        return Image.fromarray(np.asarray(Image.open(b)))

    def crop(array, x, y, w, h):
        return Image.fromarray(array[y:y + h, x:x + w])

    # Photographs. The astronaut's has her face in it, which the face test wants.
    astronaut, coffee, cat, rocket = (getattr(skimage.data, n)() for n in ("astronaut", "coffee", "chelsea", "rocket"))
    save("photo-astronaut.png", crop(astronaut, 130, 20, 190, 200))
    save("photo-coffee.png", crop(coffee, 200, 100, 90, 70))
    save("photo-cat.webp", crop(cat, 120, 80, 120, 90), lossless=True)
    save("photo-rocket.png", lossy(crop(rocket, 280, 100, 120, 160), quality=90))
    save("photo-china.png", lossy(crop(load_sample_image("china.jpg"), 200, 100, 131, 97), quality=85, subsampling=0))
    save("photo-flower.png", crop(load_sample_image("flower.jpg"), 250, 150, 80, 80))

    # Made ones.
    small = crop(coffee, 220, 120, 48, 40)
    alpha = small.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(alpha.size))
    save("alpha.png", alpha)
    save("palette.png", small.quantize(16))
    save("grey.png", small.convert("L"))
    save("grey-alpha.png", alpha.convert("LA"))
    noise = np.random.default_rng(1).integers(0, 65536, (24, 32, 3), dtype=np.uint16)
    png16(os.path.join(HERE, "rgb16.png"), noise)
    save("grey16.png", Image.fromarray(noise[..., 0]))
    turned = Image.Exif()
    turned[0x0112] = 6
    save("exif6.png", lossy(small, quality=90), exif=turned)
    save("hues.png", Image.fromarray(np.random.default_rng(2).choice(np.array([0, 1, 127, 128, 254, 255], np.uint8), (40, 40, 3))))
    save("constant.png", Image.new("RGB", (9, 7), (201, 33, 90)))
    save("black.png", Image.new("RGB", (5, 5)))
    save("white.png", Image.new("RGB", (5, 5), "white"))
    save("dot.png", Image.new("RGB", (1, 1), (3, 2, 1)))
    # A screenshot with captions, for the text tests: white with an outline, black on
    # a plate, white on the picture, black on white.
    from PIL import ImageDraw, ImageFont
    shot = Image.fromarray(np.linspace((60, 90, 140), (150, 110, 80), 720).round().astype(np.uint8)[:, None].repeat(405, axis=1))
    d = ImageDraw.Draw(shot)
    font = lambda size: ImageFont.truetype(os.path.join(HERE, "../../../.venv/share/thesis/ipaexg.ttf"), size)
    d.text((40, 60), "ダンス女子", "white", font(40), stroke_width=3, stroke_fill="black")
    d.rounded_rectangle((40, 160, 260, 210), 8, "white")
    d.text((52, 168), "TikTok  1位", "black", font(32))
    d.text((30, 640), "関連するコンテンツを見つける", "white", font(22))
    d.text((30, 680), "#旅行 Japan", "white", font(22))
    save("captions.png", shot, optimize=True)
    one = Image.new("RGB", (40, 40), (250, 250, 250))
    one.putpixel((39, 39), (250, 249, 250))
    save("nearly-constant.png", one)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({p: colour(p) for p in sys.argv[1:]}, indent=1))
        sys.exit()
    draw()
    pictures = sorted(p for p in os.listdir(HERE) if p.endswith((".png", ".jpg", ".webp")))
    golden = {
        "made with": {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__, "scikit-image": skimage.__version__, "pillow": PIL.__version__},
        "pictures": {p: colour(os.path.join(HERE, p)) for p in pictures},
    }
    with open(os.path.join(HERE, "golden.json"), "w") as f:
        json.dump(golden, f, indent=1)
        f.write("\n")
