// The form beside the picture: what it says, and how it is set to what is shown.

import { ALLOWED, FOLDABLE, KINDS } from "./explore-address.js";
import { byId } from "./explore-dom.js";

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

// Sets the form to what `picture` shows; to `whole` of it also where somebody is typing.
export function showChosen(form, picture, { network, live, whole = false }) {
  const { view, folded, community, ends } = picture;
  for (const row of document.querySelectorAll(".kind[data-kind]")) {
    const { kind } = row.dataset;
    const box = row.querySelector("input");
    row.hidden = !box || folded || (live && !ALLOWED[view].includes(kind));
    if (!box) row.hidden = !folded;
    else box.checked = picture.kinds.includes(kind) && !network.hiddenKinds.has(kind);
  }
  if (!live) return;
  const values = { focus: picture.focus && view !== "path" ? picture.focus : "", community: community || "", view };
  Object.assign(values, { from: picture.from ?? "", to: picture.to ?? "", min: picture.min, limit: picture.limit, confidence: picture.confidence });
  for (const [name, value] of Object.entries(values)) {
    const input = form.elements[name];
    // What somebody is typing is newer than the answer.
    if (input && (whole || input !== document.activeElement || input.type === "range")) input.value = value;
  }
  for (const name of ["focus", "community"]) form.elements[name].disabled = !values[name];
  ["a", "b"].forEach((name, at) => {
    const field = form.elements[name];
    field.dataset.iri = ends[at]?.iri ?? "";
    field.value = ends[at]?.label ?? "";
  });
  form.elements.fold.checked = folded;
  const path = view === "path";
  byId("ends").hidden = !path;
  byId("folding").hidden = !FOLDABLE.includes(view) || Boolean(community);
  byId("unfolded").hidden = !community;
  byId("bounds").classList.toggle("all-years", folded || Boolean(community));
  for (const name of ["from", "to", "min", "confidence", "from-thumb", "to-thumb"]) byId(name).disabled = folded || Boolean(community);
  byId("min").disabled ||= path;
  byId("limit").disabled = path;
  byId("confidence-told").textContent = Number(picture.confidence).toFixed(2);
}
