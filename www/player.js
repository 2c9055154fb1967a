// The order of things in a widget: what every event does in every state. A player knows nothing of the page; whoever
// owns it gives it a stage:
//
//   ask(type, request)  asks the engine; a promise of a frame { run, glimpse, glimpses, ... }
//   free(frame)         lets the drawing of a frame go
//   visible()           whether anyone can see it
//   period()            milliseconds from one glimpse to the next
//   show(frame)         shows a frame
//   changed()           the state, or what there is to work on, may be another
//   finished()          a drawing that played has come to its end
//   failed(error)       an answer was an error
//   restart()           begins a drawing that plays, if there is anything to draw
//   again()             what to do some time after the end; null for nothing
//
// The states: `closed`; `loading` the model; `ready`, with a model and no drawing; `beginning`, until a drawing's first
// frame has come; `resting` at a glimpse; `drawing`; `waiting` to be seen, to draw on; `failed`.

/** Milliseconds for which a finished drawing is left to be looked at. */
const REST = 2500;

const WISHES = { play: "wish", pause: "unwish" };
const ENDS = { begin: "begin", fail: "fail", clear: "clear", close: "end" };
/** What every event does: where it leads to, or which action it is. An event that a state does not name does nothing. */
const TABLE = {
  closed: { ...WISHES, open: "loading" },
  loading: { ...WISHES, loaded: "ready", fail: "fail", close: "end" },
  ready: { ...ENDS, play: "restart" },
  beginning: { ...WISHES, ...ENDS, begun: "start" },
  resting: { ...ENDS, play: "draw", pause: "rest", frame: "resting" },
  drawing: { ...ENDS, pause: "rest", hide: "wait", frame: "goOn" },
  waiting: { ...ENDS, pause: "rest", show: "draw", frame: "endUnseen" },
  failed: ENDS,
};

export class Player {
  state = "closed";
  /** The frame that is shown; by its run the drawing is asked for more. */
  frame = null;
  /** Whether it draws, or will as soon as it can. */
  playing = false;
  #stage;
  #name = "idle";
  /** The drawing that answers must be of; another when it is begun anew. */
  #drawing = null;
  /** Requests to come, and whether one is under way: there is never a second. */
  #queue = [];
  #flying = false;
  #timer = null;
  /** When the next glimpse is to be shown. */
  #due = 0;

  constructor(stage) {
    this.#stage = stage;
  }

  /** The state as the page is told of it: idle, loading, drawing, paused, done or error. */
  get name() {
    return this.#name;
  }

  /** Whether there is a drawing to work on. */
  get drawn() {
    return this.frame !== null;
  }

  // ---- Events

  open = () => this.#on("open");
  loaded = () => this.#on("loaded");
  fail = (error) => this.#on("fail", error);
  /** Begins a drawing, which is asked for by `type` and `request`. */
  begin = (type, request, play) => this.#on("begin", type, request, play);
  play = () => this.#on("play");
  pause = () => this.#on("pause");
  sighted = (visible) => this.#on(visible ? "show" : "hide");
  clear = () => this.#on("clear");
  close = () => this.#on("close");

  /** One glimpse more. Resolves with whether it was shown. */
  step() {
    this.pause();
    return this.#ask("step");
  }

  /** Goes to a glimpse and stays there. */
  seek(glimpse) {
    this.pause();
    return this.#ask("seek", { glimpse });
  }

  /** The same glimpse in other colours. */
  look(colors) {
    return this.#ask("look", colors);
  }

  #on(event, ...given) {
    const what = TABLE[this.state][event];
    if (this.#actions[what]) this.#actions[what](...given);
    else if (what) this.#to(what);
  }

  // ---- What events do

  #actions = {
    wish: () => (this.playing = true),
    unwish: () => (this.playing = false),
    restart: () => {
      this.playing = true;
      this.#stage.restart();
      if (this.state === "ready") this.playing = false;
    },

