// The page's address: every figure's state stands in its query.

const search = () => new URLSearchParams(location.search);

/** A number from the address, if it is one in range. */
export function recall(name, otherwise, min = -Infinity, max = Infinity) {
  const text = search().get(name);
  const value = Number(text);
  return text !== null && text !== "" && value >= min && value <= max ? value : otherwise;
}

/** The same of what is counted: a seed, a glimpse, a number of units. */
export function recallWhole(name, otherwise, min, max) {
  const value = recall(name, otherwise, min, max);
  return Number.isInteger(value) ? value : otherwise;
}

export const recallText = (name, known, otherwise) => (known.includes(search().get(name)) ? search().get(name) : otherwise);

let writing = 0;
const pending = new Map();

/** Puts values into the address; null takes one out. */
export function remember(values) {
  for (const [name, value] of Object.entries(values)) pending.set(name, value);
  clearTimeout(writing);
  // Browsers limit how often the address may change.
  writing = setTimeout(() => {
    const url = new URL(location.href);
    for (const [name, value] of pending) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, typeof value === "number" ? Number(value.toFixed(4)) : value);
    }
    pending.clear();
    history.replaceState(null, "", url);
  }, 250);
}
