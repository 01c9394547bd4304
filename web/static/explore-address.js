// What is shown, as the parameters of an address: the form, the opened, hidden and pinned nodes.

export const KINDS = ["author", "paper", "method", "dataset", "task", "metric"];
export const ALLOWED = {
  coauthors: ["author"],
  concepts: KINDS.slice(2),
  mixed: KINDS,
  path: KINDS.filter((kind) => kind !== "paper"),
};
export const FOLDABLE = ["coauthors", "concepts"];

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
