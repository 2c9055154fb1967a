"""The models that classify by looking, in PyTorch, written from the papers alone: DRAW's read on a large image (Gregor et
al. 2015, section 4.1) and the Recurrent Model of Visual Attention (Mnih et al. 2014).

It shares no code with the engine. Gradients are autograd's.

    python tests/oracle/look.py dump tests/fixtures        write the fixtures that tests/oracle.rs reads
    python tests/oracle/look.py eval WEIGHTS IMAGES LABELS [--limit N]
                                                           the error of our safetensors on IDX files, by PyTorch
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from draw import Cell, filterbanks
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

PARTS, GLIMPSE = 128, 256
# The share of REINFORCE's gradient that goes from the means into the core, and what the verdicts before the last count in
# the fixtures.
INTO_CORE, VERDICT_WEIGHT = 0.1, 0.4


def linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs)


class Reader(nn.Module):
    """DRAW's read of the image alone; one LSTM; the class from its last state."""

    def __init__(self, c: dict):
        super().__init__()
        self.c = c
        self.encoder = Cell(c["patch"] ** 2, c["hidden"])
        self.read = linear(c["hidden"], 5)
        self.classifier = linear(c["hidden"], c["classes"])

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        c, batch = self.c, len(x)
        state = (x.new_zeros(batch, c["hidden"]), x.new_zeros(batch, c["hidden"]))
        for _ in range(c["glimpses"]):
            window = self.read(state[0])
            f_x, f_y, gamma = filterbanks(window, c["patch"], c["width"], c["height"])
            patch = f_y @ x @ f_x.transpose(1, 2) * gamma[:, None, None]
            state = self.encoder(patch.flatten(1), state)
        return self.classifier(state[0])


def averages(centre: Tensor, n: int, cell: float, length: int) -> Tensor:
    """Rows [batch, n, length] that average a cell's pixels along an axis: a pixel's share is what of it the cell covers."""
    start = centre[:, None] + (torch.arange(n).to(centre) - n / 2) * cell
    pixel = torch.arange(length).to(centre)
    covered = torch.minimum(start[..., None] + cell, pixel + 1) - torch.maximum(start[..., None], pixel)
    return covered.clamp(min=0) / cell


