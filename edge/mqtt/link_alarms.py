"""Alarms of the link to the central office: each is raised once and cleared once."""

from collections.abc import Callable
from typing import Any

import msgspec

from edge.clock import Clock
from edge.mqtt.messages import StandingAlarm, document
from edge.sop.events import DeviceFailed, DeviceRestored, Post

TOPIC = "state/alarm/uplink"

# The device that each kind of trouble is recorded under. A parked record stays parked until an
# operator resends it; it must not hide that the broker itself works again.
_DEVICES = {"connection": "broker", "subscriber": "broker", "parked": "outbox"}


class LinkTrouble(msgspec.Struct, frozen=True):
    """A trouble that stands: its reason, and since when (RFC 3339 UTC)."""

    why: str
    since: str


class LinkAlarms:
    """Standing troubles. Posts DeviceFailed and DeviceRestored; shows ``state/alarm/uplink``."""

    def __init__(
        self, post: Post, clock: Clock, show: Callable[[str, dict[str, Any] | None], None]
    ) -> None:
        self._post = post
        self._clock = clock
        self._show = show
        self._standing: dict[str, LinkTrouble] = {}
        # True once the device is reported to work; after a restart the broker is not yet.
        self._well = {"broker": False, "outbox": True}

    def begin(self, kind: str, why: str) -> None:
        """Report once that trouble *kind* stands."""
        if kind in self._standing:
            return
        self._standing[kind] = LinkTrouble(why, self._clock.now().iso())
        device = _DEVICES[kind]
        self._well[device] = False
        self._post(lambda at: DeviceFailed(at, device, why))
        self._show_alarm()

    def end(self, kind: str) -> None:
        """Clear trouble *kind*; report its device restored, once no other trouble of it stands."""
        stood = self._standing.pop(kind, None)
        device = _DEVICES[kind]
        if not self._well[device] and not any(_DEVICES[k] == device for k in self._standing):
            self._well[device] = True
            self._post(lambda at: DeviceRestored(at, device))
        if stood is not None:
            self._show_alarm()

    def _show_alarm(self) -> None:
        """Show all troubles except a lost connection, which no subscriber could receive."""
        standing = [trouble for kind, trouble in self._standing.items() if kind != "connection"]
        if not standing:
            self._show(TOPIC, None)
            return
        detail = "; ".join(trouble.why for trouble in standing)
        alarm = StandingAlarm(
            alarm="uplink", since=min(trouble.since for trouble in standing), detail=detail
        )
        self._show(TOPIC, document(alarm))
