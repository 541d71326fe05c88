"""Reads pictures and their regions once into one file, and keeps training and validation apart.

A region is what one click may mean: a connected piece of one label (a sleeve, a car, a pole), a nucleus, or a whole
person. Pictures are brought to at most SIDE pixels on the long side, which is the side of the model's input.
"""
import hashlib
import pickle
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

SIDE = 512
AREA_MIN = 142  # pixels of a region at that size; smaller ones are not asked for
CLASSES = {"ccp": 60, "camvid": 11, "nuclei": 2}  # how many things a pixel may be in each data set
NO_CLASS = 255  # not known
SHARES = {"ccp": 0.45, "camvid": 0.3, "nuclei": 0.25}  # of the examples


def is_validation(name, of):
    """One in `of`, by a hash of the file name: 8 as in training/portrait, 7 as in training/nuclei."""
    return hashlib.md5(name.encode()).digest()[0] % of == 0


def fitted(picture, regions):
    """Both at the model's size; small pictures stay as they are."""
    height, width = regions.shape
    scale = min(1.0, SIDE / max(height, width))
    to = (max(1, round(width * scale)), max(1, round(height * scale)))
    if to == (width, height):
        return picture, regions
    small = cv2.resize(picture, to, interpolation=cv2.INTER_AREA)
    return small, cv2.resize(regions, to, interpolation=cv2.INTER_NEAREST)


def pieces(labels, ignored):
    """Connected pieces of each label, numbered from 1; 0 where none is asked for."""
    out = np.zeros(labels.shape, np.int32)
    count = 0
    for label in np.unique(labels):
        if label in ignored:
            continue
        n, parts, facts, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=8)
        for part in range(1, n):
            if facts[part, cv2.CC_STAT_AREA] >= AREA_MIN:
                count += 1
                out[parts == part] = count
    return out


def read_label(file):
    return np.asarray(Image.open(file))


def ccp(root):
    for photo in sorted((root / "ccp/photos").glob("*.jpg")):
        labels = read_label(root / "ccp/labels" / f"{photo.stem}.png").astype(np.int32)
        picture, labels = fitted(np.asarray(Image.open(photo).convert("RGB")), labels)
        yield "ccp", photo.name, is_validation(photo.name, 8), picture, pieces(labels, {0}), labels


def camvid(root):
    for part in ("train", "val"):
        for photo in sorted((root / f"camvid/{part}").iterdir()):
            label = next((root / f"camvid/{part}_labels").glob(f"{photo.stem}.*"))
            picture, labels = fitted(np.asarray(Image.open(photo).convert("RGB")), read_label(label).astype(np.int32))
            yield "camvid", photo.name, part == "val", picture, pieces(labels, {11}), np.where(labels == 11, NO_CLASS, labels)


def nuclei(root):
    for photo in sorted((root / "nuclei/images").iterdir()):
        ids = read_label(root / f"nuclei/instances/{photo.stem}.png").astype(np.int32)
        picture, ids = fitted(np.asarray(Image.open(photo).convert("RGB")), ids)
        known, areas = np.unique(ids, return_counts=True)
        keep = np.zeros(int(known.max()) + 1, np.int32)
        large = [k for k, a in zip(known, areas) if k > 0 and a >= AREA_MIN]
        keep[large] = np.arange(1, len(large) + 1)
        yield "nuclei", photo.name, is_validation(photo.name, 7), picture, keep[ids], ids > 0


def prepare(data, work):
    """Training and validation examples: dicts of `kind`, `name`, `picture`, `regions` and `labels` (what each pixel is, one of CLASSES)."""
    cache = Path(work) / "click-data.pkl"
    if not cache.exists():
        root = Path(data)
        found = [
            {"kind": kind, "name": name, "validation": held, "picture": picture, "regions": regions.astype(np.int16), "labels": labels.astype(np.uint8)}
            for read in (ccp, camvid, nuclei)
            for kind, name, held, picture, regions, labels in read(root)
            if regions.max() > 0
        ]
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_bytes(pickle.dumps(found))
    with cache.open("rb") as file:
        found = pickle.load(file)
    return [e for e in found if not e["validation"]], [e for e in found if e["validation"]]
