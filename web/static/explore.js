// The view's page: wires its controls to the picture, the panel, the tables and the address.

import { ALLOWED, FOLDABLE, KINDS, query } from "./explore-address.js";
import { byId, count, make, save } from "./explore-dom.js";
import { formState, showChosen } from "./explore-form.js";
import { showSizes } from "./explore-legend.js";
import { NetworkView } from "./explore-network.js";
import { Panel } from "./explore-panel.js";
import { fillsByName } from "./explore-search.js";
import { Twin } from "./explore-tables.js";
import { YearSlider } from "./explore-years.js";

const MOST_UNDONE = 40;

const explorer = byId("explorer");
const live = Boolean(explorer.dataset.live);
const root = explorer.dataset.root.replace(/\/$/, "");
const form = byId("choice");
const statusLine = byId("status");

let picture = JSON.parse(byId("picture").textContent);
let told = "";
let asked = 0;
let pathStart = "";
const undone = []; // what undoing goes back to, the latest last
const visited = new Map(); // the same by entry of the browser's history
let entry = 0;

const network = new NetworkView(byId("network"), {
  node: (id) => {
    panel.node(id);
    selected();
  },
  link: (id) => {
    panel.link(id);
    selected();
  },
  nothing: () => {
    panel.nothing();
    selected();
  },
  open,
  moving: record,
  pinned: changedByHand,
  key: (name) => {
    if (name === "u") undo();
    else if (network.selected !== null && name === "h") hide(network.selected);
    else if (network.selected !== null) pin(network.selected, !network.pins.has(network.selected));
  },
});
explorer.network = network; // for whoever opens the console

const panel = new Panel(byId("panel"), {
  network,
  live,
  picture: () => picture,
  named,
  evidence: (a, b) => {
    const pairs = new URLSearchParams({ a, b });
    for (const name of ["from", "to"]) if (picture[name] !== null) pairs.set(name, picture[name]);
    if (picture.confidence) pairs.set("confidence", picture.confidence);
    return answer(`/explore/evidence.json?${pairs}`);
  },
  open,
  focus: focusOn,
  hide,
  pin,
  started: () => pathStart,
  start: (id) => {
    pathStart = id;
    say(`From ${network.label(id)}: now choose where to.`);
    panel.node(id);
  },
  end: (id) => ask({ ...state(), view: "path", kinds: pathKinds(), a: pathStart, b: id, fold: false, community: "", open: [], hide: [], pins: [] }),
});

// From a table the details are far up the page: go there.
const twin = new Twin(network, () => {
  byId("panel").tabIndex = -1;
  byId("panel").focus();
});

const slider = live ? new YearSlider(byId("years-slider"), byId("from"), byId("to")) : null;

// Where this server shows a resource; null in a file of its own and for foreign resources.
function address(iri) {
  return live && iri.startsWith(picture.base) ? `${root}/${iri.slice(picture.base.length)}` : null;
}

function named(iri, label) {
  const page = address(iri);
  return page ? make("a", { href: page }, label) : label;
}

async function answer(path) {
  const response = await fetch(root + path, { headers: { Accept: "application/json" } });
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error(body.detail || body.title || `HTTP ${response.status}`), { status: response.status });
  return body;
}

// ---- what is chosen: the form and the address say the same

function state() {
  return {
    ...formState(form),
    open: [...network.addedBy.keys(), ...picture.opened.filter((iri) => !network.addedBy.has(iri))],
    hide: [...network.hidden, ...picture.hidden],
    pins: network.pinned(),
  };
}

function pathKinds() {
  return ALLOWED.path.filter((kind) => kind !== "metric");
}

function remember({ replace = false } = {}) {
  if (!live) return;
  const target = `${root}/explore?${query(state())}${fragment()}`;
  pointDownloads();
  if (target === location.pathname + location.search + location.hash) return;
  if (replace) history.replaceState({ entry }, "", target);
  else {
    entry += 1;
    history.pushState({ entry }, "", target);
  }
}

// What is selected is a part of the address, but nothing to go back to.
function selected() {
  twin.mark();
  if (live) history.replaceState({ entry }, "", location.pathname + location.search + fragment());
}

function fragment() {
  const here = network.selected ?? network.selectedLink;
  return here === null ? "" : `#${encodeURIComponent(here)}`;
}

function pointDownloads() {
  const chosen = query(state());
  for (const link of document.querySelectorAll("[data-download]")) {
    const what = link.dataset.download;
    link.href = `${root}/explore${what === "query" ? "/" : "."}${what}?${chosen}`;
  }
}

// ---- going back

// To be called before anything changes: undoing and the browser's Back come back to this.
function record() {
  const now = { picture, network: network.memento() };
  undone.push(now);
  if (undone.length > MOST_UNDONE) undone.shift();
  visited.set(entry, now);
  byId("undo").disabled = false;
}

