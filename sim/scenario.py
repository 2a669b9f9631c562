"""Scenarios: data files that define the kind of day in the simulated lobby.

A scenario defines the guests, how often they come, and the faults with their times. Times are
seconds of the simulated clock since the checkpoint opened.
"""

import random
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from edge.config.validation import Problems, convert, read_file
from edge.errors import ConfigError

FOLDER = Path(__file__).parent / "scenarios"

# The intentions by name; sim/people/intention.py has the data of each.
BRANCHES: tuple[str, ...] = (
    "normal", "host-declines", "host-absent", "no-answer", "rescheduled", "alarm-then-clear",
    "alarm-twice", "refused", "nothing-to-store", "leaves", "answers-late", "too-fast",
    "unknown-card", "shared-card", "corrects-card", "loses-card", "forgets-belongings",
    "overnight", "card-in-the-tray", "no-identity", "no-door-release", "invited", "invited-twice",
    "on-the-phone", "sent-back", "long-meeting", "stays", "vanishes", "reason-1", "reason-2",
    "reason-3", "reason-4", "second-declines", "third-call", "above-the-limit",
    "alarm-on-the-way-out", "waits-for-room", "with-escort",
)  # fmt: skip
GENERAL = ("outcome", "event", "answer")
"""The words before the colon of the general forms: what follows is a word of the procedure."""
Branch = Annotated[
    str,
    Meta(
        pattern=rf"^({'|'.join(BRANCHES)}|({'|'.join(GENERAL)}):.+)\Z",
        description="one of " + ", ".join(BRANCHES) + "; or outcome:WORD, event:NAME, answer:WORDS",
    ),
]
"""How a guest's visit is to fare."""

