import type { Config } from "../attentive_writer.js";

/** What the events bring. */
export interface AttentiveWriterEvents {
  ready: CustomEvent<{ config: Config }>;
  glimpse: CustomEvent<{ glimpse: number; glimpses: number }>;
  pick: CustomEvent<{ index: number }>;
  done: CustomEvent<{ seed: number }>;
  error: CustomEvent<{ error: Error; message: string }>;
}

export type AttentiveWriterEventMap = Omit<HTMLElementEventMap, keyof AttentiveWriterEvents> & AttentiveWriterEvents;

/** What may stand on the tag. */
export interface AttentiveWriterAttributes {
  mode?: "draw" | "redraw";
  weights?: string;
  encoder?: string;
  seed?: number | string;
  count?: number | string;
  size?: number | string;
  speed?: number | string;
  temperature?: number | string;
  workers?: number | string;
  controls?: boolean | "";
  autoplay?: boolean | "";
  loop?: boolean | "";
  windows?: "on" | "off";
  theme?: "light" | "dark" | "";
}

/** `<attentive-writer>`: digits that draw themselves, or, with `mode="redraw"`, a pad whose scribble is redrawn. */
export declare class AttentiveWriter extends HTMLElement {
  mode: "draw" | "redraw";
  /** Address of the half that draws, or of a whole model. */
  get weights(): string;
  set weights(value: string | null | undefined);
  /** Address of the half that reads; undefined if it lies beside `weights`, as NAME.encoder.safetensors. */
  get encoder(): string | undefined;
  set encoder(value: string | null | undefined);
  count: number;
  /** Glimpses a second. */
  speed: number;
  seed: number;
  /** A digit's side in CSS pixels; 0 leaves it to the room there is. */
  size: number;
  temperature: number;
  /** Workers that may draw a wall of many digits; undefined leaves it to the machine's cores. */
  get workers(): number | undefined;
  set workers(value: number | null | undefined);
  controls: boolean;
  autoplay: boolean;
  loop: boolean;
  windows: "on" | "off";
  /** Ink and paper of the widget's own; empty takes the page's ink, and no paper. */
  theme: "light" | "dark" | "";
  readonly state: "idle" | "loading" | "drawing" | "paused" | "done" | "error";
  readonly glimpse: number;
  readonly glimpses: number;
  play(): Promise<void>;
  pause(): void;
  step(): Promise<void>;
  seek(glimpse: number): Promise<void>;
  reset(seed?: number): void;
  clear(): void;
  /** Puts a digit of the model's own on the pad, and redraws it. The first stroke takes its place. */
  example(seed?: number): Promise<void>;
  retry(): void;
  addEventListener<K extends keyof AttentiveWriterEventMap>(
    type: K,
    listener: (this: AttentiveWriter, event: AttentiveWriterEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<K extends keyof AttentiveWriterEventMap>(
    type: K,
    listener: (this: AttentiveWriter, event: AttentiveWriterEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "attentive-writer": AttentiveWriter;
  }
}

/** Handlers as React, Preact and Svelte take them. */
type Handlers = { [K in keyof AttentiveWriterEvents as `on${K}`]?: (event: AttentiveWriterEvents[K]) => void };
type Own = AttentiveWriterAttributes & Handlers;
/** Handlers and attributes as Solid takes them. */
type Solid = AttentiveWriterAttributes & {
  [K in keyof AttentiveWriterAttributes as `attr:${K}`]?: AttentiveWriterAttributes[K];
} & {
  [K in keyof AttentiveWriterEvents as `on:${K}`]?: (event: AttentiveWriterEvents[K]) => void;
} & { ref?: AttentiveWriter | ((element: AttentiveWriter) => void) };
type Held = { ref?: { current: AttentiveWriter | null } | ((element: AttentiveWriter | null) => void) | null };

// Each framework learns the tag where it is installed: what any element may have there, and what is the tag's own. Where
// it is not installed there is no such module, and nothing to tell.

// @ts-ignore
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      // @ts-ignore
      "attentive-writer": Omit<HTMLAttributes<AttentiveWriter> & ClassAttributes<AttentiveWriter>, keyof Own> & Own;
    }
  }
}

// @ts-ignore
declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      // @ts-ignore
      "attentive-writer": Omit<IntrinsicElements["div"], keyof (Own & Held)> & Own & Held;
    }
  }
}

// @ts-ignore
declare module "solid-js/jsx-runtime" {
  namespace JSX {
    interface IntrinsicElements {
      // @ts-ignore
      "attentive-writer": Omit<IntrinsicElements["div"], keyof Solid> & Solid;
    }
  }
}

// @ts-ignore
declare module "svelte/elements" {
  interface SvelteHTMLElements {
    // @ts-ignore
    "attentive-writer": Omit<SvelteHTMLElements["div"], keyof Own> & Own;
  }
}
