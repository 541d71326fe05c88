"""Draws the street that is the model's golden picture: no photo of CamVid may stand in the repository.

    python training/street/scene.py models/street/1/golden/drawn.png
"""
import sys

import cv2
import numpy as np

WIDTH, HEIGHT, HORIZON = 480, 360, 165


def scene(seed: int = 4) -> np.ndarray:
    """RGB, 360x480x3: sky, buildings, trees, a road between pavements, cars, poles, a sign, people."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    picture[:] = np.linspace(205, 235, HEIGHT)[:, None, None] + np.array([-6, 0, 8], np.float32)
    for left, right, top in ((0, 95, 40), (95, 150, 80), (150, 195, 112), (330, 385, 95), (385, 480, 25)):
        _building(rng, picture, left, right, top)
    for x, y, size in ((205, 135, 24), (232, 142, 17), (300, 138, 22), (322, 125, 28), (270, 148, 12)):
        _tree(rng, picture, x, y, size)
    _ground(picture)
    for x, y, size, color in ((318, 205, 46, (150, 30, 35)), (228, 186, 24, (60, 65, 75)), (282, 182, 18, (200, 200, 205)), (395, 240, 85, (45, 60, 110))):
        _car(picture, x, y, size, color)
    for x, top, bottom, width in ((118, 35, 262, 5), (196, 100, 200, 2), (362, 80, 226, 4)):
        cv2.rectangle(picture, (x, top), (x + width, bottom), (70, 72, 74), -1)
    cv2.circle(picture, (364, 92), 13, (200, 40, 40), -1)
    cv2.circle(picture, (364, 92), 9, (235, 235, 235), -1)
    for x, y, size, color in ((70, 268, 78, (40, 45, 80)), (158, 214, 36, (120, 50, 45)), (176, 206, 28, (50, 80, 50))):
        _person(picture, x, y, size, color)
    picture += cv2.resize(rng.normal(0, 7, (HEIGHT // 4, WIDTH // 4, 1)).astype(np.float32), (WIDTH, HEIGHT))[..., None]
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + rng.normal(0, 3, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _building(rng: np.random.Generator, picture: np.ndarray, left: int, right: int, top: int) -> None:
    color = np.array([150, 122, 100]) + rng.uniform(-25, 25, 3)
    cv2.rectangle(picture, (left, top), (right - 1, HORIZON + 40), color.tolist(), -1)
    step = max(9, (right - left) // 5)
    for y in range(top + 8, HORIZON + 10, step + 5):
        for x in range(left + 4, right - step // 2 - 2, step):
            cv2.rectangle(picture, (x, y), (x + step // 2, y + step // 2 + 3), (rng.uniform(0.3, 0.6) * color).tolist(), -1)


def _tree(rng: np.random.Generator, picture: np.ndarray, x: int, y: int, size: int) -> None:
    cv2.rectangle(picture, (x - size // 12, y), (x + size // 12, y + size * 2), (70, 60, 50), -1)
    for _ in range(90):
        dx, dy = rng.normal(0, size * 0.5, 2)
        shade = rng.uniform(0.6, 1.2)
        cv2.circle(picture, (int(x + dx), int(y + dy)), max(2, size // 6), (52 * shade, 70 * shade, 40 * shade), -1)


def _ground(picture: np.ndarray) -> None:
    cv2.rectangle(picture, (0, HORIZON + 12), (WIDTH, HEIGHT), (158, 150, 145), -1)
    cv2.fillPoly(picture, [np.array([(248, HORIZON + 8), (272, HORIZON + 8), (WIDTH + 40, 330), (WIDTH, HEIGHT), (20, HEIGHT), (0, 345)])], (98, 98, 103))
    for share in (0.15, 0.3, 0.5, 0.8):
        y = int(HORIZON + 12 + share * 170)
        cv2.rectangle(picture, (259 - int(4 * share), y), (261 + int(4 * share), y + int(22 * share) + 2), (205, 205, 205), -1)
    for end in (0, WIDTH + 40):
        cv2.line(picture, (248 if end == 0 else 272, HORIZON + 8), (end, 345 if end == 0 else 330), (185, 182, 178), 3)


def _car(picture: np.ndarray, x: int, y: int, size: int, color: tuple[int, int, int]) -> None:
    half, tall = size // 2, int(size * 0.36)
    cv2.ellipse(picture, (x, y + 2), (half, max(2, size // 10)), 0, 0, 360, (55, 55, 58), -1)
    cv2.rectangle(picture, (x - half, y - tall), (x + half, y - size // 12), color, -1)
    roof = np.array([(x - half + size // 10, y - tall), (x - size // 4, y - 2 * tall), (x + size // 4, y - 2 * tall), (x + half - size // 10, y - tall)])
    cv2.fillPoly(picture, [roof], tuple(int(0.8 * c) for c in color))
    cv2.fillPoly(picture, [((roof - (x, y - tall)) * 0.8).astype(int) + (x, y - tall)], (45, 52, 60))
    for side in (-1, 1):
        cv2.rectangle(picture, (x + side * half * 3 // 4 - size // 14, y - size // 6), (x + side * half * 3 // 4 + size // 14, y), (25, 25, 25), -1)
        cv2.circle(picture, (x + side * half * 4 // 5, y - tall * 2 // 3), max(1, size // 16), (215, 205, 190), -1)


def _person(picture: np.ndarray, x: int, y: int, size: int, color: tuple[int, int, int]) -> None:
    width = size // 8
    for side in (-1, 1):
        cv2.line(picture, (x, y - size // 2), (x + side * width, y), (38, 38, 45), max(2, size // 9))
    cv2.ellipse(picture, (x, y - int(size * 0.64)), (width + 1, int(size * 0.22)), 0, 0, 360, color, -1)
    cv2.circle(picture, (x, y - int(size * 0.92)), max(2, size // 13), (190, 150, 130), -1)


if __name__ == "__main__":
    cv2.imwrite(sys.argv[1], scene()[..., ::-1])
