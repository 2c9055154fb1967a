// The widget on pages as people make them: fingers, dark pages, slips in its tag, and what other scripts do to it.

import { expect, test } from "@playwright/test";
import { host, ink, keepConsoleClean, prefer } from "./shared.js";

keepConsoleClean();

const widget = (page) => page.locator("attentive-writer");
const pad = (page) => page.locator("canvas[part=pad]");

/** A page with a pad that is 280 pixels wide, and fingers to draw on it. */
async function fingers(page, options) {
  await host(page, `<attentive-writer mode="redraw" style="width: 1168px"></attentive-writer>`, options);
  await expect(widget(page)).toHaveAttribute("state", "idle");
  await expect.poll(() => widget(page).evaluate((element) => element.glimpses)).toBe(64);
  const box = await pad(page).boundingBox();
  // Only Chromium lets a test have fingers.
  const chromium = page.context().browser().browserType().name() === "chromium";
  const cdp = chromium && (await page.context().newCDPSession(page));
  const at = ([x, y], id) => ({ x: box.x + box.width * x, y: box.y + box.height * y, id });
  return {
    touch: chromium && ((type, points) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(at) })),
    click: ([x, y]) => page.mouse.click(box.x + box.width * x, box.y + box.height * y),
    box,
  };
}

/** A stroke down the middle of a pad. */
async function stroke(page, box) {
  await page.mouse.move(box.x + 140, box.y + 28);
  await page.mouse.down();
  await page.mouse.move(box.x + 140, box.y + 252, { steps: 5 });
  await page.mouse.up();
}

/** Ink of the pad at shares of its box, 0 to 1. */
const inkAt = (page, points) =>
  pad(page).evaluate((canvas, points) => points.map(([x, y]) => canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1).data[3] / 255), points);

test("two fingers draw two lines", async ({ page, browserName }) => {
  test.skip(browserName !== "chromium", "no fingers");
  const { touch } = await fingers(page);
  await touch("touchStart", [[0.3, 0.1], [0.7, 0.1]]);
  for (let y = 0.2; y < 0.95; y += 0.1) await touch("touchMove", [[0.3, y], [0.7, y]]);
  // One finger leaves: nothing is read before the other has left too.
  await touch("touchEnd", [[0.7, 0.9]]);
  await page.waitForTimeout(200);
  expect(await widget(page).getAttribute("state")).toBe("idle");
  await touch("touchMove", [[0.7, 0.95]]);
  await touch("touchEnd", []);
  expect(await inkAt(page, [[0.3, 0.5], [0.7, 0.5], [0.5, 0.1], [0.5, 0.5], [0.5, 0.9]])).toEqual([1, 1, 0, 0, 0]);
  // Two strokes a twelfth of the pad wide and four fifths high.
  expect((await ink(pad(page))).share).toBeLessThan(0.17);
  await expect(widget(page)).toHaveAttribute("state", /drawing|done|paused/);
});

test("a tap is a dot, which is not enough to read, and says so", async ({ page }) => {
  const { touch, click } = await fingers(page);
  const hint = page.locator(".hint");
  await expect(hint).toHaveText("scribble a digit");
  const finger = async () => {
    await touch("touchStart", [[0.45, 0.5]]);
    await touch("touchEnd", []);
  };
  for (const tap of [() => click([0.3, 0.5]), ...(touch ? [finger] : [])]) {
    await tap();
    await expect(hint).toBeVisible();
    await expect(hint).toHaveText("larger, please: a fifth of the pad or more");
    await page.waitForTimeout(200);
    expect(await widget(page).getAttribute("state")).toBe("idle");
    await widget(page).evaluate((element) => element.clear());
    await expect(hint).toHaveText("scribble a digit");
    expect((await ink(pad(page))).share).toBe(0);
  }
  await click([0.3, 0.5]);
  expect(await inkAt(page, [[0.3, 0.5]])).toEqual([1]);
  // A disc a twelfth of the pad wide.
  expect((await ink(pad(page))).share).toBeCloseTo(Math.PI / 4 / 144, 3);
  // With more beside it, it is enough.
  await click([0.5, 0.5]);
  await expect(hint).toBeHidden();
  await expect(widget(page)).toHaveAttribute("state", /drawing|done|paused/);
});

