"use client";

import "attentive-writer/element";
import { StrictMode, useState } from "react";

/** The same two tags as React takes them: properties, and events by `on` and their name. */
export default function Widgets() {
  const [shown, setShown] = useState(0);
  return (
    <StrictMode>
      <attentive-writer id="wall" seed={1} count={4} size={64} speed={60} autoplay controls onglimpse={(event) => setShown(event.detail.glimpse)} />
      <attentive-writer id="pad" mode="redraw" speed={60} />
      <output>{shown}</output>
    </StrictMode>
  );
}
