"""Writes names.json: small networks of four libraries, the names and shapes of their tensors, and
the features that they compute, all with values that the Go test makes by the same formula.

Run it in this folder, in an environment with torch, torchvision, transformers and efficientnet_pytorch.
"""
import json, math
from functools import partial
import efficientnet_pytorch, numpy as np, safetensors.torch, torch, torchvision, transformers

M = (1 << 64) - 1

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

def value(key, shape):
    u = noise(key, math.prod(shape))
    if key.endswith("running_var"):
        u = 1 + u / 2
    elif len(shape) == 1 and key.endswith(("weight", "lambda1")):
        u = 1 + u / 4
    elif len(shape) in (2, 4):
        u = u * math.sqrt(4.5 / math.prod(shape[1:]))
    return torch.tensor(u.reshape(shape), dtype=torch.float32)

def hf(network):
    """The network with the values of its file, whose names are others than those in memory."""
    network.save_pretrained("/tmp/names")
    state = safetensors.torch.load_file("/tmp/names/model.safetensors")
    state = {k: value(k, v.shape) for k, v in state.items()}
    safetensors.torch.save_file(state, "/tmp/names/model.safetensors", metadata={"format": "pt"})
    return type(network).from_pretrained("/tmp/names"), state

def case(name, network, size, features):
    if isinstance(network, transformers.PreTrainedModel):
        network, state = hf(network)
    else:
        state = network.state_dict()
        network.load_state_dict({k: value(k, v.shape) if v.is_floating_point() else v for k, v in state.items()})
    x = torch.tensor(noise(name, size * size * 3).reshape(1, size, size, 3), dtype=torch.float32).permute(0, 3, 1, 2)
    network.eval()
    with torch.no_grad():
        out = features(network, x)[0]
    return {"name": name, "size": size, "out": [float(f"{v:.7g}") for v in out], "shapes": {k: list(v.shape) for k, v in state.items()}}

conf = partial(torchvision.models.efficientnet.MBConvConfig, width_mult=0.5, depth_mult=0.34)
table = [(1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
         (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1)]
tv_cnn = torchvision.models.EfficientNet([conf(*row) for row in table], dropout=0.2, num_classes=10)
ep_cnn = efficientnet_pytorch.EfficientNet.from_name(
    "efficientnet-b0", width_coefficient=0.5, depth_coefficient=0.34, num_classes=10, image_size=None)
tv_vit = torchvision.models.VisionTransformer(image_size=24, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=64, num_classes=10)
kw = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, attn_implementation="eager", num_labels=10)
hf_vit = transformers.ViTForImageClassification(transformers.ViTConfig(image_size=24, patch_size=8, intermediate_size=64, **kw))
dino = transformers.Dinov2Model(transformers.Dinov2Config(image_size=24, patch_size=8, mlp_ratio=4, **kw))

json.dump({
    "versions": {m.__name__: m.__version__ for m in (torch, torchvision, transformers, efficientnet_pytorch)},
    "cases": [
        case("torchvision EfficientNet", tv_cnn, 64, lambda n, x: n(x)),
        case("efficientnet_pytorch", ep_cnn, 61, lambda n, x: n(x)),
        case("torchvision ViT", tv_vit, 24, lambda n, x: n(x)),
        case("Hugging Face ViT", hf_vit, 24, lambda n, x: n(x).logits),
        case("Hugging Face DINOv2", dino, 24, lambda n, x: n(x).last_hidden_state[:, 0]),
    ],
}, open("names.json", "w"), separators=(",", ":"))
