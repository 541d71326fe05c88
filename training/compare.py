"""One table: our models and other people's networks, the same pictures, the same measure.

    python training/compare.py --data DATA [--others FOLDER] [--tasks portrait street nuclei] [--threads 2]

portrait: mean IoU of the person at the photo's own size, on the validation photos of ccp (the split of portrait/data.py).
street: mean IoU of CamVid's eleven classes over all pixels, void left out, on camvid/val. Networks trained on Cityscapes were never shown CamVid:
their classes are translated (networks.py), and a class that they draw differently counts against them.
nuclei: its measure needs the pipeline that finds single nuclei: `node training/nuclei/evaluate.ts`; only size and time stand here.

Every network gets its own preprocessing. The time is the median of the network alone, batch 1, on the pictures measured; it depends on the
machine and on what else runs there, so only times of one run compare.
"""
import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from networks import CAMVID, Network, open_package, others_of

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "models"
sys.path.insert(0, str(HERE / "portrait"))
from data import read_person, split  # noqa: E402


def newest(name: str) -> Path | None:
    """The package folder of our model with the highest version."""
    found = sorted((p.parent for p in (MODELS / name).glob("*/model.yaml")), key=lambda p: (len(p.name), p.name))
    return found[-1] if found else None


def portrait(networks: list[Network], data: Path) -> dict[str, list[float]]:
    """For each network: mean IoU on whole photos, on the worst tenth of them, and on the upper 45 % of the person."""
    whole: dict[str, list[float]] = {n.name: [] for n in networks}
    upper: dict[str, list[float]] = {n.name: [] for n in networks}
    for name in split(data)[1]:
        photo, mask = read_person(data, name)
        truth = mask > 0
        rows, columns = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
        bottom = rows[0] + int(0.45 * (rows[-1] + 1 - rows[0]))
        box = np.s_[max(0, rows[0] - 10) : bottom, max(0, columns[0] - 20) : columns[-1] + 21]
        for n in networks:
            for scores, p, t in ((whole, photo, truth), (upper, np.ascontiguousarray(photo[box]), truth[box])):
                answer = n.foreground(p)
                scores[n.name].append((answer & t).sum() / max((answer | t).sum(), 1))
    return {k: [np.mean(v), np.mean(sorted(v)[: len(v) // 10]), np.mean(upper[k])] for k, v in whole.items()}


def street(networks: list[Network], data: Path) -> dict[str, list[float]]:
    """For each network: mean IoU of the classes, and the share of pixels that are right."""
    k = len(CAMVID)
    counts = {n.name: np.zeros((k, k + 1), np.int64) for n in networks}
    for path in sorted((data / "camvid/val").glob("*.jpg")):
        picture = np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1])
        truth = cv2.imread(str(data / "camvid/val_labels" / f"{path.stem}.png"), cv2.IMREAD_UNCHANGED)
        known = truth < k
        for n in networks:
            answer = np.minimum(n.classes(picture), k)
            counts[n.name] += np.bincount(truth[known].astype(np.int64) * (k + 1) + answer[known], minlength=k * (k + 1)).reshape(k, k + 1)
    result = {}
    for name, c in counts.items():
        hit = np.diag(c[:, :k]).astype(float)
        result[name] = [float(np.mean(hit / np.maximum(c.sum(1) + c[:, :k].sum(0) - hit, 1))), float(hit.sum() / c.sum())]
    return result


def nuclei(networks: list[Network], data: Path) -> dict[str, list[float]]:
    """Runs it on 256x256 pictures, for the time alone."""
    for n in networks:
        for path in sorted((data / "nuclei/images").iterdir())[:60]:
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1]
            if picture.shape[:2] == (256, 256):
                n.run(n.input_of(np.ascontiguousarray(picture)))
    return {n.name: [] for n in networks}


TASKS = {
    "portrait": (portrait, None, ("mean IoU, whole", "of the worst tenth", "mean IoU, upper part")),
    "street": (street, "camvid", ("mean IoU of 11 classes", "pixels right")),
    "nuclei": (nuclei, None, ()),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder with ccp/, camvid/, nuclei/")
    parser.add_argument("--others", "--models", type=Path, help="folder with other people's networks")
    parser.add_argument("--tasks", nargs="*", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    cv2.setNumThreads(args.threads)
    for task in args.tasks:
        measure, read, columns = TASKS[task]
        folder = newest(task)
        networks = [open_package(folder, read, args.threads)] if folder else []
        if args.others and task != "nuclei":
            networks += others_of(task, args.others, args.threads)
        if not networks:
            print(f"\n{task}: no package and no other network found\n")
            continue
        scores = measure(networks, args.data)
        print(f"\n| {task} | MB | ms | {' | '.join(columns)} |".replace("|  |", "|"))
        print("| --- |" + " --- |" * (2 + len(columns)))
        for n in networks:
            cells = [f"{n.megabytes:.2f}", f"{np.median(n.times):.1f}", *(f"{v:.4f}" for v in scores[n.name])]
            print(f"| {n.name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
