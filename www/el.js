// What makes elements.

/** An element with properties, attributes (data-*, aria-*, role, for) and children. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && !key.includes("-")) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** A status is not read out while `running` changes it again and again; then it is, as it stands. */
export function quiet(status, running) {
  const live = running ? "off" : "polite";
  if (status.ariaLive === live) return;
  status.ariaLive = live;
  status.append(...status.childNodes);
}

/** A button that does something. */
export function button(text, action, properties = {}) {
  const element = el("button", { type: "button", textContent: text, ...properties });
  element.addEventListener("click", action);
  return element;
}
