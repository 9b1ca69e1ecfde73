"""Writes augment.json: what Keras' own layers make of three small pictures for given draws.

Run it in this folder, in an environment with keras and torch. Picture b has the pixels
((7 i + 13 j + 29 c + 5 i j + 11 b) mod 64) / 8 at row i, column j, channel c.
"""
import json, os
os.environ["KERAS_BACKEND"] = "torch"
import keras, numpy as np, torch
from keras import layers

H, W = 7, 10
flips, angles, zooms = [True, False, True], [0.6, -0.35, 0.05], [0.85, 1.2, 1.1]
b, i, j, c = np.meshgrid(np.arange(3), np.arange(H), np.arange(W), np.arange(3), indexing="ij")
x = (((7 * i + 13 * j + 29 * c + 5 * i * j + 11 * b) % 64) / 8).astype("float32")

flip, turn, zoom = layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.2)
with torch.no_grad():
    y = flip._flip_inputs(torch.tensor(x), {"flips": torch.tensor(flips).reshape(3, 1, 1, 1)})
    zero, one = torch.zeros(3), torch.ones(3)
    matrix = turn._compute_affine_matrix(0.5, 0.5, torch.tensor(angles) * 180 / np.pi, zero, zero, one, zero, zero, H, W)
    y = turn._transform_images(y, {"rotation_matrix": matrix}, "bilinear")
    z = torch.tensor(zooms).reshape(3, 1)
    y = zoom._zoom_inputs(y, {"height_zoom": z, "width_zoom": z}, "bilinear")

with open("augment.json", "w") as f:
    json.dump({"keras": keras.__version__, "torch": torch.__version__, "height": H, "width": W,
               "flips": flips, "angles": angles, "zooms": zooms, "want": [round(float(v), 6) for v in y.numpy().ravel()]}, f)
