"""Makes networks.json: what torchvision and timm compute with small networks, for networks_test.go.

    python testdata/networks.py        (torch, torchvision, timm)

Parameters and pictures come from a formula that the test repeats, so the file holds results only.
Of every array it keeps the sum, the norm and some values at even distances.
"""

import json
import math
import pathlib
from functools import partial

import numpy as np
import timm
import torch
import torchvision
from timm.models import efficientnet as timm_efficientnet
from timm.models.vision_transformer import VisionTransformer as TimmViT
from torchvision.models.efficientnet import EfficientNet, MBConvConfig
from torchvision.models.vision_transformer import VisionTransformer, interpolate_embeddings
from torchvision.ops import StochasticDepth

torch.set_num_threads(2)
M = (1 << 64) - 1


def fnv(name):
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = ((h ^ c) * 0x100000001B3) & M
    return h


def noise(name, n):
    """n numbers in [-1, 1): splitmix64 of the name's FNV-1a hash and the index."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv(name)) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1


def value(name, shape):
    u = noise(name, math.prod(shape))
    if name.endswith("running_var"):
        u = 1 + 0.5 * u
    elif name.endswith("gamma") or (len(shape) == 1 and name.endswith("weight")):
        u = 1 + 0.2 * u
    elif len(shape) == 1 or name in ("cls_token", "pos_embed"):
        u = 0.2 * u
    else:
        u = u * math.sqrt(4.5 / math.prod(shape[1:]))
    return torch.tensor(u.reshape(shape), dtype=torch.float32)


def digest(a, keep):
    a = np.asarray(a.detach().double() if torch.is_tensor(a) else a, dtype=np.float64)
    flat = a.reshape(-1)
    at = [i * flat.size // keep for i in range(keep)] if flat.size > keep else range(flat.size)
    return {
        "shape": list(a.shape),
        "sum": float(f"{flat.sum():.9g}"),
        "norm": float(f"{np.linalg.norm(flat):.9g}"),
        "values": [float(f"{flat[i]:.7g}") for i in at],
    }


def nhwc(t):
    return t.permute(0, 2, 3, 1) if t.dim() == 4 else t


def pictures(name, batch, height, width):
    """[batch, height, width, 3] as Go holds it, returned as PyTorch wants it."""
    u = noise(name, batch * height * width * 3).reshape(batch, height, width, 3)
    return torch.tensor(2 * u, dtype=torch.float32).permute(0, 3, 1, 2).contiguous()


class Case:
    def __init__(self, name, model, names, hooks, size, batch=3, masks=(), single=False):
        """names: canonical name of each entry of the state dict; hooks: canonical block to module."""
        self.name, self.model, self.names = name, model, names
        self.masks, self.single = masks, single
        state = model.state_dict()
        model.load_state_dict({k: value(names[k], v.shape) if k in names else v for k, v in state.items()})
        self.taps = {}
        for block, module in hooks.items():
            module.register_forward_hook(partial(self.keep, block))
        self.x = pictures(name, batch, *size)
        self.out = {"case": name, "batch": batch, "height": size[0], "width": size[1]}

    def keep(self, block, module, inputs, output):
        self.taps[block] = output

    def run(self, train=True):
        m, out = self.model, self.out
        m.eval()
        with torch.no_grad():
            logits = m(self.x)
            out["logits"] = digest(logits, 64)
            out["stages"] = {k: digest(v if "attention" in k else nhwc(v), 48) for k, v in self.taps.items()}
            if self.single:
                out["single"] = digest(m(self.x[:1]), 64)
        if train:
            m.train()
            for module in m.modules():
                if isinstance(module, torch.nn.Dropout):
                    module.p = 0.0
            for module, mask in self.masks:
                module.forward = lambda x, mask=mask: x * mask[:, None, None, None]
            adam = torch.optim.Adam(m.parameters(), lr=1e-4)
            labels = torch.arange(len(self.x)) % logits.shape[1]
            loss = torch.nn.functional.cross_entropy(m(self.x), labels)
            loss.backward()
            out["loss"] = float(f"{loss.item():.9g}")
            out["gradients"] = {self.names[k]: digest(p.grad, 12) for k, p in m.named_parameters()}
            adam.step()
            out["updated"] = {self.names[k]: digest(v, 12) for k, v in m.state_dict().items() if k in self.names}
        return out


def timm_names(model):
    return {k: k for k in model.state_dict() if not k.endswith("num_batches_tracked")}


def torchvision_efficientnet():
    conf = partial(MBConvConfig, width_mult=0.25, depth_mult=0.26)
    table = [(1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
             (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1)]
    m = EfficientNet([conf(*row) for row in table], dropout=0.2, stochastic_depth_prob=0.2, num_classes=10)
    ours = timm_efficientnet._gen_efficientnet("efficientnet_b0", channel_multiplier=0.25, depth_multiplier=0.26, num_classes=10)
    names = dict(zip((k for k in m.state_dict() if "num_batches" not in k), timm_names(ours)))
    hooks, masks, batch = {"conv_stem": m.features[0], "conv_head": m.features[-1]}, [], 3
    i, total = 0, sum(len(s) for s in m.features[1:-1])
    for s, stage in enumerate(m.features[1:-1]):
        for j, block in enumerate(stage):
            name = f"blocks.{s}.{j}"
            hooks[name] = block
            if block.use_res_connect and i > 0:  # one picture of three is dropped
                p = 0.2 * i / total
                mask = torch.tensor([0.0 if (b + i) % 3 == 0 else 1 / (1 - p) for b in range(batch)])
                masks.append((block.stochastic_depth, mask))
            i += 1
    return Case("torchvision_efficientnet", m, names, hooks, (75, 61), batch, masks)


def timm_efficientnet_case(name, make, size, batch):
    hooks = {"conv_stem": make.bn1, "conv_head": make.bn2}
    for s, stage in enumerate(make.blocks):
        for j, block in enumerate(stage):
            hooks[f"blocks.{s}.{j}"] = block
    return Case(name, make, timm_names(make), hooks, size, batch, single=batch > 1)


def torchvision_vit(trained, size, name):
    kw = dict(patch_size=8, num_layers=2, num_heads=2, hidden_dim=64, mlp_dim=256, num_classes=10)
    m = VisionTransformer(image_size=size, **kw)
    ours = TimmViT(img_size=trained, patch_size=8, depth=2, num_heads=2, embed_dim=64, num_classes=10)
    parts = {"class_token": "cls_token", "encoder.pos_embedding": "pos_embed", "conv_proj": "patch_embed.proj",
             "ln_1": "norm1", "ln_2": "norm2", "self_attention.in_proj_": "attn.qkv.", "self_attention.out_proj": "attn.proj",
             "mlp.0": "mlp.fc1", "mlp.3": "mlp.fc2", "encoder.ln": "norm", "heads.head": "head", "encoder.layers.encoder_layer_": "blocks."}
    names = {}
    for k in m.state_dict():
        c = k
        for old, new in parts.items():
            c = c.replace(old, new)
        names[k] = c
    assert set(names.values()) == set(ours.state_dict()), set(names.values()) ^ set(ours.state_dict())
    if size != trained:
        state = {k: value(names[k], v.shape) for k, v in VisionTransformer(image_size=trained, **kw).state_dict().items()}
        state = interpolate_embeddings(size, 8, state)
    hooks = {"embed": m.encoder.dropout, "blocks.0": m.encoder.layers[0], "blocks.1": m.encoder.layers[1], "norm": m.encoder.ln}
    case = Case(name, m, names, hooks, (size, size), 2)
    if size != trained:
        m.load_state_dict(state)
    return case


def timm_vit(name, size, **kw):
    m = TimmViT(img_size=32, patch_size=8, depth=2, num_heads=2, embed_dim=64, num_classes=10, dynamic_img_size=True, **kw)
    hooks = {"embed": m.norm_pre, "blocks.0": m.blocks[0], "blocks.1": m.blocks[1], "norm": m.norm}
    for i, b in enumerate(m.blocks):
        b.attn.fused_attn = False
        hooks[f"attention.{i}"] = b.attn.attn_drop
    return Case(name, m, timm_names(m), hooks, size, 2, single=size == (32, 32))


def adam_steps():
    """Five steps of PyTorch's Adam on given gradients."""
    p = torch.nn.Parameter(value("adam.p", (6,)))
    opt = torch.optim.Adam([p], lr=1e-2)
    steps = []
    for t in range(5):
        p.grad = value(f"adam.gradient{t}", (6,)) * 10.0 ** (-2 * t)
        opt.step()
        steps.append([float(f"{v:.9g}") for v in p.detach()])
    return steps


