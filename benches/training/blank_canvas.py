"""Gives a model the canvas that it makes for itself: the mean of its drawings after some glimpses becomes the initial one.

    python benches/training/blank_canvas.py WEIGHTS OUT.safetensors --after 8

A model that was begun at the logits of the data's mean image first covers them; from a canvas that is covered already,
a few hundred steps of training later, it need not.
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/oracle"))
from draw import load, save  # noqa: E402


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--after", type=int, default=8)
    parser.add_argument("--drawings", type=int, default=2000)
    a = parser.parse_args()
    torch.manual_seed(0)
    model = load(a.weights)
    canvas = model.canvas.expand(a.drawings, -1, -1, -1)
    decoder = (torch.zeros(a.drawings, model.config.hidden),) * 2
    for _ in range(a.after):
        decoder = model.decoder(torch.randn(a.drawings, model.config.latent), decoder)
        canvas = canvas + model.write_patch(decoder[0])
    model.canvas.copy_(canvas.mean(0))
    save(model, a.out)


if __name__ == "__main__":
    main()