Moment = Annotated[
    float, Meta(ge=0, le=86400, description="seconds since opening, from 0 to 86400")
]
Weight = Annotated[float, Meta(gt=0, le=1000, description="a weight above 0, at most 1000")]
Share = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1")]
Gap = Annotated[float, Meta(gt=0, le=3600, description="seconds, above 0, at most 3600")]
Contact = Annotated[
    str,
    Meta(
        pattern=r"^(button/[^/]+/[^/]+|door/[^/]+|locker/[0-9]+|aiphone/[^/]+/[^/]+"
        r"|detector/([^/]+/)?(alarm|tamper|passage|inner)|safety/[^/]+)\Z",
        description="a contact: button/STATION/ACTION, door/NAME, locker/NUMBER, aiphone/NAME/KEY, "
        "detector/KEY or detector/NAME/KEY (alarm, tamper, passage, inner), safety/KEY",
    ),
]
Adapter = Annotated[
    str,
    Meta(
        pattern=r"^(reader|scanner|bus)/[^/]+\Z",
        description="an adapter: reader/NAME, scanner/NAME or bus/NAME",
    ),
]
Packet = Literal["length", "topic", "property", "oversized", "hostile"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a scenario file."""


class Title(Part, frozen=True, kw_only=True):
    """The title of the scenario, in Indonesian and English."""

    id: str
    en: str


class Guests(Part, frozen=True, kw_only=True):
    """The guests of a scenario.

    :ivar order: the branch of each guest in turn, repeated as often as needed
    :ivar weights: instead of ``order``: branches drawn by chance in these proportions
    :ivar no_way: what follows if a branch has no way in the only procedure of the simulation:
        it does not begin, or, with weights, none of these guests comes (``stop``); or they go
        through as ``normal`` ones
    :ivar gap_s: mean seconds between two arrivals
    :ivar groups: the share of guests who come as a group
    """

    order: tuple[Branch, ...] = ()
    weights: dict[Branch, Weight] = {}
    no_way: Literal["stop", "normal"] = "stop"
    gap_s: Gap = 240.0
    groups: Share = 0.0


class NetworkEvent(Part, frozen=True, kw_only=True):
    """A change of the line between checkpoint and broker (sim/line/network.py)."""

    at_s: Moment
    do: Literal["cut", "half-open", "restore"]


class Kill(Part, frozen=True, kw_only=True):
    """The daemon loses its power (SIGKILL)."""

    at_s: Moment


class Fault(Part, frozen=True, kw_only=True):
    """A fault of equipment, its repair, or an act of an officer (``press``, ``supervise``).

    :ivar locker: which locker, for ``jam-locker``, ``free-locker``, ``force-locker``,
        ``loosen-locker``, ``tighten-locker``, ``supervise``
    :ivar reader: which card reader, for ``noise``
    :ivar camera: which camera, for ``camera-off`` and ``camera-on``
    :ivar door: which access door, for ``wedge-door``, ``free-door``, ``force-door``,
        ``loosen-door`` and ``tighten-door``
    :ivar input: which safety input (the key of its contact), for ``alarm`` and ``reset``
    :ivar station: where an officer acts, for ``press`` and ``supervise``
    :ivar action: which button, for ``press``; for ``supervise`` that of the reason (left out: the
        card once more)
    :ivar aiphone: which called station, for ``busy-aiphone`` and ``free-aiphone``
    :ivar contact: which contact, for ``chatter``, ``lost-edge`` and ``crosstalk``
    :ivar into: the contact whose wire runs beside it, for ``crosstalk``
    :ivar adapter: which serial adapter, for ``renumber``
    :ivar packet: what is wrong with the packet, for ``poison-packet`` (sim/line/poison.py)
    :ivar hz: how often a second a ``chatter`` opens and closes the contact
    :ivar for_s: how long the fault lasts, seconds
    :ivar pulse_ms: length of a pulse of ``crosstalk``, milliseconds
    :ivar sync_s: how much longer each sync of a ``slow-disk`` takes, seconds
    :ivar times: how often a ``flap-broker`` cuts the line
    :ivar every_s: from one of its cuts to the next, seconds; it is up for the second half
    """

    at_s: Moment
    do: Literal[
        "jam-locker", "free-locker", "noise", "camera-off", "camera-on", "wedge-door", "free-door",
        "force-door", "alarm", "reset", "cut-detector", "mend-detector", "force-locker",
        "busy-aiphone", "free-aiphone", "press", "supervise", "loosen-door", "tighten-door",
        "loosen-locker", "tighten-locker", "chatter", "lost-edge", "crosstalk", "renumber",
        "slow-disk", "stalled-disk", "poison-packet", "flap-broker",
    ]  # fmt: skip
    locker: int | None = None
    reader: str | None = None
    camera: str | None = None
    door: str | None = None
    input: str | None = None
    aiphone: str | None = None
    station: str | None = None
    action: str | None = None
    contact: Contact | None = None
    into: Contact | None = None
    adapter: Adapter | None = None
    packet: Packet | None = None
    hz: Annotated[float, Meta(ge=2, le=20, description="times a second, 2 to 20")] | None = None
    for_s: Gap | None = None
    pulse_ms: Annotated[float, Meta(ge=1, le=200, description="milliseconds, 1 to 200")] = 40.0
    sync_s: Annotated[float, Meta(gt=0, le=60, description="seconds, above 0, at most 60")] = 0.2
    times: Annotated[int, Meta(ge=1, le=1000, description="a number, 1 to 1000")] | None = None
    every_s: Gap | None = None


class Scenario(Part, frozen=True, kw_only=True):
    """A day at the checkpoint."""

    title: Title
    guests: Guests
    network: tuple[NetworkEvent, ...] = ()
    kill: tuple[Kill, ...] = ()
    fault: tuple[Fault, ...] = ()

    def branches(self, count: int, seed: int) -> list[Branch]:
        """Return the branch of each of *count* guests; the same *seed* gives the same guests."""
        order, weights = self.guests.order, self.guests.weights
        if order:
            return [order[number % len(order)] for number in range(count)]
        chance = random.Random(f"{seed}/branches")  # noqa: S311 - play, not secrets
        return chance.choices(list(weights), list(weights.values()), k=count)


# The keys that each fault must have.
_FAULT_NEEDS: dict[str, tuple[str, ...]] = {
    "jam-locker": ("locker",),
    "free-locker": ("locker",),
    "force-locker": ("locker",),
    "press": ("action",),
    "supervise": ("station",),
    "busy-aiphone": ("aiphone",),
    "free-aiphone": ("aiphone",),
    "noise": ("reader",),
    "camera-off": ("camera",),
    "camera-on": ("camera",),
    "wedge-door": ("door",),
    "free-door": ("door",),
    "force-door": ("door",),
    "loosen-door": ("door",),
    "tighten-door": ("door",),
    "loosen-locker": ("locker",),
    "tighten-locker": ("locker",),
    "alarm": ("input",),
    "reset": ("input",),
    "chatter": ("contact", "hz", "for_s"),
    "lost-edge": ("contact",),
    "crosstalk": ("contact", "into", "for_s"),
    "renumber": ("adapter",),
    "slow-disk": ("for_s",),
    "stalled-disk": ("for_s",),
    "poison-packet": ("packet",),
    "flap-broker": ("times", "every_s"),
}


def names() -> list[str]:
    """Return the names of the scenarios that come with the simulator."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find(name: str) -> Path:
    """Return the file of the scenario *name*: one of Gardu's own, or a path.

    :raises ConfigError: if there is no such scenario
    """
    for path in (FOLDER / f"{name}.toml", Path(name)):
        if path.is_file():
            return path
    known = ", ".join(names())
    raise ConfigError([f"{name}: no such scenario; known: {known}, or the path of a TOML file"])


def load(path: Path) -> Scenario:
    """Read the scenario file *path*.

    :raises ConfigError: with every problem found
    """
    raw, problems = read_file(path)
    scenario: Any = convert(Scenario, raw, "", problems)
    if scenario is not None:
        _check_guests(scenario.guests, problems)
        check_faults(scenario.fault, problems)
    problems.raise_any()
    assert isinstance(scenario, Scenario)
    return scenario


def _check_guests(guests: Guests, problems: Problems) -> None:
    if bool(guests.order) == bool(guests.weights):
        problems.add("guests", "needs either order or weights, and not both")


def check_faults(faults: tuple[Fault, ...], problems: Problems) -> None:
    """Add a problem to *problems* for each key that a fault must have and has not."""
    for number, fault in enumerate(faults):
        for needed in _FAULT_NEEDS.get(fault.do, ()):
            if getattr(fault, needed) is None:
                problems.add(f"fault[{number}].{needed}", f"is missing; {fault.do} needs it")
        if fault.into is not None and fault.into == fault.contact:
            problems.add(f"fault[{number}].into", "must be another contact than contact")
