// The page's own colours, light or dark, as canvas and files need them.

export class Colours {
  // `groups` are vis-network's: what a kind looks like where the page names no colour for it.
  constructor(groups) {
    const page = getComputedStyle(document.documentElement);
    const body = getComputedStyle(document.body);
    this.ink = body.color;
    this.paper = opaque(body.backgroundColor) || opaque(page.backgroundColor) || "#fff";
    this.accent = page.getPropertyValue("--accent").trim() || this.ink;
    this.face = body.fontFamily;
    this.kinds = {};
    for (const [kind, group] of Object.entries(groups)) {
      this.kinds[kind] = page.getPropertyValue(`--c-${kind}`).trim() || group.color;
    }
  }

  node(kind) {
    const background = this.kinds[kind];
    return {
      background,
      border: this.paper,
      highlight: { background, border: this.ink },
      hover: { background, border: this.ink },
    };
  }

  // Links of a picture with so many to each node: the more, the fainter.
  faint(crowding) {
    const [red, green, blue] = this.ink.match(/\d+/g);
    return `rgba(${red}, ${green}, ${blue}, ${Math.min(0.45, Math.max(0.18, 0.55 - 0.12 * crowding))})`;
  }
}

function opaque(colour) {
  return colour && colour !== "transparent" && !/, 0\)$/.test(colour) ? colour : "";
}
