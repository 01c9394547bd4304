// An editor that stays a <textarea>, so that undo, input methods and screen readers work: a
// coloured copy of its text lies behind it, and a list of completions in front.
"use strict";

const KEYWORDS = new Set(
  ("BASE PREFIX SELECT CONSTRUCT DESCRIBE ASK WHERE FROM NAMED DISTINCT REDUCED AS GROUP BY HAVING " +
    "ORDER ASC DESC LIMIT OFFSET VALUES UNDEF OPTIONAL GRAPH UNION MINUS FILTER BIND EXISTS NOT IN").split(" "),
);
const FUNCTIONS = new Set(
  ("COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT STR LANG LANGMATCHES DATATYPE BOUND IRI URI RAND ABS " +
    "CEIL FLOOR ROUND CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE " +
    "STRAFTER YEAR MONTH DAY NOW COALESCE IF STRDT STRLANG SAMETERM ISIRI ISLITERAL ISNUMERIC REGEX " +
    "SUBSTR REPLACE").split(" "),
);

// One group a class of token, in this order.
const CLASSES = ["comment", "string", "name", "variable", "string", "name", "number", "word"];
const TOKEN = new RegExp(
  [
    String.raw`(#[^\n]*)`,
    String.raw`("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)`,
    String.raw`(<[^<>"{}|^\x60\\\s]*>)`,
    String.raw`([?$][\w\u00b7-\uffff]+)`,
    String.raw`(@[a-zA-Z-]+|\^\^)`,
    String.raw`((?:[A-Za-z][\w.-]*)?:[\w.%-]*)`,
    String.raw`(\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)`,
    String.raw`([A-Za-z_]\w*)`,
  ].join("|"),
  "g",
);

class SparqlEditor {
  constructor(box, run) {
    this.box = box;
    this.text = box.querySelector("textarea");
    this.run = run;
    this.prefixes = {};
    this.terms = [];
    this.lookup = null; // asks for what is named after a `<`: [{ text, told }]
    this.looked = 0;
    this.error = -1;
    this.copy = document.createElement("pre");
    this.copy.setAttribute("aria-hidden", "true");
    box.prepend(this.copy);
    box.classList.add("live");
    this.list = document.createElement("ul");
    this.list.id = "completions";
    this.list.className = "suggestions completions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Completions");
    this.list.hidden = true;
    box.append(this.list);
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.addEventListener("input", () => {
      this.error = -1;
      this.draw();
      this.complete(false);
    });
    this.text.addEventListener("scroll", () => this.follow());
    this.text.addEventListener("blur", () => this.close());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  get value() {
    return this.text.value;
  }

  set value(text) {
    this.text.value = text;
    this.error = -1;
    this.close();
    this.draw();
  }

  // Marks the character at a line and a column, both counted from 1.
  mark(line, column) {
    const before = this.value.split("\n").slice(0, line - 1);
    this.error = before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    this.error = Math.max(0, Math.min(this.error, this.value.length - 1));
    this.draw();
    this.text.focus();
    this.text.setSelectionRange(this.error, this.error);
  }

  draw() {
    const pieces = [];
    const add = (from, to, name) => {
      if (from >= to) return;
      if (from <= this.error && this.error < to) {
        // The wrong token as a whole, or the one character between tokens.
        const [start, end] = name ? [from, to] : [this.error, this.error + 1];
        pieces.push(this.value.slice(from, start), span(this.value.slice(start, end), `${name} error`));
        pieces.push(this.value.slice(end, to));
      } else {
        pieces.push(name ? span(this.value.slice(from, to), name) : this.value.slice(from, to));
      }
    };
    const span = (text, name) => {
      const element = document.createElement("span");
      element.className = name;
      element.textContent = text;
      return element;
    };
    let done = 0;
    for (const match of this.value.matchAll(TOKEN)) {
      add(done, match.index, "");
      done = match.index + match[0].length;
      let name = CLASSES[match.slice(1).findIndex((group) => group !== undefined)];
      if (name === "word") {
        const word = match[0].toUpperCase();
        name = KEYWORDS.has(word) || match[0] === "a" ? "keyword" : FUNCTIONS.has(word) ? "function" : "";
      }
      add(match.index, done, name);
    }
    add(done, this.value.length, "");
    this.copy.replaceChildren(...pieces, "\n");
    this.follow();
  }

  follow() {
    this.copy.scrollTop = this.text.scrollTop;
    this.copy.scrollLeft = this.text.scrollLeft;
  }

  word() {
    return /[?$]?[\w:-]*$/.exec(this.value.slice(0, this.text.selectionStart))[0];
  }

