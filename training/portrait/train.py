"""Trains the portrait model and exports it.

    python training/portrait/train.py --data DATA --teacher TEACHER.onnx

DATA holds ccp/ and nuclei/. Five stages follow each other: the first learns people from
scratch, the second goes on from its averaged weights with pictures of things, and with
clear targets. The third begins between the two with a larger network, the fourth works on larger
pictures and sees photographs of things, the fifth sees the usual photo at the size that is exported; they go on
for as many minutes as they are given, and the last one's averaged weights are exported. All that is large goes into training/.work; an interrupted run goes on from its last checkpoint.
"""
import os

os.environ.setdefault("OPENCV_IO_ENABLE_OPENEXR", "1")  # panoramas are EXR; read when cv2 is first used
import argparse
import copy
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take the cores from those who make batches
import torch
import torch.nn.functional as F

from data import Packed, prepare, prepare_fourth, prepare_second, prepare_third
from export import export
from found import Found, Usual
from model import MEAN, SIZE, STD, Portrait, grow
from parts import follow, keep_memory  # found by model.py
from settle import settle
from synth import Harder, Synth
from teacher import Teacher
from wild import Wild

HERE = Path(__file__).resolve().parent
MASK_SHARE = 0.6  # of the target comes from the labels, the rest from the teacher (first stage)
SECOND_SHARE = 0.3  # of the weights the third stage begins with comes from the second stage, the rest from the first
THIRD_SHARE = 0.6  # of the weights the fourth stage begins with comes from the third stage, the rest from those the third began with


@dataclass(frozen=True)
class Stage:
    number: int
    small: int  # side of the pictures in the first part of the stage
    size: int  # side in the rest
    small_share: float  # the first part's share of the stage
    steps: int | None  # None: as many as fit into the minutes there are
    rate: float
    warm: int  # steps until the rate is reached
    seed: int
    minutes: str = ""  # name of the flag that says how long, where `steps` does not


FIRST = Stage(1, small=160, size=256, small_share=3500 / 4800, steps=4800, rate=3e-3, warm=200, seed=1)
SECOND = Stage(2, small=256, size=256, small_share=0, steps=1200, rate=1.2e-3, warm=60, seed=2)
THIRD = Stage(3, small=256, size=256, small_share=0, steps=None, rate=7e-4, warm=100, seed=3, minutes="third_minutes")
FOURTH = Stage(4, small=320, size=320, small_share=0, steps=None, rate=7e-4, warm=100, seed=4, minutes="fourth_minutes")
FIFTH = Stage(5, small=SIZE, size=SIZE, small_share=0, steps=None, rate=3e-4, warm=20, seed=5, minutes="minutes")
ENDLESS = 1_000_000


def first_target(mask, answer, trusted):
    if not trusted:
        return answer, np.ones_like(answer)
    return MASK_SHARE * mask + (1 - MASK_SHARE) * answer, 1 - 0.5 * np.abs(mask - answer)


def second_target(mask, answer, trusted):
    """1 inside, 0 outside, soft only in a band of a few pixels along the boundary."""
    if not trusted:  # two pictures in one: the teacher alone, with its haze taken away
        return np.clip(answer * 1.5 - 0.25, 0, 1), np.full_like(answer, 0.5)
    wide = cv2.GaussianBlur(mask, (0, 0), 2.5)
    band = np.clip(8 * wide * (1 - wide), 0, 1)  # 1 on the boundary, 0 a few pixels off
    target = mask * (1 - 0.5 * band) + answer * 0.5 * band
    weight = 1 - 0.5 * np.abs(mask - answer) * band
    # Far from the labelled person the teacher sees another one: bystanders, whom the labels leave out.
    weight -= 0.7 * (1 - band) * (mask < 0.5) * np.clip(2 * answer - 1, 0, 1)
    # The labels are rough in places: where the teacher is sure of background inside them, less weight.
    weight -= 0.3 * (1 - band) * (mask > 0.5) * np.clip(1 - 2 * answer, 0, 1)
    return target.astype(np.float32), weight.astype(np.float32)


