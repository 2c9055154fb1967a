// The widget's order of things, without a browser: an engine that answers when it is told to, and a clock that is wound
// by hand.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Player } from "../../www/player.js";

const GLIMPSES = 12;
let now = 0;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
});

/** Lets promises settle. */
const settled = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** Lets time pass. */
const pass = async (milliseconds) => {
  now += milliseconds;
  mock.timers.tick(milliseconds);
  await settled();
};

/** A player with an engine of twelve glimpses; `log` is what the page was told. */
function made({ loop = false } = {}) {
  const runs = new Map();
  const asked = [];
  const log = [];
  let next = 1;
  const world = { visible: true, runs, asked, log, onshow: null };
  const frame = (run) => ({ run, glimpse: runs.get(run), glimpses: GLIMPSES });
  /** What the engine does when it comes to a request. */
  const work = (type, { run, glimpse = 0, pixels }) => {
    if (type === "draw" || type === "redraw") {
      if (pixels === "bad") throw new Error("cannot be read");
      runs.set(next, glimpse);
      return frame(next++);
    }
    if (!runs.has(run)) throw new Error(`no run ${run}`);
    if (type === "step") runs.set(run, Math.min(GLIMPSES, runs.get(run) + 1));
    if (type === "seek") runs.set(run, glimpse);
    return frame(run);
  };
  const player = new Player({
    ask: (type, request) =>
      new Promise((resolve, reject) => {
        asked.push({ type, ...request, answer: () => {
          try {
            resolve(work(type, request));
          } catch (error) {
            reject(error);
          }
        } });
      }),
    free: ({ run }) => assert.ok(runs.delete(run), `run ${run} is freed once`),
    visible: () => world.visible,
    period: () => 100,
    show: (shown) => {
      log.push(`glimpse ${shown.glimpse}`);
      world.onshow?.(shown);
    },
    changed: () => log.at(-1) !== player.name && log.push(player.name),
    finished: () => log.push("finished"),
    failed: (error) => log.push(`failed: ${error.message}`),
    restart: () => player.begin("draw", {}, true),
    again: () => (loop ? () => player.begin("draw", {}, true) : null),
  });
  /** The engine answers what it was asked so far. */
  world.answer = async () => {
    for (const { answer } of asked.splice(0)) answer();
    await settled();
  };
  world.see = (visible) => {
    world.visible = visible;
    player.sighted(visible);
  };
  return { player, world, log };
}

/** A player in each state, and in that state alone. */
const STATES = {
  closed: async () => made(),
  loading: async () => {
    const all = made();
    all.player.open();
    return all;
  },
  ready: async () => {
    const all = await STATES.loading();
    all.player.loaded();
    return all;
  },
  beginning: async () => {
    const all = await STATES.ready();
    all.player.begin("draw", {}, false);
    return all;
  },
  resting: async () => {
    const all = await STATES.beginning();
    await all.world.answer();
    return all;
  },
  drawing: async () => {
    const all = await STATES.resting();
    all.player.play();
    await all.world.answer();
    return all;
  },
  waiting: async () => {
    const all = await STATES.drawing();
    all.world.see(false);
    return all;
  },
  failed: async () => {
    const all = await STATES.ready();
    all.player.fail(new Error("gone"));
    return all;
  },
};

const EVENTS = {
  open: ({ player }) => player.open(),
  loaded: ({ player }) => player.loaded(),
  fail: ({ player }) => player.fail(new Error("gone")),
  begin: ({ player }) => player.begin("draw", {}, false),
  play: ({ player }) => player.play(),
  pause: ({ player }) => player.pause(),
  hide: ({ world }) => world.see(false),
  show: ({ world }) => world.see(true),
  clear: ({ player }) => player.clear(),
  close: ({ player }) => player.close(),
};

/** Where an event leads to; where it is not named, nothing changes. */
const LEADS = {
  closed: { open: "loading" },
  loading: { loaded: "ready", fail: "failed", close: "closed" },
  ready: { begin: "beginning", play: "beginning", fail: "failed", close: "closed" },
  beginning: { fail: "failed", clear: "ready", close: "closed" },
  resting: { begin: "beginning", play: "drawing", fail: "failed", clear: "ready", close: "closed" },
  drawing: { begin: "beginning", pause: "resting", hide: "waiting", fail: "failed", clear: "ready", close: "closed" },
  waiting: { begin: "beginning", pause: "resting", show: "drawing", fail: "failed", clear: "ready", close: "closed" },
  failed: { begin: "beginning", fail: "failed", clear: "ready", close: "closed" },
};
const NAMES = { closed: "idle", loading: "loading", ready: "idle", resting: "idle", drawing: "drawing", waiting: "paused", failed: "error" };

for (const [state, make] of Object.entries(STATES)) {
  for (const [event, happen] of Object.entries(EVENTS)) {
    const leads = LEADS[state][event] ?? state;
    test(`${state}, ${event}: ${leads}`, async () => {
      const all = await make();
      assert.equal(all.player.state, state);
      if (NAMES[state]) assert.equal(all.player.name, NAMES[state]);
      happen(all);
      assert.equal(all.player.state, leads);
    });
  }
}

