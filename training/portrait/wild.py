"""Examples of the third stage: other clothes, bent bodies, blurred backgrounds, and pictures only the teacher can judge.

The training photos are few and alike. What varies here is what they lack: garments in any colour (skin's
too: bare arms and chests), poses no standing person takes, a lens that blurs what lies behind, small people in
large pictures, and pictures torn, folded or laid over each other, of which only the teacher knows what to say.
"""
import cv2
import numpy as np

from data import Packed
from model import SIZE
from synth import Harder, aim, blend, colour, degrade, window
from things import base_colour, place, throw

SKIN, HAIR, SHOES = 41, 19, 39  # numbers of the labels


class Wild(Harder):
    NOBODY, OWN, ONE = 0.18, 0.50, 0.20  # shares: pictures without people, people where the photo was taken, one person pasted elsewhere; else several
    WHOLE = 0.45  # of the photos with their own background are shown whole

    def __init__(self, cache):
        super().__init__(cache)
        self.labels = Packed(cache / "train_labels")

    def example(self, *seed):
        rng = np.random.default_rng(seed)
        picture, mask = self.scene(rng)
        kind = rng.random()
        if kind < 0.25:
            picture, mask = bend(rng, picture, mask)
        picture = colour(rng, picture, 1.0)
        if kind > 0.92:  # no label is right any more, so only the teacher is asked
            other, _ = self.scene(rng)
            picture = strange(rng, picture, colour(rng, other, 1.0))
            return degrade(rng, picture), picture, mask, False
        return degrade(rng, picture), picture, mask, True

    def person(self, rng):
        i = self.labelled[int(rng.integers(len(self.labelled)))]
        photo, mask = self.photos[i], self.masks[i]
        if rng.random() < 0.35:
            photo = dressed(rng, photo, self.labels[i])
        return photo, mask

    def scene(self, rng):
        kind = rng.random()
        if kind < self.NOBODY:
            return self.empty(rng), np.zeros((SIZE, SIZE), np.float32)
        if kind < self.NOBODY + self.OWN:
            picture, alpha = self.own(rng)
        else:
            picture, alpha = self.pasted(rng, 1 if kind < self.NOBODY + self.OWN + self.ONE else int(rng.integers(2, 5)))
        if rng.random() < 0.10:
            picture = self.occlude(rng, picture, alpha)
        if rng.random() < 0.10:  # a thing before the person
            p, a = throw(rng, self.pick(rng), False)
            picture = place(rng, picture, colour(rng, p, 1.0), a)
            alpha = alpha * (1 - a)
        return picture, alpha

    def own(self, rng):
        """A person where the photo was taken."""
        photo, mask = self.person(rng)
        if rng.random() < self.WHOLE:
            h, w = mask.shape
            matrix = window(w / 2, h / 2, w, h, rng.normal(0, 3), rng.random() < 0.5, 0)
        else:
            matrix = aim(rng, mask, inside=True)
        picture, alpha = warped(photo, mask, matrix)
        kind = rng.random()
        if kind < 0.42:  # what lies behind is blurred, or has more things in it: the person comes over it again
            behind = picture
            if kind < 0.15:
                behind = cv2.GaussianBlur(behind, (0, 0), rng.uniform(1.5, 7))
            else:
                for _ in range(int(rng.integers(1, 4))):
                    behind = self.thing(rng, behind, rng.random() < 0.2)
            picture = blend(behind, picture, cv2.GaussianBlur(alpha, (0, 0), 0.8))
        return picture, alpha

    def pasted(self, rng, people):
        """People somewhere else."""
        picture, alpha = self.background(rng), np.zeros((SIZE, SIZE), np.float32)
        if rng.random() < 0.35:
            for _ in range(int(rng.integers(1, 4))):
                picture = self.thing(rng, picture, rng.random() < 0.3)
        for _ in range(people):
            photo, mask = self.person(rng)
            matrix = aim(rng, mask, inside=False, group=people > 1)
            if rng.random() < 0.15:  # smaller still, anywhere
                matrix = shrunk(rng, matrix)
            fore, a = warped(photo, mask, matrix)
            a = cv2.GaussianBlur(a, (0, 0), rng.uniform(0.5, 2.0))
            if rng.random() < 0.5:  # take a little of the old background's rim away
                a = np.clip(a * 1.5 - 0.5, 0, 1)
            picture = blend(picture, colour(rng, fore, 0.6), a)
            alpha = np.maximum(alpha, a)
        return picture, alpha


