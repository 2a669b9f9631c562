"""`gardu office export`: visits, steps, alarms or records of a period, as a file."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfoNotFoundError

import typer

from edge.commands.options import problems_printed, refuse, say
from edge.config.zone import zone_of
from edge.terminal import Terminal
from office.commands.options import OfficeOption
from office.config import DEFAULT_CONFIG, load_office_config

_DAY = ["%Y-%m-%d"]


class What(StrEnum):
    """What can be exported."""

    VISITS = "visits"
    STEPS = "steps"
    ALARMS = "alarms"
    RECORDS = "records"


class SeparatorWord(StrEnum):
    """What separates the fields of a CSV."""

    COMMA = ","
    SEMICOLON = ";"


def export(
    what: Annotated[What, typer.Argument(help="What to export; each has its own columns.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file: NAME.csv, or NAME.parquet.")
    ],
    first: Annotated[
        datetime, typer.Option("--from", formats=_DAY, help="First day of the period.")
    ],
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="Last day of the period.")],
    config: OfficeOption = DEFAULT_CONFIG,
    *,
    site: Annotated[
        list[str] | None, typer.Option(help="Only of this site; repeat it for several.")
    ] = None,
    separator: Annotated[
        SeparatorWord,
        typer.Option(
            help="Of a CSV. ; is for spreadsheets with a decimal comma, as in Indonesia: numbers "
            "then have one too."
        ),
    ] = SeparatorWord.COMMA,
    timezone: Annotated[
        str, typer.Option(help="Zone of the days, and of a CSV's times. Default: this machine's.")
    ] = "",
) -> None:
    """Write visits, steps, alarms or records to a file.

    It is CSV or Parquet, with those of a period. A visit belongs to the day of its opening, a
    step to that of its end. The file appears when it is complete; one that is there is replaced.
    The office can go on running meanwhile.

    gardu office export steps --from 2026-11-01 --to 2026-11-30 -o november.csv
    """
    from office.export.export import FORMATS

    with problems_printed():
        loaded = load_office_config(config)
    try:
        zone = zone_of(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        refuse(f"--timezone {timezone}: is no zone; allowed: such as Asia/Jakarta")
    if last < first:
        refuse(f"--to {last:%Y-%m-%d}: is before --from {first:%Y-%m-%d}")
    if output.suffix not in FORMATS:
        refuse(f"--output {output}: allowed: a name that ends with {' or '.join(FORMATS)}")
    if separator is SeparatorWord.SEMICOLON and output.suffix != ".csv":
        refuse("--separator: is for a CSV; Parquet has none")
    _write(loaded, what, output, _days(first, last, zone), tuple(site or ()), separator, zone)


def _days(first: datetime, last: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the beginning of *first* and the end of *last* in *zone*."""
    try:
        return first.replace(tzinfo=zone), (last + timedelta(days=1)).replace(tzinfo=zone)
    except OverflowError:
        refuse(f"--to {last:%Y-%m-%d}: is too late")


def _write(
    loaded: Any, what: What, output: Path, days: tuple[datetime, datetime],
    sites: tuple[str, ...], separator: Any, zone: tzinfo,
) -> None:  # fmt: skip
    from sqlalchemy.exc import DBAPIError

    from edge.errors import GarduError
    from office.database.failures import words_of
    from office.database.reading import make_reading_engine
    from office.export.columns import TABLES
    from office.export.export import export as write
    from office.export.rows import Period, replace_bad_text

    if loaded.database.sqlite and not Path(loaded.database.file).exists():
        refuse(f"database {loaded.database.file}: there is none", code=1)
    signal.signal(signal.SIGTERM, _end)
    engine = make_reading_engine(loaded.database)
    replace_bad_text(engine)
    try:
        with engine.connect() as connection, _progress() as notify:
            count = write(
                connection, TABLES[what.value], Period(*days, sites), output,
                separator=separator.value, zone=zone, notify=notify,
            )  # fmt: skip
    except DBAPIError as error:
        refuse(f"database {words_of(error, loaded.database)}", code=1)
    except GarduError as error:
        refuse(str(error), code=1)
    except OSError as error:
        refuse(f"--output {output}: {(error.strerror or str(error)).lower()}", code=1)
    finally:
        engine.dispose()
    say(f"{output}: {count} {what.value}")


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many rows have been written."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,} rows"), TimeElapsedColumn())
    with Progress(*columns, console=Terminal(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda count: shown.update(task, completed=count)


def _end(_number: int, _frame: object) -> NoReturn:
    """End on SIGTERM as after an error: the unfinished file is deleted."""
    raise SystemExit(128 + signal.SIGTERM)
