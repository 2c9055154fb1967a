// Figure 4: the same weights at every size, and what a model's parameters depend on.

import { ask } from "./lab.js";
import { downloads, el, failed, latest, near, recall, remember, savePng, saveImageSvg, slider } from "./kit.js";

const number = (v) => Math.round(v).toLocaleString("en");

export function size(digit, root) {
  let pixels = recall("size", 224, 28, 448);
  const cells = ["with attention", "without"].map((what) => ({ what, parameters: el("td"), flops: el("td") }));
  const table = el("table", {},
    el("caption", { textContent: "A model of images this size, the learned initial canvas left out" }),
    el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col", textContent: "parameters" }), el("th", { scope: "col", textContent: "training, MFLOP an image" }))),
    el("tbody", {}, ...cells.map(({ what, parameters, flops }) => el("tr", {}, el("th", { scope: "row", textContent: what }), parameters, flops))));
  const control = slider({ label: "size", min: 28, max: 448, step: 4, value: pixels, show: (v) => `${v} × ${v} px`, name: "size" }, (v) => {
    pixels = v;
    show();
  });
  root.append(control.root, table, downloads({
    PNG: () => savePng(`digit-${pixels}.png`, canvases()),
    SVG: () => saveImageSvg(`digit-${pixels}.svg`, canvases()),
  }));
  const canvases = () => [digit.shadowRoot.querySelector("canvas[part=canvas]")];

  const show = latest(async () => {
    remember({ size: pixels });
    digit.setAttribute("size", pixels / devicePixelRatio);
    try {
      for (const [i, preset] of ["mnist", "mnist-no-attention"].entries()) {
        const { parameters, canvas, training_flops } = await ask("cost", { preset, changes: { width: pixels, height: pixels } });
        cells[i].parameters.textContent = number(parameters - canvas);
        cells[i].flops.textContent = number(training_flops / 1e6);
      }
      root.querySelector(".failed")?.remove();
    } catch (error) {
      failed(root, error);
    }
  });
  near(root, show);
}
