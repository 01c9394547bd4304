// What is shown, as the parameters of an address: the form, the opened, hidden and pinned nodes.

export const KINDS = ["author", "paper", "method", "dataset", "task", "metric"];
export const ALLOWED = {
  coauthors: ["author"],
  concepts: KINDS.slice(2),
  mixed: KINDS,
  path: KINDS.filter((kind) => kind !== "paper"),
};
export const FOLDABLE = ["coauthors", "concepts"];

// The state of the form, which also says what is in the middle.
export function formState(form) {
  // Not FormData, which leaves out what is disabled for now.
  const value = (name) => form.elements[name].value.trim();
  const chosen = [...form.querySelectorAll("[name=kinds]:checked")].map((box) => box.value);
  return {
    focus: value("focus"),
    community: value("community"),
    view: value("view"),
    fold: form.elements.fold.checked,
    a: form.elements.a.dataset.iri || value("a"),
    b: form.elements.b.dataset.iri || value("b"),
    kinds: KINDS.filter((kind) => chosen.includes(kind)),
    from: value("from"),
    to: value("to"),
    min: value("min"),
    confidence: Number(value("confidence")),
    limit: value("limit"),
    open: [],
    hide: [],
    pins: [],
  };
}

export function query(chosen) {
  const pairs = new URLSearchParams();
  pairs.set("view", chosen.view);
  const computed = FOLDABLE.includes(chosen.view) && (chosen.fold || chosen.community);
  if (computed) {
    if (chosen.community) pairs.set("community", chosen.community);
    else pairs.set("fold", "yes");
  } else {
    if (chosen.focus && chosen.view !== "path") pairs.set("focus", chosen.focus);
    if (chosen.view !== "coauthors") pairs.set("kinds", chosen.kinds.join(","));
    for (const name of ["from", "to"]) if (chosen[name]) pairs.set(name, chosen[name]);
    if (chosen.confidence) pairs.set("confidence", chosen.confidence);
    if (chosen.view === "path") {
      for (const name of ["a", "b"]) if (chosen[name]) pairs.set(name, chosen[name]);
    } else if (chosen.min && chosen.min !== "1") pairs.set("min", chosen.min);
  }
  if (chosen.limit && chosen.view !== "path") pairs.set("limit", chosen.limit);
  for (const iri of new Set(chosen.open)) pairs.append("open", iri);
  for (const iri of new Set(chosen.hide)) pairs.append("hide", iri);
  for (const { id, x, y } of chosen.pins) pairs.append("pin", `${x.toFixed(1)},${y.toFixed(1)},${id}`);
  return pairs.toString();
}
