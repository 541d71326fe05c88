"""Where a person would click: first into the thing, then where the answer is most wrong."""
import cv2
import numpy as np


def middle_of(area):
    """The place furthest from the border of a boolean map, as x, y; the picture's edge is a border too."""
    padded = np.pad(area.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(distance.argmax()), distance.shape)
    return int(x), int(y), float(distance[y, x])


def somewhere_in(area, rng):
    """Any place of the map, the middle preferred: the larger the distance to the border, the likelier."""
    padded = np.pad(area.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1].ravel()
    return place_of(rng.choice(distance.size, p=distance / distance.sum()), area.shape[1])


def place_of(index, width):
    return int(index % width), int(index // width)


def next_click(truth, answer, rng=None):
    """x, y, label of the click that mends the larger error; None where the answer is right. With `rng` anywhere in it."""
    missed, extra = truth & ~answer, answer & ~truth
    a, b = middle_of(missed), middle_of(extra)
    if a[2] == 0 and b[2] == 0:
        return None
    label = 1 if a[2] >= b[2] else 0
    if rng is None:
        return (*(a if label else b)[:2], label)
    return (*somewhere_in(missed if label else extra, rng), label)


def box_of(area, rng=None):
    """The tight box x0, y0, x1, y1; with `rng` each side moved by up to a tenth of the box."""
    ys, xs = np.nonzero(area)
    box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], np.float32)
    if rng is not None:
        sides = np.array([box[2] - box[0], box[3] - box[1]] * 2)
        box += rng.uniform(-0.1, 0.1, 4).astype(np.float32) * sides
    height, width = area.shape
    return box.clip(0, [width, height, width, height])
