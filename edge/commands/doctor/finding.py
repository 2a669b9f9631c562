"""A finding of the doctor: one sentence about one device or part of the machine."""

from typing import Literal, Protocol

import msgspec

FindingState = Literal["ok", "wrong", "unknown", "skipped"]
"""unknown: a person must look or listen; skipped: not examined, for the reason in ``saw``."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One result of the examination.

    :ivar device: a device as named in health (``panel/reception``), or a part of the machine
        (``clock``, ``broker``, …)
    :ivar saw: the observation, in words
    :ivar try_: the remedy to try; empty if none is needed
    """

    device: str
    state: FindingState
    saw: str
    try_: str = msgspec.field(name="try", default="")


class Asker(Protocol):
    """Asks the technician questions."""

    def agrees(self, question: str) -> bool:
        """Ask a yes-or-no question; return True for yes."""
