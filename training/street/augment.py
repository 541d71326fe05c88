"""One training example from a random generator: a crop scaled, lit and disturbed, with rare things of another picture pasted in."""
import cv2
import numpy as np

from data import HEIGHT, VOID, WIDTH

PASTED = (2, 6, 7, 8, 9, 10)  # pole, sign, fence, car, pedestrian, bicyclist
GREY = 107


class Sources:
    """The training pictures, their labels and what the teacher says of them at a quarter of the size."""

    def __init__(self, pictures: np.ndarray, labels: np.ndarray, said: np.ndarray):
        self.pictures, self.labels, self.said = pictures, labels, said

    def __len__(self) -> int:
        return len(self.pictures)


def example(rng: np.random.Generator, sources: Sources, at: int, size: tuple[int, int], scales: tuple[float, float]):
    """Gives the picture [h,w,3] 0..255, labels [h,w] and the teacher's word [h/2,w/2,11] 0..255; void where there is no picture."""
    picture, label, said = _cut(rng, sources, at, size, scales)
    if rng.random() < 0.4:
        other, other_label, other_said = _cut(rng, sources, int(rng.integers(len(sources))), size, scales)
        chosen = [kind for kind in PASTED if rng.random() < 0.6]
        mask = np.isin(other_label, chosen)
        picture = np.where(mask[..., None], other, picture)
        label = np.where(mask, other_label, label)
        said = np.where(mask[::2, ::2, None], other_said, said)
    return _lit(rng, picture), label, said


def _cut(rng: np.random.Generator, sources: Sources, at: int, size: tuple[int, int], scales: tuple[float, float]):
    scale = np.exp(rng.uniform(np.log(scales[0]), np.log(scales[1])))
    stretch = np.exp(rng.uniform(-0.1, 0.1))
    top, tall, out_top, out_tall = _span(rng, HEIGHT, size[0], scale / stretch)
    left, wide, out_left, out_wide = _span(rng, WIDTH, size[1], scale * stretch)
    picture = np.full((*size, 3), GREY, np.uint8)
    label = np.full(size, VOID, np.uint8)
    said = np.zeros((size[0] // 2, size[1] // 2, VOID), np.uint8)

    def part(array: np.ndarray, by: int, to: int, kernel: int) -> np.ndarray:
        box = array[top // by : (top + tall) // by, left // by : (left + wide) // by]
        return cv2.resize(box, (out_wide // to, out_tall // to), interpolation=kernel)

    rows, columns = slice(out_top, out_top + out_tall), slice(out_left, out_left + out_wide)
    shrinks = scale < 0.9
    picture[rows, columns] = part(sources.pictures[at], 1, 1, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    label[rows, columns] = part(sources.labels[at], 1, 1, cv2.INTER_NEAREST)
    half = slice(out_top // 2, (out_top + out_tall) // 2), slice(out_left // 2, (out_left + out_wide) // 2)
    said[half] = part(sources.said[at], 4, 2, cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        return picture[:, ::-1], label[:, ::-1], said[:, ::-1]
    return picture, label, said


def _span(rng: np.random.Generator, have: int, want: int, scale: float) -> tuple[int, int, int, int]:
    """Along one axis: start and length in the source (multiples of 4), start and length in the crop (multiples of 2)."""
    length = min(have, int(round(want / scale / 4)) * 4)
    out = min(want, int(round(length * scale / 2)) * 2)
    start = int(rng.integers(0, (have - length) // 4 + 1)) * 4
    return start, length, int(rng.integers(0, (want - out) // 2 + 1)) * 2, out


def _lit(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Light, contrast, colour, gamma; now and then blurred, noisy or without colour."""
    if rng.random() < 0.15:
        picture = cv2.GaussianBlur(np.ascontiguousarray(picture), (0, 0), rng.uniform(0.4, 1.2))
    x = picture.astype(np.float32)
    if rng.random() < 0.8:
        grey = x @ np.array([0.299, 0.587, 0.114], np.float32)
        colour = rng.uniform(0.5, 1.5) if rng.random() < 0.9 else 0.0
        x = grey[..., None] + (x - grey[..., None]) * np.float32(colour)
        gain = rng.uniform(0.65, 1.4) * rng.uniform(0.92, 1.08, 3)
        middle = float(grey.mean())
        x = ((x - middle) * np.float32(rng.uniform(0.7, 1.35)) + middle) * gain.astype(np.float32)
    x = np.clip(x, 0, 255)
    if rng.random() < 0.4:
        table = (np.arange(256) / 255) ** np.exp(rng.uniform(-0.5, 0.5)) * 255
        x = table.astype(np.float32)[x.astype(np.uint8)]
    if rng.random() < 0.2:
        x += rng.normal(0, rng.uniform(1, 8), x.shape[:2]).astype(np.float32)[..., None]
    return x
