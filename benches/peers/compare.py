"""This engine against PyTorch (eager, torch.compile) and JAX: the same training step, in turn.

    pip install -r benches/requirements.txt
    python benches/peers/compare.py [--threads 1 2] [--pairs 5] [--seconds 5] [--peers eager compile jax eager-bf16 compile-bf16]
    python benches/peers/compare.py --preset cluttered

The MNIST model (64 glimpses, h 256, z 100, read 2, write 5), or the classifier of digits in clutter, batch 100, f32:
forward, backward and Adam. Each pair is one measurement of ours and then one of the peer's, on the same cores (the
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
from pathlib import Path

HERE = Path(__file__).parent
PEERS = {
    "eager": ("PyTorch eager", ["torch_step.py", "eager"]),
    "compile": ("PyTorch torch.compile", ["torch_step.py", "compile"]),
    "eager-bf16": ("PyTorch eager, products of bf16", ["torch_step.py", "eager-bf16"]),
    "compile-bf16": ("PyTorch torch.compile, products of bf16", ["torch_step.py", "compile-bf16"]),
    "jax": ("JAX", ["jax_step.py", "jit"]),
}
LOOKING = {
    "eager": ("PyTorch eager", ["look_step.py", "eager"]),
    "compile": ("PyTorch torch.compile", ["look_step.py", "compile"]),
}


def pin(threads: int):
    """Keeps the processes started from here on the first so many cores."""
    os.sched_setaffinity(0, range(threads))
    os.environ["OMP_NUM_THREADS"] = str(threads)


def ours(preset: str, threads: int, batch: int, seconds: float) -> float:
    binary = HERE.parents[1] / "target" / "release" / "attentive-writer"
    command = [binary, "bench", "--preset", preset, "--threads", threads, "--batch", batch]
    command += ["--seconds", seconds, "--only", "train", "--json"]
    lines = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    return json.loads(lines.splitlines()[-1])["examples_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=["mnist", "cluttered"], default="mnist")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--peers", nargs="+", choices=PEERS)
    a = parser.parse_args()
    peers = PEERS if a.preset == "mnist" else LOOKING
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
            peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if peer.stdout.readline().strip() != "ready":
                sys.exit(f"{label} did not start")
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
