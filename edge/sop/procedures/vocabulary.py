"""The words of procedure files, with their meaning: events, actions, and needs of phases.

Their meanings are for people who write procedures: docs/procedures-reference.md and the JSON Schema
for editors are written from them.
"""

import re
from typing import Literal, NamedTuple


class EventWord(NamedTuple):
    """A word for an event that a transition can wait for.

    :ivar evidence: the word that it leaves in the record of the step
    :ivar meaning: what has happened, in English, Markdown
    """

    evidence: str
    meaning: str


def _button(meaning: str) -> EventWord:
    return EventWord("button", meaning)


EVENTS = {
    "button.arrive": _button(
        "a guest has arrived: the press that opened the visit, or an invitation shown at a scanner "
        "(its evidence is `invitation`)"
    ),
    "button.done": _button("the officer's part is done"),
    "button.accept": _button(
        "the officer heard the host say yes, or confirms what a device did not detect"
    ),
    "button.decline": _button("the host does not receive the guest"),
    "button.absent": _button("the host is not in place"),
    "button.again": _button("call once more"),
    "button.reschedule": _button("the guest chooses another day"),
    "button.locker": _button("the guest needs a locker; or: try this locker once more"),
    "button.nothing": _button("the guest has nothing to store, or needs no other locker"),
    "button.refuse": _button("the guest may not go in"),
    "button.leave": _button("the guest has left; at a reader: no card can be read"),
    "button.extend": _button("the aide gives the meeting more time"),
    "button.host": _button(
        "another host is chosen: each press moves to the next host of the procedure"
    ),
    "button.lost": _button("the cards that were not shown are lost"),
    "button.reason-1": _button("the first of the reasons (or refusals) is chosen"),
    "button.reason-2": _button("the second"),
    "button.reason-3": _button("the third"),
    "button.reason-4": _button("the fourth"),
    "aiphone.accept": EventWord(
        "aiphone",
        "the aide's contact *accept*; with `aiphone` of the step that of the called station",
    ),
    "aiphone.call": EventWord(
        "aiphone",
        "the contact *accept* too, for a guest in the waiting room: the aide calls (*memanggil*). "
        "Only for the first in line, and only if no call rings and no guest is at the door "
        "(docs/routing.md, rule 4)",
    ),
    "aiphone.decline": EventWord(
        "aiphone", "the contact *decline*: not received; in a meeting: it is over"
    ),
    "aiphone.release": EventWord(
        "door-release", "the contact *release*: the host releases the access door"
    ),
    "aiphone.extend": EventWord("aiphone", "the contact *extend*: the meeting may last longer"),
    "aiphone.busy": EventWord(
        "busy",
        "the aide's station is in use by another call and could not be rung. Only for the call "
        "(`ring:call`) that was made last",
    ),
    "card.issued": EventWord(
        "card",
        "a free card of the visit's pool at a reader of the step's station, while a person of the "
        "visit has none; it then belongs to the visit",
    ),
    "card.presented": EventWord("card", "one of the visit's own cards, at any reader"),
    "card.escort": EventWord(
        "escort",
        "an escort's own card at a reader of the step's station: that escort goes with the guest",
    ),
    "identity.taken": EventWord(
        "identity",
        "an ID was taken: the buttons *identity-ktp*, *-sim*, *-other* at the step's station, or a "
        "desk application; its kind is in the evidence, such as `identity-ktp`. A phase that does "
        "not wait for it records it all the same",
    ),
    "locker.opened": EventWord(
        "locker-opened",
        "the door of the visit's locker; of several, that of the one at hand, the last of them",
    ),
    "locker.closed": EventWord("locker-closed", "the same door"),
    "detector.alarm": EventWord(
        "alarm",
        "a metal detector at the step's station. `detector.alarm:xray`: only "
        "`[metal_detectors.xray]` there (an X-ray for bags, a second frame); this transition goes "
        "before that of any detector. The other events of detectors can name one likewise",
    ),
    "detector.passage": EventWord("passage", "its beams: a person walked in"),
    "detector.too-fast": EventWord(
        "too-fast",
        "its beams: a person walked too fast to be screened. It is never a passage, and goes to a "
        "visit that waits for a walk in that direction; if none does, a walk in is refused with "
        "two beeps",
    ),
    "detector.exit": EventWord(
        "exit",
        "its beams: a person walked out. It is never a passage; if no visit waits for it, it is "
        "only counted",
    ),
    "door.opened": EventWord(
        "door-opened", "the contact of the access door that was released for the visit"
    ),
    "door.closed": EventWord("door-closed", "the same door"),
    "room.free": EventWord("room", "the place for which the visit waits has room for it"),
    "timeout": EventWord(
        "timeout",
        "the timer: no other event moved the visit on for `after_s` seconds in the phase, or until "
        "`at_s` of the step's time",
    ),
}
"""The events by name. Beside them: ``value.ID``, the value of that id was entered.

Those of buttons come from the panel of the step's station; those of the aiphone from the host's
aide, or from the called station of the step (``aiphone``).
"""

