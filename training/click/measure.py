"""How good the pair is after 1, 3 and 5 clicks, in torch: what training watches. The card's numbers come from evaluate.ts."""
import cv2
import numpy as np
import torch
import torch.nn.functional as F

from clicks import next_click
from data import SHARES, SIDE
from model import MEAN, STD

CLICKS = (1, 3, 5)


def framed(picture):
    """In the upper left corner of the model's input, the rest black before normalisation."""
    out = np.zeros((SIDE, SIDE, 3), np.uint8)
    out[: picture.shape[0], : picture.shape[1]] = picture
    x = (out.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return torch.from_numpy(x.transpose(2, 0, 1))[None]


def sample_of(validation, count):
    """Always the same regions: as many of each kind as its share, spread over the pictures."""
    rng = np.random.default_rng(0)
    for kind, share in SHARES.items():
        sources = [e for e in validation if e["kind"] == kind]
        for source in (sources[i] for i in np.linspace(0, len(sources) - 1, round(count * share)).astype(int)):
            yield source, source["regions"] == rng.integers(1, source["regions"].max() + 1)


@torch.no_grad()
def measure(pair, validation, count):
    """Mean IoU after each of CLICKS: clicks into the middle of the largest error, the candidate with the best predicted IoU."""
    pair.eval()
    found = {click: [] for click in CLICKS}
    for source, truth in sample_of(validation, count):
        embedding = pair.encoder(framed(source["picture"]))
        height, width = truth.shape
        points, answer = [], np.zeros_like(truth)
        before, has = torch.zeros(1, 1, SIDE // 2, SIDE // 2), torch.zeros(1)
        for click in range(1, max(CLICKS) + 1):
            point = next_click(truth, answer)
            if point is not None:
                points.append(point)
                coords = torch.tensor([[point[:2] for point in points]], dtype=torch.float32)
                labels = torch.tensor([[point[2] for point in points]], dtype=torch.float32)
                masks, quality = pair.decoder(embedding, coords, labels, before, has)
                before, has = masks[:, quality[0].argmax()][:, None], torch.ones(1)
                large = F.interpolate(before, scale_factor=2.0, mode="bilinear", align_corners=False)
                answer = large[0, 0, :height, :width].numpy() > 0
            if click in found:
                found[click].append((answer & truth).sum() / (answer | truth).sum())
    return [float(np.mean(found[click])) for click in CLICKS]
