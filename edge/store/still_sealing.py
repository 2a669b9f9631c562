"""Seals stills in place: those that were taken before there was an office key.

A still that waits is sealed after it was sent: the record of its step names the digest of the file
as it was, and the office compares it.
"""

import logging
from pathlib import Path
from typing import NamedTuple

from edge.clock import Clock
from edge.config.office_key import OfficeKey
from edge.sealing.boxes import SUFFIX, seal
from edge.store.erase import replace_erasing
from edge.store.outbox import Outbox
from edge.store.retention import AGAIN_S, DAY_S
from edge.worker import Worker

log = logging.getLogger(__name__)


class Unsealed(NamedTuple):
    """The stills that are not sealed.

    :ivar files: those to seal now; *sent*: the number of their rows in ``stills-sent``, by path
    :ivar waiting: the number of those that wait to be sent
    """

    files: list[Path]
    sent: dict[str, int]
    waiting: int


def unsealed(store: Outbox, folder: Path) -> Unsealed:
    """Return the stills below the data *folder* that are not sealed."""
    files = sorted(folder.glob("stills/*/*.jpg"))
    if not files:
        return Unsealed([], {}, 0)
    waiting = {row["path"] for row in store.documents.table("stills")}
    sent = {row["path"]: row.doc_id for row in store.documents.table("stills-sent")}
    free = [file for file in files if str(file.relative_to(folder)) not in waiting]
    return Unsealed(free, sent, len(files) - len(free))


def seal_still(store: Outbox, folder: Path, key: OfficeKey, file: Path, row: int | None) -> None:
    """Seal the still *file*, and erase its old bytes.

    :param row: the number of its row in ``stills-sent``, None if it has none
    :raises OSError: if it cannot be written
    """
    new = file.with_name(file.name + SUFFIX)
    replace_erasing(file, new, seal(key, file.read_bytes()))
    if row is not None:
        table = store.documents.table("stills-sent")
        table.put(row, {**table.need(row), "path": str(new.relative_to(folder))})


async def seal_stills_forever(
    store: Outbox, worker: Worker, clock: Clock, folder: Path, key: OfficeKey
) -> None:
    """Seal the stills that are not sealed, now and again, until cancelled.

    :param worker: the store's thread
    """
    told = ""
    while True:
        trouble, left = "", 0
        try:
            found = await worker.do(unsealed, store, folder)
            left = found.waiting
            for file in found.files:
                row = found.sent.get(str(file.relative_to(folder)))
                await worker.do(seal_still, store, folder, key, file, row)
            if found.files:
                log.warning("%d stills were sealed to the office's key", len(found.files))
        except FileNotFoundError:
            left = 1  # retention has removed one meanwhile
        except OSError as error:
            trouble = str(error)
        if trouble and trouble != told:
            log.warning("stills are not sealed for now: %s", trouble)
        told = trouble
        await clock.pause(AGAIN_S if trouble or left else DAY_S)
