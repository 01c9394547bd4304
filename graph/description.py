"""What the writers of RDF are given: one node after another, each with all that is said of it."""

from pyoxigraph import BlankNode, DefaultGraph, NamedNode

from .snapshots import Term

Node = NamedNode | BlankNode
Graph = Node | DefaultGraph

# One node in one graph: its predicates and their values, both in order.
Description = tuple[Graph, Node, list[tuple[NamedNode, list[Term]]]]
