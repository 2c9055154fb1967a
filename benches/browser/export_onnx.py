"""The drawing half of a model as ONNX, unrolled: z [T, batch, Z] in, the canvas after the sigmoid out.

    python benches/browser/onnx_model.py www/weights/mnist.safetensors target/mnist.onnx
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.append(str(Path(__file__).parents[2] / "tests" / "oracle"))
from draw import filterbanks, load  # noqa: E402


class Drawing(nn.Module):
    """One product for all gates and one for all heads, weights transposed beforehand."""

    def __init__(self, model):
        super().__init__()
        m, self.config = model, model.config
        self.gates = nn.Parameter(torch.cat([m.decoder.weight_ih, m.decoder.weight_hh], 1).T.contiguous())
        self.gates_bias = m.decoder.bias
        self.heads = nn.Parameter(torch.cat([m.write.weight, m.patch.weight]).T.contiguous())
        self.heads_bias = nn.Parameter(torch.cat([m.write.bias, m.patch.bias]))
        self.canvas = m.canvas

    def forward(self, z):
        c, batch = self.config, z.shape[1]
        h = cell = torch.zeros(batch, c.hidden)
        canvas = self.canvas[0].expand(batch, -1, -1)
        for t in range(c.glimpses):
            i, f, g, o = (torch.cat([z[t], h], 1) @ self.gates + self.gates_bias).chunk(4, dim=1)
            cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
            h = o.sigmoid() * cell.tanh()
            heads = h @ self.heads + self.heads_bias
            fx, fy, gamma = filterbanks(heads[:, :5], c.write_patch, c.width, c.height)
            w = heads[:, 5:].view(-1, c.write_patch, c.write_patch) / gamma[:, None, None]
            canvas = canvas + fy.transpose(1, 2) @ w @ fx
        return canvas.sigmoid()


def main(weights: str, out: str):
    model = Drawing(load(Path(weights))).eval()
    z = torch.randn(model.config.glimpses, 2, model.config.latent)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(model, (z,), out, input_names=["z"], output_names=["canvas"], dynamo=False,
                          opset_version=17, dynamic_axes={"z": {1: "batch"}, "canvas": {0: "batch"}})  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
