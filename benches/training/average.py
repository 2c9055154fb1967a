"""The mean of weights that lie close together: branches of one run, or one run at several times.

    python benches/training/average.py WEIGHTS [WEIGHTS ...] OUT.safetensors

Each branch has drifted by itself, towards what its own rows and noise say; the mean has little of that (Izmailov et al. 2018).
Of runs from different starts it is worthless: `eval` tells.
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/oracle"))
from draw import load, save  # noqa: E402


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    a = parser.parse_args()
    models = [load(path) for path in a.weights]
    mean, states = models[0], [model.state_dict() for model in models]
    for other in models[1:]:
        if other.config != mean.config:
            parser.error(f"the models differ: {other.config} and {mean.config}")
    mean.load_state_dict({name: torch.stack([s[name] for s in states]).mean(0) for name in states[0]})
    save(mean, a.out)


if __name__ == "__main__":
    main()
