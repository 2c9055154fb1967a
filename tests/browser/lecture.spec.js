// The lecture, and figures alone.

import { expect, test } from "@playwright/test";
import { keepConsoleClean, openArticle, violations } from "./shared.js";

keepConsoleClean();

const html = (page) => page.locator("html");
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

const open = (page, address) => openArticle(page, "#contents a", address);

/** Names of the figures, as the links beneath them have them. */
const names = (page) => page.locator(".tools a").evaluateAll((all) => all.map((link) => new URL(link.href).searchParams.get("figure")));

test("the lecture shows one figure, large, without prose, and keys move it", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, "?seed=3");
  const all = await names(page);
  await page.keyboard.press("l");
  await expect(html(page)).toHaveAttribute("data-lecture", "watch");
  const wall = page.locator("#wall");
  for (const prose of ["body > header", "#contents", "main p:not(.status):not(.numbers)", "body > footer", ".predict"]) await expect(page.locator(prose).first()).toBeHidden();
  const plate = async () => {
    const { width, height } = await wall.locator("canvas[part=canvas]").boundingBox();
    return width * height;
  };
  await expect.poll(plate).toBeGreaterThan(0.4 * 1440 * 900);
  expect(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight)).toBe(true);
  expect(await page.locator("#watch").evaluate((heading) => parseFloat(getComputedStyle(heading).fontSize))).toBeGreaterThan(30);
  expect(await violations(page)).toEqual([]);

  // Play, step, seed.
  await wall.evaluate((element) => element.pause());
  await page.waitForTimeout(200);
  const glimpse = async () => Number(await wall.getAttribute("glimpse"));
  const held = await glimpse();
  await page.keyboard.press("s");
  await expect.poll(glimpse).toBe(held === 64 ? 64 : held + 1);
  await page.keyboard.press("r");
  await expect(wall).not.toHaveAttribute("seed", "3");
  await wall.evaluate((element) => element.seek(5));
  await expect(wall).toHaveAttribute("state", "paused");
  await page.keyboard.press("Space");
  await expect(wall).toHaveAttribute("state", "drawing");
  await page.keyboard.press("Space");
  await expect(wall).toHaveAttribute("state", "paused");

  // The question, its answer, and neither.
  const question = page.locator("section[aria-labelledby=watch] .predict");
  await page.keyboard.press("q");
  await expect(question.locator("summary")).toBeVisible();
  await expect(question.locator("p")).toBeHidden();
  await page.keyboard.press("q");
  await expect(question.locator("p")).toBeVisible();
  await page.keyboard.press("q");
  await expect(question).toBeHidden();
  // It lies above the bar, and no figure moves for it.
  const place = () => wall.boundingBox();
  const before = await place();
  await page.keyboard.press("q");
  const asked = await question.boundingBox();
  expect(asked.y + asked.height).toBeLessThanOrEqual((await page.locator(".lecture-bar").boundingBox()).y + 1);
  expect(await place()).toEqual(before);
  for (const _ of [1, 2]) await page.keyboard.press("q");

  // From figure to figure, to the last and back.
  for (const name of all.slice(1)) {
    await page.keyboard.press("ArrowRight");
    await expect(html(page)).toHaveAttribute("data-lecture", name);
  }
  await page.keyboard.press("ArrowRight");
  await expect(html(page)).toHaveAttribute("data-lecture", all.at(-1));
  await page.keyboard.press("PageUp");
  await expect(html(page)).toHaveAttribute("data-lecture", all.at(-2));
  await expect(page).toHaveURL(new RegExp(`lecture=${all.at(-2)}`));

  // The keys, on "?".
  await page.keyboard.press("?");
  const keys = page.locator("dialog.keys");
  await expect(keys).toBeVisible();
  await expect(keys).toContainText("play or pause");
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();
  await expect(html(page)).toHaveAttribute("data-lecture", all.at(-2));
  await page.keyboard.press("Escape");
  await expect(html(page)).not.toHaveAttribute("data-lecture", /./);
  await expect(page.locator("body > header")).toBeVisible();
  await expect(page).not.toHaveURL(/lecture/);
  expect(await wall.getAttribute("size")).toBe(null);
});

