// The picture's twin: its nodes and links as tables, in step with it.

import { button, byId, make, yearsOf } from "./explore-dom.js";

export class Twin {
  // `network` is the picture; `chosen()` is called after a row has chosen something in it.
  constructor(network, chosen) {
    this.network = network;
    this.chosen = chosen;
    this.nodes = byId("node-table");
    this.links = byId("link-table");
    this.order = { column: "papers", down: true };
    for (const head of this.nodes.querySelectorAll("[data-sort]")) {
      head.addEventListener("click", () => this.sortBy(head.dataset.sort));
    }
  }

  get open() {
    return byId("twin").open;
  }

  sortBy(column) {
    const again = this.order.column === column;
    this.order = { column, down: again ? !this.order.down : column !== "label" && column !== "group" };
    for (const head of this.nodes.querySelectorAll("[data-sort]")) {
      const cell = head.closest("th");
      if (head.dataset.sort !== column) cell.removeAttribute("aria-sort");
      else cell.setAttribute("aria-sort", this.order.down ? "descending" : "ascending");
    }
    this.fill();
  }

  fill() {
    if (!this.open) return;
    const { network } = this;
    const links = network.shownLinks();
    const degrees = new Map();
    for (const { from, to } of links) {
      for (const end of [from, to]) degrees.set(end, (degrees.get(end) || 0) + 1);
    }
    const value = (thing) => (this.order.column === "links" ? degrees.get(thing.id) || 0 : thing[this.order.column] ?? 0);
    const compare = (a, b) => {
      const [one, other] = [value(a), value(b)];
      const found = typeof one === "string" ? one.localeCompare(String(other)) : one - other;
      return (this.order.down ? -found : found) || a.label.localeCompare(b.label);
    };
    const things = network.shownThings().sort(compare);
    const folded = things.some((thing) => thing.members !== undefined);
    this.nodes.classList.toggle("no-members", !folded);
    this.links.tHead.rows[0].cells[2].textContent = folded ? "Pairs of members" : "Joint papers";
    const nodeRows = things.map((thing) =>
      make("tr", { "data-id": thing.id },
        make("th", { scope: "row" }, button(thing.label, () => this.choose(() => network.show(thing.id)))),
        make("td", {}, thing.group),
        make("td", { class: "num" }, String(thing.papers)),
        make("td", { class: "num" }, thing.members === undefined ? "" : String(thing.members)),
        make("td", { class: "num" }, String(degrees.get(thing.id) || 0))));
    const linkRows = [...links]
      .sort((a, b) => b.value - a.value)
      .map((link) =>
        make("tr", { "data-id": link.id },
          make("th", { scope: "row" }, network.label(link.from)),
          make("td", {}, network.label(link.to)),
          make("td", { class: "num" }, button(String(link.value), () => this.choose(() => network.selectLink(link.id)))),
          make("td", {}, yearsOf(link))));
    this.nodes.tBodies[0].replaceChildren(...nodeRows);
    this.links.tBodies[0].replaceChildren(...linkRows);
    this.mark();
  }

  choose(act) {
    act();
    this.chosen();
  }

  // Marks the row of what is selected in the picture.
  mark() {
    if (!this.open) return;
    const { selected, selectedLink } = this.network;
    for (const row of [...this.nodes.tBodies[0].rows, ...this.links.tBodies[0].rows]) {
      const here = row.dataset.id === selected || row.dataset.id === selectedLink;
      row.classList.toggle("chosen", here);
      const control = row.querySelector("button");
      if (here) control.setAttribute("aria-current", "true");
      else control.removeAttribute("aria-current");
    }
  }
}
