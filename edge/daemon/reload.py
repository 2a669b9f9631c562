"""Reload: adopts new texts of the procedures while the daemon runs.

Rules
-----
1. New texts are for new visits; a visit under way ends under the text that it began with.
2. All or none: if one file is bad, or needs equipment that is not there, everything stays as it
   was, also across restarts (edge/daemon/last_good_procedures.py). The reason is in the journal,
   in the answer to the request, in ``health``, and in the alarm ``procedures-refused``, which
   stands until the files are good.
3. A text is on the disk before the first visit can begin under it. Old texts stay there until the
   next start, which deletes those that no open visit uses (``adopt``).
4. The one consumer applies the new texts, between two events.
5. The keys of requests are adopted first (edge/daemon/request_keys.py): neither waits for the
   other, and each is refused on its own.
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
from edge.daemon.request_keys import RequestKeys
from edge.errors import ConfigError
from edge.printable import counted
from edge.sop.events import Post, SystemAlarmCleared, SystemAlarmRaised
from edge.sop.procedures.model import Procedure
from edge.store.store import Store
from edge.worker import Worker

log = logging.getLogger(__name__)

PROCEDURES_REFUSED = "procedures-refused"

# Longest wait for the config, for the procedures' files, and for the database, real seconds:
# together less than the time that systemd gives to `gardu reload` (TimeoutStartSec in
# systemd/gardu.service).
CONFIG_S = 10.0
READ_S = 20.0
STORE_S = 20.0

# Longest text of a problem in ``health``, characters.
_LONGEST = 300


class Reloaded(msgspec.Struct, frozen=True):
    """The procedures that new visits begin under from now on.

    :ivar procedures: version by id
    :ivar changed: the ids of those that have changed
    :ivar request_keys: the ids of the keys that may sign requests from now on
    """

    procedures: dict[str, str]
    changed: list[str]
    request_keys: list[str] = msgspec.field(default_factory=list)


class ProcedureConsumer(Protocol):
    """The part of the checkpoint that is used here."""

    def adopt(self, procedures: dict[str, Procedure]) -> None:
        """Use *procedures* for new visits, from the next event on."""


class MetaPublisher(Protocol):
    """The part of the uplink that is used here."""

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Publish the present value of a live topic."""


class Reload:
    """Adopts new procedures when it is called; one call at a time.

    :param config: the config of the file; *now*: the procedures that the start adopted
    :ivar refusals: how often texts were refused, at the start or since
    :ivar problem: the first problem of the texts refused last; None once they are good
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
        keys: RequestKeys | None = None,
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
        self._keys = keys
        self._key_ids: list[str] = []
        self._turn = asyncio.Lock()
        self._reader = Worker("procedures")
        self._applying: asyncio.Future[Reloaded] | None = None  # asyncio itself holds none
        if now.refused:
            self._note(now.refused)

    async def __call__(self) -> Reloaded:
        """Read the keys of requests and the procedures again.

        :raises ConfigError: with every problem of keys or procedures; these are as they were
        :raises ValueError: if they are good, and stored later: the database is unavailable now
        :raises StoreError: if the database cannot be used
        """
        async with self._turn:
            wrong = await self._reload_keys()
            try:
                now, born = await self._read()
            except ConfigError as error:
                self._post(refused(self._note(error.problems)))
                raise ConfigError([*wrong, *error.problems]) from None
            done = await self._apply_in_time(now, born)
        if wrong:
            raise ConfigError(wrong)
        return done

    async def _reload_keys(self) -> list[str]:
        """Adopt the keys of requests in the config file; return what is wrong with the file."""
        if self._keys is None:
            return []
        try:
            async with asyncio.timeout(CONFIG_S):
                section = await self._reader.do(self._keys.read)
        except TimeoutError:
            wrong = [f"the config: not read within {CONFIG_S:g} s: the disk hangs"]
        except ConfigError as error:
            wrong = list(error.problems)
        else:
            if section is not None:
                self._keys.adopt(section)
                self._key_ids = sorted(section.keys)
            return []
        wrong.append("the keys of requests stay as they were")
        for problem in wrong:
            log.error("%s", problem)
        return wrong

    async def _read(self) -> tuple[Adopted, dict[str, Any]]:
        """Read the procedures on a thread of their own; a read that hangs is waited for READ_S.

        Later requests wait behind it on the same thread, so there is never more than one.
        """
        try:
            async with asyncio.timeout(READ_S):
                return await self._reader.do(_read, self._config)
        except TimeoutError:
            folder = self._config.checkpoint.sop
            raise ConfigError(
                [f"{folder}: not read within {READ_S:g} s: the disk hangs, or a file has no end"]
            ) from None

    async def _apply_in_time(self, now: Adopted, born: dict[str, Any]) -> Reloaded:
        """Apply the new texts; the answer waits for the database at most STORE_S.

        :raises ValueError: if the database is unavailable; they are applied when it is available
        """
        if self._applying is not None and not self._applying.done():
            raise ValueError("an earlier reload waits for the database: try again after it")
        applying = asyncio.ensure_future(self._apply_reload(now, born))
        self._applying = applying
        try:
            async with asyncio.timeout(STORE_S):
                return await asyncio.shield(applying)
        except TimeoutError:
            raise ValueError(
                "the procedures are good, and the database is unavailable now: "
                "they are used for new visits as soon as they could be stored"
            ) from None

    async def on_signal(self) -> None:
        """Reload for SIGHUP, which has no answer: problems are in the journal."""
        try:
            await self()
        except ConfigError:
            return  # logged already
        except ValueError as error:
            log.warning("%s", error)

    def shown(self) -> dict[str, Any]:
        """Return the part of ``health`` about the procedures."""
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
        versions = {p.id: p.version for p in found.values()}
        return Reloaded(versions, changed, self._key_ids)

    def _note(self, problems: Sequence[str]) -> Sequence[str]:
        self.refusals += 1
        self.problem = problems[0][:_LONGEST]
        for problem in problems:
            log.error("%s", problem)
        going = ", ".join(procedure.key for procedure in self._procedures.values())
        log.error("the new procedures are refused; the old ones stay: %s", going)
        return problems


def refused(problems: Sequence[str]) -> Callable[[Stamp], SystemAlarmRaised]:
    """Return the function that makes the alarm about files with these *problems*."""
    detail = f"{problems[0]} ({counted(len(problems), 'problem')}); the old procedures stay"
    return lambda at: SystemAlarmRaised(at, PROCEDURES_REFUSED, detail)


def _read(config: Config) -> tuple[Adopted, dict[str, Any]]:
    """Return the procedures of *config*, and the ``meta`` document with them."""
    now = read(config)
    return now, meta(config, list(now.procedures.values()))
