"""Config watch: reads the config file again when it was changed, and reports if it became bad.

The daemon uses the config that it has read at its start. A mistake that is made later would show at
the next start only, which may be a power cut at night (docs/start.md).

Rules
-----
1. The changed file is read once it stays the same for CHECK_S: an editor may still be writing.
2. It is not used: only the start uses a config, and a reload its section [requests].
3. The alarm holds no text of the file, which may have addresses and names. The journal has it.
"""

import logging
from functools import partial
from pathlib import Path

from edge import waits
from edge.config.loading import load_config
from edge.errors import ConfigError
from edge.printable import counted
from edge.sop.events import Post, SystemAlarmCleared, SystemAlarmRaised
from edge.worker import Worker

log = logging.getLogger(__name__)

CONFIG_REFUSED = "config-refused"

# Interval of the checks, real seconds: a look at the file's times and size.
CHECK_S = 30.0

_Version = tuple[int, int, int] | None


class ConfigWatch:
    """Watches the config *file* of a running daemon; None: there is none to watch.

    :ivar refused: the next start would refuse the file
    """

    def __init__(self, file: Path | None, post: Post) -> None:
        self.refused = False
        self._file = file
        self._post = post
        self._read = self._seen = None if file is None else _version(file)

    async def run(self) -> None:
        """Check the file every CHECK_S until cancelled."""
        if self._file is None:
            return
        worker = Worker("config")
        try:
            while True:
                await waits.pause_checks(CHECK_S)
                await worker.do(self.check, self._file)
        finally:
            worker.stop()

    def check(self, file: Path) -> None:
        """Read *file* if it was changed and stays the same since the last check; may block."""
        version, seen = _version(file), self._seen
        self._seen = version
        if version == self._read or version != seen:
            return
        self._read = version
        try:
            load_config(file)
        except ConfigError as error:
            self._refuse(file, error.problems)
        else:
            self._accept(file)

    def _refuse(self, file: Path, problems: list[str]) -> None:
        for problem in problems:
            log.error("%s", problem)
        log.error("%s was changed: the next start would refuse it. Run gardu check", file)
        self.refused = True
        detail = (
            f"{file.name} was changed and has {counted(len(problems), 'problem')}: run gardu check"
        )
        self._post(partial(SystemAlarmRaised, kind=CONFIG_REFUSED, detail=detail))

    def _accept(self, file: Path) -> None:
        log.info("%s was changed and is good: the next start uses it", file)
        self.refused = False
        self._post(partial(SystemAlarmCleared, kind=CONFIG_REFUSED))


def _version(file: Path) -> _Version:
    """Return what changes with each change of *file*; None if it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
