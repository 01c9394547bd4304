// Queries that this browser keeps; nobody else sees them.
"use strict";

class SavedQueries {
  KEY = "scholargraph.queries";

  constructor(box, open) {
    this.list = box.querySelector("ul");
    this.box = box;
    this.open = open;
    this.draw();
    // Another tab may have saved one.
    window.addEventListener("storage", (event) => event.key === this.KEY && this.draw());
  }

  read() {
    try {
      const found = JSON.parse(localStorage.getItem(this.KEY) ?? "[]");
      return Array.isArray(found) ? found.filter((one) => typeof one?.name === "string" && typeof one.query === "string") : [];
    } catch {
      return []; // a browser that keeps nothing
    }
  }

  // Whether the browser keeps it.
  save(name, query) {
    const others = this.read().filter((one) => one.name !== name);
    return this.write([...others, { name, query }]);
  }

  write(queries) {
    try {
      localStorage.setItem(this.KEY, JSON.stringify(queries));
    } catch {
      return false;
    }
    this.draw();
    return true;
  }

  draw() {
    const queries = this.read();
    this.box.hidden = queries.length === 0;
    this.list.replaceChildren(
      ...queries.map(({ name, query }) => {
        const item = document.createElement("li");
        const use = document.createElement("button");
        use.type = "button";
        use.className = "link";
        use.textContent = name;
        use.addEventListener("click", () => this.open(query));
        const remove = document.createElement("button");
        remove.type = "button";
        remove.className = "link quiet";
        remove.textContent = "Remove";
        remove.setAttribute("aria-label", `Remove ${name}`);
        remove.addEventListener("click", () => {
          this.write(this.read().filter((one) => one.name !== name));
        });
        item.append(use, " ", remove);
        return item;
      }),
    );
  }
}
