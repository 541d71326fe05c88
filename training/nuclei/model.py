"""The network: a small U-Net that sees a picture enlarged; any size that is a multiple of 32.

Three maps come out, of the picture's own size: the probability of a nucleus, the probability of a border between two
nuclei, and the distance to the own border over its greatest (1 in the middle of every nucleus, whatever its size).
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[1]))
from parts import Context, Residual, Up, conv

ZOOM = 1.5  # the picture is enlarged before it is looked at: many nuclei are only 5 to 10 pixels wide
MULTIPLE = 32  # of a picture's sides: enlarged they are multiples of the coarsest stride, 16
FLOOR = 0.03  # added to the range of a picture's values, so that an empty picture's noise stays small


class Nuclei(nn.Module):
    """Takes an enlarged picture stretched to 0..1; gives logits of its size."""

    def __init__(self):
        super().__init__()
        self.s2 = nn.Sequential(conv(4, 24, 4, 2), Residual(24))
        self.s4 = nn.Sequential(conv(24, 48, 3, 2), Residual(48))
        self.s8 = nn.Sequential(conv(48, 96, 3, 2), Residual(96))
        self.s16 = nn.Sequential(conv(96, 128, 3, 2), Residual(128), Context(128), nn.Dropout2d(0.1))
        self.u8 = Up(128, 96, 96)
        self.u4 = Up(96, 48, 48)
        self.u2 = Up(48, 24, 24)
        self.head = nn.Sequential(conv(24, 24), nn.Conv2d(24, 12, 1), nn.PixelShuffle(2))

    def forward(self, x):
        x = torch.cat([x, x.mean(1, keepdim=True).clamp(min=1e-4).sqrt()], 1)  # the root shows dim nuclei beside bright ones
        s2 = self.s2(x)
        s4 = self.s4(s2)
        s8 = self.s8(s4)
        x = self.u8(self.s16(s8), s8)
        x = self.u4(x, s4)
        return self.head(self.u2(x, s2))


class Served(nn.Module):
    """What is exported: RGB / 255 in; stretches and enlarges each picture; probabilities of its size out, the distance smoothed."""

    def __init__(self, net, smooth=3, mirrored=True):
        super().__init__()
        self.net = net
        self.smooth = smooth  # side of the mean filter: fewer nuclei fall to pieces (choose.py)
        self.mirrored = mirrored  # the mean of the answers to the picture and to its mirror image: better, at twice the price

    def forward(self, image):
        cells = F.avg_pool2d(image, 4)
        low = cells.amin((1, 2, 3), keepdim=True)
        high = cells.amax((1, 2, 3), keepdim=True)
        large = F.interpolate(image, scale_factor=ZOOM, mode="bilinear", align_corners=False)
        large = ((large - low) / (high - low + FLOOR)).clamp(0, 1)
        maps = self.net(large).sigmoid()
        if self.mirrored:
            maps = (maps + self.net(large.flip(3)).sigmoid().flip(3)) / 2
        maps = F.interpolate(maps, size=image.shape[2:], mode="bilinear", align_corners=False)
        distance = F.avg_pool2d(maps[:, 2:], self.smooth, 1, self.smooth // 2, count_include_pad=False)
        return torch.cat([maps[:, :2], distance], 1)
