"""Draws things that are no person: fruit, stacks, vessels, boxes, vehicles, boats, four-legged animals, lights.

Nothing here is a photo. The things are crude, but they stand out, they are shaded
and textured, they throw shadows and come in skin's colours too: whoever takes everything
that stands out for a person gets them wrong.
"""
import cv2
import numpy as np

from model import SIZE

DRAWN = 256  # things and rooms are drawn this large, and brought to SIZE when they are used

GRID_Y, GRID_X = (g.astype(np.float32) for g in np.mgrid[0:DRAWN, 0:DRAWN])


def base_colour(rng):
    pick = rng.random()
    if pick < 0.35:  # orange, brown, skin, bread, fur
        hue, saturation, value = rng.uniform(3, 24), rng.uniform(40, 240), rng.uniform(50, 255)
    elif pick < 0.55:  # white, grey, black
        hue, saturation, value = rng.uniform(0, 180), rng.uniform(0, 40), rng.uniform(10, 255)
    else:
        hue, saturation, value = rng.uniform(0, 180), rng.uniform(40, 255), rng.uniform(40, 255)
    pixel = np.array([[[hue, saturation, value]]], np.uint8)
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32)


def grains(rng, low=4, high=128):
    """Noise of several sizes, about -1..1."""
    field = np.zeros((DRAWN, DRAWN), np.float32)
    grain, strength = low, 1.0
    fall = rng.uniform(0.4, 1.0)
    while grain <= high:
        noise = rng.standard_normal((grain, grain), dtype=np.float32) * np.float32(strength)
        field += cv2.resize(noise, (DRAWN, DRAWN), interpolation=cv2.INTER_CUBIC)
        grain, strength = grain * 2, strength * fall
    return field / np.float32(2.2)


def surface(rng, photo=None):
    """A texture for the whole square, float 0..255. `photo` gives a photo's patch, where wanted."""
    pick = rng.random()
    if photo is not None and pick < 0.35:
        out = photo(rng).astype(np.float32)
        if rng.random() < 0.4:
            tint = base_colour(rng) / 128
            out = out * tint
        return np.clip(out, 0, 255)
    colour = base_colour(rng)
    out = np.empty((DRAWN, DRAWN, 3), np.float32)
    out[:] = colour
    if pick < 0.5:
        return out + grains(rng)[..., None] * np.float32(rng.uniform(0, 8))
    if pick < 0.72:  # fur, wood, brushed: noise drawn out along a line
        noise = rng.standard_normal((DRAWN, DRAWN), dtype=np.float32)
        length = int(rng.integers(5, 25))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        mid, reach = (length - 1) / 2, length / 2
        a = (int(mid - reach * np.cos(angle)), int(mid - reach * np.sin(angle)))
        b = (int(mid + reach * np.cos(angle)), int(mid + reach * np.sin(angle)))
        cv2.line(kernel, a, b, 1.0, 1)
        noise = cv2.filter2D(noise, -1, kernel / np.sqrt(kernel.sum()))
        out += noise[..., None] * np.float32(rng.uniform(5, 30))
        out += grains(rng, 4, 16)[..., None] * np.float32(rng.uniform(5, 30))
    elif pick < 0.84:  # patches of a second colour
        other = base_colour(rng)
        share = np.clip(grains(rng, 4, 32) * rng.uniform(2, 12) + rng.uniform(-1, 1), 0, 1)[..., None]
        out = out * (1 - share) + other * share
    elif pick < 0.92:  # stripes, checks
        other = base_colour(rng)
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(6, 50)
        wave = np.sin((GRID_X * np.cos(angle) + GRID_Y * np.sin(angle)) * np.float32(2 * np.pi / pitch) + grains(rng, 4, 8) * rng.uniform(0, 2))
        if rng.random() < 0.3:
            wave = wave * np.sin((GRID_Y * np.cos(angle) - GRID_X * np.sin(angle)) * np.float32(2 * np.pi / pitch))
        share = np.clip(wave * rng.uniform(1, 8) + 0.5, 0, 1)[..., None].astype(np.float32)
        out = out * (1 - share) + other * share
    else:  # spots, seeds
        canvas = np.zeros((DRAWN, DRAWN), np.uint8)
        for x, y, r in zip(*rng.uniform(0, DRAWN, (2, 60)), rng.uniform(1, rng.uniform(2, 12), 60)):
            cv2.circle(canvas, (int(x), int(y)), int(r), 255, -1, cv2.LINE_AA)
        share = canvas[..., None] / np.float32(255)
        out = out * (1 - share) + base_colour(rng) * share
    return np.clip(out, 0, 255)


