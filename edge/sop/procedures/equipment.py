"""Checks of a procedure against the equipment in the checkpoint's config. Pure.

*Problems* stop the checkpoint: a guest would wait for equipment that is not there. *Notes* are for
information: for example a button that the procedure accepts, but that no panel has.
"""

from collections.abc import Iterable, Iterator

import msgspec

from edge.config.model import Config
from edge.config.sections.values import Action
from edge.sop.procedures.model import (
    CALL,
    IDENTITY_TAKEN,
    Phase,
    Procedure,
    Step,
    Transition,
)
from edge.sop.procedures.verify import stuck

LOCKER_WORDS = ("unlock", "fault-locker", "release-locker", "locker.opened", "locker.closed")
"""Actions and events that need lockers."""

IDENTITY_BUTTONS: tuple[Action, ...] = ("identity-ktp", "identity-sim", "identity-other")
"""The meanings of buttons that state the kind of an ID."""


class EquipmentFindings(msgspec.Struct, frozen=True):
    """Findings, a line each: procedure, step, the missing equipment and where to add it."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def verify_equipment(procedure: Procedure, config: Config) -> EquipmentFindings:
    """Return the equipment that *procedure* needs and the checkpoint of *config* does not have."""
    site = _Site(procedure, config)
    problems = list(site.cannot_begin())
    notes: list[str] = []
    for step in procedure.steps:
        problems += site.missing(step)
        problems += site.traps(step)
        notes += site.absent_buttons(step)
        notes += site.absent_pictures(step)
    notes += site.absent_anywhere()
    name = procedure.id
    return EquipmentFindings(
        tuple(f"procedure {name}: {line}" for line in problems),
        tuple(f"procedure {name}: {line}" for line in notes),
    )


def unused_doors(procedures: Iterable[Procedure], config: Config) -> list[str]:
    """Return a note for each access door of *config* that no procedure releases."""
    releasing = {
        procedure.id
        for procedure in procedures
        if any("release-door" in phase.do for step in procedure.steps for phase in step.phases)
    }
    notes = []
    for name, door in config.doors.items():
        if releasing.isdisjoint(door.procedures):
            served = ", ".join(door.procedures) or "none"
            notes.append(
                f"doors.{name}: no guest is let through: none of its procedures ({served}) has a "
                "phase with release-door, so that only a fire alarm releases it; name the "
                "procedure of the guests who go through it, or remove the door"
            )
    return notes


class _Site:
    """The equipment of one checkpoint that serves one procedure."""

    def __init__(self, procedure: Procedure, config: Config) -> None:
        self.procedure = procedure
        self.config = config
        served = [a for a in config.aiphone.values() if procedure.id in a.procedures]
        self.aiphone = served[0] if served else None
        self.purposes = {p for camera in config.cameras.values() for p in camera.purposes}
        self.beam = config.metal_detector is not None and config.metal_detector.passage is not None
        self.doors = [d for d in config.doors.values() if procedure.id in d.procedures]

    def actions(self, station: str) -> set[str] | None:
        """Return the meanings of the buttons at *station*; None if it has no panel."""
        for panel in self.config.panels.values():
            if station in panel.stations:
                return {
                    action
                    for button in panel.buttons
                    for action in (button.press, button.hold)
                    if action is not None
                    and (action != "arrive" or button.procedure == self.procedure.id)
                }
        return None

    def possible(self, step: Step, event: str) -> bool:
        """Return True if *event* can ever happen at *step* of this checkpoint."""
        source, _, name = event.partition(".")
        if event == "button.arrive":
            return True  # the press that opens the visit, on any panel
        if source in ("button", "identity"):
            buttons = IDENTITY_BUTTONS if event == IDENTITY_TAKEN else (name,)
            return not set(buttons).isdisjoint(self.actions(step.station) or ())
        if source == "aiphone":
            contact = "accept" if event == CALL else name
            return self.aiphone is not None and getattr(self.aiphone, contact, None) is not None
        if event in ("detector.passage", "detector.too-fast"):
            return self.beam
        if source == "door":
            return any(door.contact is not None for door in self.doors)
        return _equipment(self, step, event) is None

    def never_entered(self, phase: Phase) -> bool:
        """Return True if this checkpoint always goes on to the ``otherwise`` of *phase*."""
        fitted = {"passage": self.beam, "door": bool(self.doors)}
        return phase.needs is not None and not fitted.get(phase.needs, True)

    def cannot_begin(self) -> Iterator[str]:
        """Yield a problem if no button opens a visit of the procedure."""
        for panel in self.config.panels.values():
            for button in panel.buttons:
                arrives = "arrive" in (button.press, button.hold)
                if arrives and button.procedure == self.procedure.id:
                    return
        yield (
            "no button opens a visit; add to a panel's buttons: "
            f'{{ press = "arrive", procedure = "{self.procedure.id}", pin = ... }}'
        )

    def missing(self, step: Step) -> Iterator[str]:
        """Yield the equipment that *step* needs and the checkpoint does not have, each once."""
        told: set[str] = set()
        for phase in step.phases:
            if self.never_entered(phase):
                continue
            for word in (*phase.do, *(way.event for way in phase.on)):
                lacking = _equipment(self, step, word)
                if lacking is not None and lacking not in told:
                    told.add(lacking)
                    yield f'step {step.id}, phase {phase.id}: asks for "{word}", but {lacking}'

    def traps(self, step: Step) -> Iterator[str]:
        """Yield the phases that a visit cannot leave with the equipment of this checkpoint."""
        phases = [self._as_entered(phase) for phase in step.phases]
        for phase in stuck(phases, lambda way: self.possible(step, way.event)):
            if not self.never_entered(phase) and phase.on:
                words = ", ".join(way.event for way in phase.on)
                yield (
                    f"step {step.id}, phase {phase.id}: cannot be left with the equipment here; "
                    f"add what gives one of: {words}"
                )

    def _as_entered(self, phase: Phase) -> Phase:
        """Return *phase*; if it is never entered, a phase that leads to its ``otherwise``."""
        if not self.never_entered(phase) or phase.otherwise is None:
            return phase
        leads = Transition(event="timeout", to=phase.otherwise)
        return msgspec.structs.replace(phase, on=(leads,))

    def absent_buttons(self, step: Step) -> Iterator[str]:
        """Yield a note on buttons that *step* accepts, but that the panel of its station lacks."""
        actions = self.actions(step.station)
        if actions is None:
            return
        asked = [way.event for phase in step.phases for way in phase.on]
        absent = _absent(asked, actions)
        if absent:
            yield f"step {step.id}: no button at station {step.station} means {', '.join(absent)}"

    def absent_pictures(self, step: Step) -> Iterator[str]:
        """Yield a note on stills of the guest book that no camera takes: an officer vouches."""
        entries = dict.fromkeys(entry for phase in step.phases for entry in phase.do)
        for purpose in (e.removeprefix("still:") for e in entries if e.startswith("still:")):
            if step.shown_by(purpose) and purpose not in self.purposes:
                yield (
                    f'step {step.id}: no camera has the purpose "{purpose}", so that only details '
                    "and the officer's press show the guest book"
                )

    def absent_anywhere(self) -> Iterator[str]:
        """Yield a note for stations without a button that the procedure accepts anywhere."""
        for way in self.procedure.anywhere:
            stations = dict.fromkeys(step.station for step in self.procedure.steps)
            action = way.event.partition(".")[2]
            without = [s for s in stations if action not in (self.actions(s) or ())]
            if way.event.startswith("button.") and without:
                yield f"no button at station {', '.join(without)} means {action}"


def _absent(events: Iterable[str], actions: set[str]) -> list[str]:
    asked = dict.fromkeys(e.partition(".")[2] for e in events if e.startswith("button."))
    return [action for action in asked if action not in actions and action != "arrive"]


def _equipment(site: _Site, step: Step, word: str) -> str | None:
    """Return the equipment missing for *word*, an action or an event; None if none is."""
    config = site.config
    lacking = None
    if word in LOCKER_WORDS and config.lockers is None:
        lacking = "there are no lockers; add [lockers]"
    elif word.startswith("detector.") and config.metal_detector is None:
        lacking = "there is no metal detector; add [metal_detector]"
    elif word == "release-door" and not site.doors:
        lacking = "no door serves this procedure; add it to procedures of a [doors.NAME]"
    elif word.startswith(("ring:", "aiphone.")) and site.aiphone is None:
        lacking = "no aiphone serves this procedure; add it to procedures of an [aiphone.NAME]"
    elif _picture_missing(site, step, word):
        lacking = f'no camera has the purpose "{word[6:]}"; add it to purposes of a [cameras.NAME]'
    elif word.startswith("button.") and site.actions(step.station) is None:
        lacking = f"no panel serves station {step.station}; add it to stations of a [panels.NAME]"
    elif word == "card.presented" and not config.card_readers:
        lacking = "there is no card reader; add a [card_readers.NAME]"
    elif word == "card.issued" and not _reader_at(config, step.station):
        lacking = (
            f"no card reader serves station {step.station}; "
            "add it to stations of a [card_readers.NAME]"
        )
    return lacking


def _picture_missing(site: _Site, step: Step, word: str) -> bool:
    """Return True if no camera takes the still *word*, and no officer can stand for it."""
    purpose = word.removeprefix("still:")
    return purpose not in (word, *site.purposes) and not step.shown_by(purpose)


def _reader_at(config: Config, station: str) -> bool:
    return any(station in reader.stations for reader in config.card_readers.values())
