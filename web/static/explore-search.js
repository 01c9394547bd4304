// Fields that look names up on the server as one types; arrow keys go through the matches.

import { button, byId, make, shapeOf } from "./explore-dom.js";

class NameField {
  // `chosen(hit)` gets {iri, name, kind}; `answer(path)` asks the server.
  constructor(field, list, { answer, chosen, failed }) {
    Object.assign(this, { field, list, answer, chosen, failed, timer: 0 });
    field.addEventListener("input", () => this.look());
    field.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("keydown", (event) => this.key(event));
  }

  clear() {
    clearTimeout(this.timer);
    this.list.replaceChildren();
  }

  // The first match, for who presses Enter in the field.
  takeFirst() {
    const first = this.list.querySelector("button");
    first?.click();
    return Boolean(first);
  }

  look() {
    this.clear();
    const text = this.field.value.trim();
    if (!text) return;
    this.timer = setTimeout(async () => {
      try {
        const { suggestions } = await this.answer(`/suggest?${new URLSearchParams({ q: text })}`);
        if (this.field.value.trim() === text) this.show(suggestions);
      } catch (error) {
        this.failed(error);
      }
    }, 150);
  }

  show(hits) {
    const rows = hits.map((hit) => {
      const row = button("", () => {
        this.clear();
        this.chosen(hit);
      });
      row.append(shapeOf(hit.kind), ` ${hit.name}`);
      return make("li", {}, row);
    });
    this.list.replaceChildren(...(rows.length ? rows : [make("li", { class: "quiet" }, "No match.")]));
  }

  key(event) {
    const stops = [this.field, ...this.list.querySelectorAll("button")];
    const at = stops.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && at >= 0 && stops[at + step]) {
      event.preventDefault();
      stops[at + step].focus();
    } else if (event.key === "Escape" && stops.length > 1) {
      this.clear();
      this.field.focus();
    }
  }
}

// Wires the field for the middle and those for the two ends of a path: `focus(iri)` and `path()`
// are called once something is chosen.
export function fillsByName({ answer, failed, focus, path }) {
  const middle = byId("focus-text");
  const search = new NameField(middle, byId("focus-form").querySelector(".hits"), {
    answer,
    failed,
    chosen: (hit) => {
      middle.value = "";
      focus(hit.iri);
    },
  });
  byId("focus-form").addEventListener("submit", (event) => {
    event.preventDefault();
    search.takeFirst();
  });
  for (const name of ["a", "b"]) fillsEnd(byId(`end-${name}`), { answer, failed, path });
}

function fillsEnd(field, { answer, failed, path }) {
  const search = new NameField(field, field.nextElementSibling, {
    answer,
    failed,
    chosen: (hit) => {
      field.value = hit.name;
      field.dataset.iri = hit.iri;
      field.focus();
      path();
    },
  });
  field.addEventListener("input", () => {
    field.dataset.iri = "";
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!search.takeFirst()) path();
  });
}
