"""Every driver of lockers on its twin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ModuleUnavailable
from tests.contract.locker_bench import DOORS, TwinBench, bench_of
from tests.contract.lockers import BoardLockersContract, LockersContract, closed, opened


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


def on_a_module(place: dict[str, Any]) -> dict[str, Any]:
    """Return lockers 1 and 2 with relays and contacts on a module behind *place*."""
    lockers = [
        {
            "number": n,
            "relay": {"module": "far", "output": n},
            "door": {"module": "far", "input": n, "wired": "normally-closed"},
        }
        for n in (1, 2)
    ]
    return {
        "buses": {"lockers": {"pause_s": 0.0, **place}},
        "modules": {"far": {"driver": "waveshare-relay-d", "bus": "lockers"}},
        "lockers": {"driver": "gpio", "locker": lockers},
    }


MODULES = {
    "rtu": on_a_module({"port": "filled in"}),
    "tcp": on_a_module({"host": "127.0.0.1:1"}),
    "rtu-over-tcp": on_a_module({"host": "127.0.0.1:1", "protocol": "rtu-over-tcp"}),
}


class TestModule(LockersContract):
    """Relays and door contacts on a module, which times the pulses itself."""

    @pytest.fixture(params=MODULES)
    def bench(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[TwinBench]:
        """Yield a bench for each protocol."""
        yield from bench_of(MODULES[request.param], tmp_path, monkeypatch)

    def test_a_device_that_is_not_there_is_unavailable_until_it_is(self, bench: Any) -> None:
        """Lockers open without their module; an unlock fails until it is back, then all works."""
        bench.driver.close()
        bench.take_away()
        bench.posted()
        bench.driver.open()
        with pytest.raises(ModuleUnavailable, match="module/far"):
            bench.driver.unlock(1)
        bench.bring_back()
        bench.posted(closed(1, initial=True), closed(2, initial=True))
        bench.driver.unlock(1)
        bench.posted(opened(1))


KERONG = {
    "cu12": kerong("cu12", 12, closed_bit=0, unlock_s=0.3),
    "cu16": kerong("cu16", 16),
    "cu48": kerong("cu48", 48),
    "cu16 behind a gateway": kerong("cu16", 16),
}
KERONG["cu16 behind a gateway"]["buses"]["lockers"] |= {
    "host": "127.0.0.1:1",
    "protocol": "rtu-over-tcp",
}
del KERONG["cu16 behind a gateway"]["buses"]["lockers"]["port"]


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
