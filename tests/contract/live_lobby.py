"""A simulated lobby beside the daemon's threads."""

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

from edge.config.model import Config
from sim.world.lobby import Lobby
from tests.own_time import Own, in_own_time

T = TypeVar("T")


class LiveLobby:
    """The lobby of *config*. Use as ``with``; use it through :meth:`do` and :meth:`wait`.

    :param in_time: makes the time that lobby and drivers live in
    :ivar clock: the clock of that time
    """

    def __init__(
        self,
        config: Config,
        folder: Path,
        in_time: Callable[[], AbstractContextManager[Own]] = in_own_time,
    ) -> None:
        self._config, self._folder, self._in_time = config, folder, in_time

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            own = stack.enter_context(self._in_time())
            self._loop, self.clock = own.loop, own.clock
            self.lobby = Lobby(self._config, self._folder, own.clock, seed=1)
            own.keeper.deliver_first(self.lobby.deliver)
            self.wait(self.lobby.__aenter__())
            stack.callback(lambda: self.wait(self.lobby.__aexit__(None, None, None)))
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._running.close()

    def do(self, act: Callable[[Lobby], T]) -> T:
        """Call *act* with the lobby, on its thread; return its result."""
        return self._loop.call(lambda: act(self.lobby))

    def wait(self, doing: Coroutine[Any, Any, T]) -> T:
        """Run *doing* on the lobby's thread; return its result."""
        return self._loop.run(doing)
