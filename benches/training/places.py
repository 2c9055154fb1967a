"""How far from the digit a model looks: the distance of each glimpse's middle from the digit's, in pixels, over images of
digits in clutter.

    python benches/training/places.py WEIGHTS IMAGES LABELS [--count 2000]

IMAGES and LABELS are MNIST's test set, as IDX files. The clutter is made here, since files of it do not say where the digit
lies: the same recipe as the engine's, but other random numbers. The model is the oracle's, places are their means, and
DRAW's read and RAM are served alike.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "oracle"))
from look import idx, load

SIZE, DIGIT, PIECES, SIDE = 100, 28, 8, 8


def clutter(digits: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images [count, SIZE, SIZE] from 0 to 1, and the middles of their digits [count, 2] in pixels."""
    rng = np.random.default_rng(0)
    images, middles = np.zeros((count, SIZE, SIZE)), np.zeros((count, 2))
    for i, image in enumerate(images):
        for piece in digits[rng.integers(len(digits), size=PIECES)]:
            (u, v), (x, y) = rng.integers(0, DIGIT - SIDE + 1, 2), rng.integers(0, SIZE - SIDE + 1, 2)
            image[y : y + SIDE, x : x + SIDE] += piece[v : v + SIDE, u : u + SIDE] / 255
            image.clip(0, 1, out=image)
        x, y = rng.integers(0, SIZE - DIGIT + 1, 2)
        image[y : y + DIGIT, x : x + DIGIT] += digits[i % len(digits)] / 255
        image.clip(0, 1, out=image)
        middles[i] = x + DIGIT / 2, y + DIGIT / 2
    return images, middles


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["weights", "images", "labels"]:
        parser.add_argument(name, type=Path)
    parser.add_argument("--count", type=int, default=2000)
    a = parser.parse_args()

    digits, labels = idx(a.images), idx(a.labels)
    images, middles = clutter(digits, a.count)
    labels = labels[np.arange(a.count) % len(labels)]
    model = load(a.weights).double().eval()
    # Both emit a place from the middle of the image, -1 to 1: the first two numbers of a window, or a mean before its tanh.
    emitted = []
    if hasattr(model, "locator"):
        model.locator.register_forward_hook(lambda module, inputs, out: emitted.append(torch.tanh(out)))
    else:
        model.read.register_forward_hook(lambda module, inputs, out: emitted.append(out[:, :2]))
    noise = torch.zeros(model.c["glimpses"], a.count, 2, dtype=torch.float64)
    verdict = model(torch.from_numpy(images), noise).argmax(1).numpy()

    print("glimpse  median distance  within 10 pixels")
    for t, place in enumerate(emitted):
        distance = np.hypot(*((place.numpy() + 1) / 2 * SIZE - middles).T)
        print(f"{t + 1:7}  {np.median(distance):12.1f} px  {100 * np.mean(distance < 10):14.0f} %")
    print(f"error {100 * np.mean(verdict != labels):.2f} % of {a.count}")


if __name__ == "__main__":
    main()