def family():
    """Parameter counts of the published members, from the libraries."""
    counts = {}
    for i in range(8):
        counts[f"efficientnet_b{i}"] = getattr(torchvision.models, f"efficientnet_b{i}")()
        counts[f"tf_efficientnet_b{i}"] = timm.create_model(f"tf_efficientnet_b{i}")
    counts["efficientnet_lite0"] = timm.create_model("efficientnet_lite0")
    counts["tf_efficientnet_lite0"] = timm.create_model("tf_efficientnet_lite0")
    counts["vit_b_16"] = torchvision.models.vit_b_16()
    for size, (dim, heads) in {"tiny": (192, 3), "small": (384, 6), "base": (768, 12)}.items():
        for patch in (14, 16):
            counts[f"vit_{size}_patch{patch}_224"] = TimmViT(img_size=224, patch_size=patch, embed_dim=dim, num_heads=heads)
    counts["vit_base_patch16_224.hf"] = timm.create_model("vit_base_patch16_224")
    counts["vit_small_patch14_dinov2"] = timm.create_model("vit_small_patch14_dinov2")
    return {k: sum(p.numel() for p in m.parameters()) for k, m in counts.items()}


tf = timm_efficientnet._gen_efficientnet("tf_efficientnet_b0", channel_multiplier=0.25, depth_multiplier=0.26, num_classes=10,
                                         pad_type="same", bn_eps=1e-3, bn_momentum=0.01)
lite = timm_efficientnet._gen_efficientnet_lite("efficientnet_lite0", channel_multiplier=0.25, depth_multiplier=0.26, num_classes=10,
                                                bn_eps=1e-3, bn_momentum=0.01)
cases = [
    torchvision_efficientnet().run(),
    timm_efficientnet_case("tf_efficientnet", tf, (66, 49), 2).run(),
    timm_efficientnet_case("lite", lite, (65, 64), 1).run(),
    torchvision_vit(32, 32, "torchvision_vit").run(),
    torchvision_vit(32, 56, "torchvision_vit_resized").run(train=False),
    timm_vit("timm_vit", (32, 32), init_values=1.0).run(),
    timm_vit("timm_vit_resized", (56, 24)).run(),
]
result = {
    "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__},
    "parameters": family(),
    "adam": adam_steps(),
    "cases": cases,
}
path = pathlib.Path(__file__).with_name("networks.json")
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: " + (
    "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in v) + "\n]" if k == "cases" else json.dumps(v)) for k, v in result.items()) + "\n}\n")
print(path, path.stat().st_size)
