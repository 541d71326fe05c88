"""The pair of networks: an encoder that sees a picture once, and a decoder that answers clicks.

The form is that of Segment Anything (SAM) as its ONNX export has it, the networks are not: convolutions alone, and
small. Both are fully convolutional, so that crops are enough to train on.
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[1]))
from parts import Context, Residual, Up, conv

EMBEDDING = 48  # channels of the embedding, at a quarter of the input's resolution
CANDIDATES = 3  # masks per prompt: what a click may mean
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Encoder(nn.Module):
    """[N, 3, H, W] normalised RGB, sides multiples of 32 -> [N, EMBEDDING, H/4, W/4]."""

    def __init__(self):
        super().__init__()
        self.s4 = nn.Sequential(conv(3, 24, 4, 2), conv(24, 40, 3, 2), Residual(40))
        self.s8 = nn.Sequential(conv(40, 80, 3, 2), Residual(80), Residual(80))
        self.s16 = nn.Sequential(conv(80, 144, 3, 2), Residual(144), Residual(144))
        self.s32 = nn.Sequential(conv(144, 192, 3, 2), Residual(192), Context(192))
        self.j16 = Up(192, 144, 112)
        self.j8 = Up(112, 80, 80)
        self.j4 = Up(80, 40, 48)
        self.out = nn.Conv2d(48, EMBEDDING, 1)

    def forward(self, x):
        s4 = self.s4(x)
        s8 = self.s8(s4)
        s16 = self.s16(s8)
        return self.out(self.j4(self.j8(self.j16(self.s32(s16), s16), s8), s4))


class Mixer(nn.Module):
    """A look at a place's neighbours, and at the place itself once more."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(conv(channels, channels), conv(channels, channels, 1, act=False))

    def forward(self, x):
        return F.relu(x + self.body(x))


def places(embedding, coords):
    """For each cell of the embedding its distance from each point, in cells: two maps [N, P, h, w], across and down."""
    h, w = embedding.shape[2:]
    across = torch.arange(w, dtype=coords.dtype).reshape(1, 1, 1, w) - ((coords[:, :, 0] + 0.5) / 4 - 0.5)[:, :, None, None]
    down = torch.arange(h, dtype=coords.dtype).reshape(1, 1, h, 1) - ((coords[:, :, 1] + 0.5) / 4 - 0.5)[:, :, None, None]
    return across, down


def prompt_maps(embedding, coords, labels, mask, has_mask):
    """What is asked, as MAPS maps of the embedding's size, and the mean feature under the points that belong."""
    across, down = places(embedding, coords)
    squared = across * across + down * down
    belongs = (labels == 1).to(coords.dtype)[:, :, None, None]
    not_so = (labels == 0).to(coords.dtype)[:, :, None, None]
    near, far = torch.exp(squared / -4.0), torch.exp(squared / -72.0)
    spots = [(m * part).amax(1, keepdim=True) for part in (belongs, not_so) for m in (near, far)]

    first = (labels == 2).to(coords.dtype)[:, :, None, None]
    last = (labels == 3).to(coords.dtype)[:, :, None, None]
    has_box = last.amax(1, keepdim=True)
    right_of, below = ((m * first).sum(1, keepdim=True) for m in (across, down))
    left_of, above = ((m * last).sum(1, keepdim=True) for m in (across, down))
    box = (right_of + 0.5).clamp(0, 1) * (below + 0.5).clamp(0, 1) * (0.5 - left_of).clamp(0, 1) * (0.5 - above).clamp(0, 1)

    # How much each place looks like the places that were clicked.
    unit = F.normalize(embedding.flatten(2), dim=1)  # [1 or N, E, h w]
    weight = near.flatten(2)
    feature = torch.matmul(weight / (weight.sum(2, keepdim=True) + 1e-6), unit.transpose(1, 2))  # [N, P, E]
    alike = torch.matmul(F.normalize(feature, dim=2), unit).reshape(squared.shape)
    similar = [(alike * part).amax(1, keepdim=True) for part in (belongs, not_so)]
    mean = (feature * belongs[:, :, :, 0]).sum(1) / (belongs[:, :, :, 0].sum(1) + 1e-6)

    has = has_mask.reshape(-1, 1, 1, 1)
    before = F.avg_pool2d(torch.tanh(mask / 4), 2) * has
    flat = torch.zeros_like(before)
    return torch.cat([*spots, box * has_box, flat + has_box, *similar, before, flat + has], 1), mean


