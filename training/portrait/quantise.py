"""An int8 twin of the exported model, and whether it is worth having: agreement and speed on this machine.

    python training/portrait/quantise.py [--out INT8.onnx] [--model portrait.onnx] [--work training/.work]
"""
import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from data import Packed
from model import MEAN, SIZE, STD
from quantised import open_session, quantise  # found by model.py

MODELS = Path(__file__).resolve().parents[2] / "models"


def inputs(cache, part, step):
    photos = Packed(cache / f"{part}_photos")
    for i in range(0, len(photos), step):
        picture = cv2.resize(photos[i], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        yield ((picture.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)


def milliseconds(sessions, x, runs=100):
    """For each: median and least of the runs, taken by turns, so that what else the machine does hits all alike."""
    times = [[] for _ in sessions]
    for _ in range(runs + 10):
        for session, own in zip(sessions, times):
            start = time.perf_counter()
            session.run(None, {"image": x})
            own.append((time.perf_counter() - start) * 1000)
    return [(float(np.median(own[10:])), min(own)) for own in times]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(MODELS / "portrait/1/portrait.onnx"))
    parser.add_argument("--out", default=str(MODELS / "portrait-int8/1/portrait-int8.onnx"))
    parser.add_argument("--work", default=str(Path(__file__).resolve().parents[1] / ".work"))
    args = parser.parse_args()
    cache = Path(args.work) / "cache"
    quantise(args.model, args.out, ({"image": x} for x in inputs(cache, "train", 8)))
    same, change = [], []
    whole, small = open_session(args.model, 2), open_session(args.out, 2)
    for x in inputs(cache, "val", 1):
        a, b = (1 / (1 + np.exp(-s.run(None, {"image": x})[0][0, 0])) for s in (whole, small))
        same.append(((a > 0.5) == (b > 0.5)).mean())
        change.append(np.abs(a - b).mean())
    print(f"on the validation photos: {np.mean(same):.4f} of the pixels decided alike, mean abs. difference of alpha {np.mean(change):.4f}")
    for threads in (1, 2):
        (before, least), (after, lowest) = milliseconds([open_session(p, threads) for p in (args.model, args.out)], x)
        print(f"{threads} threads: median {before:.1f} -> {after:.1f} ms, least {least:.1f} -> {lowest:.1f} ms")


if __name__ == "__main__":
    main()
