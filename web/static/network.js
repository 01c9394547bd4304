"use strict";
// Draws one network with vis-network and keeps it legible: names are drawn at one size whatever the
// zoom, the heaviest first, and none over another. Data reach the page as canvas text only.

// So many nodes, those of most papers, are named wherever there is a way to.
const GREATEST = 14;

// What makes shapes of one size cover as much paper as a dot.
const EQUAL = { square: 0.9, diamond: 1.15, triangle: 1.2, star: 1.6, hexagon: 1.05 };

class NetworkView {
  // What `handlers` may hold: node(id), link(id), nothing(), open(id), settled(milliseconds).
  constructor(frame, handlers = {}) {
    this.frame = frame;
    this.handlers = handlers;
    this.things = new Map();
    this.links = new Map();
    this.hiddenKinds = new Set();
    this.hidden = new Set();
    this.addedBy = new Map();
    this.selected = null;
    this.hovered = null;
    this.nodes = new vis.DataSet();
    this.edges = new vis.DataSet();
    this.shown = new vis.DataView(this.nodes, { filter: (node) => this.isShown(node.id) });
    this.widths = new Map();
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
    return Boolean(thing) && !this.hidden.has(id) && !this.hiddenKinds.has(thing.group);
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

  load(picture) {
    const began = performance.now();
    this.options = picture.options;
    this.focus = picture.focus;
    this.selected = this.hovered = null;
    for (const known of [this.things, this.links, this.addedBy, this.widths]) known.clear();
    this.hidden.clear();
    this.readColours();
    this.nodes.clear();
    this.edges.clear();
    this.unit = 1 / this.whole(picture.nodes).scale;
    // The more room each node has, the larger it may be.
    const room = Math.sqrt((this.frame.clientWidth * this.frame.clientHeight) / Math.max(1, picture.nodes.length));
    this.bulk = this.unit * Math.min(1.3, Math.max(0.6, room / 48));
    this.take(picture.nodes, picture.edges);
    if (this.net === null) this.begin();
    this.net.setOptions({ edges: this.edgeOptions(), physics: { enabled: false } });
    this.emphasised = null;
    this.fit(false);
    this.net.once("afterDrawing", () => {
      this.frame.dataset.settled = String(Math.round(performance.now() - began));
      this.tell("settled", performance.now() - began);
    });
    this.net.redraw();
  }

  begin() {
    const { groups, ...options } = this.options;
    this.net = new vis.Network(this.frame, { nodes: this.shown, edges: this.edges }, options);
    const canvas = this.frame.firstElementChild;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", this.frame.dataset.label);
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.net.on("afterDrawing", (context) => this.drawNames(context));
    this.net.on("hoverNode", ({ node }) => this.hover(node));
    this.net.on("blurNode", () => this.hover(null));
    this.net.on("click", ({ nodes, edges }) => {
      if (nodes.length) this.select(nodes[0]);
      else if (edges.length) this.selectLink(edges[0]);
      else this.clear();
    });
    this.net.on("doubleClick", ({ nodes }) => nodes.length && this.tell("open", nodes[0]));
  }

  tell(name, ...values) {
    if (this.handlers[name]) this.handlers[name](...values);
  }

  key(event) {
    const ids = this.ranked.filter((id) => this.isShown(id));
    const at = ids.indexOf(this.selected);
    if (event.key === "Enter" && this.selected !== null) this.tell("open", this.selected);
    else if (event.key === "Escape") this.clear();
    else if (event.key === "n" && ids.length) this.show(ids[(at + 1) % ids.length]);
    else if (event.key === "p" && ids.length) this.show(ids[(at + ids.length) % (ids.length + (at < 0))]);
    else return;
    event.preventDefault();
  }

  // ---- data

  take(nodes, edges) {
    const fresh = nodes.filter((node) => !this.things.has(node.id));
    for (const node of fresh) this.things.set(node.id, node);
    const joining = edges.filter((edge) => !this.links.has(edge.id));
    for (const edge of joining) this.links.set(edge.id, edge);
    this.ranked = [...this.things.values()].sort((a, b) => b.value - a.value).map((thing) => thing.id);
    this.nodes.add(fresh.map((node) => this.drawn(node)));
    this.edges.add(joining.map(({ id, from, to, value }) => ({ id, from, to, width: this.thickness(value) })));
    return fresh;
  }

  // Sizes are for the picture as it first stands, whole in the window; zooming magnifies them.
  drawn({ id, x, y, papers, shape, group }) {
    const size = (4.5 + 1.6 * Math.log2(Math.max(1, papers))) * this.bulk * (EQUAL[shape] || 1);
    const [borderWidth, borderWidthSelected] = [0.4 * this.bulk, 2 * this.bulk];
    return { id, x, y, size, shape, color: this.colourOf(group), borderWidth, borderWidthSelected };
  }

  thickness(weight) {
    return Math.min(6, 1.1 + 0.6 * Math.log2(weight)) * this.bulk;
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
    const at = this.net.getPosition(around);
    const away = Math.atan2(at.y, at.x);
    let turn = 0;
    for (const node of picture.nodes) {
      if (this.things.has(node.id)) continue;
      const angle = away + turn * 2.399963;
      const distance = 70 + 16 * Math.sqrt(turn);
      node.x = at.x + 40 * Math.cos(away) + distance * Math.cos(angle);
      node.y = at.y + 40 * Math.sin(away) + distance * Math.sin(angle);
      turn += 1;
    }
    const before = [...this.things.keys()];
    const fresh = this.take(picture.nodes, picture.edges);
    this.addedBy.set(around, new Set(fresh.map((node) => node.id)));
    this.shown.refresh();
    if (fresh.length) this.settle(before);
    return fresh.length;
  }

  // Physics until it rests, for all nodes but those `pinned`; then it is off again.
  settle(pinned = []) {
    const began = performance.now();
    delete this.frame.dataset.settled;
    this.nodes.update(pinned.map((id) => ({ id, fixed: true })));
    this.net.setOptions({ physics: { enabled: true } });
    let over = false;
    const rest = () => {
      if (over) return;
      over = true;
      this.net.setOptions({ physics: { enabled: false } });
      this.nodes.update(pinned.filter((id) => this.things.has(id)).map((id) => ({ id, fixed: false })));
      this.frame.dataset.settled = String(Math.round(performance.now() - began));
      this.tell("settled", performance.now() - began);
    };
    if (this.calm) {
      this.net.once("stabilized", rest);
      this.net.stabilize(120);
    } else {
      this.net.once("stabilized", rest);
      setTimeout(rest, 1500);
    }
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
    if (this.selected !== null && !this.isShown(this.selected)) this.clear();
    this.shown.refresh();
  }

  // ---- selection

  hover(id) {
    this.hovered = id;
    this.frame.style.cursor = id === null ? "" : "pointer";
    this.net.redraw();
  }

  select(id) {
    this.selected = id;
    this.net.selectNodes([id]);
    this.emphasise(new Set([id, ...this.net.getConnectedNodes(id)]));
    this.tell("node", id);
  }

  selectLink(id) {
    const link = this.links.get(id);
    if (!link) return;
    this.selected = null;
    this.net.setSelection({ nodes: [], edges: [id] });
    this.emphasise(new Set([link.from, link.to]));
    this.tell("link", id);
  }

  clear() {
    this.selected = null;
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
    const wanted = fold(text.trim());
    if (!wanted) return [];
    return this.ranked.filter((id) => this.isShown(id) && fold(this.things.get(id).label).includes(wanted));
  }

  fit(animated = true) {
    const places = Object.values(this.net.getPositions(this.shown.getIds()));
    this.net.moveTo({ ...this.whole(places), animation: animated && !this.calm ? { duration: 300 } : false });
  }

  zoom(factor) {
    this.net.moveTo({ scale: Math.min(5, Math.max(0.05, this.net.getScale() * factor)) });
  }

  // ---- looks

  readColours() {
    const page = getComputedStyle(document.documentElement);
    const body = getComputedStyle(document.body);
    this.ink = body.color;
    this.paper = opaque(body.backgroundColor) || opaque(page.backgroundColor) || "#fff";
    this.accent = page.getPropertyValue("--accent").trim() || this.ink;
    this.face = body.fontFamily;
    this.colours = {};
    for (const [kind, group] of Object.entries(this.options.groups)) {
      this.colours[kind] = page.getPropertyValue(`--c-${kind}`).trim() || group.color;
    }
  }

  colourOf(kind) {
    const background = this.colours[kind];
    return {
      background,
      border: this.paper,
      highlight: { background, border: this.ink },
      hover: { background, border: this.ink },
    };
  }

  edgeOptions() {
    const [red, green, blue] = this.ink.match(/\d+/g);
    const crowding = this.links.size / Math.max(1, this.things.size);
    const faint = `rgba(${red}, ${green}, ${blue}, ${Math.min(0.45, Math.max(0.18, 0.55 - 0.12 * crowding))})`;
    return {
      color: { color: faint, highlight: this.accent, hover: this.accent, inherit: false },
      selectionWidth: 2.5 * this.unit,
      hoverWidth: this.unit,
    };
  }

  recolour() {
    if (this.net === null) return;
    this.readColours();
    this.net.setOptions({ edges: this.edgeOptions() });
    this.nodes.update(
      [...this.things.values()].map(({ id, group }) => ({ id, color: this.colourOf(group) })),
    );
    this.net.redraw();
  }

  drawNames(context) {
    const scale = this.net.getScale();
    const size = 13 / scale;
    const topLeft = this.net.DOMtoCanvas({ x: 0, y: 0 });
    const bottomRight = this.net.DOMtoCanvas({ x: this.frame.clientWidth, y: this.frame.clientHeight });
    const special = new Set([this.hovered, this.selected, this.focus].filter((id) => id && this.isShown(id)));
    const near = this.emphasised ? [...this.emphasised] : [];
    const order = new Set([...special, ...near, ...(this.emphasised ? [] : this.ranked)]);
    const taken = [];
    const great = new Set(this.emphasised || this.ranked.slice(0, GREATEST));
    const discs = this.shown.getIds().map((id) => ({ id, box: this.net.getBoundingBox(id) }));
    // More names than this are noise, whether or not they touch.
    const most = (this.frame.clientWidth * this.frame.clientHeight) / 8000;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.lineJoin = "round";
    context.strokeStyle = this.paper;
    for (const id of order) {
      if (!this.isShown(id)) continue;
      const box = this.net.getBoundingBox(id);
      if (!box) continue;
      let x = (box.left + box.right) / 2;
      if (x < topLeft.x || x > bottomRight.x || box.top > bottomRight.y || box.bottom < topLeft.y) continue;
      const important = special.has(id);
      const name = shortened(this.things.get(id).label, important ? 60 : 28);
      const width = this.width(context, name, important) / scale;
      x = Math.min(Math.max(x, topLeft.x + width / 2), bottomRight.x - width / 2);
      if (!important && taken.length > most) break;
      // Below the node or above it; the greatest may cover lesser nodes, not each other's names.
      const places = [box.bottom + 1.5 / scale, box.top - size * 1.15 - 1.5 / scale].map((top) => ({
        left: x - width / 2, right: x + width / 2, top, bottom: top + size * 1.15,
      }));
      const clear = places.filter((place) => !taken.some((other) => overlap(place, other)));
      const free = clear.find((place) => !discs.some((disc) => disc.id !== id && overlap(place, disc.box)));
      const place = free || (important || great.has(id) ? clear[0] : null) || (important ? places[0] : null);
      if (!place) continue;
      const y = place.top;
      taken.push(place);
      context.font = `${important ? 600 : 400} ${size}px ${this.face}`;
      context.lineWidth = 3.5 / scale;
      context.strokeText(name, x, y);
      context.fillStyle = this.ink;
      context.fillText(name, x, y);
    }
    if (this.focus && this.isShown(this.focus)) {
      const box = this.net.getBoundingBox(this.focus);
      const radius = Math.max(box.right - box.left, box.bottom - box.top) / 2 + 3 / scale;
      context.beginPath();
      context.arc((box.left + box.right) / 2, (box.top + box.bottom) / 2, radius, 0, 2 * Math.PI);
      context.lineWidth = 2 / scale;
      context.strokeStyle = this.ink;
      context.stroke();
    }
  }

  width(context, name, bold) {
    const key = bold ? `b${name}` : `r${name}`;
    if (!this.widths.has(key)) {
      context.font = `${bold ? 600 : 400} 13px ${this.face}`;
      this.widths.set(key, context.measureText(name).width);
    }
    return this.widths.get(key);
  }

  // The picture as it stands, as a PNG.
  png() {
    const canvas = this.frame.querySelector("canvas");
    const copy = document.createElement("canvas");
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext("2d");
    context.fillStyle = this.paper;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
    return new Promise((done) => copy.toBlob(done, "image/png"));
  }
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function shortened(text, most) {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}

// Case and accents do not matter when looking for a name.
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function opaque(colour) {
  return colour && colour !== "transparent" && !/, 0\)$/.test(colour) ? colour : "";
}
