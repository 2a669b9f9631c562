"""A process that gets a tenth of the time, as on a machine with much other work."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_STOPPED_S = 0.009
_RUNS_S = 0.001


class Slowed:
    """Stops and continues a process all the time. Use as ``with``.

    :param pid: returns the process's id; None while there is none
    """

    def __init__(self, pid: Callable[[], int | None]) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_RUNS_S):
            pid = self._pid()
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    self._over.wait(_STOPPED_S)
                    os.kill(pid, signal.SIGCONT)
