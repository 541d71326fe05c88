"""Examples of the fourth and the fifth stage: as in the third, with photographs of animals, food and things cut out by others, and of places without people.

The drawn things of the stages before taught the network what a thing may look like, but not fur, feathers, glaze and steel.
"""
import base64
import re
import tarfile
from pathlib import Path

import cv2
import numpy as np

from data import Packed
from model import SIZE
from synth import colour
from things import DRAWN
from wild import Wild

KINDS = ("animals", "food", "hobbies", "household", "medical", "plants", "space", "sports", "town", "vehicles")
NOT = ("cartoon", "flags", "outline", "spacewalk", "people", "dinosaur", "_mirror", "_flip")  # drawings, and people
VIEWS = 30  # of each place


class Found(Wild):
    NOBODY, OWN, ONE = 0.22, 0.54, 0.16
    WHOLE = 0.55

    def __init__(self, cache):
        super().__init__(cache)
        self.found = Packed(cache / "found")
        self.places = Packed(cache / "places")

    def pick(self, rng):
        if rng.random() < 0.35:
            return super().pick(rng)
        return self.found[int(rng.integers(len(self.found)))]

    def background(self, rng):
        if rng.random() < 0.85:
            return super().background(rng)
        view = self.places[int(rng.integers(len(self.places)))]
        return colour(rng, cv2.resize(view[:, :: int(rng.choice([-1, 1]))], (SIZE, SIZE), interpolation=cv2.INTER_CUBIC), 1.0)


class Usual(Found):
    """The fifth stage: mostly people where the photo was taken, and the whole photo."""

    NOBODY, OWN, ONE = 0.16, 0.68, 0.11
    WHOLE = 0.7


def cut_outs(stamps):
    """Photographs of things, RGBA, DRAWN x DRAWN, from Tux Paint's stamps."""
    root = next(Path(stamps).glob("**/tuxpaint/stamps"))
    for path in sorted(root.glob("**/*.png")):
        name = str(path.relative_to(root))
        if name.split("/")[0] not in KINDS or any(word in name for word in NOT):
            continue
        four = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if four is None or four.ndim != 3 or four.shape[2] != 4 or four.dtype != np.uint8:
            continue
        # A drawing has few colours and flat areas; a photograph has noise everywhere.
        grey = cv2.cvtColor(four[..., :3], cv2.COLOR_BGR2GRAY).astype(np.float32)
        inside = cv2.erode(four[..., 3], np.ones((3, 3), np.uint8)) == 255
        if inside.sum() < 400 or (np.abs(cv2.Laplacian(grey, cv2.CV_32F))[inside] < 1).mean() > 0.5:
            continue
        grow = 0.85 * DRAWN / max(four.shape[:2])
        colours = four.astype(np.float32)
        colours[..., :3] *= colours[..., 3:] / 255  # what is transparent must not bleed into the rim
        colours = cv2.resize(colours, None, fx=grow, fy=grow, interpolation=cv2.INTER_AREA if grow < 1 else cv2.INTER_LINEAR)
        colours[..., :3] *= 255 / np.maximum(colours[..., 3:], 1)
        h, w = colours.shape[:2]
        out = np.zeros((DRAWN, DRAWN, 4), np.uint8)
        y, x = (DRAWN - h) // 2, (DRAWN - w) // 2
        out[y : y + h, x : x + w] = np.clip(colours[..., [2, 1, 0, 3]], 0, 255)
        yield out


def views(package):
    """Photographs of rooms, streets and landscapes, RGB, DRAWN x DRAWN: views into the panoramas of the npm package @pmndrs/assets."""
    rng = np.random.default_rng(4)
    with tarfile.open(package) as archive:
        for name in sorted(n for n in archive.getnames() if re.search(r"/hdri/\w+\.exr\.js$", n)):
            text = archive.extractfile(name).read().decode()
            panorama = cv2.imdecode(np.frombuffer(base64.b64decode(re.search(r"base64,([A-Za-z0-9+/=]+)", text)[1]), np.uint8), cv2.IMREAD_UNCHANGED)
            for _ in range(VIEWS):
                view = look(panorama[..., 2::-1].astype(np.float32), rng.uniform(0, 2 * np.pi), np.radians(rng.normal(-3, 9)), np.radians(rng.uniform(45, 100)))
                light = np.clip(view / max(float(np.median(view)) * rng.uniform(2.5, 6), 1e-5), 0, 1)
                yield (255 * light ** (1 / 2.2)).astype(np.uint8)


def look(panorama, yaw, pitch, field):
    """A pinhole camera's view into an equirectangular panorama."""
    at = (np.arange(DRAWN) + 0.5 - DRAWN / 2) / (DRAWN / 2) * np.tan(field / 2)
    x, y = np.meshgrid(at, at)
    up, ahead = -y * np.cos(pitch) + np.sin(pitch), y * np.sin(pitch) + np.cos(pitch)
    h, w = panorama.shape[:2]
    column = ((np.arctan2(x, ahead) + yaw) / (2 * np.pi) % 1 * w).astype(np.float32)
    row = ((0.5 - np.arctan2(up, np.hypot(x, ahead)) / np.pi) * h).astype(np.float32)
    return cv2.remap(panorama, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
