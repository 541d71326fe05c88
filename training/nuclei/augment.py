"""One training example from a random generator: a crop turned, scaled, lit and disturbed, and its targets."""
import cv2
import numpy as np

from model import FLOOR, ZOOM


def example(rng, source, size):
    """Gives picture [3,s,s] 0..1, targets [3,s,s] (nucleus, border, distance) and weight [s,s]."""
    picture, instances, distance = _cut(rng, source, size)
    picture = _lit(rng, picture, source)
    inside = instances > 0
    border, near = _two_ids(instances, 3), _two_ids(instances, 7)
    area = np.bincount(source["instances"].ravel())[instances] if inside.any() else np.ones_like(instances)
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


def _lit(rng, picture, source):
    low, high = source["range"]
    picture = (picture - low) / (high - low + FLOOR)
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
    elif rng.random() < 0.05:
        picture = 1 - picture
    if rng.random() < 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.4:
        picture = picture + rng.normal(0, rng.uniform(0, 0.06), (*picture.shape[:2], 1))
    return np.clip(picture, 0, 1).astype(np.float32)
