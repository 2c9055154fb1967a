"""A training step of the MNIST model in PyTorch, eager or compiled, timed on demand (see compare.py).

The model is that of tests/oracle. `compile` compiles the glimpse, forward and backward, with autotuning
left at its default; Adam is the fused one. With `-bf16` after the mode PyTorch may round what it multiplies to bf16.
"""

import sys
from pathlib import Path

import torch
from stopwatch import serve

sys.path.append(str(Path(__file__).parents[2] / "tests" / "oracle"))
from draw import Config, Draw  # noqa: E402


def main(mode: str, threads: int, batch: int):
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    model, x = Draw(Config()), (torch.rand(batch, 1, 28, 28) < 0.13).float()
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
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