/** How far a figure in the lecture reaches below the bar's upper edge and past the window's sides, in pixels; and its height. */
const reach = (page) => page.evaluate(() => {
  const bar = document.querySelector(".lecture-bar").getBoundingClientRect().top;
  const boxes = [...document.querySelectorAll(".slide > .shown")].filter((block) => block.checkVisibility()).map((block) => block.getBoundingClientRect());
  const [top, bottom] = [Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom))];
  const sideways = Math.max(...boxes.map((box) => Math.max(box.right - innerWidth, -box.left)), document.documentElement.scrollWidth - innerWidth);
  return { below: Math.max(0, Math.ceil(bottom - bar), -Math.floor(top)), sideways: Math.max(0, Math.ceil(sideways)), high: bottom - top };
});

for (const [width, height] of [[1280, 720], [1440, 900]]) {
  test(`every figure is wholly in sight, above the bar, on ${width} by ${height}`, async ({ page }) => {
    test.slow();
    await page.setViewportSize({ width, height });
    await open(page, "?seed=3&lecture");
    const inSight = async (name) => {
      // What comes late is waited for: it may need more room.
      await expect.poll(async () => (await reach(page)).high, name).toBeGreaterThan(0.4 * height);
      await page.waitForTimeout(1700);
      await expect.poll(async () => (({ below, sideways }) => ({ below, sideways }))(await reach(page)), name).toEqual({ below: 0, sideways: 0 });
    };
    for (const name of await names(page)) {
      await expect(html(page)).toHaveAttribute("data-lecture", name);
      // The page of two digits is laid by the key for another seed.
      if (name === "page") await page.keyboard.press("r");
      await inSight(name);
      await page.keyboard.press("n");
    }
    // A digit that is looked at closely stands beside the others.
    await page.goto("?seed=3&digit=4&lecture=watch");
    await expect(page.locator("#detail .bars rect").first()).toBeAttached();
    await inSight("detail");
  });
}

test("?lecture=NAME begins there, and leaves sliders their arrows", async ({ page }) => {
  await open(page, "?seed=3&lecture=attention");
  await expect(html(page)).toHaveAttribute("data-lecture", "attention");
  const lens = page.locator("#lens");
  await expect(lens.locator(".status")).toContainText("error");
  const slider = lens.locator("input[type=range]").first();
  const before = await slider.inputValue();
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  expect(await slider.inputValue()).not.toBe(before);
  await expect(html(page)).toHaveAttribute("data-lecture", "attention");
  // Its own step, by the key.
  await page.locator("#attention").focus();
  const error = () => lens.locator(".status").textContent();
  const at = await error();
  await page.keyboard.press("s");
  await expect.poll(error).not.toBe(at);
});

test("single keys can be switched off in the article", async ({ page }) => {
  await open(page, "?seed=3");
  await page.keyboard.press("?");
  await page.locator(".keys input").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
  await page.waitForTimeout(200);
  await expect(html(page)).not.toHaveAttribute("data-lecture", /./);
  await page.evaluate(() => localStorage.clear());
});

test("a browser that keeps nothing costs no more than the choice", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(globalThis, "localStorage", { get: () => { throw new DOMException("denied", "SecurityError"); } }));
  await open(page, "?seed=3");
  await page.keyboard.press("?");
  const choice = page.locator("dialog.keys input");
  await choice.uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
  await expect(html(page)).not.toHaveAttribute("data-lecture", /.*/);
});

test("written into a field, letters are letters", async ({ page }) => {
  await open(page, "?seed=3");
  await page.locator("input[name=which]").focus();
  await page.keyboard.press("l");
  await page.waitForTimeout(200);
  await expect(html(page)).not.toHaveAttribute("data-lecture", /./);
});

