"""``python -m edge.report FOLDER MONTH ZONE``: the summary of a month on stdout, as JSON.

The daemon starts this process to count a month: that is hundreds of thousands of records, and must
use neither the daemon's memory nor its time.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from edge.config.zone import month_named, zone_of
from edge.errors import GarduError
from edge.report.tally import summarise
from edge.store.register import facts
from edge.store.snapshot import Snapshot

# Niceness: every other process on the machine has priority.
_NICE = 10


def main() -> int:
    """Write the summary to stdout and return 0; on a failure the reason to stderr and return 1."""
    folder, name, zone = sys.argv[1:]
    with suppress(OSError):  # a unit of an older version forbids it: then with the usual priority
        os.nice(_NICE)
    try:
        with Snapshot(Path(folder)) as snapshot:
            month = month_named(name, zone_of(zone))
            summary = summarise(facts(snapshot, month), month)
    except GarduError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(summary))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
