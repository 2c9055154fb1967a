"""Takes away the latents that a model does not use, for training, and gives them back unheard.

    python benches/training/drop_latents.py WEIGHTS ROWS.bits.gz OUT.safetensors
    python benches/training/drop_latents.py WEIGHTS ROWS.bits.gz OUT.safetensors --latents 100

A latent whose KL stays next to nothing tells the decoder nothing but noise. Muon brings all singular values of a step to
one size, those of such a latent's weights too, so the decoder goes on hearing it.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/oracle"))
from draw import Draw, bit_rows, kl_of, load, save  # noqa: E402


@torch.no_grad()
def kl_by_latent(model: Draw, x: torch.Tensor) -> torch.Tensor:
    """Nats an image over all glimpses, [latents]."""
    kl = torch.zeros(model.config.latent)
    noise = (torch.randn(len(x), model.config.latent) for _ in range(model.config.glimpses))
    for _, encoder, *_ in model.glimpses(x, noise):
        mu, log_sigma = model.latent(encoder[0]).chunk(2, dim=1)
        kl += kl_of(mu, log_sigma).mean(0)
    return kl


@torch.no_grad()
def with_latents(model: Draw, kept: torch.Tensor, latents: int | None) -> Draw:
    """The model with these of its latents, and as many unused ones as make `latents`."""
    latents = latents or len(kept)
    other, old = Draw(replace(model.config, latent=latents)), model.state_dict()
    new = {name: values for name, values in old.items() if name.split(".")[0] != "latent" and name != "decoder.weight_ih"}
    new["decoder.weight_ih"] = functional.pad(old["decoder.weight_ih"][:, kept], (0, latents - len(kept)))
    for name in ("latent.weight", "latent.bias"):
        halves = old[name].view(2, model.config.latent, -1)[:, kept]
        new[name] = functional.pad(halves, (0, 0, 0, latents - len(kept))).view(2 * latents, *old[name].shape[1:])
    other.load_state_dict(new)
    return other


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--below", type=float, default=0.1, help="nats an image")
    parser.add_argument("--latents", type=int, help="of the model that is written, those beyond unused [default: none unused]")
    a = parser.parse_args()
    torch.manual_seed(0)
    model = load(a.weights)
    rows = bit_rows(a.rows)
    kl = kl_by_latent(model, rows[torch.randperm(len(rows))[:500]])
    used = kl >= a.below
    print("in use:", ", ".join(f"{nats:.2f}" for nats in kl[used].sort(descending=True).values))
    print(f"the others: {(~used).sum()}, with {kl[~used].sum():.3f} nats in all")
    save(with_latents(model, used.nonzero().squeeze(1), a.latents), a.out)


if __name__ == "__main__":
    main()
