"""More training rows from the training rows alone: leant, and sloped, by whole pixels.

    python benches/training/shear.py BINARISED_FOLDER OUT_FOLDER

Moving whole lines of pixels makes other digits of real edges: no pixel is drawn anew or averaged. OUT_FOLDER/train.bits.gz
receives `versions` copies of the training rows as they are and as many that are sheared, OUT_FOLDER/sheared.bits.gz one such
version of the validation rows, for `eval` to tell how far it is from them.
"""

import argparse
from pathlib import Path

import numpy as np
from more_rows import SIDE, read, write_both


def shear(x: np.ndarray, rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Images [n, 28, 28] whose lines (the last axis) are moved along themselves, by a slope of this deviation times
    their distance from the line through the ink's centre."""
    line = np.arange(SIDE)
    ink = x.sum(2)
    centre = (ink * line).sum(1) / np.maximum(ink.sum(1), 1)
    slope = rng.normal(0, sigma, len(x))
    moved = np.rint(slope[:, None] * (line - centre[:, None])).astype(int)
    source = line - moved[:, :, None]
    inside = (source >= 0) & (source < SIDE)
    return np.take_along_axis(x, source.clip(0, SIDE - 1), 2) * inside


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--versions", type=int, default=4)
    parser.add_argument("--lean", type=float, default=0.05, help="pixels a row moves for each row of distance, a deviation")
    parser.add_argument("--slope", type=float, default=0.035, help="the same of columns")
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    rng = np.random.default_rng(a.seed)

    def both(x: np.ndarray) -> np.ndarray:
        return shear(shear(x, rng, a.lean).transpose(0, 2, 1), rng, a.slope).transpose(0, 2, 1)

    write_both(a.out, read(a.data / "train.bits.gz"), read(a.data / "valid.bits.gz"), a.versions, "sheared", both)


if __name__ == "__main__":
    main()
