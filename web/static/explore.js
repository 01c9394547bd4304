"use strict";
// The view's page: controls, details and evidence, tables, history. Text from the graph becomes
// text nodes here, never markup.

(() => {
  const byId = (id) => document.getElementById(id);
  const explorer = byId("explorer");
  const live = Boolean(explorer.dataset.live);
  const root = explorer.dataset.root.replace(/\/$/, "");
  const panel = byId("panel");
  const status = byId("status");
  const choice = byId("choice");
  const KINDS = ["author", "paper", "method", "dataset", "task", "metric"];
  const ALLOWED = { coauthors: ["author"], concepts: KINDS.slice(2), mixed: KINDS };
  const SHOWN_AT_FIRST = 25;

  let picture = JSON.parse(byId("picture").textContent);
  let told = "";
  let asked = 0;

  // Names are shown where a browser's own tooltip would be: the model's titles stay data.
  const network = new NetworkView(byId("network"), {
    node: showNode,
    link: showLink,
    nothing: () => {
      showNothing();
      remember(true);
    },
    open: toggle,
  });
  explorer.network = network; // for whoever opens the console

  // ---- small pieces of page

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  const button = (text, act) => make("button", { type: "button", onclick: act }, text);
  const tag = (kind) => make("span", { class: `tag k-${kind}` }, kind);
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const shape = (kind) => document.querySelector(`.kind[data-kind="${kind}"] svg`).cloneNode(true);

  function years({ first, last }) {
    if (first === null) return "";
    return first === last ? String(first) : `${first} to ${last}`;
  }

  // Where this server shows a resource; null in a file of its own and for foreign resources.
  function address(iri) {
    return live && iri.startsWith(picture.base) ? `${root}/${iri.slice(picture.base.length)}` : null;
  }

  function named(iri, label) {
    const page = address(iri);
    return page ? make("a", { href: page }, label) : label;
  }

  // ---- what is chosen: the form and the address say the same

  function state() {
    const form = new FormData(choice);
    const kinds = KINDS.filter((kind) => form.getAll("kinds").includes(kind));
    return {
      focus: form.get("focus"),
      view: form.get("view"),
      kinds,
      from: form.get("from").trim(),
      to: form.get("to").trim(),
      min: form.get("min"),
      limit: form.get("limit"),
      open: [...network.addedBy.keys(), ...picture.opened.filter((iri) => !network.addedBy.has(iri))],
      hide: [...network.hidden, ...picture.hidden],
    };
  }

  function query(chosen) {
    const pairs = new URLSearchParams();
    if (chosen.focus) pairs.set("focus", chosen.focus);
    pairs.set("view", chosen.view);
    if (chosen.view !== "coauthors") pairs.set("kinds", chosen.kinds.join(","));
    for (const name of ["from", "to"]) if (chosen[name]) pairs.set(name, chosen[name]);
    if (chosen.min && chosen.min !== "1") pairs.set("min", chosen.min);
    if (chosen.limit) pairs.set("limit", chosen.limit);
    for (const iri of new Set(chosen.open)) pairs.append("open", iri);
    for (const iri of new Set(chosen.hide)) pairs.append("hide", iri);
    return pairs.toString();
  }

  function remember(replace = false) {
    if (!live) return;
    const selected = network.selected === null ? "" : `#${encodeURIComponent(network.selected)}`;
    const target = `${root}/explore?${query(state())}${selected}`;
    if (target === location.pathname + location.search + location.hash) return;
    history[replace ? "replaceState" : "pushState"](null, "", target);
    pointDownloads();
  }

  function pointDownloads() {
    for (const link of document.querySelectorAll("[data-download]")) {
      link.href = `${root}/explore.${link.dataset.download}?${query(state())}`;
    }
  }

  async function answer(path) {
    const response = await fetch(root + path, { headers: { Accept: "application/json" } });
    const body = await response.json();
    if (!response.ok) throw new Error(body.detail || body.title || `HTTP ${response.status}`);
    return body;
  }

  // The newest question wins: an answer that comes late is dropped.
  async function draw(text, { push = true } = {}) {
    asked += 1;
    const mine = asked;
    say("Drawing…");
    try {
      const found = await answer(`/explore.json?${text}`);
      if (mine !== asked) return;
      use(found);
      if (push) remember();
    } catch (error) {
      if (mine === asked) say(`Not shown: ${error.message}`);
    }
  }

  function use(found) {
    picture = found;
    network.hiddenKinds.clear();
    network.load(picture);
    for (const iri of picture.opened) network.addedBy.set(iri, new Set());
    fillForm();
    showNothing();
    refresh();
  }

  function fillForm() {
    const values = { focus: picture.focus || "", view: picture.view, from: picture.from ?? "", to: picture.to ?? "" };
    Object.assign(values, { min: picture.min, limit: picture.limit });
    for (const [name, value] of Object.entries(values)) {
      const input = choice.elements[name];
      // What somebody is typing is newer than the answer.
      if (input && input !== document.activeElement) input.value = value;
    }
    for (const row of document.querySelectorAll(".kind")) {
      row.hidden = !ALLOWED[picture.view].includes(row.dataset.kind);
      row.querySelector("input").checked = picture.kinds.includes(row.dataset.kind);
    }
  }

  // ---- what is said of the whole picture

  function say(text) {
    told = text;
    status.textContent = text;
  }

  function refresh() {
    const things = network.shownThings();
    const links = network.shownLinks();
    const parts = [`${count(things.length, "node")}, ${count(links.length, "link")}.`];
    if (picture.more) parts.push(`${picture.more.toLocaleString("en")} more not shown.`);
    if (picture.lighter) parts.push(`${count(picture.lighter, "lighter link")} not drawn.`);
    if (!things.length) parts.push("Nothing matches: widen the years or lower the number of papers.");
    say(parts.join(" "));
    byId("heading").textContent = picture.heading;
    document.title = live ? `${picture.heading} · scholargraph` : picture.heading;
    for (const row of document.querySelectorAll(".kind")) {
      const number = things.filter((thing) => thing.group === row.dataset.kind).length;
      row.querySelector(".count").textContent = number ? number.toLocaleString("en") : "";
      if (!live) row.hidden = ![...network.things.values()].some((thing) => thing.group === row.dataset.kind);
    }
    const names = things.map((thing) => make("option", { value: thing.label }));
    byId("names").replaceChildren(...names);
    if (live) {
      byId("unhide").hidden = !(network.hidden.size || picture.hidden.length);
      pointDownloads();
    }
    fillTables(things, links);
  }

  function fillTables(things, links) {
    if (!byId("twin").open) return;
    const degrees = new Map();
    for (const { from, to } of links) {
      for (const end of [from, to]) degrees.set(end, (degrees.get(end) || 0) + 1);
    }
    const nodeRows = [...things]
      .sort((a, b) => b.papers - a.papers || a.label.localeCompare(b.label))
      .map((thing) =>
        make("tr", {},
          make("th", { scope: "row" }, button(thing.label, () => chooseFromTable(() => network.show(thing.id)))),
          make("td", {}, thing.group),
          make("td", { class: "num" }, String(thing.papers)),
          make("td", { class: "num" }, String(degrees.get(thing.id) || 0))));
    const linkRows = [...links]
      .sort((a, b) => b.value - a.value)
      .map((link) =>
        make("tr", {},
          make("th", { scope: "row" }, label(link.from)),
          make("td", {}, label(link.to)),
          make("td", { class: "num" }, button(String(link.value), () => chooseFromTable(() => network.selectLink(link.id)))),
          make("td", {}, years(link))));
    byId("node-table").tBodies[0].replaceChildren(...nodeRows);
    byId("link-table").tBodies[0].replaceChildren(...linkRows);
  }

  // From a table the details are far up the page: go there.
  function chooseFromTable(act) {
    act();
    panel.tabIndex = -1;
    panel.focus();
  }

  const label = (id) => network.things.get(id)?.label ?? id;

  // ---- details

  function showNothing() {
    panel.replaceChildren(
      make("p", { class: "quiet" }, live
        ? "Choose a node to see what it is, or a link to see the papers and sentences behind it. Choosing a node twice opens its surroundings."
        : "Choose a node or a link to see what it is."));
  }

  function showNode(id) {
    const thing = network.things.get(id);
    const links = network.linksOf(id).sort((a, b) => b.value - a.value || (a.id < b.id ? -1 : 1));
    const opened = network.addedBy.has(id);
    const neighbours = make("ul", { class: "neighbours" });
    const list = (from, to) => {
      for (const link of links.slice(from, to)) {
        const other = link.from === id ? link.to : link.from;
        const kind = network.things.get(other).group;
        const row = button("", () => network.selectLink(link.id));
        row.append(shape(kind), make("span", { class: "name" }, label(other)), make("span", { class: "count" }, count(link.value, "paper")));
        neighbours.append(make("li", {}, row));
      }
    };
    list(0, SHOWN_AT_FIRST);
    const rest = links.length - SHOWN_AT_FIRST;
    const more = rest > 0
      ? button(`${rest} more`, () => { list(SHOWN_AT_FIRST); more.remove(); })
      : null;
    const acts = make("div", { class: "acts" });
    if (live) {
      acts.append(
        button(opened ? "Close" : "Open", () => toggle(id)),
        button("Put in the middle", () => focusOn(id)),
        button("Hide", () => { network.hide(id); remember(); refresh(); }));
    }
    panel.replaceChildren(
      tag(thing.group),
      make("h2", {}, named(id, thing.label)),
      make("p", {}, thing.group === "paper" ? `${count(links.length, "link")} here` : `${count(thing.papers, "paper")}, ${count(links.length, "link")} here`),
      acts,
      make("h3", {}, "Linked with"),
      neighbours,
      ...(more ? [more] : []));
    remember(true);
  }

  function showLink(id) {
    const link = network.links.get(id);
    const [a, b] = [link.from, link.to];
    const heading = make("h2", {}, named(a, label(a)), " and ", named(b, label(b)));
    const weight = make("p", {}, `${count(link.value, "paper")}${link.first === null ? "" : `, ${years(link)}`}`);
    const found = make("div", { class: "behind" });
    panel.replaceChildren(
      make("div", { class: "acts" }, button(label(a), () => network.show(a)), button(label(b), () => network.show(b))),
      heading, weight, found);
    if (live) tellEvidence(id, a, b, found);
    else found.append(make("p", { class: "quiet" }, "The sentences stand in the graph that this file was made from."));
  }

  async function tellEvidence(id, a, b, found) {
    found.append(make("p", { class: "quiet" }, "Reading the papers…"));
    const pairs = new URLSearchParams({ a, b });
    for (const name of ["from", "to"]) if (picture[name] !== null) pairs.set(name, picture[name]);
    try {
      const evidence = await answer(`/explore/evidence.json?${pairs}`);
      if (!found.isConnected) return;
      found.replaceChildren(...evidence.papers.flatMap(paperEvidence));
      if (evidence.more) found.append(make("p", { class: "quiet" }, `${count(evidence.more, "older paper")} not listed.`));
    } catch (error) {
      found.replaceChildren(make("p", {}, `Not shown: ${error.message}`));
    }
  }

  function paperEvidence(paper) {
    const title = make("h3", {}, named(paper.iri, paper.title || paper.iri), paper.year === null ? "" : ` (${paper.year})`);
    const quotes = paper.sentences.map((sentence) => {
      const quote = make("blockquote", {});
      for (const span of sentence.spans) {
        quote.append(span.kind === null ? span.text : make("mark", { class: `k-${span.kind}` }, span.text));
      }
      for (const relation of sentence.relations) quote.append(" ", make("span", { class: "states" }, `[${relation}]`));
      return quote;
    });
    return [title, ...quotes];
  }

  // ---- acts

  async function toggle(id) {
    if (!live) return;
    if (network.addedBy.has(id)) {
      const whole = picture.opened.includes(id);
      network.collapse(id);
      picture.opened = picture.opened.filter((iri) => iri !== id);
      // What a shared link had opened came with the picture; only the server knows its parts.
      if (whole) return draw(query(state()));
    } else {
      say("Opening…");
      try {
        const chosen = { ...state(), focus: id, open: [], hide: [], limit: "30" };
        const found = await answer(`/explore.json?${query(chosen)}`);
        const added = network.merge(found, id);
        if (!added) say("Nothing new around it.");
      } catch (error) {
        say(`Not opened: ${error.message}`);
        return;
      }
    }
    const before = told;
    refresh();
    if (before.startsWith("Nothing new")) say(`${before} ${told}`);
    if (network.things.has(id)) network.select(id);
    remember();
  }

  function focusOn(iri) {
    const chosen = { ...state(), focus: iri, open: [], hide: [], limit: "" };
    return draw(query(chosen));
  }

  function changed(event) {
    const input = event.target;
    if (input.name === "kinds") {
      const loaded = picture.kinds.includes(input.value);
      if (!document.querySelector(".kind input:checked")) {
        input.checked = true;
        say("One kind has to stay.");
        return;
      }
      if (!live || loaded) {
        network.showKind(input.value, input.checked);
        refresh();
        remember();
        return;
      }
    }
    if (!live || !choice.reportValidity()) return;
    const chosen = state();
    if (input.name === "view") {
      chosen.kinds = KINDS.filter((kind) => !["paper", "metric"].includes(kind) && ALLOWED[chosen.view].includes(kind));
      chosen.open = [];
    }
    draw(query(chosen));
  }

  let found = [];
  let at = 0;
  function find(event) {
    event.preventDefault();
    const matches = network.matching(byId("find-text").value);
    at = matches.join() === found.join() ? (at + 1) % Math.max(1, matches.length) : 0;
    found = matches;
    if (!matches.length) return say("No node has a name like that.");
    network.show(matches[at]);
    if (matches.length > 1) say(`Match ${at + 1} of ${matches.length}; Enter for the next.`);
  }

  function save(blob, name) {
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  let typing = 0;
  function suggest() {
    clearTimeout(typing);
    const text = byId("focus-text").value.trim();
    if (!text) return byId("focus-hits").replaceChildren();
    typing = setTimeout(async () => {
      try {
        const { suggestions } = await answer(`/suggest?${new URLSearchParams({ q: text })}`);
        if (byId("focus-text").value.trim() !== text) return;
        const hits = suggestions.map((hit) => make("li", {}, (() => {
          const row = button("", () => {
            byId("focus-text").value = "";
            byId("focus-hits").replaceChildren();
            focusOn(hit.iri);
          });
          row.append(shape(hit.kind), ` ${hit.name}`);
          return row;
        })()));
        byId("focus-hits").replaceChildren(...(hits.length ? hits : [make("li", { class: "quiet" }, "No match.")]));
      } catch (error) {
        say(`No suggestions: ${error.message}`);
      }
    }, 150);
  }

  // ---- beginnings

  choice.addEventListener("submit", (event) => event.preventDefault());
  choice.addEventListener("change", changed);
  byId("find").addEventListener("submit", find);
  byId("fit").addEventListener("click", () => network.fit());
  byId("closer").addEventListener("click", () => network.zoom(1.3));
  byId("farther").addEventListener("click", () => network.zoom(1 / 1.3));
  byId("arrange").addEventListener("click", () => network.settle());
  byId("twin").addEventListener("toggle", refresh);
  byId("png").addEventListener("click", async () => {
    const name = picture.heading.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
    save(await network.png(), `${name || "network"}.png`);
  });
  if (live) {
    byId("focus-text").addEventListener("input", suggest);
    byId("focus-form").addEventListener("submit", (event) => {
      event.preventDefault();
      byId("focus-hits").querySelector("button")?.click();
    });
    byId("unhide").addEventListener("click", () => {
      network.hidden.clear();
      picture.hidden = [];
      draw(query(state()));
    });
    byId("share").addEventListener("click", async () => {
      remember(true);
      try {
        await navigator.clipboard.writeText(location.href);
        say("The link is copied.");
      } catch {
        say("Copy the address of this page: it holds all that is shown.");
      }
    });
    addEventListener("popstate", () => draw(location.search.slice(1), { push: false }));
  }
  if (matchMedia("(max-width: 680px)").matches) byId("controls").open = false;
  const selected = decodeURIComponent(location.hash.slice(1));
  use(picture);
  if (network.things.has(selected)) network.show(selected);
})();
