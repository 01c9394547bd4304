// Draws one network with vis-network and keeps it legible. Data reach the page as canvas text only.

import { Colours } from "./explore-colours.js";
import { folded } from "./explore-dom.js";
import { Names } from "./explore-names.js";
import { placedBeside, spread } from "./explore-placing.js";
import { drawnAsSvg } from "./explore-svg.js";

// What makes shapes of one size cover as much paper as a dot.
const EQUAL = { square: 0.9, diamond: 1.15, triangle: 1.2, star: 1.6, hexagon: 1.05 };

export class NetworkView {
  // What `handlers` may hold: node(id), link(id), nothing(), open(id), pinned(), key(name),
  // settled(milliseconds).
  constructor(frame, handlers = {}) {
    this.frame = frame;
    this.handlers = handlers;
    this.things = new Map();
    this.links = new Map();
    this.hiddenKinds = new Set();
    this.hidden = new Set();
    this.wanted = "";
    this.pins = new Set();
    this.addedBy = new Map();
    this.selected = null;
    this.selectedLink = null;
    this.hovered = null;
    this.emphasised = null;
    this.nodes = new vis.DataSet();
    this.edges = new vis.DataSet();
    this.shown = new vis.DataView(this.nodes, { filter: (node) => this.isShown(node.id) });
    this.names = new Names(this);
    this.net = null;
    const redo = () => this.recolour();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redo);
    new MutationObserver(redo).observe(document.documentElement, { attributes: true });
  }

  get calm() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  isShown(id) {
    const thing = this.things.get(id);
    if (!thing || this.hidden.has(id) || this.hiddenKinds.has(thing.group)) return false;
    return !this.wanted || folded(thing.label).includes(this.wanted);
  }

  label(id) {
    return this.things.get(id)?.label ?? id;
  }

  // The links between nodes that are shown.
  shownLinks() {
    return [...this.links.values()].filter((link) => this.isShown(link.from) && this.isShown(link.to));
  }

  shownThings() {
    return [...this.things.values()].filter((thing) => this.isShown(thing.id));
  }

  linksOf(id) {
    return this.shownLinks().filter((link) => link.from === id || link.to === id);
  }

  // With `keep`, what stood there before stays where it is, and so does the window over it.
  load(picture, { keep = false } = {}) {
    const began = performance.now();
    const before = keep && this.net ? this.net.getPositions() : {};
    const nodes = keep ? placedBeside(picture, before) : picture.nodes;
    const stay = nodes.filter((node) => node.id in before).length * 2 > nodes.length;
    this.options = picture.options;
    this.focus = picture.focus;
    this.selected = this.selectedLink = this.hovered = this.emphasised = null;
    for (const known of [this.things, this.links, this.addedBy, this.pins, this.hidden]) known.clear();
    for (const id of picture.pinned || []) this.pins.add(id);
    this.colours = new Colours(this.options.groups);
    this.nodes.clear();
    this.edges.clear();
    if (!stay) this.measure(nodes);
    this.take(nodes, picture.edges);
    if (this.net === null) this.begin();
    this.net.setOptions({ edges: this.edgeOptions(), physics: { enabled: false } });
    if (!stay) this.fit(false);
    this.net.once("afterDrawing", () => this.rested(began));
    this.net.redraw();
  }

  // How large nodes may be: the more room each has, the larger.
  measure(nodes) {
    this.unit = 1 / this.whole(nodes).scale;
    const room = Math.sqrt((this.frame.clientWidth * this.frame.clientHeight) / Math.max(1, nodes.length));
    this.bulk = this.unit * Math.min(1.2, Math.max(0.5, room / 66));
  }

  rested(began) {
    this.frame.dataset.settled = String(Math.round(performance.now() - began));
    this.tell("settled", performance.now() - began);
  }

  begin() {
    const { groups, ...options } = this.options;
    this.net = new vis.Network(this.frame, { nodes: this.shown, edges: this.edges }, options);
    const canvas = this.frame.firstElementChild;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", this.frame.dataset.label);
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.net.on("afterDrawing", (context) => this.names.draw(context));
    this.net.on("hoverNode", ({ node }) => this.hover(node));
    this.net.on("blurNode", () => this.hover(null));
    this.net.on("click", ({ nodes, edges }) => {
      if (nodes.length) this.select(nodes[0]);
      else if (edges.length) this.selectLink(edges[0]);
      else this.clear();
    });
    this.net.on("doubleClick", ({ nodes }) => nodes.length && this.tell("open", nodes[0]));
    this.net.on("dragStart", ({ nodes }) => nodes.length && this.tell("moving"));
    // Who puts a node somewhere wants it to stay there.
    this.net.on("dragEnd", ({ nodes }) => {
      for (const id of nodes) this.pin(id, true);
      if (nodes.length) this.tell("pinned");
    });
  }

  tell(name, ...values) {
    if (this.handlers[name]) this.handlers[name](...values);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const ids = this.ranked.filter((id) => this.isShown(id));
    const at = ids.indexOf(this.selected);
    if (event.key === "Enter" && this.selected !== null) this.tell("open", this.selected);
    else if (event.key === "Escape") this.clear();
    else if (event.key === "n" && ids.length) this.show(ids[(at + 1) % ids.length]);
    else if (event.key === "p" && ids.length) this.show(ids[(at + ids.length) % (ids.length + (at < 0))]);
    else if ("hiu".includes(event.key)) this.tell("key", event.key);
    else return;
    event.preventDefault();
  }

  // ---- data

  take(nodes, edges) {
    const fresh = nodes.filter((node) => !this.things.has(node.id));
    for (const node of fresh) this.things.set(node.id, node);
    const joining = edges.map((edge) => ({ ...edge, id: `${edge.from} ${edge.to}` })).filter((edge) => !this.links.has(edge.id));
    for (const edge of joining) this.links.set(edge.id, edge);
    this.ranked = [...this.things.values()].sort((a, b) => b.value - a.value).map((thing) => thing.id);
    this.nodes.add(fresh.map((node) => this.drawn(node)));
    this.edges.add(joining.map(({ id, from, to, value }) => ({ id, from, to, width: this.thickness(value) })));
    return fresh;
  }

  // Sizes are for the picture as it first stands, whole in the window; zooming magnifies them.
  drawn({ id, x, y, papers, members, shape, group }) {
    const size = this.radius(members ?? papers) * (EQUAL[shape] || 1);
    const [borderWidth, borderWidthSelected] = [0.4 * this.bulk, 2 * this.bulk];
    return { id, x, y, size, shape, color: this.colours.node(group), borderWidth, borderWidthSelected, fixed: this.pins.has(id) };
  }

  // Areas grow with what there is of a thing, though not as fast: hundreds stand beside ones.
  radius(amount) {
    return (3.5 + 1.55 * Math.max(1, amount) ** 0.42) * this.bulk;
  }

  thickness(weight) {
    return Math.min(6, 1.1 + 0.6 * Math.log2(Math.max(1, weight))) * this.bulk;
  }

  // For the legend: pixels where the whole picture fills the window.
  radiusOnScreen(amount) {
    return this.radius(amount) / this.unit;
  }

  widthOnScreen(weight) {
    return this.thickness(weight) / this.unit;
  }

  // The scale and the centre that show all of `nodes`, with room for names at the rim.
  whole(nodes) {
    if (!nodes.length) return { scale: 1, position: { x: 0, y: 0 } };
    const xs = nodes.map((node) => node.x);
    const ys = nodes.map((node) => node.y);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const across = Math.max(120, this.frame.clientWidth * 0.94 - 80) / Math.max(1, right - left);
    const down = Math.max(120, this.frame.clientHeight - 60) / Math.max(1, bottom - top);
    return {
      scale: Math.min(across, down, 1.6),
      position: { x: (left + right) / 2, y: (top + bottom) / 2 },
    };
  }

  // Adds a picture around one of its nodes; what stood before stays where it is.
  merge(picture, around) {
    spread(picture.nodes.filter((node) => !this.things.has(node.id)), this.net.getPosition(around));
    const before = [...this.things.keys()];
    const fresh = this.take(picture.nodes, picture.edges);
    this.addedBy.set(around, new Set(fresh.map((node) => node.id)));
    this.shown.refresh();
    if (fresh.length) this.settle(before);
    return fresh.length;
  }

  // Physics until it rests, for all nodes but those `held`; then it is off again.
  settle(held = []) {
    const began = performance.now();
    delete this.frame.dataset.settled;
    this.nodes.update(held.map((id) => ({ id, fixed: true })));
    this.net.setOptions({ physics: { enabled: true } });
    let over = false;
    const rest = () => {
      if (over) return;
      over = true;
      this.net.setOptions({ physics: { enabled: false } });
      this.nodes.update(held.filter((id) => this.things.has(id)).map((id) => ({ id, fixed: this.pins.has(id) })));
      this.rested(began);
    };
    this.net.once("stabilized", rest);
    if (this.calm) this.net.stabilize(120);
    else setTimeout(rest, 1500);
  }

  // Takes back what opening a node had added, but for nodes that another one has opened too.
  collapse(id) {
    const added = this.addedBy.get(id) || new Set();
    this.addedBy.delete(id);
    const kept = new Set([...this.addedBy.keys()]);
    for (const node of added) {
      if (!kept.has(node)) this.remove(node);
    }
    this.shown.refresh();
  }

  remove(id) {
    for (const link of [...this.links.values()]) {
      if (link.from === id || link.to === id) {
        this.links.delete(link.id);
        this.edges.remove(link.id);
      }
    }
    this.things.delete(id);
    this.pins.delete(id);
    this.nodes.remove(id);
    this.ranked = this.ranked.filter((other) => other !== id);
  }

  hide(id) {
    this.hidden.add(id);
    this.clear();
    this.shown.refresh();
  }

  showKind(kind, on) {
    if (on) this.hiddenKinds.delete(kind);
    else this.hiddenKinds.add(kind);
    this.refiltered();
  }

  // Only nodes whose names hold `text`; all of them for ''.
  showNames(text) {
    this.wanted = folded(text.trim());
    this.refiltered();
  }

  refiltered() {
    if (this.selected !== null && !this.isShown(this.selected)) this.clear();
    this.shown.refresh();
  }

  // Keeps a node where it is, also when the others make room; or lets it go.
  pin(id, on) {
    if (on) this.pins.add(id);
    else this.pins.delete(id);
    this.nodes.update({ id, fixed: on });
    this.net.redraw();
  }

  pinned() {
    return [...this.pins].filter((id) => this.things.has(id)).map((id) => ({ id, ...this.net.getPosition(id) }));
  }

  // ---- what undoing needs: the picture as it stands

  memento() {
    const places = this.net.getPositions();
    const things = [...this.things.values()].map((thing) => ({ ...thing, ...places[thing.id] }));
    return {
      picture: { nodes: things, edges: [...this.links.values()], focus: this.focus, options: this.options, pinned: [...this.pins] },
      hidden: [...this.hidden],
      kinds: [...this.hiddenKinds],
      added: [...this.addedBy].map(([id, ids]) => [id, [...ids]]),
      sizes: [this.unit, this.bulk],
      camera: { scale: this.net.getScale(), position: this.net.getViewPosition() },
    };
  }

  restore(memento) {
    this.hiddenKinds = new Set(memento.kinds);
    [this.unit, this.bulk] = memento.sizes;
    this.load(memento.picture);
    [this.unit, this.bulk] = memento.sizes;
    this.hidden = new Set(memento.hidden);
    for (const [id, ids] of memento.added) this.addedBy.set(id, new Set(ids));
    this.nodes.update([...this.things.values()].map((thing) => this.drawn(thing)));
    this.shown.refresh();
    this.net.moveTo(memento.camera);
  }

  // ---- selection

  hover(id) {
    this.hovered = id;
    this.frame.style.cursor = id === null ? "" : "pointer";
    this.net.redraw();
  }

  select(id) {
    this.selected = id;
    this.selectedLink = null;
    this.net.selectNodes([id]);
    this.emphasise(new Set([id, ...this.net.getConnectedNodes(id)]));
    this.tell("node", id);
  }

  selectLink(id) {
    const link = this.links.get(id);
    if (!link) return;
    this.selected = null;
    this.selectedLink = id;
    this.net.setSelection({ nodes: [], edges: [id] });
    this.emphasise(new Set([link.from, link.to]));
    this.tell("link", id);
  }

  clear() {
    this.selected = this.selectedLink = null;
    this.net.unselectAll();
    this.emphasise(null);
    this.tell("nothing");
  }

  emphasise(ids) {
    this.emphasised = ids;
    this.nodes.update(
      [...this.things.keys()].map((id) => ({ id, opacity: ids === null || ids.has(id) ? 1 : 0.25 })),
    );
  }

  // Selects a node and brings it into sight.
  show(id) {
    this.select(id);
    const animation = this.calm ? false : { duration: 300 };
    this.net.focus(id, { scale: Math.max(this.net.getScale(), Math.min(1.6, 1.6 / this.unit)), animation });
  }

  // Nodes whose name holds `text`, those of most papers first.
  matching(text) {
    const wanted = folded(text.trim());
    if (!wanted) return [];
    return this.ranked.filter((id) => this.isShown(id) && folded(this.label(id)).includes(wanted));
  }

  fit(animated = true) {
    const places = Object.values(this.net.getPositions(this.shown.getIds()));
    this.net.moveTo({ ...this.whole(places), animation: animated && !this.calm ? { duration: 300 } : false });
  }

  zoom(factor) {
    this.net.moveTo({ scale: Math.min(5, Math.max(0.05, this.net.getScale() * factor)) });
  }

  // ---- looks

  get faint() {
    return this.colours.faint(this.links.size / Math.max(1, this.things.size));
  }

  edgeOptions() {
    const { accent } = this.colours;
    return {
      color: { color: this.faint, highlight: accent, hover: accent, inherit: false },
      selectionWidth: 2.5 * this.unit,
      hoverWidth: this.unit,
    };
  }

  recolour() {
    if (this.net === null) return;
    this.colours = new Colours(this.options.groups);
    this.net.setOptions({ edges: this.edgeOptions() });
    this.nodes.update(
      [...this.things.values()].map(({ id, group }) => ({ id, color: this.colours.node(group) })),
    );
    this.net.redraw();
  }

  // What of the picture is in the window, in its own units.
  seen() {
    const { x: left, y: top } = this.net.DOMtoCanvas({ x: 0, y: 0 });
    const { x: right, y: bottom } = this.net.DOMtoCanvas({ x: this.frame.clientWidth, y: this.frame.clientHeight });
    return { left, right, top, bottom };
  }

  // ---- files

  // The picture as it stands, as a PNG.
  png() {
    const canvas = this.frame.querySelector("canvas");
    const copy = document.createElement("canvas");
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext("2d");
    context.fillStyle = this.colours.paper;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
    return new Promise((done) => copy.toBlob(done, "image/png"));
  }

  // The picture as it stands, as SVG; `legend` are rows {kind, name}.
  svg(heading, legend) {
    const places = this.net.getPositions();
    const names = this.names.placed(this.frame.querySelector("canvas").getContext("2d"));
    const nodes = this.shownThings().map((thing) => ({
      ...places[thing.id],
      title: thing.label,
      shape: thing.shape,
      colour: this.colours.kinds[thing.group],
      size: this.nodes.get(thing.id).size,
    }));
    const lines = this.shownLinks().map((link) => ({
      from: places[link.from],
      to: places[link.to],
      width: this.thickness(link.value),
      title: `${this.label(link.from)} and ${this.label(link.to)}: ${link.value}`,
    }));
    const rows = legend.map(({ kind, name }) => ({ name, shape: this.options.groups[kind].shape, colour: this.colours.kinds[kind] }));
    const { paper, ink, face } = this.colours;
    return drawnAsSvg({ heading, paper, ink, faint: this.faint, face, view: this.seen(), scale: this.net.getScale(), lines, nodes, names, legend: rows });
  }
}
