"""Where the nodes of a picture stand: the same graph gives the same picture."""

import math

import networkx as nx
import numpy as np
from numpy.typing import NDArray

Position = tuple[float, float]

# A plane of complex numbers: one array holds both coordinates, and its absolute value the distance.
Plane = NDArray[np.complex64]

# Pixels at scale 1 between neighbouring nodes: room for a node and a line of its label.
SPACING = 110.0

# More steps move the nodes of 300 by less than a node's width.
STEPS = 60


def positions(graph: nx.Graph) -> dict[str, Position]:
    """
    Coordinates in pixels around (0, 0): the largest component in the middle, the rest around.

    Components are laid out one by one: together, springs fling the small ones to the rim and
    squeeze the large one. 300 nodes in one component take about 0.1 s.
    """
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    laid_out = [_part(graph.subgraph(part)) for part in parts]
    centres = _packed([_radius(plane) for _, plane in laid_out])
    placed: dict[str, Position] = {}
    for (nodes, plane), centre in zip(laid_out, centres, strict=True):
        for node, place in zip(nodes, (plane + centre).tolist(), strict=True):
            placed[node] = (round(place.real, 1), round(place.imag, 1))
    return placed


def _part(graph: nx.Graph) -> tuple[list[str], Plane]:
    nodes = sorted(graph)
    count = len(nodes)
    circle = np.exp(2j * math.pi * np.arange(count) / count).astype(np.complex64)
    if count == 1:
        return nodes, np.zeros(1, np.complex64)
    if graph.number_of_edges() == count * (count - 1) // 2:  # nothing to untangle
        return nodes, circle * np.float32(SPACING * max(0.42, 0.8 * count / math.tau))
    adjacency = nx.to_numpy_array(graph, nodelist=nodes, weight=None, dtype=np.float32)
    plane = _springs(circle, adjacency)
    return nodes, _apart(_evened(plane) * np.float32(SPACING * math.sqrt(count) * 0.62))


def _springs(plane: Plane, adjacency: NDArray[np.float32]) -> Plane:
    """
    Fruchterman and Reingold's forces (1991): all nodes repel, linked ones attract.

    `networkx.spring_layout` does the same in five to ten times the time, which a page waits for:
    here distances and sums are products of matrices, and springs are pulled where there are any.
    """
    places = np.column_stack((plane.real, plane.imag)).astype(np.float32)
    firsts, seconds = np.nonzero(np.triu(adjacency, 1))
    count = len(places)
    rest = np.float32(1.6 / math.sqrt(count))
    for heat in np.linspace(0.15, 0.0, STEPS, endpoint=False, dtype=np.float32):
        squares = np.einsum("ij,ij->i", places, places)
        push = squares[:, None] + squares[None, :]
        push -= 2 * (places @ places.T)
        np.maximum(push, np.float32(1e-4), out=push)
        np.divide(rest * rest, push, out=push)
        force = places * push.sum(axis=1)[:, None] - push @ places
        along = places[firsts] - places[seconds]
        along *= np.sqrt(np.einsum("ij,ij->i", along, along))[:, None] / rest
        for axis in (0, 1):
            force[:, axis] -= np.bincount(firsts, along[:, axis], minlength=count)
            force[:, axis] += np.bincount(seconds, along[:, axis], minlength=count)
        # A step is as long as the heat, whatever the force: that is what makes it settle.
        length = np.sqrt(np.einsum("ij,ij->i", force, force))
        places += force * (heat / np.maximum(length, np.float32(0.01)))[:, None]
    places -= places.mean(axis=0)
    return np.asarray(places[:, 0] + 1j * places[:, 1], np.complex64)


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