    begin: (type, request, play) => {
      this.#leave();
      this.playing = play;
      const drawing = (this.#drawing = {});
      this.#to("beginning");
      this.#stage.ask(type, request).then(
        (frame) => (drawing === this.#drawing ? this.#on("begun", frame) : this.#stage.free(frame)),
        (error) => drawing === this.#drawing && this.#on("fail", error),
      );
    },

    start: (frame) => {
      if (this.frame) this.#stage.free(this.frame);
      if (!this.#shows(frame)) return;
      if (this.playing) this.#actions.draw();
      else this.#to("resting");
      this.#next();
    },

    draw: () => {
      this.#stop();
      this.playing = true;
      if (!this.#stage.visible()) return this.#to("waiting");
      this.#due = performance.now();
      this.#to("drawing");
      this.#tick();
    },

    wait: () => {
      this.#stop();
      this.#to("waiting");
    },

    rest: () => {
      this.#stop();
      this.playing = false;
      this.#to("resting");
    },

    /** A frame has come while it draws. */
    goOn: (type) => {
      // The timer, or a glimpse that waits its turn, is not of the colours' concern.
      if (type === "look") return this.#timer === null && this.#tick();
      if (this.#last) return this.#finish();
      // By the clock, not from the last glimpse, so that one that came late does not slow the drawing; but no long rush.
      const [now, period] = [performance.now(), this.#stage.period()];
      this.#due = Math.max(this.#due + period, now - 3 * period);
      this.#later(() => this.#tick(), Math.max(0, this.#due - now));
    },

    /** A glimpse that was under way when the drawing left sight. */
    endUnseen: (type) => type !== "look" && this.#last && this.#finish(),

    fail: (error) => {
      this.#leave();
      this.#to("failed");
      this.#stage.failed(error);
    },

    clear: () => {
      this.#drop();
      this.#to("ready");
    },

    end: () => {
      this.#drop();
      this.#to("closed");
    },
  };

  #to(state) {
    this.state = state;
    this.#name = this.#named();
    this.#stage.changed();
  }

  #named() {
    const names = { closed: "idle", loading: "loading", ready: "idle", beginning: this.#name, drawing: "drawing", failed: "error" };
    return names[this.state] ?? (this.frame.glimpse === 0 ? "idle" : this.#last ? "done" : "paused");
  }

  get #last() {
    return this.frame.glimpse === this.frame.glimpses;
  }

  /** Shows a frame; false if whoever saw it has begun something else. */
  #shows(frame) {
    const drawing = this.#drawing;
    this.frame = frame;
    this.#stage.show(frame);
    return drawing === this.#drawing;
  }

  #finish() {
    const drawing = this.#drawing;
    this.#actions.rest();
    this.#stage.finished();
    const again = this.#stage.again();
    if (again && drawing === this.#drawing && this.state === "resting") this.#later(again, REST);
  }

  // ---- Requests

  /** Asks for a frame once its turn has come. Resolves with whether it was shown. */
  #ask(type, request = {}) {
    if (!this.#drawing) return Promise.resolve(false);
    // Of places to go to, only the last counts.
    if (type === "seek") this.#refuse((waiting) => waiting.type === "seek");
    return new Promise((answer) => {
      this.#queue.push({ type, request, answer });
      this.#next();
    });
  }

  #next() {
    if (this.#flying || !this.#queue.length || this.state === "beginning" || !this.frame) return;
    const { type, request, answer } = this.#queue.shift();
    const drawing = this.#drawing;
    this.#flying = true;
    this.#stage.ask(type, { run: this.frame.run, ...request }).then(
      (frame) => {
        if (drawing !== this.#drawing) return answer(false);
        this.#flying = false;
        const stays = this.#shows(frame);
        if (stays) this.#on("frame", type);
        answer(stays);
        this.#next();
      },
      (error) => {
        answer(false);
        if (drawing === this.#drawing) this.#on("fail", error);
      },
    );
  }

  #tick() {
    // What is under way goes on when it has come.
    if (this.#flying || this.#queue.length) return;
    if (this.#last) this.#ask("seek", { glimpse: 0 });
    else this.#ask("step");
  }

  #refuse(which) {
    this.#queue = this.#queue.filter((waiting) => !which(waiting) || waiting.answer(false));
  }

  #later(work, after) {
    this.#stop();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      work();
    }, after);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Leaves the drawing as it is shown; what was asked of it comes to nothing. */
  #leave() {
    this.#stop();
    this.#refuse(() => true);
    this.#flying = this.playing = false;
    this.#drawing = null;
  }

  #drop() {
    this.#leave();
    if (this.frame) this.#stage.free(this.frame);
    this.frame = null;
  }
}
