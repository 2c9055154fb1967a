"""The paper's baseline for digits in clutter: a convolutional layer and a full one, which see the whole image at once.

    attentive-writer data clutter --mnist mnist --split test --out runs/clutter --count 10000 --seed 0
    python benches/training/convnet.py mnist runs/clutter --images 16e6

Eight filters of 10×10, five pixels apart, then 256 units, both rectified, then the ten digits: the shape that Mnih et al.
(2014) give for theirs. DRAW's table 1 has 14.35 % errors for a convolutional net of two layers. Clutter is new at each visit, from the first 55,000 training digits, made as
`src/data/clutter.rs` makes it. Adam, its rate falling to zero. A line of JSON for every 100,000 images, and at the end
the error on the test images, which the command line made.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

sys.path.append(str(Path(__file__).parents[2] / "tests" / "oracle"))
from look import idx  # noqa: E402

SIZE, PIECES, SIDE = 100, 8, 8


def found(folder: Path, pattern: str) -> np.ndarray:
    return idx(next(f for f in sorted(folder.glob(pattern)) if f.is_file()))


def cluttered(digits: np.ndarray, chosen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The chosen digits, each among pieces of others: added, and capped at 255."""
    out = np.zeros((len(chosen), SIZE, SIZE), np.uint16)
    (height, width), n = digits.shape[1:], len(chosen)
    of = rng.integers(len(digits), size=(n, PIECES))
    cut = rng.integers([width - SIDE + 1, height - SIDE + 1], size=(n, PIECES, 2))
    at = rng.integers(SIZE - SIDE + 1, size=(n, PIECES, 2))
    place = rng.integers([SIZE - width + 1, SIZE - height + 1], size=(n, 2))
    for i in range(n):
        image = out[i]
        for piece, (cx, cy), (x, y) in zip(of[i], cut[i], at[i]):
            image[y : y + SIDE, x : x + SIDE] += digits[piece, cy : cy + SIDE, cx : cx + SIDE]
        x, y = place[i]
        image[y : y + height, x : x + width] += digits[chosen[i]]
    return np.minimum(out, 255).astype(np.uint8)


def net() -> nn.Sequential:
    maps = (SIZE - 10) // 5 + 1
    return nn.Sequential(
        nn.Conv2d(1, 8, 10, stride=5), nn.ReLU(), nn.Flatten(), nn.Linear(8 * maps * maps, 256), nn.ReLU(), nn.Linear(256, 10)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path, help="the folder with MNIST's IDX files")
    parser.add_argument("test", type=Path, help="the folder with cluttered test images")
    parser.add_argument("--images", type=float, default=16e6)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = np.random.default_rng(a.seed)
    digits, labels = found(a.mnist, "train-images*")[:55000], found(a.mnist, "train-labels*")[:55000].astype(np.int64)
    model = net()
    steps = int(a.images) // a.batch
    optimiser = torch.optim.Adam(model.parameters(), lr=a.rate)
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
    wrong, nats, start = 0, 0.0, time.monotonic()
    every = 100_000 // a.batch
    for step in range(1, steps + 1):
        chosen = rng.integers(len(digits), size=a.batch)
        x = torch.from_numpy(cluttered(digits, chosen, rng)[:, None]).float() / 255
        y = torch.from_numpy(labels[chosen])
        logits = model(x)
        loss = cross_entropy(logits, y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        falling.step()
        wrong += int((logits.argmax(1) != y).sum())
        nats += loss.item()
        if step % every == 0:
            seen = every * a.batch
            rate = step * a.batch / (time.monotonic() - start)
            line = {"images": step * a.batch, "error_rate": wrong / seen, "cross_entropy_nats": nats / every}
            print(json.dumps({**line, "images_per_second": round(rate)}), flush=True)
            wrong, nats = 0, 0.0
    x, y = found(a.test, "*images*"), found(a.test, "*labels*")
    with torch.no_grad():
        batches = torch.from_numpy(x[:, None]).split(1000)
        verdicts = torch.cat([model(part.float() / 255).argmax(1) for part in batches])
    error = float((verdicts.numpy() != y).mean())
    deviation = math.sqrt(error * (1 - error) / len(y))
    print(json.dumps({"error_rate": error, "images": len(y), "standard_error": deviation}))


if __name__ == "__main__":
    main()
