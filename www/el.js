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

/** A button that does something. */
export function button(text, action, properties = {}) {
  const element = el("button", { type: "button", textContent: text, ...properties });
  element.addEventListener("click", action);
  return element;
}
