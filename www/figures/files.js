// Files that a visitor brings: pictures as the engine reads them, and what lies in a dropped folder.

/** Pictures as 28 × 28 grey levels, ink bright: turned over if their paper is. */
export async function greyLevels(pictures) {
  const out = new Uint8Array(784 * pictures.length);
  for (const [i, picture] of pictures.entries()) {
    const bitmap = await createImageBitmap(picture, { resizeWidth: 28, resizeHeight: 28, resizeQuality: "high" }).catch(() => {
      throw new Error(`${picture.name}: not a picture that this browser can read`);
    });
    const context = new OffscreenCanvas(28, 28).getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, 28, 28);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, 28, 28);
    const grey = Array.from({ length: 784 }, (_, p) => (data[4 * p] + data[4 * p + 1] + data[4 * p + 2]) / 3);
    const edge = grey.filter((_, p) => p < 28 || p >= 756 || p % 28 === 0 || p % 28 === 27);
    const turned = edge.reduce((sum, v) => sum + v, 0) / edge.length > 127;
    grey.forEach((v, p) => (out[784 * i + p] = turned ? 255 - v : v));
  }
  return out;
}

/** The files of a dropped file or folder. */
export async function filesOf(entry) {
  const given = (work) => new Promise((resolve, reject) => work(resolve, (cause) => reject(new Error(`${entry.name}: ${cause.message}`))));
  if (entry.isFile) return [await given((done, lost) => entry.file(done, lost))];
  const [reader, inside] = [entry.createReader(), []];
  // A folder is told in parts; an empty part is its end.
  for (let part; (part = await given((done, lost) => reader.readEntries(done, lost))).length; ) inside.push(...part);
  return (await Promise.all(inside.map(filesOf))).flat();
}
