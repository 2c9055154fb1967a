// What a framework does: create, set attributes, listen, insert, change, and move.
const widget = document.createElement("attentive-writer");
widget.setAttribute("count", "4");
widget.setAttribute("autoplay", "");
let seed = 1;
widget.setAttribute("seed", String(seed));
widget.addEventListener("done", () => widget.setAttribute("seed", String(++seed)));
document.querySelector("#app").append(widget);
