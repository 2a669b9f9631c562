"""Every driver of lockers on its twin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.locker_bench import DOORS, TwinBench, bench_of
from tests.contract.lockers import BoardLockersContract, LockersContract


def gpio(active: str) -> dict[str, Any]:
    """Return lockers 1 and 2 on pins, with relays of one kind."""
    pins = {1: 5, 2: 6}
    lockers = [
        {"number": n, "relay": {"pin": pins[n], "active": active}, "door": DOORS[n]} for n in (1, 2)
    ]
    return {"lockers": {"driver": "gpio", "locker": lockers}}


def kerong(board: str, last: int, **more: Any) -> dict[str, Any]:
    """Return lockers with 1 on lock 5 of board 0, and 2 on the last lock of board 15."""
    places = [{"number": 1, "address": 0, "lock": 5}, {"number": 2, "address": 15, "lock": last}]
    return {
        "buses": {"lockers": {"port": "filled in", "baud_rate": 19200, "answer_s": 0.1}},
        "lockers": {
            "driver": "kerong", "bus": "lockers", "board": board, "poll_s": 0.1, "locker": places,
            **more,
        },
    }  # fmt: skip


class TestPins(LockersContract):
    """Relays and door contacts on the Pi's pins."""

    @pytest.fixture(params=["high", "low"])
    def bench(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[TwinBench]:
        """Yield a bench with relays that a high, or a low, level switches on."""
        yield from bench_of(gpio(request.param), tmp_path, monkeypatch)


KERONG = {
    "cu12": kerong("cu12", 12, closed_bit=0, unlock_s=0.3),
    "cu16": kerong("cu16", 16),
    "cu48": kerong("cu48", 48),
}


class TestKerong(BoardLockersContract):
    """KERONG boards on an RS-485 line."""

    @pytest.fixture(params=KERONG)
    def bench(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[TwinBench]:
        """Yield a bench of each family, with each setting that the sources leave open."""
        yield from bench_of(KERONG[request.param], tmp_path, monkeypatch)


def bcc(**more: Any) -> dict[str, Any]:
    """Return lockers with 1 on lock 5 of board 1, and 2 on lock 12 of board 32."""
    places = [{"number": 1, "address": 1, "lock": 5}, {"number": 2, "address": 32, "lock": 12}]
    return {
        "buses": {"lockers": {"port": "filled in", "baud_rate": 9600, "answer_s": 0.1}},
        "lockers": {"driver": "bcc", "bus": "lockers", "poll_s": 0.1, "locker": places, **more},
    }


BCC = {
    "three bytes": bcc(),
    "two bytes": bcc(status_bytes=2, byte_order="little", closed_bit=0),
    "seconds": bcc(status_bytes=7, unlock_s=1),
}


class TestBcc(BoardLockersContract):
    """Lock control boards with an XOR checksum on an RS-485 line."""

    @pytest.fixture(params=BCC)
    def bench(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[TwinBench]:
        """Yield a bench with each setting that the sources leave open."""
        yield from bench_of(BCC[request.param], tmp_path, monkeypatch)
