"""The number of rounds of rows that repeat a fault: ``ROUNDS=100 make virtual-pi`` for a night."""

import os
from collections.abc import Mapping

from virtual_pi.errors import CannotRun

MANY = 20
"""Rounds by default, with KVM."""


def rounds(few: int, accel: str, environment: Mapping[str, str] = os.environ) -> int:
    """Return ROUNDS of the environment; else MANY with KVM, and *few* without.

    :param accel: ``kvm`` or ``tcg``; an emulated processor needs minutes for each boot

    :raises CannotRun: if ROUNDS is not a number from 1 on
    """
    text = environment.get("ROUNDS") or str(MANY if accel == "kvm" else few)
    if not text.isdigit() or int(text) < 1:
        raise CannotRun(f"ROUNDS={text}: a number of rounds from 1 on, for example ROUNDS=100")
    return int(text)
