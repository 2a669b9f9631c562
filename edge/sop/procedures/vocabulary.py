"""The words of procedure files: events with their evidence, actions, and needs of phases."""

from typing import Literal

# Events a transition can wait for, and the evidence that each leaves in the step's record.
# button.* come from the panel of the step's station; aiphone.* from the host's aide, or from the
# called station of the step (``aiphone``).
EVIDENCE = {
    "button.arrive": "button",
    "button.done": "button",
    "button.accept": "button",
    "button.decline": "button",
    "button.absent": "button",
    "button.again": "button",
    "button.reschedule": "button",
    "button.locker": "button",
    "button.nothing": "button",
    "button.refuse": "button",
    "button.leave": "button",
    "button.extend": "button",  # the aide gives the meeting more time
    "button.host": "button",  # the host of the guest is chosen
    "button.lost": "button",  # the visit's card is declared lost
    "button.reason-1": "button",
    "button.reason-2": "button",
    "button.reason-3": "button",
    "button.reason-4": "button",
    "aiphone.accept": "aiphone",
    "aiphone.call": "aiphone",  # the aide calls a guest from the waiting room, by accept
    "aiphone.decline": "aiphone",
    "aiphone.release": "door-release",
    "aiphone.extend": "aiphone",
    "aiphone.busy": "busy",  # the aide's station is in use by another call
    "card.issued": "card",  # a free card of the pool, presented for this visit: it is bound to it
    "card.presented": "card",  # the visit's own card
    "card.escort": "escort",  # an escort's own card: that escort goes with the guest
    "identity.taken": "identity",  # recorded with its kind: identity-ktp, identity-sim …
    "locker.opened": "locker-opened",
    "locker.closed": "locker-closed",
    "detector.alarm": "alarm",
    "detector.passage": "passage",
    "detector.too-fast": "too-fast",  # a walk too fast to be screened
    "detector.exit": "exit",  # a walk out; never a passage
    "door.opened": "door-opened",  # the access door that was released for the visit
    "door.closed": "door-closed",
    "room.free": "room",  # the place that the visit waits for has room for it
    "timeout": "timeout",  # needs after_s
}

OF_ONE_DETECTOR = ("detector.alarm", "detector.passage", "detector.exit", "detector.too-fast")
"""The events that can name one metal detector: ``detector.alarm:xray`` is an alarm of that one."""


def kind_of_event(event: str) -> str:
    """Return the key of ``EVIDENCE`` for *event*, which may name a metal detector."""
    kind, _, _ = event.partition(":")
    return kind if kind in OF_ONE_DETECTOR else event


# Beside these: value.ID, the value of that id was entered (edge/sop/procedures/values.py).

IDENTITY_TAKEN = "identity.taken"

ROOM_FREE = "room.free"
"""A place has room for the visit that waits for it: made by the core, no evidence of the guest."""

CALL_IN = "aiphone.call"
"""The aide's *accept* for a guest in the waiting room: the guest is called in (*memanggil*)."""

# Actions on entering a phase; the part after the colon is the argument.
VERBS = {
    "ring": "ring the aide's aiphone (or that of the step) with this pattern: call, reminder or "
    "limit",
    "still": "take a still for this purpose, for example still:desk",
    "unlock": "unlock the visit's locker, assigning a free one first if it has none",
    "unlock-another": "assign the visit one more free locker, and unlock it",
    "fault-locker": "put the visit's locker out of order and take it away from the visit",
    "release-locker": "the visit's locker is empty: give it back to the pool",
    "release-door": "release the access doors that serve the visit's procedure, once; or one of "
    "them, for example release-door:office",
    "take-card": "the visit's cards are back: return them to the pool",
    "take-shown": "return those of the visit's cards that were shown in this step to the pool",
    "lose-card": "the visit's cards that were not shown in this step are declared lost",
    "release-escort": "the escort goes with the guest no more",
    "leave-place": "the visit has left the place that it was in: its persons count there no more",
    "alarm": "raise this alarm for the visit, for example alarm:metal-detector",
    "clear": "clear this alarm, for example clear:metal-detector",
}

AIDE = "aide"
"""The station of the host's aide; a host of the config may have one of its own in its place."""

CALL = "ring:call"
"""The action that calls the host's aide, or the person of the step's ``aiphone``."""

# Needs of a phase; if its need is not met, the visit goes to ``otherwise`` at once.
NEEDS = {
    "locker": "the visit has a locker",
    "card": "the visit has a card",
    "free-locker": "the visit has a locker or one is free",
    "passage": "a metal detector of the step's station shows walks in",
    "exit": "a metal detector of the step's station shows walks out",
    "all-clear": "each person of the visit has passed clear in the last step that screens",
    "host": "nobody has said that the host does not receive, or reception asks all the same",
    "host-choice": "the procedure has several hosts here, and none is chosen for the visit",
    "door": "an access door serves the visit's procedure",
    "return-button": "the visit has a locker, and an officer's button must open it",
    "reader": "the visit has a card, and the step's station has a card reader that works",
    "escort": "an escort goes with the guest: the escort's card was shown",
    "more-cards": "a person of the group has no card yet",
    "missing-card": "a card of the visit was not shown in this step",
    "more-lockers": "a person of the group has no locker yet",
    "another-locker": "a person of the group has no locker yet, and one is free",
    "several-lockers": "the visit has more than one locker",
    "guest-book": "the guest book has the visit's entry: details, a still of it, or vouched for",
    "signature": "the guest has signed (paraf): a still shows it, or an officer vouched for it",
    "identity": "an ID of each person of the visit is held here",
    "value": "this value was entered with the visit, for example value:plate",
    "hours": "it is within the hours of the procedure",
    "room": "the place has room for all persons of the visit, and no visit waits for it that came "
    "before, for example room:archive",
}

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