test("a browser that reports no coalesced points loses no stroke", async ({ page }) => {
  await page.addInitScript(() => (PointerEvent.prototype.getCoalescedEvents = () => []));
  const { box } = await fingers(page);
  await page.mouse.move(box.x + 56, box.y + 28);
  await page.mouse.down();
  await page.mouse.move(box.x + 56, box.y + 252, { steps: 5 });
  await page.mouse.up();
  expect(await inkAt(page, [[0.2, 0.5]])).toEqual([1]);
  await expect(widget(page)).toHaveAttribute("state", /drawing|done|paused/);
});

/** Contrast of a colour with a background, by WCAG. */
const contrast = (page, selector, background) =>
  page.locator(selector).first().evaluate((element, background) => {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    const luminance = (...layers) => {
      for (const layer of layers) {
        context.fillStyle = layer;
        context.fillRect(0, 0, 1, 1);
      }
      const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [a, b] = [luminance(background, getComputedStyle(element).color), luminance(background)].sort((a, b) => b - a);
    return (a + 0.05) / (b + 0.05);
  }, background);

/** How far the mean colour of a canvas's ink is from a colour; painting rounds by one or two. */
const inkOff = (locator, color) =>
  locator.evaluate((canvas, color) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const sum = [0, 0, 0, 0];
    for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 4; c++) sum[c] += c < 3 ? data[i + c] * data[i + 3] : data[i + 3];
    return sum[3] ? Math.max(...color.map((v, c) => Math.abs(v - sum[c] / sum[3]))) : Infinity;
  }, color);
const inked = (locator, color) => expect.poll(() => inkOff(locator, color), { message: `ink of ${color}` }).toBeLessThan(3);

const TAG = `<attentive-writer autoplay controls speed="60"></attentive-writer>`;
const dark = "body { margin: 1rem } .dark { background: #101418; color: #e6e6e6 }";

/** Everything of a widget can be told from a background, and nothing of it has one of its own. */
async function legible(page, background) {
  const parts = ["button[name=play]", ".speed", ".status", "canvas[part=canvas]"];
  for (const part of parts) expect(await contrast(page, part, background), part).toBeGreaterThan(4.5);
  for (const swatch of [".swatches .read", ".swatches .write"]) expect(await contrast(page, swatch, background), swatch).toBeGreaterThan(4);
  expect(await page.locator(".plate").first().evaluate((plate) => getComputedStyle(plate).backgroundColor)).toBe("rgba(0, 0, 0, 0)");
}

test("a page whose darkness is a class, while the system is light; and back", async ({ page }) => {
  await prefer(page, { colorScheme: "light" });
  await host(page, `<body class="dark">${TAG}`, { style: dark });
  await expect(widget(page)).toHaveAttribute("state", "done");
  await legible(page, "#101418");
  const canvas = page.locator("canvas[part=canvas]");
  await inked(canvas, [230, 230, 230]);
  // The class goes, and what was painted follows.
  await page.evaluate(() => document.body.classList.remove("dark"));
  await inked(canvas, [0, 0, 0]);
  await legible(page, "#ffffff");
});

/** The colours of an unstyled page, as its browser has them: of its ground, and of its text. */
const unstyled = (page) =>
  page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.cssText = "background: Canvas; color: CanvasText";
    const { backgroundColor, color } = getComputedStyle(probe);
    probe.remove();
    return { ground: backgroundColor, text: color.match(/\d+/g).map(Number) };
  });

for (const [scheme, system, isDark] of [
  ["dark", "light", true],
  ["light dark", "dark", true],
  ["light", "dark", false],
  ["normal", "dark", false],
]) {
  test(`a page whose color-scheme is ${scheme}, where the system's is ${system}`, async ({ page }) => {
    await prefer(page, { colorScheme: system });
    await host(page, TAG, { style: `:root { color-scheme: ${scheme} }` });
    await expect(widget(page)).toHaveAttribute("state", "done");
    const { ground, text } = await unstyled(page);
    expect(text.every((v) => (isDark ? v > 220 : v < 30)), `${text}`).toBe(true);
    await inked(page.locator("canvas[part=canvas]"), text);
    await legible(page, ground);
  });
}

test("a theme brings ink and paper of its own; single colours are the page's to change", async ({ page }) => {
  await host(page, TAG, { style: "attentive-writer { --aw-write: rgb(1, 2, 3) }" });
  const canvas = page.locator("canvas[part=canvas]");
  await expect(widget(page)).toHaveAttribute("state", "done");
  const ground = () => widget(page).evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await ground()).toBe("rgba(0, 0, 0, 0)");
  await widget(page).evaluate((element) => (element.theme = "dark"));
  await inked(canvas, [0xec, 0xe7, 0xdd]);
  expect(await ground()).toBe("rgb(27, 25, 22)");
  await widget(page).evaluate((element) => (element.theme = "light"));
  await inked(canvas, [0x1c, 0x1a, 0x17]);
  expect(await ground()).toBe("rgb(255, 253, 248)");
  await widget(page).evaluate((element) => element.style.setProperty("--aw-ink", "rgb(200, 0, 0)"));
  await inked(canvas, [200, 0, 0]);
  expect(await page.locator(".swatches .write").evaluate((swatch) => getComputedStyle(swatch).color)).toBe("rgb(1, 2, 3)");
});

