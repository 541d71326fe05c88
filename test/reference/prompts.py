"""What PyTorch and NumPy make of the same mask logits, recorded for test/promptReference.test.ts.

    python3 test/reference/prompts.py > test/reference/prompts.json

Run with torch 1.13.0 (Debian's python3-torch) and NumPy. Growing is `torch.nn.functional.interpolate`, bilinear with
align_corners=False: in two steps with the padding cut off between them, as segment_anything's `Sam.postprocess_masks`
calls it, and in one. Stability, boxes and suppression are written here from what their papers say, with loops; segment_anything's own
package was not run.

Inputs come from a generator that the test has too, so that only results are recorded.
"""
import json

import numpy as np
import torch
import torch.nn.functional as F


class Numbers:
    """A linear congruential generator with the constants of Numerical Recipes: numbers in 0 ... 1."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state / 2**32

    def list(self, count, least=0.0, most=1.0):
        return [least + (most - least) * self.next() for _ in range(count)]


def plane(seed, width, height):
    return np.array(Numbers(seed).list(width * height, -10, 10), dtype=np.float32).reshape(height, width)


def resized(x, height, width):
    return F.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)


def sampled(grown):
    """Every seventh number of the grown mask, and how many there are."""
    flat = grown.reshape(-1).numpy()
    return {"length": int(flat.size), "every7": [round(float(value), 4) for value in flat[::7]]}


def growing():
    cases = []
    # seed, mask (w, h), input (w, h), what shows the picture (w, h) from the upper left, picture (w, h)
    for seed, mask, given, seen, picture in [
        (1, (16, 16), (64, 64), (64, 43), (90, 60)),
        (2, (16, 16), (64, 64), (40, 64), (25, 40)),
        (3, (24, 16), (48, 32), (48, 32), (101, 67)),
        (4, (16, 16), (64, 64), (64, 64), (16, 16)),
        (5, (10, 10), (64, 64), (64, 51), (33, 29)),
        (6, (32, 32), (32, 32), (32, 20), (61, 37)),
    ]:
        x = torch.from_numpy(plane(seed, *mask))[None, None]
        staged = resized(x, given[1], given[0])[..., : seen[1], : seen[0]]
        staged = resized(staged, picture[1], picture[0])
        case = {"seed": seed, "mask": mask, "input": given, "seen": seen, "picture": picture, "staged": sampled(staged)}
        if seen == given:
            case["direct"] = sampled(resized(x, picture[1], picture[0]))
        cases.append(case)
    return cases


def judging():
    cases = []
    for seed, width, height, level in [(11, 20, 14, 0.0), (12, 31, 9, 2.5), (13, 8, 8, -3.0), (14, 12, 12, 20.0)]:
        logits = plane(seed, width, height)
        window = logits[1 : height - 2, 2 : width - 1]
        inside = window > level
        sure, perhaps = int((window > level + 1).sum()), int((window > level - 1).sum())
        ys, xs = np.nonzero(inside)
        box = [int(xs.min()) + 2, int(ys.min()) + 1, int(xs.max()) + 3, int(ys.max()) + 2] if len(xs) else [0, 0, 0, 0]
        cases.append({
            "seed": seed, "width": width, "height": height, "level": level, "area": int(inside.sum()),
            "stability": sure / perhaps if perhaps else 0.0, "box": box,
        })
    return cases


def overlap(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def suppressing():
    cases = []
    for seed, count, threshold in [(21, 40, 0.7), (22, 40, 0.3), (23, 7, 0.0)]:
        random = Numbers(seed)
        boxes, scores = [], []
        for _ in range(count):
            x, y = int(random.next() * 40), int(random.next() * 40)
            boxes.append([x, y, x + 1 + int(random.next() * 24), y + 1 + int(random.next() * 24)])
            scores.append(random.next())
        kept = []
        for index in sorted(range(count), key=lambda at: -scores[at]):
            if all(overlap(boxes[index], boxes[other]) <= threshold for other in kept):
                kept.append(index)
        cases.append({"seed": seed, "count": count, "threshold": threshold, "kept": kept})
    return cases


def grids():
    """The points of a grid, as segment_anything's paper has them: the middles of n x n equal cells."""
    cases = []
    for side, width, height in [(1, 10, 20), (3, 90, 60), (4, 7, 5)]:
        offset = 1 / (2 * side)
        steps = np.linspace(offset, 1 - offset, side)
        points = [[round(float(x * width), 6), round(float(y * height), 6)] for y in steps for x in steps]
        cases.append({"side": side, "width": width, "height": height, "points": points})
    return cases


def averaging():
    cases = []
    for seed, width, height, to in [(31, 16, 12, (4, 3)), (32, 10, 10, (4, 4)), (33, 7, 9, (7, 2))]:
        x = torch.from_numpy(plane(seed, width, height).astype(np.float64))
        # Exact means over areas: repeat each number until both sides divide, then take plain means.
        tall = x.repeat_interleave(to[1], 0).repeat_interleave(to[0], 1)
        means = tall.reshape(to[1], height, to[0], width).mean(3).mean(1)
        cases.append({"seed": seed, "width": width, "height": height, "to": to, "means": [round(float(v), 5) for v in means.reshape(-1)]})
    return cases


print(json.dumps({
    "growing": growing(), "judging": judging(), "suppressing": suppressing(), "grids": grids(), "averaging": averaging(),
}, separators=(",", ":")))
