"""A training step of the classifier `cluttered` in PyTorch, eager or compiled, timed on demand (see compare.py).

The model is that of tests/oracle: eight glimpses of 12×12 on 100×100, an LSTM of 256, cross-entropy, Adam (fused).
`compile` compiles the whole model, forward and backward.
"""

import sys
from pathlib import Path

import torch
from stopwatch import serve
from torch.nn.functional import cross_entropy

sys.path.append(str(Path(__file__).parents[2] / "tests" / "oracle"))
from look import Reader  # noqa: E402

CONFIG = {"width": 100, "height": 100, "glimpses": 8, "hidden": 256, "patch": 12, "classes": 10}


def main(mode: str, threads: int, batch: int):
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    model = Reader(CONFIG)
    x, y = torch.rand(batch, 100, 100), torch.randint(10, (batch,))
    call = torch.compile(model) if mode == "compile" else model
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step():
        optimiser.zero_grad(set_to_none=True)
        cross_entropy(call(x, None), y).backward()
        optimiser.step()

    serve(torch.__version__, [], step, batch)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
