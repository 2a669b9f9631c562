"""Faults of broker and line under load, with the daemon killed in some rounds (soak/: longer).

The records that the store committed are compared with those that the subscriber received, as in
soak/checker.py.
"""

import asyncio
from pathlib import Path

import pytest

from soak.checker import Findings
from soak.faults import FAULTS, outage, suffer
from soak.progress import Progress
from tests.brokers import MOSQUITTO
from tests.longer import slow

pytestmark = [slow, pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto")]

BOTH = "daemon and broker lost at once"
# Far more than a fault needs to fall between an acknowledgement and the office's copy.
_TRIALS = 10
FORGETFUL = ("broker killed, its memory lost", "broker replaced by an empty one")


def suffer_all(
    folder: Path, names: list[str], rounds: int, patience_s: float
) -> dict[str, Findings]:
    """Run each of the faults *names* on a checkpoint of its own, all at the same time."""

    async def all_at_once() -> list[Findings]:
        sufferings = [
            suffer(name, folder / str(number), rounds, 2017, Progress(), patience_s)
            for number, name in enumerate(names)
        ]
        return await asyncio.gather(*sufferings)

    return dict(zip(names, asyncio.run(all_at_once()), strict=True))


def test_the_office_ends_complete(tmp_path: Path) -> None:
    """With every fault each committed record arrives, once by id, and no other record."""
    names = [name for name in FAULTS if name != BOTH]
    for name, found in suffer_all(tmp_path, names, rounds=2, patience_s=20.0).items():
        assert found.clean, (name, found)
        assert found.delivered == found.committed > 0, name


def test_daemon_and_broker_lost_at_once(tmp_path: Path) -> None:
    """A power cut of the whole building, longer than the resend window: no record is lost."""
    found = suffer_all(tmp_path, [BOTH], rounds=1, patience_s=4.0)[BOTH]
    assert found.clean, found


def test_forgetful_brokers_lose_records_without_the_resend_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the resend window these faults lose records, and the checker finds the loss.

    A broker loses nothing if the office has all that it has acknowledged: then it is tried again.
    """
    for name in FORGETFUL:
        bare = FAULTS[name]._replace(broker={"resend_window_s": 0.0})
        monkeypatch.setitem(FAULTS, name, bare)
    names = list(FORGETFUL)
    for trial in range(_TRIALS):
        tried = suffer_all(tmp_path / str(trial), names, rounds=1, patience_s=2.0)
        assert all(found.clean == (found.holes == 0) for found in tried.values()), tried
        names = [name for name, found in tried.items() if not found.holes]
        if not names:
            return
    pytest.fail(f"nothing was lost: {names}")


def test_an_outage_with_thousands_of_records_waiting(tmp_path: Path) -> None:
    """They are delivered in order, and memory does not grow with their number."""
    found = asyncio.run(outage(tmp_path, 5000, 2017, Progress()))
    assert found.clean, found
    assert found.committed >= 5000
    assert found.healed == 0
