"""Makes maps.json: what pytorch-grad-cam and captum say of small networks with metadata, for maps_test.go.

    python testdata/maps.py                (versions: lib/vision/testdata/requirements.txt)
    python testdata/maps.py full FILE      the same of EfficientNet-B0 and ViT-B/16, for make parity

Parameters, pictures and metadata come from a formula that the test repeats, so that the file holds results
only: of every array its norm and some values at even distances. Of the full CNN it holds batch norm's
statistics too: by the formula they would let the values grow from block to block until rounding decides the
gradients. Relevance and rollout have no package; they are written here from their papers' equations.
"""

import json
import math
import sys

import captum
import numpy as np
import pytorch_grad_cam
import timm
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from timm.models import efficientnet as timm_efficientnet
from timm.models.vision_transformer import VisionTransformer
from torch import nn

torch.set_num_threads(2)
M = (1 << 64) - 1
BATCH, META, GENRES = 3, 16, 3
CLASSES = [2, 0, 1]


def noise(name, n):
    """n numbers in [-1, 1): splitmix64 of the name's FNV-1a hash and the index."""
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = ((h ^ c) * 0x100000001B3) & M
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1


def value(name, shape):
    u = noise(name, math.prod(shape))
    if name.endswith("running_var"):
        u = 0.5 + 0.25 * u  # with more, the picture would fade from block to block
    elif name.endswith("gamma") or (len(shape) == 1 and name.endswith("weight")):
        u = 1 + 0.2 * u
    elif len(shape) == 1 or name in ("cls_token", "pos_embed"):
        u = 0.2 * u
    else:
        u = u * math.sqrt(4.5 / math.prod(shape[1:]))
    return torch.tensor(u.reshape(shape), dtype=torch.float32)


class Hybrid(nn.Module):
    """The network of appendix 10.2: metadata embedded, beside the picture's features, before the classifier."""

    def __init__(self, backbone, width):
        super().__init__()
        self.backbone = backbone
        self.meta1, self.hidden, self.output = nn.Linear(META, 64), nn.Linear(width + 64, 256), nn.Linear(256, GENRES)
        for part, prefix in [(backbone, ""), (self.meta1, "meta1."), (self.hidden, "hidden."), (self.output, "output.")]:
            part.load_state_dict({k: value(prefix + k, v.shape) if "num_batches" not in k else v for k, v in part.state_dict().items()})
        self.metadata = None  # held, where the network is asked about the picture alone

    def forward(self, x, metadata=None):
        m = self.metadata if metadata is None else metadata
        joined = torch.cat([self.backbone(x), torch.relu(self.meta1(m))], 1)
        return self.output(torch.relu(self.hidden(joined)))


def digest(a, keep=48):
    flat = np.asarray(a.detach().double() if torch.is_tensor(a) else a, dtype=np.float64).reshape(-1)
    n = min(keep, flat.size)
    return {"size": flat.size, "norm": float(f"{np.linalg.norm(flat):.9g}"), "values": [float(f"{flat[i * flat.size // n]:.7g}") for i in range(n)]}


def agree(a, b):
    a, b = np.asarray(a), np.asarray(b)
    assert np.abs(a - b).max() <= 1e-5 * np.abs(b).max(), np.abs(a - b).max() / np.abs(b).max()


def given(name, size):
    u = noise(name + " pictures", BATCH * size * size * 3).reshape(BATCH, size, size, 3)
    x = torch.tensor(2 * u, dtype=torch.float32).permute(0, 3, 1, 2).contiguous()
    return x, torch.tensor(2 * noise(name + " metadata", BATCH * META).reshape(BATCH, META), dtype=torch.float32)


def measure_statistics(name, net, size):
    """Sets batch norm's statistics to those of the case's pictures, and returns them by name."""
    norms = {n: m for n, m in net.backbone.named_modules() if isinstance(m, nn.BatchNorm2d)}
    for m in norms.values():
        m.momentum = 1.0
    with torch.no_grad():
        net.train()(*given(name, size))
    return {f"{n}.{s}": getattr(m, s).tolist() for n, m in norms.items() for s in ("running_mean", "running_var")}


