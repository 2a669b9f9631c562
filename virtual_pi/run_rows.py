"""Runs rows one after the other; a row that fails does not stop the next.

A row of the quick run has a second try, which the table shows: presses get lost in an emulated
machine that shares its processors.
"""

import time
from collections.abc import Callable, Sequence

from virtual_pi.bench import Bench, Row
from virtual_pi.errors import CommandFailed, LeftOut, RowFailed, Unreachable
from virtual_pi.table import Result

_CONSOLE = 600  # characters of the guest's console that a failure shows


def run_rows(
    rows: Sequence[Row], bench: Bench, report: Callable[[Result], None], clock: Callable[[], float]
    = time.monotonic, tries: int = 1,
) -> list[Result]:  # fmt: skip
    """Run *rows* and return their results; report each as it comes.

    :param tries: how often a row is tried at most
    """
    results = []
    for row in rows:
        bench.progress.note(f"{row.name}: {row.shows} ...")
        began = clock()
        passed, figure = _attempt(row, bench)
        for number in range(2, tries + 1):
            if passed is False:
                bench.progress.note(f"{row.name}: try {number}, after: {figure}")
                passed, figure = _attempt(row, bench)
                figure = f"(try {number}) {figure}"
        result = Result(row.name, passed, figure, clock() - began)
        results.append(result)
        report(result)
    return results


def _attempt(row: Row, bench: Bench) -> tuple[bool | None, str]:
    try:
        if row.settled:
            bench.settle()
        return True, row.run(bench)
    except LeftOut as reason:
        return None, str(reason)
    except Unreachable as error:  # the console shows if it was reset, or got no processor
        return False, f"{error}\n{bench.guest.console()[-_CONSOLE:]}"
    except (RowFailed, CommandFailed) as error:
        return False, str(error)
