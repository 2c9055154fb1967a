"""What `resample.py` and `shear.py` share: a training file of rows as they are and rows that were changed."""

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/oracle"))
from draw import bit_rows  # noqa: E402

SIDE = 28


def read(path: Path) -> np.ndarray:
    """Images [n, 28, 28] of zeros and ones."""
    return bit_rows(path).numpy().astype(np.uint8).reshape(-1, SIDE, SIDE)


def write(path: Path, images: list[np.ndarray]):
    bits = np.packbits(np.concatenate(images).reshape(-1, SIDE * SIDE), axis=1)
    path.write_bytes(gzip.compress(bits.tobytes(), 6))


def write_both(out: Path, rows: np.ndarray, valid: np.ndarray, versions: int, name: str, change: Callable[[np.ndarray], np.ndarray]):
    """OUT/train.bits.gz: `versions` copies of the training rows and as many that are changed, each anew. OUT/NAME.bits.gz: the
    validation rows changed once; says by how much."""
    out.mkdir(parents=True, exist_ok=True)
    changed = change(valid)
    differ = changed != valid
    print(f"{differ.sum((1, 2)).mean():.1f} pixels of a row differ; {1 - differ.any((1, 2)).mean():.1%} are as they were")
    write(out / f"{name}.bits.gz", [changed])
    write(out / "train.bits.gz", [rows] * versions + [change(rows) for _ in range(versions)])
