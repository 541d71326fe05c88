"""Writes the held-out regions that the card is measured on, as pictures: what evaluate.ts reads.

    python training/click/regions.py --data DATA

They are those of measure.py, at the size that the model sees: `NNN-kind.png` and, white where the region is,
`NNN-kind-region.png`, in training/.work/click-regions.
"""
import argparse
import os
from pathlib import Path

from PIL import Image

from data import prepare
from measure import sample_of

HERE = Path(__file__).resolve().parent
COUNT = 240


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("CLICK_DATA"), help="folder with ccp/, camvid/, nuclei/ (or CLICK_DATA)")
    parser.add_argument("--work", default=str(HERE.parent / ".work"))
    args = parser.parse_args()
    if not args.data:
        parser.error("--data is needed")
    _, validation = prepare(args.data, args.work)
    folder = Path(args.work) / "click-regions"
    folder.mkdir(parents=True, exist_ok=True)
    for index, (source, region) in enumerate(sample_of(validation, COUNT)):
        name = f"{index:03d}-{source['kind']}"
        Image.fromarray(source["picture"]).save(folder / f"{name}.png")
        Image.fromarray(region).convert("L").point(lambda value: 255 if value else 0).save(folder / f"{name}-region.png")
    print(f"{index + 1} regions in {folder}")


if __name__ == "__main__":
    main()