def shade(rng, mask, texture, depth=None):
    """Lights the texture as if the mask were round: side light, dark rim, highlight. Mask is bytes."""
    inside = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    top = float(inside.max())
    if top < 2:
        return texture
    depth = rng.uniform(0.3, 1.0) if depth is None else depth
    high = np.sqrt(np.clip(inside / (top * depth), 0, 1) * (2 - np.clip(inside / (top * depth), 0, 1)))
    high = cv2.GaussianBlur(high, (0, 0), max(1.0, top * 0.08)) * np.float32(top)
    gx = cv2.Sobel(high, cv2.CV_32F, 1, 0, scale=0.125)
    gy = cv2.Sobel(high, cv2.CV_32F, 0, 1, scale=0.125)
    length = np.sqrt(gx * gx + gy * gy + 1)
    angle = rng.uniform(0, 2 * np.pi)
    light = np.array([np.cos(angle) * 0.7, np.sin(angle) * 0.7, rng.uniform(0.4, 1.2)])
    light /= np.linalg.norm(light)
    lit = np.clip((-gx * light[0] - gy * light[1] + light[2]) / length, 0, 1).astype(np.float32)
    floor = rng.uniform(0.2, 0.9)
    out = texture * (floor + (1 - floor) * lit * rng.uniform(1.0, 1.4))[..., None]
    if rng.random() < 0.5:
        out = out + (np.power(lit, np.float32(rng.uniform(8, 60))) * np.float32(rng.uniform(20, 200)))[..., None]
    return out


def outline(rng, cx, cy, rx, ry, rough, points=48, turn=0.0):
    """A closed smooth line around a centre."""
    t = np.linspace(0, 2 * np.pi, points, endpoint=False)
    r = np.ones(points)
    for k in range(2, 7):
        r += rough * rng.normal() / k * np.cos(k * t + rng.uniform(0, 6.3))
    x, y = rx * r * np.cos(t), ry * r * np.sin(t)
    c, s = np.cos(turn), np.sin(turn)
    return np.stack([cx + c * x - s * y, cy + s * x + c * y], 1).astype(np.int32)


class Draft:
    """A thing being made: its colours and its alpha, part over part."""

    def __init__(self):
        self.picture = np.zeros((DRAWN, DRAWN, 3), np.float32)
        self.alpha = np.zeros((DRAWN, DRAWN), np.uint8)

    def part(self, rng, mask, texture, round_=True):
        mask = cv2.GaussianBlur(mask, (0, 0), 0.7)
        if round_:
            texture = shade(rng, mask, texture)
        share = mask[..., None] / np.float32(255)
        self.picture = self.picture * (1 - share) + np.clip(texture, 0, 255) * share
        self.alpha = np.maximum(self.alpha, mask)

    def poly(self, rng, points, texture, round_=True):
        mask = np.zeros((DRAWN, DRAWN), np.uint8)
        cv2.fillPoly(mask, [np.asarray(points).astype(np.int32)], 255, cv2.LINE_AA)
        self.part(rng, mask, texture, round_)

    def lines(self, rng, pairs, width, texture, round_=True):
        mask = np.zeros((DRAWN, DRAWN), np.uint8)
        for a, b in pairs:
            cv2.line(mask, tuple(int(v) for v in a), tuple(int(v) for v in b), 255, max(1, int(width)), cv2.LINE_AA)
        self.part(rng, mask, texture, round_)


def fruit(rng, d, s, photo):
    d.poly(rng, outline(rng, 128, 128, s * rng.uniform(0.7, 1.2), s, rng.choice([0.0, 0.05, 0.2, 0.5])), surface(rng, photo))
    if rng.random() < 0.5:  # stalk and leaf
        top = 128 - s
        tip = (128 + rng.uniform(-0.5, 0.5) * s, top - 0.3 * s)
        d.lines(rng, [((128, top + 4), tip)], s * 0.08, surface(rng))
        if rng.random() < 0.6:
            d.poly(rng, outline(rng, tip[0] + 0.2 * s, tip[1], s * 0.4, s * 0.15, 0.1, turn=rng.uniform(-1, 1)), surface(rng))


