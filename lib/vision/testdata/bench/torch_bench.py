"""One measurement of bench with torchvision: network, train, batch, memory format, steps."""

import json
import os
import resource
import sys
import time

start = time.time()
import torch  # noqa: E402
import torchvision  # noqa: E402

# On the device that the other side of the comparison runs on, in full single precision as there.
device = "cuda" if "cuda" in os.environ.get("GOMLX_BACKEND", "") else "cpu"
torch.set_default_device(device)
name, train, batch, layout, steps = sys.argv[1], sys.argv[2] == "true", int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
if name:
    model = getattr(torchvision.models, name)().train(train)
    x = torch.sin(torch.arange(batch * 3 * 224 * 224, dtype=torch.float32)).reshape(batch, 3, 224, 224)
    if layout == "channels_last":
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    labels = torch.ones(batch, dtype=torch.long)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4)
else:
    side = 4096
    x = torch.sin(torch.arange(side * side, dtype=torch.float32)).reshape(side, side)


def step():
    if not train:
        with torch.inference_mode():
            return model(x) if name else (x @ x).max()
    adam.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    adam.step()
    return loss.item()


best = float("inf")
for i in range(steps + 1):
    before = time.time()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    if i == 0:
        first = time.time() - start
    else:
        best = min(best, time.time() - before)
print(json.dumps({
    "Seconds": best, "First": first, "PeakMiB": torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "Versions": f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}, {torch.get_num_threads()} threads, {device}",
}))
