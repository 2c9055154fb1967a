"""This engine against PyTorch (eager, torch.compile), JAX, TensorFlow (XLA, graph), candle and burn: the same training
step, in turn.

    pip install -r benches/requirements.txt
    python benches/peers/compare.py [--threads 2 1] [--pairs 5] [--seconds 5] [--peers eager compile ...]
    python benches/peers/compare.py --preset cifar
    python benches/peers/compare.py --preset svhn-32
    python benches/peers/compare.py --preset cluttered

The MNIST model (64 glimpses, h 256, z 100, read 2, write 5), those of pictures in colour with the logistic likelihood,
or the classifier of digits in clutter, batch 100, f32: forward, backward and Adam. A peer of a model that generates
begins with our weights and takes our first five steps, on the same images with the same noise. Its losses must be
ours, or it is not timed. The classifier is held to PyTorch's by `cargo test --test oracle`. Each pair is one
measurement of ours and then one of the peer's, on the same cores (the processes are pinned), so that a slow spell of
the machine meets both. Peers are warm, compiled and waiting while ours is timed. The peers with `-bf16`, which are not
run by default, are less exact than f32. A peer that is not installed has a row that says so.
"""

import argparse
import json
import os
import platform
import statistics
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# For each peer, what the table calls it, its program here (a script, or a folder of Rust), and how it runs.
PEERS = {
    "eager": ("PyTorch, eager", "torch_step.py", "eager"),
    "compile": ("PyTorch, `torch.compile`", "torch_step.py", "compile"),
    "jax": ("JAX", "jax_step.py", "jit"),
    "tf-xla": ("TensorFlow, XLA", "tensorflow_step.py", "xla"),
    "tf-graph": ("TensorFlow, graph", "tensorflow_step.py", "graph"),
    "candle": ("candle", "candle", "candle"),
    "burn": ("burn, flex", "burn", "flex"),
    "eager-bf16": ("PyTorch, eager, products of bf16", "torch_step.py", "eager-bf16"),
    "compile-bf16": ("PyTorch, `torch.compile`, products of bf16", "torch_step.py", "compile-bf16"),
}
LOOKING = {
    "eager": ("PyTorch, eager", "look_step.py", "eager"),
    "compile": ("PyTorch, `torch.compile`", "look_step.py", "compile"),
}
# So far may a loss of the first steps be from ours, as a share of it; with products of bf16, so far.
TOLERANCE, TOLERANCE_BF16 = 1e-4, 1e-2


class NoPeer(Exception):
    """Why a peer has no time."""


def pin(threads: int):
    """Keeps the processes started from here on the first so many cores."""
    os.sched_setaffinity(0, range(threads))
    os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = str(threads)


def cpu() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    found = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {name.strip(): value.strip() for name, value in found.items()}
    numbers = ", ".join(f"{name} {fields[name]}" for name in ["cpu family", "model"] if name in fields)
    return f"{fields.get('model name', platform.machine())} ({numbers}), {os.cpu_count()} cores"


