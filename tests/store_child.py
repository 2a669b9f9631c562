"""A process that commits as fast as it can; tests/faults/test_store_crash.py kills it."""

import sys
from pathlib import Path

from edge.clock import Clock
from edge.sop.records import Record, VisitOpened
from edge.store.store import Store


def main(folder: Path) -> None:
    """Commit state, visit and record together for ever; print each sequence afterwards."""
    store = Store(folder, "/gardu/site/checkpoint", Clock())
    checkpoint, _ = store.load()
    number = checkpoint["number"] if checkpoint else 0
    print("ready", flush=True)
    while True:
        number += 1
        row = store.commit(
            checkpoint={"number": number},
            visits={number: {"number": number}, number - 1: None},
            records=[opened(number)],
        )[0]
        print("committed", row.sequence, flush=True)
        if number % 3 == 0:
            store.acknowledge([row.sequence, row.sequence - 1])
            print("acknowledged", row.sequence, flush=True)


def opened(number: int) -> Record:
    """Return a record about visit *number*."""
    data = VisitOpened(
        visit=f"v{number}", procedure="pimpinan", procedure_version="1", clock_synced=False
    )
    return Record("gardu.visit.opened.v1", f"visit/v{number}", Clock().now(), f"v{number}", data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
