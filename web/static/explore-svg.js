// A picture as SVG: the shapes and names that stand on the screen, in a file of its own.

const SVG = "http://www.w3.org/2000/svg";

// The outline of a kind's shape around (0, 0), for a node of size 1 as vis-network draws it.
const OUTLINES = {
  dot: null,
  square: polygon([[-1, -1], [1, -1], [1, 1], [-1, 1]]),
  diamond: polygon([[0, -1], [1, 0], [0, 1], [-1, 0]]),
  triangle: polygon([[0, -1], [0.87, 0.6], [-0.87, 0.6]]),
  star: polygon([...Array(10).keys()].map((at) => spoke(at, 10, at % 2 ? 0.5 : 1.3))),
  hexagon: polygon([...Array(6).keys()].map((at) => spoke(at + 0.5, 6, 1))),
};

function spoke(at, of, length) {
  const angle = (2 * Math.PI * at) / of - Math.PI / 2;
  return [length * Math.cos(angle), length * Math.sin(angle)];
}

function polygon(points) {
  return points.map(([x, y]) => `${x.toFixed(3)},${y.toFixed(3)}`).join(" ");
}

// `scene` is {heading, paper, ink, faint, face, view, scale, lines, nodes, names, legend}.
export function drawnAsSvg(scene) {
  const picture = document.implementation.createDocument(SVG, "svg");
  const part = (parent, name, attributes, text) => {
    const made = picture.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, typeof value === "number" ? String(Number(value.toFixed(2))) : value);
    if (text !== undefined) made.textContent = printable(text);
    parent.append(made);
    return made;
  };
  const { view, scale } = scene;
  const [width, height] = [(view.right - view.left) * scale, (view.bottom - view.top) * scale];
  const root = picture.documentElement;
  root.setAttribute("viewBox", `0 0 ${Math.round(width)} ${Math.round(height)}`);
  root.setAttribute("width", Math.round(width));
  root.setAttribute("height", Math.round(height));
  root.setAttribute("font-family", scene.face);
  part(root, "title", {}, scene.heading);
  part(root, "rect", { width: "100%", height: "100%", fill: scene.paper });
  const at = ({ x, y }) => [(x - view.left) * scale, (y - view.top) * scale];
  const lines = part(root, "g", { stroke: scene.faint });
  for (const { from, to, width: thick, title } of scene.lines) {
    const [[x1, y1], [x2, y2]] = [at(from), at(to)];
    part(part(lines, "line", { x1, y1, x2, y2, "stroke-width": thick * scale }), "title", {}, title);
  }
  const nodes = part(root, "g", { stroke: scene.paper });
  for (const node of scene.nodes) {
    const [x, y] = at(node);
    part(shape(part, nodes, node, x, y, node.size * scale), "title", {}, node.title);
  }
  const names = part(root, "g", { fill: scene.ink, stroke: scene.paper, "stroke-width": 3.5, "stroke-linejoin": "round", "paint-order": "stroke", "text-anchor": "middle", "font-size": 13 });
  for (const { text, x, y, bold } of scene.names) {
    const [left, top] = at({ x, y });
    part(names, "text", { x: left, y: top + 11, "font-weight": bold ? "600" : "400" }, text);
  }
  const legend = part(root, "g", { fill: scene.ink, "font-size": 13, stroke: "none" });
  scene.legend.forEach((row, number) => {
    shape(part, legend, row, 16, 18 + 20 * number, 6);
    part(legend, "text", { x: 30, y: 22 + 20 * number }, row.name);
  });
  return new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" });
}

function shape(part, parent, { shape: name, colour }, x, y, size) {
  const points = OUTLINES[name];
  if (!points) return part(parent, "circle", { cx: x, cy: y, r: size, fill: colour });
  const place = `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${size.toFixed(2)})`;
  return part(parent, "polygon", { points, transform: place, fill: colour, "stroke-width": 0.08 });
}

// What XML cannot hold is left out.
function printable(text) {
  return text.replace(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");
}
