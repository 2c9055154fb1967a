// Figure 5: the reparameterisation trick, and the families of distributions it works for.

import { ask } from "./lab.js";
import { button, choice, downloads, el, failed, latest, near, recallText, remember, saveSvg, slider, svg } from "./kit.js";

const [WIDTH, HEIGHT, FLOOR] = [640, 220, 190];
const DOTS = 14;
const BINS = 48;

export function random(root) {
  let families = null;
  let family = null;
  let theta = [];
  let seed = 1;
  let which = 0;
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img" });
  const transform = el("p", { className: "formula" });
  const sliders = el("div", { className: "sliders" });
  const pick = el("div");
  const moves = el("div", { className: "bar", role: "group", "aria-label": "The gradient shown" });
  const status = el("p", { className: "status", role: "status" });
  const estimates = el("table", { hidden: true });
  root.append(
    pick, transform, chart, sliders, moves, status, estimates,
    el("div", { className: "bar" }, button("Other noise", () => {
      seed++;
      show();
    })),
    downloads({ SVG: () => saveSvg("draws.svg", chart) }),
  );

  /** All families, each with its transform and draws of it; a row chooses it. */
  async function listAll(select) {
    const rows = [];
    for (const f of families) {
      const given = Float64Array.from(f.parameters.map((p) => p.default));
      const { histogram } = await ask("distribution", { name: f.name, theta: given, seed: 2, dots: 1, draws: 2000, bins: 24 });
      const top = Math.max(...histogram);
      const bars = histogram.map((d, i) => svg("rect", { x: i * 5, y: 24 - (24 * d) / top, width: 4.5, height: (24 * d) / top, class: "bin" }));
      const picture = svg("svg", { viewBox: "0 0 120 24", class: "mini", role: "img", "aria-label": `histogram of 2000 draws, ${f.name}` }, ...bars);
      const name = button(f.name, () => {
        select.value = f.name;
        choose(f.name);
        root.scrollIntoView({ block: "start" });
      }, { className: "download" });
      rows.push(el("tr", {}, el("th", { scope: "row" }, name), el("td", { className: "formula", textContent: f.transform }), el("td", {}, picture)));
    }
    const head = ["distribution", "a draw", "2,000 draws"].map((text) => el("th", { scope: "col", textContent: text }));
    root.append(el("details", { className: "families" }, el("summary", { textContent: `All ${families.length} families` }),
      el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Families of distributions" },
        el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)))));
  }

  const x = (z) => ((z - family.low) / (family.high - family.low)) * WIDTH;

  const show = latest(async () => {
    try {
      const figure = await ask("distribution", { name: family.name, theta: Float64Array.from(theta), seed, dots: DOTS, draws: 4000, bins: BINS });
      draw(figure);
      if (family.name === "Normal") await compare();
      estimates.hidden = family.name !== "Normal";
      remember({ family: family.name, theta: theta.map((t) => Number(t.toFixed(3))).join(",") });
    } catch (error) {
      failed(root, error);
    }
  });

  function draw({ draws, gradient, histogram, density }) {
    const finite = density.filter((d) => Number.isFinite(d));
    const top = Math.min(Math.max(...histogram, ...finite, 1e-9), 3 * Math.max(...histogram));
    const y = (d) => FLOOR - (150 * Math.min(d, top)) / top;
    const bars = histogram.map((d, i) => svg("rect", { x: (i * WIDTH) / BINS + 0.5, y: y(d), width: WIDTH / BINS - 1, height: FLOOR - y(d), class: "bin" }));
    const curve = finite.length
      ? [svg("path", { d: density.map((d, i) => `${i ? "L" : "M"}${((i + 0.5) * WIDTH) / density.length} ${y(d)}`).join(""), class: "curve" })]
      : [];
    const arrows = draws.map((z, i) => {
      const slope = gradient[i * theta.length + which];
      // The draw would go this far if the parameter rose by a tenth of its range.
      const parameter = family.parameters[which];
      const to = x(z + (slope * (parameter.max - parameter.min)) / 10);
      const line = FLOOR + 4 + (i % 5) * 5;
      const end = Math.min(WIDTH + 20, Math.max(-20, to));
      return svg("g", {}, svg("circle", { cx: x(z), cy: line, r: 3, class: "dot" }), svg("path", { d: `M${x(z)} ${line}H${end}l${-3 * Math.sign(end - x(z))} -2.5m0 5L${end} ${line}`, class: "downhill" }));
    });
    chart.replaceChildren(...bars, ...curve, ...arrows);
    chart.setAttribute("aria-label", `${family.name}: a histogram of 4000 draws, the density, and ${DOTS} draws with their gradient`);
    moves.replaceChildren(...family.parameters.map((p, i) => button(`∂z/∂${p.name}`, () => {
      which = i;
      show();
    }, { "aria-pressed": String(i === which) })));
    const mean = draws.reduce((sum, _, i) => sum + gradient[i * theta.length + which], 0) / draws.length;
    status.textContent = `Each dot is a draw; its arrow is where it goes when ${family.parameters[which].name} rises, the noise held still. Mean ∂z/∂${family.parameters[which].name} of these ${DOTS}: ${mean.toFixed(2)}.`;
  }

  /** For the normal: what the trick buys, against REINFORCE. */
  async function compare() {
    const [mu, sigma] = theta;
    const { pathwise, score, exact } = await ask("estimators", { mu, sigma, target: 1, seed, draws: 4000 });
    const row = (name, values) => el("tr", {}, el("th", { scope: "row", textContent: name }), ...values.map((v) => el("td", { textContent: v })));
    const shown = (pairs) => pairs.map(([mean, deviation]) => `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`);
    estimates.replaceChildren(
      el("caption", { textContent: "The gradient of E[(z − 1)²]: mean and spread of one draw's estimate, over 4,000 draws" }),
      el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col", textContent: "for μ" }), el("th", { scope: "col", textContent: "for σ" }))),
      el("tbody", {},
        row("through the draw", shown(pathwise)),
        row("around it (REINFORCE)", shown(score)),
        row("exact", exact.map((v) => v.toFixed(2)))),
    );
  }

  function choose(name, given = null) {
    family = families.find((f) => f.name === name);
    which = 0;
    theta = family.parameters.map((p, i) => (given?.[i] >= p.min && given[i] <= p.max ? given[i] : p.default));
    transform.textContent = family.transform;
    sliders.replaceChildren(...family.parameters.map((p, i) => slider({ label: p.name, min: p.min, max: p.max, value: theta[i], name: `theta${i}` }, (v) => {
      theta[i] = v;
      show();
    }).root));
    show();
  }

  near(root, async () => {
    try {
      families = await ask("families");
    } catch (error) {
      return failed(root, error);
    }
    const names = families.map((f) => f.name);
    const first = recallText("family", names, "Normal");
    const { root: label, select } = choice({ label: "distribution", options: names, value: first, name: "family" }, (name) => choose(name));
    pick.append(label);
    const given = new URLSearchParams(location.search).get("theta")?.split(",").map(Number);
    choose(first, given);
    listAll(select).catch((error) => failed(root, error));
  });
}
