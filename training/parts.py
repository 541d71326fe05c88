"""What several of the networks and their training have in common."""
import ctypes

import torch
import torch.nn.functional as F
from torch import nn


def conv(cin, cout, kernel=3, stride=1, groups=1, act=True):
    layers = [nn.Conv2d(cin, cout, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    if act:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(conv(channels, channels), conv(channels, channels, act=False))

    def forward(self, x):
        return F.relu(x + self.body(x))


class Context(nn.Module):
    """What the whole picture says (which kind of microscope, say), added to each place."""

    def __init__(self, channels):
        super().__init__()
        self.fc = nn.Sequential(nn.Conv2d(channels, channels // 2, 1), nn.ReLU(inplace=True), nn.Conv2d(channels // 2, channels, 1))

    def forward(self, x):
        return F.relu(x + self.fc(x.mean((2, 3), keepdim=True)))


class Up(nn.Module):
    """Brings the coarse map to twice its size and joins the skip connection."""

    def __init__(self, coarse, skip, cout):
        super().__init__()
        self.a = conv(coarse, cout, 1, act=False)
        self.b = conv(skip, cout, 1, act=False)
        self.mix = conv(cout, cout)

    def forward(self, coarse, skip):
        x = F.interpolate(self.a(coarse), scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.mix(F.relu(x + self.b(skip)))


def short_numbers(wanted):
    """Within it convolutions run in bfloat16, where `wanted`: twice as fast on processors that have it, with torch 2."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=wanted)


def begin_from(model, checkpoint):
    """Takes the averaged weights of a checkpoint over, those whose name and shape the model has; says how many."""
    found = torch.load(checkpoint)["average"]
    own = model.state_dict()
    fitting = {name: value for name, value in found.items() if name in own and own[name].shape == value.shape}
    model.load_state_dict(fitting, strict=False)
    print(f"begins from {checkpoint}: {len(fitting)} of {len(own)} tensors", flush=True)


@torch.no_grad()
def follow(average, model, decay):
    """Moves the averaged weights a little towards the model's."""
    for a, b in zip(average.state_dict().values(), model.state_dict().values()):
        if a.dtype.is_floating_point:
            a.lerp_(b, 1 - decay)
        else:
            a.copy_(b)


def keep_memory():
    """Asks glibc to keep freed memory: giving it back and taking it again at every step costs time."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
    except (OSError, AttributeError):
        pass  # another C library: only slower
