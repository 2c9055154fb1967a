"""Training beyond one machine: the oracle's model under PyTorch's DistributedDataParallel.

    torchrun --nproc-per-node 2 tests/oracle/train.py train.bits.gz model.safetensors [--preset small] [--steps 200]

On several machines: torchrun --nnodes N --node-rank I --rdzv-endpoint HOST:29500 --nproc-per-node G ... (one process
a GPU; without GPUs it runs on the processors). Every process takes its own part of each epoch and gradients are
averaged, so the batch is --batch times the number of processes. The first process writes safetensors, which the
command line, the page and the widget read as they are; --resume goes on from such a file.
"""

import argparse
import json
from pathlib import Path

import torch
import torch.distributed as dist
from draw import Config, Draw, bit_rows, load, save
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

PRESETS = {"mnist": Config(), "small": Config(glimpses=10, hidden=128, latent=10, read_patch=5, write_patch=5)}


class Loss(nn.Module):
    """The bound of a batch, in nats an image: one module, so that DDP sees every parameter's use."""

    def __init__(self, model: Draw):
        super().__init__()
        self.model = model

    def forward(self, x):
        config = self.model.config
        noise = torch.randn(config.glimpses, len(x), config.latent, device=x.device)
        reconstruction, kl, _, _ = self.model(x, noise)
        return (reconstruction.sum() + kl.sum()) / len(x)


def start(model: Draw, mean: torch.Tensor):
    """Where the engine starts: the canvas at the mean image's logits, windows a quarter of the image wide."""
    with torch.no_grad():
        model.canvas.copy_(mean.clamp(0.01, 0.99).logit())
        if model.config.attention:
            for window, n in ((model.read, model.config.read_patch), (model.write, model.config.write_patch)):
                stride = (model.config.width - 1) / max(n - 1, 1) / 4
                window.bias.copy_(torch.tensor([0, 0, 2 * torch.tensor(stride / 2).log(), torch.tensor(0.25).log(), 0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="mnist")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=100, help="images a process and step")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    a = parser.parse_args()

    cuda = torch.cuda.is_available()
    dist.init_process_group("nccl" if cuda else "gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    device = torch.device("cuda", rank % torch.cuda.device_count()) if cuda else torch.device("cpu")
    images = bit_rows(a.data)
    torch.manual_seed(0)
    model = load(a.resume) if a.resume else Draw(PRESETS[a.preset])
    if not a.resume:
        start(model, images.mean(0))
    torch.manual_seed(1 + rank)  # each process its own noise
    loss = DistributedDataParallel(Loss(model.to(device)))
    optimiser = torch.optim.Adam(model.parameters(), lr=a.learning_rate)
    sampler = DistributedSampler(images)
    loader = DataLoader(TensorDataset(images), a.batch, sampler=sampler, drop_last=True)
    step, epoch, shown = 0, 0, 0.0
    while step < a.steps:
        sampler.set_epoch(epoch)
        for (x,) in loader:
            value = loss(x.to(device))
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimiser.step()
            step, shown = step + 1, shown + value.item()
            if rank == 0 and (step % 20 == 0 or step == a.steps):
                mean, shown = shown / (step % 20 or 20), 0.0
                print(json.dumps({"step": step, "processes": world, "loss_nats": mean}), flush=True)
            if step == a.steps:
                break
        epoch += 1
    if rank == 0:
        save(model.cpu(), a.out)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
