// The page of the projects without a framework: two lines of HTML, and the import.

import "attentive-writer/element";

document.body.innerHTML = `
  <attentive-writer id="wall" seed="1" count="4" size="64" speed="60" autoplay controls></attentive-writer>
  <attentive-writer id="pad" mode="redraw" speed="60"></attentive-writer>`;