def stack(rng, d, s, photo):
    """Burger, cake, plates, crockery: flat parts one on the other."""
    n = int(rng.integers(2, 8))
    tall = 2 * s / n
    y = 128 + s
    flat = rng.random() < 0.3
    for k in range(n):
        w = s * rng.uniform(0.7, 1.3)
        h = tall * rng.uniform(0.7, 1.5) * (1.3 if k == n - 1 else 1)
        x = 128 + rng.normal(0, 0.04) * s
        texture = surface(rng, photo)
        if flat:
            d.poly(rng, [(x - w, y), (x - w, y - h), (x + w, y - h), (x + w, y)], texture)
        else:
            d.poly(rng, outline(rng, x, y - h / 2, w, h * 0.75, rng.choice([0.02, 0.1, 0.4])), texture)
        y -= tall * rng.uniform(0.6, 1.0)


def vessel(rng, d, s, photo):
    """Cup, bowl, bottle, vase, often on a saucer and seen from above."""
    if rng.random() < 0.6:
        d.poly(rng, outline(rng, 128, 128 + 0.8 * s, 1.5 * s, s * rng.uniform(0.25, 0.9), 0), surface(rng))
        d.poly(rng, outline(rng, 128, 128 + 0.8 * s, 1.1 * s, s * rng.uniform(0.15, 0.6), 0), surface(rng))
    texture = surface(rng, photo)
    if rng.random() < 0.5:
        side = rng.choice([-1, 1])
        mask = np.zeros((DRAWN, DRAWN), np.uint8)
        cv2.ellipse(mask, (int(128 + side * s), 128), (int(0.4 * s), int(0.45 * s)), 0, 0, 360, 255, max(2, int(0.14 * s)), cv2.LINE_AA)
        d.part(rng, mask, texture)
    heights = np.linspace(-1, 1, 9)
    widths = np.clip(1 + np.cumsum(rng.normal(0, 0.15, 9)), 0.25, 1.5)
    widths /= widths.max()
    left = [(128 - s * w, 128 + s * h * 1.1) for w, h in zip(widths, heights)]
    right = [(128 + s * w, 128 + s * h * 1.1) for w, h in zip(widths, heights)]
    d.poly(rng, left + right[::-1], texture)
    w = s * widths[0]
    lip = w * rng.uniform(0.1, 0.7)
    d.poly(rng, outline(rng, 128, 128 - 1.1 * s, w, lip, 0), texture, False)
    d.poly(rng, outline(rng, 128, 128 - 1.1 * s, w * 0.9, lip * 0.88, 0), surface(rng, photo), rng.random() < 0.5)


