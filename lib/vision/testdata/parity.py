"""Writes torchvision's full-size networks and what they compute to a folder, for parity_test.go.

    python testdata/parity.py FOLDER        (torch, torchvision, safetensors)

NAME.weights.safetensors are random parameters as torchvision saves them, NAME.results.safetensors the
pictures, every stage's output, the logits, the loss, the gradients and the state after one step of Adam
in training mode with dropout off.
"""

import pathlib
import sys

import torch
import torchvision
from safetensors.torch import save_file

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(1)


def stages(name, model):
    if name == "efficientnet_b0":
        yield "conv_stem", model.features[0]
        for s, stage in enumerate(model.features[1:-1]):
            for j, block in enumerate(stage):
                yield f"blocks.{s}.{j}", block
        yield "conv_head", model.features[-1]
    else:
        yield "embed", model.encoder.dropout
        for i, layer in enumerate(model.encoder.layers):
            yield f"blocks.{i}", layer
        yield "norm", model.encoder.ln


for name, batch, height, width in [("efficientnet_b0", 4, 224, 193), ("vit_b_16", 2, 224, 224)]:
    model = getattr(torchvision.models, name)()
    for key, p in model.named_parameters():  # zeros and ones, torchvision's own, would hide faults
        if p.dim() == 1 or key.startswith("heads"):
            p.data += 0.1 * torch.randn_like(p)
    for key, b in model.named_buffers():
        if key.endswith("running_mean"):
            b += 0.1 * torch.randn_like(b)
        elif key.endswith("running_var"):
            b *= 1 + 0.5 * torch.rand_like(b)
    save_file({k: v.contiguous() for k, v in model.state_dict().items() if "num_batches" not in k}, folder / f"{name}.weights.safetensors")
    x = torch.randn(batch, 3, height, width)
    out = {"pictures": x.permute(0, 2, 3, 1)}
    hooks = [m.register_forward_hook(lambda m, i, o, key=f"stage.{stage}": out.update({key: o.permute(0, 2, 3, 1) if o.dim() == 4 else o}))
             for stage, m in stages(name, model)]
    model.eval()
    with torch.no_grad():
        out["logits"] = model(x)
    for h in hooks:
        h.remove()
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torchvision.ops.StochasticDepth):
            module.p = 0.0
    adam = torch.optim.Adam(model.parameters(), lr=1e-4)
    loss = torch.nn.functional.cross_entropy(model(x), torch.arange(batch))
    loss.backward()
    out["loss"] = loss.detach().reshape(1)
    out |= {f"gradient.{k}": p.grad for k, p in model.named_parameters()}
    adam.step()
    out |= {f"updated.{k}": v for k, v in model.state_dict().items() if "num_batches" not in k}
    save_file({k: v.detach().contiguous() for k, v in out.items()}, folder / f"{name}.results.safetensors")
print("torch", torch.__version__, "torchvision", torchvision.__version__)
