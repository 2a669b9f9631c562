"""Every driver of an access door on its twin."""

from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.drivers.wired.door import WiredDoor
from sim.twins.door import DoorTwin
from tests.contract.door import DoorContract
from tests.contract.pin_bench import InTime, PinBench, benches, module_benches

PUSH_S = 0.5

# The relay's rest state, the level that switches it on, the wiring of the leaf's contact.
WIRINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fail-secure, active low": ("secure", "low", {"wired": "normally-closed"}),
    "fail-secure, active high": ("secure", "high", {"pull": "down"}),
    "fail-safe, active low": ("safe", "low", {"wired": "normally-closed", "pull": "external-up"}),
    "fail-safe, active high": ("safe", "high", {"wired": "normally-closed", "pull": "down"}),
}


class TwinBench(PinBench):
    """The door of a simulated lobby."""

    def __init__(
        self, folder: Path, in_time: InTime, fail: str, active: str, wired: dict[str, Any]
    ) -> None:
        self.fail = fail
        section = {
            "procedures": ["jatim"],
            "strike": {"pin": 6, "active": active},
            "fail": fail,
            "contact": {"pin": 25, **wired},
        }
        super().__init__({"doors": {"kantor": section}}, folder, in_time, _build)

    @property
    def _twin(self) -> DoorTwin:
        return self.lobby.doors["kantor"]

    def push(self) -> bool:
        """Push for half a second (at least a quarter of a real one)."""
        through = self.world.wait(self._twin.go_through(PUSH_S))
        return through and self.world.wait(self._twin.wait_shut(60))

    def force(self) -> None:
        """Break it open."""
        self.world.do(lambda _lobby: self._twin.force())

    def wedge(self, *, wedged: bool) -> None:
        """Put a wedge under it, or remove it."""
        self.world.do(lambda _lobby: self._twin.wedge(wedged=wedged))

    def wait_for_release(self, *, released: bool) -> None:
        """Poll the strike until it is released, or locked."""
        while self._twin.released != released:
            self.clock.sleep(0.05)


def _build(config: Any, channels: Any, clock: Clock, post: Any) -> WiredDoor:
    return WiredDoor("door/kantor", config.doors["kantor"], channels, clock, post)


class TestPins(DoorContract):
    """A strike relay and a contact on the Pi's pins."""

    bench = benches(TwinBench, WIRINGS)


class TestModule(DoorContract):
    """A strike relay and a contact on a module."""

    bench = module_benches(TwinBench, *WIRINGS["fail-secure, active low"])


class TestFailSafeModule(DoorContract):
    """A fail-safe strike on a module: its relay is energised while the door is locked."""

    bench = module_benches(TwinBench, *WIRINGS["fail-safe, active high"], protocols=("tcp",))
