"""Charts as SVG, drawn on the server: coloured by the style sheet, readable without scripts."""

from collections.abc import Sequence

from markupsafe import Markup

HEIGHT = 200
LEFT, BOTTOM, TOP = 48, 26, 12

# A year's label needs about this many units of width, also in the larger letters of small screens.
LABEL_WIDTH = 60


def bars(data: Sequence[tuple[int, int]], title: str, width: int) -> Markup:
    """
    A bar for each (year, count); empty where there is nothing to draw.

    *width* is about what the chart will have in pixels, so that its letters keep their size. The
    page shows the same numbers as a table for those who cannot see it.
    """
    if not data:
        return Markup()
    step = _step(max(count for _, count in data))
    top = -(-max(count for _, count in data) // step) * step or 1
    room = (width - LEFT) / len(data)
    floor = HEIGHT - BOTTOM

    def y(value: int) -> float:
        return TOP + (floor - TOP) * (1 - value / top)

    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            width, HEIGHT, title
        )
    ]
    for value in range(0, top + 1, step):
        parts.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
                '<text class="tick end" x="{}" y="{:.1f}">{}</text>'
            ).format(LEFT, width, y(value), y(value), LEFT - 6, y(value) + 4, value)
        )
    every = max(1, -(-len(data) * LABEL_WIDTH // (width - LEFT)))
    bar = min(room * 0.76, 56)  # a single year is no wall
    for number, (year, count) in enumerate(data):
        middle = LEFT + (number + 0.5) * room
        parts.append(
            Markup(
                '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
                "<title>{}: {} {}</title></rect>"
            ).format(
                middle - bar / 2,
                y(count),
                bar,
                floor - y(count),
                year,
                count,
                "paper" if count == 1 else "papers",
            )
        )
        if number % every == 0:
            parts.append(
                Markup('<text class="tick middle" x="{:.1f}" y="{}">{}</text>').format(
                    middle, HEIGHT - 8, year
                )
            )
    return Markup("").join([*parts, Markup("</svg>")])


def _step(highest: int) -> int:
    """
    The distance of the grid's lines: a round number that gives at most five.

    >>> _step(7), _step(120)
    (2, 25)
    """
    step = 1
    while True:
        for factor in (1, 2, 5) if step != 10 else (1, 2, 2.5, 5):
            if highest <= 5 * step * factor:
                return int(step * factor)
        step *= 10
