"""Networks as SVG, drawn on the server: coloured by the style sheet, each node a link."""

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from scholargraph.graph.diagram import Diagram
from scholargraph.graph.opening import Node, Picture

Address = Callable[[str], str | None]

# A node's least radius, and room for names at the rim of the picture.
LEAST, RIM = 6.0, 46.0

# Letters of a name beside its node; the rest is in the tip.
LETTERS = 26

# A class of the diagram: height of its box, and width of a letter in it.
BOX, LETTER = 30, 8.2

# A property's name on its arrow: height of its line, width of a letter; and where on the arrow it
# may stand, the best place first.
LINE, SMALL = 13, 6.2
ALONG = tuple(0.5 + side * step / 20 for step in range(9) for side in (-1, 1))

# Left, top, right and bottom.
Space = tuple[float, float, float, float]


def network(picture: Picture, title: str, address: Address) -> Markup:
    """*picture* with a link to each node's page; empty where there is nothing to draw."""
    if not picture.nodes:
        return Markup()
    left, right = (edge(node.x for node in picture.nodes) for edge in (min, max))
    top, bottom = (edge(node.y for node in picture.nodes) for edge in (min, max))
    parts = [
        _opened(left - 2 * RIM, top - RIM, right - left + 4 * RIM, bottom - top + 2 * RIM, title)
    ]
    heaviest = max((link.papers for link in picture.links), default=1)
    for link in picture.links:
        one, other = picture.nodes[link.first], picture.nodes[link.second]
        parts.append(
            Markup(
                '<line class="tie" x1="{}" y1="{}" x2="{}" y2="{}" stroke-width="{:.1f}">'
                "<title>{} and {}: {}</title></line>"
            ).format(
                *(one.x, one.y, other.x, other.y, 1 + 5 * link.papers / heaviest),
                *(one.name, other.name, _papers(link.papers)),
            )
        )
    most = max(node.papers for node in picture.nodes)
    parts += [_node(node, most, address) for node in picture.nodes]
    return Markup("").join([*parts, Markup("</svg>")])


def _node(node: Node, most: int, address: Address) -> Markup:
    radius = LEAST + 12 * math.sqrt(node.papers / most)
    name = node.name if len(node.name) <= LETTERS else node.name[: LETTERS - 1] + "…"
    return Markup(
        '<a href="{}" class="k-{}"><title>{}, {}: {}</title><circle cx="{}" cy="{}" r="{:.1f}"/>'
        '<text x="{}" y="{:.1f}">{}</text></a>'
    ).format(
        *(address(node.iri), node.kind, node.name, node.kind, _papers(node.papers)),
        *(node.x, node.y, radius, node.x, node.y + radius + 14, name),
    )


def _opened(left: float, top: float, width: float, height: float, title: str) -> Markup:
    return Markup(
        '<svg class="network" viewBox="{:.0f} {:.0f} {:.0f} {:.0f}" role="group" aria-label="{}">'
    ).format(left, top, width, height, title)


def _papers(count: int) -> str:
    return f"{count} paper{'' if count == 1 else 's'}"


def diagram(drawn: Diagram, title: str) -> Markup:
    """Classes as boxes, properties as lines between them; ours lead to their place on the page."""
    left, right = (edge(box.x for box in drawn.boxes) for edge in (min, max))
    top, bottom = (edge(box.y for box in drawn.boxes) for edge in (min, max))
    parts = [
        _opened(left - 110, top - 50, right - left + 220, bottom - top + 100, title),
        Markup(
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" '
            'markerHeight="9" orient="auto-start-reverse" markerUnits="userSpaceOnUse">'
            '<path d="M0 0 8 4 0 8z"/></marker></defs>'
        ),
    ]
    at = {box.name: (box.x, box.y) for box in drawn.boxes}
    lines, names = [], []
    taken = [_space(box.x, box.y, len(box.name) * LETTER + 18, BOX) for box in drawn.boxes]
    ends = {}
    for arrow in drawn.arrows:
        (x, y), (u, v) = at[arrow.subject], at[arrow.object]
        begin, end = _rim(u, v, x, y, len(arrow.subject)), _rim(x, y, u, v, len(arrow.object))
        ends[arrow] = *begin, *end
        lines.append(
            Markup(
                '<line class="{}" x1="{:.0f}" y1="{:.0f}" x2="{:.0f}" y2="{:.0f}" '
                'marker-end="url(#arrow)"/>'
            ).format("is-a" if arrow.is_a else "tie", *begin, *end)
        )
    # Names on short arrows have the least choice.
    for arrow in sorted(
        filter(lambda arrow: arrow.names, ends), key=lambda arrow: _length(ends[arrow])
    ):
        x, y = _free(ends[arrow], arrow.names, taken)
        for number, name in enumerate(arrow.names):
            names.append(
                Markup('<text class="small" x="{:.0f}" y="{:.0f}">{}</text>').format(
                    x, y + 4 + LINE * (number - (len(arrow.names) - 1) / 2), name
                )
            )
    for box in drawn.boxes:
        width = len(box.name) * LETTER + 18
        shape = Markup(
            '<rect x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{}" rx="6"/>'
            '<text x="{:.0f}" y="{:.0f}">{}</text>'
        ).format(box.x - width / 2, box.y - BOX / 2, width, BOX, box.x, box.y + 5, box.name)
        ours = box.name.startswith("sg:")
        names.append(
            Markup('<a href="#{}" class="class ours">{}</a>').format(box.name[3:], shape)
            if ours
            else Markup('<g class="class">{}</g>').format(shape)
        )
    return Markup("").join([*parts, *lines, *names, Markup("</svg>")])


def _rim(x: float, y: float, u: float, v: float, letters: int) -> tuple[float, float]:
    """Where the line from (x, y) to the middle of a box at (u, v) meets its rim."""
    width, height = letters * LETTER / 2 + 12, BOX / 2 + 3
    dx, dy = u - x, v - y
    part = max(abs(dx) / width, abs(dy) / height)
    return (u - dx / part, v - dy / part) if part > 1 else (u, v)


def _length(ends: Space) -> float:
    return math.hypot(ends[2] - ends[0], ends[3] - ends[1])


def _space(x: float, y: float, width: float, height: float) -> Space:
    """What something in the middle of which (x, y) is takes."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _free(ends: Space, names: Sequence[str], taken: list[Space]) -> tuple[float, float]:
    """Where on the arrow *names* meet least of what is *taken*; they take that place, too."""
    width, height = max(map(len, names)) * SMALL, LINE * len(names)
    places = [
        (ends[0] + part * (ends[2] - ends[0]), ends[1] + part * (ends[3] - ends[1]))
        for part in ALONG
    ]
    spaces = [_space(x, y, width, height) for x, y in places]
    best = min(
        range(len(spaces)), key=lambda n: (sum(_overlap(spaces[n], other) for other in taken), n)
    )
    taken.append(spaces[best])
    return places[best]


def _overlap(one: Space, other: Space) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, high)
