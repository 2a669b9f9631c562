"""Sessions: the screens that are logged in.

A cookie holds 256 random bits; the database has its hash only. A session ends by log-out, after its
time, or when its user's password is changed or the user removed. It outlives a restart of the page,
so that a wall screen stays logged in.
"""

import hashlib
import secrets
from typing import NamedTuple

from sqlalchemy import Engine

from office.board.roles import Role
from office.database import users

COOKIE = "gardu-office"


class Visitor(NamedTuple):
    """The person at a screen: name and role of the user, and the token of the session's forms."""

    name: str
    role: Role
    token: str


class Sessions:
    """The sessions in the database, by their cookies.

    :param reader: reads the database; *writer*: changes it
    :param lasts_s: how long a session lasts, seconds
    """

    def __init__(self, reader: Engine, writer: Engine, lasts_s: float) -> None:
        self.lasts_s = lasts_s
        self._reader = reader
        self._writer = writer

    def begin(self, name: str, now_ms: int) -> str:
        """Return the cookie of a new session of the user *name*."""
        cookie = secrets.token_urlsafe(32)
        until_ms = now_ms + int(self.lasts_s * 1000)
        with self._writer.begin() as connection:
            users.begin_session(connection, _hash("session", cookie), name, now_ms, until_ms)
        return cookie

    def visitor(self, cookie: str | None, now_ms: int) -> Visitor | None:
        """Return the person whose session *cookie* is; None if there is none."""
        if not cookie:
            return None
        with self._reader.begin() as connection:
            found = users.session_user(connection, _hash("session", cookie), now_ms)
        if found is None or found.role not in set(Role):
            return None
        return Visitor(found.name, Role(found.role), _hash("form", cookie).hex())

    def end(self, cookie: str | None) -> None:
        """End the session of *cookie*, if there is one."""
        if cookie:
            with self._writer.begin() as connection:
                users.end_session(connection, _hash("session", cookie))


def _hash(purpose: str, cookie: str) -> bytes:
    return hashlib.sha256(f"{purpose} {cookie}".encode()).digest()
