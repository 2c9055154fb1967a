// The finished run that the training figure shows before a visitor's own: `node benches/training/finished.mjs [SECONDS]`
// trains the small model as that figure does, by the engine of pkg/ in Node, on one thread, and writes its curve and its
// samples, www/data/finished.json and www/data/finished.png.

import { readFileSync, writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import init, { Dataset, Trainer } from "../../pkg/attentive_writer.js";

const SECONDS = Number(process.argv[2] ?? 120);
/** As www/figures/train-worker.js has it: seconds between validations, digits held out, and digits of the sheet. */
const [VALIDATE, HELD, SHEET] = [4, 200, 24];
/** As www/figures/plan.js has it. */
const SETTINGS = { batch: 25, learning_rate: 0.004, warm_up: 50, average: 0.995, clip: 1000 };
const [COLUMNS, SIDE] = [8, 48];

await init({ module_or_path: readFileSync("pkg/attentive_writer_bg.wasm") });
const data = new Dataset(readFileSync("www/data/mnist.bits.gz"), "mnist.bits.gz");
const held = data.holdOut(1000).holdOut(HELD);
const trainer = Trainer.on(data, "mnist-small", SETTINGS);

const curve = [];
let [seconds, validated, since] = [0, -Infinity, []];
while (seconds < SECONDS) {
  const begun = performance.now();
  since.push(trainer.stepOn(data).loss_nats);
  seconds += (performance.now() - begun) / 1000;
  if (seconds - validated < VALIDATE) continue;
  validated = seconds;
  const { nll_bound_nats, reconstruction_nats, kl_nats } = trainer.bound(held);
  const train = since.reduce((sum, nats) => sum + nats, 0) / since.length;
  since = [];
  const point = { step: trainer.steps, seconds, train, held: nll_bound_nats, reconstruction: reconstruction_nats, kl: kl_nats };
  curve.push(Object.fromEntries(Object.entries(point).map(([key, value]) => [key, Number(value.toFixed(2))])));
  console.log(JSON.stringify(curve.at(-1)));
}

const sheet = trainer.writer().draw({ seed: 1, count: SHEET, size: SIDE });
sheet.seek(sheet.glimpses);
const ink = sheet.canvas();
const { glimpses, hidden } = trainer.config;
writeFileSync("www/data/finished.json", `${JSON.stringify({ model: { glimpses, hidden }, steps: trainer.steps, batch: trainer.batch, curve })}\n`);
writeFileSync("www/data/finished.png", png(ink));

/** The sheet as a PNG of grey and alpha: black ink, in 16 strengths. */
function png(canvases) {
  const [width, height] = [COLUMNS * SIDE, (SHEET / COLUMNS) * SIDE];
  const rows = Buffer.alloc(height * (1 + 2 * width));
  canvases.forEach((ink, i) => {
    const [digit, y, x] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
    const [row, column] = [Math.floor(digit / COLUMNS) * SIDE + y, (digit % COLUMNS) * SIDE + x];
    rows[row * (1 + 2 * width) + 2 + 2 * column] = 17 * Math.round(15 * ink);
  });
  const word = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const chunk = (type, body) => {
    const named = Buffer.concat([Buffer.from(type), body]);
    return Buffer.concat([word(body.length), named, word(crc32(named))]);
  };
  const header = Buffer.concat([word(width), word(height), Buffer.from([8, 4, 0, 0, 0])]);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
