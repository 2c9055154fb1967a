// The address's parameters become the widget's attributes.
const known = ["mode", "weights", "encoder", "seed", "count", "size", "speed", "temperature", "workers", "windows", "theme", "loop"];
const widget = document.querySelector("attentive-writer");
for (const [name, value] of new URLSearchParams(location.search)) if (known.includes(name)) widget.setAttribute(name, value);
