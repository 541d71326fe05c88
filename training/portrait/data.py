"""Reads the photos once into small arrays, and keeps training and validation apart.

A photo belongs to validation when the hash of its file name says so, so the
split does not depend on order, machine or chance.
"""
import hashlib
import os
import zipfile
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np


def is_validation(name):
    return hashlib.md5(name.encode()).digest()[0] % 8 == 0


def split(root):
    """File names (without ending) for training and for validation."""
    names = sorted(p.stem for p in (Path(root) / "ccp/photos").glob("*.jpg"))
    return [n for n in names if not is_validation(n)], [n for n in names if is_validation(n)]


def read_rgb(path):
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def read_person(root, name):
    """RGB photo, and a mask that is 255 on the person."""
    photo = read_rgb(Path(root) / f"ccp/photos/{name}.jpg")
    label = cv2.imread(str(Path(root) / f"ccp/labels/{name}.png"), cv2.IMREAD_UNCHANGED)
    if label.ndim == 3:
        label = label[..., 0]
    if label.shape != photo.shape[:2]:
        label = cv2.resize(label, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return photo, np.where(label > 0, 255, 0).astype(np.uint8)


def empty_background(photo, mask):
    """The photo with its person covered by what stands beside it."""
    hole = cv2.dilate(mask, np.ones((15, 15), np.uint8))
    half = photo.shape[1] // 2
    moved, moved_hole = np.roll(photo, half, 1), np.roll(hole, half, 1)
    # What neither the photo nor its moved copy knows is filled with a wide average of the known.
    known = (hole == 0).astype(np.float32)
    sums = cv2.GaussianBlur(photo * known[..., None], (0, 0), 40)
    weight = cv2.GaussianBlur(known, (0, 0), 40)[..., None]
    wide = np.clip(sums / np.maximum(weight, 1e-4), 0, 255)
    fill = np.where((moved_hole == 0)[..., None], moved, wide)
    soft = cv2.GaussianBlur(hole, (0, 0), 4)[..., None] / 255.0
    soft = np.maximum(soft, (hole > 0)[..., None])
    return (photo * (1 - soft) + fill * soft).astype(np.uint8)


class Packed:
    """Pictures of different sizes in one flat memory-mapped file."""

    def __init__(self, stem):
        self.index = np.load(f"{stem}.index.npy")
        self.flat = np.load(f"{stem}.npy", mmap_mode="r")

    def __len__(self):
        return len(self.index)

    def __getitem__(self, i):
        start, h, w, c = self.index[i]
        array = self.flat[start : start + h * w * c]
        return np.asarray(array).reshape((h, w, c) if c > 1 else (h, w))


def pack(stem, pictures):
    index, flat, at = [], [], 0
    for p in pictures:
        h, w = p.shape[:2]
        index.append((at, h, w, p.shape[2] if p.ndim == 3 else 1))
        flat.append(np.ascontiguousarray(p).ravel())
        at += p.size
    np.save(f"{stem}.npy", np.concatenate(flat))
    np.save(f"{stem}.index.npy", np.array(index, np.int64))


def prepare(root, work):
    """Writes the cached arrays into the work folder unless they are there."""
    cache = Path(work) / "cache"
    if (cache / "done").exists():
        return cache
    os.makedirs(cache, exist_ok=True)
    train, val = split(root)
    for part, names in (("train", train), ("val", val)):
        pairs = [read_person(root, n) for n in names]
        pack(cache / f"{part}_photos", [p for p, _ in pairs])
        pack(cache / f"{part}_masks", [m for _, m in pairs])
        if part == "train":
            pack(cache / "backgrounds", [empty_background(p, m) for p, m in pairs])
    cells = []
    for path in sorted((Path(root) / "nuclei/images").iterdir()):
        picture = read_rgb(path)
        picture = picture[:256, :256]
        spread = np.percentile(picture, (1, 99.5))
        cells.append(np.clip((picture - spread[0]) * (255.0 / max(spread[1] - spread[0], 8)), 0, 255).astype(np.uint8))
    pack(cache / "cells", cells)
    (cache / "done").write_text("ok\n")
    return cache


# Pictures without people in the scikit-image wheel whose terms are stated there as CC0, public domain or
# "no known copyright restrictions". The cat, the cup and the rocket are left out: they are the
# repository's examples, and nothing may be trained on those.
PLAIN = (
    "brick.png", "cell.png", "clock_motion.png", "coins.png", "grass.png", "gravel.png", "horse.png",
    "hubble_deep_field.jpg", "ihc.png", "microaneurysms.png", "retina.jpg", "text.png",
)
THINGS, ROOMS = 1600, 500


def plain_pictures(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for name in PLAIN:
            data = np.frombuffer(archive.read(f"skimage/data/{name}"), np.uint8)
            picture = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            grow = max(1.0, 256 / min(picture.shape[:2]))
            yield cv2.resize(picture, None, fx=grow, fy=grow) if grow > 1 else picture


def drawn(job):
    """One invented thing, or one invented room, by number."""
    import things
    from synth import Synth

    cache, kind, number = job
    if drawn.synth is None:
        drawn.synth = Synth(cache)
    rng = np.random.default_rng((2, kind, number))

    def patch(rng):
        return cv2.resize(drawn.synth.patch(rng), (things.DRAWN, things.DRAWN), interpolation=cv2.INTER_AREA)

    if kind == 0:
        return things.thing(rng, patch)
    return things.lights(rng) if rng.random() < 0.2 else things.table(rng, patch)


drawn.synth = None


def prepare_second(wheel, work):
    """What only the second stage needs: pictures without people, things and rooms."""
    cache = Path(work) / "cache"
    if (cache / "done-second").exists():
        return
    pack(cache / "plain", list(plain_pictures(wheel)))
    with Pool(2) as pool:
        for kind, stem, count in ((0, "things", THINGS), (1, "rooms", ROOMS)):
            pack(cache / stem, pool.map(drawn, [(cache, kind, n) for n in range(count)], 20))
    (cache / "done-second").write_text("ok\n")


def prepare_third(root, work):
    """What only the third stage needs: which garment each pixel belongs to, to give garments other colours."""
    cache = Path(work) / "cache"
    if (cache / "done-third").exists():
        return
    labels = []
    for name in split(root)[0]:
        label = cv2.imread(str(Path(root) / f"ccp/labels/{name}.png"), cv2.IMREAD_UNCHANGED)
        label = label[..., 0] if label.ndim == 3 else label
        size = read_rgb(Path(root) / f"ccp/photos/{name}.jpg").shape[1::-1]
        labels.append(cv2.resize(label, size, interpolation=cv2.INTER_NEAREST) if label.shape[1::-1] != size else label)
    pack(cache / "train_labels", labels)
    (cache / "done-third").write_text("ok\n")


def prepare_fourth(stamps, places, work):
    """What only the fourth stage needs: photographs of things, and of places without people."""
    cache = Path(work) / "cache"
    if (cache / "done-fourth").exists():
        return
    from found import cut_outs, views

    pack(cache / "found", list(cut_outs(stamps)))
    pack(cache / "places", list(views(places)))
    (cache / "done-fourth").write_text("ok\n")
