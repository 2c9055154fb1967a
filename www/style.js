// The widget's own look. A page changes it through custom properties: --aw-ink, --aw-paper, --aw-line,
// --aw-read, --aw-write, --aw-font.

// In the dark, whether the system or the theme attribute says so.
const night = `
  --aw-ink: #ece7dd;
  --aw-paper: #1b1916;
  --aw-line: #3a362f;
  --aw-muted: #a39c8f;
  --aw-read: #6db3f2;
  --aw-write: #ff7a5c;
`;

const text = `
:host {
  --aw-ink: #1c1a17;
  --aw-paper: #fffdf8;
  --aw-line: #d9d3c7;
  --aw-muted: #6b655b;
  --aw-read: #1769aa;
  --aw-write: #c2371c;
  display: block;
  color: var(--aw-ink);
  font: 0.875rem/1.4 var(--aw-font, system-ui, sans-serif);
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    ${night}
  }
}
:host([theme="dark"]) {
  ${night}
}
[hidden] { display: none !important; }
.plate { position: relative; max-width: 100%; background: var(--aw-paper); border-radius: 3px; margin: 0 auto; }
.plate canvas { display: block; width: 100%; color: var(--aw-ink); }
.plate .windows { position: absolute; inset: 0; pointer-events: none; }
.stage.draw .plate { min-height: 64px; }
.stage.redraw { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; }
@media (max-width: 640px) {
  .stage.redraw { grid-template-columns: repeat(3, 1fr); }
  .stage.redraw figure:first-child { grid-column: 1 / -1; justify-self: center; width: min(100%, 20rem); }
}
figure { margin: 0; }
.stage.redraw .plate { aspect-ratio: 1; border: 1px solid var(--aw-line); box-sizing: border-box; }
.stage.redraw .plate canvas { height: 100%; }
figcaption { margin-top: 0.4rem; color: var(--aw-muted); text-align: center; }
figcaption i { display: inline-block; width: 0.7em; height: 0.7em; border: 2px solid; margin-right: 0.2em; }
figcaption .read { border-color: var(--aw-read); }
figcaption .write { border-color: var(--aw-write); }
.stage.redraw .patch { width: 25%; margin: 0.4rem auto 0; }
.patch canvas { image-rendering: pixelated; }
.pad canvas { touch-action: none; cursor: crosshair; position: relative; }
.hint { position: absolute; inset: 0; margin: auto; height: 1.4em; text-align: center; color: var(--aw-muted); pointer-events: none; }
.status { min-height: 1.4em; margin-top: 0.4rem; color: var(--aw-muted); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.status.failed { color: var(--aw-write); }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-top: 0.5rem; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--aw-line); border-radius: 3px; padding: 0.4rem 0.8rem; min-height: 2.25rem; cursor: pointer; }
button:hover:not(:disabled) { border-color: currentColor; }
button:disabled { opacity: 0.45; cursor: default; }
:focus-visible { outline: 2px solid var(--aw-read); outline-offset: 2px; }
input[type="range"] { accent-color: var(--aw-ink); min-width: 5rem; }
input[name="glimpse"] { flex: 1 1 8rem; }
.speed { display: inline-flex; align-items: center; gap: 0.4rem; color: var(--aw-muted); }
.speed input { width: 5rem; }
button[name="play"] { min-width: 4.5rem; }
`;

let sheet = null;

/** The style sheet, made once for all widgets. */
export function style() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
  }
  return sheet;
}
