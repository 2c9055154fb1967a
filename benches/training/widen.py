"""A model of small images on a larger canvas: its windows lie as they did, in the middle.

    attentive-writer train --preset mnist-two-digits --data mnist --out start.safetensors --minutes 0.01
    python benches/training/widen.py www/weights/mnist.safetensors start.safetensors OUT.safetensors

START names the larger shape, and gives the canvas that drawings begin with; all else is the small model's. A window's
centre and stride are relative to its image (equations 22 to 24), so their weights shrink as the canvas grows.
"""

import argparse
import math
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/oracle"))
from draw import load, save  # noqa: E402


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("small", type=Path)
    parser.add_argument("start", type=Path)
    parser.add_argument("out", type=Path)
    a = parser.parse_args()
    small, wide = load(a.small), load(a.start)
    state = small.state_dict()
    before, after = (max(m.config.width, m.config.height) for m in (small, wide))
    for head in ("read", "write"):
        state[f"{head}.weight"][:2] *= (before + 1) / (after + 1)
        state[f"{head}.bias"][:2] *= (before + 1) / (after + 1)
        state[f"{head}.bias"][3] += math.log((before - 1) / (after - 1))
    state["canvas"] = wide.state_dict()["canvas"]
    wide.load_state_dict(state)
    save(wide, a.out)


if __name__ == "__main__":
    main()
