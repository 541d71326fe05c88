"""Trains the nuclei model and exports it.

    python training/nuclei/train.py --data DATA --minutes 45

DATA holds images/ and instances/. The learning rate falls to nothing over the minutes given, however many steps they
hold. An interrupted run goes on from its last checkpoint (delete training/.work/nuclei.pt to begin anew).
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

from augment import example
from data import prepare, write_validation_list
from export import export
from instances import instances_of, matched, precision
from model import MULTIPLE, Nuclei, Served
from parts import begin_from, follow, keep_memory, short_numbers  # found by model.py

HERE = Path(__file__).resolve().parent
FIELDS = ["step", "minutes", "rate", "loss", "ap50_fluorescence", "ap50_stained"]
FLUORESCENCE_SHARE = 0.72  # of the examples


def batch_of(step, training, chances, fluorescence, args):
    """Batch number n is always the same."""
    rng = np.random.default_rng([args.seed, step])
    chosen = rng.choice(len(training), args.batch, p=chances)
    parts = zip(*(example(rng, training[i], fluorescence[rng.integers(len(fluorescence))], args.size) for i in chosen))
    return [torch.from_numpy(np.stack(p)) for p in parts]


def chances_of(training):
    """Larger pictures are drawn oftener, by the root of their pixels; the two kinds have fixed shares."""
    kind = np.array([e["fluorescence"] for e in training])
    chances = np.sqrt([e["instances"].size for e in training])
    for which, share in ((kind, FLUORESCENCE_SHARE), (~kind, 1 - FLUORESCENCE_SHARE)):
        chances[which] *= share / chances[which].sum()
    return chances / chances.sum()


def loss_of(logits, targets, weight):
    nucleus, border, distance = targets.unbind(1)
    p = logits.sigmoid()
    cross = (F.binary_cross_entropy_with_logits(logits[:, 0], nucleus, reduction="none") * weight).mean()
    dice = 1 - (2 * (p[:, 0] * nucleus).sum((1, 2)) + 20) / ((p[:, 0] + nucleus).sum((1, 2)) + 20)
    edge = F.binary_cross_entropy_with_logits(logits[:, 1], border, reduction="none", pos_weight=torch.tensor(3.0))
    far = (F.smooth_l1_loss(p[:, 2], distance, reduction="none", beta=0.1) * weight * (0.3 + nucleus)).mean()
    return cross + 0.5 * dice.mean() + 0.5 * edge.mean() + 4 * far


@torch.no_grad()
def maps_of(served, picture):
    """The three maps of a picture, brought to multiples of MULTIPLE and back as the server does."""
    height, width = picture.shape[:2]
    to = tuple(max(MULTIPLE, round(side / MULTIPLE) * MULTIPLE) for side in (width, height))
    x = picture if to == (width, height) else cv2.resize(picture, to, interpolation=cv2.INTER_LINEAR)
    x = torch.from_numpy(x.transpose(2, 0, 1).astype(np.float32) / 255)[None]
    return served(x)[0].numpy()


def counts_of(served, sources, **how):
    """TP, FP, FN of each picture."""
    counts = []
    for source in sources:
        answer = instances_of(maps_of(served, source["picture"]), **how).astype(np.int32)
        if answer.shape != source["instances"].shape:
            height, width = source["instances"].shape
            answer = cv2.resize(answer.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST).astype(np.int32)
        counts.append(matched(source["instances"], answer))
    return counts


def measure(net, validation):
    served = Served(net, smooth=1, mirrored=False).eval()
    scores = []
    for kind in (True, False):
        scores.append(precision(counts_of(served, [e for e in validation if e["fluorescence"] == kind])))
    return scores


def train(training, validation, args):
    torch.manual_seed(args.seed)
    model = Nuclei().to(memory_format=torch.channels_last)
    if args.begin:
        begin_from(model, args.begin)
    average = copy.deepcopy(model).eval()
    groups = [[p for p in model.parameters() if p.ndim > 1], [p for p in model.parameters() if p.ndim <= 1]]
    optimiser = torch.optim.AdamW([{"params": p, "weight_decay": d} for p, d in zip(groups, (0.02, 0.0))], lr=args.rate)
    step, spent = 0, 0.0
    checkpoint = Path(args.work) / "nuclei.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        for name, part in (("model", model), ("average", average), ("optimiser", optimiser)):
            part.load_state_dict(saved[name])
        step, spent = saved["step"], saved["seconds"]
        print(f"going on from step {step}, {spent / 60:.1f} minutes", flush=True)
    else:
        with open(args.log, "w", newline="") as f:
            csv.writer(f, lineterminator="\n").writerow(FIELDS)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    chances, fluorescence = chances_of(training), [e for e in training if e["fluorescence"]]
    quick = validation if args.all_validation else validation[::2]
    started, losses, budget = time.time(), [], args.minutes * 60
    saved_at = spent
    model.train()
    while True:
        seconds = spent + time.time() - started
        over = seconds >= budget
        if over or seconds - saved_at >= args.every * 60:
            saved_at = seconds
            scores = measure(average, validation if over else quick)
            row = [step, f"{seconds / 60:.1f}", f"{rate:.6f}", f"{np.mean(losses):.4f}", *(f"{pooled:.4f}" for pooled, _ in scores)]
            print(dict(zip(FIELDS, row)), "mean over pictures", [f"{each:.4f}" for _, each in scores], flush=True)
            with open(args.log, "a", newline="") as f:
                csv.writer(f, lineterminator="\n").writerow(row)
            state = {"model": model, "average": average, "optimiser": optimiser}
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
        pictures, targets, weight = batch_of(step, training, chances, fluorescence, args)
        optimiser.zero_grad()
        with short_numbers(args.bfloat16):
            logits = model(pictures.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), targets, weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        step += 1
        follow(average, model, min(0.998, step / (step + 20)))
        losses.append(float(loss))
        if step % 25 == 0:
            print(step, f"{np.mean(losses[-25:]):.4f}", f"{seconds:.0f}s", flush=True)


def main():
    keep_memory()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEI_DATA"), help="folder with images/ and instances/ (or NUCLEI_DATA)")
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--every", type=float, default=4, help="minutes between checkpoints")
    parser.add_argument("--work", default=str(HERE.parent / ".work"), help="folder for cache and checkpoint")
    parser.add_argument("--out", default=str(HERE.parents[1] / "models/nuclei/1/nuclei.onnx"))
    parser.add_argument("--log", default=str(HERE / "log.csv"))
    parser.add_argument("--begin", help="a checkpoint whose weights are begun with")
    parser.add_argument("--bfloat16", action="store_true", help="convolutions in bfloat16: twice as fast with torch 2 on a processor that has it")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=224, help="side of the crops")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--all-validation", action="store_true", help="measure on every validation picture each time, not on every second")
    args = parser.parse_args()
    if not args.data:
        parser.error("--data is needed")
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    training, validation = prepare(args.data, args.work)
    write_validation_list(validation)
    print(f"{len(training)} pictures to train on, {len(validation)} to validate", flush=True)
    average = train(training, validation, args)
    export(average, args.out)


if __name__ == "__main__":
    main()