MAPS = 10
BELONGS_NEAR, BELONGS_FAR, BOX, BEFORE = 0, 1, 4, 8  # which of them


class Decoder(nn.Module):
    """Prompts on an embedding -> CANDIDATES masks each, at half of the input's resolution, and how good each is.

    embedding [1, E, h, w], or one for each row [N, E, h, w], sides multiples of 8; coords [N, P, 2] in pixels of the input; labels [N, P]: 1 belongs, 0 does not,
    2 and 3 the corners of a box, -1 no point; mask [N, 1, 2h, 2w] logits of a step before; has_mask [N], 0 or 1.
    """

    def __init__(self, width=48):
        super().__init__()
        self.picture = nn.Conv2d(EMBEDDING, width, 1)
        self.prompt = nn.Conv2d(MAPS, width, 3, 1, 1)
        self.feature = nn.Linear(EMBEDDING, width)
        self.s4 = Mixer(width)
        self.s8 = nn.Sequential(conv(width, 64, 3, 2), Mixer(64))
        self.s16 = nn.Sequential(conv(64, 80, 3, 2), Mixer(80))
        self.s32 = nn.Sequential(conv(80, 96, 3, 2), Mixer(96))
        self.u16 = Up(96, 80, 80)
        self.u8 = Up(80, 64, 64)
        self.u4 = Up(64, width, width)
        self.masks = nn.Sequential(conv(width, width), nn.Conv2d(width, CANDIDATES * 4, 1), nn.PixelShuffle(2))
        self.quality = Quality(width)

    def forward(self, embedding, coords, labels, mask, has_mask):
        maps, mean = prompt_maps(embedding, coords, labels, mask, has_mask)
        s4 = self.s4(F.relu(self.picture(embedding) + self.prompt(maps) + self.feature(mean)[:, :, None, None]))
        s8 = self.s8(s4)
        s16 = self.s16(s8)
        x = self.u4(self.u8(self.u16(self.s32(s16), s16), s8), s4)
        masks = self.masks(x)
        return masks, self.quality(x, masks.detach(), maps, labels)


class Quality(nn.Module):
    """How good each candidate is: from the features inside it and along its edge, and from how it fits what is asked."""

    FITS = 9

    def __init__(self, width):
        super().__init__()
        self.look = nn.Linear(2 * width + self.FITS, 64)
        self.which = nn.Parameter(torch.zeros(CANDIDATES, 64))
        self.out = nn.Linear(64, 1)

    def forward(self, x, masks, maps, labels):
        p = masks.float().sigmoid()
        hard = (masks > 0).float()
        shared = (p * hard).sum((2, 3))
        expected = shared / (p.sum((2, 3)) + hard.sum((2, 3)) - shared + 1)  # the IoU, were the probabilities true
        cells = F.avg_pool2d(p, 2)
        area = cells.sum((2, 3))
        asked = maps[:, [BELONGS_NEAR, BELONGS_FAR, BOX, BEFORE]].float().clamp(min=0)
        both = torch.matmul(cells.flatten(2), asked.flatten(2).transpose(1, 2))  # [N, CANDIDATES, 4]
        of_asked = both / (asked.sum((2, 3))[:, None] + 0.1)
        of_own = both[:, :, 2:] / (area[:, :, None] + 1)
        points = (labels >= 0).float().sum(1)[:, None].expand_as(area) / 4
        fits = torch.cat([of_asked, of_own, torch.stack([expected, torch.log(area + 1) / 4, points], 2)], 2)
        looks = [
            torch.matmul(weight.flatten(2).to(x.dtype), x.flatten(2).transpose(1, 2)) / (weight.sum((2, 3))[:, :, None] + 1)
            for weight in (cells, 4 * cells * (1 - cells))
        ]
        return self.out(F.relu(self.look(torch.cat([*looks, fits], 2)) + self.which))[:, :, 0].sigmoid()
