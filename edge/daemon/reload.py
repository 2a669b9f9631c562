"""New texts of the procedures, taken up while the daemon runs.

Rules
-----
1. New texts are for new visits; who is under way ends under the text he began with.
2. All or nothing: one bad file, or one that asks for equipment which is not there, and everything
   stays as it was, across restarts (edge/daemon/last_good_procedures.py). Why is said in the
   journal, to whoever asked, in ``health``, and by the alarm ``procedures-refused``, which stands
   until the files are good.
3. A text is on the disk before the first visit can begin under it. Old ones stay there until the
   next start (``adopt``), when nothing runs that could need them.
4. The one consumer takes the new texts up, between two events.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from edge.clock import Stamp
from edge.config.model import Config
from edge.daemon.health import meta
from edge.daemon.last_good_procedures import Adopted, read
from edge.errors import ConfigError
from edge.sop.events import Post, SystemAlarmCleared, SystemAlarmRaised
from edge.sop.procedures.model import Procedure
from edge.store.store import Store
from edge.worker import Worker

log = logging.getLogger(__name__)

PROCEDURES_REFUSED = "procedures-refused"

# How much of a problem ``health`` carries, characters.
_LONGEST = 300


class Reloaded(msgspec.Struct, frozen=True):
    """What new visits begin under from now on.

    :ivar procedures: version by id
    :ivar changed: the ids of those that are not as they were
    """

    procedures: dict[str, str]
    changed: list[str]


class ProcedureConsumer(Protocol):
    """The checkpoint, as it is needed here."""

    def adopt(self, procedures: dict[str, Procedure]) -> None:
        """Take *procedures* for new visits, from the next event on."""


class MetaPublisher(Protocol):
    """The uplink, as it is needed here."""

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Publish the present value of a live topic."""


class Reload:
    """Takes new procedures up whenever it is called; one call at a time.

    :param config: as its file says; *now*: what the start has taken up
    :ivar refusals: how often texts were refused since the start, by it or later
    :ivar problem: the first thing that is wrong with those refused last; None once they are good
    """

    def __init__(
        self,
        config: Config,
        now: Adopted,
        *,
        store: Store,
        worker: Worker,
        post: Post,
        consumer: ProcedureConsumer,
        live: MetaPublisher,
    ) -> None:
        self.refusals = 0
        self.problem: str | None = None
        self._config = config
        self._procedures = now.procedures
        self._store = store
        self._worker = worker
        self._post = post
        self._consumer = consumer
        self._live = live
        self._turn = asyncio.Lock()
        if now.refused:
            self._note(now.refused)

    async def __call__(self) -> Reloaded:
        """Read the procedures of the config anew.

        :raises ConfigError: with every problem; then everything is as it was
        :raises StoreError: if the database cannot be used
        """
        async with self._turn:
            try:
                now, born = await asyncio.to_thread(_read, self._config)
            except ConfigError as error:
                self._post(refused(self._note(error.problems)))
                raise
            return await self._apply_reload(now, born)

    async def on_signal(self) -> None:
        """Do it for SIGHUP, which waits for no answer: the journal has it."""
        try:
            await self()
        except ConfigError:
            return  # said already

    def shown(self) -> dict[str, Any]:
        """Return what ``health`` says of the procedures."""
        return {"refused": self.refusals, "problem": self.problem}

    async def _apply_reload(self, now: Adopted, born: dict[str, Any]) -> Reloaded:
        found = now.procedures
        await self._worker.do(self._store.adopt_procedures, now.texts)
        self._consumer.adopt(found)
        old = {procedure.key for procedure in self._procedures.values()}
        self._procedures = found
        self.problem = None
        self._live.show("meta", born)
        self._post(lambda at: SystemAlarmCleared(at, PROCEDURES_REFUSED))
        changed = sorted(p.id for p in found.values() if p.key not in old)
        log.info("procedures read anew; changed for new visits: %s", ", ".join(changed) or "none")
        return Reloaded({p.id: p.version for p in found.values()}, changed)

    def _note(self, problems: Sequence[str]) -> Sequence[str]:
        self.refusals += 1
        self.problem = problems[0][:_LONGEST]
        for problem in problems:
            log.error("%s", problem)
        going = ", ".join(procedure.key for procedure in self._procedures.values())
        log.error("the new procedures are refused; the old ones stay: %s", going)
        return problems


def refused(problems: Sequence[str]) -> Callable[[Stamp], SystemAlarmRaised]:
    """Return what makes the alarm of files that have these *problems*."""
    detail = f"{problems[0]} ({len(problems)} problems); the old procedures stay"
    return lambda at: SystemAlarmRaised(at, PROCEDURES_REFUSED, detail)


def _read(config: Config) -> tuple[Adopted, dict[str, Any]]:
    """Return the procedures of *config*, and what is published of them."""
    now = read(config)
    return now, meta(config, list(now.procedures.values()))
