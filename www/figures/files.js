// Files that a visitor brings: what each is, pictures as the engine reads them, and what lies in a dropped folder.

/** What the figure reads, in words. */
export const READS =
  "data sets (IDX, .npy, .amat, .bits, .mat of MATLAB 5 or CIFAR-10's .bin, gzipped or not), ten or more pictures, .safetensors weights (one file, or both halves together), and a .checkpoint of the command line";
/** So many pictures are the least to learn from and to hold some out. */
const FEWEST = 10;

const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());
const named = async (file) => ({ name: file.name, bytes: await bytesOf(file) });

/** What a file is: weights and checkpoints are told by what they begin with, or would be by their name. */
async function kindOf(file) {
  if (file.type.startsWith("image/")) return "picture";
  const head = new TextDecoder("latin1").decode(await file.slice(0, 4096).arrayBuffer());
  if (file.name.endsWith(".checkpoint") || head.includes("attentive-writer-checkpoint/")) return "checkpoint";
  // Eight bytes of length, then JSON.
  if (file.name.endsWith(".safetensors") || head[8] === "{") return "weights";
  return "data";
}

/** The one of several files of data that is trained on: that which says so, or else one that is not for tests. */
function chosen(data) {
  const first = (...words) => data.find(({ name }) => words.every((word) => word.test(name)));
  return first(/train/i, /images/i) ?? first(/train/i) ?? first(/^(?!.*(test|t10k|val|readme))/i) ?? data[0];
}

/** Files as what they are for: { name, model, origin, left }, of which a model or data may be missing; `left` names the data
 *  that were left out. Pictures become as wide and high as `side()` comes to say. */
export async function broughtIn(files, side) {
  const kinds = { picture: [], checkpoint: [], weights: [], data: [] };
  // A folder holds what its system put there, and labels, which drawing has no use for.
  const seen = files.filter(({ name }) => !name.startsWith(".") && !(files.length > 1 && /labels/.test(name)));
  for (const file of seen) kinds[await kindOf(file)].push(file);
  const { picture, checkpoint, weights, data } = kinds;
  if (!seen.length) throw new Error(`nothing to read there; this figure reads ${READS}`);
  if (checkpoint.length > 1 || weights.length > 2 || (checkpoint.length && weights.length)) {
    throw new Error("several models at once; choose one: a file, or its two halves");
  }
  const model = checkpoint.length
    ? { kind: "checkpoint", files: [await named(checkpoint[0])] }
    : weights.length && { kind: "weights", files: await Promise.all(weights.map(named)) };
  const taken = data.length ? chosen(data) : null;
  const { name } = checkpoint[0] ?? weights[0] ?? taken ?? picture[0];
  const left = data.filter((file) => file !== taken).map((file) => file.name);
  return { name, model: model || null, origin: await originOf(taken, picture, seen[0].name, side), left };
}

/** The data of files: their own, or pictures'. */
async function originOf(data, pictures, name, side) {
  if (data) return { kind: "bytes", ...(await named(data)) };
  if (!pictures.length) return null;
  if (pictures.length < FEWEST) {
    const count = pictures.length === 1 ? "one picture is" : `${pictures.length} pictures are`;
    throw new Error(`${name}: ${count} too few to learn from; this figure reads ${READS}`);
  }
  const pixels = await side();
  return { kind: "levels", width: pixels, height: pixels, levels: await greyLevels(pictures, pixels) };
}

/** Pictures as grey levels, `side` pixels wide and high, ink bright: turned over if their paper is. */
async function greyLevels(pictures, side) {
  const area = side * side;
  const out = new Uint8Array(area * pictures.length);
  for (const [i, picture] of pictures.entries()) {
    const bitmap = await createImageBitmap(picture, { resizeWidth: side, resizeHeight: side, resizeQuality: "high" }).catch(() => {
      throw new Error(`${picture.name}: not a picture that this browser can read`);
    });
    const context = new OffscreenCanvas(side, side).getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, side, side);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, side, side);
    const grey = Array.from({ length: area }, (_, p) => (data[4 * p] + data[4 * p + 1] + data[4 * p + 2]) / 3);
    const edge = grey.filter((_, p) => p < side || p >= area - side || p % side === 0 || p % side === side - 1);
    const turned = edge.reduce((sum, v) => sum + v, 0) / edge.length > 127;
    grey.forEach((v, p) => (out[area * i + p] = turned ? 255 - v : v));
  }
  return out;
}

/** The files of what was dropped: an entry of a file or a folder, or a file. */
export async function filesOf(entry) {
  if (entry instanceof File) return [entry];
  const given = (work) => new Promise((resolve, reject) => work(resolve, (cause) => reject(new Error(`${entry.name}: ${cause.message}`))));
  if (entry.isFile) return [await given((done, lost) => entry.file(done, lost))];
  const [reader, inside] = [entry.createReader(), []];
  // A folder is told in parts; an empty part is its end.
  for (let part; (part = await given((done, lost) => reader.readEntries(done, lost))).length; ) inside.push(...part);
  return (await Promise.all(inside.map(filesOf))).flat();
}