test("made dark while it was not displayed, it is dark when it is", async ({ page }) => {
  await host(page, TAG, { style: dark });
  await expect(widget(page)).toHaveAttribute("state", "done");
  await widget(page).evaluate((element) => (element.style.display = "none"));
  await page.evaluate(() => document.body.classList.add("dark"));
  await page.waitForTimeout(100);
  await widget(page).evaluate((element) => (element.style.display = ""));
  await inked(page.locator("canvas[part=canvas]"), [230, 230, 230]);
});

test("hidden for a moment, and made wider meanwhile, it lies as wide as it is", async ({ page }) => {
  await host(page, `<attentive-writer count="12" size="50" autoplay speed="60" style="width: 300px"></attentive-writer>`);
  await expect(widget(page)).toHaveAttribute("state", "done");
  const width = () => page.locator("canvas[part=canvas]").evaluate((canvas) => canvas.width);
  expect(await width()).toBe(300);
  // For so many frames it is not displayed, and then for so many narrow.
  for (const [hidden, narrow] of [[1, 0], [2, 1], [3, 2], [1, 1], [6, 0], [0, 1], [0, 2]]) {
    await widget(page).evaluate(async (element, [hidden, narrow]) => {
      const frames = async (count) => {
        for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
      };
      element.style.display = "none";
      await frames(hidden);
      Object.assign(element.style, { display: "", width: "120px" });
      await frames(narrow);
      element.style.width = "600px";
    }, [hidden, narrow]);
    await expect.poll(width, `${hidden} ${narrow}`).toBe(600);
    await page.waitForTimeout(200);
    expect(await width()).toBe(600);
    await widget(page).evaluate((element) => (element.style.width = "300px"));
    await expect.poll(width).toBe(300);
  }
});

test("a theme in the midst of a redrawing keeps the scribble, the glimpse, and the drawing", async ({ page }) => {
  const { box } = await fingers(page, { style: dark });
  await stroke(page, box);
  await expect(widget(page)).toHaveAttribute("state", "drawing");
  await widget(page).evaluate((element) => element.seek(30));
  await expect(widget(page)).toHaveAttribute("glimpse", "30");
  await page.evaluate(() => document.body.classList.add("dark"));
  for (const figure of [1, 2, 4]) await inked(page.locator(`figure:nth-child(${figure}) canvas.ink`).first(), [230, 230, 230]);
  await expect(widget(page)).toHaveAttribute("glimpse", "30");
  await expect(widget(page)).toHaveAttribute("state", "paused");
});

test("a scribble is there again when its widget is put back into the document", async ({ page }) => {
  const { box } = await fingers(page);
  await stroke(page, box);
  await expect(widget(page)).toHaveAttribute("state", "drawing");
  const [before] = await inkAt(page, [[0.5, 0.5]]);
  expect(before).toBeGreaterThan(0.5);
  await page.evaluate(async () => {
    const element = document.querySelector("attentive-writer");
    const parent = element.parentElement;
    element.remove();
    await new Promise((resolve) => setTimeout(resolve, 300));
    parent.append(element);
  });
  await expect(widget(page)).toHaveAttribute("state", /drawing|done/);
  expect((await inkAt(page, [[0.5, 0.5]]))[0]).toBeGreaterThan(0.5);
});

test("on a dense screen a digit has as many pixels as the engine draws, and no more", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(window, "devicePixelRatio", { value: 2 }));
  await host(page, `<attentive-writer size="2500" style="width: 2600px"></attentive-writer>`);
  await expect(widget(page)).toHaveAttribute("glimpse", "0");
  await expect(widget(page)).toHaveAttribute("state", "idle");
  expect(await page.locator("canvas[part=canvas]").evaluate((canvas) => canvas.width)).toBe(4096);
});

