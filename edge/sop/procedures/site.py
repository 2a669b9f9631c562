"""The equipment of one checkpoint for one procedure: what is there, and what is missing. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from edge.config.hosts import hosts_of
from edge.config.model import Config
from edge.config.sections.aiphone import Aiphone
from edge.config.sections.metal_detector import MetalDetector, NamedMetalDetector
from edge.config.sections.panels import Button
from edge.config.sections.values import Action
from edge.config.spelling import did_you_mean
from edge.sop.procedures.model import Phase, Procedure, Step, Transition
from edge.sop.procedures.reachability import reached, stuck
from edge.sop.procedures.values import EVENT, MOST_BUTTONS
from edge.sop.procedures.vocabulary import (
    AIDE,
    CALL_IN,
    IDENTITY_TAKEN,
    kind_of_event,
)

# Events of beams, and the directions of the walks that make them.
_SHOWN_BY_BEAMS: dict[str, set[str]] = {
    "detector.passage": {"in"},
    "detector.exit": {"out"},
    "detector.too-fast": {"in", "out"},
}

LOCKER_WORDS = (
    "unlock",
    "unlock-another",
    "fault-locker",
    "release-locker",
    "locker.opened",
    "locker.closed",
)
"""Actions and events that need lockers."""

IDENTITY_BUTTONS: tuple[Action, ...] = ("identity-ktp", "identity-sim", "identity-other")
"""The meanings of buttons that state the kind of an ID."""


def choice_buttons(procedure: Procedure, step: Step) -> list[str]:
    """Return the buttons that can enter the values for which *step* waits."""
    names = {way.event for phase in step.phases for way in phase.on if way.event.startswith(EVENT)}
    values = [procedure.value(name.removeprefix(EVENT)) for name in names]
    most = max((len(value.choices) for value in values if value is not None), default=0)
    return [f"choice-{number + 1}" for number in range(min(most, MOST_BUTTONS))]


class Site:
    """The equipment of one checkpoint that serves one procedure."""

    def __init__(self, procedure: Procedure, config: Config) -> None:
        self.procedure = procedure
        self.config = config
        self.hosts = hosts_of(config, procedure.id)
        named = (host.aiphone for host in self.hosts)
        self.aiphones = [config.aiphone[name] for name in named if name in config.aiphone]
        self.purposes = {p for camera in config.cameras.values() for p in camera.purposes}
        self.named_doors = [n for n, d in config.doors.items() if procedure.id in d.procedures]
        self.doors = [config.doors[name] for name in self.named_doors]

    def called(self, step: Step) -> tuple[list[Aiphone], int]:
        """Return the aiphones that can answer *step*, and how many there must be.

        One for each host of the procedure; only that of the step, if it names one.
        """
        if step.aiphone is None:
            return self.aiphones, len(self.hosts)
        return [item for name, item in self.config.aiphone.items() if name == step.aiphone], 1

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

    def stations(self, step: Step) -> list[str]:
        """Return the stations of *step*: each of its hosts may have one in place of the aide's."""
        if step.station != AIDE:
            return [step.station]
        return list(dict.fromkeys(host.station or AIDE for host in self.hosts))

    def possible(self, step: Step, event: str) -> bool:
        """Return True if *event* can ever happen at *step*, with each of the hosts."""
        source, _, name = event.partition(".")
        if event == "button.arrive":
            return True  # the press that opens the visit, on any panel
        if source in ("button", "identity"):
            buttons = IDENTITY_BUTTONS if event == IDENTITY_TAKEN else (name,)
            return all(
                not set(buttons).isdisjoint(self.actions(one) or ()) for one in self.stations(step)
            )
        if source == "aiphone":
            contact = "accept" if event == CALL_IN else name
            aiphones, wanted = self.called(step)
            fitted = [getattr(one, contact, None) is not None for one in aiphones]
            return all(fitted) and len(fitted) == wanted
        if kind_of_event(event) in _SHOWN_BY_BEAMS:
            shown = self.walks(step.station, event.partition(":")[2])
            return bool(shown & _SHOWN_BY_BEAMS[kind_of_event(event)])
        if source == "door":
            return any(door.contact is not None for door in self.doors)
        return _equipment(self, step, event) is None

    def walks(self, station: str, only: str = "") -> set[str]:
        """Return the directions of the walks that detectors at *station*, or *only* one, show."""
        return {way for detector in self.detectors(station, only) for way in detector.walks}

    def detectors(self, station: str, only: str = "") -> list[MetalDetector]:
        """Return the metal detectors that screen the guests of *station*, or *only* one of them."""
        return [
            detector
            for name, detector in self.config.detectors.items()
            if only in ("", name)
            and (not isinstance(detector, NamedMetalDetector) or station in detector.stations)
        ]

    def never_entered(self, step: Step, phase: Phase) -> bool:
        """Return True if this checkpoint always goes on to the ``otherwise`` of *phase*."""
        return phase.needs is not None and not self.fitted(step, phase.needs)

    def fitted(self, step: Step, need: str) -> bool:
        """Return False if the *need* of a phase of *step* is never met at this checkpoint."""
        walks = self.walks(step.station)
        fitted = {
            "passage": "in" in walks,
            "exit": "out" in walks,
            "door": bool(self.doors),
            "reader": any(_reader_at(self.config, one) for one in self.stations(step)),
            "host-choice": self.chooses,
        }
        return fitted.get(need, True)

    @property
    def chooses(self) -> bool:
        """True if a guest can arrive for whom no host is named yet, of several."""
        if len(self.hosts) < 2:
            return False
        return bool(self.config.scanners) or any(button.host is None for button in self.arriving)

    @property
    def kinds_have_pools(self) -> bool:
        """True if each guest arrives as one of a kind that has a pool of cards of its own."""
        pools = {kind.id: kind.card_pool for kind in self.config.guest_kinds}
        named = [pools.get(button.guest_kind or "") for button in self.arriving]
        return bool(named) and None not in named and not self.config.scanners

    @property
    def arriving(self) -> list[Button]:
        """The buttons that open a visit of the procedure."""
        return [
            button
            for panel in self.config.panels.values()
            for button in panel.buttons
            if "arrive" in (button.press, button.hold) and button.procedure == self.procedure.id
        ]

    def cannot_begin(self) -> Iterator[str]:
        """Yield a problem if no button opens a visit of the procedure."""
        if self.arriving:
            return
        yield (
            "no button opens a visit; add to a panel's buttons: "
            f'{{ press = "arrive", procedure = "{self.procedure.id}", pin = ... }}'
        )

    def missing(self, step: Step) -> Iterator[str]:
        """Yield the equipment that *step* needs and the checkpoint does not have, each once."""
        told: set[str] = set()
        for phase in self.entered(step):
            needed = () if phase.room is None else (f"room:{phase.room}",)
            for word in (*needed, *phase.do, *(way.event for way in phase.on)):
                lacking = _equipment(self, step, word)
                if lacking is not None and lacking not in told:
                    told.add(lacking)
                    yield f'step {step.id}, phase {phase.id}: asks for "{word}", but {lacking}'

    def traps(self, step: Step) -> Iterator[str]:
        """Yield the phases that a visit cannot leave with the equipment of this checkpoint."""
        phases = self._as_entered(step).phases
        entered = {phase.id for phase in self.entered(step)}
        for phase in stuck(
            phases, lambda way: not way.conditional and self.possible(step, way.event)
        ):
            if phase.id in entered and phase.on:
                words = ", ".join(way.event for way in phase.on)
                yield (
                    f"step {step.id}, phase {phase.id}: cannot be left with the equipment here; "
                    f"add what gives one of: {words}"
                )

    def entered(self, step: Step) -> list[Phase]:
        """Return the phases of *step* that a visit can be in at this checkpoint."""
        ids = reached(self._as_entered(step).phases)
        return [p for p in step.phases if p.id in ids and not self.never_entered(step, p)]

    def _as_entered(self, step: Step) -> Step:
        """Return *step*; each phase that is never entered only leads to its ``otherwise``."""
        phases = [
            phase
            if phase.otherwise is None or not self.never_entered(step, phase)
            else msgspec.structs.replace(
                phase, on=(Transition(event="timeout", to=phase.otherwise),)
            )
            for phase in step.phases
        ]
        return msgspec.structs.replace(step, phases=tuple(phases))

    def absent_buttons(self, step: Step) -> Iterator[str]:
        """Yield a note on buttons that *step* accepts, but that the panel of its station lacks."""
        asked = [way.event for phase in self.entered(step) for way in phase.on]
        for station in self.stations(step):
            actions = self.actions(station)
            if actions is None:
                continue
            absent = _absent(asked, actions)
            if absent:
                yield f"step {step.id}: no button at station {station} means {', '.join(absent)}"

    def absent_choices(self, step: Step) -> Iterator[str]:
        """Yield a note on choices of a value that the panel of the step's station cannot enter."""
        entered = msgspec.structs.replace(step, phases=tuple(self.entered(step)))
        wanted = choice_buttons(self.procedure, entered)
        for station in self.stations(step):
            absent = [one for one in wanted if one not in (self.actions(station) or ())]
            if absent:
                yield (
                    f"step {step.id}: no button at station {station} means {', '.join(absent)}; "
                    "those choices are entered by request only (cmd/values)"
                )

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
            stations = dict.fromkeys(
                station for step in self.procedure.steps for station in self.stations(step)
            )
            action = way.event.partition(".")[2]
            without = [s for s in stations if action not in (self.actions(s) or ())]
            if way.event.startswith("button.") and without:
                yield f"no button at station {', '.join(without)} means {action}"


