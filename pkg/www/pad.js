// A pad to scribble on with mouse, touch or pen.

const SIZE = 280;

export class Pad {
  #context;
  #last = null;
  #used = false;

  /** `changed` is called when a stroke ends. */
  constructor(changed) {
    this.root = document.createElement("div");
    this.root.className = "plate pad";
    this.canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE, className: "ink" });
    this.canvas.setAttribute("part", "pad");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Pad: scribble a digit here");
    this.hint = Object.assign(document.createElement("p"), { className: "hint", textContent: "scribble a digit" });
    this.root.append(this.canvas, this.hint);
    this.#context = this.canvas.getContext("2d", { willReadFrequently: true });

    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.#last = null;
      this.#stroke(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!this.canvas.hasPointerCapture(event.pointerId)) return;
      // Fast strokes report several points at once.
      for (const point of event.getCoalescedEvents?.() ?? [event]) this.#stroke(point);
    });
    const end = (event) => {
      if (!this.canvas.hasPointerCapture(event.pointerId)) return;
      this.canvas.releasePointerCapture(event.pointerId);
      changed();
    };
    this.canvas.addEventListener("pointerup", end);
    this.canvas.addEventListener("pointercancel", end);
  }

  #stroke(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIZE;
    const y = ((event.clientY - box.top) / box.height) * SIZE;
    const context = this.#context;
    Object.assign(context, { lineWidth: SIZE / 12, lineCap: "round", lineJoin: "round" });
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.beginPath();
    context.moveTo(...(this.#last ?? [x, y]));
    context.lineTo(x, y);
    context.stroke();
    this.#last = [x, y];
    this.#used = true;
    this.hint.hidden = true;
  }

  get empty() {
    return !this.#used;
  }

  clear() {
    this.#context.clearRect(0, 0, SIZE, SIZE);
    this.#used = false;
    this.hint.hidden = false;
  }

  /** Ink from 0 to 1, row by row, with width and height. */
  pixels() {
    const { data } = this.#context.getImageData(0, 0, SIZE, SIZE);
    return { pixels: Float32Array.from({ length: SIZE * SIZE }, (_, i) => data[4 * i + 3] / 255), width: SIZE, height: SIZE };
  }

  /** Repaints the strokes in the present text colour, after a change of theme. */
  recolor() {
    const context = this.#context;
    context.globalCompositeOperation = "source-in";
    context.fillStyle = getComputedStyle(this.canvas).color;
    context.fillRect(0, 0, SIZE, SIZE);
    context.globalCompositeOperation = "source-over";
  }

  /** Puts a picture of ink there instead of a scribble: a canvas, drawn to fit. */
  put(source) {
    this.clear();
    this.#context.drawImage(source, 0, 0, SIZE, SIZE);
    this.#used = true;
    this.hint.hidden = true;
  }
}
