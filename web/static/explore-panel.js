// The panel beside the picture: what a node or a link is, and what can be done with it.

import { button, count, make, shapeOf, yearsOf } from "./explore-dom.js";
import { allEvidence, pathSteps } from "./explore-evidence.js";

const SHOWN_AT_FIRST = 25;

export class Panel {
  // `page` holds what the panel needs of the page: network, live, picture(), named(iri, text),
  // evidence(a, b), and what its buttons do: open, focus, hide, pin, start, end.
  constructor(place, page) {
    this.place = place;
    this.page = page;
  }

  fill(...parts) {
    this.place.replaceChildren(...parts.filter(Boolean));
  }

  nothing() {
    const { live, picture, named } = this.page;
    const { steps, folded, view, ends } = picture();
    if (steps.length) {
      this.fill(make("h2", {}, "Step by step"), pathSteps(steps, named));
      return;
    }
    let help = "Choose a node or a link to see what it is.";
    if (live) help = "Choose a node to see what it is, or a link to see the papers and sentences behind it. Choosing a node twice opens its surroundings.";
    if (live && folded) help = "Each node is a community, named by its strongest members. Choose one to see who is in it; choosing it twice opens it.";
    if (view === "path" && !ends.every(Boolean)) help = "Say under Path what to go from and to; or choose a node in any view, then 'Path from here', then another one and 'Path to here'.";
    this.fill(make("p", { class: "quiet" }, help));
  }

  node(id) {
    const { network, named } = this.page;
    const thing = network.things.get(id);
    const community = thing.group === "community";
    const links = network.linksOf(id).sort((a, b) => b.value - a.value || (a.id < b.id ? -1 : 1));
    let what = `${count(thing.papers, "paper")}, ${count(links.length, "link")} here`;
    if (thing.group === "paper") what = `${count(links.length, "link")} here`;
    if (community) what = `${count(thing.members, "member")} on ${count(thing.papers, "paper")}`;
    this.fill(
      make("span", { class: `tag k-${thing.group}` }, thing.group),
      make("h2", {}, community ? thing.label : named(id, thing.label)),
      make("p", {}, what),
      community ? this.strongest(thing) : null,
      this.acts(id, community),
      links.length ? make("h3", {}, "Linked with") : null,
      ...this.neighbours(id, links));
  }

  strongest(thing) {
    const rest = thing.members - thing.named.length;
    return make("p", {}, `Strongest: ${thing.named.join(", ")}${rest > 0 ? ` and ${rest.toLocaleString("en")} more` : ""}.`);
  }

  acts(id, community) {
    const { page } = this;
    const { network, live } = page;
    const pinned = network.pins.has(id);
    const acts = make("div", { class: "acts" });
    if (live && community) acts.append(button("Open", () => page.open(id)));
    if (live && !community) {
      acts.append(button(network.addedBy.has(id) ? "Close" : "Open", () => page.open(id)), button("Put in the middle", () => page.focus(id)));
    }
    acts.append(button("Hide", () => page.hide(id)), button(pinned ? "Unpin" : "Pin", () => page.pin(id, !pinned)));
    if (live && !community) {
      acts.append(button("Path from here", () => page.start(id)));
      if (page.started()) acts.append(button("Path to here", () => page.end(id)));
    }
    return acts;
  }

  neighbours(id, links) {
    const { network } = this.page;
    const list = make("ul", { class: "neighbours" });
    const add = (from, to) => {
      for (const link of links.slice(from, to)) {
        const other = link.from === id ? link.to : link.from;
        const kind = network.things.get(other).group;
        const noun = kind === "community" ? "pair" : "paper";
        const row = button("", () => network.selectLink(link.id));
        row.append(shapeOf(kind), make("span", { class: "name" }, network.label(other)), make("span", { class: "count" }, count(link.value, noun)));
        list.append(make("li", {}, row));
      }
    };
    add(0, SHOWN_AT_FIRST);
    const rest = links.length - SHOWN_AT_FIRST;
    if (rest <= 0) return [list];
    const more = button(`${rest} more`, () => {
      add(SHOWN_AT_FIRST);
      more.remove();
    });
    return [list, more];
  }

  link(id) {
    const { network, named, live } = this.page;
    const link = network.links.get(id);
    const [a, b] = [link.from, link.to];
    const folded = network.things.get(a).group === "community";
    const end = (iri) => (folded ? network.label(iri) : named(iri, network.label(iri)));
    const found = make("div", { class: "behind" });
    const told = folded
      ? `${count(link.value, "pair")} of members, one in each, share papers.`
      : `${count(link.value, "paper")}${link.first === null ? "" : `, ${yearsOf(link)}`}`;
    this.fill(
      make("div", { class: "acts" }, button(network.label(a), () => network.show(a)), button(network.label(b), () => network.show(b))),
      make("h2", {}, end(a), " and ", end(b)),
      make("p", {}, told),
      found);
    if (folded) found.append(make("p", { class: "quiet" }, "Open a community to see its members and their papers."));
    else if (live) this.tellEvidence(a, b, found);
    else found.append(make("p", { class: "quiet" }, "The sentences stand in the graph that this file was made from."));
  }

  async tellEvidence(a, b, found) {
    found.append(make("p", { class: "quiet" }, "Reading the papers…"));
    try {
      const evidence = await this.page.evidence(a, b);
      if (found.isConnected) found.replaceChildren(...allEvidence(evidence, this.page.named));
    } catch (error) {
      found.replaceChildren(make("p", {}, `Not shown: ${error.message}`));
    }
  }
}
