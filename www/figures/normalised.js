// What is done to a scribble before the network sees it: its box and its centre of mass, the box in 20 × 20 pixels of
// 28 × 28, and black and white.

import { inkOf } from "../pad.js";
import { el, failed, heat, latest, plate, recolored, said, svg } from "./kit.js";
import { ask } from "./lab.js";

/** The model's image, and the box in it. */
const [IMAGE, BOX] = [28, 20];

/** A picture with lines over it. */
function lined(label, caption) {
  const { canvas, root } = plate(label, caption);
  const lines = svg("svg", { class: "fitting-lines", "aria-hidden": "true" });
  canvas.classList.add("pixels");
  canvas.after(lines);
  return { canvas, lines, root };
}

const rectangle = ([left, top, right, bottom], name) => svg("rect", { x: left, y: top, width: right - left, height: bottom - top, class: name });
const cross = ([x, y], arm) => svg("path", { d: `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`, class: "mass" });

export function normalised(pad, root) {
  const steps = [
    lined("Your scribble with its box and its centre of mass", "your ink, <i class=box></i> its box, <i class=mass></i> its centre of mass"),
    lined("The box shrunk to 20 by 20 pixels, its centre of mass in the middle of 28 by 28", "the longer side becomes 20 pixels of 28; the centre of mass moves to the middle"),
    lined("The same in black and white", "ink where at least half is ink: what the network sees"),
  ];
  const status = el("p", { className: "status", role: "status" });
  root.append(el("div", { className: "fitting" }, ...steps.map((step) => step.root)), status);

  const show = latest(async () => {
    const drawn = inkOf(pad.shadowRoot.querySelector("canvas[part=pad]"));
    const { pixels, width, height } = drawn;
    try {
      const { fitting, image } = await ask("fit", drawn);
      const { ink: box, mass, corner, scale, greys } = fitting;
      for (const { lines } of steps) lines.replaceChildren();
      const [first, second, third] = steps;
      heat(first.canvas, pixels, width, height);
      first.lines.setAttribute("viewBox", `0 0 ${width} ${height}`);
      first.lines.append(rectangle(box, "box"), cross(mass, width / 28));
      heat(second.canvas, greys, IMAGE, IMAGE);
      second.lines.setAttribute("viewBox", `0 0 ${IMAGE} ${IMAGE}`);
      const there = (place, i) => (place - corner[i % 2]) / scale;
      second.lines.append(rectangle(box.map(there), "box"), cross(mass.map(there), 1));
      heat(third.canvas, image, IMAGE, IMAGE);
      const [wide, high] = [box[2] - box[0], box[3] - box[1]];
      said(status, `The box of ${wide} × ${high} is shrunk ${scale.toFixed(1)} times, so that its longer side is ${(Math.max(wide, high) / scale).toFixed(0)} of ${IMAGE} pixels; MNIST’s digits were fitted into ${BOX} × ${BOX} in the same way.`);
    } catch (error) {
      failed(root, error);
    }
  });
  // A drawing that begins is of a scribble that was just read. For who wants no motion it begins at its end.
  let before = -1;
  pad.addEventListener("glimpse", ({ detail: { glimpse, glimpses } }) => {
    if (glimpse === 0 || (glimpse === glimpses && before !== glimpses - 1)) show();
    before = glimpse;
  });
  recolored(() => pad.hasAttribute("glimpse") && show());
}
