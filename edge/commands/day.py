"""`gardu day`: shows the office day's state and the visits, cards and lockers that are out."""

from collections import Counter
from datetime import datetime, tzinfo
from typing import Annotated, Any

import msgspec
import typer

from edge.commands.ask import ask_day
from edge.commands.options import ConfigOption, data_folder, say
from edge.commands.tables import show_table
from edge.config.loading import load_config
from edge.config.office_time import office_time
from edge.config.places import DEFAULT_CONFIG
from edge.printable import ascii_json
from edge.sop.ids import minted_ms
from edge.sop.inputs.outstanding import DayNow, Out


def day(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show the office day's state; visits, cards and lockers that are out, IDs that are held.

    Asks the running daemon; ends with 1 if none runs. Times are the office's. No name is shown.
    """
    loaded = load_config(config)
    folder = data_folder(loaded)
    now = ask_day(folder)
    if now is None:
        say(f"no daemon runs here ({folder})", err=True)
        raise typer.Exit(1)
    if as_json:
        say(ascii_json(msgspec.json.encode(now)))
        return
    zone = loaded.checkpoint.zone
    say(in_words(now, zone))
    if now.out:
        show_table("what is out", ["out", "guest arrived", "station", "which"], rows(now, zone))


def in_words(now: DayNow, zone: tzinfo) -> str:
    """Return the lines that describe the day."""
    day = now.day
    if day is None:
        return f"no office day was opened yet; out: {_count(now)}"
    lines = [f"office day {day['number']}: {day['status']}, opened {_local(day['opened'], zone)}"]
    if day["closed"] is not None:
        lines[0] += f", closed {_local(day['closed'], zone)}"
    ended = ", ".join(f"{count} {outcome}" for outcome, count in day["outcomes"].items())
    lines.append(
        f"visits: {day['visits_carried']} carried over, {day['visits_opened']} opened "
        f"({day['persons']} persons); ended: {ended or 'none'}; open: {day['visits_open']}"
    )
    lines.append(f"out: {_count(now)}; IDs held: {day['ids_held']}")
    return "\n".join(lines)


def rows(now: DayNow, zone: tzinfo) -> list[list[str]]:
    """Return a row for each visit, card or locker that is out, and each ID that was left."""
    return [_row(item, zone) for item in now.out]


def _row(item: Out, zone: tzinfo) -> list[str]:
    arrived = office_time(minted_ms(item.visit), zone)
    return [item.what, f"{arrived:%Y-%m-%d %H:%M}", ", ".join(item.stations), _which(item)]


def _which(item: Out) -> str:
    if item.what == "card":
        return "of a visit that has ended"
    if item.what == "identity":
        return "held here, of a visit that has ended"
    if item.what == "locker":
        return f"locker {item.locker}"
    locker = f", locker {item.locker}" if item.locker is not None else ""
    return f"number {item.number}, {item.procedure}: {item.step}{locker}"


def _count(now: DayNow) -> str:
    kinds = Counter(item.what for item in now.out)
    return (
        f"{kinds['visit']} open visits, {kinds['card']} cards and {kinds['locker']} lockers of "
        "visits that have ended"
    )


def _local(time: Any, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(str(time)).astimezone(zone):%Y-%m-%d %H:%M}"