def common(name, net, size):
    net.eval()
    x, metadata = given(name, size)
    net.metadata = metadata
    out = {"case": name, "size": size, "classes": CLASSES}
    with torch.no_grad():
        out["logits"] = digest(net(x))
    # Picture by picture: a batch of 50 steps each.
    ig = IntegratedGradients(net)
    pixels, numbers, deltas = [], [], []
    for i, c in enumerate(CLASSES):
        one = (x[i : i + 1], metadata[i : i + 1])
        (p, m), delta = ig.attribute(one, tuple(torch.zeros_like(v) for v in one), target=c, n_steps=50,
                                     method="gausslegendre", internal_batch_size=10, return_convergence_delta=True)
        pixels.append(p.detach().sum(1))
        numbers.append(m.detach())
        deltas.append(delta.item())
    out["integrated"] = {"pixels": digest(torch.cat(pixels)), "metadata": digest(torch.cat(numbers)), "delta": deltas}
    return out, x


def cnn(name, backbone, size, measured=False):
    net = Hybrid(backbone, backbone.num_features)
    statistics = measure_statistics(name, net, size) if measured else {}
    out, x = common(name, net, size)
    if measured:
        out["statistics"] = statistics
    out["gradcam"] = {}
    head = backbone.bn2  # timm's conv_head, batch norm and activation
    for block, layer in [("conv_head", head), (f"blocks.{len(backbone.blocks) - 1}.{len(backbone.blocks[-1]) - 1}", backbone.blocks[-1][-1])]:
        targets = [ClassifierOutputTarget(c) for c in CLASSES]
        with pytorch_grad_cam.GradCAM(model=net, target_layers=[layer]) as cam:
            shown = cam(input_tensor=x, targets=targets)  # ReLU, scaled picture by picture, then resized
            raw = cam.get_cam_image(x, layer, targets, cam.activations_and_grads.activations[0].numpy(), cam.activations_and_grads.gradients[0].numpy())
        agree(LayerGradCam(net, layer).attribute(x, target=CLASSES).detach()[:, 0], raw)
        out["gradcam"][block] = {"signed": digest(raw), "shown": digest(shown)}
    return out


def vit(name, backbone, size):
    net = Hybrid(backbone, backbone.embed_dim)
    for block in backbone.blocks:
        block.attn.fused_attn = False
    out, x = common(name, net, size)
    kept = []

    def keep(module, inputs, output):
        output.retain_grad()
        kept.append(output)

    hooks = [block.attn.attn_drop.register_forward_hook(keep) for block in backbone.blocks]
    net(x)[range(BATCH), CLASSES].sum().backward()
    for h in hooks:
        h.remove()
    tokens = kept[0].shape[-1]
    relevance, rollout = [torch.eye(tokens, dtype=torch.float64).repeat(BATCH, 1, 1) for _ in range(2)]
    for a in kept:
        bar = (a.grad * a).clamp(min=0).mean(1).double()
        relevance = relevance + bar @ relevance
        step = a.detach().mean(1).double() + torch.eye(tokens, dtype=torch.float64)
        rollout = step / step.sum(-1, keepdim=True) @ rollout
    out["relevance"], out["rollout"] = digest(relevance[:, 0, 1:]), digest(rollout[:, 0, 1:])
    return out


if sys.argv[1:2] == ["full"]:
    cases = [cnn("full CNN", timm.create_model("efficientnet_b0", num_classes=0), 224, measured=True),
             vit("full ViT", timm.create_model("vit_base_patch16_224", num_classes=0), 224)]
    path = sys.argv[2]
else:
    small = dict(channel_multiplier=0.25, depth_multiplier=0.26, num_classes=0)
    cases = [cnn("small CNN", timm_efficientnet._gen_efficientnet("efficientnet_b0", **small), 128),
             vit("small ViT", VisionTransformer(img_size=32, patch_size=8, embed_dim=64, depth=3, num_heads=2, num_classes=0, init_values=1e-5), 32)]
    path = "testdata/maps.json"
versions = {"torch": torch.__version__, "timm": timm.__version__, "captum": captum.__version__, "grad-cam": __import__("importlib.metadata").metadata.version("grad-cam")}
with open(path, "w") as f:
    json.dump({"versions": versions, "cases": cases}, f, indent=1)
    f.write("\n")
print(" ".join(f"{k} {v}" for k, v in versions.items()))
