"""Every driver of a panel on its twin."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.drivers.wired.panel import WiredPanel
from sim.twins.panel import PanelTwin
from tests.contract.panel import PanelContract
from tests.contract.pin_bench import InTime, PinBench, benches, module_benches

PATIENCE_S = 60.0

# The lamps, and the wiring of the buttons.
WIRINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one lamp": ({"lamp": {"pin": 9}}, {}),
    "five lamps, active low": (
        {
            "lamps": {
                name: {"pin": 9 + place, "active": "low"}
                for place, name in enumerate(("white", "green", "blue", "amber", "red"))
            }
        },
        {"pull": "down"},
    ),
    "green and red": ({"lamps": {"green": {"pin": 9}, "red": {"pin": 10}}}, {}),
}


class TwinBench(PinBench):
    """The panel of a simulated lobby."""

    def __init__(
        self, folder: Path, in_time: InTime, lamps: dict[str, Any], wired: dict[str, Any]
    ) -> None:
        arrive = {"pin": 20, "press": "arrive", "procedure": "pimpinan", **wired}
        decline = {"pin": 21, "press": "decline", "hold": "absent", **wired}
        section = {"stations": ["reception"], "buttons": [arrive, decline], **lamps}
        super().__init__({"panels": {"reception": section}}, folder, in_time, _build)

    @property
    def _twin(self) -> PanelTwin:
        return self.lobby.panels["reception"]

    def press(self, button: str) -> None:
        """Press a button and release it."""
        self.world.wait(self._twin.press(button))

    def hold(self, button: str) -> None:
        """Hold a button and release it."""
        self.world.wait(self._twin.hold(button))

    def tremble(self, button: str) -> None:
        """Press a button twice."""
        self.world.wait(self._twin.tremble(button))

    def lean(self, seconds: int) -> None:
        """Press both buttons."""
        self.world.wait(self._twin.lean(seconds))

    def shows(self, mode: str) -> bool:
        """Poll the lamps until they show it; with one lamp, overdue is shown as an alarm is."""
        if mode == "red" and len(self._twin.lamps) == 1:
            mode = "fast"
        return self._until(lambda: self._twin.lamp == mode)

    def reverses(self, button: str) -> bool:
        """Press a button, and wait until the plain lamp has changed twice."""
        before = self.world.do(lambda _lobby: self._twin.turns)
        self.press(button)
        return self._until(lambda: self._twin.turns >= before + 2)

    def _until(self, true: Callable[[], bool]) -> bool:
        """Poll until *true* returns True in the world; False after a minute."""
        end = self.clock.boot_ns() + PATIENCE_S * 1e9
        while self.clock.boot_ns() < end:
            if self.world.do(lambda _lobby: true()):
                return True
            self.clock.sleep(0.1)
        return False


def _build(config: Any, channels: Any, clock: Clock, post: Any) -> WiredPanel:
    return WiredPanel("panel/reception", config.panels["reception"], channels, clock, post)


class TestPins(PanelContract):
    """Lamps and buttons on the Pi's pins."""

    bench = benches(TwinBench, WIRINGS)


class TestModule(PanelContract):
    """Lamps and buttons on a module."""

    bench = module_benches(TwinBench, *WIRINGS["green and red"])
