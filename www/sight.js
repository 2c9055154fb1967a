// Whether an element is near the viewport, in sight in a tab that is shown, or of another size.

export class Sight {
  /** In sight, and the tab is shown. */
  visible = false;
  #element;
  #inView = false;
  #near;
  #seen;
  #size;
  #judge;

  /** `neared` is called when the element nears the viewport, `seen` with every change of `visible`, `resized` with one of size. */
  constructor(element, { neared, seen, resized }) {
    this.#element = element;
    this.#judge = () => {
      const visible = this.#inView && !document.hidden;
      if (visible === this.visible) return;
      this.visible = visible;
      seen(visible);
    };
    this.#near = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && neared(), { rootMargin: "400px" });
    this.#seen = new IntersectionObserver((entries) => {
      this.#inView = entries.at(-1).isIntersecting;
      this.#judge();
    });
    this.#size = new ResizeObserver(resized);
  }

  /** Waits for the element to near the viewport. False if it is in sight: the observer would say so a frame later. */
  waitToBeNear() {
    const { top, bottom, width } = this.#element.getBoundingClientRect();
    const here = width > 0 && bottom >= 0 && top < innerHeight;
    if (!here) this.#near.observe(this.#element);
    return !here;
  }

  /** From now on tells what it sees, until `leave`. */
  watch() {
    this.#near.disconnect();
    this.#seen.observe(this.#element);
    this.#size.observe(this.#element);
    document.addEventListener("visibilitychange", this.#judge);
  }

  leave() {
    for (const observer of [this.#near, this.#seen, this.#size]) observer.disconnect();
    document.removeEventListener("visibilitychange", this.#judge);
    this.visible = this.#inView = false;
  }
}
