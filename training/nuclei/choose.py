"""Tries thresholds on training pictures (never on validation) and prints their AP at IoU 0.5.

    python training/nuclei/choose.py --data DATA CHECKPOINT.pt
"""
import argparse
import itertools
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import cv2
import numpy as np
import torch

from data import prepare
from instances import instances_of, matched, precision
from model import Nuclei, Served
from train import HERE, maps_of


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--data", default=os.environ.get("NUCLEI_DATA"))
    parser.add_argument("--work", default=str(HERE.parent / ".work"))
    parser.add_argument("--pictures", type=int, default=80)
    parser.add_argument("--blur", type=int, nargs="*", default=[1, 3, 5], help="side of a mean filter on the distance")
    parser.add_argument("--threshold", type=float, nargs="*", default=[0.5])
    parser.add_argument("--seed", type=float, nargs="*", default=[0.3, 0.4, 0.5, 0.6])
    parser.add_argument("--area", type=int, nargs="*", default=[4])
    args = parser.parse_args()
    torch.set_num_threads(1)
    training, _ = prepare(args.data, args.work)
    small = [e for e in training if e["instances"].size <= 400_000]
    chosen = [small[i] for i in np.random.default_rng(0).permutation(len(small))[: args.pictures]]
    net = Nuclei()
    net.load_state_dict(torch.load(args.checkpoint)["average"])
    served = Served(net, smooth=1).eval()
    maps = []
    for source in chosen:
        found = maps_of(served, source["picture"])
        height, width = source["instances"].shape
        maps.append(cv2.resize(found.transpose(1, 2, 0), (width, height)).transpose(2, 0, 1))
    print("blur threshold seed area | fluorescence (pooled, mean) | stained (pooled, mean)")
    for blur, threshold, seed, area in itertools.product(args.blur, args.threshold, args.seed, args.area):
        counts = {True: [], False: []}
        for source, found in zip(chosen, maps):
            found = np.stack([found[0], found[1], cv2.blur(found[2], (blur, blur))])
            counts[source["fluorescence"]].append(matched(source["instances"], instances_of(found, seed, area, threshold)))
        print(blur, threshold, seed, area, *(f"{value:.4f}" for kind in (True, False) for value in precision(counts[kind])), flush=True)


if __name__ == "__main__":
    main()
