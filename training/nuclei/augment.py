"""One training example from a random generator: a crop turned, scaled, lit and disturbed, and its targets."""
import cv2
import numpy as np

from data import distance_of
from model import FLOOR, ZOOM

BLENDED = 0.35  # of the fluorescence examples show the nuclei of a second picture too
MOST_SHARED = 0.3  # of a nucleus of the second picture may lie over nuclei of the first
LEAST_LEFT = 24  # pixels that must be left of a nucleus which another covers


def example(rng, source, second, size):
    """Gives picture [3,s,s] 0..1, targets [3,s,s] (nucleus, border, distance) and weight [s,s].

    `second` is a fluorescence picture whose nuclei may be laid over those of `source`, where that is fluorescence too.
    """
    picture, instances, distance = _cut(rng, source, size)
    picture = _ranged(picture, source)
    areas = np.bincount(source["instances"].ravel())
    if source["fluorescence"] and rng.random() < BLENDED:
        picture, instances = _blended(rng, picture, instances, second, size)
        distance = distance_of(instances)
        areas = np.bincount(instances.ravel()) / ZOOM**2
    picture = _lit(rng, picture, source)
    inside = instances > 0
    border, near = _two_ids(instances, 3), _two_ids(instances, 7)
    area = areas[instances] if inside.any() else np.ones_like(instances)
    weight = 1 + 2.0 * near
    weight = np.where(inside, weight * np.clip(np.sqrt(250 / np.maximum(area, 1)), 0.6, 3), weight)  # small ones count as much
    targets = np.stack([inside, border, distance / 255 * inside])
    return picture.transpose(2, 0, 1), targets.astype(np.float32), weight.astype(np.float32)


def _cut(rng, source, size):
    height, width = source["instances"].shape
    scale = ZOOM * np.exp(rng.uniform(np.log(0.65), np.log(1.5)))
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.integers(4) * np.pi / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    turn = turn * (1 + rng.uniform(-0.1, 0.1, (2, 1)))  # a little longer one way
    if rng.random() < 0.5:
        turn = turn[:, ::-1]
    reach = size / scale / 2
    middle = [rng.uniform(min(reach, side / 2), max(side - reach, side / 2)) for side in (width, height)]
    if rng.random() < 0.6:  # near a nucleus: many pictures are mostly empty
        ys, xs = np.nonzero(source["instances"])
        one = rng.integers(len(ys))
        middle = [(xs[one], ys[one])[n] + rng.uniform(-reach, reach) * 0.7 for n in range(2)]
    offset = np.array(middle) - turn @ np.full(2, (size - 1) / 2)
    matrix = np.column_stack([turn, offset])

    def warp(array, kernel):
        return cv2.warpAffine(array, matrix, (size, size), flags=kernel | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT_101)

    return (
        warp(source["picture"], cv2.INTER_LINEAR).astype(np.float32) / 255,
        warp(source["instances"], cv2.INTER_NEAREST),
        warp(source["distance"], cv2.INTER_LINEAR).astype(np.float32),
    )


def _two_ids(instances, side):
    """Where a square of `side` holds pixels of two nuclei."""
    kernel = np.ones((side, side), np.uint8)
    greatest = cv2.dilate(instances, kernel)
    least = cv2.erode(np.where(instances == 0, 65535, instances).astype(np.uint16), kernel)
    return (greatest > 0) & (least < greatest)


def _blended(rng, picture, instances, second, size):
    """Nuclei of a second picture are laid among those there, none far into another: clumps come of it."""
    other, others, _ = _cut(rng, second, size)
    areas = np.maximum(np.bincount(others.ravel()), 1)
    shared = np.bincount(others.ravel(), weights=instances.ravel() > 0, minlength=len(areas)) / areas
    others = np.where(shared[others] <= MOST_SHARED, others, 0).astype(np.int32)
    out = np.where(others > 0, others + int(instances.max()), instances.astype(np.int32))
    ids, numbered, areas = np.unique(out, return_inverse=True, return_counts=True)
    kept = (ids > 0) & (areas >= LEAST_LEFT)
    numbers = np.where(kept, np.cumsum(kept), 0)
    lit = cv2.GaussianBlur(cv2.dilate((others > 0).astype(np.float32), np.ones((5, 5))), (0, 0), 1.5)[..., None]
    other = _ranged(other, second) * rng.uniform(0.4, 1.2) * lit
    return np.maximum(picture, other), numbers[numbered.reshape(out.shape)].astype(np.uint16)


def _glow(rng, size):
    """Light from out of focus: a wide, soft spot somewhere."""
    y, x = np.mgrid[:size, :size] / size - rng.uniform(-0.3, 1.3, (2, 1, 1))
    return (rng.uniform(0.05, 0.4) * np.exp(-(x * x + y * y) / rng.uniform(0.1, 0.8)))[..., None]


def _ranged(picture, source):
    low, high = source["range"]
    return (picture - low) / (high - low + FLOOR)


def _lit(rng, picture, source):
    if rng.random() < 0.7:
        picture = picture * rng.uniform(0.7, 1.3) + rng.uniform(-0.08, 0.08)
    picture = np.clip(picture, 0, 1)
    if rng.random() < 0.6:
        picture = picture ** np.exp(rng.uniform(-0.5, 0.5))
    if not source["fluorescence"]:
        if rng.random() < 0.5:
            picture = np.clip(picture * rng.uniform(0.75, 1.25, 3), 0, 1)
        if rng.random() < 0.3:
            picture = picture[..., rng.permutation(3)]
        if rng.random() < 0.2:
            picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
        if rng.random() < 0.15:
            picture = 1 - picture
    else:
        if rng.random() < 0.2:
            picture = np.clip(picture * rng.uniform(0.6, 1) + _glow(rng, picture.shape[0]), 0, 1)
        if rng.random() < 0.05:
            picture = 1 - picture
    if rng.random() < 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.4:
        picture = picture + rng.normal(0, rng.uniform(0, 0.06), (*picture.shape[:2], 1))
    return np.clip(picture, 0, 1).astype(np.float32)
