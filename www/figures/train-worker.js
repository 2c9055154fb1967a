// Training, in a worker of its own: the loop of the command line, a step at a time, and between steps the figures
// of how it goes. Says { at, report, ... } unasked while it runs.

import { Dataset, Trainer, Writer, configure } from "../../pkg/attentive_writer.js";
import { encoderOf, fetchBytes, serve } from "../models.js";
import { READS } from "./files.js";
import { Hands, usual } from "./hands.js";
import { ready } from "./ready.js";
import { forget, keep, kept, mine } from "./store.js";

/** The page's digits: their address is never kept, since it changes with the site's next version. */
const DIGITS = new URL("../data/mnist.bits.gz", import.meta.url).href;
/** Seconds between validations, saves, and new sheets of samples. */
const [VALIDATE, SAVE, SAMPLE] = [4, 10, 1.5];
const SHEET = 24;
/** Images of a validation: enough to see the curve, few enough not to hold up training; glimpses cost. */
const heldOut = (config) => (config.glimpses > 20 ? 64 : 200);
/** Variations of the visitor's marks to train on, and others to hold out. */
const [VARIATIONS, UNSEEN] = [2000, 200];

/** What is being trained: null, or { trainer, data, held, origin, curve, seconds, ... }. */
let session = null;
let running = false;
let slow = false;
let sheet = null;
let shown = { columns: 8, ink: 0, size: 56 };
let good = null;
/** Workers that train, this one included. */
let workers = usual();
let hands = null;

const say = (value, transfer = []) => self.postMessage({ id: 0, value }, { transfer });
const yielded = () => new Promise((resolve) => setTimeout(resolve, slow ? 400 : 0));

/** Digits for those who bring no data: bit rows, as the name says. */
async function digits(progress) {
  const data = read({ name: DIGITS.split("/").pop(), bytes: await fetchBytes(DIGITS, progress) });
  return { held: data.holdOut(1000), data };
}

/** The data of a file. What was kept before files had names was bit rows, or IDX, which no name hides. */
function read({ name = "kept.bits", bytes }) {
  try {
    return new Dataset(bytes, name);
  } catch (cause) {
    throw new Error(`${name}: ${cause.message}; this figure reads ${READS}`);
  }
}

/** The model that a visitor brought: { kind, files: [{ name, bytes }] }. */
function trainerOf({ kind, files }, settings) {
  const [{ name, bytes }] = files;
  try {
    if (kind === "checkpoint") return Trainer.resume(bytes);
    if (files.length === 1) return tuned(files[0], settings);
    // The halves come in any order; their names, if they are as they were, tell which is which.
    const [decoder, encoder] = [...files].sort((a, b) => Number(/\.encoder\./.test(a.name)) - Number(/\.encoder\./.test(b.name)));
    try {
      return Trainer.tune(decoder.bytes, encoder.bytes, settings);
    } catch (cause) {
      if (/\.encoder\./.test(encoder.name)) throw cause;
      return Trainer.tune(encoder.bytes, decoder.bytes, settings);
    }
  } catch (cause) {
    throw new Error(`${name}: ${cause.message}`);
  }
}

function tuned({ name, bytes }, settings) {
  const half = name.replace(/(\.encoder)?\.safetensors$/, "");
  const together = `choose ${half}.safetensors and ${half}.encoder.safetensors together`;
  let writer;
  try {
    writer = new Writer(bytes);
  } catch (cause) {
    throw new Error(/\.encoder\./.test(name) ? `the half that reads alone (${cause.message}); ${together}` : cause.message);
  }
  const { canRedraw } = writer;
  writer.free();
  if (!canRedraw) throw new Error(`the half that draws alone, which cannot be trained; ${together}`);
  return Trainer.tune(bytes, undefined, settings);
}

/** The data that an origin names: { kind: "digits" }, { kind: "marks", marks, side, seed }, { kind: "bytes",
 *  name, bytes } or { kind: "levels", levels, width, height }. */
async function dataOf(origin, progress) {
  await ready();
  if (origin.kind === "digits") return digits(progress);
  if (origin.kind === "marks") {
    if (!origin.marks.length) throw new Error("there are no marks yet; draw one or more first");
    // The held-out variations are shifts and turns that training never sees.
    const varied = (count, seed) => Dataset.ofMarks(origin.marks, count, seed, origin.side);
    return { data: varied(VARIATIONS, origin.seed), held: varied(UNSEEN, origin.seed + 1) };
  }
  const data =
    origin.kind === "bytes" ? read(origin) : Dataset.ofLevels(origin.levels, origin.width, origin.height);
  const { notes } = data;
  return { held: data.holdOut(Math.max(1, Math.min(1000, Math.floor(data.count / 10)))), data, notes };
}

