"""Writes an int8 twin (QDQ), calibrated on training pictures, and measures it beside the float one.

    python training/street/quantise.py --data DATA models/street/1/street.onnx OUT.onnx
"""
import argparse
import time
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from data import VOID, confusion, ious, load


def fed(picture: np.ndarray) -> dict[str, np.ndarray]:
    return {"image": (picture.transpose(2, 0, 1)[None] / 255).astype(np.float32)}


class Pictures(CalibrationDataReader):
    """Hands out the pictures one by one."""

    def __init__(self, pictures: np.ndarray):
        self.left = iter(pictures)

    def get_next(self) -> dict[str, np.ndarray] | None:
        picture = next(self.left, None)
        return None if picture is None else fed(picture)


def measured(file: str, pictures: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Class maps, IoU of each class, and the median of the milliseconds, one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
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
    parser.add_argument("source")
    parser.add_argument("out")
    parser.add_argument("--data", required=True)
    parser.add_argument("--pictures", type=int, default=64, help="for calibration, evenly from the training part")
    args = parser.parse_args()
    _, pictures, _ = load(args.data, "train")
    ready = str(Path(args.out).with_suffix(".ready.onnx"))
    quant_pre_process(args.source, ready, skip_symbolic_shape=True)
    quantize_static(
        ready, args.out, Pictures(pictures[:: max(1, len(pictures) // args.pictures)]), quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True, calibrate_method=CalibrationMethod.MinMax,
    )
    Path(ready).unlink()
    _, val_pictures, val_labels = load(args.data, "val")
    answers = {}
    for name, file in (("float", args.source), ("int8", args.out)):
        answers[name], found, ms = measured(file, val_pictures, val_labels)
        print(f"{name}: {Path(file).stat().st_size} bytes, mIoU {found.mean():.4f} ({' '.join(f'{v:.3f}' for v in found)}), {ms:.1f} ms", flush=True)
    print(f"equal classes: {(answers['float'] == answers['int8']).mean():.4f}")


if __name__ == "__main__":
    main()
