"""Writes the model as ONNX and proves that onnxruntime gives what torch gives.

    python training/street/export.py CHECKPOINT.pt OUT.onnx
"""
import copy
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from model import MEAN, SCALE, Street
import exported  # found by model.py

SIZES = ((1, 360, 480), (2, 288, 384), (1, 360, 640), (1, 640, 360))  # multiples of 8, as the manifest allows them


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
    net = copy.deepcopy(net).to(memory_format=torch.contiguous_format)
    del net.auxiliary  # used in training only
    model = Served(net)
    example = torch.rand(2, 3, 288, 384, generator=torch.Generator().manual_seed(0))
    return exported.export(model, out, "street", "logits", example, SIZES, most=1e-2)


if __name__ == "__main__":
    net = Street()
    net.load_state_dict(torch.load(sys.argv[1])["average"])
    export(net, sys.argv[2])
