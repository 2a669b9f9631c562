"""Log-in: compares PINs, within their limits, and begins sessions."""

import asyncio
from typing import NamedTuple

from desk import pins
from desk.roles import Role
from desk.sessions import Sessions
from pages.attempts import Attempts

FREE: dict[str, int] = {"address": 5, "role": 20}
"""Wrong PINs in a row before a lock, by the kind of key."""


class Login(NamedTuple):
    """The outcome of a log-in: the *cookie*, or how long no PIN is compared (*wait_s*)."""

    cookie: str | None = None
    wait_s: float = 0.0


class Gate:
    """Lets a screen in by its role's PIN."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._attempts = Attempts(FREE)
        # One comparison at a time: each takes 16 MiB and a processor.
        self._comparing = asyncio.Lock()

    async def enter(
        self, role: Role, digits: str, known: pins.Pins, address: str, now_s: float
    ) -> Login:
        """Begin a session if *digits* is the PIN of *role* in *known*.

        :param address: where the request comes from
        """
        keys = (("address", address), ("role", role))
        wait_s = self._attempts.wait_s(keys, now_s)
        if wait_s > 0:
            return Login(wait_s=wait_s)
        self._attempts.begin(keys, now_s)
        pin = known.get(role)
        async with self._comparing:
            right = pin is not None and await asyncio.to_thread(pins.matches, pin, digits)
        if pin is None or not right:
            return Login(wait_s=self._attempts.wait_s(keys, now_s))
        self._attempts.succeed(keys)
        return Login(self.sessions.begin(role, pin.hash, now_s))
