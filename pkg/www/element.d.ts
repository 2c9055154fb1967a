import type { Config } from "../attentive_writer.js";

/** `<attentive-writer>`: digits that draw themselves, or, with `mode="redraw"`, a pad whose scribble is redrawn. */
export declare class AttentiveWriter extends HTMLElement {
  mode: "draw" | "redraw";
  weights: string;
  count: number;
  speed: number;
  seed: number;
  /** A digit's side in CSS pixels; 0 leaves it to the room there is. */
  size: number;
  temperature: number;
  /** Workers that may draw a wall of many digits; absent, the machine's cores decide. */
  get workers(): number | undefined;
  set workers(value: number);
  readonly state: "idle" | "loading" | "drawing" | "paused" | "done" | "error";
  readonly glimpse: number;
  readonly glimpses: number;
  play(): Promise<void>;
  pause(): void;
  step(): Promise<void>;
  seek(glimpse: number): Promise<void>;
  reset(seed?: number): void;
  clear(): void;
  example(): Promise<void>;
  retry(): void;
}

export interface AttentiveWriterEvents {
  ready: CustomEvent<{ config: Config }>;
  glimpse: CustomEvent<{ glimpse: number; glimpses: number }>;
  pick: CustomEvent<{ index: number }>;
  done: CustomEvent<{ seed: number }>;
  error: CustomEvent<{ error: Error; message: string }>;
}

declare global {
  interface HTMLElementTagNameMap {
    "attentive-writer": AttentiveWriter;
  }
}