def _absent(events: Iterable[str], actions: set[str]) -> list[str]:
    asked = dict.fromkeys(e.partition(".")[2] for e in events if e.startswith("button."))
    return [action for action in asked if action not in actions and action != "arrive"]


def _equipment(site: Site, step: Step, word: str) -> str | None:
    """Return the equipment missing for *word*, an action or an event; None if none is."""
    config = site.config
    lacking = None
    if word in LOCKER_WORDS and config.lockers is None:
        lacking = "there are no lockers; add [lockers]"
    elif word.startswith("detector."):
        lacking = _no_detector(site, step, word.partition(":")[2])
    elif word.partition(":")[0] == "release-door":
        lacking = _no_door(site, word.partition(":")[2])
    elif word.startswith("room:"):
        lacking = _no_place(config, word.partition(":")[2])
    elif word.startswith(("ring:", "aiphone.")):
        lacking = _no_aiphone(site, step)
    elif _picture_missing(site, step, word):
        lacking = f'no camera has the purpose "{word[6:]}"; add it to purposes of a [cameras.NAME]'
    elif word.startswith("button.") and (without := _without_panel(site, step)):
        lacking = f"no panel serves station {without}; add it to stations of a [panels.NAME]"
    elif word.startswith("card."):
        lacking = _no_card(site, step, word)
    return lacking