test("without motion an embedded widget is shown finished, and plays when it is asked to", async ({ page }) => {
  await prefer(page, { reducedMotion: "reduce" });
  await page.goto("embed/frame.html?count=4&loop=&seed=3");
  const seen = [];
  await expect(widget(page)).toHaveAttribute("state", "done");
  await expect(widget(page)).toHaveAttribute("glimpse", "64");
  await widget(page).evaluate((element) => {
    globalThis.seen = [];
    element.addEventListener("glimpse", () => globalThis.seen.push(element.glimpse));
  });
  await page.waitForTimeout(3000);
  expect(await page.evaluate(() => globalThis.seen)).toEqual(seen);
  const before = await ink(page.locator("canvas[part=canvas]"));
  await page.locator("button[name=seed]").click();
  await expect.poll(async () => (await ink(page.locator("canvas[part=canvas]"))).hash).not.toBe(before.hash);
  expect(await page.evaluate(() => globalThis.seen)).toEqual([64]);
  await page.locator("button[name=play]").click();
  await expect(widget(page)).toHaveAttribute("state", "drawing");
  await page.goto("embed/frame.html?mode=redraw");
  await page.locator("button[name=example]").click();
  await expect(widget(page)).toHaveAttribute("state", "done");
});

test("slips in the tag are told, and the defaults stand", async ({ page }) => {
  const warnings = [];
  page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
  await host(page, `<attentive-writer seed="hello" mode="foo" count="abc" size="-3" speed="" temperature="11" workers="1.5" windows="no" theme="drak" autoplay></attentive-writer>`);
  await expect(widget(page)).toHaveAttribute("state", "drawing");
  const expected = {
    seed: [`"hello"`, "a whole number from 0 to 9007199254740991", 0],
    mode: [`"foo"`, `"draw" or "redraw"`, "draw"],
    count: [`"abc"`, "a whole number from 1 to 10000", 1],
    size: [`"-3"`, "a number from 0 to 4096", 0],
    speed: [`""`, "a number from 0.1 to 1000", 16],
    temperature: [`"11"`, "a number from 0 to 10", 1],
    workers: [`"1.5"`, "a whole number from 1 to 64", undefined],
    windows: [`"no"`, `"on" or "off"`, "on"],
    theme: [`"drak"`, `"light" or "dark"`, ""],
  };
  for (const [name, [given, wanted, otherwise]] of Object.entries(expected)) {
    const told = warnings.filter((text) => text.startsWith(`<attentive-writer> ${name}=${given}: expected ${wanted}; `));
    expect(told.length, name).toBe(1);
    expect(await widget(page).evaluate((element, name) => element[name], name), name).toBe(otherwise);
  }
  warnings.length = 0;
  await widget(page).evaluate((element) => (element.seed = "again"));
  expect(warnings).toEqual([`<attentive-writer> seed="again": expected a whole number from 0 to 9007199254740991; 0 is used`]);
  await widget(page).evaluate((element) => (element.seed = 9));
  expect(await widget(page).evaluate((element) => element.seed)).toBe(9);
  expect(warnings.length).toBe(1);
});

test("a script that strips what it does not know does not change the state", async ({ page }) => {
  await host(page, TAG);
  await expect(widget(page)).toHaveAttribute("state", "done");
  const states = await widget(page).evaluate((element) => {
    element.removeAttribute("state");
    element.removeAttribute("glimpse");
    const stripped = [element.state, element.glimpse];
    element.setAttribute("state", "nonsense");
    return [...stripped, element.state, element.getAttribute("state"), element.getAttribute("glimpse")];
  });
  expect(states).toEqual(["done", 64, "done", "done", "64"]);
});

test("a small widget is no taller than what it shows", async ({ page }) => {
  await host(page, `<attentive-writer size="64" count="2"></attentive-writer><attentive-writer></attentive-writer>`);
  await expect(widget(page).first()).toHaveAttribute("glimpse", "0");
  const heights = await widget(page).evaluateAll((all) => all.map((element) => element.getBoundingClientRect().height));
  expect(heights[0]).toBeLessThan(64 + 40);
  expect(heights[1]).toBeLessThan(280 + 40);
});

test("resized, it shows the same glimpse, in redraw mode too", async ({ page }) => {
  const { box } = await fingers(page);
  await stroke(page, box);
  await expect(widget(page)).toHaveAttribute("state", "drawing");
  await widget(page).evaluate((element) => element.seek(30));
  const canvas = page.locator("figure:nth-child(4) canvas.ink");
  const width = await canvas.evaluate((element) => element.width);
  await widget(page).evaluate((element) => (element.style.width = "800px"));
  await expect.poll(() => canvas.evaluate((element) => element.width)).not.toBe(width);
  await expect(widget(page)).toHaveAttribute("glimpse", "30");
  await expect(widget(page)).toHaveAttribute("state", "paused");
});