def third_target(mask, answer, trusted):
    """As in the second stage, but the labels weigh more: bystanders mostly are background, and the teacher has 35 % of the rim."""
    if not trusted:
        return np.clip(answer * 1.3 - 0.15, 0, 1), np.full_like(answer, 0.8)
    wide = cv2.GaussianBlur(mask, (0, 0), 3)
    band = np.clip(8 * wide * (1 - wide), 0, 1)
    target = mask * (1 - 0.35 * band) + answer * 0.35 * band
    weight = 1 - 0.5 * np.abs(mask - answer) * band
    weight -= 0.4 * (1 - band) * (mask < 0.5) * np.clip(2 * answer - 1, 0, 1)
    weight -= 0.4 * (1 - band) * (mask > 0.5) * np.clip(1 - 2 * answer, 0, 1)
    return target.astype(np.float32), weight.astype(np.float32)


SYNTHS = {1: Synth, 2: Harder, 3: Wild, 4: Found, 5: Usual}
TARGETS = {1: first_target, 2: second_target, 3: third_target, 4: third_target, 5: third_target}


class Batches(torch.utils.data.Dataset):
    """Batch number n is always the same, whoever makes it and when."""

    def __init__(self, cache, teacher, stage, batch, steps):
        self.cache, self.teacher, self.stage, self.batch, self.steps = cache, teacher, stage, batch, steps
        self.tools = None

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, n):
        if self.tools is None:
            self.tools = SYNTHS[self.stage.number](self.cache), Teacher(self.teacher)
        synth, teacher = self.tools
        pictures, targets, weights = [], [], []
        for i in range(self.batch):
            seen, clean, mask, trusted = synth.example(self.stage.seed, self.steps[n], i)
            if self.stage.number > 1 and trusted and not mask.any():  # nobody there: no need to ask
                target, weight = mask, np.ones_like(mask)
            else:
                target, weight = TARGETS[self.stage.number](mask, teacher(clean), trusted)
            pictures.append(seen)
            targets.append(target)
            weights.append(weight)
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


def clear_loss_of(logits, target, weight):
    """As above, but what is far off counts more, and each picture's IoU counts: an answer in between costs."""
    mean = F.avg_pool2d(target, 9, 1, 4)
    edge = (4 * mean * (1 - mean)).clamp(0, 1)
    cross = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p = logits.sigmoid()
    far = (p.detach() - target).abs()
    cross = (cross * weight * (1 + 2 * edge) * (0.5 + 2 * far)).mean()
    both = (p * target * weight).sum((1, 2, 3))
    each = ((p + target - p * target) * weight).sum((1, 2, 3))
    return cross + 0.5 * (1 - (both + 100) / (each + 100)).mean()


def crisp_loss_of(logits, target, weight):
    """Cross entropy as in the first stage, plus plain distance and each picture's IoU, both of which are least when nothing lies in between."""
    mean = F.avg_pool2d(target, 9, 1, 4)
    edge = (4 * mean * (1 - mean)).clamp(0, 1)
    cross = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p = logits.sigmoid()
    cross = ((cross + 0.5 * (p - target).abs()) * weight * (1 + 2 * edge)).mean()
    both = (p * target * weight).sum((1, 2, 3))
    each = ((p + target - p * target) * weight).sum((1, 2, 3))
    return cross + 0.6 * (1 - (both + 150) / (each + 150)).mean()


LOSSES = {1: loss_of, 2: clear_loss_of, 3: crisp_loss_of, 4: crisp_loss_of, 5: crisp_loss_of}


def validation_set(cache, side):
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
            sets[name][0].append(cv2.resize(photo[box], (side, side), interpolation=cv2.INTER_AREA))
            sets[name][1].append(cv2.resize(mask[box], (side, side), interpolation=cv2.INTER_NEAREST) > 0)
    return {k: (np.stack(a), np.stack(b)) for k, (a, b) in sets.items()}


