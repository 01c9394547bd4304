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
STEPS = 30


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

    Stress majorization (Gansner, Koren and North 2004), from the first two axes of classical
    scaling: unlike springs alone it unfolds branches and keeps what belongs together in one region.
    """
    steps = _steps(count, firsts, seconds)
    squares = steps**2
    middle = squares.mean(axis=0)
    gram = (middle[:, None] + middle[None, :] - squares - middle.mean()) / 2
    values, vectors = np.linalg.eigh(gram)
    # The sign of an axis is the solver's whim.
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(count)])[-2:]
    places = vectors[:, -2:] * signs * np.sqrt(np.maximum(values[-2:], 1e-6))
    weights = 1 / np.maximum(squares, 1)
    np.fill_diagonal(weights, 0)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    # Adding 1/n to a Laplacian makes it invertible and changes nothing for centred places.
    inverse = np.linalg.inv(laplacian + np.float32(1 / count))
    pull = weights * steps
    for _ in range(STEPS):
        lengths = np.einsum("ij,ij->i", places, places)
        apart = lengths[:, None] + lengths[None, :] - 2 * (places @ places.T)
        ratio = pull / np.sqrt(np.maximum(apart, np.float32(1e-4)))
        places = inverse @ (places * ratio.sum(axis=1)[:, None] - ratio @ places)
    places -= places.mean(axis=0)
    return np.asarray(places[:, 0] + 1j * places[:, 1], np.complex64)


def _steps(count: int, firsts: Numbers, seconds: Numbers) -> NDArray[np.float32]:
    """The number of links between every two nodes of a connected graph."""
    near = np.eye(count, dtype=np.float32)
    near[firsts, seconds] = near[seconds, firsts] = 1
    steps = np.zeros((count, count), np.float32)
    reached = np.eye(count, dtype=bool)
    for _ in range(count):
        if reached.all():
            break
        steps += ~reached
        reached = (reached.astype(np.float32) @ near) > 0
    return steps


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
    for _ in range(20):
        delta = plane[:, None] - plane[None, :]
        distance = np.abs(delta)
        np.fill_diagonal(distance, least)
        missing = np.maximum(least - distance, 0)
        if missing.max() < 1:
            break
        push = delta * (missing / np.maximum(distance, np.float32(0.01)) / 2)
        plane = plane + push.sum(axis=1)
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
