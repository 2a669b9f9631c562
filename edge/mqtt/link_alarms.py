"""Alarms of the link to the central office: one record when a spell begins, one when it ends."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec

from edge.clock import Clock
from edge.mqtt.messages import StandingAlarm, document
from edge.mqtt.spells import SETTLE_S, Spell
from edge.sop.events import DeviceFailed, DeviceRestored, Post

log = logging.getLogger(__name__)

TOPIC = "state/alarm/uplink"


class Kind(NamedTuple):
    """A kind of trouble: the device that it is recorded under.

    :param shown: True if it is part of the live alarm
    :param settle_s: calm before its spell ends, seconds
    """

    device: str
    shown: bool = True
    settle_s: float = 0.0


# A lost connection is not shown: no subscriber could receive it. A parked record stays parked
# until it is accepted; it must not hide that the broker itself works again.
KINDS = {
    "connection": Kind("broker", shown=False),
    "subscriber": Kind("broker"),
    "refusal": Kind("broker"),
    "identity": Kind("broker-identity", settle_s=SETTLE_S),
    "parked": Kind("outbox"),
}


class LinkTrouble(msgspec.Struct):
    """A kind of trouble, its spell, and since when the spell lasts (RFC 3339 UTC)."""

    kind: Kind
    spell: Spell
    since: str = ""
    ending: asyncio.TimerHandle | None = None


class LinkAlarms:
    """Standing troubles. Posts DeviceFailed and DeviceRestored; shows ``state/alarm/uplink``.

    A kind that is not among :data:`KINDS` is a packet that is left out; it is recorded under
    ``broker/`` and its name.

    :param where: the broker's host and port, for the journal
    """

    def __init__(
        self,
        where: str,
        post: Post,
        clock: Clock,
        show: Callable[[str, dict[str, Any] | None], None],
    ) -> None:
        self._where = where
        self._post = post
        self._clock = clock
        self._show = show
        self._troubles: dict[str, LinkTrouble] = {}
        # True once the device is reported to work; after a restart the broker is not yet.
        self._well = {"broker": False}

    def begin(self, name: str, why: str, remedy: str = "") -> None:
        """Report trouble *name*: recorded once a spell; a new reason is logged and shown.

        :param remedy: the next thing to do, in whole sentences, for the journal
        """
        trouble = self._trouble(name)
        before, now = trouble.spell.why, asyncio.get_running_loop().time()
        if trouble.ending is not None:
            trouble.ending.cancel()
            trouble.ending = None
        first = trouble.spell.begin(why, now)
        if why != before:
            words = f"{why}. {remedy}" if remedy else why
            log.warning("%s: %s", self._subject(trouble), words)
        if first:
            device, times = trouble.kind.device, trouble.spell.times
            trouble.since = self._clock.now().iso()
            self._well[device] = False
            self._post(lambda at: DeviceFailed(at, device, why, times, remedy))
        if trouble.kind.shown and why != before:
            self._show_alarm()

    def end(self, name: str) -> None:
        """Note that trouble *name* is over; its spell ends once it has been calm for long enough.

        Its device is restored once no other trouble of it stands.
        """
        trouble = self._trouble(name)
        loop = asyncio.get_running_loop()
        if not trouble.spell.why:
            self._restore(trouble)
        elif (calm_s := trouble.spell.settle(loop.time())) is not None:
            if calm_s:
                trouble.ending = loop.call_later(calm_s, partial(self._end, trouble))
            else:
                self._end(trouble)

    def _trouble(self, name: str) -> LinkTrouble:
        if name not in self._troubles:
            kind = KINDS.get(name) or Kind(f"broker/{name}")
            self._troubles[name] = LinkTrouble(kind, Spell(kind.settle_s))
        return self._troubles[name]

    def _end(self, trouble: LinkTrouble) -> None:
        trouble.ending = None
        trouble.spell.end()
        log.info("%s: over", self._subject(trouble))
        self._restore(trouble)
        if trouble.kind.shown:
            self._show_alarm()

    def _subject(self, trouble: LinkTrouble) -> str:
        """Return the beginning of the lines of the journal about *trouble*."""
        if trouble.kind is KINDS["connection"]:
            return f"no broker at {self._where}"
        return trouble.kind.device

    def _restore(self, trouble: LinkTrouble) -> None:
        device = trouble.kind.device
        others = (other for other in self._troubles.values() if other.kind.device == device)
        if not self._well.get(device, True) and not any(other.spell.why for other in others):
            self._well[device] = True
            times = trouble.spell.times
            self._post(lambda at: DeviceRestored(at, device, times or None))

    def _show_alarm(self) -> None:
        standing = [t for t in self._troubles.values() if t.spell.why and t.kind.shown]
        if not standing:
            self._show(TOPIC, None)
            return
        alarm = StandingAlarm(
            alarm="uplink",
            since=min(trouble.since for trouble in standing),
            detail="; ".join(trouble.spell.why for trouble in standing),
        )
        self._show(TOPIC, document(alarm))
