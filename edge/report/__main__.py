"""``python -m edge.report FOLDER MONTH ZONE``: the summary of a month on stdout, as JSON.

The daemon has its months counted by this process: a month is hundreds of thousands of records,
and neither their memory nor their time may be the daemon's.
"""

import os
import sys
from pathlib import Path

import msgspec

from edge.config.zone import month_named, zone_of
from edge.errors import GarduError
from edge.report.tally import summarise
from edge.store.register import facts
from edge.store.snapshot import Snapshot

# Everything else on the machine goes first.
_NICE = 10


def main() -> int:
    """Write the summary; on a failure the reason to stderr."""
    folder, name, zone = sys.argv[1:]
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
