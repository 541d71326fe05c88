"""Trains the model, goes on from its checkpoint, draws the curve and writes the ONNX file.

    python training/street/train.py --data DATA --minutes 80

The teacher's answers must be there (see teacher.py). The learning rate and the sizes of the crops follow the share of the
minutes that is gone, so that a run of any length is a whole run.
"""
import argparse
import copy
import csv
import math
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import cv2
import numpy as np
import torch
import torch.nn.functional as F

from augment import Sources, example
from data import HEIGHT, VOID, WIDTH, confusion, ious, load
from model import MEAN, SCALE, Street
from parts import begin_from, follow, short_numbers  # found by model.py

HERE = Path(__file__).resolve().parent
FIELDS = ["step", "share", "size", "rate", "loss", "main_loss", "val_miou", "val_pixels", "seconds"]
# Until this share of the time: batch, crop height and width, scales.
PHASES = ((0.35, 6, (224, 288), (0.5, 1.3)), (0.8, 6, (256, 352), (0.6, 1.6)), (1.01, 6, (288, 384), (0.7, 1.5)))
TEACHER_SHARE, TEACHER_POWER, VOID_WEIGHT, AUXILIARY_WEIGHT = 0.35, 1 / 1.5, 0.5, 0.3


def class_weights(labels: np.ndarray) -> torch.Tensor:
    """Rare classes weigh more: 1 / ln(1.10 + share), one on the average pixel."""
    counts = np.bincount(labels.ravel(), minlength=VOID + 1)[:VOID].astype(float)
    share = counts / counts.sum()
    weights = 1 / np.log(1.10 + share)
    return torch.tensor(weights / (weights * share).sum(), dtype=torch.float32)


def softened(said: np.ndarray) -> np.ndarray:
    """The teacher's word, less sure of itself."""
    out = np.empty_like(said)
    for at, one in enumerate(said):
        softer = (one.astype(np.float32) / 255) ** TEACHER_POWER
        out[at] = np.round(softer / softer.sum(2, keepdims=True) * 255)
    return out


ONE_HOT = torch.eye(VOID + 1)[:, :VOID] / 4


