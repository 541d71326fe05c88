"""What transformers makes of queries as a class map, recorded for test/semanticQueriesReference.test.ts.

    python3 test/reference/semanticQueries.py > test/reference/semanticQueries.json

Run with transformers 4.46.3 and torch 2.7.1: `post_process_semantic_segmentation` of MaskFormer (probabilities at the size of the masks, then
grown to the picture) and of Mask2Former (mask logits grown to 384x384 first). The inputs come from the generator of panoptic.py, which the test
has too; recorded are run lengths of the classes.
"""
import json

import numpy as np
from transformers.models.mask2former.image_processing_mask2former import Mask2FormerImageProcessor
from transformers.models.maskformer.image_processing_maskformer import MaskFormerImageProcessor

from panoptic import Outputs, queries


def runs_of(labels):
    flat = np.asarray(labels).reshape(-1)
    ends = np.flatnonzero(np.diff(flat)) + 1
    starts = np.concatenate([[0], ends])
    lengths = np.diff(np.concatenate([starts, [flat.size]]))
    return [int(v) for pair in zip(flat[starts], lengths) for v in pair]


def main():
    cases = []
    for seed, place, processor, size, target in (
        (1, "output", MaskFormerImageProcessor(), (24, 24), (96, 96)),
        (2, "output", MaskFormerImageProcessor(), (20, 16), (80, 64)),
        (3, "input", Mask2FormerImageProcessor(), (24, 24), (384, 384)),
    ):
        logits, masks = queries(seed, 24, 5, *size, 8)
        [labels] = processor.post_process_semantic_segmentation(
            Outputs(class_queries_logits=logits, masks_queries_logits=masks), target_sizes=[(target[1], target[0])]
        )
        cases.append({"seed": seed, "sigmoidAt": place, "size": size, "target": target, "runs": runs_of(labels)})
    print(json.dumps(cases))


if __name__ == "__main__":
    main()