def animal(rng, d, s, photo):
    """A body, a head, ears, legs, a tail, eyes and a muzzle, from the side or from the front."""
    texture = surface(rng, photo)
    front = rng.random() < 0.4
    if front:  # sitting, seen from the front, often only the head
        body = rng.random() < 0.7
        hx, hy, hr = 128.0, 128 - (0.5 * s if body else 0), s * (0.5 if body else 1.0)
        if body:
            d.poly(rng, outline(rng, 128, 128 + 0.45 * s, s * rng.uniform(0.4, 0.7), s * rng.uniform(0.6, 0.9), 0.1), texture)
            paws = [((128 + q * s * 0.25, 128 + 0.4 * s), (128 + q * s * 0.28, 128 + 1.15 * s)) for q in (-1, 1)]
            d.lines(rng, paws, s * rng.uniform(0.12, 0.28), texture)
    else:
        facing = rng.choice([-1, 1])
        long, thick = s * rng.uniform(0.8, 1.2), s * rng.uniform(0.3, 0.5)
        leg = s * rng.uniform(0.3, 1.0)
        pairs = []
        for x in (-0.85, -0.6, 0.6, 0.85):
            knee = (128 + x * long + rng.normal(0, 0.12) * s, 128 + thick * 0.4 + leg * 0.5)
            pairs += [((128 + x * long * 0.9, 128), knee), (knee, (knee[0] + rng.normal(0, 0.12) * s, knee[1] + leg * 0.6))]
        d.lines(rng, pairs, s * rng.uniform(0.1, 0.2), texture)
        hx, hy, hr = 128 + facing * (long + rng.uniform(0, 0.3) * s), 128 - rng.uniform(0.1, 0.8) * s, s * rng.uniform(0.22, 0.4)
        d.lines(rng, [((128 + facing * long * 0.7, 128), (hx, hy))], thick * rng.uniform(0.6, 1.1), texture)
        tail = (128 - facing * (long + rng.uniform(0, 0.5) * s), 128 + rng.uniform(-0.7, 0.5) * s)
        d.lines(rng, [((128 - facing * long * 0.8, 128 - thick * 0.5), tail)], s * rng.uniform(0.04, 0.15), texture)
        d.poly(rng, outline(rng, 128, 128, long, thick, 0.12), texture)
    tilt = rng.normal(0, 0.3)
    kind = rng.random()
    for q in (-1, 1):  # ears: pointed or hanging
        ex, ey = hx + q * hr * 0.7, hy - hr * 0.5
        if kind < 0.6:
            d.poly(rng, [(ex - q * hr * 0.45, ey), (ex + q * hr * (0.2 + 0.3 * tilt), ey - hr * rng.uniform(0.5, 1.2)), (ex + q * hr * 0.3, ey + hr * 0.4)], texture)
        else:
            d.poly(rng, outline(rng, ex + q * hr * 0.2, ey + hr * 0.5, hr * 0.25, hr * rng.uniform(0.5, 0.9), 0.1), texture)
    d.poly(rng, outline(rng, hx, hy, hr * rng.uniform(0.8, 1.1), hr * rng.uniform(0.8, 1.1), 0.08), texture)
    if rng.random() < 0.6:
        d.poly(rng, outline(rng, hx, hy + hr * 0.4, hr * 0.5, hr * 0.4, 0.05), surface(rng))
    iris = base_colour(rng)
    for q in (-1, 1):
        for r, colour in ((0.16, iris), (0.09, np.float32([10, 10, 10]))):
            d.poly(rng, outline(rng, hx + q * hr * 0.4, hy - hr * 0.1, max(1.5, hr * r), max(1.5, hr * r), 0), np.broadcast_to(colour, (DRAWN, DRAWN, 3)), False)
    d.poly(rng, outline(rng, hx, hy + hr * 0.35, max(1.5, hr * 0.14), max(1.5, hr * 0.1), 0), np.full((DRAWN, DRAWN, 3), 15, np.float32), False)


def boxes(rng, d, s, photo):
    """Furniture, signs, houses, cars: boxes with faces of different light, windows, wheels."""
    texture = surface(rng, photo)
    w, h = s * rng.uniform(0.5, 1.5), s * rng.uniform(0.4, 1.2)
    dx, dy = s * rng.uniform(-0.5, 0.5), -s * rng.uniform(0.1, 0.5)
    a, b, c, e = (128 - w, 128 - h), (128 + w, 128 - h), (128 + w, 128 + h), (128 - w, 128 + h)
    d.poly(rng, [a, b, (b[0] + dx, b[1] + dy), (a[0] + dx, a[1] + dy)], texture * rng.uniform(0.5, 1.4), False)
    side = (b, c) if dx > 0 else (a, e)
    d.poly(rng, [side[0], side[1], (side[1][0] + dx, side[1][1] + dy), (side[0][0] + dx, side[0][1] + dy)], texture * rng.uniform(0.4, 1.2), False)
    d.poly(rng, [a, b, c, e], texture * rng.uniform(0.7, 1.2), rng.random() < 0.3)
    for _ in range(int(rng.integers(0, 5))):  # windows, screens, drawers, print
        x, y = 128 + rng.uniform(-0.7, 0.7) * w, 128 + rng.uniform(-0.7, 0.7) * h
        ww, wh = w * rng.uniform(0.05, 0.3), h * rng.uniform(0.05, 0.3)
        d.poly(rng, [(x - ww, y - wh), (x + ww, y - wh), (x + ww, y + wh), (x - ww, y + wh)], surface(rng, photo), False)
    if rng.random() < 0.5:  # wheels or legs
        if rng.random() < 0.6:
            r = s * rng.uniform(0.15, 0.35)
            for q in (-0.65, 0.65):
                d.poly(rng, outline(rng, 128 + q * w, 128 + h, r, r, 0), np.full((DRAWN, DRAWN, 3), rng.uniform(5, 60), np.float32))
                d.poly(rng, outline(rng, 128 + q * w, 128 + h, r * 0.5, r * 0.5, 0), surface(rng))
        else:
            pairs = [((128 + q * w, 128 + h), (128 + q * w * 1.1, 128 + h + s * 0.6)) for q in (-0.9, 0.9)]
            d.lines(rng, pairs, s * 0.08, texture)