VALUE_ENTERED = (
    "the value ID was entered: by the buttons *choice-1* to *-4* at the step's station, or by a "
    "desk application (`cmd/values`)"
)
"""The meaning of the event ``value.ID``."""

EVIDENCE = {name: event.evidence for name, event in EVENTS.items()}
"""The evidence that each event leaves in the step's record."""

OF_ONE_DETECTOR = ("detector.alarm", "detector.passage", "detector.exit", "detector.too-fast")
"""The events that can name one metal detector: ``detector.alarm:xray`` is an alarm of that one."""


def kind_of_event(event: str) -> str:
    """Return the key of ``EVIDENCE`` for *event*, which may name a metal detector."""
    kind, _, _ = event.partition(":")
    return kind if kind in OF_ONE_DETECTOR else event


TARGETS = {
    "PHASE": "a phase of the same step, by its name",
    "@next": "the step is completed; the next step of the file follows, or the visit ends "
    "completed",
    "#STEP": "the step is completed; that step follows",
    "@skip": "the step is skipped, for the `reason` given; the next step follows",
    "@declined": "the visit ends: the guest is not received",
    "@rescheduled": "the visit ends: the guest comes another day",
    "@refused": "the visit ends: an officer refuses the guest",
    "@abandoned": "the visit ends: the guest has left",
}
"""Where a transition leads, with the meaning. In a part also ``@then``: what follows the part."""

NEXT = "@next"
"""The target that completes the step; as ``otherwise`` of a phase too."""

OUTCOMES = ("@declined", "@rescheduled", "@refused", "@abandoned")
"""The targets that end the visit."""

IDENTITY_TAKEN = "identity.taken"

ROOM_FREE = "room.free"
"""A place has room for the visit that waits for it: made by the core, no evidence of the guest."""

CALL_IN = "aiphone.call"
"""The aide's *accept* for a guest in the waiting room: the guest is called in (*memanggil*)."""

VERBS = {
    "ring": "ring the aide's aiphone, or that of the step (`aiphone`), with a pattern: "
    "`ring:call`, `ring:reminder` or `ring:limit`",
    "still": "take a still for a purpose, for example `still:desk`. `still:guestbook` and "
    "`still:signature` are taken only if there is a camera for them and they would show "
    "something new",
    "unlock": "unlock the visit's locker; if it has none, it gets a free one first. Needs "
    "`locker`, `free-locker` or `several-lockers`",
    "unlock-another": "give the visit one more free locker, and unlock it: this one is at hand "
    "now. Needs `another-locker`",
    "fault-locker": "put the visit's locker out of order and take it away from the visit; the "
    "one before it is at hand",
    "release-locker": "return the (empty) locker to the pool; the one before it is at hand",
    "release-door": "release the access doors that serve the procedure, once, each for its "
    "`release_s`; if no door serves it, no action. `release-door:NAME`: only the door "
    "`[doors.NAME]` of these",
    "take-card": "return the visit's cards to the pool: they have been given back",
    "take-shown": "the same, only for those that were shown in this step",
    "lose-card": "declare the cards lost that were not shown in this step: they are out of the "
    "pool until they are found (docs/routing.md, rules 10 and 11)",
    "release-escort": "the escort goes with the guest no more",
    "leave-place": "the visit has left the place that it was in: its persons count there no more",
    "alarm": "raise an alarm for the visit, for example `alarm:metal-detector` (its name must "
    "not be that of a safety input). It is cleared when the visit leaves the step. "
    "`metal-detector` is the alarm of the detector where the guest is, under any name: "
    "`metal-detector-lobby` in records and topics",
    "clear": "clear an alarm, for example `clear:metal-detector`",
}
"""The actions on entering a phase, with their meaning; the part after the colon is the argument."""

