"""One called station of the aiphone (intercom): a ring relay and dry contacts.

Rules of this driver
--------------------
1. Ringing is a pattern of relay pulses; the relay is off afterwards, always.
2. A station that is in use by another call is not rung: StationBusy is posted instead.
3. An answer is posted when its contact has been active for ``minimum_s``. A shorter pulse is
   crosstalk or bounce: it is counted (InputRefused) and is no answer. A contact found active at
   opening is stuck, or answers no call; it is not posted. A loose contact answers nothing.
4. An answer contact that stays active for longer than any press (HELD_S) is a fault.
"""

from functools import partial
from typing import Literal

from edge.clock import Clock
from edge.config.sections.aiphone import Aiphone
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import HELD_S, WiredContact
from edge.drivers.wired.device import WiredDevice, loose_reporter
from edge.drivers.wired.outputs import WiredOutput
from edge.drivers.wired.plausibility import LIMITS, Level
from edge.sop.events import HostAnswered, InputRefused, Post, StationBusy

AideAnswer = Literal["accept", "decline", "release", "extend"]
ANSWERS: tuple[AideAnswer, ...] = ("accept", "decline", "release", "extend")

SHORT_ANSWER = "answer contact active for too short a time"

TALK_S = 3600.0
"""The longest time that one call uses a station, seconds: longer means a stuck contact."""


class WiredAiphone(WiredDevice):
    """One station. Posts HostAnswered and StationBusy with its id (the last part of *name*)."""

    def __init__(
        self, name: str, config: Aiphone, channels: Channels, clock: Clock, post: Post
    ) -> None:
        self._config = config
        self._post = post
        self._ring = WiredOutput(config.ring, channels, clock)
        limits = LIMITS["answer"]._replace(active_s=config.minimum_s)
        contacts = [
            WiredContact(
                contact, channels, clock, partial(self._answered, answer), limits,
                on_loose=loose_reporter(f"{name}/{answer}", "answer", contact, post),
                on_noise=self._too_short, stuck_s=HELD_S,
            )
            for answer in ANSWERS
            if (contact := getattr(config, answer)) is not None
        ]  # fmt: skip
        self._busy: WiredContact | None = None
        if config.busy is not None:
            on_loose = loose_reporter(f"{name}/busy", "busy", config.busy, post)
            self._busy = WiredContact(
                config.busy, channels, clock, _no_op, LIMITS["busy"],
                on_loose=on_loose, stuck_s=TALK_S,
            )  # fmt: skip
            contacts.append(self._busy)
        super().__init__(name, (self._ring,), contacts)

    def ring(self, pattern: str) -> None:
        """Ring with a pattern of the config's ``rings``; returns when it is over.

        A station that is in use is not rung: StationBusy is posted.

        :raises DeviceUnavailable: if the aiphone is not open for use
        :raises DeviceFault: if its pin cannot be driven
        """
        if self._busy is not None and self._busy.active:
            self._post(lambda at: StationBusy(at, self.id))
            return
        self._ring.play(getattr(self._config.rings, pattern))

    def _answered(self, answer: AideAnswer, level: Level) -> None:
        if level.active and not level.initial:
            self._post(lambda at: HostAnswered(at, self.id, answer))

    def _too_short(self, count: int) -> None:
        self._post(lambda at: InputRefused(at, self.name, SHORT_ANSWER, count))


def _no_op(_level: Level) -> None:
    """Ignore the beginning and the end of a call: ``ring`` reads the contact's level itself."""
