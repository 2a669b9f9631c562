"""`gardu records`: lists a checkpoint's records, and sends some again.

The list is read from a snapshot (edge/store/snapshot.py), so the daemon may run. `gardu records
resend` changes the database, so the daemon does that (edge/daemon/control.py).
"""

import re
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, tzinfo
from itertools import islice
from typing import Annotated

import msgspec
import typer

from edge.clock import Clock, iso
from edge.commands.ask import ask
from edge.commands.options import ConfigOption, data_folder, load_data_config, refuse, say
from edge.commands.progress import ProgressBar
from edge.commands.tables import show_long_table, show_table
from edge.config.model import Config
from edge.config.office_time import moment_ms
from edge.config.places import DEFAULT_CONFIG
from edge.daemon.control import Resend, resend_offline
from edge.errors import StoreError
from edge.printable import ascii_json
from edge.store.cloudevent import source
from edge.store.outbox import Resent
from edge.store.search import Found, Search, Wanted
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, Store

# Number of records that are shown without --since.
LATEST = 50

_HEADERS = ["sequence", "time", "type", "about", "state"]

_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help="Only records from then on: 2026-11-21, 2026-11-21T08:00 (the office's time, or with "
        "a zone: 2026-11-21T01:00Z), or 30m, 2h, 3d ago.",
    ),
]
UntilOption = Annotated[
    str | None, typer.Option(metavar="WHEN", help="Only records from before then.")
]
TypeOption = Annotated[
    str | None,
    typer.Option(
        "--type",
        help="Only records of this type: gardu.step.completed.v1, or a part of it: visit.",
    ),
]

records = typer.Typer(invoke_without_command=True)


@records.callback()
def list_records(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    since: SinceOption = None,
    until: UntilOption = None,
    kind: TypeOption = None,
    *,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help='One CloudEvent per line on stdout, not only 50; the added key "gardu" has the '
            "state and the link in the hash chain.",
        ),
    ] = False,
) -> None:
    """List records: sequence, time, type, subject and state of delivery.

    Works while the daemon runs. Without --since the table shows the last 50; with it, earlier days
    are not read. Records that cannot be read are listed too.

    Example: gardu records --since 2h --type visit
    """
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    settings = load_data_config(config)
    zone = settings.checkpoint.zone
    wanted = Wanted(_when("--since", since, zone), _when("--until", until, zone), kind or "")
    with Snapshot(data_folder(settings)) as snapshot:
        search = Search(snapshot, wanted)
        with ProgressBar(search.total) as bar:
            if as_json:
                _write_lines(snapshot, search, bar)
            elif since is None:
                _show_latest(snapshot, search, bar, zone)
            else:
                _show_all(snapshot, search, bar, zone)


@records.command("resend", short_help="Send a range of records again.")
def resend_records(
    context: typer.Context,
    first: Annotated[int, typer.Argument(metavar="FROM", min=1, help="The first sequence.")],
    last: Annotated[int, typer.Argument(metavar="TO", min=1, help="The last sequence.")],
    config: ConfigOption | None = None,
) -> None:
    """Send the records FROM to TO again, in order, under their old ids; parked ones too.

    Asks the running daemon. If none runs, the records are marked and sent when it starts. A
    consumer that already has them recognises them by their ids.
    """
    if last < first:
        refuse(f"{first} to {last}: the range ends before it begins")
    # `gardu records --config FILE resend …` means the same as with the option at the end.
    settings = load_data_config(config or context.obj)
    request = Resend(first, last)
    resent = ask(data_folder(settings), request)
    if resent is None:
        resent = _mark(settings, request)
        say("No daemon runs here: they go out when it does.")
    say(
        f"{resent.marked + resent.unparked} records are sent again ({resent.unparked} of them were "
        f"parked); {resent.waiting} waited anyway; {resent.missing} are not there."
    )


def _show_latest(snapshot: Snapshot, search: Search, bar: ProgressBar, zone: tzinfo) -> None:
    newest = islice(search.found(backwards=True, on_read=bar.update), LATEST)
    rows = [_cells(record, snapshot, zone) for record in newest]
    bar.end()
    title = _title(snapshot, zone)
    if len(rows) == LATEST:
        title += f", the last {LATEST} (--since shows more)"
    show_table(title, _HEADERS, rows[::-1])


def _show_all(snapshot: Snapshot, search: Search, bar: ProgressBar, zone: tzinfo) -> None:
    rows = (_cells(record, snapshot, zone) for record in search.found(on_read=bar.update))
    show_long_table(_title(snapshot, zone), _HEADERS, rows, on_output=_ender(bar))


def _write_lines(snapshot: Snapshot, search: Search, bar: ProgressBar) -> None:
    write, on_output = sys.stdout.buffer.write, _ender(bar)
    on_terminal = sys.stdout.isatty()
    for record in search.found(on_read=bar.update):
        on_output()
        if record.fault:
            say(f"record {record.sequence}: {record.fault}", err=True)
            continue
        about = {"state": snapshot.state(record.sequence), "link": record.link}
        line = record.payload[:-1] + b',"gardu":' + msgspec.json.encode(about) + b"}\n"
        write(ascii_json(line).encode() if on_terminal else line)


def _ender(bar: ProgressBar) -> Callable[[], None]:
    """Return the function to call before output: on a terminal the rows replace the bar."""
    return bar.end if sys.stdout.isatty() else lambda: None


def _title(snapshot: Snapshot, zone: tzinfo) -> str:
    return f"Records of stream {snapshot.stream}, times of {zone}"


def _cells(record: Found, snapshot: Snapshot, zone: tzinfo) -> list[str]:
    moment = datetime.fromisoformat(record.time).astimezone(zone) if record.time else None
    return [
        str(record.sequence),
        f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "",
        record.type,
        record.fault or record.subject,
        snapshot.state(record.sequence),
    ]


def _when(option: str, words: str | None, zone: tzinfo) -> int | None:
    """Return the time that *words* mean in *zone*, milliseconds since 1970 UTC; None for None."""
    if words is None:
        return None
    try:
        if span := _SPAN.fullmatch(words):
            ago_ms = int(float(span[1]) * _SECONDS[span[2]] * 1000)
            moment = Clock.from_environment().wall_ms() - ago_ms
        else:
            moment = moment_ms(words, zone)
        iso(moment)  # it must be a year that a record can have
        return moment  # noqa: TRY300 - any of these may fail
    except (ValueError, OverflowError):
        refuse(f"{option} {words}: must be like 2026-11-21, 2026-11-21T08:00, 2h or 3d")


def _mark(config: Config, request: Resend) -> Resent:
    """Mark the records in the database itself, because no daemon has it open."""
    folder = data_folder(config)
    if not (folder / FILE).exists():
        raise StoreError(f"{folder / FILE} is not there: nothing was ever recorded here")
    with closing(Store(folder, source(config), Clock.from_environment())) as store:
        return resend_offline(request, store)
