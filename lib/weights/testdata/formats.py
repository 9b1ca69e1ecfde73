"""Makes the weight files of formats/, a few hundred bytes each, that the readers are tested with.

All hold the same values, which every float type represents exactly:
a[i, j, k] = (12 i + 4 j + k - 12) / 8 of shape 2x3x4, and b = [1, -2, 0.5].
Run it in this folder, in an environment with torch, numpy, safetensors and onnx.
"""
import collections, io, json, os, pickle
import numpy as np, onnx, safetensors, torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

a = ((torch.arange(24) - 12) / 8).reshape(2, 3, 4)
b = torch.tensor([1, -2, 0.5])
steps = torch.tensor(7)
types = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "f64": torch.float64}

for name, t in types.items():
    state = collections.OrderedDict(a=a.to(t), b=b.to(t), steps=steps)
    save_file(state, f"formats/{name}.safetensors", metadata={"format": "pt"})
    torch.save(state, f"formats/{name}.zip.pth")
    torch.save(state, f"formats/{name}.legacy.pth", _use_new_zipfile_serialization=False)

# Views: a transposed one, one inside a larger storage, and two of the same storage.
pool = torch.cat([torch.full((5,), 9.0), a.flatten(), b])
views = {"a": pool[5:29].reshape(2, 3, 4), "b": pool[29:], "at": a.permute(2, 0, 1).contiguous().permute(1, 2, 0)}
torch.save(views, "formats/views.zip.pth")
torch.save(views, "formats/views.legacy.pth", _use_new_zipfile_serialization=False)

# A training checkpoint: parameters below "model", other things beside it.
net = torch.nn.Module()
net.a, net.b = torch.nn.Parameter(a), torch.nn.Parameter(b)
torch.save({"epoch": 3, "lr": 0.1, "model": dict(net.named_parameters()), "note": ["x", (1, None, True)]}, "formats/checkpoint.pth", pickle_protocol=4)

class Evil:
    def __reduce__(self):
        return os.system, ("touch executed",)

torch.save({"a": a, "b": Evil()}, "formats/evil.zip.pth")
torch.save({"a": a, "b": Evil()}, "formats/evil.legacy.pth", _use_new_zipfile_serialization=False)

# ONNX as PyTorch exports it: the matrix of a linear layer nameless and transposed.
w = a.reshape(6, 4).numpy()
nodes = [
    helper.make_node("MatMul", ["x", "onnx::MatMul_7"], ["y"], name="/layer.0/key/MatMul"),
    helper.make_node("Add", ["layer.0.key.bias", "y"], ["z"], name="/layer.0/key/Add"),
    helper.make_node("Concat", ["onnx::Concat_8", "z"], ["out"], name="/embeddings/Concat_6", axis=1),
]
init = [
    numpy_helper.from_array(np.ascontiguousarray(w.T), "onnx::MatMul_7"),
    helper.make_tensor("layer.0.key.bias", TensorProto.FLOAT, [3], b.tolist()),
    helper.make_tensor("onnx::Concat_8", TensorProto.FLOAT16, [1, 3], b.tolist()),
    helper.make_tensor("double", TensorProto.DOUBLE, [3], b.tolist()),
    numpy_helper.from_array(np.array([7]), "steps"),
]
graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
                          [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)], init)
onnx.save(helper.make_model(graph, ir_version=7), "formats/linear.onnx")

with open("formats/versions.json", "w") as f:
    json.dump({"torch": torch.__version__, "safetensors": safetensors.__version__, "onnx": onnx.__version__, "numpy": np.__version__}, f)
