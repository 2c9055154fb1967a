// Figure 5: the reparameterisation trick, and the families of distributions it works for.

import { button, choice, downloads, el, failed, latest, near, number, recallText, remember, said, saveSvg, slider, svg } from "./kit.js";
import { ask } from "./lab.js";

const [WIDTH, HEIGHT, FLOOR] = [640, 220, 190];
const DOTS = 14;
const BINS = 48;

const head = (...texts) => el("thead", {}, el("tr", {}, ...texts.map((text) => (text ? el("th", { scope: "col", textContent: text }) : el("td")))));
const row = (name, values) => el("tr", {}, el("th", { scope: "row", textContent: name }), ...values.map((v) => el("td", { textContent: v })));

/** A family's histogram, small. */
function mini(name, histogram) {
  const top = Math.max(...histogram);
  const bars = histogram.map((d, i) => svg("rect", { x: i * 5, y: 24 - (24 * d) / top, width: 4.5, height: (24 * d) / top, class: "bin" }));
  return svg("svg", { viewBox: "0 0 120 24", class: "mini", role: "img", "aria-label": `histogram of 2000 draws, ${name}` }, ...bars);
}

class Randomness {
  #root;
  #families = null;
  #family = null;
  #theta = [];
  #seed = 1;
  /** The parameter whose gradient is shown. */
  #which = 0;
  #chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": "Draws of a distribution" });
  #transform = el("p", { className: "formula" });
  #sliders = el("div", { className: "sliders" });
  #pick = el("div");
  #moves = el("div", { className: "bar", role: "group", "aria-label": "The gradient shown" });
  #status = el("p", { className: "status", role: "status" });
  #estimates = el("table");
  #compared = el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Estimates of the gradient", hidden: true }, this.#estimates);

