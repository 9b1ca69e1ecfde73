"""Goldens of package fusion: the heads of both experiments in Keras and in PyTorch, standardisation
and logistic regression in scikit-learn.

    KERAS_BACKEND=torch python golden.py     # writes golden.json

Weights, features and metadata come from noise(name, n), which fusion_test.go has too, so that the
file holds results alone. Dropout is off.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import sklearn
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

BATCH, WIDTH, META, GENRES = 8, 40, 16, 3
LABELS = np.array([0, 1, 2, 0, 1, 2, 2, 1])


def noise(name, n):
    """n numbers in -1…1 by splitmix64, seeded by FNV-1a of the name, float32."""
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


def weight(name, n_in, n_out):
    return noise(name + ".weight", n_in * n_out).reshape(n_in, n_out) / np.float32(np.sqrt(n_in)), noise(name + ".bias", n_out) / 4


features = noise("features", BATCH * WIDTH).reshape(BATCH, WIDTH)
metadata = noise("metadata", BATCH * META).reshape(BATCH, META) * 2


def digest(x):
    """Shape, sum of squares and up to 24 values spread over the tensor."""
    x = np.asarray(x, np.float64)
    flat = x.ravel()
    count = min(24, flat.size)
    return {"shape": list(x.shape), "norm": float(np.sqrt((flat**2).sum())), "values": [float(flat[i * flat.size // count]) for i in range(count)]}


def keras_case(hybrid):
    """The classifiers of appendix 10.1 behind the pooled features."""
    image, meta = keras.Input((WIDTH,)), keras.Input((META,))
    dense = {}

    def layer(name, units, activation=None):
        dense[name] = keras.layers.Dense(units, activation=activation)
        return dense[name]

    x = image
    if hybrid:
        m = layer("meta2", 32, "relu")(layer("meta1", 64, "relu")(meta))
        x = keras.layers.Dropout(0.5)(keras.layers.concatenate([image, m]))
        x = layer("hidden", 128, "relu")(x)
    else:
        x = keras.layers.Dropout(0.3)(layer("hidden", 128, "relu")(image))
    model = keras.Model([image, meta] if hybrid else [image], layer("output", GENRES, "softmax")(x))
    for name, l in dense.items():
        l.set_weights(weight(name, *l.kernel.shape))
    inputs = [features, metadata] if hybrid else [features]

    # Logits: the output layer before its softmax.
    probabilities = model([torch.tensor(i) for i in inputs], training=False)
    loss = keras.losses.SparseCategoricalCrossentropy()(LABELS, probabilities)
    loss.backward()
    variables = {f"{n}.{w}": v for n, l in dense.items() for w, v in (("weight", l.kernel), ("bias", l.bias))}
    gradients = {n: digest(v.value.grad.numpy()) for n, v in variables.items()}
    # The probabilities' logarithms are logits up to a constant a row.
    result = {"logits": digest(np.log(probabilities.detach().numpy().astype(np.float64))), "loss": float(loss), "gradients": gradients}
    optimizer = keras.optimizers.Adam()
    optimizer.build(list(variables.values()))
    optimizer.apply([v.value.grad for v in variables.values()], list(variables.values()))
    result["updated"] = {n: digest(v.numpy()) for n, v in variables.items()}
    return result


def torch_case(hybrid):
    """The classifier of appendix 10.2 behind the features."""

    def linear(name, n_in, n_out):
        l = nn.Linear(n_in, n_out)
        w, b = weight(name, n_in, n_out)
        with torch.no_grad():
            l.weight.copy_(torch.tensor(w.T))
            l.bias.copy_(torch.tensor(b))
        named[name + ".weight"], named[name + ".bias"] = l.weight, l.bias
        return l

    named = {}
    x = torch.tensor(features)
    if hybrid:
        meta_layer = nn.Sequential(linear("meta1", META, 64), nn.ReLU(), nn.Dropout(0.2)).eval()
        x = torch.cat((x, meta_layer(torch.tensor(metadata))), dim=1)
    classifier = nn.Sequential(linear("hidden", x.shape[1], 256), nn.ReLU(), nn.Dropout(0.3), linear("output", 256, GENRES)).eval()
    logits = classifier(x)
    loss = nn.CrossEntropyLoss()(logits, torch.tensor(LABELS))
    optimizer = torch.optim.Adam(named.values(), lr=1e-4)
    loss.backward()
    ours = lambda v: v.detach().numpy().T  # [out, in] to [in, out]
    result = {"logits": digest(logits.detach().numpy()), "loss": float(loss), "gradients": {n: digest(ours(v.grad)) for n, v in named.items()}}
    optimizer.step()
    result["updated"] = {n: digest(ours(v)) for n, v in named.items()}
    return result


def initial(layer_of):
    """Largest size of weight and bias over many layers of 50 inputs and 30 outputs."""
    layers = [layer_of() for _ in range(40)]
    return [float(max(np.abs(np.asarray(l[i])).max() for l in layers)) for i in (0, 1)]


def torch_layer():
    l = nn.Linear(50, 30)
    return l.weight.detach().numpy(), l.bias.detach().numpy()


def keras_layer():
    l = keras.layers.Dense(30)
    l.build((None, 50))
    return l.get_weights()


def scaled():
    x = noise("table", 60 * 5).reshape(60, 5).astype(np.float64) * [1, 1e7, 1e-3, 0, 0] + [0, 1e6, 5, 0.1, 0]
    s = StandardScaler().fit(x[:50])
    return {"mean": s.mean_.tolist(), "scale": s.scale_.tolist(), "last": s.transform(x)[-1].tolist()}


def logistic():
    x = noise("rows", 90 * 6).reshape(90, 6).astype(np.float64) * 2
    y = np.argmax(x[:, :3] + 1.5 * noise("error", 90 * 3).reshape(90, 3), axis=1)
    m = LogisticRegression(tol=1e-10, max_iter=10000).fit(x[:60], y[:60])
    return {"labels": y.tolist(), "probabilities": m.predict_proba(x[60:]).tolist()}


golden = {
    "versions": {"keras": keras.__version__, "torch": torch.__version__, "sklearn": sklearn.__version__, "numpy": np.__version__},
    "heads": {
        "1 cnn-single": keras_case(False),
        "1 cnn-hybrid": keras_case(True),
        "2 cnn-single": torch_case(False),
        "2 cnn-hybrid": torch_case(True),
    },
    "initial": {"1": initial(keras_layer), "2": initial(torch_layer)},
    "scaler": scaled(),
    "logistic": logistic(),
}
with open(os.path.join(os.path.dirname(__file__), "golden.json"), "w") as f:
    json.dump(golden, f, indent=1)
print(golden["versions"])
