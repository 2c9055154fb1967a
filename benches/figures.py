"""Measures how a training step's cost grows, and draws the charts of docs/.

    pip install -r benches/requirements.txt
    python benches/figures.py cost      time and peak memory of the MNIST model against glimpses, batch, hidden units,
                                        image size and threads, and of the pictures' against theirs: a Markdown table,
                                        benches/cost.json and www/media/cost.svg
    python benches/figures.py epochs LOG [LOG ...] OUT    what `train --log` wrote, one line a validation
    python benches/figures.py curves    benches/training/*.jsonl as www/media/training.svg
    python benches/figures.py glimpses DATA    what the shipped model's glimpses do for the images of DATA:
                                        www/media/glimpses.svg
"""

import argparse
import json
import os
import subprocess
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
MEDIA = ROOT / "www" / "media"
# What varies of each preset, and its values; the command line has options of these names. All else stays at the preset,
# batch 100, every core.
SWEEPS = {
    "mnist": {
        "glimpses": [8, 16, 32, 64, 128],
        "batch": [1, 4, 16, 50, 100, 200, 400],
        "hidden": [64, 128, 256, 512, 1024],
        "image": [28, 56, 112, 224],
        "threads": list(range(1, (os.cpu_count() or 1) + 1)),
    },
    "cifar": {
        "glimpses": [8, 16, 32, 64],
        "hidden": [64, 128, 256, 512, 1024],
        "image": [16, 32, 64, 128],
        "channels": [1, 2, 3, 4],
        "threads": list(range(1, (os.cpu_count() or 1) + 1)),
    },
}
INK, READ, WRITE = "#8a857c", "#1f7a8c", "#c8553d"


def measure(seconds: float, rounds: int):
    subprocess.run(["cargo", "build", "--release", "--quiet"], check=True, cwd=ROOT)
    results = sweep(seconds)
    for _ in range(1, rounds):
        for preset, sweeps in sweep(seconds).items():
            for what, rows in sweeps.items():
                results[preset][what] = [min(pair, key=lambda r: r["ms"]) for pair in zip(results[preset][what], rows)]
    (ROOT / "benches" / "cost.json").write_text(json.dumps(results, indent=1) + "\n")
    return results


def sweep(seconds: float):
    results = {}
    for preset, what, values in ((p, w, v) for p, sweeps in SWEEPS.items() for w, v in sweeps.items()):
        print(f"\n| {preset}: {what} | ms a step | images/s | peak memory, MiB |\n| --- | --- | --- | --- |")
        rows = results.setdefault(preset, {})[what] = []
        for value in values:
            # A process for each, so that its peak memory is its own.
            command = [ROOT / "target" / "release" / "attentive-writer", "bench", "--only", "train", "--json"]
            command += ["--seconds", str(seconds), "--preset", preset, f"--{what}", str(value)]
            line = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            keep = {"value": value, "ms": line["median_ms"], "images_per_second": line["examples_per_second"]}
            keep["peak_memory_mib"] = line["peak_memory_mib"]
            rows.append(keep)
            cells = [value] + [f"{keep[k]:.0f}" for k in ("ms", "images_per_second", "peak_memory_mib")]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return results


def style():
    plt.rcParams.update({"font.family": "sans-serif", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "draw"})
    for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"):
        plt.rcParams[key] = INK
    plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False})


def save(figure, name: str):
    figure.savefig(MEDIA / name, transparent=True, bbox_inches="tight", metadata={"Date": None})


def cost(seconds: float, rounds: int):
    results = measure(seconds, rounds)
    names = {"image": "pixels wide", "hidden": "hidden units"}
    figure, axes = plt.subplots(2, 4, figsize=(11, 5.2), layout="constrained")
    for line, preset in zip(axes, SWEEPS):
        for ax, (what, rows) in zip(line, ((w, r) for w, r in results[preset].items() if w != "threads")):
            x = [r["value"] for r in rows]
            ax.plot(x, [r["ms"] for r in rows], "o-", color=WRITE)
            ax.set(xlabel=f"{preset}: {names.get(what, what)}", xlim=(0, None), ylim=(0, None))
            ax.set_ylabel("ms a step", color=WRITE)
            memory = ax.twinx()
            memory.spines["right"].set_visible(True)
            memory.plot(x, [r["peak_memory_mib"] for r in rows], "s--", color=READ, markersize=4)
            memory.set(ylim=(0, None))
            memory.set_ylabel("peak memory, MiB", color=READ)
    save(figure, "cost.svg")


