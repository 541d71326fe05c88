"""Reads the pictures once into one file, and keeps training and validation apart.

A picture belongs to validation when the hash of its file name says so; `validation.txt` names those pictures, so that
whoever measures needs no Python.
"""
import hashlib
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage

HERE = Path(__file__).resolve().parent


def is_validation(name):
    return hashlib.md5(name.encode()).digest()[0] % 7 == 0


def is_fluorescence(picture):
    """Fluorescence: no colour (all three channels alike) and dark, mean below 90 of 255. All else is stained tissue or bright field."""
    return bool((picture.max(2) == picture.min(2)).all() and picture.mean() < 90)


def value_range(picture):
    """Least and greatest mean of 4x4 pixels, 0..1: what `Served` in model.py takes the picture's range from."""
    height, width = (side // 4 * 4 for side in picture.shape[:2])
    cells = picture[:height, :width].astype(np.float32).reshape(height // 4, 4, width // 4, 4, 3).mean((1, 3)) / 255
    return float(cells.min()), float(cells.max())


def distance_of(instances):
    """Distance to the border of the own nucleus, over its greatest: 0 outside, 255 in the middle of each."""
    padded = np.pad(instances, 1, mode="edge")
    middle = padded[1:-1, 1:-1]
    inner = middle > 0
    for other in (padded[:-2, 1:-1], padded[1:-1, :-2]):  # one side of a touching pair is enough to part them
        inner &= (other == middle) | (other == 0)
    distance = cv2.distanceTransform(inner.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    greatest = np.zeros(int(instances.max()) + 1, np.float32)
    ids = np.unique(instances[instances > 0])
    greatest[ids] = ndimage.maximum(distance, instances, ids)
    out = distance / np.maximum(greatest[instances], 1)
    return np.clip(out * 255, 0, 255).astype(np.uint8)


def read(root, name):
    picture = cv2.imread(str(Path(root) / f"images/{name}.webp"), cv2.IMREAD_COLOR)[..., ::-1]
    instances = cv2.imread(str(Path(root) / f"instances/{name}.png"), cv2.IMREAD_UNCHANGED)
    assert instances.ndim == 2 and instances.shape == picture.shape[:2], name
    return np.ascontiguousarray(picture), instances.astype(np.uint16)


def prepare(root, work):
    """Gives the examples as two lists of dicts, training and validation; caches them in `work`."""
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    cache = work / "nuclei-data.npz"
    names = sorted(path.stem for path in (Path(root) / "images").glob("*.webp"))
    if not names:
        raise SystemExit(f"expected pictures in {root}/images, found none")
    if not cache.exists():
        arrays = {}
        for name in names:
            picture, instances = read(root, name)
            arrays.update({f"{name}.p": picture, f"{name}.i": instances, f"{name}.d": distance_of(instances)})
        part = work / "nuclei-data.part.npz"
        np.savez(part, **arrays)
        part.rename(cache)
    stored = np.load(cache)
    training, validation = [], []
    for name in names:
        picture = stored[f"{name}.p"]
        example = {
            "name": name,
            "picture": picture,
            "instances": stored[f"{name}.i"],
            "distance": stored[f"{name}.d"],
            "fluorescence": is_fluorescence(picture),
            "range": value_range(picture),
        }
        (validation if is_validation(name) else training).append(example)
    return training, validation


def write_validation_list(validation):
    lines = [f"{e['name']} {'fluorescence' if e['fluorescence'] else 'stained'}" for e in validation]
    (HERE / "validation.txt").write_text("\n".join(lines) + "\n")
