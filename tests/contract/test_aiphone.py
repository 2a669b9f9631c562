"""Every driver of an intercom station on its twin."""

from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.drivers.wired.aiphone import AideAnswer, WiredAiphone
from sim.twins.aiphone import AiphoneTwin
from sim.world.lobby import Lobby
from tests.contract.aiphone import AiphoneContract
from tests.contract.pin_bench import InTime, PinBench, benches, module_benches

PATIENCE_S = 60.0

# The level of the ring relay, and the wiring of all contacts.
WIRINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "active low, contacts to ground": ("low", {}),
    "active high, contacts to 3.3 V": ("high", {"pull": "down"}),
    "active low, closed loops": ("low", {"wired": "normally-closed", "pull": "external-up"}),
}


class TwinBench(PinBench):
    """The station of a simulated lobby."""

    def __init__(self, folder: Path, in_time: InTime, active: str, wired: dict[str, Any]) -> None:
        pins = {"accept": 25, "decline": 16, "release": 20, "extend": 12, "busy": 21}
        section = {
            "procedures": ["jatim"],
            "ring": {"pin": 8, "active": active},
            "rings": {"call": [0.8, 0.4, 0.8], "limit": [0.4] * 9},
            "minimum_s": 0.25,
            **{name: {"pin": pin, **wired} for name, pin in pins.items()},
        }
        super().__init__({"aiphone": {"adc": section}}, folder, in_time, _build)

    @property
    def _twin(self) -> AiphoneTwin:
        return self.lobby.aiphones["adc"]

    def press(self, answer: AideAnswer) -> None:
        """Press a button and release it."""
        self.world.wait(self._twin.answer(answer))

    def crosstalk(self, answer: AideAnswer) -> None:
        """Close a contact for 40 ms: longer than it bounces."""
        self.world.wait(self._twin.contacts[answer].pulse(0.04))

    def press_for_ever(self, answer: AideAnswer) -> None:
        """Close a contact for ever."""

        def stick(_lobby: Lobby) -> None:
            self._twin.contacts[answer].set(True)
            self._twin.contacts[answer].fail("stuck")

        self.world.do(stick)

    def talk(self, *, talking: bool) -> None:
        """Begin a call, or hang up."""
        self.world.do(lambda _lobby: self._twin.talk(talking=talking))

    def rung(self) -> int:
        """Wait for the end of a ring; return its number of tones."""
        assert self.world.wait(self._twin.wait_ring(PATIENCE_S))
        return self._twin.heard

    def ringing(self) -> bool:
        """Return True while it rings."""
        return self._twin.ringing

    def wait_ringing(self) -> None:
        """Wait until it rings."""
        while not self.ringing():
            self.clock.sleep(0.01)

    def rings(self) -> int:
        """Return the number of rings."""
        return self._twin.rings


def _build(config: Any, channels: Any, clock: Clock, post: Any) -> WiredAiphone:
    return WiredAiphone("aiphone/adc", config.aiphone["adc"], channels, clock, post)


class TestPins(AiphoneContract):
    """A ring relay and dry contacts on the Pi's pins."""

    bench = benches(TwinBench, WIRINGS)


class TestModule(AiphoneContract):
    """A ring relay and dry contacts on a module."""

    bench = module_benches(TwinBench, *WIRINGS["active high, contacts to 3.3 V"])
