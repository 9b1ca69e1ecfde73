"""Makes counting.json: multiply-adds of timm's and torchvision's networks, for measure_test.go.

    python testdata/measure.py        (torch, torchvision, timm)

torch.utils.flop_counter counts two operations for each multiplication with its addition.
"""

import json
import pathlib

import timm
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode


def count(model, size):
    # In train mode attention runs through operations that are counted; nothing is computed on "meta".
    model = model.to("meta").train()
    x = torch.empty(2, 3, size, size, device="meta")
    with FlopCounterMode(display=False) as counter:
        model(x)
    total = counter.get_total_flops()
    assert total % 4 == 0
    return total // 4


counts = []
for ours, size, make in [
    ("efficientnet_b0", 224, torchvision.models.efficientnet_b0),
    ("efficientnet_b0", 97, torchvision.models.efficientnet_b0),
    ("efficientnet_b3", 300, torchvision.models.efficientnet_b3),
    ("efficientnet_b7", 600, torchvision.models.efficientnet_b7),
    ("tf_efficientnet_b0", 225, lambda: timm.create_model("tf_efficientnet_b0")),
    ("efficientnet_lite0", 224, lambda: timm.create_model("efficientnet_lite0")),
    ("vit_b_16", 224, torchvision.models.vit_b_16),
    ("vit_tiny_patch16_224", 224, lambda: timm.create_model("vit_tiny_patch16_224")),
    ("vit_small_patch14_dinov2", 518, lambda: timm.create_model("vit_small_patch14_dinov2")),
]:
    counts.append({"network": ours, "size": size, "multiply_adds": count(make(), size)})

versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__}
out = {"versions": versions, "counts": counts}
(pathlib.Path(__file__).parent / "counting.json").write_text(json.dumps(out, indent=1) + "\n")
