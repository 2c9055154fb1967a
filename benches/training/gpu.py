"""Long training on a graphics card, in PyTorch: the same models, data and optimiser as `attentive-writer train`.

    attentive-writer train --preset cluttered --data mnist --out start.safetensors --minutes 0.01
    python benches/training/gpu.py OUT --minutes 9 --task start.safetensors:mnist:16e6 [--task ...]

A task is WEIGHTS:DATA:IMAGES[:seeds=N][:batch=N][:rate=R][:average=A][:shift=N][:colour=C], separated by colons. WEIGHTS
gives the model's shape and where it starts; seeds beyond the first start anew. DATA is a folder with MNIST's IDX files
(digits in clutter, two digits), SVHN's `.mat`, or `.npy` levels `[n, H, W, C]`. A run ends after IMAGES images or the
minutes, whichever is first; its rate falls to zero along half a cosine of that part of it which is over. All tasks run at
once, each in one CUDA graph a step, with all its seeds side by side. OUT/NAME-SEED.safetensors holds the average of the
weights, which the command line evaluates and exports; OUT/NAME.jsonl the curve.
"""

import argparse
import json
import math
import sys
import threading
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save as serialised
from torch import Tensor
from torch.nn.functional import softplus

sys.path.append(str(Path(__file__).parents[2] / "tests" / "oracle"))
from look import INTO_CORE, idx  # noqa: E402

MOMENTUM, QUINTIC = 0.95, (3.4445, -4.775, 2.0315)
LOG_SCALE, HALF = (-7.0, 3.0), 0.5 / 255.0
PIECES, SIDE = 8, 8
# Matrices that stand in a tensor one above the other, each of which Muon updates as one; the rest is left to Adam.
MATRICES = {
    **{f"{cell}.weight_{of}": 4 for cell in ["encoder", "decoder", "core"] for of in ["ih", "hh"]},
    "latent.weight": 2,
    "patch.weight": 1,
    "sensor.weight": 1,
    "glimpse.sensor.weight": 1,
    "glimpse.place.weight": 1,
}


# Layers. Tensors begin with the seed; rows of all seeds' images are [seeds, batch, …], or [seeds · batch, …] for images.


def linear(p: dict, weight: str, bias: str, x: Tensor) -> Tensor:
    return torch.baddbmm(p[bias][:, None], x, p[weight].mT)


