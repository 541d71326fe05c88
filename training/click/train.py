"""Trains the click pair and exports it.

    python training/click/train.py --data DATA --minutes 60

DATA holds ccp/, camvid/ and nuclei/. The learning rate falls to nothing over the minutes given, however many steps they
hold. An interrupted run goes on from its last checkpoint (delete training/.work/click.pt to begin anew).
"""
import argparse
import copy
import csv
import math
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take the cores from others
import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from augment import example
from clicks import box_of, middle_of, next_click, somewhere_in
from data import CLASSES, NO_CLASS, SHARES, prepare
from export import export
from measure import measure
from model import EMBEDDING, MEAN, STD, Decoder, Encoder
from parts import begin_from, follow, keep_memory, short_numbers  # found by model.py

HERE = Path(__file__).resolve().parent
FIELDS = ["step", "minutes", "rate", "loss", "iou1", "iou3", "iou5"]
MASK_LEFT_OUT = 0.35  # of the later clicks come without the mask of the step before
BOX_SHARE = 0.15  # of the prompts begin with a box
MIDDLE_SHARE = 0.5  # of the clicks go into the middle of what they mean, the others anywhere in it
CLICKS = {1: 0.15, 2: 0.3, 3: 0.35, 4: 0.2}  # how many clicks a step has
CHOSEN = 0.5  # from the second click on: less is left open, and the answer given has to be right
SEMANTICS = 0.3  # how much telling labels and edges counts beside the clicks


class Pair(nn.Module):
    """What is exported, and `semantics`: labels and edges told from the embedding, so that every pixel of a picture teaches."""

    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()
        self.semantics = nn.Conv2d(EMBEDDING, sum(CLASSES.values()) + 1, 1)


