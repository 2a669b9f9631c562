"""`gardu report`: recapitulates a month, from the records of this checkpoint.

Reads a snapshot (edge/store/snapshot.py), so the daemon may run.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge.clock import Clock
from edge.commands.options import ConfigOption, data_folder, say
from edge.commands.tables import show_table
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.config.zone import Month, month_at, month_named
from edge.daemon.procedures import wording_of
from edge.errors import ConfigError, GarduError
from edge.paper.deliver import REPLACES, deliver, write, write_secret
from edge.paper.words import Language
from edge.report.captions import ReportWords
from edge.report.document import About, html, pdf
from edge.report.plain import as_csv, shown
from edge.report.tables import Table
from edge.report.tally import summarise
from edge.report.workbook import xlsx
from edge.sop.monthly_summary import Summary
from edge.sop.procedures.loading import load_procedures
from edge.sop.procedures.model import Procedure, Text
from edge.store.register import facts
from edge.store.snapshot import Snapshot


class ReportFormat(StrEnum):
    """The formats of a report."""

    TERMINAL = "terminal"
    XLSX = "xlsx"
    CSV = "csv"
    PDF = "pdf"
    HTML = "html"
    JSON = "json"


def report(
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="The month. Default: last month."),
    ] = None,
    form: Annotated[
        ReportFormat | None,
        typer.Option("--format", help="Default: by FILE's name; terminal without FILE."),
    ] = None,
    language: Annotated[
        Language, typer.Option("--lang", help="Language of the report.")
    ] = Language.ID,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "--out", "-o", metavar="FILE", help=f"{REPLACES} With names: a new file."
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    with_guestbook: Annotated[
        bool,
        typer.Option(
            "--with-guestbook",
            help="Add the guests' details that the guest book holds: personal data, so only to a "
            "new file that only its owner can read (mode 0600).",
        ),
    ] = False,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="The office's private key file, if the details are sealed."),
    ] = None,
) -> None:
    """Recapitulate a month: visits, outcomes, times against their standard, alarms, equipment.

    Works while the daemon runs. Days and months are those of the office ([checkpoint] timezone).
    csv has one figure a line, for programs; json is the summary that the checkpoint publishes.

    Example: gardu report --month 2026-11 --format xlsx -o november.xlsx
    """
    chosen = form or _by_name(output)
    if with_guestbook and (output is None or chosen in (ReportFormat.TERMINAL, ReportFormat.JSON)):
        raise _wrong("--with-guestbook: personal data goes only into a file: add -o FILE.xlsx")
    if output is None and chosen in (ReportFormat.XLSX, ReportFormat.PDF):
        raise _wrong(f"--format {chosen}: say into which file: -o FILE.{chosen}")
    # A report needs none of the config's certificate and password files.
    settings = load_config(config, elsewhere=True)
    asked = _month(month, settings)
    words = ReportWords(
        language,
        _procedures(settings),
        _reasons(settings),
        {host.id: host.title for host in settings.hosts},
    )
    with Snapshot(data_folder(settings)) as snapshot:
        summary = summarise(facts(snapshot, asked), asked, _now(asked.zone))
        guests = _guests(settings, snapshot, asked, words, key) if with_guestbook else None
    if chosen is ReportFormat.TERMINAL and output is None:
        for title, headers, rows in shown(summary, words):
            show_table(title, headers, rows)
        return
    content = _WRITERS[chosen](summary, words, _about(settings, asked, words), guests)
    if output is None:
        deliver(content.decode(), None)
    else:
        (write_secret if with_guestbook else write)(output, content)
        say(f"{output}: {words.say('report')} {words.month(summary.month)}")


def _month(name: str | None, config: Config) -> Month:
    zone = config.checkpoint.zone
    if name is not None:
        try:
            return month_named(name, zone)
        except GarduError as error:
            raise _wrong(f"--month {error}") from None
    present = month_at(Clock.from_environment().wall_ms(), zone)
    before = present.year * 12 + present.month - 2
    return Month(before // 12, before % 12 + 1, zone)


def _procedures(config: Config) -> dict[str, Procedure]:
    """Return the office's procedures; none if they are bad (a report then shows their ids)."""
    try:
        return load_procedures(Path(config.checkpoint.sop), config.checkpoint.procedures)
    except ConfigError as error:
        say(f"procedures are named by their ids: {error.problems[0]}", err=True)
        return {}


def _reasons(config: Config) -> Mapping[str, Text]:
    """Return the office's words for each reason; none if they are bad (codes are then shown)."""
    try:
        return wording_of(config).reasons
    except ConfigError as error:
        say(f"reasons of the office's own are codes: {error.problems[0]}", err=True)
        return {}


def _now(zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(Clock.from_environment().wall_ms() / 1000, zone)


def _about(config: Config, month: Month, words: ReportWords) -> About:
    now = _now(month.zone)
    offices = dict.fromkeys(procedure.office for procedure in words.procedures.values())
    place = config.checkpoint.place or config.checkpoint.id
    return About(
        office=next(iter(offices), config.checkpoint.site),
        place=place,
        zone=f"{month.start.tzname()} ({month.zone})",
        made=f"{now.day} {words.month(f'{now:%Y-%m}')} {now:%H:%M}",
        unfinished=now < month.end,
    )


def _guests(
    config: Config,
    snapshot: Snapshot,
    month: Month,
    words: ReportWords,
    key_files: list[Path] | None,
) -> Table:
    from edge.commands.guestbook.keys import private_keys
    from edge.guestbook.guest_list import read
    from edge.report.guests import guest_table

    keys = private_keys(key_files) if key_files else None
    details = {entry.visit: entry.details for entry in read(data_folder(config), keys=keys)}
    return guest_table(facts(snapshot, month), month, details, words)


Writer = Callable[[Summary, ReportWords, About, Table | None], bytes]
_WRITERS: dict[ReportFormat, Writer] = {
    ReportFormat.TERMINAL: lambda summary, words, _about, _guests: _text(summary, words),
    ReportFormat.XLSX: lambda summary, words, _about, guests: xlsx(summary, words, guests),
    # Excel reads a CSV as UTF-8 only with a byte-order mark.
    ReportFormat.CSV: lambda summary, words, _about, guests: as_csv(summary, words, guests).encode(
        "utf-8-sig"
    ),
    ReportFormat.PDF: pdf,
    ReportFormat.HTML: lambda *page: html(*page).encode(),
    ReportFormat.JSON: lambda summary, _words, _about, _guests: (
        msgspec.json.encode(summary) + b"\n"
    ),
}


def _text(summary: Summary, words: ReportWords) -> bytes:
    return "".join(
        f"{title}\n" + "".join("\t".join(row) + "\n" for row in [headers, *rows]) + "\n"
        for title, headers, rows in shown(summary, words)
    ).encode()


def _by_name(output: Path | None) -> ReportFormat:
    if output is None:
        return ReportFormat.TERMINAL
    try:
        return ReportFormat(output.suffix.lstrip(".").lower())
    except ValueError:
        raise _wrong(f"{output}: say with --format what it is to be") from None


def _wrong(problem: str) -> typer.Exit:
    say(problem, err=True)
    return typer.Exit(2)
