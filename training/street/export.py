"""Writes the model as ONNX and proves that onnxruntime gives what torch gives.

    python training/street/export.py CHECKPOINT.pt OUT.onnx
"""
import copy
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn

from model import MEAN, SCALE, Street

# Sizes as the manifest allows them: multiples of 8.
PROVED = ((1, 360, 480), (2, 288, 384), (1, 360, 640), (1, 640, 360))


class Served(nn.Module):
    """What is exported: RGB 0..1 in, logits of the picture's own size out."""

    def __init__(self, net: Street):
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(SCALE).view(1, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = self.net((x - self.mean) / self.scale)
        return F.interpolate(logits, scale_factor=4.0, mode="bilinear", align_corners=False)


def export(net: Street, out: str | Path) -> float:
    """Gives the largest difference of the logits between torch and onnxruntime."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    net = copy.deepcopy(net).to(memory_format=torch.contiguous_format)
    del net.auxiliary  # used in training only
    model = Served(net).eval()
    example = torch.rand(2, 3, 288, 384, generator=torch.Generator().manual_seed(0))
    axes = {0: "N", 2: "H", 3: "W"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, example, str(out), opset_version=17, input_names=["image"], output_names=["logits"],
            dynamic_axes={"image": axes, "logits": axes},
        )
    graph = onnx.load(str(out))
    for node in graph.graph.node:
        node.doc_string = ""
    del graph.graph.value_info[:]
    graph.graph.name = "street"
    graph.producer_name, graph.producer_version, graph.doc_string = "segserve training", "1", ""
    graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 11
    onnx.checker.check_model(graph, full_check=True)
    assert not any(n.op_type == "BatchNormalization" for n in graph.graph.node)
    onnx.save(graph, str(out))
    weights = sum(int(np.prod(w.dims)) for w in graph.graph.initializer)
    print(f"{out.name}: {out.stat().st_size} bytes, {weights} weights, {sorted({n.op_type for n in graph.graph.node})}")
    return _proved(model, out)


def _proved(model: Served, out: Path) -> float:
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    worst, equal = 0.0, 1.0
    for count, height, width in PROVED:
        x = torch.rand((count, 3, height, width), generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            ours = model(x).numpy()
        theirs = session.run(["logits"], {"image": x.numpy()})[0]
        assert ours.shape == theirs.shape == (count, 11, height, width), (ours.shape, theirs.shape)
        worst = max(worst, float(np.abs(ours - theirs).max()))
        equal = min(equal, float((ours.argmax(1) == theirs.argmax(1)).mean()))
    print(f"largest difference between torch and onnxruntime: {worst:.2e} (logits); equal classes: {equal:.6f}")
    assert worst < 1e-2 and equal > 0.999
    return worst


if __name__ == "__main__":
    net = Street()
    net.load_state_dict(torch.load(sys.argv[1])["average"])
    export(net, sys.argv[2])
