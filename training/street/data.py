"""CamVid as the folders hold it: pictures, labels, and which of them train."""
from pathlib import Path

import cv2
import numpy as np

VOID = 11
WIDTH, HEIGHT = 480, 360


def names_in(root: str, part: str) -> list[str]:
    """The names of a part (`train` or `val`) without their endings, sorted."""
    names = sorted(path.stem for path in (Path(root) / part).glob("*.jpg"))
    if not names:
        raise SystemExit(f"expected pictures in {root}/{part}, found none")
    return names


def picture_of(root: str, part: str, name: str) -> np.ndarray:
    """RGB, 360x480x3, bytes."""
    found = cv2.imread(str(Path(root) / part / f"{name}.jpg"), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(found[..., ::-1])


def label_of(root: str, part: str, name: str) -> np.ndarray:
    """Class numbers, 360x480, 0 to 10 and 11 for void."""
    return cv2.imread(str(Path(root) / f"{part}_labels" / f"{name}.png"), cv2.IMREAD_UNCHANGED)


def load(root: str, part: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """All names, pictures [K,360,480,3] and labels [K,360,480] of a part."""
    names = names_in(root, part)
    pictures = np.stack([picture_of(root, part, name) for name in names])
    labels = np.stack([label_of(root, part, name) for name in names])
    assert labels.shape == pictures.shape[:3] and labels.max() <= VOID, labels.shape
    return names, pictures, labels


def confusion(truth: np.ndarray, answer: np.ndarray, classes: int = VOID) -> np.ndarray:
    """Counts [truth, answer], void left out."""
    known = truth < classes
    return np.bincount(truth[known].astype(np.int64) * classes + answer[known], minlength=classes * classes).reshape(classes, classes)


def ious(counts: np.ndarray) -> np.ndarray:
    """Intersection over union of each class."""
    hit = np.diag(counts).astype(float)
    return hit / np.maximum(counts.sum(0) + counts.sum(1) - hit, 1)
