"""A simulated lobby in a thread of its own, beside the daemon's threads."""

from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

from edge.clock import Clock
from edge.config.model import Config
from sim.lobby import Lobby
from tests.loop_thread import LoopThread

T = TypeVar("T")


class LiveLobby:
    """The lobby of *config*. Use as ``with``; use it through :meth:`do` and :meth:`wait`."""

    def __init__(self, config: Config, folder: Path, clock: Clock) -> None:
        self.lobby = Lobby(config, folder, clock, seed=1)
        self._thread = LoopThread()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._thread)
            self.wait(self.lobby.__aenter__())
            stack.callback(lambda: self.wait(self.lobby.__aexit__(None, None, None)))
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._running.close()

    def do(self, act: Callable[[Lobby], T]) -> T:
        """Call *act* with the lobby, on its thread; return its result."""
        return self._thread.call(lambda: act(self.lobby))

    def wait(self, doing: Coroutine[Any, Any, T]) -> T:
        """Run *doing* on the lobby's thread; return its result."""
        return self._thread.run(doing)
