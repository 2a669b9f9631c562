"""Still queue: sends stills one at a time, when no record waits."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from edge.mqtt.backoff import Backoff
from edge.mqtt.messages import SEALED_CONTENT, STILL_CONTENT, STILL_LIMIT, still_attributes
from edge.mqtt.packets import BrokerAnswer, Packed
from edge.sealing.boxes import SUFFIX, BoxClosed, key_id_of
from edge.store.outbox import Outbox, StillRow
from edge.worker import Worker

log = logging.getLogger(__name__)


class Still(msgspec.Struct, frozen=True):
    """A still ready to be sent; *image* is a JPEG, or a box with one."""

    id: str
    purpose: str
    image: bytes
    properties: Packed


class StillQueue:
    """The stills to send over one connection.

    One that cannot go over this connection (too large, refused, its file missing) is passed over,
    logged and reported through *refused*; the next connection tries it again.

    :param piggyback_s: how long an acknowledgement may wait for the next commit, real seconds
    :param left_out: ids of stills that are passed over, because brokers hang up on them
    """

    def __init__(
        self,
        store: Outbox,
        worker: Worker,
        folder: Path,
        source: str,
        *,
        backoff: Backoff,
        counts: Counter[str],
        refused: Callable[[str], None],
        notify: Callable[[], None],
        piggyback_s: float,
        left_out: Iterable[int | str] = (),
    ) -> None:
        self._store = store
        self._worker = worker
        self._folder = folder
        self._source = source
        self._backoff = backoff
        self._counts = counts
        self._refused = refused
        self._notify = notify
        self._passed_over = set(left_out)
        self._piggyback_s = piggyback_s
        self._to_store = asyncio.Event()
        self._ready: Still | None = None
        self._woken = asyncio.Event()
        self._answer: asyncio.Future[BrokerAnswer] | None = None

    def wake(self) -> None:
        """Read the store again: a still was added to it."""
        self._woken.set()

    def next_still(self) -> Still | None:
        """Return the still to send; None if there is none ready."""
        still, self._ready = self._ready, None
        return still

    def on_puback(self, answer: BrokerAnswer) -> None:
        """Handle the broker's *answer* to the still that was sent."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def store_acks_forever(self) -> None:
        """Store acknowledgements that no commit included in time, for ever."""
        while True:
            await self._to_store.wait()
            await asyncio.sleep(self._piggyback_s)
            self._to_store.clear()
            await self._worker.do(self._store.flush_acks)

    async def read(self) -> None:
        """Offer one still after the other, for ever."""
        while True:
            self._woken.clear()
            row = await self._next_row()
            if row is None:
                await self._woken.wait()
            else:
                await self._deliver(row)

    async def _next_row(self) -> StillRow | None:
        rows = await self._worker.do(self._store.waiting_stills, len(self._passed_over) + 1)
        return next((row for row in rows if row.id not in self._passed_over), None)

    async def _deliver(self, row: StillRow) -> None:
        try:
            image = await self._worker.do((self._folder / row.path).read_bytes)
        except OSError as error:
            self._pass_over(row, "still-file-unreadable", str(error.strerror))
            return
        if len(image) > STILL_LIMIT:
            self._pass_over(row, "still-too-large", f"{len(image)} bytes")
            return
        try:
            sealkey = key_id_of(image) if row.path.endswith(SUFFIX) else None
        except BoxClosed as error:
            self._pass_over(row, "still-file-damaged", str(error))
            return
        content = STILL_CONTENT if sealkey is None else SEALED_CONTENT
        packed = Packed(content, user=self._attributes(row, sealkey))
        still = Still(row.id, row.purpose, image, packed)
        failures = 0
        while (answer := await self._offer(still)).no_subscriber:
            failures += 1
            await asyncio.sleep(self._backoff.delay(failures))
        if answer.refused:
            self._pass_over(row, "still-refused", answer.words)
        else:
            self._worker.submit(self._store.note_still_ack, row.id)
            self._to_store.set()
            self._counts["stills"] += 1

    async def _offer(self, still: Still) -> BrokerAnswer:
        self._answer = asyncio.get_running_loop().create_future()
        self._ready = still
        self._notify()
        return await self._answer

    def _attributes(self, row: StillRow, sealkey: str | None) -> dict[str, str]:
        return still_attributes(
            id=row.id,
            source=self._source,
            time=row.properties["time"],
            visit=row.properties["visit"],
            step=row.properties["step"],
            sealkey=sealkey,
        )

    def _pass_over(self, row: StillRow, why: str, detail: str) -> None:
        log.warning("still %s stays here for now: %s (%s)", row.id, why, detail)
        self._passed_over.add(row.id)
        self._counts["still_refusals"] += 1
        self._refused(why)
