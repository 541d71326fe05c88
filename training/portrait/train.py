"""Trains the portrait model and exports it.

    python training/portrait/train.py --data DATA --teacher TEACHER.onnx

DATA holds ccp/ and nuclei/. All that is large goes into training/.work; an
interrupted run goes on from its last checkpoint.
"""
import argparse
import copy
import csv
import ctypes
import math
import os
import time
from pathlib import Path

import cv2
import numpy as np

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take the cores from those who make batches
import torch
import torch.nn.functional as F

from data import Packed, prepare
from export import export
from model import MEAN, SIZE, STD, Portrait
from synth import Synth
from teacher import Teacher

HERE = Path(__file__).resolve().parent
MASK_SHARE = 0.6  # of the target comes from the labels, the rest from the teacher


class Batches(torch.utils.data.Dataset):
    """Batch number n is always the same, whoever makes it and when."""

    def __init__(self, cache, teacher, seed, batch, steps):
        self.cache, self.teacher, self.seed, self.batch, self.steps = cache, teacher, seed, batch, steps
        self.tools = None

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, n):
        if self.tools is None:
            self.tools = Synth(self.cache), Teacher(self.teacher)
        synth, teacher = self.tools
        pictures, targets, weights = [], [], []
        for i in range(self.batch):
            seen, clean, mask, trusted = synth.example(self.seed, self.steps[n], i)
            answer = teacher(clean)
            pictures.append(seen)
            targets.append(MASK_SHARE * mask + (1 - MASK_SHARE) * answer if trusted else answer)
            weights.append(1 - 0.5 * np.abs(mask - answer) if trusted else np.ones_like(answer))
        return torch.from_numpy(np.stack(pictures)), torch.from_numpy(np.stack(targets)), torch.from_numpy(np.stack(weights))


def to_input(pictures):
    x = pictures.permute(0, 3, 1, 2).float().div(255).sub(MEAN).div(STD)
    return x.contiguous(memory_format=torch.channels_last)


def loss_of(logits, target, weight):
    """Cross entropy, heavier near edges, plus a soft Dice part."""
    mean = F.avg_pool2d(target, 9, 1, 4)
    edge = (4 * mean * (1 - mean)).clamp(0, 1)
    cross = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    cross = (cross * weight * (1 + 2 * edge)).mean()
    p = logits.sigmoid()
    both = (p * target * weight).sum((1, 2, 3))
    each = ((p * p + target * target) * weight).sum((1, 2, 3))
    return cross + 0.5 * (1 - (2 * both + 50) / (each + 50)).mean()


def validation_set(cache):
    """Whole photos and their upper halves (the person's upper 45 %), both stretched to the input."""
    photos, masks = Packed(cache / "val_photos"), Packed(cache / "val_masks")
    sets = {"full": ([], []), "upper": ([], [])}
    for i in range(len(photos)):
        photo, mask = photos[i], masks[i]
        rows = np.flatnonzero(mask.any(1))
        columns = np.flatnonzero(mask.any(0))
        upper = rows[0] + int(0.45 * (rows[-1] - rows[0]))
        top, left, right = max(0, rows[0] - 10), max(0, columns[0] - 20), columns[-1] + 20
        for name, box in (("full", np.s_[:, :]), ("upper", np.s_[top:upper, left:right])):
            sets[name][0].append(cv2.resize(photo[box], (SIZE, SIZE), interpolation=cv2.INTER_AREA))
            sets[name][1].append(cv2.resize(mask[box], (SIZE, SIZE), interpolation=cv2.INTER_NEAREST) > 0)
    return {k: (np.stack(a), np.stack(b)) for k, (a, b) in sets.items()}


@torch.no_grad()
def iou(model, pictures, masks):
    scores = []
    for i in range(0, len(pictures), 8):
        answer = model(to_input(torch.from_numpy(pictures[i : i + 8])))[:, 0].numpy() > 0
        truth = masks[i : i + 8]
        scores += list((answer & truth).sum((1, 2)) / np.maximum((answer | truth).sum((1, 2)), 1))
    return float(np.mean(scores))


@torch.no_grad()
def follow(average, model, decay):
    for a, b in zip(average.state_dict().values(), model.state_dict().values()):
        if a.dtype.is_floating_point:
            a.lerp_(b, 1 - decay)
        else:
            a.copy_(b)


