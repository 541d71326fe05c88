"""Draws log.csv as curve.png.

    python training/street/curve.py
"""
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).resolve().parent


def draw(log: str | Path, out: str | Path) -> None:
    """The loss of the training pictures and the averaged weights' mIoU on validation pictures, by minutes."""
    with open(log, newline="") as f:
        rows = list(csv.DictReader(f))
    minutes = [float(row["seconds"]) / 60 for row in rows]
    figure, left = plt.subplots(figsize=(7, 4), dpi=90)
    left.plot(minutes, [float(row["main_loss"]) for row in rows], color="tab:blue")
    left.set_xlabel("minutes")
    left.set_ylabel("loss, training", color="tab:blue")
    right = left.twinx()
    right.plot(minutes, [float(row["val_miou"]) for row in rows], color="tab:green", marker=".")
    right.set_ylabel("mIoU, validation", color="tab:green")
    right.set_ylim(0, 1)
    figure.tight_layout()
    figure.savefig(out)
    plt.close(figure)


if __name__ == "__main__":
    draw(HERE / "log.csv", HERE / "curve.png")
