"""The network: a small encoder and decoder, 352x352 RGB in, one logit map out.

Plain 3x3 convolutions where the picture is large (they run well on CPUs),
inverted residual blocks with depthwise convolutions where it is small,
one global context vector at the bottom, and a pixel shuffle at the end so
that the last stage works at half resolution.
"""
import sys
from pathlib import Path

import torch
from torch import nn
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[1]))
from parts import Context, Residual, conv

MEAN = 0.5  # the picture goes in as (x / 255 - MEAN) / STD, RGB
STD = 0.5
SIZE = 352  # examples are made and the exported network works at this size


class Inverted(nn.Module):
    """1x1 up, depthwise, 1x1 down, plus the input where the shapes agree."""

    def __init__(self, cin, cout, expand=3, stride=1, kernel=3):
        super().__init__()
        mid = cin * expand
        self.add = stride == 1 and cin == cout
        self.body = nn.Sequential(
            conv(cin, mid, 1),
            conv(mid, mid, kernel, stride, groups=mid),
            conv(mid, cout, 1, act=False),
        )

    def forward(self, x):
        y = self.body(x)
        return x + y if self.add else y


class Up(nn.Module):
    """Brings the coarse map to twice its size and joins the skip connection."""

    def __init__(self, coarse, skip, cout, kernel=3):
        super().__init__()
        self.a = conv(coarse, cout, 1, act=False)
        self.b = conv(skip, cout, 1, act=False)
        self.mix = nn.Sequential(conv(cout, cout, kernel, groups=cout), conv(cout, cout, 1))

    def forward(self, coarse, skip):
        x = F.interpolate(self.a(coarse), scale_factor=2.0, mode="bilinear", align_corners=False)
        x = F.relu(x + self.b(skip))
        return x + self.mix(x)


class Portrait(nn.Module):
    """The network of the first two stages, or with `grown` that of the third: the `more` parts begin as doing nothing."""

    def __init__(self, grown=True):
        super().__init__()
        self.s2 = conv(3, 16, stride=2)
        self.s4 = nn.Sequential(conv(16, 32, stride=2), Residual(32))
        self.s8 = nn.Sequential(Inverted(32, 48, 3, 2), Inverted(48, 48, 3), Inverted(48, 48, 3))
        self.s16 = nn.Sequential(
            Inverted(48, 72, 3, 2, 5), Inverted(72, 72, 3, kernel=5), Inverted(72, 72, 3, kernel=5), Inverted(72, 72, 3, kernel=5)
        )
        self.s32 = nn.Sequential(
            Inverted(72, 112, 3, 2, 5), Inverted(112, 112, 3, kernel=5), Inverted(112, 112, 3, kernel=5), Context(112)
        )
        self.u16 = Up(112, 72, 64, 5)
        self.u8 = Up(64, 48, 48, 5)
        self.u4 = Up(48, 32, 32)
        self.u2 = Up(32, 16, 16)
        self.head = nn.Sequential(conv(16, 16), nn.Conv2d(16, 4, 3, padding=1), nn.PixelShuffle(2))
        self.more8 = nn.Sequential(Inverted(48, 48, 3)) if grown else nn.Identity()
        self.more16 = nn.Sequential(*(Inverted(72, 72, 4, kernel=5) for _ in range(2))) if grown else nn.Identity()
        self.more32 = nn.Sequential(*(Inverted(112, 112, 4, kernel=5) for _ in range(2)), Context(112)) if grown else nn.Identity()

    def forward(self, image):
        s2 = self.s2(image)
        s4 = self.s4(s2)
        s8 = self.more8(self.s8(s4))
        s16 = self.more16(self.s16(s8))
        s32 = self.more32(self.s32(s16))
        x = self.u16(s32, s16)
        x = self.u8(x, s8)
        x = self.u4(x, s4)
        return self.head(self.u2(x, s2))


def grow(small):
    """A grown network that answers exactly as the small one: what is new ends in zeros."""
    net = Portrait(grown=True)
    missing = net.load_state_dict(small.state_dict(), strict=False)
    assert not missing.unexpected_keys and all(k.startswith("more") for k in missing.missing_keys)
    for part in (net.more8, net.more16, net.more32):
        for module in part.modules():
            if isinstance(module, Inverted):
                nn.init.zeros_(module.body[-1][-1].weight)
            elif isinstance(module, Context):
                nn.init.zeros_(module.fc[-1].weight)
                nn.init.zeros_(module.fc[-1].bias)
    return net
