// Where the library of types knows `using`, what the engine gives knows it, too.

import { Writer } from "attentive-writer";

using writer = new Writer(new Uint8Array());
using run = writer.draw({ seed: 1 });
export const glimpses = run.glimpses;