test("the lecture on a phone has no sideways scroll", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, "?seed=3&lecture");
  for (const name of await names(page)) {
    await expect(html(page)).toHaveAttribute("data-lecture", name);
    expect(await overflow(page), name).toBeLessThanOrEqual(0);
    await page.keyboard.press("n");
  }
});

for (const name of ["attention", "planes", "learning", "redraw"]) {
  test(`?figure=${name} shows that figure alone`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`?figure=${name}`);
    await expect(html(page)).toHaveAttribute("data-alone", name);
    await expect(html(page)).toHaveAttribute("data-state", "ready");
    const id = { attention: "lens", planes: "planes", learning: "training", redraw: "pad" }[name];
    await expect(page.locator(`#${id}`)).toBeVisible();
    await expect(page.locator(`#${id} canvas`).first()).toBeAttached();
    await expect(page.locator("main > section:visible")).toHaveCount(1);
    for (const other of ["body > header", "#contents", "body > footer", "#wall"]) await expect(page.locator(other)).toBeHidden();
    const section = page.locator("main > section:visible");
    expect(await section.locator("> *:visible").evaluateAll((all) => all.filter((one) => one.matches("p:not(.back)")).length)).toBe(0);
    await expect(section.locator(".back a")).toHaveAttribute("href", /#/);
    await page.waitForTimeout(500);
    // Its own program, if it has one, and no other figure's.
    await expect(section.locator(".as-code:visible")).toHaveCount(name === "planes" ? 0 : 1);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
}

test("a figure of a part of a section has the part's heading, alone and in the lecture", async ({ page }) => {
  const headings = page.locator("main > section > :is(h2, h3):visible");
  await page.goto("?figure=houses");
  await expect(headings).toHaveText(["Other images", "House numbers"]);
  await open(page, "?seed=3&lecture=page");
  await expect(headings).toHaveText([/^Other images/, "Two digits"]);
  await page.keyboard.press("n");
  await expect(headings).toHaveText([/^Other images/, "House numbers"]);
  await page.keyboard.press("n");
  await expect(headings).toHaveText([/^Other images/, "Small photographs"]);
  await page.keyboard.press("n");
  await expect(headings).toHaveText([/^It learns in front of you/]);
});

test("a figure alone fetches nothing for the wall", async ({ page }) => {
  const fetched = [];
  page.on("request", (request) => request.url().endsWith(".safetensors") && fetched.push(request.url()));
  await page.goto("?figure=random");
  await expect(page.locator("#random .chart .bin")).toHaveCount(48);
  await page.waitForTimeout(500);
  expect(fetched).toEqual([]);
});

test("a figure stands alone before the article's style has come", async ({ page }) => {
  await page.route("**/article/article.css", () => {});
  await page.goto("?figure=planes");
  await expect(page.locator("#planes canvas").first()).toBeAttached();
  await expect(page.locator("main > section:visible > :is(p, details):visible")).toHaveCount(1);
  await expect(page.locator("main > section:visible > .back")).toBeVisible();
});

test("the link under a figure leads to it alone, as it is", async ({ page }) => {
  await open(page, "?seed=3");
  await page.locator("#lens").scrollIntoViewIfNeeded();
  await expect(page.locator("#lens .status")).toContainText("error");
  await page.locator("#lens input[name=filters]").evaluate((input) => {
    input.value = "8";
    input.dispatchEvent(new Event("input"));
  });
  await expect(page).toHaveURL(/filters=8|n=8/);
  await page.locator("section[aria-labelledby=attention] .tools a").click();
  await expect(html(page)).toHaveAttribute("data-alone", "attention");
  await expect(page.locator("#lens .grid circle")).toHaveCount(64);
  await page.locator(".back a").click();
  await expect(page).toHaveURL(/#attention$/);
  await expect(page.locator("body > header")).toBeAttached();
});

test("a name that is none is told, and all figures are there", async ({ page }) => {
  await open(page, "?figure=elephants");
  await expect(page.locator("main > [role=alert]")).toContainText("elephants");
  await expect(page.locator("#wall")).toBeVisible();
});
