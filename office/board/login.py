"""Log-in: compares passwords, within their limits, and begins sessions."""

import asyncio
from typing import NamedTuple

from sqlalchemy import Engine

from office.board import passwords
from office.board.sessions import Sessions
from office.database.users import user_named
from pages.attempts import Attempts

FREE: dict[str, int] = {"address": 10, "user": 10}
"""Wrong passwords in a row before a lock, by the kind of key."""


class Login(NamedTuple):
    """The outcome of a log-in: the *cookie*, or how long no password is compared (*wait_s*)."""

    cookie: str | None = None
    wait_s: float = 0.0


class Gate:
    """Lets a user in by name and password."""

    def __init__(self, reader: Engine, sessions: Sessions) -> None:
        self.sessions = sessions
        self._reader = reader
        self._attempts = Attempts(FREE)
        # One comparison at a time: each takes 64 MiB and a processor.
        self._comparing = asyncio.Lock()

    async def enter(
        self, name: str, password: str, address: str, *, now_s: float, now_ms: int
    ) -> Login:
        """Begin a session if *password* is the one of the user *name*.

        :param address: where the request comes from
        :param now_s: seconds of the clock that never jumps; *now_ms*: the wall clock
        """
        keys = (("address", address), ("user", name))
        wait_s = self._attempts.wait_s(keys, now_s)
        if wait_s > 0:
            return Login(wait_s=wait_s)
        self._attempts.begin(keys, now_s)
        async with self._comparing:
            right = await asyncio.to_thread(self._right, name, password)
        if not right:
            return Login(wait_s=self._attempts.wait_s(keys, now_s))
        self._attempts.succeed(keys)
        return Login(await asyncio.to_thread(self.sessions.begin, name, now_ms))

    def _right(self, name: str, password: str) -> bool:
        with self._reader.begin() as connection:
            user = user_named(connection, name)
        return passwords.matches(None if user is None else user.password, password)
