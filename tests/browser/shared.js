// What the specs share.

/** Share of a canvas that is inked, and a sum that tells pictures apart. */
export function ink(locator) {
  return locator.evaluate((canvas) => {
    if (!canvas.width || !canvas.height) return { share: 0, hash: 0 };
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    let hash = 0;
    for (let i = 3; i < data.length; i += 4) {
      sum += data[i];
      hash = (hash * 31 + data[i]) | 0;
    }
    return { share: sum / 255 / (data.length / 4), hash };
  });
}

/** Gathers what a visitor's console would show as errors. */
export function watchConsole(page) {
  const problems = [];
  // A browser asks every page for an icon; only ours have one.
  const counts = (message) => message.type() === "error" && !message.location().url.endsWith("/favicon.ico");
  page.on("console", (message) => counts(message) && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  return problems;
}

/** Draws a line through points, shares of a canvas's box. */
export async function draw(page, canvas, points) {
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  const [first, ...rest] = points.map(([x, y]) => [box.x + box.width * x, box.y + box.height * y]);
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 6 });
  await page.mouse.up();
}
