"""A stand for the core: sends it events, runs its timers in fake time, collects its output."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

from edge.clock import Stamp
from edge.sop import events
from edge.sop.effects import Beep, CancelTimer, Effect, StartTimer
from edge.sop.engine import initial_state, step
from edge.sop.events import Event, InputKind
from edge.sop.procedures.loading import load_procedures
from edge.sop.procedures.model import Procedure
from edge.sop.records import Record, StepCompleted, VisitClosed
from edge.sop.state import Detector, Door, Host, Rules

T = TypeVar("T")

CONFIG = Path(__file__).parents[2] / "config"
PROCEDURES = load_procedures(CONFIG / "sop", ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"])
CARDS = [f"01006300{number:02X}" for number in range(8)]
SUPERVISOR = "0100A4C1F0"

# 2026-11-23 08:00 WIB, a Monday.
OPENING_MS = 1_795_395_600_000


def rules(
    procedures: dict[str, Procedure] = PROCEDURES, *, passage: bool = True, **changes: Any
) -> Rules:
    """Return the rules of a checkpoint with all equipment, for all four procedures.

    :param passage: the metal detector has a beam
    """
    values: dict[str, Any] = {
        "stream": "00000000-0000-4000-8000-000000000000",
        "procedures": {procedure.key: procedure for procedure in procedures.values()},
        "current": {procedure.id: procedure.key for procedure in procedures.values()},
        "panels": {
            name: (name,)
            for name in (
                "reception", "officer-1", "officer-2", "officer-3", "security", "escort",
            )
        },
        "readers": {"desk": ("reception", "officer-1"), "gate": ("reception",)},
        "hosts": {
            name: Host(procedures=(name,), aiphone="adc") for name in procedures
        },
        "cards": frozenset(CARDS),
        "supervisors": {SUPERVISOR: "duty-officer"},
        "lockers": (1, 2, 3),
        "left_open_s": 120.0,
        "doors": {"office": Door(procedures=("jatim",), release_s=5.0, held_s=30.0)},
        "detectors": {"": Detector(walks=frozenset({"in"} if passage else ()))},
        "inputs": frozenset(get_args(InputKind)),
        "purposes": frozenset(["desk", "alarm"]),
    }  # fmt: skip
    return Rules(**{**values, **changes})


DETECTED: dict[str, Callable[[Stamp, str], Event]] = {
    "alarm": lambda now, at: events.DetectorAlarmed(now, detector=at),
    "clear": lambda now, at: events.DetectorCleared(now, detector=at),
    "passage": events.PassageMade,
    "exit": lambda now, at: events.PassageMade(now, at, "out"),
    "walk": lambda now, at: events.PassageMade(now, at, None),
    "too-fast": events.PassageTooFast,
    "too-fast-out": lambda now, at: events.PassageTooFast(now, at, "out"),
}
"""The events of a detector, by the words of :meth:`Stand.detector`."""


class Stand:
    """The core under test, in fake time."""

    def __init__(self, with_rules: Rules | None = None) -> None:
        self.rules = with_rules or rules()
        self.state = initial_state(self.rules)
        self.seconds = 0.0
        self.effects: list[Effect] = []
        self.records: list[Record] = []
        self.timers: dict[str, tuple[float, StartTimer]] = {}

    @property
    def now(self) -> Stamp:
        """The present moment of the fake clock."""
        return Stamp(int(self.seconds * 1e9), OPENING_MS + int(self.seconds * 1000), True, "boot")

    def send(self, event: Event) -> list[Effect]:
        """Send *event* to the core; return its effects."""
        result = step(self.rules, self.state, event)
        self.state = result.state
        self.effects += result.effects
        self.records += result.records
        for effect in result.effects:
            if isinstance(effect, StartTimer):
                due = effect.since.boot_ns / 1e9 + effect.seconds
                self.timers[effect.key] = (due, effect)
            elif isinstance(effect, CancelTimer):
                self.timers.pop(effect.key, None)
        return list(result.effects)

    def wait(self, seconds: float) -> None:
        """Let *seconds* pass; timers fire in order when they are due."""
        end = self.seconds + seconds
        while due := min((d for d in self.timers.values() if d[0] <= end), default=None, key=_due):
            self.seconds = max(self.seconds, due[0])
            del self.timers[due[1].key]
            self.send(events.TimerFired(self.now, due[1].key))
        self.seconds = end

    def press(
        self, panel: str, action: str, procedure: str | None = None, host: str | None = None
    ) -> list[Effect]:
        """An officer presses a button."""
        return self.send(events.ButtonPressed(self.now, panel, action, procedure, host))

    def close_day(self, panel: str, action: str = "close-day") -> list[Effect]:
        """An officer closes the day: by a second press if guests are inside."""
        effects = self.press(panel, action)
        return self.press(panel, action) if Beep("refused") in effects else effects

    def answer(self, answer: Any, aiphone: str = "adc") -> list[Effect]:
        """The aide at *aiphone* uses a contact."""
        return self.send(events.HostAnswered(self.now, aiphone, answer))

    def call(self) -> list[Effect]:
        """The aide calls the first guest from the waiting room: the same contact as *accept*."""
        return self.answer("accept")

    def card(self, card: str) -> list[Effect]:
        """A card is held to the reader at the desk."""
        return self.send(events.CardPresented(self.now, "desk", card))

    def opened(self, locker: int) -> list[Effect]:
        """A locker's door opens."""
        return self.send(events.LockerOpened(self.now, locker))

    def closed_door(self, locker: int) -> list[Effect]:
        """A locker's door closes."""
        return self.send(events.LockerClosed(self.now, locker))

    def door(self, *what: str, initial: bool = False) -> None:
        """The access door is ``opened`` or ``closed``, in the given order."""
        for name in what:
            kind = events.DoorOpened if name == "opened" else events.DoorClosed
            self.send(kind(self.now, "office", initial))

    def alarmed(self, kind: InputKind, *, initial: bool = False) -> list[Effect]:
        """A safety input is in alarm."""
        return self.send(events.InputAlarmed(self.now, kind, initial))

    def restored(self, kind: InputKind, *, initial: bool = False) -> list[Effect]:
        """A safety input is at rest."""
        return self.send(events.InputRestored(self.now, kind, initial))

    def invited(
        self,
        invitation: str,
        procedure: str = "pimpinan",
        *,
        valid_s: float = 3600.0,
        host: str | None = None,
    ) -> list[Effect]:
        """An invitation is shown at the gate."""
        expires_ms = self.now.wall_ms + int(valid_s * 1000)
        return self.send(
            events.InvitationPresented(self.now, "gate", invitation, procedure, expires_ms, host)
        )

    def restart(self) -> list[Effect]:
        """A killed daemon starts again: its timers are gone until the core starts them again."""
        self.timers.clear()
        return self.send(events.Started(self.now))

    def detector(self, *what: str, at: str = "") -> None:
        """Detector *at* reports ``alarm``, ``clear`` (contact at rest), ``passage``, ``too-fast``.

        Also ``exit`` and ``too-fast-out``, walks out, and ``walk``, one of unknown direction.
        """
        for name in what:
            self.send(DETECTED[name](self.now, at))

    def steps(self) -> list[StepCompleted]:
        """The step records so far."""
        return self.data(StepCompleted)

    @property
    def closed(self) -> list[VisitClosed]:
        """The visits that have ended, by their records."""
        return self.data(VisitClosed)

    def outcomes(self) -> list[str]:
        """The outcomes of closed visits so far."""
        return [data.outcome for data in self.closed]

    def data(self, kind: type[T]) -> list[T]:
        """The data of the records of *kind* so far."""
        return [record.data for record in self.records if isinstance(record.data, kind)]

    def said(self, kind: str) -> list[Record]:
        """The records of type *kind* so far."""
        return [record for record in self.records if record.type == kind]

    def of(self, kind: type[Effect]) -> list[Any]:
        """The effects of *kind* so far."""
        return [effect for effect in self.effects if isinstance(effect, kind)]


def _due(timer: tuple[float, StartTimer]) -> float:
    return timer[0]