def boat(rng, d, s, photo):
    texture = surface(rng, photo)
    bow = rng.uniform(0.2, 0.7)
    d.poly(rng, [(128 - 0.8 * s, 128 + 0.5 * s), (128 - s, 128), (128 + 1.3 * s, 128 - bow * s), (128 + s, 128 + 0.5 * s)], texture)
    d.poly(rng, [(128 - 0.8 * s, 128 + 0.5 * s), (128 - 0.9 * s, 128 + 0.3 * s), (128 + 1.05 * s, 128 + 0.3 * s), (128 + s, 128 + 0.5 * s)], surface(rng), False)
    if rng.random() < 0.7:
        d.poly(rng, [(128 - 0.6 * s, 128), (128 - 0.5 * s, 128 - 0.6 * s), (128 + 0.3 * s, 128 - 0.6 * s), (128 + 0.6 * s, 128)], surface(rng, photo))
        for k in range(int(rng.integers(0, 4))):
            x = 128 + (-0.35 + 0.25 * k) * s
            d.poly(rng, [(x, 128 - 0.1 * s), (x, 128 - 0.45 * s), (x + 0.18 * s, 128 - 0.45 * s), (x + 0.18 * s, 128 - 0.1 * s)], surface(rng), False)
    if rng.random() < 0.6:
        mast = (128 + rng.uniform(-0.3, 0.3) * s, 128 - 1.6 * s)
        d.lines(rng, [((mast[0], 128), mast)], max(2, 0.05 * s), surface(rng))
        if rng.random() < 0.6:
            d.poly(rng, [mast, (mast[0], 128 - 0.2 * s), (mast[0] + rng.choice([-1, 1]) * s, 128 - 0.2 * s)], surface(rng, photo))


def cloth(rng, d, s, photo):
    """Flags, heaps, bushes, rocks: rough outlines full of texture."""
    texture = surface(rng, photo)
    wave = grains(rng, 4, 16)
    d.poly(rng, outline(rng, 128, 128, s * rng.uniform(0.5, 1.4), s * rng.uniform(0.5, 1.4), rng.uniform(0.1, 0.9)), texture * (1 + wave[..., None] * rng.uniform(0, 0.4)), rng.random() < 0.6)


def pole(rng, d, s, photo):
    """Poles, lamps, tripods, plants: thin parts from one point, perhaps with something on top."""
    texture = surface(rng, photo)
    foot = 128 + s
    pairs = [((128, 128), (128 + x * s, foot)) for x in rng.uniform(-0.7, 0.7, int(rng.integers(1, 6)))]
    pairs += [((128, 128), (128 + x * s, 128 - y * s)) for x, y in zip(rng.uniform(-0.6, 0.6, 2), rng.uniform(0.2, 1, 2))]
    d.lines(rng, pairs, rng.uniform(2, 0.12 * s + 3), texture)
    if rng.random() < 0.7:
        d.poly(rng, outline(rng, 128, 128 - 0.6 * s, s * rng.uniform(0.15, 0.6), s * rng.uniform(0.15, 0.5), rng.choice([0, 0.1, 0.6])), surface(rng, photo))


KINDS = (fruit, stack, vessel, animal, animal, boxes, boat, cloth, pole)


def thing(rng, photo=None):
    """One thing in the middle of the square: colours and alpha as four channels of bytes."""
    d = Draft()
    KINDS[int(rng.integers(len(KINDS)))](rng, d, rng.uniform(45, 85), photo)
    # Beyond the edge the colours are black: divided by the alpha, they leave no dark rim.
    picture = d.picture / np.maximum(d.alpha / np.float32(255), 0.3)[..., None]
    return np.dstack([np.clip(picture, 0, 255).astype(np.uint8), d.alpha])


