// The widget's bar: play, step, the glimpse, the speed, and what its mode adds. It works the widget as any page may, by
// its methods and properties.

import { button, el } from "./el.js";

export class Controls {
  #play;
  #range = el("input", { type: "range", "aria-label": "Glimpse", min: 0, max: 64, value: 0, name: "glimpse" });
  /** What is of use only with a drawing, and only with a model. */
  #ofDrawing;
  #ofModel;

  constructor(widget) {
    this.#play = button("Play", () => (widget.state === "drawing" ? widget.pause() : widget.play()), { name: "play" });
    const step = button("Step", () => widget.step(), { name: "step" });
    this.#range.addEventListener("input", () => widget.seek(Number(this.#range.value)));
    const speed = el("input", { type: "range", min: 1, max: 60, value: widget.speed, name: "speed" });
    speed.addEventListener("input", () => (widget.speed = speed.value));
    this.#ofDrawing = [this.#play, step, this.#range];
    const redraw = widget.mode === "redraw";
    this.#ofModel = redraw
      ? button("Draw one for me", () => widget.example(), { name: "example" })
      : button("New seed", () => widget.reset(Math.floor(Math.random() * 1e6)), { name: "seed" });
    const own = redraw ? [button("Clear", () => widget.clear(), { name: "clear" }), this.#ofModel] : [this.#ofModel];
    this.root = el("div", { className: "controls", part: "controls", hidden: !widget.controls },
      this.#play, step, this.#range, el("label", { className: "speed" }, "Speed ", speed), ...own);
  }

  /** How many glimpses the model has. */
  set glimpses(count) {
    this.#range.max = count;
  }

  show({ glimpse, glimpses }) {
    this.#range.value = glimpse;
    this.#range.setAttribute("aria-valuetext", `glimpse ${glimpse} of ${glimpses}`);
  }

  /** The widget's state, and whether there are a drawing and a model to work on. */
  update(state, drawing, model) {
    this.#play.textContent = state === "drawing" ? "Pause" : state === "done" ? "Again" : "Play";
    for (const control of this.#ofDrawing) control.disabled = !drawing;
    this.#ofModel.disabled = !model;
  }
}