test("controls come and go, and sizes and workers change, without a drawing begun anew", async ({ page }) => {
  const { box } = await fingers(page);
  await stroke(page, box);
  await expect(widget(page)).toHaveAttribute("state", "drawing");
  await widget(page).evaluate((element) => element.seek(30));
  const bar = page.locator(".controls");
  for (const controls of [true, false]) {
    await widget(page).evaluate((element, controls) => (element.controls = controls), controls);
    await expect(bar).toBeVisible({ visible: controls });
  }
  expect(await inkAt(page, [[0.5, 0.5]])).toEqual([1]);
  expect(await widget(page).evaluate(({ state, glimpse }) => [state, glimpse])).toEqual(["paused", 30]);

  await host(page, `<attentive-writer count="12" size="50" autoplay style="width: 600px"></attentive-writer>`);
  await expect(widget(page)).toHaveAttribute("state", "drawing");
  await widget(page).evaluate((element) => element.seek(30));
  const canvas = page.locator("canvas[part=canvas]");
  for (const [name, value, width] of [["size", 40, 480], ["workers", 2, 480], ["size", 60, 600]]) {
    await widget(page).evaluate((element, [name, value]) => (element[name] = value), [name, value]);
    await expect.poll(() => canvas.evaluate((element) => element.width)).toBe(width);
    await page.waitForTimeout(300);
    expect(await widget(page).evaluate(({ state, glimpse }) => [state, glimpse]), name).toEqual(["paused", 30]);
  }
});

test("another encoder counts, also beside a widget whose weights are the same", async ({ page }) => {
  const asked = [];
  await page.route("**/other.safetensors", async (route) => {
    asked.push(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: new URL("/www/weights/mnist-int8.encoder.safetensors", page.url()).href }) });
  });
  const pads = `<attentive-writer mode="redraw" style="width: 1168px"></attentive-writer>`.repeat(2);
  await host(page, pads);
  for (const i of [0, 1]) {
    const one = widget(page).nth(i);
    if (i) await one.evaluate((element) => (element.encoder = "other.safetensors"));
    await one.scrollIntoViewIfNeeded();
    await expect.poll(() => one.evaluate((element) => element.glimpses)).toBe(64);
    await one.evaluate((element) => element.example(9));
    await expect(one).toHaveAttribute("state", "drawing");
    expect(asked.length).toBe(i);
  }
});

test("properties that were set before the element was defined count", async ({ page }) => {
  await host(page, `<attentive-writer></attentive-writer><script>
    Object.assign(document.querySelector("attentive-writer"), { seed: 7, count: 4, autoplay: true, weights: "weights/mnist-small.safetensors" });
  </script>`);
  await expect(widget(page)).toHaveAttribute("state", /drawing|done/);
  const { seed, count, weights } = await widget(page).evaluate((element) => {
    element.seed++;
    return { seed: element.getAttribute("seed"), count: element.count, weights: element.weights };
  });
  expect([seed, count, new URL(weights).pathname]).toEqual(["8", 4, "/weights/mnist-small.safetensors"]);
});

test("under a translucent text colour a stroke is ink in full, however often the colour changes", async ({ page }) => {
  const { box } = await fingers(page, { style: "body { color: rgb(200 0 0 / 50%) } .dark { color: rgb(0 0 200 / 50%) }" });
  await stroke(page, box);
  for (const color of [[0, 0, 200], [200, 0, 0], [0, 0, 200]]) {
    await page.evaluate(() => document.body.classList.toggle("dark"));
    await inked(pad(page), color);
  }
  expect(await inkAt(page, [[0.5, 0.5]])).toEqual([1]);
});

test("removed while its drawing begins, it leaves none to the worker that others share", async ({ page }) => {
  await page.addInitScript(() => {
    globalThis.told = { draw: 0, free: 0 };
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message.type in globalThis.told) globalThis.told[message.type]++;
      post.call(this, message, ...rest);
    };
  });
  await host(page, "<attentive-writer></attentive-writer>".repeat(2));
  for (const i of [0, 1]) await expect(widget(page).nth(i)).toHaveAttribute("glimpse", "0");
  await widget(page).last().evaluate((element) => {
    element.reset(5);
    element.remove();
  });
  await expect.poll(() => page.evaluate(() => globalThis.told)).toEqual({ draw: 3, free: 2 });
});