def throw(rng, four, large):
    """A finished thing, moved, turned, grown or shrunk: colours (bytes) and alpha (0..1)."""
    grow = rng.uniform(0.6, 2.2) if large else rng.uniform(0.2, 0.8)
    angle = rng.normal(0, 8) if rng.random() < 0.85 else rng.uniform(-180, 180)
    matrix = cv2.getRotationMatrix2D((128, 128), angle, grow)
    stretch = np.exp(rng.normal(0, 0.15)) * (1 if rng.random() < 0.5 else -1)
    matrix[0] *= stretch
    matrix[0, 2] += 128 * (1 - stretch)
    matrix[:, 2] += rng.normal(0, 25 if large else 75, 2)
    matrix *= SIZE / DRAWN
    four = cv2.warpAffine(four, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR)
    picture, alpha = np.ascontiguousarray(four[..., :3]), four[..., 3] / np.float32(255)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.5))
    if rng.random() < 0.4:
        alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.5, 2.5))
    return picture, alpha


def place(rng, scene, picture, alpha):
    """The scene with a thing in front, and mostly its shadow."""
    if rng.random() < 0.6:
        shadow = np.roll(alpha, (int(rng.integers(0, 14)), int(rng.integers(-14, 15))), (0, 1))
        shadow = cv2.GaussianBlur(cv2.resize(shadow, (64, 64)), (0, 0), rng.uniform(0.5, 3))
        shadow = cv2.resize(shadow, (SIZE, SIZE)) * np.float32(rng.uniform(0.2, 0.8))
        scene = cv2.blendLinear(scene, np.zeros_like(scene), 1 - shadow, shadow)
    return cv2.blendLinear(scene, picture, 1 - alpha, alpha)


def table(rng, photo=None):
    """A wall and what stands before it, or a floor seen from above."""
    if rng.random() < 0.15:  # a studio: one colour, mostly bright
        colour = np.clip(base_colour(rng) * 0.3 + 178, 0, 255) if rng.random() < 0.5 else np.float32([1, 1, 1]) * rng.uniform(225, 255)
        return np.broadcast_to(colour, (DRAWN, DRAWN, 3)).astype(np.uint8)
    out = np.clip(surface(rng, photo) if rng.random() < 0.5 else np.broadcast_to(base_colour(rng), (DRAWN, DRAWN, 3)), 0, 255).astype(np.float32)
    if rng.random() < 0.6:
        edge = rng.uniform(0.3, 0.85) * DRAWN + (GRID_X - 128) * np.float32(rng.normal(0, 0.1))
        below = np.clip((GRID_Y - edge) / np.float32(rng.uniform(1, 40)) + 0.5, 0, 1)[..., None]
        out = out * (1 - below) + surface(rng, photo) * below
    light = 1 - rng.uniform(0, 0.6) * np.hypot(GRID_X / DRAWN - rng.random(), GRID_Y / DRAWN - rng.random()).astype(np.float32)
    return np.clip(out * light[..., None], 0, 255).astype(np.uint8)


def lights(rng):
    """Night: fires, lamps, trails, and the smoke and haze around them."""
    haze = np.clip(grains(rng, 4, 64) * rng.uniform(0, 0.6) + rng.uniform(0, 1), 0, 1.5)
    out = base_colour(rng) * np.float32(rng.uniform(0.05, 0.6)) * (GRID_Y / DRAWN * rng.uniform(-0.8, 0.8) + 1 + haze * 0.5)[..., None]
    for _ in range(int(rng.integers(1, 7))):
        x, y = rng.uniform(0, DRAWN, 2)
        colour = np.float32([255, rng.uniform(120, 255), rng.uniform(30, 255)])
        wide, tall = rng.uniform(3, 40), rng.uniform(3, 40) if rng.random() < 0.6 else rng.uniform(40, 200)
        far = np.hypot((GRID_X - x) / wide, (GRID_Y - y) / tall)
        out = out + colour * (np.exp(-far * rng.uniform(0.7, 2)) * rng.uniform(0.5, 2.5))[..., None].astype(np.float32)
    if rng.random() < 0.4:
        trail = np.zeros((DRAWN, DRAWN), np.uint8)
        a, b = rng.uniform(0, DRAWN, 2), rng.uniform(0, DRAWN, 2)
        cv2.line(trail, a.astype(int).tolist(), b.astype(int).tolist(), 255, int(rng.integers(1, 14)), cv2.LINE_AA)
        trail = cv2.GaussianBlur(trail, (0, 0), rng.uniform(0.5, 8)) / np.float32(255)
        out = out + trail[..., None] * np.float32([255, 230, 190])
    return np.clip(out, 0, 255).astype(np.uint8)
