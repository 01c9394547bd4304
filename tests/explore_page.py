"""The view in a browser, as tests look at it."""

BASE = "https://w3id.org/scholargraph/"
ADA = f"{BASE}author/ada-lindqvist"

# Where on the page a node stands.
PLACE = """(id) => {
  const { net, frame } = document.getElementById("explorer").network;
  const inside = net.canvasToDOM(net.getPosition(id));
  const box = frame.getBoundingClientRect();
  return [box.left + inside.x, box.top + inside.y];
}"""

SHOWN = 'document.getElementById("explorer").network.shownThings().map((thing) => thing.label)'
PLACES = 'document.getElementById("explorer").network.net.getPositions()'


def settled(page):
    """*page*, once its picture stands still."""
    page.locator("#network[data-settled]").wait_for()
    return page


def shown(page) -> set[str]:
    """The names of the nodes that the picture shows."""
    return set(page.evaluate(SHOWN))
