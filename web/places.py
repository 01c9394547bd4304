"""Places that clients share fairly: whoever asks much does not keep the others from their turn."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable


class Places:
    """
    *most* places; what finds none free waits, and clients that wait take turns.

    Used on one thread.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: OrderedDict[str, deque[tuple[Hashable, Callable[[], object]]]]
        self._waiting = OrderedDict()

    def take(self, client: str, who: Hashable, start: Callable[[], object]) -> bool:
        """
        Calls *start* once there is a place for *who* of *client*; whether that was at once.

        `give_back` the place, or `forget` who still waits for one.
        """
        if self._free:
            self._free -= 1
            start()
            return True
        self._waiting.setdefault(client, deque()).append((who, start))
        return False

    def give_back(self) -> None:
        """Frees a place for the next client in turn."""
        if not self._waiting:
            self._free += 1
            return
        client, queue = self._waiting.popitem(last=False)
        _, start = queue.popleft()
        if queue:
            self._waiting[client] = queue  # behind all the others
        start()

    def forget(self, client: str, who: Hashable) -> bool:
        """Lets *who* wait no longer; whether it did."""
        queue = self._waiting.get(client, deque())
        for entry in queue:
            if entry[0] is who:
                queue.remove(entry)
                if not queue:
                    del self._waiting[client]
                return True
        return False
