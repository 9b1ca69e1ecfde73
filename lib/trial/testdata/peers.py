"""Times the appendix' programs in Keras and PyTorch, for the speed of trials to be put beside.

    python testdata/peers.py EXPERIMENT ARM DATA FEATURES.csv [EPOCHS]

    (experiment 1: keras, tensorflow; experiment 2: torch, torchvision, timm; both: pandas, scikit-learn, Pillow)

One fold of ARM (cnn-single, cnn-hybrid, vit-single, vit-hybrid) at 224 pixels in batches of 32, with
random weights, which take the same time. The networks are those that the packaged weights are of,
so that both sides do the same work: EfficientNet-Lite0, and ViT-S/14 for vit. Experiment 1 takes
Keras' EfficientNet-B0, which has no Lite0. FEATURES.csv is what `thesis features -o` writes.
Pictures are read once an epoch, as the appendix' programs do; the seconds for that are told apart.
"""

import json
import sys
import time

start = time.time()
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from PIL import Image  # noqa: E402
from sklearn.model_selection import StratifiedKFold  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

experiment, arm, folder, table = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
epochs = int(sys.argv[5]) if len(sys.argv) > 5 else 15
batch, size = 32, 224
hybrid = arm.endswith("hybrid")

rows = pd.read_csv(table)
files = [f"{folder}/{f}" for f in rows["file"]]
labels = rows["genre"].astype("category").cat.codes.to_numpy().astype("int64")
train, test = next(StratifiedKFold(5, shuffle=True, random_state=1).split(files, labels))
metadata = rows.select_dtypes("number").to_numpy()[:, :16]
metadata = StandardScaler().fit(metadata[train]).transform(metadata).astype("float32")
reading = 0.0


def read(indices):
    global reading
    before = time.time()
    x = np.stack([np.asarray(Image.open(files[i]).convert("RGB").resize((size, size))) for i in indices])
    reading += time.time() - before
    return x.astype("float32")


def batches(indices, shuffle):
    order = np.random.permutation(indices) if shuffle else indices
    for at in range(0, len(order), batch):
        part = order[at:at + batch]
        yield read(part), metadata[part], labels[part]


def keras_trial():
    import keras
    from keras import layers, models

    backbone = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(size, size, 3))
    backbone.trainable = False
    picture = layers.Input((size, size, 3))
    if hybrid:
        meta = layers.Input((16,))
        m = layers.Dense(32, activation="relu")(layers.Dense(64, activation="relu")(meta))
        x = layers.concatenate([layers.GlobalAveragePooling2D()(backbone(picture, training=False)), m])
        x = layers.Dense(128, activation="relu")(layers.Dropout(0.5)(x))
        inputs = [picture, meta]
    else:
        x = layers.RandomZoom(0.2)(layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(picture)))
        x = layers.GlobalAveragePooling2D()(backbone(x, training=False))
        x = layers.Dropout(0.3)(layers.Dense(128, activation="relu")(x))
        inputs = [picture]
    model = models.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    import tensorflow as tf

    def stream(indices, shuffle):
        def make():
            for x, m, y in batches(indices, shuffle):
                yield ((x, m) if hybrid else (x,)), y
        picture = tf.TensorSpec((None, size, size, 3), "float32")
        spec = (picture, tf.TensorSpec((None, 16), "float32")) if hybrid else (picture,)
        return tf.data.Dataset.from_generator(make, output_signature=(spec, tf.TensorSpec((None,), "int64"))).prefetch(1)

    model.fit(stream(train, True), validation_data=stream(test, False), epochs=epochs, verbose=0)
    return f"Keras {keras.__version__}, TensorFlow {tf.__version__}"


def torch_trial():
    import timm
    import torch
    from torch import nn

    if arm.startswith("cnn"):
        backbone = timm.create_model("tf_efficientnet_lite0", num_classes=0)
    else:
        backbone = timm.create_model("vit_small_patch14_dinov2", img_size=size, num_classes=0)
    embed = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Dropout(0.2))
    width = backbone.num_features + (64 if hybrid else 0)
    head = nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 3))
    model = nn.ModuleList([backbone, head] + ([embed] if hybrid else []))
    mean, sd = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])

    def forward(x, m):
        x = backbone(((torch.from_numpy(x) / 255 - mean) / sd).permute(0, 3, 1, 2).contiguous())
        return head(torch.cat([x, embed(torch.from_numpy(m))], 1) if hybrid else x)

    adam = torch.optim.Adam(model.parameters(), lr=1e-4)
    for _ in range(epochs):
        model.train()
        for x, m, y in batches(train, True):
            adam.zero_grad()
            nn.functional.cross_entropy(forward(x, m), torch.from_numpy(y)).backward()
            adam.step()
        model.eval()
        with torch.no_grad():
            for x, m, y in batches(test, False):
                forward(x, m)
    return f"PyTorch {torch.__version__}, timm {timm.__version__}, {torch.get_num_threads()} threads"


versions = keras_trial() if experiment == 1 else torch_trial()
seconds = time.time() - start
print(json.dumps({"experiment": experiment, "arm": arm, "epochs": epochs, "seconds": round(seconds, 1),
                  "reading": round(reading, 1), "versions": versions}))
