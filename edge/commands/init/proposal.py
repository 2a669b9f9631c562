"""A config proposed for the answers: its text, what `gardu check` finds in it, what is short."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge.commands.config_notes import notes
from edge.commands.init.comments import text, todo_lines
from edge.commands.init.compose import compose, unplaced
from edge.commands.init.draft import uses
from edge.commands.init.places import PI, TooFew
from edge.commands.init.question import Office
from edge.config.loading import parse_config
from edge.config.model import Config
from edge.config.wiring import HEADER
from edge.daemon.procedures import fitting_procedures
from edge.errors import ConfigError
from edge.mqtt.credentials import examine_credentials


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A config that can be written, unless it has *problems*.

    :ivar text: the file; empty if the parts have no places
    :ivar config: the config; None if there are problems
    :ivar problems: why it cannot be written
    :ivar notes: what `gardu check` notes
    :ivar todo: what remains to be filled in
    """

    text: str = ""
    config: Config | None = None
    problems: Sequence[str] = ()
    notes: Sequence[str] = ()
    todo: Sequence[str] = ()


def propose(
    answers: Mapping[str, Any], office: Office, path: Path, sop: Path, picture: str
) -> Proposal:
    """Return the config of *answers* for the file *path*, checked as `gardu check` does.

    :param sop: the folder in which the procedures are now
    :param picture: the file name of the wiring picture
    """
    try:
        draft = compose(answers, office)
    except ConfigError as error:
        return Proposal(problems=error.problems)
    if draft.short:
        return Proposal(problems=list(_shortage(answers, office, draft.short)))
    content = text(draft, str(path), picture)
    try:
        config = parse_config(content, path)
        here = msgspec.structs.replace(config.checkpoint, sop=str(sop))
        checked = msgspec.structs.replace(config, checkpoint=here)
        found = fitting_procedures(checked, f"{path}: ").notes
    except ConfigError as error:
        return Proposal(text=content, problems=error.problems)
    remarks = examine_credentials(
        config.broker, dt.datetime.now(dt.UTC), config.checkpoint.identity
    )
    bad = [f"broker.{one.key}: {one.text}" for one in remarks if one.bad]
    files = [f"broker.{one.key}: {one.text}" for one in remarks]
    return Proposal(
        text=content,
        config=config,
        problems=bad,
        notes=[*notes(config), *found, *files],
        todo=todo_lines(draft.open),
    )


def _shortage(answers: Mapping[str, Any], office: Office, short: Sequence[TooFew]) -> Iterator[str]:
    """Yield what there is too little of, what uses it, and ways out."""
    for one in short:
        where = "the Pi's pins" if one.at == PI else one.at
        yield f"{where}: {one.wanted} {one.what} are needed, and there is room for {one.there}"
    if all(one.at != PI for one in short):
        yield "put some of its parts elsewhere, or add a module to equipment.modules"
        return
    draft = unplaced(answers, office)
    used = uses(draft)
    shown = ", ".join(f"{name} {count}" for name, count in used.items())
    yield f"a Pi has {len(HEADER)} pins; here {sum(used.values())} are wanted: {shown}"
    yield from _ways_out(answers, short)


def _ways_out(answers: Mapping[str, Any], short: Sequence[TooFew]) -> Iterator[str]:
    count = answers.get("lockers.count", 0)
    driver = answers.get("lockers.driver")
    if driver == "gpio":
        yield f'lockers.driver = "kerong" or "bcc" (boards on RS-485) frees {2 * count} pins'
    if driver in ("waveshare", "r421a08"):
        yield f'lockers.driver = "kerong" or "bcc" (they read the latches) frees {count} pins'
    if answers.get("buttons.amount") != "few":
        yield 'buttons.amount = "few": seldom used meanings are left out (docs/panel.md)'
    if any(value == "colours" for key, value in answers.items() if key.endswith(".lamps")):
        yield 'lamps = "one" in place of colours frees 3 pins for each panel'
    if any("active low" in one.what for one in short):
        yield 'pins.relays = "either": relay boards with a jumper also fit on GPIO 9 to 27'
    if any(value is True for key, value in answers.items() if key.endswith((".busy", ".extend"))):
        yield "aiphone: without the contacts busy and extend, a pin each"
    if answers.get("pins.keep_free"):
        yield "pins.keep_free: fewer functions whose pins stay free"
    yield "equipment.modules: a panel, the lockers or the detector on a Modbus module"
