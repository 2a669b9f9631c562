"""Every driver of a metal detector on its twin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from edge.drivers.wired.metal_detector import WiredMetalDetector
from edge.sop.events import (
    DetectorAlarmed,
    DetectorCleared,
    InputAlarmed,
    InputRestored,
    PassageMade,
    PassageTooFast,
)
from sim.twins.metal_detector import DetectorTwin
from sim.world.lobby import Lobby
from tests.contract.metal_detector import ALARMED, CLEARED, PASSED, RAN, MetalDetectorContract
from tests.contract.pin_bench import InTime, PinBench, benches, module_benches
from tests.own_time import in_scaled_time

# Between two guests, seconds of the clock: faster would be a loose contact.
BETWEEN_S = 4.0

# The wiring of the alarm, the tamper contact and the beam.
WIRINGS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "to ground": ({"wired": "normally-closed"}, {}, {}),
    "to 3.3 V": (
        {"wired": "normally-closed", "pull": "external-down"},
        {"wired": "normally-open", "pull": "down"},
        {"wired": "normally-closed", "pull": "down"},
    ),
}


class TwinBench(PinBench):
    """The detector of a simulated lobby."""

    def __init__(self, folder: Path, in_time: InTime, *wiring: dict[str, Any]) -> None:
        alarm, tamper, passage = wiring
        section = {
            "alarm": {"pin": 23, **alarm},
            "tamper": {"pin": 12, **tamper},
            "passage": {"pin": 24, **passage},
            "minimum_pulse_s": 0.5,
            "hold_s": 3.0,
            "stuck_s": 6.0,
            "blocked_s": 4.0,
        }
        super().__init__({"metal_detector": section}, folder, in_time, _build)

    @property
    def _twin(self) -> DetectorTwin:
        assert self.lobby.detector is not None
        return self.lobby.detector

    def walk(self, *, metal: bool) -> None:
        """Walk through."""
        self.world.wait(self._twin.walk_through(metal=metal))

    def run(self) -> None:
        """Run through."""
        self.world.wait(self._twin.run_through())

    def block(self, *, blocked: bool) -> None:
        """Put a suitcase into the beam, or remove it."""
        self.world.do(lambda _lobby: self._twin.block(blocked=blocked))

    def warble(self, times: int) -> None:
        """Saturate the detector."""
        self.world.wait(self._twin.warble(times))

    def spike(self) -> None:
        """Start a lift's motor."""
        self.world.wait(self._twin.spike())

    def meddle(self, *, opened: bool) -> None:
        """Open the cabinet, or close it."""
        self.world.do(lambda _lobby: self._twin.meddle(opened=opened))

    def break_alarm(self, how: str | None) -> None:
        """Break or repair the alarm contact."""

        def breaking(_lobby: Lobby) -> None:
            alarm = self._twin.alarm
            if how == "stuck active":
                alarm.set(True)
                alarm.fail("stuck")
                alarm.set(False)
            else:
                alarm.fail("cut" if how == "cut" else None)

        self.world.do(breaking)


def _build(config: Any, channels: Any, clock: Clock, post: Any) -> WiredMetalDetector:
    return WiredMetalDetector("metal-detector", config.metal_detector, channels, clock, post)


class TestPins(MetalDetectorContract):
    """Relay contacts on the Pi's pins."""

    bench = benches(TwinBench, WIRINGS)


class TestModule(MetalDetectorContract):
    """Relay contacts on a module."""

    bench = module_benches(TwinBench, *WIRINGS["to ground"])


