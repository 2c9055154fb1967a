"""DRAW in PyTorch, written from the paper alone: the oracle that the Rust engine is held against.

It shares no code with the engine. Gradients are autograd's.

    python tests/oracle/draw.py dump tests/fixtures          write the fixtures that tests/oracle.rs reads
    python tests/oracle/draw.py eval WEIGHTS BITS [--limit N] [--samples K]
                                                             the bound of our safetensors, by PyTorch
"""

import argparse
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save as serialised
from safetensors.torch import save_file
from torch import Tensor, nn


@dataclass
class Config:
    """The Config in a weights file's metadata."""

    width: int = 28
    height: int = 28
    channels: int = 1
    glimpses: int = 64
    hidden: int = 256
    latent: int = 100
    read_patch: int = 2
    write_patch: int = 5
    attention: bool = True
    likelihood: str = "bernoulli"

    @property
    def pixels(self):
        return self.channels * self.height * self.width

    @property
    def planes(self):
        """Of a canvas: the means, and with the logistic likelihood log scales behind them."""
        return self.channels * (2 if self.likelihood == "logistic" else 1)

    @property
    def read_len(self):
        return 2 * (self.channels * self.read_patch**2 if self.attention else self.pixels)

    @property
    def write_len(self):
        return self.planes * (self.write_patch**2 if self.attention else self.height * self.width)


class Cell(nn.Module):
    """An LSTM cell with one bias, gates in order i, f, g, o."""

    def __init__(self, inputs, hidden):
        super().__init__()
        bound = hidden**-0.5
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden, inputs).uniform_(-bound, bound))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden, hidden).uniform_(-bound, bound))
        bias = torch.zeros(4 * hidden)
        bias[hidden : 2 * hidden] = 1
        self.bias = nn.Parameter(bias)

    def forward(self, x, state):
        h, c = state
        i, f, g, o = (x @ self.weight_ih.T + h @ self.weight_hh.T + self.bias).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


def filterbanks(params: Tensor, n: int, width: int, height: int):
    """F_X [batch, N, A], F_Y [batch, N, B] and gamma [batch], by equations 21 to 26."""
    gx, gy, log_var, log_delta, log_gamma = params.unbind(dim=1)
    centre_x = (width + 1) / 2 * (gx + 1)  # eq. 22
    centre_y = (height + 1) / 2 * (gy + 1)  # eq. 23
    delta = (max(width, height) - 1) / max(n - 1, 1) * log_delta.exp()  # eq. 24
    i = torch.arange(1, n + 1, dtype=params.dtype)

    def bank(centre, length):
        mu = centre[:, None] + (i - n / 2 - 0.5) * delta[:, None]  # eq. 19, 20
        a = torch.arange(1, length + 1, dtype=params.dtype)
        exponent = -((a - mu[:, :, None]) ** 2) / (2 * log_var.exp()[:, None, None])
        # eq. 25, 26: exp over its sum; softmax is that quotient, safe for a filter outside the image.
        return exponent.softmax(dim=2)

    return bank(centre_x, width), bank(centre_y, height), log_gamma.exp()


