"""How the networks that compare.py measures want their pictures, and how their answers are read.

Ours say it in model.yaml; what the others want is written down here, by their file names.
"""
from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import yaml

CAMVID = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist")
# Cityscapes' 19 classes by number, as the CamVid class that holds the same things; the twentieth, background, is none of them.
# CamVid counts walls as building, grass as tree, lorries and buses as cars, and riders with their bicycles.
CITYSCAPES = ("road", "pavement", "building", "building", "fence", "pole", "sign", "sign", "tree", "tree", "sky", "pedestrian",
              "bicyclist", "car", "car", "car", "car", "bicyclist", "bicyclist")
AS_CAMVID = np.array([CAMVID.index(name) for name in CITYSCAPES] + [255], np.uint8)
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True)
class Wants:
    """x * scale, minus mean, over std, per channel in the order of `channels`."""

    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0, 0, 0)
    std: tuple[float, float, float] = (1, 1, 1)
    layout: str = "nchw"
    channels: str = "rgb"
    size: tuple[int, int] | None = None  # width, height, where the graph does not say
    side: tuple[str, int, int] | None = None  # or: shortSide or longSide, its pixels, and what both sides are a multiple of
    read: str = "camvid"  # of its answer: foreground (logits, probabilities), person (VOC), camvid, cityscapes


ESPNET_MEAN, ESPNET_STD = (72.3923111, 82.90893555, 73.15840149), (45.3192215, 46.15289307, 44.91483307)
OTHERS = {
    "portrait": {
        "human-selfie-256-nhwc.onnx": Wants(layout="nhwc", read="probabilities"),
        "voc-deeplabv3-mnv2dm05-257-nhwc.onnx": Wants(1 / 127.5, (1, 1, 1), layout="nhwc", read="person"),
    },
    "street": {
        "street-cgnet-camvid-360x480.onnx": Wants(1, (105.658, 103.33, 99.625)),
        "street-espnet-cityscapes-dynHW.onnx": Wants(
            1, ESPNET_MEAN, tuple(255 * s for s in ESPNET_STD), channels="bgr", size=(1024, 512), read="cityscapes"
        ),
        "street-espnetv2-cityscapes-512x1024.onnx": Wants(1 / 255, *IMAGENET, read="cityscapes"),
        "street-deeplab-edgetpu-cityscapes-qdq-513-nhwc-argmax.onnx": Wants(1 / 127.5, (1, 1, 1), layout="nhwc", read="cityscapes"),
    },
}


@dataclass
class Network:
    name: str
    session: onnxruntime.InferenceSession
    wants: Wants
    megabytes: float
    times: list[float] = field(default_factory=list)

    def input_of(self, picture: np.ndarray) -> np.ndarray:
        """RGB bytes, stretched to what the graph wants."""
        shape = self.session.get_inputs()[0].shape
        rows, columns = (shape[1], shape[2]) if self.wants.layout == "nhwc" else (shape[2], shape[3])
        size = self.wants.size or (columns, rows)
        if self.wants.side:
            rule, pixels, multiple = self.wants.side
            given = (min if rule == "shortSide" else max)(picture.shape[:2])
            size = tuple(max(multiple, round(side * pixels / given / multiple) * multiple) for side in picture.shape[1::-1])
        size = tuple(side if isinstance(side, int) else own for side, own in zip(size, picture.shape[1::-1]))
        smaller = size[0] * size[1] < picture.shape[0] * picture.shape[1]
        x = picture if size == picture.shape[1::-1] else cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
        x = x[..., ::-1] if self.wants.channels == "bgr" else x
        x = (x.astype(np.float32) * self.wants.scale - np.float32(self.wants.mean)) / np.float32(self.wants.std)
        return np.ascontiguousarray((x if self.wants.layout == "nhwc" else x.transpose(2, 0, 1))[None], np.float32)

    def run(self, x: np.ndarray) -> np.ndarray:
        """The answer without its batch: channels first, where it has them."""
        wanted = self.session.get_inputs()[0].name
        start = time.perf_counter()
        answer = self.session.run(None, {wanted: x})[0][0]
        self.times.append((time.perf_counter() - start) * 1000)
        return answer.transpose(2, 0, 1) if answer.ndim == 3 and self.wants.layout == "nhwc" else answer

    def foreground(self, picture: np.ndarray) -> np.ndarray:
        """The person, at the picture's size."""
        answer = self.run(self.input_of(picture))
        if self.wants.read == "person":
            answer = np.float32(answer[15]) - np.delete(answer, 15, 0).max(0)
        else:
            answer = answer[0] - (0 if self.wants.read == "logits" else 0.5)
        return cv2.resize(answer, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR) > 0

    def classes(self, picture: np.ndarray) -> np.ndarray:
        """CamVid's class of each pixel, 255 where it gives none of them."""
        answer = self.run(self.input_of(picture))
        if answer.ndim == 3:
            scores = [cv2.resize(np.ascontiguousarray(c), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR) for c in answer]
            found = np.argmax(scores, 0).astype(np.uint8)
        else:
            found = cv2.resize(answer.astype(np.uint8), picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return AS_CAMVID[np.minimum(found, 19)] if self.wants.read == "cityscapes" else found


def open_network(path: Path, wants: Wants, name: str, threads: int) -> Network:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return Network(name, session, wants, path.stat().st_size / 1e6)


def open_package(folder: Path, read: str | None, threads: int) -> Network:
    """One of ours, as its model.yaml says."""
    manifest = yaml.safe_load((folder / "model.yaml").read_text())
    given, out = manifest["input"], manifest["output"]
    size = given["size"]
    wants = Wants(
        scale=given.get("scale", 1 / 255), mean=tuple(given.get("mean", (0, 0, 0))), std=tuple(given.get("std", (1, 1, 1))),
        layout=given.get("layout", "nchw"), channels=given.get("channels", "rgb"),
        size=(size["width"], size["height"]) if size["rule"] == "fixed" else None,
        side=(size["rule"], size["pixels"], size.get("multiple", 1)) if size["rule"] in ("shortSide", "longSide") else None,
        read=read or out.get("kind", ""),
    )
    return open_network(folder / manifest["graph"], wants, f"segserve {manifest['name']} {manifest['version']}", threads)


def others_of(task: str, folder: Path, threads: int) -> list[Network]:
    return [
        open_network(folder / file, wants, file.removesuffix(".onnx"), threads)
        for file, wants in OTHERS[task].items() if (folder / file).exists()
    ]
