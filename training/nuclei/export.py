"""Writes the model as ONNX and proves that onnxruntime gives what torch gives.

    python training/nuclei/export.py CHECKPOINT.pt OUT.onnx
"""
import copy
import sys

import torch

from model import Nuclei, Served
import exported  # found by model.py

SIZES = ((2, 128, 160), (1, 256, 256), (1, 352, 64))  # multiples of 32, as the manifest allows them


def export(net, out):
    """Gives the largest difference of the probabilities between torch and onnxruntime."""
    model = Served(copy.deepcopy(net).to(memory_format=torch.contiguous_format))
    example = torch.rand(2, 3, 128, 160, generator=torch.Generator().manual_seed(0))
    return exported.export(model, out, "nuclei", "maps", example, SIZES, most=1e-3)


if __name__ == "__main__":
    net = Nuclei()
    net.load_state_dict(torch.load(sys.argv[1])["average"])
    export(net, sys.argv[2])
