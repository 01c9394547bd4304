// Where nodes stand that join a picture: beside what they are linked to, on nobody else.

// Pixels of the picture between a new node and those that stood there before.
const DISTANCE = 62;

// The nodes of `picture`: those of `before` where they stood, others beside what they are linked to.
export function placedBeside(picture, before) {
  const known = new Map(Object.entries(before));
  const nodes = [];
  const neighbours = new Map(picture.nodes.map(({ id }) => [id, []]));
  for (const { from, to } of picture.edges) {
    neighbours.get(from).push(to);
    neighbours.get(to).push(from);
  }
  const pinned = new Set(picture.pinned);
  const standing = picture.nodes.filter(({ id }) => known.has(id)).map(({ id }) => known.get(id));
  for (const node of picture.nodes) {
    let place = pinned.has(node.id) ? node : known.get(node.id);
    if (!place && standing.length) {
      const near = neighbours.get(node.id).map((id) => known.get(id)).filter(Boolean);
      place = freePlace(near.length ? middle(near) : node, standing);
      known.set(node.id, place);
      standing.push(place);
    }
    nodes.push({ ...node, x: (place || node).x, y: (place || node).y });
  }
  return nodes;
}

function middle(places) {
  const sum = places.reduce((one, other) => ({ x: one.x + other.x, y: one.y + other.y }));
  return { x: sum.x / places.length, y: sum.y / places.length };
}

// The nearest place to `start`, along a sunflower's spiral, that no other is too near to.
function freePlace(start, standing) {
  for (let turn = 1; turn < 400; turn += 1) {
    const [angle, away] = [turn * 2.399963, DISTANCE * 0.6 * Math.sqrt(turn)];
    const place = { x: start.x + away * Math.cos(angle), y: start.y + away * Math.sin(angle) };
    if (standing.every((other) => Math.hypot(other.x - place.x, other.y - place.y) >= DISTANCE)) return place;
  }
  return { x: start.x, y: start.y };
}

// Puts `nodes` around the place `at`, on its side away from the middle of the picture.
export function spread(nodes, at) {
  const away = Math.atan2(at.y, at.x);
  nodes.forEach((node, turn) => {
    const [angle, distance] = [away + turn * 2.399963, 70 + 16 * Math.sqrt(turn)];
    node.x = at.x + 40 * Math.cos(away) + distance * Math.cos(angle);
    node.y = at.y + 40 * Math.sin(away) + distance * Math.sin(angle);
  });
}
