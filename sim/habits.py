"""The people's knowledge: the order of the steps, the courses of visits, their pace. Data.

It is written here by hand and not read from the daemon's procedure files: so an error in those
files shows as people who cannot go on.
"""

import random
from typing import Literal

import msgspec

from sim.scenario import Branch
from sim.twins.scene import Place


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The course of one guest's visit, if the checkpoint works as it should.

    :ivar host: how the aide answers reception's call; ``late``: only the second one
    :ivar settles: how a visit ends if the host does not receive: declined, or another day
    :ivar alarms: how many passes through the metal detector alarm
    :ivar refused: security refuses entry
    :ivar stores: the guest has belongings for a locker
    :ivar leaves: the guest does not wait
    :ivar runs: how often the guest is too fast for the metal detector first
    :ivar mistaken: the wrong card that reception presents first: an unknown one, or another guest's
    :ivar keeps: the guest goes without giving the card back: it is ``lost``, or still in a pocket
        (``pocket``) with belongings in a locker, and guest and card come back later, or the next
        morning (``overnight``); or it lies in a ``tray`` and is not read before the evening
    :ivar reason: number of the reason that reception presses before it turns the guest away; 0:
        none
    :ivar identity: the guest has a valid proof of identity
    :ivar released: the host opens the door for the guest
    :ivar invited: how often the guest shows an invitation; 0: has none
    :ivar corrects: reception binds the wrong card of the pile first
    :ivar phones: at the waiting room the guest lets the next one go first
    :ivar sent_back: security has forgotten something: reception sends the guest back
    :ivar extends: the aide gives the meeting more time
    :ivar unseen: the guest is with the host until the panel asks: then comes back (``stays``), or
        has gone without a word (``vanishes``)
    """

    host: Literal["accept", "decline", "absent", "silent", "late"] = "accept"
    settles: Literal["decline", "reschedule"] = "decline"
    alarms: int = 0
    refused: bool = False
    stores: bool = True
    leaves: bool = False
    runs: int = 0
    mistaken: Literal["", "unknown", "shared"] = ""
    keeps: Literal["", "lost", "pocket", "overnight", "tray"] = ""
    reason: int = 0
    identity: bool = True
    released: bool = True
    invited: int = 0
    corrects: bool = False
    phones: bool = False
    sent_back: bool = False
    extends: bool = False
    unseen: Literal["", "stays", "vanishes"] = ""

    @property
    def at_detector(self) -> bool:
        """True if the plan needs a metal detector, or security at the door."""
        return bool(self.alarms or self.runs or self.refused)

    @property
    def without_card(self) -> bool:
        """True if the visit ends without its card, so that no reader can identify the visit."""
        return bool(self.keeps) or self.unseen == "vanishes"


PLANS: dict[Branch, Plan] = {
    "normal": Plan(),
    "host-declines": Plan(host="decline"),
    "host-absent": Plan(host="absent"),
    "no-answer": Plan(host="silent"),
    "rescheduled": Plan(host="decline", settles="reschedule"),
    "alarm-then-clear": Plan(alarms=1),
    "alarm-twice": Plan(alarms=2),
    "refused": Plan(alarms=1, refused=True),
    "nothing-to-store": Plan(stores=False),
    "leaves": Plan(leaves=True),
    "answers-late": Plan(host="late"),
    "too-fast": Plan(runs=1),
    "unknown-card": Plan(mistaken="unknown"),
    "shared-card": Plan(mistaken="shared"),
    "loses-card": Plan(keeps="lost"),
    "forgets-belongings": Plan(keeps="pocket"),
    "overnight": Plan(keeps="overnight"),
    "card-in-the-tray": Plan(keeps="tray", stores=False),
    "corrects-card": Plan(corrects=True),
    "no-identity": Plan(identity=False),
    "no-door-release": Plan(released=False),
    "invited": Plan(invited=1),
    "invited-twice": Plan(invited=2),
    "on-the-phone": Plan(phones=True, stores=False),
    "sent-back": Plan(sent_back=True),
    "long-meeting": Plan(extends=True, stores=False),
    "stays": Plan(unseen="stays"),
    "vanishes": Plan(unseen="vanishes", stores=False),
    "reason-1": Plan(host="decline", reason=1),
    "reason-2": Plan(host="absent", reason=2),
    "reason-3": Plan(host="silent", reason=3),
    "reason-4": Plan(host="decline", settles="reschedule", reason=4),
}


class Row(msgspec.Struct, frozen=True):
    """One step as people see it.

    :ivar step: its name
    :ivar officer: the station of the officer who serves it, one guest at a time; "" without one
    :ivar act: the name of the function of sim/acts.py that carries it out
    """

    step: str
    officer: str
    act: str


_FRONT = (
    Row("penerimaan", "reception", "receive"),
    Row("menunggu", "officer-1", "direct"),
    Row("penitipan", "officer-2", "store"),
)
_SCREENING = (
    Row("pemeriksaan", "", "wait_for_call"),
    Row("pemeriksaan", "officer-3", "screen"),
)
_RETURN = Row("pengembalian", "officer-1", "give_back")
_BACK = (Row("menghadap", "", "meet"), _RETURN)

# A guest who is turned away after getting a card goes to the last row.
PROCEDURES: dict[str, tuple[Row, ...]] = {
    "pimpinan": (*_FRONT, *_SCREENING, *_BACK),
    "eselon-2-3": (*_FRONT, *_SCREENING, *_BACK),
    "eselon-4-asn": (*_FRONT, Row("menghadap", "", "meet_when_called"), _RETURN),
    "jatim": (
        Row("pemeriksaan", "security", "inspect"),
        Row("buku-tamu", "reception", "sign_in"),
        Row("pengantaran", "escort", "escort"),
        Row("menghadap", "", "talk"),
        Row("pengembalian-kartu", "reception", "hand_in"),
    ),
    "arsip": (
        Row("penerimaan", "reception", "receive"),
        Row("menghadap", "", "read"),
        Row("pemeriksaan-keluar", "exit", "screen_out"),
        Row("pengembalian", "officer-1", "give_back"),
    ),
}

# Procedures with a screening of the guests, before they go in or on the way out.
SCREENED = frozenset(
    name
    for name, rows in PROCEDURES.items()
    if any(row.step.startswith("pemeriksaan") for row in rows)
)

# Where a guest stands while at an officer's station; "office" for all others.
PLACES: dict[str, Place] = {
    "security": "entrance",
    "reception": "reception",
    "officer-1": "waiting",
    "officer-2": "lockers",
    "officer-3": "detector",
    "exit": "detector",
}

# Durations of people's activities, seconds: at least, mostly, at most.
PACE: dict[str, tuple[float, float, float]] = {
    "greeting": (8, 15, 30),
    "answering": (3, 6, 14),
    "identity": (20, 35, 70),
    "guest-book": (30, 45, 80),
    "explaining": (5, 10, 25),
    "directing": (20, 35, 70),
    "unpacking": (10, 20, 45),
    "storing": (25, 60, 150),
    "approaching": (5, 10, 20),
    "emptying-pockets": (15, 25, 50),
    "looking": (4, 8, 15),
    "admitting": (4, 8, 15),
    "meeting": (300, 420, 640),
    "taking-leave": (10, 20, 40),
    "taking-out": (15, 25, 45),
    "inspecting": (20, 40, 90),
    "escorting": (30, 50, 90),
    "searching": (60, 120, 240),
    "coming-back": (900, 1500, 2400),
}


def pace(chance: random.Random, what: str) -> float:
    """Return one random duration of an activity, seconds (triangular, from ``PACE``)."""
    low, mode, high = PACE[what]
    return chance.triangular(low, high, mode)
