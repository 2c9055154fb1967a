"""Rounds the weights of the decoder's state to few levels: what a column's rounding moves, the columns that are not
rounded yet take back, as far as the states of training images allow (GPTQ, Frantar et al. 2023, arXiv 2210.17323).

    python benches/training/round.py WEIGHTS INT8.safetensors ROWS.bits.gz --levels 31

INT8 is the decoder half that `export --format int8` made of WEIGHTS. Its whole numbers are written anew in place; the
file keeps its size, and a host compresses it to less.
"""

import argparse
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/oracle"))
from draw import Draw, bit_rows, load  # noqa: E402

NAME = "decoder.weight_hh"


@torch.no_grad()
def states(model: Draw, x: torch.Tensor) -> np.ndarray:
    """The decoder's state after each glimpse at x: [glimpses × images, H]."""
    noise = (torch.randn(len(x), model.config.latent) for _ in range(model.config.glimpses))
    return torch.cat([decoder[0] for _, _, decoder, _, _ in model.glimpses(x, noise)]).double().numpy()


def rounded(weights: np.ndarray, scales: np.ndarray, levels: int, h: np.ndarray) -> np.ndarray:
    """Whole numbers [rows, H] for weights of the same shape, whose rows have these scales."""
    second = h.T @ h / len(h)
    second += 0.01 * np.trace(second) / len(second) * np.eye(len(second))
    # Each column's share in those after it, given that all before it are settled.
    shares = np.linalg.cholesky(np.linalg.inv(second)).T
    left, whole = weights.copy(), np.zeros_like(weights)
    for column in range(weights.shape[1]):
        whole[:, column] = np.clip(np.rint(left[:, column] / scales), -levels, levels)
        error = (left[:, column] - whole[:, column] * scales) / shares[column, column]
        left[:, column:] -= np.outer(error, shares[column, column:])
    return whole


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("int8", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--levels", type=int, default=31)
    parser.add_argument("--images", type=int, default=500)
    options = parser.parse_args()
    torch.manual_seed(0)
    model = load(options.weights)
    weights = model.decoder.weight_hh.detach().double().numpy()
    h = states(model, bit_rows(options.rows)[: options.images])
    scales = (np.abs(weights).max(axis=1) / options.levels).astype(np.float32)
    whole = rounded(weights, scales.astype(np.float64), options.levels, h)
    nearest = np.clip(np.rint(weights / scales[:, None]), -options.levels, options.levels)
    for words, integers in (("to the nearest", nearest), ("with its error carried on", whole)):
        error = h @ (integers * scales[:, None] - weights).T
        print(f"rounded {words}: the gates' sums are {np.sqrt((error**2).mean()):.5f} off")

    data = bytearray(options.int8.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    for name, values in ((NAME, whole.astype(np.int8)), (f"{NAME}.scale", scales)):
        begin, end = (8 + length + offset for offset in header[name]["data_offsets"])
        assert end - begin == values.nbytes, f"{options.int8}: {name} is of another model"
        data[begin:end] = values.tobytes()
    options.int8.write_bytes(data)


main()