test("a drawing plays to its end by the clock, one request at a time", async () => {
  const { player, world, log } = await STATES.resting();
  log.length = 0;
  player.play();
  for (let i = 0; i < GLIMPSES; i++) {
    assert.equal(world.asked.length, 1);
    // Nothing more is asked while a glimpse is under way.
    await pass(1000);
    assert.equal(world.asked.length, 1);
    await world.answer();
    await pass(100);
  }
  assert.deepEqual(log, ["drawing", ...Array.from({ length: GLIMPSES }, (_, i) => `glimpse ${i + 1}`), "done", "finished"]);
  await pass(10_000);
  assert.equal(world.asked.length, 0);
});

test("a glimpse that comes late does not slow those after it, and never starts a long rush", async () => {
  const { player, world } = await STATES.resting();
  player.play();
  await pass(150);
  await world.answer();
  // Due at 100 and at 200 milliseconds: the second is asked for at once, the third 50 milliseconds later.
  await pass(0);
  assert.equal(world.asked.length, 1);
  await world.answer();
  await pass(49);
  assert.equal(world.asked.length, 0);
  await pass(1);
  assert.equal(world.asked.length, 1);
  await pass(100_000);
  let rushed = 0;
  for (; world.asked.length; rushed++) {
    await world.answer();
    await pass(0);
  }
  // The one that was late, and three periods that are made up for; not a thousand.
  assert.equal(rushed, 5);
  assert.ok(player.frame.glimpse < GLIMPSES);
});

test("paused and played on while a glimpse is under way, it draws on once", async () => {
  const { player, world } = await STATES.resting();
  player.play();
  for (let i = 0; i < 5; i++) {
    player.pause();
    player.play();
  }
  assert.equal(world.asked.length, 1);
  await world.answer();
  await pass(100);
  assert.equal(world.asked.length, 1);
});

test("paused while a glimpse is under way, that glimpse is the last", async () => {
  const { player, world } = await STATES.resting();
  player.play();
  player.pause();
  await world.answer();
  await pass(10_000);
  assert.equal(player.frame.glimpse, 1);
  assert.equal(player.name, "paused");
});

test("out of sight a drawing waits; if the glimpse under way was its last, it is finished", async () => {
  const { player, world, log } = await STATES.drawing();
  await player_to(player, world, GLIMPSES - 1);
  player.play();
  world.see(false);
  assert.equal(player.state, "waiting");
  await world.answer();
  assert.equal(player.name, "done");
  assert.equal(log.at(-1), "finished");
  world.see(true);
  assert.equal(player.name, "done");
});

/** Seeks, and waits for it. */
async function player_to(player, world, glimpse) {
  const sought = player.seek(glimpse);
  while (world.asked.length) await world.answer();
  assert.equal(await sought, true);
  assert.equal(player.frame.glimpse, glimpse);
}

test("play in a drawing that begins out of sight waits", async () => {
  const { player, world } = await STATES.ready();
  world.see(false);
  player.begin("draw", {}, true);
  await world.answer();
  assert.equal(player.state, "waiting");
  assert.equal(player.playing, true);
  world.see(true);
  assert.equal(player.state, "drawing");
});

test("what is asked while a drawing begins is done when it has: a seek, a pause, a play", async () => {
  const sought = await STATES.ready();
  sought.player.begin("draw", {}, true);
  const seek = sought.player.seek(3);
  await sought.world.answer();
  await sought.world.answer();
  assert.equal(await seek, true);
  assert.equal(sought.player.frame.glimpse, 3);
  assert.equal(sought.player.name, "paused");
  const paused = await STATES.ready();
  paused.player.begin("draw", {}, true);
  paused.player.pause();
  await paused.world.answer();
  assert.equal(paused.player.name, "idle");
  const played = await STATES.beginning();
  played.player.play();
  await played.world.answer();
  assert.equal(played.player.name, "drawing");
});

test("of many places to go to only the last is gone to; steps are all made", async () => {
  const { player, world } = await STATES.resting();
  const sought = [1, 2, 3, 4].map((glimpse) => player.seek(glimpse));
  while (world.asked.length) await world.answer();
  assert.deepEqual(await Promise.all(sought), [true, false, false, true]);
  assert.equal(player.frame.glimpse, 4);
  await player_to(player, world, 0);
  const stepped = [player.step(), player.step(), player.step()];
  while (world.asked.length) await world.answer();
  assert.deepEqual(await Promise.all(stepped), [true, true, true]);
  assert.equal(player.frame.glimpse, 3);
});

test("from the end, play begins at the beginning of the same drawing", async () => {
  const { player, world } = await STATES.resting();
  await player_to(player, world, GLIMPSES);
  assert.equal(player.name, "done");
  player.play();
  assert.deepEqual(world.asked.map(({ type, glimpse }) => [type, glimpse]), [["seek", 0]]);
  await world.answer();
  await pass(100);
  assert.equal(world.asked[0].type, "step");
});

