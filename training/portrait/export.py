"""Writes the model as ONNX and proves that onnxruntime gives what torch gives.

    python training/portrait/export.py CHECKPOINT.pt OUT.onnx
"""
import sys

import torch

from model import SIZE, Portrait
import exported  # found by model.py


def export(net, out):
    """Gives the largest difference of the logits between torch and onnxruntime."""
    net = net.to(memory_format=torch.contiguous_format)
    example = torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    return exported.export(net, out, "portrait", "logits", example, [(1, SIZE, SIZE), (2, SIZE, SIZE)], most=1e-2, fixed=True)


if __name__ == "__main__":
    net = Portrait()
    net.load_state_dict(torch.load(sys.argv[1])["average"])
    export(net, sys.argv[2])
