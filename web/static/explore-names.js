// What is drawn over vis-network's picture: names at one size, rings around the middle and pins.

import { placedNames } from "./explore-labels.js";

export class Names {
  constructor(network) {
    this.network = network;
    this.widths = new Map();
  }

  placed(context) {
    const { network } = this;
    const things = network.ranked.filter((id) => network.isShown(id)).map((id) => ({
      id,
      label: network.label(id),
      longer: network.things.get(id).group === "community",
      box: network.net.getBoundingBox(id),
      special: id === network.hovered || id === network.selected || id === network.focus,
      near: network.emphasised?.has(id),
    })).filter(({ box }) => box);
    return placedNames(things, {
      scale: network.net.getScale(),
      view: network.seen(),
      widthOf: (name, bold) => this.width(context, name, bold),
      emphasised: network.emphasised !== null,
    });
  }

  draw(context) {
    const { colours, focus, net, pins } = this.network;
    const scale = net.getScale();
    context.textAlign = "center";
    context.textBaseline = "top";
    context.lineJoin = "round";
    context.strokeStyle = colours.paper;
    context.fillStyle = colours.ink;
    context.lineWidth = 3.5 / scale;
    let font = "";
    for (const { text, x, y, size, bold } of this.placed(context)) {
      const wanted = this.font(size, bold);
      if (wanted !== font) context.font = font = wanted;
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
    if (focus && this.network.isShown(focus)) this.ring(context, focus, 3 / scale, 2 / scale, []);
    for (const id of pins) {
      if (this.network.isShown(id)) this.ring(context, id, 2 / scale, 1.5 / scale, [3 / scale, 2 / scale]);
    }
  }

  ring(context, id, away, width, dashes) {
    const box = this.network.net.getBoundingBox(id);
    const radius = Math.max(box.right - box.left, box.bottom - box.top) / 2 + away;
    context.beginPath();
    context.setLineDash(dashes);
    context.arc((box.left + box.right) / 2, (box.top + box.bottom) / 2, radius, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = this.network.colours.ink;
    context.stroke();
    context.setLineDash([]);
  }

  width(context, name, bold) {
    const key = bold ? `b${name}` : `r${name}`;
    if (!this.widths.has(key)) {
      const before = context.font;
      context.font = this.font(13, bold);
      this.widths.set(key, context.measureText(name).width);
      context.font = before;
    }
    return this.widths.get(key);
  }

  font(size, bold) {
    return `${bold ? 600 : 400} ${size}px ${this.network.colours.face}`;
  }
}
