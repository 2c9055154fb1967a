"""The paper's baseline for digits in clutter: a convolutional layer and a full one, which see the whole image at once.

    attentive-writer data clutter --mnist mnist --split test --out runs/clutter --count 10000 --seed 0
    python benches/training/convnet.py mnist runs/clutter --images 16e6

Eight filters of 10×10, five pixels apart, then 256 units, both rectified, then the ten digits: the shape that Mnih et al.
(2014) give for theirs. DRAW's table 1 has 14.35 % errors for a convolutional net of two layers. Clutter is new at each visit, from the first 55,000 training digits, made as
`gpu.py` makes it. Adam, its rate falling to zero. A line of JSON for every 100,000 images, and at the end
the error on the test images, which the command line made.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from gpu import Digits
from look import idx
from torch import nn
from torch.nn.functional import cross_entropy

SIZE = 100


def net() -> nn.Sequential:
    maps = (SIZE - 10) // 5 + 1
    return nn.Sequential(
        nn.Conv2d(1, 8, 10, stride=5), nn.ReLU(), nn.Flatten(), nn.Linear(8 * maps * maps, 256), nn.ReLU(), nn.Linear(256, 10)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path, help="the folder with MNIST's IDX files")
    parser.add_argument("test", type=Path, help="the folder with cluttered test images")
    parser.add_argument("--images", type=float, default=16e6)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator = torch.Generator(device).manual_seed(a.seed)
    data = Digits(a.mnist, {"task": "classification", "width": SIZE}, device)
    model = net().to(device)
    steps = int(a.images) // a.batch
    optimiser = torch.optim.Adam(model.parameters(), lr=a.rate)
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
    sums, start = torch.zeros(2, device=device), time.monotonic()
    every = 100_000 // a.batch
    for step in range(1, steps + 1):
        chosen = torch.randint(data.count(0), (a.batch,), device=device, generator=generator)
        x, y = data.batch(0, chosen, generator)
        logits = model(x[:, None])
        loss = cross_entropy(logits, y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        falling.step()
        sums += torch.stack([(logits.argmax(1) != y).sum(), loss.detach()])
        if step % every == 0:
            wrong, nats = sums.tolist()
            sums.zero_()
            seen = every * a.batch
            rate = step * a.batch / (time.monotonic() - start)
            line = {"images": step * a.batch, "error_rate": wrong / seen, "cross_entropy_nats": nats / every}
            print(json.dumps({**line, "images_per_second": round(rate)}), flush=True)
    x, y = (idx(next(f for f in sorted(a.test.glob(name)) if f.is_file())) for name in ["*images*", "*labels*"])
    with torch.no_grad():
        batches = torch.from_numpy(x[:, None].copy()).to(device).split(1000)
        verdicts = torch.cat([model(part.float() / 255).argmax(1) for part in batches])
    error = float((verdicts.cpu().numpy() != y).mean())
    deviation = math.sqrt(error * (1 - error) / len(y))
    print(json.dumps({"error_rate": error, "images": len(y), "standard_error": deviation}))


if __name__ == "__main__":
    main()
