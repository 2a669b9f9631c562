"""New texts of the procedures, taken up while the daemon runs.

Rules
-----
1. New texts are for new visits; who is under way ends under the text he began with.
2. All or nothing: one bad file, or one that asks for equipment which is not there, and everything
   stays as it was. Why is said in the journal, to whoever asked, and by the alarm
   ``procedures-refused``, which stands until a reload succeeds: the next start would fail, too.
3. A text is on the disk before the first visit can begin under it. Old ones stay there until the
   next start (``remember_procedures``), when nothing runs that could need them.
4. The one consumer takes the new texts up, between two events.
"""

import asyncio
import hashlib
import logging
from pathlib import Path
from typing import Any, Protocol

import msgspec

from edge.checked import fitting_procedures
from edge.clock import Stamp
from edge.config import Config
from edge.drivers.base import Post
from edge.errors import ConfigError
from edge.health import meta
from edge.sop.events import SystemAlarmCleared, SystemAlarmRaised
from edge.sop.loading import procedure_file
from edge.sop.procedure import Procedure
from edge.store import Store
from edge.validate import read_text
from edge.worker import Worker

log = logging.getLogger(__name__)

PROCEDURES_REFUSED = "procedures-refused"


class Reloaded(msgspec.Struct, frozen=True):
    """What new visits begin under from now on.

    :ivar procedures: version by id
    :ivar changed: the ids of those that are not as they were
    """

    procedures: dict[str, str]
    changed: list[str]


class Consumer(Protocol):
    """The checkpoint, as it is needed here."""

    def adopt(self, procedures: dict[str, Procedure]) -> None:
        """Take *procedures* for new visits, from the next event on."""


class Live(Protocol):
    """The uplink, as it is needed here."""

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Publish the present value of a live topic."""


class Reload:
    """Takes new procedures up whenever it is called; one call at a time.

    :ivar refusals: how often new texts were refused since the start
    """

    def __init__(
        self,
        config: Config,
        procedures: dict[str, Procedure],
        *,
        store: Store,
        worker: Worker,
        post: Post,
        consumer: Consumer,
        live: Live,
    ) -> None:
        self.refusals = 0
        self._config = config
        self._procedures = procedures
        self._store = store
        self._worker = worker
        self._post = post
        self._consumer = consumer
        self._live = live
        self._turn = asyncio.Lock()

    async def __call__(self) -> Reloaded:
        """Read the procedures of the config anew.

        :raises ConfigError: with every problem; then everything is as it was
        :raises StoreError: if the database cannot be used
        """
        async with self._turn:
            try:
                found, texts, born = await asyncio.to_thread(_read, self._config)
            except ConfigError as error:
                self._refuse(error)
                raise
            return await self._take_up(found, texts, born)

    async def on_signal(self) -> None:
        """Do it for SIGHUP, which waits for no answer: the journal has it."""
        try:
            await self()
        except ConfigError:
            return  # said already

    async def _take_up(
        self, found: dict[str, Procedure], texts: dict[str, str], born: dict[str, Any]
    ) -> Reloaded:
        await self._worker.do(_remember, self._store, texts)
        self._consumer.adopt(found)
        old = {procedure.key for procedure in self._procedures.values()}
        self._procedures = found
        self._live.show("meta", born)
        self._post(lambda at: SystemAlarmCleared(at, PROCEDURES_REFUSED))
        changed = sorted(p.id for p in found.values() if p.key not in old)
        log.info("procedures read anew; changed for new visits: %s", ", ".join(changed) or "none")
        return Reloaded({p.id: p.version for p in found.values()}, changed)

    def _refuse(self, error: ConfigError) -> None:
        self.refusals += 1
        for problem in error.problems:
            log.error("%s", problem)
        log.error("the new procedures are refused; the old ones stay")
        detail = f"{error.problems[0]} ({len(error.problems)} problems); a restart would fail"

        def raised(at: Stamp) -> SystemAlarmRaised:
            return SystemAlarmRaised(at, PROCEDURES_REFUSED, detail)

        self._post(raised)


def text_of(folder: Path, procedure: Procedure) -> str:
    """Return the text that *procedure* was read from.

    :raises ConfigError: if the file has been changed since
    """
    file = procedure_file(folder, procedure.id)
    text = read_text(file)
    if not procedure.version.endswith(hashlib.sha256(text.encode()).hexdigest()[:8]):
        raise ConfigError([f"{file}: was changed while it was being read; try again"])
    return text


def remember_procedures(store: Store, folder: Path, procedures: dict[str, Procedure]) -> None:
    """Keep the texts of present procedures, and of older ones while a visit goes through them."""
    _remember(store, {p.key: text_of(folder, p) for p in procedures.values()})
    _, visits = store.load()
    running = {f"{visit['procedure']}@{visit['version']}" for visit in visits}
    store.forget_procedures({p.key for p in procedures.values()} | running)


def _read(config: Config) -> tuple[dict[str, Procedure], dict[str, str], dict[str, Any]]:
    """Return the procedures of *config*, their texts by key, and what is published of them."""
    found, _ = fitting_procedures(config)
    folder = Path(config.checkpoint.sop)
    texts = {procedure.key: text_of(folder, procedure) for procedure in found.values()}
    return found, texts, meta(config, list(found.values()))


def _remember(store: Store, texts: dict[str, str]) -> None:
    for key, text in texts.items():
        store.remember_procedure(key, text)