def lstm(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """h and c from the gates' sums `[S, B, 4H]`, in order i, f, g, o."""
    if gates.is_cuda:
        s, b, n = gates.shape
        flat = gates.reshape(s * b, n)
        h, c, _ = torch.ops.aten._thnn_fused_lstm_cell(flat, torch.zeros_like(flat), cell.reshape(s * b, n // 4))
        return h.view(s, b, -1), c.view(s, b, -1)
    i, f, g, o = gates.chunk(4, 2)
    c = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def banks(window: Tensor, n: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """F_X and F_Y `[rows, N, size]` and log γ of windows `[rows, 5]` (equations 19 to 26)."""
    centre = (size + 1) / 2 * (window[:, :2] + 1)
    stride = (size - 1) / max(n - 1, 1) * window[:, 3:4].exp()
    offsets = torch.arange(1, n + 1, device=window.device) - n / 2 - 0.5
    mu = centre[:, :, None] + offsets * stride[:, :, None]
    a = torch.arange(1, size + 1, device=window.device, dtype=window.dtype)
    exponent = (a - mu[..., None]).square() * (-0.5 * (-window[:, 2]).exp())[:, None, None, None]
    f = exponent.softmax(3)
    return f[:, 0], f[:, 1], window[:, 4]


# Models: loss [seeds], and numbers to log.


class Look:
    """The classifiers of `tests/oracle/look.py`."""

    def __init__(self, c: dict):
        self.c, self.retina = c, None if c["eye"] == "read" else c["eye"]["retina"]

    def see(self, x: Tensor, place: Tensor) -> Tensor:
        c, r = self.c, self.retina
        cells = 2.0 ** torch.arange(r["scales"], device=x.device)
        centre = (place + 1) / 2 * c["width"]
        offsets = torch.arange(c["patch"], device=x.device) - c["patch"] / 2
        start = centre[:, :, None, None] + offsets * cells[:, None]
        pixel = torch.arange(c["width"], device=x.device, dtype=x.dtype)
        covered = torch.minimum((start + cells[:, None])[..., None], pixel + 1) - torch.maximum(start[..., None], pixel)
        w = covered.clamp(min=0) / cells[:, None, None]  # [rows, 2, scales, N, size]
        rows, scales, n = len(x), r["scales"], c["patch"]
        half = w[:, 1].reshape(rows, scales * n, -1) @ x
        seen = half.view(rows * scales, n, -1) @ w[:, 0].reshape(rows * scales, n, -1).mT
        return seen.view(rows, -1)

    def __call__(self, p: dict, x: Tensor, y: Tensor, rand) -> tuple[Tensor, dict]:
        c, (s, b) = self.c, x.shape[:2]
        x = x.flatten(0, 1)
        h, cell = (x.new_zeros(s, b, c["hidden"]) for _ in range(2))
        name = "encoder" if self.retina is None else "core"
        weight = torch.cat([p[f"{name}.weight_ih"], p[f"{name}.weight_hh"]], 2)
        bias = p[f"{name}.bias"][:, None]
        means, places, baselines = [], [], []
        for _ in range(c["glimpses"]):
            if self.retina is None:
                window = linear(p, "read.weight", "read.bias", h).flatten(0, 1)
                f_x, f_y, log_gamma = banks(window, c["patch"], c["width"])
                patch = f_y @ x @ f_x.mT * log_gamma.exp()[:, None, None]
                seen = patch.view(s, b, -1)
            else:
                reinforce = self.retina["estimator"] == "reinforce"
                # The same value, and a share of its gradient.
                state = h.detach() + INTO_CORE * (h - h.detach()) if reinforce else h
                mean = linear(p, "locator.weight", "locator.bias", state).tanh()
                place = mean + self.retina["deviation"] * rand(mean)
                if reinforce:
                    place = place.detach()
                    baselines.append(linear(p, "baseline.weight", "baseline.bias", h.detach())[..., 0])
                    means.append(mean)
                    places.append(place)
                sensor = linear(p, "sensor.weight", "sensor.bias", self.see(x, place.flatten(0, 1)).view(s, b, -1)).relu()
                where = linear(p, "place.weight", "place.bias", place).relu()
                g = linear(p, "glimpse.sensor.weight", "glimpse.sensor.bias", sensor)
                seen = (g + linear(p, "glimpse.place.weight", "glimpse.place.bias", where)).relu()
            gates = torch.baddbmm(bias, torch.cat([seen, h], 2), weight.mT)
            h, cell = lstm(gates, cell)
        logits = linear(p, "classifier.weight", "classifier.bias", h)
        nats = torch.logsumexp(logits, 2) - logits.gather(2, y[..., None])[..., 0]
        right = (logits.argmax(2) == y).float()
        loss = nats.mean(1)
        if baselines:
            surprise = right - torch.stack(baselines)
            squares = (torch.stack(places) - torch.stack(means)).square().sum(3) / self.retina["deviation"] ** 2
            score = surprise.detach() * squares / 2
            loss = loss + (score + surprise.square() / 2).sum(0).mean(1)
        return loss, {"cross_entropy_nats": nats.mean(1), "error_rate": 1 - right.mean(1)}


class Draw:
    """DRAW with attention on square images, for every likelihood. Images and canvases are `[rows, H, planes, W]`."""

    def __init__(self, c: dict):
        self.c, self.logistic = c, c["likelihood"] == "logistic"
        self.planes = c["channels"] * (2 if self.logistic else 1)

    def nats(self, canvas: Tensor, x: Tensor) -> Tensor:
        c = self.c["channels"]
        if not self.logistic:
            return (softplus(canvas) - canvas * x).flatten(1).sum(1)
        mu, raw = canvas[:, :, :c].sigmoid(), canvas[:, :, c:]
        s = raw.clamp(*LOG_SCALE).exp()
        a, b = (x + HALF - mu) / s, (x - HALF - mu) / s
        lowest, highest = x < HALF, x > 1 - HALF
        step = -torch.expm1(-2 * HALF / s)
        parts = (softplus(-a).masked_fill(highest, 0), softplus(b).masked_fill(lowest, 0))
        return (parts[0] + parts[1] - step.log().masked_fill(lowest | highest, 0)).flatten(1).sum(1)

    def __call__(self, p: dict, x: Tensor, _, rand) -> tuple[Tensor, dict]:
        c, (s, b) = self.c, x.shape[:2]
        rows, size, channels, planes = s * b, c["width"], c["channels"], self.planes
        n_read, n_write, latent = c["read_patch"], c["write_patch"], c["latent"]
        x = x.flatten(0, 1)
        h_enc, c_enc, h_dec, c_dec = (x.new_zeros(s, b, c["hidden"]) for _ in range(4))
        # [S, planes, H, W] to rows' layout.
        canvas = p["canvas"].permute(0, 2, 1, 3)[:, None].expand(s, b, size, planes, size).reshape(rows, size, planes, size)
        w_enc = torch.cat([p["encoder.weight_ih"], p["encoder.weight_hh"]], 2).mT
        w_dec = torch.cat([p["decoder.weight_ih"], p["decoder.weight_hh"]], 2).mT
        b_enc, b_dec = p["encoder.bias"][:, None], p["decoder.bias"][:, None]
        w_heads = torch.cat([p["read.weight"], p["write.weight"], p["patch.weight"]], 1).mT
        b_heads = torch.cat([p["read.bias"], p["write.bias"], p["patch.bias"]], 1)[:, None]
        window, kl = p["read.bias"][:, None].expand(s, b, 5), 0
        for _ in range(c["glimpses"]):
            f_x, f_y, log_gamma = banks(window.reshape(rows, 5), n_read, size)
            both = torch.cat([x, canvas[:, :, :channels].sigmoid()], 2)
            half = both.view(rows, size * 2 * channels, size) @ f_x.mT
            seen = (f_y @ half.view(rows, size, 2 * channels * n_read)) * log_gamma.exp()[:, None, None]
            seen = seen.view(rows, n_read, 2, channels, n_read).permute(2, 0, 3, 1, 4).reshape(2, s, b, -1)
            inputs = torch.cat([seen[0], seen[0] - seen[1], h_dec, h_enc], 2)
            h_enc, c_enc = lstm(torch.baddbmm(b_enc, inputs, w_enc), c_enc)
            mu, log_sigma = linear(p, "latent.weight", "latent.bias", h_enc).split(latent, 2)
            sigma = log_sigma.exp()
            z = mu + sigma * rand(mu)
            kl = kl + 0.5 * (mu.square() + sigma.square() - 2 * log_sigma - 1).sum(2)
            h_dec, c_dec = lstm(torch.baddbmm(b_dec, torch.cat([z, h_dec], 2), w_dec), c_dec)
            heads = torch.baddbmm(b_heads, h_dec, w_heads)
            window = heads[..., :5]
            f_x, f_y, log_gamma = banks(heads[..., 5:10].reshape(rows, 5), n_write, size)
            patch = heads[..., 10:].reshape(rows, planes, n_write, n_write).permute(0, 2, 1, 3)
            across = patch.reshape(rows, n_write * planes, n_write) @ f_x * (-log_gamma).exp()[:, None, None]
            canvas = canvas + (f_y.mT @ across.view(rows, n_write, planes * size)).view(rows, size, planes, size)
        nats = self.nats(canvas, x).view(s, b)
        loss = (nats + kl).mean(1)
        return loss, {"reconstruction_nats": nats.mean(1), "kl_nats": kl.mean(1)}


# Data, on the card: a batch of images and labels from indices.


def below(n: int, shape: tuple, device, generator) -> Tensor:
    return (torch.rand(shape, device=device, generator=generator) * n).long().clamp(max=n - 1)


def lay(out: Tensor, size: int, levels: Tensor, x: Tensor, y: Tensor):
    """Adds squares `[rows, k, side, side]` at x and y `[rows, k]` of images `[rows, size²]`."""
    side = torch.arange(levels.shape[-1], device=out.device)
    at = (y[..., None, None] + side[:, None]) * size + x[..., None, None] + side
    out.scatter_add_(1, at.flatten(1), levels.flatten(1))


class Digits:
    """MNIST's digits in clutter, or two of them."""

    def __init__(self, folder: Path, c: dict, device):
        find = lambda name: idx(next(f for f in sorted(folder.glob(name)) if f.is_file()))  # noqa: E731
        images, labels = find("train-images*"), find("train-labels*").astype(np.int64)
        self.clutter, self.size = "task" in c, c["width"]
        place = lambda a: torch.from_numpy(a.copy()).to(device)  # noqa: E731
        # The last 5,000 are for validation.
        self.parts = [(place(i), place(y)) for i, y in ((images[:-5000], labels[:-5000]), (images[-5000:], labels[-5000:]))]

    def count(self, part: int) -> int:
        return len(self.parts[part][0])

    def batch(self, part: int, chosen: Tensor, g) -> tuple[Tensor, Tensor]:
        digits, labels = self.parts[part]
        shape, size, device = chosen.shape, self.size, chosen.device
        chosen = chosen.flatten()
        rows, n = len(chosen), len(digits)
        out = torch.zeros(rows, size * size, device=device)
        if self.clutter:
            of = below(n, (rows, PIECES), device, g)
            cut = below(28 - SIDE + 1, (rows, PIECES, 2), device, g)
            at = below(size - SIDE + 1, (rows, PIECES, 2), device, g)
            side = torch.arange(SIDE, device=device)
            pieces = digits[of[..., None, None], cut[..., 1, None, None] + side[:, None], cut[..., 0, None, None] + side]
            lay(out, size, pieces.float(), at[..., 0], at[..., 1])
            all_of = chosen[:, None]
        else:
            all_of = torch.stack([chosen, below(n, (rows,), device, g)], 1)
        at = below(size - 28 + 1, (*all_of.shape, 2), device, g)
        lay(out, size, digits[all_of].float(), at[..., 0], at[..., 1])
        x = out.clamp(max=255) / 255
        if self.clutter:
            return x.view(*shape, size, size), labels[chosen].view(shape)
        x = (torch.rand(x.shape, device=device, generator=g) < x).float()
        return x.view(*shape, size, 1, size), chosen.view(shape)


class Pictures:
    """Levels in colour, moved and coloured anew at each visit; the last twentieth, or thousand, is for validation."""

    def __init__(self, levels: np.ndarray, device, shift: int, colour: float):
        # [n, H, W, C] to [n, H, C, W]
        levels = torch.from_numpy(levels).to(device).permute(0, 1, 3, 2).contiguous()
        held = min(1000, len(levels) // 20)
        self.parts, self.shift, self.colour = (levels[:-held], levels[-held:]), shift, colour

    def count(self, part: int) -> int:
        return len(self.parts[part])

    def batch(self, part: int, chosen: Tensor, g) -> tuple[Tensor, Tensor]:
        levels, shape, device = self.parts[part], chosen.shape, chosen.device
        flat = chosen.flatten()
        x = levels[flat].float()
        rows, h, c, w = x.shape
        if part == 0 and self.shift:
            move = below(2 * self.shift + 1, (2, rows, 1), device, g) - self.shift
            y = (torch.arange(h, device=device) + move[0]).clamp(0, h - 1)
            across = (torch.arange(w, device=device) + move[1]).clamp(0, w - 1)
            x = x.gather(1, y[:, :, None, None].expand(-1, -1, c, w)).gather(3, across[:, None, None].expand(-1, h, c, -1))
        if part == 0 and self.colour:
            share = (2 * torch.rand((2, rows, 1, c, 1), device=device, generator=g) - 1) * self.colour
            mean = x.mean((1, 3), keepdim=True)
            x = (mean + (1 + share[0]) * (x - mean) + 255 * share[1]).round().clamp(0, 255)
        return (x / 255).view(*shape, h, c, w), chosen


def pictures(path: Path) -> np.ndarray:
    if path.suffix == ".npy":
        return np.load(path)
    from scipy.io import loadmat

    # The last 1,000 rows are nobody's but the test's.
    return loadmat(path)["X"].transpose(3, 0, 1, 2)[:-1000]


# Training.


def fresh(name: str, value: Tensor, hidden: int, generator) -> Tensor:
    """Another seed's start: what is random is drawn anew, uniform in ±1/√fan."""
    if value.ndim < 2 or name == "canvas":
        return value.clone()
    fan = value.shape[1] if name.split(".")[0] in ("sensor", "place", "glimpse") else hidden
    return (2 * torch.rand(value.shape, generator=generator) - 1) / math.sqrt(fan)


class Task:
    def __init__(self, text: str, out: Path, device):
        weights, data, images, *rest = text.split(":")
        options = {"seeds": 1, "batch": 200, "rate": 0.003, "average": 0.9995, "share": 0.5, "decay": 0, "shift": 0, "colour": 0}
        options |= {k: float(v) for k, v in (r.split("=") for r in rest)}
        self.options, self.images, self.out, self.device = options, float(images), out, device
        self.name = Path(weights).stem
        with safe_open(weights, "pt") as f:
            self.metadata = f.metadata()
            first = {k: f.get_tensor(k).float() for k in f.keys()}
        c = self.c = json.loads(self.metadata["config"])
        assert c["width"] == c["height"]
        self.model = Look(c) if "task" in c else Draw(c)
        data = Path(data)
        if data.is_dir():
            self.data = Digits(data, c, device)
        else:
            self.data = Pictures(pictures(data), device, int(options["shift"]), options["colour"])
        self.seeds, self.batch = int(options["seeds"]), int(options["batch"])
        self.generator = torch.Generator(device).manual_seed(1)
        seeds = [first]
        for seed in range(1, self.seeds):
            g = torch.Generator().manual_seed(seed)
            seeds.append({k: fresh(k, v, c["hidden"], g) for k, v in first.items()})
        self.p = {k: torch.stack([s[k] for s in seeds]).to(device).requires_grad_() for k in first}
        self.names = list(self.p)
        self.params = [self.p[k] for k in self.names]
        self.grads = [torch.zeros_like(v) for v in self.params]
        self.average = [v.detach().clone() for v in self.params]
        self.momentum = {k: torch.zeros_like(v) for k, v in self.p.items() if k in MATRICES}
        adam = [i for i, k in enumerate(self.names) if k not in MATRICES]
        self.adam = adam
        self.first = [torch.zeros_like(self.params[i]) for i in adam]
        self.second = [torch.zeros_like(self.params[i]) for i in adam]
        # The rate, Adam's corrections and the average's decay: filled before each step.
        self.rate, self.corrected, self.keep = (torch.zeros((), device=device) for _ in range(3))
        self.corrected2 = torch.zeros((), device=device)
        self.sums = None

    def rand(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, device=like.device, generator=self.generator)

    def step(self):
        chosen = below(self.data.count(0), (self.seeds, self.batch), self.device, self.generator)
        x, y = self.data.batch(0, chosen, self.generator)
        loss, numbers = self.model(self.p, x, y, self.rand)
        grads = torch.autograd.grad(loss.sum(), self.params, materialize_grads=True)
        with torch.no_grad():
            self.update(grads)
            numbers = torch.stack([v.detach() for v in numbers.values()])
            self.sums.add_(numbers)
        return numbers

    def update(self, grads):
        squares = sum(g.flatten(1).square().sum(1) for g in grads)
        scale = (10 / squares.sqrt().clamp(min=1e-20)).clamp(max=1)
        scale = torch.where(squares.isfinite(), scale, 0)
        grads = [torch.nan_to_num(g, 0, 0, 0) * scale.view(-1, *[1] * (g.ndim - 1)) for g in grads]
        if self.options["decay"]:
            for name, p in self.p.items():
                if name in MATRICES:
                    p.mul_(1 - self.rate * self.options["decay"])
        for name, p, g in zip(self.names, self.params, grads):
            if name in MATRICES:
                self.muon(name, p, g)
        g = [grads[i] for i in self.adam]
        torch._foreach_lerp_(self.first, g, 0.1)
        torch._foreach_mul_(self.second, 0.999)
        torch._foreach_addcmul_(self.second, g, g, 0.001)
        rate = self.rate * self.options["share"]
        for p, m, v in zip((self.params[i] for i in self.adam), self.first, self.second):
            p.sub_(rate * (m / self.corrected) / ((v / self.corrected2).sqrt() + 1e-8))
        for a, p in zip(self.average, self.params):
            a.add_((p - a) * self.keep)

    def muon(self, name: str, p: Tensor, g: Tensor):
        m = self.momentum[name]
        m.mul_(MOMENTUM).add_(g, alpha=1 - MOMENTUM)
        ahead = m * MOMENTUM + g * (1 - MOMENTUM)
        parts = MATRICES[name]
        x = ahead.view(self.seeds * parts, p.shape[1] // parts, p.shape[2])
        tall = x.shape[1] > x.shape[2]
        x = x.mT if tall else x
        x = x / x.flatten(1).norm(dim=1).clamp(min=1e-30)[:, None, None]
        a, b, d = QUINTIC
        for _ in range(5):
            gram = x @ x.mT
            x = torch.baddbmm(x, b * gram + d * (gram @ gram), x, beta=a)
        x = (x.mT if tall else x).reshape(p.shape)
        p.sub_(x * (self.rate * 0.2 * math.sqrt(max(p.shape[1] // parts, p.shape[2]))))

    def prepare(self, step: int, over: float):
        rate = self.options["rate"] * 0.5 * (1 + math.cos(math.pi * min(over, 1)))
        # The first steps are short: momentum has none yet.
        self.rate.fill_(rate * min(1, step / 50))
        self.corrected.fill_(1 - 0.9**step)
        self.corrected2.fill_(1 - 0.999**step)
        self.keep.fill_(1 - min(self.options["average"], step / (step + 10)))

    def capture(self):
        labels = ["cross_entropy_nats", "error_rate"] if isinstance(self.model, Look) else ["reconstruction_nats", "kl_nats"]
        self.labels, self.sums = labels, torch.zeros(2, self.seeds, device=self.device)
        self.graph = None
        if self.device.type != "cuda":
            self.done = 0
            return
        self.stream = torch.cuda.Stream()
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            for step in range(1, 4):
                self.prepare(step, 0)
                self.step()
        torch.cuda.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        self.graph.register_generator_state(self.generator)
        with torch.cuda.graph(self.graph, stream=self.stream):
            self.step()
        self.done = 3
        torch.cuda.synchronize()

    @torch.no_grad()
    def validate(self) -> list[float]:
        """The error, or the bound in nats, of each seed's average on images that are always the same."""
        p, g = dict(zip(self.names, self.average)), torch.Generator(self.device).manual_seed(5)
        look, n = isinstance(self.model, Look), min(self.data.count(1), 5000)
        noise = (lambda v: torch.zeros_like(v)) if look else (lambda v: torch.randn(v.shape, device=v.device, generator=g))
        total = torch.zeros(self.seeds, device=self.device)
        for chosen in torch.arange(n, device=self.device).split(500):
            x, y = self.data.batch(1, chosen, g)
            x, y = (v[None].expand(self.seeds, *v.shape).contiguous() for v in (x, y))
            loss, numbers = self.model(p, x, y, noise)
            total += (numbers["error_rate"] if look else loss) * len(chosen)
        return (total / n).tolist()

    def save(self):
        for seed in range(self.seeds):
            tensors = {k: v[seed].detach().cpu().contiguous() for k, v in zip(self.names, self.average)}
            (self.out / f"{self.name}-{seed}.safetensors").write_bytes(serialised(tensors, self.metadata))

    def run(self, deadline: float, every: float):
        start = at = saved = time.monotonic()
        last, total = self.done, self.images / self.batch
        log = (self.out / f"{self.name}.jsonl").open("a")

        def say(line: dict):
            log.write(json.dumps(line) + "\n")
            log.flush()
            print(self.name, json.dumps(line), flush=True)

        def loop():
            nonlocal at, saved, last
            over = 0.0
            while over < 1:
                now = time.monotonic()
                over = max(self.done / total, (now - start) / (deadline - start))
                for _ in range(10):
                    self.done += 1
                    self.prepare(self.done, over)
                    self.graph.replay() if self.graph else self.step()
                if self.graph:
                    self.stream.synchronize()
                if now - at > every or over >= 1:
                    means = (self.sums / max(self.done - last, 1)).tolist()
                    rate = (self.done - last) * self.batch * self.seeds / (time.monotonic() - at)
                    line = {"step": self.done, "images": self.done * self.batch, "learning_rate": self.rate.item()}
                    line |= dict(zip(self.labels, means)) | {"images_per_second": round(rate)}
                    self.sums.zero_()
                    at, last = now, self.done
                    if now - saved > 4 * every or over >= 1:
                        line["validation"] = self.validate()
                        self.save()
                        saved = time.monotonic()
                    say(line)

        if self.graph:
            with torch.cuda.stream(self.stream):
                loop()
        else:
            loop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--task", action="append", required=True)
    parser.add_argument("--every", type=float, default=10, help="seconds between lines of the log")
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + 60 * a.minutes
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(0)
    tasks = []
    for text in a.task:
        try:
            task = Task(text, a.out, device)
            task.capture()
            tasks.append(task)
            print(task.name, "captured", round(deadline - time.monotonic()), "s left", flush=True)
        except Exception as error:  # the other tasks go on
            print(text, "failed:", repr(error), flush=True)
    threads = [threading.Thread(target=t.run, args=(deadline, a.every)) for t in tasks]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


if __name__ == "__main__":
    main()
