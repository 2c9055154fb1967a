// The widget's own look: the page's, unless it says otherwise. Ink, labels and lines are of the text colour where the
// widget stands, and so of its color-scheme; there is no paper; read and write are a blue and a red that lean towards
// the text colour, so that they are dark on light pages and light on dark ones. A page changes single colours through
// custom properties, on the element or around it: --aw-ink, --aw-paper, --aw-line, --aw-muted, --aw-read, --aw-write;
// and --aw-font. theme="light" or "dark" brings an ink and a paper of its own, whatever is around it.

const text = `
:host {
  --_lines: var(--aw-line, color-mix(in srgb, currentColor 22%, transparent));
  --_words: var(--aw-muted, color-mix(in srgb, currentColor 72%, transparent));
  display: block;
  color: var(--aw-ink, inherit);
  font: 0.875rem/1.4 var(--aw-font, system-ui, sans-serif);
}
:host([theme="light"]) { color-scheme: light; color: var(--aw-ink, #1c1a17); background: var(--aw-paper, #fffdf8); }
:host([theme="dark"]) { color-scheme: dark; color: var(--aw-ink, #ece7dd); background: var(--aw-paper, #1b1916); }
[hidden] { display: none !important; }
.swatches { position: absolute; visibility: hidden; }
.swatches i { transition: color 1ms; }
.read { color: var(--aw-read, color-mix(in srgb, #158be9 70%, currentColor)); }
.write { color: var(--aw-write, color-mix(in srgb, #ff431e 70%, currentColor)); }
.plate { position: relative; max-width: 100%; background: var(--aw-paper, transparent); border-radius: 3px; margin: 0 auto; }
.plate canvas { display: block; width: 100%; }
.plate .windows { position: absolute; inset: 0; pointer-events: none; }
.stage.redraw { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; }
@media (max-width: 640px) {
  .stage.redraw { grid-template-columns: repeat(3, 1fr); }
  .stage.redraw figure:first-child { grid-column: 1 / -1; justify-self: center; width: min(100%, 20rem); }
}
figure { margin: 0; }
.stage.redraw figure { display: flex; flex-direction: column; }
.stage.redraw .plate, .pad { width: 100%; aspect-ratio: 1; border: 1px solid var(--_lines); box-sizing: border-box; }
.stage.redraw .plate canvas { height: 100%; }
figcaption { margin: 0.4rem 0; color: var(--_words); text-align: center; }
figcaption i { display: inline-block; width: 0.7em; height: 0.7em; border: 2px solid; margin-right: 0.2em; }
.stage.redraw .patch { width: 25%; margin: auto auto 0; }
.patch canvas { image-rendering: pixelated; }
.pad canvas { touch-action: none; cursor: crosshair; position: relative; }
.hint { position: absolute; inset: 0; margin: auto; height: fit-content; padding: 0 0.5rem; text-align: center; color: var(--_words); pointer-events: none; }
.hint.more { top: auto; bottom: 0.5rem; margin-bottom: 0; }
.status { min-height: 1.4em; margin-top: 0.4rem; color: var(--_words); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.status.failed { color: inherit; }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-top: 0.5rem; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--_lines); border-radius: 3px; padding: 0.4rem 0.8rem; min-height: 2.25rem; cursor: pointer; }
button:hover:not(:disabled) { border-color: currentColor; }
button:disabled { opacity: 0.45; cursor: default; }
:focus-visible { outline: 2px solid; outline-offset: 2px; }
input[type="range"] { color: inherit; accent-color: currentColor; min-width: 5rem; }
input[name="glimpse"] { flex: 1 1 8rem; }
.speed { display: inline-flex; align-items: center; gap: 0.4rem; color: var(--_words); }
.speed input { width: 5rem; }
button[name="play"] { min-width: 4.5rem; }
@media print {
  .controls { display: none; }
  .swatches i { transition: none; }
}
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
