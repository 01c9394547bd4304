// Where names stand in a picture: the heaviest first, none over another, at one size whatever the
// zoom. The screen and the SVG file place them alike.

// So many nodes, those of most papers, are named wherever there is a way to.
const GREATEST = 14;

// More names than one in so many square pixels are noise, whether or not they touch.
const ROOM_OF_A_NAME = 5200;

// The height of a name in pixels of the screen.
const NAME_SIZE = 13;

// `things` are {id, label, box, special, near} in the order of their weight, boxes in the picture's
// units; `view` is what of it is seen; `widthOf(name, bold)` measures in pixels of the screen.
// What comes back are {id, text, x, y, size, bold}; x is the middle of a name, y its top.
export function placedNames(things, { scale, view, widthOf, emphasised }) {
  const size = NAME_SIZE / scale;
  const special = things.filter((thing) => thing.special);
  const order = emphasised ? [...special, ...things.filter((thing) => thing.near && !thing.special)] : [...special, ...things.filter((thing) => !thing.special)];
  const great = new Set((emphasised ? order : things.slice(0, GREATEST)).map((thing) => thing.id));
  const area = (view.right - view.left) * (view.bottom - view.top) * scale * scale;
  const most = area / ROOM_OF_A_NAME;
  const taken = [];
  const placed = [];
  for (const thing of order) {
    const { box } = thing;
    let x = (box.left + box.right) / 2;
    if (x < view.left || x > view.right || box.top > view.bottom || box.bottom < view.top) continue;
    if (!thing.special && taken.length > most) break;
    const text = shortened(thing.label, thing.special ? 60 : thing.longer ? 40 : 28);
    const width = widthOf(text, thing.special) / scale;
    x = Math.min(Math.max(x, view.left + width / 2), view.right - width / 2);
    // Below the node or above it; the greatest may cover lesser nodes, not each other's names.
    const places = [box.bottom + 1.5 / scale, box.top - size * 1.15 - 1.5 / scale].map((top) => ({
      left: x - width / 2, right: x + width / 2, top, bottom: top + size * 1.15,
    }));
    const clear = places.filter((place) => !taken.some((other) => overlap(place, other)));
    const free = clear.find((place) => !things.some((other) => other.id !== thing.id && overlap(place, other.box)));
    const place = free || (thing.special || great.has(thing.id) ? clear[0] : null) || (thing.special ? places[0] : null);
    if (!place) continue;
    taken.push(place);
    placed.push({ id: thing.id, text, x, y: place.top, size, bold: Boolean(thing.special) });
  }
  return placed;
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

export function shortened(text, most) {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}
