"""Makes one training example from nothing but a seed.

The photos show one standing person each. To learn portraits, sitting people,
groups and rooms from them, the people are cropped hard, turned, recoloured and
set on other backgrounds. Each example is
(student picture, teacher picture, mask): the student sees a worse copy
(blur, noise, JPEG) of what the teacher sees; the mask is what the labels say.
"""
import cv2
import numpy as np

from data import Packed
from model import SIZE
from things import place, throw


GRID_Y, GRID_X = (g.astype(np.float32) / SIZE for g in np.mgrid[0:SIZE, 0:SIZE])


class Synth:
    def __init__(self, cache):
        cv2.setNumThreads(1)
        self.photos = Packed(cache / "train_photos")
        self.masks = Packed(cache / "train_masks")
        self.backgrounds = Packed(cache / "backgrounds")
        self.cells = Packed(cache / "cells")

    def example(self, *seed):
        """Picture for the student, picture for the teacher, mask, and whether the mask is to be trusted."""
        rng = np.random.default_rng(seed)
        picture, mask = self.scene(rng)
        picture = colour(rng, picture, 1.0)
        if rng.random() < 0.06:  # two scenes at once: no label is right, so only the teacher is asked
            other, _ = self.scene(rng)
            share = rng.uniform(0.3, 0.7)
            picture = cv2.addWeighted(picture, share, other, 1 - share, 0)
            return degrade(rng, picture), picture, mask, False
        return degrade(rng, picture), picture, mask, True

    def scene(self, rng):
        kind = rng.random()
        if kind < 0.07:  # nobody there
            return self.background(rng), np.zeros((SIZE, SIZE), np.float32)
        i = int(rng.integers(len(self.photos)))
        photo, mask = self.photos[i], self.masks[i]
        if kind < 0.50:  # on its own background
            matrix = aim(rng, mask, inside=True)
            picture = cv2.warpAffine(photo, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            alpha = cv2.warpAffine(mask, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR) / np.float32(255)
            if rng.random() < 0.25:
                picture = self.occlude(rng, picture, alpha)
            return picture, alpha
        picture = self.background(rng)
        if rng.random() < 0.2:
            picture = self.decoy(rng, picture)
        alpha = np.zeros((SIZE, SIZE), np.float32)
        people = 1 if rng.random() < 0.75 else int(rng.integers(2, 4))
        for n in range(people):
            if n:
                i = int(rng.integers(len(self.photos)))
                photo, mask = self.photos[i], self.masks[i]
            matrix = aim(rng, mask, inside=False, group=people > 1)
            fore = cv2.warpAffine(photo, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            a = cv2.warpAffine(mask, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR) / np.float32(255)
            a = cv2.GaussianBlur(a, (0, 0), rng.uniform(0.5, 1.8))
            if rng.random() < 0.5:  # take a little of the old background's rim away
                a = np.clip(a * 1.5 - 0.5, 0, 1)
            fore = colour(rng, fore, 0.6)
            picture = blend(picture, fore, a)
            alpha = np.maximum(alpha, a)
        if rng.random() < 0.2:
            picture = self.occlude(rng, picture, alpha)
        return picture, alpha

    def background(self, rng):
        kind = rng.random()
        if kind < 0.66:
            picture = self.street(rng)
            if rng.random() < 0.25:  # two places with an edge between them
                side = half_plane(rng)
                picture = np.where(side[..., None], picture, self.street(rng))
            if rng.random() < 0.35:
                picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(1, 7))
        elif kind < 0.90:
            picture = invented(rng)
        else:
            picture = cv2.resize(self.cells[int(rng.integers(len(self.cells)))], (SIZE, SIZE))
        return colour(rng, picture, 1.0)

    def street(self, rng):
        source = self.backgrounds[int(rng.integers(len(self.backgrounds)))]
        h, w = source.shape[:2]
        cw = rng.uniform(0.3, 1.0) * w
        ch = min(h, cw * np.exp(rng.uniform(-0.3, 0.6)))
        x, y = rng.uniform(0, w - cw), rng.uniform(0, h - ch)
        angle = rng.uniform(-10, 10) if rng.random() < 0.85 else rng.uniform(-180, 180)
        matrix = window(x + cw / 2, y + ch / 2, cw, ch, angle, rng.random() < 0.5, 0)
        return cv2.warpAffine(source, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)

    def patch(self, rng):
        """A texture for an invented thing: from a background, or now and then from somebody's clothes."""
        if rng.random() < 0.75:
            return self.street(rng)
        i = int(rng.integers(len(self.photos)))
        photo, mask = self.photos[i], self.masks[i]
        rows, columns = np.nonzero(mask[::8, ::8])
        if not len(rows):
            return self.street(rng)
        at = int(rng.integers(len(rows)))
        side = int(rng.integers(24, 70))
        y, x = (int(np.clip(v * 8 - side // 2, 0, n - side)) for v, n in ((rows[at], photo.shape[0]), (columns[at], photo.shape[1])))
        cut = photo[y : y + side, x : x + side]
        cut = np.vstack([np.hstack([cut, cut[:, ::-1]]), np.hstack([cut[::-1], cut[::-1, ::-1]])])
        return cv2.resize(cut, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)

    def decoy(self, rng, picture):
        """The outline of a person filled with something else: an outline alone is not a person."""
        mask = self.masks[int(rng.integers(len(self.masks)))]
        a = cv2.warpAffine(mask, aim(rng, mask, inside=False), (SIZE, SIZE)) / np.float32(255)
        return blend(picture, self.background(rng), cv2.GaussianBlur(a, (0, 0), 1.0))

    def occlude(self, rng, picture, alpha):
        """A thing in front of the person, cut out of the mask too."""
        canvas = np.zeros((SIZE, SIZE), np.uint8)
        shape(rng, canvas, 255, rng.uniform(0.08, 0.3))
        a = cv2.GaussianBlur(canvas, (0, 0), 0.8) / np.float32(255)
        alpha *= 1 - a
        return blend(picture, self.background(rng), a)


class Harder(Synth):
    """The second stage: many pictures of things without people, and things beside, behind and before people."""

    def __init__(self, cache):
        super().__init__(cache)
        self.plain = Packed(cache / "plain")
        self.things = Packed(cache / "things")
        self.rooms = Packed(cache / "rooms")
        # Photos whose label is empty show somebody all the same.
        self.labelled = [i for i in range(len(self.masks)) if self.masks[i][::4, ::4].mean() > 5]

    def scene(self, rng):
        kind = rng.random()
        if kind < 0.28:  # nobody there
            return self.empty(rng), np.zeros((SIZE, SIZE), np.float32)
        people = 1 if kind < 0.86 else int(rng.integers(2, 4))
        own = kind < 0.62
        picture, alpha = (None, None) if own else (self.background(rng), np.zeros((SIZE, SIZE), np.float32))
        if not own and rng.random() < 0.35:
            for _ in range(int(rng.integers(1, 4))):
                picture = self.thing(rng, picture, rng.random() < 0.3)
        for _ in range(people):
            photo, mask = self.person(rng)
            if own and rng.random() < 0.25:  # the whole photo
                h, w = mask.shape
                matrix = window(w / 2, h / 2, w, h, rng.normal(0, 3), rng.random() < 0.5, 0)
            else:
                matrix = aim(rng, mask, inside=own, group=people > 1)
            fore = cv2.warpAffine(photo, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            a = cv2.warpAffine(mask, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR) / np.float32(255)
            if own:
                picture, alpha = fore, a
                if rng.random() < 0.3:  # things behind and beside: drawn over the photo, then the person over them
                    behind = picture
                    for _ in range(int(rng.integers(1, 4))):
                        behind = self.thing(rng, behind, rng.random() < 0.2)
                    picture = blend(behind, picture, cv2.GaussianBlur(a, (0, 0), 0.8))
                continue
            a = cv2.GaussianBlur(a, (0, 0), rng.uniform(0.5, 1.8))
            if rng.random() < 0.5:
                a = np.clip(a * 1.5 - 0.5, 0, 1)
            picture = blend(picture, colour(rng, fore, 0.6), a)
            alpha = np.maximum(alpha, a)
        if rng.random() < 0.12:
            picture = self.occlude(rng, picture, alpha)
        if rng.random() < 0.08:  # a thing before the person
            p, a = throw(rng, self.pick(rng), False)
            picture = place(rng, picture, colour(rng, p, 1.0), a)
            alpha = alpha * (1 - a)
        return picture, alpha

    def person(self, rng):
        i = self.labelled[int(rng.integers(len(self.labelled)))]
        return self.photos[i], self.masks[i]

    def pick(self, rng):
        return self.things[int(rng.integers(len(self.things)))]

    def thing(self, rng, picture, large):
        p, a = throw(rng, self.pick(rng), large)
        return place(rng, picture, colour(rng, p, 1.0), a)

    def background(self, rng):
        kind = rng.random()
        if kind < 0.7:
            return super().background(rng)
        if kind < 0.95:
            room = self.rooms[int(rng.integers(len(self.rooms)))]
            return colour(rng, cv2.resize(room, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR), 1.0)
        return self.plain_picture(rng)

    def plain_picture(self, rng):
        source = self.plain[int(rng.integers(len(self.plain)))]
        h, w = source.shape[:2]
        cw, ch = rng.uniform(0.4, 1.0) * w, rng.uniform(0.4, 1.0) * h
        matrix = window(rng.uniform(cw / 2, w - cw / 2), rng.uniform(ch / 2, h - ch / 2), cw, ch, rng.normal(0, 20), rng.random() < 0.5, 0)
        return colour(rng, cv2.warpAffine(source, matrix, (SIZE, SIZE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT), 1.0)

    def empty(self, rng):
        kind = rng.random()
        if kind < 0.12:
            return self.plain_picture(rng)
        picture = self.background(rng)
        if kind < 0.22:
            return self.decoy(rng, picture)
        if kind > 0.85:
            return picture
        picture = self.thing(rng, picture, True)
        for _ in range(int(rng.integers(0, 4))):
            picture = self.thing(rng, picture, rng.random() < 0.5)
        return picture


def blend(under, over, alpha):
    return cv2.blendLinear(under, over, 1 - alpha, alpha)


def window(cx, cy, w, h, angle, flip, shear):
    """Matrix that brings a turned window of the source onto the whole target square."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    scale = np.array([[SIZE / w * (-1 if flip else 1), 0], [0, SIZE / h]])
    linear = scale @ np.array([[c, -s], [s, c]]) @ np.array([[1, shear], [0, 1]])
    move = np.array([SIZE / 2, SIZE / 2]) - linear @ np.array([cx, cy])
    return np.hstack([linear, move[:, None]])


def aim(rng, mask, inside, group=False):
    """Chooses which part of the photo is shown: everything, head and shoulders, upper body, anything."""
    h, w = mask.shape
    rows = np.flatnonzero(mask[:, ::4].any(1))
    columns = np.flatnonzero(mask[::4].any(0))
    if not len(rows) or not len(columns):
        return window(w / 2, h / 2, w, h, 0, False, 0)
    top, bottom = rows[0], rows[-1] + 1
    left, right = columns[0], columns[-1] + 1
    tall = bottom - top
    head = mask[top : top + max(4, int(tall * 0.14))]
    head_x = float(np.average(np.arange(w), weights=head.sum(0).astype(np.float64) + 1e-6))
    aspect = np.exp(rng.normal(0, 0.22))  # width of the window to its height: photos arrive stretched
    kind = rng.random()
    if kind < 0.20:  # the whole photo, or nearly
        size = rng.uniform(0.8, 1.0)
        ww, wh = w * size * rng.uniform(0.9, 1.0), h * size
        cx, cy = rng.uniform(ww / 2, w - ww / 2), rng.uniform(wh / 2, h - wh / 2)
    elif kind < 0.50:  # head and shoulders
        wh = tall * rng.uniform(0.17, 0.42)
        ww = wh * aspect
        cx = head_x + rng.normal(0, 0.12) * ww
        cy = top + wh * rng.uniform(0.36, 0.5)
    elif kind < 0.76:  # down to the waist or knee
        wh = tall * rng.uniform(0.4, 0.8)
        ww = wh * aspect * rng.uniform(0.7, 1.2)
        cx = (head_x + left + right) / 3 + rng.normal(0, 0.1) * ww
        cy = top + wh * rng.uniform(0.36, 0.5)
    elif kind < 0.90 or inside:  # any part
        wh = tall * rng.uniform(0.25, 0.8)
        ww = wh * aspect
        cx, cy = rng.uniform(left, right), rng.uniform(top, bottom)
    else:  # small, with much around
        wh = tall * rng.uniform(1.1, 2.2)
        ww = wh * aspect
        cx = (left + right) / 2 + rng.uniform(-0.35, 0.35) * ww
        cy = (top + bottom) / 2 + rng.uniform(-0.2, 0.2) * (wh - tall)
    if group:
        grow = rng.uniform(1.0, 2.0)
        ww, wh = ww * grow, wh * grow
        cx += rng.uniform(-0.35, 0.35) * ww
    if inside:  # stay on the photo
        ww, wh = min(ww, w), min(wh, h)
        cx, cy = np.clip(cx, ww / 2, w - ww / 2), np.clip(cy, wh / 2, h - wh / 2)
    elif kind < 0.90:  # a person cut off by the photo's edge must be cut off by ours
        if bottom > h - 4:
            cy = min(cy, h - wh / 2)
    turn = rng.random()
    angle = rng.normal(0, 7) if turn < 0.85 else rng.uniform(-60, 60) if turn < 0.95 else rng.uniform(-180, 180)
    return window(cx, cy, ww, wh, angle, rng.random() < 0.5, rng.normal(0, 0.06))


def colour(rng, picture, strength):
    """Gain per channel, contrast, brightness, gamma, saturation; now and then grey or other channel order."""
    if rng.random() < 0.15:
        return picture
    x = np.arange(256, dtype=np.float32) / 255
    tables = []
    gain, lift = np.exp(rng.normal(0, 0.18 * strength)), rng.normal(0, 0.06 * strength)
    gamma = np.exp(rng.normal(0, 0.22 * strength))
    for _ in range(3):
        y = (x**gamma - 0.5) * gain * np.exp(rng.normal(0, 0.07 * strength)) + 0.5 + lift
        tables.append(np.clip(y * 255, 0, 255).astype(np.uint8))
    out = cv2.LUT(picture, np.stack(tables, -1)[None])
    pick = rng.random()
    if pick < 0.06 * strength:
        return cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if pick < 0.12 * strength:
        return np.ascontiguousarray(out[..., rng.permutation(3)])
    if pick < 0.5:
        keep = float(np.exp(rng.normal(0, 0.3 * strength)))
        grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        out = cv2.addWeighted(out, keep, grey, 1 - keep, 0)
    return out


def degrade(rng, picture):
    """What cameras and networks do to a picture."""
    pick = rng.random()
    if pick < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6))
    elif pick < 0.30:
        small = int(SIZE * rng.uniform(0.35, 0.9))
        how = (cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_NEAREST)[int(rng.integers(3))]
        picture = cv2.resize(cv2.resize(picture, (small, small), interpolation=how), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    elif pick < 0.42:
        blurred = cv2.GaussianBlur(picture, (0, 0), 1.2)
        picture = cv2.addWeighted(picture, 1.8, blurred, -0.8, 0)
    if rng.random() < 0.25:
        noise = rng.standard_normal((SIZE, SIZE, 1 if rng.random() < 0.5 else 3), dtype=np.float32) * np.float32(rng.uniform(2, 14))
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])[1]
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return picture


def half_plane(rng):
    y, x = GRID_Y - 0.5, GRID_X - 0.5
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.4 else rng.integers(0, 4) * np.pi / 2
    return x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) > rng.uniform(-0.35, 0.35)


def shape(rng, canvas, value, size):
    """Draws a box, an ellipse, a polygon or a bar."""
    centre = rng.uniform(0, SIZE, 2)
    kind = int(rng.integers(4))
    r = size * SIZE * rng.uniform(0.4, 1.0, 2)
    if kind == 0:
        cv2.ellipse(canvas, centre.astype(int).tolist(), r.astype(int).tolist(), float(rng.uniform(0, 180)), 0, 360, value, -1, cv2.LINE_AA)
    elif kind == 1:
        box = cv2.boxPoints((tuple(centre.tolist()), tuple((2 * r).tolist()), float(rng.uniform(0, 90))))
        cv2.fillPoly(canvas, [box.astype(np.int32)], value, cv2.LINE_AA)
    elif kind == 2:
        n = int(rng.integers(3, 9))
        angles = np.sort(rng.uniform(0, 2 * np.pi, n))
        points = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * r * rng.uniform(0.4, 1.2, (n, 1))
        cv2.fillPoly(canvas, [points.astype(np.int32)], value, cv2.LINE_AA)
    else:
        end = centre + rng.normal(0, SIZE, 2)
        cv2.line(canvas, centre.astype(int).tolist(), end.astype(int).tolist(), value, int(rng.integers(2, 26)), cv2.LINE_AA)


def invented(rng):
    """Walls, skies, rooms of noise and shapes: no photo needed."""
    a, b = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    if rng.random() < 0.4:
        b = a + rng.normal(0, 20, 3)
    y, x = GRID_Y, GRID_X
    angle = rng.uniform(0, 2 * np.pi)
    t = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    if rng.random() < 0.3:
        t = np.hypot(x - rng.random(), y - rng.random())
    t = (t - t.min()) / (np.ptp(t) + 1e-6)
    if rng.random() < 0.3:
        t = 0.5 + 0.5 * np.sin(t * rng.uniform(5, 120))
    picture = (a + (b - a) * t[..., None]).astype(np.float32)
    if rng.random() < 0.6:  # noise of several grains
        for grain in rng.choice([4, 8, 16, 32, 64, 128, 256], int(rng.integers(1, 4)), replace=False):
            channels = 1 if rng.random() < 0.5 else 3
            noise = rng.standard_normal((grain, grain, channels), dtype=np.float32) * np.float32(rng.uniform(3, 50))
            noise = cv2.resize(noise, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_NEAREST)
            picture = picture + noise.reshape(SIZE, SIZE, -1)
    picture = np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8))
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 14))):
            shape(rng, picture, rng.uniform(0, 255, 3).tolist(), rng.uniform(0.03, 0.4))
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 4))
    return picture
