"""The doctor's words: for the levels of contacts, for events, and the remedies for faults.

Only data. A contact is found by the last word of its key in the config, a fault by words in the
error; one that is not listed here gets the general words.
"""

from typing import NamedTuple

import msgspec

from edge.commands.doctor.finding import Finding
from edge.config.inventory import kind_of
from edge.sop.events import Event


class Meaning(NamedTuple):
    """The words for a contact at rest and active, and the remedy if it should be at rest."""

    rest: str
    active: str
    try_: str


_CUT = "If not: a loop that is normally closed also reads so when its wire is cut or not connected"
_WIRED = "; one that never rests may be the other way round (wired = ...)"
_PRESSED = f"Is somebody pressing it? {_CUT}{_WIRED}."

_LOW = "Look at the reader's supply and at its ground to the Pi; the line has 3.3 V at rest."

_GENERAL = Meaning("at rest", "active", f"Ought it to be active now? {_CUT}{_WIRED}.")

_MEANINGS = {
    "door": Meaning("the door is shut", "the door is open", f"Shut it. {_CUT}{_WIRED}."),
    "contact": Meaning("the door is shut", "the door is open", f"Shut it. {_CUT}{_WIRED}."),
    "alarm": Meaning("no alarm", "alarm", f"Is somebody in the frame? {_CUT}{_WIRED}."),
    "passage": Meaning("the beam is free", "the beam is broken",
                       f"Does anything stand in the beam? {_CUT}{_WIRED}."),
    "outer": Meaning("the outer beam is free", "the outer beam is broken",
                     f"Does anything stand in the beam? {_CUT}{_WIRED}."),
    "inner": Meaning("the inner beam is free", "the inner beam is broken",
                     f"Does anything stand in the beam? {_CUT}{_WIRED}."),
    "buttons": Meaning("not pressed", "pressed", _PRESSED),
    "accept": Meaning("not pressed", "pressed", _PRESSED),
    "decline": Meaning("not pressed", "pressed", _PRESSED),
    "release": Meaning("not pressed", "pressed", _PRESSED),
    "busy": Meaning("the station is free", "the station is in use",
                    f"Is somebody talking there? {_CUT}{_WIRED}."),
    "fire": Meaning("no fire alarm", "fire alarm", f"Is the fire alarm on? {_CUT}{_WIRED}."),
    "duress": Meaning("not pressed", "pressed: it latches",
                      f"Reset it with its key: did somebody press it? {_CUT}{_WIRED}."),
    "tamper": Meaning("closed", "opened", f"Shut the detector's cover. {_CUT}{_WIRED}."),
    "enclosure_tamper": Meaning("the lid is shut", "the lid is open",
                                f"Shut the enclosure. {_CUT}{_WIRED}."),
    "mains": Meaning("mains power is there", "mains power is lost",
                     f"Is the power supply plugged in? {_CUT}{_WIRED}."),
    "d0": Meaning("at rest", "low", _LOW),
    "d1": Meaning("at rest", "low", _LOW),
    "battery": Meaning("the battery is well", "the battery is low",
                       f"Let it charge, or change it. {_CUT}{_WIRED}."),
}  # fmt: skip


def meaning_of(key: str) -> Meaning:
    """Return the words for the contact at *key* of the config (``panels.desk.buttons[1]``)."""
    return _MEANINGS.get(key.rpartition(".")[2].partition("[")[0], _GENERAL)


# Remedies for findings that are no error of a driver: those bring their own. Kind of device (empty:
# any), words in the finding, remedy; the first that matches is used.
_REMEDIES = (
    ("daemon", "", "Run this as the daemon's user: sudo -u gardu gardu doctor ..."),
    ("lockers", "the door is open", ("Shut it. If it is shut, examine its latch and wires; a "
     "board's latches may read the other way round (closed_bit).")),
    ("", "malformed", ("Compare baud_rate and driver with the device; examine the wires of its "
     "line, and keep them away from those of locks and lamps.")),
    ("", "nothing was read", ("Is it of the kind that `driver` names, and the card or code of a "
     "kind that it reads? gardu watch-inputs --raw shows every byte.")),
    ("", "", ("Stop the daemon and run gardu doctor again: it then examines the device itself. "
     "journalctl -u gardu has what came before.")),
)  # fmt: skip


def remedy(device: str, why: str) -> str:
    """Return the remedy for the error *why* of *device*."""
    kind, words = kind_of(device), why.lower()
    return next(try_ for of, part, try_ in _REMEDIES if of in ("", kind) and part in words)


def trouble(device: str, why: str, try_: str = "") -> Finding:
    """Return the finding that *device* does not work, with the error *why* and its remedy *try_*.

    A finding without a remedy gets the one for its words.
    """
    saw = why.removeprefix(f"{device}: ")
    return Finding(device, "wrong", _sentence(saw), try_ or remedy(device, why))


# Sentences for events, by the event's name; {} are its fields.
_EVENTS = {
    "LockerOpened": "Locker {locker}: the door is open.",
    "LockerClosed": "Locker {locker}: the door is shut.",
    "LockerFailed": "Locker {locker}: {why}.",
    "LockerRestored": "Locker {locker} can be worked.",
    "DoorOpened": "The door is open.",
    "DoorClosed": "The door is shut.",
    "InputAlarmed": "Alarm: {kind}.",
    "InputRestored": "No alarm: {kind}.",
    "DetectorAlarmed": "The metal detector alarms.",
    "DetectorCleared": "The metal detector is at rest.",
    "PassageMade": "A person went through the metal detector{direction}.",
    "PassageTooFast": "A person went through the metal detector too fast{direction}.",
    "CardPresented": "Card {card}.",
    "TwoCardsPresented": "Two cards at once: neither was taken.",
    "InvitationPresented": "A valid invitation for {procedure}.",
    "InvitationRefused": "A code that is no valid invitation: {why}.",
    "InputRefused": "Something malformed was dropped: {why}.",
    "DeviceFailed": "{why}.",
    "DeviceRestored": "It works again.",
    "ButtonPressed": "Button of panel {panel}: {action}.",
    "HostAnswered": "The aide at {aiphone} answered: {answer}.",
    "StationBusy": "The station {aiphone} is in use.",
}


_DIRECTIONS = {"in": ", in", "out": ", out", None: ", in or out (one beam cannot tell)"}


def event_words(event: Event) -> str:
    """Return *event* in one sentence."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "at"}
    if "direction" in fields:
        fields["direction"] = _DIRECTIONS[fields["direction"]]
    told = _EVENTS.get(type(event).__name__)
    if told is not None:
        return told.format(**fields)
    return f"{type(event).__name__} {msgspec.json.encode(fields).decode()}."


def _sentence(words: str) -> str:
    """Return *words* with a capital at the beginning and a full stop at the end."""
    ended = words if words.endswith((".", "!", "?")) else f"{words}."
    return ended[:1].upper() + ended[1:]