def epochs(logs: list[Path], out: Path, steps_an_epoch: float | None):
    """A validation, and the means of what was said since the one before."""
    since, rows = [], []
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    for line in lines:
        if steps_an_epoch:
            line["epoch"] = line["step"] / steps_an_epoch
        if "validation_nats" not in line:
            since.append(line)
            continue
        mean = lambda key: sum(r[key] for r in since) / len(since)  # noqa: E731
        row = {k: round(v, 3) for k, v in line.items()}
        row |= {"train_nats": round(mean("loss_nats"), 3), "learning_rate": round(mean("learning_rate"), 7)}
        rows.append(row | {"examples_per_second": round(mean("examples_per_second"))})
        since = []
    if lines[0]["epoch"] >= 1:  # the checkpoint that the run went on from counts on
        rows[0]["first_epoch"] = round(lines[0]["epoch"], 2)
    out.write_text("".join(json.dumps(row) + "\n" for row in rows))


def curves():
    figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
    start, paper = 0.0, 80.97
    for path in sorted((ROOT / "benches" / "training").glob("mnist-[0-9]*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        first = rows[0].get("first_epoch", 0.0)
        x = [start + r["epoch"] - first for r in rows]
        ax.plot(x, [r["train_nats"] for r in rows], color=INK, lw=1, label="training, weights on the move" if not start else None)
        ax.plot(x, [r["validation_nats"] for r in rows], color=WRITE, lw=1.5, label="validation, averaged weights" if not start else None)
        start = x[-1]
        ax.axvline(start, color=INK, lw=0.5, ls=":")
    ax.axhline(paper, color=READ, lw=1, ls="--", label="the paper, test")
    ax.set(xlabel="epoch", ylabel="nats", ylim=(78, 100))
    ax.legend()
    save(figure, "training.svg")


def glimpses(data: Path):
    command = ["cargo", "run", "--release", "--quiet", "--", "eval", "--by-glimpse", "--json", "--data", str(data)]
    command += ["--weights", "www/weights/mnist.safetensors"]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    rows = [row for row in map(json.loads, out.splitlines()) if "glimpse" in row]
    x = [row["glimpse"] for row in rows]
    spent = [sum(row["kl_nats"] for row in rows[: i + 1]) for i in range(len(rows))]
    figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
    ax.plot(x, [row["reconstruction_nats"] for row in rows], color=WRITE, lw=1.5, label="−log p(x | canvas)")
    ax.plot(x, spent, color=READ, lw=1.5, label="KL so far")
    ax.set(xlabel="glimpse", ylabel="nats", xlim=(0, x[-1]), ylim=(0, None))
    ax.legend()
    save(figure, "glimpses.svg")
    for row in rows:
        print(f"{row['glimpse']:3} {row['reconstruction_nats']:7.2f} {row['kl_nats']:6.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    p = commands.add_parser("cost")
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--rounds", type=int, default=1, help="measure so often, and keep each value's fastest")
    p.set_defaults(run=cost)
    p = commands.add_parser("epochs")
    p.add_argument("logs", type=Path, nargs="+")
    p.add_argument("out", type=Path)
    p.add_argument("--steps-an-epoch", type=float, help="if the runs were on data of different lengths")
    p.set_defaults(run=epochs)
    p = commands.add_parser("glimpses")
    p.add_argument("data", type=lambda p: Path(p).resolve())
    p.set_defaults(run=glimpses)
    commands.add_parser("curves").set_defaults(run=curves)
    arguments = vars(parser.parse_args())
    style()
    arguments.pop("run")(**arguments)


if __name__ == "__main__":
    main()
