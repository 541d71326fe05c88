"""The network: a small encoder and decoder, 256x256 RGB in, one logit map out.

Plain 3x3 convolutions where the picture is large (they run well on CPUs),
inverted residual blocks with depthwise convolutions where it is small,
one global context vector at the bottom, and a pixel shuffle at the end so
that the last stage works at half resolution.
"""
import torch
from torch import nn
import torch.nn.functional as F

MEAN = 0.5  # the picture goes in as (x / 255 - MEAN) / STD, RGB
STD = 0.5
SIZE = 256


def conv(cin, cout, kernel=3, stride=1, groups=1, act=True):
    layers = [
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(cout),
    ]
    if act:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Residual(nn.Module):
    """3x3, 3x3, plus the input."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(conv(channels, channels), conv(channels, channels, act=False))

    def forward(self, x):
        return F.relu(x + self.body(x))


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


class Context(nn.Module):
    """What the whole picture says, added to each place."""

    def __init__(self, channels):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Conv2d(channels, channels // 2, 1), nn.ReLU(inplace=True), nn.Conv2d(channels // 2, channels, 1)
        )

    def forward(self, x):
        return F.relu(x + self.fc(x.mean((2, 3), keepdim=True)))


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
    def __init__(self):
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

    def forward(self, image):
        s2 = self.s2(image)
        s4 = self.s4(s2)
        s8 = self.s8(s4)
        s16 = self.s16(s8)
        s32 = self.s32(s16)
        x = self.u16(s32, s16)
        x = self.u8(x, s8)
        x = self.u4(x, s4)
        return self.head(self.u2(x, s2))
