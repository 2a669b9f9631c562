"""Sessions: the screens that are logged in.

A cookie holds 256 random bits; all else stays in the memory of the desk, so a session ends at once:
by logout, after its time, when the PIN of its role is changed, or when the desk is restarted.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import NamedTuple

from desk.pins import Pins
from desk.roles import Role

COOKIE = "gardu-desk"
_MOST = 100


class Session(NamedTuple):
    """A screen: its role, the hash of the PIN that it gave, and when it ends (seconds)."""

    role: Role
    pin: bytes
    until_s: float


class Sessions:
    """The sessions, by their cookies.

    :param lasts_s: how long a session lasts, seconds
    :param pins: returns the present PINs
    """

    def __init__(self, lasts_s: float, pins: Callable[[], Pins]) -> None:
        self.lasts_s = lasts_s
        self._pins = pins
        self._sessions: dict[bytes, Session] = {}

    def begin(self, role: Role, pin: bytes, now_s: float) -> str:
        """Return the cookie of a new session; the oldest ends if there are too many."""
        while len(self._sessions) >= _MOST:
            del self._sessions[next(iter(self._sessions))]
        cookie = secrets.token_urlsafe(32)
        self._sessions[_key(cookie)] = Session(role, pin, now_s + self.lasts_s)
        return cookie

    def role(self, cookie: str | None, now_s: float) -> Role | None:
        """Return the role of the session of *cookie*; None if there is none."""
        session = self._sessions.get(_key(cookie or ""))
        if session is None:
            return None
        pin = self._pins().get(session.role)
        if now_s >= session.until_s or pin is None or pin.hash != session.pin:
            self.end(cookie)
            return None
        return session.role

    def end(self, cookie: str | None) -> None:
        """End the session of *cookie*, if there is one."""
        self._sessions.pop(_key(cookie or ""), None)


def _key(cookie: str) -> bytes:
    """Return the key of *cookie*: a hash, so that the time of a search tells nothing about it."""
    return hashlib.sha256(cookie.encode()).digest()