function restore(memento) {
  asked += 1; // an answer under way is for what was
  picture = memento.picture;
  network.restore(memento.network);
  fillForm({ whole: true });
  panel.nothing();
  refresh();
}

function undo() {
  const before = undone.pop();
  if (!before) return;
  visited.set(entry, { picture, network: network.memento() });
  restore(before);
  byId("undo").disabled = !undone.length;
  remember();
}

// ---- pictures from the server

// The newest question wins: an answer that comes late is dropped.
async function draw(text, { push = true, keep = false } = {}) {
  asked += 1;
  const mine = asked;
  say("Drawing…");
  try {
    const found = await answer(`/explore.json?${text}`);
    if (mine !== asked) return;
    if (push) record();
    use(found, { keep });
    if (push) remember();
  } catch (error) {
    if (mine !== asked) return;
    say(`Not shown: ${error.message}`);
    // What is being made in the background is asked for again.
    if (error.status === 503) setTimeout(() => mine === asked && draw(text, { push, keep }), 3000);
  }
}

const ask = (chosen, options) => draw(query(chosen), options);

function use(found, { keep = false } = {}) {
  picture = found;
  network.hiddenKinds.clear();
  byId("twin-filter").value = network.wanted = "";
  network.load(picture, { keep });
  for (const iri of picture.opened) network.addedBy.set(iri, new Set());
  fillForm();
  panel.nothing();
  refresh();
}

function fillForm({ whole = false } = {}) {
  showChosen(form, picture, { network, live, whole });
  if (live) slider.setSpan(picture.span);
}

// ---- what is said of the whole picture

function say(text) {
  told = text;
  statusLine.textContent = text;
}

function refresh() {
  const things = network.shownThings();
  const links = network.shownLinks();
  const parts = [`${count(things.length, "node")}, ${count(links.length, "link")}.`, ...picture.notes];
  if (!things.length && picture.view !== "path") parts.push("Nothing matches: widen the years or lower the number of papers.");
  say(parts.join(" "));
  byId("heading").textContent = picture.heading;
  document.title = live ? `${picture.heading} · scholargraph` : picture.heading;
  for (const row of document.querySelectorAll(".kind[data-kind]")) {
    const { kind } = row.dataset;
    const number = things.filter((thing) => thing.group === kind).length;
    row.querySelector(".count").textContent = number ? number.toLocaleString("en") : "";
    if (!live) row.hidden = ![...network.things.values()].some((thing) => thing.group === kind);
  }
  byId("names").replaceChildren(...things.map((thing) => make("option", { value: thing.label })));
  byId("unhide").hidden = !(network.hidden.size || picture.hidden.length);
  byId("unpin").hidden = !network.pins.size;
  showSizes(byId("sizes"), network, picture.folded);
  if (live) pointDownloads();
  twin.fill();
}

// ---- acts

function changedByHand() {
  refresh();
  if (network.selected !== null) panel.node(network.selected);
  remember();
}

function hide(id) {
  record();
  network.hide(id);
  changedByHand();
}

function pin(id, on) {
  record();
  network.pin(id, on);
  changedByHand();
}

async function open(id) {
  if (!live) return;
  if (network.things.get(id)?.group === "community") {
    ask({ ...state(), fold: false, community: id, limit: "", hide: [], pins: [] });
    return;
  }
  if (network.addedBy.has(id)) {
    record();
    const whole = picture.opened.includes(id);
    network.collapse(id);
    picture = { ...picture, opened: picture.opened.filter((iri) => iri !== id) };
    // What a shared link had opened came with the picture; only the server knows its parts.
    if (whole) {
      draw(query(state()), { push: false, keep: true }).then(() => remember());
      return;
    }
  } else if (!(await opened(id))) return;
  const before = told;
  refresh();
  if (before.startsWith("Nothing new")) say(`${before} ${told}`);
  if (network.things.has(id)) network.select(id);
  remember();
}

async function opened(id) {
  say("Opening…");
  try {
    const view = picture.view === "path" ? "mixed" : picture.view;
    const chosen = { ...state(), view, focus: id, fold: false, community: "", open: [], hide: [], pins: [], limit: "30" };
    const found = await answer(`/explore.json?${query(chosen)}`);
    record();
    if (!network.merge(found, id)) say("Nothing new around it.");
    return true;
  } catch (error) {
    say(`Not opened: ${error.message}`);
    return false;
  }
}

function focusOn(iri) {
  const view = picture.view === "path" ? "mixed" : picture.view;
  return ask({ ...state(), view, focus: iri, fold: false, community: "", open: [], hide: [], pins: [], limit: "" });
}

