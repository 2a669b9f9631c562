"""A one-stop desk without cards for tests: its checkpoint, and the walks of its guests."""

from collections.abc import Callable
from functools import partial
from inspect import signature
from zoneinfo import ZoneInfo

import pytest

from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.sop import events
from edge.sop.effects import Beep, Effect, TakeStill
from edge.sop.events import Event
from edge.sop.procedures.loading import load_procedure
from edge.sop.records import StepCompleted
from edge.sop.state import GuestKind, Host, Rules
from tests.sop.stand import Stand, rules

ID = "pelayanan-terpadu"
FOLDER = default_config_folder() / "sop/examples"
CONFIG_FILE = FOLDER / f"config/{ID}.toml"
CONFIG = load_config(CONFIG_FILE)
PROCEDURE = load_procedure(FOLDER / f"{ID}.toml")

PURPOSES = PROCEDURE.values[0].choices
REASONS = PROCEDURE.reasons
PANEL = {panel.stations[0]: name for name, panel in CONFIG.panels.items()}

Place = tuple[str, str]

WALKS: list[Callable[[], None]] = []
"""All walks, for the test that no branch is left out."""

ENTERED: set[Place] = set()
"""The phases, with their steps, that visits have entered."""

TAKEN: set[tuple[str, str, str]] = set()
"""The transitions that visits have followed: step, phase, event."""


def walk(*cases: tuple[object, ...]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a test as a walk, with the arguments of each of its *cases*."""

    def register(test: Callable[..., None]) -> Callable[..., None]:
        WALKS.extend(partial(test, *case) for case in cases or [()])
        if not cases:
            return test
        found: Callable[..., None] = pytest.mark.parametrize(
            list(signature(test).parameters), cases
        )(test)
        return found

    return register


def desk_rules() -> Rules:
    """Return the rules of the checkpoint of the example's config."""
    return rules(
        {ID: PROCEDURE},
        panels={name: tuple(panel.stations) for name, panel in CONFIG.panels.items()},
        readers={}, card_readers=frozenset(), cards=frozenset(), supervisors={}, lockers=(),
        doors={}, detectors={}, inputs=frozenset(),
        hosts={ID: Host(procedures=(ID,))},
        purposes=frozenset(p for camera in CONFIG.cameras.values() for p in camera.purposes),
        guest_kinds={kind.id: GuestKind(priority=kind.priority) for kind in CONFIG.guest_kinds},
        limits={place.id: place.at_most for place in CONFIG.places},
        zone=ZoneInfo(CONFIG.checkpoint.timezone),
    )  # fmt: skip


class Desk(Stand):
    """The core of the one-stop desk; it notes the phases and transitions of all visits."""

    def __init__(self, minutes: float = 0) -> None:
        super().__init__(desk_rules())
        self.seconds = 60 * minutes  # since Monday 08:00 WIB

    def send(self, event: Event) -> list[Effect]:
        """Send *event*, and note where the visits have gone."""
        before = {visit.id: (visit.step, visit.phase) for visit in self.state.visits.values()}
        entries = {visit.id: visit.entries for visit in self.state.visits.values()}
        effects = super().send(event)
        for visit_id, (step, phase) in before.items():
            visit = self.state.visits.get(visit_id)
            if visit is not None and visit.entries == entries[visit_id]:
                continue
            called = visit is not None and (phase, visit.phase) == ("antre", "dipanggil")
            TAKEN.add((step, phase, "room.free" if called else _name(event)))
            came = visit.came if visit is not None and visit.step != step else None
            if came is not None:  # it also names a phase that was left at once
                ENTERED.add((came.step, came.phase))
                TAKEN.add((came.step, came.phase, _name(event)))
        ENTERED.update((visit.step, visit.phase) for visit in self.state.visits.values())
        return effects

    def press(
        self, panel: str, action: str, procedure: str | None = None, host: str | None = None
    ) -> list[Effect]:
        """An officer presses or holds a button that the panel has."""
        meanings = {way for one in CONFIG.panels[panel].buttons for way in (one.press, one.hold)}
        assert action in meanings, f"panel {panel} has no {action}"
        return super().press(panel, action, procedure, host)

    def arrive(self, kind: str = "umum") -> str:
        """A guest of this kind arrives; return the visit's id."""
        press = events.ButtonPressed(self.now, "reception", "arrive", ID, guest_kind=kind)
        assert Beep("accepted") in self.send(press)
        visit = max(self.state.visits.values(), key=lambda visit: visit.number)
        if visit.phase != "di-luar-jam":
            assert visit.evidence == ("button",)
            ENTERED.add(("pencatatan", "jam-layanan"))
            TAKEN.add(("pencatatan", "jam-layanan", "button.arrive"))
        return visit.id

    def queue(self, purpose: str = "tilang", kind: str = "umum") -> str:
        """A guest arrives and gets a number of the queue."""
        visit = self.arrive(kind)
        self.press("reception", f"choice-{PURPOSES.index(purpose) + 1}")
        self.press("reception", "done")
        return visit

    def counter(self, purpose: str = "tilang") -> str:
        """A guest arrives and is at the counter, or in the complaints room."""
        visit = self.queue(purpose)
        self.press("counter", "accept")
        return visit

    def section(self, purpose: str = "tilang") -> str:
        """The papers (or the complaint) of a guest are with the head of section."""
        visit = self.counter(purpose)
        if purpose == "pengaduan":
            self.press("complaints", "accept")
        else:
            self.press("counter", "done")
        return visit

    def hand_over(self, purpose: str = "tilang") -> str:
        """The result is signed, and the guest is at the counter again."""
        visit = self.section(purpose)
        self.sign()
        self.press("counter", "accept")
        return visit

    def receipt(self) -> None:
        """The result is handed over, and the signed receipt lies under the camera."""
        self.press("counter", "done")
        still = self.of(TakeStill)[-1].still
        self.send(events.StillTaken(self.now, still, "ab" * 32, 1000))
        self.press("counter", "done")

    def sign(self, answer: str = "accept") -> None:
        """The head of section answers."""
        self.answer(answer, "kepala-seksi")

    def away(self) -> None:
        """The head of section is announced to be away."""
        self.send(events.AvailabilitySet(self.now, "kepala-seksi", receiving=False))

    def group(self) -> str:
        """A group of three stands in the queue."""
        self.counter()
        visit = self.queue()
        self.send(events.DetailsAttached(self.now, visit, 3))
        return visit

    def back_with_papers(self) -> None:
        """Papers are missing; the guest gets them, and comes to the counter again."""
        self.press("counter", "decline")
        self.press("reception", "again")
        self.press("counter", "accept")

    def at(self, visit: str) -> Place:
        """The step and the phase of an open visit."""
        return self.state.visits[visit].step, self.state.visits[visit].phase

    def end(self) -> tuple[str, str | None]:
        """Outcome and reason of the visit that closed last."""
        return self.closed[-1].outcome, self.closed[-1].reason

    def last(self, step: str) -> StepCompleted:
        """The last record of *step*."""
        return [one for one in self.steps() if one.step == step][-1]


def _name(event: Event) -> str:
    match event:
        case events.ButtonPressed(action=action):
            return "value.keperluan" if action.startswith("choice-") else f"button.{action}"
        case events.HostAnswered(answer=answer):
            return f"aiphone.{answer}"
        case events.StationBusy():
            return "aiphone.busy"
        case events.TimerFired():
            return "timeout"
        case events.ValueEntered(value=value):
            return f"value.{value}"
    return type(event).__name__
