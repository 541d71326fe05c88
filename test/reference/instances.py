"""What torchvision and PyTorch make of the same boxes, masks and prototypes, recorded for test/instanceReference.test.ts.

    python3 test/reference/instances.py > test/reference/instances.json

Run with torch 1.13.0 and torchvision 0.14.1 (Debian's python3-torch and python3-torchvision). Of torchvision are
`paste_masks_in_image`, `nms` and `batched_nms`. The masks of YOLO are the published formula (YOLACT's: the sigmoid of
prototypes times coefficients, grown linearly, cut to the box, above one half) written here with PyTorch's operators;
Ultralytics' own package was not run. StarDist's polygons and overlaps are written here from its paper with NumPy-like loops;
its own package was not run.

Inputs come from a generator that the test has too, so that only results are recorded: of each mask how many pixels it has, and a digest of its bits.
"""
import hashlib
import json
import math

import numpy as np
import torch
import torchvision
from torchvision.models.detection.roi_heads import paste_masks_in_image
from torchvision.ops import batched_nms


class Numbers:
    """A linear congruential generator with the constants of Numerical Recipes: numbers in 0 … 1."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state / 2**32

    def list(self, count, least=0.0, most=1.0):
        return [least + (most - least) * self.next() for _ in range(count)]


def bits(mask):
    """How many pixels, and a digest of which ones."""
    flat = np.asarray(mask, dtype=np.uint8).reshape(-1)
    return f'{int(flat.sum())} {hashlib.sha256(np.packbits(flat).tobytes()).hexdigest()[:24]}'


def boxes_in(random, count, width, height, beyond):
    """Boxes x1 y1 x2 y2 of any size from a pixel on, some beyond the picture by up to `beyond`."""
    boxes = []
    for _ in range(count):
        x1 = -beyond + random.next() * (width - 4)
        y1 = -beyond + random.next() * (height - 4)
        boxes.append([x1, y1, x1 + 1 + random.next() * (width + beyond - x1 - 1), y1 + 1 + random.next() * (height + beyond - y1 - 1)])
    return boxes


def pasted():
    cases = []
    for seed, width, height, side in [(1, 90, 70, 28), (2, 33, 57, 28), (3, 120, 40, 14)]:
        random = Numbers(seed)
        boxes = boxes_in(random, 6, width, height, 8)
        masks = random.list(6 * side * side)
        tensor = torch.tensor(masks, dtype=torch.float32).reshape(6, 1, side, side)
        whole = paste_masks_in_image(tensor, torch.tensor(boxes, dtype=torch.float32), (height, width))
        cases.append({'seed': seed, 'width': width, 'height': height, 'side': side, 'masks': [bits(one[0] > 0.5) for one in whole]})
    return cases


def suppressed():
    cases = []
    for seed, threshold in [(11, 0.3), (12, 0.5), (13, 0.7)]:
        random = Numbers(seed)
        boxes = boxes_in(random, 120, 100, 80, 0)
        scores = random.list(120)
        classes = [math.floor(random.next() * 3) for _ in range(120)]
        kept = batched_nms(
            torch.tensor(boxes, dtype=torch.float64), torch.tensor(scores, dtype=torch.float64), torch.tensor(classes), threshold
        )
        cases.append({'seed': seed, 'threshold': threshold, 'kept': kept.tolist()})
    return cases


def yolo():
    """Input 80×64 with prototypes of a quarter; a picture of 160×96 fills lines 8 to 56 of it."""
    cases = []
    for seed, anchors, classes, k in [(21, 30, 3, 4), (22, 60, 1, 8)]:
        random = Numbers(seed)
        boxes = boxes_in(random, anchors, 80, 48, 4)
        scores = torch.tensor(random.list(anchors * classes), dtype=torch.float32).reshape(anchors, classes)
        coefficients = torch.tensor(random.list(anchors * k, -3, 3), dtype=torch.float32).reshape(anchors, k)
        prototypes = torch.tensor(random.list(k * 16 * 20, -1, 1), dtype=torch.float32).reshape(k, 16, 20)
        best, kind = scores.max(1)
        corners = torch.tensor([[x1, y1 + 8, x2, y2 + 8] for x1, y1, x2, y2 in boxes], dtype=torch.float32)
        order = (best >= 0.6).nonzero()[:, 0]
        kept = order[batched_nms(corners[order].double(), best[order].double(), kind[order], 0.45)][:20]
        planes = torch.sigmoid(torch.einsum('nk,khw->nhw', coefficients[kept], prototypes))
        grown = torch.nn.functional.interpolate(planes[:, None, 2:14], size=(96, 160), mode='bilinear', align_corners=False)[:, 0]
        found = []
        for index, plane in zip(kept.tolist(), grown):
            x1, y1, x2, y2 = ((corners[index].double() - torch.tensor([0, 8, 0, 8])) * 2).tolist()
            ys, xs = torch.arange(96)[:, None], torch.arange(160)[None, :]
            inside = (xs >= x1) & (xs < x2) & (ys >= y1) & (ys < y2)
            mask = (plane > 0.5) & inside
            found.append({'row': index, 'class': int(kind[index]), 'mask': bits(mask)})
        cases.append({'seed': seed, 'anchors': anchors, 'classes': classes, 'k': k, 'found': found})
    return cases


def stardist():
    """Grid of 2 in an input of 48×40, 16 rays."""
    random = Numbers(31)
    rays, width, height, grid = 16, 24, 20, 2
    probability = random.list(width * height)
    distance = [3 + 5 * value for value in random.list(width * height * rays)]
    ys, xs = np.mgrid[0 : height * grid, 0 : width * grid]
    candidates = sorted((at for at in range(width * height) if probability[at] >= 0.7), key=lambda at: -probability[at])
    kept = []
    for at in candidates:
        y, x = (at // width) * grid, (at % width) * grid
        points = []
        for ray in range(rays):
            turn = 2 * math.pi * ray / rays
            length = distance[ray * width * height + at]
            points.append((x + math.cos(turn) * length, y + math.sin(turn) * length))
        inside = np.zeros(xs.shape, bool)
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):  # even-odd
            crosses = (ay > ys) != (by > ys)
            with np.errstate(divide='ignore', invalid='ignore'):
                inside ^= crosses & (xs < (bx - ax) * (ys - ay) / (by - ay) + ax)
        if any((inside & other).sum() > 0.4 * min(inside.sum(), other.sum()) for _, other in kept):
            continue
        kept.append((at, inside))
    return {'seed': 31, 'rays': rays, 'width': width, 'height': height, 'grid': grid,
            'found': [{'point': at, 'mask': bits(mask)} for at, mask in kept]}


print(json.dumps({
    'versions': {'torch': torch.__version__, 'torchvision': torchvision.__version__},
    'pasted': pasted(), 'suppressed': suppressed(), 'yolo': yolo(), 'stardist': stardist(),
}, indent=1))
