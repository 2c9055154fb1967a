// Svelte's markup takes its types from here.

import "attentive-writer/element";
import type { SvelteHTMLElements } from "svelte/elements";

type Tag = SvelteHTMLElements["attentive-writer"];
export const good: Tag = { seed: 7, mode: "redraw", class: "wide", onglimpse: (event) => void event.detail.glimpse, onclick: (event) => void event.clientX };
// @ts-expect-error there is no such mode
export const bad: Tag = { mode: "foo" };
