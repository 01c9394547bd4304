// What sizes and widths mean, beside the colours and shapes that the page itself lists.

import { make } from "./explore-dom.js";

const SVG_SPACE = "http://www.w3.org/2000/svg";

function drawing(width, height, name, attributes) {
  const svg = document.createElementNS(SVG_SPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("aria-hidden", "true");
  const part = document.createElementNS(SVG_SPACE, name);
  for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
  svg.append(part);
  return svg;
}

// Of `values` the smallest, one in the middle and the largest, as round numbers.
export function samples(values) {
  if (!values.length) return [];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return [...new Set([least, Math.round(Math.sqrt(least * most)), most])];
}

// `network` tells how large it draws what; `folded` where nodes are communities.
export function showSizes(place, network, folded) {
  const things = network.shownThings();
  const links = network.shownLinks();
  const of = folded ? "members" : "papers";
  const sizes = samples(things.map((thing) => thing[of] ?? 1));
  const widths = samples(links.map((link) => link.value));
  const dots = sizes.map((value) => {
    const radius = network.radiusOnScreen(value);
    const edge = 2 * Math.ceil(radius) + 2;
    return make("li", {}, drawing(edge, edge, "circle", { cx: edge / 2, cy: edge / 2, r: radius, class: "sample" }), ` ${value.toLocaleString("en")}`);
  });
  const strokes = widths.map((value) => {
    const thick = network.widthOnScreen(value);
    return make("li", {}, drawing(24, 12, "line", { x1: 0, x2: 24, y1: 6, y2: 6, "stroke-width": thick, class: "sample-line" }), ` ${value.toLocaleString("en")}`);
  });
  place.replaceChildren(
    ...(dots.length ? [make("p", {}, folded ? "Size: members" : "Size: papers"), make("ul", { class: "plain" }, ...dots)] : []),
    ...(strokes.length ? [make("p", {}, folded ? "Width: pairs who share papers" : "Width: joint papers"), make("ul", { class: "plain" }, ...strokes)] : []));
}