  complete(wanted) {
    const word = this.word();
    this.close();
    const named = /<([^<>="'?\n]{2,60})$/.exec(this.value.slice(0, this.text.selectionStart));
    if (named && this.lookup) {
      this.find(named[1]);
      return;
    }
    if (!wanted && word.length < 2) return;
    const start = word.toLowerCase();
    const variables = new Set(this.value.match(/[?$]\w+/g));
    variables.delete(word);
    const offers = /^[?$]/.test(word)
      ? [...variables]
      : [...this.terms, ...Object.keys(this.prefixes).map((prefix) => `${prefix}:`), ...KEYWORDS, ...FUNCTIONS];
    const begins = offers.filter((offer) => offer.toLowerCase().startsWith(start) && offer !== word);
    const holds = offers.filter(
      (offer) => word.length > 2 && !begins.includes(offer) && offer.toLowerCase().includes(start) && offer !== word,
    );
    const found = [...begins, ...holds].slice(0, 30);
    this.offer(found.map((text) => ({ text, told: text })), word.length);
  }

  // Names come from the server: only the latest answer counts, and only while nobody typed on.
  async find(text) {
    const turn = (this.looked += 1);
    const before = this.value;
    await new Promise((done) => setTimeout(done, 120));
    if (turn !== this.looked) return;
    const found = await this.lookup(text).catch(() => []);
    if (turn === this.looked && this.value === before) this.offer(found, text.length + 1);
  }

  // Shows offers in place of the `length` characters before the caret.
  offer(found, length) {
    if (!found.length) return;
    this.length = length;
    this.list.replaceChildren(
      ...found.map(({ text, told }, number) => {
        const item = document.createElement("li");
        item.id = `completion-${number}`;
        item.setAttribute("role", "option");
        item.textContent = told;
        item.dataset.text = text;
        item.addEventListener("click", () => {
          this.chosen = number;
          this.take();
        });
        return item;
      }),
    );
    this.place();
    this.list.hidden = false;
    this.text.setAttribute("aria-controls", this.list.id);
    this.choose(0);
  }

  // Below the line of the caret; letters of the editor are all of one width.
  place() {
    const style = getComputedStyle(this.text);
    const lines = this.value.slice(0, this.text.selectionStart).split("\n");
    const context = document.createElement("canvas").getContext("2d");
    context.font = style.font;
    const letter = context.measureText("0".repeat(20)).width / 20;
    const left = (lines.at(-1).length - this.length) * letter + parseFloat(style.paddingLeft) - this.text.scrollLeft;
    const top = lines.length * parseFloat(style.lineHeight) + parseFloat(style.paddingTop) - this.text.scrollTop;
    this.list.style.left = `${Math.max(0, Math.min(left, this.box.clientWidth - 260))}px`;
    this.list.style.top = `${top}px`;
  }

  choose(number) {
    this.chosen = number;
    const items = [...this.list.children];
    items.forEach((item, n) => item.setAttribute("aria-selected", String(n === number)));
    items[number].scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", items[number].id);
  }

  take() {
    const offer = this.list.children[this.chosen].dataset.text;
    this.close();
    this.insert(offer, this.length);
    const prefix = offer.split(":")[0];
    const known = !offer.startsWith("<") && offer.includes(":") && this.prefixes[prefix];
    if (known && !new RegExp(`PREFIX\\s+${prefix}:`, "i").test(this.value)) {
      const line = `PREFIX ${prefix}: <${known}>\n`;
      const caret = this.text.selectionStart + line.length;
      this.text.setSelectionRange(0, 0);
      this.insert(line, 0);
      this.text.setSelectionRange(caret, caret);
    }
  }

  // Puts text at the caret in place of the characters before it.
  insert(text, before) {
    const end = this.text.selectionEnd;
    const start = this.text.selectionStart - before;
    this.text.setSelectionRange(start, end);
    // Deprecated, yet the only way that the browser's own undo knows of.
    if (!document.execCommand("insertText", false, text)) {
      this.text.setRangeText(text, start, end, "end");
    }
    this.close();
    this.draw();
  }

  close() {
    this.list.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
    this.text.removeAttribute("aria-controls");
  }

  key(event) {
    const control = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && control) {
      event.preventDefault();
      this.close();
      this.run();
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.complete(true);
    } else if (!this.list.hidden) {
      const count = this.list.children.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.choose((this.chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
      } else if (event.key === "Enter" || event.key === "Tab") {
        event.preventDefault();
        this.take();
      } else if (event.key === "Escape") {
        this.close();
      }
    } else if (event.key === "Enter" && !event.shiftKey) {
      const line = this.value.slice(0, this.text.selectionStart).split("\n").at(-1);
      const indent = /^\s*/.exec(line)[0] + (/[{(]\s*$/.test(line) ? "  " : "");
      if (indent) {
        event.preventDefault();
        this.insert(`\n${indent}`, 0);
      }
    }
  }
}