test("other colours neither stop nor hasten a drawing", async () => {
  const { player, world } = await STATES.drawing();
  const looked = player.look({ ink: 1 });
  await world.answer();
  assert.equal(await looked, true);
  assert.equal(player.state, "drawing");
  assert.equal(world.asked.length, 0);
  await pass(100);
  assert.deepEqual(world.asked.map(({ type }) => type), ["step"]);
  // Asked for while a glimpse is under way, they come after it.
  const again = player.look({ ink: 2 });
  await world.answer();
  await world.answer();
  assert.equal(await again, true);
  await pass(100);
  assert.deepEqual(world.asked.map(({ type }) => type), ["step"]);
  // At the end, too, while the beginning is on its way.
  await player_to(player, world, GLIMPSES);
  player.look({ ink: 3 });
  player.play();
  await world.answer();
  assert.equal(player.state, "drawing");
  await world.answer();
  assert.equal(player.frame.glimpse, 0);
});

test("a drawing begun anew: what the old one answers is let go, and what was asked of it comes to nothing", async () => {
  const { player, world, log } = await STATES.drawing();
  const stepped = player.step();
  player.begin("draw", { glimpse: 2 }, false);
  player.begin("draw", { glimpse: 3 }, false);
  log.length = 0;
  await world.answer();
  assert.equal(await stepped, false);
  assert.deepEqual(log, ["glimpse 3", "paused"]);
  assert.equal(world.runs.size, 1);
  player.close();
  assert.equal(world.runs.size, 0);
});

test("an error stops it and is told once; a new drawing goes on from it", async () => {
  const { player, world, log } = await STATES.resting();
  player.begin("redraw", { pixels: "bad" }, true);
  await world.answer();
  assert.equal(player.name, "error");
  assert.equal(log.filter((line) => line === "failed: cannot be read").length, 1);
  assert.equal(await player.step(), false);
  player.begin("redraw", {}, false);
  await world.answer();
  assert.equal(player.name, "idle");
  assert.equal(world.runs.size, 1);
});

test("it loops after a rest, unless it was paused or stepped meanwhile", async () => {
  const finished = async () => {
    const all = made({ loop: true });
    all.player.open();
    all.player.loaded();
    all.player.begin("draw", { glimpse: GLIMPSES - 1 }, true);
    await all.world.answer();
    await all.world.answer();
    assert.equal(all.log.at(-1), "finished");
    return all;
  };
  const looped = await finished();
  looped.player.look({});
  await looped.world.answer();
  await pass(2500);
  assert.equal(looped.player.state, "beginning");
  for (const stop of ["pause", "step", "close"]) {
    const { player, world } = await finished();
    player[stop]();
    await world.answer();
    await pass(10_000);
    assert.notEqual(player.state, "beginning", stop);
  }
});

test("who sees a glimpse may pause, go elsewhere, begin anew or close", async () => {
  const acts = {
    pause: ({ player }) => assert.equal(player.name, "paused"),
    close: ({ player, world }) => assert.deepEqual([player.name, world.runs.size], ["idle", 0]),
    clear: ({ player, world }) => assert.deepEqual([player.name, world.runs.size], ["idle", 0]),
    seek: ({ player }) => assert.deepEqual([player.name, player.frame.glimpse], ["idle", 0]),
    begin: ({ player, world }) => assert.deepEqual([player.name, world.runs.size], ["drawing", 1]),
  };
  const given = { seek: [0], begin: ["draw", {}, true] };
  for (const [act, check] of Object.entries(acts)) {
    const all = await STATES.drawing();
    all.world.onshow = () => {
      all.world.onshow = null;
      all.player[act](...(given[act] ?? []));
    };
    await pass(100);
    for (let i = 0; i < 3; i++) await all.world.answer();
    check(all);
  }
});

test("whatever happens in whatever order: one request at a time, no run is lost, and what is told is so", async () => {
  let seed = 17;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 200; round++) {
    const all = made({ loop: random(2) === 1 });
    const { player, world } = all;
    const acts = [
      ...Object.values(EVENTS).map((happen) => () => happen(all)),
      () => void player.step(), () => void player.seek(random(GLIMPSES + 1)), () => void player.look({}),
      () => player.begin("draw", { glimpse: random(GLIMPSES) }, true),
      () => pass(random(300)), () => pass(3000), () => world.answer(), () => world.answer(), () => world.answer(),
    ];
    for (let i = 0; i < 60; i++) {
      await acts[random(acts.length)]();
      await settled();
      const under = world.asked.filter(({ run }) => run !== undefined && world.runs.has(run));
      assert.ok(under.length <= 1, "one request of a run at a time");
      assert.equal(player.playing && ["drawing", "waiting"].includes(player.state), ["drawing", "waiting"].includes(player.state));
      if (player.state === "drawing") assert.ok(world.visible);
      if (player.name === "done") assert.equal(player.frame.glimpse, GLIMPSES);
    }
    // Left alone and in sight, it comes to rest.
    world.see(true);
    player.pause();
    await world.answer();
    await world.answer();
    player.close();
    await world.answer();
    assert.equal(player.name, "idle");
    assert.equal(world.runs.size, 0, "every run is freed");
    assert.equal(world.asked.length, 0);
  }
});
