"""The event loop of the lobby's process, where the keeper of a simulation's own time waits."""

import asyncio
import selectors
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.stage.own_time import OwnTimeKeeper

# The loop counts in float seconds, exact to less than this, seconds.
_RESOLUTION_S = 1e-6


class KeeperSelector(selectors.EpollSelector):
    """The selector of the lobby's loop; see :meth:`OwnTimeKeeper.select`."""

    def __init__(self, keeper: "OwnTimeKeeper") -> None:
        super().__init__()
        self._keeper = keeper

    def poll(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the events of all files, in order of their numbers."""
        return sorted(super().select(timeout), key=lambda event: event[0].fd)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the events of the loop's files, once the keeper has them."""
        return self._keeper.select(timeout)


class KeeperLoop(asyncio.SelectorEventLoop):
    """The lobby's event loop; its time is the keeper's."""

    def __init__(self, keeper: "OwnTimeKeeper", selector: KeeperSelector) -> None:
        self._keeper = keeper
        super().__init__(selector)
        self._clock_resolution = _RESOLUTION_S

    def time(self) -> float:
        """Return the present moment, seconds."""
        return self._keeper.now() / 1e9
