"""The people's own reading of a procedure file: its phases, rows and questions. Data.

The people read the whole text that an office would read: the output of ``gardu sop show ID
--expanded``. They share no loader with the daemon: an error there cannot cancel itself out. Parts
are expanded by the command, because an office reads them expanded too.
"""

import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from edge.errors import ConfigError
from sim.stage.process import gardu


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A way out of a phase: docs/procedures-reference.md describes each key."""

    event: str
    to: str
    reason: str | None = None
    via: str | None = None
    again: bool = False
    extend: bool = False
    pass_on: bool = False
    clear: str | None = None
    otherwise: str | None = None
    at_most: int | None = None
    value: str | None = None
    above: float | None = None
    below: float | None = None
    equals: Any = None
    after_s: float | None = None
    at_s: float | None = None
    vouches: tuple[str, ...] = ()
    returns_identity: bool = False
    answer: Mapping[str, str] | None = None

    @property
    def compares(self) -> str | None:
        """The value that it compares; None if it compares none."""
        if self.above is None and self.below is None and self.equals is None:
            return None
        return self.value or self.event.removeprefix("value.")


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A wait within a step."""

    id: str
    on: tuple[Row, ...] = ()
    do: tuple[str, ...] = ()
    needs: str | None = None
    otherwise: str | None = None
    lamp: str = "on"
    ask: Mapping[str, str] | None = None

    def waits_for(self, event: str) -> bool:
        """Return True if a row of the phase is for *event*."""
        return any(row.event == event for row in self.on)

    @property
    def rings(self) -> bool:
        """True if a call rings in it."""
        return "ring:call" in self.do


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the procedure's table."""

    id: str
    number: int
    station: str
    role: str
    phases: tuple[Phase, ...]
    aiphone: str | None = None
    extensions: int = 0
    extend_s: float | None = None
    count_again: bool = False
    timed_from: str | tuple[str, ...] = ()
    standard_s: float | None = None

    def phase(self, name: str) -> Phase:
        """Return the phase *name*.

        :raises KeyError: if the step has no such phase
        """
        for phase in self.phases:
            if phase.id == name:
                return phase
        raise KeyError(name)

    @property
    def screens(self) -> bool:
        """True if the persons who pass clear are counted in it."""
        return any(row.clear for phase in self.phases for row in phase.on)


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A value that is entered with a visit."""

    id: str
    kind: str
    choices: tuple[Any, ...] = ()
    least: float | None = None
    most: float | None = None


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of the week in which guests are received, local time."""

    days: tuple[str, ...]
    since: str = msgspec.field(name="from")
    until: str = msgspec.field(name="to")


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure, as the people know it."""

    id: str
    steps: tuple[Step, ...]
    anywhere: tuple[Row, ...] = ()
    reasons: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    cards: str = "each"
    card_pool: str | None = None
    escort_visits: int | None = None
    abandoned_after_s: float | None = None
    waiting_order: str = "waiting"
    hours: tuple[Hours, ...] = ()

    @classmethod
    def parse(cls, toml: str) -> Self:
        """Return the procedure of the text *toml*, with the phases of its parts in it.

        :raises ValueError: if it is no such text
        """
        return msgspec.convert(tomllib.loads(toml), cls)

    @property
    def places(self) -> frozenset[str]:
        """The places for whose room guests wait."""
        needs = (phase.needs or "" for step in self.steps for phase in step.phases)
        return frozenset(one.removeprefix("room:") for one in needs if one.startswith("room:"))

    def place(self, step: str) -> int:
        """Return the position of the step *step*."""
        return next(place for place, one in enumerate(self.steps) if one.id == step)


def read(procedures: list[str], folder: Path) -> dict[str, Text]:
    """Return the whole text of each of *procedures* of *folder*, by id.

    :raises ConfigError: if the command cannot show one of them, in its words
    """
    return {name: _shown(name, folder) for name in procedures}


def _shown(name: str, folder: Path) -> Text:
    command = [*gardu(), "sop", "show", name, "--folder", str(folder), "--expanded"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ConfigError([f"{name}: {done.stderr.strip()}"])
    try:
        return Text.parse(done.stdout)
    except ValueError as error:
        raise ConfigError([f"{name}: {error}"]) from None