def test_at_sixty_times_the_speed_walks_are_walks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At sixty times the speed a walk (ten real milliseconds) is a passage, a run is too fast."""
    with TwinBench.made(
        tmp_path, monkeypatch, *WIRINGS["to ground"], in_time=lambda: in_scaled_time(60.0)
    ) as bench:
        for _ in range(5):
            bench.walk(metal=False)
            bench.clock.sleep(BETWEEN_S)
            bench.run()
            bench.clock.sleep(BETWEEN_S)
        kinds = [said[0].__name__ for said in bench.posted(*[RAN] * 5)]
    assert kinds.count("PassageTooFast") == 5
    assert "DetectorAlarmed" not in kinds


def test_an_open_loop_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A normally-open contact alarms and clears; its cut wire cannot be noticed."""
    wiring: tuple[dict[str, Any], ...] = ({"wired": "normally-open"}, {}, {})
    with TwinBench.made(tmp_path, monkeypatch, *wiring) as bench:
        bench.walk(metal=True)
        assert bench.posted(CLEARED) == [ALARMED, PASSED, CLEARED]
        bench.break_alarm("cut")
        bench.walk(metal=True)
        assert bench.posted(PASSED) == [PASSED]


class NamedBench(PinBench):
    """A named detector with two beams, on pins."""

    def __init__(self, folder: Path, in_time: InTime) -> None:
        section = {
            "stations": ["officer-3"],
            "alarm": {"pin": 23, "wired": "normally-closed"},
            "outer": {"pin": 24},
            "inner": {"pin": 25, "wired": "normally-closed", "pull": "down"},
            "blocked_s": 4.0,
        }
        super().__init__({"metal_detectors": {"lobby": section}}, folder, in_time, _build_named)

    @property
    def twin(self) -> DetectorTwin:
        """The twin."""
        return self.lobby.detectors["lobby"]


def _build_named(config: Any, channels: Any, clock: Clock, post: Any) -> WiredMetalDetector:
    detector = config.metal_detectors["lobby"]
    return WiredMetalDetector("metal-detector/lobby", detector, channels, clock, post)


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NamedBench]:
    """Yield a named detector with two beams; its driver is open."""
    with NamedBench.made(tmp_path, monkeypatch) as bench:
        yield bench


def test_two_beams_post_the_direction_and_the_name(named: NamedBench) -> None:
    """A walk out is never posted as one in; who turns back in the frame is not posted at all."""
    walked = [(PassageMade, "lobby", "in"), (PassageMade, "lobby", "out")]
    ran = (PassageTooFast, "lobby", "in")
    named.world.wait(named.twin.walk_through(metal=False))
    named.world.wait(named.twin.turn_back())
    named.clock.sleep(BETWEEN_S)
    named.world.wait(named.twin.walk_through(metal=False, out=True))
    named.clock.sleep(BETWEEN_S)
    named.world.wait(named.twin.run_through())
    assert named.posted(*walked, ran) == [*walked, ran]


def test_metal_on_the_way_out_is_an_alarm_of_that_detector(named: NamedBench) -> None:
    """The alarm names the detector; the walk has its direction."""
    said = [(DetectorAlarmed, False, "lobby"), (PassageMade, "lobby", "out"),
            (DetectorCleared, False, "lobby")]  # fmt: skip
    named.world.wait(named.twin.walk_through(metal=True, out=True))
    assert named.posted(*said) == said


@pytest.mark.parametrize("beam", [0, 1])
def test_a_blocked_beam_of_two_is_one_alarm_until_none_is_blocked(
    named: NamedBench, beam: int
) -> None:
    """Either beam raises the alarm of the detector; a walk past the other one is no passage."""
    blocked = (InputAlarmed, "beam-blocked", False, "lobby")
    free = (InputRestored, "beam-blocked", False, "lobby")
    named.world.do(lambda _lobby: named.twin.beams[beam].set(True))
    assert named.posted(blocked) == [blocked]
    named.world.do(lambda _lobby: named.twin.beams[1 - beam].set(True))
    named.clock.sleep(0.5)
    named.world.do(lambda _lobby: named.twin.beams[1 - beam].set(False))
    named.clock.sleep(BETWEEN_S)
    assert named.posted() == []
    named.world.do(lambda _lobby: named.twin.beams[beam].set(False))
    assert named.posted(free) == [free]
