"""The network: two branches in the manner of BiSeNet V2 (Yu et al., 2021), narrow enough to be trained on one CPU core.

A shared stem gives features at 1/4. The detail branch goes on at 1/8 with plain convolutions; the semantic branch goes
down to 1/32 with gather-and-expansion blocks and adds what the whole picture says (context embedding). Guided
aggregation lets each branch weigh the other at 1/8; a light head adds the stem's features and answers at 1/4.
Every size works: what is enlarged takes the size of what it is joined with.
"""
import sys
from pathlib import Path

import torch
from torch import nn
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[1]))
from parts import conv

CLASSES = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist")
MEAN = (0.41, 0.42, 0.43)
SCALE = (0.30, 0.31, 0.31)


def sized(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """`x` enlarged to the height and width of `like`."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class Gather(nn.Module):
    """Gather and expansion: a 3x3 gathers, a depthwise 3x3 works on many channels, a 1x1 brings them back."""

    def __init__(self, cin: int, cout: int, stride: int = 1, expand: int = 4):
        super().__init__()
        wide = cin * expand
        body = [conv(cin, cin), conv(cin, wide, 3, stride, groups=cin, act=stride == 1)]
        if stride == 2:
            body.append(conv(wide, wide, groups=wide))
        self.body = nn.Sequential(*body, conv(wide, cout, 1, act=False))
        self.skip = nn.Identity()
        if stride == 2 or cin != cout:
            self.skip = nn.Sequential(conv(cin, cin, 3, stride, groups=cin, act=False), conv(cin, cout, 1, act=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.body(x) + self.skip(x))


class Context(nn.Module):
    """What the whole picture says, added to every place."""

    def __init__(self, channels: int):
        super().__init__()
        self.whole = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.ReLU(inplace=True))
        self.out = conv(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(x + self.whole(x.mean((2, 3), keepdim=True)))


class Aggregation(nn.Module):
    """Bilateral guided aggregation of detail (1/8) and meaning (1/32)."""

    def __init__(self, channels: int, meaning: int):
        super().__init__()
        self.detail = nn.Sequential(conv(channels, channels, groups=channels, act=False), nn.Conv2d(channels, channels, 1))
        self.detail_small = nn.Sequential(conv(channels, channels, 3, 2, act=False), nn.AvgPool2d(3, 2, 1, count_include_pad=False))
        self.meaning_gate = conv(meaning, channels, act=False)
        self.meaning = nn.Sequential(conv(meaning, meaning, groups=meaning, act=False), nn.Conv2d(meaning, channels, 1))
        self.out = conv(channels, channels)

    def forward(self, detail: torch.Tensor, meaning: torch.Tensor) -> torch.Tensor:
        fine = self.detail(detail) * torch.sigmoid(sized(self.meaning_gate(meaning), detail))
        coarse = self.detail_small(detail) * torch.sigmoid(self.meaning(meaning))
        return self.out(fine + sized(coarse, detail))


class Auxiliary(nn.Module):
    """A head used in training only."""

    def __init__(self, cin: int, middle: int = 64):
        super().__init__()
        self.body = nn.Sequential(conv(cin, middle, 1), nn.Conv2d(middle, len(CLASSES), 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


class Street(nn.Module):
    """Normalised picture in, logits at 1/4 out; in training also the logits of the auxiliary heads."""

    def __init__(self, stem: int = 24, quarter: int = 48, eighth: int = 96, meaning: int = 160):
        super().__init__()
        self.first = conv(3, stem, 3, 2)
        self.quarter = nn.Sequential(conv(stem, quarter, 3, 2), conv(quarter, quarter))
        self.detail = nn.Sequential(conv(quarter, eighth, 3, 2), conv(eighth, eighth), conv(eighth, eighth))
        self.down8 = nn.Sequential(conv(quarter, 64, 3, 2), Gather(64, 64, 1, 2))
        self.down16 = nn.Sequential(Gather(64, 96, 2, 3), Gather(96, 96), Gather(96, 96))
        self.down32 = nn.Sequential(
            Gather(96, meaning, 2), Gather(meaning, meaning), Gather(meaning, meaning), Gather(meaning, meaning), Context(meaning)
        )
        self.join = Aggregation(eighth, meaning)
        self.narrow = conv(eighth, quarter, 1, act=False)
        self.head = conv(quarter, quarter)
        self.classify = nn.Conv2d(quarter, len(CLASSES), 1)
        self.auxiliary = nn.ModuleList([Auxiliary(eighth), Auxiliary(96), Auxiliary(meaning)])
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor):
        quarter = self.quarter(self.first(x))
        detail = self.detail(quarter)
        sixteenth = self.down16(self.down8(quarter))
        meaning = self.down32(sixteenth)
        joined = self.join(detail, meaning)
        logits = self.classify(self.head(sized(self.narrow(joined), quarter) + quarter))
        if not self.training:
            return logits
        return logits, [head(features) for head, features in zip(self.auxiliary, (detail, sixteenth, meaning))]
