"""Every driver of a buzzer on its twin."""

from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.drivers.wired.buzzer import WiredBuzzer
from sim.twins.buzzer import BuzzerTwin
from tests.contract.buzzer import BuzzerContract
from tests.contract.pin_bench import InTime, PinBench, benches, module_benches

PATIENCE_S = 60.0


class TwinBench(PinBench):
    """The buzzer of a simulated lobby."""

    def __init__(self, folder: Path, in_time: InTime, active: str) -> None:
        super().__init__({"buzzer": {"pin": 26, "active": active}}, folder, in_time, _build)

    @property
    def _twin(self) -> BuzzerTwin:
        assert self.lobby.buzzer is not None
        return self.lobby.buzzer

    def heard(self, pattern: str) -> bool:
        """Wait until a sound has ended; return True if it was *pattern*."""
        end = self.clock.boot_ns() + PATIENCE_S * 1e9
        while self._twin.last is None and self.clock.boot_ns() < end:
            self.clock.sleep(0.1)
        return self._twin.last == pattern

    def sounds(self) -> bool:
        """Return True while it sounds."""
        return self._twin.sounding


def _build(config: Any, channels: Any, clock: Clock, _post: Any) -> WiredBuzzer:
    return WiredBuzzer("buzzer", config.buzzer, channels, clock)


class TestPins(BuzzerContract):
    """A buzzer on a pin."""

    bench = benches(TwinBench, {name: (name,) for name in ("high", "low")})


class TestModule(BuzzerContract):
    """A buzzer on a module."""

    bench = module_benches(TwinBench, "high")
