"""Measures an exported model beside another one on the validation photos.

    python training/portrait/evaluate.py --data DATA --other TEACHER.onnx [--mixed FOLDER] [--empty PHOTO ...] [--sheet OUT.png] [--speed]

The picture is stretched to 256x256 (Pillow, bilinear) and the answer is
compared with the mask at 256x256 (nearest), threshold 0.5. IoU is the mean over
photos. --mixed: photos without masks; there the mean of |alpha - other's alpha| is given.
--empty: photos without people; there the mean alpha is given, which should be 0.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

from data import split
from model import MEAN, SIZE, STD

OURS = Path(__file__).resolve().parents[2] / "models/portrait/1/portrait.onnx"


class Ours:
    """`image` NCHW, (x / 255 - MEAN) / STD; `logits`."""

    def __init__(self, path, threads):
        self.session = open_session(path, threads)

    def prepare(self, picture):
        return ((np.asarray(picture, np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)[None].copy()

    def run(self, x):
        return self.session.run(["logits"], {"image": x})[0]

    def __call__(self, picture):
        return 1 / (1 + np.exp(-self.run(self.prepare(picture))[0, 0]))


class Other:
    """Any 256x256 model with RGB / 255 in, NHWC, and probabilities out, as the teacher is."""

    def __init__(self, path, threads):
        self.session = open_session(path, threads)
        self.name = self.session.get_inputs()[0].name

    def prepare(self, picture):
        return np.asarray(picture, np.float32)[None] / 255

    def run(self, x):
        return self.session.run(None, {self.name: x})[0]

    def __call__(self, picture):
        return self.run(self.prepare(picture)).reshape(SIZE, SIZE)


def open_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def stretched(picture):
    return picture.resize((SIZE, SIZE), Image.BILINEAR)


def examples(root):
    """For each validation photo: the whole of it, and the upper 45 % of its person."""
    for name in split(root)[1]:
        photo = Image.open(Path(root) / f"ccp/photos/{name}.jpg").convert("RGB")
        mask = Image.fromarray((np.asarray(Image.open(Path(root) / f"ccp/labels/{name}.png")) > 0).astype(np.uint8))
        left, top, right, bottom = mask.getbbox()
        upper = (max(0, left - 20), max(0, top - 10), min(photo.width, right + 20), top + int(0.45 * (bottom - top)))
        for part, box in (("whole photo", None), ("upper part", upper)):
            p, m = (photo, mask) if box is None else (photo.crop(box), mask.crop(box))
            yield name, part, stretched(p), np.asarray(m.resize((SIZE, SIZE), Image.NEAREST)) > 0


def iou(alpha, truth):
    answer = alpha > 0.5
    return (answer & truth).sum() / max((answer | truth).sum(), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PORTRAIT_DATA"))
    parser.add_argument("--model", default=str(OURS))
    parser.add_argument("--other", default=os.environ.get("PORTRAIT_TEACHER"))
    parser.add_argument("--mixed", help="folder of photos without masks")
    parser.add_argument("--empty", nargs="*", default=[], help="photos without people")
    parser.add_argument("--sheet", help="where to draw the answers: photo, ours, other")
    parser.add_argument("--speed", action="store_true", help="also time both at 2 threads")
    args = parser.parse_args()
    if not args.data or not args.other:
        parser.error("--data and --other are needed")
    models = {"ours": Ours(args.model, 2), "other": Other(args.other, 2)}
    scores, errors, rows = {}, {}, []
    for name, part, picture, truth in examples(args.data):
        answers = {k: m(picture) for k, m in models.items()}
        for k, alpha in answers.items():
            scores.setdefault(part, {}).setdefault(k, []).append(iou(alpha, truth))
            errors.setdefault(part, {}).setdefault(k, []).append(np.abs(alpha - truth).mean())
        rows.append((f"{name} {part}", picture, answers, iou(answers["ours"], truth)))
    print("| validation set | photos | measure | ours | other |\n| --- | --- | --- | --- | --- |")
    for part in scores:
        s, e = scores[part], errors[part]
        n = len(s["ours"])
        print(f"| {part} | {n} | mean IoU | {np.mean(s['ours']):.4f} | {np.mean(s['other']):.4f} |")
        print(f"| {part} | {n} | worst tenth: mean IoU | " + " | ".join(f"{np.mean(np.sort(s[k])[: max(1, n // 10)]):.4f}" for k in models) + " |")
        print(f"| {part} | {n} | mean abs. error of alpha | {np.mean(e['ours']):.4f} | {np.mean(e['other']):.4f} |")
    rows = sorted(rows, key=lambda r: r[3])
    rows = rows[:16] + rows[len(rows) // 2 : len(rows) // 2 + 4]
    if args.mixed:
        print("\n| photo without mask | mean abs. difference | mean alpha, ours | mean alpha, other |\n| --- | --- | --- | --- |")
        differences, mixed = [], []
        for path in sorted(Path(args.mixed).iterdir()):
            if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp"):
                continue
            picture = stretched(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
            answers = {k: m(picture) for k, m in models.items()}
            differences.append(np.abs(answers["ours"] - answers["other"]).mean())
            print(f"| {path.name} | {differences[-1]:.4f} | {answers['ours'].mean():.4f} | {answers['other'].mean():.4f} |")
            mixed.append((path.name, picture, answers, None))
        print(f"| mean of {len(differences)} | {np.mean(differences):.4f} | | |")
        rows = mixed + rows
    if args.empty:
        print("\n| photo without people | mean alpha, ours | mean alpha, other | pixels over 0.5, ours | pixels over 0.5, other |\n| --- | --- | --- | --- | --- |")
        table, shown = [], []
        for path in map(Path, args.empty):
            picture = stretched(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
            answers = {k: m(picture) for k, m in models.items()}
            table.append([a.mean() for a in answers.values()] + [(a > 0.5).mean() for a in answers.values()])
            print(f"| {path.name} | " + " | ".join(f"{v:.4f}" for v in table[-1]) + " |")
            shown.append((path.name, picture, answers, None))
        print(f"| mean of {len(table)} | " + " | ".join(f"{v:.4f}" for v in np.mean(table, 0)) + " |")
        rows = shown + rows
    if args.sheet:
        draw(rows, args.sheet)
    if args.speed:
        picture = Image.new("RGB", (SIZE, SIZE))
        for k, m in models.items():
            x = m.prepare(picture)
            for _ in range(20):
                m.run(x)
            times = []
            for _ in range(200):
                start = time.perf_counter()
                m.run(x)
                times.append((time.perf_counter() - start) * 1000)
            print(f"{k}: median {np.median(times):.1f} ms, 90 % under {np.percentile(times, 90):.1f} ms (2 threads, batch 1, network alone)")


def draw(rows, out, across=4, side=128):
    """Photo, ours and other's as cut-outs on green."""
    sheet = Image.new("RGB", (across * 3 * side, -(-len(rows) // across) * side))
    green = Image.new("RGB", (SIZE, SIZE), (0, 200, 0))
    for n, (_, picture, answers, _) in enumerate(rows):
        tiles = [picture] + [Image.composite(picture, green, Image.fromarray((a * 255).astype(np.uint8))) for a in answers.values()]
        for t, tile in enumerate(tiles):
            sheet.paste(tile.resize((side, side)), (((n % across) * 3 + t) * side, n // across * side))
    sheet.save(out)


if __name__ == "__main__":
    main()
