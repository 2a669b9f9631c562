"""What the doctor found: one sentence about one thing."""

from typing import Literal, Protocol

import msgspec

FindingState = Literal["ok", "wrong", "unknown", "skipped"]
"""unknown: somebody has to look or listen; skipped: was not tried, and why."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was looked at.

    :ivar device: a device as health calls it (``panel/reception``), or a part of the machine
        (``clock``, ``broker``, …)
    :ivar saw: what was seen, in words
    :ivar try_: what to try; empty where there is nothing to do
    """

    device: str
    state: FindingState
    saw: str
    try_: str = msgspec.field(name="try", default="")


class Asker(Protocol):
    """The technician, who has hands and ears."""

    def agrees(self, question: str) -> bool:
        """Ask a question that yes or no answers."""
