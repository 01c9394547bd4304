"""Where the nodes of a picture stand: the same graph gives the same picture."""

import math

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from .incidence import Numbers

Position = tuple[float, float]

# A plane of complex numbers: one array holds both coordinates, and its absolute value the distance.
Plane = NDArray[np.complex64]

# Pixels at scale 1 between neighbouring nodes: room for a node and a line of its label.
SPACING = 110.0

# More steps move the nodes of 300 by less than a node's width.
STEPS = 35

# Nodes that the first places go by; more of them change little.
PIVOTS = 50


def positions(graph: nx.Graph) -> dict[str, Position]:
    """
    Coordinates in pixels around (0, 0): the largest component in the middle, the rest around.

    Components are laid out one by one, and packed like circles: nothing says how far apart they
    should be. 300 nodes in one component take about 40 ms.
    """
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    links: dict[str, list[tuple[str, str]]] = {}
    part_of = {node: min(part) for part in parts for node in part}
    for link in graph.edges:
        links.setdefault(part_of[link[0]], []).append(link)
    laid_out = [_part(sorted(part), links.get(min(part), [])) for part in parts]
    centres = _packed([_radius(plane) for _, plane in laid_out])
    placed: dict[str, Position] = {}
    for (nodes, plane), centre in zip(laid_out, centres, strict=True):
        for node, place in zip(nodes, (plane + centre).tolist(), strict=True):
            placed[node] = (round(place.real, 1), round(place.imag, 1))
    return placed


def _part(nodes: list[str], links: list[tuple[str, str]]) -> tuple[list[str], Plane]:
    count = len(nodes)
    circle = np.exp(2j * math.pi * np.arange(count) / count).astype(np.complex64)
    if count == 1:
        return nodes, np.zeros(1, np.complex64)
    if len(links) == count * (count - 1) // 2:  # nothing to untangle
        return nodes, circle * np.float32(SPACING * max(0.42, 0.8 * count / math.tau))
    at = {node: number for number, node in enumerate(nodes)}
    ends = np.array([(at[one], at[other]) for one, other in links], np.int64)
    plane = _stress(count, ends[:, 0], ends[:, 1])
    return nodes, _apart(_evened(plane) * np.float32(SPACING * math.sqrt(count) * 0.62))


def _stress(count: int, firsts: Numbers, seconds: Numbers) -> Plane:
    """
    Places whose distances are as near as can be to the number of links on the shortest way.

    Stress majorization (Gansner, Koren and North 2004), all nodes at once in each step, from pivot
    scaling (Brandes and Pich 2006). Unlike springs alone it unfolds branches and keeps what belongs
    together in one region. It solves no system of n equations: on a busy machine the threads of
    numpy's solvers wait for each other, which took up to ten times as long as all of this.
    """
    steps = _steps(count, firsts, seconds)
    places = _scaled(steps)
    weights = 1 / np.maximum(steps, 1) ** 2
    np.fill_diagonal(weights, 0)
    whole = weights.sum(axis=1)
    pull = weights * steps
    for _ in range(STEPS):
        lengths = np.einsum("ij,ij->i", places, places)
        apart = lengths[:, None] + lengths[None, :] - 2 * (places @ places.T)
        ratio = pull / np.sqrt(np.maximum(apart, np.float32(1e-4)))
        moved = weights @ places - ratio @ places + places * ratio.sum(axis=1)[:, None]
        places = moved / whole[:, None]
    places -= places.mean(axis=0)
    return np.asarray(places[:, 0] + 1j * places[:, 1], np.complex64)


def _steps(count: int, firsts: Numbers, seconds: Numbers) -> NDArray[np.float32]:
    """The number of links between every two nodes of a connected graph."""
    heads, tails = np.concatenate((firsts, seconds)), np.concatenate((seconds, firsts))
    order = np.argsort(heads, kind="stable")
    tails, begins = tails[order], np.searchsorted(heads[order], np.arange(count))
    steps = np.zeros((count, count), np.float32)
    # A bit for each node: all that a node reaches is then some bytes.
    reached = np.packbits(np.eye(count, dtype=bool), axis=1)
    while (missing := np.unpackbits(~reached, axis=1, count=count)).any():
        steps += missing
        reached = reached | np.bitwise_or.reduceat(reached[tails], begins)
    return steps


