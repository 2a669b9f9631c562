"""Lockers on Modbus relay boards, each kind on its twin."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import Event
from tests.contract.locker_bench import DOORS, TwinBench, bench_of
from tests.contract.lockers import BoardLockersContract


class RelayBench(TwinBench):
    """A bench that reconciles its driver at intervals, as the daemon does."""

    def posted(self, *events: Event) -> list[Event]:
        """Reconcile, then wait until all *events* are posted."""
        with suppress(DeviceUnavailable, DeviceFault):
            self.driver.reconcile()  # type: ignore[attr-defined]  # not every driver has it
        return super().posted(*events)


def relays(driver: str, **more: Any) -> dict[str, Any]:
    """Return lockers with 1 on relay 1 of board 1, and 2 on relay 8 of board 2."""
    places = [
        {"number": n, "address": n, "channel": channel, "door": DOORS[n]}
        for n, channel in ((1, 1), (2, 8))
    ]
    return {
        "buses": {"lockers": {"port": "filled in", "answer_s": 0.1}},
        "lockers": {"driver": driver, "bus": "lockers", "locker": places, **more},
    }


RELAYS = {
    "waveshare": relays("waveshare"),
    "r421a08 momentary": relays("r421a08"),
    "r421a08 delay": relays("r421a08", command="delay", pulse_s=1.0),
    "waveshare by Modbus TCP": relays("waveshare"),
}
RELAYS["waveshare by Modbus TCP"]["buses"]["lockers"] = {"host": "127.0.0.1:1", "answer_s": 0.1}


class TestRelayBoards(BoardLockersContract):
    """Boards that time the pulse themselves; doors have contacts on the Pi's pins."""

    @pytest.fixture(params=RELAYS)
    def bench(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[TwinBench]:
        """Yield a bench of each kind, and of both commands of the R421A08."""
        yield from bench_of(RELAYS[request.param], tmp_path, monkeypatch, RelayBench)
