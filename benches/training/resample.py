"""More training rows from the training rows alone: each pixel is drawn anew from what the rest of its image says of it.

    python benches/training/resample.py BINARISED_FOLDER OUT_FOLDER

Real rows are one draw each of their strokes' edges, and a model comes to know those draws by heart. A small network
learns p(pixel | those around it) from the training rows; Gibbs sampling by it then gives some of a row's pixels another
draw. Under the true conditionals that leaves the distribution of rows as it is. OUT_FOLDER/train.bits.gz receives
`versions` copies of the training rows as they are and as many that are drawn anew, OUT_FOLDER/drawn-anew.bits.gz one such
version of the validation rows, for `eval` to tell how far it is from them.
"""

import argparse
from pathlib import Path

import torch
from more_rows import SIDE, read, write_both
from torch import nn
from torch.nn import functional

STEP = 3
CELLS = SIDE // STEP + 1


class Conditional(nn.Module):
    """The logit of a pixel from those around it.

    Pixels three apart are taken for independent given the rest, so that one pass serves a ninth of the image: cells of 3 × 3
    are the network's places, the pixel asked for is a cell's last, and what it sees are the other eight.
    """

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(STEP * STEP - 1 + 2, width, 3, padding=1), nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1), nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1), nn.GELU(),
            nn.Conv2d(width, width, 1), nn.GELU(),
            nn.Conv2d(width, 1, 1),
        )  # fmt: skip

    @staticmethod
    def cells(x: torch.Tensor, row: int, column: int) -> torch.Tensor:
        """Images [n, 28, 28] as [n, 9, cells, cells]; the last of each nine is a pixel (row, column) modulo 3."""
        over = STEP * CELLS - SIDE
        top, left = STEP - 1 - row, STEP - 1 - column
        padded = functional.pad(x, (left, over + STEP - left, top, over + STEP - top))
        return functional.pixel_unshuffle(padded.unsqueeze(1), STEP)

    def forward(self, cells: torch.Tensor, row: int, column: int) -> torch.Tensor:
        n, _, h, w = cells.shape
        # Where the cell lies, since digits are centred.
        y = (torch.arange(h) * STEP + row - SIDE / 2).view(1, 1, h, 1).expand(n, 1, h, w) / SIDE
        x = (torch.arange(w) * STEP + column - SIDE / 2).view(1, 1, 1, w).expand(n, 1, h, w) / SIDE
        return self.body(torch.cat([cells[:, :-1], y, x], 1)).squeeze(1)


def inside(at: int) -> int:
    """How many pixels of a line are `at` modulo 3."""
    return len(range(at, SIDE, STEP))


def ask(model: Conditional, x: torch.Tensor, row: int, column: int):
    """Logits and values of the pixels (row, column) modulo 3, [n, rows, columns]."""
    cells = model.cells(x, row, column)
    h, w = inside(row), inside(column)
    with torch.autocast("cpu", torch.bfloat16):  # A third of the time, where the CPU has it.
        logits = model(cells, row, column)
    return logits.float()[:, :h, :w], cells[:, -1, :h, :w]


def train(model: Conditional, rows: torch.Tensor, epochs: float, batch: int = 200, rate: float = 3e-3):
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate)
    steps = int(epochs * len(rows) / batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for _ in range(steps):
        x = rows[torch.randint(len(rows), (batch,))].float()
        row, column = torch.randint(STEP, (2,)).tolist()
        logits, target = ask(model, x, row, column)
        loss = functional.binary_cross_entropy_with_logits(logits, target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


@torch.no_grad()
def nats(model: Conditional, rows: torch.Tensor) -> float:
    """-Σ log p(pixel | others) of an image, a mean over the rows."""
    total = 0.0
    for part in rows.split(1000):
        for at in range(STEP * STEP):
            logits, target = ask(model, part.float(), *divmod(at, STEP))
            total += functional.binary_cross_entropy_with_logits(logits, target, reduction="sum").item()
    return total / len(rows)


@torch.no_grad()
def draw_anew(model: Conditional, rows: torch.Tensor, ninths: int) -> torch.Tensor:
    """So many ninths of the pixels, each once, in a random order of the nine places in a cell."""
    parts = []
    for part in rows.split(500):
        x = part.float()
        for at in torch.randperm(STEP * STEP)[:ninths].tolist():
            row, column = divmod(at, STEP)
            logits, _ = ask(model, x, row, column)
            x[:, row::STEP, column::STEP] = torch.bernoulli(torch.sigmoid(logits))
        parts.append(x.to(torch.uint8))
    return torch.cat(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--versions", type=int, default=4)
    parser.add_argument("--ninths", type=int, default=3, help="of each image's pixels")
    parser.add_argument("--epochs", type=float, default=10)
    parser.add_argument("--width", type=int, default=112)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    torch.manual_seed(a.seed)
    rows, valid = (torch.from_numpy(read(a.data / name)) for name in ("train.bits.gz", "valid.bits.gz"))
    model = Conditional(a.width)
    train(model, rows, a.epochs)
    print(f"-Σ log p(pixel | others): {nats(model, rows[:10000]):.2f} training, {nats(model, valid):.2f} validation")
    change = lambda x: draw_anew(model, torch.from_numpy(x), a.ninths).numpy()  # noqa: E731
    write_both(a.out, rows.numpy(), valid.numpy(), a.versions, "drawn-anew", change)


if __name__ == "__main__":
    main()
