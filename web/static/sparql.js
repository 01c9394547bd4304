// The SPARQL page: sends the query, shows the answer page by page, offers it for download.
"use strict";

(() => {
  const PAGE = 100; // rows in the table at a time
  const ACCEPT = "application/sparql-results+json, text/turtle;q=0.9";
  const byId = (id) => document.getElementById(id);
  const form = byId("ask");
  const { base, root, terms } = form.dataset;
  const prefixes = {};
  for (const item of document.querySelectorAll("[data-prefix]")) {
    prefixes[item.dataset.prefix] = item.textContent;
  }
  const editor = new SparqlEditor(byId("editor"), () => run());
  editor.prefixes = prefixes;
  // What is named after a `<`: authors, papers and concepts, as the search box finds them.
  editor.lookup = async (text) => {
    const response = await fetch(`${root}/suggest?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return [];
    const { suggestions } = await response.json();
    return suggestions.map(({ iri, name, kind }) => ({ text: `<${iri}>`, told: `${name} (${kind})` }));
  };
  const names = new Map(); // of things on the page, by IRI; null where the graph knows none
  let request = null;
  let answer = null;
  let asked = "";
  let page = 0;
  let shape = "table";

  fetch(terms, { headers: { Accept: "application/json" } })
    .then((response) => (response.ok ? response.json() : { classes: [], properties: [] }))
    .then((found) => {
      const own = [...found.classes, ...found.properties].map((term) => `sg:${term.name}`);
      editor.terms = [...new Set([...own, ...form.dataset.known.split(" ")])];
    })
    .catch(() => {}); // completion is a comfort

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const shortened = (iri) => {
    if (iri.startsWith(base)) return decode(iri.slice(base.length));
    for (const [prefix, namespace] of Object.entries(prefixes)) {
      if (iri.startsWith(namespace)) return `${prefix}:${iri.slice(namespace.length)}`;
    }
    return iri;
  };

  const decode = (text) => {
    try {
      return decodeURI(text);
    } catch {
      return text;
    }
  };

  // A term as a node of the page; text stays text.
  const written = (term) => {
    if (!term) return "";
    if (term.type === "triple") return JSON.stringify(term.value);
    if (term.type === "bnode") return `_:${term.value}`;
    if (term.type === "uri") {
      const ours = term.value.startsWith(base);
      // Only our own pages and the web become links: an IRI can be javascript: as well.
      if (!ours && !/^https?:\/\//i.test(term.value)) return term.value;
      const href = ours ? `${root}/${term.value.slice(base.length)}` : term.value;
      const link = element("a", names.get(term.value) ?? shortened(term.value), { href, title: term.value });
      if (ours) link.dataset.thing = term.value;
      if (!ours) link.rel = "noopener external";
      return link;
    }
    if (!term["xml:lang"]) return term.value;
    const made = element("span", `${term.value} `);
    made.append(element("span", `@${term["xml:lang"]}`, { class: "quiet" }));
    return made;
  };

  const cell = (term) => {
    const made = element("td");
    made.append(written(term));
    if (/#(integer|decimal|double|float)$/.test(term?.datatype ?? "")) made.className = "num";
    return made;
  };

  const table = (names, rows) => {
    const scroll = element("div", undefined, {
      class: "scroll",
      role: "region",
      tabindex: "0",
      "aria-label": "Rows of the answer",
    });
    const made = element("table");
    const head = element("tr");
    names.forEach((name) => head.append(element("th", name, { scope: "col" })));
    made.append(element("thead"), element("tbody"));
    made.tHead.append(head);
    for (const row of rows) {
      const line = element("tr");
      names.forEach((name) => line.append(cell(row[name])));
      made.tBodies[0].append(line);
    }
    scroll.append(made);
    return scroll;
  };

  // Fetches the names of those of our things that have none yet; whether there were any.
  const learnNames = async (iris) => {
    const unknown = [...new Set(iris)].filter((iri) => iri.startsWith(base) && !names.has(iri) && !/[<>"{}|^`\\\s]/.test(iri));
    if (!unknown.length) return false;
    const values = unknown.map((iri) => `<${iri}>`).join(" ");
    const query = `SELECT ?thing (SAMPLE(?any) AS ?name) WHERE { VALUES ?thing { ${values} }
      ?thing <http://www.w3.org/2004/02/skos/core#prefLabel>|<http://xmlns.com/foaf/0.1/name>|<http://purl.org/dc/terms/title> ?any } GROUP BY ?thing`;
    try {
      const response = await ask(query, "application/sparql-results+json");
      if (!response.ok) return false;
      for (const row of (await response.json()).results.bindings) {
        if (row.thing && row.name) names.set(row.thing.value, row.name.value);
      }
    } catch {
      return false; // addresses do as well
    }
    for (const iri of unknown) if (!names.has(iri)) names.set(iri, null);
    return true;
  };

  const nameLinks = async () => {
    const links = [...byId("result").querySelectorAll("a[data-thing]")];
    if (!(await learnNames(links.map((link) => link.dataset.thing)))) return;
    for (const link of links) link.textContent = names.get(link.dataset.thing) ?? link.textContent;
  };

  const kindOf = (iri) => (iri.startsWith(base) ? iri.slice(base.length).split("/")[0] : "");

  const drawGraph = async () => {
    const shown = answer;
    const frame = element("div", undefined, { class: "answer-graph" });
    const note = element("p", "Drawing…", { class: "quiet" });
    byId("result").replaceChildren(frame, note);
    try {
      if (shown.text !== undefined && shown.graph === undefined) {
        const response = await ask(asked, "application/n-triples");
        if (!response.ok) return explain(response);
        shown.graph = AnswerGraph.fromTriples(await response.text());
      }
      await AnswerGraph.load(form.dataset.vis);
    } catch {
      note.textContent = "The picture could not be drawn; the table has the same.";
      return;
    }
    shown.graph ??= AnswerGraph.fromRows(shown.head.vars, shown.results.bindings, shown.things);
    const bounded = AnswerGraph.bounded(shown.graph);
    const unnamed = [...bounded.nodes.keys()].filter((iri) => !shown.graph.names.get(iri));
    await learnNames(unnamed);
    if (answer !== shown || shape !== "graph") return; // something else is wanted by now
    const nameOf = (iri) => shown.graph.names.get(iri) ?? names.get(iri) ?? shortened(iri).replace(/^.*[/#]/, "");
    const told = element("p", "", { role: "status" });
    AnswerGraph.draw(frame, bounded, {
      nameOf,
      kindOf,
      open: (iri) => told.replaceChildren(written({ type: iri.startsWith("_:") ? "bnode" : "uri", value: iri.replace(/^_:/, "") })),
    });
    const more = bounded.more ? `; ${bounded.more} more, with fewer links, are not shown` : "";
    note.textContent = `${bounded.nodes.size} things, ${bounded.links.length} links${more}. Click one for its page.`;
    note.after(told);
  };

  const draw = () => {
    const result = byId("result");
    const pages = byId("result-pages");
    const rows = answer.results?.bindings;
    const columns = rows && AnswerChart.columns(answer.head.vars, rows);
    answer.things ??= rows && AnswerGraph.columns(answer.head.vars, rows, base);
    const offers = { table: rows !== undefined, text: answer.text !== undefined, chart: Boolean(columns), graph: Boolean(answer.things ?? answer.text) };
    if (!offers[shape]) shape = rows ? "table" : "text";
    pages.hidden = true;
    byId("shapes").hidden = !(offers.chart || offers.graph);
    for (const button of byId("shapes").children) {
      button.hidden = !offers[button.dataset.shape];
      button.setAttribute("aria-pressed", String(button.dataset.shape === shape));
    }
    if (shape === "graph") {
      drawGraph();
    } else if (answer.text !== undefined) {
      result.replaceChildren(element("pre", answer.text, { class: "card scroll", tabindex: "0" }));
    } else if (answer.boolean !== undefined) {
      result.replaceChildren(element("p", answer.boolean ? "Yes." : "No."));
    } else if (columns && shape === "chart") {
      const rest = rows.length - AnswerChart.MOST;
      const note = rest > 0 ? element("p", `The first ${AnswerChart.MOST}; ${rest} more in the table.`) : "";
      result.replaceChildren(AnswerChart.draw(columns, rows, written), note);
    } else {
      const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
      result.replaceChildren(
        rows.length ? table(answer.head.vars, rows.slice(page * PAGE, (page + 1) * PAGE)) : element("p", "No rows."),
      );
      pages.hidden = last === 0;
      byId("result-page").textContent = `Page ${page + 1} of ${last + 1}`;
      byId("back").disabled = page === 0;
      byId("next").disabled = page === last;
    }
    byId("answer").hidden = false;
    if (shape !== "graph") nameLinks();
  };

  const offerDownloads = (query) => {
    const forms =
      answer.text !== undefined
        ? [["Turtle", "text/turtle", "ttl"], ["N-Triples", "application/n-triples", "nt"], ["JSON-LD", "application/ld+json", "jsonld"], ["RDF/XML", "application/rdf+xml", "rdf"]]
        : [["CSV", "text/csv", "csv"], ["TSV", "text/tab-separated-values", "tsv"], ["JSON", "application/sparql-results+json", "json"], ["XML", "application/sparql-results+xml", "xml"]];
    byId("result-downloads").replaceChildren(
      element("span", "Download:"),
      ...forms.map(([name, type, suffix]) => {
        const button = element("button", name, { type: "button", class: "link" });
        button.addEventListener("click", () => download(query, type, `answer.${suffix}`));
        return button;
      }),
    );
  };

  const download = async (query, accept, name) => {
    const response = await ask(query, accept);
    if (!response.ok) return explain(response);
    const link = element("a", undefined, { download: name });
    link.href = URL.createObjectURL(await response.blob());
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const ask = (query, accept, signal) =>
    fetch(form.action, { method: "POST", body: new URLSearchParams({ query }), headers: { Accept: accept }, signal });

  const explain = async (response) => {
    let problem = { title: `The server answered ${response.status}` };
    if ((response.headers.get("Content-Type") ?? "").includes("json")) problem = await response.json();
    const detail = problem.detail || problem.title;
    refuse(detail.charAt(0).toUpperCase() + detail.slice(1));
    if (problem.line) editor.mark(problem.line, problem.column ?? 1);
  };

  const refuse = (message) => {
    byId("status").textContent = "";
    byId("problem").textContent = message;
    byId("problem").hidden = false;
    byId("answer").hidden = true;
  };

  // A browser that opens it gets this page, any other client the answer.
  const linkTo = (query) => `${location.pathname}?query=${encodeURIComponent(query)}`;

  const run = async () => {
    const query = editor.value;
    if (!query.trim()) return refuse("There is no query yet; choose a question or write one.");
    request?.abort();
    const mine = (request = new AbortController());
    const began = performance.now();
    byId("problem").hidden = true;
    byId("status").textContent = "Running…";
    byId("cancel").hidden = false;
    form.setAttribute("aria-busy", "true");
    history.replaceState(null, "", linkTo(query));
    try {
      const response = await ask(query, ACCEPT, mine.signal);
      if (!response.ok) return await explain(response);
      const graph = (response.headers.get("Content-Type") ?? "").startsWith("text/turtle");
      answer = graph ? { text: await response.text() } : await response.json();
      asked = query;
      page = 0;
      draw();
      offerDownloads(query);
      const time = `${((performance.now() - began) / 1000).toFixed(2)} s`;
      const rows = answer.results?.bindings.length;
      const count = rows === undefined ? "" : `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}, `;
      byId("status").textContent = `${count}${time}`;
    } catch (error) {
      if (request !== mine) return; // a newer run took over
      refuse(error.name === "AbortError" ? "Cancelled." : "The server cannot be reached; is it running?");
    } finally {
      if (request === mine) {
        request = null;
        byId("cancel").hidden = true;
        form.removeAttribute("aria-busy");
      }
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  for (const button of byId("shapes").children) {
    button.addEventListener("click", () => {
      shape = button.dataset.shape;
      draw();
    });
  }
  byId("cancel").addEventListener("click", () => request?.abort());
  byId("back").addEventListener("click", () => {
    page -= 1;
    draw();
  });
  byId("next").addEventListener("click", () => {
    page += 1;
    draw();
  });
  for (const link of document.querySelectorAll("a[data-query]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
      event.preventDefault();
      editor.value = link.dataset.query;
      run();
    });
  }
  document.querySelector(".keys").hidden = false;
  const saved = new SavedQueries(byId("saved"), (query) => {
    editor.value = query;
    run();
  });
  const keeping = byId("keep");
  keeping.hidden = false;
  keeping.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = byId("keep-name").value.trim();
    if (!name || !editor.value.trim()) return;
    const kept = saved.save(name, editor.value);
    byId("status").textContent = kept ? `Saved in this browser as ${name}.` : "This browser keeps nothing.";
    byId("keep-name").value = "";
  });
  const share = byId("share");
  share.hidden = !navigator.clipboard;
  share.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(linkTo(editor.value), location.href).href);
    byId("status").textContent = "The link is copied.";
  });
  if (form.dataset.run === "yes") run();
})();