def batch_of(step, groups, args):
    """Batch number n is always the same: pictures, of each its regions, and what `semantics` is to tell."""
    rng = np.random.default_rng([args.seed, step])
    kinds = rng.choice(list(SHARES), args.batch, p=list(SHARES.values()))
    made = []
    for kind in kinds:
        found = None
        while found is None:
            found = example(rng, groups[kind][rng.integers(len(groups[kind]))], args.size, args.regions)
        made.append(found)
    pictures, regions, labels, numbers = zip(*made)
    pictures = np.stack(pictures).astype(np.float32) / 255
    pictures = (pictures - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    known = [(kind, torch.from_numpy(np.stack([l, edges_of(l, n)]))) for kind, l, n in zip(kinds, labels, numbers)]
    return rng, torch.from_numpy(pictures.transpose(0, 3, 1, 2)), regions, known


def edges_of(labels, numbers):
    """255 where a 3x3 square holds two labels or two regions."""
    kernel = np.ones((3, 3), np.uint8)
    mixed = [cv2.dilate(part, kernel) != cv2.erode(part, kernel) for part in (labels.copy(), numbers.copy())]
    return (mixed[0] | mixed[1]).astype(np.uint8) * 255


def semantics_loss(logits, known):
    """Cross entropy of the labels, among those of the picture's own data set, and of the edges; at a quarter of the resolution."""
    first = dict(zip(CLASSES, np.cumsum([0, *CLASSES.values()])))
    total = 0.0
    for told, (kind, (labels, edges)) in zip(logits, known):
        labels = labels[2::4, 2::4].long()
        if (labels != NO_CLASS).any():
            own = told[first[kind] : first[kind] + CLASSES[kind]]
            total = total + F.cross_entropy(own[None], labels[None], ignore_index=NO_CLASS)
        edges = F.max_pool2d(edges[None].float() / 255, 4)[0]
        total = total + 0.5 * F.binary_cross_entropy_with_logits(told[-1], edges, pos_weight=torch.tensor(2.0))
    return total / len(known)


def first_prompt(truth, rng):
    if rng.random() < BOX_SHARE:
        x0, y0, x1, y1 = box_of(truth, rng)
        return [(x0, y0, 2), (x1, y1, 3)]
    return [(*(middle_of(truth)[:2] if rng.random() < MIDDLE_SHARE else somewhere_in(truth, rng)), 1)]


def tensors_of(prompts):
    """Coordinates and labels, filled up with points that are none."""
    most = max(len(points) for points in prompts)
    coords = torch.zeros(len(prompts), most, 2)
    labels = torch.full((len(prompts), most), -1.0)
    for row, points in enumerate(prompts):
        for column, (x, y, label) in enumerate(points):
            coords[row, column] = torch.tensor([float(x), float(y)])
            labels[row, column] = label
    return coords, labels


def loss_of(logits, quality, truth, chosen):
    """The best candidate learns, and with the share `chosen` the one that is predicted to be; each learns how good it is.

    Also the masks to go on with: of each row the candidate that is predicted to be the best.
    """
    target = truth[:, None].expand_as(logits)
    p = logits.sigmoid()
    cross = F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean((2, 3))
    # Small things count as much as large ones.
    balanced = (cross / (truth.mean((1, 2))[:, None] + 0.05).sqrt()).clamp(max=20)
    both = (p * target).sum((2, 3))
    dice = 1 - (2 * both + 4) / (p.sum((2, 3)) + target.sum((2, 3)) + 4)
    each = balanced + dice
    best = each.argmin(1)
    rows = torch.arange(len(best))
    hard = (logits > 0).float()
    shared = (hard * target).sum((2, 3))
    iou = shared / (hard.sum((2, 3)) + target.sum((2, 3)) - shared + 1e-6)
    far = F.mse_loss(quality, iou.detach())
    told = quality.argmax(1)
    ours = (1 - chosen) * each[rows, best] + chosen * each[rows, told]
    # A little for all candidates keeps each of them usable.
    return ours.mean() + 0.1 * each.mean() + 2 * far, logits[rows, told].detach()


def step_loss(pair, pictures, regions, known, rng, args):
    """All regions of all pictures go through the decoder together, each with its picture's embedding."""
    masks = [mask for of_one in regions for mask in of_one]
    truth = torch.from_numpy(np.stack(masks)).float()
    small = F.avg_pool2d(truth[:, None], 2)[:, 0]
    prompts = [first_prompt(mask, rng) for mask in masks]
    before, has = torch.zeros(len(masks), 1, *small.shape[1:]), torch.zeros(len(masks))
    clicks = int(rng.choice(list(CLICKS), p=list(CLICKS.values())))
    with short_numbers(args.bfloat16):
        embeddings = pair.encoder(pictures.contiguous(memory_format=torch.channels_last))
        told = pair.semantics(embeddings)
    embeddings = embeddings.repeat_interleave(args.regions, 0)
    total = 0.0
    for click in range(clicks):
        with short_numbers(args.bfloat16):
            logits, quality = pair.decoder(embeddings, *tensors_of(prompts), before, has)
        loss, best = loss_of(logits.float(), quality.float(), small, CHOSEN if click > 0 else 0.0)
        total = total + loss
        if click + 1 == clicks:
            break
        answers = F.interpolate(best[:, None], scale_factor=2.0, mode="bilinear", align_corners=False)[:, 0].numpy() > 0
        for row, mask in enumerate(masks):
            found = next_click(mask, answers[row], None if rng.random() < MIDDLE_SHARE else rng)
            if found is not None:
                prompts[row] = [*prompts[row], found]
        # Callers who repeat their points without the mask of the step before are answered too.
        before, has = best[:, None], torch.from_numpy((rng.random(len(masks)) >= MASK_LEFT_OUT).astype(np.float32))
    return total / clicks + SEMANTICS * semantics_loss(told.float(), known)


def train(training, validation, args):
    torch.manual_seed(args.seed)
    pair = Pair()
    pair.to(memory_format=torch.channels_last)
    if args.begin:
        begin_from(pair, args.begin)
    average = copy.deepcopy(pair).eval()
    groups = [[p for p in pair.parameters() if p.ndim > 1], [p for p in pair.parameters() if p.ndim <= 1]]
    optimiser = torch.optim.AdamW([{"params": p, "weight_decay": d} for p, d in zip(groups, (0.02, 0.0))], lr=args.rate)
    step, spent = 0, 0.0
    checkpoint = Path(args.work) / "click.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        for name, part in (("pair", pair), ("average", average), ("optimiser", optimiser)):
            part.load_state_dict(saved[name])
        step, spent = saved["step"], saved["seconds"]
        print(f"going on from step {step}, {spent / 60:.1f} minutes", flush=True)
    else:
        with open(args.log, "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerow(FIELDS)
    for name, part in (("encoder", pair.encoder), ("decoder", pair.decoder)):
        print(name, sum(p.numel() for p in part.parameters()), "parameters", flush=True)
    by_kind = {kind: [e for e in training if e["kind"] == kind] for kind in SHARES}
    started, losses, budget = time.time(), [], args.minutes * 60
    saved_at, rate = spent, 0.0
    pair.train()
    while True:
        seconds = spent + time.time() - started
        over = seconds >= budget
        if over or seconds - saved_at >= args.every * 60:
            saved_at = seconds
            scores = measure(average, validation, 240 if over else 60)
            row = [step, f"{seconds / 60:.1f}", f"{rate:.6f}", f"{np.mean(losses):.4f}", *(f"{score:.4f}" for score in scores)]
            print(dict(zip(FIELDS, row)), flush=True)
            with open(args.log, "a", newline="") as f:
                csv.writer(f, lineterminator="\n").writerow(row)
            state = {"pair": pair, "average": average, "optimiser": optimiser}
            state = {k: v.state_dict() for k, v in state.items()} | {"step": step, "seconds": seconds}
            torch.save(state, checkpoint.with_suffix(".part"))
            os.replace(checkpoint.with_suffix(".part"), checkpoint)
            losses = []
        if over:
            return average
        share = min(1, seconds / budget)
        rate = args.rate * min(1, (step + 1) / 60) * max(0.002, 0.5 + 0.5 * math.cos(math.pi * share))
        for group in optimiser.param_groups:
            group["lr"] = rate
        rng, pictures, regions, known = batch_of(step, by_kind, args)
        optimiser.zero_grad()
        loss = step_loss(pair, pictures, regions, known, rng, args)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(pair.parameters(), 2.0)
        optimiser.step()
        step += 1
        follow(average, pair, min(0.998, step / (step + 20)))
        losses.append(float(loss))
        if step % 20 == 0:
            print(step, f"{np.mean(losses[-20:]):.4f}", f"{seconds:.0f}s", flush=True)


def main():
    keep_memory()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("CLICK_DATA"), help="folder with ccp/, camvid/, nuclei/ (or CLICK_DATA)")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--work", default=str(HERE.parent / ".work"), help="folder for cache and checkpoint")
    parser.add_argument("--out", default=str(HERE.parents[1] / "models/click/1"))
    parser.add_argument("--log", default=str(HERE / "log.csv"))
    parser.add_argument("--begin", help="a checkpoint whose weights are begun with, where they fit")
    parser.add_argument("--bfloat16", action="store_true", help="convolutions in bfloat16: twice as fast with torch 2 on a processor that has it")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--regions", type=int, default=2, help="regions of each picture")
    parser.add_argument("--size", type=int, default=256, help="side of the crops")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if not args.data:
        parser.error("--data is needed")
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    training, validation = prepare(args.data, args.work)
    print(f"{len(training)} pictures to train on, {len(validation)} to validate", flush=True)
    average = train(training, validation, args)
    export(average, Path(args.out))


if __name__ == "__main__":
    main()
