"""Intentions: what is to become of a guest. Data, without a word of any one procedure.

An intention names an outcome, and events that are to happen on the way there, in order. Where and
how they happen is found in the procedure's text (sim/people/way.py). A wish is written with the
marks of an event, as :func:`marks` of that module gives them.

Besides the named ones there are three general forms: ``outcome:WORD`` (an outcome or a reason of
the file), ``event:NAME`` (an event of the file) and ``answer:WORDS`` (an answer of a question).
"""

from typing import Literal

import msgspec

from sim.scenario import BRANCHES, GENERAL, Branch


class Wish(msgspec.Struct, frozen=True):
    """An event that is to happen (or, in ``never``, not to happen).

    :ivar events: one of these
    :ivar marks: and the event must have all of these marks
    :ivar times: how often
    """

    events: tuple[str, ...]
    marks: tuple[str, ...] = ()
    times: int = 1


class Intention(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a visit is to fare.

    :ivar ends: the outcomes, or reasons, of which the visit's end is to have one; empty: any
    :ivar wishes: the events that are to happen, in this order
    :ivar never: the events that are not to happen
    :ivar stores: the guest has belongings for a locker
    :ivar keeps: the guest goes without giving the card back: it is ``lost``, or still in a pocket
        (``pocket``) and comes back later, or the next morning (``overnight``); or it lies in a
        ``tray`` and is not read before the evening; or it is ``gone`` with the guest for long
    :ivar mistaken: the wrong card that reception presents first: an unknown one, or another guest's
    :ivar corrects: reception binds the wrong card of the pile first
    :ivar invited: how often the guest shows an invitation; 0: has none
    :ivar phones: at the second desk the guest lets the next one go first
    :ivar sent_back: the first officer has forgotten something: the second sends the guest back
    :ivar unseen: the guest is with the host until the panel asks
    """

    ends: tuple[str, ...] = ("completed",)
    wishes: tuple[Wish, ...] = ()
    never: tuple[Wish, ...] = ()
    stores: bool = True
    keeps: Literal["", "lost", "pocket", "overnight", "tray", "gone"] = ""
    mistaken: Literal["", "unknown", "shared"] = ""
    corrects: bool = False
    invited: int = 0
    phones: bool = False
    sent_back: bool = False
    unseen: bool = False


_DECLINE = ("aiphone.decline", "button.decline")
_DECLINES = Wish(_DECLINE, ("ring",))
_SILENT = Wish(("timeout",), ("ring",))
_SPEAKS = (
    Wish(("aiphone.*", "button.*"), ("ring",)),
    Wish(("aiphone.*", "button.accept"), ("decision",)),
)
_ABSENT = Wish(("button.absent",), ("ring",))
_ALARM = Wish(("detector.alarm*",))
_REFUSE = Wish(("button.refuse",))
_NO_CARD = Wish(("button.leave",), ("return", "waits:card.presented"))
_GOES = Wish(("button.leave",), ("anywhere", "return"))
_KEEPS = (_NO_CARD, _GOES)


def _reason(number: int) -> Wish:
    return Wish((f"button.reason-{number}",), ("decision",))


# Several intentions: the first that has a way in the procedure is taken.
_NAMED: dict[str, tuple[Intention, ...]] = {
    "normal": (Intention(),),
    "host-declines": (Intention(ends=("declined",), wishes=(_DECLINES,)),),
    "host-absent": (Intention(ends=("declined",), wishes=(_ABSENT,)),),
    "no-answer": (Intention(ends=("declined",), wishes=(_SILENT,), never=_SPEAKS),),
    "rescheduled": (Intention(ends=("rescheduled",), wishes=(_DECLINES,)),),
    "alarm-then-clear": (Intention(wishes=(_ALARM,)),),
    "alarm-twice": (Intention(wishes=(Wish(_ALARM.events, times=2),)),),
    "refused": (
        Intention(ends=("refused",), wishes=(_ALARM, _REFUSE)),
        Intention(ends=("refused",), wishes=(_REFUSE,)),
    ),
    "nothing-to-store": (
        Intention(wishes=(Wish(("button.nothing",), ("waits:button.locker",)),), stores=False),
    ),
    "leaves": (
        Intention(
            ends=("abandoned",),
            wishes=(
                Wish(("card.issued",)),
                Wish(("button.done",), ("completes",)),
                Wish(("button.leave",), ("anywhere", "desk")),
            ),
        ),
        Intention(
            ends=("abandoned",),
            wishes=(
                Wish(("button.done",), ("completes",)),
                Wish(("button.leave",), ("anywhere",)),
            ),
        ),
        Intention(ends=("abandoned",), wishes=(Wish(("button.leave",), ("anywhere",)),)),
    ),
    "answers-late": (
        Intention(wishes=(_SILENT, Wish(("*.accept",), ("ring",)))),
        Intention(wishes=(_SILENT, Wish(("*.accept",)))),
    ),
    "too-fast": (Intention(wishes=(Wish(("detector.too-fast",)),)),),
    "unknown-card": (Intention(wishes=(Wish(("card.issued",)),), mistaken="unknown"),),
    "shared-card": (Intention(wishes=(Wish(("card.issued",)),), mistaken="shared"),),
    "corrects-card": (Intention(wishes=(Wish(("card.issued",)),), corrects=True),),
    "loses-card": (
        Intention(wishes=(_NO_CARD, Wish(("button.lost",))), keeps="lost"),
        Intention(wishes=(_NO_CARD,), keeps="lost"),
    ),
    "forgets-belongings": (Intention(ends=("abandoned",), wishes=_KEEPS, keeps="pocket"),),
    "overnight": (Intention(ends=("abandoned",), wishes=_KEEPS, keeps="overnight"),),
    "card-in-the-tray": (
        Intention(ends=("abandoned",), wishes=_KEEPS, keeps="tray", stores=False),
    ),
    "no-identity": (
        Intention(
            ends=("no-identity",), wishes=(Wish(("button.decline",), ("waits:card.issued",)),)
        ),
    ),
    "no-door-release": (
        Intention(
            ends=("declined",), wishes=(Wish(("button.decline",), ("waits:aiphone.release",)),)
        ),
    ),
    "invited": (Intention(invited=1),),
    "invited-twice": (Intention(invited=2),),
    "on-the-phone": (Intention(phones=True, stores=False),),
    "sent-back": (Intention(sent_back=True),),
    "long-meeting": (Intention(wishes=(Wish(("button.extend", "aiphone.extend")),), stores=False),),
    "stays": (Intention(unseen=True),),
    "vanishes": (
        Intention(ends=("abandoned",), wishes=_KEEPS, keeps="gone", unseen=True, stores=False),
    ),
    "reason-1": (
        Intention(ends=("declined",), wishes=(_DECLINES, _reason(1))),
        Intention(ends=("declined",), wishes=(_reason(1),)),
    ),
    "reason-2": (
        Intention(ends=("declined",), wishes=(_ABSENT, _reason(2))),
        Intention(ends=("declined",), wishes=(_reason(2),)),
    ),
    "reason-3": (
        Intention(ends=("declined",), wishes=(_SILENT, _reason(3)), never=_SPEAKS),
        Intention(ends=("declined",), wishes=(_reason(3),)),
    ),
    "reason-4": (
        Intention(ends=("rescheduled",), wishes=(_DECLINES, _reason(4))),
        Intention(ends=("rescheduled",), wishes=(_reason(4),)),
    ),
    "second-declines": (
        Intention(
            ends=("declined",),
            wishes=(Wish(("aiphone.accept",), ("ring",)), _DECLINES),
        ),
    ),
    "third-call": (
        Intention(wishes=(Wish(("timeout", "button.absent"), ("counted",), times=2),)),
        Intention(wishes=(Wish(("timeout",), ("ring",), times=2),)),
    ),
    "above-the-limit": (Intention(ends=(), wishes=(Wish(("value.*",), ("compared",)),)),),
    "alarm-on-the-way-out": (
        Intention(wishes=(Wish(("detector.alarm*",), ("waits:detector.exit",)),)),
    ),
    "waits-for-room": (
        Intention(ends=("rescheduled",), wishes=(Wish(("button.*",), ("waits:room.free",)),)),
    ),
    "with-escort": (Intention(wishes=(Wish(("card.escort",)),)),),
}

assert set(_NAMED) == set(BRANCHES), set(_NAMED) ^ set(BRANCHES)


def of(branch: Branch) -> tuple[Intention, ...]:
    """Return the intentions of *branch*: the first that has a way is taken.

    :raises KeyError: if there is no such branch
    """
    kind, colon, word = branch.partition(":")
    if not colon:
        return _NAMED[branch]
    if kind not in GENERAL or not word:
        raise KeyError(branch)
    match kind:
        case "outcome":
            return (Intention(ends=(word,)),)
        case "event":
            return (Intention(wishes=(Wish((word,)),)), Intention(ends=(), wishes=(Wish((word,)),)))
        case _:
            wish = Wish(("*",), (branch,))
            return (Intention(wishes=(wish,)), Intention(ends=(), wishes=(wish,)))
