// Papers and the sentences in them that say why two things are linked, with the mentions marked.

import { count, make } from "./explore-dom.js";

// `named(iri, text)` is a link to the page of a resource, where there is one.
export function paperEvidence(paper, named) {
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

export function allEvidence(evidence, named) {
  const papers = evidence.papers.flatMap((paper) => paperEvidence(paper, named));
  if (!papers.length) papers.push(make("p", { class: "quiet" }, "No paper of these years and this confidence."));
  if (evidence.more) papers.push(make("p", { class: "quiet" }, `${count(evidence.more, "older paper")} not listed.`));
  return papers;
}

// The steps of a path: each paper, what it links, and its sentences about them.
export function pathSteps(steps, named) {
  const list = make("ol", { class: "steps" });
  for (const { paper, ends } of steps) {
    const linked = make("p", { class: "quiet" });
    ends.forEach((end, at) => linked.append(at ? " and " : "", named(end.iri, end.label)));
    list.append(make("li", {}, linked, ...paperEvidence(paper, named)));
  }
  return list;
}