def targets_of(label: torch.Tensor, said: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What is to be said [N,11,h/2,w/2] and how much it counts [N,1,h/2,w/2]."""
    truth = sum(ONE_HOT[label[:, y::2, x::2].int()] for y in (0, 1) for x in (0, 1))
    known = truth.sum(3, keepdim=True)
    said = said.float() / 255
    has_said = said.sum(3, keepdim=True) > 0.5
    mixed = truth * (1 - TEACHER_SHARE) + said * (1 - known * (1 - TEACHER_SHARE))
    target = torch.where(has_said, mixed, truth)
    weight = (target @ weights)[..., None] * torch.where(has_said, known + (1 - known) * VOID_WEIGHT, torch.ones(()))
    return target.permute(0, 3, 1, 2), weight.permute(0, 3, 1, 2)


def cross_entropy(logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    each = -(target * F.log_softmax(logits.float(), 1)).sum(1, keepdim=True)
    return (each * weight).sum() / weight.sum().clamp(min=1)


def shrunk(target: torch.Tensor, weight: torch.Tensor, by: int) -> tuple[torch.Tensor, torch.Tensor]:
    mean = F.avg_pool2d(weight, by)
    return F.avg_pool2d(target * weight, by) / mean.clamp(min=1e-3), mean


def loss_of(answer, target: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    logits, auxiliary = answer
    large = F.interpolate(logits.float(), size=target.shape[2:], mode="bilinear", align_corners=False)
    main = cross_entropy(large, target, weight)
    total = main
    for other in auxiliary:
        total = total + AUXILIARY_WEIGHT * cross_entropy(other, *shrunk(target, weight, target.shape[2] // other.shape[2]))
    return total, main


def to_input(pictures: np.ndarray) -> torch.Tensor:
    x = (pictures.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(SCALE, np.float32)
    return torch.from_numpy(x).permute(0, 3, 1, 2)  # channels last in memory


def batch_of(sources: Sources, step: int, size: int, crop: tuple[int, int], scales: tuple[float, float], seed: int):
    rng = np.random.default_rng((seed, step))
    made = [example(rng, sources, int(at), crop, scales) for at in rng.choice(len(sources), size, replace=False)]
    pictures, labels, said = (np.stack(column) for column in zip(*made))
    return to_input(pictures), torch.from_numpy(labels), torch.from_numpy(said)


@torch.no_grad()
def validate(model: Street, pictures: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    counts = np.zeros((VOID, VOID), np.int64)
    for picture, label in zip(pictures, labels):
        logits = F.interpolate(model(to_input(picture[None])), size=(HEIGHT, WIDTH), mode="bilinear", align_corners=False)
        counts += confusion(label, logits[0].argmax(0).numpy())
    return float(ious(counts).mean()), float(np.diag(counts).sum() / counts.sum())


def save(file: Path, **what) -> None:
    part = file.with_suffix(".part")
    torch.save(what, part)
    os.replace(part, file)


def optimiser_of(model: Street, rate: float) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": 0.04}, {"params": rest, "weight_decay": 0.0}], lr=rate)


def train(args: argparse.Namespace) -> Street:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    _, pictures, labels = load(args.data, "train")
    _, val_pictures, val_labels = load(args.data, "val")
    sources = Sources(pictures, labels, softened(np.load(Path(args.work) / "said-camvid.npy")))
    weights = class_weights(labels)
    model = Street()
    if args.begin:
        begin_from(model, args.begin)
    model = model.to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(model).eval()
    optimiser = optimiser_of(model, args.rate)
    checkpoint, step, spent = Path(args.work) / "street.pt", 0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["step"], saved["seconds"]
        print(f"going on from step {step}", flush=True)
    else:
        with open(args.log, "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerow(FIELDS)
    started, since, losses, done = time.time() - spent, time.time(), [], False
    while not done:
        share = min(1.0, (time.time() - started) / (args.minutes * 60))
        _, size, crop, scales = next(phase for phase in PHASES if share < phase[0])
        rate = args.rate * min(1, (step + 1) / 200) * max(0.5 + 0.5 * math.cos(math.pi * share), 0.002)
        for group in optimiser.param_groups:
            group["lr"] = rate
        x, label, said = batch_of(sources, step, size, crop, scales, args.seed)
        target, weight = targets_of(label, said, weights)
        with short_numbers(True):
            answer = model(x)
        total, main = loss_of(answer, target, weight)
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        follow(average, model, min(0.998, (step + 1) / (step + 10)))
        losses.append((float(total), float(main)))
        done = share >= 1 or step == args.steps
        if step % 50 == 0:
            print(step, crop, f"{share:.3f} {np.mean([m for _, m in losses[-50:]]):.4f} {time.time() - started:.0f}s", flush=True)
        if time.time() - since > args.every or done:
            score = validate(average, val_pictures[:: 1 if done else 4], val_labels[:: 1 if done else 4])
            mean = np.mean(losses, axis=0)
            row = [step, f"{share:.4f}", f"{crop[0]}x{crop[1]}", f"{rate:.6f}", *(f"{v:.4f}" for v in (*mean, *score)), f"{time.time() - started:.0f}"]
            print(dict(zip(FIELDS, row)), flush=True)
            with open(args.log, "a", newline="") as f:
                csv.writer(f, lineterminator="\n").writerow(row)
            save(checkpoint, model=model.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(), step=step, seconds=time.time() - started)
            since, losses = time.time(), []
    return average


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", default=str(HERE.parent / ".work" / "street"))
    parser.add_argument("--log", default=str(HERE / "log.csv"))
    parser.add_argument("--out", default=str(HERE.parents[1] / "models/street/1/street.onnx"))
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--begin", help="a finished run's checkpoint whose averaged weights a new run begins with (and give it another --work)")
    parser.add_argument("--steps", type=int, help="stop after so many steps, whatever the clock says")
    parser.add_argument("--rate", type=float, default=0.002)
    parser.add_argument("--every", type=float, default=240, help="seconds between two checkpoints")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    average = train(args)
    if args.steps is None:
        from curve import draw
        from export import export

        draw(args.log, HERE / "curve.png")
        export(average, args.out)


if __name__ == "__main__":
    main()