  constructor(root) {
    this.#root = root;
    root.append(
      this.#pick, this.#transform, this.#chart, this.#sliders, this.#moves, this.#status, this.#compared,
      el("div", { className: "bar" }, button("Other noise", () => {
        this.#seed++;
        if (this.#families) this.#show();
        else this.#open();
      }, { "data-key": "seed" })),
      downloads({ SVG: () => saveSvg("draws.svg", this.#chart) }),
    );
    near(root, () => this.#open());
  }

  async #open() {
    try {
      this.#families = await ask("families");
      const names = this.#families.map((f) => f.name);
      const name = recallText("family", names, "Normal");
      const { root, select } = choice({ label: "distribution", options: names, value: name, name: "family" }, (chosen) => this.#choose(chosen));
      this.#pick.append(root);
      const given = new URLSearchParams(location.search).get("theta")?.split(",").map(Number);
      await Promise.all([this.#choose(name, given), this.#listAll(select)]);
    } catch (error) {
      failed(this.#root, error);
    }
  }

  /** All families, each with its transform and draws of it; a row chooses it. */
  async #listAll(select) {
    const rows = await Promise.all(this.#families.map(async (f) => {
      const theta = Float64Array.from(f.parameters.map((p) => p.default));
      const { histogram } = await ask("distribution", { name: f.name, theta, seed: 2, dots: 1, draws: 2000, bins: 24 });
      const name = button(f.name, () => {
        select.value = f.name;
        this.#choose(f.name);
        this.#root.scrollIntoView({ block: "start" });
      }, { className: "download" });
      return el("tr", {}, el("th", { scope: "row" }, name), el("td", { className: "formula", textContent: f.transform }), el("td", {}, mini(f.name, histogram)));
    }));
    const table = el("table", {}, head("distribution", "a draw", "2,000 draws"), el("tbody", {}, ...rows));
    this.#root.append(el("details", { className: "families" }, el("summary", { textContent: `All ${rows.length} families` }),
      el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Families of distributions" }, table)));
  }

  /** Shows a family, with `given` parameters where they are in range. */
  #choose(name, given = null) {
    this.#family = this.#families.find((f) => f.name === name);
    this.#which = 0;
    const { parameters, transform } = this.#family;
    this.#theta = parameters.map((p, i) => (given?.[i] >= p.min && given[i] <= p.max ? given[i] : p.default));
    this.#transform.textContent = transform;
    const sliders = parameters.map((p, i) => slider({ label: p.name, min: p.min, max: p.max, value: this.#theta[i], name: `theta${i}` }, (v) => {
      this.#theta[i] = v;
      this.#show();
    }));
    this.#sliders.replaceChildren(...sliders.map((s) => s.root));
    return this.#show();
  }

  #show = latest(async () => {
    const { name } = this.#family;
    try {
      const request = { name, theta: Float64Array.from(this.#theta), seed: this.#seed, dots: DOTS, draws: 4000, bins: BINS };
      this.#draw(await ask("distribution", request));
      if (name === "Normal") await this.#compare();
      this.#compared.hidden = name !== "Normal";
      remember({ family: name, theta: this.#theta.map((t) => Number(t.toFixed(3))).join(",") });
    } catch (error) {
      failed(this.#root, error);
    }
  });

  #draw({ draws, gradient, histogram, density }) {
    const { name, low, high, parameters } = this.#family;
    const parameter = parameters[this.#which];
    const slopes = Array.from(draws, (_, i) => gradient[i * this.#theta.length + this.#which]);
    const finite = density.filter((d) => Number.isFinite(d));
    const top = Math.min(Math.max(...histogram, ...finite, 1e-9), 3 * Math.max(...histogram));
    const x = (z) => ((z - low) / (high - low)) * WIDTH;
    const y = (d) => FLOOR - (150 * Math.min(d, top)) / top;
    const bars = histogram.map((d, i) => svg("rect", { x: (i * WIDTH) / BINS + 0.5, y: y(d), width: WIDTH / BINS - 1, height: FLOOR - y(d), class: "bin" }));
    const curve = finite.length
      ? [svg("path", { d: density.map((d, i) => `${i ? "L" : "M"}${((i + 0.5) * WIDTH) / density.length} ${y(d)}`).join(""), class: "curve" })]
      : [];
    const arrows = draws.map((z, i) => {
      // The draw would go this far if the parameter rose by a tenth of its range.
      const to = x(z + (slopes[i] * (parameter.max - parameter.min)) / 10);
      const line = FLOOR + 4 + (i % 5) * 5;
      const end = Math.min(WIDTH + 20, Math.max(-20, to));
      return svg("g", {}, svg("circle", { cx: x(z), cy: line, r: 3, class: "dot" }), svg("path", { d: `M${x(z)} ${line}H${end}l${-3 * Math.sign(end - x(z))} -2.5m0 5L${end} ${line}`, class: "downhill" }));
    });
    this.#chart.replaceChildren(...bars, ...curve, ...arrows);
    this.#chart.setAttribute("aria-label", `${name}: a histogram of 4000 draws, the density, and ${DOTS} draws with their gradient`);
    this.#moves.replaceChildren(...parameters.map((p, i) => button(`∂z/∂${p.name}`, () => {
      this.#which = i;
      this.#show();
    }, { "aria-pressed": String(i === this.#which) })));
    const mean = slopes.reduce((sum, slope) => sum + slope, 0) / slopes.length;
    said(this.#status, `Each dot is a draw; its arrow is where it goes when ${parameter.name} rises, the noise held still. Mean ∂z/∂${parameter.name} of these ${DOTS}: ${number(mean)}.`);
  }

  /** For the normal: what the trick buys, against REINFORCE. */
  async #compare() {
    const [mu, sigma] = this.#theta;
    const { pathwise, score, exact } = await ask("estimators", { mu, sigma, target: 1, seed: this.#seed, draws: 4000 });
    const shown = (pairs) => pairs.map(([mean, deviation]) => `${number(mean)} ± ${number(deviation)}`);
    this.#estimates.replaceChildren(
      el("caption", { textContent: "The gradient of E[(z − 1)²]: mean and spread of one draw's estimate, over 4,000 draws" }),
      head("", "for μ", "for σ"),
      el("tbody", {},
        row("through the draw", shown(pathwise)),
        row("around it (REINFORCE)", shown(score)),
        row("exact", exact.map((v) => number(v)))),
    );
  }
}

export const random = (root) => new Randomness(root);
