"""What the peers in Python share: the first steps that they repeat, and a stopwatch.

A peer's first line on stdout is JSON: its version, and its losses over the first steps. Then each line on stdin, a
number of seconds, is answered by the median examples a second over that long. `stopwatch/` is the same for peers in
Rust.
"""

import json
import sys
import time
from pathlib import Path


def begin(folder: Path):
    """Weights by name, images [batch, C, B, A] and noise [steps, T, batch, Z], as NumPy's arrays."""
    from safetensors.numpy import load_file

    steps = load_file(folder / "steps.safetensors")
    return load_file(folder / "weights.safetensors"), steps["images"], steps["noise"]


def joined(weights: dict) -> dict:
    """One matrix for all gates of an LSTM, and one for all that is read off the decoder (the window that writes, the
    one that reads next, the patch), as [in, out]."""
    from numpy import concatenate

    def gates(name):
        return concatenate([weights[f"{name}.weight_ih"], weights[f"{name}.weight_hh"]], 1).T.copy()

    def heads(what):
        return concatenate([weights[f"{name}.{what}"] for name in ["write", "read", "patch"]])

    return {
        "encoder": gates("encoder"), "encoder_b": weights["encoder.bias"],
        "decoder": gates("decoder"), "decoder_b": weights["decoder.bias"],
        "latent": weights["latent.weight"].T.copy(), "latent_b": weights["latent.bias"],
        "heads": heads("weight").T.copy(), "heads_b": heads("bias"),
        "canvas": weights["canvas"][0],
    }  # fmt: skip


def serve(version: str, losses, step, batch: int):
    for _ in range(3):
        step()
    print(json.dumps({"version": version, "losses": [float(loss) for loss in losses]}), flush=True)
    for line in sys.stdin:
        times, start = [], time.perf_counter()
        while not times or time.perf_counter() - start < float(line):
            before = time.perf_counter()
            step()
            times.append(time.perf_counter() - before)
        print(batch / sorted(times)[len(times) // 2], flush=True)
