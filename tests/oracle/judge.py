"""A judge of samples: a small classifier of real MNIST digits, and the distance to the training rows.

    cargo run --release -- sample --weights www/weights/mnist.safetensors --count 1000 --out samples.bits
    python tests/oracle/judge.py samples.bits [MORE.bits ...] MNIST_FOLDER BINARISED_FOLDER

MNIST_FOLDER holds the four IDX files, BINARISED_FOLDER train.bits.gz and test.bits.gz. The classifier is
trained on MNIST binarised at random, as the samples are. Prints a line of JSON for each file: the share of
samples that it takes for a digit with confidence above 0.9 (and of real test digits, for scale, with its
accuracy there and its loss in nats), the share of each class, and quantiles of the Hamming distance, in
pixels, to the nearest training row.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from draw import bit_rows
from torch import nn


def idx(folder: Path, name: str) -> torch.Tensor:
    path = folder / name
    raw = path.read_bytes() if path.exists() else gzip.open(folder / (name + ".gz")).read()
    dims = raw[3]
    shape = np.frombuffer(raw, ">i4", dims, 4)
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape).copy())


def train(images: torch.Tensor, labels: torch.Tensor, epochs: int) -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10),
    )  # fmt: skip
    rate, batch = 2e-3, 200
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * len(images) // batch)
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(batch):
            x = torch.bernoulli(images[rows].float().unsqueeze(1) / 255)
            loss = nn.functional.cross_entropy(model(x), labels[rows].long())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def classify(model: nn.Module, x: torch.Tensor):
    """Logits [images, 10]."""
    return torch.cat([model(part) for part in x.split(500)])


def nearest(rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The Hamming distance of each row to the nearest of the others."""
    a, b = rows.flatten(1), others.flatten(1)
    dots = torch.cat([(part.sum(1, keepdim=True) + b.sum(1) - 2 * part @ b.T).min(1).values for part in a.split(500)])
    return dots.round()


LEVELS = torch.tensor([0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 1.0])


def quantiles(distances: torch.Tensor):
    return dict(zip(map(str, LEVELS.tolist()), distances.quantile(LEVELS).tolist()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path, nargs="+")
    parser.add_argument("mnist", type=Path)
    parser.add_argument("binarised", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    a = parser.parse_args()
    model = train(idx(a.mnist, "train-images-idx3-ubyte"), idx(a.mnist, "train-labels-idx1-ubyte"), a.epochs)
    torch.manual_seed(1)
    test = torch.bernoulli(idx(a.mnist, "t10k-images-idx3-ubyte").float().unsqueeze(1) / 255)
    labels = idx(a.mnist, "t10k-labels-idx1-ubyte").long()
    logits = classify(model, test)
    real = {
        "confident_real": (logits.softmax(1).amax(1) > 0.9).float().mean().item(),
        "classifier_accuracy": (logits.argmax(1) == labels).float().mean().item(),
        "classifier_nats": nn.functional.cross_entropy(logits, labels).item(),
    }
    rows, held_out = bit_rows(a.binarised / "train.bits.gz"), bit_rows(a.binarised / "test.bits.gz")
    held_out = held_out[torch.randperm(len(held_out))[:1000]]
    nearest_real = quantiles(nearest(held_out, rows))
    for file in a.samples:
        samples = bit_rows(file)
        sure, classes = classify(model, samples).softmax(1).max(1)
        print(json.dumps({
            "file": file.name,
            "samples": len(samples),
            "confident": (sure > 0.9).float().mean().item(),
            **real,
            "class_shares": [round((classes == k).float().mean().item(), 4) for k in range(10)],
            "nearest_training_row": {"samples": quantiles(nearest(samples, rows)), "test_rows": nearest_real},
        }))  # fmt: skip


if __name__ == "__main__":
    main()
