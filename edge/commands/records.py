"""`gardu records` and `gardu verify`: what a checkpoint has recorded, and whether it still is that.

Both read a snapshot (edge/store/snapshot.py), so the daemon may run. What has to change the
database (`gardu records resend`) is asked of the daemon (edge/daemon/control.py).
"""

import re
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer

from edge.clock import Clock, iso
from edge.commands.ask import ask
from edge.commands.options import ConfigOption
from edge.commands.tables import show_table
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.daemon.control import Resend, resend_offline
from edge.errors import StoreError
from edge.store.chain import Difference, KeptRecord, Walk
from edge.store.cloudevent import source
from edge.store.outbox import Resent
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, Store

# How many records are shown if nobody says from when on.
LATEST = 50

_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help="Only what happened from then on: 2026-11-21, 2026-11-21T08:00 (local time, or with "
        "a zone: 2026-11-21T01:00Z), or 30m, 2h, 3d ago.",
    ),
]
UntilOption = Annotated[
    str | None, typer.Option(metavar="WHEN", help="Only what happened before then.")
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
    """What is shown of a payload."""

    type: str = _UNREADABLE
    subject: str = ""
    time: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """Which records are to be shown; times as RFC 3339 UTC, which sort as text."""

    since: str = ""
    until: str = ""
    part: str = ""

    def has(self, event: _Event) -> bool:
        """Whether the record of *event* is one of them."""
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
            help='One CloudEvent a line on stdout, all of them; the added key "gardu" says the '
            "state and the link in the hash chain.",
        ),
    ] = False,
) -> None:
    """List records: sequence, time, type, subject, and whether each was delivered.

    Works while the daemon runs. Without --since the table shows the last 50.

    Example: gardu records --since 2h --type visit
    """
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    wanted = Wanted(_when("--since", since), _when("--until", until), kind or "")
    with Snapshot(_folder(_load(config))) as snapshot:
        if as_json:
            _write_lines(snapshot, wanted)
        else:
            _show(snapshot, wanted, LATEST if since is None else None)


@records.command("resend")
def resend_records(
    context: typer.Context,
    first: Annotated[int, typer.Argument(metavar="FROM", min=1, help="The first sequence.")],
    last: Annotated[int, typer.Argument(metavar="TO", min=1, help="The last sequence.")],
    config: ConfigOption | None = None,
) -> None:
    """Send the records FROM to TO again, in order, under their old ids; parked ones too.

    Asks the running daemon. If none runs, they are marked, and go out when it does. A consumer
    that had them knows them by their ids.
    """
    if last < first:
        _complain(f"{first} to {last}: the range ends before it begins")
    # `gardu records --config FILE resend …` means the same as with the option at the end.
    settings = _load(config or context.obj)
    request = Resend(first, last)
    resent = ask(_folder(settings), request)
    if resent is None:
        resent = _mark(settings, request)
        typer.echo("No daemon runs here: they go out when it does.")
    typer.echo(
        f"{resent.marked + resent.unparked} records are sent again ({resent.unparked} of them were "
        f"parked); {resent.waiting} waited anyway; {resent.missing} are not there."
    )


def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="A head that the checkpoint published (ledger.head), noted elsewhere. Without "
            "one, a history that was rewritten as a whole looks intact.",
        ),
    ] = None,
    sequence: Annotated[
        int | None,
        typer.Option(min=0, help="The ledger's head_seq that came with it. Without: any record."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check the hash chain of the records; name the first one that differs.

    Works while the daemon runs. Ends with 0 if the chain is intact, 1 if not, 2 if asked wrongly.

    Example: gardu verify --head 5f1c… --sequence 4711
    """
    if head is None and sequence is not None:
        _complain("--sequence says of which record --head is the link: give both")
    if head is not None and not re.fullmatch("[0-9a-fA-F]{64}", head):
        _complain("--head: must be 64 hexadecimal digits")
    with Snapshot(_folder(_load(config))) as snapshot:
        start = snapshot.start
        if sequence is not None and sequence < start.sequence:
            _complain(
                f"--sequence {sequence}: records up to {start.sequence} were removed when their "
                "time was over; take a later head"
            )
        walk = Walk(snapshot.stream, start, head.lower() if head else None, sequence)
        difference = walk.go(snapshot.records(), snapshot.head)
    reached = walk.reached
    findings = Verification(
        snapshot.stream, start.sequence, reached.sequence, reached.link, difference
    )
    if as_json:
        typer.echo(msgspec.json.encode(findings).decode())
    else:
        _tell(findings, published=head is not None)
    if difference is not None:
        raise typer.Exit(1)


class Verification(msgspec.Struct, frozen=True):
    """What `gardu verify` found.

    :ivar removed_to: the last record that retention removed; 0 if none
    :ivar sequence: the last record that is as it was written, and *head*, its link
    """

    stream: str
    removed_to: int
    sequence: int
    head: str
    difference: Difference | None

    @property
    def checked(self) -> int:
        """How many records are as they were written."""
        return self.sequence - self.removed_to


def _tell(findings: Verification, *, published: bool) -> None:
    typer.echo(f"stream {findings.stream}")
    if findings.removed_to:
        typer.echo(f"records up to {findings.removed_to} are not of this chain or were removed")
    typer.echo(f"records in order: {findings.checked}; the last is {findings.sequence}")
    typer.echo(f"its link: {findings.head}")
    if findings.difference is not None:
        one = findings.difference
        known = " ".join(part for part in (one.type, one.time, one.id) if part)
        typer.echo(f"record {one.sequence} differs: {one.what}" + (f" ({known})" if known else ""))
    elif published:
        typer.echo("intact, and it is the history that was published")
    else:
        typer.echo("intact in itself; only a published head (--head) shows that all is as it was")


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
    """Yield the wanted records; one that cannot be read is always wanted."""
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
    """Return the moment that *words* mean, as RFC 3339 UTC; empty for None."""
    if words is None:
        return ""
    try:
        if span := _SPAN.fullmatch(words):
            ago_ms = int(float(span[1]) * _SECONDS[span[2]] * 1000)
            return iso(Clock.from_environment().wall_ms() - ago_ms)
        return iso(int(datetime.fromisoformat(words).astimezone(UTC).timestamp() * 1000))
    except (ValueError, OverflowError):
        _complain(f"{option} {words}: must be like 2026-11-21, 2026-11-21T08:00, 2h or 3d")


def _mark(config: Config, request: Resend) -> Resent:
    """Mark the records in the database itself: nobody else has it."""
    folder = _folder(config)
    if not (folder / FILE).exists():
        raise StoreError(f"{folder / FILE} is not there: nothing was ever recorded here")
    with closing(Store(folder, source(config), Clock.from_environment())) as store:
        return resend_offline(request, store)


def _load(path: Path) -> Config:
    # Its certificates and passwords are of no concern here.
    return load_config(path, elsewhere=True)


def _folder(config: Config) -> Path:
    return Path(config.checkpoint.data)


def _complain(problem: str) -> NoReturn:
    typer.echo(problem, err=True)
    raise typer.Exit(2)
