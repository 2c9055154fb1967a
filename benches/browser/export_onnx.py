"""The drawing half of a model as ONNX: z [T, batch, Z] in, the canvas after the sigmoid out.

    python benches/browser/export_onnx.py WEIGHTS FOLDER

Two graphs go into the folder: `mnist.onnx`, unrolled, and `mnist-lstm.onnx`, whose LSTM is ONNX's operator and whose heads
and writes are products over all glimpses at once. With `-int8` in its name is ONNX Runtime's dynamic quantisation of each:
the weights of products in int8, with a scale for each output; what they are multiplied by is rounded as it comes.
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


class Recurrent(nn.Module):
    """The decoder does not look at its canvas: it runs first, as one operator."""

    def __init__(self, model):
        super().__init__()
        m, c = model, model.config
        self.config = c
        self.lstm = nn.LSTM(c.latent, c.hidden)
        weights = [m.decoder.weight_ih, m.decoder.weight_hh, m.decoder.bias, torch.zeros_like(m.decoder.bias)]
        with torch.no_grad():
            for parameter, value in zip(self.lstm.parameters(), weights, strict=True):
                parameter.copy_(value)
        self.heads = nn.Parameter(torch.cat([m.write.weight, m.patch.weight]).T.contiguous())
        self.heads_bias = nn.Parameter(torch.cat([m.write.bias, m.patch.bias]))
        self.canvas = m.canvas

    def forward(self, z):
        c = self.config
        heads = (self.lstm(z)[0] @ self.heads + self.heads_bias).flatten(0, 1)
        fx, fy, gamma = filterbanks(heads[:, :5], c.write_patch, c.width, c.height)
        w = heads[:, 5:].view(-1, c.write_patch, c.write_patch) / gamma[:, None, None]
        writes = fy.transpose(1, 2) @ w @ fx
        return (self.canvas[0] + writes.view(c.glimpses, -1, c.height, c.width).sum(0)).sigmoid()


def main(weights: str, folder: str):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    loaded = load(Path(weights))
    z = torch.randn(loaded.config.glimpses, 2, loaded.config.latent)
    for name, model in [("mnist", Drawing(loaded)), ("mnist-lstm", Recurrent(loaded))]:
        out = f"{folder}/{name}.onnx"
        with torch.no_grad():
            torch.onnx.export(model.eval(), (z,), out, input_names=["z"], output_names=["canvas"], dynamo=False,
                              opset_version=17, dynamic_axes={"z": {1: "batch"}, "canvas": {0: "batch"}})  # fmt: skip
        types = {"op_types_to_quantize": ["MatMul", "LSTM"], "weight_type": QuantType.QInt8}
        quantize_dynamic(out, f"{folder}/{name}-int8.onnx", per_channel=True, **types)


if __name__ == "__main__":
    main(*sys.argv[1:])
