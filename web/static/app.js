// What every page does beyond plain HTML: the theme, search suggestions, tables that sort.
"use strict";

(() => {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // The choice then lasts as long as the page.
    }
    document.dispatchEvent(new Event("themechange"));
  });
})();

// A search box with suggestions: the combobox pattern of the ARIA Authoring Practices, with a list
// that is announced, walked by arrows and left by Escape. Enter without a choice submits the form.
class Suggestions {
  static WAIT = 40; // milliseconds of quiet before a request: less than between two keys

  constructor(input, number) {
    this.input = input;
    this.list = document.createElement("ul");
    this.list.id = `suggestions-${number}`;
    this.list.className = "suggestions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.list.hidden = true;
    input.after(this.list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    this.chosen = -1;
    const { pick, kind } = input.dataset;
    // With *pick* a choice goes on there with its IRI; else to its own page.
    this.target = (suggestion) =>
      pick ? pick + encodeURIComponent(suggestion.iri) : suggestion.address;
    this.of = kind ? `&kind=${kind}` : "";
    this.address = new URL("suggest", new URL(input.form.action)).href;
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // The list must not take the focus before a click on it counts.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), Suggestions.WAIT);
  }

  async ask() {
    const question = this.input.value.trim();
    this.request?.abort();
    if (!question) return this.close();
    this.request = new AbortController();
    try {
      const response = await fetch(`${this.address}?q=${encodeURIComponent(question)}${this.of}`, {
        signal: this.request.signal,
        headers: { Accept: "application/json" },
      });
      if (response.ok) this.show((await response.json()).suggestions);
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // the form still works
    }
  }

  show(suggestions) {
    if (document.activeElement !== this.input) return;
    this.list.replaceChildren(
      ...suggestions.map((suggestion, number) => {
        const item = document.createElement("li");
        item.id = `${this.list.id}-${number}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const kind = document.createElement("span");
        kind.className = `tag k-${suggestion.kind}`;
        kind.textContent = suggestion.kind;
        const name = document.createElement("span");
        name.className = "name";
        name.textContent = suggestion.name;
        item.append(kind, " ", name);
        item.dataset.address = this.target(suggestion);
        item.addEventListener("click", () => location.assign(item.dataset.address));
        return item;
      }),
    );
    this.choose(-1);
    this.list.hidden = suggestions.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.choose(-1);
  }

  choose(number) {
    const items = [...this.list.children];
    this.chosen = number;
    items.forEach((item, n) => item.setAttribute("aria-selected", String(n === number)));
    if (number < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", items[number].id);
    items[number].scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const count = this.list.children.length;
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault(); // a search box would clear itself
      this.close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place before the first stands for what was typed.
      this.choose(((this.chosen + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && this.chosen >= 0 && !this.list.hidden) {
      event.preventDefault();
      location.assign(this.list.children[this.chosen].dataset.address);
    }
  }
}

document.querySelectorAll("input[data-suggest]").forEach((input, number) => {
  new Suggestions(input, number);
});

// Tables whose headings sort. Numbers sort as numbers, the rest as the reader's language does.
document.querySelectorAll("table[data-sortable]").forEach((table) => {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const value = (row, column) =>
    row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const numeric = heading.classList.contains("num");
      const before = heading.getAttribute("aria-sort");
      const order = before ? (before === "ascending" ? -1 : 1) : numeric ? -1 : 1;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order > 0 ? "ascending" : "descending");
      const rows = [...body.rows];
      rows.sort((a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        if (numeric) {
          // What is no number, such as an unknown position, stays at the end either way.
          const [m, n] = [parseFloat(x), parseFloat(y)];
          if (Number.isNaN(m) || Number.isNaN(n)) return Number.isNaN(m) - Number.isNaN(n);
          return order * (m - n);
        }
        return order * x.localeCompare(y, undefined, { sensitivity: "base", numeric: true });
      });
      body.append(...rows);
    });
  });
});

// Forms that narrow a table do so while one types. The server does the same without scripts, also
// in the order of its own.
document.querySelectorAll("form[data-narrows]").forEach((form) => {
  const table = document.getElementById(form.dataset.narrows);
  const count = document.getElementById(`${form.dataset.narrows}-count`);
  const words = form.elements.q;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  words.addEventListener("input", () => {
    const wanted = plain(words.value).split(/\s+/).filter(Boolean);
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) {
      const text = plain(row.cells[0].textContent);
      row.hidden = !wanted.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = shown < rows.length ? `${shown} of ${rows.length}` : "";
  });
});

// The marks of a paper: which kinds are shown, and how sure they have to be.
(() => {
  const form = document.getElementById("marks");
  if (!form) return;
  form.hidden = false;
  document.getElementById("legend").hidden = true;
  const least = document.getElementById("least");
  const said = form.querySelector("output");
  const count = document.getElementById("marks-count");
  const marks = [...document.querySelectorAll("article mark[data-sure]")];
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    said.value = Number(least.value).toFixed(2);
    const kinds = [...form.querySelectorAll("input:checked")].map((box) => `k-${box.value}`);
    let hidden = 0;
    for (const mark of marks) {
      const shown =
        Number(mark.dataset.sure) >= Number(least.value) &&
        kinds.some((kind) => mark.classList.contains(kind));
      mark.classList.toggle("off", !shown);
      hidden += !shown;
    }
    count.textContent = hidden ? `${marks.length - hidden} of ${marks.length} marks shown` : "";
  });
})();