@torch.no_grad()
def iou(model, pictures, masks):
    scores = []
    for i in range(0, len(pictures), 8):
        answer = model(to_input(torch.from_numpy(pictures[i : i + 8])))[:, 0].numpy() > 0
        truth = masks[i : i + 8]
        scores += list((answer & truth).sum((1, 2)) / np.maximum((answer | truth).sum((1, 2)), 1))
    return float(np.mean(scores))


def draw(log, picture):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = list(csv.DictReader(open(log)))
    ends = [max((int(r["step"]) for r in rows if r["stage"] == stage), default=0) for stage in "12345"]
    steps = [int(r["step"]) + sum(ends[: int(r["stage"]) - 1]) for r in rows]
    figure, left = pyplot.subplots(figsize=(6, 3.2), dpi=90)
    for stage in "12345":  # their losses are not the same function
        part = [(s, float(r["loss"])) for s, r in zip(steps, rows) if r["stage"] == stage]
        if part:
            left.plot(*zip(*part), color="#999999", label="training loss (left)" if stage == "1" else None)
    for line in (ends[0], ends[0] + ends[1], sum(ends[:3]), sum(ends[:4])):
        left.axvline(line, color="#dddddd")
    left.set_xlabel("step (at each line a stage begins)")
    left.set_ylim(bottom=0)
    right = left.twinx()
    right.plot(steps, [float(r["iou_full"]) for r in rows], color="#1f6f8b", label="validation IoU, whole photo")
    right.plot(steps, [float(r["iou_upper"]) for r in rows], color="#c05a2b", label="validation IoU, upper part")
    right.set_ylim(0.6, 1)
    figure.legend(loc="lower center", bbox_to_anchor=(0.5, 0.2), fontsize=7)
    figure.tight_layout()
    figure.savefig(picture, metadata={"Software": None})


def main():
    keep_memory()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PORTRAIT_DATA"), help="folder with ccp/ and nuclei/ (or PORTRAIT_DATA)")
    parser.add_argument("--teacher", default=os.environ.get("PORTRAIT_TEACHER"), help="the teacher's ONNX file (or PORTRAIT_TEACHER)")
    parser.add_argument("--work", default=str(HERE.parent / ".work"), help="folder for cache and checkpoints")
    parser.add_argument("--out", default=str(HERE.parents[1] / "models/portrait/1/portrait.onnx"))
    parser.add_argument("--log", default=str(HERE / "log.csv"))
    parser.add_argument("--wheel", help="the scikit-image wheel (otherwise the one in the work folder)")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stamps", help="folder with Tux Paint's stamps (otherwise stamps/ in the work folder)")
    parser.add_argument("--places", help="the package @pmndrs/assets as .tgz (otherwise the one in the work folder)")
    parser.add_argument("--third-minutes", type=float, default=80, help="how long the third stage goes on")
    parser.add_argument("--fourth-minutes", type=float, default=80, help="how long the fourth stage goes on")
    parser.add_argument("--minutes", type=float, default=20, help="how long the fifth stage goes on")
    args = parser.parse_args()
    if not args.data or not args.teacher:
        parser.error("--data and --teacher are needed")

    torch.set_num_threads(args.threads)
    cv2.setNumThreads(0)  # its threads would not live on in the processes that make batches, which would wait for them for ever
    wheel = args.wheel or next(iter(sorted(Path(args.work).glob("scikit_image-*.whl"))), None)
    if not wheel:
        parser.error("the scikit-image wheel is needed: pip download --no-deps -d training/.work scikit-image==0.26.0")
    stamps = args.stamps or Path(args.work) / "stamps"
    if not Path(stamps).exists():
        parser.error("Tux Paint's stamps are needed: apt-get download tuxpaint-stamps-default && dpkg -x tuxpaint-stamps-default_*.deb training/.work/stamps")
    places = args.places or next(iter(sorted(Path(args.work).glob("pmndrs-assets-*.tgz"))), None)
    if not places:
        parser.error("photographs of places are needed: npm pack --pack-destination training/.work @pmndrs/assets@1.7.0")
    cache = prepare(args.data, args.work)
    prepare_second(wheel, args.work)
    prepare_third(args.data, args.work)
    prepare_fourth(stamps, places, args.work)
    before = train(FIRST, Portrait(grown=False), cache, args)
    after = train(SECOND, before, cache, args)
    begin = grow(mix(before, after, SECOND_SHARE))
    larger = mix(begin, train(THIRD, begin, cache, args), THIRD_SHARE)
    last = train(FIFTH, train(FOURTH, larger, cache, args), cache, args)
    settle(last, cache, Teacher(args.teacher))
    draw(args.log, HERE / "curve.png" if args.log == parser.get_default("log") else Path(args.log).with_suffix(".png"))
    export(last, args.out)


