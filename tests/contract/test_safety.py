"""Every driver of safety inputs on its twin."""

from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.drivers.wired.safety import KINDS, WiredSafetyInputs
from sim.twins.safety import SafetyTwin
from tests.contract.pin_bench import InTime, PinBench, benches, module_benches
from tests.contract.safety import SafetyContract


class TwinBench(PinBench):
    """The loops of a simulated lobby."""

    def __init__(self, folder: Path, in_time: InTime, pull: str) -> None:
        section = {key: {"pin": 13 + number, "pull": pull} for number, key in enumerate(KINDS)}
        super().__init__({"safety": section}, folder, in_time, _build)

    @property
    def _twin(self) -> SafetyTwin:
        assert self.lobby.safety is not None
        return self.lobby.safety

    def alarm(self, loop: str) -> None:
        """Make it alarm."""
        self.world.do(lambda _lobby: self._twin.raise_alarm(loop))

    def reset(self, loop: str) -> None:
        """End the alarm."""
        self.world.do(lambda _lobby: self._twin.reset(loop))

    def cut(self, loop: str) -> None:
        """Cut its wire."""
        self.world.do(lambda _lobby: self._twin.loops[loop].fail("cut"))

    def mend(self, loop: str) -> None:
        """Repair it."""
        self.world.do(lambda _lobby: self._twin.loops[loop].fail(None))


def _build(config: Any, channels: Any, clock: Clock, post: Any) -> WiredSafetyInputs:
    return WiredSafetyInputs("safety", config.safety, channels, clock, post)


PULLS = ("up", "down", "external-up", "external-down")


class TestPins(SafetyContract):
    """Loops on the Pi's pins."""

    bench = benches(
        TwinBench, {name: (name,) for name in ("up", "down", "external-up", "external-down")}
    )


class TestModule(SafetyContract):
    """Loops on a module."""

    bench = module_benches(TwinBench, "up")
