"""Writes an int8 twin (QDQ), calibrated on training pictures, and measures it beside the float one.

    python training/street/quantise.py --data DATA
"""
import argparse
import sys
import time
from pathlib import Path

import numpy as np

from data import VOID, confusion, ious, load

sys.path.append(str(Path(__file__).resolve().parents[1]))
from quantised import open_session, quantise

MODELS = Path(__file__).resolve().parents[2] / "models"


def fed(picture: np.ndarray) -> dict[str, np.ndarray]:
    return {"image": (picture.transpose(2, 0, 1)[None] / 255).astype(np.float32)}


def measured(file: str, pictures: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Class maps, IoU of each class, and the median of the milliseconds, one thread."""
    session = open_session(file, 1)
    counts, maps, times = np.zeros((VOID, VOID), np.int64), [], []
    for picture, label in zip(pictures, labels):
        feed, start = fed(picture), time.perf_counter()
        logits = session.run(None, feed)[0]
        times.append(time.perf_counter() - start)
        maps.append(logits[0].argmax(0).astype(np.uint8))
        counts += confusion(label, maps[-1])
    return np.stack(maps), ious(counts), float(np.median(times) * 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default=str(MODELS / "street/1/street.onnx"))
    parser.add_argument("--out", default=str(MODELS / "street-int8/1/street-int8.onnx"))
    parser.add_argument("--data", required=True)
    parser.add_argument("--pictures", type=int, default=64, help="for calibration, evenly from the training part")
    args = parser.parse_args()
    _, pictures, _ = load(args.data, "train")
    chosen = pictures[:: max(1, len(pictures) // args.pictures)]
    quantise(args.source, args.out, map(fed, chosen))
    _, val_pictures, val_labels = load(args.data, "val")
    answers = {}
    for name, file in (("float", args.source), ("int8", args.out)):
        answers[name], found, ms = measured(file, val_pictures, val_labels)
        print(f"{name}: {Path(file).stat().st_size} bytes, mIoU {found.mean():.4f} ({' '.join(f'{v:.3f}' for v in found)}), {ms:.1f} ms", flush=True)
    print(f"equal classes: {(answers['float'] == answers['int8']).mean():.4f}")


if __name__ == "__main__":
    main()
