"""`make bench`: measure everything, print one table. ``python -m bench [--only NAME] [--quick]``.

The table goes to stdout, progress to stderr. Exits 1 if a figure falls short.
"""

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable

from bench import (
    burst,
    commit,
    drain,
    fire,
    hour,
    idle,
    latency,
    log,
    office,
    page,
    press,
    report,
    scan,
    start,
    watch,
)
from bench.bed import Bed, bed, say
from bench.peers import mqtt_io
from bench.table import Row, render

Measure = Callable[[Bed], Awaitable[list[Row]]]

MEASURES: dict[str, Measure] = {
    "latency": latency.measure,
    "card": latency.measure_on_card,
    "core": latency.measure_on_slow_core,
    "tls": latency.measure_with_tls,
    "burst": burst.measure,
    "press": press.measure,
    "fire": fire.measure,
    "log": log.measure,
    "commit": commit.measure,
    "drain": drain.measure,
    "hour": hour.measure,
    "start": start.measure,
    "idle": idle.measure,
    "report": report.measure,
    "scan": scan.measure,
    "watch": watch.measure,
    "office": office.measure,
    "page": page.measure,
}


def main() -> int:
    """Run the measures asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=MEASURES, help="this measure alone")
    parser.add_argument("--quick", action="store_true", help="few rounds; the figures mean little")
    asked = parser.parse_args()
    # An installed Gardu has its bytecode beside it, so a developer's setting must not prevent it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not mqtt_io.version():
        say("mqtt-io is not here (make bench installs it): its rows are left out")
    rows = asyncio.run(_measure(asked.only or list(MEASURES), quick=asked.quick))
    sys.stdout.write(render(rows) + "\n")
    return int(any(row.reached is False for row in rows))


async def _measure(names: list[str], *, quick: bool) -> list[Row]:
    rows: list[Row] = []
    async with bed(quick=quick) as made:
        python = platform.python_version()
        say(f"Python {python}, {os.cpu_count()} processors, broker: {made.listeners.name}")
        for name in names:
            rows += await MEASURES[name](made)
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
