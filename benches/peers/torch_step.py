"""A training step of a model that generates in PyTorch, eager or compiled, timed on demand (see compare.py).

    torch_step.py MODE THREADS BATCH FOLDER

The model is that of tests/oracle. `compile` compiles the glimpse, forward and backward, with autotuning left at its
default; Adam is the fused one. With `-bf16` after the mode PyTorch may round what it multiplies to bf16.
"""

import sys
from pathlib import Path

import torch
from stopwatch import begin, serve

sys.path.append(str(Path(__file__).parents[2] / "tests" / "oracle"))
from draw import load  # noqa: E402


def main(mode: str, threads: int, batch: int, folder: Path):
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    model = load(folder / "weights.safetensors")
    x, first = (torch.from_numpy(values) for values in begin(folder)[1:])
    if mode.endswith("-bf16"):
        torch.set_float32_matmul_precision("medium")
    if mode.startswith("compile"):
        model.glimpse = torch.compile(model.glimpse)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def train(noise):
        reconstruction, kl, _, _ = model(x, noise)
        optimiser.zero_grad(set_to_none=True)
        loss = (reconstruction.sum() + kl.sum()) / batch
        loss.backward()
        optimiser.step()
        return loss

    losses = [train(noise).item() for noise in first]
    serve(torch.__version__, losses, lambda: train(torch.randn(first.shape[1:])), batch)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
