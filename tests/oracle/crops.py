"""The script of docs/data.md that cuts SVHN's whole numbers out, on files that are made up.

    pip install h5py pillow && python tests/oracle/crops.py

The files are as the published ones: `digitStruct.mat` in HDF5 with a reference for each name and for each set of boxes,
whose fields hold the number itself of one digit, and references of several. Each picture is grey but for a box of its own
colour about each digit; where the crops must lie is worked out here from the rule in words.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
# Of each picture its width and height, and the digits' boxes: left, top, width, height.
PICTURES = [
    (200, 100, [(60, 30, 20, 40), (84, 30, 20, 40)]),
    (90, 60, [(30, 10, 30, 40)]),
    # At the edge, where the crop ends with the picture.
    (80, 50, [(0, 0, 30, 50), (30, 0, 30, 50), (55, 5, 25, 40)]),
]
GREY, INK = 90, (200, 40, 20)


def made_up(folder: Path):
    reference = h5py.special_dtype(ref=h5py.Reference)
    with h5py.File(folder / "digitStruct.mat", "w", userblock_size=512) as file:
        digits, heap = file.create_group("digitStruct"), file.create_group("#refs#")
        names = digits.create_dataset("name", (len(PICTURES), 1), dtype=reference)
        boxes = digits.create_dataset("bbox", (len(PICTURES), 1), dtype=reference)
        for i, (width, height, of_digits) in enumerate(PICTURES):
            image = np.full((height, width, 3), GREY, np.uint8)
            for left, top, w, h in of_digits:
                image[top : top + h, left : left + w] = INK
            Image.fromarray(image).save(folder / f"{i + 1}.png")
            text = np.array([[ord(c)] for c in f"{i + 1}.png"], np.uint16)
            names[i, 0] = heap.create_dataset(f"name{i}", data=text).ref
            group = heap.create_group(f"box{i}")
            for key, values in zip(("left", "top", "width", "height"), zip(*of_digits)):
                values = [np.array([[v]], np.float64) for v in values]
                if len(values) == 1:
                    group[key] = values[0]
                    continue
                field = group.create_dataset(key, (len(values), 1), dtype=reference)
                for k, value in enumerate(values):
                    field[k, 0] = heap.create_dataset(f"{key}{i}-{k}", data=value).ref
            boxes[i, 0] = group.ref


def expected(width: int, height: int, of_digits):
    """The box around all digits, 30 % wider and higher about its middle, as far as the picture goes."""
    boxes = np.array(of_digits, float)
    low, high = boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)
    middle, half = (low + high) / 2, 0.65 * (high - low)
    return np.maximum(middle - half, 0), np.minimum(middle + half, (width, height)), low, high


def main():
    document = (ROOT / "docs" / "data.md").read_text()
    [script] = [code for code in re.findall(r"```python\n(.*?)```", document, re.S) if "digitStruct" in code]
    with tempfile.TemporaryDirectory() as place:
        source, out = Path(place) / "train", Path(place) / "crops"
        source.mkdir()
        made_up(source)
        (Path(place) / "crops.py").write_text(script)
        subprocess.run([sys.executable, Path(place) / "crops.py", source, out], check=True)
        assert sorted(p.name for p in out.iterdir()) == [f"{i + 1}.png" for i in range(len(PICTURES))]
        for i, picture in enumerate(PICTURES):
            crop = np.asarray(Image.open(out / f"{i + 1}.png")).astype(float)
            assert crop.shape == (64, 64, 3), crop.shape
            start, end, low, high = expected(*picture)
            # Where the outermost digits' boxes must begin and end in the crop, in its pixels.
            inked = np.abs(crop - INK).sum(2) < np.abs(crop - GREY).sum(2)
            for axis, name in enumerate("xy"):
                along = np.flatnonzero(inked.any(axis=axis))
                wanted = 64 * (np.array([low[axis], high[axis]]) - start[axis]) / (end[axis] - start[axis])
                found = np.array([along[0], along[-1] + 1])
                assert np.abs(found - wanted).max() <= 1, f"picture {i + 1}, {name}: {found}, expected {wanted}"
    print(f"{len(PICTURES)} crops, each where it must be")


if __name__ == "__main__":
    main()
