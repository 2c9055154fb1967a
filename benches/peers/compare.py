"""This engine against PyTorch (eager, torch.compile) and JAX: the same training step, in turn.

    pip install -r benches/requirements.txt
    python benches/peers/compare.py [--threads 1 2] [--pairs 5] [--seconds 5] [--peers eager compile jax eager-bf16 compile-bf16]
    python benches/peers/compare.py --preset cifar --peers eager
    python benches/peers/compare.py --preset svhn-32 --peers eager
    python benches/peers/compare.py --preset cluttered

The MNIST model (64 glimpses, h 256, z 100, read 2, write 5), those of pictures in colour with the logistic likelihood, or
the classifier of digits in clutter, batch 100, f32: forward, backward and Adam. Before a model that generates is timed,
ours must find the bound that PyTorch finds with the same weights on the same images; the gradients are held to those of
the same PyTorch model by `cargo test --test oracle`. Each pair is one measurement of ours and then one of the peer's, on the same cores (the
processes are pinned), so that a slow spell of the machine meets both. Peers are warm, compiled and
waiting while ours is timed. The peers with `-bf16`, which are not run by default, are less exact than
f32.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PEERS = {
    "eager": ("PyTorch eager", ["torch_step.py", "eager"]),
    "compile": ("PyTorch torch.compile", ["torch_step.py", "compile"]),
    "eager-bf16": ("PyTorch eager, products of bf16", ["torch_step.py", "eager-bf16"]),
    "compile-bf16": ("PyTorch torch.compile, products of bf16", ["torch_step.py", "compile-bf16"]),
    "jax": ("JAX", ["jax_step.py", "jit"]),
}
# Of a bound by PyTorch, so much may ours be off, whose noise is another: of its parts, and in nats.
TOLERANCE = 0.01, 0.5
BINARY = HERE.parents[1] / "target" / "release" / "attentive-writer"
LOOKING = {
    "eager": ("PyTorch eager", ["look_step.py", "eager"]),
    "compile": ("PyTorch torch.compile", ["look_step.py", "compile"]),
}


def pin(threads: int):
    """Keeps the processes started from here on the first so many cores."""
    os.sched_setaffinity(0, range(threads))
    os.environ["OMP_NUM_THREADS"] = str(threads)


def engine(*arguments) -> dict:
    """The last line of what the command line says in JSON."""
    command = [str(c) for c in (BINARY, *arguments, "--json")]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(lines.splitlines()[-1])


def ours(preset: str, threads: int, batch: int, seconds: float) -> float:
    shape = ["--preset", preset, "--threads", threads, "--batch", batch, "--seconds", seconds]
    return engine("bench", *shape, "--only", "train")["examples_per_second"]


def check(folder: Path):
    """Ends the run unless ours finds the bound that the peer found."""
    theirs = json.loads((folder / "bound.json").read_text())
    samples = theirs.pop("samples")
    weights, images = folder / "weights.safetensors", folder / "images.npy"
    mine = engine("eval", "--weights", weights, "--data", images, "--samples", samples)
    part, nats = TOLERANCE
    for name, value in theirs.items():
        if not abs(mine[name] - value) <= max(part * abs(value), nats):
            sys.exit(f"{name}: ours finds {mine[name]:.3f}, PyTorch {value:.3f}; no time counts")
    found = ", ".join(f"{name} {mine[name]:.2f} and {value:.2f}" for name, value in theirs.items())
    print(f"the same bound, ours and PyTorch's: {found}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=["mnist", "svhn-32", "cifar", "cluttered"], default="mnist")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--peers", nargs="+", choices=PEERS)
    a = parser.parse_args()
    looking = a.preset == "cluttered"
    # In JAX there is the MNIST model alone.
    peers = LOOKING if looking else {name: peer for name, peer in PEERS.items() if a.preset == "mnist" or name != "jax"}
    names = a.peers or [name for name in ["eager", "compile", "jax"] if name in peers]
    if unknown := set(names) - set(peers):
        parser.error(f"for {a.preset} there is no peer {', '.join(unknown)}; expected {', '.join(peers)}")
    subprocess.run(["cargo", "build", "--release", "--quiet"], check=True, cwd=HERE.parents[1])
    print("| threads | peer | ours, examples/s | peer, examples/s | ratio pair by pair | median |\n|---|---|---|---|---|---|")
    for threads in a.threads:
        pin(threads)
        for name in names:
            label, (script, mode) = peers[name]
            command = [sys.executable, HERE / script, mode, str(threads), str(a.batch)]
            with tempfile.TemporaryDirectory() as folder:
                torch = script == "torch_step.py"
                command += [a.preset, folder] if torch else []
                peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                if peer.stdout.readline().strip() != "ready":
                    sys.exit(f"{label} did not start")
                if torch:
                    check(Path(folder))
            pairs = []
            for _ in range(a.pairs):
                mine = ours(a.preset, threads, a.batch, a.seconds)
                peer.stdin.write(f"{a.seconds}\n")
                peer.stdin.flush()
                pairs.append((mine, float(peer.stdout.readline())))
            peer.stdin.close()
            peer.wait()
            ratios = [m / p for m, p in pairs]
            medians = [statistics.median(side) for side in zip(*pairs)]
            each = ", ".join(f"{r:.2f}" for r in ratios)
            cells = [threads, label, f"{medians[0]:.0f}", f"{medians[1]:.0f}", each, f"{statistics.median(ratios):.2f}"]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
