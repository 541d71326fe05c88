"""What CGNet says about the training pictures, once, at a quarter of the size.

    python training/street/teacher.py --data DATA --teacher CGNET.onnx

It sees every picture as it is and mirrored; the mean of both is kept.
"""
import argparse
import os
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from data import HEIGHT, WIDTH, confusion, ious, load

QUARTER = (WIDTH // 4, HEIGHT // 4)
MEAN = np.array([105.658, 103.33, 99.625], np.float32)


def session_of(file: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def answer(session: onnxruntime.InferenceSession, picture: np.ndarray) -> np.ndarray:
    """Probabilities [h/4,w/4,C] of one picture [h,w,3]."""
    x = (picture.astype(np.float32) - MEAN).transpose(2, 0, 1)[None]
    logits = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    e = np.exp(logits - logits.max(0, keepdims=True))
    return np.stack([cv2.resize(plane, QUARTER, interpolation=cv2.INTER_AREA) for plane in e / e.sum(0)], axis=2)


def said(session: onnxruntime.InferenceSession, pictures: np.ndarray) -> np.ndarray:
    """Probabilities [K,90,120,11] as bytes: the mean of the picture's answer and of its mirror image's."""
    out = np.zeros((len(pictures), QUARTER[1], QUARTER[0], 11), np.uint8)
    for at, picture in enumerate(pictures):
        both = answer(session, picture) + answer(session, picture[:, ::-1])[:, ::-1]
        out[at] = np.clip(np.round(both * 127.5), 0, 255)
    return out


def score(probabilities: np.ndarray, labels: np.ndarray) -> str:
    counts = np.zeros((11, 11), np.int64)
    for p, label in zip(probabilities, labels):
        large = cv2.resize(p.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        counts += confusion(label, large.argmax(2))
    found = ious(counts)
    return f"mIoU {found.mean():.4f} pixels {np.diag(counts).sum() / counts.sum():.4f} " + " ".join(f"{v:.3f}" for v in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--work", default=str(Path(__file__).resolve().parent.parent / ".work" / "street"))
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    _, pictures, labels = load(args.data, "train")
    found = said(session_of(args.teacher, args.threads), pictures)
    print(score(found, labels), flush=True)
    np.save(Path(args.work) / "said-camvid.npy", found)


if __name__ == "__main__":
    main()
