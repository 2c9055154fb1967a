/** @jsxImportSource solid-js */

import "attentive-writer/element";
import type { AttentiveWriter } from "attentive-writer/element";

const held: { current: AttentiveWriter | null } = { current: null };
export const good = (
  <attentive-writer ref={(element) => (held.current = element)} id="wall" class="wide" mode="redraw" seed={7} count="4" weights="a" encoder="b" windows="off"
    theme="dark" autoplay attr:controls="" on:glimpse={(event) => event.detail.glimpse} onClick={(event) => event.clientX} />
);
// @ts-expect-error there is no such mode
export const bad = <attentive-writer mode="foo" />;
// @ts-expect-error a seed is no truth
export const worse = <attentive-writer seed={true} />;
// @ts-expect-error an element has no such attribute
export const worst = <attentive-writer sede={7} />;