class Ours:
    """Our programs: the command line, and the one that leaves the first steps."""

    def __init__(self):
        # In one go: built one after the other, cargo would build the engine anew for each.
        build = ["cargo", "build", "--release", "--bins", "--bench", "first_steps", "--message-format", "json"]
        lines = subprocess.run(build, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        built = [message for message in map(json.loads, lines) if message.get("executable")]
        self.programs = {message["target"]["name"]: message["executable"] for message in built}

    def time(self, preset: str, threads: int, batch: int, seconds: float) -> dict:
        shape = ["--preset", preset, "--threads", threads, "--batch", batch, "--seconds", seconds]
        command = [self.programs["attentive-writer"], "bench", *map(str, shape), "--only", "train", "--json"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(lines.splitlines()[-1])

    def first_steps(self, preset: str, threads: int, batch: int, folder: str) -> list[float]:
        """Leaves in the folder what the peers begin with, and gives the losses that they must find."""
        subprocess.run([self.programs["first_steps"], preset, str(threads), str(batch), folder], check=True)
        return losses_of(Path(folder, "steps.safetensors"))


def losses_of(file: Path) -> list[float]:
    """The tensor `losses` of a safetensors file."""
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    start, end = json.loads(data[8 : 8 + length])["losses"]["data_offsets"]
    return list(struct.unpack(f"<{(end - start) // 4}f", data[8 + length + start : 8 + length + end]))


def last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no word of it")


def program(name: str) -> list:
    """What starts a peer; those in Rust are built for this CPU."""
    if name.endswith(".py"):
        return [sys.executable, HERE / name]
    target = ROOT / "target" / "peers"
    build = ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", target]
    flags = os.environ.get("RUSTFLAGS", "-C target-cpu=native")
    environment = os.environ | {"RUSTFLAGS": flags}
    try:
        built = subprocess.run(build, cwd=HERE / name, env=environment, capture_output=True, text=True)
    except OSError as why:
        raise NoPeer(f"not built: {why}") from why
    if built.returncode:
        raise NoPeer(f"not built: {last_line(built.stderr)}")
    return [target / "release" / f"{name}-step"]


class Peer:
    """A peer that waits to be timed."""

    def __init__(self, script: str, arguments: list, expected: list[float], tolerance: float):
        self.errors = tempfile.TemporaryFile("w+")
        command = [str(c) for c in (*program(script), *arguments)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.errors}
        self.process = subprocess.Popen(command, text=True, **pipes)
        try:
            first = json.loads(self.answer())
            self.version, losses = first["version"], first["losses"]
            pairs = list(zip(expected, losses, strict=True))
            if not all(abs(theirs / mine - 1) <= tolerance for mine, theirs in pairs):
                raise NoPeer("other losses: " + ", ".join(f"{theirs:.3f} for {mine:.3f}" for mine, theirs in pairs))
            self.error = max((abs(theirs / mine - 1) for mine, theirs in pairs), default=None)
        except BaseException:
            self.close()
            raise

    def answer(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            raise NoPeer(f"does not run: {last_line(self.errors.read())}")
        return line

    def time(self, seconds: float) -> float:
        """Examples a second."""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return float(self.answer())

    def close(self):
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.errors.close()


def row(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def compare(ours: Ours, a: argparse.Namespace, threads: int, label: str, peer: Peer):
    pairs = []
    for _ in range(a.pairs):
        mine = ours.time(a.preset, threads, a.batch, a.seconds)["examples_per_second"]
        pairs.append((mine, peer.time(a.seconds)))
    ratios = [mine / theirs for mine, theirs in pairs]
    medians = [f"{statistics.median(side):.0f}" for side in zip(*pairs)]
    off = "–" if peer.error is None else f"{peer.error:.0e}"
    each = ", ".join(f"{r:.2f}" for r in ratios)
    row(threads, f"{label} {peer.version}", off, *medians, each, f"{statistics.median(ratios):.2f}")


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
    # Of the other models there is PyTorch's alone.
    torch = {name: peer for name, peer in PEERS.items() if peer[1] == "torch_step.py"}
    peers = LOOKING if looking else PEERS if a.preset == "mnist" else torch
    names = a.peers or [name for name in peers if not name.endswith("-bf16")]
    if unknown := set(names) - set(peers):
        parser.error(f"for {a.preset} there is no peer {', '.join(unknown)}; expected {', '.join(peers)}")
    ours = Ours()
    kernels = ours.time(a.preset, 1, a.batch, 0.1)["instruction_set"]
    print(f"{cpu()}; ours by {kernels}; {a.preset}, batch {a.batch}; pairs: {a.pairs} of {a.seconds:g} s each\n")
    sides = "ours, examples/s", "peer, examples/s", "ours over the peer, pair by pair", "median"
    row("threads", "peer", "losses off by", *sides)
    row(*["---"] * 7)
    failed = False
    for threads in a.threads:
        pin(threads)
        with tempfile.TemporaryDirectory() as folder:
            expected = [] if looking else ours.first_steps(a.preset, threads, a.batch, folder)
            for name in names:
                label, script, mode = peers[name]
                tolerance = TOLERANCE_BF16 if name.endswith("-bf16") else TOLERANCE
                try:
                    peer = Peer(script, [mode, threads, a.batch, folder], expected, tolerance)
                    try:
                        compare(ours, a, threads, label, peer)
                    finally:
                        peer.close()
                except NoPeer as why:
                    failed = True
                    row(threads, label, why, "–", "–", "–", "–")
    if failed:
        sys.exit("some peers have no time; their rows say why")


if __name__ == "__main__":
    main()