def _scaled(steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Places in the plane by the distances to `PIVOTS` of the nodes."""
    pivots = np.unique(np.linspace(0, len(steps) - 1, PIVOTS).astype(np.int64))
    squares = steps[:, pivots] ** 2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    square = centred.T @ centred
    # Power iteration for the two main axes: the rest of the spectrum is not needed.
    count = len(pivots)
    first, second = np.cos(np.arange(count)), np.sin(1.3 * np.arange(count) + 1)
    for _ in range(30):
        first = square @ first
        first /= max(np.linalg.norm(first), 1e-9)
        second = square @ (second - (second @ first) * first)
        second /= max(np.linalg.norm(second), 1e-9)
    places = centred @ np.column_stack((first, second - (second @ first) * first))
    spread = np.abs(places).max()
    # A hair off, so that nodes at the same distance from all pivots do not stay together.
    turn = np.arange(len(steps), dtype=np.float32)
    hair = np.column_stack((np.cos(turn), np.sin(turn))) * np.float32(0.05)
    scaled = places / max(spread, 1e-6) * (steps.max() / 2) + hair
    return np.asarray(scaled, np.float32)


def _evened(plane: Plane) -> Plane:
    """
    *plane* in the unit disc, half way to the same number of nodes in rings of the same area.

    Springs alone leave a knot in the middle and a few nodes far outside.
    """
    distance = np.abs(plane)
    ranks = np.argsort(np.argsort(distance, kind="stable"), kind="stable")
    even = np.sqrt((ranks + 0.5) / len(plane))
    wanted = (distance / distance.max() + even) / 2
    return np.asarray(plane * (wanted / np.maximum(distance, 1e-6)), np.complex64)


def _apart(plane: Plane) -> Plane:
    """Pushes nodes that stand on each other apart, both by half of what is missing."""
    least = np.float32(SPACING * 0.7)
    for _ in range(3):
        # Who is near enough to come too near while the others are pushed.
        squares = plane.real**2 + plane.imag**2
        dots = np.outer(plane.real, plane.real) + np.outer(plane.imag, plane.imag)
        near = squares[:, None] + squares[None, :] - 2 * dots < (1.5 * least) ** 2
        firsts, seconds = np.nonzero(np.triu(near, 1))
        for _ in range(10):
            delta = plane[firsts] - plane[seconds]
            distance = np.abs(delta)
            missing = np.maximum(least - distance, 0)
            if not missing.size or missing.max() < 1:
                return plane
            push = delta * (missing / np.maximum(distance, np.float32(0.01)) / 2)
            moved = np.zeros(len(plane), np.complex64)
            np.add.at(moved, firsts, push)
            np.subtract.at(moved, seconds, push)
            plane = plane + moved
    return plane


def _radius(plane: Plane) -> float:
    return float(np.abs(plane).max()) + SPACING * 0.4


def _packed(radii: list[float]) -> list[complex]:
    """Centres of circles of *radii*, which fall: each as near to the middle as there is room."""
    if not radii:
        return []
    step = max(radii[-1] * 0.6, 1.0)
    reach = 2.2 * math.sqrt(sum(radius**2 for radius in radii)) + radii[0]
    number = np.arange(int((reach / step) ** 2) + 1)
    # Points of equal density, as in a sunflower, from the middle outwards.
    places = step * np.sqrt(number) * np.exp(1j * number * math.pi * (3 - math.sqrt(5)))
    room = np.full(len(places), np.inf)
    centres = []
    for radius in radii:
        fitting = np.flatnonzero(room >= radius)
        centre = complex(places[fitting[0]])
        centres.append(centre)
        room = np.minimum(room, np.abs(places - centre) - radius)
    return centres