def draw(log, picture):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = list(csv.DictReader(open(log)))
    steps = [int(r["step"]) for r in rows]
    figure, left = pyplot.subplots(figsize=(6, 3.2), dpi=90)
    left.plot(steps, [float(r["loss"]) for r in rows], color="#999999", label="training loss (left)")
    left.set_xlabel("step")
    left.set_ylim(bottom=0)
    right = left.twinx()
    right.plot(steps, [float(r["iou_full"]) for r in rows], color="#1f6f8b", label="validation IoU, whole photo")
    right.plot(steps, [float(r["iou_upper"]) for r in rows], color="#c05a2b", label="validation IoU, upper part")
    right.set_ylim(0.6, 1)
    figure.legend(loc="lower center", bbox_to_anchor=(0.5, 0.2), fontsize=7)
    figure.tight_layout()
    figure.savefig(picture, metadata={"Software": None})


def keep_memory():
    """Asks glibc to keep freed memory: giving it back and taking it again at every step costs time."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
    except (OSError, AttributeError):
        pass  # another C library: only slower


def main():
    keep_memory()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PORTRAIT_DATA"), help="folder with ccp/ and nuclei/ (or PORTRAIT_DATA)")
    parser.add_argument("--teacher", default=os.environ.get("PORTRAIT_TEACHER"), help="the teacher's ONNX file (or PORTRAIT_TEACHER)")
    parser.add_argument("--work", default=str(HERE.parent / ".work"), help="folder for cache and checkpoints")
    parser.add_argument("--out", default=str(HERE.parents[1] / "models/portrait/1/portrait.onnx"))
    parser.add_argument("--log", default=str(HERE / "log.csv"))
    parser.add_argument("--run", default="portrait", help="name of the checkpoint")
    parser.add_argument("--small-steps", type=int, default=3500, help="steps on small pictures")
    parser.add_argument("--large-steps", type=int, default=1300, help="steps at full size, after those")
    parser.add_argument("--small", type=int, default=160, help="side of the small pictures")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    if not args.data or not args.teacher:
        parser.error("--data and --teacher are needed")

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    cache = prepare(args.data, args.work)
    val = validation_set(cache)
    total = args.small_steps + args.large_steps

    model = Portrait().to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}], lr=args.rate)
    step = 0
    checkpoint = Path(args.work) / f"{args.run}.pt"
    fields = ["step", "size", "rate", "loss", "iou_full", "iou_upper", "seconds"]
    spent = 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["step"], saved["seconds"]
        print(f"going on from step {step}", flush=True)
    else:
        with open(args.log, "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerow(fields)

    batches = Batches(cache, args.teacher, args.seed, args.batch, range(step, total))
    loader = torch.utils.data.DataLoader(batches, batch_size=None, num_workers=args.workers, prefetch_factor=4)
    started, losses = time.time(), []
    model.train()
    for pictures, target, weight in loader:
        size = args.small if step < args.small_steps else SIZE
        x, target, weight = to_input(pictures), target[:, None], weight[:, None]
        if size != SIZE:
            x = F.interpolate(x, size=(size, size), mode="area").contiguous(memory_format=torch.channels_last)
            target = F.interpolate(target, size=(size, size), mode="area")
            weight = F.interpolate(weight, size=(size, size), mode="area")
        rate = args.rate * min(1, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * step / total))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        loss = loss_of(model(x), target, weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        step += 1
        follow(average, model, min(0.998, step / (step + 20)))
        losses.append(float(loss))
        if step % 100 == 0 or step == total:
            print(step, size, f"{np.mean(losses[-100:]):.4f}", f"{spent + time.time() - started:.0f}s", flush=True)
        if step % 300 == 0 or step == total:
            seconds = spent + time.time() - started
            scores = [iou(average, *val[k]) for k in ("full", "upper")]
            row = [step, size, f"{rate:.6f}", f"{np.mean(losses):.4f}", *(f"{s:.4f}" for s in scores), f"{seconds:.0f}"]
            losses = []
            print(dict(zip(fields, row)), flush=True)
            with open(args.log, "a", newline="") as f:
                csv.writer(f, lineterminator="\n").writerow(row)
            part = checkpoint.with_suffix(".part")
            torch.save(
                {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "seconds": seconds}, part
            )
            os.replace(part, checkpoint)
    draw(args.log, HERE / "curve.png" if args.log == parser.get_default("log") else Path(args.log).with_suffix(".png"))
    export(average, args.out)


if __name__ == "__main__":
    main()
