// A finished run, kept: its curve and its samples, shown in grey before the visitor's own.
// benches/training/finished.mjs made them.

import { css } from "../plate.js";

const CURVE = new URL("../data/finished.json", import.meta.url);
const SAMPLES = new URL("../data/finished.png", import.meta.url);

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname.split("/").at(-1)} could not be fetched (${response.status})`);
  return response;
}

/** @returns {Promise<{ steps: number, batch: number, model: { glimpses: number }, curve: any[], samples: ImageBitmap }>} */
export async function finished() {
  const [run, picture] = await Promise.all([fetched(CURVE).then((r) => r.json()), fetched(SAMPLES).then((r) => r.blob())]);
  return { ...run, samples: await createImageBitmap(picture) };
}

/** Samples in the page's ink, given as black ink. */
export function inked(samples, ink) {
  const { width, height } = samples;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(samples, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = css(ink);
  context.fillRect(0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
