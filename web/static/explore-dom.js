// Small pieces of page. Text from the graph becomes text nodes here, never markup.

export const byId = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export const button = (text, act) => make("button", { type: "button", onclick: act }, text);

export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

export const shapeOf = (kind) => document.querySelector(`.kind[data-kind="${kind}"] svg`).cloneNode(true);

export function yearsOf({ first, last }) {
  if (first === null) return "";
  return first === last ? String(first) : `${first} to ${last}`;
}

export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Case and accents do not matter when looking for a name.
export function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