def mix(before, after, share):
    """Weights between two stages': people from the first, things from the second."""
    model = copy.deepcopy(after)
    for m, b in zip(model.state_dict().values(), before.state_dict().values()):
        if m.dtype.is_floating_point:
            m.copy_(b.lerp(m, share))
    return model.eval()


FIELDS = ["stage", "step", "size", "rate", "loss", "iou_full", "iou_upper", "seconds"]


def train(stage, begin, cache, args):
    """Runs one stage from the weights it begins with, or what is left of it; gives the moving average of the weights."""
    torch.manual_seed(stage.seed)
    model = copy.deepcopy(begin).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}], lr=stage.rate)
    step, spent = 0, 0.0
    checkpoint = Path(args.work) / f"portrait-{stage.number}.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["step"], saved["seconds"]
        print(f"stage {stage.number}: going on from step {step}", flush=True)
    elif stage.number == 1:
        with open(args.log, "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerow(FIELDS)

    def progress(step, seconds):
        """0 at the beginning, 1 at the end: by steps, or by the clock."""
        return step / stage.steps if stage.steps else seconds / (60 * getattr(args, stage.minutes))

    if progress(step, spent) >= 1:
        return average
    val = validation_set(cache, stage.size)
    batches = Batches(cache, args.teacher, stage, args.batch, range(step, stage.steps or ENDLESS))
    loader = torch.utils.data.DataLoader(batches, batch_size=None, num_workers=args.workers, prefetch_factor=4)
    started, losses, done = time.time(), [], progress(step, spent)
    model.train()
    for pictures, target, weight in loader:
        size = stage.small if done < stage.small_share else stage.size
        x, target, weight = to_input(pictures), target[:, None], weight[:, None]
        if size != SIZE:
            x = F.interpolate(x, size=(size, size), mode="area").contiguous(memory_format=torch.channels_last)
            target = F.interpolate(target, size=(size, size), mode="area")
            weight = F.interpolate(weight, size=(size, size), mode="area")
        rate = stage.rate * min(1, (step + 1) / stage.warm) * (0.5 + 0.5 * math.cos(math.pi * min(1, done)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        loss = LOSSES[stage.number](model(x), target, weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        step += 1
        follow(average, model, min(0.997, step / (step + 20)))
        losses.append(float(loss))
        seconds = spent + time.time() - started
        done = progress(step, seconds)
        if step % 20 == 0:
            print(step, size, f"{np.mean(losses[-20:]):.4f}", f"{rate:.6f}", f"{seconds:.0f}s", flush=True)
        if step % 100 == 0 or done >= 1:
            scores = [iou(average, *val[k]) for k in ("full", "upper")]
            row = [stage.number, step, size, f"{rate:.6f}", f"{np.mean(losses):.4f}", *(f"{s:.4f}" for s in scores), f"{seconds:.0f}"]
            losses = []
            print(dict(zip(FIELDS, row)), flush=True)
            with open(args.log, "a", newline="") as f:
                csv.writer(f, lineterminator="\n").writerow(row)
            part = checkpoint.with_suffix(".part")
            torch.save(
                {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "seconds": seconds}, part
            )
            os.replace(part, checkpoint)
        if done >= 1:
            break
    return average


if __name__ == "__main__":
    main()
