"""The view in a browser, as tests look at it."""

import time

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


def address(page) -> str:
    """Where *page* is by its own account: the driver hears of it a little later."""
    return page.evaluate("location.href")


def until(page, expression: str) -> None:
    """
    Waits, at most ten seconds, until *expression* is true in *page*.

    Playwright's own way asks again from within the page, where its policy forbids that.
    """
    end = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(50)