def _no_detector(site: Site, step: Step, name: str) -> str | None:
    """Return that a metal detector, *name* if it is not empty, is missing at *step*, or None."""
    known = site.config.detectors
    if not known:
        return "there is no metal detector; add [metal_detector]"
    if name and name not in known:
        meant = did_you_mean(name, known)
        return f"there is no metal detector {name}{meant}; add [metal_detectors.{name}]"
    if not site.detectors(step.station, name):
        return (
            f"no metal detector screens guests of station {step.station}; "
            f"add it to stations of a [metal_detectors.{name or 'NAME'}]"
        )
    return None


def _no_card(site: Site, step: Step, event: str) -> str | None:
    """Return the card or the reader that is missing for *event* of a card; None if none is."""
    if event == "card.presented":
        fitted = bool(site.config.card_readers)
        return None if fitted else "there is no card reader; add a [card_readers.NAME]"
    if not _reader_at(site.config, step.station):
        return (
            f"no card reader serves station {step.station}; "
            "add it to stations of a [card_readers.NAME]"
        )
    if event == "card.escort":
        known = bool(site.config.cards.escort)
        return None if known else "there is no escort's card; add cards.escort"
    return _no_cards(site)


def _no_cards(site: Site) -> str | None:
    """Return why the procedure's guests can get no card; None if there are cards for them."""
    pools, name = site.config.cards.pools, site.procedure.card_pool
    if name is not None and name not in pools:
        return f"there is no pool {name}{did_you_mean(name, pools)}; add it to [cards.pools]"
    if name is None and not site.config.cards.visitor and not site.kinds_have_pools:
        return "there are no visitor cards; add cards.visitor, or card_pool to the procedure"
    return None


def _no_place(config: Config, place: str) -> str | None:
    """Return that *place* is missing; None if the config has it."""
    known = [one.id for one in config.places]
    if place in known:
        return None
    return f"there is no place {place}{did_you_mean(place, known)}; add [[places]] with that id"


def _no_aiphone(site: Site, step: Step) -> str | None:
    """Return the aiphone that is missing at *step*; None if none is."""
    aiphones, wanted = site.called(step)
    if len(aiphones) >= wanted:
        return None
    if step.aiphone is not None:
        meant = did_you_mean(step.aiphone, site.config.aiphone)
        return f"there is no [aiphone.{step.aiphone}]{meant}; add it, with the person's title"
    if not site.config.hosts:
        return "no aiphone serves this procedure; add it to procedures of an [aiphone.NAME]"
    without = ", ".join(host.id for host in site.hosts if host.aiphone is None)
    return f"no aiphone serves the host {without}; add aiphone to its [[hosts]]"


def _without_panel(site: Site, step: Step) -> str | None:
    """Return the first station of *step* that no panel serves; None if each has one."""
    return next((one for one in site.stations(step) if site.actions(one) is None), None)


def _no_door(site: Site, name: str) -> str | None:
    """Return the door that is missing: *name*, or any if that is empty; None if none is."""
    if not site.doors:
        return "no door serves this procedure; add it to procedures of a [doors.NAME]"
    if name and name not in site.named_doors:
        allowed = ", ".join(site.named_doors)
        return f"no door {name} serves this procedure; allowed: {allowed}, or another [doors.NAME]"
    return None


def _picture_missing(site: Site, step: Step, word: str) -> bool:
    """Return True if no camera takes the still *word*, and no officer can stand for it."""
    purpose = word.removeprefix("still:")
    return purpose not in (word, *site.purposes) and not step.shown_by(purpose)


def _reader_at(config: Config, station: str) -> bool:
    return any(station in reader.stations for reader in config.card_readers.values())
