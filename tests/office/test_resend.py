"""An office that lost its database has the history sent again by real checkpoints."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from edge.clock import Clock
from edge.config.sections.guests import GuestBookSection
from edge.daemon.control import sender_again
from edge.guestbook.book import GuestBook
from edge.mqtt.request_handler import RequestHandler
from edge.sop.events import Post
from edge.store.rows import Resent
from edge.worker import Worker
from tests.brokers import Mosquitto
from tests.longer import slow
from tests.office.processes import OfficeProcess, query, wait_for, write_config
from tests.uplinks import QUICK, Running, make_config, make_store, running

RECORDS = 250
COUNT = "SELECT count(*), count(DISTINCT sequence), min(sequence), max(sequence) FROM records"


@contextlib.asynccontextmanager
async def checkpoint(port: int, folder: Path, records: int = 0) -> AsyncIterator[Running]:
    """Run a checkpoint's uplink, which answers requests; with so many new records."""
    store = make_store(folder, records)
    worker = Worker("guest-book")
    found: list[Running] = []

    def handler(post: Post) -> RequestHandler:
        async def send_again(stream: str, first: int, last: int) -> Resent:
            (own,) = found
            return await sender_again(store, own.worker, lambda: own.uplink)(stream, first, last)

        return RequestHandler(
            GuestBookSection(), [], [], clock=Clock(), post=post, book=GuestBook(folder),
            worker=worker, open_visits=list, send_again=send_again,
        )  # fmt: skip

    config = make_config(f"mqtt://127.0.0.1:{port}")
    async with running(config, store, folder, QUICK, handler) as run:
        found.append(run)
        yield run
    worker.stop()


def lose(folder: Path) -> None:
    """Delete the office's database."""
    for lost in folder.glob("office.db*"):
        lost.unlink()


@slow
@slow
def test_a_lost_database_is_filled_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The ledger shows what is missing; the office asks for it, and has each record once."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    database = f"sqlite:///{tmp_path}/office.db"
    file = write_config(tmp_path, mosquitto.port, database, "[ingest]\nresend_after_s = 1\n")

    async def scenario() -> None:
        with OfficeProcess(file, "ingest") as office:
            await asyncio.to_thread(office.until, ": connected")
            async with checkpoint(mosquitto.port, folder, RECORDS) as run:
                await run.drained(60)
            await asyncio.to_thread(wait_for, lambda: query(database, COUNT)[0][0] == RECORDS)
        lose(tmp_path)
        with OfficeProcess(file, "ingest") as office:
            await asyncio.to_thread(office.until, ": connected", 2)
            async with checkpoint(mosquitto.port, folder):
                whole = [(RECORDS, RECORDS, 1, RECORDS)]
                await asyncio.to_thread(wait_for, lambda: query(database, COUNT) == whole)
                standing = "SELECT 1 FROM gaps WHERE closed_ms IS NULL"
                await asyncio.to_thread(wait_for, lambda: query(database, standing) == [])
        assert f"kantor/lobi: records 1 to {RECORDS} are missing: asked for" in office.log

    asyncio.run(scenario())
