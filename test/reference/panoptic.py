"""What transformers makes of the same queries, recorded for test/panopticReference.test.ts.

    python3 test/reference/panoptic.py > test/reference/panoptic.json

Run with transformers 4.30.2 and torch 1.13.0. These are the library's own functions: `post_process_panoptic_segmentation` of
MaskFormer, Mask2Former and DETR, DETR's older `post_process_panoptic`, and Mask2Former's `post_process_instance_segmentation`.

Inputs come from a generator that the test has too, so that only results are recorded: of each segment its class, its scores, how
many pixels it has, and a digest of its bits. `compute_segments` of this release gives two segments one id where a thing follows
a fused one; such cases are left out here and counted.
"""
import hashlib
import io
import json
import logging

import numpy as np
import torch
import transformers
from PIL import Image
from transformers.models.detr.image_processing_detr import DetrImageProcessor
from transformers.models.mask2former.image_processing_mask2former import Mask2FormerImageProcessor
from transformers.models.maskformer.image_processing_maskformer import MaskFormerImageProcessor

logging.disable(logging.WARNING)


class Numbers:
    """A linear congruential generator with the constants of Numerical Recipes: numbers in 0 … 1."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state / 2**32


class Outputs:
    def __init__(self, **given):
        self.__dict__.update(given)


def queries(seed, count, classes, width, height, sure):
    """Round masks of all sizes, some nested, and class logits of which one or none stands out."""
    random = Numbers(seed)
    logits = []
    for _ in range(count):
        row = [random.next() * 2 for _ in range(classes + 1)]
        best = int(random.next() * (classes + 1))
        row[best] += random.next() * sure
        logits.append(row)
    masks = []
    for _ in range(count):
        x, y, radius = random.next() * width, random.next() * height, (0.08 + 0.4 * random.next()) * width
        steep = 1 + 4 * random.next()
        for row in range(height):
            for column in range(width):
                away = (column - x) * (column - x) + (row - y) * (row - y)
                masks.append(steep * (1 - away / (radius * radius)) + random.next() * 0.5)
    return (
        torch.tensor(logits, dtype=torch.float32)[None],
        torch.tensor(masks, dtype=torch.float32).reshape(1, count, height, width),
    )


def bits(mask):
    flat = np.asarray(mask, dtype=np.uint8).reshape(-1)
    return f'{int(flat.sum())} {hashlib.sha256(np.packbits(flat).tobytes()).hexdigest()[:24]}'


def segments_of(result):
    """Entries of one id are one segment. None: two segments that are not one have one id."""
    found = {}
    for info in result['segments_info']:
        own = found.setdefault(info['id'], {'class': info['label_id'], 'scores': [], 'fused': info['was_fused']})
        if own['scores'] and not (own['fused'] and own['class'] == info['label_id']):
            return None
        own['scores'].append(info['score'])
    segmentation = result['segmentation'].numpy()
    return [{'class': one['class'], 'scores': one['scores'], 'mask': bits(segmentation == key)} for key, one in found.items()]


def panoptic():
    cases, dropped = [], 0
    rules = [
        ('output', MaskFormerImageProcessor(), lambda logits, masks: Outputs(class_queries_logits=logits, masks_queries_logits=masks)),
        ('input', Mask2FormerImageProcessor(), lambda logits, masks: Outputs(class_queries_logits=logits, masks_queries_logits=masks)),
        ('output', DetrImageProcessor(), lambda logits, masks: Outputs(logits=logits, pred_masks=masks)),
    ]
    sizes = [(24, 24, 100, 75), (20, 16, 61, 47), (33, 25, 33, 25), (48, 32, 30, 44)]
    for number, (place, processor, outputs) in enumerate(rules):
        for at, (w, h, width, height) in enumerate(sizes):
            for turn in range(3):
                seed = 100 * number + 10 * at + turn + 1
                logits, masks = queries(seed, 24, 5, w, h, 8)
                things = [0, 2] if turn < 2 else [0, 1, 2, 3, 4]
                stuff = {index for index in range(5) if index not in things}
                settings = {'threshold': 0.4, 'mask_threshold': 0.5, 'overlap_mask_area_threshold': [0.8, 0.5, 0.3][turn]}
                [result] = processor.post_process_panoptic_segmentation(
                    outputs(logits, masks), label_ids_to_fuse=stuff, target_sizes=[(height, width)], **settings
                )
                segments = segments_of(result)
                if segments is None:
                    dropped += 1
                    continue
                cases.append({
                    'seed': seed, 'sigmoidAt': place, 'size': [w, h], 'target': [width, height], 'things': things,
                    'overlapThreshold': settings['overlap_mask_area_threshold'], 'segments': segments,
                })
    return cases, dropped


def nothing():
    logits, masks = queries(7, 6, 3, 8, 8, 0)
    [result] = MaskFormerImageProcessor().post_process_panoptic_segmentation(
        Outputs(class_queries_logits=logits, masks_queries_logits=masks), threshold=0.9, label_ids_to_fuse=set(), target_sizes=[(20, 20)]
    )
    return {'seed': 7, 'segments': result['segments_info']}


def detr():
    cases = []
    for seed, (w, h, width, height) in enumerate([(24, 24, 100, 75), (20, 16, 61, 47), (33, 25, 33, 25), (30, 20, 60, 40)], 501):
        logits, masks = queries(seed, 14, 4, w, h, 9)
        things = {0: True, 1: True, 2: False, 3: False}
        boxes = torch.zeros(1, 14, 4)
        [result] = DetrImageProcessor().post_process_panoptic(
            Outputs(logits=logits, pred_masks=masks, pred_boxes=boxes), [(height, width)], is_thing_map=things, threshold=0.6
        )
        image = np.array(Image.open(io.BytesIO(result['png_string']))).astype(int)
        ids = image[..., 0] + 256 * image[..., 1] + 65536 * image[..., 2]
        segments = [{'class': one['category_id'], 'mask': bits(ids == one['id'])} for one in result['segments_info']]
        cases.append({'seed': seed, 'size': [w, h], 'target': [width, height], 'segments': segments})
    return cases


def instances():
    """At the size of the model's input, where masks are decided; growing them by nearest from there is the library's own."""
    cases = []
    for seed, (w, h) in enumerate([(24, 24), (48, 32), (96, 96)], 601):
        logits, masks = queries(seed, 10, 4, w, h, 6)
        [result] = Mask2FormerImageProcessor().post_process_instance_segmentation(
            Outputs(class_queries_logits=logits, masks_queries_logits=masks), threshold=0.4, return_binary_maps=True
        )
        found = [
            {'class': info['label_id'], 'score': info['score'], 'mask': bits(mask)}
            for info, mask in zip(result['segments_info'], result['segmentation'].numpy())
        ]
        cases.append({'seed': seed, 'size': [w, h], 'found': found})
    return cases


if __name__ == '__main__':
    made, dropped = panoptic()
    print(json.dumps({
        'versions': {'torch': torch.__version__, 'transformers': transformers.__version__},
        'dropped': dropped, 'panoptic': made, 'nothing': nothing(), 'detr': detr(), 'instances': instances(),
    }, indent=1))