WITH_ARGUMENT = ("ring", "still", "alarm", "clear")
"""The actions that have an argument after a colon."""

MAY_HAVE_ARGUMENT = ("release-door",)
"""The actions that may have one."""

RINGS = ("call", "reminder", "limit")
"""The patterns of ``ring``."""

WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""A name that procedures give: a reason, an argument of an action, a detector."""

WORD_RULE = "allowed: lower-case letters, digits and single dashes"

AIDE = "aide"
"""The station of the host's aide; a host of the config may have one of its own in its place."""

CALL = "ring:call"
"""The action that calls the host's aide, or the person of the step's ``aiphone``."""

NEEDS = {
    "locker": "the visit has a locker",
    "card": "the visit has a card",
    "free-locker": "the visit has a locker, or one is free",
    "passage": "a metal detector at the step's station shows walks in",
    "exit": "a metal detector at the step's station shows walks out",
    "all-clear": "each person of the visit has passed clear in the last step that screens",
    "host": "it was not announced (`cmd/availability`, or the button *away*) that the visit's "
    "host does not receive guests; or reception calls all the same: another attempt (`again`) "
    "always meets it, until the host changes",
    "host-choice": "the procedure has several hosts, and none is chosen for the visit",
    "door": "an access door serves the procedure",
    "return-button": "the visit has a locker, and `[lockers] return_needs` is "
    '`"card-and-button"`: an officer\'s button must open it',
    "reader": "the visit has a card, and a card reader that works is at the step's station. A "
    "visit that waits in such a phase goes to `otherwise` when the reader fails",
    "escort": "an escort goes with the guest: the escort's card was shown",
    "more-cards": 'a person of the group has no card yet; with `cards = "one"`: the visit has none',
    "missing-card": "a card of the visit was not shown in this step. `state/occupancy` counts "
    "these cards while a visit waits here",
    "more-lockers": "a person of the group has no locker yet",
    "another-locker": "a person of the group has no locker yet, and one is free",
    "several-lockers": "the visit has more than one locker",
    "guest-book": "the guest book is filled in: details, a still of the page, or an officer "
    "vouched for it",
    "signature": "the guest has signed (*paraf*): a still shows it, or an officer vouched for it",
    "identity": "an ID of each person of the visit is held",
    "value": "the value was entered with the visit, for example `value:plate`",
    "hours": "it is within the procedure's hours",
    "room": "the place has room for all persons of the visit, and no visit waits for it that "
    "came before, for example `room:archive`",
}
"""The needs of a phase, with their meaning: without it the visit goes to ``otherwise`` at once."""

NEEDS_WITH_ARGUMENT = ("room", "value")
"""The needs that have an argument after a colon."""

Paper = Literal["guest-book", "signature"]
"""What a still of the guest book can show: the entry, and the guest's signature (*paraf*)."""

Vouched = Literal[
    "guest-book", "signature", "identity",
    "host-asked", "card-given", "card-shown", "card-back", "belongings-locked", "belongings-back",
    "limit-reminded", "room-limit-kept",
]  # fmt: skip
"""The deeds (edge/sop/procedures/deeds.py) for which an officer's button can vouch by name.

They are those that equipment can show. The first three are recorded as such; for the others the
record has the evidence ``button``.
"""

SHOWN: dict[str, tuple[Paper, ...]] = {"guestbook": ("guest-book",), "signature": ("signature",)}
"""What a still of each of these purposes shows."""
