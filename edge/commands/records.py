"""`gardu records`: lists a checkpoint's records, and sends some again.

The list is read from a snapshot (edge/store/snapshot.py), so the daemon may run. `gardu records
resend` changes the database, so the daemon does that (edge/daemon/control.py).
"""

import re
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import msgspec
import typer

from edge.clock import Clock, iso
from edge.commands.ask import ask
from edge.commands.options import ConfigOption, data_folder, load_data_config, refuse
from edge.commands.tables import show_table
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.daemon.control import Resend, resend_offline
from edge.errors import StoreError
from edge.store.chain import KeptRecord
from edge.store.cloudevent import source
from edge.store.outbox import Resent
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, Store

# Number of records that are shown without --since.
LATEST = 50

_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help="Only records from then on: 2026-11-21, 2026-11-21T08:00 (local time, or with "
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


# The type of a record that cannot be read.
_UNREADABLE = "?"


class _Event(msgspec.Struct):
    """The fields of a payload that are shown."""

    type: str = _UNREADABLE
    subject: str = ""
    time: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """The filter of the records to be shown; times as RFC 3339 UTC, which sort as text.

    :ivar part: a part of the type; empty: any type
    """

    since: str = ""
    until: str = ""
    part: str = ""

    def has(self, event: _Event) -> bool:
        """Return True if the record of *event* passes the filter."""
        return (
            self.part in event.type
            and event.time >= self.since
            and not (self.until and event.time >= self.until)
        )


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

    Works while the daemon runs. Without --since the table shows the last 50.

    Example: gardu records --since 2h --type visit
    """
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    wanted = Wanted(_when("--since", since), _when("--until", until), kind or "")
    with Snapshot(data_folder(load_data_config(config))) as snapshot:
        if as_json:
            _write_lines(snapshot, wanted)
        else:
            _show(snapshot, wanted, LATEST if since is None else None)


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
        typer.echo("No daemon runs here: they go out when it does.")
    typer.echo(
        f"{resent.marked + resent.unparked} records are sent again ({resent.unparked} of them were "
        f"parked); {resent.waiting} waited anyway; {resent.missing} are not there."
    )


def _show(snapshot: Snapshot, wanted: Wanted, most: int | None) -> None:
    newest = _chosen(snapshot.records(backwards=True), wanted)
    rows = [_cells(record, event, snapshot) for record, event in islice(newest, most)]
    title = f"Records of stream {snapshot.stream}"
    if most is not None and len(rows) == most:
        title += f", the last {most} (--since shows more)"
    show_table(title, ["sequence", "time", "type", "about", "state"], rows[::-1])


def _write_lines(snapshot: Snapshot, wanted: Wanted) -> None:
    for record, event in _chosen(snapshot.records(), wanted):
        if event.type == _UNREADABLE:
            typer.echo(f"record {record.sequence}: {event.subject}", err=True)
            continue
        about = {"state": snapshot.state(record.sequence), "link": record.link}
        more = b',"gardu":' + msgspec.json.encode(about) + b"}\n"
        sys.stdout.buffer.write(record.payload[:-1] + more)


def _chosen(found: Iterator[KeptRecord], wanted: Wanted) -> Iterator[tuple[KeptRecord, _Event]]:
    """Yield the records that pass the filter, and every record that cannot be read."""
    for record in found:
        event = _event(record)
        if event.type == _UNREADABLE or wanted.has(event):
            yield record, event


def _event(record: KeptRecord) -> _Event:
    try:
        return msgspec.json.decode(record.payload, type=_Event)
    except msgspec.DecodeError:
        return _Event(subject=record.fault or "the payload cannot be read")


def _cells(record: KeptRecord, event: _Event, snapshot: Snapshot) -> list[str]:
    moment = datetime.fromisoformat(event.time).astimezone() if event.time else None
    return [
        str(record.sequence),
        f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "",
        event.type,
        event.subject,
        snapshot.state(record.sequence),
    ]


def _when(option: str, words: str | None) -> str:
    """Return the time that *words* mean, as RFC 3339 UTC; empty for None."""
    if words is None:
        return ""
    try:
        if span := _SPAN.fullmatch(words):
            ago_ms = int(float(span[1]) * _SECONDS[span[2]] * 1000)
            return iso(Clock.from_environment().wall_ms() - ago_ms)
        return iso(int(datetime.fromisoformat(words).astimezone(UTC).timestamp() * 1000))
    except (ValueError, OverflowError):
        refuse(f"{option} {words}: must be like 2026-11-21, 2026-11-21T08:00, 2h or 3d")


def _mark(config: Config, request: Resend) -> Resent:
    """Mark the records in the database itself, because no daemon has it open."""
    folder = data_folder(config)
    if not (folder / FILE).exists():
        raise StoreError(f"{folder / FILE} is not there: nothing was ever recorded here")
    with closing(Store(folder, source(config), Clock.from_environment())) as store:
        return resend_offline(request, store)
