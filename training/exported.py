"""From a network in torch to an ONNX file, and the proof that onnxruntime answers as torch does."""
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch


def export(model, out, name, output, example, sizes, most, fixed=False):
    """Writes `model`, which takes pictures [N,3,H,W] and gives maps [N,C,H,W], and gives the largest difference.

    output: the name of the maps. example: pictures to follow the network with. sizes: (N, H, W) to compare at. most: the difference
    that is too much. fixed: the sides are those of the example; otherwise they are free.
    """
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    model.eval()
    with torch.no_grad():
        answer = model(example)
    axes = {0: "N"} if fixed else {0: "N", 2: "H", 3: "W"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, example, str(out), opset_version=17, input_names=["image"], output_names=[output],
            dynamic_axes={"image": axes, output: axes},
        )
    graph = onnx.load(str(out))
    for node in graph.graph.node:
        node.doc_string = ""
    del graph.graph.value_info[:]
    graph.graph.name = name
    graph.producer_name, graph.producer_version, graph.doc_string = "segserve training", "1", ""
    for axis, dim in enumerate(graph.graph.output[0].type.tensor_type.shape.dim):
        if axis not in axes:
            dim.dim_value = answer.shape[axis]
    onnx.checker.check_model(graph, full_check=True)
    assert not any(n.op_type == "BatchNormalization" for n in graph.graph.node)
    onnx.save(graph, str(out))
    weights = sum(int(np.prod(w.dims)) for w in graph.graph.initializer)
    print(f"{out.name}: {out.stat().st_size} bytes, {weights} weights, {sorted({n.op_type for n in graph.graph.node})}")
    return prove(model, out, output, sizes, most)


def prove(model, out, output, sizes, most):
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    worst, equal = 0.0, 1.0
    for count, height, width in sizes:
        x = torch.rand((count, 3, height, width), generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            ours = model(x).numpy()
        theirs = session.run([output], {"image": x.numpy()})[0]
        assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
        worst = max(worst, float(np.abs(ours - theirs).max()))
        equal = min(equal, float((ours.argmax(1) == theirs.argmax(1)).mean()))
    print(f"largest difference between torch and onnxruntime: {worst:.2e} ({output}); equal classes: {equal:.6f}")
    assert worst < most and equal > 0.999
    return worst
