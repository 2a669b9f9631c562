"""The number of rounds of rows that repeat a fault: ``ROUNDS=100 make virtual-pi`` for a night."""

import os
from collections.abc import Mapping

from virtual_pi.errors import CannotRun


def rounds(few: int, environment: Mapping[str, str] = os.environ) -> int:
    """Return ROUNDS of the environment, or *few*.

    :raises CannotRun: if ROUNDS is not a number from 1 on
    """
    text = environment.get("ROUNDS") or str(few)
    if not text.isdigit() or int(text) < 1:
        raise CannotRun(f"ROUNDS={text}: a number of rounds from 1 on, for example ROUNDS=100")
    return int(text)