function begin(trainer, { data, held, notes = [] }, origin, more = {}) {
  stop();
  const enough = heldOut(trainer.config);
  const few = held.count > enough ? held.holdOut(enough) : held;
  session = { trainer, data, held: few, notes, origin, curve: [], seconds: 0, since: [], validated: -Infinity, saved: 0, sampled: -Infinity, ...more };
  good = trainer.checkpoint();
  gather();
  return state();
}

/** Gathers the helpers for what is being trained. */
function gather() {
  hands?.end();
  hands = session && new Hands(session.trainer, session.data, workers);
}

/** What is being trained, for who needs one. */
function trained() {
  if (!session) throw new Error("nothing is trained yet");
  return session;
}

const state = () => ({
  config: session.trainer.config,
  name: session.name,
  batch: session.trainer.batch,
  learning_rate: session.trainer.learningRate,
  steps: session.trainer.steps,
  seconds: session.seconds,
  curve: session.curve,
  origin: session.origin.kind,
  notes: session.notes,
  running,
});

function stop() {
  running = false;
  sheet?.free();
  sheet = null;
}

/** The bound on what is held out, as a point of the curve. */
function validate() {
  const { trainer, held, since } = session;
  const bound = trainer.bound(held);
  const mean = (key) => (since.length ? since.reduce((sum, r) => sum + r[key], 0) / since.length : null);
  const point = {
    step: trainer.steps,
    seconds: session.seconds,
    train: mean("loss_nats"),
    held: bound.nll_bound_nats,
    reconstruction: bound.reconstruction_nats,
    kl: bound.kl_nats,
  };
  session.since = [];
  session.curve.push(point);
  // A long run keeps a curve of bounded length.
  if (session.curve.length > 600) session.curve = session.curve.filter((_, i, all) => i % 2 === 0 || i > all.length - 50);
  return point;
}

/** Draws on at the sheet of samples: a glimpse for each call, then a new sheet by the newest weights; or, at once,
 *  the whole sheet. */
function sample(whole = false) {
  if (!sheet || whole || (sheet.glimpse === sheet.glimpses && session.seconds - session.sampled > SAMPLE)) {
    sheet?.free();
    const writer = session.trainer.writer();
    sheet = writer.draw({ seed: 1, count: SHEET, size: shown.size });
    writer.free();
    session.sampled = session.seconds;
  }
  if (whole) sheet.seek(sheet.glimpses);
  else if (!sheet.step()) return null;
  const { width, height, data } = sheet.picture(shown.columns, shown.ink);
  return { image: { width, height, data }, windows: sheet.writeWindows(), glimpse: sheet.glimpse, glimpses: sheet.glimpses, cell: shown.size };
}

/** Whether it was told that nothing is kept. */
let lone = false;

async function save() {
  const { trainer, origin, curve, seconds, name } = session;
  session.saved = seconds;
  if (!(await mine())) {
    if (!lone) say({ notice: "another tab was here first, and keeps what it trains; a reload of this one would lose this" });
    lone = true;
    return;
  }
  try {
    await keep({ checkpoint: trainer.checkpoint(), origin, curve, seconds, name });
  } catch (error) {
    // Training goes on; what is lost is only the reload.
    say({ notice: `${error.message}; training goes on, but a reload would lose it` });
  }
}

let last = Promise.resolve();
/** One step after the other, also when a step by hand follows a pause at once. */
const step = () => (last = last.catch(() => {}).then(takeStep));

/** One step, timed; null if another model was begun meanwhile. A step that diverges stops the run and goes back to the
 *  last good state. */
async function takeStep() {
  const mine = session;
  if (!mine) return null;
  const before = performance.now();
  try {
    const report = await hands.step(mine.trainer, mine.data, () => session === mine);
    if (!report) return null;
    mine.since.push(report);
    mine.seconds += (performance.now() - before) / 1000;
    return report;
  } catch (error) {
    if (session !== mine) return null;
    running = false;
    const rate = session.trainer.learningRate;
    session.trainer.free();
    session.trainer = Trainer.resume(good);
    session.trainer.learningRate = rate / 4;
    session.since = [];
    throw new Error(`${error.message}. Back at step ${session.trainer.steps}, with a quarter of the learning rate (${rate / 4})`);
  }
}

