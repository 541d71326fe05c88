"""One training picture with some of its regions, from a random generator: cropped, scaled, turned, recoloured."""
import cv2
import numpy as np

from data import NO_CLASS

PERSON = 0.3  # of the photos of people: the first region is the whole person


def example(rng, source, side, regions):
    """RGB uint8 [side, side, 3]; `regions` boolean maps [side, side]; of every pixel its label and the number of its region.

    None where the crop shows too little.
    """
    picture, ids = source["picture"], source["regions"]
    scale = float(np.exp(rng.uniform(np.log(0.55), np.log(1.35))))
    height, width = ids.shape
    scale = max(scale, 0.7 * side / max(height, width))
    angle = rng.normal(0, 8) if rng.random() < 0.4 else 0.0
    cx, cy = (rng.uniform(0.5 * min(side / scale, extent), extent - 0.5 * min(side / scale, extent)) for extent in (width, height))
    matrix = cv2.getRotationMatrix2D((cx, cy), angle, scale)
    matrix[:, 2] += side / 2 - np.array([cx, cy])
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += side - 1
    turned = source["kind"] == "nuclei" and rng.random() < 0.5
    interpolation = cv2.INTER_AREA if scale < 0.8 else cv2.INTER_LINEAR
    seen = cv2.warpAffine(picture, matrix, (side, side), flags=interpolation)
    mapped = cv2.warpAffine(ids, matrix, (side, side), flags=cv2.INTER_NEAREST)
    labels = cv2.warpAffine(source["labels"], matrix, (side, side), flags=cv2.INTER_NEAREST, borderValue=NO_CLASS)
    if turned:
        seen, mapped, labels = np.ascontiguousarray(seen.swapaxes(0, 1)), mapped.T, labels.T
    numbers, areas = np.unique(mapped, return_counts=True)
    large = (numbers > 0) & (areas >= 60) & (areas <= 0.8 * side * side)
    numbers, areas = numbers[large], areas[large]
    if len(numbers) == 0:
        return None
    chances = areas**0.3  # most regions are small, and large ones fall into crops oftener
    masks = [mapped == number for number in rng.choice(numbers, regions, p=chances / chances.sum())]
    if source["kind"] == "ccp" and rng.random() < PERSON:
        whole = (labels > 0) & (labels != NO_CLASS)
        if 60 <= whole.sum() <= 0.9 * side * side:
            masks[0] = whole
    return recoloured(rng, seen), masks, labels, mapped


def recoloured(rng, picture):
    x = picture.astype(np.float32)
    x = x * rng.uniform(0.75, 1.25) + rng.uniform(-20, 20)
    x = (x - 128) * rng.uniform(0.8, 1.2) + 128
    x = x * rng.uniform(0.92, 1.08, 3).astype(np.float32)
    if rng.random() < 0.1:
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.15:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.2:
        x = x + rng.normal(0, rng.uniform(1, 8), x.shape).astype(np.float32)
    return x.clip(0, 255).astype(np.uint8)
