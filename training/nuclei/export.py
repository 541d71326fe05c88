"""Writes the model as ONNX and proves that onnxruntime gives what torch gives.

    python training/nuclei/export.py CHECKPOINT.pt OUT.onnx
"""
import copy
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from model import Nuclei, Served


def export(net, out):
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    model = Served(copy.deepcopy(net).to(memory_format=torch.contiguous_format)).eval()
    example = torch.rand(2, 3, 128, 160, generator=torch.Generator().manual_seed(0))
    axes = {0: "N", 2: "H", 3: "W"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, example, str(out), opset_version=17, input_names=["image"], output_names=["maps"],
            dynamic_axes={"image": axes, "maps": axes},
        )
    graph = onnx.load(str(out))
    for node in graph.graph.node:
        node.doc_string = ""
    del graph.graph.value_info[:]
    graph.graph.name = "nuclei"
    graph.producer_name, graph.producer_version, graph.doc_string = "segserve training", "1", ""
    graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 3
    onnx.checker.check_model(graph, full_check=True)
    assert not any(n.op_type == "BatchNormalization" for n in graph.graph.node)
    onnx.save(graph, str(out))

    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    worst = 0.0
    for shape in ((2, 3, 128, 160), (1, 3, 256, 256), (1, 3, 368, 48)):
        x = torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 0.6
        with torch.no_grad():
            ours = model(x).numpy()
        theirs = session.run(["maps"], {"image": x.numpy()})[0]
        assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
        worst = max(worst, float(np.abs(ours - theirs).max()))
    print(f"{out.name}: {out.stat().st_size} bytes, {sorted({n.op_type for n in graph.graph.node})}")
    print(f"largest difference between torch and onnxruntime: {worst:.2e} (probabilities)")
    assert worst < 1e-3
    return worst


if __name__ == "__main__":
    net = Nuclei()
    net.load_state_dict(torch.load(sys.argv[1])["average"])
    export(net, sys.argv[2])