let loops = 0;

async function loop() {
  // Paused and played within a step, the loop before this one ends.
  const mine = ++loops;
  let painted = 0;
  let [mark, steps] = [performance.now(), 0];
  while (running && mine === loops) {
    let value;
    try {
      const report = await step();
      if (!report) return;
      steps++;
      const now = performance.now();
      value = { at: session.trainer.steps, report, seconds: session.seconds };
      if (session.seconds - session.validated > VALIDATE) {
        value.point = validate();
        session.validated = session.seconds;
        // A state whose bound could be taken is one to go back to.
        if (Number.isFinite(value.point.held)) good = session.trainer.checkpoint();
      }
      if (now - painted > 60) {
        painted = now;
        value.sheet = sample();
        value.workers = hands.count;
        value.batch = session.trainer.batch;
        value.stepsPerSecond = (1000 * steps) / (now - mark);
        if (now - mark > 3000) [mark, steps] = [now, 0];
      }
      if (session.seconds - session.saved > SAVE) await save();
    } catch (error) {
      running = false;
      say({ stopped: error.message });
      return;
    }
    say(value, value.sheet ? [value.sheet.image.data.buffer] : []);
    await yielded();
  }
}

/** The size of images in words. */
const shape = (width, height, channels) =>
  `${width} × ${height}${channels === 1 ? ", grey" : channels === 3 ? " in colour" : ` with ${channels} channels`}`;

const handlers = {
  /** A fresh model, of the data's size. Ink is black or white; colours have levels between. */
  async fresh({ preset, changes, settings, origin }, progress) {
    const sets = await dataOf(origin, progress);
    const { width, height, channels } = sets.data;
    const changed = { width, height, channels, ...(channels > 1 && { likelihood: "intensities" }), ...changes };
    const trainer = Trainer.on(sets.data, configure(preset, changed), settings);
    return begin(trainer, sets, origin);
  },
  /** The page's weights, tuned on other data. */
  async tune({ url, name, settings, origin }, progress) {
    const sets = await dataOf(origin, progress);
    const [decoder, encoder] = await Promise.all([fetchBytes(url, progress), fetchBytes(encoderOf(url))]);
    return begin(Trainer.tune(decoder, encoder, settings), sets, origin, { name });
  },
  /** A visitor's model, trained on. */
  async bring({ name, model, settings, origin }, progress) {
    const sets = await dataOf(origin, progress);
    const trainer = trainerOf(model, settings);
    const [{ width, height, channels }, { data }] = [trainer.config, sets];
    if (width !== data.width || height !== data.height || channels !== data.channels) {
      trainer.free();
      throw new Error(`${name}: a model of images of ${shape(width, height, channels)}; the data are of ${shape(data.width, data.height, data.channels)}`);
    }
    return begin(trainer, sets, origin, { name });
  },
  /** What was kept before a reload; null if nothing was, and { refused } if the store says no. */
  async restore(_, progress) {
    await ready();
    if (!(await mine())) return null;
    const record = await kept().catch(({ message }) => ({ refused: message }));
    if (!record || record.refused) return record ?? null;
    const { origin, checkpoint, curve, seconds, name = "the model before the reload" } = record;
    try {
      const sets = await dataOf(origin, progress);
      return begin(Trainer.resume(checkpoint), sets, origin, { curve, seconds, name, validated: seconds, saved: seconds });
    } catch (cause) {
      throw new Error(`${cause.message}; what was trained is still kept: Train tries again, Start over lets it go`);
    }
  },
  play() {
    trained();
    if (!running) {
      running = true;
      loop();
    }
  },
  async pause() {
    running = false;
    // What is kept is the state after the step under way.
    await last.catch(() => {});
    if (session) await save();
  },
  /** One step while paused. */
  async once() {
    const report = await step();
    return report && { at: session.trainer.steps, report, seconds: session.seconds, point: validate(), sheet: sample(true) };
  },
  look(view) {
    shown = view;
    return session && { sheet: sample(true) };
  },
  /** How many workers train, this one included. */
  workers(request) {
    workers = request.workers;
    gather();
  },
  /** In the background, little is done. */
  slow(request) {
    slow = request.slow;
  },
  async reset() {
    stop();
    session?.trainer.free();
    session = null;
    gather();
    if (await mine()) await forget();
  },
  export() {
    return trained().trainer.export();
  },
  bound: () => trained() && validate(),
};

serve(handlers, (value) => (value?.sheet ? [value.sheet.image.data.buffer] : []));