def warped(photo, mask, matrix):
    picture = cv2.warpAffine(photo, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return picture, cv2.warpAffine(mask, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR) / np.float32(255)


def shrunk(rng, matrix):
    size = rng.uniform(0.35, 0.8)
    move = rng.uniform(0.1, 0.9, 2) * SIZE * (1 - size)
    return np.hstack([matrix[:, :2] * size, matrix[:, 2:] * size + move[:, None]])


def dressed(rng, photo, label):
    """The photo with one to four garments in other colours; now and then all of them in the colour of the skin."""
    present = [int(v) for v in np.unique(label[::8, ::8]) if v not in (0, SKIN)]
    if not present:
        return photo
    photo = photo.copy()
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    skin = label == SKIN
    bare = rng.random() < 0.2 and skin.any()
    if bare:
        chosen = [v for v in present if v not in (HAIR, SHOES)]
    else:
        chosen = rng.choice(present, min(len(present), int(rng.integers(1, 5))), replace=False)
    for v in chosen:
        region = label == v
        if not region.any():
            continue
        if not bare and rng.random() < 0.4:
            photo[region] = colour(rng, photo, 2.0)[region]
            continue
        target = photo[skin].mean(0) if bare else base_colour(rng)
        lit = grey[region] / max(float(grey[region].mean()), 8.0)
        lit = 1 + (lit - 1) * (0.5 if bare else rng.uniform(0.4, 1.2))
        photo[region] = np.clip(target * lit[:, None], 0, 255).astype(np.uint8)
    return photo


def bend(rng, picture, mask):
    """Moves every place a little, and its neighbours with it: curved backs, bent legs."""
    cells = int(rng.integers(3, 6))
    reach = rng.uniform(0.02, 0.07) * SIZE
    moves = [cv2.resize(rng.normal(0, reach, (cells, cells)).astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) for _ in range(2)]
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    x, y = x + moves[0], y + moves[1]
    picture = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return picture, cv2.remap(mask, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def strange(rng, picture, other):
    """Two pictures in one: laid over each other, side by side, in a frame, as light and colour, or folded."""
    kind = int(rng.integers(6))
    if kind == 0:
        share = rng.uniform(0.3, 0.7)
        return cv2.addWeighted(picture, share, other, 1 - share, 0)
    if kind == 1:
        cut = int(rng.uniform(0.25, 0.75) * SIZE)
        out = picture.copy()
        if rng.random() < 0.5:
            out[:, cut:] = other[:, cut:]
        else:
            out[cut:] = other[cut:]
        return out
    if kind == 2:  # one small in the other
        side = int(rng.uniform(0.3, 0.7) * SIZE)
        at = rng.integers(0, SIZE - side, 2)
        out = picture.copy()
        out[at[0] : at[0] + side, at[1] : at[1] + side] = cv2.resize(other, (side, side), interpolation=cv2.INTER_AREA)
        return out
    if kind == 3:  # the light of one, the colours of the other
        a, b = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), cv2.cvtColor(other, cv2.COLOR_RGB2LAB)
        return cv2.cvtColor(np.dstack([a[..., :1], b[..., 1:]]), cv2.COLOR_LAB2RGB)
    if kind == 4:  # folded
        half = picture[:, : SIZE // 2] if rng.random() < 0.5 else picture[:, SIZE // 2 :]
        out = np.hstack([half, half[:, ::-1]])
        return np.ascontiguousarray(np.rot90(out, int(rng.integers(4))))
    strength = rng.uniform(0.08, 0.2)  # strongly bent
    moves = [cv2.resize(rng.normal(0, strength * SIZE, (4, 4)).astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) for _ in range(2)]
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    return cv2.remap(picture, x + moves[0], y + moves[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
