// An answer as a picture: the things of each row, joined in the order of the columns; or the
// statements of a CONSTRUCT.
"use strict";

const AnswerGraph = {
  MOST: 300, // nodes that one can still tell apart
  SHAPES: { author: "dot", paper: "square", method: "triangle", dataset: "diamond", task: "star", metric: "triangleDown" },

  // The columns to join, or null where an answer has fewer than two columns of things.
  columns(names, rows, base) {
    const things = names.filter((name) => {
      const bound = rows.filter((row) => row[name]);
      return bound.length > 0 && bound.every((row) => row[name].type !== "literal" && row[name].type !== "triple");
    });
    if (things.length < 2) return null;
    const ours = (name) => rows.some((row) => row[name]?.value.startsWith(base));
    // In `?s ?p ?o` the middle one says how the others belong together.
    if (things.length === 3 && !ours(things[1]) && (ours(things[0]) || ours(things[2]))) {
      return { ends: [things[0], things[2]], by: things[1] };
    }
    return { ends: things, by: null };
  },

  // What a row calls a thing: ?paperLabel or ?paper_title beside ?paper, or a lone ?label after it.
  labelOf(name, names, row) {
    const after = names[names.indexOf(name) + 1];
    const beside = names.find((other) => new RegExp(`^${name}_?(label|name|title)$`, "i").test(other));
    const said = beside ?? (/^(label|name|title)$/i.test(after ?? "") ? after : null);
    return said && row[said]?.type === "literal" ? row[said].value : null;
  },

  fromRows(names, rows, { ends, by }) {
    const graph = { names: new Map(), links: new Map() };
    const number = names.find((name) => rows.some((row) => /#(integer|decimal|double|float)$/.test(row[name]?.datatype ?? "")));
    for (const row of rows) {
      for (const name of ends) {
        if (!row[name]) continue;
        const label = AnswerGraph.labelOf(name, names, row);
        if (label || !graph.names.has(row[name].value)) graph.names.set(row[name].value, label);
      }
      const bound = ends.filter((name) => row[name]);
      for (let n = 1; n < bound.length; n += 1) {
        const [from, to] = [row[bound[n - 1]].value, row[bound[n]].value];
        const said = by ? row[by]?.value : null;
        AnswerGraph.join(graph, from, to, said, number ? Number(row[number]?.value ?? 1) : 1);
      }
    }
    return graph;
  },

  // Lines of N-Triples, as our server writes them: one statement each.
  fromTriples(text) {
    const graph = { names: new Map(), links: new Map() };
    const line = /^(<[^>]*>|_:\S+) <([^>]*)> (<[^>]*>|_:\S+|"(?:[^"\\]|\\.)*".*) \.$/;
    const bare = (term) => (term.startsWith("<") ? AnswerGraph.unescaped(term.slice(1, -1)) : term);
    for (const written of text.split("\n")) {
      const found = line.exec(written);
      if (!found) continue;
      const subject = bare(found[1]);
      if (!graph.names.has(subject)) graph.names.set(subject, null);
      if (found[3].startsWith('"')) {
        const naming = /(prefLabel|\/name|\/title|#label)$/.test(found[2]);
        if (naming) graph.names.set(subject, AnswerGraph.unescaped(/^"((?:[^"\\]|\\.)*)"/.exec(found[3])[1]));
      } else if (!found[2].endsWith("#type")) {
        const object = bare(found[3]);
        if (!graph.names.has(object)) graph.names.set(object, null);
        AnswerGraph.join(graph, subject, object, found[2], 1);
      }
    }
    return graph;
  },

  unescaped(text) {
    const letters = { t: "\t", b: "\b", n: "\n", r: "\r", f: "\f" };
    return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, four, eight, one) =>
      one ? (letters[one] ?? one) : String.fromCodePoint(parseInt(four ?? eight, 16)),
    );
  },

  join(graph, from, to, said, weight) {
    if (from === to) return;
    const key = `${from} ${to} ${said ?? ""}`;
    const known = graph.links.get(key);
    if (known) known.weight += weight;
    else graph.links.set(key, { from, to, said, weight });
  },

  // The nodes with the most links, and the links between them.
  bounded(graph) {
    const degree = new Map([...graph.names.keys()].map((node) => [node, 0]));
    for (const { from, to } of graph.links.values()) {
      degree.set(from, degree.get(from) + 1);
      degree.set(to, degree.get(to) + 1);
    }
    const ranked = [...degree].sort((a, b) => b[1] - a[1]).slice(0, AnswerGraph.MOST);
    const kept = new Map(ranked);
    const links = [...graph.links.values()].filter(({ from, to }) => kept.has(from) && kept.has(to));
    return { nodes: kept, links, more: degree.size - kept.size };
  },

  // vis-network's own file is fetched with the first picture.
  load(address) {
    AnswerGraph.loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.addEventListener("load", done);
      script.addEventListener("error", failed);
      document.head.append(script);
    });
    return AnswerGraph.loading;
  },

  // Draws into `frame`; `nameOf` gives a node's name, `kindOf` its kind, `open` follows a node.
  draw(frame, { nodes, links }, { nameOf, kindOf, open }) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const short = (text) => (text.length > 32 ? `${text.slice(0, 31)}…` : text);
    // The more there is, the farther off it stands: then only names of what has many links are drawn.
    const far = Math.max(1, Math.sqrt(nodes.size / 30));
    const heaviest = Math.max(1, ...links.map((link) => link.weight));
    const data = {
      nodes: [...nodes].map(([id, degree]) => {
        const kind = kindOf(id);
        return {
          id,
          label: short(nameOf(id)),
          shape: AnswerGraph.SHAPES[kind] ?? "dot",
          size: 7 + 2.5 * Math.sqrt(degree),
          font: { size: Math.max(13, far * (4 + 3 * Math.sqrt(degree))) },
          color: colour(`--c-${kind}`) || colour("--quiet"),
        };
      }),
      edges: links.map(({ from, to, said, weight }) => ({
        from,
        to,
        label: said ? short(nameOf(said)) : undefined,
        width: 1 + (3 * weight) / heaviest,
        arrows: said ? { to: { scaleFactor: 0.5 } } : undefined,
      })),
    };
    const font = { color: colour("--fg"), face: "inherit", strokeWidth: 3, strokeColor: colour("--bg") };
    const net = new vis.Network(frame, data, {
      nodes: { font, scaling: { label: { drawThreshold: 7 } } },
      edges: { color: { color: colour("--quiet"), opacity: 0.5 }, font: { ...font, size: 10 }, smooth: false },
      layout: { randomSeed: 7, improvedLayout: nodes.size < 100 },
      physics: { solver: "forceAtlas2Based", forceAtlas2Based: { springLength: 60 }, stabilization: { iterations: 200, fit: true } },
      interaction: { hover: true, zoomView: true },
    });
    net.once("stabilizationIterationsDone", () => net.setOptions({ physics: false }));
    net.on("selectNode", (event) => open(event.nodes[0]));
    const canvas = frame.querySelector("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${nodes.size} things and ${links.length} links; the table has the same`);
    return net;
  },
};
