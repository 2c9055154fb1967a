"""More images of a small set, made once: four times each image as it is, and eight times moved and coloured.

    python benches/training/vary.py IN.npy OUT.npy

Levels `[n, H, W, C]`. As `train --shift 2 --colour 0.1`: up to 2 pixels along each axis, edges drawn out, each channel's
contrast and brightness by up to a tenth.
"""

import sys

import numpy as np

x = np.load(sys.argv[1])
rng = np.random.default_rng(0)
sets = [x] * 4
rows = np.arange(len(x))[:, None, None]
for _ in range(8):
    moved = rng.integers(-2, 3, (len(x), 2))
    at = np.clip(np.arange(x.shape[1]) + moved[:, :, None], 0, x.shape[1] - 1)
    y = x[rows, at[:, 0, :, None], at[:, 1, None, :]].astype(np.float32)
    contrast, brightness = rng.uniform(-0.1, 0.1, (2, len(x), 1, 1, x.shape[3])).astype(np.float32)
    mean = y.mean((1, 2), keepdims=True)
    y = mean + (1 + contrast) * (y - mean) + 255 * brightness
    sets.append(np.clip(np.rint(y), 0, 255).astype(np.uint8))
np.save(sys.argv[2], np.concatenate(sets))
