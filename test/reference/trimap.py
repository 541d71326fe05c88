"""What NumPy makes of a picture and its trimap, by the rule of the network in test/support/trimapPackages.ts.

    python3 -m venv v && v/bin/pip install numpy==1.26.4
    v/bin/python test/reference/trimap.py > test/reference/trimap.json

test/trimap.test.ts writes the same picture and compares what we answer.
"""
import base64
import json

import numpy as np

SIDE = 64
MEAN = np.array([0.45, 0.5, 0.4])
STD = np.array([0.2, 0.3, 0.25])


def picture():
    """RGB bytes and a grey trimap, by formulas that the test has too."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    far = (x - 32) ** 2 + (y - 28) ** 2
    inside = far < 340
    red = np.where(inside, 200 - (x * 3 + y) % 50, 40 + (x + y * 2) % 60)
    green = np.where(inside, 90 + (x * 5) % 40, 130 + (y * 3) % 50)
    blue = np.where(inside, 60 + (x * y) % 30, 150 + (x * 7 + y * 5) % 70)
    rgb = np.stack([red, green, blue], axis=2).astype(np.uint8)
    trimap = np.where(far < 200, 255, np.where(far < 520, 128, 0)).astype(np.uint8)
    return rgb, trimap


def blur(plane):
    """The mean of a window of 41 by 41, zeros outside."""
    padded = np.pad(plane, ((20, 20), (20, 20)))
    sums = np.cumsum(np.cumsum(np.pad(padded, ((1, 0), (1, 0))), axis=0), axis=1)
    return (sums[41:, 41:] - sums[:-41, 41:] - sums[41:, :-41] + sums[:-41, :-41]) / 41**2


def mean_around(colors, weight):
    weights = blur(weight) + 1e-5
    return np.stack([blur(colors[:, :, c] * weight) / weights for c in range(3)], axis=2)


def alpha(channels):
    rgb, trimap = picture()
    order = rgb if channels == "rgb" else rgb[:, :, ::-1]
    colors = (order.astype(np.float64) / 255 - MEAN) / STD
    back = mean_around(colors, (trimap == 0).astype(np.float64))
    front = mean_around(colors, (trimap == 255).astype(np.float64))
    line = front - back
    share = ((colors - back) * line).sum(axis=2) / ((line * line).sum(axis=2) + 1e-4)
    made = np.floor(255 * np.clip(share, 0, 1) + 0.5)
    return np.where(trimap == 0, 0, np.where(trimap == 255, 255, made)).astype(np.uint8)


recorded = {order: base64.b64encode(alpha(order).tobytes()).decode() for order in ("rgb", "bgr")}
print(json.dumps({"numpy": np.__version__, "side": SIDE, "mean": MEAN.tolist(), "std": STD.tolist(), "alpha": recorded}))
