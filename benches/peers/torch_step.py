"""A training step of a model that generates in PyTorch, eager or compiled, timed on demand (see compare.py).

    torch_step.py MODE THREADS BATCH [PRESET [FOLDER]]

The model is that of tests/oracle. `compile` compiles the glimpse, forward and backward, with autotuning left at its
default; Adam is the fused one. With `-bf16` after the mode PyTorch may round what it multiplies to bf16. Into FOLDER go
the weights that the model begins with, the images of a batch, and what PyTorch finds their bound to be, for ours to be
held against.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from stopwatch import serve

sys.path.append(str(Path(__file__).parents[2] / "tests" / "oracle"))
from draw import Config, Draw, save  # noqa: E402

CONFIGS = {
    "mnist": Config(),
    "svhn-32": Config(32, 32, 3, 32, 320, 100, 6, 6, True, "logistic"),
    "cifar": Config(32, 32, 3, 64, 400, 200, 5, 5, True, "logistic"),
}
# Draws of the noise for the bound.
SAMPLES = 8


def images(config: Config, batch: int):
    """Bytes [batch, C, B, A]: black and white, a tenth of it ink, or colours that change little from pixel to pixel."""
    shape = (batch, config.channels, config.height, config.width)
    if config.likelihood == "bernoulli":
        return (torch.rand(shape) < 0.13).byte() * 255
    steps = torch.randn(shape) + torch.randn(*shape[:2], 1, 1)
    smooth = (steps.cumsum(2) + steps.cumsum(3)) / 8
    return (255 * smooth.sigmoid()).round().byte()


@torch.no_grad()
def leave(folder: Path, model: Draw, levels: torch.Tensor):
    """What ours must find, too."""
    x, sums = levels / 255, torch.zeros(2, dtype=torch.float64)
    for _ in range(SAMPLES):
        reconstruction, kl, _, _ = model(x, torch.randn(model.config.glimpses, len(x), model.config.latent))
        sums += torch.stack([reconstruction.sum(), kl.sum()]).double() / SAMPLES / len(x)
    save(model, folder / "weights.safetensors")
    # As arrays of pictures have them: the channels last.
    np.save(folder / "images.npy", levels.permute(0, 2, 3, 1).contiguous().numpy())
    found = {"reconstruction_nats": sums[0].item(), "kl_nats": sums[1].item(), "samples": SAMPLES}
    (folder / "bound.json").write_text(json.dumps(found))


def main(mode: str, threads: int, batch: int, preset: str, folder: Path | None):
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    model = Draw(CONFIGS[preset])
    levels = images(model.config, batch)
    x = levels / 255
    if folder:
        leave(folder, model, levels)
    if mode.endswith("-bf16"):
        torch.set_float32_matmul_precision("medium")
    if mode.startswith("compile"):
        model.glimpse = torch.compile(model.glimpse)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step():
        reconstruction, kl, _, _ = model(x, torch.randn(model.config.glimpses, batch, model.config.latent))
        optimiser.zero_grad(set_to_none=True)
        ((reconstruction.sum() + kl.sum()) / batch).backward()
        optimiser.step()

    serve(step, batch)


if __name__ == "__main__":
    mode, threads, batch, *more = sys.argv[1:]
    preset, folder = more + ["mnist", ""][len(more) :]
    main(mode, int(threads), int(batch), preset, Path(folder) if folder else None)
