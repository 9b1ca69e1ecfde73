"""Goldens of the causal arms: OGM-GE's coefficients and gradients by PyTorch's autograd, and gradient
blending's weights by numpy.

    python causal.py     # writes causal.json

Weights, features and metadata come from noise(name, n), which fusion_test.go has too. OGM-GE is written
from the paper (Peng et al. 2022), without its noise, whose size is given instead: for every tensor of an
encoder, with a sum of logits over two modalities. The heads are those of arm cnn-logits in Experiment 2.
"""

import json
import os

import numpy as np
import torch

BATCH, WIDTH, META, GENRES, ALPHA = 8, 40, 16, 3, 0.5
LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 2, 1])


def noise(name, n):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = (h ^ b) * 0x100000001B3 % 2**64
    u = []
    for _ in range(n):
        h = (h + 0x9E3779B97F4A7C15) % 2**64
        z = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        u.append(((z ^ z >> 31) >> 40) / 2**23 - 1)
    return np.array(u, np.float32)


def digest(x):
    x = np.asarray(x, np.float64)
    flat = x.ravel()
    count = min(24, flat.size)
    return {"shape": list(x.shape), "norm": float(np.sqrt((flat**2).sum())), "values": [float(flat[i * flat.size // count]) for i in range(count)]}


features = torch.tensor(noise("features", BATCH * WIDTH).reshape(BATCH, WIDTH))
metadata = torch.tensor(noise("metadata", BATCH * META).reshape(BATCH, META) * 2)


def ogm(picture_scale, scale):
    """The scales multiply the classifiers of picture and metadata: the larger, the surer that one is; a negative one is mostly wrong."""
    p = {}

    def linear(name, n_in, n_out, by=1.0):
        p[name + ".weight"] = torch.tensor(noise(name + ".weight", n_in * n_out).reshape(n_in, n_out) / np.float32(np.sqrt(n_in)) * np.float32(by), requires_grad=True)
        p[name + ".bias"] = torch.tensor(noise(name + ".bias", n_out) / 4, requires_grad=True)
        return lambda x: x @ p[name + ".weight"] + p[name + ".bias"]

    meta = linear("meta", 64, GENRES, scale)(torch.relu(linear("meta1", META, 64)(metadata)))
    picture = linear("output", 256, GENRES, picture_scale)(torch.relu(linear("hidden", WIDTH, 256)(features)))
    loss = torch.nn.CrossEntropyLoss()(picture + meta, LABELS)
    loss.backward()
    score = lambda z: torch.softmax(z, 1)[torch.arange(BATCH), LABELS].sum()
    ratio = score(picture) / score(meta)
    k = lambda r: 1 - torch.tanh(ALPHA * r) if r > 1 else torch.ones(())
    k = {"picture": float(k(ratio.detach())), "metadata": float(k(1 / ratio.detach()))}
    of = {"hidden": "picture", "meta1": "metadata"}
    gradients, spread = {}, {}
    for name, v in p.items():
        side = of.get(name.split(".")[0])
        gradients[name] = digest((v.grad * (k[side] if side else 1)).numpy())
        spread[name] = float(v.grad.std()) if side else 0.0
    return {"scales": {"output": picture_scale, "meta": scale}, "k": k, "gradients": gradients, "spread": spread}


def blend(losses):
    """w ∝ G/O² of rows (train before, train after, held out before, held out after), G with its sign, w ≥ 0."""
    t0, t1, v0, v1 = np.array(losses, np.float64).T
    w = np.maximum(v0 - v1, 0) / np.maximum(np.abs((v1 - t1) - (v0 - t0)), 1e-2) ** 2
    return {"losses": losses, "weights": (w / w.sum()).tolist()}


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "causal.json"), "w") as f:
    json.dump({
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "ogm": [ogm(1.0, -4.0), ogm(1.0, 4.0)],
        "blend": [
            blend([[1.1, 0.3, 1.1, 0.6], [1.1, 0.8, 1.1, 0.9], [1.2, 0.2, 1.1, 0.5]]),
            blend([[1.1, 0.1, 1.1, 1.4], [1.1, 0.6, 1.0, 0.7], [1.2, 0.9, 1.1, 0.95]]),
            blend([[1.1, 0.9, 1.1, 0.9], [1.1, 0.6, 1.0, 0.7], [1.2, 0.9, 1.1, 0.95]]),
        ],
    }, f, indent=1)
