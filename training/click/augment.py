"""One training picture with some of its regions, from a random generator: cropped, scaled, turned, recoloured."""
import cv2
import numpy as np


def example(rng, source, side, regions):
    """RGB uint8 [side, side, 3] and `regions` boolean maps [side, side]; None where the crop shows too little."""
    picture, ids = source["picture"], source["regions"]
    person = source["person"]
    scale = float(np.exp(rng.uniform(np.log(0.5), np.log(1.4))))
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
    mapped = cv2.warpAffine(ids.astype(np.float32), matrix, (side, side), flags=cv2.INTER_NEAREST).astype(np.int32)
    whole = None if person is None else cv2.warpAffine(person.astype(np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST) > 0
    if turned:
        seen, mapped = np.ascontiguousarray(seen.swapaxes(0, 1)), mapped.T
    numbers, areas = np.unique(mapped, return_counts=True)
    large = (numbers > 0) & (areas >= 60) & (areas <= 0.8 * side * side)
    numbers, areas = numbers[large], areas[large]
    if len(numbers) == 0:
        return None
    chosen = rng.choice(numbers, regions, p=np.sqrt(areas) / np.sqrt(areas).sum())
    masks = [mapped == number for number in chosen]
    if whole is not None and rng.random() < 0.5 and 60 <= whole.sum() <= 0.9 * side * side:
        masks[0] = whole
    return recoloured(rng, seen), masks


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