def kl_of(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """KL(q(z) || p(z)) of each latent, in nats (eq. 11)."""
    return 0.5 * (mu**2 + (2 * log_sigma).exp() - 2 * log_sigma - 1)


def logistic(canvas: Tensor, x: Tensor) -> Tensor:
    """-log p of each value: the probability of its step of 256 under a logistic distribution around the mean (Salimans
    et al. 2017, with one component). The lowest level takes all below it, the highest all above."""
    mean, log_scale = canvas.chunk(2, dim=1)
    half, mu, s = 0.5 / 255, mean.sigmoid(), log_scale.clamp(-7, 3).exp()
    a, b = (x + half - mu) / s, (x - half - mu) / s
    lowest, highest = x < half, x > 1 - half
    softplus = nn.functional.softplus
    nats = softplus(-a).masked_fill(highest, 0) + softplus(b).masked_fill(lowest, 0)
    return nats - (-torch.expm1(-2 * half / s)).log().masked_fill(lowest | highest, 0)


class Draw(nn.Module):
    """The network. Parameter names are those of the weights file."""

    def __init__(self, config: Config):
        super().__init__()
        c = self.config = config
        self.encoder = Cell(c.read_len + c.hidden, c.hidden)
        self.decoder = Cell(c.latent, c.hidden)
        self.latent = nn.Linear(c.hidden, 2 * c.latent)
        self.patch = nn.Linear(c.hidden, c.write_len)
        if c.attention:
            self.read = nn.Linear(c.hidden, 5)
            self.write = nn.Linear(c.hidden, 5)
        self.canvas = nn.Parameter(torch.zeros(c.planes, c.height, c.width))
        if c.likelihood == "logistic":
            self.canvas.data[c.channels :] = -2

    def read_patches(self, x, x_hat, h_dec):
        c = self.config
        if not c.attention:
            return torch.cat([x.flatten(1), x_hat.flatten(1)], dim=1)  # eq. 17
        fx, fy, gamma = filterbanks(self.read(h_dec), c.read_patch, c.width, c.height)
        gamma = gamma[:, None, None, None]
        patches = [gamma * (fy[:, None] @ image @ fx[:, None].mT) for image in (x, x_hat)]  # eq. 27
        return torch.cat([p.flatten(1) for p in patches], dim=1)

    def write_patch(self, h_dec):
        c = self.config
        if not c.attention:
            return self.patch(h_dec).view(-1, c.planes, c.height, c.width)  # eq. 18
        fx, fy, gamma = filterbanks(self.write(h_dec), c.write_patch, c.width, c.height)
        w = self.patch(h_dec).view(-1, c.planes, c.write_patch, c.write_patch)  # eq. 28
        return (fy[:, None].mT @ w @ fx[:, None]) / gamma[:, None, None, None]  # eq. 29

    def glimpse(self, x: Tensor, noise: Tensor, canvas: Tensor, encoder, decoder):
        """One glimpse: the new canvas and states, KL [batch], and log q(z) - log p(z) [batch]."""
        x_hat = x - canvas[:, : self.config.channels].sigmoid()  # eq. 3
        r = self.read_patches(x, x_hat, decoder[0])  # eq. 4
        encoder = self.encoder(torch.cat([r, decoder[0]], dim=1), encoder)  # eq. 5
        mu, log_sigma = self.latent(encoder[0]).chunk(2, dim=1)  # eq. 1, 2
        z = mu + log_sigma.exp() * noise  # eq. 6
        kl = kl_of(mu, log_sigma).sum(1)
        log_ratio = (0.5 * (z**2 - noise**2) - log_sigma).sum(1)
        decoder = self.decoder(z, decoder)  # eq. 7
        return canvas + self.write_patch(decoder[0]), encoder, decoder, kl, log_ratio  # eq. 8

    def glimpses(self, x: Tensor, noise: Iterable[Tensor]):
        """What each glimpse at x [batch, C, B, A] leaves, for its noise [batch, Z], from the beginning."""
        zero = x.new_zeros(len(x), self.config.hidden)
        encoder, decoder, canvas = (zero, zero), (zero, zero), self.canvas.expand(len(x), -1, -1, -1)
        for eps in noise:
            canvas, encoder, decoder, kl, log_ratio = self.glimpse(x, eps, canvas, encoder, decoder)
            yield canvas, encoder, decoder, kl, log_ratio

    def forward(self, x: Tensor, noise: Tensor):
        """x [batch, C, B, A], noise [T, batch, Z].

        Gives reconstruction [batch], KL [T, batch], canvases [T, batch, planes, B, A] and
        log q(z) - log p(z) of the sample [batch], in nats.
        """
        canvases, _, _, kls, log_ratios = zip(*self.glimpses(x, noise))
        canvas = canvases[-1]
        if self.config.likelihood == "logistic":
            nll = logistic(canvas, x)
        else:
            nll = nn.functional.binary_cross_entropy_with_logits(canvas, x, reduction="none")  # eq. 9
        return nll.flatten(1).sum(1), torch.stack(kls), torch.stack(canvases), sum(log_ratios)


def load(path: Path) -> Draw:
    """Our weights: one file, or a decoder half with its encoder half beside it; f32, f16 or int8."""
    tensors = {}
    for file in (path, path.with_suffix(".encoder.safetensors")):
        if not file.exists():
            continue
        with safe_open(file, "pt") as f:
            metadata = f.metadata()
            for name in f.keys():
                tensors[name] = f.get_tensor(name).float()
    for name in [n for n in tensors if n.endswith(".scale")]:
        tensors[name.removesuffix(".scale")] *= tensors.pop(name)[:, None]
    assert metadata["format"] == "attentive-writer/1", metadata
    model = Draw(Config(**json.loads(metadata["config"])))
    model.load_state_dict(from_lstm_cells(tensors))
    return model


def from_lstm_cells(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names and biases as the engine has them. PyTorch's gates have the same order, i, f, g, o; of its two biases only
    the sum is ever used."""
    out = {}
    for name, value in state.items():
        if name.endswith(".bias_ih"):
            out[name.removesuffix("_ih")] = value + state[name.removesuffix("_ih") + "_hh"]
        elif not name.endswith(".bias_hh"):
            out[name] = value
    return out


def save(model: Draw, path: Path):
    """Weights that the engine, the page and the widget read."""
    tensors = {k: v.detach().float().contiguous() for k, v in from_lstm_cells(model.state_dict()).items()}
    config = json.dumps(model.config.__dict__)
    # Not save_file, whose files nobody else may read: written here, the umask says who may.
    path.write_bytes(serialised(tensors, {"format": "attentive-writer/1", "config": config}))


def bit_rows(path: Path) -> Tensor:
    """Rows of 98 bytes, 784 bits each, as [n, 1, 28, 28]."""
    raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    bits = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(-1, 98), axis=1)
    return torch.from_numpy(bits).float().view(-1, 1, 28, 28)


FIXTURES = {
    "attention": Config(10, 8, 1, 4, 8, 3, 2, 3, True),
    "colour": Config(7, 9, 3, 3, 6, 4, 3, 2, True),
    "whole": Config(6, 5, 3, 3, 6, 4, 2, 2, False),
    "logistic": Config(7, 9, 3, 3, 6, 4, 3, 2, True, "logistic"),
    "intensities": Config(5, 9, 2, 3, 6, 4, 2, 3, True, "intensities"),
}


def dump(folder: Path):
    for index, (name, config) in enumerate(FIXTURES.items()):
        torch.manual_seed(index)
        model, batch = Draw(config).double(), 3
        with torch.no_grad():
            for p in model.parameters():
                p.add_(0.2 * torch.randn_like(p))
        # Both sides start from the same f32 numbers; the oracle then computes in f64.
        model = model.float().double()
        x = torch.rand(batch, config.channels, config.height, config.width)
        if config.likelihood == "logistic":
            # Levels, the lowest and the highest among them.
            x = (x * 300 - 20).clamp(0, 255).round() / 255
        x = x.float().double()
        noise = torch.randn(config.glimpses, batch, config.latent).float().double()
        reconstruction, kl, canvases, log_ratio = model(x, noise)
        (reconstruction.sum() + kl.sum()).backward()
        out = {"x": x, "noise": noise, "reconstruction": reconstruction, "kl": kl}
        out |= {"canvases": canvases, "log_ratio": log_ratio}
        out |= {f"param.{k}": v for k, v in model.named_parameters()}
        out |= {f"grad.{k}": v.grad for k, v in model.named_parameters()}
        out = {k: v.detach().float().contiguous() for k, v in out.items()}
        save_file(out, folder / f"oracle-{name}.safetensors", {"config": json.dumps(config.__dict__)})


@torch.no_grad()
def evaluate(weights: Path, data: Path, limit: int | None, samples: int):
    model, images = load(weights), bit_rows(data)[:limit]
    config, sums, importance = model.config, torch.zeros(2, dtype=torch.float64), 0.0
    torch.manual_seed(0)
    for x in images.split(100):
        logs = []
        for _ in range(samples):
            noise = torch.randn(config.glimpses, len(x), config.latent)
            reconstruction, kl, _, log_ratio = model(x, noise)
            sums += torch.stack([reconstruction.sum(), kl.sum()]).double() / samples
            logs.append(-(reconstruction + log_ratio).double())
        log_mean = torch.stack(logs).logsumexp(0) - np.log(samples)
        importance -= log_mean.sum().item()
    reconstruction, kl = (sums / len(images)).tolist()
    bound = {"nll_bound_nats": reconstruction + kl, "reconstruction_nats": reconstruction, "kl_nats": kl}
    more = {"images": len(images), "samples": samples, "importance_weighted_nats": importance / len(images)}
    print(json.dumps(bound | more))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    p = commands.add_parser("dump")
    p.add_argument("folder", type=Path)
    p.set_defaults(run=dump)
    p = commands.add_parser("eval")
    p.add_argument("weights", type=Path)
    p.add_argument("data", type=Path)
    p.add_argument("--limit", type=int)
    p.add_argument("--samples", type=int, default=1)
    p.set_defaults(run=evaluate)
    arguments = vars(parser.parse_args())
    arguments.pop("run")(**arguments)


if __name__ == "__main__":
    main()