class Ram(nn.Module):
    """Squares around a place, each twice as wide as the one before."""

    def __init__(self, c: dict):
        super().__init__()
        eye = c["eye"]["retina"]
        self.c, self.scales, self.deviation, self.estimator = c, eye["scales"], eye["deviation"], eye["estimator"]
        hidden = c["hidden"]
        self.sensor = linear(self.scales * c["patch"] ** 2, PARTS)
        self.place = linear(2, PARTS)
        self.glimpse = nn.ModuleDict({"sensor": linear(PARTS, GLIMPSE), "place": linear(PARTS, GLIMPSE)})
        self.core = Cell(GLIMPSE, hidden)
        self.locator = linear(hidden, 2)
        self.baseline = linear(hidden, 1)
        self.classifier = linear(hidden, c["classes"])

    def retina(self, x: Tensor, place: Tensor) -> Tensor:
        c = self.c
        centre = (place + 1) / 2 * torch.tensor([c["width"], c["height"]]).to(place)
        squares = []
        for scale in range(self.scales):
            w_x = averages(centre[:, 0], c["patch"], 2.0**scale, c["width"])
            w_y = averages(centre[:, 1], c["patch"], 2.0**scale, c["height"])
            squares.append((w_y @ x @ w_x.transpose(1, 2)).flatten(1))
        return torch.cat(squares, 1)

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """noise [T, batch, 2]: places are their means plus deviation times this."""
        return self.unrolled(x, noise)[0][-1]

    def unrolled(self, x: Tensor, noise: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Logits after each glimpse, the log density of its place, and the reward that is expected before it."""
        c, batch = self.c, len(x)
        state = (x.new_zeros(batch, c["hidden"]), x.new_zeros(batch, c["hidden"]))
        logits, densities, expected = [], [], []
        for t in range(c["glimpses"]):
            h = state[0]
            if self.estimator == "reinforce":
                # The same value, and a share of its gradient.
                h = h.detach() + INTO_CORE * (h - h.detach())
            mean = torch.tanh(self.locator(h))
            place = mean + self.deviation * noise[t]
            if self.estimator == "reinforce":
                place = place.detach()
            densities.append(torch.distributions.Normal(mean, self.deviation).log_prob(place).sum(1))
            expected.append(self.baseline(state[0].detach())[:, 0])
            seen = torch.relu(self.sensor(self.retina(x, place)))
            where = torch.relu(self.place(place))
            g = torch.relu(self.glimpse["sensor"](seen) + self.glimpse["place"](where))
            state = self.core(g, state)
            logits.append(self.classifier(state[0]))
        return logits, densities, expected


def loss(model: nn.Module, x: Tensor, noise: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy after the last glimpse; of RAM, a share of those before too, and REINFORCE's part with its baseline: a
    place is rewarded for the right verdicts after it, by the same weights."""
    if isinstance(model, Reader):
        return cross_entropy(model(x, noise), labels, reduction="sum")
    logits, densities, expected = model.unrolled(x, noise)
    weights = [VERDICT_WEIGHT] * (len(logits) - 1) + [1.0]
    total = sum(w * cross_entropy(each, labels, reduction="sum") for w, each in zip(weights, logits))
    if model.estimator == "pathwise":
        return total
    right = [w * (each.argmax(1) == labels) for w, each in zip(weights, logits)]
    for t, (density, guess) in enumerate(zip(densities, expected)):
        reward = sum(right[t:])
        total = total - ((reward - guess).detach() * density).sum() + ((reward - guess) ** 2).sum() / 2
    return total


def build(c: dict) -> nn.Module:
    return Reader(c) if c["eye"] == "read" else Ram(c)


def load(path: Path) -> nn.Module:
    with safe_open(path, "pt") as f:
        model = build(json.loads(f.metadata()["config"]))
        state = {k: f.get_tensor(k).float() for k in f.keys() if not k.endswith(".scale")}
        for name in f.keys():
            if name.endswith(".scale"):
                state[name.removesuffix(".scale")] *= f.get_tensor(name)[:, None]
    model.load_state_dict(state)
    return model


def idx(path: Path) -> np.ndarray:
    raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    dims = raw[3]
    shape = np.frombuffer(raw, ">i4", dims, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)


SMALL = {
    "task": "classification", "width": 13, "height": 11, "glimpses": 3, "hidden": 8, "patch": 3, "classes": 4,
}  # fmt: skip
FIXTURES = {
    "read": {**SMALL, "eye": "read"},
    "reinforce": {**SMALL, "eye": {"retina": {"scales": 3, "deviation": 0.3, "estimator": "reinforce"}}},
    "pathwise": {**SMALL, "eye": {"retina": {"scales": 3, "deviation": 0.3, "estimator": "pathwise"}}},
}


def dump(folder: Path):
    for index, (name, config) in enumerate(FIXTURES.items()):
        torch.manual_seed(100 + index)
        model, batch = build(config).double(), 3
        with torch.no_grad():
            for p in model.parameters():
                p.add_(0.2 * torch.randn_like(p))
        # Both sides start from the same f32 numbers; the oracle then computes in f64.
        model = model.float().double()
        x = torch.rand(batch, config["height"], config["width"]).float().double()
        noise = torch.randn(config["glimpses"], batch, 2).float().double()
        labels = torch.tensor([2, 0, 3])
        logits = model(x, noise)
        loss(model, x, noise, labels).backward()
        out = {"x": x, "noise": noise, "probabilities": logits.softmax(1)}
        out |= {f"param.{k}": v for k, v in model.named_parameters()}
        out |= {f"grad.{k}": v.grad for k, v in model.named_parameters() if v.grad is not None}
        out = {k: v.detach().float().contiguous() for k, v in out.items()}
        save_file(out, folder / f"oracle-look-{name}.safetensors", {"config": json.dumps(config)})


@torch.no_grad()
def evaluate(weights: Path, images: Path, labels: Path, limit: int | None):
    # In f64: along a chaotic path of places the order of additions decides some verdicts in f32.
    model, x, y = load(weights).double().eval(), idx(images)[:limit], idx(labels)[:limit]
    wrong = 0
    for start in range(0, len(x), 100):
        batch = torch.from_numpy(x[start : start + 100].astype(np.float64) / 255)
        noise = torch.zeros(model.c["glimpses"], len(batch), 2).to(batch)
        verdict = model(batch, noise).argmax(1).numpy()
        wrong += int((verdict != y[start : start + 100]).sum())
    print(json.dumps({"error_rate": wrong / len(x), "images": len(x)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("dump").add_argument("folder", type=Path)
    e = commands.add_parser("eval")
    for name in ["weights", "images", "labels"]:
        e.add_argument(name, type=Path)
    e.add_argument("--limit", type=int)
    a = parser.parse_args()
    if a.command == "dump":
        dump(a.folder)
    else:
        evaluate(a.weights, a.images, a.labels, a.limit)


if __name__ == "__main__":
    main()