function changed(event) {
  const input = event.target;
  const { name } = input;
  if (name === "kinds" && !filtered(input)) return;
  if (!live || !form.reportValidity()) return;
  const chosen = state();
  if (name === "view" || name === "fold") {
    const usual = chosen.view === "path" ? pathKinds() : KINDS.filter((kind) => !["paper", "metric"].includes(kind) && ALLOWED[chosen.view].includes(kind));
    Object.assign(chosen, { kinds: usual, open: [], hide: [], pins: [], community: "", limit: "" });
    if (name === "view" && !FOLDABLE.includes(chosen.view)) chosen.fold = false;
  }
  if (name === "a" || name === "b") return;
  ask(chosen, { keep: name !== "view" && name !== "fold" });
}

// Whether the server has to be asked: what is loaded needs no answer, and nothing moves.
function filtered(input) {
  if (!document.querySelector(".kind input[name=kinds]:checked")) {
    input.checked = true;
    say("One kind has to stay.");
    return false;
  }
  if (live && (picture.view === "path" || !picture.kinds.includes(input.value))) return true;
  input.checked = !input.checked;
  record();
  input.checked = !input.checked;
  network.showKind(input.value, input.checked);
  refresh();
  remember();
  return false;
}

let found = [];
let at = 0;
function find(event) {
  event.preventDefault();
  const matches = network.matching(byId("find-text").value);
  at = matches.join() === found.join() ? (at + 1) % Math.max(1, matches.length) : 0;
  found = matches;
  if (!matches.length) {
    say("No node has a name like that.");
    return;
  }
  network.show(matches[at]);
  if (matches.length > 1) say(`Match ${at + 1} of ${matches.length}; Enter for the next.`);
}

function fileName(suffix) {
  const name = picture.heading.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
  return `${name || "network"}.${suffix}`;
}

function legendRows() {
  const rows = [...document.querySelectorAll(".kind[data-kind]")].filter((row) => !row.hidden && row.querySelector(".count").textContent);
  return rows.map((row) => ({ kind: row.dataset.kind, name: row.textContent.trim().replace(/\s+/g, " ") }));
}

// ---- beginnings

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", changed);
byId("find").addEventListener("submit", find);
byId("fit").addEventListener("click", () => network.fit());
byId("closer").addEventListener("click", () => network.zoom(1.3));
byId("farther").addEventListener("click", () => network.zoom(1 / 1.3));
byId("arrange").addEventListener("click", () => {
  record();
  network.settle();
});
byId("undo").addEventListener("click", undo);
byId("twin").addEventListener("toggle", () => twin.fill());
byId("twin-filter").addEventListener("input", () => {
  network.showNames(byId("twin-filter").value);
  refresh();
});
byId("unpin").addEventListener("click", () => {
  record();
  for (const id of [...network.pins]) network.pin(id, false);
  changedByHand();
});
byId("unhide").addEventListener("click", () => {
  if (picture.hidden.length) {
    ask({ ...state(), hide: [] }, { keep: true });
    return;
  }
  record();
  network.hidden.clear();
  network.refiltered();
  changedByHand();
});
byId("png").addEventListener("click", async () => save(await network.png(), fileName("png")));
byId("svg").addEventListener("click", () => save(network.svg(picture.heading, legendRows()), fileName("svg")));
if (live) begin();
if (matchMedia("(max-width: 680px)").matches) byId("controls").open = false;
const wanted = decodeURIComponent(location.hash.slice(1));
use(picture);
if (network.things.has(wanted)) network.show(wanted);
else if (network.links.has(wanted)) network.selectLink(wanted);

function begin() {
  fillsByName({
    answer,
    failed: (error) => say(`No suggestions: ${error.message}`),
    focus: focusOn,
    path: () => {
      const chosen = state();
      if (chosen.a && chosen.b) ask(chosen);
    },
  });
  byId("confidence").addEventListener("input", () => {
    byId("confidence-told").textContent = Number(byId("confidence").value).toFixed(2);
  });
  byId("all-communities").addEventListener("click", () => {
    ask({ ...state(), community: "", fold: true, open: [], hide: [], pins: [], limit: "" });
  });
  byId("share").addEventListener("click", async () => {
    remember({ replace: true });
    try {
      await navigator.clipboard.writeText(location.href);
      say("The link is copied.");
    } catch {
      say("Copy the address of this page: it holds all that is shown.");
    }
  });
  entry = history.state?.entry ?? 0;
  addEventListener("popstate", (event) => {
    const to = event.state?.entry ?? 0;
    visited.set(entry, { picture, network: network.memento() });
    entry = to;
    const known = visited.get(to);
    if (known) restore(known);
    else draw(location.search.slice(1), { push: false });
  });
}
