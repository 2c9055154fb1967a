// The widget's bar: play, step, the glimpse, the speed, and what its mode adds. It works the widget as any page may, by
// its methods and properties.

const make = (name, properties) => Object.assign(document.createElement(name), properties);

export class Controls {
  #play;
  #range = make("input", { type: "range", min: 0, max: 64, value: 0, name: "glimpse" });
  /** What is of use only with a drawing, and only with a model. */
  #ofDrawing;
  #ofModel;

  constructor(widget) {
    this.root = make("div", { className: "controls", hidden: !widget.hasAttribute("controls") });
    this.root.setAttribute("part", "controls");
    const button = (name, text, action) => {
      const element = make("button", { type: "button", name, textContent: text });
      element.addEventListener("click", action);
      this.root.append(element);
      return element;
    };
    this.#play = button("play", "Play", () => (widget.state === "drawing" ? widget.pause() : widget.play()));
    const step = button("step", "Step", () => widget.step());
    this.#range.setAttribute("aria-label", "Glimpse");
    this.#range.addEventListener("input", () => widget.seek(Number(this.#range.value)));
    const label = make("label", { className: "speed", textContent: "Speed " });
    const speed = make("input", { type: "range", min: 1, max: 60, value: widget.speed, name: "speed" });
    speed.addEventListener("input", () => (widget.speed = speed.value));
    label.append(speed);
    this.root.append(this.#range, label);
    this.#ofDrawing = [this.#play, step, this.#range];
    if (widget.mode === "redraw") {
      button("clear", "Clear", () => widget.clear());
      this.#ofModel = button("example", "Draw one for me", () => widget.example());
    } else {
      this.#ofModel = button("seed", "New seed", () => widget.reset(Math.floor(Math.random() * 1e6)));
    }
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
