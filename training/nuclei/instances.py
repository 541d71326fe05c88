"""Nuclei from the maps, as the server's `dense` family reads them, and how many of them are right."""
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed


def instances_of(maps, seed_threshold=0.5, seed_area=4, threshold=0.5):
    inside = maps[0] > threshold
    seeds, count = ndimage.label(inside & (maps[2] > seed_threshold))
    small = np.flatnonzero(np.bincount(seeds.ravel(), minlength=count + 1) < seed_area)
    seeds[np.isin(seeds, small)] = 0
    return watershed(-maps[2], seeds, mask=inside, connectivity=1)


def matched(truth, answer, least=0.5):
    """True positives, false positives, false negatives, each nucleus paired at most once."""
    truth_ids, t = np.unique(truth, return_inverse=True)
    answer_ids, a = np.unique(answer, return_inverse=True)
    both = np.bincount(t.ravel() * len(answer_ids) + a.ravel(), minlength=len(truth_ids) * len(answer_ids))
    both = both.reshape(len(truth_ids), len(answer_ids)).astype(float)
    union = both.sum(1, keepdims=True) + both.sum(0, keepdims=True) - both
    iou = (both / union)[truth_ids > 0][:, answer_ids > 0]
    used_t, used_a, right = set(), set(), 0
    for flat in np.argsort(-iou, axis=None, kind="stable"):
        i, j = divmod(int(flat), iou.shape[1])
        if iou[i, j] < least:
            break
        if i not in used_t and j not in used_a:
            used_t.add(i)
            used_a.add(j)
            right += 1
    return right, iou.shape[1] - right, iou.shape[0] - right


def precision(counts):
    """Average precision TP / (TP + FP + FN): over all nuclei together, and as the mean over pictures."""
    counts = np.asarray(counts, float).reshape(-1, 3)
    each = counts[:, 0] / np.maximum(counts.sum(1), 1)
    return counts[:, 0].sum() / max(counts.sum(), 1), each.sum() / max(len(each), 1)
