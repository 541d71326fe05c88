"""Writes the model as ONNX and proves that onnxruntime gives what torch gives.

    python training/portrait/export.py CHECKPOINT.pt OUT.onnx
"""
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from model import SIZE, BothWays, Portrait


def export(model, out):
    """Writes the network with its mirror image (BothWays)."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    model = BothWays(model.to(memory_format=torch.contiguous_format)).eval()
    example = torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, example, str(out), opset_version=17, input_names=["image"], output_names=["logits"],
            dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
        )
    graph = onnx.load(str(out))
    for node in graph.graph.node:
        node.doc_string = ""
    del graph.graph.value_info[:]
    graph.graph.name = "portrait"
    graph.producer_name, graph.producer_version, graph.doc_string = "segserve training", "1", ""
    shape = graph.graph.output[0].type.tensor_type.shape.dim
    for d, value in zip(shape[1:], (1, SIZE, SIZE)):
        d.dim_value = value
    onnx.checker.check_model(graph, full_check=True)
    assert not any(n.op_type == "BatchNormalization" for n in graph.graph.node)
    onnx.save(graph, str(out))

    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    worst = 0.0
    for n in (1, 2):
        with torch.no_grad():
            ours = model(example[:n]).numpy()
        theirs = session.run(["logits"], {"image": example[:n].numpy()})[0]
        worst = max(worst, float(np.abs(ours - theirs).max()))
    print(f"{out.name}: {out.stat().st_size} bytes, {sorted({n.op_type for n in graph.graph.node})}")
    print(f"largest difference between torch and onnxruntime: {worst:.2e} (logits)")
    assert worst < 1e-2
    return worst


if __name__ == "__main__":
    net = Portrait()
    net.load_state_dict(torch.load(sys.argv[1])["average"])
    export(net, sys.argv[2])
