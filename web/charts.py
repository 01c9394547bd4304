"""Charts as SVG, drawn on the server: coloured by the style sheet, readable without scripts."""

import math
from collections.abc import Sequence
from typing import Protocol

from markupsafe import Markup

HEIGHT = 200
LEFT, BOTTOM, TOP = 48, 26, 12

# A year's label needs about this many units of width, also in the larger letters of small screens.
LABEL_WIDTH = 60


# Series beyond these share the last colour: more could not be told apart.
COLOURS = 8

Series = Sequence[tuple[str, Sequence[tuple[int, int]]]]


def bars(data: Sequence[tuple[int, int]], title: str, width: int) -> Markup:
    """
    A bar for each (year, count); empty where there is nothing to draw.

    *width* is about what the chart will have in pixels, so that its letters keep their size. The
    page shows the same numbers as a table for those who cannot see it.
    """
    return _chart([("", data)], data, title, width)


def stacks(series: Series, data: Sequence[tuple[int, int]], title: str, width: int) -> Markup:
    """
    `bars` of *data*, each made up of what *series* (name and its years' counts) have of it.

    The first series stands at the bottom; each has a colour of its own, ``s0`` to ``s7``.
    """
    return _chart(series, data, title, width)


class Reliable(Protocol):
    """One bin of a calibration: what was said on average, and which part of how many was true."""

    @property
    def said(self) -> float: ...
    @property
    def true(self) -> float: ...
    @property
    def candidates(self) -> int: ...


def reliability(bins: Sequence[Reliable], title: str, size: int = 260) -> Markup:
    """A point for each bin, the larger the more it rests on, beside the line where both agree."""

    def at(value: float) -> float:
        return LEFT + value * (size - LEFT - TOP)

    def up(value: float) -> float:
        return size - BOTTOM - value * (size - BOTTOM - TOP)

    parts = [
        Markup('<svg class="chart square" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            size, size, title
        ),
        Markup('<line class="even" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
            at(0), up(0), at(1), up(1)
        ),
    ]
    for tick in (0, 0.5, 1):
        parts.append(
            Markup(
                '<text class="tick end" x="{:.1f}" y="{:.1f}">{}</text>'
                '<text class="tick middle" x="{:.1f}" y="{}">{}</text>'
            ).format(LEFT - 6, up(tick) + 4, tick, at(tick), size - 8, tick)
        )
    points = " ".join(f"{at(found.said):.1f},{up(found.true):.1f}" for found in bins)
    parts.append(Markup('<polyline class="line" points="{}"/>').format(points))
    most = max((found.candidates for found in bins), default=1)
    for found in bins:
        parts.append(
            Markup(
                '<circle class="bar" cx="{:.1f}" cy="{:.1f}" r="{:.1f}">'
                "<title>{} candidates: said {:.2f}, right {:.2f}</title></circle>"
            ).format(
                *(at(found.said), up(found.true), 2.5 + 4 * math.sqrt(found.candidates / most)),
                *(found.candidates, found.said, found.true),
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def _chart(series: Series, data: Sequence[tuple[int, int]], title: str, width: int) -> Markup:
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
    found = [(name, dict(counts)) for name, counts in series]
    for number, (year, _) in enumerate(data):
        middle = LEFT + (number + 0.5) * room
        below = 0
        for place, (name, counts) in enumerate(found):
            if count := counts.get(year, 0):
                parts.append(
                    _block(
                        (middle - bar / 2, y(below + count), bar, y(below) - y(below + count)),
                        min(place, COLOURS - 1),
                        f"{year}{', ' + name if name else ''}: {count} "
                        f"{'paper' if count == 1 else 'papers'}",
                    )
                )
                below += count
        if number % every == 0:
            # The label of a narrow last bar would be cut at the edge.
            left = min(middle, width - LABEL_WIDTH * 0.37)
            parts.append(
                Markup('<text class="tick middle" x="{:.1f}" y="{}">{}</text>').format(
                    left, HEIGHT - 8, year
                )
            )
    return Markup("").join([*parts, Markup("</svg>")])


def _block(box: tuple[float, float, float, float], colour: int, text: str) -> Markup:
    return Markup(
        '<rect class="bar s{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
        "<title>{}</title></rect>"
    ).format(colour, *box, text)


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
