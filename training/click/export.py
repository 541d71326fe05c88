"""Writes encoder.onnx and decoder.onnx in the form of SAM's export, and proves that they answer as torch does."""
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn

from data import SIDE
from model import EMBEDDING

OPSET = 17


class ServedDecoder(nn.Module):
    """Adds what SAM's export has besides: masks at the size that is asked for, and the names."""

    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, image_embeddings, point_coords, point_labels, mask_input, has_mask_input, orig_im_size):
        low, quality = self.decoder(image_embeddings, point_coords, point_labels, mask_input, has_mask_input)
        whole = F.interpolate(low, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        height, width = orig_im_size[0].to(torch.int64), orig_im_size[1].to(torch.int64)
        scale = SIDE / torch.max(orig_im_size)
        seen = torch.floor(scale * orig_im_size + 0.5).to(torch.int64)
        whole = whole[:, :, : seen[0], : seen[1]]
        return F.interpolate(whole, size=(height, width), mode="bilinear", align_corners=False), quality, low


def export(pair, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pair.eval()
    cells = SIDE // 4
    image = torch.randn(1, 3, SIDE, SIDE)
    torch.onnx.export(
        pair.encoder, (image,), str(folder / "encoder.onnx"), opset_version=OPSET,
        input_names=["image"], output_names=["image_embeddings"],
    )
    decoder = ServedDecoder(pair.decoder).eval()
    inputs = (
        torch.randn(1, EMBEDDING, cells, cells),
        torch.tensor([[[20.0, 30.0], [100.0, 90.0]], [[50.0, 60.0], [0.0, 0.0]]]),
        torch.tensor([[1.0, 0.0], [1.0, -1.0]]),
        torch.randn(2, 1, cells * 2, cells * 2),
        torch.tensor([1.0, 0.0]),
        torch.tensor([300.0, 200.0]),
    )
    names = ["image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size"]
    free = {"point_coords": {0: "things", 1: "points"}, "point_labels": {0: "things", 1: "points"}, "mask_input": {0: "things"}, "has_mask_input": {0: "things"}}
    outputs = ["masks", "iou_predictions", "low_res_masks"]
    free |= {"masks": {0: "things", 2: "height", 3: "width"}, "iou_predictions": {0: "things"}, "low_res_masks": {0: "things"}}
    torch.onnx.export(
        decoder, inputs, str(folder / "decoder.onnx"), opset_version=OPSET,
        input_names=names, output_names=outputs, dynamic_axes=free,
    )
    for name, module, given in (("encoder.onnx", pair.encoder, (image,)), ("decoder.onnx", decoder, inputs)):
        session = onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])
        feeds = {spec.name: value.numpy() for spec, value in zip(session.get_inputs(), given)}
        with torch.no_grad():
            ours = module(*given)
        ours = [ours] if isinstance(ours, torch.Tensor) else list(ours)
        for a, b in zip(session.run(None, feeds), ours):
            difference = float(np.abs(a - b.numpy()).max())
            print(name, a.shape, f"largest difference {difference:.2g}", flush=True)
            if difference > 1e-3:
                raise SystemExit(f"{name} does not answer as torch does")
